/* Search: words in any order and case, only in one's own rooms, in the index and above it alike, whatever is typed. */
#include "chat/words.h"
#include "chat_place.h"
#include "unit.h"

/* ---- words alone */

static const char *marks(const char *query, const char *text)
{
    static char out[256];
    struct words *w = words_new(text_of(query));
    struct buf b;
    buf_init(&b, 4096);
    bool found = words_find(w, text_of(text), &b);
    text_copy(out, sizeof out, found ? buf_text(&b) : TEXT("no"));
    buf_fini(&b);
    words_free(w);
    return out;
}

static void all_words_must_be_there_without_case_and_accents(void)
{
    CHECK_TEXT(marks("hello", "Hello, world"), "[[0,5]]");
    CHECK_TEXT(marks("WORLD hello", "Hello, world"), "[[0,5],[7,5]]");
    CHECK_TEXT(marks("hello moon", "Hello, world"), "no");
    CHECK_TEXT(marks("ell", "Hello"), "no"); /* whole words */
    CHECK_TEXT(marks("resume", "My R\xc3\xa9sum\xc3\xa9"), "[[3,6]]");
    CHECK_TEXT(marks("\xc3\x9c"
                     "ber",
                     "uber u\xcc\x88"
                     "ber"),
               "[[0,4],[5,5]]"); /* as one letter or two */
    CHECK_TEXT(marks("a", "\xf0\x9f\x98\x80 a \xf0\x9f\x98\x80 a"),
               "[[2,1],[6,1]]"); /* characters, not bytes */
}

static void quotes_and_signs_join_words_in_their_order(void)
{
    CHECK_TEXT(marks("\"hello world\"", "hello world"), "[[0,11]]");
    CHECK_TEXT(marks("\"world hello\"", "hello world"), "no");
    CHECK_TEXT(marks("don't", "I don't know"), "[[2,5]]");
    CHECK_TEXT(marks("don't", "don and t, but t don"), "no");
    CHECK_TEXT(marks("a.b", "x a b y"), "[[2,3]]");
    CHECK_TEXT(marks("\"hello", "say hello"), "[[4,5]]"); /* a quote that is not closed */
    CHECK_TEXT(marks("a \"a b\"", "a b"), "[[0,3]]");     /* one mark, the longer */
}

static void signs_alone_find_nothing(void)
{
    static const char *const none[] = {"!!!", "\"\"", "\"", "* - :", "\xf0\x9f\x98\x80", "()"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct words *w = words_new(text_of(none[i]));
        CU_ASSERT_FALSE(words_any(w));
        CU_ASSERT_FALSE(words_find(w, text_of(none[i]), NULL));
        words_free(w);
    }
    CHECK_TEXT(marks("hello !!!", "Hello!"), "[[0,5]]");
}

static void a_long_text_has_at_most_100_marks(void)
{
    struct buf text, got;
    buf_init(&text, (size_t)64 * 1024);
    buf_init(&got, (size_t)64 * 1024);
    for (int i = 0; i < 8000; i++)
        buf_add_text(&text, TEXT("a "));
    struct words *w = words_new(TEXT("a"));
    CU_ASSERT_TRUE(words_find(w, buf_text(&text), &got));
    struct text rest = buf_text(&got), element;
    int n = 0;
    while (json_element(&rest, &element))
        n++;
    CHECK_INT(n, MARKS_MAX);
    words_free(w);
    buf_fini(&text);
    buf_fini(&got);
}

/* ---- the method */

/* "3 1": the ids found, newest first. */
static const char *find(struct place *w, const struct actor *who, const char *params)
{
    static char out[2][1024];
    static unsigned turn;
    char *here = out[turn++ % 2];
    struct answer_got *got = product_call_text(w->p, who, "message.search", text_of(params));
    int n = got_count(got, "messages");
    here[0] = 0;
    if (got->err != ERR_OK)
        (void)snprintf(here, sizeof out[0], "error %d %s", got->code, got->field);
    for (int i = 0; i < n; i++) {
        char path[40];
        (void)snprintf(path, sizeof path, "messages.%d.id", i);
        size_t len = strlen(here);
        (void)snprintf(here + len, sizeof out[0] - len, "%s%s", i ? " " : "", got_text(got, path));
    }
    return here;
}

/* Indexes all there is. */
static void index_all(struct place *w)
{
    place_tick(w, 1000);
    place_tick(w, 1000);
    char above[64];
    CU_ASSERT_TRUE(test_look(w->p->folder.path,
                             "SELECT max(id) - (SELECT value FROM setting WHERE name = "
                             "'search_watermark') FROM message",
                             above));
    CHECK_TEXT(above, "0");
}

static struct place with_messages(void)
{
    struct place w = place_new();
    place_send(&w, &w.as_mira, 1, "The release goes out on Friday");     /* 1, offset 5 */
    place_send(&w, &w.as_ana, 1, "Which release? The Caf\xc3\xa9 one?"); /* 2 */
    place_send(&w, &w.as_mira, 1, "On friday, yes. Don't panic");        /* 3 */
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    place_send(&w, &w.as_mira, secret, "release the secret"); /* 4 */
    return w;
}

static void check_searches(struct place *w)
{
    static const struct {
        const char *params, *ids;
    } cases[] = {
        {"{\"query\":\"release\"}", "2 1"}, /* newest first; Ana does not see the private room */
        {"{\"query\":\"RELEASE friday\"}", "1"},
        {"{\"query\":\"friday\"}", "3 1"},
        {"{\"query\":\"cafe\"}", "2"},
        {"{\"query\":\"don't\"}", "3"},
        {"{\"query\":\"\\\"goes out\\\"\"}", "1"},
        {"{\"query\":\"\\\"out goes\\\"\"}", ""},
        {"{\"query\":\"releas\"}", ""},
        {"{\"query\":\"release\",\"limit\":1}", "2"},
        {"{\"query\":\"release\",\"room\":\"1\"}", "2 1"},
        {"{\"query\":\"release\",\"room\":\"1\",\"before\":6}", "1"},
        {"{\"query\":\"secret\"}", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_TEXT(find(w, &w->as_ana, cases[i].params), cases[i].ids);
    CHECK_TEXT(find(w, &w->as_mira, "{\"query\":\"release\"}"), "4 2 1");
    struct answer_got *got =
        CALL_AS(w, ana, "message.search", "{\"query\":\"friday the\",\"limit\":1}");
    CHECK_TEXT(got_text(got, "messages.0.marks"), "[[0,3],[24,6]]");
    CHECK_TEXT(got_text(got, "messages.0.author.name"), "mira");
    CHECK_TEXT(got_text(got, "more"), "false");
    got = CALL_AS(w, ana, "message.search", "{\"query\":\"release\",\"limit\":1}");
    CHECK_TEXT(got_text(got, "more"), "true");
}

static void new_messages_are_found_before_they_are_in_the_index(void)
{
    struct place w = with_messages();
    char watermark[64];
    test_setting(w.p->folder.path, "search_watermark", watermark);
    CHECK_TEXT(watermark, "0");
    check_searches(&w);
    place_free(&w);
}

static void the_index_finds_the_same(void)
{
    struct place w = with_messages();
    index_all(&w);
    check_searches(&w);
    place_send(&w, &w.as_ben, 1, "And one more release"); /* 5: above the watermark */
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"release\"}"), "5 2 1");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"release\",\"limit\":2}"), "5 2");
    place_reopen(&w); /* the watermark is in the database */
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"release\"}"), "5 2 1");
    index_all(&w);
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"release\"}"), "5 2 1");
    place_free(&w);
}

static void any_text_is_a_valid_query(void)
{
    static const char *const odd[] = {
        "\\\"",
        "\\\"\\\"",
        "AND",
        "OR NOT",
        "NEAR(a b)",
        "a*",
        "*",
        "^a",
        "text:a",
        "a AND",
        "(a",
        "a)",
        "{a b}:c",
        "-a",
        "+a",
        "a + b",
        "\\\\",
        "'; DROP TABLE x",
        "\\\"a\\\" b \\\"",
        "\\u00e9\\u0301",
        "\\ud83d\\ude00",
        "%_",
        "a\\nb",
        "\\u2028",
    };
    struct place w = with_messages();
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
            struct answer_got *got =
                CALL_AS(&w, ana, "message.search", "{\"query\":\"%s\"}", odd[i]);
            CHECK_INT(got->err, ERR_OK);
            if (got->err != ERR_OK)
                (void)printf("\n    query %s", odd[i]);
        }
        CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"(Friday) AND* yes!\"}"), "");
        CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"(Friday) * yes!\"}"), "3");
        index_all(&w);
    }
    char *longest = malloc(1200);
    must(longest);
    int n = snprintf(longest, 1200, "{\"query\":\"");
    for (int i = 0; i < 250; i++)
        n += snprintf(longest + n, (size_t)(1200 - n), "%c ", 'a' + i % 26);
    (void)snprintf(longest + n, (size_t)(1200 - n), "\"}");
    CHECK_INT(product_call_text(w.p, &w.as_ana, "message.search", text_of(longest))->err, ERR_OK);
    free(longest);
    place_free(&w);
}

static void leaving_a_room_takes_it_out_of_the_search(void)
{
    struct place w = with_messages();
    CALL_AS(&w, ana, "room.leave", "{\"room\":\"1\"}");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"release\"}"), "");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"release\",\"room\":\"1\"}"), "error 103 ");
    index_all(&w);
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"release\"}"), "");
    place_free(&w);
}

/* 1,200 messages: batches of 500, one after the other without the pause. */
static void the_index_follows_in_batches(void)
{
    struct place w = place_new();
    CHECK_INT(
        test_sql(w.p->store,
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                 "1200) INSERT INTO message SELECT i, 1, 100 + i, 2, 'word' || i, 0, 'k' || i, "
                 "0, '', '' FROM n"),
        ERR_OK);
    char watermark[64];
    static const char *const want[] = {"500", "1000", "1200", "1200"};
    for (int i = 0; i < 4; i++) {
        place_tick(&w, i == 3 ? 1000 : 100);
        CHECK_TEXT(test_setting(w.p->folder.path, "search_watermark", watermark), want[i]);
    }
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"word777\"}"), "777");
    place_free(&w);
}

/* 120 messages of 16,000 characters: a batch ends after a million of them, so that no send waits for all. */
static void a_batch_of_long_messages_is_small(void)
{
    struct place w = place_new();
    CHECK_INT(
        test_sql(w.p->store,
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120) "
                 "INSERT INTO message SELECT i, 1, 100 + i, 2, printf('word%d %.*c', i, 15990, "
                 "'x'), 0, 'k' || i, 0, '', '' FROM n"),
        ERR_OK);
    char watermark[64];
    static const char *const want[] = {"66", "120"};
    for (int i = 0; i < 2; i++) {
        place_tick(&w, 100);
        CHECK_TEXT(test_setting(w.p->folder.path, "search_watermark", watermark), want[i]);
    }
    place_free(&w);
}

UNIT("chat/search", CASE(all_words_must_be_there_without_case_and_accents),
     CASE(quotes_and_signs_join_words_in_their_order), CASE(signs_alone_find_nothing),
     CASE(a_long_text_has_at_most_100_marks),
     CASE(new_messages_are_found_before_they_are_in_the_index), CASE(the_index_finds_the_same),
     CASE(any_text_is_a_valid_query), CASE(leaving_a_room_takes_it_out_of_the_search),
     CASE(the_index_follows_in_batches), CASE(a_batch_of_long_messages_is_small))
