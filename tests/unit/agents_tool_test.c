/* What the tools find and what the agent says of it; above all, what it must not tell. */
#include "agents/inside.h"
#include "agents/wording.h"
#include "agents_place.h"
#include "store/embedded.h"
#include "unit.h"

/* Asks as somebody in a room and gives the answer's text. */
static const char *ask(struct house *h, const struct actor *who, int64_t room, const char *text)
{
    static char out[16384];
    enum err e;
    char run_id[RUN_ID_SIZE], params[64];
    (void)snprintf(run_id, sizeof run_id, "%s", house_start(h, who, room, text, &e));
    CHECK_INT(e, ERR_OK);
    house_wait_all(h);
    (void)snprintf(params, sizeof params, "{\"room\":\"%lld\"}", (long long)room);
    struct answer_got *got = product_call_text(h->w.p, who, "message.list", text_of(params));
    char path[64];
    (void)snprintf(path, sizeof path, "messages.%d.run_id", got_count(got, "messages") - 1);
    CHECK_TEXT(got_text(got, path), run_id);
    (void)snprintf(path, sizeof path, "messages.%d.text", got_count(got, "messages") - 1);
    text_copy(out, sizeof out, text_of(got_text(got, path)));
    return out;
}

static void has(const char *text, const char *part, bool expected)
{
    bool found = strstr(text, part) != NULL;
    if (found != expected)
        (void)printf("\n    \"%s\" %s: %s", part, expected ? "is missing" : "must not be told",
                     text);
    CHECK_INT(found, expected);
}

static int64_t private_room(struct house *h, const struct actor *owner, const char *name,
                            int64_t guest)
{
    int64_t room = place_room(&h->w, owner, name, true);
    if (guest)
        must(product_call(h->w.p, owner, "room.invite", "{\"room\":\"%lld\",\"user\":\"%lld\"}",
                          (long long)room, (long long)guest)
                 ->err == ERR_OK);
    return room;
}

/* The starter's private rooms stay private, in a search and in what was missed, before and after the index has them. */
static void private_rooms_never_leak_into_another_room(void)
{
    struct house h = house_new();
    int64_t secret = private_room(&h, &h.w.as_ana, "secret plans", h.w.mira);
    int64_t hers = private_room(&h, &h.w.as_ben, "only ben", 0);
    int64_t open = place_room(&h.w, &h.w.as_ana, "open talk", false);
    int64_t not_in = place_room(&h.w, &h.w.as_ben, "open without mira", false);
    must(product_call(h.w.p, &h.w.as_mira, "room.join", "{\"room\":\"%lld\"}", (long long)open)
             ->err == ERR_OK);
    place_send(&h.w, &h.w.as_ana, secret, "launch is hidden-one");
    place_send(&h.w, &h.w.as_ben, hers, "launch is hidden-two");
    place_send(&h.w, &h.w.as_ben, not_in, "launch is hidden-three");
    place_send(&h.w, &h.w.as_ana, open, "launch is public-one");
    place_send(&h.w, &h.w.as_ana, 1, "launch is public-two");
    for (int indexed = 0; indexed < 2; indexed++) {
        const char *found = ask(&h, &h.w.as_mira, 1, "find launch");
        has(found, "I found 2 messages", true);
        has(found, "public-one", true);
        has(found, "public-two", true);
        has(found, "hidden", false);
        has(found, "secret plans", false);
        const char *missed = ask(&h, &h.w.as_mira, 1, "what did I miss");
        has(missed, "public-one", true);
        has(missed, "hidden", false);
        has(missed, "secret plans", false);
        place_tick(&h.w, 2000); /* the index follows */
        place_tick(&h.w, 2000);
    }
    /* in the private room itself it may be told */
    const char *found = ask(&h, &h.w.as_mira, secret, "find launch");
    has(found, "hidden-one", true);
    has(found, "public-one", true);
    has(found, "hidden-two", false);
    has(ask(&h, &h.w.as_mira, secret, "what did I miss"), "hidden-one", true);
    /* nor do the events say more than the answer */
    for (size_t i = 0; i < pub_count; i++)
        if (strcmp(pub_list[i].channel, "room:1") == 0)
            has(pub_list[i].data, "hidden", false);
    house_free(&h);
}

/* A message without words is told of by the names of its files. */
static void files_are_found_and_told_of_by_their_names(void)
{
    struct house h = house_new();
    place_send(&h.w, &h.w.as_ana, 1, "a file");
    test_change(
        h.w.p->folder.path,
        "INSERT INTO file (author_id, key, blob, name, size, created_ms, room_id, message_id) "
        "SELECT author_id, 'k', hex(zeroblob(16)), 'launch-plan.pdf', 5, 1, room_id, id "
        "FROM message WHERE text = 'a file'; "
        "UPDATE message SET text = '', files = '[{\"id\":\"1\",\"name\":\"launch-plan.pdf\"}]' "
        "WHERE text = 'a file'");
    has(ask(&h, &h.w.as_mira, 1, "what did I miss"), "launch-plan.pdf", true);
    has(ask(&h, &h.w.as_mira, 1, "find launch"), "launch-plan.pdf", true);
    place_tick(&h.w, 1000);
    has(ask(&h, &h.w.as_mira, 1, "find launch"), "launch-plan.pdf", true);
    house_free(&h);
}

static void a_search_finds_neither_questions_nor_answers(void)
{
    struct house h = house_new();
    place_send(&h.w, &h.w.as_ana, 1, "the coffee is cold");
    place_send(&h.w, &h.w.as_ana, 1, "@nook find coffee");
    place_send(&h.w, &h.w.as_ana, 1, "is there coffee, @nook?");
    house_wait(&h, "SELECT count(*) FROM run WHERE state = 'completed'", "2");
    for (int i = 0; i < 2; i++) {
        const char *found = ask(&h, &h.w.as_mira, 1, "find COFFEE");
        has(found, "I found 1 message:", true);
        has(found, "**ana**: the coffee is cold", true);
        has(found, "](/room/1/", true);
        place_tick(&h.w, 2000);
    }
    has(ask(&h, &h.w.as_mira, 1, "find tea"), "No message has all of these words", true);
    has(ask(&h, &h.w.as_mira, 1, "find"), "Ask me *what did I miss*", true);
    has(ask(&h, &h.w.as_mira, 1, "find \\\"cold is\\\" OR * NEAR("), "No message", true);
    const char *guess = ask(&h, &h.w.as_mira, 1, "cold coffee");
    has(guess, "I do not know this question", true);
    has(guess, "the coffee is cold", true);
    has(guess, "Ask me *what did I miss*", true);
    house_free(&h);
}

static void a_search_shows_the_newest_five(void)
{
    struct house h = house_new();
    char text[32];
    for (int i = 0; i < 7; i++) {
        (void)snprintf(text, sizeof text, "coffee number%d", i);
        place_send(&h.w, &h.w.as_ana, 1, text);
    }
    const char *found = ask(&h, &h.w.as_mira, 1, "find coffee");
    has(found, "The newest 5 messages", true);
    has(found, "number6", true);
    has(found, "number2", true);
    has(found, "number1", false);
    house_free(&h);
}

static void what_was_missed_is_counted_after_the_read_mark(void)
{
    struct house h = house_new();
    CHECK_TEXT(ask(&h, &h.w.as_ben, 1, "what did I miss"),
               "You have read everything in this room and in the open rooms you are in.");
    int64_t room = place_room(&h.w, &h.w.as_ana, "talk", false);
    must(product_call(h.w.p, &h.w.as_ben, "room.join", "{\"room\":\"%lld\"}", (long long)room)
             ->err == ERR_OK);
    char text[32];
    for (int i = 0; i < 4; i++) {
        (void)snprintf(text, sizeof text, "line%d", i);
        place_send(&h.w, &h.w.as_ana, room, text);
    }
    place_send(&h.w, &h.w.as_ben, room, "my own");
    const char *missed = ask(&h, &h.w.as_ben, 1, "what did I miss");
    has(missed, "You missed 5 messages in 2 rooms.", true); /* four, and Nook's answer in general */
    has(missed, "[talk](/room/", true);
    has(missed, "4 new", true);
    has(missed, "**ana**: line3", true);
    has(missed, "line1", true);
    has(missed, "line0", false); /* the newest three are quoted */
    has(missed, "my own", false);
    must(product_call(h.w.p, &h.w.as_ben, "read.mark", "{\"room\":\"%lld\",\"offset\":5}",
                      (long long)room)
             ->err == ERR_OK); /* joined by two at 1 and 2, then the lines: three are read */
    has(ask(&h, &h.w.as_ben, 1, "what did I miss"), "1 new", true);
    house_free(&h);
}

static void members_are_told_with_who_is_here(void)
{
    struct house h = house_new();
    atomic_store(&users_here, UINT64_C(1) << h.w.mira);
    house_sql(&h, "UPDATE user SET seen_ms = 1700000000000 - 3 * 3600000 WHERE name = 'ana'");
    const char *told = ask(&h, &h.w.as_ben, 1, "who is here");
    has(told, "1 of 4 people is here.", true);
    has(told, "- **mira**, here\n", true);
    has(told, "- **ana**, last here 3 h ago\n", true);
    has(told, "- **ben**, not here", true);
    has(told, "- **Nook**, agent\n", true);
    house_free(&h);
}

static void long_names_of_many_members_fit_into_the_answer(void)
{
    struct house h = house_new();
    char display[80 * 4 + 1] = "";
    for (int i = 0; i < 80; i++)
        memcpy(display + (size_t)i * 4, "\U0001F9D1", 5);
    struct actor local = actor_local();
    for (int i = 0; i < 60; i++)
        must(product_call(h.w.p, &local, "user.add", "{\"name\":\"p%d\",\"display\":\"%s\"}", i,
                          display)
                 ->err == ERR_OK);
    enum err e;
    (void)house_start(&h, &h.w.as_ben, 1, "who is here", &e);
    CHECK_INT(e, ERR_OK);
    house_wait_all(&h);
    CHECK_TEXT(house_look(&h, "SELECT state FROM run"), "completed");
    CHECK_TEXT(house_look(&h, "SELECT length(text) BETWEEN 3000 AND 16000 FROM message"), "1");
    house_free(&h);
}

static void the_server_is_told_in_its_own_figures(void)
{
    struct house h = house_new();
    const char *told = ask(&h, &h.w.as_ben, 1, "how is the server");
    has(told, "The server is well.", true);
    has(told, "- Connections: 4, users: 3", true);
    has(told, "lost 0, doubled 0", true);
    has(told, "half within 1.5 ms, 99 of 100 within 8.0 ms", true);
    has(told, "Memory: 14.2 MB", true);
    has(told, "3.1 MB used, 20 GB free", true);
    house_figures = "{\"messages_lost\":1}";
    has(ask(&h, &h.w.as_ben, 1, "how is the server"), "an admin should look", true);
    house_figures = "broken";
    has(ask(&h, &h.w.as_ben, 1, "how is the server"), "says nothing of itself", true);
    house_free(&h);
}

/* A quote in an answer is words: no formatting, no mention, one line. */
static void quotes_do_nothing(void)
{
    struct house h = house_new();
    place_send(&h.w, &h.w.as_ana, 1,
               "coffee **bold** [x](http://evil) <b>\\n\\n# head `code` @mira https://a_b.c/d_e");
    pub_clear();
    const char *found = ask(&h, &h.w.as_ben, 1, "find coffee");
    has(found, "coffee \\*\\*bold\\*\\* \\[x\\](http://evil) \\<b\\> \\# head \\`code\\`", true);
    has(found, "@mira", false); /* an unseen sign stands between */
    has(found, "https://a_b.c/d_e", true);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM mention m JOIN message x ON x.room_id = "
                              "m.room_id AND x.offset = m.offset WHERE x.run_id <> ''"),
               "0"); /* the answer mentions nobody */
    house_free(&h);
}

static void excerpts_are_one_line_and_bounded_in_characters(void)
{
    char text[4 * (EXCERPT_MAX + 2)] = "";
    struct buf b;
    struct json_writer w;
    for (int extra = 0; extra < 2; extra++) {
        size_t len = 0;
        for (int i = 0; i < EXCERPT_MAX + extra; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s", "é");
        buf_init(&b, 4096);
        json_begin(&w, &b);
        excerpt_write(&w, NULL, text_of(text));
        CHECK_INT(wording_characters(buf_text(&b)), 2 + EXCERPT_MAX + extra); /* quotes; "…" */
        CHECK_INT(json_valid(buf_text(&b), 1), true);
        buf_fini(&b);
    }
    buf_init(&b, 4096);
    json_begin(&w, &b);
    excerpt_write(&w, NULL, TEXT("  a\n\n\tb  c \n"));
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT("\"a b c\"")));
    buf_fini(&b);
}

static void pieces_end_where_words_do(void)
{
    struct text rest = TEXT("one two three\nfour"), piece;
    const char *expected[] = {"one two ", "three\n", "four"};
    for (int i = 0; i < 3; i++) {
        CHECK_INT(wording_piece(&rest, 5, &piece), true);
        CU_ASSERT_TRUE(text_is(piece, text_of(expected[i])));
    }
    CHECK_INT(wording_piece(&rest, 5, &piece), false);
}

static void an_event_without_a_result_gives_no_answer(void)
{
    static const char *const events[] = {
        "",
        "nonsense",
        "{}",
        "{\"data\":{}}",
        "{\"data\":{\"success\":false,\"error\":{\"code\":100}}}",
        "{\"data\":{\"success\":true,\"result\":\"text\"}}",
    };
    struct plan plan = plan_of(TEXT("who is here"));
    struct buf answer, summary;
    buf_init(&answer, 1024);
    buf_init(&summary, 1024);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        CHECK_INT(wording_write(&plan, text_of(events[i]), &answer, &summary), ERR_INTERNAL);
    buf_fini(&answer);
    buf_fini(&summary);
}

/* Runs and messages are found by their indexes, however many there are; people who were erased are few. */
static void no_query_scans_a_table(void)
{
    struct house h = house_new();
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(h.w.p->folder.path, &db), SQLITE_OK);
    int looked = 0, by_message = 0;
    for (size_t i = 0; i < QUERY_COUNT; i++) {
        if (!text_starts(text_of(queries[i].name), TEXT("agents/")))
            continue;
        char sql[4096];
        sqlite3_stmt *stmt = NULL;
        (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", queries[i].sql);
        CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(stmt, 3);
            by_message += strstr(detail, "run_message (reply_to=?)") != NULL;
            bool scan = strncmp(detail, "SCAN", 4) == 0 && !strstr(detail, "VIRTUAL TABLE") &&
                        !strstr(detail, "CONSTANT ROW") && strcmp(detail, "SCAN erasure") != 0;
            if (scan)
                (void)printf("\n    %s: %s", queries[i].name, detail);
            CHECK_INT(scan, false);
        }
        (void)sqlite3_finalize(stmt);
        looked++;
    }
    CU_ASSERT_TRUE(looked > 10);
    CHECK_INT(by_message,
              2); /* not through the runs of its room: a room may be asked thousands of times */
    (void)sqlite3_close(db);
    house_free(&h);
}

UNIT("agents/tool", CASE(private_rooms_never_leak_into_another_room),
     CASE(files_are_found_and_told_of_by_their_names),
     CASE(a_search_finds_neither_questions_nor_answers), CASE(a_search_shows_the_newest_five),
     CASE(what_was_missed_is_counted_after_the_read_mark), CASE(members_are_told_with_who_is_here),
     CASE(long_names_of_many_members_fit_into_the_answer),
     CASE(the_server_is_told_in_its_own_figures), CASE(quotes_do_nothing),
     CASE(excerpts_are_one_line_and_bounded_in_characters), CASE(pieces_end_where_words_do),
     CASE(an_event_without_a_result_gives_no_answer), CASE(no_query_scans_a_table))
