/* ws_manager: every user has exactly one WebSocket manager; it knows that user's connections and no other's.
 *
 * Two ways to get it, with the same result: ws_manager_get, synchronous, in memory, never waits; and
 * ws_manager_get_async, which first lets a deferred task check that the service is available, and gives a future.
 * Keys are the full bytes of the user id: nothing is derived, nothing falls back. A call on a manager reaches its own
 * user's connections only: no call takes a foreign user id.
 *
 * Counted: ws_manager_get, _find and a future's value give a reference, ws_manager_unref gives it back. A manager
 * without references and connections is freed after the registry's idle time. Invariants: one manager a user and registry;
 * created - freed == count. thread: any, unless a line says otherwise. */
#ifndef SNUG_MANAGER_WS_MANAGER_H
#define SNUG_MANAGER_WS_MANAGER_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

#define WS_MANAGER_API_VERSION 1

#define WS_USER_BYTES_MAX 250 /* of a user id: "user:<id>" is a channel, and fits in CHANNEL_MAX */
#define WS_DEADLINE_MS 25000  /* of an asynchronous get, unless told */
#define WS_SWEEP_MAX 4096     /* managers freed by one ws_registry_sweep, so that it is short */
#define WS_LIST_MAX 1000      /* rows of one ws_registry_list */

struct ws_registry;
struct ws_manager;        /* opaque: its constructor is private, the registry alone makes one */
struct ws_manager_future; /* opaque, and another type: passing one for the other does not compile */
struct ws_connection;
struct env;
struct hub;
struct task_queue;

enum ws_mode {
    WS_MODE_UNIFIED,
    WS_MODE_ISOLATED,
    WS_MODE_DEGRADED,
    WS_MODE_EMERGENCY,
};

struct ws_registry_options {
    const struct env *env; /* borrowed, for the registry's and its futures' life */
    struct hub *
        hub; /* ws_manager_send publishes to user:<id> through it; NULL: sends go straight to the connections */
    struct task_queue *tasks; /* borrowed; runs the checks; NULL only without `available` */
    unsigned connections_max; /* of one user: 10; 0: no limit */
    int64_t idle_ms;          /* 60,000; 0: the next sweep frees what is idle */
    int64_t deadline_ms;      /* of an asynchronous get; 0: WS_DEADLINE_MS */
    /* Whether the service can take a user now; run on a task thread, may block to deadline_ms (monotonic); may call
     * the registry. NULL: always, without a task. */
    enum err (*available)(void *ctx, int64_t deadline_ms);
    void *available_ctx;
};

/* errors: ERR_NOMEM */
MUST_USE enum err ws_registry_new(const struct ws_registry_options *options,
                                  struct ws_registry **out_registry);

/* Ends futures that wait with ERR_CLOSED, waits for the checks that still run, frees every manager; nobody may hold one
 * any more, and it aborts if somebody does. Futures may be held longer. NULL is welcome. Returns NULL.
 * Callbacks that are due still come: on their reactor if it runs; from this call, in its role, if reactor_stop has
 * returned. So: after reactor_stop or with running reactors, not in between, and before reactor_free.
 * thread: one without a role */
struct ws_registry *ws_registry_free(struct ws_registry *r);

/* ---- the synchronous way */

/* The user's manager, made if there is none; with one reference for the caller. No I/O, no wait on another user's lock.
 * A later get with another mode returns the same manager unchanged.
 * errors: ERR_NO_USER empty id; ERR_LIMIT id over WS_USER_BYTES_MAX; ERR_MODE; ERR_NOMEM nothing was registered;
 * ERR_CLOSED */
MUST_USE enum err ws_manager_get(struct ws_registry *r, struct text user, enum ws_mode mode,
                                 struct ws_manager **out_manager);

/* The user's manager or NULL; with one reference. */
struct ws_manager *ws_manager_find(struct ws_registry *r, struct text user);

struct ws_manager *ws_manager_ref(struct ws_manager *m);
struct ws_manager *ws_manager_unref(struct ws_manager *m); /* NULL is welcome; returns NULL */

/* ---- the asynchronous way */

struct ws_async_options {
    int64_t timeout_ms; /* 0: the registry's deadline */
    /* Called exactly once, with the outcome, on the reactor thread that asked, never before ws_manager_get_async
     * returns; also after cancel and timeout. A full mailbox delays it by a second at most. NULL: wait with
     * ws_manager_future_wait. manager: a reference for the callee, NULL on errors. */
    void (*done)(void *ctx, enum err e, struct ws_manager *manager);
    void *ctx;
};

/* A future of the same manager that ws_manager_get gives. options may be NULL. The caller owns a reference to the
 * future.
 * errors: ERR_NO_USER, ERR_LIMIT, ERR_MODE; ERR_THREAD a callback was asked for, but this is no reactor's thread;
 * ERR_BUSY the task queue is full; ERR_CLOSED; ERR_NOMEM: no future, no callback, nothing registered */
MUST_USE enum err ws_manager_get_async(struct ws_registry *r, struct text user, enum ws_mode mode,
                                       const struct ws_async_options *options,
                                       struct ws_manager_future **out_future);

/* Waits to the future's deadline, at most timeout_ms (0: looks only). A reference for the caller on ERR_OK, each time
 * it is called. ERR_TIMEOUT before the deadline changes nothing; at the deadline it is the outcome.
 * errors: ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED, what the availability check said; ERR_THREAD on a reactor or the
 * writer */
MUST_USE enum err ws_manager_future_wait(struct ws_manager_future *f, int64_t timeout_ms,
                                         struct ws_manager **out_manager);

/* The outcome becomes ERR_CANCELLED if it has none yet; true if so. */
bool ws_manager_future_cancel(struct ws_manager_future *f);

/* Gives the future back, before its outcome too: the callback comes all the same. NULL is welcome. Returns NULL. */
struct ws_manager_future *ws_manager_future_unref(struct ws_manager_future *f);

/* The same for callers without types (bindings): looks at the tag first.
 * errors: ERR_NOT_AWAITABLE `handle` is a manager or nothing of ours, nothing changed; those of _wait */
MUST_USE enum err ws_await(void *handle, int64_t timeout_ms, struct ws_manager **out_manager);

/* ---- attributes */
struct text ws_manager_user(const struct ws_manager *m);   /* borrowed while a reference is held */
const char *ws_manager_id(const struct ws_manager *m);     /* UUID, says nothing about the user */
int64_t ws_manager_created_at(const struct ws_manager *m); /* ms since 1970 */
enum ws_mode ws_manager_mode(const struct ws_manager *m);
size_t ws_manager_connections(struct ws_manager *m);

/* True while a connection had a pong or data within the time it was given (S21). now_ms: monotonic */
bool ws_manager_active(struct ws_manager *m, int64_t now_ms);

/* ---- the registry as a whole */
struct ws_registry_status {
    size_t count;
    uint64_t created, freed;
    int64_t oldest_ms; /* created_at of the manager that is there for the longest; 0: none */
    size_t connections;
    size_t users_connected;
};
struct ws_registry_status ws_registry_status(struct ws_registry *r);

/* Frees managers that are idle for the idle time or longer, at most about WS_SWEEP_MAX; called by the owner's timer.
 * Returns how many. */
size_t ws_registry_sweep(struct ws_registry *r);

struct ws_manager_row {
    struct text user;
    int64_t created_at;
    enum ws_mode mode;
    size_t connections;
};

/* Calls `each` for the managers after the user `after` (empty: from the start), at most `limit` and WS_LIST_MAX, each
 * with plain values that are borrowed until it returns. Order: shorter ids first, then by bytes; of decimal ids that is
 * the numeric order. Returns how many; *out_more: there are others behind them (0 and true: no memory). */
size_t ws_registry_list(struct ws_registry *r, struct text after, size_t limit,
                        void (*each)(void *ctx, const struct ws_manager_row *row), void *ctx,
                        bool *out_more);

const char *ws_mode_name(enum ws_mode mode); /* "unified" */

#ifdef __cplusplus
}
#endif

#endif
