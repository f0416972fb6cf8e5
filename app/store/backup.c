#include "store/backup.h"

#include "store/db.h"
#include "store/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STEP_PAGES 256 /* 1 MiB between two looks at the result */

/* Pins one moment of `from`, so that the copy does not begin again whenever somebody writes, and copies it. */
static enum err copy(struct db *from, struct db *to, char error[ERROR_SIZE])
{
    int64_t pages;
    enum err e = connection_control(from, CONTROL_BEGIN);
    if (e == ERR_OK)
        e = connection_int(from, "SELECT count(*) FROM sqlite_schema",
                           &pages); /* the read that pins */
    if (e != ERR_OK) {
        say(error, "The database cannot be read: %s.", sqlite3_errmsg(from->sqlite));
        return e;
    }
    sqlite3_backup *b = sqlite3_backup_init(to->sqlite, "main", from->sqlite, "main");
    int code = b ? SQLITE_OK : sqlite3_errcode(to->sqlite);
    while (code == SQLITE_OK)
        code = sqlite3_backup_step(b, STEP_PAGES);
    if (b && code == SQLITE_DONE)
        code = sqlite3_backup_finish(b);
    else if (b)
        (void)sqlite3_backup_finish(b);
    e = connection_err(to, code);
    if (e != ERR_OK)
        say(error, "The copy failed: %s.", sqlite3_errstr(code));
    return e;
}

static enum err copy_to(const char *path, const char *part, char error[ERROR_SIZE])
{
    struct db *from = NULL;
    struct db *to = NULL;
    enum err e = connection_open(path, CONNECTION_READER, INT64_MAX, &from, error);
    if (e == ERR_OK)
        e = connection_open(part, CONNECTION_WRITER, INT64_MAX, &to, error);
    if (e == ERR_OK)
        e = copy(from, to, error);
    db_close(to); /* synced by its commit */
    db_close(from);
    return e;
}

enum err backup(const char *path, const char *to_path, char error[ERROR_SIZE])
{
    say(error, "The server is out of memory.");
    char *part = NULL;
    if (asprintf(&part, "%s.part", to_path) < 0)
        return ERR_NOMEM;
    enum err e = ERR_OK;
    if (unlink(part) != 0 && errno != ENOENT) {
        say(error, "The file %s cannot be replaced: %s.", part, strerrordesc_np(errno));
        e = ERR_IO;
    }
    if (e == ERR_OK)
        e = copy_to(path, part, error);
    if (e == ERR_OK && rename(part, to_path) != 0) {
        say(error, "The file %s cannot be written: %s.", to_path, strerrordesc_np(errno));
        e = ERR_IO;
    }
    if (e == ERR_OK && disk_sync_folder(to_path) != ERR_OK) {
        say(error, "The folder of %s cannot be written to disk.", to_path);
        e = ERR_IO;
    }
    if (e == ERR_OK)
        error[0] = 0;
    else
        (void)unlink(part);
    free(part);
    return e;
}

/* The first row of a check, if it is a finding, goes into error. */
static enum err run_check(struct db *db, const char *sql, char error[ERROR_SIZE])
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    enum err e = connection_err(db, code);
    if (code == SQLITE_ROW) {
        say(error, "%s", (const char *)sqlite3_column_text(stmt, 0));
        e = ERR_IO;
    } else if (e != ERR_OK) {
        say(error, "The database cannot be read: %s.", sqlite3_errmsg(db->sqlite));
    }
    (void)sqlite3_finalize(stmt);
    return e;
}

enum err check(const char *path, char error[ERROR_SIZE])
{
    struct db *db = NULL;
    enum err e = connection_open(path, CONNECTION_READER, INT64_MAX, &db, error);
    if (e == ERR_OK)
        e = run_check(db,
                      "SELECT 'The database is damaged: ' || integrity_check"
                      " FROM pragma_integrity_check(1) WHERE integrity_check <> 'ok'",
                      error);
    if (e == ERR_OK)
        e = run_check(db,
                      "SELECT 'Row ' || coalesce(rowid, '?') || ' of ' || \"table\" || ' refers to "
                      "nothing in ' ||"
                      " parent || '.' FROM pragma_foreign_key_check LIMIT 1",
                      error);
    db_close(db);
    return e;
}
