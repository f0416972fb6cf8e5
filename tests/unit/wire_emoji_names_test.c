/* Guards: a short name stands for one emoji, which may stand below a message, and no name for two. */
#include "wire/emoji_names.h"

#include "unit.h"

static const struct {
    const char *name, *emoji;
    bool toned;
} table[] = {
#define EMOJI(name, emoji) {name, emoji, false},
#define TONED(name, emoji) {name, emoji, true},
#include "wire/emoji_names.def"
#undef EMOJI
#undef TONED
};
#define ROWS (sizeof table / sizeof table[0])

static const char *of(const char *name)
{
    static char out[EMOJI_MAX_BYTES + 1];
    return emoji_of_name(text_of(name), out) ? out : "";
}

static void every_name_stands_for_one_emoji(void)
{
    CU_ASSERT_TRUE(ROWS >= 150);
    for (size_t i = 0; i < ROWS; i++) {
        CHECK_INT(emoji_is_one(text_of(table[i].emoji)), true);
        CHECK_TEXT(of(table[i].name), table[i].emoji);
        for (size_t k = 0; k < i; k++)
            if (strcmp(table[i].name, table[k].name) == 0)
                CHECK_TEXT(table[i].name, "(there once)");
    }
}

static void a_skin_tone_stands_behind_the_first_sign(void)
{
    static const char *const rows[][2] = {
        {"+1::skin-tone-2", "\U0001f44d\U0001f3fb"},
        {"+1::skin-tone-6", "\U0001f44d\U0001f3ff"},
        {"thumbsup_light_skin_tone", "\U0001f44d\U0001f3fb"},
        {"thumbsup_medium_light_skin_tone", "\U0001f44d\U0001f3fc"},
        {"thumbsup_medium_skin_tone", "\U0001f44d\U0001f3fd"},
        {"thumbsup_medium_dark_skin_tone", "\U0001f44d\U0001f3fe"},
        {"thumbsup_dark_skin_tone", "\U0001f44d\U0001f3ff"},
        {"v::skin-tone-4", "\u270c\U0001f3fd"}, /* instead of the variation */
        {"woman-shrugging::skin-tone-5", "\U0001f937\U0001f3fe\u200d\u2640\ufe0f"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_TEXT(of(rows[i][0]), rows[i][1]);
    for (size_t i = 0; i < ROWS; i++) {
        char name[80];
        (void)snprintf(name, sizeof name, "%s::skin-tone-3", table[i].name);
        CHECK_INT(*of(name) != 0, table[i].toned);
        CHECK_INT(!table[i].toned || emoji_is_one(text_of(of(name))), true);
    }
}

static void other_names_stand_for_nothing(void)
{
    static const char *const other[] = {
        "",
        "party_parrot",
        "+",
        "+11",
        "TADA",
        "::skin-tone-3",
        "_dark_skin_tone",
        "+1::skin-tone-1",
        "+1::skin-tone-7",
        "+1::skin-tone-3::skin-tone-3",
        "+1_skin_tone",
        "fire_dark_skin_tone", /* somebody's own picture */
    };
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        CHECK_TEXT(of(other[i]), "");
}

UNIT("wire/emoji_names", CASE(every_name_stands_for_one_emoji),
     CASE(a_skin_tone_stands_behind_the_first_sign), CASE(other_names_stand_for_nothing))
