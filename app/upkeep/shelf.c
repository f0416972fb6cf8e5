#include "upkeep/shelf.h"

#include "store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)256 << 10)
#define SYNC_BYTES ((int64_t)8 << 20) /* synced at once, a large file keeps others waiting */

static enum err fail(char error[256], const char *what, const char *path)
{
    bool full = disk_refuses(errno);
    (void)snprintf(error, 256, "%s %.150s: %s.", what, path, strerrordesc_np(errno));
    return full ? ERR_UNAVAILABLE : errno == ENOMEM ? ERR_NOMEM : ERR_IO;
}

static int letter(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Which subfolder; -1: the name is none. */
static int bucket_of(const char *name)
{
    int high = letter(name[0]);
    int low = high < 0 ? -1 : letter(name[1]);
    return low < 0 ? -1 : high << 4 | low;
}

enum err shelf_find(const struct shelf *s, const char *name, char out[SHELF_PATH_SIZE])
{
    int n = snprintf(out, SHELF_PATH_SIZE, "%s/%.2s/%s", s->path, name, name);
    bool fits = n > 0 && n < SHELF_PATH_SIZE - (int)sizeof ".part";
    return fits && bucket_of(name) >= 0 ? ERR_OK : ERR_LIMIT;
}

static bool is_file_of(const char *path, int64_t size)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == size;
}

bool shelf_has(const struct shelf *s, const char *name, int64_t size)
{
    char path[SHELF_PATH_SIZE];
    return shelf_find(s, name, path) == ERR_OK && is_file_of(path, size);
}

/* ---- folders */

static enum err make_folder(struct shelf *s, char error[256])
{
    if (mkdir(s->path, 0700) == 0)
        s->made = true;
    else if (errno != EEXIST)
        return fail(error, "Cannot make the folder", s->path);
    return ERR_OK;
}

/* The subfolder of a name. */
static enum err make_folders(struct shelf *s, const char *name, char error[256])
{
    char path[SHELF_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%.2s", s->path, name);
    s->changed[bucket_of(name)] = true;
    for (int tries = 0; mkdir(path, 0700) != 0; tries++) {
        if (errno == EEXIST)
            return ERR_OK;
        enum err e = errno == ENOENT && tries == 0 ? make_folder(s, error)
                                                   : fail(error, "Cannot make the folder", path);
        if (e != ERR_OK)
            return e;
    }
    s->settled = false;
    return ERR_OK;
}

enum err shelf_part(struct shelf *s, char out[SHELF_PATH_SIZE], char error[256])
{
    int n = snprintf(out, SHELF_PATH_SIZE, "%s/%s", s->path, SHELF_PART);
    return n > 0 && n < SHELF_PATH_SIZE ? make_folder(s, error) : ERR_LIMIT;
}

static enum err sync_folder(const char *path, char error[256])
{
    return disk_sync_names(path) == ERR_OK ? ERR_OK
                                           : fail(error, "Cannot write to disk the folder", path);
}

enum err shelf_sync(struct shelf *s, char error[256])
{
    char path[SHELF_PATH_SIZE];
    enum err e = ERR_OK;
    bool any = false;
    for (int i = 0; i < 256 && e == ERR_OK; i++) {
        if (!s->changed[i])
            continue;
        (void)snprintf(path, sizeof path, "%s/%02x", s->path, i);
        e = sync_folder(path, error);
        s->changed[i] = e != ERR_OK;
        any = true;
    }
    if (e == ERR_OK && any &&
        !s->settled) { /* the first time: who made them may not have come so far */
        e = sync_folder(s->path, error);
        s->settled = e == ERR_OK;
    }
    if (e == ERR_OK && s->made) {
        if (disk_sync_folder(s->path) != ERR_OK)
            e = fail(error, "Cannot write to disk the folder of", s->path);
        s->made = e != ERR_OK;
    }
    return e;
}

/* ---- copying */

/* errno as write left it; a disk that takes nothing is full. */
static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

struct copy {
    int from, to;
    const char *path;
    int64_t size_max;
    bool hashes;
    const struct shelf_flow *flow;
    char *piece;
    crypto_hash_sha256_state hash;
};

static enum err copy_pieces(struct copy *c, struct shelf_copied *out, char error[256])
{
    int64_t synced = 0;
    for (;;) {
        ssize_t n = read(c->from, c->piece, PIECE_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            (void)fail(error, "Cannot read what is to become", c->path);
            return ERR_DAMAGED;
        }
        if (n == 0)
            return ERR_OK;
        if (out->size + n > c->size_max)
            return ERR_LIMIT;
        if (c->hashes)
            (void)crypto_hash_sha256_update(&c->hash, (const unsigned char *)c->piece, (size_t)n);
        if (c->flow && c->flow->saw)
            c->flow->saw(c->flow->ctx, c->piece, (size_t)n);
        if (!write_all(c->to, c->piece, (size_t)n))
            return fail(error, "Cannot write", c->path);
        out->size += n;
        if (out->size - synced >= SYNC_BYTES) {
            synced = out->size;
            if (fdatasync(c->to) !=
                0) /* what it has told, the one at the end does not tell again */
                return fail(error, "Cannot write", c->path);
        }
        enum err e = c->flow ? c->flow->came(c->flow->ctx, n, true) : ERR_OK;
        if (e != ERR_OK)
            return e;
    }
}

enum err shelf_copy(int fd, const char *path, int64_t size_max, const struct shelf_flow *flow,
                    struct shelf_copied *out, char error[256])
{
    struct copy c = {.from = fd,
                     .to = -1,
                     .path = path,
                     .size_max = size_max,
                     .hashes = out->hashes,
                     .flow = flow};
    unsigned char digest[crypto_hash_sha256_BYTES];
    enum err e = ERR_OK;
    *out = (struct shelf_copied){.hashes = c.hashes};
    (void)crypto_hash_sha256_init(&c.hash);
    c.piece = malloc(PIECE_BYTES);
    if (!c.piece)
        return ERR_NOMEM;
    /* What lies there may be a link to what somebody needs: it goes, and is not written to. */
    if (unlink(path) == 0 || errno == ENOENT)
        c.to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (c.to < 0)
        e = fail(error, "Cannot write", path);
    if (e == ERR_OK)
        e = copy_pieces(&c, out, error);
    if (e == ERR_OK && fsync(c.to) != 0)
        e = fail(error, "Cannot write", path);
    if (c.to >= 0 && close(c.to) != 0 && e == ERR_OK)
        e = fail(error, "Cannot write", path);
    if (e != ERR_OK && c.to >= 0)
        (void)unlink(path);
    (void)crypto_hash_sha256_final(&c.hash, digest);
    if (c.hashes)
        (void)sodium_bin2hex(out->sha256, sizeof out->sha256, digest, sizeof digest);
    free(c.piece);
    return e;
}

static enum err rename_to(const char *part, const char *path, char error[256])
{
    if (rename(part, path) == 0)
        return ERR_OK;
    enum err e = fail(error, "Cannot write", path);
    (void)unlink(part);
    return e;
}

enum err shelf_move(struct shelf *s, const char *from, const char *name, char error[256])
{
    char path[SHELF_PATH_SIZE];
    enum err e = shelf_find(s, name, path);
    if (e == ERR_OK)
        e = make_folders(s, name, error);
    return e == ERR_OK ? rename_to(from, path, error) : e;
}

/* By way of a name with ".part". */
static enum err copy_to(int fd, const char *path, const struct shelf_wish *wish,
                        const struct shelf_flow *flow, enum shelf_got *out, char error[256])
{
    char part[SHELF_PATH_SIZE + sizeof ".part"];
    struct shelf_copied copied = {.hashes = wish->sha256 != NULL};
    (void)snprintf(part, sizeof part, "%s.part", path);
    enum err e = shelf_copy(fd, part, wish->size, flow, &copied, error);
    bool other = e == ERR_LIMIT || e == ERR_DAMAGED; /* it became longer */
    if (e == ERR_OK)
        other =
            copied.size != wish->size || (wish->sha256 && strcmp(wish->sha256, copied.sha256) != 0);
    if (other) {
        (void)unlink(part);
        error[0] = 0;
        *out = SHELF_OTHER;
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = rename_to(part, path, error);
    if (e == ERR_OK)
        *out = SHELF_CAME;
    return e;
}

/* ---- one of them */

/* False: this disk makes no link, or not of that: it is copied. */
static bool link_to(const struct shelf_wish *wish, const char *path)
{
    return wish->link && link(wish->from, path) == 0;
}

enum err shelf_bring(struct shelf *s, const struct shelf_wish *wish, const struct shelf_flow *flow,
                     enum shelf_got *out, char error[256])
{
    char path[SHELF_PATH_SIZE];
    struct stat st;
    enum err e = shelf_find(s, wish->name, path);
    if (e != ERR_OK)
        return e;
    if (is_file_of(path, wish->size)) {
        *out = SHELF_HAD;
        return flow ? flow->came(flow->ctx, wish->size, false) : ERR_OK;
    }
    int fd = open(wish->from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool there = fd >= 0 && fstat(fd, &st) == 0;
    if (!there || !S_ISREG(st.st_mode) || st.st_size != wish->size) {
        bool gone = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
        e = there || gone || errno == ELOOP ? ERR_OK : fail(error, "Cannot read", wish->from);
        *out = gone ? SHELF_MISSING : SHELF_OTHER;
    } else {
        e = make_folders(s, wish->name, error);
        if (e == ERR_OK && unlink(path) != 0 && errno != ENOENT) /* of another size */
            e = fail(error, "Cannot replace", path);
        if (e == ERR_OK && link_to(wish, path)) {
            *out = SHELF_CAME;
            e = flow ? flow->came(flow->ctx, wish->size, false) : ERR_OK;
        } else if (e == ERR_OK) {
            e = copy_to(fd, path, wish, flow, out, error);
        }
    }
    if (fd >= 0)
        (void)close(fd);
    return e;
}

/* ---- all of them */

struct walk {
    bool (*each)(void *ctx, const char *name, const char *where, int64_t size);
    void *ctx;
    char *error;
    bool ended;
};

/* One folder. `below` is its name with a slash, or "": that one may be a link to another disk. */
static enum err walk_folder(struct walk *w, int parent, const char *folder, const char *below)
{
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (*below ? O_NOFOLLOW : 0);
    int fd = openat(parent, folder, flags);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    enum err e = ERR_OK;
    if (!dir) {
        e = errno == ENOENT ? ERR_OK : fail(w->error, "Cannot read the folder", folder);
        if (fd >= 0)
            (void)close(fd);
        return e;
    }
    const struct dirent *entry;
    errno = 0;
    while (!w->ended && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): its own */
        const char *name = entry->d_name;
        char where[NAME_MAX + 8];
        struct stat st;
        bool shown = fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0;
        (void)snprintf(where, sizeof where, "%s%s", below, name);
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !shown)
            ; /* it is not there any more */
        else if (!*below && S_ISDIR(st.st_mode) && strlen(name) == 2 && bucket_of(name) >= 0) {
            char inside[8];
            (void)snprintf(inside, sizeof inside, "%.2s/", name);
            e = walk_folder(w, dirfd(dir), name, inside);
        } else
            w->ended = !w->each(w->ctx, name, where, S_ISREG(st.st_mode) ? st.st_size : -1);
        if (e != ERR_OK)
            break;
        errno = 0;
    }
    if (e == ERR_OK && !w->ended && errno != 0)
        e = fail(w->error, "Cannot read the folder", folder);
    (void)closedir(dir);
    return e;
}

enum err shelf_walk(const struct shelf *s,
                    bool (*each)(void *ctx, const char *name, const char *where, int64_t size),
                    void *ctx, char error[256])
{
    struct walk w = {.each = each, .ctx = ctx, .error = error};
    return walk_folder(&w, AT_FDCWD, s->path, "");
}

void shelf_remove(const struct shelf *s, const char *where)
{
    char path[SHELF_PATH_SIZE];
    int n = snprintf(path, sizeof path, "%s/%s", s->path, where);
    if (n < 0 || n >= (int)sizeof path || unlink(path) != 0)
        return;
    char *slash = strrchr(path, '/');
    *slash = 0;
    if (rmdir(path) == 0 && strchr(where, '/'))
        (void)rmdir(s->path);
}
