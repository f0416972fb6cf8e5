/* Guards: posts run in order and are bounded, timers fire when they are due, stopping loses no post. */
#include "net/reactor.h"

#include "base/metrics.h"
#include "fault.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

/* A clock the test owns. */
static int64_t fake_now_ms = 1000;

static int64_t fake_ms(void *ctx)
{
    (void)ctx;
    return fake_now_ms;
}

static void fake_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 7, len);
}

static const struct env fake_env = {NULL, fake_ms, fake_ms, fake_random};

static struct reactor *new_reactor(const struct env *env, size_t capacity)
{
    struct reactor *r = NULL;
    CHECK_INT(reactor_new(&(struct reactor_options){env, 3, capacity}, &r), ERR_OK);
    return r;
}

/* ---- posts */

struct seen {
    uint64_t numbers[64];
    size_t count;
};

static void note(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct seen *s = subject;
    CU_ASSERT_PTR_EQUAL(object, s);
    s->numbers[s->count++] = number;
}

static void posts_run_in_order_in_the_next_turn(void)
{
    struct reactor *r = new_reactor(&fake_env, 8);
    struct seen s = {0};
    for (uint64_t i = 0; i < 5; i++)
        CHECK_INT(reactor_post(r, note, &s, &s, i), ERR_OK);
    CHECK_INT(s.count, 0); /* never before reactor_post returns */
    reactor_enter(r);
    CU_ASSERT_PTR_EQUAL(reactor_current(), r);
    reactor_turn(r, 1000);
    CHECK_INT(s.count, 5);
    for (uint64_t i = 0; i < 5; i++)
        CHECK_INT(s.numbers[i], i);
    reactor_leave(r);
    CU_ASSERT_PTR_NULL(reactor_current());
    CHECK_INT(reactor_index(r), 3);
    reactor_free(r);
}

static void a_full_mailbox_answers_busy_until_it_is_read(void)
{
    struct reactor *r = new_reactor(&fake_env, 3);
    struct seen s = {0};
    int64_t refused = metric_get(METRIC_posts_refused);
    for (uint64_t i = 0; i < 3; i++)
        CHECK_INT(reactor_post(r, note, &s, &s, i), ERR_OK);
    CHECK_INT(reactor_post(r, note, &s, &s, 3), ERR_BUSY);
    CHECK_INT(metric_get(METRIC_posts_refused) - refused, 1);
    reactor_enter(r);
    reactor_turn(r, 0);
    CHECK_INT(s.count, 3);
    CHECK_INT(reactor_post(r, note, &s, &s, 4), ERR_OK);
    reactor_turn(r, 0);
    CHECK_INT(s.count, 4);
    CHECK_INT(s.numbers[3], 4);
    reactor_leave(r);
    reactor_free(r);
}

struct echo {
    struct reactor *reactor;
    int runs;
};

static void post_again(void *subject, void *object, uint64_t number)
{
    struct echo *e = subject;
    e->runs++;
    CHECK_INT(reactor_post(e->reactor, post_again, e, object, number), ERR_OK);
}

/* What a post posts runs in the same turn, and is answered with it; but the loop always comes back to its sockets. */
static void posts_of_posts_run_a_few_times_a_turn(void)
{
    struct reactor *r = new_reactor(&fake_env, 4);
    struct echo e = {r, 0};
    CHECK_INT(reactor_post(r, post_again, &e, NULL, 0), ERR_OK);
    reactor_enter(r);
    for (int turn = 1; turn <= 3; turn++) {
        reactor_turn(r, -1); /* it would sleep for ever */
        CHECK_INT(e.runs, 4 * turn);
    }
    reactor_leave(r);
    reactor_free(r);
}

#define POSTERS 4
#define POSTS_EACH 5000

struct crowd {
    struct reactor *reactor;
    uint64_t next[POSTERS]; /* the reactor's own */
    atomic_int out_of_order;
    atomic_long ran;
};

struct poster {
    struct crowd *crowd;
    unsigned index;
};

static void count_in_order(void *subject, void *object, uint64_t number)
{
    struct crowd *c = subject;
    struct poster *p = object;
    if (c->next[p->index]++ != number)
        atomic_fetch_add(&c->out_of_order, 1);
    atomic_fetch_add(&c->ran, 1);
}

static void *post_many(void *arg)
{
    struct poster *p = arg;
    for (uint64_t i = 0; i < POSTS_EACH;)
        if (reactor_post(p->crowd->reactor, count_in_order, p->crowd, p, i) == ERR_OK)
            i++; /* else full: again */
    return NULL;
}

/* Four threads, a mailbox of 64: each one's posts run in its own order, none is lost, stopping runs the rest. */
static void posts_of_many_threads_keep_each_ones_order(void)
{
    struct crowd c = {.reactor = new_reactor(&env_real, 64)};
    struct poster posters[POSTERS];
    pthread_t threads[POSTERS];
    CHECK_INT(reactor_start(c.reactor), ERR_OK);
    for (unsigned i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){&c, i};
        CHECK_INT(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    }
    for (unsigned i = 0; i < POSTERS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    reactor_stop(c.reactor);
    CHECK_INT(atomic_load(&c.ran), POSTERS * POSTS_EACH);
    CHECK_INT(atomic_load(&c.out_of_order), 0);
    CHECK_INT(reactor_post(c.reactor, count_in_order, &c, &posters[0], 0), ERR_CLOSED);
    reactor_stop(c.reactor); /* twice is once */
    reactor_free(c.reactor);
}

static void a_reactor_that_never_started_is_freed(void)
{
    struct seen s = {0};
    struct reactor *r = new_reactor(&env_real, 1);
    reactor_stop(r);
    CHECK_INT(reactor_post(r, note, &s, &s, 1), ERR_CLOSED);
    CU_ASSERT_PTR_NULL(reactor_free(r));
    CU_ASSERT_PTR_NULL(reactor_free(NULL));
}

/* ---- timers */

struct alarm {
    struct timer timer;
    struct reactor *reactor;
    int64_t again_ms; /* > 0: sets itself again */
    int fired;
    int order;
};

static int next_order;

static void ring(struct timer *t)
{
    role_assert(&role_reactor);
    struct alarm *a = TIMER_OWNER(t, struct alarm, timer);
    CHECK_INT(t->slot, 0); /* no longer set when it fires */
    a->fired++;
    a->order = next_order++;
    if (a->again_ms > 0)
        CHECK_INT(timer_set(a->reactor, t, reactor_now_ms(a->reactor) + a->again_ms - 1), ERR_OK);
}

static void alarm_init(struct alarm *a, struct reactor *r)
{
    *a = (struct alarm){.timer = {.fire = ring}, .reactor = r};
}

/* 200 timers set in a scattered order fire in the order of their times, not one too early. */
static void timers_fire_in_the_order_of_their_times(void)
{
    static struct alarm alarms[200];
    struct reactor *r = new_reactor(&fake_env, 1);
    reactor_enter(r);
    fake_now_ms = 1000;
    for (int i = 0; i < 200; i++) {
        int at = i * 73 % 200; /* 73 and 200 have no common divisor: each time once */
        alarm_init(&alarms[at], r);
        CHECK_INT(timer_set(r, &alarms[at].timer, 2000 + at), ERR_OK);
    }
    next_order = 0;
    fake_now_ms = 1999;
    reactor_turn(r, 0);
    CHECK_INT(next_order, 0);
    fake_now_ms = 2099;
    reactor_turn(r, 0);
    CHECK_INT(next_order, 100); /* 2000..2099 */
    fake_now_ms = 9000;
    reactor_turn(r, 0);
    CHECK_INT(next_order, 200);
    for (int i = 0; i < 200; i++)
        CHECK_INT(alarms[i].order, i);
    reactor_leave(r);
    reactor_free(r);
}

/* Every second of 50 timers is taken back, every fifth of the others is moved: the heap stays a heap. */
static void cancelled_timers_stay_silent_and_moved_ones_move(void)
{
    static struct alarm alarms[50];
    struct reactor *r = new_reactor(&fake_env, 1);
    reactor_enter(r);
    fake_now_ms = 0;
    for (int i = 0; i < 50; i++) {
        alarm_init(&alarms[i], r);
        CHECK_INT(timer_set(r, &alarms[i].timer, 100 + i * 37 % 50), ERR_OK);
    }
    for (int i = 0; i < 50; i += 2)
        timer_cancel(r, &alarms[i].timer);
    for (int i = 1; i < 50; i += 10)
        CHECK_INT(timer_set(r, &alarms[i].timer, 5000), ERR_OK);
    timer_cancel(r, &alarms[0].timer); /* not set: nothing happens */
    fake_now_ms = 200;
    reactor_turn(r, 0);
    for (int i = 0; i < 50; i++)
        CHECK_INT(alarms[i].fired, i % 2 == 1 && i % 10 != 1);
    fake_now_ms = 5000;
    reactor_turn(r, 0);
    for (int i = 1; i < 50; i += 2)
        CHECK_INT(alarms[i].fired, 1);
    reactor_leave(r);
    reactor_free(r);
}

static void a_timer_that_sets_itself_for_now_does_not_hold_the_loop(void)
{
    struct alarm a;
    struct reactor *r = new_reactor(&fake_env, 1);
    reactor_enter(r);
    alarm_init(&a, r);
    a.again_ms = 1; /* - 1: due at once */
    CHECK_INT(timer_set(r, &a.timer, fake_now_ms), ERR_OK);
    reactor_turn(r, 1000);
    CHECK_INT(a.fired, 1);
    reactor_turn(r, 1000);
    CHECK_INT(a.fired, 2);
    timer_cancel(r, &a.timer);
    reactor_leave(r);
    reactor_free(r);
}

static void a_waiting_loop_wakes_for_its_timer(void)
{
    struct alarm a;
    struct reactor *r = new_reactor(&env_real, 1);
    reactor_enter(r);
    alarm_init(&a, r);
    int64_t at_ms = env_monotonic_ms(&env_real) + 20;
    CHECK_INT(timer_set(r, &a.timer, at_ms), ERR_OK);
    while (a.fired == 0 && env_monotonic_ms(&env_real) < at_ms + 5000)
        reactor_turn(r, 5000);
    CHECK_INT(a.fired, 1);
    CU_ASSERT(env_monotonic_ms(&env_real) >= at_ms);
    CU_ASSERT(env_monotonic_ms(&env_real) < at_ms + 4000);
    CU_ASSERT(reactor_last_turn_ms(r) >= at_ms);
    reactor_leave(r);
    reactor_free(r);
}

static void no_memory_leaves_a_timer_unset(void)
{
    struct alarm a;
    struct reactor *r = new_reactor(&fake_env, 1);
    reactor_enter(r);
    alarm_init(&a, r);
    fault_at(1);
    CHECK_INT(timer_set(r, &a.timer, 5), ERR_NOMEM);
    CU_ASSERT_TRUE(fault_end());
    CHECK_INT(a.timer.slot, 0);
    reactor_leave(r);
    reactor_free(r);
}

static void every_failed_allocation_of_new_is_an_error(void)
{
    for (unsigned n = 1;; n++) {
        struct reactor *r = NULL;
        fault_at(n);
        enum err e = reactor_new(&(struct reactor_options){&fake_env, 0, 4}, &r);
        if (!fault_end()) {
            CHECK_INT(e, ERR_OK);
            CU_ASSERT(n > 3);
            reactor_free(r);
            break;
        }
        CHECK_INT(e, ERR_NOMEM);
        CU_ASSERT_PTR_NULL(r);
    }
}

static void spin(void *subject, void *object, uint64_t number)
{
    (void)object;
    int64_t until_ns = env_nanoseconds() + (int64_t)number;
    while (env_nanoseconds() < until_ns)
        ++*(int *)subject;
}

static void the_longest_turn_is_known_until_it_is_taken(void)
{
    int turns = 0;
    struct reactor *r = new_reactor(&fake_env, 4);
    reactor_enter(r);
    CHECK_INT(reactor_post(r, spin, &turns, NULL, 5000000), ERR_OK);
    reactor_turn(r, 0);
    CU_ASSERT(metric_get(METRIC_loop_lag_ms) >= 5);
    CU_ASSERT(reactor_take_lag_ms(r) >= 5);
    CHECK_INT(reactor_take_lag_ms(r), 0);
    reactor_leave(r);
    reactor_free(r);
}

UNIT("net/reactor", CASE(posts_run_in_order_in_the_next_turn),
     CASE(a_full_mailbox_answers_busy_until_it_is_read),
     CASE(posts_of_posts_run_a_few_times_a_turn), CASE(posts_of_many_threads_keep_each_ones_order),
     CASE(a_reactor_that_never_started_is_freed), CASE(timers_fire_in_the_order_of_their_times),
     CASE(cancelled_timers_stay_silent_and_moved_ones_move),
     CASE(a_timer_that_sets_itself_for_now_does_not_hold_the_loop),
     CASE(a_waiting_loop_wakes_for_its_timer), CASE(no_memory_leaves_a_timer_unset),
     CASE(every_failed_allocation_of_new_is_an_error),
     CASE(the_longest_turn_is_known_until_it_is_taken))
