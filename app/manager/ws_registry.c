/* ws_registry: the managers by user: found, made, counted, freed when idle. */
#include "manager/manager_inside.h"

#include "base/metrics.h"
#include "base/must.h"

#include <sodium.h>
#include <stdlib.h>

#define CHANNEL_PREFIX TEXT("user:")
#define SWEEP_BATCH 64 /* managers taken out while a shard's lock is held once */

_Static_assert(HASH_KEY_BYTES == crypto_shorthash_KEYBYTES, "the key of SipHash");

/* ---- users and shards */

enum err request_check(struct text user, enum ws_mode mode)
{
    if (user.len == 0)
        return ERR_NO_USER;
    if (user.len > WS_USER_BYTES_MAX)
        return ERR_LIMIT;
    return (unsigned)mode > WS_MODE_EMERGENCY ? ERR_MODE : ERR_OK;
}

/* SipHash under a key of this registry; the shard comes from its upper bits, uthash's bucket from the lower. */
struct shard *shard_of(struct ws_registry *r, struct text user, unsigned *out_hash)
{
    uint64_t hash = 0;
    (void)crypto_shorthash((unsigned char *)&hash, (const unsigned char *)user.data, user.len,
                           r->hash_key);
    *out_hash = (unsigned)hash;
    return &r->shards[(hash >> 32) % SHARDS_COUNT];
}

static struct ws_manager *shard_find(const struct shard *s, struct text user, unsigned hash)
    CLANG(requires_capability(s->lock));
static struct ws_manager *shard_find(const struct shard *s, struct text user, unsigned hash)
{
    struct ws_manager *m = NULL;
    HASH_FIND_BYHASHVALUE(hh, s->managers, user.data, user.len, hash, m);
    return m;
}

/* The user's manager with one more reference; NULL: there is none, or the registry is being freed. */
static struct ws_manager *shard_take(struct shard *s, struct text user, unsigned hash)
    CLANG(requires_capability(s->lock));
static struct ws_manager *shard_take(struct shard *s, struct text user, unsigned hash)
{
    struct ws_manager *m = shard_find(s, user, hash);
    if (m && atomic_load(&m->registry->closing))
        return NULL;
    if (m && atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed) == 0)
        DL_DELETE(s->idle, m);
    return m;
}

/* errors: ERR_NOMEM, nothing changed */
static enum err shard_add(struct shard *s, struct ws_manager *m, unsigned hash)
    CLANG(requires_capability(s->lock));
static enum err shard_add(struct shard *s, struct ws_manager *m, unsigned hash)
{
    struct text user = ws_manager_user(m);
    must(!shard_find(s, user, hash));                      /* S14: never two of one user */
    m->created_ms = env_wall_ms(m->registry->options.env); /* here, so that the oldest is first */
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, s->managers, user.data, user.len, hash, m);
    if (!m->hh.tbl)
        return ERR_NOMEM;
    atomic_fetch_add_explicit(&m->registry->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->registry->created, 1, memory_order_relaxed);
    return ERR_OK;
}

static void shard_drop(struct shard *s, struct ws_manager *m) CLANG(requires_capability(s->lock));
static void shard_drop(struct shard *s, struct ws_manager *m)
{
    unsigned hash = m->hh.hashv;
    must(s->managers);
    HASH_DELETE(hh, s->managers, m);
    must(!shard_find(s, ws_manager_user(m), hash)); /* S14: there was one */
    atomic_fetch_sub_explicit(&m->registry->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->registry->freed, 1, memory_order_relaxed);
}

void manager_give_back(struct shard *s, struct ws_manager *m, int64_t now_ms)
{
    unsigned before = atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel);
    must(before > 0);
    if (before > 1)
        return;
    m->idle_since_ms = now_ms;
    DL_APPEND(s->idle, m);
}

/* ---- one manager */

static NO_THREAD_CHECK struct ws_manager *manager_free(struct ws_manager *m)
{
    if (!m)
        return NULL;
    must(!m->connections);
    mutex_fini(&m->lock);
    m->tag = 0;
    free(m);
    return NULL;
}

/* The only constructor: a manager that nobody knows yet, with one reference. NULL: no memory. */
static struct ws_manager *manager_new(struct ws_registry *r, struct shard *s, struct text user,
                                      enum ws_mode mode)
{
    struct text prefix = CHANNEL_PREFIX;
    struct ws_manager *m = calloc(1, sizeof *m + prefix.len + user.len);
    if (!m)
        return NULL;
    m->tag = TAG_MANAGER;
    m->registry = r;
    m->shard = s;
    atomic_init(&m->refs, 1);
    m->mode = mode;
    mutex_init(&m->lock, LOCK_manager);
    env_uuid(r->options.env, m->id);
    memcpy(m->bytes, prefix.data, prefix.len);
    memcpy(m->bytes + prefix.len, user.data, user.len);
    m->channel = (struct text){m->bytes, prefix.len + user.len};
    return m;
}

enum err ws_manager_get(struct ws_registry *r, struct text user, enum ws_mode mode,
                        struct ws_manager **out_manager)
{
    enum err e = request_check(user, mode);
    if (e != ERR_OK)
        return e;
    unsigned hash;
    struct shard *s = shard_of(r, user, &hash);
    mutex_lock(&s->lock);
    struct ws_manager *found = shard_take(s, user, hash);
    mutex_unlock(&s->lock);
    if (found) {
        *out_manager = found;
        return ERR_OK;
    }

    /* Made outside the lock. Of several threads that come here at once, one adds its own and the others drop theirs. */
    struct ws_manager *made = manager_new(r, s, user, mode);
    if (!made)
        return ERR_NOMEM;
    mutex_lock(&s->lock);
    found = shard_take(s, user, hash);
    if (!found) {
        e = atomic_load(&r->closing) ? ERR_CLOSED : shard_add(s, made, hash);
        if (e == ERR_OK) {
            found = made;
            made = NULL; /* the shard's now */
        }
    }
    mutex_unlock(&s->lock);
    if (e == ERR_OK && !made) {
        metric_add(METRIC_managers_created, 1);
        metric_add(METRIC_managers, 1);
    }
    manager_free(made);
    if (e == ERR_OK)
        *out_manager = found;
    return e;
}

struct ws_manager *ws_manager_find(struct ws_registry *r, struct text user)
{
    if (request_check(user, WS_MODE_UNIFIED) != ERR_OK)
        return NULL;
    unsigned hash;
    struct shard *s = shard_of(r, user, &hash);
    mutex_lock(&s->lock);
    struct ws_manager *m = shard_take(s, user, hash);
    mutex_unlock(&s->lock);
    return m;
}

struct ws_manager *ws_manager_ref(struct ws_manager *m)
{
    unsigned before = atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    must(before > 0);
    return m;
}

struct ws_manager *ws_manager_unref(struct ws_manager *m)
{
    if (!m)
        return NULL;
    unsigned refs = atomic_load_explicit(&m->refs, memory_order_relaxed);
    while (refs > 1)
        if (atomic_compare_exchange_weak_explicit(&m->refs, &refs, refs - 1, memory_order_release,
                                                  memory_order_relaxed))
            return NULL;
    struct shard *s = m->shard;
    int64_t now_ms = env_monotonic_ms(m->registry->options.env);
    mutex_lock(&s->lock);
    manager_give_back(s, m, now_ms);
    mutex_unlock(&s->lock);
    return NULL;
}

/* ---- the registry */

struct ws_registry *registry_ref(struct ws_registry *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    return r;
}

void registry_unref(struct ws_registry *r)
{
    if (atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (unsigned i = 0; i < SHARDS_COUNT; i++)
        mutex_fini(&r->shards[i].lock);
    condition_fini(&r->tasks_ended);
    mutex_fini(&r->tasks_lock);
    free(r);
}

enum err ws_registry_new(const struct ws_registry_options *options,
                         struct ws_registry **out_registry)
{
    must(options->env && (options->tasks || !options->available));
    struct ws_registry *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    r->options = *options;
    if (r->options.deadline_ms <= 0)
        r->options.deadline_ms = WS_DEADLINE_MS;
    env_random(options->env, r->hash_key, sizeof r->hash_key);
    atomic_init(&r->refs, 1);
    mutex_init(&r->tasks_lock, LOCK_registry);
    condition_init(&r->tasks_ended);
    for (unsigned i = 0; i < SHARDS_COUNT; i++)
        mutex_init(&r->shards[i].lock, LOCK_registry);
    *out_registry = r;
    return ERR_OK;
}

static size_t free_all(struct ws_manager *managers)
{
    size_t count = 0;
    struct ws_manager *m, *next;
    DL_FOREACH_SAFE(managers, m, next)
    {
        manager_free(m);
        count++;
    }
    metric_add(METRIC_managers_freed, (int64_t)count);
    metric_add(METRIC_managers, -(int64_t)count);
    return count;
}

/* Takes up to `max` managers out that are idle since until_ms or longer, and frees them. */
static size_t sweep_shard(struct shard *s, int64_t until_ms, size_t max)
{
    struct ws_manager *gone = NULL;
    mutex_lock(&s->lock);
    for (size_t i = 0; i < max && s->idle && s->idle->idle_since_ms <= until_ms; i++) {
        struct ws_manager *m = s->idle;
        DL_DELETE(s->idle, m);
        shard_drop(s, m);
        DL_APPEND(gone, m);
    }
    mutex_unlock(&s->lock);
    return free_all(gone);
}

size_t ws_registry_sweep(struct ws_registry *r)
{
    int64_t until_ms = env_monotonic_ms(r->options.env) - r->options.idle_ms;
    unsigned first = atomic_fetch_add_explicit(&r->sweep_first, 1, memory_order_relaxed);
    size_t total = 0;
    for (unsigned i = 0; i < SHARDS_COUNT; i++) {
        size_t got = SWEEP_BATCH;
        while (got == SWEEP_BATCH && total < WS_SWEEP_MAX) {
            got = sweep_shard(&r->shards[(first + i) % SHARDS_COUNT], until_ms, SWEEP_BATCH);
            total += got;
        }
    }
    return total;
}

struct ws_registry *ws_registry_free(struct ws_registry *r)
{
    if (!r)
        return NULL;
    must(!role_is(&role_reactor)); /* it waits for tasks */
    atomic_store(&r->closing, true);
    for (unsigned i = 0; i < SHARDS_COUNT; i++)
        futures_close(r, &r->shards[i]);
    futures_wait_for_tasks(r);
    for (unsigned i = 0; i < SHARDS_COUNT; i++) {
        struct shard *s = &r->shards[i];
        while (sweep_shard(s, INT64_MAX, SWEEP_BATCH) > 0) {
        }
        mutex_lock(&s->lock);
        must(!s->managers); /* else somebody still holds one, and would use it after it is freed */
        mutex_unlock(&s->lock);
    }
    registry_unref(r);
    return NULL;
}

struct ws_registry_status ws_registry_status(struct ws_registry *r)
{
    struct ws_registry_status status = {
        .count = atomic_load_explicit(&r->count, memory_order_relaxed),
        .created = atomic_load_explicit(&r->created, memory_order_relaxed),
        .freed = atomic_load_explicit(&r->freed, memory_order_relaxed),
        .connections = atomic_load_explicit(&r->connections, memory_order_relaxed),
        .users_connected = atomic_load_explicit(&r->users_connected, memory_order_relaxed),
    };
    for (unsigned i = 0; i < SHARDS_COUNT; i++) {
        struct shard *s = &r->shards[i];
        mutex_lock(&s->lock);
        if (s->managers && (!status.oldest_ms || s->managers->created_ms < status.oldest_ms))
            status.oldest_ms = s->managers->created_ms;
        mutex_unlock(&s->lock);
    }
    return status;
}

/* ---- attributes */

struct text ws_manager_user(const struct ws_manager *m)
{
    return text_after(m->channel, CHANNEL_PREFIX.len);
}

const char *ws_manager_id(const struct ws_manager *m)
{
    return m->id;
}

int64_t ws_manager_created_at(const struct ws_manager *m)
{
    return m->created_ms;
}

enum ws_mode ws_manager_mode(const struct ws_manager *m)
{
    return m->mode;
}

const char *ws_mode_name(enum ws_mode mode)
{
    static const char *const names[] = {"unified", "isolated", "degraded", "emergency"};
    return (unsigned)mode <= WS_MODE_EMERGENCY ? names[mode] : "unknown";
}
