/* Messages go when they are over a bound, with all that belongs to them; what is left has no holes, and says what is gone. */
#include "base/metrics.h"
#include "chat_place.h"
#include "hub/stream.h"
#include "store/embedded.h"
#include "unit.h"

#define MINUTE_MS 60000
#define DAYS(n) ((n)*INT64_C(86400000))

/* A plan and all of its steps. */
static void keep_now(struct place *w)
{
    place_tick(w, MINUTE_MS);
    for (int i = 0; i < 40; i++)
        place_tick(w, 200);
}

static struct place place_keeping(int64_t ms, int64_t messages, int64_t bytes)
{
    place_keep_ms = ms;
    place_keep_messages = messages;
    place_keep_bytes = bytes;
    struct place w = place_new();
    place_keep_ms = place_keep_messages = place_keep_bytes = 0;
    return w;
}

static int listed(struct place *w, int64_t room)
{
    struct answer_got *got =
        CALL_AS(w, mira, "message.list", "{\"room\":\"%lld\",\"limit\":200}", (long long)room);
    CHECK_INT(got->err, ERR_OK);
    return got_count(got, "messages");
}

static void index_is_whole(struct place *w)
{
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(w->p->folder.path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, "INSERT INTO message_text (message_text) VALUES ('integrity-check')",
                           NULL, NULL, NULL),
              SQLITE_OK);
    (void)sqlite3_close(db);
}

struct recovery {
    struct stream_page page;
    struct future *came;
};

static void on_recovery(struct stream_asker a, struct stream_page *page)
{
    struct recovery *r = a.owner;
    r->page = *page;
    buf_fini(&page->publications);
    (void)future_fulfil(r->came, ERR_OK, NULL);
}

static struct stream_page ask_since(struct place *w, enum stream_purpose purpose, uint64_t since)
{
    struct stream_source source = chat_stream_source(w->chat);
    struct recovery r = {.came = future_new(NULL)};
    struct stream_query q = {.purpose = purpose,
                             .actor = w->as_mira,
                             .channel = "room:1",
                             .has_since = true,
                             .since = since,
                             .limit = -1};
    must(source.ask(source.ctx, &q, (struct stream_asker){.owner = &r, .answer = on_recovery}) ==
         ERR_OK);
    must(test_wait(r.came) == ERR_OK);
    return r.page;
}

/* An old message that was edited lately: the event of that is further up than what goes, and loses the text. */
static void what_an_edit_said_goes_with_its_message(void)
{
    struct place w = place_keeping(DAYS(30), 0, 0);
    int64_t id = place_send(&w, &w.as_ana, 1, "old");
    product_advance(w.p, DAYS(20));
    place_send(&w, &w.as_ana, 1, "young");
    CHECK_INT(CALL_AS(&w, ana, "message.edit",
                      "{\"room\":\"1\",\"id\":\"%lld\",\"text\":\"ancient, for @mira\"}",
                      (long long)id)
                  ->err,
              ERR_OK);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM mention"), "1");
    product_advance(w.p, DAYS(11));
    keep_now(&w);
    CHECK_INT(listed(&w, 1), 1);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM mention"), "0");
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM stream"), "2"); /* no hole */
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM stream WHERE data LIKE '%ancient%'"), "0");
    CHECK_TEXT(place_look(&w,
                          "SELECT json_extract(data, '$.type') FROM stream ORDER BY offset DESC "
                          "LIMIT 1"),
               "message_edit_replaced");
    CHECK_INT(place_found(&w, "ancient"), 0);
    index_is_whole(&w);
    place_free(&w);
}

static void what_is_too_old_goes_with_all_that_belongs_to_it(void)
{
    struct place w = place_keeping(DAYS(30), 0, 0);
    place_send(&w, &w.as_ana, 1, "an old word for @mira");
    for (int i = 0; i < 60; i++)
        place_send(&w, &w.as_ana, 1, "old");
    struct answer_got *got = CALL_AS(&w, ana, "message.list", "{\"room\":\"1\",\"limit\":1}");
    int64_t last_old = got_int(got, "offset");
    product_advance(w.p, DAYS(20));
    place_send(&w, &w.as_ana, 1, "a young word for @mira");
    keep_now(&w);
    CHECK_INT(listed(&w, 1), 62);
    CHECK_INT(place_found(&w, "word"), 2);
    int64_t expired = metric_get(METRIC_messages_expired);

    product_advance(w.p, DAYS(11));
    keep_now(&w);
    CHECK_INT(metric_get(METRIC_messages_expired) - expired, 61);
    CHECK_INT(listed(&w, 1), 1);
    CHECK_INT(place_found(&w, "word"), 1);
    CHECK_INT(place_found(&w, "old"), 0);
    index_is_whole(&w);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM mention"), "1");
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM stream"), "1");
    got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\"}");
    CHECK_INT(got_int(got, "trimmed"), last_old);
    CHECK_INT(got_int(got, "offset"), last_old + 1);
    got = CALL_AS(&w, mira, "room.list", "{}");
    CHECK_INT(got_int(got, "rooms.0.unread"), 1);
    CHECK_INT(got_int(got, "rooms.0.mentions"), 1);

    /* Who saw the last one that is gone has missed nothing; who did not cannot have it back, and is told. */
    struct stream_page page = ask_since(&w, STREAM_SUBSCRIBE, (uint64_t)last_old);
    CU_ASSERT_TRUE(page.complete && page.count == 1);
    page = ask_since(&w, STREAM_SUBSCRIBE, (uint64_t)last_old - 1);
    CU_ASSERT_TRUE(!page.complete && page.count == 0 && page.err == ERR_OK);
    page = ask_since(&w, STREAM_HISTORY, (uint64_t)last_old - 1);
    CU_ASSERT_TRUE(!page.complete && page.count == 1 && page.err == ERR_OK);
    place_send(&w, &w.as_ana, 1, "the next");
    got = CALL_AS(&w, mira, "message.list", "{\"room\":\"1\"}");
    CHECK_INT(got_int(got, "offset"), last_old + 2);
    place_free(&w);
}

static void a_key_outlives_its_message(void)
{
    struct place w = place_keeping(DAYS(1), 0, 0);
    const char *send = "{\"room\":\"1\",\"text\":\"once\",\"key\":\"k\"}";
    struct answer_got *got = CALL_AS(&w, ana, "message.send", "%s", send);
    int64_t id = got_int(got, "id"), offset = got_int(got, "offset"), time = got_int(got, "time");
    product_advance(w.p, DAYS(2));
    keep_now(&w);
    CHECK_INT(listed(&w, 1), 0);
    got = CALL_AS(&w, ana, "message.send", "%s", send);
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "id"), id);
    CHECK_INT(got_int(got, "offset"), offset);
    CHECK_INT(got_int(got, "time"), time);
    CHECK_INT(listed(&w, 1), 0);
    place_free(&w);
}

static void a_room_keeps_its_newest(void)
{
    struct place w = place_keeping(0, 50, 0);
    int64_t small = place_room(&w, &w.as_mira, "small", true);
    for (int i = 0; i < 130; i++)
        place_send(&w, &w.as_mira, 1, "text");
    for (int i = 0; i < 49; i++)
        place_send(&w, &w.as_mira, small, "text");
    keep_now(&w);
    CHECK_INT(listed(&w, 1), 50);
    CHECK_INT(listed(&w, small), 49);
    keep_now(&w); /* there is nothing more to do */
    CHECK_INT(listed(&w, 1), 50);
    CHECK_TEXT(
        place_look(
            &w, "SELECT count(*) - (max(offset) - min(offset) + 1) FROM stream WHERE room_id = 1"),
        "0");
    place_free(&w);
}

/* 1,000 messages are many steps of 8 ms, and wait for no tick between them. */
static void one_step_follows_the_other(void)
{
    struct place w = place_keeping(0, 1, 0);
    for (int i = 0; i < 1000; i++)
        place_send(&w, &w.as_mira, 1, "text");
    place_tick(&w, MINUTE_MS); /* the plan */
    place_tick(&w, 0);
    CHECK_TEXT(place_look(&w, "SELECT count(*) FROM message"), "1");
    place_free(&w);
}

static void an_owner_may_keep_less_but_not_more(void)
{
    struct place w = place_keeping(DAYS(30), 100, 0);
    int64_t id = place_room(&w, &w.as_mira, "brief", false);
    long long room = (long long)id;
    CHECK_INT(CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", room)->err, ERR_OK);
    CHECK_INT(CALL_AS(&w, ana, "room.update", "{\"room\":\"%lld\",\"keep_days\":1}", room)->err,
              ERR_DENIED);
    CHECK_TEXT(
        CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\",\"keep_days\":-1}", room)->field,
        "keep_days");
    CHECK_TEXT(
        CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\",\"keep_days\":36501}", room)->field,
        "keep_days");
    CHECK_TEXT(CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\",\"keep_messages\":\"5\"}", room)
                   ->field,
               "keep_messages");
    struct answer_got *got =
        CALL_AS(&w, mira, "room.update", "{\"room\":\"%lld\",\"keep_messages\":5}", room);
    CHECK_INT(got_int(got, "room.keep_messages"), 5);
    for (int i = 0; i < 20; i++)
        place_send(&w, &w.as_mira, id, "text");
    keep_now(&w);
    CHECK_INT(listed(&w, id), 5);

    got = CALL_AS(&w, mira, "room.update",
                  "{\"room\":\"%lld\",\"keep_messages\":0,\"keep_days\":300}", room);
    CHECK_INT(got_int(got, "room.keep_days"), 300);
    CHECK_TEXT(got_text(got, "room.keep_messages"), "(absent)");
    product_advance(w.p, DAYS(29));
    keep_now(&w);
    CHECK_INT(listed(&w, id), 5);
    product_advance(w.p, DAYS(2)); /* 31: over the place's bound */
    keep_now(&w);
    CHECK_INT(listed(&w, id), 0);
    place_free(&w);
}

static void a_place_over_its_size_loses_the_oldest_of_all_rooms(void)
{
    static char text[4001];
    memset(text, 'x', sizeof text - 1);
    struct place w = place_keeping(0, 0, (int64_t)512 * 1024);
    int64_t other = place_room(&w, &w.as_mira, "other", false);
    for (int i = 0; i < 60; i++) /* each is there twice: as a row and as an event */
        place_send(&w, &w.as_mira, i % 2 ? 1 : other, text);
    int64_t before = strtoll(place_look(&w, "SELECT count(*) FROM message"), NULL, 10);
    for (int i = 0; i < 8; i++)
        keep_now(&w);
    int64_t after = strtoll(place_look(&w, "SELECT count(*) FROM message"), NULL, 10);
    CU_ASSERT_TRUE(before == 60 && after < 60);
    place_free(&w);
}

static void rooms_beyond_one_plan_have_their_turn(void)
{
    struct place w = place_keeping(DAYS(1), 0, 0);
    int64_t last = 0;
    for (int i = 0; i < 70; i++)
        last = place_room(&w, &w.as_mira, "one of many", false);
    place_send(&w, &w.as_mira, last, "text");
    product_advance(w.p, DAYS(2));
    keep_now(&w);
    CHECK_INT(listed(&w, last), 0);
    place_free(&w);
}

/* ---- from a database of version 1 */

static void a_database_of_version_1_keeps_its_messages_and_keys(void)
{
    struct tmpdb t = tmpdb_make();
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(t.path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, migrations[0].sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(
        sqlite3_exec(
            db,
            "INSERT INTO message (room_id, offset, author_id, text, created_ms, key)"
            " VALUES (1, 1, 1, 'hello', 1234, 'k');"
            "INSERT INTO send_key VALUES (1, 'k', 1, 1234);"
            "INSERT INTO connection (id, client, address, transport, since_ms, closed_ms, code)"
            " VALUES ('c', 'x', 'y', 'websocket', 1, 2, 3008);"
            "INSERT INTO mention VALUES (1, 1, 1);"
            "INSERT INTO stream VALUES (2, 1, 9, 'd'), (1, 2, 8, 'c'), (1, 1, 7, 'b');"
            "UPDATE room SET top = 2;",
            NULL, NULL, NULL),
        SQLITE_OK);
    (void)sqlite3_close(db);
    struct store_options options = test_store_options(t.path);
    struct store *s = test_store_open(&options);
    (void)store_close(s);
    char out[64];
    CU_ASSERT_TRUE(
        test_look(t.path, "SELECT text || (SELECT trimmed FROM room) FROM message", out));
    CHECK_TEXT(out, "hello0");
    CU_ASSERT_TRUE(test_look(
        t.path, "SELECT author_id || key || message_id || offset || created_ms FROM send_key",
        out));
    CHECK_TEXT(out, "1k111234");
    CU_ASSERT_TRUE(
        test_look(t.path, "SELECT id || since_ms || closed_ms || code FROM connection", out));
    CHECK_TEXT(out, "c123008");
    CU_ASSERT_TRUE(test_look(
        t.path,
        "SELECT n.offset || message_offset || edited_ms || edit_offset FROM mention n, message",
        out));
    CHECK_TEXT(out, "1100");
    CU_ASSERT_TRUE(test_look(t.path,
                             "SELECT group_concat(room_id || offset || time_ms || data) FROM"
                             " (SELECT * FROM stream ORDER BY room_id, offset)",
                             out));
    CHECK_TEXT(out, "117b,128c,219d");
    tmpdb_remove(&t);
}

UNIT("chat/keep", CASE(what_is_too_old_goes_with_all_that_belongs_to_it),
     CASE(what_an_edit_said_goes_with_its_message), CASE(a_key_outlives_its_message),
     CASE(a_room_keeps_its_newest), CASE(one_step_follows_the_other),
     CASE(an_owner_may_keep_less_but_not_more),
     CASE(a_place_over_its_size_loses_the_oldest_of_all_rooms),
     CASE(rooms_beyond_one_plan_have_their_turn),
     CASE(a_database_of_version_1_keeps_its_messages_and_keys))
