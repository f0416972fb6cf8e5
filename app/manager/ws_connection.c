/* ws_connection: the connections of one user: in, out, found by id, reached together. */
#include "manager/connection_place.h"
#include "manager/manager_inside.h"

#include "base/metrics.h"
#include "base/must.h"

#include <stdlib.h>

#define HANDLES_MAX 16 /* taken while the lock is held once */

_Static_assert(sizeof(struct ws_connection) <= 64, "each connection of a user has one");

static uint64_t name_of(const struct ws_manager *m, struct text id)
{
    return hash_of(&registry_of(m)->hash_key, id);
}

/* The connection of that name, or NULL. */
static struct ws_connection *find(const struct ws_manager *m, uint64_t name)
    CLANG(requires_capability(m->shard->inner));
static struct ws_connection *find(const struct ws_manager *m, uint64_t name)
{
    struct table_link *l = table_find(&m->held.connections, (uint32_t)name);
    while (l && ((struct ws_connection *)l)->name != name)
        l = table_again(l);
    return (struct ws_connection *)l;
}

/* All of them, after NULL the first. */
static struct ws_connection *after(const struct ws_manager *m, struct ws_connection *c)
    CLANG(requires_capability(m->shard->inner));
static struct ws_connection *after(const struct ws_manager *m, struct ws_connection *c)
{
    return (struct ws_connection *)table_next(&m->held.connections, c ? &c->by_id : NULL);
}

/* errors: ERR_LIMIT, ERR_CONFLICT; nothing changed */
static enum err insert(struct ws_manager *m, struct ws_connection *c)
    CLANG(requires_capability(m->shard->inner));
static enum err insert(struct ws_manager *m, struct ws_connection *c)
{
    unsigned max = registry_of(m)->options.connections_max;
    if (max && m->held.connections.count >= max)
        return ERR_LIMIT;
    if (find(m, c->name))
        return ERR_CONFLICT;
    table_add(&m->held.connections, &c->by_id, (uint32_t)c->name);
    return ERR_OK;
}

/* One connection more (+1) or less (-1) of a user who has `others` besides it. */
static void note(struct ws_manager *m, unsigned others, int change)
{
    struct ws_registry *r = registry_of(m);
    atomic_fetch_add_explicit(&r->connections, (size_t)change, memory_order_relaxed);
    if (others > 0)
        return;
    atomic_fetch_add_explicit(&r->users_connected, (size_t)change, memory_order_relaxed);
    metric_add(METRIC_users, change);
}

enum err ws_connection_join(struct ws_manager *m, const char *id,
                            const struct ws_connection_handle *handle, int64_t active_ms,
                            struct ws_connection *c)
{
    struct text name = text_of(id);
    must(name.len > 0 && name.len < UUID_SIZE);
    if (!ws_manager_may(m, WS_TAKES_CONNECTIONS))
        return manager_may_at(m, WS_MODE_UNIFIED, WS_TAKES_CONNECTIONS) ? ERR_NOT_NOW
                                                                        : ERR_UNAVAILABLE;
    *c = (struct ws_connection){
        .by_id.own = active_ms < UINT32_MAX ? (uint32_t)active_ms : UINT32_MAX,
        .manager = m,
        .handle = *handle,
        .name = name_of(m, name),
    };
    atomic_init(&c->alive_ms, env_monotonic_ms(registry_of(m)->options.env));

    mutex_lock(&m->shard->inner);
    enum err e = insert(m, c);
    unsigned others = 0;
    struct ws_manager_future *waiters = NULL;
    if (e == ERR_OK) {
        others = atomic_fetch_add_explicit(&m->connections_count, 1, memory_order_relaxed);
        waiters = waiters_take(m);
    }
    mutex_unlock(&m->shard->inner);
    if (e != ERR_OK)
        return e;
    (void)ws_manager_ref(m);
    note(m, others, 1);
    waiters_wake(m, waiters);
    return ERR_OK;
}

enum err ws_connection_add(struct ws_manager *m, const char *id,
                           const struct ws_connection_handle *handle, int64_t active_ms,
                           struct ws_connection **out_connection)
{
    struct ws_connection *c = malloc(sizeof *c);
    enum err e = c ? ws_connection_join(m, id, handle, active_ms, c) : ERR_NOMEM;
    if (e != ERR_OK) {
        free(c);
        return e;
    }
    *out_connection = c;
    return ERR_OK;
}

void ws_connection_leave(struct ws_connection *c)
{
    struct ws_manager *m = c->manager;
    mutex_lock(&m->shard->inner);
    table_remove(&m->held.connections, &c->by_id);
    unsigned others = atomic_fetch_sub_explicit(&m->connections_count, 1, memory_order_relaxed) - 1;
    mutex_unlock(&m->shard->inner);
    note(m, others, -1);
    ws_manager_unref(m);
}

struct ws_connection *ws_connection_remove(struct ws_connection *c)
{
    if (c)
        ws_connection_leave(c);
    free(c);
    return NULL;
}

void ws_connection_alive(struct ws_connection *c, int64_t now_ms)
{
    atomic_store_explicit(&c->alive_ms, now_ms, memory_order_relaxed);
}

size_t ws_manager_connections(struct ws_manager *m)
{
    return atomic_load_explicit(&m->connections_count, memory_order_relaxed);
}

bool ws_manager_active(struct ws_manager *m, int64_t now_ms)
{
    bool active = false;
    mutex_lock(&m->shard->inner);
    for (struct ws_connection *c = after(m, NULL); c && !active; c = after(m, c)) {
        int64_t alive_ms = atomic_load_explicit(&c->alive_ms, memory_order_relaxed);
        active = now_ms - alive_ms <= c->by_id.own;
    }
    mutex_unlock(&m->shard->inner);
    return active;
}

/* ---- reaching all of them: copied in portions, in the order of their names, so that no lock is held over a callback and no
 * memory is needed. Of those who come or go meanwhile some are met. */
struct portion {
    size_t count;
    struct ws_connection_handle found[HANDLES_MAX];
    uint64_t names[HANDLES_MAX]; /* of them, in order */
};

/* Keeps it if it is one of the first by its name. */
static void keep(struct portion *p, const struct ws_connection *c)
{
    size_t at = p->count;
    while (at > 0 && c->name < p->names[at - 1])
        at--;
    if (at == HANDLES_MAX)
        return;
    if (p->count < HANDLES_MAX)
        p->count++;
    memmove(&p->found[at + 1], &p->found[at], (p->count - 1 - at) * sizeof p->found[0]);
    memmove(&p->names[at + 1], &p->names[at], (p->count - 1 - at) * sizeof p->names[0]);
    p->found[at] = c->handle;
    p->names[at] = c->name;
}

/* Those behind what is in the portion; false: there are none. */
static bool next_portion(struct ws_manager *m, struct portion *p)
{
    bool first = p->count == 0;
    uint64_t last = p->names[first ? 0 : p->count - 1];
    p->count = 0;
    mutex_lock(&m->shard->inner);
    for (struct ws_connection *c = after(m, NULL); c; c = after(m, c))
        if (first || c->name > last)
            keep(p, c);
    mutex_unlock(&m->shard->inner);
    return p->count > 0;
}

size_t connections_copy(struct ws_manager *m, struct ws_connection_handle *out, size_t room)
{
    size_t count = 0;
    mutex_lock(&m->shard->inner);
    for (struct ws_connection *c = after(m, NULL); c; c = after(m, c)) {
        if (count < room)
            out[count] = c->handle;
        count++;
    }
    mutex_unlock(&m->shard->inner);
    return count;
}

size_t connections_tell(struct ws_manager *m, struct notice *n)
{
    size_t total = 0;
    struct portion p = {0};
    while (next_portion(m, &p))
        for (size_t i = 0; i < p.count; i++)
            total += p.found[i].ways->deliver(p.found[i].ctx, &p.found[i].number, 1, n);
    return total;
}

size_t ws_manager_close(struct ws_manager *m, unsigned code, struct text reason)
{
    size_t total = 0;
    struct portion p = {0};
    while (next_portion(m, &p)) {
        for (size_t i = 0; i < p.count; i++)
            p.found[i].ways->close(p.found[i].ctx, p.found[i].number, code, reason);
        total += p.count;
    }
    return total;
}

bool ws_manager_close_one(struct ws_manager *m, struct text id, unsigned code, struct text reason)
{
    struct ws_connection_handle handle = {0};
    uint64_t name = name_of(m, id);
    mutex_lock(&m->shard->inner);
    struct ws_connection *c = find(m, name);
    if (c)
        handle = c->handle;
    mutex_unlock(&m->shard->inner);
    if (!handle.ways)
        return false;
    handle.ways->close(handle.ctx, handle.number, code, reason);
    return true;
}
