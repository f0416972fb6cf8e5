#include "store/backup.h"

#include "base/env.h"
#include "store/db.h"
#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_PAGES 64 /* 256 KiB, then a look at the time */
#define SYNC_BYTES ((int64_t)8 << 20)
#define LOOK_OPS 10000 /* VM steps between two looks at `stop` */

/* ---- the parts of a copy */

static int is_stopped(void *ctx)
{
    atomic_bool *stop = ctx;
    return atomic_load(stop);
}

/* Waits until so many bytes are due, that is c->paced. */
static void keep_pace(const struct copying *c)
{
    if (c->bytes_per_s == 0)
        return;
    int64_t due_ms = c->began_ms + c->paced / c->bytes_per_s * 1000 +
                     c->paced % c->bytes_per_s * 1000 / c->bytes_per_s;
    int64_t wait_ms = due_ms - env_monotonic_ms(&env_real);
    if (wait_ms > 0)
        (void)poll(NULL, 0, (int)wait_ms);
}

static void tell(struct copying *c, int64_t done)
{
    atomic_store(&c->total, c->own + c->beside);
    atomic_store(&c->done, done);
    if (c->told)
        c->told(c->ctx, done, c->own + c->beside);
}

/* Takes the steps. A copy that is synced only at its end makes the disk busy for so long that the writer's own syncs
 * wait: it is synced piece by piece. */
static int take_steps(sqlite3_backup *b, struct copying *c, int part_fd, int64_t page_bytes)
{
    int64_t synced = 0;
    c->began_ms = env_monotonic_ms(&env_real);
    for (;;) {
        int code = atomic_load(&c->stop) ? SQLITE_INTERRUPT : sqlite3_backup_step(b, STEP_PAGES);
        c->own = sqlite3_backup_pagecount(b) * page_bytes;
        int64_t done = c->own - sqlite3_backup_remaining(b) * page_bytes;
        tell(c, done);
        if (code != SQLITE_OK)
            return code;
        if (done - synced >= SYNC_BYTES) {
            synced = done;
            (void)fdatasync(part_fd); /* SQLite's own at the end tells what went wrong */
        }
        c->paced = done;
        keep_pace(c);
    }
}

/* Pins one moment of `from`, so that the copy does not begin again whenever somebody writes, and copies it. */
static enum err copy(struct db *from, struct db *to, struct copying *c, int part_fd,
                     char error[ERROR_SIZE])
{
    int64_t page_bytes;
    enum err e = connection_control(from, CONTROL_BEGIN);
    if (e == ERR_OK)
        e = connection_int(
            from, "SELECT page_size FROM pragma_page_size, (SELECT count(*) FROM sqlite_schema)",
            &page_bytes); /* the read that pins */
    if (e != ERR_OK) {
        say(error, "The database cannot be read: %s.", sqlite3_errmsg(from->sqlite));
        return e;
    }
    sqlite3_backup *b = sqlite3_backup_init(to->sqlite, "main", from->sqlite, "main");
    int code = b ? take_steps(b, c, part_fd, page_bytes) : sqlite3_errcode(to->sqlite);
    if (b && code == SQLITE_DONE)
        code = sqlite3_backup_finish(b);
    else if (b)
        (void)sqlite3_backup_finish(b);
    e = connection_err(to, code);
    if (e != ERR_OK)
        say(error, "The copy failed: %s.", sqlite3_errstr(code));
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

static enum err run_checks(struct db *db, char error[ERROR_SIZE])
{
    enum err e = run_check(db,
                           "SELECT 'The database is damaged: ' || integrity_check"
                           " FROM pragma_integrity_check(1) WHERE integrity_check <> 'ok'",
                           error);
    if (e == ERR_OK)
        e = run_check(db,
                      "SELECT 'Row ' || coalesce(rowid, '?') || ' of ' || \"table\" || ' refers to "
                      "nothing in ' ||"
                      " parent || '.' FROM pragma_foreign_key_check LIMIT 1",
                      error);
    return e;
}

/* ---- copies */

/* path as a URI that says that nobody writes to it; owned by the caller; NULL: no memory. */
static char *immutable_uri(const char *path)
{
    static const char hex[] = "0123456789abcdef";
    char *uri = malloc(7 + 3 * strlen(path) + sizeof "?immutable=1");
    if (!uri)
        return NULL;
    char *to = stpcpy(uri, *path == '/' ? "file://" : "file:"); /* else "//a/b" is b on machine a */
    for (; *path; path++) {
        if (strchr("?#%", *path)) {
            *to++ = '%';
            *to++ = hex[(unsigned char)*path >> 4];
            *to++ = hex[(unsigned char)*path & 15];
        } else {
            *to++ = *path;
        }
    }
    (void)stpcpy(to, "?immutable=1");
    return uri;
}

enum err open_source(const char *path, bool immutable, struct db **out_from, char error[ERROR_SIZE])
{
    if (!immutable)
        return connection_open(path, CONNECTION_READER, INT64_MAX, out_from, error);
    char *uri = immutable_uri(path);
    enum err e =
        uri ? connection_open(uri, CONNECTION_IMMUTABLE, INT64_MAX, out_from, error) : ERR_NOMEM;
    free(uri);
    return e;
}

/* What settle and the checks left in the copy's log goes into the copy. Closing it would do the same, and would say nothing
 * when it fails: the copy would count without them. */
static enum err empty_log(struct db *to, char error[ERROR_SIZE])
{
    int code = sqlite3_wal_checkpoint_v2(to->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    enum err e = connection_err(to, code);
    if (e != ERR_OK)
        say(error, "The copy cannot be written to disk: %s.", sqlite3_errstr(code));
    return e;
}

static enum err copy_and_check(struct db *from, struct db *to, const char *part, struct copying *c,
                               char error[ERROR_SIZE])
{
    (void)sqlite3_progress_handler(to->sqlite, LOOK_OPS, is_stopped, &c->stop);
    int fd = open(
        part,
        O_WRONLY | O_CLOEXEC); /* closed after the copy is whole: this process's locks go with it */
    if (fd < 0) {
        say(error, "The file %s cannot be opened: %s.", part, strerrordesc_np(errno));
        return ERR_IO;
    }
    enum err e = copy(from, to, c, fd, error);
    if (e == ERR_OK && c->settle) {
        e = c->settle(to);
        if (e != ERR_OK)
            say(error, "The copy cannot be changed: %s.", sqlite3_errmsg(to->sqlite));
    }
    if (e == ERR_OK)
        e = run_checks(to, error);
    if (e == ERR_OK)
        e = empty_log(to, error);
    if (atomic_load(&c->stop)) {
        say(error, "The copy was stopped.");
        e = ERR_CANCELLED;
    }
    (void)close(fd);
    return e;
}

/* Removes what stands beside a copy, and with `all` the copy too. */
static enum err remove_part(const char *part, bool all, char error[ERROR_SIZE])
{
    static const char *const endings[] = {"-wal", "-shm", "-journal", ""};
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0] - !all; i++) {
        char *name = NULL;
        if (asprintf(&name, "%s%s", part, endings[i]) < 0) {
            say(error, "The server is out of memory.");
            return ERR_NOMEM;
        }
        if (unlink(name) != 0 && errno != ENOENT) {
            say(error, "The file %s cannot be replaced: %s.", name, strerrordesc_np(errno));
            e = ERR_IO;
        }
        free(name);
    }
    return e;
}

enum err copy_database(const char *path, bool immutable, const char *part, struct copying *c,
                       char error[ERROR_SIZE])
{
    struct db *from = NULL;
    struct db *to = NULL;
    /* A log that a killed copy left would be taken for the new one's. */
    enum err e = remove_part(part, true, error);
    if (e == ERR_OK)
        e = open_source(path, immutable, &from, error);
    if (e == ERR_OK)
        e = connection_open(part, CONNECTION_WRITER, INT64_MAX, &to, error);
    if (e == ERR_OK)
        e = copy_and_check(from, to, part, c, error);
    db_close(to); /* synced by its commit, or with its log */
    db_close(from);
    /* SQLite has taken its log away; where it could not, it is empty. After a failure all of it goes. */
    char ignored[ERROR_SIZE];
    (void)remove_part(part, e != ERR_OK, ignored);
    return e;
}

/* ---- what comes beside it */

void copying_expect(struct copying *c, int64_t bytes)
{
    c->beside = bytes;
    tell(c, atomic_load(&c->done));
}

enum err copying_came(struct copying *c, int64_t bytes, bool paced)
{
    tell(c, atomic_load(&c->done) + bytes);
    if (paced) {
        c->paced += bytes;
        keep_pace(c);
    }
    return atomic_load(&c->stop) ? ERR_CANCELLED : ERR_OK;
}

enum err bring_beside(const char *part, const struct beside *beside, struct copying *c,
                      struct db **out_copy, char error[ERROR_SIZE])
{
    struct db *copy = NULL;
    enum err e = open_source(part, true, &copy, error); /* immutable: it leaves nothing beside it */
    if (e == ERR_OK) {
        (void)sqlite3_progress_handler(copy->sqlite, LOOK_OPS, is_stopped, &c->stop);
        e = beside->bring(copy, c, beside->ctx, error);
    }
    if (atomic_load(&c->stop)) {
        say(error, "The copy was stopped.");
        e = ERR_CANCELLED;
    }
    if (e != ERR_OK && !error[0])
        say(error, "The copy cannot be read: %s", err_text(e));
    *out_copy = e == ERR_OK ? copy : db_close(copy);
    return e;
}

enum err backup(const char *path, const char *to_path, const struct beside *beside,
                struct copying *c, char error[ERROR_SIZE])
{
    say(error, "The server is out of memory.");
    char *part = NULL;
    struct db *copy = NULL;
    struct stat from, to;
    if (stat(path, &from) == 0 && stat(to_path, &to) == 0 && from.st_dev == to.st_dev &&
        from.st_ino == to.st_ino) {
        say(error, "%.200s is the database itself.", to_path);
        return ERR_UNAVAILABLE;
    }
    if (asprintf(&part, "%s.part", to_path) < 0)
        return ERR_NOMEM;
    c->beside = beside ? beside->bytes : 0;
    enum err e = copy_database(path, false, part, c, error);
    bool whole = e == ERR_OK;
    if (whole && beside)
        e = bring_beside(part, beside, c, &copy, error);
    if (e == ERR_OK && rename(part, to_path) != 0) {
        say(error, "The file %s cannot be written: %s.", to_path, strerrordesc_np(errno));
        e = ERR_IO;
    }
    if (whole && e != ERR_OK)
        (void)unlink(part);
    if (e == ERR_OK && disk_sync_folder(to_path) != ERR_OK) {
        say(error, "%.120s is in place, but its folder cannot be written to disk.", to_path);
        e = ERR_IO;
    }
    if (e == ERR_OK) {
        error[0] = 0;
        if (copy && beside->settled)
            beside->settled(copy, beside->ctx);
    }
    db_close(copy);
    free(part);
    return e;
}

enum err look_alone(const char *path, enum err (*look)(struct db *db, void *data), void *data,
                    atomic_bool *stop, char error[ERROR_SIZE])
{
    struct db *db = NULL;
    enum err e = connection_open(path, CONNECTION_READER, INT64_MAX, &db, error);
    if (e == ERR_OK) {
        if (stop)
            (void)sqlite3_progress_handler(db->sqlite, LOOK_OPS, is_stopped, stop);
        e = look(db, data);
        if (stop && atomic_load(stop))
            e = ERR_CANCELLED;
        if (e != ERR_OK && !error[0])
            say(error, "The database cannot be read: %s", err_text(e));
    }
    db_close(db);
    return e;
}

enum err check(const char *path, char error[ERROR_SIZE])
{
    struct db *db = NULL;
    enum err e = connection_open(path, CONNECTION_READER, INT64_MAX, &db, error);
    if (e == ERR_OK)
        e = run_checks(db, error);
    db_close(db);
    return e;
}
