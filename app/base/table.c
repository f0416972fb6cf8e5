#include "base/table.h"

#include "base/must.h"

#include <stdlib.h>

#define ENTRIES_A_BUCKET 2 /* on the average, at most */
#define BUCKETS_MAX (UINT32_C(1) << 30)

/* The first of those that may have this hash. */
static struct table_link *begin(const struct table *t, uint32_t hash)
{
    return t->buckets_count ? t->buckets[hash & (t->buckets_count - 1)] : t->few;
}

/* Where that stands. */
static struct table_link **place(struct table *t, uint32_t hash)
{
    return t->buckets_count ? &t->buckets[hash & (t->buckets_count - 1)] : &t->few;
}

static struct table_link *same(struct table_link *l, uint32_t hash)
{
    while (l && l->hash != hash)
        l = l->next;
    return l;
}

struct table_link *table_find(const struct table *t, uint32_t hash)
{
    return same(begin(t, hash), hash);
}

struct table_link *table_again(const struct table_link *l)
{
    return same(l->next, l->hash);
}

static void put(struct table *t, struct table_link *l)
{
    struct table_link **at = place(t, l->hash);
    l->next = *at;
    *at = l;
}

static void grow(struct table *t)
{
    struct table old = *t;
    uint32_t count = old.buckets_count ? old.buckets_count * 2 : TABLE_FEW;
    struct table_link **buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return;
    t->buckets = buckets;
    t->buckets_count = count;
    for (struct table_link *l = table_next(&old, NULL), *next; l; l = next) {
        next = table_next(&old, l);
        put(t, l);
    }
    if (old.buckets_count)
        free(old.buckets);
}

void table_add(struct table *t, struct table_link *l, uint32_t hash)
{
    uint32_t most = t->buckets_count ? t->buckets_count * ENTRIES_A_BUCKET : TABLE_FEW;
    if (t->count >= most && t->buckets_count < BUCKETS_MAX)
        grow(t);
    l->hash = hash;
    put(t, l);
    t->count++;
}

void table_remove(struct table *t, struct table_link *l)
{
    must(t->count > 0);
    struct table_link **at = place(t, l->hash);
    while (*at != l) {
        must(*at);
        at = &(*at)->next;
    }
    *at = l->next;
    if (--t->count == 0)
        table_fini(t);
}

struct table_link *table_next(const struct table *t, const struct table_link *after)
{
    if (after && after->next)
        return after->next;
    if (t->buckets_count == 0)
        return after ? NULL : t->few;
    uint32_t i = after ? (after->hash & (t->buckets_count - 1)) + 1 : 0;
    while (i < t->buckets_count && !t->buckets[i])
        i++;
    return i < t->buckets_count ? t->buckets[i] : NULL;
}

void table_fini(struct table *t)
{
    must(t->count == 0);
    if (t->buckets_count)
        free(t->buckets);
    *t = (struct table){0};
}
