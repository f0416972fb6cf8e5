#include "files/blob.h"
#include "store/db.h"
#include "upkeep/check.h"
#include "upkeep/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 256 /* files a question: no log grows while their bytes are read */
#define PIECE_BYTES ((size_t)256 << 10)
#define MIB ((int64_t)1 << 20)

static const char bytes_back[] =
    "Copy them from the same place in FILE.files of a backup into the data folder; until then who "
    "asks for the file is told that it is not there.";
static const char bytes_loose[] =
    "A database that a restore kept (snug.db.before-restore-...) may name it, and an import that "
    "was ended may go on with it. Else nobody needs it: remove it by hand.";

struct look {
    struct store *store;
    struct db *db;
    struct findings *f;
    struct shelf shelf;
    char *piece; /* of what is read */
    enum err err;
};

struct row {
    int64_t id, size;
    char blob[BLOB_NAME_SIZE], sha256[SHELF_HASH_SIZE], name[256];
};

/* ---- of each file */

/* Whether it is a file here still: somebody may have deleted it in between. */
static bool is_named(struct look *l, const char *blob, enum query_id which)
{
    struct query *q = db_query(l->db, which);
    query_text(q, 1, text_of(blob));
    bool named = query_row(q) && col_int(q, 0);
    enum err e = query_end(q);
    l->err = l->err != ERR_OK ? l->err : e;
    return named;
}

static void tell_bytes(struct look *l, const struct row *r, const char *what)
{
    char sentence[512];
    if (!is_named(l, r->blob, QUERY_UPKEEP_FILE_OF_BLOB))
        return;
    (void)snprintf(sentence, sizeof sentence, "The bytes of file %lld (%s), files/%.2s/%s, %s.",
                   (long long)r->id, r->name, r->blob, r->blob, what);
    finding_add(l->f, text_of(sentence), bytes_back);
}

/* True if they are those that were sent. errno of a read that failed */
static bool read_bytes(struct look *l, int fd, const struct row *r)
{
    crypto_hash_sha256_state hash;
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[SHELF_HASH_SIZE];
    int64_t done = 0, told = 0;
    ssize_t n = 1;
    (void)crypto_hash_sha256_init(&hash);
    while (n > 0 && l->err == ERR_OK) {
        n = read(fd, l->piece, PIECE_BYTES);
        if (n > 0)
            (void)crypto_hash_sha256_update(&hash, (const unsigned char *)l->piece, (size_t)n);
        done += n > 0 ? n : 0;
        if (done / MIB > told)
            atomic_fetch_add(&l->f->done, done / MIB - told);
        told = done / MIB;
        if (store_copy_stopped(l->store))
            l->err = ERR_CANCELLED;
    }
    (void)crypto_hash_sha256_final(&hash, digest);
    (void)sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    return n == 0 && strcmp(hex, r->sha256) == 0;
}

static void look_at_row(struct look *l, const struct row *r)
{
    char path[SHELF_PATH_SIZE], words[128];
    struct stat st;
    if (!blob_is_name(r->blob)) {
        tell_bytes(l, r, "have no name that leads to them");
        return;
    }
    if (shelf_find(&l->shelf, r->blob, path) != ERR_OK)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        tell_bytes(l, r, "are not there");
    } else if (fd < 0 || fstat(fd, &st) != 0) {
        (void)snprintf(words, sizeof words, "cannot be read: %s", strerrordesc_np(errno));
        tell_bytes(l, r, words);
    } else if (!S_ISREG(st.st_mode) || st.st_size != r->size) {
        (void)snprintf(words, sizeof words, "are %lld, and should be %lld", (long long)st.st_size,
                       (long long)r->size);
        tell_bytes(l, r, words);
    } else if (l->f->read_files && !read_bytes(l, fd, r) && l->err == ERR_OK) {
        tell_bytes(l, r, "are not those that were sent");
    }
    if (fd >= 0)
        (void)close(fd);
}

static size_t read_rows(struct look *l, int64_t after, struct row *rows)
{
    size_t count = 0;
    struct query *q = db_query(l->db, QUERY_UPKEEP_CHECK_FILE_ROWS);
    query_int(q, 1, after);
    query_int(q, 2, PAGE);
    for (; query_row(q); count++) {
        struct row *r = &rows[count];
        *r = (struct row){.id = col_int(q, 0), .size = col_int(q, 2)};
        text_copy(r->blob, sizeof r->blob, col_text(q, 1));
        text_copy(r->name, sizeof r->name, col_text(q, 3));
        text_copy(r->sha256, sizeof r->sha256, col_text(q, 4));
    }
    l->err = query_end(q);
    return l->err == ERR_OK ? count : 0;
}

static void look_at_rows(struct look *l, struct row *rows)
{
    int64_t after = 0;
    size_t count = PAGE;
    while (count == PAGE && l->err == ERR_OK) {
        count = read_rows(l, after, rows);
        for (size_t i = 0; i < count && l->err == ERR_OK; i++) {
            after = rows[i].id;
            look_at_row(l, &rows[i]);
            if (l->f->read_files)
                atomic_fetch_add(&l->f->done, 1);
            if (store_copy_stopped(l->store))
                l->err = ERR_CANCELLED;
        }
    }
}

/* ---- of each thing in the folder */

static bool look_at_thing(void *ctx, const char *name, const char *where, int64_t size)
{
    struct look *l = ctx;
    char blob[BLOB_NAME_SIZE], path[SHELF_PATH_SIZE], sentence[512], amount[40] = "no file";
    struct stat st;
    bool part, ours = blob_of_entry(name, blob, &part) && strncmp(where, blob, 2) == 0;
    if (ours && is_named(l, blob, QUERY_UPKEEP_CHECK_BLOB))
        return l->err == ERR_OK;
    /* Its row, and then it, may have gone since the folder was read. */
    int n = snprintf(path, sizeof path, "%s/%s", l->shelf.path, where);
    if (n < 0 || n >= (int)sizeof path || lstat(path, &st) != 0)
        return l->err == ERR_OK;
    if (size >= 0)
        (void)snprintf(amount, sizeof amount, "%lld bytes", (long long)size);
    (void)snprintf(sentence, sizeof sentence, "files/%s (%s) belongs to nothing.", where, amount);
    finding_add(l->f, text_of(sentence), bytes_loose);
    if (store_copy_stopped(l->store))
        l->err = ERR_CANCELLED;
    return l->err == ERR_OK;
}

/* ---- */

enum err check_bytes(struct store *s, struct db *db, struct findings *f)
{
    struct look l = {.store = s, .db = db, .f = f, .shelf = {.path = f->files}};
    char error[256] = "";
    if (!f->files)
        return ERR_OK;
    l.piece = malloc(PIECE_BYTES);
    struct row *rows = malloc(PAGE * sizeof *rows);
    if (!l.piece || !rows)
        l.err = ERR_NOMEM;
    if (l.err == ERR_OK && f->read_files) {
        int64_t more = 0;
        l.err = query_number(db_query(db, QUERY_UPKEEP_CHECK_FILE_READING), &more);
        atomic_fetch_add(&f->total, more);
    }
    if (l.err == ERR_OK)
        look_at_rows(&l, rows);
    if (l.err == ERR_OK) {
        enum err e = shelf_walk(&l.shelf, look_at_thing, &l, error);
        if (e != ERR_OK && l.err == ERR_OK)
            finding_add(f, text_of(error), bytes_back);
    }
    free(rows);
    free(l.piece);
    return l.err;
}
