#include "http/admission.h"

#include "base/address.h"
#include "base/buckets.h"
#include "base/hash.h"
#include "base/mutex.h"
#include "http/http.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(place) ((place)->admission = NULL)
#include <uthash.h>

#define SHARE 4 /* of a second's places an address gets a quarter, while there are few left */

/* All open sockets of one address. */
struct http_place {
    UT_hash_handle hh;
    struct admission *admission;
    unsigned open;
    unsigned char key_len;
    unsigned char key[ADDRESS_SIZE];
};

struct admission {
    struct admission_options options;
    struct hash_key key;
    struct buckets *addresses; /* what each has opened lately */
    struct buckets *shares;    /* the same, of what all may */
    struct mutex lock;
    struct http_place *places GUARDED_BY(lock);
    struct bucket all GUARDED_BY(lock);
    unsigned open GUARDED_BY(lock);
    bool closed GUARDED_BY(lock);
};

static struct bucket_limit limit_of_all(const struct admission *a)
{
    return (struct bucket_limit){a->options.per_s, a->options.per_s};
}

static NO_THREAD_CHECK struct admission *drop(struct admission *a)
{
    buckets_free(a->addresses);
    buckets_free(a->shares);
    mutex_fini(&a->lock);
    free(a);
    return NULL;
}

NO_THREAD_CHECK struct admission *admission_new(const struct admission_options *options)
{
    struct admission *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->options = *options;
    hash_key_init(&a->key, options->env);
    mutex_init(&a->lock, LOCK_admission);
    unsigned share = (options->per_s + SHARE - 1) / SHARE;
    a->addresses = buckets_new(options->env, options->address);
    a->shares = buckets_new(options->env, (struct bucket_limit){share, share});
    return a->addresses && a->shares ? a : drop(a);
}

struct admission *admission_free(struct admission *a)
{
    if (!a)
        return NULL;
    mutex_lock(&a->lock);
    a->closed = true;
    bool last = a->open == 0;
    mutex_unlock(&a->lock);
    return last ? drop(a) : NULL;
}

static struct http_place *find(struct admission *a, struct text key, uint32_t hash)
    CLANG(requires_capability(a->lock))
{
    struct http_place *p;
    HASH_FIND_BYHASHVALUE(hh, a->places, key.data, key.len, hash, p);
    return p;
}

/* NULL: no memory. */
/* NOLINTNEXTLINE(readability-function-size): the macros of uthash */
static struct http_place *place_get(struct admission *a, struct text key)
    CLANG(requires_capability(a->lock))
{
    uint32_t hash = (uint32_t)hash_of(&a->key, key);
    struct http_place *p = find(a, key, hash);
    if (p)
        return p;
    p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->admission = a;
    p->key_len = (unsigned char)key.len;
    memcpy(p->key, key.data, key.len);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, a->places, p->key, key.len, hash, p);
    if (p->admission)
        return p;
    free(p); /* the map found no memory */
    return NULL;
}

static unsigned open_of(struct admission *a, struct text key) CLANG(requires_capability(a->lock))
{
    const struct http_place *p = find(a, key, (uint32_t)hash_of(&a->key, key));
    return p ? p->open : 0;
}

/* What a second's places allow: an address that has had its share leaves the last half to others. key empty: nobody's. */
static bool second_has_room(struct admission *a, struct text key, int64_t now_ms,
                            int64_t *out_retry_ms) CLANG(requires_capability(a->lock))
{
    struct bucket_limit limit = limit_of_all(a);
    struct bucket after = a->all;
    if (!bucket_take(&after, limit, 1, now_ms, out_retry_ms))
        return false;
    bool scarce = limit.burst > 0 && bucket_left(&after, limit, now_ms) < limit.burst / 2;
    return !scarce || key.len == 0 || buckets_has(a->shares, key, 1, out_retry_ms);
}

static enum refusal_kind check(struct admission *a, struct text key, int64_t now_ms,
                               int64_t *out_retry_ms) CLANG(requires_capability(a->lock))
{
    const struct admission_options *o = &a->options;
    if (a->open >= o->connections_max)
        return REFUSAL_connections;
    if (key.len > 0 && o->address_connections_max > 0 &&
        open_of(a, key) >= o->address_connections_max)
        return REFUSAL_address_connections;
    if (key.len > 0 && !buckets_has(a->addresses, key, 1, out_retry_ms))
        return REFUSAL_address_rate;
    return second_has_room(a, key, now_ms, out_retry_ms) ? ADMITTED : REFUSAL_rate;
}

static enum refusal_kind take(struct admission *a, struct text key, struct http_place **out_place,
                              int64_t *out_retry_ms) CLANG(requires_capability(a->lock))
{
    int64_t now_ms = env_monotonic_ms(a->options.env);
    enum refusal_kind no = check(a, key, now_ms, out_retry_ms);
    if (no != ADMITTED)
        return no;
    struct http_place *p = place_get(a, key);
    if (!p)
        return REFUSAL_unavailable;
    if (key.len > 0) { /* a share that is spent only counts where places are few */
        (void)buckets_take(a->addresses, key, 1, NULL);
        (void)buckets_take(a->shares, key, 1, NULL);
    }
    (void)bucket_take(&a->all, limit_of_all(a), 1, now_ms, NULL);
    p->open++;
    a->open++;
    *out_place = p;
    return ADMITTED;
}

enum refusal_kind admission_take(struct admission *a, const char *address,
                                 struct http_place **out_place, int64_t *out_retry_ms)
{
    unsigned char bytes[ADDRESS_SIZE];
    struct text key = {(const char *)bytes, 0}; /* of this machine: nobody's */
    if (!address_is_local(text_of(address)))
        key.len = address_key(text_of(address), bytes);
    *out_retry_ms = 0;
    if (level_now(a->options.level) >= LEVEL_SHEDDING)
        return REFUSAL_level;
    mutex_lock(&a->lock);
    enum refusal_kind no = take(a, key, out_place, out_retry_ms);
    mutex_unlock(&a->lock);
    return no;
}

struct http_place *http_place_leave(struct http_place *p)
{
    if (!p)
        return NULL;
    struct admission *a = p->admission;
    mutex_lock(&a->lock);
    a->open--;
    if (--p->open == 0) {
        HASH_DEL(a->places, p);
        free(p);
    }
    bool last = a->closed && a->open == 0;
    mutex_unlock(&a->lock);
    if (last)
        drop(a);
    return NULL;
}
