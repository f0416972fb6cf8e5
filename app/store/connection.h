/* connection: what this room alone knows of a struct db: how it is opened, and plain SQL on it.
 *
 * Every connection is opened by one thread and may be handed to one other (connection_adopt); SQLite takes no lock
 * for it. Invariant: open_queries counts the queries between db_query and query_end. */
#ifndef SNUG_STORE_CONNECTION_H
#define SNUG_STORE_CONNECTION_H

#include "base/err.h"
#include "store/gaps.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>

#define ERROR_SIZE 256 /* of the sentences for people */

struct db;

struct query {
    struct db *db;
    sqlite3_stmt *stmt; /* prepared on first use */
    enum err err;       /* sticks until query_end */
    bool in_use;
};

/* The statements around the work, prepared once, on their first use if not by connection_prepare. */
enum control {
    CONTROL_BEGIN,
    CONTROL_BEGIN_IMMEDIATE,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_SAVEPOINT,
    CONTROL_RELEASE,
    CONTROL_ROLLBACK_TO,
    CONTROL_COUNT
};

struct db {
    sqlite3 *sqlite;
    sqlite3_stmt *controls[CONTROL_COUNT];
    pthread_t owner;
    int64_t busy_ms;       /* how long a lock held elsewhere is waited for */
    int64_t busy_until_ms; /* of the wait that goes on, monotonic */
    int64_t deadline_ms;   /* nothing runs longer, monotonic; INT64_MAX: no limit */
    const char *step;      /* of a migration that runs, or NULL: see connection_step */
    int64_t step_began_ms;
    int64_t step_told_ms;
    unsigned open_queries;
    struct gaps gaps; /* of who writes */
    struct query queries[];
};

enum connection_kind {
    CONNECTION_WRITER,       /* makes the file if it is not there */
    CONNECTION_READER,       /* read only */
    CONNECTION_CHECKPOINTER, /* writes, but only what a checkpoint writes */
    CONNECTION_IMMUTABLE,    /* reads a file that nobody changes; path is a URI that says so */
};

/* Opens path with what its kind needs (caches, synchronous, foreign keys). deadline_ms (monotonic) holds for all that is
 * done on it, waiting for another process's lock included, until its owner sets another.
 * out: a sentence in error on failure, else ""
 * errors: ERR_TIMEOUT the lock was held to the deadline; ERR_IO; ERR_NOMEM; those of connection_err */
MUST_USE enum err connection_open(const char *path, enum connection_kind kind, int64_t deadline_ms,
                                  struct db **out_db, char error[ERROR_SIZE]);

/* From here on the calling thread is the one that may use it. */
void connection_adopt(struct db *db);

/* Runs statements without rows; a lock held elsewhere is waited for as long as the connection does. */
MUST_USE enum err connection_exec(struct db *db, const char *sql);

/* Runs one of the statements around the work. */
MUST_USE enum err connection_control(struct db *db, enum control which);

/* Prepares the statements around the work, so that ending a transaction needs no memory. For a connection on which others'
 * jobs run; after the last PRAGMA, which would make what is prepared old. errors: those of connection_err */
MUST_USE enum err connection_prepare(struct db *db);

/* What runs from here on is a step of a migration: no deadline ends it, which would come again at the next start, and the log
 * tells each second that it goes on. NULL: it has ended; the deadline comes as much later as it took. */
void connection_step(struct db *db, const char *name);

/* The first column of the first row as a number; errors: as connection_exec, ERR_NOT_FOUND no row. */
MUST_USE enum err connection_int(struct db *db, const char *sql, int64_t *out_value);

/* connection_exec, and again while another process holds a lock, until the deadline. For opening: some locks are
 * answered at once, without asking the busy handler. */
MUST_USE enum err connection_exec_patiently(struct db *db, const char *sql);

/* What the last call on it came to: see query_end in db.h for the list. */
enum err connection_err(struct db *db, int code);

/* Prepares each of these and forgets it again, so that a bad one is found now; error names it. */
struct embedded_query;
MUST_USE enum err connection_check_queries(struct db *db, const struct embedded_query *list,
                                           size_t count, char error[ERROR_SIZE]);

/* Writes a sentence, cut to fit. */
void say(char error[ERROR_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
