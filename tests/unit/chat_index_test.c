/* The search index: it follows in batches, forgets, is made anew by an upgrade, finds what a plain scan finds, and its queries
 * walk through no big table. */
#include "chat/inside.h"
#include "chat/tail.h"
#include "chat_find.h"
#include "store/embedded.h"
#include "store/migrate.h"

static enum err run_sql(struct db *db, void *sql)
{
    return connection_exec(db, sql);
}

/* As test_sql, of any length. */
static void sql(struct place *w, const char *statements)
{
    CHECK_INT(test_call(writer_submit, w->p->store, run_sql, (void *)statements), ERR_OK);
}

/* From here on each step of the watermark is noted. */
static void watch(struct place *w)
{
    sql(w, "CREATE TABLE watched (value TEXT); CREATE TRIGGER watch AFTER UPDATE ON setting WHEN "
           "new.name = 'search_watermark' BEGIN INSERT INTO watched VALUES (new.value); END;");
}

static const char *watched(struct place *w)
{
    return place_look(w, "SELECT group_concat(value) FROM watched");
}

static void put_words(struct place *w, int64_t from, int64_t to)
{
    char insert[256];
    (void)snprintf(
        insert, sizeof insert,
        "WITH RECURSIVE n(i) AS (SELECT %lld UNION ALL SELECT i + 1 FROM n WHERE i < %lld) "
        "INSERT INTO message (id, room_id, offset, author_id, text, created_ms, key) "
        "SELECT i, 1, 100 + i, 2, 'word' || i, 0, 'k' || i FROM n",
        (long long)from, (long long)to);
    sql(w, insert);
}

static void the_index_follows_in_batches(void)
{
    struct place w = place_new();
    watch(&w);
    put_words(&w, 1, 1200);
    place_tick(&w, 1000);
    CHECK_TEXT(watched(&w), "250,500,750,1000,1200");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"word777\"}"), "777");

    put_words(&w, 1201, 1300);
    place_tick(&w, 1000); /* nobody said that there is more */
    CHECK_TEXT(watched(&w), "250,500,750,1000,1200");
    place_send(&w, &w.as_ana, 1, "and this");
    place_tick(&w, 1000);
    CHECK_TEXT(watched(&w), "250,500,750,1000,1200,1301");
    place_free(&w);
}

/* 40 messages of 16,000 characters: a batch ends after 131,072 of them, so that no send waits for all. */
static void a_batch_of_long_messages_is_small(void)
{
    struct place w = place_new();
    CHECK_INT(
        test_sql(w.p->store,
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
                 "INSERT INTO message (id, room_id, offset, author_id, text, created_ms, key) "
                 "SELECT i, 1, 100 + i, 2, printf('word%d %.*c', i, 15990, 'x'), 0, 'k' || i "
                 "FROM n"),
        ERR_OK);
    watch(&w);
    place_tick(&w, 1000);
    CHECK_TEXT(watched(&w), "9,18,27,36,40");
    place_free(&w);
}

/* ---- what is taken out */

static enum err forget_run(struct db *db, void *id)
{
    return index_forget(db, *(int64_t *)id);
}

static void forget(struct place *w, int64_t id)
{
    CHECK_INT(test_call(writer_submit, w->p->store, forget_run, &id), ERR_OK);
}

/* In the index; with changed words; above the watermark, where there is nothing to take out. */
static void a_message_that_is_forgotten_is_not_found(void)
{
    struct place w = place_new();
    for (int i = 0; i < 4; i++)
        place_send(&w, &w.as_mira, 1, "a kettle https://k.example `on`");
    index_all(&w);
    check_index(&w);
    place_send(&w, &w.as_mira, 1, "a kettle above"); /* 5 */
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"kettle\"}"), "5 4 3 2 1");

    forget(&w, 2);
    CHECK_INT(test_sql(w.p->store, "DELETE FROM message WHERE id = 2"), ERR_OK);
    check_index(&w);
    forget(&w, 3); /* it stays without its words */
    CHECK_INT(test_sql(w.p->store, "UPDATE message SET text = '' WHERE id = 3"), ERR_OK);
    check_index(&w);
    forget(&w, 5);
    CHECK_INT(test_sql(w.p->store, "UPDATE message SET text = '' WHERE id = 5"), ERR_OK);
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"kettle\"}"), "4 1");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"has:link\"}"), "4 1");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"from:mira\"}"), "4 1");
    index_all(&w);
    check_index(&w);
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"from:mira\"}"), "4 1");
    forget(&w, 99); /* no such message */
    check_index(&w);

    sql(&w, "INSERT INTO message_text (message_text) VALUES ('rebuild')");
    check_index(&w);
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"kettle in:general\"}"), "4 1");
    place_free(&w);
}

/* The check that the tests above rely on does find a word too many. */
static void the_check_of_the_index_sees_a_change_behind_its_back(void)
{
    struct place w = place_new();
    place_send(&w, &w.as_mira, 1, "a kettle");
    index_all(&w);
    CHECK_INT(test_sql(w.p->store, "UPDATE message SET text = 'a pot' WHERE id = 1"), ERR_OK);
    CU_ASSERT_NOT_EQUAL(test_sql(w.p->store, "INSERT INTO message_text (message_text, rank) VALUES "
                                             "('integrity-check', 1)"),
                        ERR_OK);
    place_free(&w);
}

/* ---- an upgrade */

#define SEARCH_VERSION 5 /* of the migration that makes the index with facts */

/* A database from before, with messages that its index had. */
static struct place upgraded(size_t version, int64_t messages)
{
    struct tmpdb folder = tmpdb_make();
    struct db *db = NULL;
    char error[256], insert[512];
    must(connection_open(folder.path, CONNECTION_WRITER, test_now_ms() + PATIENCE_MS, &db, error) ==
         ERR_OK);
    must(migrate(db, migrations, version, error) == ERR_OK);
    must(connection_exec(db, "INSERT INTO user (id, name, display, role, created_ms) VALUES "
                             "(2, 'ana', 'Ana', 'member', 0), (3, 'mira', 'Mira', 'member', 0);"
                             "INSERT INTO member (room_id, user_id, role, since_ms) VALUES "
                             "(1, 2, 'member', 0), (1, 3, 'member', 0)") == ERR_OK);
    (void)snprintf(insert, sizeof insert,
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %lld) "
                   "INSERT INTO message (room_id, offset, author_id, text, created_ms, key) "
                   "SELECT 1, 100 + i, 2 + i %% 2, 'word' || i || ' old', i * 86400000, 'k' || i "
                   "FROM n",
                   (long long)messages);
    must(connection_exec(db, insert) == ERR_OK);
    must(connection_exec(db, "INSERT INTO message_text (rowid, text) SELECT id, text FROM message;"
                             "UPDATE setting SET value = (SELECT max(id) FROM message) "
                             "WHERE name = 'search_watermark'") == ERR_OK);
    db_close(db);
    struct place w = {.p = product_in(folder), .ana = 2, .mira = 3};
    place_open_chat(&w);
    w.as_ana = actor_user(w.ana);
    w.as_mira = actor_user(w.mira);
    return w;
}

static void check_upgraded(struct place *w)
{
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"word7\"}"), "7");
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"from:mira before:1970-01-06\"}"), "3 1");
    CHECK_TEXT(find(w, &w->as_ana, "{\"query\":\"old -from:me on:1970-01-04\"}"), "3");
}

static void an_upgrade_makes_the_index_anew(void)
{
    for (size_t version = 1; version < SEARCH_VERSION; version++) {
        struct place w = upgraded(version, 1200);
        char watermark[64];
        CHECK_TEXT(test_setting(w.p->folder.path, "search_watermark", watermark), "0");
        check_upgraded(&w);
        place_tick(&w, 1000);
        check_upgraded(&w); /* a part of it is in the index, or all */
        index_all(&w);
        check_index(&w);
        check_upgraded(&w);
        place_free(&w);
    }
}

/* 5,100 messages and nothing in the index: the newest 5,000 are looked at, and it is said. */
static void a_long_tail_is_not_walked_and_it_is_said(void)
{
    struct place w = upgraded(1, TAIL_ROWS + 100);
    struct answer_got *got = CALL_AS(&w, ana, "message.search", "{\"query\":\"word7\"}");
    CHECK_INT(got_count(got, "messages"), 0);
    CHECK_TEXT(got_text(got, "notes.0"), "Older messages are still being read into the index.");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"word101\"}"), "101");
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"word100\"}"), "");
    place_tick(&w, 1000);
    got = CALL_AS(&w, ana, "message.search", "{\"query\":\"word7\"}");
    CHECK_TEXT(got_text(got, "messages.0.id"), "7");
    CHECK_INT(got_count(got, "notes"), 0);
    CHECK_TEXT(find(&w, &w.as_ana, "{\"query\":\"word100\"}"), "100");
    place_free(&w);
}

/* ---- the index and a plain scan */

static uint32_t state = 20261129;

static uint32_t chance(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

#define PICK(list) list[chance(sizeof(list) / sizeof(list)[0])]

static const char *const vocabulary[] = {
    "tea",
    "Tea",
    "teapot",
    "tee",
    "Caf\xc3\xa9",
    "cafe",
    "cafe\xcc\x81",
    "\xc4\xb0stanbul",
    "istanbul",
    "\xc4\xb1s\xc4\xb1k",
    "\xce\xb1\xce\xb8\xce\xae\xce\xbd\xce\xb1",
    "\xce\x91\xce\x98\xce\x97\xce\x9d\xce\x91",
    "\xd1\x91\xd0\xbb\xd0\xba\xd0\xb0",
    "\xd0\x95\xd0\xbb\xd0\xba\xd0\xb0",
    "\xe6\x97\xa5\xe6\x9c\xac",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
    "\xce\x86\xcf\x83\xcf\x83\xce\xbf\xcf\x82",
    "\xce\xac\xce\xa3\xce\xa3\xce\x9f\xce\xa3",
    "\xd0\x81\xd0\x9b\xd0\x9a\xd0\x90",
    "tea\xf0\x9f\xa4\xa3",
    "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbdtea",
    "\xe2\x82\xbfz",
    "don't",
    "http://x.y/z",
    "HTTPS://q",
    "`code`",
    "```",
    "foo_bar",
    "a-b",
    "\xf0\x9f\x98\x80",
    "r1",
    "a2",
    "all",
    "y2023",
    "hl",
    "hc",
    "x(y)",
    "AND",
    "NOT",
    "*",
    "t",
    "\xc3\x9f",
    "Stra\xc3\x9fz",
    "1,5",
};

static void add_words(struct buf *out, unsigned most)
{
    for (unsigned n = 1 + chance(most); n > 0; n--) {
        buf_add_text(out, text_of(PICK(vocabulary)));
        if (n > 1)
            buf_add_char(out, chance(8) ? ' ' : ',');
    }
}

/* 600 messages of three years in three rooms, one of them Mira's alone. */
/* Words as the inside of an SQL text. */
static void add_quoted_words(struct buf *out, unsigned most)
{
    size_t from = out->len;
    add_words(out, most);
    for (size_t k = from; k < out->len; k++)
        if (out->data[k] == '\'')
            out->data[k] = '"';
}

/* The message of that number brings a file, whose name has some of the words. */
static void add_file(struct buf *out, int i)
{
    buf_add_format(out,
                   "INSERT INTO file (author_id, key, blob, name, size, created_ms, room_id, "
                   "message_id) SELECT author_id, 'k%d', printf('%%032d', %d), 'a",
                   i, i);
    buf_add_char(out, ' ');
    add_quoted_words(out, 3);
    buf_add_format(out,
                   "', 1, 1, room_id, id FROM message WHERE key = 'k%d';"
                   "UPDATE message SET files = json_array(json_object('name', (SELECT name FROM "
                   "file WHERE key = 'k%d'))) WHERE key = 'k%d';",
                   i, i, i);
}

static void write_messages(struct place *w, int64_t lab, int64_t secret)
{
    struct buf b;
    buf_init(&b, (size_t)1024 * 1024);
    for (int i = 1; i <= 600; i++) {
        const int64_t rooms[] = {1, 1, lab, secret}, authors[] = {w->ana, w->mira, w->mira, w->ben};
        buf_add_format(&b,
                       "INSERT INTO message (room_id, offset, author_id, text, created_ms, key)"
                       " VALUES (%lld, %d, %lld, '",
                       (long long)PICK(rooms), 100 + i, (long long)PICK(authors));
        add_quoted_words(&b, 8);
        buf_add_format(&b, "', %lld, 'k%d');",
                       (long long)(INT64_C(1640995200000) + (int64_t)chance(1096) * 86400000 +
                                   chance(86400000)),
                       i);
        if (chance(4) == 0)
            add_file(&b, i);
    }
    buf_add_char(&b, '\0');
    must(b.err == ERR_OK);
    sql(w, b.data);
    buf_fini(&b);
}

static void add_day(struct buf *out)
{
    buf_add_format(out, "%u-%02u-%02u", 2022 + chance(3), 1 + chance(12), 1 + chance(28));
}

static void add_piece(struct buf *out)
{
    static const char *const filters[] = {
        "from:me",   "from:mira", "-from:ana", "from:@BEN",  "from:no",       "in:general",
        "in:#lab",   "-in:lab",   "in:secret", "has:link",   "-has:link",     "has:code",
        "-has:code", "has:file",  "-has:file", "-from:mira", "in:\"general\""};
    switch (chance(8)) {
    case 0:
        buf_add_text(out, text_of(PICK(filters)));
        break;
    case 1:
        buf_add_text(out, chance(2) ? TEXT("before:") : TEXT("after:"));
        add_day(out);
        break;
    case 2:
        buf_add_char(out, '"');
        add_words(out, 3);
        buf_add_char(out, '"');
        if (chance(2))
            buf_add_char(out, '*');
        break;
    case 3:
        buf_add_char(out, '-');
        buf_add_text(out, text_of(PICK(vocabulary)));
        break;
    case 4:
        for (struct text word = text_of(PICK(vocabulary)), c; word.len;
             word = text_after(word, c.len)) {
            c = (struct text){word.data, 1};
            while (c.len < word.len && ((unsigned char)word.data[c.len] & 0xc0) == 0x80)
                c.len++;
            buf_add_text(out, c);
            if (chance(3) == 0)
                break;
        }
        buf_add_char(out, '*');
        break;
    default:
        buf_add_text(out, text_of(PICK(vocabulary)));
    }
}

static void make_params(struct buf *out)
{
    struct buf query;
    buf_init(&query, 4096);
    for (unsigned n = 1 + chance(3); n > 0; n--) {
        add_piece(&query);
        buf_add_char(&query, ' ');
    }
    buf_clear(out);
    buf_add_text(out, TEXT("{\"query\":"));
    json_quote(out, buf_text(&query));
    buf_add_format(out, ",\"limit\":200,\"zone\":%d,\"order\":\"%s\"}", (int)chance(1681) - 840,
                   chance(4) ? "time" : "rank");
    buf_add_char(out, '\0');
    buf_fini(&query);
}

#define QUERIES 600

/* The same answers when nothing is in the index, when a third is, and when all is. */
static void the_index_finds_what_a_plain_scan_finds(void)
{
    static char *params[QUERIES], *wanted[QUERIES][2];
    struct place w = place_new();
    int64_t lab = place_room(&w, &w.as_mira, "lab", false);
    int64_t secret = place_room(&w, &w.as_mira, "secret", true);
    CALL_AS(&w, ana, "room.join", "{\"room\":\"%lld\"}", (long long)lab);
    write_messages(&w, lab, secret);
    struct buf b;
    buf_init(&b, 8192);
    int hits = 0;
    for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < QUERIES; i++) {
            if (pass == 0) {
                make_params(&b);
                params[i] = text_dup(buf_text(&b));
            }
            for (int who = 0; who < 2; who++) {
                const char *ids = find(&w, who ? &w.as_mira : &w.as_ana, params[i]);
                if (pass == 0)
                    wanted[i][who] = text_dup(text_of(ids));
                CHECK_TEXT(ids, wanted[i][who]);
                if (strcmp(ids, wanted[i][who]) != 0)
                    (void)printf("\n    pass %d, asked %s", pass, params[i]);
                hits += ids[0] != 0;
            }
        }
        if (pass == 0)
            place_tick(&w, 1000); /* 500 of 600 */
        else
            index_all(&w);
        check_index(&w);
    }
    CU_ASSERT_TRUE(hits > QUERIES); /* of 3,600: the queries are not all too narrow */
    for (int i = 0; i < QUERIES; i++) {
        free(params[i]);
        free(wanted[i][0]);
        free(wanted[i][1]);
    }
    buf_fini(&b);
    place_free(&w);
}

/* ---- query plans */

/* "SEARCH m USING ...|SEARCH x ..." */
static const char *plan(sqlite3 *db, const char *query)
{
    static char out[1024];
    char explain[4096];
    sqlite3_stmt *stmt = NULL;
    (void)snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", query);
    must(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL) == SQLITE_OK);
    out[0] = 0;
    while (sqlite3_step(stmt) == SQLITE_ROW)
        (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s|",
                       (const char *)sqlite3_column_text(stmt, 3));
    (void)sqlite3_finalize(stmt);
    return out;
}

static void each_row_is_found_by_its_id(void)
{
    static const struct {
        enum query_id id;
        const char *begins, *has;
    } rows[] = {
        {QUERY_CHAT_SEARCH_INDEX, "SCAN t VIRTUAL TABLE INDEX",
         "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)"},
        {QUERY_CHAT_SEARCH_TAIL, "SEARCH m USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", ""},
        {QUERY_CHAT_SEARCH_ONE, "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)", ""},
        {QUERY_CHAT_SEARCH_ROOMS, "SEARCH m USING COVERING INDEX member_user",
         "SEARCH r USING INTEGER PRIMARY KEY"},
        {QUERY_CHAT_MESSAGE_TOP, "SEARCH message", ""},
        {QUERY_CHAT_INDEX_INSERT, "SEARCH message USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
         ""},
        {QUERY_CHAT_INDEX_FORGET, "SEARCH message USING INTEGER PRIMARY KEY (rowid=?)", ""},
    };
    struct place w = place_new();
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(w.p->folder.path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = plan(db, queries[rows[i].id].sql);
        bool fine = text_starts(text_of(got), text_of(rows[i].begins)) && strstr(got, rows[i].has);
        CU_ASSERT_TRUE(fine);
        if (!fine)
            (void)printf("\n    %s: %s", queries[rows[i].id].name, got);
    }
    (void)sqlite3_close(db);
    place_free(&w);
}

UNIT("chat/index", CASE(the_index_follows_in_batches), CASE(a_batch_of_long_messages_is_small),
     CASE(a_message_that_is_forgotten_is_not_found),
     CASE(the_check_of_the_index_sees_a_change_behind_its_back),
     CASE(an_upgrade_makes_the_index_anew), CASE(a_long_tail_is_not_walked_and_it_is_said),
     CASE(the_index_finds_what_a_plain_scan_finds), CASE(each_row_is_found_by_its_id))
