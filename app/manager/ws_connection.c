/* ws_connection: the connections of one user: in, out, found by id, reached together. */
#include "manager/manager_inside.h"

#include "base/metrics.h"
#include "base/must.h"
#include "hub/publish.h"

#include <stdlib.h>

#undef HASH_INITIAL_NUM_BUCKETS /* a user has a few connections: 64 bytes in place of 512 */
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS 4U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 2U

#define HANDLES_MAX 16 /* taken while the lock is held once */

struct ws_connection {
    struct ws_manager *manager; /* one reference */
    struct ws_connection_handle handle;
    uint64_t serial; /* rises with each connection of the manager */
    int64_t active_ms;
    atomic_int_least64_t alive_ms; /* monotonic */
    UT_hash_handle hh;
    char id[UUID_SIZE];
};

/* The connection of that id, or NULL. */
static struct ws_connection *find(const struct ws_manager *m, struct text id)
    CLANG(requires_capability(m->lock));
static struct ws_connection *find(const struct ws_manager *m, struct text id)
{
    struct ws_connection *c = NULL;
    HASH_FIND(hh, m->connections, id.data, id.len, c);
    return c;
}

/* errors: ERR_LIMIT, ERR_CONFLICT, ERR_NOMEM; nothing changed */
static enum err insert(struct ws_manager *m, struct ws_connection *c)
    CLANG(requires_capability(m->lock));
static enum err insert(struct ws_manager *m, struct ws_connection *c)
{
    struct text id = text_of(c->id);
    unsigned max = m->registry->options.connections_max;
    if (max && m->connections && HASH_COUNT(m->connections) >= max)
        return ERR_LIMIT;
    if (find(m, id))
        return ERR_CONFLICT;
    HASH_ADD_KEYPTR(hh, m->connections, id.data, id.len, c);
    if (!c->hh.tbl)
        return ERR_NOMEM;
    c->serial = ++m->connections_added;
    return ERR_OK;
}

/* One connection more (+1) or less (-1) of a user who has `others` besides it. */
static void note(struct ws_manager *m, unsigned others, int change)
{
    struct ws_registry *r = m->registry;
    atomic_fetch_add_explicit(&r->connections, (size_t)change, memory_order_relaxed);
    if (others > 0)
        return;
    atomic_fetch_add_explicit(&r->users_connected, (size_t)change, memory_order_relaxed);
    metric_add(METRIC_users, change);
}

enum err ws_connection_add(struct ws_manager *m, const char *id,
                           const struct ws_connection_handle *handle, int64_t active_ms,
                           struct ws_connection **out_connection)
{
    struct text name = text_of(id);
    must(name.len > 0 && name.len < UUID_SIZE);
    if (m->mode == WS_MODE_EMERGENCY)
        return ERR_UNAVAILABLE;
    struct ws_connection *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    (void)text_copy(c->id, sizeof c->id, name);
    c->handle = *handle;
    c->active_ms = active_ms;
    c->manager = m;
    atomic_init(&c->alive_ms, env_monotonic_ms(m->registry->options.env));

    mutex_lock(&m->lock);
    enum err e = insert(m, c);
    unsigned others = 0;
    if (e == ERR_OK)
        others = atomic_fetch_add_explicit(&m->connections_count, 1, memory_order_relaxed);
    mutex_unlock(&m->lock);
    if (e != ERR_OK) {
        free(c);
        return e;
    }
    (void)ws_manager_ref(m);
    note(m, others, 1);
    *out_connection = c;
    return ERR_OK;
}

struct ws_connection *ws_connection_remove(struct ws_connection *c)
{
    if (!c)
        return NULL;
    struct ws_manager *m = c->manager;
    mutex_lock(&m->lock);
    HASH_DELETE(hh, m->connections, c);
    unsigned others = atomic_fetch_sub_explicit(&m->connections_count, 1, memory_order_relaxed) - 1;
    mutex_unlock(&m->lock);
    note(m, others, -1);
    ws_manager_unref(m);
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
    mutex_lock(&m->lock);
    for (struct ws_connection *c = m->connections; c && !active; c = c->hh.next) {
        int64_t alive_ms = atomic_load_explicit(&c->alive_ms, memory_order_relaxed);
        active = now_ms - alive_ms <= c->active_ms;
    }
    mutex_unlock(&m->lock);
    return active;
}

/* ---- reaching all of them: copied in portions, so that no lock is held over a callback. */
struct portion {
    uint64_t after, last; /* serials: done so far; the newest at the start, so that it ends */
    size_t count;
    struct ws_connection_handle handles[HANDLES_MAX];
};

static bool next_portion(struct ws_manager *m, struct portion *p)
{
    p->count = 0;
    mutex_lock(&m->lock);
    if (p->last == 0)
        p->last = m->connections_added;
    for (struct ws_connection *c = m->connections; c && p->count < HANDLES_MAX; c = c->hh.next) {
        if (c->serial <= p->after || c->serial > p->last)
            continue;
        p->handles[p->count++] = c->handle;
        p->after = c->serial;
    }
    mutex_unlock(&m->lock);
    return p->count > 0;
}

size_t ws_manager_send(struct ws_manager *m, struct text json)
{
    struct hub *hub = m->registry->options.hub;
    if (hub) {
        size_t connections = ws_manager_connections(m);
        hub_publish_memory(hub, m->channel, json);
        return connections;
    }
    struct frame *f = frame_new(json);
    size_t total = 0;
    struct portion p = {0};
    while (f && next_portion(m, &p)) {
        for (size_t i = 0; i < p.count; i++)
            p.handles[i].deliver(p.handles[i].ctx, p.handles[i].number, f);
        total += p.count;
    }
    frame_unref(f);
    return total;
}

size_t ws_manager_close(struct ws_manager *m, unsigned code, struct text reason)
{
    size_t total = 0;
    struct portion p = {0};
    while (next_portion(m, &p)) {
        for (size_t i = 0; i < p.count; i++)
            p.handles[i].close(p.handles[i].ctx, p.handles[i].number, code, reason);
        total += p.count;
    }
    return total;
}

bool ws_manager_close_one(struct ws_manager *m, struct text id, unsigned code, struct text reason)
{
    struct ws_connection_handle handle = {0};
    mutex_lock(&m->lock);
    struct ws_connection *c = find(m, id);
    if (c)
        handle = c->handle;
    mutex_unlock(&m->lock);
    if (!handle.close)
        return false;
    handle.close(handle.ctx, handle.number, code, reason);
    return true;
}
