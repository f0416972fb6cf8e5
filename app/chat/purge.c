/* purge: the search index forgets for good. A message that is deleted is found no more at once, but its words stay in the
 * index's older parts, marked, until those are merged with newer ones. An hour after the first deletion all parts are
 * written anew, a few pages a step, each a job that can wait; the old ones are overwritten (secure_delete).
 *
 * The setting search_purge says when that is due, in the transaction of the deletion, so a restart goes on with it.
 * Invariant: one job at a time. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define AFTER_MS 3600000
#define LOOK_MS 60000 /* between two looks at the setting */

struct purge_job {
    struct chat *c;
    bool more;
};

enum err purge_want(struct chat *c, struct db *db)
{
    struct query *q = db_query(db, QUERY_CHAT_PURGE_WANT);
    query_int(q, 1, env_wall_ms(c->env) + AFTER_MS);
    return query_run(q);
}

static enum err purge_run(struct db *db, void *data)
{
    struct purge_job *job = data;
    struct chat *c = job->c;
    int64_t due_ms;
    job->more = false;
    enum err e = query_number(db_query(db, QUERY_CHAT_PURGE_GET), &due_ms);
    if (e != ERR_OK || due_ms == 0 || due_ms > env_wall_ms(c->env))
        return e;
    e = index_merge(db, !c->purge_begun, &job->more);
    if (e != ERR_OK || job->more)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_PURGE_SET);
    query_int(q, 1, 0);
    return query_run(q);
}

static enum err submit(struct purge_job *job);

static void purge_done(void *data, enum err e)
{
    struct purge_job *job = data;
    struct chat *c = job->c;
    c->purge_begun = e == ERR_OK && job->more;
    if (c->purge_begun && submit(job) == ERR_OK)
        return;
    atomic_store(&c->purge_next_ms, c->purge_begun ? 0 : env_monotonic_ms(c->env) + LOOK_MS);
    atomic_store(&c->purge_runs, false);
    free(job);
}

static enum err submit(struct purge_job *job)
{
    return writer_submit_later(job->c->store, (struct job){purge_run, purge_done, job});
}

void purge_tick(struct chat *c, int64_t now_ms)
{
    if (now_ms < atomic_load(&c->purge_next_ms) || atomic_load(&c->purge_runs))
        return;
    struct purge_job *job = calloc(1, sizeof *job);
    if (!job)
        return; /* the next tick tries again */
    job->c = c;
    atomic_store(&c->purge_runs, true);
    if (submit(job) != ERR_OK) {
        atomic_store(&c->purge_runs, false);
        free(job);
    }
}
