#include "store/connection.h"

#include "base/env.h"
#include "base/log.h"
#include "base/must.h"
#include "store/db.h"
#include "store/disk.h"
#include "store/embedded.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUSY_MS 1000   /* S55: at most this long a worker waits for a lock held elsewhere */
#define BUSY_STEP_MS 1 /* how often it looks */
#define STEP_TELL_MS 1000
#define DEADLINE_OPS 10000 /* VM steps between two looks at the deadline, about a millisecond */

void say(char error[ERROR_SIZE], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error, ERROR_SIZE, format, args);
    va_end(args);
}

/* SQLite calls it an I/O error when a quota is used up or the disk has become read-only (as it does after an error of
 * the device). What the system said it keeps for a statement, but not for a COMMIT: then the log's file knows. */
static bool takes_no_writes(struct db *db)
{
    sqlite3_file *log = NULL;
    int why = 0;
    if (sqlite3_file_control(db->sqlite, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
        log && log->pMethods)
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &why);
    return disk_refuses(why) || disk_refuses(sqlite3_system_errno(db->sqlite));
}

enum err connection_err(struct db *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_OK;
    case SQLITE_CONSTRAINT:
        return ERR_CONFLICT;
    case SQLITE_FULL:
    case SQLITE_READONLY:
        return ERR_UNAVAILABLE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return ERR_TIMEOUT;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_TOOBIG:
        return ERR_LIMIT;
    case SQLITE_IOERR:
        return takes_no_writes(db) ? ERR_UNAVAILABLE : ERR_IO;
    case SQLITE_CORRUPT:
        return ERR_DAMAGED;
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return ERR_IO;
    default:
        return ERR_INTERNAL;
    }
}

/* SQLite asks after each refused lock: 1 to try again. */
static int wait_for_lock(void *ctx, int tries)
{
    struct db *db = ctx;
    int64_t now = env_monotonic_ms(&env_real);
    if (tries == 0)
        db->busy_until_ms = now + db->busy_ms;
    if (now >= db->busy_until_ms || now >= db->deadline_ms)
        return 0;
    (void)poll(NULL, 0, BUSY_STEP_MS);
    return 1;
}

static void tell_of_step(struct db *db, int64_t now_ms)
{
    if (now_ms - db->step_told_ms < STEP_TELL_MS)
        return;
    db->step_told_ms = now_ms;
    log_event(LOG_INFO, "migrating", KV_STR("name", db->step),
              KV_INT("seconds", (now_ms - db->step_began_ms) / 1000));
}

/* SQLite asks while a statement runs: 1 to stop it (ERR_TIMEOUT). */
static int is_too_late(void *ctx)
{
    struct db *db = ctx;
    if (!db->step)
        return db->deadline_ms != INT64_MAX && env_monotonic_ms(&env_real) >= db->deadline_ms;
    tell_of_step(db, env_monotonic_ms(&env_real));
    return 0;
}

void connection_step(struct db *db, const char *name)
{
    int64_t now_ms = env_monotonic_ms(&env_real);
    if (!name && db->deadline_ms != INT64_MAX)
        db->deadline_ms += now_ms - db->step_began_ms;
    db->step = name;
    db->step_began_ms = db->step_told_ms = now_ms;
}

enum err connection_exec(struct db *db, const char *sql)
{
    return connection_err(db, sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));
}

static int prepare_control(struct db *db, enum control which)
{
    static const char *const texts[CONTROL_COUNT] = {
        [CONTROL_BEGIN] = "BEGIN",
        [CONTROL_BEGIN_IMMEDIATE] = "BEGIN IMMEDIATE",
        [CONTROL_COMMIT] = "COMMIT",
        [CONTROL_ROLLBACK] = "ROLLBACK",
        [CONTROL_SAVEPOINT] = "SAVEPOINT j",
        [CONTROL_RELEASE] = "RELEASE j",
        [CONTROL_ROLLBACK_TO] = "ROLLBACK TO j",
    };
    return sqlite3_prepare_v3(db->sqlite, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                              &db->controls[which], NULL);
}

enum err connection_control(struct db *db, enum control which)
{
    int code = db->controls[which] ? SQLITE_OK : prepare_control(db, which);
    if (code == SQLITE_OK) {
        code = sqlite3_step(db->controls[which]);
        (void)sqlite3_reset(db->controls[which]);
    }
    return connection_err(db, code);
}

enum err connection_prepare(struct db *db)
{
    int code = SQLITE_OK;
    for (enum control i = 0; i < CONTROL_COUNT && code == SQLITE_OK; i++) {
        (void)sqlite3_finalize(db->controls[i]);
        code = prepare_control(db, i);
    }
    return connection_err(db, code);
}

enum err connection_exec_patiently(struct db *db, const char *sql)
{
    for (;;) {
        int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) & 0xff;
        bool locked = code == SQLITE_BUSY || code == SQLITE_LOCKED;
        if (!locked || env_monotonic_ms(&env_real) >= db->deadline_ms)
            return connection_err(db, code);
        (void)poll(NULL, 0, BUSY_STEP_MS);
    }
}

enum err connection_int(struct db *db, const char *sql, int64_t *out_value)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL);
    enum err e = connection_err(db, code);
    if (code == SQLITE_OK) {
        code = sqlite3_step(stmt);
        e = code == SQLITE_DONE ? ERR_NOT_FOUND : connection_err(db, code);
        if (code == SQLITE_ROW)
            *out_value = sqlite3_column_int64(stmt, 0);
    }
    (void)sqlite3_finalize(stmt);
    return e;
}

/* Sizes are for a process of 16 MB: the page cache of the system holds the rest. The writer's changes of a group of
 * 256 jobs fit in its cache; temporary tables stay in memory. */
static const char *const pragmas[] = {
    [CONNECTION_WRITER] =
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -2048;"
        "PRAGMA secure_delete = ON;"
        "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 0;"
        "PRAGMA trusted_schema = OFF;",
    [CONNECTION_READER] =
        "PRAGMA query_only = ON; PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY;"
        "PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF;",
    [CONNECTION_CHECKPOINTER] =
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -64; PRAGMA mmap_size = 0;"
        "PRAGMA wal_autocheckpoint = 0;",
    [CONNECTION_IMMUTABLE] = "PRAGMA query_only = ON; PRAGMA cache_size = -512;",
};

static void configure_sqlite(void)
{
    /* Counting its memory would be one lock for all connections. Refused once SQLite runs, which does no harm. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_initialize();
}

static struct db *db_alloc(int64_t deadline_ms)
{
    struct db *db = calloc(1, sizeof *db + QUERY_COUNT * sizeof db->queries[0]);
    if (!db)
        return NULL;
    for (size_t i = 0; i < QUERY_COUNT; i++)
        db->queries[i].db = db;
    db->owner = pthread_self();
    db->busy_ms = BUSY_MS;
    db->deadline_ms = deadline_ms;
    return db;
}

enum err connection_open(const char *path, enum connection_kind kind, int64_t deadline_ms,
                         struct db **out_db, char error[ERROR_SIZE])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, configure_sqlite);

    say(error, "The server is out of memory.");
    struct db *db = db_alloc(deadline_ms);
    if (!db)
        return ERR_NOMEM;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE; /* one thread per connection */
    if (kind == CONNECTION_READER || kind == CONNECTION_IMMUTABLE)
        flags |= SQLITE_OPEN_READONLY | (kind == CONNECTION_IMMUTABLE ? SQLITE_OPEN_URI : 0);
    else
        flags |= SQLITE_OPEN_READWRITE | (kind == CONNECTION_WRITER ? SQLITE_OPEN_CREATE : 0);

    enum err e = connection_err(db, sqlite3_open_v2(path, &db->sqlite, flags, NULL));
    if (e != ERR_OK)
        goto done;
    if (kind == CONNECTION_WRITER || kind == CONNECTION_CHECKPOINTER)
        gaps_clear(&db->gaps, db->sqlite);
    (void)sqlite3_busy_handler(db->sqlite, wait_for_lock, db);
    (void)sqlite3_progress_handler(db->sqlite, DEADLINE_OPS, is_too_late, db);
    (void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DDL, 0,
                            NULL); /* "x" is a name, never a text */
    (void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    e = connection_exec_patiently(db, pragmas[kind]);
    if (e == ERR_OK && kind == CONNECTION_WRITER && sqlite3_db_readonly(db->sqlite, "main") == 1)
        e = ERR_UNAVAILABLE; /* SQLite would open it for reading, and BEGIN IMMEDIATE would say nothing */
    if (e == ERR_OK) {
        error[0] = 0;
        *out_db = db;
        db = NULL; /* handed over */
    }
done:
    if (e == ERR_UNAVAILABLE && sqlite3_db_readonly(db->sqlite, "main") == 1)
        say(error, "The file %s may only be read.", path);
    else if (e != ERR_OK && db->sqlite)
        say(error, "The database %s cannot be opened: %s.", path, sqlite3_errmsg(db->sqlite));
    db_close(db);
    return e;
}

void connection_adopt(struct db *db)
{
    db->owner = pthread_self();
}

/* True if only spaces and comments follow a query's first statement. */
static bool ends_here(const char *tail)
{
    while (*tail) {
        if (tail[0] == '-' && tail[1] == '-')
            tail += strcspn(tail, "\n");
        else if (strchr(" \t\r\n", *tail))
            tail++;
        else
            return false;
    }
    return true;
}

enum err connection_check_queries(struct db *db, const struct embedded_query *list, size_t count,
                                  char error[ERROR_SIZE])
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *stmt = NULL;
        const char *tail = "";
        int code = sqlite3_prepare_v2(db->sqlite, list[i].sql, -1, &stmt, &tail);
        bool nothing = code == SQLITE_OK && !stmt;
        (void)sqlite3_finalize(stmt);
        if (code == SQLITE_OK && !nothing && ends_here(tail))
            continue;
        const char *why = code != SQLITE_OK ? sqlite3_errmsg(db->sqlite)
                          : nothing         ? "it is empty"
                                            : "it is more than one statement";
        say(error, "The query %s is bad: %s.", list[i].name, why);
        return code == SQLITE_OK ? ERR_INTERNAL : connection_err(db, code);
    }
    return ERR_OK;
}
