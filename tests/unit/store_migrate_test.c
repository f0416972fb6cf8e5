/* A database is brought up step by step, each whole or not at all, and one that is not ours is left alone. */
#include "store/migrate.h"
#include "test_store.h"
#include "unit.h"

#include <poll.h>

static const struct embedded_migration steps[] = {
    {1, "first",
     "CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1);"
     "PRAGMA application_id = 1399747943; PRAGMA user_version = 1;"},
    {2, "second",
     "CREATE TABLE b (a_id INTEGER REFERENCES a (id)); INSERT INTO b VALUES (1); PRAGMA "
     "user_version = 2;"},
};
static const struct embedded_migration half[] = {
    {1, "first",
     "CREATE TABLE a (id INTEGER PRIMARY KEY); PRAGMA application_id = 1399747943; PRAGMA "
     "user_version = 1;"},
    {2, "half",
     "CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (1); INSERT INTO nowhere VALUES (1);"
     "PRAGMA user_version = 2;"},
};

static enum err migrate_file(const char *path, const struct embedded_migration *list, size_t count,
                             char error[256])
{
    struct db *db = NULL;
    error[0] = 0;
    enum err e = connection_open(path, CONNECTION_WRITER, test_now_ms() + PATIENCE_MS, &db, error);
    if (e == ERR_OK)
        e = migrate(db, list, count, error);
    db_close(db);
    return e;
}

static void look(const char *path, const char *sql, const char *expected)
{
    char out[64];
    CU_ASSERT_TRUE(test_look(path, sql, out));
    CHECK_TEXT(out, expected);
}

static void goes_from_empty_through_every_step(void)
{
    struct tmpdb t = tmpdb_make();
    char error[256];
    CHECK_INT(migrate_file(t.path, steps, 1, error), ERR_OK);
    look(t.path, "PRAGMA user_version", "1");
    CHECK_INT(migrate_file(t.path, steps, 2, error), ERR_OK);
    look(t.path, "PRAGMA user_version", "2");
    look(t.path, "PRAGMA journal_mode", "wal");
    CHECK_INT(migrate_file(t.path, steps, 2, error), ERR_OK); /* nothing to do */
    look(t.path, "SELECT count(*) FROM b", "1");
    tmpdb_remove(&t);
}

static void a_newer_database_is_refused_and_unchanged(void)
{
    struct tmpdb t = tmpdb_make();
    char error[256];
    CHECK_INT(migrate_file(t.path, steps, 2, error), ERR_OK);
    CHECK_INT(migrate_file(t.path, steps, 1, error), ERR_UNAVAILABLE);
    CHECK_TEXT(
        error,
        "A newer Snug wrote this database (version 2, this Snug knows 1). Start the newer one.");
    look(t.path, "SELECT count(*) FROM b", "1");
    tmpdb_remove(&t);
}

static void the_store_refuses_a_newer_database(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_sql(s, "PRAGMA user_version = 9999"), ERR_OK);
    store_close(s);
    s = NULL;
    char error[256];
    CHECK_INT(store_open(&o, &s, error), ERR_UNAVAILABLE);
    CU_ASSERT_PTR_NULL(s);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "A newer Snug wrote this database (version 9999,"));
    tmpdb_remove(&t);
}

/* The first step stays, of the second nothing is left, also none of what it did before its error. */
static void a_half_applied_step_is_rolled_back(void)
{
    struct tmpdb t = tmpdb_make();
    char error[256];
    CHECK_INT(migrate_file(t.path, half, 2, error), ERR_INTERNAL);
    CHECK_TEXT(error, "Migration 0002_half failed: no such table: nowhere.");
    look(t.path, "PRAGMA user_version", "1");
    look(t.path, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'", "0");
    CHECK_INT(migrate_file(t.path, half, 1, error), ERR_OK); /* what it was before still opens it */
    tmpdb_remove(&t);
}

static void a_step_that_leaves_a_loose_row_is_rolled_back(void)
{
    static const struct embedded_migration loose[] = {
        {1, "loose",
         "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a_id INTEGER REFERENCES a (id));"
         "INSERT INTO b VALUES (7); PRAGMA application_id = 1399747943; PRAGMA user_version = 1;"}};
    struct tmpdb t = tmpdb_make();
    char error[256];
    CHECK_INT(migrate_file(t.path, loose, 1, error), ERR_INTERNAL);
    CHECK_TEXT(error, "Migration 0001_loose failed: it leaves 1 rows without what they refer to.");
    look(t.path, "SELECT count(*) FROM sqlite_schema", "0");
    tmpdb_remove(&t);
}

#define SLOW_MS 1100 /* more than a second, after which the log tells of a step */

static void take_time(sqlite3_context *c, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    (void)poll(NULL, 0, SLOW_MS);
    sqlite3_result_int(c, 7);
}

/* Longer than the deadline of opening, which would end it again at every start; what comes after it has as long as before. */
static void a_long_step_is_not_given_up_and_is_told_of(void)
{
    static const struct embedded_migration slow[] = {
        {1, "first", "PRAGMA application_id = 1399747943; PRAGMA user_version = 1;"},
        {2, "slow",
         "CREATE TABLE a AS SELECT take_time() AS x;"
         "INSERT INTO a WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
         " i < 50000) SELECT max(i) FROM n; PRAGMA user_version = 2;"},
        {3, "next", "CREATE TABLE b (x); PRAGMA user_version = 3;"}};
    struct tmpdb t = tmpdb_make();
    struct db *db = NULL;
    char error[256], said[512] = "";
    CHECK_INT(connection_open(t.path, CONNECTION_WRITER, INT64_MAX, &db, error), ERR_OK);
    CHECK_INT(migrate(db, slow, 1, error), ERR_OK);
    CHECK_INT(sqlite3_create_function(db->sqlite, "take_time", 0, SQLITE_UTF8, NULL, take_time,
                                      NULL, NULL),
              SQLITE_OK);
    FILE *log = tmpfile();
    int real_stderr = dup(STDERR_FILENO);
    must(log && real_stderr >= 0 && dup2(fileno(log), STDERR_FILENO) >= 0);
    db->deadline_ms = test_now_ms() + SLOW_MS / 2;
    enum err e = migrate(db, slow, 3, error);
    int64_t left_ms = db->deadline_ms - test_now_ms();
    (void)dup2(real_stderr, STDERR_FILENO);
    (void)close(real_stderr);
    rewind(log);
    said[fread(said, 1, sizeof said - 1, log)] = 0;
    (void)fclose(log);
    CHECK_INT(e, ERR_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "info migrating name=slow seconds=1\n"));
    CU_ASSERT_TRUE(left_ms <= SLOW_MS / 2);
    CHECK_INT(connection_exec(db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                                  " SELECT count(*) FROM n"),
              ERR_TIMEOUT);
    db_close(db);
    look(t.path, "SELECT group_concat(x) FROM a", "7,50000");
    look(t.path, "PRAGMA user_version", "3");
    tmpdb_remove(&t);
}

static void a_step_must_say_its_number(void)
{
    static const struct embedded_migration mute[] = {{1, "mute", "CREATE TABLE a (x);"}};
    struct tmpdb t = tmpdb_make();
    char error[256];
    CHECK_INT(migrate_file(t.path, mute, 1, error), ERR_INTERNAL);
    CHECK_TEXT(error, "Migration 0001_mute failed: it does not set user_version.");
    tmpdb_remove(&t);
}

static void a_database_of_others_is_left_alone(void)
{
    struct tmpdb t = tmpdb_make();
    char error[256];
    sqlite3 *other = NULL;
    CHECK_INT(sqlite3_open(t.path, &other), SQLITE_OK);
    CHECK_INT(sqlite3_exec(other, "CREATE TABLE theirs (x)", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(other);
    CHECK_INT(migrate_file(t.path, steps, 2, error), ERR_UNAVAILABLE);
    CHECK_TEXT(error, "This file is a database, but not one of Snug's.");
    look(t.path, "SELECT group_concat(name) FROM sqlite_schema", "theirs");
    look(t.path, "PRAGMA journal_mode", "delete"); /* not even turned to WAL */
    tmpdb_remove(&t);
}

static void a_file_that_is_no_database_is_refused(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = NULL;
    char error[256] = "";
    FILE *f = fopen(t.path, "we");
    must(f);
    for (int i = 0; i < 100; i++)
        (void)fputs("this is a letter to my aunt ", f);
    (void)fclose(f);
    CHECK_INT(store_open(&o, &s, error), ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "file is not a database"));
    tmpdb_remove(&t);
}

static void a_bad_query_is_named(void)
{
    static const struct embedded_query list[] = {
        {"room/good", "SELECT name FROM setting -- a word after it\n"},
        {"room/bad", "SELECT nme FROM setting"}};
    static const struct embedded_query two[] = {{"room/two", "DELETE FROM setting; SELECT 1"}};
    static const struct embedded_query none[] = {{"room/none", "-- nothing\n"}};
    struct db *db = NULL;
    char error[256];
    must(db_open(":memory:", &db, error) == ERR_OK);
    CHECK_INT(connection_check_queries(db, list, 1, error), ERR_OK);
    CHECK_INT(connection_check_queries(db, list, 2, error), ERR_INTERNAL);
    CHECK_TEXT(error, "The query room/bad is bad: no such column: nme.");
    CHECK_INT(connection_check_queries(db, two, 1, error), ERR_INTERNAL);
    CHECK_TEXT(error, "The query room/two is bad: it is more than one statement.");
    CHECK_INT(connection_check_queries(db, none, 1, error), ERR_INTERNAL);
    CHECK_TEXT(error, "The query room/none is bad: it is empty.");
    db_close(db);
}

UNIT("store/migrate", CASE(goes_from_empty_through_every_step),
     CASE(a_newer_database_is_refused_and_unchanged), CASE(the_store_refuses_a_newer_database),
     CASE(a_half_applied_step_is_rolled_back), CASE(a_step_that_leaves_a_loose_row_is_rolled_back),
     CASE(a_long_step_is_not_given_up_and_is_told_of), CASE(a_step_must_say_its_number),
     CASE(a_database_of_others_is_left_alone), CASE(a_file_that_is_no_database_is_refused),
     CASE(a_bad_query_is_named))
