/* Who is in many rooms finds what is in them and nothing else, whatever others write, and a search looks at so many messages
 * and no more. */
#include "chat_find.h"
#include "store/embedded.h"

#define OTHERS 100050 /* messages of others with the word: more than are looked at in any room */

static void must_sql(struct place *w, const char *sql)
{
    CHECK_INT(test_sql(w->p->store, sql), ERR_OK);
}

/* Ben's rooms are 3 to 2 + count. The index gets what is new at once. */
static void be_in_rooms(struct place *w, int count)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                   " INSERT OR IGNORE INTO room (id, name, private, created_ms, created_by, epoch)"
                   " SELECT i, 'crowd', 1, 1, 1, 'e' FROM n",
                   2 + count);
    must_sql(w, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT OR IGNORE INTO member SELECT id, %lld, 'owner', 1, 0, 0, 0 FROM room"
                   " WHERE id BETWEEN 3 AND %d",
                   (long long)w->ben, 2 + count);
    must_sql(w, sql);
}

static void put_messages(struct place *w, int64_t room, int count)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                   " INSERT INTO message (room_id, offset, author_id, text, created_ms, key)"
                   " SELECT %lld, i + 1000, 1, 'kettle', 1, hex(randomblob(8)) FROM n",
                   count, (long long)room);
    must_sql(w, sql);
}

static void index_now(struct place *w)
{
    must_sql(w, "UPDATE setting SET value = (SELECT max(id) FROM message) WHERE name ="
                " 'search_watermark'");
    must_sql(w, "INSERT INTO message_text (rowid, text, facts) SELECT id, text, facts FROM"
                " message_indexed WHERE id > (SELECT coalesce(max(id), 0) FROM"
                " message_text_docsize)");
}

/* Message 1 is in room 3 of Ben's; then what is in Mira's room, which he is not in; the last one is in room 4. */
static struct place with_others(int others, int rooms)
{
    struct place w = place_new();
    CHECK_INT(place_room(&w, &w.as_mira, "secret", true), 2);
    CHECK_INT(product_call(w.p, &w.as_ben, "room.leave", "{\"room\":\"1\"}")->err, ERR_OK);
    be_in_rooms(&w, rooms);
    put_messages(&w, 3, 1);
    put_messages(&w, 2, others);
    put_messages(&w, 4, 1);
    index_now(&w);
    return w;
}

static const char *more(struct place *w, const char *params)
{
    return got_text(product_call_text(w->p, &w->as_ben, "message.search", text_of(params)), "more");
}

static void what_is_behind_many_of_others_is_found(void)
{
    static const int rooms[] = {200, 201, 2000};
    struct place w = with_others(10050, 200);
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        be_in_rooms(&w, rooms[i]);
        CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\"}"), "10052 1");
        CHECK_TEXT(more(&w, "{\"query\":\"kettle\"}"), "false");
        CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\",\"limit\":1}"), "10052");
        CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\",\"cursor\":\"t10052\"}"), "1");
        CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\",\"order\":\"rank\"}"), "10052 1");
        CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\",\"room\":\"3\"}"), "1");
        CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"in:secret\"}"), "");
        CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"-pots\"}"), "10052 1");
    }
    place_free(&w);
}

static void in_more_rooms_it_goes_on_page_by_page_and_says_so(void)
{
    struct place w = with_others(OTHERS, 2001);
    static const char first[] = "{\"query\":\"kettle\"}";
    CHECK_TEXT(find(&w, &w.as_ben, first), "100052");
    struct answer_got *got = product_call_text(w.p, &w.as_ben, "message.search", text_of(first));
    CHECK_TEXT(got_text(got, "more"), "true");
    CHECK_TEXT(got_text(got, "notes.0"),
               "You are in so many rooms that only the newest messages were looked at.");
    /* 100,000 were looked at: 100,052 down to 53 */
    CHECK_TEXT(got_text(got, "cursor"), "t53");
    CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\",\"cursor\":\"t53\"}"), "1");
    CHECK_TEXT(more(&w, "{\"query\":\"kettle\",\"cursor\":\"t53\"}"), "false");
    CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\",\"order\":\"rank\"}"), "100052");
    CHECK_TEXT(more(&w, "{\"query\":\"kettle\",\"order\":\"rank\"}"), "false");
    CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"kettle\",\"room\":\"3\"}"), "1");
    /* The same whether others have one more or less at the end: nothing of theirs is counted. */
    CHECK_TEXT(find(&w, &w.as_ben, "{\"query\":\"pots\"}"), "");
    CHECK_TEXT(more(&w, "{\"query\":\"pots\"}"), "false");
    place_free(&w);
}

/* No step of these sorts, so that a page of few is few rows read. */
static void plan_look(bool *sorts, const char *step)
{
    if (strstr(step, "TEMP B-TREE"))
        *sorts = true;
}

static enum err plan_run(struct db *db, void *data)
{
    static const enum query_id ids[] = {QUERY_CHAT_SEARCH_INDEX, QUERY_CHAT_SEARCH_WIDE,
                                        QUERY_CHAT_SEARCH_BEYOND};
    int steps = 0;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char sql[2048];
        sqlite3_stmt *stmt = NULL;
        (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", queries[ids[i]].sql);
        must(sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL) == SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            plan_look(data, (const char *)sqlite3_column_text(stmt, 3));
            steps++;
        }
        (void)sqlite3_finalize(stmt);
    }
    CU_ASSERT_TRUE(steps >= 3);
    return ERR_OK;
}

static void none_of_the_walks_sorts(void)
{
    struct place w = place_new();
    bool sorts = false;
    CHECK_INT(test_call(reader_submit, w.p->store, plan_run, &sorts), ERR_OK);
    CU_ASSERT_FALSE(sorts);
    place_free(&w);
}

UNIT("chat/search_rooms", CASE(what_is_behind_many_of_others_is_found),
     CASE(in_more_rooms_it_goes_on_page_by_page_and_says_so), CASE(none_of_the_walks_sorts))
