#include "base/task_queue.h"

#include "base/env.h"
#include "base/future.h"
#include "base/metrics.h"
#include "base/must.h"
#include "base/queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct task_queue {
    struct task_queue_options options;
    struct queue *queue;
    struct future *begun; /* of the thread that starts at the moment */
    unsigned started;
    atomic_uint begun_threads;        /* each takes its number from here */
    atomic_int_least64_t *busy_since; /* of each thread, monotonic ms; 0: it waits for a task */
    pthread_t threads[];
};

static NO_THREAD_CHECK void *task_main(void *arg)
{
    struct task_queue *q = arg;
    const struct task_queue_options *o = &q->options;
    struct future *begun = future_ref(q->begun);
    role_enter(o->role);
    void *thread = o->begin ? o->begin(o->ctx) : q;
    (void)future_fulfil(begun, thread ? ERR_OK : ERR_IO, NULL);
    future_unref(begun);

    atomic_int_least64_t *busy_since = &q->busy_since[atomic_fetch_add(&q->begun_threads, 1)];
    struct task task;
    while (thread && !queue_done(q->queue)) {
        if (!queue_take(q->queue, &task, 1, INT64_MAX))
            continue;
        atomic_store(busy_since, env_monotonic_ms(&env_real));
        task.run(thread, task.data);
        atomic_store(busy_since, 0);
    }

    if (thread && o->end)
        o->end(o->ctx, thread);
    role_leave(o->role);
    return NULL;
}

static enum err start_one(struct task_queue *q)
{
    q->begun = future_new(NULL);
    if (!q->begun)
        return ERR_NOMEM;
    enum err e = ERR_IO;
    if (pthread_create(&q->threads[q->started], NULL, task_main, q) == 0) {
        (void)pthread_setname_np(q->threads[q->started], q->options.name);
        q->started++;
        void *nothing;
        e = future_take(q->begun, INT64_MAX, &nothing);
    }
    q->begun = future_unref(q->begun);
    return e;
}

enum err task_queue_new(const struct task_queue_options *options, struct task_queue **out_queue)
{
    must(options->threads >= 1 && options->role);
    struct task_queue *q = calloc(1, sizeof *q + options->threads * sizeof q->threads[0]);
    if (!q)
        return ERR_NOMEM;
    q->options = *options;
    q->queue = queue_new(options->capacity, sizeof(struct task));
    q->busy_since = calloc(options->threads, sizeof *q->busy_since);
    enum err e = q->queue && q->busy_since ? ERR_OK : ERR_NOMEM;
    while (e == ERR_OK && q->started < options->threads)
        e = start_one(q);
    if (e == ERR_OK)
        *out_queue = q;
    else
        task_queue_free(q);
    return e;
}

struct task_queue *task_queue_free(struct task_queue *q)
{
    if (!q)
        return NULL;
    if (q->queue)
        queue_close(q->queue);
    for (unsigned i = 0; i < q->started; i++)
        must(pthread_join(q->threads[i], NULL) == 0);
    queue_free(q->queue);
    free(q->busy_since);
    free(q);
    return NULL;
}

enum err task_queue_push(struct task_queue *q, struct task task)
{
    enum err e = queue_push(q->queue, &task);
    if (e == ERR_BUSY)
        metric_add(METRIC_tasks_refused, 1);
    return e;
}

size_t task_queue_length(struct task_queue *q)
{
    return queue_length(q->queue);
}

struct task_queue_busy task_queue_busy(struct task_queue *q, int64_t now_ms)
{
    struct task_queue_busy busy = {.all_ms = INT64_MAX};
    for (unsigned i = 0; i < q->options.threads; i++) {
        int64_t since_ms = atomic_load(&q->busy_since[i]);
        int64_t ms = since_ms > 0 && now_ms > since_ms ? now_ms - since_ms : 0;
        busy.longest_ms = ms > busy.longest_ms ? ms : busy.longest_ms;
        busy.all_ms = ms < busy.all_ms ? ms : busy.all_ms;
    }
    return busy;
}
