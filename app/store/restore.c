/* store_restore: a copy of a backup takes the place of a database. What is done in which order is so that after a power cut
 * at any moment either the old one or the new one is there, whole, and the old one is lost at none. */
#include "base/env.h"
#include "store/backup.h"
#include "store/db.h"
#include "store/disk.h"
#include "store/migrate.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES_MAX 100
#define NAME_MAX_BYTES 4096

/* Where things are. */
struct places {
    const char *path;
    char part[NAME_MAX_BYTES], wal[NAME_MAX_BYTES], shm[NAME_MAX_BYTES];
    char kept[NAME_MAX_BYTES], kept_wal[NAME_MAX_BYTES];
};

static enum err fail(char error[ERROR_SIZE], const char *what, const char *path)
{
    say(error, "%s %.120s: %s.", what, path, strerrordesc_np(errno));
    return ERR_IO;
}

static bool is_there(const char *path)
{
    struct stat s;
    return lstat(path, &s) == 0;
}

/* A free name that says when; the same second twice gets a number. */
static bool name_kept(struct places *p, int64_t now_ms)
{
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm tm;
    char time[32];
    (void)gmtime_r(&now_s, &tm);
    (void)strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", &tm);
    for (int i = 1; i <= TRIES_MAX; i++) {
        char number[16] = "";
        if (i > 1)
            (void)snprintf(number, sizeof number, ".%d", i);
        int n = snprintf(p->kept, sizeof p->kept, "%s.before-restore-%s%s", p->path, time, number);
        int m = snprintf(p->kept_wal, sizeof p->kept_wal, "%s-wal", p->kept);
        if (n < 0 || m < 0 || (size_t)m >= sizeof p->kept_wal)
            return false;
        if (!is_there(p->kept) && !is_there(p->kept_wal))
            return true;
    }
    return false;
}

static bool name_all(struct places *p, const char *path, int64_t now_ms)
{
    p->path = path;
    return (size_t)snprintf(p->part, sizeof p->part, "%s.restore", path) < sizeof p->part &&
           (size_t)snprintf(p->wal, sizeof p->wal, "%s-wal", path) < sizeof p->wal &&
           (size_t)snprintf(p->shm, sizeof p->shm, "%s-shm", path) < sizeof p->shm &&
           name_kept(p, now_ms);
}

/* Looks at what is to be restored before anything is touched. out: nobody else can be writing to it */
static enum err judge_source(const char *from, const char *path, bool *out_immutable,
                             char error[ERROR_SIZE])
{
    struct stat s, there;
    if (stat(from, &s) != 0)
        return fail(error, "Cannot read", from);
    if (!S_ISREG(s.st_mode)) {
        say(error, "%.200s is no file.", from);
        return ERR_IO;
    }
    if (stat(path, &there) == 0 && there.st_dev == s.st_dev && there.st_ino == s.st_ino) {
        say(error, "%.200s is the folder's own database.", from);
        return ERR_UNAVAILABLE;
    }
    /* A log beside it has its newest changes: it was copied by hand. */
    char log[NAME_MAX_BYTES];
    bool fits = (size_t)snprintf(log, sizeof log, "%s-wal", from) < sizeof log;
    *out_immutable = !fits || stat(log, &s) != 0 || s.st_size == 0;
    struct db *db = NULL;
    int64_t version = 0;
    enum err e = open_source(from, *out_immutable, &db, error);
    if (e == ERR_OK)
        e = migrate_judge(db, migrations_count, &version, error);
    if (e == ERR_OK && version == 0) {
        say(error, "%.200s is an empty database.", from);
        e = ERR_UNAVAILABLE;
    }
    db_close(db);
    return e;
}

/* SQLite throws the log of a file without pages away, and here it is to be kept. source: sqlite.org/fileformat2.html */
static bool looks_like_one(const char *path)
{
    char head[512];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool does = fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head &&
                memcmp(head, "SQLite format 3", 16) == 0;
    if (fd >= 0)
        (void)close(fd);
    return does;
}

/* Puts the old one's log into it, so that it is one file; what is damaged cannot, and keeps its log.
 * errors: ERR_TIMEOUT another program uses it */
static enum err fold_log(const struct places *p, char error[ERROR_SIZE])
{
    struct db *db = NULL;
    int64_t deadline_ms = env_monotonic_ms(&env_real) + 1000;
    enum err e = connection_open(p->path, CONNECTION_CHECKPOINTER, deadline_ms, &db, error);
    if (e == ERR_OK)
        e = connection_err(db, sqlite3_wal_checkpoint_v2(db->sqlite, NULL,
                                                         SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
    db_close(db);
    char name[64] = "unknown";
    if (e != ERR_TIMEOUT)
        return ERR_OK;
    (void)disk_lock_holder(p->path, name, sizeof name);
    say(error, "Another program uses the database (%s).", name);
    return e;
}

/* The old one gets its second name while it still has the first, then loses its log, which goes with it. */
static enum err keep_old(const struct places *p, char error[ERROR_SIZE])
{
    struct stat s;
    if (link(p->path, p->kept) != 0 && rename(p->path, p->kept) != 0) /* no links on this disk */
        return fail(error, "Cannot keep", p->path);
    if (stat(p->wal, &s) == 0) {
        int code = s.st_size > 0 ? rename(p->wal, p->kept_wal) : unlink(p->wal);
        if (code != 0)
            return fail(error, "Cannot keep", p->wal);
    }
    return ERR_OK;
}

/* Undoes keep_old, or a part of it: the log first, so that the two are nowhere apart for good. */
static void put_back(const struct places *p)
{
    struct stat one, two;
    if (is_there(p->kept_wal))
        (void)rename(p->kept_wal, p->wal);
    if (lstat(p->kept, &one) != 0)
        return;
    if (lstat(p->path, &two) != 0)
        (void)rename(p->kept, p->path);
    else if (one.st_dev == two.st_dev && one.st_ino == two.st_ino)
        (void)unlink(p->kept);
}

/* Up to the moment at which the new one counts. */
static enum err replace(const struct places *p, char error[ERROR_SIZE])
{
    enum err e = is_there(p->path) ? keep_old(p, error) : ERR_OK;
    if (e != ERR_OK)
        return e;
    /* A log that lies beside no database would be taken for the new one's. */
    if ((unlink(p->wal) != 0 && errno != ENOENT) || (unlink(p->shm) != 0 && errno != ENOENT))
        return fail(error, "Cannot remove the log of", p->path);
    if (disk_sync_folder(p->path) != ERR_OK || rename(p->part, p->path) != 0)
        return fail(error, "Cannot replace", p->path);
    return ERR_OK;
}

static enum err swap(const struct places *p, char error[ERROR_SIZE])
{
    enum err e = replace(p, error);
    if (e != ERR_OK) {
        put_back(p);
    } else if (disk_sync_folder(p->path) != ERR_OK) {
        say(error, "%.120s is in place, but its folder cannot be written to disk.", p->path);
        e = ERR_IO;
    }
    return e;
}

static enum err restore(const struct restore *r, struct places *p, char error[ERROR_SIZE])
{
    bool immutable = false;
    struct db *copy = NULL;
    struct copying c = {.settle = r->settle,
                        .beside = r->beside ? r->beside->bytes : 0,
                        .told = r->told,
                        .ctx = r->ctx};
    enum err e = judge_source(r->from, r->path, &immutable, error);
    if (e == ERR_OK)
        e = copy_database(r->from, immutable, p->part, &c, error);
    if (e == ERR_OK && r->beside)
        e = bring_beside(p->part, r->beside, &c, &copy, error);
    db_close(copy);
    if (e == ERR_OK && looks_like_one(r->path))
        e = fold_log(p, error);
    if (e == ERR_OK)
        e = swap(p, error);
    if (e != ERR_OK)
        (void)unlink(p->part);
    return e;
}

enum err store_restore(const struct restore *r, char **out_kept, char error[256])
{
    int lock_fd = -1;
    bool had = false;
    say(error, "The server is out of memory.");
    struct places *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    enum err e = disk_lock(r->path, &lock_fd, error);
    if (e == ERR_OK && !name_all(p, r->path, r->now_ms)) {
        say(error, "The path %.200s is too long.", r->path);
        e = ERR_LIMIT;
    }
    if (e == ERR_OK) {
        had = is_there(r->path);
        e = restore(r, p, error);
    }
    if (e == ERR_OK) {
        error[0] = 0;
        *out_kept = had ? text_dup(text_of(p->kept)) : NULL;
    }
    disk_unlock(lock_fd);
    free(p);
    return e;
}
