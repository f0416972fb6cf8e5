/* index: the search index follows the messages in batches, behind a watermark in the same database, and after each its parts are
 * merged in steps. A batch and a step are jobs that can wait (writer_submit_later): it takes a part of the writer's time
 * while messages come, and all of it that it needs when none do. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define BATCH_ROWS 250 /* some 3 ms of the writer */
#define MERGE_PAGES 16 /* of a step: some 2 ms */
#define MERGES                                                                                     \
    8 /* steps after a batch; four are needed as long as there are not many millions of messages */
#define BATCH_CHARACTERS (1 << 17) /* some 10 ms of the writer */
#define PAUSE_MS 500               /* between two batches, unless the last one was full */

struct index_job {
    struct chat *c;
    int merges; /* that are left */
    bool full;  /* the batch: there is more to put in */
    bool parts; /* there may be something to merge */
};

static enum err set_watermark(struct db *db, int64_t id)
{
    return query_run_for(db, QUERY_CHAT_WATERMARK_SET, id);
}

/* source: sqlite.org/fts5.html, "The 'merge' Command": it has nothing more to do when total_changes grows by less than 2. */
enum err index_merge(struct db *db, bool all, bool *out_more)
{
    int64_t before, after;
    enum err e = query_number(db_query(db, QUERY_CHAT_INDEX_CHANGES), &before);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, all ? QUERY_CHAT_INDEX_MERGE_ALL : QUERY_CHAT_INDEX_MERGE);
    query_int(q, 1, MERGE_PAGES);
    e = query_run(q);
    if (e == ERR_OK)
        e = query_number(db_query(db, QUERY_CHAT_INDEX_CHANGES), &after);
    *out_more = e == ERR_OK && (all || after - before >= 2);
    return e;
}

static enum err put_batch(struct index_job *job, struct db *db)
{
    int64_t from = 0, to = 0;
    enum err e = query_number(db_query(db, QUERY_CHAT_WATERMARK_GET), &from);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_INDEX_END);
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
    e = set_watermark(db, to); /* first: the view that is read below ends there */
    if (e != ERR_OK)
        return e;
    q = db_query(db, QUERY_CHAT_INDEX_INSERT);
    query_int(q, 1, from);
    query_int(q, 2, to);
    return query_run(q);
}

static enum err index_run(struct db *db, void *data)
{
    struct index_job *job = data;
    if (job->parts)
        return index_merge(db, false, &job->parts);
    job->parts = true;
    return put_batch(job, db);
}

enum err index_forget(struct db *db, int64_t message_id)
{
    return query_run_for(db, QUERY_CHAT_INDEX_FORGET, message_id);
}

enum err index_learn(struct db *db, int64_t message_id)
{
    return query_run_for(db, QUERY_CHAT_INDEX_LEARN, message_id);
}

static enum err submit(struct index_job *job);

/* True if the job goes on, with its next step or batch. */
static bool go_on(struct index_job *job)
{
    bool quiet = !atomic_load(&job->c->index_due); /* nobody posted since this was due */
    if (job->parts && (quiet || --job->merges >= 0))
        return submit(job) == ERR_OK;
    if (!job->full)
        return false;
    job->merges = MERGES;
    job->full = job->parts = false;
    return submit(job) == ERR_OK;
}

static void index_done(void *data, enum err e)
{
    struct index_job *job = data;
    struct chat *c = job->c;
    if (e == ERR_OK && go_on(job))
        return;
    if (e != ERR_OK || job->full)
        atomic_store(&c->index_due, true);
    if (e == ERR_OK && job->full)
        atomic_store(&c->index_next_ms, 0);
    atomic_store(&c->index_runs, false);
    free(job);
}

static enum err submit(struct index_job *job)
{
    return writer_submit_later(job->c->store, (struct job){index_run, index_done, job});
}

void index_tick(struct chat *c, int64_t now_ms)
{
    if (now_ms < atomic_load(&c->index_next_ms) || !atomic_load(&c->index_due) ||
        atomic_load(&c->index_runs))
        return;
    struct index_job *job = calloc(1, sizeof *job);
    if (!job)
        return; /* the next tick tries again */
    *job = (struct index_job){.c = c, .merges = MERGES};
    atomic_store(&c->index_next_ms, now_ms + PAUSE_MS);
    atomic_store(&c->index_runs, true);
    atomic_store(&c->index_due, false); /* what is posted from here on makes it due again */
    if (submit(job) != ERR_OK)
        index_done(job, ERR_BUSY);
}
