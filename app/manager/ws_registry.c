/* ws_registry: the managers by user: found, made, counted, freed when idle. */
#include "manager/manager_inside.h"

#include "base/metrics.h"
#include "base/must.h"

#include <malloc.h>
#include <stdlib.h>

#define TRIM_AFTER 4096 /* managers freed */
#define SWEEP_BATCH 64  /* managers taken out while a shard's lock is held once */

_Static_assert(WS_MANAGER_ID_SIZE == UUID_SIZE, "an id is a UUID");
_Static_assert(WS_USER_BYTES_MAX <= UINT8_MAX, "the length of a user");

/* ---- users and shards */

enum err request_check(struct text user, enum ws_mode mode)
{
    if (user.len == 0)
        return ERR_NO_USER;
    if (user.len > WS_USER_BYTES_MAX)
        return ERR_LIMIT;
    return (unsigned)mode > WS_MODE_EMERGENCY ? ERR_MODE : ERR_OK;
}

/* SipHash under a key of this registry; the shard comes from its upper bits, the table's bucket from the lower. */
struct shard *shard_of(struct ws_registry *r, struct text user, unsigned *out_hash)
{
    uint64_t hash = hash_of(&r->hash_key, user);
    *out_hash = (unsigned)hash;
    return &r->shards[(hash >> 32) % SHARDS_COUNT];
}

static struct ws_manager *shard_find(const struct shard *s, struct text user, unsigned hash)
    CLANG(requires_capability(s->lock));
static struct ws_manager *shard_find(const struct shard *s, struct text user, unsigned hash)
{
    struct table_link *l = table_find(&s->managers, hash);
    while (l && !text_is(ws_manager_user(manager_of(l)), user))
        l = table_again(l);
    return manager_of(l);
}

static void idle_append(struct ws_manager **list, struct ws_manager *m)
{
    DL_APPEND2(*list, m, idle.prev, idle.next);
}

static void idle_remove(struct shard *s, struct ws_manager *m) CLANG(requires_capability(s->lock));
static void idle_remove(struct shard *s, struct ws_manager *m)
{
    DL_DELETE2(s->idle, m, idle.prev, idle.next);
}

/* The user's manager with one more reference; NULL: there is none, or the registry is being freed. */
static struct ws_manager *shard_take(struct shard *s, struct text user, unsigned hash)
    CLANG(requires_capability(s->lock));
static struct ws_manager *shard_take(struct shard *s, struct text user, unsigned hash)
{
    struct ws_manager *m = shard_find(s, user, hash);
    if (m && atomic_load(&registry_of(m)->closing))
        return NULL;
    if (m && atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed) == 0) {
        idle_remove(s, m);
        m->held = (struct manager_held){0};
    }
    return m;
}

/* Counts one more manager. False: there are managers_max. */
static bool count_in(struct ws_registry *r)
{
    size_t max = r->options.managers_max;
    size_t before = atomic_fetch_add_explicit(&r->count, 1, memory_order_relaxed);
    if (!max || before < max)
        return true;
    atomic_fetch_sub_explicit(&r->count, 1, memory_order_relaxed);
    return false;
}

/* errors: ERR_FULL, nothing changed */
static enum err shard_add(struct shard *s, struct ws_manager *m, unsigned hash)
    CLANG(requires_capability(s->lock));
static enum err shard_add(struct shard *s, struct ws_manager *m, unsigned hash)
{
    must(!shard_find(s, ws_manager_user(m), hash)); /* S14: never two of one user */
    if (!count_in(registry_of(m)))
        return ERR_FULL;
    table_add(&s->managers, &m->by_user, hash);
    if (s->managers.count == 1)
        s->oldest = m;
    atomic_fetch_add_explicit(&registry_of(m)->created, 1, memory_order_relaxed);
    return ERR_OK;
}

static void shard_drop(struct shard *s, struct ws_manager *m) CLANG(requires_capability(s->lock));
static void shard_drop(struct shard *s, struct ws_manager *m)
{
    table_remove(&s->managers, &m->by_user);
    if (s->oldest == m)
        s->oldest = NULL;
    must(!shard_find(s, ws_manager_user(m), m->by_user.hash)); /* S14: there was one */
    atomic_fetch_sub_explicit(&registry_of(m)->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&registry_of(m)->freed, 1, memory_order_relaxed);
}

void manager_give_back(struct shard *s, struct ws_manager *m, int64_t now_ms)
{
    unsigned before = atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel);
    must(before > 0);
    if (before > 1)
        return;
    must(m->held.connections.count == 0 && !m->held.waiters);
    m->idle = (struct manager_idle){.since_ms = now_ms};
    idle_append(&s->idle, m);
}

/* Frees managers that are idle since until_ms or longer; returns how many. */
static size_t sweep_some(struct ws_registry *r, int64_t until_ms, size_t max);

/* ---- one manager */

static NO_THREAD_CHECK struct ws_manager *manager_free(struct ws_manager *m)
{
    if (!m)
        return NULL;
    m->tag = 0; /* a connection or a waiter would hold it */
    free(m);
    return NULL;
}

/* The only constructor: a manager that nobody knows yet, with one reference. NULL: no memory. */
static struct ws_manager *manager_new(struct ws_registry *r, struct shard *s, struct text user,
                                      enum ws_mode mode)
{
    struct ws_manager *m = calloc(1, offsetof(struct ws_manager, user) + user.len);
    if (!m)
        return NULL;
    m->tag = TAG_MANAGER;
    m->shard = s;
    atomic_init(&m->refs, 1);
    m->mode = (uint8_t)mode;
    m->created_ms = env_wall_ms(r->options.env);
    m->by_user.own = atomic_fetch_add_explicit(&r->made, 1, memory_order_relaxed);
    memcpy(m->user, user.data, user.len);
    m->user_len = (uint8_t)user.len;
    return m;
}

/* Finds or makes it. errors: ERR_NOMEM, ERR_FULL, ERR_CLOSED */
static enum err find_or_make(struct ws_registry *r, struct text user, enum ws_mode mode,
                             struct ws_manager **out_manager)
{
    enum err e = ERR_OK;
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

enum err ws_manager_get(struct ws_registry *r, struct text user, enum ws_mode mode,
                        struct ws_manager **out_manager)
{
    enum err e = request_check(user, mode);
    if (e != ERR_OK)
        return e;
    e = find_or_make(r, user, mode, out_manager);
    if (e == ERR_FULL && sweep_some(r, INT64_MAX, 1) > 0)
        e = find_or_make(r, user, mode, out_manager);
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
    int64_t now_ms = env_monotonic_ms(registry_of(m)->options.env);
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
    for (unsigned i = 0; i < SHARDS_COUNT; i++) {
        mutex_fini(&r->shards[i].lock);
        mutex_fini(&r->shards[i].inner);
    }
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
    hash_key_init(&r->hash_key, options->env);
    atomic_init(&r->refs, 1);
    mutex_init(&r->tasks_lock, LOCK_registry);
    condition_init(&r->tasks_ended);
    for (unsigned i = 0; i < SHARDS_COUNT; i++) {
        r->shards[i].registry = r;
        mutex_init(&r->shards[i].lock, LOCK_registry);
        mutex_init(&r->shards[i].inner, LOCK_manager);
    }
    *out_registry = r;
    return ERR_OK;
}

static size_t free_all(struct ws_manager *managers)
{
    size_t count = 0;
    struct ws_manager *m, *next;
    DL_FOREACH_SAFE2(managers, m, next, idle.next)
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
    for (size_t i = 0; i < max && s->idle && s->idle->idle.since_ms <= until_ms; i++) {
        struct ws_manager *m = s->idle;
        idle_remove(s, m);
        shard_drop(s, m);
        idle_append(&gone, m);
    }
    mutex_unlock(&s->lock);
    return free_all(gone);
}

/* At least max, if there are so many, and SWEEP_BATCH more at most. */
static size_t sweep_some(struct ws_registry *r, int64_t until_ms, size_t max)
{
    unsigned first = atomic_fetch_add_explicit(&r->sweep_first, 1, memory_order_relaxed);
    size_t total = 0;
    for (unsigned i = 0; i < SHARDS_COUNT; i++) {
        size_t got = SWEEP_BATCH;
        while (got == SWEEP_BATCH && total < max) {
            got = sweep_shard(&r->shards[(first + i) % SHARDS_COUNT], until_ms, SWEEP_BATCH);
            total += got;
        }
    }
    return total;
}

/* Managers lie all over the heap, and a little of what came later keeps all of it: so free pages in the middle go back too.
 * It holds up who allocates meanwhile, for up to 10 ms with 60 MB of free managers: so not after each sweep; the
 * last of them do not wait for others. */
static void give_memory_back(struct ws_registry *r, size_t freed)
{
    size_t untrimmed = atomic_fetch_add(&r->untrimmed, freed) + freed;
    bool last = freed > 0 && atomic_load_explicit(&r->count, memory_order_relaxed) == 0;
    if (untrimmed < TRIM_AFTER && !last)
        return;
    atomic_store(&r->untrimmed, 0);
    (void)malloc_trim(0);
}

size_t ws_registry_sweep(struct ws_registry *r)
{
    size_t freed =
        sweep_some(r, env_monotonic_ms(r->options.env) - r->options.idle_ms, WS_SWEEP_MAX);
    give_memory_back(r, freed);
    return freed;
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
        must(s->managers.count == 0); /* else somebody still holds one, and would use it later */
        table_fini(&s->managers);
        mutex_unlock(&s->lock);
    }
    registry_unref(r);
    return NULL;
}

/* The one that was made first; it is walked only after that one has gone. */
static struct ws_manager *shard_oldest(struct shard *s) CLANG(requires_capability(s->lock));
static struct ws_manager *shard_oldest(struct shard *s)
{
    if (s->oldest)
        return s->oldest;
    for (struct ws_manager *m = manager_after(s, NULL); m; m = manager_after(s, m))
        if (!s->oldest || m->created_ms < s->oldest->created_ms)
            s->oldest = m;
    return s->oldest;
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
        struct ws_manager *m = shard_oldest(s);
        if (m && (!status.oldest_ms || m->created_ms < status.oldest_ms))
            status.oldest_ms = m->created_ms;
        mutex_unlock(&s->lock);
    }
    return status;
}

unsigned ws_registry_lacks(const struct ws_registry *r)
{
    unsigned closing = atomic_load(&r->closing) ? WS_LACKS_LISTENER : 0;
    return closing | (r->options.lacks ? r->options.lacks(r->options.lacks_ctx) : 0);
}

bool ws_registry_available(const struct ws_registry *r)
{
    return ws_registry_lacks(r) == 0;
}

const char *ws_lack_name(enum ws_lack lack)
{
    switch (lack) {
    case WS_LACKS_LISTENER:
        return "listener";
    case WS_LACKS_REACTOR:
        return "reactor";
    case WS_LACKS_DATABASE:
        return "database";
    case WS_LACKS_DISK:
        return "disk";
    }
    return "unknown";
}

/* ---- attributes */

struct text ws_manager_user(const struct ws_manager *m)
{
    return (struct text){m->user, m->user_len};
}

/* Nobody keeps 16 bytes for it: of what no two have in common, under a key that nobody knows. */
void ws_manager_id(const struct ws_manager *m, char out[WS_MANAGER_ID_SIZE])
{
    uint64_t seed[3] = {(uint64_t)m->created_ms, m->by_user.own}, halves[2];
    for (seed[2] = 0; seed[2] < 2; seed[2]++)
        halves[seed[2]] =
            hash_of(&registry_of(m)->hash_key, (struct text){(const char *)seed, sizeof seed});
    unsigned char id[UUID_BYTES];
    memcpy(id, halves, sizeof id);
    env_uuid_mark(id);
    env_uuid_text(id, out);
}

int64_t ws_manager_created_at(const struct ws_manager *m)
{
    return m->created_ms;
}
