/* placed_files: files of a place put there by hand: file n has its row, of user 1 and message m (0: not sent), and its bytes in the data
 * folder. Its name on disk, and what is in it, follow from n. */
#ifndef SNUG_TESTS_PLACED_FILES_H
#define SNUG_TESTS_PLACED_FILES_H

#include "files/blob.h"
#include "test_store.h"

#include <sodium.h>
#include <sys/stat.h>

#define PLACED_SIZE 100000 /* bytes of each, and n more */

static inline void placed_blob(int n, char out[BLOB_NAME_SIZE])
{
    (void)snprintf(out, BLOB_NAME_SIZE, "%02x%030d", n % 256, n);
}

/* The bytes of file n. */
static inline char *placed_bytes(int n, size_t *out_len)
{
    *out_len = (size_t)PLACED_SIZE + (size_t)n;
    char *bytes = calloc(1, *out_len);
    must(bytes);
    for (size_t i = 0; i < *out_len; i++)
        bytes[i] = (char)(i * 7 + (size_t)n * 13 + i / 251);
    return bytes;
}

static inline void placed_sha256(int n, char out[65])
{
    size_t len;
    unsigned char digest[32];
    char *bytes = placed_bytes(n, &len);
    (void)crypto_hash_sha256(digest, (const unsigned char *)bytes, len);
    (void)sodium_bin2hex(out, 65, digest, sizeof digest);
    free(bytes);
}

/* Where file n is below a folder; its subfolder is made. */
static inline const char *placed_path(const char *folder, int n, char out[BLOB_PATH_SIZE])
{
    char blob[BLOB_NAME_SIZE];
    placed_blob(n, blob);
    (void)mkdir(folder, 0700);
    (void)snprintf(out, BLOB_PATH_SIZE, "%s/%.2s", folder, blob);
    (void)mkdir(out, 0700);
    must(blob_path(folder, blob, false, out) == ERR_OK);
    return out;
}

static inline void placed_write(const char *path, const char *bytes, size_t len)
{
    FILE *f = fopen(path, "we");
    must(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

static inline void placed_put_bytes(const char *folder, int n)
{
    char path[BLOB_PATH_SIZE];
    size_t len;
    char *bytes = placed_bytes(n, &len);
    placed_write(placed_path(folder, n, path), bytes, len);
    free(bytes);
}

/* Its row alone, in the database at `path`. */
static inline void placed_put_row(const char *path, int n, int message)
{
    char sql[512], blob[BLOB_NAME_SIZE], hash[65], id[16] = "NULL";
    placed_blob(n, blob);
    placed_sha256(n, hash);
    if (message)
        (void)snprintf(id, sizeof id, "%d", message);
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO file (id, author_id, key, blob, name, size, type, sha256, created_ms,"
        " room_id, message_id) VALUES (%d, 1, 'k%d', '%s', 'file %d.log', %d, "
        "'text/plain', '%s', 1, %d, %s)",
        n, n, blob, n, PLACED_SIZE + n, hash, message ? 1 : 0, id);
    test_change(path, sql);
}

/* True if exactly its bytes are there. */
static inline bool placed_is_whole(const char *folder, int n)
{
    char path[BLOB_PATH_SIZE];
    char blob[BLOB_NAME_SIZE];
    size_t len;
    placed_blob(n, blob);
    must(blob_path(folder, blob, false, path) == ERR_OK);
    char *bytes = placed_bytes(n, &len);
    char *there = malloc(len + 1);
    FILE *f = fopen(path, "re");
    must(there);
    bool whole = f && fread(there, 1, len + 1, f) == len && memcmp(there, bytes, len) == 0;
    if (f)
        (void)fclose(f);
    free(there);
    free(bytes);
    return whole;
}

static inline bool placed_is_there(const char *folder, int n)
{
    char path[BLOB_PATH_SIZE], blob[BLOB_NAME_SIZE];
    struct stat st;
    placed_blob(n, blob);
    must(blob_path(folder, blob, false, path) == ERR_OK);
    return lstat(path, &st) == 0;
}

/* The inode, which links have in common. */
static inline ino_t placed_inode(const char *folder, int n)
{
    char path[BLOB_PATH_SIZE], blob[BLOB_NAME_SIZE];
    struct stat st;
    placed_blob(n, blob);
    must(blob_path(folder, blob, false, path) == ERR_OK && lstat(path, &st) == 0);
    return st.st_ino;
}

/* How many things lie in it, at any depth, folders apart. */
static inline int placed_count_into(const char *path, const struct stat *s, int type,
                                    struct FTW *f);
static int placed_counted;

static inline int placed_count_into(const char *path, const struct stat *s, int type, struct FTW *f)
{
    (void)path;
    (void)s;
    (void)f;
    placed_counted += type == FTW_F || type == FTW_SL;
    return 0;
}

static inline int placed_count(const char *folder)
{
    placed_counted = 0;
    (void)nftw(folder, placed_count_into, 8, FTW_PHYS); /* NOLINT(concurrency-mt-unsafe) */
    return placed_counted;
}

#endif
