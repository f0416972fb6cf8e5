/* Waiting for a user's connection (S22) and asking whether the service is available (S11), on the library alone. */
#include "manager/ws_connection.h"

#include "fault.h"
#include "hub/notice.h"
#include "unit.h"
#include "ws_future_world.h"

#include <stdlib.h>

/* ---- what stands for a session */

static struct ws_connection *connect_as(struct ws_registry *r, const char *user, const char *id)
{
    struct ws_manager *m = manager_of(r, user);
    struct ws_connection *c = NULL;
    static const struct ws_connection_ways ways = {take_delivery, take_close};
    struct ws_connection_handle handle = {NULL, 0, &ways};
    CHECK_INT(ws_connection_add(m, id, &handle, 1000, &c), ERR_OK);
    ws_manager_unref(m);
    return c;
}

static struct ws_connection *connect_user(struct ws_registry *r, const char *user)
{
    return connect_as(r, user, "c");
}

static struct ws_manager_future *wait_for(struct ws_registry *r, const char *user,
                                          int64_t timeout_ms)
{
    struct ws_manager_future *f = NULL;
    struct ws_async_options options = {.timeout_ms = timeout_ms};
    CHECK_INT(ws_manager_connected_async(r, text_of(user), &options, &f), ERR_OK);
    return f;
}

struct called {
    atomic_uint calls;
    enum err err;
    struct ws_manager *manager;
    int64_t at_ns;
};

static void on_called(void *ctx, enum err e, struct ws_manager *m)
{
    struct called *c = ctx;
    c->err = e;
    c->manager = m;
    c->at_ns = env_nanoseconds();
    atomic_fetch_add(&c->calls, 1);
}

/* ---- S22 */

/* A user who is there is found at once; one who is not, with the first connection, and not with another user's. */
static void s22_is_fulfilled_by_the_first_connection(void)
{
    struct ws_registry *r = registry_new(&(struct ws_registry_options){.env = &env_real});
    struct ws_connection *c = connect_user(r, "here");
    struct ws_manager_future *f = wait_for(r, "here", 1000);
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_future_wait(f, 0, &m), ERR_OK);
    CU_ASSERT_TRUE(text_is(ws_manager_user(m), TEXT("here")));
    ws_manager_unref(m);
    ws_manager_future_unref(f);

    struct ws_manager_future *two[] = {wait_for(r, "later", 10000), wait_for(r, "later", 10000)};
    struct ws_connection *other = connect_user(r, "other");
    CHECK_INT(ws_manager_future_wait(two[0], 0, &m), ERR_TIMEOUT);
    struct ws_connection *later = connect_user(r, "later");
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(ws_manager_future_wait(two[i], 0, &m), ERR_OK);
        CHECK_INT(ws_manager_connections(m), 1);
        ws_manager_unref(m);
        ws_manager_future_unref(two[i]);
    }
    ws_connection_remove(c);
    ws_connection_remove(other);
    ws_connection_remove(later);
    ws_registry_free(r);
}

struct sleeper {
    struct ws_registry *registry;
    atomic_bool asked;
    int64_t added_ns, woke_ns;
};

static void wait_or_connect(void *ctx, unsigned number)
{
    struct sleeper *s = ctx;
    if (number == 0) {
        struct ws_manager *m = NULL;
        struct ws_manager_future *f = wait_for(s->registry, "1", 10000);
        atomic_store(&s->asked, true);
        CHECK_INT(ws_manager_future_wait(f, 10000, &m), ERR_OK);
        s->woke_ns = env_nanoseconds();
        ws_manager_unref(m);
        ws_manager_future_unref(f);
        return;
    }
    while (!atomic_load(&s->asked))
        (void)sched_yield();
    int64_t asleep_ms =
        env_monotonic_ms(&env_real) + 10; /* it waits by then, or need not be woken */
    while (env_monotonic_ms(&env_real) < asleep_ms)
        (void)sched_yield();
    s->added_ns = env_nanoseconds();
    ws_connection_remove(connect_user(s->registry, "1"));
}

static int compare_us(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* A thread that waits wakes within 5 ms of the connection: it is woken, not polled. The median of 11, since the machine
 * may be busy. */
static void s22_a_waiting_thread_is_woken_by_the_event(void)
{
    enum { TIMES = 11 };
    int64_t us[TIMES];
    for (unsigned i = 0; i < TIMES; i++) {
        struct sleeper s = {.registry =
                                registry_new(&(struct ws_registry_options){.env = &env_real})};
        crowd_run(2, wait_or_connect, &s);
        us[i] = (s.woke_ns - s.added_ns) / 1000;
        ws_registry_free(s.registry);
    }
    qsort(us, TIMES, sizeof us[0], compare_us);
    (void)printf(
        "\n    from the connection to the waiting thread: median %lld us, longest %lld us\n",
        (long long)us[TIMES / 2], (long long)us[TIMES - 1]);
    CU_ASSERT_TRUE(us[TIMES / 2] < 5000);
}

/* A thread's timeout is exact to 20 ms (S22), at the median of 5. */
static void s22_a_timeout_is_exact(void)
{
    enum { TIMES = 5 };
    const int64_t timeout_ms = 120;
    int64_t late_us[TIMES];
    struct ws_registry *r = registry_new(&(struct ws_registry_options){.env = &env_real});
    for (unsigned i = 0; i < TIMES; i++) {
        struct ws_manager *m = NULL;
        int64_t began_ns = env_nanoseconds();
        struct ws_manager_future *f = wait_for(r, "nobody", timeout_ms);
        CHECK_INT(ws_manager_future_wait(f, 10000, &m), ERR_TIMEOUT);
        late_us[i] = (env_nanoseconds() - began_ns) / 1000 - timeout_ms * 1000;
        ws_manager_future_unref(f);
    }
    qsort(late_us, TIMES, sizeof late_us[0], compare_us);
    (void)printf("\n    a timeout of %lld ms: median %lld us late\n", (long long)timeout_ms,
                 (long long)late_us[TIMES / 2]);
    CU_ASSERT_TRUE(late_us[0] > -2000); /* the clock has whole milliseconds */
    CU_ASSERT_TRUE(late_us[TIMES / 2] < 20000);
    ws_registry_free(r);
}

/* With a callback: once, on the reactor that asked, in the turn after the connection; at the deadline to the millisecond
 * of the reactor's clock. */
static void s22_a_callback_comes_with_the_event_or_the_deadline(void)
{
    struct world w;
    world_begin(&w, 16, false);
    reactor_enter(w.reactor);
    struct called first = {0}, second = {0};
    struct ws_async_options options = {.timeout_ms = 5000, .done = on_called, .ctx = &first};
    struct ws_manager_future *f = NULL, *g = NULL;
    CHECK_INT(ws_manager_connected_async(w.registry, TEXT("1"), &options, &f), ERR_OK);
    options.ctx = &second;
    CHECK_INT(ws_manager_connected_async(w.registry, TEXT("2"), &options, &g), ERR_OK);
    ws_manager_future_unref(f); /* the callback comes all the same */
    ws_manager_future_unref(g);
    reactor_turn(w.reactor, 0);
    CHECK_INT(first.calls, 0);
    struct ws_connection *c = connect_user(w.registry, "1");
    CHECK_INT(first.calls, 0); /* never inside the call that caused it */
    reactor_turn(w.reactor, 0);
    CHECK_INT(first.calls, 1);
    CHECK_INT(first.err, ERR_OK);
    CHECK_INT(ws_manager_connections(first.manager), 1);
    fake_clock_move(&w.clock, 4999);
    reactor_turn(w.reactor, 0);
    CHECK_INT(second.calls, 0);
    fake_clock_move(&w.clock, 1);
    reactor_turn(w.reactor, 0);
    CHECK_INT(second.calls, 1);
    CHECK_INT(second.err, ERR_TIMEOUT);
    CHECK_INT(first.calls, 1);
    ws_manager_unref(first.manager);
    ws_connection_remove(c);
    reactor_leave(w.reactor);
    world_end(&w);
}

/* Cancelled, given back, and ended with the registry: none of them stays in the manager's list, which would abort when the
 * manager is freed; a later connection wakes nobody. */
static void s22_who_stops_waiting_is_forgotten(void)
{
    struct ws_registry *r =
        registry_new(&(struct ws_registry_options){.env = &env_real, .idle_ms = 0});
    struct ws_manager *m = NULL;
    struct ws_manager_future *cancelled = wait_for(r, "1", 1000), *dropped = wait_for(r, "1", 1000),
                             *kept = wait_for(r, "1", 10000);
    CHECK_INT(ws_manager_future_cancel(cancelled), true);
    CHECK_INT(ws_manager_future_cancel(cancelled), false);
    ws_manager_future_unref(dropped);
    CHECK_INT(ws_registry_sweep(r), 0); /* somebody waits for it */
    struct ws_connection *c = connect_user(r, "1");
    CHECK_INT(ws_manager_future_wait(cancelled, 0, &m), ERR_CANCELLED);
    CHECK_INT(ws_manager_future_wait(kept, 0, &m), ERR_OK);
    ws_manager_unref(m);
    ws_connection_remove(c);
    ws_manager_future_unref(cancelled);
    ws_manager_future_unref(kept);
    CHECK_INT(ws_registry_sweep(r), 1);

    struct ws_manager_future *last = wait_for(r, "2", 10000);
    ws_registry_free(r);
    CHECK_INT(ws_manager_future_wait(last, 0, &m), ERR_CLOSED);
    ws_manager_future_unref(last);
}

/* The 1,025th that waits for a user is refused, without an id nobody is waited for, and a callback needs a reactor; without
 * memory nothing is left. */
static void s22_what_cannot_wait_is_refused(void)
{
    enum { MOST = 1024 };
    static struct ws_manager_future *waiting[MOST];
    struct ws_registry *r =
        registry_new(&(struct ws_registry_options){.env = &env_real, .idle_ms = 0});
    struct ws_manager_future *f = NULL;
    for (unsigned i = 0; i < MOST; i++)
        waiting[i] = wait_for(r, "1", 10000);
    CHECK_INT(ws_manager_connected_async(r, TEXT("1"), NULL, &f), ERR_BUSY);
    for (unsigned i = 0; i < MOST; i++)
        ws_manager_future_unref(waiting[i]);
    CHECK_INT(ws_manager_connected_async(r, TEXT_NONE, NULL, &f), ERR_NO_USER);
    struct called called = {0};
    struct ws_async_options options = {.done = on_called, .ctx = &called};
    CHECK_INT(ws_manager_connected_async(r, TEXT("1"), &options, &f), ERR_THREAD);
    CU_ASSERT_PTR_NULL(f);
    CHECK_INT(ws_registry_sweep(r), 1);
    for (unsigned n = 1;; n++) {
        fault_at(n);
        enum err e = ws_manager_connected_async(r, TEXT("2"), NULL, &f);
        if (!fault_end())
            break;
        CHECK_INT(e, ERR_NOMEM);
        (void)ws_registry_sweep(r);
        CHECK_INT(ws_registry_status(r).count, 0);
    }
    ws_manager_future_unref(f);
    ws_registry_free(r);
}

/* ---- S7, S22: connections, cancels, short waits and the end of the futures at the same time */

enum { ROUNDS = SANITIZED ? 300 : 3000, WAITING_THREADS = 4 };

static void wait_in_haste(void *ctx, unsigned number)
{
    struct ws_registry *r = ctx;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char user[8];
        (void)snprintf(user, sizeof user, "%u", i % 3);
        if (number >= WAITING_THREADS) {
            ws_connection_remove(connect_as(r, user, number % 2 ? "odd" : "even"));
            (void)ws_registry_sweep(r);
            continue;
        }
        struct ws_manager *m = NULL;
        struct ws_manager_future *f = wait_for(r, user, 5);
        if (i % 4 == number)
            (void)ws_manager_future_cancel(f);
        else if (i % 4 != (number + 1) % 4 && ws_manager_future_wait(f, 1, &m) == ERR_OK)
            ws_manager_unref(m);
        ws_manager_future_unref(f);
    }
}

static void s22_threads_wait_cancel_and_connect(void)
{
    struct ws_registry *r =
        registry_new(&(struct ws_registry_options){.env = &env_real, .idle_ms = 0});
    crowd_run(WAITING_THREADS + 2, wait_in_haste, r);
    (void)ws_registry_sweep(r);
    CHECK_INT(ws_registry_status(r).count, 0);
    ws_registry_free(r);
}

/* ---- S11 */

struct service {
    struct world w;
    atomic_uint lacks;
};

static unsigned lacks_of(void *ctx)
{
    return atomic_load(&((struct service *)ctx)->lacks);
}

static void service_begin(struct service *s)
{
    world_begin(&s->w, 16, true);
    ws_registry_free(s->w.registry);
    atomic_init(&s->lacks, 0);
    s->w.registry = registry_new(&(struct ws_registry_options){.env = &env_real,
                                                               .tasks = s->w.tasks,
                                                               .available = database_available,
                                                               .available_ctx = &s->w.database,
                                                               .lacks = lacks_of,
                                                               .lacks_ctx = s});
}

static enum err ask_again(struct service *s, int64_t timeout_ms)
{
    struct ws_manager_future *f = NULL;
    struct ws_manager *m = (struct ws_manager *)s; /* a future of no manager writes NULL */
    struct ws_async_options options = {.timeout_ms = timeout_ms};
    CHECK_INT(ws_registry_available_async(s->w.registry, &options, &f), ERR_OK);
    enum err e = ws_manager_future_wait(f, 10000, &m);
    CU_ASSERT_TRUE(e != ERR_OK || !m);
    ws_manager_future_unref(f);
    return e;
}

/* Each thing that may be lacking is told by itself and together; when it is back, so is the service. Reading it looks
 * at nothing: the database may be locked meanwhile. */
static void s11_each_lack_is_told_and_over_again(void)
{
    static const struct {
        enum ws_lack lack;
        const char *name;
    } table[] = {{WS_LACKS_LISTENER, "listener"},
                 {WS_LACKS_REACTOR, "reactor"},
                 {WS_LACKS_DATABASE, "database"},
                 {WS_LACKS_DISK, "disk"}};
    struct service s;
    service_begin(&s);
    database_hold(&s.w.database, true);
    CHECK_INT(ws_registry_available(s.w.registry), true);
    unsigned all = 0;
    for (unsigned i = 0; i < 4; i++) {
        atomic_store(&s.lacks, table[i].lack);
        CHECK_INT(ws_registry_available(s.w.registry), false);
        CHECK_INT(ws_registry_lacks(s.w.registry), table[i].lack);
        CHECK_TEXT(ws_lack_name(table[i].lack), table[i].name);
        all |= table[i].lack;
        atomic_store(&s.lacks, 0);
        CHECK_INT(ws_registry_available(s.w.registry), true);
    }
    atomic_store(&s.lacks, all);
    CHECK_INT(ws_registry_lacks(s.w.registry), 15);
    CHECK_TEXT(ws_lack_name((enum ws_lack)64), "unknown");
    CHECK_INT(database_checks(&s.w.database), 0);
    world_end(&s.w);
}

/* Asked for, the database is looked at again, off this thread; it is not waited for longer than asked. */
static void s11_asking_looks_at_the_database_again(void)
{
    struct service s;
    service_begin(&s);
    s.w.database.hangs = false;
    CHECK_INT(ask_again(&s, 1000), ERR_OK);
    CHECK_INT(database_checks(&s.w.database), 1);
    s.w.database.hangs = true;
    database_hold(&s.w.database, true);
    CHECK_INT(ask_again(&s, 30), ERR_TIMEOUT);
    database_hold(&s.w.database, false);
    CHECK_INT(ask_again(&s, 1000), ERR_OK);
    s.w.database.answer = ERR_IO;
    CHECK_INT(ask_again(&s, 1000), ERR_IO);
    s.w.database.answer = ERR_OK;
    atomic_store(&s.lacks, WS_LACKS_REACTOR);
    CHECK_INT(ask_again(&s, 1000), ERR_UNAVAILABLE);
    atomic_store(&s.lacks, 0);
    CHECK_INT(ask_again(&s, 1000), ERR_OK);
    CHECK_INT(ws_registry_status(s.w.registry).created, 0); /* no manager for a question */
    world_end(&s.w);
}

/* Without anything that could be lacking, it is available, on the spot too; with a callback it comes in the next turn. */
static void s11_a_registry_alone_is_available(void)
{
    struct world w;
    world_begin(&w, 16, false);
    CHECK_INT(ws_registry_available(w.registry), true);
    struct ws_manager_future *f = NULL;
    struct ws_manager *m = NULL;
    CHECK_INT(ws_registry_available_async(w.registry, NULL, &f), ERR_OK);
    CHECK_INT(ws_manager_future_wait(f, 0, &m), ERR_OK);
    ws_manager_future_unref(f);
    reactor_enter(w.reactor);
    struct called called = {.manager = (struct ws_manager *)&w};
    struct ws_async_options options = {.done = on_called, .ctx = &called};
    CHECK_INT(ws_registry_available_async(w.registry, &options, &f), ERR_OK);
    CHECK_INT(called.calls, 0);
    reactor_turn(w.reactor, 0);
    CHECK_INT(called.calls, 1);
    CHECK_INT(called.err, ERR_OK);
    CU_ASSERT_PTR_NULL(called.manager);
    ws_manager_future_unref(f);
    reactor_leave(w.reactor);
    world_end(&w);
}

UNIT("manager/wait", CASE(s22_is_fulfilled_by_the_first_connection),
     CASE(s22_a_waiting_thread_is_woken_by_the_event), CASE(s22_a_timeout_is_exact),
     CASE(s22_a_callback_comes_with_the_event_or_the_deadline),
     CASE(s22_who_stops_waiting_is_forgotten), CASE(s22_what_cannot_wait_is_refused),
     CASE(s22_threads_wait_cancel_and_connect), CASE(s11_each_lack_is_told_and_over_again),
     CASE(s11_asking_looks_at_the_database_again), CASE(s11_a_registry_alone_is_available))
