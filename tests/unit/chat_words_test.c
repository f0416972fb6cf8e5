/* What a search asks for: words and their marks, operators, days, the facts of a text. No database. */
#include "chat/asked.h"
#include "unit.h"
#include "wire/json.h"

static const char *marks(const char *query, const char *text)
{
    static char out[256];
    struct words *w = words_new(text_of(query));
    struct buf b;
    buf_init(&b, 4096);
    bool found = words_find(w, text_of(text), TEXT_NONE, &b);
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
        CU_ASSERT_FALSE(words_find(w, text_of(none[i]), TEXT_NONE, NULL));
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
    CU_ASSERT_TRUE(words_find(w, buf_text(&text), TEXT_NONE, &got));
    struct text rest = buf_text(&got), element;
    int n = 0;
    while (json_element(&rest, &element))
        n++;
    CHECK_INT(n, MARKS_MAX);
    words_free(w);
    buf_fini(&text);
    buf_fini(&got);
}

static void letters_of_all_scripts_are_looked_for(void)
{
    CHECK_TEXT(marks("\xce\xac\xcf\x83\xcf\x83\xce\xbf\xcf\x83",
                     "\xce\x86\xce\xa3\xcf\x83\xce\x9f\xcf\x82"),
               "[[0,5]]"); /* Greek, without case */
    CHECK_TEXT(marks("\xd1\x91\xd0\xbb\xd0\xba\xd0\xb0", "\xd0\x81\xd0\x9b\xd0\x9a\xd0\x90"),
               "[[0,4]]"); /* Cyrillic, the same */
    CHECK_TEXT(marks("\xd0\xb5\xd0\xbb\xd0\xba\xd0\xb0", "\xd1\x91\xd0\xbb\xd0\xba\xd0\xb0"),
               "no"); /* only Latin loses accents */
    CHECK_TEXT(marks("istanbul", "\xc4\xb0stanbul"),
               "[[0,8]]");                                 /* a capital i with a dot is an i */
    CHECK_TEXT(marks("isik", "\xc4\xb1s\xc4\xb1k"), "no"); /* one without a dot is its own letter */
    CHECK_TEXT(marks("\xc4\xb1s\xc4\xb1k", "\xc4\xb1s\xc4\xb1k"), "[[0,4]]");
    CHECK_TEXT(marks("\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"), "[[0,2]]");
    CHECK_TEXT(marks("\xe6\x97\xa5", "\xe6\x97\xa5\xe6\x9c\xac"), "no"); /* no spaces: one word */
}

/* ---- what is typed */

static struct asked asked_of(const char *query, int64_t zone)
{
    struct asked a;
    CHECK_INT(asked_read(&a, text_of(query), zone), ERR_OK);
    return a;
}

/* The marks in a text, or "no". */
static const char *found(const char *query, const char *text)
{
    static char out[256];
    struct asked a = asked_of(query, 0);
    struct buf b;
    buf_init(&b, 4096);
    bool yes = words_find(a.words, text_of(text), TEXT_NONE, &b);
    text_copy(out, sizeof out, yes ? buf_text(&b) : TEXT("no"));
    buf_fini(&b);
    asked_fini(&a);
    return out;
}

static void what_must_not_be_there_has_a_dash(void)
{
    CHECK_TEXT(found("release -draft", "a release"), "[[2,7]]");
    CHECK_TEXT(found("release -draft", "a draft of the release"), "no");
    CHECK_TEXT(found("-draft", "a release"), "[]");
    CHECK_TEXT(found("-draft", "a Draft"), "no");
    CHECK_TEXT(found("release -\"goes out\"", "the release goes out"), "no");
    CHECK_TEXT(found("release -\"goes out\"", "the release, out it goes"), "[[4,7]]");
    CHECK_TEXT(found("well-known", "a well known one"),
               "[[2,10]]"); /* inside a word it is a sign */
    CHECK_TEXT(found("- draft", "a draft"), "[[2,5]]");
    CHECK_TEXT(found("--draft", "a draft"), "no");
    CHECK_TEXT(found("-", "a draft"), "no");
    CHECK_TEXT(found("a -b*", "a b"), "no");
    CHECK_TEXT(found("a -bea*", "a bear"), "no");
    CHECK_TEXT(found("a -bea*", "a boar"), "[[0,1]]");
}

static void a_star_looks_for_beginnings(void)
{
    CHECK_TEXT(found("upg*", "two upgrades, upgraded by Upg"), "[[4,8],[14,8],[26,3]]");
    CHECK_TEXT(found("upg*", "up, an interupgrade"), "no");
    CHECK_TEXT(found("\"goes out*\"", "goes outside"), "no"); /* inside quotes it is a sign */
    CHECK_TEXT(found("\"goes out\"*", "it goes outside"), "[[3,12]]");
    CHECK_TEXT(found("don't*", "don tomorrow"), "no"); /* the t alone is too short */
    CHECK_TEXT(found("\xc3\xa9t\xc3\xa9*", "ETERNAL"), "[[0,7]]");
    CHECK_TEXT(found("\xe6\x97\xa5*", "\xe6\x97\xa5\xe6\x9c\xac"),
               "[[0,2]]"); /* a character is three bytes */
    CHECK_TEXT(found("up*", "upgrade up"), "[[8,2]]");
    CHECK_TEXT(found("upg**", "upgrade"), "[[0,7]]");
    CHECK_TEXT(found("up*g", "up g"), "[[0,4]]");
    CHECK_TEXT(found("*", "upgrade"), "no");

    struct asked a = asked_of("up*", 0);
    CHECK_TEXT(a.notes.data, "Three letters at least make the beginning of a word: \"up\" was "
                             "searched as a whole one.");
    asked_fini(&a);
}

/* "from ana, not ben | in general | 1 2" : names, facts, notes in short. */
static const char *shape(const char *query)
{
    static char out[512];
    struct asked a = asked_of(query, 0);
    struct buf b;
    buf_init(&b, sizeof out);
    const struct names *kinds[] = {&a.from, &a.in};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < kinds[k]->count; i++)
            buf_add_format(&b, "%s%s(%.*s) ", kinds[k]->at[i].unwanted ? "-" : "",
                           k ? "in" : "from", TEXT_ARG(kinds[k]->at[i].name));
    if (a.facts || a.facts_unwanted)
        buf_add_format(&b, "has %u -%u ", a.facts, a.facts_unwanted);
    if (words_any(a.words)) {
        buf_add_text(&b, words_fts(a.words));
        buf_add_char(&b, ' ');
    }
    if (words_any_unwanted(a.words)) {
        buf_add_text(&b, TEXT("not "));
        buf_add_text(&b, words_fts_unwanted(a.words));
        buf_add_char(&b, ' ');
    }
    if (a.impossible)
        buf_add_text(&b, TEXT("never "));
    if (a.notes.len)
        buf_add_text(&b, text_of(a.notes.data));
    text_copy(out, sizeof out, text_trim(buf_text(&b)));
    buf_fini(&b);
    asked_fini(&a);
    return out;
}

static void operators_are_told_from_words(void)
{
    static const char *const rows[][2] = {
        {"from:ana", "from(ana)"},
        {"From:@ana -from:ben words", "from(@ana) -from(ben) text : \"words\""},
        {"in:general in:\"Build team\"", "in(general) in(Build team)"},
        {"in:\"Build", "in(Build)"},
        {"in:\"Build team", "in(Build) text : \"team\""},
        {"in:#general,", "in(#general,)"},
        {"has:link -has:CODE", "has 1 -2"},
        {"has:code has:link", "has 3 -0"},
        {"has:file", "has 4 -0"},
        {"-has:FILE a", "has 0 -4 text : \"a\""},
        {"has:wings", "never A message can have a link, code or a file, but not \"wings\"."},
        {"from: ana", "text : \"from:\" AND text : \"ana\""},
        {"from:", "text : \"from:\""},
        {"from:\"\" a", "text : \"from:\" AND text : \"a\""},
        {"\"from:ana\"", "text : \"from:ana\""},
        {"xfrom:ana", "text : \"xfrom:ana\""},
        {"http://a.b/c", "text : \"http://a.b/c\""},
        {"a b*  \"c d\" -e -\"f g\"",
         "text : \"a\" AND text : \"b\" AND text : \"c d\" not text : \"e\" OR text : \"f g\" "
         "Three letters at least make the beginning of a word: \"b\" was searched as a whole one."},
        {"rel* -dra*", "text : \"rel\" * not text : \"dra\" *"},
        {"a\"b\"c", "text : \"a\" AND text : \"b\" AND text : \"c\""},
        {"in:a\"b", "in(a\"b)"},
        {"before:soon", "never \"soon\" is no day. Write it like 2026-11-01."},
        {"-on:2026-11-01",
         "never A dash before a day means nothing; take before: or after: \"2026-11-01\"."},
        {"after:2026-11-01 before:2026-11-02", "never No day is all the days that are asked for."},
        {"on:2026-11-01 on:2026-11-02", "never No day is all the days that are asked for."},
        {"!!!", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_TEXT(shape(rows[i][0]), rows[i][1]);
}

/* The 65th name is a word, the 11th note is not given. */
static void names_and_notes_are_bounded(void)
{
    char query[1024] = "";
    for (int i = 0; i < NAMES_MAX + 1; i++)
        (void)snprintf(query + strlen(query), sizeof query - strlen(query), "in:a ");
    struct asked a = asked_of(query, 0);
    CHECK_INT(a.in.count, NAMES_MAX);
    CU_ASSERT_TRUE(text_is(words_fts(a.words), TEXT("text : \"in:a\"")));
    asked_fini(&a);
    query[0] = 0;
    for (int i = 0; i < NOTES_MAX + 5; i++)
        (void)snprintf(query + strlen(query), sizeof query - strlen(query), "on:x ");
    a = asked_of(query, 0);
    struct text rest = buf_text(&a.notes), note;
    int notes = 0;
    while (rest.len && text_split(&rest, '\0', &note))
        notes++;
    CHECK_INT(notes, NOTES_MAX);
    asked_fini(&a);
}

/* ---- days */

static void days_are_read_strictly(void)
{
    CHECK_INT(day_read(TEXT("1970-01-01")), 0);
    CHECK_INT(day_read(TEXT("1972-02-29")), 789);
    CHECK_INT(day_read(TEXT("2026-11-01")), 20758);
    CHECK_INT(day_read(TEXT("2100-12-31")), DAYS_END - 1);
    static const char *const bad[] = {"",           "2026",       "2026-11",    "2026-11-1",
                                      "2026-13-01", "2026-00-01", "2026-02-29", "2100-02-29",
                                      "2026-11-31", "2026-11-00", "1969-12-31", "2101-01-01",
                                      "2026/11/01", "2026-11-0x", "+026-11-01", "2026-11-011"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(day_read(text_of(bad[i])), -1);
}

static void days_begin_where_the_asker_is(void)
{
    struct asked a = asked_of("on:1970-01-02", 120); /* two hours ahead: its day begins earlier */
    CHECK_INT(a.since_ms, DAY_MS - INT64_C(120) * 60000);
    CHECK_INT(a.until_ms, 2 * DAY_MS - INT64_C(120) * 60000);
    asked_fini(&a);
    a = asked_of("after:1970-01-02 before:1970-01-05", -300);
    CHECK_INT(a.since_ms, 2 * DAY_MS + INT64_C(300) * 60000);
    CHECK_INT(a.until_ms, 4 * DAY_MS + INT64_C(300) * 60000);
    asked_fini(&a);
    a = asked_of("before:1970-01-09 before:1970-01-03", 0);
    CHECK_INT(a.since_ms, INT64_MIN);
    CHECK_INT(a.until_ms, 2 * DAY_MS);
    asked_fini(&a);
}

static const char *days(const char *since, const char *until)
{
    static char out[4096];
    struct buf b;
    buf_init(&b, sizeof out);
    facts_add_days(&b, since ? day_read(text_of(since)) * DAY_MS : INT64_MIN,
                   until ? day_read(text_of(until)) * DAY_MS : INT64_MAX);
    text_copy(out, sizeof out, buf_text(&b));
    buf_fini(&b);
    return out;
}

static void a_time_is_whole_years_and_months_and_the_days_at_its_ends(void)
{
    CHECK_TEXT(days("2026-11-01", "2026-11-02"), "facts : (d20261101)");
    CHECK_TEXT(days("2026-11-01", "2026-12-01"), "facts : (m202611)");
    CHECK_TEXT(days("2025-12-30", "2027-01-02"),
               "facts : (d20251230 OR d20251231 OR y2026 OR d20270101)");
    CHECK_TEXT(days("2024-02-28", "2024-03-01"), "facts : (d20240228 OR d20240229)");
    CHECK_TEXT(days("2024-01-31", "2024-04-01"), "facts : (d20240131 OR m202402 OR m202403)");
    CU_ASSERT_TRUE(text_starts(text_of(days(NULL, "2026-11-02")), TEXT("facts : (y1970 OR y1971")));
    CU_ASSERT_PTR_NOT_NULL(strstr(days(NULL, "2026-11-02"), "y2025 OR m202601"));
    CU_ASSERT_PTR_NOT_NULL(strstr(days(NULL, "2026-11-02"), "m202610 OR d20261101)"));
    CHECK_TEXT(strrchr(days("2026-11-01", NULL), ' '), " y2100)");
    struct buf b; /* half a day is the whole of it; outside the years there is their nearest day */
    buf_init(&b, 4096);
    facts_add_days(&b, DAY_MS / 2, DAY_MS / 2 + 1);
    facts_add_days(&b, INT64_MIN, 0);
    facts_add_days(&b, (DAYS_END + 5) * DAY_MS, INT64_MAX);
    buf_add_char(&b, '\0');
    CHECK_TEXT(b.data, "facts : (d19700101)facts : (d19700101)facts : (d21001231)");
    buf_fini(&b);
}

static void links_and_code_are_seen_in_a_text(void)
{
    static const struct {
        const char *text;
        unsigned facts;
    } rows[] = {
        {"", 0},
        {"see http://a", FACT_LINK},
        {"HTTPS://A", FACT_LINK},
        {"http://", 0},
        {"xhttp://x http:/ /", FACT_LINK},
        {"ftp://a", 0},
        {"`a`", FACT_CODE},
        {"``", 0},
        {"`", 0},
        {"a ` b", 0},
        {"```\ncode\n```", FACT_CODE},
        {"``` https://b", FACT_CODE | FACT_LINK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(facts_of(text_of(rows[i].text), TEXT_NONE), rows[i].facts);
}

/* More of a word, and a shorter text, stand higher. */
static void a_text_that_says_it_more_and_shorter_ranks_higher(void)
{
    struct words *w = words_new(TEXT("tea"));
    double once = words_rank(w, TEXT("tea for two people"), TEXT_NONE),
           twice = words_rank(w, TEXT("tea and tea again"), TEXT_NONE),
           longer =
               words_rank(w, TEXT("tea for two people and a small dog at the table"), TEXT_NONE);
    CU_ASSERT_TRUE(twice > once && once > longer && longer > 0);
    CU_ASSERT_TRUE(words_rank(w, TEXT("coffee"), TEXT_NONE) == 0);
    words_free(w);
}

UNIT("chat/words", CASE(all_words_must_be_there_without_case_and_accents),
     CASE(quotes_and_signs_join_words_in_their_order), CASE(signs_alone_find_nothing),
     CASE(a_long_text_has_at_most_100_marks), CASE(letters_of_all_scripts_are_looked_for),
     CASE(what_must_not_be_there_has_a_dash), CASE(a_star_looks_for_beginnings),
     CASE(operators_are_told_from_words), CASE(names_and_notes_are_bounded),
     CASE(days_are_read_strictly), CASE(days_begin_where_the_asker_is),
     CASE(a_time_is_whole_years_and_months_and_the_days_at_its_ends),
     CASE(links_and_code_are_seen_in_a_text),
     CASE(a_text_that_says_it_more_and_shorter_ranks_higher))
