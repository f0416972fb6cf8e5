#include "store/db.h"

#include "base/log.h"
#include "base/must.h"
#include "store/connection.h"
#include "store/embedded.h"
#include "store/migrate.h"

#include <stdlib.h>

/* Keeps the first error of a query. What a rule may expect (a constraint, a full disk) is for the caller to tell;
 * anything else is a fault of ours or of the disk, and SQLite's own words would be lost. */
static void fail(struct query *q, int code)
{
    enum err e = connection_err(q->db, code);
    if (e == ERR_OK || q->err != ERR_OK)
        return;
    q->err = e;
    if (e == ERR_IO || e == ERR_DAMAGED || e == ERR_INTERNAL)
        log_event(LOG_ERROR, "query_failed", KV_STR("query", queries[q - q->db->queries].name),
                  KV_STR("why", sqlite3_errmsg(q->db->sqlite)));
}

struct query *db_query(struct db *db, enum query_id which)
{
    must(which < QUERY_COUNT);
    must(pthread_equal(db->owner, pthread_self()));
    struct query *q = &db->queries[which];
    must(!q->in_use);
    q->in_use = true;
    q->err = ERR_OK;
    db->open_queries++;
    if (!q->stmt)
        fail(q, sqlite3_prepare_v3(db->sqlite, queries[which].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                   &q->stmt, NULL));
    return q;
}

void query_int(struct query *q, int at, int64_t value)
{
    if (q->err == ERR_OK)
        fail(q, sqlite3_bind_int64(q->stmt, at, value));
}

void query_double(struct query *q, int at, double value)
{
    if (q->err == ERR_OK)
        fail(q, sqlite3_bind_double(q->stmt, at, value));
}

void query_text(struct query *q, int at, struct text value)
{
    if (q->err == ERR_OK)
        fail(q, sqlite3_bind_text64(q->stmt, at, value.len ? value.data : "", value.len,
                                    SQLITE_STATIC, SQLITE_UTF8));
}

void query_blob(struct query *q, int at, struct text value)
{
    if (q->err == ERR_OK)
        fail(q, sqlite3_bind_blob64(q->stmt, at, value.len ? value.data : "", value.len,
                                    SQLITE_STATIC));
}

void query_null(struct query *q, int at)
{
    if (q->err == ERR_OK)
        fail(q, sqlite3_bind_null(q->stmt, at));
}

bool query_row(struct query *q)
{
    must(q->in_use);
    if (q->err != ERR_OK)
        return false;
    int code = sqlite3_step(q->stmt);
    fail(q, code);
    return code == SQLITE_ROW;
}

int64_t col_int(struct query *q, int at)
{
    return sqlite3_column_int64(q->stmt, at);
}

double col_double(struct query *q, int at)
{
    return sqlite3_column_double(q->stmt, at);
}

struct text col_text(struct query *q, int at)
{
    /* _blob gives a text's bytes as they are; _text would copy them to end them with NUL. */
    const char *data = sqlite3_column_blob(q->stmt, at);
    int len = sqlite3_column_bytes(q->stmt, at);
    return data ? (struct text){data, (size_t)len} : TEXT_NONE;
}

bool col_null(struct query *q, int at)
{
    return sqlite3_column_type(q->stmt, at) == SQLITE_NULL;
}

enum err query_end(struct query *q)
{
    must(q->in_use);
    if (q->stmt) {
        (void)sqlite3_reset(q->stmt); /* repeats the error of the step, which is kept already */
        (void)sqlite3_clear_bindings(q->stmt);
    }
    q->in_use = false;
    q->db->open_queries--;
    return q->err;
}

enum err query_run(struct query *q)
{
    while (query_row(q))
        ; /* rows of a RETURNING that nobody wants */
    return query_end(q);
}

enum err query_run_for(struct db *db, enum query_id which, int64_t id)
{
    struct query *q = db_query(db, which);
    query_int(q, 1, id);
    return query_run(q);
}

enum err query_number(struct query *q, int64_t *out)
{
    *out = query_row(q) ? col_int(q, 0) : 0;
    return query_end(q);
}

int64_t db_last_id(struct db *db)
{
    return sqlite3_last_insert_rowid(db->sqlite);
}

int64_t db_changes(struct db *db)
{
    return sqlite3_changes64(db->sqlite);
}

enum err db_open(const char *path, struct db **out_db, char error[256])
{
    struct db *db = NULL;
    enum err e = connection_open(path, CONNECTION_WRITER, INT64_MAX, &db, error);
    if (e == ERR_OK)
        e = migrate(db, migrations, migrations_count, error);
    if (e == ERR_OK)
        e = connection_check_queries(db, queries, QUERY_COUNT, error);
    if (e == ERR_OK) {
        error[0] = 0;
        *out_db = db;
    } else {
        db_close(db);
    }
    return e;
}

struct db *db_close(struct db *db)
{
    if (!db)
        return NULL;
    for (size_t i = 0; i < QUERY_COUNT; i++)
        (void)sqlite3_finalize(db->queries[i].stmt);
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        (void)sqlite3_finalize(db->controls[i]);
    must(sqlite3_close(db->sqlite) ==
         SQLITE_OK); /* busy would be a statement that somebody still has */
    free(db);
    return NULL;
}
