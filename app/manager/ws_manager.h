/* ws_manager: every user has exactly one WebSocket manager; it knows that user's connections and no other's.
 *
 * Two ways to get it, with the same result: ws_manager_get, synchronous, in memory, never waits; and
 * ws_manager_get_async, which first lets a deferred task check that the service is available, and gives a future.
 * Keys are the full bytes of the user id: nothing is derived, nothing falls back. A call on a manager reaches its own
 * user's connections only: no call takes a foreign user id. What a manager does with its connections (adding, sending,
 * closing), and the one call that reaches everybody's, are in manager/ws_connection.h.
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

/* How a manager works, the widest first. What each may do is enum ws_power, and one table in ws_mode.c. */
enum ws_mode {
    WS_MODE_UNIFIED,  /* everything */
    WS_MODE_ISOLATED, /* takes no part in broadcasts */
    WS_MODE_DEGRADED, /* delivers to who is there and stores nothing: no message for who is not, no row of a connection */
    WS_MODE_EMERGENCY, /* takes no new connection; those it has go on as ever */
};

enum ws_power {
    WS_TAKES_CONNECTIONS = 1,
    WS_STORES = 2, /* messages of user:<id> for who comes back; the history of its connections */
    WS_HEARS_BROADCASTS = 4,
};

/* What the service may lack to take a user now (S11). */
enum ws_lack {
    WS_LACKS_LISTENER = 1, /* it takes no connections: not yet, or not any more */
    WS_LACKS_REACTOR = 2,  /* a reactor has not turned for a second */
    WS_LACKS_DATABASE = 4, /* the last commit failed, or one takes too long */
    WS_LACKS_DISK = 8,     /* less is free than the limit: reading goes on */
};

struct ws_registry_options {
    const struct env *env; /* borrowed, for the registry's and its futures' life */
    struct hub *
        hub; /* ws_manager_send publishes to user:<id> through it; NULL: sends go straight to the connections */
    struct task_queue *tasks; /* borrowed; runs the checks; NULL only without `available` */
    /* Of one user: 10; 0: no limit. What its connections may hold together follows: connections_max times the
     * subscriptions and the queue of one (session's channel_limit and queue_max_bytes). */
    unsigned connections_max;
    size_t managers_max; /* of all users together, about 0.5 KB each; 0: no limit */
    int64_t idle_ms;     /* 60,000; 0: the next sweep frees what is idle */
    int64_t deadline_ms; /* of an asynchronous get; 0: WS_DEADLINE_MS */
    /* Whether the service can take a user now; run on a task thread, may block to deadline_ms (monotonic); may call
     * the registry. NULL: always, without a task. */
    enum err (*available)(void *ctx, int64_t deadline_ms);
    void *available_ctx;
    /* What the service lacks now, as a set of enum ws_lack, from what is true of listeners, reactors, database and disk.
     * Must be lock-free. NULL: nothing. */
    unsigned (*lacks)(void *ctx);
    void *lacks_ctx;
    enum ws_mode mode; /* that no manager is wider than, whatever it was asked for */
    /* The whole server's level, as such a mode for as long as it lasts (S33); asked whenever a mode matters. Must be
     * lock-free: reactors call it. NULL: WS_MODE_UNIFIED. */
    enum ws_mode (*level)(void *ctx);
    void *level_ctx;
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
 * errors: ERR_NO_USER empty id; ERR_LIMIT id over WS_USER_BYTES_MAX; ERR_MODE; ERR_FULL managers_max are there and none of
 * them is idle (an idle one is freed at once for a new one); ERR_NOMEM; ERR_CLOSED. Nothing was registered then */
MUST_USE enum err ws_manager_get(struct ws_registry *r, struct text user, enum ws_mode mode,
                                 struct ws_manager **out_manager);

/* The user's manager or NULL; with one reference. */
struct ws_manager *ws_manager_find(struct ws_registry *r, struct text user);

struct ws_manager *ws_manager_ref(struct ws_manager *m);
struct ws_manager *ws_manager_unref(struct ws_manager *m); /* NULL is welcome; returns NULL */

/* ---- the asynchronous way */

/* How a future ends; the same for whatever was asked for. */
struct ws_async_options {
    int64_t timeout_ms; /* 0: the registry's deadline */
    /* Called exactly once, with the outcome, on the reactor thread that asked, never before the asking call
     * returns; also after cancel and timeout. A full mailbox delays it by a second at most. NULL: wait with
     * ws_manager_future_wait. manager: a reference for the callee, NULL on errors. */
    void (*done)(void *ctx, enum err e, struct ws_manager *manager);
    void *ctx;
};

/* A future of the same manager that ws_manager_get gives. options may be NULL. The caller owns a reference to the
 * future.
 * errors: ERR_NO_USER, ERR_LIMIT, ERR_MODE; ERR_THREAD a callback was asked for, but this is no reactor's thread;
 * ERR_BUSY the task queue is full; ERR_FULL; ERR_CLOSED; ERR_NOMEM: no future, no callback, nothing registered */
MUST_USE enum err ws_manager_get_async(struct ws_registry *r, struct text user, enum ws_mode mode,
                                       const struct ws_async_options *options,
                                       struct ws_manager_future **out_future);

/* A future of the user's manager with the first connection: fulfilled by ws_connection_add itself, at once if the user has
 * one already. The manager is made, and stays as long as the future. Given back without a callback before its outcome, it
 * waits no more.
 * errors: those of ws_manager_get; ERR_THREAD; ERR_BUSY 1,024 wait for this user already */
MUST_USE enum err ws_manager_connected_async(struct ws_registry *r, struct text user,
                                             const struct ws_async_options *options,
                                             struct ws_manager_future **out_future);

/* Waits to the future's deadline, at most timeout_ms (0: looks only). A reference for the caller on ERR_OK, each time
 * it is called. ERR_TIMEOUT before the deadline changes nothing; at the deadline it is the outcome.
 * errors: ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED, what the availability check said, ERR_FULL; ERR_THREAD on a reactor or
 * the writer */
MUST_USE enum err ws_manager_future_wait(struct ws_manager_future *f, int64_t timeout_ms,
                                         struct ws_manager **out_manager);

/* The outcome becomes ERR_CANCELLED if it has none yet; true if so. */
bool ws_manager_future_cancel(struct ws_manager_future *f);

/* Gives the future back, before its outcome too: the callback comes all the same. NULL is welcome. Returns NULL. */
struct ws_manager_future *ws_manager_future_unref(struct ws_manager_future *f);

/* ws_manager_future_wait for callers without types (bindings): looks at the tag first.
 * errors: ERR_NOT_AWAITABLE `handle` is a manager or nothing of ours, nothing changed; those of _wait */
MUST_USE enum err ws_await(void *handle, int64_t timeout_ms, struct ws_manager **out_manager);

/* ---- attributes */
struct text ws_manager_user(const struct ws_manager *m); /* borrowed while a reference is held */
#define WS_MANAGER_ID_SIZE 37
/* A UUID that says nothing about the user. */
void ws_manager_id(const struct ws_manager *m, char out[WS_MANAGER_ID_SIZE]);
int64_t ws_manager_created_at(const struct ws_manager *m); /* ms since 1970 */

/* The mode it works in now: the one it was created in, or the registry's or the server's level where that is narrower. */
enum ws_mode ws_manager_mode(const struct ws_manager *m);
/* Whether it has a power now: only if the mode of its creation, the registry's and the server's level all have it. */
bool ws_manager_may(const struct ws_manager *m, enum ws_power power);

size_t ws_manager_connections(struct ws_manager *m);

/* True while a connection had a pong or data within the time it was given (S21). now_ms: monotonic */
bool ws_manager_active(struct ws_manager *m, int64_t now_ms);

/* ---- whether the service can take a user now */

/* What it lacks, a set of enum ws_lack; 0: nothing. Lock-free: it says what was true at the last commit, turn or look. */
unsigned ws_registry_lacks(const struct ws_registry *r);
bool ws_registry_available(const struct ws_registry *r); /* it lacks nothing */

/* The same after the registry's check on a task thread, which looks at the database once more. The future's outcome has no
 * manager: ERR_OK; what the check said; ERR_UNAVAILABLE something else is lacking. errors: those of ws_manager_get_async */
MUST_USE enum err ws_registry_available_async(struct ws_registry *r,
                                              const struct ws_async_options *options,
                                              struct ws_manager_future **out_future);

const char *ws_lack_name(enum ws_lack lack); /* "listener", "reactor", "database", "disk" */

/* ---- the registry as a whole */
struct ws_registry_status {
    size_t count;
    uint64_t created, freed;
    int64_t oldest_ms; /* created_at of the manager that is there for the longest; 0: none */
    size_t connections;
    size_t users_connected;
};
struct ws_registry_status ws_registry_status(struct ws_registry *r);

/* Frees managers that are idle for the idle time or longer, at most about WS_SWEEP_MAX; called by the owner's timer. After
 * many of them their memory goes back to the system, for which others may wait some milliseconds. Returns how many. */
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

const char *ws_mode_name(enum ws_mode mode); /* "unified"; "unknown" */
/* errors: ERR_MODE no such name */
MUST_USE enum err ws_mode_of(struct text name, enum ws_mode *out_mode);

#ifdef __cplusplus
}
#endif

#endif
