#include "upkeep/export_bytes.h"

#include "files/blob.h"
#include "store/db.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 256

static enum err came(void *ctx, int64_t bytes, bool copied)
{
    struct export_bytes *b = ctx;
    (void)copied;
    b->bytes += bytes;
    if (b->order->told && b->bytes / EXPORT_EVENT_BYTES > b->steps)
        b->order->told(b->order->ctx, b->bytes / EXPORT_EVENT_BYTES, b->total);
    b->steps = b->bytes / EXPORT_EVENT_BYTES;
    return ERR_OK;
}

static enum err bring(struct export_bytes *b, const char *blob, const char *hash, int64_t size,
                      const struct shelf_flow *flow, enum shelf_got *out)
{
    char from[SHELF_PATH_SIZE];
    const struct shelf_wish wish = {.from = from, .name = hash, .size = size, .sha256 = hash};
    *out = SHELF_OTHER;
    if (!blob_is_name(blob) || strspn(hash, "0123456789abcdef") != SHELF_HASH_SIZE - 1)
        return ERR_OK;
    enum err e = shelf_find(&b->from, blob, from);
    return e == ERR_OK ? shelf_bring(&b->to, &wish, flow, out, b->error) : e;
}

/* ---- before the lines */

struct row {
    int64_t id, size;
    char blob[BLOB_NAME_SIZE], hash[SHELF_HASH_SIZE];
};

struct page {
    struct export_bytes *b;
    int64_t after;
    size_t count;
    struct row rows[PAGE];
};

static enum err read_page(struct db *db, void *data)
{
    struct page *p = data;
    struct query *q = db_query(db, QUERY_UPKEEP_EXPORT_BYTES);
    query_int(q, 1, p->b->room_id);
    query_int(q, 2, p->after);
    query_int(q, 3, PAGE);
    for (p->count = 0; query_row(q); p->count++) {
        struct row *r = &p->rows[p->count];
        *r = (struct row){.id = col_int(q, 0), .size = col_int(q, 1)};
        text_copy(r->blob, sizeof r->blob, col_text(q, 2));
        text_copy(r->hash, sizeof r->hash, col_text(q, 3));
    }
    return query_end(q);
}

enum err export_bytes_before(struct export_bytes *b, const char *path)
{
    const struct shelf_flow flow = {.came = came, .ctx = b};
    struct page *p = calloc(1, sizeof *p);
    enum err e = p ? ERR_OK : ERR_NOMEM;
    bool more = e == ERR_OK;
    if (p)
        p->b = b;
    while (more && e == ERR_OK) {
        e = store_look_at(path, read_page, p, b->error);
        more = e == ERR_OK && p->count == PAGE;
        for (size_t i = 0; e == ERR_OK && i < p->count; i++) {
            const struct row *r = &p->rows[i];
            enum shelf_got got; /* what is not there is told with its line, if it is still named */
            p->after = r->id;
            e = bring(b, r->blob, r->hash, r->size, &flow, &got);
        }
    }
    free(p);
    return e;
}

/* ---- with its line */

static void say_absent(struct export_bytes *b, struct text name, enum shelf_got got)
{
    char sentence[512], shown[256];
    b->count->absent++;
    if (!b->order->said || ++b->said > EXPORT_SAID_MAX)
        return;
    text_flatten(shown, text_copy(shown, sizeof shown, name));
    (void)snprintf(sentence, sizeof sentence, "%s: its bytes are %s.", shown,
                   got == SHELF_MISSING ? "not there" : "not those that were sent");
    b->order->said(b->order->ctx, sentence);
}

enum err export_bytes_of(struct export_bytes *b, const struct export_file *f)
{
    char blob[BLOB_NAME_SIZE], hash[SHELF_HASH_SIZE];
    enum shelf_got got;
    text_copy(blob, sizeof blob, f->blob);
    text_copy(hash, sizeof hash, f->sha256);
    enum err e = bring(b, blob, hash, f->size, NULL, &got);
    if (e == ERR_OK && got != SHELF_HAD && got != SHELF_CAME)
        say_absent(b, f->name, got);
    return e;
}
