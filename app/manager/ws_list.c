/* ws_list: pages of a registry, in the order of the user ids. */
#include "manager/manager_inside.h"

#include <stdlib.h>

/* One row by value: nothing is held while the caller looks at it, and no reference keeps an idle manager alive. */
struct entry {
    int64_t created_ms;
    enum ws_mode mode;
    unsigned connections;
    size_t len;
    char user[WS_USER_BYTES_MAX];
};

/* The smallest ids so far: order[0..count) are places in `entries`, sorted by user. */
struct page {
    struct text after;
    enum ws_mode level;
    size_t count, capacity;
    struct entry *entries;
    size_t *order;
};

static struct text user_at(const struct page *p, size_t i)
{
    const struct entry *e = &p->entries[p->order[i]];
    return (struct text){e->user, e->len};
}

static void keep(struct page *p, const struct ws_manager *m)
{
    struct text user = ws_manager_user(m);
    bool full = p->count == p->capacity;
    if (user_order(user, p->after) <= 0 || (full && user_order(user, user_at(p, p->count - 1)) > 0))
        return;
    size_t place = full ? p->order[p->count - 1] : p->count;
    size_t last = full ? p->count - 1 : p->count++;
    size_t low = 0, high = last; /* where it goes: the first that is greater */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (user_order(user_at(p, middle), user) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    memmove(&p->order[low + 1], &p->order[low], (last - low) * sizeof p->order[0]);
    p->order[low] = place;
    struct entry *e = &p->entries[place];
    e->created_ms = m->created_ms;
    e->mode = manager_mode_at(m, p->level);
    e->connections = atomic_load_explicit(&m->connections_count, memory_order_relaxed);
    e->len = user.len;
    memcpy(e->user, user.data, user.len);
}

size_t ws_registry_list(struct ws_registry *r, struct text after, size_t limit,
                        void (*each)(void *ctx, const struct ws_manager_row *row), void *ctx,
                        bool *out_more)
{
    if (limit > WS_LIST_MAX)
        limit = WS_LIST_MAX;
    struct page p = {.after = after,
                     .level = registry_level(r),
                     .capacity = limit + 1}; /* one more, to know whether there is more */
    p.entries = calloc(p.capacity, sizeof p.entries[0]);
    p.order = calloc(p.capacity, sizeof p.order[0]);
    size_t given = 0;
    *out_more = true;
    if (!p.entries || !p.order)
        goto done;

    for (unsigned i = 0; i < SHARDS_COUNT; i++) {
        struct shard *s = &r->shards[i];
        mutex_lock(&s->lock);
        for (struct ws_manager *m = manager_after(s, NULL); m; m = manager_after(s, m))
            keep(&p, m);
        mutex_unlock(&s->lock);
    }
    *out_more = p.count > limit;
    for (; given < p.count && given < limit; given++) {
        const struct entry *e = &p.entries[p.order[given]];
        each(ctx, &(struct ws_manager_row){.user = {e->user, e->len},
                                           .created_at = e->created_ms,
                                           .mode = e->mode,
                                           .connections = e->connections});
    }
done:
    free(p.order);
    free(p.entries);
    return given;
}
