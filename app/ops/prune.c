/* prune: bounds of age. A job deletes at most PRUNE_ROWS of each kind, and KEYS_A_STEP keys, so that no acknowledgement waits for
 * it long; one that may have left some is soon followed by another. */
#include "ops/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define PRUNE_ROWS 500
#define KEYS_A_STEP 1000
#define PRUNE_EVERY_MS 60000
#define PRUNE_AGAIN_MS 500

struct prune {
    struct ops *ops;
    int64_t now_ms;
    bool more;
};

/* A statement whose last parameter is how many rows it may delete. */
static enum err run(struct db *db, struct query *q, int limit_at, struct prune *job)
{
    query_int(q, limit_at, PRUNE_ROWS);
    enum err e = query_run(q);
    job->more |= e == ERR_OK && db_changes(db) == PRUNE_ROWS;
    return e;
}

/* What is older than keep_ms (0: kept for ever). */
static enum err prune_one(struct db *db, enum query_id which, int64_t keep_ms, struct prune *job)
{
    if (keep_ms <= 0)
        return ERR_OK;
    struct query *q = db_query(db, which);
    query_int(q, 1, job->now_ms - keep_ms);
    return run(db, q, 2, job);
}

/* Keys have no index by age, which would be written with every message. They are looked through in their own order, KEYS_A_STEP
 * in a job, from where the one before ended: what is old goes with the next round that comes past it. */
static enum err prune_keys(struct db *db, int64_t keep_ms, struct prune *job)
{
    struct key_place *from = &job->ops->keys;
    struct key_place to = {.author_id = INT64_MAX};
    if (keep_ms <= 0)
        return ERR_OK;
    if (from->author_id == 0)
        from->author_id = 1;
    struct query *q = db_query(db, QUERY_OPS_KEY_STEP);
    query_int(q, 1, from->author_id);
    query_text(q, 2, text_of(from->key));
    query_int(q, 3, KEYS_A_STEP);
    bool more = query_row(q);
    if (more) {
        to.author_id = col_int(q, 0);
        text_copy(to.key, sizeof to.key, col_text(q, 1));
    }
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    q = db_query(db, QUERY_OPS_KEY_PRUNE);
    query_int(q, 1, from->author_id);
    query_text(q, 2, text_of(from->key));
    query_int(q, 3, to.author_id);
    query_text(q, 4, text_of(to.key));
    query_int(q, 5, job->now_ms - keep_ms);
    e = query_run(q);
    *from = more ? to : (struct key_place){0};
    job->more |= more;
    return e;
}

static enum err prune_run(struct db *db, void *data)
{
    struct prune *job = data;
    const struct ops_options *options = &job->ops->options;
    enum err e = prune_one(db, QUERY_OPS_CONNECTION_PRUNE, options->history_keep_ms, job);
    if (e == ERR_OK)
        e = prune_keys(db, options->key_keep_ms, job);
    if (e == ERR_OK)
        e = prune_one(db, QUERY_OPS_MARK_PRUNE, steps[STEPS_COUNT - 1].keep_ms, job);
    for (unsigned i = 0; i < STEPS_COUNT && e == ERR_OK; i++) {
        struct query *q = db_query(db, QUERY_OPS_SAMPLE_PRUNE);
        query_int(q, 1, steps[i].s);
        query_int(q, 2, job->now_ms - steps[i].keep_ms);
        e = run(db, q, 3, job);
    }
    return e;
}

static void prune_done(void *data, enum err e)
{
    struct prune *job = data;
    if (e == ERR_OK && job->more)
        atomic_store(&job->ops->prune_ms, env_monotonic_ms(job->ops->env) + PRUNE_AGAIN_MS);
    free(job);
}

void prune_tick(struct ops *o, int64_t now_ms)
{
    if (now_ms < atomic_load(&o->prune_ms))
        return;
    atomic_store(&o->prune_ms, now_ms + PRUNE_EVERY_MS);
    struct prune *job = calloc(1, sizeof *job);
    if (!job)
        return;
    *job = (struct prune){o, env_wall_ms(o->env), false};
    if (writer_submit_later(o->store, (struct job){prune_run, prune_done, job}) != ERR_OK)
        free(job); /* the next round does it */
}
