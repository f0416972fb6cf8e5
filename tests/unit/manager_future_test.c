/* The asynchronous way: a future or a callback, exactly once, by the deadline, whatever happens meanwhile (S2, S3). */
#include "manager/ws_manager.h"

#include "base/metrics.h"
#include "fault.h"
#include "unit.h"
#include "ws_future_world.h"

/* What a callback leaves behind. */
struct answer {
    atomic_uint times;
    enum err err;
    struct ws_manager *manager; /* the reference it got */
    struct reactor *reactor;    /* where it came */
};

static void take_answer(void *ctx, enum err e, struct ws_manager *m)
{
    role_assert(&role_reactor);
    struct answer *a = ctx;
    a->err = e;
    a->manager = m;
    a->reactor = reactor_current();
    atomic_fetch_add(&a->times, 1);
}

static enum err ask(struct world *w, const char *user, struct answer *a,
                    struct ws_manager_future **out_future)
{
    *a = (struct answer){.err = ERR_COUNT};
    struct ws_async_options options = {.done = take_answer, .ctx = a};
    return ws_manager_get_async(w->registry, text_of(user), WS_MODE_UNIFIED, &options, out_future);
}

/* Turns until the answer is there; fails the test after 10 s. */
static void turn_until_answered(struct world *w, const struct answer *a) ON(role_reactor)
{
    int64_t until_ms = env_monotonic_ms(&env_real) + 10000;
    while (atomic_load(&a->times) == 0 && env_monotonic_ms(&env_real) < until_ms)
        reactor_turn(w->reactor, 10);
    CHECK_INT(atomic_load(&a->times), 1);
}

/* S2: the callback comes on the asking reactor, after the call, with the manager that the other way gives. */
static void s2_calls_back_on_the_reactor_that_asked(void)
{
    struct world w;
    world_begin(&w, 16, true);
    struct answer a;
    struct ws_manager_future *f = NULL;
    reactor_enter(w.reactor);
    CHECK_INT(ask(&w, "42", &a, &f), ERR_OK);
    CHECK_INT(atomic_load(&a.times), 0); /* never inside the call */
    turn_until_answered(&w, &a);
    CHECK_INT(a.err, ERR_OK);
    CU_ASSERT_PTR_EQUAL(a.reactor, w.reactor);
    struct ws_manager *same = manager_of(w.registry, "42");
    CU_ASSERT_PTR_EQUAL(a.manager, same);
    ws_manager_unref(same);
    ws_manager_unref(a.manager);
    ws_manager_future_unref(f);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 1);
    reactor_leave(w.reactor);
    CHECK_INT(w.database.checks, 1);
    CHECK_INT(w.database.deadline_ms, 1000 + WS_DEADLINE_MS);
    world_end(&w);
}

/* S2: without a check the manager is made in the call, and the callback still comes after it. */
static void s2_without_a_check_it_calls_back_in_the_next_turn(void)
{
    struct world w;
    world_begin(&w, 16, false);
    struct answer a;
    struct ws_manager_future *f = NULL;
    reactor_enter(w.reactor);
    CHECK_INT(ask(&w, "42", &a, &f), ERR_OK);
    CHECK_INT(atomic_load(&a.times), 0);
    ws_manager_future_unref(f); /* the asker may leave: the callback comes all the same */
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 1);
    CHECK_INT(a.err, ERR_OK);
    ws_manager_unref(a.manager);
    reactor_leave(w.reactor);
    world_end(&w);
}

/* S2: the deadline is kept to the millisecond although the check hangs, and what the check says later is nothing. */
static void s2_the_deadline_is_kept_while_the_check_hangs(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct answer a;
    struct ws_manager_future *f = NULL;
    reactor_enter(w.reactor);
    CHECK_INT(ask(&w, "42", &a, &f), ERR_OK);
    database_await_checks(&w.database, 1);
    for (unsigned i = 0; i < 30; i++) { /* it looks in between, and finds nothing */
        reactor_turn(w.reactor, 0);
        fake_clock_move(&w.clock, i < 29 ? 800 : WS_DEADLINE_MS - 29 * 800 - 1);
    }
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 0); /* 24,999 ms */
    fake_clock_move(&w.clock, 1);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 1);
    CHECK_INT(a.err, ERR_TIMEOUT);
    CU_ASSERT_PTR_NULL(a.manager);
    CU_ASSERT_TRUE(database_is_held(&w.database));
    CHECK_INT(ws_manager_future_cancel(f), false); /* it has its outcome */
    database_hold(&w.database, false);
    ws_manager_future_unref(f);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 1);
    reactor_leave(w.reactor);
    w.tasks = task_queue_free(w.tasks); /* waits for the check */
    CHECK_INT(ws_registry_status(w.registry).created, 0);
    world_end(&w);
}

/* S2: a check that gets its thread after the deadline is not made at all. */
static void s2_a_check_that_waited_too_long_is_not_made(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct ws_manager_future *first = NULL, *second = NULL;
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("1"), WS_MODE_UNIFIED, NULL, &first), ERR_OK);
    database_await_checks(&w.database, 1);
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("2"), WS_MODE_UNIFIED, NULL, &second), ERR_OK);
    fake_clock_move(&w.clock, WS_DEADLINE_MS);
    database_hold(&w.database, false);
    w.tasks = task_queue_free(w.tasks);
    CHECK_INT(database_checks(&w.database), 1);
    CHECK_INT(ws_manager_future_wait(first, 0, &m), ERR_TIMEOUT);
    CHECK_INT(ws_manager_future_wait(second, 0, &m), ERR_TIMEOUT);
    CHECK_INT(ws_registry_status(w.registry).created, 0);
    ws_manager_future_unref(first);
    ws_manager_future_unref(second);
    world_end(&w);
}

/* S2: what the check answers is what the callback gets; nothing is made. */
static void s11_a_refusal_of_the_check_reaches_the_callback(void)
{
    struct world w;
    world_begin(&w, 16, true);
    w.database.answer = ERR_UNAVAILABLE;
    struct answer a;
    struct ws_manager_future *f = NULL;
    reactor_enter(w.reactor);
    CHECK_INT(ask(&w, "42", &a, &f), ERR_OK);
    turn_until_answered(&w, &a);
    CHECK_INT(a.err, ERR_UNAVAILABLE);
    CU_ASSERT_PTR_NULL(a.manager);
    CHECK_INT(ws_registry_status(w.registry).created, 0);
    ws_manager_future_unref(f);
    reactor_leave(w.reactor);
    world_end(&w);
}

/* S2: a cancel is an outcome like others: once, later, on the reactor. */
static void s2_a_cancel_calls_back_once(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct answer a;
    struct ws_manager_future *f = NULL;
    reactor_enter(w.reactor);
    CHECK_INT(ask(&w, "42", &a, &f), ERR_OK);
    CHECK_INT(ws_manager_future_cancel(f), true);
    CHECK_INT(ws_manager_future_cancel(f), false);
    CHECK_INT(atomic_load(&a.times), 0);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 1);
    CHECK_INT(a.err, ERR_CANCELLED);
    database_hold(&w.database, false);
    fake_clock_move(&w.clock, WS_DEADLINE_MS);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 1);
    ws_manager_future_unref(f);
    reactor_leave(w.reactor);
    world_end(&w);
}

struct canceller {
    struct timer timer;
    struct ws_manager_future *future;
};

static void cancel_now(struct timer *t)
{
    CHECK_INT(ws_manager_future_cancel(TIMER_OWNER(t, struct canceller, timer)->future), true);
}

/* S2: the reactor's timer finds the outcome before the post that brings it is run: the post then does nothing. */
static void s2_timer_and_post_together_call_back_once(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct answer a;
    struct ws_manager_future *f = NULL;
    reactor_enter(w.reactor);
    CHECK_INT(ask(&w, "42", &a, &f), ERR_OK);
    struct canceller before = {{.fire = cancel_now}, f};
    CHECK_INT(timer_set(w.reactor, &before.timer, 1049), ERR_OK); /* the future looks at 1050 */
    fake_clock_move(&w.clock, 50);
    reactor_turn(w.reactor, 0); /* posts first, then the timers: one posts, the other calls back */
    CHECK_INT(atomic_load(&a.times), 1);
    CHECK_INT(a.err, ERR_CANCELLED);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 1);
    ws_manager_future_unref(f);
    reactor_leave(w.reactor);
    world_end(&w);
}

/* S2: a mailbox that is full when the outcome is there delays the callback; the reactor's timer finds it. */
static void s2_a_full_mailbox_only_delays_the_callback(void)
{
    struct world w;
    world_begin(&w, 1, false);
    struct answer first, second;
    struct ws_manager_future *f = NULL, *g = NULL;
    reactor_enter(w.reactor);
    int64_t refused = metric_get(METRIC_posts_refused);
    CHECK_INT(ask(&w, "1", &first, &f), ERR_OK);
    CHECK_INT(ask(&w, "2", &second, &g), ERR_OK);
    CHECK_INT(metric_get(METRIC_posts_refused) - refused, 1);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&first.times), 1);
    CHECK_INT(atomic_load(&second.times), 0);
    fake_clock_move(&w.clock, 50);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&second.times), 1);
    CHECK_INT(second.err, ERR_OK);
    CHECK_INT(atomic_load(&first.times), 1);
    ws_manager_unref(first.manager);
    ws_manager_unref(second.manager);
    ws_manager_future_unref(f);
    ws_manager_future_unref(g);
    reactor_leave(w.reactor);
    world_end(&w);
}

/* S2: a refused call leaves no future, no callback, nothing registered. */
static void s2_a_refused_call_leaves_nothing(void)
{
    struct world w;
    world_begin(&w, 16, true);
    struct answer a;
    struct ws_manager_future *f = NULL, *waiting[5] = {NULL};
    CHECK_INT(ask(&w, "42", &a, &f), ERR_THREAD); /* no reactor's thread */
    reactor_enter(w.reactor);
    CHECK_INT(ask(&w, "", &a, &f), ERR_NO_USER);
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("1"), (enum ws_mode)7, NULL, &f), ERR_MODE);

    database_hold(&w.database, true);
    struct ws_async_options no_callback = {0};
    for (unsigned i = 0; i < 5; i++) { /* one runs, four wait */
        CHECK_INT(
            ws_manager_get_async(w.registry, TEXT("x"), WS_MODE_UNIFIED, &no_callback, &waiting[i]),
            ERR_OK);
        database_await_checks(&w.database, 1);
    }
    CHECK_INT(ask(&w, "42", &a, &f), ERR_BUSY);
    CU_ASSERT_PTR_NULL(f);
    fake_clock_move(&w.clock, WS_DEADLINE_MS);
    reactor_turn(w.reactor, 0);
    CHECK_INT(atomic_load(&a.times), 0);
    reactor_leave(w.reactor);
    for (unsigned i = 0; i < 5; i++)
        ws_manager_future_unref(waiting[i]);
    world_end(&w);
}

/* S15: whichever allocation of an asynchronous get fails, there is a code and nothing else. */
static void s15_an_asynchronous_get_without_memory_leaves_nothing(void)
{
    struct world w;
    world_begin(&w, 16, false);
    struct answer a;
    struct ws_manager_future *f = NULL;
    reactor_enter(w.reactor);
    unsigned n = 1;
    for (bool fired = true; fired; n++) {
        fault_at(n);
        enum err e = ask(&w, "42", &a, &f);
        fired = fault_end();
        CHECK_INT(e, fired ? ERR_NOMEM : ERR_OK);
        CHECK_INT(ws_registry_status(w.registry).count, fired ? 0 : 1);
        fake_clock_move(&w.clock, fired ? WS_DEADLINE_MS : 0);
        reactor_turn(w.reactor, 0);
        CHECK_INT(atomic_load(&a.times), fired ? 0 : 1);
    }
    CU_ASSERT_TRUE(n > 3); /* future, timers, manager */
    ws_manager_unref(a.manager);
    ws_manager_future_unref(f);
    reactor_leave(w.reactor);
    world_end(&w);
}

/* ---- waiting */

/* A wait shorter than the deadline says ERR_TIMEOUT and changes nothing; each later wait gives a reference. */
static void a_short_wait_changes_nothing(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct ws_manager_future *f = NULL;
    struct ws_manager *m = NULL, *again = NULL;
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("42"), WS_MODE_UNIFIED, NULL, &f), ERR_OK);
    CHECK_INT(ws_manager_future_wait(f, 0, &m), ERR_TIMEOUT);
    CHECK_INT(ws_manager_future_wait(f, 1, &m), ERR_TIMEOUT);
    CU_ASSERT_PTR_NULL(m);
    database_hold(&w.database, false);
    CHECK_INT(ws_manager_future_wait(f, INT64_MAX, &m), ERR_OK);
    CHECK_INT(ws_manager_future_wait(f, 0, &again), ERR_OK);
    CU_ASSERT_PTR_EQUAL(m, again);
    ws_manager_future_unref(f);
    ws_manager_unref(m);
    CU_ASSERT_TRUE(text_is(ws_manager_user(again), TEXT("42"))); /* one reference each */
    ws_manager_unref(again);
    CU_ASSERT_PTR_NULL(ws_manager_future_unref(NULL));
    world_end(&w);
}

/* A wait that meets the deadline makes it the outcome; a reactor may not wait at all. */
static void a_wait_ends_at_the_deadline(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct ws_manager_future *f = NULL;
    struct ws_manager *m = NULL;
    struct ws_async_options options = {.timeout_ms = 500};
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("42"), WS_MODE_UNIFIED, &options, &f), ERR_OK);
    reactor_enter(w.reactor);
    CHECK_INT(ws_manager_future_wait(f, 1000, &m), ERR_THREAD);
    reactor_leave(w.reactor);
    fake_clock_move(&w.clock, 500); /* the deadline is there: no waiting */
    CHECK_INT(ws_manager_future_wait(f, 1000, &m), ERR_TIMEOUT);
    database_hold(&w.database, false);
    CHECK_INT(ws_manager_future_wait(f, 1000, &m), ERR_TIMEOUT);
    CHECK_INT(ws_manager_future_cancel(f), false);
    CU_ASSERT_PTR_NULL(m);
    ws_manager_future_unref(f);
    world_end(&w);
}

struct waiter {
    struct ws_manager_future *future;
    struct ws_registry *registry;
    struct database *database;
    atomic_uint closed;
};

static void wait_or_free(void *ctx, unsigned number)
{
    struct waiter *w = ctx;
    struct ws_manager *m = NULL;
    if (number > 0) {
        if (ws_manager_future_wait(w->future, 10000, &m) == ERR_CLOSED)
            atomic_fetch_add(&w->closed, 1);
        /* The registry waits for the check, the check for the database; the first who is told lets it go. */
        database_hold(w->database, false);
        return;
    }
    ws_registry_free(w->registry);
}

/* The end of a registry wakes everybody who waits with ERR_CLOSED; futures outlive it. */
static void the_registrys_end_wakes_those_who_wait(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct ws_manager_future *f = NULL, *done = NULL;
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("42"), WS_MODE_UNIFIED, NULL, &f), ERR_OK);
    database_await_checks(&w.database, 1);
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("43"), WS_MODE_UNIFIED, NULL, &done), ERR_OK);
    struct waiter waiter = {.future = f, .registry = w.registry, .database = &w.database};
    crowd_run(5, wait_or_free, &waiter);
    w.registry = NULL;
    CHECK_INT(atomic_load(&waiter.closed), 4);
    CHECK_INT(ws_manager_future_wait(done, 1000, &m), ERR_CLOSED);
    CHECK_INT(ws_manager_future_cancel(f), false);
    CU_ASSERT_PTR_NULL(m);
    ws_manager_future_unref(f);
    ws_manager_future_unref(done);
    world_end(&w);
}

/* A future that has its manager loses it with the registry, and says so. */
static void a_kept_future_loses_its_manager_with_the_registry(void)
{
    struct world w;
    world_begin(&w, 16, false);
    struct ws_manager_future *f = NULL;
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("42"), WS_MODE_UNIFIED, NULL, &f), ERR_OK);
    CHECK_INT(ws_manager_future_wait(f, 0, &m), ERR_OK);
    ws_manager_unref(m);
    m = NULL;
    w.registry = ws_registry_free(w.registry);
    CHECK_INT(ws_manager_future_wait(f, 1000, &m), ERR_CLOSED);
    CU_ASSERT_PTR_NULL(m);
    ws_manager_future_unref(f);
    world_end(&w);
}

/* ---- reactors that run, and end */

static void ask_posted(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    (void)number;
    struct ws_manager_future *f = NULL;
    struct answer *a = object;
    if (ask(subject, "42", a, &f) != ERR_OK)
        atomic_fetch_add(&a->times, 100);
    ws_manager_future_unref(f);
}

struct ending {
    struct world *world;
    struct answer answer;
    bool told;
};

static void free_or_look(void *ctx, unsigned number)
{
    struct ending *e = ctx;
    if (number == 0) {
        ws_registry_free(
            e->world->registry); /* waits for the check, which waits for the database */
        return;
    }
    e->told = reached(e->world->reactor, &e->answer.times, 1);
    struct ws_registry *r = e->world->registry; /* that is being freed: it gives nothing any more */
    struct ws_manager *m = NULL;
    struct ws_manager_future *f = NULL;
    CHECK_INT(ws_manager_get(r, TEXT("there"), WS_MODE_UNIFIED, &m), ERR_CLOSED);
    CHECK_INT(ws_manager_get(r, TEXT("new"), WS_MODE_UNIFIED, &m), ERR_CLOSED);
    CHECK_INT(ws_manager_get_async(r, TEXT("there"), WS_MODE_UNIFIED, NULL, &f), ERR_CLOSED);
    CU_ASSERT_PTR_NULL(ws_manager_find(r, TEXT("there")));
    CHECK_INT(database_checks(&e->world->database), 1);
    database_hold(&e->world->database, false);
}

/* S2: the registry ends while the reactor runs and the check hangs: the callback comes there, with ERR_CLOSED. */
static void s2_the_registrys_end_calls_back_on_a_running_reactor(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct ending e = {.world = &w};
    ws_manager_unref(manager_of(w.registry, "there"));
    CHECK_INT(reactor_start(w.reactor), ERR_OK);
    CHECK_INT(reactor_post(w.reactor, ask_posted, &w, &e.answer, 0), ERR_OK);
    database_await_checks(&w.database, 1);
    crowd_run(2, free_or_look, &e);
    w.registry = NULL;
    CU_ASSERT_TRUE(e.told);
    CHECK_INT(e.answer.err, ERR_CLOSED);
    CU_ASSERT_PTR_EQUAL(e.answer.reactor, w.reactor);
    world_end(&w);
    CHECK_INT(atomic_load(&e.answer.times), 1);
}

/* S2: the reactor has ended before: the callback comes from the registry's end, in the reactor's role. */
static void s2_the_registrys_end_calls_back_for_an_ended_reactor(void)
{
    struct world w;
    world_begin(&w, 16, true);
    database_hold(&w.database, true);
    struct answer a;
    CHECK_INT(reactor_start(w.reactor), ERR_OK);
    CHECK_INT(reactor_post(w.reactor, ask_posted, &w, &a, 0), ERR_OK);
    database_await_checks(&w.database, 1);
    reactor_stop(w.reactor);
    CHECK_INT(atomic_load(&a.times), 0);
    database_hold(&w.database,
                  false); /* the outcome finds the mailbox closed, or is the registry's end */
    w.registry = ws_registry_free(w.registry);
    CHECK_INT(atomic_load(&a.times), 1);
    CHECK_INT(a.err, ERR_CLOSED);
    CU_ASSERT_PTR_NULL(a.manager);
    world_end(&w);
}

UNIT("manager/future", CASE(s2_calls_back_on_the_reactor_that_asked),
     CASE(s2_without_a_check_it_calls_back_in_the_next_turn),
     CASE(s2_the_deadline_is_kept_while_the_check_hangs),
     CASE(s2_a_check_that_waited_too_long_is_not_made),
     CASE(s2_timer_and_post_together_call_back_once),
     CASE(s11_a_refusal_of_the_check_reaches_the_callback), CASE(s2_a_cancel_calls_back_once),
     CASE(s2_a_full_mailbox_only_delays_the_callback), CASE(s2_a_refused_call_leaves_nothing),
     CASE(s15_an_asynchronous_get_without_memory_leaves_nothing),
     CASE(a_short_wait_changes_nothing), CASE(a_wait_ends_at_the_deadline),
     CASE(the_registrys_end_wakes_those_who_wait),
     CASE(a_kept_future_loses_its_manager_with_the_registry),
     CASE(s2_the_registrys_end_calls_back_on_a_running_reactor),
     CASE(s2_the_registrys_end_calls_back_for_an_ended_reactor))
