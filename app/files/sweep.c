/* sweep: bytes that no row has any more leave the disk, and rows of what was never sent go after a day. A reader looks, the writer
 * takes off rows that are too old, a task the bytes, and the writer then their names, of which file_gone has one until they are
 * gone for good: a crash at any place leaves what the next sweep finds.
 *
 * Invariant: one sweep at a time; it belongs to the job that runs. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/task_queue.h"
#include "files/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define GONE_MAX 50    /* names of one sweep */
#define OLD_MAX 50     /* rows of one */
#define COUNT_MS 60000 /* between two counts of the bytes of all */

struct sweep {
    struct files *files;
    char gone[GONE_MAX][BLOB_NAME_SIZE];
    size_t count;
    bool deleted[GONE_MAX];
    bool old, more, counts;
    int64_t bytes;
};

static void sweep_end(struct sweep *s)
{
    struct files *f = s->files;
    atomic_store(&f->sweep_next_ms, env_monotonic_ms(f->env) + (s->more ? 0 : FILES_SWEEP_MS));
    atomic_store(&f->sweeps, false);
    free(s);
}

/* ---- the writer: names of which nothing is left */

static enum err names_run(struct db *db, void *data)
{
    struct sweep *s = data;
    enum err e = ERR_OK;
    for (size_t i = 0; i < s->count && e == ERR_OK; i++) {
        if (!s->deleted[i])
            continue;
        struct query *q = db_query(db, QUERY_FILES_GONE_DELETE);
        query_text(q, 1, text_of(s->gone[i]));
        e = query_run(q);
    }
    return e;
}

static void names_done(void *data, enum err e)
{
    struct sweep *s = data;
    s->more = s->more && e == ERR_OK;
    sweep_end(s);
}

/* ---- a task: bytes */

static void delete_run(void *thread, void *data)
{
    (void)thread;
    struct sweep *s = data;
    struct files *f = s->files;
    size_t deleted = 0;
    for (size_t i = 0; i < s->count; i++) {
        s->deleted[i] = claim_is_none(f, s->gone[i]) && disk_delete(f, s->gone[i]) == ERR_OK &&
                        disk_deleted(f, s->gone[i]) == ERR_OK;
        deleted += s->deleted[i];
    }
    s->more = s->more && deleted > 0;
    if (deleted == 0 ||
        writer_submit_later(f->store, (struct job){names_run, names_done, s}) != ERR_OK)
        sweep_end(s); /* their names are still there */
}

/* Not after files_stop: the queue may be gone then. */
static bool push_task(struct sweep *s)
{
    struct files *f = s->files;
    mutex_lock(&f->lock);
    bool pushed = !f->stopped && task_queue_push(f->tasks, (struct task){delete_run, s}) == ERR_OK;
    mutex_unlock(&f->lock);
    return pushed;
}

static void delete_bytes(struct sweep *s)
{
    s->more = s->more || s->count == GONE_MAX;
    if (s->count == 0 || !push_task(s))
        sweep_end(s);
}

/* ---- the writer: rows that are too old */

static enum err old_run(struct db *db, void *data)
{
    struct sweep *s = data;
    static const enum query_id both[] = {QUERY_FILES_GONE_OF_OLD, QUERY_FILES_DELETE_OLD};
    int64_t before_ms = env_wall_ms(s->files->env) - FILES_LOOSE_MS;
    enum err e = ERR_OK;
    for (size_t i = 0; i < 2 && e == ERR_OK; i++) {
        struct query *q = db_query(db, both[i]);
        query_int(q, 1, before_ms);
        query_int(q, 2, OLD_MAX);
        e = query_run(q);
    }
    return e;
}

static void old_done(void *data, enum err e)
{
    struct sweep *s = data;
    s->more = e == ERR_OK; /* their bytes, and there may be further ones */
    delete_bytes(s);
}

/* ---- a reader looks */

static enum err look_run(struct db *db, void *data)
{
    struct sweep *s = data;
    int64_t old = 0;
    struct query *q = db_query(db, QUERY_FILES_GONE_LIST);
    query_int(q, 1, GONE_MAX);
    while (query_row(q))
        text_copy(s->gone[s->count++], BLOB_NAME_SIZE, col_text(q, 0));
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    q = db_query(db, QUERY_FILES_LOOSE_OLD);
    query_int(q, 1, env_wall_ms(s->files->env) - FILES_LOOSE_MS);
    e = query_number(q, &old);
    s->old = old != 0;
    return e == ERR_OK && s->counts ? files_bytes(db, &s->bytes) : e;
}

static void look_done(void *data, enum err e)
{
    struct sweep *s = data;
    struct files *f = s->files;
    if (e == ERR_OK && s->counts) {
        metric_set(METRIC_files_bytes, s->bytes);
        atomic_store(&f->count_next_ms, env_monotonic_ms(f->env) + COUNT_MS);
    }
    if (e == ERR_OK && s->old &&
        writer_submit_later(f->store, (struct job){old_run, old_done, s}) == ERR_OK)
        return;
    if (e == ERR_OK && !s->old)
        delete_bytes(s);
    else
        sweep_end(s);
}

void files_tick(struct files *f)
{
    int64_t now_ms = env_monotonic_ms(f->env);
    if (now_ms < atomic_load(&f->sweep_next_ms) || atomic_exchange(&f->sweeps, true))
        return;
    struct sweep *s = calloc(1, sizeof *s);
    if (!s) {
        atomic_store(&f->sweeps, false);
        return;
    }
    s->files = f;
    s->counts = now_ms >= atomic_load(&f->count_next_ms);
    if (reader_submit(f->store, (struct job){look_run, look_done, s}) != ERR_OK)
        sweep_end(s);
}

bool files_sweeping(struct files *f)
{
    return atomic_load(&f->sweeps);
}
