/* future_inside: a future of a manager, shared by the files that make, fulfil and end one. Nobody else includes it.
 *
 * The outcome is set once, under the future's lock, by whoever comes first. A future that waits for a connection stands in
 * its manager's list of waiters without being held there: who takes it from the list looks whether it is alive. */
#ifndef SNUG_MANAGER_FUTURE_INSIDE_H
#define SNUG_MANAGER_FUTURE_INSIDE_H

#include "manager/manager_inside.h"
#include "net/reactor.h"

struct ws_manager_future {
    uint32_t tag;     /* first */
    atomic_uint refs; /* of the asker, of the check, of the reactor until delivered, of each post */
    struct ws_registry *registry; /* one reference */
    struct shard *shard;
    struct ws_manager_future *prev, *next; /* under the shard's lock, as `listed` */
    bool listed;
    struct ws_manager_future *prev_waiter,
        *next_waiter; /* under the lock of the manager it waits for, as `waiting` */
    bool waiting;
    enum ws_mode mode;
    int64_t deadline_ms;

    struct mutex lock;
    struct condition changed;
    bool done GUARDED_BY(lock);
    enum err err GUARDED_BY(lock);
    struct ws_manager *manager GUARDED_BY(lock); /* one reference, of the same shard */
    struct ws_manager *waits_for
        GUARDED_BY(lock); /* its first connection; one reference, until there is an outcome */
    bool announced GUARDED_BY(lock); /* the callback came, or its post was taken */

    struct reactor *reactor; /* of the callback; NULL: none */
    void (*callback)(void *ctx, enum err e, struct ws_manager *manager);
    void *ctx;
    struct timer timer OWNED_BY(role_reactor);
    int64_t look_ms OWNED_BY(role_reactor);
    bool delivered OWNED_BY(role_reactor);

    size_t user_len;
    char user[];
};

/* ---- ws_future.c */

/* With one reference. user may be empty: of no manager. NULL: no memory. */
struct ws_manager_future *future_make(struct ws_registry *r, struct text user, enum ws_mode mode,
                                      const struct ws_async_options *options);
struct ws_manager_future *future_hold(struct ws_manager_future *f);
/* Gives a reference back that is not the last: the caller has another. */
void future_release(struct ws_manager_future *f);
/* A reference, unless the last one is just being given back (by a thread that waits for a lock). */
bool future_hold_if_alive(struct ws_manager_future *f);
bool future_is_done(struct ws_manager_future *f);

/* Sets the outcome and tells the reactor that asked, unless there is an outcome. False: there was, and the manager's
 * reference is still the caller's. */
bool future_settle(struct ws_manager_future *f, enum err e, struct ws_manager *m);

/* Begins one that future_make has made, by `start`, with the timer of its callback if it has one.
 * errors: ERR_CLOSED, ERR_NOMEM, those of `start` */
MUST_USE enum err future_begin(struct ws_manager_future *f,
                               enum err (*start)(struct ws_manager_future *f));

#endif
