/* A query is prepared once and used again, keeps its first error, and gives back exactly what was put in. */
#include "death.h"
#include "fault.h"
#include "test_store.h"
#include "unit.h"

static struct db *open_memory(void)
{
    struct db *db = NULL;
    char error[256] = "";
    enum err e = db_open(":memory:", &db, error);
    CHECK_TEXT(e == ERR_OK ? "" : error, "");
    must(db);
    return db;
}

static unsigned statements_of(struct db *db)
{
    unsigned n = 0;
    for (sqlite3_stmt *s = sqlite3_next_stmt(db->sqlite, NULL); s;
         s = sqlite3_next_stmt(db->sqlite, s))
        n++;
    return n;
}

static void a_fresh_database_has_the_place_and_nook(void)
{
    struct db *db = open_memory();
    int64_t n = 0;
    CHECK_INT(connection_int(db, "SELECT id FROM user WHERE name = 'nook' AND role = 'agent'", &n),
              ERR_OK);
    CHECK_INT(n, 1);
    CHECK_INT(
        connection_int(db, "SELECT count(*) FROM member WHERE room_id = 1 AND user_id = 1", &n),
        ERR_OK);
    CHECK_INT(n, 1);
    db_close(db);
}

static void a_query_is_prepared_once_and_used_again(void)
{
    struct db *db = open_memory();
    unsigned before = statements_of(db);
    for (int i = 0; i < 100; i++)
        CHECK_INT(put_setting(db, "a", "1"), ERR_OK);
    CHECK_INT(statements_of(db), before + 1);
    db_close(db);
}

static void bytes_come_back_as_they_were(void)
{
    struct db *db = open_memory();
    const struct text odd = TEXT("a\0b \xf0\x9f\x8e\x89 'quote'");
    struct query *q = db_query(db, QUERY_STORE_SETTING_PUT);
    query_text(q, 1, TEXT("odd"));
    query_text(q, 2, odd);
    CHECK_INT(query_run(q), ERR_OK);
    CHECK_INT(db_changes(db), 1);

    q = db_query(db, QUERY_STORE_SETTING_PUT);
    query_text(q, 1, TEXT("empty"));
    query_text(q, 2, (struct text){NULL, 0}); /* empty is a text, not NULL */
    CHECK_INT(query_run(q), ERR_OK);

    q = db_query(db, QUERY_STORE_SETTING_GET);
    query_text(q, 1, TEXT("odd"));
    CU_ASSERT_TRUE(query_row(q));
    CU_ASSERT_TRUE(text_is(col_text(q, 0), odd));
    CU_ASSERT_FALSE(col_null(q, 0));
    CU_ASSERT_FALSE(query_row(q)); /* one row only */
    CHECK_INT(query_end(q), ERR_OK);

    q = db_query(db, QUERY_STORE_SETTING_GET);
    query_text(q, 1, TEXT("never set"));
    CU_ASSERT_FALSE(query_row(q));
    CHECK_INT(query_end(q), ERR_OK); /* no row is no error */
    db_close(db);
}

static void a_broken_rule_is_a_conflict_and_the_query_works_again(void)
{
    struct db *db = open_memory();
    CHECK_INT(put_setting(db, "a", NULL), ERR_CONFLICT); /* value is NOT NULL */
    CHECK_INT(put_setting(db, "a", "1"), ERR_OK);
    CHECK_INT(connection_exec(db, "INSERT INTO member (room_id, user_id, role, since_ms, "
                                  "read_offset) VALUES (1, 99, 'member', 1, 0)"),
              ERR_CONFLICT); /* no user 99 */
    db_close(db);
}

/* An error in the middle sticks: nothing runs after it, and query_end tells the first one. */
static void the_first_error_sticks(void)
{
    struct db *db = open_memory();
    struct query *q = db_query(db, QUERY_STORE_SETTING_PUT);
    query_text(q, 9, TEXT("no such parameter"));
    query_text(q, 1, TEXT("a"));
    query_text(q, 2, TEXT("1"));
    CU_ASSERT_FALSE(query_row(q));
    CHECK_INT(query_end(q), ERR_INTERNAL);
    int64_t n = -1;
    CHECK_INT(connection_int(db, "SELECT count(*) FROM setting WHERE name = 'a'", &n), ERR_OK);
    CHECK_INT(n, 0);
    CHECK_INT(put_setting(db, "a", "1"), ERR_OK);
    db_close(db);
}

static void use_a_query_inside_itself(void)
{
    struct db *db = open_memory();
    (void)db_query(db, QUERY_STORE_SETTING_GET);
    (void)db_query(db, QUERY_STORE_SETTING_GET);
}

/* The same query twice at once would lose the first one's rows. */
static void using_a_query_inside_itself_aborts(void)
{
    CU_ASSERT_TRUE(death_aborts(use_a_query_inside_itself, "in_use"));
}

/* Memory may run out anywhere: ERR_NOMEM, nothing lost, and it works again. */
static void no_memory_is_an_answer(void)
{
    struct db *db = open_memory();
    unsigned n = 1;
    for (;; n++) {
        fault_at(n);
        enum err e = put_setting(db, "a", "1");
        if (!fault_end())
            break;
        CU_ASSERT_TRUE(e == ERR_NOMEM || e == ERR_OK); /* some allocations SQLite can do without */
    }
    CU_ASSERT_TRUE(n > 1);
    CHECK_INT(put_setting(db, "a", "2"), ERR_OK);
    db_close(db);
}

UNIT("store/db", CASE(a_fresh_database_has_the_place_and_nook),
     CASE(a_query_is_prepared_once_and_used_again), CASE(bytes_come_back_as_they_were),
     CASE(a_broken_rule_is_a_conflict_and_the_query_works_again), CASE(the_first_error_sticks),
     CASE(using_a_query_inside_itself_aborts), CASE(no_memory_is_an_answer))
