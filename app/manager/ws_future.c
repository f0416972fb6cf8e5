/* ws_future: the asynchronous way to a manager: a check on a task thread, then a future or a callback.
 *
 * The outcome is set once, under the future's lock, by whoever comes first: the check, the deadline, a cancel, the
 * registry's end. A callback is a matter of the reactor that asked: the outcome is posted to it. A timer of that
 * reactor keeps the deadline even while the check hangs, and looks at the outcome at doubling intervals in between, so
 * that a full mailbox delays a callback by at most LOOK_MAX_MS and never loses it. `delivered` belongs to that reactor
 * and makes the callback come once, whichever of the two is faster. */
#include "manager/future_inside.h"

#include "base/must.h"

#include <stdlib.h>

#define LOOK_FIRST_MS 50
#define LOOK_MAX_MS 1000
#define WAIT_MAX_MS (INT64_C(1) << 40)

static int64_t at_most(int64_t n, int64_t max)
{
    return n < max ? n : max;
}

/* ---- life */

NO_THREAD_CHECK struct ws_manager_future *future_make(struct ws_registry *r, struct text user,
                                                      enum ws_mode mode,
                                                      const struct ws_async_options *options)
{
    struct ws_manager_future *f = calloc(1, sizeof *f + user.len);
    if (!f)
        return NULL;
    unsigned hash;
    int64_t timeout_ms = r->options.deadline_ms;
    if (options && options->timeout_ms > 0)
        timeout_ms = options->timeout_ms;
    f->tag = TAG_FUTURE;
    atomic_init(&f->refs, 1);
    f->registry = registry_ref(r);
    f->shard = shard_of(r, user, &hash);
    f->mode = mode;
    f->deadline_ms = env_monotonic_ms(r->options.env) + at_most(timeout_ms, WAIT_MAX_MS);
    mutex_init(&f->lock, LOCK_future);
    condition_init(&f->changed);
    if (options && options->done) {
        f->reactor = reactor_current();
        f->callback = options->done;
        f->ctx = options->ctx;
    }
    f->user_len = user.len;
    if (user.len > 0)
        memcpy(f->user, user.data, user.len);
    return f;
}

struct ws_manager_future *future_hold(struct ws_manager_future *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void future_release(struct ws_manager_future *f)
{
    unsigned before = atomic_fetch_sub_explicit(&f->refs, 1, memory_order_release);
    must(before > 1);
}

bool future_hold_if_alive(struct ws_manager_future *f)
{
    unsigned refs = atomic_load_explicit(&f->refs, memory_order_relaxed);
    while (refs > 0)
        if (atomic_compare_exchange_weak_explicit(&f->refs, &refs, refs + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    return false;
}

/* Takes it out of the list of those who wait, if it is there. */
static void stop_waiting(struct ws_manager_future *f, struct ws_manager *m)
{
    mutex_lock(&m->shard->inner);
    if (f->waiting)
        DL_DELETE2(m->held.waiters, f, prev_waiter, next_waiter);
    m->waiters_count -= f->waiting;
    f->waiting = false;
    mutex_unlock(&m->shard->inner);
}

NO_THREAD_CHECK struct ws_manager_future *ws_manager_future_unref(struct ws_manager_future *f)
{
    if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) > 1)
        return NULL;
    struct ws_registry *r = f->registry;
    int64_t now_ms = env_monotonic_ms(r->options.env);
    mutex_lock(&f->shard->lock);
    if (f->listed)
        DL_DELETE(f->shard->futures, f);
    if (f->manager)
        manager_give_back(f->shard, f->manager, now_ms);
    if (f->waits_for) {
        stop_waiting(f, f->waits_for);
        manager_give_back(f->shard, f->waits_for, now_ms);
    }
    mutex_unlock(&f->shard->lock);
    condition_fini(&f->changed);
    mutex_fini(&f->lock);
    f->tag = 0;
    free(f);
    registry_unref(r);
    return NULL;
}

/* ---- the outcome */

/* Sets it, unless there is one. True: it was the first, and the manager's reference is the future's. */
static bool settle(struct ws_manager_future *f, enum err e, struct ws_manager *m)
{
    struct ws_manager *waited = NULL;
    mutex_lock(&f->lock);
    bool first = !f->done;
    if (first) {
        f->done = true;
        f->err = e;
        f->manager = m;
        waited = f->waits_for;
        f->waits_for = NULL;
        condition_broadcast(&f->changed);
    }
    mutex_unlock(&f->lock);
    if (waited) {
        stop_waiting(f, waited);
        ws_manager_unref(waited);
    }
    return first;
}

bool future_is_done(struct ws_manager_future *f)
{
    mutex_lock(&f->lock);
    bool done = f->done;
    mutex_unlock(&f->lock);
    return done;
}

/* What it came to, with a reference to the manager for the caller; ERR_TIMEOUT if there is nothing yet. */
static enum err outcome(struct ws_manager_future *f, struct ws_manager **out_manager)
{
    mutex_lock(&f->lock);
    enum err e = f->done ? f->err : ERR_TIMEOUT;
    *out_manager = f->done && f->manager ? ws_manager_ref(f->manager) : NULL;
    mutex_unlock(&f->lock);
    return e;
}

/* ---- the callback */

static bool announced(struct ws_manager_future *f, bool now)
{
    mutex_lock(&f->lock);
    f->announced = f->announced || now;
    bool is = f->announced;
    mutex_unlock(&f->lock);
    return is;
}

static void call_back(struct ws_manager_future *f) ON(role_reactor);
static void call_back(struct ws_manager_future *f)
{
    f->delivered = true;
    (void)announced(f, true);
    struct ws_manager *m;
    enum err e = outcome(f, &m);
    f->callback(f->ctx, e, m);
}

static void call_back_once(struct ws_manager_future *f) ON(role_reactor);
static void call_back_once(struct ws_manager_future *f)
{
    if (f->delivered)
        return;
    timer_cancel(f->reactor, &f->timer);
    call_back(f);
    future_release(f); /* the reactor's; the caller has its own */
}

static void run_posted(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    (void)object;
    (void)number;
    call_back_once(subject);
    ws_manager_future_unref(subject); /* the post's */
}

/* Tells the reactor, once, that there is an outcome. errors: ERR_CLOSED, ERR_BUSY: its timer will find it */
static enum err announce(struct ws_manager_future *f)
{
    if (!f->reactor || announced(f, false))
        return ERR_OK;
    enum err e = reactor_post(f->reactor, run_posted, future_hold(f), NULL, 0);
    if (e == ERR_OK)
        (void)announced(f, true);
    else
        future_release(f);
    return e;
}

bool future_settle(struct ws_manager_future *f, enum err e, struct ws_manager *m)
{
    bool first = settle(f, e, m);
    if (first)
        (void)announce(f);
    return first;
}

static void on_timer(struct timer *t)
{
    role_assert(&role_reactor);
    struct ws_manager_future *f = TIMER_OWNER(t, struct ws_manager_future, timer);
    int64_t now_ms = env_monotonic_ms(f->registry->options.env);
    if (!future_is_done(f)) {
        enum err e = ERR_TIMEOUT;
        if (now_ms < f->deadline_ms) {
            f->look_ms = at_most(f->look_ms * 2, LOOK_MAX_MS);
            e = timer_set(f->reactor, &f->timer, at_most(now_ms + f->look_ms, f->deadline_ms));
        }
        if (e == ERR_OK)
            return;
        (void)settle(f, e, NULL); /* too late, or no memory to look again */
    }
    call_back(f);
    ws_manager_future_unref(f); /* the reactor's */
}

/* errors: ERR_NOMEM */
static enum err arm(struct ws_manager_future *f) ON(role_reactor);
static enum err arm(struct ws_manager_future *f)
{
    int64_t now_ms = env_monotonic_ms(f->registry->options.env);
    f->timer.fire = on_timer;
    f->look_ms = LOOK_FIRST_MS;
    enum err e = timer_set(f->reactor, &f->timer, at_most(now_ms + LOOK_FIRST_MS, f->deadline_ms));
    if (e == ERR_OK)
        (void)future_hold(f); /* the reactor's, until delivered */
    return e;
}

static void disarm(struct ws_manager_future *f) ON(role_reactor);
static void disarm(struct ws_manager_future *f)
{
    f->delivered = true; /* a registry that ends at this moment may have posted already */
    timer_cancel(f->reactor, &f->timer);
    future_release(f);
}

/* ---- beginning */

static enum err enlist(struct ws_manager_future *f)
{
    mutex_lock(&f->shard->lock);
    enum err e = atomic_load(&f->registry->closing) ? ERR_CLOSED : ERR_OK;
    if (e == ERR_OK) {
        DL_APPEND(f->shard->futures, f);
        f->listed = true;
    }
    mutex_unlock(&f->shard->lock);
    return e;
}

/* On the reactor's own thread: with the timer that keeps the deadline. */
static enum err begin_with_callback(struct ws_manager_future *f,
                                    enum err (*start)(struct ws_manager_future *f))
{
    role_assert(&role_reactor);
    enum err e = arm(f);
    if (e != ERR_OK)
        return e;
    e = start(f);
    if (e != ERR_OK)
        disarm(f);
    return e;
}

enum err future_begin(struct ws_manager_future *f, enum err (*start)(struct ws_manager_future *f))
{
    enum err e = enlist(f);
    if (e == ERR_OK)
        e = f->reactor ? begin_with_callback(f, start) : start(f);
    return e;
}

/* ---- waiting, cancelling */

enum err ws_manager_future_wait(struct ws_manager_future *f, int64_t timeout_ms,
                                struct ws_manager **out_manager)
{
    if (role_is(&role_reactor) || role_is(&role_writer))
        return ERR_THREAD;
    int64_t left_ms = f->deadline_ms - env_monotonic_ms(f->registry->options.env);
    bool to_deadline = left_ms <= timeout_ms;
    int64_t until_ms = env_monotonic_ms(&env_real) + at_most(left_ms, timeout_ms);
    mutex_lock(&f->lock);
    while (!f->done && env_monotonic_ms(&env_real) < until_ms)
        condition_wait(&f->changed, &f->lock, until_ms);
    mutex_unlock(&f->lock);
    if (to_deadline)
        (void)future_settle(f, ERR_TIMEOUT, NULL);
    struct ws_manager *m;
    enum err e = outcome(f, &m);
    if (e == ERR_OK)
        *out_manager = m;
    return e;
}

bool ws_manager_future_cancel(struct ws_manager_future *f)
{
    return future_settle(f, ERR_CANCELLED, NULL);
}

/* True if `handle` begins with the tag of a future. */
static bool is_future(const void *handle)
{
    uint32_t tag = 0;
    if (handle && (uintptr_t)handle % _Alignof(struct ws_manager_future) == 0)
        memcpy(&tag, handle, sizeof tag);
    return tag == TAG_FUTURE;
}

enum err ws_await(void *handle, int64_t timeout_ms, struct ws_manager **out_manager)
{
    if (!is_future(handle))
        return ERR_NOT_AWAITABLE;
    return ws_manager_future_wait(handle, timeout_ms, out_manager);
}

/* ---- the end of the registry */

/* The outcome becomes ERR_CLOSED, unless it is another error; its managers go back. */
static void strip(struct ws_manager_future *f, int64_t now_ms)
    CLANG(requires_capability(f->shard->lock));
static void strip(struct ws_manager_future *f, int64_t now_ms)
{
    mutex_lock(&f->lock);
    struct ws_manager *m = f->manager;
    if (!f->done || m)
        f->err = ERR_CLOSED;
    f->done = true;
    f->manager = NULL;
    struct ws_manager *waited = f->waits_for;
    f->waits_for = NULL;
    condition_broadcast(&f->changed);
    mutex_unlock(&f->lock);
    if (m)
        manager_give_back(f->shard, m, now_ms);
    if (waited) {
        stop_waiting(f, waited);
        manager_give_back(f->shard, waited, now_ms);
    }
}

/* The reactor's thread has ended: this one takes its place for the call. */
static void call_back_here(struct ws_manager_future *f)
{
    reactor_enter(f->reactor);
    call_back_once(f);
    reactor_leave(f->reactor);
}

NO_THREAD_CHECK void futures_close(struct ws_registry *r, struct shard *s)
{
    int64_t now_ms = env_monotonic_ms(r->options.env);
    for (;;) {
        mutex_lock(&s->lock);
        struct ws_manager_future *f = s->futures;
        bool alive = false;
        if (f) {
            DL_DELETE(s->futures, f);
            f->listed = false;
            strip(f, now_ms);
            alive = future_hold_if_alive(f);
        }
        mutex_unlock(&s->lock);
        if (!f)
            return;
        if (!alive)
            continue;
        if (announce(f) == ERR_CLOSED)
            call_back_here(f);
        ws_manager_future_unref(f);
    }
}
