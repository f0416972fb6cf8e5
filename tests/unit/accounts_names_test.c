/* Log-in names: what is one, and how one is made from what a person is called. */
#include "accounts/fold.h"
#include "accounts/names.h"
#include "product.h"
#include "unit.h"

static void the_first_word_in_small_letters_is_the_name(void)
{
    static const struct {
        const char *display, *name;
    } cases[] = {
        {"Mira", "mira"},        {"Mira Olsen", "mira"}, {"  Ana María", "ana"},
        {"Özge Yılmaz", "ozge"}, {"ÉMILE", "emile"},     {"Łukasz", "lukasz"},
        {"Straße", "strasse"},   {"Æsa", "aesa"},        {"O'Neil, J.", "oneil"},
        {"J. R.", "j"},          {"-_- dash", "user"},   {"7of9", "7of9"},
        {"Søren", "soren"},      {"李雷", "user"},       {"Jean-Luc Picard", "jean-luc"},
        {"!!!", "user"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[NAME_SIZE];
        name_from_display(text_of(cases[i].display), name);
        CHECK_TEXT(name, cases[i].name);
        CU_ASSERT_TRUE(name_is_good(text_of(name)));
    }
}

static void a_made_name_is_never_longer_than_32(void)
{
    char display[81], name[NAME_SIZE];
    memset(display, 'x', 80);
    display[80] = 0;
    name_from_display(text_of(display), name);
    CU_ASSERT_TRUE(strlen(name) <= 32 && name_is_good(text_of(name)));
}

static void only_small_letters_digits_and_three_signs_are_a_name(void)
{
    static const char *const good[] = {
        "a", "7", "mira", "mira.o", "a-b_c.d", "nook2", "abcdefghijklmnopqrstuvwxyz012345"};
    static const char *const bad[] = {"",
                                      "Mira",
                                      ".a",
                                      "-a",
                                      "_a",
                                      "a b",
                                      "mir\xc3\xa4",
                                      "a@b",
                                      "a/b",
                                      "a\n",
                                      "abcdefghijklmnopqrstuvwxyz0123456"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT_TRUE(name_is_good(text_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(name_is_good(text_of(bad[i])));
}

static void letters_lose_case_and_accents(void)
{
    static const uint32_t pairs[][2] = {
        {'A', 'a'},     {'z', 'z'},     {0xc9, 'e'},      {0xfc, 'u'},    {0x160, 's'},
        {0x17d, 'z'},   {0x10d, 'c'},   {0xd7, 0xd7},     {0x391, 0x3b1}, {0x386, 0x3ac},
        {0x416, 0x436}, {0x401, 0x451}, {0x4e2d, 0x4e2d}, {0x1ebf, 'e'},  {0x219, 's'},
        {0xf8, 0xf8},   {0x3c2, 0x3c3}, {0x4d8, 0x4d9},   {0x4cd, 0x4ce}, {0x531, 0x561},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        CHECK_INT(char_fold(pairs[i][0]), pairs[i][1]);
}

static void words_are_letters_and_digits_of_any_script(void)
{
    static const uint32_t in[] = {'a', '0', 0xe9, 0x416, 0x4e2d, 0x3042, 0xaa, 0x20000};
    static const uint32_t out[] = {' ', '_', '-', 0xa0, 0xd7, 0x2019, 0x20ac, 0x1f600, 0x3002};
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        CU_ASSERT_TRUE(char_in_word(in[i]));
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
        CU_ASSERT_FALSE(char_in_word(out[i]));
}

struct free_name {
    struct product *p;
    const char *display;
    char name[NAME_SIZE];
};

static enum err find_free(struct db *db, void *data)
{
    struct free_name *f = data;
    return name_free(db, &f->p->env, text_of(f->display), f->name);
}

static const char *taken_name(struct product *p, const char *display)
{
    static struct free_name f;
    f = (struct free_name){p, display, ""};
    CHECK_INT(test_call(writer_submit, p->store, find_free, &f), ERR_OK);
    (void)product_person(p, f.name);
    return f.name;
}

/* In order to 20, then with six digits: still free, still a name. */
static void digits_follow_until_the_name_is_free(void)
{
    struct product *p = product_new();
    CHECK_TEXT(taken_name(p, "Mira Olsen"), "mira");
    CHECK_TEXT(taken_name(p, "Mira"), "mira2");
    CHECK_TEXT(taken_name(p, "mira x"), "mira3");
    CHECK_TEXT(taken_name(p, "Nook"), "nook2"); /* the agent has it */
    CHECK_TEXT(taken_name(p, "abcdefghijklmnopqrstuvwxyz0123456789"),
               "abcdefghijklmnopqrstuvwxyz01234");
    CHECK_TEXT(taken_name(p, "abcdefghijklmnopqrstuvwxyz0123456789"),
               "abcdefghijklmnopqrstuvwxyz012342");
    for (int i = 4; i <= 20; i++)
        (void)taken_name(p, "Mira");
    const char *chance = taken_name(p, "Mira");
    CHECK_INT(strlen(chance), strlen("mira") + 6);
    CU_ASSERT_TRUE(name_is_good(text_of(chance)));
    product_free(p);
}

UNIT("accounts/names", CASE(the_first_word_in_small_letters_is_the_name),
     CASE(a_made_name_is_never_longer_than_32),
     CASE(only_small_letters_digits_and_three_signs_are_a_name),
     CASE(letters_lose_case_and_accents), CASE(words_are_letters_and_digits_of_any_script),
     CASE(digits_follow_until_the_name_is_free))
