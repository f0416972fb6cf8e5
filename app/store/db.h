/* db: one SQLite connection on its thread, and the prepared queries on it.
 *
 * A query is used like this; an error inside sticks until query_end, which also makes it ready for its next use:
 *
 *     struct query *q = db_query(db, QUERY_CHAT_MESSAGE_BY_ID);
 *     query_int(q, 1, id);
 *     while (query_row(q))
 *         use(col_text(q, 0));
 *     enum err e = query_end(q);
 *
 * A query must not be used again between db_query and query_end (asserted). thread: the connection's */
#ifndef SNUG_STORE_DB_H
#define SNUG_STORE_DB_H

#include "base/err.h"
#include "base/text.h"
#include "queries.h" /* enum query_id: made by the build from db/queries */

struct db;
struct query;

/* The prepared query; prepared on first use of this connection (all were checked when the store opened). */
struct query *db_query(struct db *db, enum query_id which);

/* Parameters, from 1 as in SQL (?1). Texts are borrowed until query_end. */
void query_int(struct query *q, int at, int64_t value);
void query_double(struct query *q, int at, double value);
void query_text(struct query *q, int at, struct text value);
void query_blob(struct query *q, int at, struct text value);
void query_null(struct query *q, int at);

/* The next row; false at the end and on errors. */
bool query_row(struct query *q);

/* Columns of the current row, from 0. Texts are borrowed until the next query_row or query_end. */
int64_t col_int(struct query *q, int at);
double col_double(struct query *q, int at);
struct text col_text(struct query *q, int at);
bool col_null(struct query *q, int at);

/* errors: ERR_CONFLICT a constraint; ERR_UNAVAILABLE disk full or read-only; ERR_TIMEOUT interrupted or busy; ERR_LIMIT
 * a value over SQLite's limit; ERR_NOMEM; ERR_IO; ERR_DAMAGED a page makes no sense; ERR_INTERNAL a bad parameter number
 * and the like (the last three are logged with SQLite's words and the query's name) */
MUST_USE enum err query_end(struct query *q);

/* Binds nothing more, runs to the end: for statements without rows. The same as query_row + query_end. */
MUST_USE enum err query_run(struct query *q);

/* The query with ?1, run as above. */
MUST_USE enum err query_run_for(struct db *db, enum query_id which, int64_t id);

/* The first column of its only row, or 0 if there is none, and query_end. */
MUST_USE enum err query_number(struct query *q, int64_t *out);

int64_t db_last_id(struct db *db);
int64_t db_changes(struct db *db);

/* Opens a database alone, for tests of rules: ":memory:" or a path, migrated. No threads: the caller has the role. */
MUST_USE enum err db_open(const char *path, struct db **out_db, char error[256]);
struct db *db_close(struct db *db);

#endif
