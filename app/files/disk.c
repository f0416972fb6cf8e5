/* disk: the bytes of one file on disk: <blob>.part while they come, <blob> when they are whole. */
#include "store/disk.h"
#include "files/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err why(void)
{
    return disk_refuses(errno) ? ERR_UNAVAILABLE
           : errno == ENOENT   ? ERR_NOT_FOUND
           : errno == ENOMEM   ? ERR_NOMEM
                               : ERR_IO;
}

static enum err open_named(struct files *f, const char *blob, bool part, int flags, int *out_fd)
{
    char path[BLOB_PATH_SIZE];
    enum err e = blob_path(f->folder, blob, part, path);
    if (e != ERR_OK)
        return e;
    *out_fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *out_fd >= 0 ? ERR_OK : why();
}

static enum err length_named(struct files *f, const char *blob, bool part, int64_t *out)
{
    char path[BLOB_PATH_SIZE];
    struct stat st;
    enum err e = blob_path(f->folder, blob, part, path);
    if (e != ERR_OK)
        return e;
    if (stat(path, &st) != 0)
        return why();
    *out = st.st_size;
    return ERR_OK;
}

enum err disk_length(struct files *f, const char *blob, int64_t *out_bytes, bool *out_named)
{
    *out_bytes = 0;
    *out_named = false;
    enum err e = length_named(f, blob, true, out_bytes);
    if (e != ERR_NOT_FOUND)
        return e;
    e = length_named(f, blob, false, out_bytes);
    *out_named = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- bytes come */

/* Of the first two letters. */
static enum err folder_path(struct files *f, const char *blob, char out[BLOB_PATH_SIZE])
{
    int n = snprintf(out, BLOB_PATH_SIZE, "%s/%.2s", f->folder, blob);
    return n > 0 && n < BLOB_PATH_SIZE ? ERR_OK : ERR_LIMIT;
}

/* It is in its own folder for good, and that one, too. */
static enum err make_folder(struct files *f, const char *blob)
{
    char path[BLOB_PATH_SIZE];
    enum err e = folder_path(f, blob, path);
    if (e != ERR_OK)
        return e;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return why();
    e = disk_sync_names(f->folder);
    return e == ERR_OK ? disk_sync_folder(f->folder) : e;
}

static enum err open_part(struct files *f, const char *blob, int *out_fd)
{
    enum err e = open_named(f, blob, true, O_WRONLY | O_CREAT, out_fd);
    if (e != ERR_NOT_FOUND)
        return e;
    e = make_folder(f, blob);
    return e == ERR_OK ? open_named(f, blob, true, O_WRONLY | O_CREAT, out_fd) : e;
}

static enum err put_all(int fd, int64_t offset, struct text bytes)
{
    while (bytes.len > 0) {
        ssize_t n = pwrite(fd, bytes.data, bytes.len, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? why() : ERR_IO;
        bytes = text_after(bytes, (size_t)n);
        offset += n;
    }
    return ERR_OK;
}

static bool has_room(const struct files *f, struct text bytes)
{
    int64_t free_bytes = f->free_min_bytes > 0 ? disk_free_bytes(f->folder) : -1;
    return free_bytes < 0 || free_bytes - (int64_t)bytes.len >= f->free_min_bytes;
}

enum err disk_put(struct files *f, const char *blob, int64_t offset, struct text bytes)
{
    int fd;
    if (bytes.len > 0 && !has_room(f, bytes))
        return ERR_UNAVAILABLE;
    enum err e = open_part(f, blob, &fd);
    if (e != ERR_OK)
        return e;
    e = put_all(fd, offset, bytes);
    if (close(fd) != 0 && e == ERR_OK)
        e = why();
    return e;
}

/* ---- all of it is there */

struct look {
    crypto_hash_sha256_state hash;
    struct plain plain;
    char *room;       /* 2 * KIND_BYTES: the first half keeps what tells of the kind */
    size_t begin_len; /* of that */
    int64_t read;
};

/* All bytes once, in pieces. */
static enum err look_at(int fd, struct look *look)
{
    crypto_hash_sha256_init(&look->hash);
    for (;;) {
        bool begins = look->begin_len < KIND_BYTES;
        char *to = look->room + (begins ? look->begin_len : KIND_BYTES);
        ssize_t n = pread(fd, to, KIND_BYTES - (begins ? look->begin_len : 0), look->read);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? ERR_OK : why();
        crypto_hash_sha256_update(&look->hash, (const unsigned char *)to, (unsigned long long)n);
        plain_feed(&look->plain, (struct text){to, (size_t)n});
        look->begin_len += begins ? (size_t)n : 0;
        look->read += n;
    }
}

static enum err look_through(int fd, struct file *file)
{
    struct look look = {.room = malloc(2 * KIND_BYTES)};
    unsigned char digest[crypto_hash_sha256_BYTES];
    if (!look.room)
        return ERR_NOMEM;
    enum err e = look_at(fd, &look);
    if (e == ERR_OK && look.read != file->size)
        e = ERR_IO; /* it has been cut behind our back */
    if (e == ERR_OK) {
        struct kind k = kind_of((struct text){look.room, look.begin_len}, plain_is(&look.plain));
        text_copy(file->type, sizeof file->type, text_of(k.type));
        file->width = k.width;
        file->height = k.height;
        crypto_hash_sha256_final(&look.hash, digest);
        (void)sodium_bin2hex(file->sha256, sizeof file->sha256, digest, sizeof digest);
    }
    free(look.room);
    return e;
}

/* What a failed sync had to write may be lost although it can still be read: it is not believed, all of it comes again. */
static enum err sync_or_cut(int fd)
{
    if (fsync(fd) == 0)
        return ERR_OK;
    enum err e = why();
    (void)!ftruncate(fd, 0);
    return e;
}

static enum err give_name(struct files *f, const char *blob)
{
    char part[BLOB_PATH_SIZE], path[BLOB_PATH_SIZE];
    enum err e = blob_path(f->folder, blob, true, part);
    if (e == ERR_OK)
        e = blob_path(f->folder, blob, false, path);
    if (e == ERR_OK && rename(part, path) != 0)
        e = why();
    return e == ERR_OK ? disk_sync_folder(path) : e;
}

enum err disk_finish(struct files *f, struct file *file)
{
    int64_t bytes;
    bool named;
    int fd;
    enum err e = disk_length(f, file->blob, &bytes, &named);
    if (e == ERR_OK && file->size == 0 && bytes == 0 && !named)
        e = disk_put(f, file->blob, 0, TEXT_NONE); /* nobody made it */
    if (e == ERR_OK)
        e = open_named(f, file->blob, !named, O_RDWR, &fd);
    if (e != ERR_OK)
        return e;
    e = look_through(fd, file);
    if (e == ERR_OK)
        e = sync_or_cut(fd);
    (void)close(fd);
    if (e == ERR_OK)
        e = named ? ERR_OK : give_name(f, file->blob);
    if (e != ERR_OK)
        file->sha256[0] = 0;
    return e;
}

enum err disk_open(struct files *f, const char *blob, int *out_fd)
{
    return open_named(f, blob, false, O_RDONLY, out_fd);
}

/* ---- it goes */

static enum err delete_named(struct files *f, const char *blob, bool part)
{
    char path[BLOB_PATH_SIZE];
    enum err e = blob_path(f->folder, blob, part, path);
    return e == ERR_OK && unlink(path) != 0 && errno != ENOENT ? ERR_IO : e;
}

enum err disk_delete(struct files *f, const char *blob)
{
    enum err e = delete_named(f, blob, true);
    return e == ERR_OK ? delete_named(f, blob, false) : e;
}

enum err disk_deleted(struct files *f, const char *blob)
{
    char path[BLOB_PATH_SIZE];
    enum err e = folder_path(f, blob, path);
    if (e != ERR_OK || (access(path, F_OK) != 0 && errno == ENOENT))
        return e; /* nothing was ever written there */
    return disk_sync_names(path);
}
