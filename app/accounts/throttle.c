#include "accounts/throttle.h"

#include "base/address.h"
#include "base/hash.h"
#include "base/mutex.h"

#include <math.h>
#include <stdlib.h>

#define SETS 256
#define WAYS 8
#define KEY_MAX 400

struct bucket {
    uint64_t key; /* 0: free */
    int64_t at_ms;
    double tokens; /* at at_ms */
};

struct throttle {
    const struct env *env;
    double burst, per_s;
    struct hash_key key;
    struct mutex lock;
    struct bucket sets[SETS][WAYS] GUARDED_BY(lock);
};

struct throttle *throttle_new(const struct env *env, double burst, double per_s)
{
    struct throttle *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->env = env;
    t->burst = burst;
    t->per_s = per_s;
    hash_key_init(&t->key, env);
    mutex_init(&t->lock, LOCK_accounts);
    return t;
}

struct throttle *throttle_free(struct throttle *t)
{
    if (t)
        mutex_fini(&t->lock);
    free(t);
    return NULL;
}

static uint64_t key_of(const struct throttle *t, enum throttle_kind kind, struct text key)
{
    unsigned char bytes[KEY_MAX + 1] = {(unsigned char)('A' + (int)kind)};
    size_t len = 0;
    if (kind == THROTTLE_ADDRESS) {
        len = address_key(key, bytes + 1);
    } else {
        len = text_copy((char *)bytes + 1, KEY_MAX, key);
        for (size_t i = 1; i <= len; i++)
            if (bytes[i] >= 'A' && bytes[i] <= 'Z')
                bytes[i] = (unsigned char)(bytes[i] + ('a' - 'A'));
    }
    uint64_t h = hash_of(&t->key, (struct text){(const char *)bytes, len + 1});
    return h ? h : 1;
}

static double tokens_now(const struct throttle *t, const struct bucket *b, int64_t now_ms)
{
    double tokens = b->tokens + (double)(now_ms - b->at_ms) * t->per_s / 1000.0;
    return tokens < t->burst ? tokens : t->burst;
}

static struct bucket *find(struct throttle *t, uint64_t key) CLANG(requires_capability(t->lock))
{
    struct bucket *set = t->sets[key % SETS];
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

int64_t throttle_wait_ms(struct throttle *t, enum throttle_kind kind, struct text key)
{
    if (t->burst <= 0)
        return 0;
    int64_t now = env_monotonic_ms(t->env);
    uint64_t h = key_of(t, kind, key);
    mutex_lock(&t->lock);
    const struct bucket *b = find(t, h);
    double tokens = b ? tokens_now(t, b, now) : t->burst;
    mutex_unlock(&t->lock);
    if (tokens >= 1)
        return 0;
    return t->per_s > 0 ? (int64_t)ceil((1 - tokens) * 1000.0 / t->per_s) : 60000;
}

/* The place to use for a new key: a free one, else the one that is missed least. */
static struct bucket *place(struct throttle *t, uint64_t key, int64_t now_ms)
    CLANG(requires_capability(t->lock))
{
    struct bucket *set = t->sets[key % SETS];
    struct bucket *best = &set[0];
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].key == 0)
            return &set[i];
        if (tokens_now(t, &set[i], now_ms) > tokens_now(t, best, now_ms))
            best = &set[i];
    }
    return best;
}

void throttle_failed(struct throttle *t, enum throttle_kind kind, struct text key)
{
    if (t->burst <= 0)
        return;
    int64_t now = env_monotonic_ms(t->env);
    uint64_t h = key_of(t, kind, key);
    mutex_lock(&t->lock);
    struct bucket *b = find(t, h);
    if (!b) {
        b = place(t, h, now);
        *b = (struct bucket){.key = h, .at_ms = now, .tokens = t->burst};
    }
    double left = tokens_now(t, b, now) - 1;
    b->tokens = left > 0 ? left : 0; /* tries that ran side by side do not add up to a debt */
    b->at_ms = now;
    mutex_unlock(&t->lock);
}
