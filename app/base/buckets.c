#include "base/buckets.h"

#include "base/address.h"
#include "base/hash.h"
#include "base/mutex.h"

#include <stdlib.h>

#define SHARDS 16U
#define WAYS 8U
#define SETS (BUCKETS_KEYS / SHARDS / WAYS)
#define NEAR 4U /* sets of a shard that are filled first */

struct entry {
    uint64_t key; /* 0: free */
    struct bucket bucket;
};

struct shard {
    struct mutex lock;
    bool spilled GUARDED_BY(lock);                  /* there are keys in `far` */
    struct entry near[NEAR][WAYS] GUARDED_BY(lock); /* as long as one of a set has spent nothing */
    struct entry (*far)[WAYS] GUARDED_BY(lock);     /* SETS of them */
};

struct buckets {
    const struct env *env;
    struct bucket_limit limit;
    struct hash_key key;
    struct entry (*far)[WAYS]; /* of all shards; the system gives a page when it is first written */
    struct shard shards[];
};

NO_THREAD_CHECK struct buckets *buckets_new(const struct env *env, struct bucket_limit limit)
{
    unsigned shards = limit.burst > 0 ? SHARDS : 0;
    struct buckets *b = calloc(1, sizeof *b + shards * sizeof b->shards[0]);
    if (!b)
        return NULL;
    b->env = env;
    b->limit = limit;
    if (shards > 0 && !(b->far = calloc((size_t)SHARDS * SETS, sizeof *b->far))) {
        free(b);
        return NULL;
    }
    hash_key_init(&b->key, env);
    for (unsigned i = 0; i < shards; i++) {
        mutex_init(&b->shards[i].lock, LOCK_buckets);
        b->shards[i].far = b->far + (size_t)i * SETS;
    }
    return b;
}

struct buckets *buckets_free(struct buckets *b)
{
    if (!b)
        return NULL;
    for (unsigned i = 0; b->limit.burst > 0 && i < SHARDS; i++)
        mutex_fini(&b->shards[i].lock);
    free(b->far);
    free(b);
    return NULL;
}

static struct entry *near_of(struct shard *s, uint64_t key) CLANG(requires_capability(s->lock))
{
    return s->near[key / SHARDS % NEAR];
}

static struct entry *far_of(struct shard *s, uint64_t key) CLANG(requires_capability(s->lock))
{
    return s->far[key / SHARDS % SETS];
}

static struct entry *find_in(struct entry *set, uint64_t key)
{
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

/* NULL: it has spent nothing. */
static struct entry *find(struct shard *s, uint64_t key) CLANG(requires_capability(s->lock))
{
    struct entry *e = find_in(near_of(s, key), key);
    return e || !s->spilled ? e : find_in(far_of(s, key), key);
}

/* A place of nobody, else that of who has spent least. */
static struct entry *least(struct entry *set, struct bucket_limit limit, int64_t now_ms)
{
    double most = -1;
    struct entry *best = &set[0];
    for (unsigned i = 0; i < WAYS; i++) {
        double left =
            set[i].key == 0 ? limit.burst + 1 : bucket_left(&set[i].bucket, limit, now_ms);
        if (left > most) {
            most = left;
            best = &set[i];
        }
    }
    return best;
}

/* A place for a key that has none. In the near set only one that knows nothing, so that few keys need little memory; in the
 * far set another key may be lost. */
static struct entry *place(struct shard *s, uint64_t key, struct bucket_limit limit, int64_t now_ms)
    CLANG(requires_capability(s->lock))
{
    struct entry *e = least(near_of(s, key), limit, now_ms);
    if (e->key != 0 && !bucket_idle(&e->bucket, limit, now_ms)) {
        s->spilled = true;
        e = least(far_of(s, key), limit, now_ms);
    }
    *e = (struct entry){.key = key};
    return e;
}

static uint64_t key_of(const struct buckets *b, struct text key)
{
    uint64_t h = hash_of(&b->key, key);
    return h ? h : 1;
}

static bool look(struct buckets *b, uint64_t h, double cost, int64_t *out_retry_ms, bool take)
{
    int64_t now_ms = env_monotonic_ms(b->env);
    struct shard *s = &b->shards[h % SHARDS];
    mutex_lock(&s->lock);
    struct entry *e = find(s, h);
    struct bucket after = e ? e->bucket : (struct bucket){0};
    bool may = bucket_take(&after, b->limit, cost, now_ms, out_retry_ms);
    if (may && take) {
        e = e ? e : place(s, h, b->limit, now_ms);
        e->bucket = after;
    }
    mutex_unlock(&s->lock);
    return may;
}

static bool is_limited(const struct buckets *b)
{
    return b && b->limit.burst > 0;
}

bool buckets_take(struct buckets *b, struct text key, double cost, int64_t *out_retry_ms)
{
    return !is_limited(b) || look(b, key_of(b, key), cost, out_retry_ms, true);
}

bool buckets_has(struct buckets *b, struct text key, double cost, int64_t *out_retry_ms)
{
    return !is_limited(b) || look(b, key_of(b, key), cost, out_retry_ms, false);
}

uint64_t buckets_address(const struct buckets *b, struct text address)
{
    unsigned char key[ADDRESS_SIZE];
    if (!is_limited(b) || address_is_local(address))
        return 0;
    size_t len = address_key(address, key);
    return key_of(b, (struct text){(const char *)key, len});
}

bool buckets_take_of(struct buckets *b, uint64_t address, double cost, int64_t *out_retry_ms)
{
    return address == 0 || look(b, address, cost, out_retry_ms, true);
}
