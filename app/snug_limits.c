/* snug_limits: a token bucket a user for what costs something (message.send), the same on all doors. */
#include "base/bucket.h"
#include "snug_inside.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM                                                                          \
    1 /* uthash: a failed HASH_ADD leaves the handle's tbl NULL and nothing behind */
#include <uthash.h>

#define SPENDERS_MAX 65536

struct spender {
    int64_t user_id;
    struct bucket bucket;
    UT_hash_handle hh;
};

void limits_init(struct snug *s)
{
    mutex_init(&s->limits_lock, LOCK_limits);
}

static struct bucket_limit limit_of(const struct snug *s)
{
    return (struct bucket_limit){s->options.sends_burst, s->options.sends_per_s};
}

/* Behind the lock. NULL: no memory, or more users than anybody has. */
static struct spender *spender_get(struct snug *s, int64_t user_id)
{
    struct spender *found;
    HASH_FIND(hh, s->spenders, &user_id, sizeof user_id, found);
    if (found || HASH_COUNT(s->spenders) >= SPENDERS_MAX)
        return found;
    found = calloc(1, sizeof *found);
    if (!found)
        return NULL;
    found->user_id = user_id;
    HASH_ADD(hh, s->spenders, user_id, sizeof found->user_id, found);
    if (!found->hh.tbl) {
        free(found);
        return NULL;
    }
    return found;
}

bool limits_may_spend(void *snug, const struct actor *actor, unsigned cost, int64_t *out_retry_ms)
{
    struct snug *s = snug;
    if (cost == 0 || actor->user_id == 0)
        return true;
    *out_retry_ms = 1000;
    mutex_lock(&s->limits_lock);
    struct spender *spender = spender_get(s, actor->user_id);
    bool may = spender && bucket_take(&spender->bucket, limit_of(s), cost,
                                      env_monotonic_ms(&env_real), out_retry_ms);
    mutex_unlock(&s->limits_lock);
    return may;
}

static void forget(struct snug *s, bool all)
{
    int64_t now_ms = env_monotonic_ms(&env_real);
    struct spender *spender, *next;
    mutex_lock(&s->limits_lock);
    HASH_ITER(hh, s->spenders, spender, next)
    {
        if (!all && !bucket_idle(&spender->bucket, limit_of(s), now_ms))
            continue;
        // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_ITER holds the next one already
        HASH_DEL(s->spenders, spender);
        free(spender);
    }
    mutex_unlock(&s->limits_lock);
}

void limits_sweep(struct snug *s)
{
    forget(s, false);
}

void limits_fini(struct snug *s)
{
    forget(s, true);
    mutex_fini(&s->limits_lock);
}
