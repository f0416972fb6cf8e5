#include "files/upload.h"

#include "base/metrics.h"
#include "files/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- questions to the database, waited for */

/* Owned by the job; its future's value is a copy of `file`. */
struct question {
    struct files *files;
    struct future *came;
    int64_t user_id;
    struct file file;
};

static void question_done(void *data, enum err e)
{
    struct question *q = data;
    struct file *copy = NULL;
    if (e == ERR_OK && !(copy = malloc(sizeof *copy)))
        e = ERR_NOMEM;
    if (copy)
        *copy = q->file;
    if (!future_fulfil(q->came, e, copy))
        free(copy);
    future_unref(q->came);
    free(q);
}

typedef enum err submit(struct store *s, struct job job);

static enum err ask(struct files *f, const struct patience *patience, submit *door,
                    enum err (*run)(struct db *db, void *data), int64_t user_id, struct file *file)
{
    struct future *came = future_new(free);
    struct question *q = came ? calloc(1, sizeof *q) : NULL;
    if (!q) {
        future_unref(came);
        return ERR_NOMEM;
    }
    *q = (struct question){f, future_ref(came), user_id, *file};
    enum err e = door(f->store, (struct job){run, question_done, q});
    if (e != ERR_OK) {
        future_unref(q->came);
        free(q);
    } else {
        void *copy = NULL;
        e = patience->wait(patience->ctx, came, &copy);
        if (e == ERR_OK)
            *file = *(struct file *)copy;
        free(copy);
    }
    future_unref(came);
    return e;
}

static enum err find_run(struct db *db, void *data)
{
    struct question *q = data;
    enum err e = file_by_id(db, q->file.id, &q->file);
    return e == ERR_OK && q->file.author_id != q->user_id ? ERR_NOT_FOUND : e;
}

static enum err readable_run(struct db *db, void *data)
{
    struct question *job = data;
    struct query *q = db_query(db, QUERY_FILES_READABLE);
    query_int(q, 1, job->file.id);
    query_int(q, 2, job->user_id);
    bool found = query_row(q);
    if (found)
        file_columns(q, &job->file);
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_NOT_FOUND;
}

static enum err whole_run(struct db *db, void *data)
{
    struct question *job = data;
    return file_set_whole(db, &job->file); /* ERR_NOT_FOUND: dropped meanwhile */
}

/* ---- a piece */

/* The bytes are there: is the piece one of them, or does it follow? */
static enum err check_place(const struct piece *p, const struct taken *t)
{
    if (p->offset > t->offset)
        return ERR_CONFLICT;
    return (int64_t)p->bytes.len > t->size - p->offset ? ERR_LIMIT : ERR_OK;
}

static enum err finish(struct files *f, const struct patience *patience, struct taken *t)
{
    enum err e = disk_finish(f, &t->file);
    if (e == ERR_OK)
        e = ask(f, patience, writer_submit, whole_run, 0, &t->file);
    if (e == ERR_OK)
        metric_add(METRIC_files_received, 1);
    else
        t->file.sha256[0] = 0;
    return e;
}

static enum err put(struct files *f, const struct piece *p, const struct patience *patience,
                    struct taken *t)
{
    bool named;
    enum err e = disk_length(f, t->file.blob, &t->offset, &named);
    if (e != ERR_OK)
        return e;
    if (t->offset > t->size)
        t->offset = t->size;
    e = check_place(p, t);
    if (e != ERR_OK)
        return e;
    if (p->bytes.len > 0 && !named) {
        if (store_status(f->store).read_only)
            return ERR_UNAVAILABLE; /* what is left of the disk is the database's */
        e = disk_put(f, t->file.blob, p->offset, p->bytes);
        if (e != ERR_OK)
            return e;
        metric_add(METRIC_file_bytes_received, (int64_t)p->bytes.len);
        int64_t end = p->offset + (int64_t)p->bytes.len;
        if (t->offset < end)
            t->offset = end;
    }
    return t->offset == t->size ? finish(f, patience, t) : ERR_OK;
}

enum err upload_piece(struct files *f, const struct piece *p, const struct patience *patience,
                      struct taken *out)
{
    *out = (struct taken){.file = {.id = p->file_id}};
    struct claim *claim = claim_take(f, p->file_id);
    if (!claim)
        return ERR_BUSY;
    enum err e = ask(f, patience, reader_submit, find_run, p->user_id, &out->file);
    if (e == ERR_OK) {
        claim_name(f, claim, out->file.blob);
        out->offset = out->size = out->file.size;
        e = file_is_whole(&out->file) ? check_place(p, out) : put(f, p, patience, out);
    }
    claim_leave(f, claim);
    return e;
}

enum err upload_open(struct files *f, int64_t file_id, int64_t user_id,
                     const struct patience *patience, struct file *out, int *out_fd)
{
    *out = (struct file){.id = file_id};
    enum err e = ask(f, patience, reader_submit, readable_run, user_id, out);
    return e == ERR_OK ? disk_open(f, out->blob, out_fd) : e;
}
