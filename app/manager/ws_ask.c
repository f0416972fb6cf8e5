/* ws_ask: what a future may be asked for: a manager or the service's state, after a check on a task thread; a user's first
 * connection. */
#include "manager/future_inside.h"

#include "base/task_queue.h"

#define WAITERS_MAX 1024 /* futures that wait for the same user */

/* ---- the check */

static void count_task(struct ws_registry *r, int change)
{
    mutex_lock(&r->tasks_lock);
    r->tasks_count += (unsigned)change;
    if (r->tasks_count == 0)
        condition_broadcast(&r->tasks_ended);
    mutex_unlock(&r->tasks_lock);
}

void futures_wait_for_tasks(struct ws_registry *r)
{
    mutex_lock(&r->tasks_lock);
    while (r->tasks_count > 0)
        condition_wait(&r->tasks_ended, &r->tasks_lock, INT64_MAX);
    mutex_unlock(&r->tasks_lock);
}

/* The manager; for a future of none, what the service lacks. */
static enum err get_or_look(struct ws_manager_future *f, struct ws_manager **out_manager)
{
    struct text user = {f->user, f->user_len};
    if (f->user_len > 0)
        return ws_manager_get(f->registry, user, f->mode, out_manager);
    return ws_registry_available(f->registry) ? ERR_OK : ERR_UNAVAILABLE;
}

static enum err check(struct ws_manager_future *f, struct ws_manager **out_manager)
{
    const struct ws_registry_options *o = &f->registry->options;
    if (env_monotonic_ms(o->env) >= f->deadline_ms)
        return ERR_TIMEOUT; /* it waited too long for a thread */
    enum err e = o->available(o->available_ctx, f->deadline_ms);
    if (e != ERR_OK)
        return e;
    if (env_monotonic_ms(o->env) >= f->deadline_ms)
        return ERR_TIMEOUT;
    return get_or_look(f, out_manager);
}

static void run_check(void *thread, void *data)
{
    (void)thread;
    struct ws_manager_future *f = data;
    struct ws_registry *r = registry_ref(f->registry);
    if (!future_is_done(f)) {
        struct ws_manager *m = NULL;
        enum err e = check(f, &m);
        if (!future_settle(f, e, m))
            ws_manager_unref(m);
    }
    ws_manager_future_unref(f); /* the check's */
    count_task(r, -1);
    registry_unref(r);
}

/* Starts the check; without one the outcome is there at once. errors: ERR_BUSY, ERR_CLOSED, those of ws_manager_get */
static enum err start_check(struct ws_manager_future *f)
{
    struct ws_registry *r = f->registry;
    if (!r->options.available) {
        struct ws_manager *m = NULL;
        enum err e = get_or_look(f, &m);
        if (e != ERR_OK && f->user_len > 0)
            return e;
        if (!future_settle(f, e, m))
            ws_manager_unref(m);
        return ERR_OK;
    }
    count_task(r, 1);
    enum err e = task_queue_push(r->options.tasks, (struct task){run_check, future_hold(f)});
    if (e != ERR_OK) {
        future_release(f);
        count_task(r, -1);
    }
    return e;
}

/* ---- a connection */

/* From now on whoever sets its outcome takes it from the manager's list. False: the registry has ended it already. */
static bool note_manager(struct ws_manager_future *f, struct ws_manager *m)
{
    mutex_lock(&f->lock);
    bool open = !f->done;
    if (open)
        f->waits_for = ws_manager_ref(m);
    mutex_unlock(&f->lock);
    return open;
}

/* In the list of its manager, or fulfilled at once. errors: ERR_BUSY; those of ws_manager_get */
static enum err wait_for_connection(struct ws_manager_future *f)
{
    struct ws_manager *m;
    struct text user = {f->user, f->user_len};
    enum err e = ws_manager_get(f->registry, user, f->mode, &m);
    if (e != ERR_OK)
        return e;
    mutex_lock(&m->shard->inner);
    bool there = atomic_load_explicit(&m->connections_count, memory_order_relaxed) > 0;
    if (!there && m->waiters_count == WAITERS_MAX)
        e = ERR_BUSY;
    if (!there && e == ERR_OK && note_manager(f, m)) {
        DL_APPEND2(m->held.waiters, f, prev_waiter, next_waiter);
        m->waiters_count++;
        f->waiting = true;
    }
    mutex_unlock(&m->shard->inner);
    if (there && future_settle(f, ERR_OK, m))
        m = NULL; /* the future's */
    ws_manager_unref(m);
    return e;
}

void waiters_wake(struct ws_manager *m, struct ws_manager_future *waiters)
{
    while (waiters) {
        struct ws_manager_future *f = waiters;
        DL_DELETE2(waiters, f, prev_waiter, next_waiter);
        if (!future_settle(f, ERR_OK, ws_manager_ref(m)))
            ws_manager_unref(m);
        ws_manager_future_unref(f);
    }
}

struct ws_manager_future *waiters_take(struct ws_manager *m)
{
    struct ws_manager_future *taken = NULL, *f, *next;
    DL_FOREACH_SAFE2(m->held.waiters, f, next, next_waiter)
    {
        DL_DELETE2(m->held.waiters, f, prev_waiter, next_waiter);
        f->waiting = false;
        if (future_hold_if_alive(f))
            DL_APPEND2(taken, f, prev_waiter, next_waiter);
    }
    m->waiters_count = 0;
    return taken;
}

/* ---- asking */

static enum err ask(struct ws_registry *r, struct text user, enum ws_mode mode,
                    const struct ws_async_options *options,
                    enum err (*start)(struct ws_manager_future *f),
                    struct ws_manager_future **out_future)
{
    if (options && options->done && !reactor_current())
        return ERR_THREAD;
    struct ws_manager_future *f = future_make(r, user, mode, options);
    if (!f)
        return ERR_NOMEM;
    enum err e = future_begin(f, start);
    if (e == ERR_OK) {
        *out_future = f;
        f = NULL; /* handed over */
    }
    ws_manager_future_unref(f);
    return e;
}

enum err ws_manager_get_async(struct ws_registry *r, struct text user, enum ws_mode mode,
                              const struct ws_async_options *options,
                              struct ws_manager_future **out_future)
{
    enum err e = request_check(user, mode);
    return e == ERR_OK ? ask(r, user, mode, options, start_check, out_future) : e;
}

enum err ws_registry_available_async(struct ws_registry *r, const struct ws_async_options *options,
                                     struct ws_manager_future **out_future)
{
    return ask(r, TEXT_NONE, WS_MODE_UNIFIED, options, start_check, out_future);
}

enum err ws_manager_connected_async(struct ws_registry *r, struct text user,
                                    const struct ws_async_options *options,
                                    struct ws_manager_future **out_future)
{
    enum err e = request_check(user, WS_MODE_UNIFIED);
    return e == ERR_OK ? ask(r, user, WS_MODE_UNIFIED, options, wait_for_connection, out_future)
                       : e;
}
