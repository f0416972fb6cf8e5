/* manager_inside: what the files of this room share, and nobody else includes.
 *
 * Locks, in rising rank: a shard's lock (LOCK_registry) · its second one, for what is in its managers (LOCK_manager) · a
 * future's (LOCK_future).
 * None is held over a callback, a post, an allocation of ours or a check. Invariants of a shard, whenever its lock is
 * free: no two managers with the same user; a manager is in `idle` exactly while it has no references. */
#ifndef SNUG_MANAGER_INSIDE_H
#define SNUG_MANAGER_INSIDE_H

#include <utlist.h>

#include "base/env.h"
#include "base/hash.h"
#include "base/mutex.h"
#include "base/table.h"
#include "manager/ws_connection.h"
#include "manager/ws_manager.h"

#include <stdatomic.h>
#include <stddef.h>

#define SHARDS_COUNT 64

/* First word of every handle; another while it is alive, and gone when it is freed. */
#define TAG_MANAGER UINT32_C(0x6d616e01)
#define TAG_FUTURE UINT32_C(0x667574a7)

struct shard {
    struct ws_registry *registry;
    struct mutex lock, inner;
    struct table managers GUARDED_BY(lock);             /* by user */
    struct ws_manager *oldest GUARDED_BY(lock);         /* NULL: to be looked for */
    struct ws_manager *idle GUARDED_BY(lock);           /* the longest idle first */
    struct ws_manager_future *futures GUARDED_BY(lock); /* all that live, of this shard's users */
};

/* Futures may outlive ws_registry_free, so the memory is counted. */
struct ws_registry {
    struct ws_registry_options options;
    struct hash_key hash_key;
    atomic_uint refs;
    atomic_bool closing; /* set before the shards are emptied, read under their locks */
    atomic_size_t count, connections, users_connected;
    atomic_uint_least64_t created, freed;
    atomic_uint made; /* managers, also those that were not needed */
    atomic_uint sweep_first;
    atomic_size_t untrimmed; /* managers freed since memory was last given back to the system */
    struct mutex tasks_lock;
    struct condition tasks_ended;
    unsigned tasks_count GUARDED_BY(tasks_lock); /* checks that wait or run */
    struct shard shards[SHARDS_COUNT];
};

/* While somebody holds a manager, what is in it; while nobody does, its place among the idle. */
struct manager_held {
    struct table connections GUARDED_BY(shard->inner);          /* by id */
    struct ws_manager_future *waiters GUARDED_BY(shard->inner); /* for the first of them */
};
struct manager_idle {
    int64_t since_ms;               /* monotonic */
    struct ws_manager *prev, *next; /* in the shard's list */
};

struct ws_manager {
    uint32_t tag;
    atomic_uint refs; /* 0 -> 1 and 1 -> 0 only under the shard's lock */
    struct shard *shard;
    struct table_link by_user; /* its `own`: which one it is of those made, the lower half */
    int64_t created_ms;        /* since 1970 */
    union {
        struct manager_held held; /* refs > 0 */
        struct manager_idle idle; /* refs == 0; under the shard's lock */
    };
    atomic_uint connections_count; /* written under the shard's inner lock, as what is held */
    uint16_t waiters_count GUARDED_BY(shard->inner);
    uint8_t mode; /* enum ws_mode, as it was asked for at the creation */
    uint8_t user_len;
    char user[];
};

_Static_assert(offsetof(struct ws_manager, user) <= 72, "each user has one");

/* All managers of a shard, after NULL the first; see table_next. */
static inline struct ws_manager *manager_of(struct table_link *l)
{
    return l ? (struct ws_manager *)((char *)l - offsetof(struct ws_manager, by_user)) : NULL;
}

static inline struct ws_manager *manager_after(const struct shard *s, const struct ws_manager *m)
    CLANG(requires_capability(s->lock));
static inline struct ws_manager *manager_after(const struct shard *s, const struct ws_manager *m)
{
    return manager_of(table_next(&s->managers, m ? &m->by_user : NULL));
}

static inline struct ws_registry *registry_of(const struct ws_manager *m)
{
    return m->shard->registry;
}

/* ---- ws_registry.c, ws_mode.c */

/* ERR_OK if a manager may be asked for like that. errors: ERR_NO_USER, ERR_LIMIT, ERR_MODE */
enum err request_check(struct text user, enum ws_mode mode);

/* The shard of a user, and the user's hash in it. */
struct shard *shard_of(struct ws_registry *r, struct text user, unsigned *out_hash);

/* The level of the whole server now. */
enum ws_mode registry_level(const struct ws_registry *r);

/* ws_manager_mode and ws_manager_may under that level. */
enum ws_mode manager_mode_at(const struct ws_manager *m, enum ws_mode level);
bool manager_may_at(const struct ws_manager *m, enum ws_mode level, enum ws_power power);

/* Shorter first, then by bytes: the numeric order of decimal ids, and some order of all others. */
static inline int user_order(struct text a, struct text b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.data, b.data, a.len) : 0;
}

/* Gives a reference back; the last one makes the manager idle from now_ms on. */
void manager_give_back(struct shard *s, struct ws_manager *m, int64_t now_ms)
    CLANG(requires_capability(s->lock));

struct ws_registry *registry_ref(struct ws_registry *r);
void registry_unref(struct ws_registry *r);

/* ---- ws_connection.c */

/* Copies the handles of all connections, at most `room`; returns how many there are. It takes the manager's lock. */
size_t connections_copy(struct ws_manager *m, struct ws_connection_handle *out, size_t room);

/* Hands a notice to each connection; returns to how many it is on its way. */
size_t connections_tell(struct ws_manager *m, struct notice *n);

/* ---- ws_ask.c */

/* Takes all that wait for a connection of this manager off its list, with a reference each. */
struct ws_manager_future *waiters_take(struct ws_manager *m)
    CLANG(requires_capability(m->shard->inner));

/* Fulfils them; without a lock. */
void waiters_wake(struct ws_manager *m, struct ws_manager_future *waiters);

/* ---- ws_future.c, ws_ask.c */

/* Ends the futures of one shard with ERR_CLOSED and takes their managers from them. */
void futures_close(struct ws_registry *r, struct shard *s);

/* Returns when no check waits or runs any more. */
void futures_wait_for_tasks(struct ws_registry *r);

#endif
