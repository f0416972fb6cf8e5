/* test: push.test: one notification to a browser of one's own, and what its push service says to it. */
#include "accounts/answer.h"
#include "base/task_queue.h"
#include "push/inside.h"
#include "store/db.h"
#include "store/store.h"

#define PAYLOAD                                                                                    \
    "{\"title\":\"Snug\",\"body\":\"Notifications work.\",\"url\":\"/\",\"tag\":\"snug-test\"}"

struct test {
    struct answer answer;
    struct pusher *p;
    struct text endpoint; /* kept */
    int64_t subscription_id;
    struct web_push_receiver to;
};

static enum err find_run(struct db *db, void *data)
{
    struct test *job = data;
    struct query *q = db_query(db, QUERY_PUSH_OWN);
    query_text(q, 1, job->endpoint);
    query_int(q, 2, job->answer.actor.user_id);
    bool found = query_row(q) && row_receiver(q, 1, &job->to);
    job->subscription_id = found ? col_int(q, 0) : 0;
    enum err e = query_end(q);
    return e != ERR_OK || found ? e
                                : answer_fault(&job->answer, ERR_NOT_FOUND, "endpoint",
                                               "endpoint is no subscription of yours.");
}

static void write_status(struct test *job, unsigned status)
{
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_int(w, "status", status);
    json_close(w, '}');
    row_change(job->p, row_change_of(status), job->subscription_id);
}

static void test_task(void *thread, void *data)
{
    struct test *job = data;
    struct pusher *p = job->p;
    unsigned status = 0;
    int64_t retry_ms = 0;
    const char *why = NULL;
    (void)thread;
    role_assert(&role_task);
    struct letter letter = {job->endpoint.data, &job->to, TEXT(PAYLOAD), 0};
    enum err e = service_post(p, &letter, &status, &retry_ms, &why);
    if (e == ERR_OK)
        write_status(job, status);
    else if (e == ERR_IO || e == ERR_TIMEOUT || e == ERR_DENIED)
        e = answer_fault(&job->answer, ERR_UNAVAILABLE, NULL, why); /* static */
    mutex_lock(&p->lock);
    p->testing--;
    mutex_unlock(&p->lock);
    answer_end(job, e);
}

/* errors: ERR_BUSY others are tried at the moment; ERR_CLOSED */
static enum err give(struct pusher *p, struct test *job)
{
    mutex_lock(&p->lock);
    enum err e = p->stopped ? ERR_CLOSED : p->testing == TESTING_MAX ? ERR_BUSY : ERR_OK;
    if (e == ERR_OK)
        e = task_queue_push(p->tasks, (struct task){test_task, job});
    p->testing += e == ERR_OK;
    mutex_unlock(&p->lock);
    return e;
}

static void found(void *data, enum err e)
{
    struct test *job = data;
    if (e == ERR_OK)
        e = give(job->p, job);
    if (e != ERR_OK)
        answer_end(job, e);
}

void push_test(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct pusher *p = ctx;
    struct text endpoint = args_text(args, "endpoint");
    struct test *job =
        pusher_is_on(p, reply) ? answer_new(sizeof *job, endpoint.len + 1, actor, reply) : NULL;
    if (!job)
        return;
    job->p = p;
    job->endpoint = answer_keep(&job->answer, endpoint);
    answer_read(job, p->store, find_run, found);
}
