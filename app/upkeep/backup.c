/* The bytes beside a copy of the database: to a backup, and from one. */
#include "base/must.h"
#include "files/blob.h"
#include "store/db.h"
#include "upkeep/shelf.h"
#include "upkeep/upkeep.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE 256                           /* files a question */
#define ABSENT_BYTES_MAX ((size_t)1 << 20) /* of names: some 30,000 */

/* FILE.files. */
static enum err folder_of(const char *path, char out[SHELF_PATH_SIZE], char error[256])
{
    int n = snprintf(out, SHELF_PATH_SIZE, "%s.files", path);
    if (n > 0 && n < SHELF_PATH_SIZE)
        return ERR_OK;
    (void)snprintf(error, 256, "The path %.200s is too long.", path);
    return ERR_LIMIT;
}

/* ---- both ways */

struct bringing {
    struct shelf from, to;
    char from_path[SHELF_PATH_SIZE], to_path[SHELF_PATH_SIZE];
    struct copying *copying;
    int64_t files, bytes, came; /* that are there; how many of them were brought now */
    void (*absent)(struct bringing *b,
                   struct query *q); /* the row of a file whose bytes are not there */
    struct store *store;             /* of the backup */
    struct buf absent_list;          /* names, one behind the other */
    int64_t absent_count;
    struct backed_up *backed_up;
    struct restored *restored;
};

static enum err came(void *ctx, int64_t bytes, bool copied)
{
    struct bringing *b = ctx;
    return copying_came(b->copying, bytes, copied);
}

static enum err bring_one(struct bringing *b, struct query *q, char error[256])
{
    char blob[BLOB_NAME_SIZE], from[SHELF_PATH_SIZE];
    int64_t size = col_int(q, 2);
    enum shelf_got got = SHELF_OTHER;
    enum err e = ERR_OK;
    text_copy(blob, sizeof blob, col_text(q, 1));
    const struct shelf_wish wish = {.from = from, .name = blob, .size = size, .link = true};
    const struct shelf_flow flow = {.came = came, .ctx = b};
    if (blob_is_name(blob)) {
        e = shelf_find(&b->from, blob, from);
        if (e == ERR_OK)
            e = shelf_bring(&b->to, &wish, &flow, &got, error);
    }
    if (e == ERR_OK && (got == SHELF_HAD || got == SHELF_CAME)) {
        b->files++;
        b->bytes += size;
        b->came += got == SHELF_CAME;
    } else if (e == ERR_OK) {
        b->absent(b, q);
        e = copying_came(b->copying, size, false);
    }
    return e;
}

/* One page after the row *last, which is moved on. */
static enum err bring_page(struct bringing *b, struct db *copy, int64_t *last, bool *out_more,
                           char error[256])
{
    int rows = 0;
    enum err e = ERR_OK;
    struct query *q = db_query(copy, QUERY_UPKEEP_FILES_NAMED);
    query_int(q, 1, *last);
    query_int(q, 2, PAGE);
    for (; e == ERR_OK && query_row(q); rows++) {
        *last = col_int(q, 0);
        e = bring_one(b, q, error);
    }
    enum err ended = query_end(q);
    *out_more = rows == PAGE;
    return e != ERR_OK ? e : ended;
}

static enum err bring_all(struct bringing *b, struct db *copy, struct copying *c, char error[256])
{
    int64_t known = 0, bytes = 0, last = 0;
    bool more = true;
    b->copying = c;
    enum err e = query_number(db_query(copy, QUERY_UPKEEP_FILES_KNOWN), &known);
    if (e != ERR_OK || !known)
        return e;
    e = query_number(db_query(copy, QUERY_UPKEEP_FILES_SIZE), &bytes);
    if (e == ERR_OK)
        copying_expect(c, bytes);
    while (e == ERR_OK && more)
        e = bring_page(b, copy, &last, &more, error);
    return e == ERR_OK ? shelf_sync(&b->to, error) : e;
}

static struct bringing *bringing_new(void)
{
    struct bringing *b = calloc(1, sizeof *b);
    if (b)
        buf_init(&b->absent_list, ABSENT_BYTES_MAX);
    return b;
}

static void bringing_free(struct bringing *b)
{
    buf_fini(&b->absent_list);
    free(b);
}

/* ---- a backup */

static void keep_absent(struct bringing *b, struct query *q)
{
    b->absent_count++;
    if (b->absent_list.len < ABSENT_BYTES_MAX / 2) /* more are told of as lost without a look */
        buf_add_text(&b->absent_list, col_text(q, 1));
}

/* Those that the place still names are lost; the others somebody has deleted. */
static enum err count_lost(struct db *db, void *data)
{
    struct bringing *b = data;
    size_t len = BLOB_NAME_SIZE - 1;
    enum err e = ERR_OK;
    b->backed_up->deleted = 0;
    for (size_t at = 0; e == ERR_OK && at + len <= b->absent_list.len; at += len) {
        struct query *q = db_query(db, QUERY_UPKEEP_FILE_OF_BLOB);
        query_text(q, 1, (struct text){b->absent_list.data + at, len});
        b->backed_up->deleted += !query_row(q);
        e = query_end(q);
    }
    b->backed_up->lost = b->absent_count - b->backed_up->deleted;
    return e;
}

static enum err bring_to_backup(struct db *copy, struct copying *c, void *ctx, char error[256])
{
    struct bringing *b = ctx;
    enum err e = bring_all(b, copy, c, error);
    b->backed_up->files = b->files;
    b->backed_up->bytes = b->bytes;
    if (e == ERR_OK && b->absent_list.err != ERR_OK)
        e = b->absent_list.err;
    return e == ERR_OK && b->absent_count ? store_look(b->store, count_lost, b, error) : e;
}

/* What is in the folder and has a name like ours, but not in the new backup. */
struct clearing {
    struct db *copy;
    struct buf gone; /* "ab/abcd", NUL, ... */
};

static bool look_at(void *ctx, const char *name, const char *where, int64_t size)
{
    struct clearing *c = ctx;
    char blob[BLOB_NAME_SIZE];
    bool part;
    if (!blob_of_entry(name, blob, &part) || size < 0)
        return true;
    struct query *q = db_query(c->copy, QUERY_UPKEEP_FILE_OF_BLOB);
    query_text(q, 1, text_of(blob));
    bool named = query_row(q) && col_int(q, 0);
    if (query_end(q) != ERR_OK)
        return false;
    if (!named || part)
        buf_add(&c->gone, where, strlen(where) + 1);
    return c->gone.err == ERR_OK;
}

/* It is in place: what it does not name is nobody's. What cannot go now goes the next time. */
static void clear_backup(struct db *copy, void *ctx)
{
    struct bringing *b = ctx;
    struct clearing c = {.copy = copy};
    char ignored[256];
    if (b->absent_count)
        return;
    buf_init(&c.gone, (size_t)64 << 20);
    (void)!shelf_walk(&b->to, look_at, &c, ignored);
    for (size_t at = 0; at < c.gone.len; at += strlen(c.gone.data + at) + 1)
        shelf_remove(&b->to, c.gone.data + at);
    buf_fini(&c.gone);
}

static enum err measure(struct db *db, void *data)
{
    return query_number(db_query(db, QUERY_UPKEEP_FILES_SIZE), data);
}

enum err upkeep_backup(struct store *s, const char *files, const char *to_path,
                       struct backed_up *out, char error[256])
{
    *out = (struct backed_up){0};
    (void)snprintf(error, 256, "%s", err_text(ERR_NOMEM));
    struct bringing *b = bringing_new();
    if (!b)
        return ERR_NOMEM;
    struct beside beside = {.bring = bring_to_backup, .settled = clear_backup, .ctx = b};
    b->store = s;
    b->backed_up = out;
    b->absent = keep_absent;
    b->from.path = files;
    b->to.path = b->to_path;
    enum err e = folder_of(to_path, b->to_path, error);
    if (e == ERR_OK)
        e = store_look(s, measure, &beside.bytes, error);
    if (e == ERR_OK)
        e = store_backup(s, to_path, &beside, error);
    bringing_free(b);
    return e;
}

/* ---- a restore */

static void tell_absent(struct bringing *b, struct query *q)
{
    struct restored *r = b->restored;
    if (r->missing < RESTORED_NAMES_MAX) {
        char *name = r->names[r->missing];
        text_flatten(name, text_copy(name, sizeof r->names[0], col_text(q, 3)));
    }
    r->missing++;
}

static enum err bring_from_backup(struct db *copy, struct copying *c, void *ctx, char error[256])
{
    struct bringing *b = ctx;
    return bring_all(b, copy, c, error);
}

static enum err renew_epochs(struct db *copy)
{
    return query_run(db_query(copy, QUERY_UPKEEP_ROOM_EPOCHS));
}

enum err upkeep_restore(struct restore restore, const char *files, struct restored *out,
                        char error[256])
{
    *out = (struct restored){0};
    (void)snprintf(error, 256, "%s", err_text(ERR_NOMEM));
    struct bringing *b = bringing_new();
    if (!b)
        return ERR_NOMEM;
    const struct beside beside = {.bring = bring_from_backup, .ctx = b};
    b->restored = out;
    b->absent = tell_absent;
    b->from.path = b->from_path;
    b->to.path = files;
    restore.settle = renew_epochs;
    restore.beside = &beside;
    enum err e = folder_of(restore.from, b->from_path, error);
    if (e == ERR_OK)
        e = store_restore(&restore, &out->kept, error);
    out->files = b->came;
    bringing_free(b);
    return e;
}
