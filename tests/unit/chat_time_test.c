/* What time asks for: typing that ends by itself, unread counts told at most once a room and 250 ms. And: no query walks
 * through a big table. */
#include "chat_place.h"
#include "store/embedded.h"
#include "unit.h"

/* ---- typing */

static void typing_is_shown_once_in_two_seconds_and_ends_after_five(void)
{
    struct place w = place_new();
    pub_clear();
    CHECK_TEXT(CALL_AS(&w, ana, "typing.start", "{\"room\":\"1\"}")->json, "{}");
    struct heard p = pub_last(PUB_PASSING, "room:1", "typing");
    CHECK_TEXT(json_look(p.data, "user.name"), "ana");
    CHECK_INT(strtoll(json_look(p.data, "until"), NULL, 10), w.p->clock.wall_ms + 5000);
    product_advance(w.p, 1999);
    CHECK_INT(CALL_AS(&w, ana, "typing.start", "{\"room\":\"1\"}")->err, ERR_OK);
    CHECK_INT(pub_of(PUB_PASSING, "", ""), 1);
    product_advance(w.p, 1);
    CHECK_INT(CALL_AS(&w, ana, "typing.start", "{\"room\":\"1\"}")->err, ERR_OK);
    CHECK_INT(pub_of(PUB_PASSING, "", ""), 2);
    CHECK_INT(CALL_AS(&w, ben, "typing.start", "{\"room\":\"1\"}")->err, ERR_OK); /* another one */
    CHECK_INT(pub_of(PUB_PASSING, "", ""), 3);
    place_tick(&w, 4999);
    CHECK_INT(pub_of(PUB_PASSING, "", ""), 3);
    place_tick(&w, 1);
    CHECK_INT(pub_of(PUB_PASSING, "", ""), 5);
    CHECK_TEXT(json_look(pub_last(PUB_PASSING, "", "").data, "until"), "0");
    place_tick(&w, 10000);
    CHECK_INT(pub_of(PUB_PASSING, "", ""), 5); /* said once */
    place_free(&w);
}

static void a_message_ends_typing_at_once(void)
{
    struct place w = place_new();
    CALL_AS(&w, ana, "typing.start", "{\"room\":\"1\"}");
    CALL_AS(&w, ben, "typing.start", "{\"room\":\"1\"}");
    pub_clear();
    place_send(&w, &w.as_ana, 1, "done");
    CHECK_INT(pub_of(PUB_PASSING, "room:1", "typing"), 1);
    struct heard p = pub_last(PUB_PASSING, "", "");
    CHECK_TEXT(json_look(p.data, "user.name"), "ana");
    CHECK_TEXT(json_look(p.data, "until"), "0");
    place_tick(&w, 5000);
    CHECK_INT(pub_of(PUB_PASSING, "room:1", "typing"), 2); /* only Ben's is left to end */
    place_free(&w);
}

static void leaving_ends_typing(void)
{
    struct place w = place_new();
    CALL_AS(&w, ana, "typing.start", "{\"room\":\"1\"}");
    pub_clear();
    CALL_AS(&w, ana, "room.leave", "{\"room\":\"1\"}");
    CHECK_INT(pub_of(PUB_PASSING, "room:1", "typing"), 1);
    CHECK_INT(CALL_AS(&w, ana, "typing.start", "{\"room\":\"1\"}")->code, 103);
    place_free(&w);
}

/* ---- unread */

static int told(const struct place *w, int64_t user)
{
    char channel[32];
    (void)w;
    (void)snprintf(channel, sizeof channel, "user:%lld", (long long)user);
    return pub_of(PUB_USER, channel, "unread");
}

static void those_who_are_here_are_told_once_in_250_ms(void)
{
    struct place w = place_new();
    place_tick(&w, 1000);
    pub_clear();
    atomic_store(&users_here, UINT64_C(1) << w.ana);
    atomic_store(&users_known, UINT64_C(1) << w.ben); /* was here a moment ago */
    place_send(&w, &w.as_mira, 1, "one");
    place_tick(&w, 1); /* the first after a pause at once */
    CHECK_INT(told(&w, w.ana), 1);
    CHECK_INT(told(&w, w.ben), 1);
    CHECK_INT(told(&w, w.mira), 0); /* no manager: nobody would hear it */
    struct heard p = pub_last(PUB_USER, "", "unread");
    CHECK_TEXT(json_look(p.data, "room"), "1");
    CHECK_TEXT(json_look(p.data, "unread"), "1");
    CHECK_TEXT(json_look(p.data, "mentions"), "0");
    CHECK_TEXT(json_look(p.data, "offset"), "5");
    CHECK_INT(strtoll(json_look(p.data, "last_time"), NULL, 10), w.p->clock.wall_ms - 1);

    for (int i = 0; i < 20; i++)
        place_send(&w, &w.as_mira, 1, "@ana more");
    place_tick(&w, 100);
    CHECK_INT(told(&w, w.ana), 1);
    place_tick(&w, 150);
    CHECK_INT(told(&w, w.ana), 2); /* twenty in one */
    char channel[32];
    (void)snprintf(channel, sizeof channel, "user:%lld", (long long)w.ana);
    p = pub_last(PUB_USER, channel, "unread");
    CHECK_TEXT(json_look(p.data, "unread"), "21");
    CHECK_TEXT(json_look(p.data, "mentions"), "20");
    place_tick(&w, 1000);
    CHECK_INT(told(&w, w.ana), 2); /* quiet: nothing to tell */
    place_free(&w);
}

/* The counts are under way (both readers are held) when Ana reads on: what she is told last must be newer than her mark. */
static void a_mark_that_moves_during_the_count_is_told_again(void)
{
    struct place w = place_new();
    place_tick(&w, 1000);
    atomic_store(&users_here, UINT64_C(1) << w.ana);
    place_send(&w, &w.as_mira, 1, "one"); /* 5 */
    pub_clear();
    struct gate gates[2];
    gate_close(&gates[0], reader_submit, w.p->store);
    gate_close(&gates[1], reader_submit, w.p->store);
    product_advance(w.p, 250);
    chat_tick(w.chat); /* the count waits behind the gates */
    CHECK_INT(CALL_AS(&w, ana, "read.mark", "{\"room\":\"1\",\"offset\":5}")->err, ERR_OK);
    gate_open(&gates[0]);
    gate_open(&gates[1]);
    gate_fini(&gates[0]);
    gate_fini(&gates[1]);
    place_tick(&w, 0); /* waits for the first count */
    CHECK_INT(told(&w, w.ana), 1);
    place_tick(&w, 250);
    CHECK_INT(told(&w, w.ana), 2);
    CHECK_TEXT(json_look(pub_last(PUB_USER, "", "unread").data, "unread"), "0");
    place_tick(&w, 250);
    CHECK_INT(told(&w, w.ana), 2);
    place_free(&w);
}

static void check_told(struct place *w, const struct actor *who)
{
    char channel[32];
    (void)snprintf(channel, sizeof channel, "user:%lld", (long long)who->user_id);
    struct heard p = pub_last(PUB_USER, channel, "unread");
    struct answer_got *got = product_call(w->p, who, "room.list", "{}");
    CHECK_TEXT(json_look(p.data, "room"), got_text(got, "rooms.0.id"));
    CHECK_TEXT(json_look(p.data, "unread"), got_text(got, "rooms.0.unread"));
    CHECK_TEXT(json_look(p.data, "mentions"), got_text(got, "rooms.0.mentions"));
    CHECK_TEXT(json_look(p.data, "last_time"), got_text(got, "rooms.0.last_time"));
    CHECK_TEXT(json_look(p.data, "offset"), got_text(got, "rooms.0.offset"));
}

/* Everybody writes and reads by turns, so that marks lie everywhere, two on one offset, and own messages on both sides. */
static void what_is_told_is_what_room_list_says(void)
{
    struct place w = place_new();
    place_tick(&w, 1000);
    const struct actor *const people[] = {&w.as_root, &w.as_mira, &w.as_ana, &w.as_ben};
    for (size_t i = 0; i < 4; i++)
        atomic_fetch_or(&users_here, UINT64_C(1) << people[i]->user_id);
    for (int i = 0; i < 24; i++) {
        place_send(&w, people[(i * 7 + i / 5) % 4], 1, i % 3 ? "hello" : "hello @ana and @ben");
        if (i % 4 == 1)
            (void)product_call(w.p, people[i / 4 % 3], "read.mark",
                               "{\"room\":\"1\",\"offset\":%d}", i / 8 * 8 + 5);
        if (i % 6 != 5)
            continue;
        pub_clear();
        place_tick(&w, 250);
        for (size_t k = 0; k < 4; k++)
            check_told(&w, people[k]);
    }
    place_free(&w);
}

/* ---- query plans */

static int columns_of_plan(sqlite3 *db, const struct embedded_query *query)
{
    char sql[4096];
    sqlite3_stmt *stmt = NULL;
    int bad = 0;
    (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", query->sql);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        (void)printf("\n    %s: %s", query->name, sqlite3_errmsg(db));
        return 1;
    }
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(stmt, 3);
        static const char *const fine[] = {"VIRTUAL TABLE", "CONSTANT ROW", "subquery",
                                           "SCAN user",     "SCAN r",       "SCAN i",
                                           "erasure_open",  "file_size",    "file_gone"};
        bool scan = strncmp(detail, "SCAN", 4) == 0;
        for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
            scan = scan && !strstr(detail, fine[i]);
        if (scan)
            (void)printf("\n    %s: %s", query->name, detail);
        bad += scan;
    }
    (void)sqlite3_finalize(stmt);
    return bad;
}

/* People (for "is there an admin", at the start), rooms (those one may join), invites and erasures that go on are few. What all files come to
 * is asked when one is begun or a minute has passed, of an index of nothing but their sizes; file_gone is empty most of the time. */
static void no_query_scans_messages_streams_or_members(void)
{
    struct place w = place_new();
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(w.p->folder.path, &db), SQLITE_OK);
    int looked = 0;
    for (size_t i = 0; i < QUERY_COUNT; i++)
        if (text_starts(text_of(queries[i].name), TEXT("chat/")) ||
            text_starts(text_of(queries[i].name), TEXT("files/")) ||
            text_starts(text_of(queries[i].name), TEXT("accounts/"))) {
            CHECK_INT(columns_of_plan(db, &queries[i]), 0);
            looked++;
        }
    CU_ASSERT_TRUE(looked > 40);
    (void)sqlite3_close(db);
    place_free(&w);
}

UNIT("chat/time", CASE(typing_is_shown_once_in_two_seconds_and_ends_after_five),
     CASE(a_message_ends_typing_at_once), CASE(leaving_ends_typing),
     CASE(those_who_are_here_are_told_once_in_250_ms),
     CASE(a_mark_that_moves_during_the_count_is_told_again),
     CASE(what_is_told_is_what_room_list_says), CASE(no_query_scans_messages_streams_or_members))
