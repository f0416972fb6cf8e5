#include "store/migrate.h"

#include "base/log.h"

#include <string.h>

/* The numbers at the start of the work, read under the write lock. */
static enum err read_state(struct db *db, int64_t *out_version, int64_t *out_application,
                           int64_t *out_tables)
{
    enum err e = connection_int(db, "PRAGMA user_version", out_version);
    if (e == ERR_OK)
        e = connection_int(db, "PRAGMA application_id", out_application);
    if (e == ERR_OK)
        e = connection_int(db, "SELECT count(*) FROM sqlite_schema", out_tables);
    return e;
}

enum err migrate_judge(struct db *db, size_t count, int64_t *out_version, char error[ERROR_SIZE])
{
    int64_t version;
    int64_t application;
    int64_t tables;
    enum err e = read_state(db, &version, &application, &tables);
    if (e != ERR_OK) {
        say(error, "The database cannot be read: %s.", sqlite3_errmsg(db->sqlite));
        return e;
    }
    bool empty = version == 0 && application == 0 && tables == 0;
    if (!empty && (application != APPLICATION_ID || version < 1)) {
        say(error, "This file is a database, but not one of Snug's.");
        return ERR_UNAVAILABLE;
    }
    if (version > (int64_t)count) {
        say(error,
            "A newer Snug wrote this database (version %lld, this Snug knows %zu). Start the newer "
            "one.",
            (long long)version, count);
        return ERR_UNAVAILABLE;
    }
    *out_version = version;
    return ERR_OK;
}

/* Inside the transaction. */
static enum err take_step(struct db *db, const struct embedded_migration *m, char error[ERROR_SIZE])
{
    int64_t found = 0;
    enum err e = connection_exec(db, m->sql);
    if (e != ERR_OK) {
        say(error, "Migration %04d_%s failed: %s.", m->number, m->name, sqlite3_errmsg(db->sqlite));
        return e;
    }
    e = connection_int(db, "SELECT count(*) FROM pragma_foreign_key_check", &found);
    if (e == ERR_OK && found > 0) {
        say(error, "Migration %04d_%s failed: it leaves %lld rows without what they refer to.",
            m->number, m->name, (long long)found);
        return ERR_INTERNAL;
    }
    if (e == ERR_OK)
        e = connection_int(db, "PRAGMA user_version", &found);
    if (e == ERR_OK && found != m->number) {
        say(error, "Migration %04d_%s failed: it does not set user_version.", m->number, m->name);
        return ERR_INTERNAL;
    }
    return e;
}

/* One turn: the write lock, a look at the version, at most one step. */
static enum err turn(struct db *db, const struct embedded_migration *list, size_t count,
                     bool *out_more, char error[ERROR_SIZE])
{
    say(error, "The database is locked by another process.");
    enum err e = connection_exec_patiently(db, "BEGIN IMMEDIATE");
    if (e != ERR_OK) {
        if (e != ERR_TIMEOUT)
            say(error, "The database cannot be written: %s.", sqlite3_errmsg(db->sqlite));
        return e;
    }
    int64_t version = 0;
    e = migrate_judge(db, count, &version, error);
    bool step = e == ERR_OK && (size_t)version < count;
    if (step) {
        connection_step(db, list[version].name);
        e = take_step(db, &list[version], error);
        connection_step(db, NULL);
    }
    if (e == ERR_OK) {
        e = connection_exec_patiently(db, "COMMIT");
        if (e != ERR_OK)
            say(error, "The database cannot be written: %s.", sqlite3_errmsg(db->sqlite));
    }
    if (!sqlite3_get_autocommit(db->sqlite)) {
        enum err back = connection_exec(db, "ROLLBACK");
        e = e == ERR_OK ? back : e;
    }
    if (e == ERR_OK && step)
        log_event(LOG_INFO, "migrated", KV_INT("version", list[version].number),
                  KV_STR("name", list[version].name));
    *out_more = step;
    return e;
}

static int note_mode(void *ctx, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(bool *)ctx = values[0] && strcmp(values[0], "wal") == 0;
    return 0;
}

/* A file is turned to WAL for good, once it is known to be ours or empty; a database in memory has no journal. */
static enum err turn_to_wal(struct db *db, char error[ERROR_SIZE])
{
    const char *file = sqlite3_db_filename(db->sqlite, "main");
    if (!file || !*file)
        return ERR_OK;
    bool wal = false;
    say(error, "The database is locked by another process.");
    enum err e = connection_exec_patiently(db, "PRAGMA journal_mode = WAL");
    if (e == ERR_OK)
        e = connection_err(db,
                           sqlite3_exec(db->sqlite, "PRAGMA journal_mode", note_mode, &wal, NULL));
    if (e != ERR_OK && e != ERR_TIMEOUT)
        say(error, "The database cannot be written: %s.", sqlite3_errmsg(db->sqlite));
    if (e == ERR_OK && !wal) {
        say(error, "The database's disk does not allow a write-ahead log (a network disk?).");
        e = ERR_IO;
    }
    return e;
}

enum err migrate(struct db *db, const struct embedded_migration *list, size_t count,
                 char error[ERROR_SIZE])
{
    int64_t version = 0;
    say(error, "The database is locked by another process.");
    enum err first = connection_exec_patiently(
        db, "SELECT 1 FROM sqlite_schema"); /* waits for a lock of others */
    if (first != ERR_TIMEOUT)
        first = migrate_judge(db, count, &version, error);
    if (first == ERR_OK)
        first = turn_to_wal(db, error);
    if (first != ERR_OK)
        return first;

    /* Off while a step may rebuild a table that others refer to (SQLite ignores the switch inside a transaction);
     * each step is checked as a whole before its commit. */
    enum err e = connection_exec(db, "PRAGMA foreign_keys = OFF");
    bool more = true;
    while (e == ERR_OK && more)
        e = turn(db, list, count, &more, error);
    enum err on = connection_exec(db, "PRAGMA foreign_keys = ON");
    return e == ERR_OK ? on : e;
}
