/* Guards: a future is fulfilled once, its value has one owner, and nobody waits longer than they said. */
#include "base/future.h"

#include "base/env.h"
#include "base/thread_role.h"
#include "death.h"
#include "fault.h"
#include "unit.h"

#include <pthread.h>

static int dropped;

static void drop(void *value)
{
    (void)value;
    dropped++;
}

static int64_t soon(int64_t ms)
{
    return env_monotonic_ms(&env_real) + ms;
}

static void a_value_is_taken_once(void)
{
    int answer = 42;
    void *value = NULL;
    dropped = 0;
    struct future *f = future_new(drop);
    CU_ASSERT_TRUE(future_fulfil(f, ERR_OK, &answer));
    CHECK_INT(future_take(f, 0, &value), ERR_OK);
    CU_ASSERT_PTR_EQUAL(value, &answer);
    CHECK_INT(future_take(f, 0, &value), ERR_OK);
    CU_ASSERT_PTR_NULL(value);
    CU_ASSERT_PTR_NULL(future_unref(f));
    CHECK_INT(dropped, 0); /* it was taken: the taker's */
}

static void a_value_nobody_took_is_dropped(void)
{
    int answer = 42;
    dropped = 0;
    struct future *f = future_new(drop);
    CU_ASSERT_TRUE(future_fulfil(f, ERR_OK, &answer));
    future_ref(f);
    future_unref(f);
    CHECK_INT(dropped, 0);
    future_unref(f);
    CHECK_INT(dropped, 1);
    CU_ASSERT_PTR_NULL(future_unref(NULL));
}

static void only_the_first_outcome_counts(void)
{
    int late = 1;
    void *value = &late;
    dropped = 0;
    struct future *f = future_new(drop);
    CU_ASSERT_TRUE(future_fulfil(f, ERR_CANCELLED, NULL));
    CU_ASSERT_FALSE(future_fulfil(f, ERR_OK, &late)); /* stays the caller's */
    CHECK_INT(future_take(f, 0, &value), ERR_CANCELLED);
    CU_ASSERT_PTR_NULL(value);
    future_unref(f);
    CHECK_INT(dropped, 0);
}

static void waiting_ends_with_the_deadline(void)
{
    void *value = &dropped;
    struct future *f = future_new(NULL);
    int64_t until = soon(30);
    CHECK_INT(future_take(f, until, &value), ERR_TIMEOUT);
    CU_ASSERT(env_monotonic_ms(&env_real) >= until);
    CU_ASSERT_PTR_EQUAL(value, &dropped); /* written only when it is done */
    future_unref(f);
}

static void *fulfil(void *arg)
{
    static int answer = 5;
    (void)future_fulfil(arg, ERR_OK, &answer);
    future_unref(arg);
    return NULL;
}

static void another_thread_wakes_the_one_who_waits(void)
{
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        void *value = NULL;
        struct future *f = future_new(NULL);
        CHECK_INT(pthread_create(&thread, NULL, fulfil, future_ref(f)), 0);
        CHECK_INT(future_take(f, soon(10000), &value), ERR_OK);
        CHECK_INT(*(int *)value, 5);
        future_unref(f);
        CHECK_INT(pthread_join(thread, NULL), 0);
    }
}

static NO_THREAD_CHECK void wait_on_a_reactor(void)
{
    void *value;
    struct future *f = future_new(NULL);
    role_enter(&role_reactor);
    if (future_take(f, 0, &value) != ERR_OK)
        future_unref(f);
}

static void a_reactor_that_waits_aborts(void)
{
    CU_ASSERT_TRUE(death_aborts(wait_on_a_reactor, "must: !role_is(&role_reactor)"));
}

static void no_memory_gives_no_future(void)
{
    fault_at(1);
    CU_ASSERT_PTR_NULL(future_new(NULL));
    CU_ASSERT_TRUE(fault_end());
}

UNIT("base/future", CASE(a_value_is_taken_once), CASE(a_value_nobody_took_is_dropped),
     CASE(only_the_first_outcome_counts), CASE(waiting_ends_with_the_deadline),
     CASE(another_thread_wakes_the_one_who_waits), CASE(a_reactor_that_waits_aborts),
     CASE(no_memory_gives_no_future))
