/* Guards: locks are taken in rising ranks only, roles are what they say, and a violation stops the program. */
#include "base/mutex.h"

#include "base/env.h"
#include "death.h"
#include "unit.h"

static struct mutex low, low_too, high;

static NO_THREAD_CHECK void init(void)
{
    mutex_init(&low, LOCK_registry);
    mutex_init(&low_too, LOCK_registry);
    mutex_init(&high, LOCK_log);
}

static NO_THREAD_CHECK void ranks_rise_and_fall_again(void)
{
    init();
    for (int i = 0; i < 3; i++) {
        mutex_lock(&low);
        mutex_lock(&high);
        mutex_unlock(&high);
        mutex_lock(&high);
        mutex_unlock(&high);
        mutex_unlock(&low);
        mutex_lock(&high);
        mutex_unlock(&high);
    }
    mutex_fini(&low);
    mutex_fini(&low_too);
    mutex_fini(&high);
    CU_PASS("no rank stood in the way");
}

static NO_THREAD_CHECK void lock_downwards(void)
{
    init();
    mutex_lock(&high);
    mutex_lock(&low);
}

static NO_THREAD_CHECK void lock_sideways(void)
{
    init();
    mutex_lock(&low);
    mutex_lock(&low_too);
}

static NO_THREAD_CHECK void unlock_crosswise(void)
{
    init();
    mutex_lock(&low);
    mutex_lock(&high);
    mutex_unlock(&low);
}

static void a_wrong_order_aborts(void)
{
    CU_ASSERT_TRUE(death_aborts(lock_downwards, "must: rank_held <"));
    CU_ASSERT_TRUE(death_aborts(lock_sideways, "must: rank_held <"));
    CU_ASSERT_TRUE(death_aborts(unlock_crosswise, "must: rank_held =="));
}

/* ---- conditions */

static struct condition changed;
static int turn; /* guarded by high */

static NO_THREAD_CHECK void *answer(void *arg)
{
    for (int i = 0; i < 100; i++) {
        mutex_lock(&high);
        while (turn % 2 == 0)
            condition_wait(&changed, &high, INT64_MAX);
        turn++;
        condition_broadcast(&changed);
        mutex_unlock(&high);
    }
    return arg;
}

static NO_THREAD_CHECK void two_threads_take_turns(void)
{
    init();
    condition_init(&changed);
    turn = 0;
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, answer, NULL), 0);
    for (int i = 0; i < 100; i++) {
        mutex_lock(&high);
        while (turn % 2 == 1)
            condition_wait(&changed, &high, INT64_MAX);
        turn++;
        condition_signal(&changed);
        mutex_unlock(&high);
    }
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(turn, 200);

    mutex_lock(&low); /* the rank held before is held again after a wait */
    mutex_lock(&high);
    int64_t until = env_monotonic_ms(&env_real) + 20;
    while (env_monotonic_ms(&env_real) < until)
        condition_wait(&changed, &high, until);
    mutex_unlock(&high);
    mutex_unlock(&low);
    condition_fini(&changed);
}

/* ---- roles */

static NO_THREAD_CHECK void a_thread_has_one_role_at_a_time(void)
{
    CU_ASSERT_FALSE(role_is(&role_writer));
    role_enter(&role_writer);
    CU_ASSERT_TRUE(role_is(&role_writer));
    CU_ASSERT_FALSE(role_is(&role_reactor));
    role_assert(&role_writer);
    role_leave(&role_writer);
    CU_ASSERT_FALSE(role_is(&role_writer));
}

static NO_THREAD_CHECK void enter_twice(void)
{
    role_enter(&role_writer);
    role_enter(&role_task);
}

static NO_THREAD_CHECK void leave_another(void)
{
    role_enter(&role_writer);
    role_leave(&role_task);
}

static NO_THREAD_CHECK void assert_without_one(void)
{
    role_assert(&role_reactor);
}

static void a_wrong_role_aborts(void)
{
    CU_ASSERT_TRUE(death_aborts(enter_twice, "thread role: wanted task, is writer"));
    CU_ASSERT_TRUE(death_aborts(leave_another, "thread role: wanted task, is writer"));
    CU_ASSERT_TRUE(death_aborts(assert_without_one, "thread role: wanted reactor, is none"));
}

UNIT("base/mutex", CASE(ranks_rise_and_fall_again), CASE(a_wrong_order_aborts),
     CASE(two_threads_take_turns), CASE(a_thread_has_one_role_at_a_time), CASE(a_wrong_role_aborts))
