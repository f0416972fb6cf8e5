/* Guards: a queue keeps order, refuses when it is full or closed, and hands out what it took also after closing. */
#include "base/queue.h"

#include "base/env.h"
#include "fault.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

static int64_t now_ms(void)
{
    return env_monotonic_ms(&env_real);
}

static void items_come_out_in_order(void)
{
    struct queue *q = queue_new(4, sizeof(int));
    int out[4];
    for (int round = 0; round < 10; round++) { /* the ring turns round */
        for (int i = 0; i < 3; i++)
            CHECK_INT(queue_push(q, &i), ERR_OK);
        CHECK_INT(queue_length(q), 3);
        CHECK_INT(queue_take(q, out, 2, 0), 2);
        CHECK_INT(out[0], 0);
        CHECK_INT(out[1], 1);
        CHECK_INT(queue_take(q, out, 4, 0), 1);
        CHECK_INT(out[0], 2);
    }
    queue_free(q);
}

static void a_full_queue_refuses_without_waiting(void)
{
    struct queue *q = queue_new(2, sizeof(int));
    int n = 1;
    CHECK_INT(queue_push(q, &n), ERR_OK);
    CHECK_INT(queue_push(q, &n), ERR_OK);
    CHECK_INT(queue_push(q, &n), ERR_BUSY);
    CHECK_INT(queue_take(q, &n, 1, 0), 1);
    CHECK_INT(queue_push(q, &n), ERR_OK);
    queue_free(q);
    CU_ASSERT_PTR_NULL(queue_free(NULL));
}

static void an_empty_queue_is_waited_for_until_the_time_given(void)
{
    struct queue *q = queue_new(2, sizeof(int));
    int n;
    CHECK_INT(queue_take(q, &n, 1, 0), 0); /* 0: does not wait */
    int64_t until = now_ms() + 30;
    CHECK_INT(queue_take(q, &n, 1, until), 0);
    CU_ASSERT(now_ms() >= until);
    queue_free(q);
}

static void a_closed_queue_gives_what_it_has_and_takes_no_more(void)
{
    struct queue *q = queue_new(2, sizeof(int));
    int n = 7;
    CHECK_INT(queue_push(q, &n), ERR_OK);
    queue_close(q);
    CHECK_INT(queue_push(q, &n), ERR_CLOSED);
    CU_ASSERT_FALSE(queue_done(q));
    n = 0;
    CHECK_INT(queue_take(q, &n, 1, INT64_MAX), 1);
    CHECK_INT(n, 7);
    CU_ASSERT_TRUE(queue_done(q));
    CHECK_INT(queue_take(q, &n, 1, INT64_MAX), 0); /* closed and empty: no waiting for ever */
    queue_free(q);
}

struct crowd {
    struct queue *q;
    atomic_long sum, taken;
};

static void *take_all(void *arg)
{
    struct crowd *c = arg;
    int items[8];
    while (!queue_done(c->q)) {
        size_t n = queue_take(c->q, items, 8, INT64_MAX);
        for (size_t i = 0; i < n; i++)
            atomic_fetch_add(&c->sum, items[i]);
        atomic_fetch_add(&c->taken, (long)n);
    }
    return NULL;
}

static void *push_many(void *arg)
{
    struct crowd *c = arg;
    for (int i = 1; i <= 3000;)
        if (queue_push(c->q, &i) == ERR_OK)
            i++;
    return NULL;
}

/* Three push 1..3000 each, three take: nothing lost, nothing doubled. */
static void many_producers_and_consumers_lose_nothing(void)
{
    struct crowd c = {.q = queue_new(32, sizeof(int))};
    pthread_t pushers[3], takers[3];
    for (int i = 0; i < 3; i++) {
        CHECK_INT(pthread_create(&takers[i], NULL, take_all, &c), 0);
        CHECK_INT(pthread_create(&pushers[i], NULL, push_many, &c), 0);
    }
    for (int i = 0; i < 3; i++)
        CHECK_INT(pthread_join(pushers[i], NULL), 0);
    queue_close(c.q);
    for (int i = 0; i < 3; i++)
        CHECK_INT(pthread_join(takers[i], NULL), 0);
    CHECK_INT(atomic_load(&c.taken), 9000);
    CHECK_INT(atomic_load(&c.sum), 3L * 3000 * 3001 / 2);
    queue_free(c.q);
}

static void no_memory_gives_no_queue(void)
{
    fault_at(1);
    CU_ASSERT_PTR_NULL(queue_new(4, 4));
    CU_ASSERT_TRUE(fault_end());
}

UNIT("base/queue", CASE(items_come_out_in_order), CASE(a_full_queue_refuses_without_waiting),
     CASE(an_empty_queue_is_waited_for_until_the_time_given),
     CASE(a_closed_queue_gives_what_it_has_and_takes_no_more),
     CASE(many_producers_and_consumers_lose_nothing), CASE(no_memory_gives_no_queue))
