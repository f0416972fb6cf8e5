/* manager_inside: what the files of this room share, and nobody else includes.
 *
 * Locks, in rising rank: a shard's lock (LOCK_registry) · a manager's (LOCK_manager) · a future's (LOCK_future).
 * None is held over a callback, a post, an allocation of ours or a check. Invariants of a shard, whenever its lock is
 * free: no two managers with the same user; a manager is in `idle` exactly while it has no references. */
#ifndef SNUG_MANAGER_INSIDE_H
#define SNUG_MANAGER_INSIDE_H

#define HASH_NONFATAL_OOM 1 /* uthash: a failed HASH_ADD leaves hh.tbl NULL and nothing behind */
#include <uthash.h>
#include <utlist.h>

#undef HASH_BKT_CAPACITY_THRESH /* about one manager a bucket in place of three: fewer cache misses */
#define HASH_BKT_CAPACITY_THRESH 6U

#include "base/env.h"
#include "base/mutex.h"
#include "manager/ws_connection.h"
#include "manager/ws_manager.h"

#include <stdatomic.h>

#define SHARDS_COUNT 64
#define HASH_KEY_BYTES 16 /* crypto_shorthash_KEYBYTES */

/* First word of every handle; another while it is alive, and gone when it is freed. */
#define TAG_MANAGER UINT64_C(0x6d616e6167657201)
#define TAG_FUTURE UINT64_C(0x66757475726521a7)

struct shard {
    struct mutex lock;
    struct ws_manager *managers GUARDED_BY(lock);       /* by user; in the order of creation */
    struct ws_manager *idle GUARDED_BY(lock);           /* the longest idle first */
    struct ws_manager_future *futures GUARDED_BY(lock); /* all that live, of this shard's users */
};

/* Futures may outlive ws_registry_free, so the memory is counted. */
struct ws_registry {
    struct ws_registry_options options;
    unsigned char
        hash_key[HASH_KEY_BYTES]; /* users who choose their ids cannot choose their bucket */
    atomic_uint refs;
    atomic_bool closing; /* set before the shards are emptied, read under their locks */
    atomic_size_t count, connections, users_connected;
    atomic_uint_least64_t created, freed;
    atomic_uint sweep_first;
    struct mutex tasks_lock;
    struct condition tasks_ended;
    unsigned tasks_count GUARDED_BY(tasks_lock); /* checks that wait or run */
    struct shard shards[SHARDS_COUNT];
};

struct ws_manager {
    uint64_t tag;
    struct ws_registry *registry;
    struct shard *shard;
    atomic_uint refs; /* 0 -> 1 and 1 -> 0 only under the shard's lock */
    enum ws_mode mode;
    int64_t created_ms;    /* since 1970 */
    int64_t idle_since_ms; /* monotonic; under the shard's lock, with the two links */
    struct ws_manager *prev, *next;
    UT_hash_handle hh;
    struct mutex lock;
    struct ws_connection *connections GUARDED_BY(lock); /* by id; in the order of adding */
    uint64_t connections_added GUARDED_BY(lock);
    atomic_uint connections_count; /* written under the lock */
    char id[UUID_SIZE];
    struct text channel; /* "user:<id>", over `bytes`; the user is its end */
    char bytes[];
};

/* ---- ws_registry.c */

/* ERR_OK if a manager may be asked for like that. errors: ERR_NO_USER, ERR_LIMIT, ERR_MODE */
enum err request_check(struct text user, enum ws_mode mode);

/* The shard of a user, and the user's hash in it. */
struct shard *shard_of(struct ws_registry *r, struct text user, unsigned *out_hash);

/* Gives a reference back; the last one makes the manager idle from now_ms on. */
void manager_give_back(struct shard *s, struct ws_manager *m, int64_t now_ms)
    CLANG(requires_capability(s->lock));

struct ws_registry *registry_ref(struct ws_registry *r);
void registry_unref(struct ws_registry *r);

/* ---- ws_future.c */

/* Ends the futures of one shard with ERR_CLOSED and takes their managers from them. */
void futures_close(struct ws_registry *r, struct shard *s);

/* Returns when no check waits or runs any more. */
void futures_wait_for_tasks(struct ws_registry *r);

#endif
