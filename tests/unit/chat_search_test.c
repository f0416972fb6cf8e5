/* Search: words in any order and case, only in one's own rooms, in the index and above it alike, whatever is typed. */
#include "chat_find.h"

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
        "from:",
        "in:\\\"",
        "has:",
        "on:2026-99-99",
        "-from:-",
        "in:a*",
        "-\\\"",
        "before:x after:y",
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

/* ---- operators */

/* In general: 1 Mira with a link, 2 Ana with code, 3 Ben, a day later; 4 in Mira's and Ana's "Build team"; 5 in Mira's secret. */
static struct place with_facts(void)
{
    struct place w = place_new();
    int64_t team = place_room(&w, &w.as_mira, "Build team", false);
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)team);
    place_send(&w, &w.as_mira, 1, "kettle, see https://kettles.example");
    place_send(&w, &w.as_ana, 1, "kettle `on`");
    product_advance(w.p, 86400000);
    place_send(&w, &w.as_ben, 1, "kettles and pots");
    place_send(&w, &w.as_mira, team, "kettle of the team");
    place_send(&w, &w.as_mira, secret, "kettle of the secret");
    return w;
}

/* The clock of tests begins on 2023-11-14 at 22:13:20 UTC. */
static void check_operators(struct place *w)
{
    static const struct {
        const char *query, *ids, *note;
    } cases[] = {
        {"kettle", "4 2 1", ""},
        {"kettle*", "4 3 2 1", ""},
        {"kettle from:mira", "4 1", ""},
        {"kettle from:mira from:ana", "4 2 1", ""},
        {"kettle from:me", "2", ""},
        {"kettle -from:me", "4 1", ""},
        {"from:@BEN", "3", ""},
        {"from:nobody-such kettle", "", "Nobody is called \"nobody-such\"."},
        {"from:ana from:nobody-such", "2", "Nobody is called \"nobody-such\"."},
        {"-from:nobody-such kettle", "4 2 1", "Nobody is called \"nobody-such\"."},
        {"in:general kettle", "2 1", ""},
        {"in:GENERAL in:\\\"build team\\\"", "4 3 2 1", ""},
        {"in:#general from:ben", "3", ""},
        {"-in:general kettle", "4", ""},
        {"-in:general -in:\\\"Build team\\\" kettle", "", ""},
        {"in:secret", "", "You are in no room called \"secret\"."},
        {"in:nowhere", "", "You are in no room called \"nowhere\"."},
        {"in:general in:nowhere from:ben", "3", "You are in no room called \"nowhere\"."},
        {"has:link", "1", ""},
        {"has:code", "2", ""},
        {"has:link has:code", "", ""},
        {"-has:link -has:code", "4 3", ""},
        {"has:file", "", ""},
        {"-has:file kettle", "4 2 1", ""},
        {"kettle -pots", "4 2 1", ""},
        {"-kettle", "3", ""},
        {"-kettle*", "", ""},
        {"before:2023-11-15", "2 1", ""},
        {"after:2023-11-14", "4 3", ""},
        {"on:2023-11-15", "4 3", ""},
        {"on:2023-11-14 from:ana", "2", ""},
        {"after:2023-11-13 before:2023-11-14", "", "No day is all the days that are asked for."},
        {"after:2023-11-15", "", ""},
        {"on:yesterday", "", "\"yesterday\" is no day. Write it like 2026-11-01."},
        {"all", "", ""}, /* words of the other column are no words */
        {"r1", "", ""},
        {"y2023", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char params[256];
        (void)snprintf(params, sizeof params, "{\"query\":\"%s\"}", cases[i].query);
        CHECK_TEXT(find(w, &w->as_ana, params), cases[i].ids);
        struct answer_got *got =
            CALL_AS(w, ana, "message.search", "{\"query\":\"%s\"}", cases[i].query);
        CHECK_TEXT(got_text(got, "notes.0"), cases[i].note[0] ? cases[i].note : "(absent)");
        CHECK_INT(got_count(got, "notes"), cases[i].note[0] != 0);
    }
    /* An hour ahead of UTC the first two are still of the 14th, two hours ahead of the 15th. */
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"on:2023-11-14\",\"zone\":60}"), "2 1");
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"on:2023-11-14\",\"zone\":120}"), "");
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"before:2023-11-15\",\"zone\":-840}"), "2 1");
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"after:2023-11-14\",\"zone\":840}"), "4 3 2 1");
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"kettle in:general\",\"room\":\"1\"}"), "2 1");
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"kettle in:\\\"build team\\\"\",\"room\":\"1\"}"),
               "");
    CHECK_TEXT(find(w, &w->as_mira, "{\"query\":\"kettle in:secret\"}"), "5");
    struct answer_got *got = CALL_AS(w, ana, "message.search", "{\"query\":\"from:ben kett*\"}");
    CHECK_TEXT(got_text(got, "messages.0.marks"), "[[0,7]]");
    got = CALL_AS(w, ana, "message.search", "{\"query\":\"from:ben\"}");
    CHECK_TEXT(got_text(got, "messages.0.marks"), "[]");
}

static void operators_narrow_a_search(void)
{
    struct place w = with_facts();
    check_operators(&w);
    index_all(&w);
    check_index(&w);
    check_operators(&w);
    place_free(&w);
}

/* A room that is left is not found, also where the index still names it, and with more rooms than an expression has. */
static void no_operator_reaches_a_closed_room(void)
{
    static const char *const tries[] = {"kettle", "in:secret", "from:mira",     "-in:general",
                                        "-pots",  "has:code",  "on:2023-11-15", "kettle kett*"};
    struct place w = place_new();
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    place_send(&w, &w.as_mira, secret, "kettle `code`");
    for (int i = 0; i < 230; i++)
        place_room(&w, &w.as_ben, "crowd", true);
    product_advance(w.p, 86400000);
    place_send(&w, &w.as_mira, secret, "a kettle `code`");
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
            char params[256];
            (void)snprintf(params, sizeof params, "{\"query\":\"%s\"}", tries[i]);
            CHECK_TEXT(find(&w, &w.as_ana, params), "");
            CHECK_TEXT(find(&w, &w.as_ben, params), "");
            CHECK_TEXT(
                got_text(product_call_text(w.p, &w.as_ben, "message.search", text_of(params)),
                         "more"),
                "false");
        }
        CHECK_TEXT(find(&w, &w.as_mira, "{\"query\":\"kettle in:secret\"}"), "2 1");
        index_all(&w);
    }
    place_send(&w, &w.as_ben, 1, "kettle at last");
    index_all(&w);
    CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\"}"), "3"); /* of 231 rooms */
    CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle -in:crowd\"}"), "3");
    CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle -in:general\"}"), "");
    place_free(&w);
}

/* ---- order and pages */

/* All ids, page by page. */
static const char *pages(struct place *w, const char *query, const char *order, int limit)
{
    static char out[2048];
    char cursor[64] = "";
    out[0] = 0;
    for (int page = 0; page < 20; page++) {
        struct answer_got *got = CALL_AS(
            w, ana, "message.search", "{\"query\":\"%s\",\"order\":\"%s\",\"limit\":%d%s%s%s}",
            query, order, limit, cursor[0] ? ",\"cursor\":\"" : "", cursor, cursor[0] ? "\"" : "");
        CHECK_INT(got->err, ERR_OK);
        int n = got_count(got, "messages");
        for (int i = 0; i < n; i++) {
            char path[40];
            (void)snprintf(path, sizeof path, "messages.%d.id", i);
            (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s ", got_text(got, path));
        }
        (void)snprintf(out + strlen(out), sizeof out - strlen(out), "| ");
        (void)snprintf(cursor, sizeof cursor, "%s", got_text(got, "cursor"));
        if (strcmp(got_text(got, "more"), "true") != 0) {
            CHECK_TEXT(cursor, "(absent)");
            break;
        }
    }
    return out;
}

static void pages_go_on_where_the_last_one_ended(void)
{
    struct place w = place_new();
    place_send(&w, &w.as_mira, 1, "tea");
    place_send(&w, &w.as_mira, 1, "tea tea tea");
    place_send(&w, &w.as_mira, 1, "a long message in which there is some tea among other things");
    place_send(&w, &w.as_mira, 1, "coffee");
    place_send(&w, &w.as_mira, 1, "tea");
    for (int pass = 0; pass < 3; pass++) {
        CHECK_TEXT(pages(&w, "tea", "time", 2), "5 3 | 2 1 | ");
        CHECK_TEXT(pages(&w, "tea", "time", 3), "5 3 2 | 1 | ");
        CHECK_TEXT(pages(&w, "tea", "time", 9), "5 3 2 1 | ");
        CHECK_TEXT(pages(&w, "tea", "rank", 2), "2 5 | 1 3 | ");
        CHECK_TEXT(pages(&w, "tea", "rank", 3), "2 5 1 | 3 | ");
        CHECK_TEXT(pages(&w, "from:mira", "rank", 2), "5 4 | 3 2 | 1 | "); /* all alike: by time */
        CHECK_TEXT(pages(&w, "nothing", "rank", 2), "| ");
        index_all(&w);
        if (pass == 1)
            place_reopen(&w);
    }
    /* What comes between two pages moves nothing. */
    struct answer_got *got =
        CALL_AS(&w, ana, "message.search", "{\"query\":\"tea\",\"order\":\"rank\",\"limit\":2}");
    char cursor[64];
    (void)snprintf(cursor, sizeof cursor, "%s", got_text(got, "cursor"));
    place_send(&w, &w.as_mira, 1, "tea tea tea tea");
    char params[256];
    (void)snprintf(params, sizeof params,
                   "{\"query\":\"tea\",\"order\":\"rank\",\"limit\":2,\"cursor\":\"%s\"}", cursor);
    CHECK_TEXT(find(&w, &w.as_ana, params), "1 3");
    place_free(&w);
}

static void a_bad_cursor_or_order_is_named(void)
{
    static const char *const bad[] = {
        "x",   "t",   "t0",  "t-1", "t1x",  "r5",     "t5.1",     "5",
        "T5",  "t 5", "r5.", "r.1", "r5.0", "r5.1.1", "r5.10001", "t99999999999999999999",
        "t01", ""};
    struct place w = place_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char params[128];
        (void)snprintf(params, sizeof params,
                       "{\"query\":\"a\",\"order\":\"%s\",\"cursor\":\"%s\"}",
                       bad[i][0] == 'r' && i > 5 ? "rank" : "time", bad[i]);
        CHECK_TEXT(find(&w, &w.as_ana, params), "error 107 cursor");
    }
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"a\",\"order\":\"rank\",\"cursor\":\"t5\"}"),
               "error 107 cursor");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"a\",\"order\":\"best\"}"), "error 107 order");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"a\",\"zone\":841}"), "error 107 zone");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"a\",\"cursor\":\"t9223372036854775807\"}"), "");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"a\",\"order\":\"rank\",\"cursor\":\"r9.10000\"}"),
               "");
    place_free(&w);
}

UNIT("chat/search", CASE(new_messages_are_found_before_they_are_in_the_index),
     CASE(the_index_finds_the_same), CASE(any_text_is_a_valid_query),
     CASE(leaving_a_room_takes_it_out_of_the_search), CASE(operators_narrow_a_search),
     CASE(no_operator_reaches_a_closed_room), CASE(pages_go_on_where_the_last_one_ended),
     CASE(a_bad_cursor_or_order_is_named))
