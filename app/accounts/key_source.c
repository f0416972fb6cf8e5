#include "accounts/key_source.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/task_queue.h"
#include "net/fetch.h"

#include <stdlib.h>

struct key_source {
    const struct env *env;
    struct task_queue *tasks;
    char *url;
    const char *option;
    atomic_bool stop;
    struct mutex lock;
    struct jwt_keys *keys GUARDED_BY(lock);                      /* NULL: none came yet */
    bool fetching GUARDED_BY(lock), failed GUARDED_BY(lock);     /* now; the last one */
    int64_t tried_ms GUARDED_BY(lock), came_ms GUARDED_BY(lock); /* monotonic; the last ones */
    struct key_waiter waiters[KEY_WAITERS_MAX] GUARDED_BY(lock);
    size_t waiters_count GUARDED_BY(lock);
};

#define NEVER_MS (INT64_MIN / 2)

enum err key_source_new(const struct key_source_options *options, struct key_source **out_source)
{
    if (!fetch_can(options->url))
        return ERR_BAD_REQUEST;
    struct key_source *s = calloc(1, sizeof *s);
    char *url = text_dup(text_of(options->url));
    if (!s || !url) {
        free(s);
        free(url);
        return ERR_NOMEM;
    }
    s->env = options->env;
    s->tasks = options->tasks;
    s->url = url;
    s->option = options->option;
    s->tried_ms = s->came_ms = NEVER_MS;
    atomic_init(&s->stop, false);
    mutex_init(&s->lock, LOCK_token_keys);
    *out_source = s;
    return ERR_OK;
}

struct key_source *key_source_free(struct key_source *s)
{
    if (!s)
        return NULL;
    jwt_keys_unref(s->keys);
    mutex_fini(&s->lock);
    free(s->url);
    free(s);
    return NULL;
}

struct jwt_keys *key_source_keys(struct key_source *s)
{
    mutex_lock(&s->lock);
    struct jwt_keys *keys = s->keys ? jwt_keys_ref(s->keys) : NULL;
    mutex_unlock(&s->lock);
    return keys;
}

/* ---- fetching */

/* What came takes the place of what was; NULL: nothing came. Who waited goes on. */
static void fetched(struct key_source *s, struct jwt_keys *keys)
{
    struct key_waiter waiters[KEY_WAITERS_MAX];
    mutex_lock(&s->lock);
    struct jwt_keys *former = NULL;
    if (keys) {
        former = s->keys;
        s->keys = keys;
        s->came_ms = env_monotonic_ms(s->env);
    }
    s->fetching = false;
    s->failed = !keys;
    size_t count = s->waiters_count;
    memcpy(waiters, s->waiters, count * sizeof waiters[0]);
    s->waiters_count = 0;
    mutex_unlock(&s->lock);
    jwt_keys_unref(former);
    for (size_t i = 0; i < count; i++)
        waiters[i].run(waiters[i].data);
}

/* NULL: nothing to go by; the log says why. */
ON(role_task) static struct jwt_keys *fetch(struct key_source *s)
{
    struct fetch_options o = {
        .url = s->url,
        .deadline_ms = KEYS_DEADLINE_MS,
        .accept = "application/jwk-set+json, application/json",
        .stop = &s->stop,
    };
    char why[FETCH_WHY_SIZE];
    struct buf body;
    buf_init(&body, KEYS_MAX_BYTES);
    metric_add(METRIC_key_fetches, 1);
    enum err e = fetch_get(&o, &body, why);
    struct jwt_keys *keys = e == ERR_OK ? jwt_keys_new() : NULL;
    if (e == ERR_OK && (!keys || jwt_keys_add_jwks(keys, buf_text(&body)) != ERR_OK)) {
        (void)text_copy(why, sizeof why, TEXT("The answer is no set of keys."));
        keys = jwt_keys_unref(keys);
    }
    buf_fini(&body);
    if (!keys)
        metric_add(METRIC_key_fetches_failed, 1);
    if (keys)
        log_event(LOG_INFO, "keys_fetched", KV_STR("option", s->option),
                  KV_INT("keys", (int64_t)jwt_keys_count(keys)));
    else if (e != ERR_CLOSED)
        log_event(LOG_WARN, "keys_not_fetched", KV_STR("option", s->option), KV_STR("why", why));
    return keys;
}

static void fetch_run(void *thread, void *data)
{
    struct key_source *s = data;
    (void)thread;
    role_assert(&role_task);
    fetched(s, atomic_load(&s->stop) ? NULL : fetch(s));
}

/* After claim, without the lock. False: no thread can do it, and it is over. */
static bool begin(struct key_source *s)
{
    if (task_queue_push(s->tasks, (struct task){fetch_run, s}) == ERR_OK)
        return true;
    fetched(s, NULL);
    return false;
}

/* True if a fetch shall begin now; then it is noted as begun. With the lock. */
static bool claim(struct key_source *s, int64_t now_ms)
{
    if (s->fetching || atomic_load(&s->stop) || now_ms - s->tried_ms < KEYS_AGAIN_MS)
        return false;
    s->fetching = true;
    s->tried_ms = now_ms;
    return true;
}

void key_source_tick(struct key_source *s)
{
    mutex_lock(&s->lock);
    int64_t now_ms = env_monotonic_ms(s->env);
    bool mine = now_ms - s->came_ms >= KEYS_FRESH_MS && claim(s, now_ms);
    mutex_unlock(&s->lock);
    if (mine)
        (void)begin(s);
}

void key_source_stop(struct key_source *s)
{
    if (s)
        atomic_store(&s->stop, true); /* who waits does so for a fetch, which sees it */
}

/* ---- tokens */

enum err key_source_miss(struct key_source *s, const struct jwt_keys *seen)
{
    if (atomic_load(&s->stop))
        return ERR_CLOSED;
    mutex_lock(&s->lock);
    enum err e = s->keys && !s->failed ? ERR_BAD_TOKEN : ERR_UNAVAILABLE;
    if (s->keys != seen || s->fetching)
        e = ERR_BUSY;
    bool mine = e != ERR_BUSY && claim(s, env_monotonic_ms(s->env));
    mutex_unlock(&s->lock);
    if (mine)
        e = begin(s) ? ERR_BUSY : ERR_UNAVAILABLE;
    return e;
}

enum err key_source_wait(struct key_source *s, struct key_waiter waiter)
{
    enum err e = ERR_OK;
    mutex_lock(&s->lock);
    bool waits = s->fetching;
    if (waits && s->waiters_count == KEY_WAITERS_MAX)
        e = ERR_BUSY;
    else if (waits)
        s->waiters[s->waiters_count++] = waiter;
    mutex_unlock(&s->lock);
    if (e != ERR_OK)
        metric_add(METRIC_key_waits_refused, 1);
    else if (!waits)
        waiter.run(waiter.data);
    return e;
}
