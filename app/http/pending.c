#include "http/pending.h"

#include "base/hash.h"
#include "base/mutex.h"
#include "base/text.h"
#include "http/http.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(place) ((place)->pool = NULL)
#include <uthash.h>

/* All places of one address or person. */
struct http_pending {
    UT_hash_handle hh;
    struct pending_pool *pool;
    unsigned taken;
    bool stranger;
    char whose[46]; /* an address, or "user 7" */
};

struct pending_pool {
    struct hash_key key;
    struct mutex lock;
    struct http_pending *addresses GUARDED_BY(lock);
    unsigned taken GUARDED_BY(lock), strangers GUARDED_BY(lock);
    unsigned each_max;
    bool closed GUARDED_BY(lock);
};

NO_THREAD_CHECK struct pending_pool *pending_pool_new(const struct env *env, unsigned each_max)
{
    struct pending_pool *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    mutex_init(&p->lock, LOCK_pending);
    p->each_max = each_max;
    hash_key_init(&p->key, env);
    return p;
}

static void drop(struct pending_pool *p)
{
    mutex_fini(&p->lock);
    free(p);
}

struct pending_pool *pending_pool_free(struct pending_pool *p)
{
    if (!p)
        return NULL;
    mutex_lock(&p->lock);
    p->closed = true;
    bool last = p->taken == 0;
    mutex_unlock(&p->lock);
    if (last)
        drop(p);
    return NULL;
}

/* NULL: no memory. */
/* NOLINTNEXTLINE(readability-function-size): the macros of uthash */
static struct http_pending *add(struct pending_pool *p, struct text whose, uint32_t hash,
                                bool stranger) CLANG(requires_capability(p->lock))
{
    struct http_pending *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->pool = p;
    a->stranger = stranger;
    text_copy(a->whose, sizeof a->whose, whose);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, p->addresses, a->whose, whose.len, hash, a);
    if (a->pool)
        return a;
    free(a); /* the map found no memory */
    return NULL;
}

enum err pending_take(struct pending_pool *p, const char *address, int64_t user_id,
                      struct http_pending **out_place)
{
    char room[sizeof(*out_place)->whose];
    if (user_id > 0)
        (void)snprintf(room, sizeof room, "user %lld", (long long)user_id);
    else
        text_copy(room, sizeof room, text_of(address));
    struct text whose = text_of(room);
    uint32_t hash = (uint32_t)hash_of(&p->key, whose);
    enum err e = ERR_OK;
    struct http_pending *a;
    mutex_lock(&p->lock);
    HASH_FIND_BYHASHVALUE(hh, p->addresses, whose.data, whose.len, hash, a);
    if ((user_id <= 0 && p->strangers >= PENDING_ALL_MAX) || (a && a->taken >= p->each_max))
        e = ERR_LIMIT;
    else if (!a && !(a = add(p, whose, hash, user_id <= 0)))
        e = ERR_NOMEM;
    if (e == ERR_OK) {
        a->taken++;
        p->taken++;
        p->strangers += a->stranger;
        *out_place = a;
    }
    mutex_unlock(&p->lock);
    return e;
}

struct http_pending *http_pending_done(struct http_pending *a)
{
    if (!a)
        return NULL;
    struct pending_pool *p = a->pool;
    mutex_lock(&p->lock);
    p->taken--;
    p->strangers -= a->stranger;
    if (--a->taken == 0) {
        HASH_DEL(p->addresses, a);
        free(a);
    }
    bool last = p->closed && p->taken == 0;
    mutex_unlock(&p->lock);
    if (last)
        drop(p);
    return NULL;
}
