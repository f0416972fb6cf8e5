#include "http/pending.h"

#include "base/mutex.h"
#include "base/text.h"
#include "http/http.h"

#include <stdbool.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(place) ((place)->pool = NULL)
#include <uthash.h>

/* All places of one address. */
struct http_pending {
    UT_hash_handle hh;
    struct pending_pool *pool;
    unsigned taken;
    char address[46];
};

struct pending_pool {
    struct mutex lock;
    struct http_pending *addresses GUARDED_BY(lock);
    unsigned taken GUARDED_BY(lock);
    unsigned address_max;
    bool closed GUARDED_BY(lock);
};

NO_THREAD_CHECK struct pending_pool *pending_pool_new(unsigned address_max)
{
    struct pending_pool *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    mutex_init(&p->lock, LOCK_pending);
    p->address_max = address_max;
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

/* NOLINTNEXTLINE(readability-function-size): the macros of uthash */
enum err pending_take(struct pending_pool *p, const char *address, struct http_pending **out_place)
{
    enum err e = ERR_OK;
    struct http_pending *a;
    mutex_lock(&p->lock);
    HASH_FIND_STR(p->addresses, address, a);
    if (p->taken >= PENDING_ALL_MAX || (a && a->taken >= p->address_max)) {
        e = ERR_LIMIT;
    } else if (!a) {
        a = calloc(1, sizeof *a);
        if (a) {
            a->pool = p;
            text_copy(a->address, sizeof a->address, text_of(address));
            HASH_ADD_STR(p->addresses, address, a);
        }
        if (!a || !a->pool) { /* the map found no memory */
            free(a);
            e = ERR_NOMEM;
        }
    }
    if (e == ERR_OK) {
        a->taken++;
        p->taken++;
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
