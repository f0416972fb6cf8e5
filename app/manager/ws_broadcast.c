/* ws_broadcast: one notice for everybody who is connected.
 *
 * The handles are copied shard by shard, then sorted by where they go: each reactor is asked once, with all its numbers. */
#include "manager/manager_inside.h"

#include "hub/notice.h"

#include <stdlib.h>

struct audience {
    struct ws_registry *registry;
    struct text *except; /* in the order of users */
    size_t except_count;
    enum ws_mode level;
    struct ws_connection_handle *handles;
    size_t count, room;
    size_t users;
};

static int by_user(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    return user_order(*x, *y);
}

static bool is_left_out(const struct audience *a, struct text user)
{
    return a->except_count > 0 &&
           bsearch(&user, a->except, a->except_count, sizeof user, by_user) != NULL;
}

/* errors: ERR_NOMEM */
static enum err leave_out(struct audience *a, const struct text *except, size_t count)
{
    a->except = malloc((count + 1) * sizeof *a->except);
    if (!a->except)
        return ERR_NOMEM;
    if (count > 0)
        memcpy(a->except, except, count * sizeof *except);
    a->except_count = count;
    qsort(a->except, count, sizeof *a->except, by_user);
    return ERR_OK;
}

static bool hears(const struct audience *a, const struct ws_manager *m)
{
    return atomic_load_explicit(&m->connections_count, memory_order_relaxed) > 0 &&
           manager_may_at(m, a->level, WS_HEARS_BROADCASTS) && !is_left_out(a, ws_manager_user(m));
}

/* Adds the shard's connections; how many there are without room for them, and then none of the shard is added. */
static size_t add_shard(struct audience *a, struct shard *s)
{
    size_t count = a->count, users = a->users;
    mutex_lock(&s->lock);
    for (struct ws_manager *m = manager_after(s, NULL); m; m = manager_after(s, m)) {
        if (!hears(a, m))
            continue;
        size_t room = a->room > count ? a->room - count : 0;
        size_t got = connections_copy(m, room ? a->handles + count : NULL, room);
        count += got;
        users += got > 0;
    }
    mutex_unlock(&s->lock);
    if (count > a->room)
        return count - a->room;
    a->count = count;
    a->users = users;
    return 0;
}

/* errors: ERR_NOMEM */
static enum err make_room(struct audience *a, size_t more)
{
    size_t room = a->room + more + 64; /* and some who come meanwhile */
    struct ws_connection_handle *handles = realloc(a->handles, room * sizeof *handles);
    if (!handles)
        return ERR_NOMEM;
    a->handles = handles;
    a->room = room;
    return ERR_OK;
}

static enum err gather(struct audience *a)
{
    enum err e =
        make_room(a, atomic_load_explicit(&a->registry->connections, memory_order_relaxed));
    for (unsigned i = 0; e == ERR_OK && i < SHARDS_COUNT; i++) {
        size_t missing;
        while (e == ERR_OK && (missing = add_shard(a, &a->registry->shards[i])) > 0)
            e = make_room(a, missing);
    }
    return e;
}

/* ---- telling them */

static int by_place(const void *a, const void *b)
{
    const struct ws_connection_handle *x = a, *y = b;
    uintptr_t p = (uintptr_t)x->ctx, q = (uintptr_t)y->ctx;
    return p < q ? -1 : p > q;
}

/* The connections with this handle's ctx, from `first` on, are told; *first: behind them. Returns how many. */
static size_t tell_place(const struct audience *a, size_t *first, uint64_t *numbers,
                         struct notice *n)
{
    const struct ws_connection_handle *at = &a->handles[*first];
    size_t count = 0;
    while (*first < a->count && a->handles[*first].ctx == at->ctx)
        numbers[count++] = a->handles[(*first)++].number;
    return at->ways->deliver(at->ctx, numbers, count, n) ? count : 0;
}

static enum err tell(struct audience *a, struct text json, struct ws_reached *out_reached)
{
    size_t reached = 0, first = 0;
    uint64_t *numbers = malloc((a->count + 1) * sizeof *numbers);
    struct notice *n = numbers ? notice_new(json) : NULL;
    if (n) {
        qsort(a->handles, a->count, sizeof a->handles[0], by_place);
        while (first < a->count)
            reached += tell_place(a, &first, numbers, n);
        *out_reached = (struct ws_reached){.users = a->users, .connections = reached};
    }
    free(numbers);
    enum err e = n ? ERR_OK : ERR_NOMEM;
    notice_unref(n);
    return e;
}

enum err ws_registry_broadcast(struct ws_registry *r, struct text json, const struct text *except,
                               size_t except_count, struct ws_reached *out_reached)
{
    if (except_count > WS_EXCEPT_MAX)
        return ERR_LIMIT;
    struct audience a = {.registry = r, .level = registry_level(r)};
    enum err e = leave_out(&a, except, except_count);
    if (e == ERR_OK)
        e = gather(&a);
    if (e == ERR_OK)
        e = tell(&a, json, out_reached);
    free(a.handles);
    free(a.except);
    return e;
}
