#include "base/log.h"
#include "base/metrics.h"
#include "push/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define KEY_SETTING "push_key" /* the point that all subscriptions are for */

struct row_job {
    struct pusher *p;
    enum row_change what;
    int64_t id, now_ms, count;
    unsigned subscribed; /* push.subscribed when it began */
};

/* Nobody waits for it; what does not succeed is done the next time. */
static void submit(struct pusher *p, enum row_change what, int64_t id,
                   enum err (*to)(struct store *s, struct job job),
                   enum err (*run)(struct db *db, void *data), void (*done)(void *data, enum err e))
{
    struct row_job *job = malloc(sizeof *job);
    if (!job)
        return;
    *job = (struct row_job){p, what, id, env_wall_ms(p->env), 0, atomic_load(&p->subscribed)};
    if (to(p->store, (struct job){run, done, job}) != ERR_OK)
        free(job);
}

/* ---- how many there are */

static enum err count_run(struct db *db, void *data)
{
    struct row_job *job = data;
    return query_number(db_query(db, QUERY_PUSH_COUNT), &job->count);
}

static void count_done(void *data, enum err e)
{
    struct row_job *job = data;
    if (e == ERR_OK) {
        metric_set(METRIC_push_subscriptions, job->count);
        if (job->count > 0 || job->subscribed == atomic_load(&job->p->subscribed))
            atomic_store(&job->p->any, job->count > 0);
    }
    free(job);
}

void rows_count(struct pusher *p)
{
    submit(p, ROW_SENT, 0, reader_submit, count_run, count_done);
}

/* ---- one of them */

static enum err change_run(struct db *db, void *data)
{
    static const enum query_id queries[] = {[ROW_SENT] = QUERY_PUSH_SENT,
                                            [ROW_FAILED] = QUERY_PUSH_FAILED,
                                            [ROW_GONE] = QUERY_PUSH_DELETE};
    const struct row_job *job = data;
    struct query *q = db_query(db, queries[job->what]);
    query_int(q, 1, job->id);
    if (job->what != ROW_GONE)
        query_int(q, 2, job->now_ms);
    return query_run(q);
}

static void change_done(void *data, enum err e)
{
    struct row_job *job = data;
    if (e == ERR_OK && job->what == ROW_GONE)
        rows_count(job->p);
    free(job);
}

enum row_change row_change_of(unsigned status)
{
    if (status >= 200 && status < 300)
        return ROW_SENT;
    return status == 404 || status == 410 ? ROW_GONE : ROW_FAILED;
}

bool row_receiver(struct query *q, int at, struct web_push_receiver *out)
{
    struct text point = col_text(q, at), auth = col_text(q, at + 1);
    if (point.len != sizeof out->point || auth.len != sizeof out->auth)
        return false;
    memcpy(out->point, point.data, sizeof out->point);
    memcpy(out->auth, auth.data, sizeof out->auth);
    return true;
}

void row_change(struct pusher *p, enum row_change what, int64_t subscription_id)
{
    submit(p, what, subscription_id, writer_submit, change_run, change_done);
}

/* ---- at the start */

static enum err begin_run(struct db *db, void *data)
{
    struct row_job *job = data;
    struct text point = text_of(job->p->point);
    struct query *q = db_query(db, QUERY_STORE_SETTING_GET);
    query_text(q, 1, TEXT(KEY_SETTING));
    bool same = query_row(q) && text_is(col_text(q, 0), point);
    enum err e = query_end(q);
    if (e != ERR_OK || same)
        return e;
    e = query_run(db_query(db, QUERY_PUSH_DELETE_ALL));
    if (e != ERR_OK)
        return e;
    job->count = db_changes(db);
    q = db_query(db, QUERY_STORE_SETTING_PUT);
    query_text(q, 1, TEXT(KEY_SETTING));
    query_text(q, 2, point);
    return query_run(q);
}

static void begin_done(void *data, enum err e)
{
    struct row_job *job = data;
    if (e == ERR_OK && job->count > 0)
        log_event(LOG_WARN, "push_key_changed", KV_INT("subscriptions", job->count),
                  KV_STR("means", "they were for another key and are dropped; browsers subscribe "
                                  "anew when the page is next open in them"));
    rows_count(job->p);
    free(job);
}

enum err rows_begin(struct pusher *p)
{
    struct row_job *job = calloc(1, sizeof *job);
    if (!job)
        return ERR_NOMEM;
    job->p = p;
    enum err e = writer_submit(p->store, (struct job){begin_run, begin_done, job});
    if (e == ERR_OK)
        return e;
    free(job);
    return e == ERR_UNAVAILABLE ? ERR_OK : e; /* a full disk: nobody can subscribe either */
}
