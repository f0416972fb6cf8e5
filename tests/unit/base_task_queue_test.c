/* Guards: every task that was accepted runs exactly once, on a thread that has begun; a full queue says so. */
#include "base/must.h"
#include "base/task_queue.h"

#include "base/env.h"
#include "base/future.h"
#include "base/metrics.h"
#include "fault.h"
#include "unit.h"

#include <stdatomic.h>

static atomic_int runs, begun, ended;
static int begin_fails_from; /* the n-th thread and later; 0: none */

static void *begin(void *ctx)
{
    CU_ASSERT_PTR_EQUAL(ctx, &runs);
    int n = atomic_fetch_add(&begun, 1) + 1;
    return begin_fails_from && n >= begin_fails_from ? NULL : &begun;
}

static void end(void *ctx, void *thread)
{
    (void)ctx;
    CU_ASSERT_PTR_EQUAL(thread, &begun);
    atomic_fetch_add(&ended, 1);
}

static void count(void *thread, void *data)
{
    role_assert(&role_task);
    CU_ASSERT_PTR_EQUAL(thread, &begun);
    CU_ASSERT_PTR_EQUAL(data, &runs);
    atomic_fetch_add(&runs, 1);
}

static const struct task counting = {count, &runs};

static struct task_queue_options options(unsigned threads, size_t capacity)
{
    atomic_store(&runs, 0);
    atomic_store(&begun, 0);
    atomic_store(&ended, 0);
    begin_fails_from = 0;
    return (struct task_queue_options){threads, capacity, "test tasks", &role_task,
                                       &runs,   begin,    end};
}

/* ---- who stands still */

static struct future *go_on;

static void stand_still(void *thread, void *data)
{
    void *nothing;
    (void)thread;
    (void)future_fulfil(data, ERR_OK, NULL); /* it has begun */
    future_unref(data);
    must(future_take(go_on, INT64_MAX, &nothing) == ERR_OK);
}

static void push_one_that_stands_still(struct task_queue *q)
{
    void *nothing;
    struct future *is_there = future_new(NULL);
    CHECK_INT(task_queue_push(q, (struct task){stand_still, future_ref(is_there)}), ERR_OK);
    CHECK_INT(future_take(is_there, INT64_MAX, &nothing), ERR_OK);
    future_unref(is_there);
}

static void a_thread_that_stands_still_is_seen(void)
{
    struct task_queue_options o = options(2, 10);
    struct task_queue *q = NULL;
    go_on = future_new(NULL);
    CHECK_INT(task_queue_new(&o, &q), ERR_OK);
    int64_t later_ms = env_monotonic_ms(&env_real) + 60000;
    CHECK_INT(task_queue_busy(q, later_ms).longest_ms, 0); /* nobody has anything to do */
    push_one_that_stands_still(q);
    struct task_queue_busy busy = task_queue_busy(q, later_ms);
    CU_ASSERT(busy.longest_ms > 50000 && busy.longest_ms <= 60000);
    CHECK_INT(busy.all_ms, 0); /* another one waits for tasks */
    push_one_that_stands_still(q);
    CU_ASSERT(task_queue_busy(q, later_ms).all_ms > 50000);
    CHECK_INT(task_queue_busy(q, 1).longest_ms, 0); /* a clock that is behind says nothing */
    (void)future_fulfil(go_on, ERR_OK, NULL);
    task_queue_free(q);
    future_unref(go_on);
}

/* Freeing runs what waits. */
static void every_accepted_task_runs_once(void)
{
    struct task_queue_options o = options(3, 1000);
    struct task_queue *q = NULL;
    CHECK_INT(task_queue_new(&o, &q), ERR_OK);
    CHECK_INT(atomic_load(&begun), 3); /* all have begun when new returns */
    for (int i = 0; i < 1000; i++)
        CHECK_INT(task_queue_push(q, counting), ERR_OK);
    CU_ASSERT_PTR_NULL(task_queue_free(q));
    CHECK_INT(atomic_load(&runs), 1000);
    CHECK_INT(atomic_load(&ended), 3);
    CU_ASSERT_PTR_NULL(task_queue_free(NULL));
}

static void wait_for_release(void *thread, void *data)
{
    (void)thread;
    struct future **gates = data;
    void *nothing;
    (void)future_fulfil(gates[0], ERR_OK, NULL); /* it runs */
    CHECK_INT(future_take(gates[1], INT64_MAX, &nothing), ERR_OK);
}

static void a_full_queue_refuses_and_counts(void)
{
    struct task_queue_options o = options(1, 2);
    struct task_queue *q = NULL;
    void *nothing;
    struct future *gates[2] = {future_new(NULL), future_new(NULL)};
    int64_t refused = metric_get(METRIC_tasks_refused);
    CHECK_INT(task_queue_new(&o, &q), ERR_OK);
    CHECK_INT(task_queue_push(q, (struct task){wait_for_release, gates}), ERR_OK);
    CHECK_INT(future_take(gates[0], INT64_MAX, &nothing), ERR_OK); /* the only thread is busy now */
    CHECK_INT(task_queue_push(q, counting), ERR_OK);
    CHECK_INT(task_queue_push(q, counting), ERR_OK);
    CHECK_INT(task_queue_length(q), 2);
    CHECK_INT(task_queue_push(q, counting), ERR_BUSY);
    CHECK_INT(metric_get(METRIC_tasks_refused) - refused, 1);
    (void)future_fulfil(gates[1], ERR_OK, NULL);
    task_queue_free(q);
    CHECK_INT(atomic_load(&runs), 2);
    future_unref(gates[0]);
    future_unref(gates[1]);
}

/* The second of three threads cannot begin: no queue, and the first one has ended in order. */
static void a_thread_that_cannot_begin_is_an_error_of_start(void)
{
    struct task_queue_options o = options(3, 2);
    struct task_queue *q = NULL;
    begin_fails_from = 2;
    CHECK_INT(task_queue_new(&o, &q), ERR_IO);
    CU_ASSERT_PTR_NULL(q);
    CHECK_INT(atomic_load(&begun), 2);
    CHECK_INT(atomic_load(&ended), 1);
}

static void every_failed_allocation_of_new_is_an_error(void)
{
    for (unsigned n = 1;; n++) {
        struct task_queue_options o = options(2, 2);
        struct task_queue *q = NULL;
        fault_at(n);
        enum err e = task_queue_new(&o, &q);
        if (!fault_end()) {
            CHECK_INT(e, ERR_OK);
            CU_ASSERT(n > 3);
            task_queue_free(q);
            break;
        }
        CU_ASSERT(e == ERR_NOMEM || e == ERR_IO);
        CU_ASSERT_PTR_NULL(q);
        CHECK_INT(atomic_load(&ended), atomic_load(&begun));
    }
}

UNIT("base/task_queue", CASE(a_thread_that_stands_still_is_seen),
     CASE(every_accepted_task_runs_once), CASE(a_full_queue_refuses_and_counts),
     CASE(a_thread_that_cannot_begin_is_an_error_of_start),
     CASE(every_failed_allocation_of_new_is_an_error))
