/* index: the search index follows the messages in batches, behind a watermark in the same database. A
 * batch is a writer's job of its own: no acknowledgement waits longer than for one. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define BATCH_ROWS 500
#define BATCH_CHARACTERS (1 << 20) /* some 80 ms of the writer */
#define PAUSE_MS 500               /* between two batches, unless the last one was full */

struct index_job {
    struct chat *c;
    bool full;
};

static enum err set_watermark(struct db *db, int64_t id)
{
    struct query *q = db_query(db, QUERY_CHAT_WATERMARK_SET);
    query_int(q, 1, id);
    return query_run(q);
}

static enum err index_run(struct db *db, void *data)
{
    struct index_job *job = data;
    int64_t from = 0, to = 0;
    struct query *q = db_query(db, QUERY_CHAT_WATERMARK_GET);
    if (query_row(q))
        from = col_int(q, 0);
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    q = db_query(db, QUERY_CHAT_INDEX_END);
    query_int(q, 1, from);
    query_int(q, 2, BATCH_ROWS);
    query_int(q, 3, BATCH_CHARACTERS);
    if (query_row(q)) {
        to = col_int(q, 0);
        job->full = col_int(q, 1) == BATCH_ROWS || col_int(q, 1) < col_int(q, 2);
    }
    e = query_end(q);
    if (e != ERR_OK || to == 0)
        return e;
    q = db_query(db, QUERY_CHAT_INDEX_INSERT);
    query_int(q, 1, from);
    query_int(q, 2, to);
    e = query_run(q);
    return e != ERR_OK ? e : set_watermark(db, to);
}

static void index_done(void *data, enum err e)
{
    struct index_job *job = data;
    struct chat *c = job->c;
    if (e != ERR_OK || job->full)
        atomic_store(&c->index_due, true);
    if (e == ERR_OK && job->full)
        atomic_store(&c->index_next_ms, 0);
    atomic_store(&c->index_runs, false);
    free(job);
}

void index_tick(struct chat *c, int64_t now_ms)
{
    if (now_ms < atomic_load(&c->index_next_ms) || !atomic_load(&c->index_due) ||
        atomic_load(&c->index_runs))
        return;
    struct index_job *job = calloc(1, sizeof *job);
    if (!job)
        return; /* the next tick tries again */
    job->c = c;
    atomic_store(&c->index_next_ms, now_ms + PAUSE_MS);
    atomic_store(&c->index_runs, true);
    atomic_store(&c->index_due, false); /* what is posted from here on makes it due again */
    if (writer_submit(c->store, (struct job){index_run, index_done, job}) != ERR_OK)
        index_done(job, ERR_BUSY);
}
