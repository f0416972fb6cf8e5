/* shard: the part of the hub on one reactor: its channels, ends that come from elsewhere, its look around each second. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "hub/hub_inside.h"

#include <stdlib.h>

#define SWEEP_MS 1000

struct shard *hub_shard(struct hub *hub)
{
    struct reactor *r = reactor_current();
    must(r);
    return &hub->shards[reactor_index(r)];
}

/* ---- channels */

struct channel *channel_find(struct shard *s, const char *name, size_t len)
{
    struct channel *c;
    HASH_FIND(by_name, s->channels, name, len, c);
    return c;
}

struct channel *channel_get(struct shard *s, struct text name)
{
    struct channel *c = channel_find(s, name.data, name.len);
    if (c)
        return c;
    c = calloc(1, sizeof *c + name.len + 1);
    if (!c)
        return NULL;
    c->shard = s;
    c->name_len = text_copy(c->name, name.len + 1, name);
    c->number = ++s->last_channel * s->hub->options.reactors_count + s->index + 1;
    c->bucket = channel_bucket(name);
    HASH_ADD_KEYPTR(by_name, s->channels, c->name, c->name_len, c);
    if (!c->by_name.tbl) {
        free(c);
        return NULL;
    }
    if (s->interest[c->bucket]++ == 0)
        atomic_fetch_or(&s->hub->interest[c->bucket], (uint64_t)1 << s->index);
    return c;
}

void channel_leave(struct channel *c)
{
    struct shard *s = c->shard;
    if (c->first)
        return;
    if (--s->interest[c->bucket] == 0)
        atomic_fetch_and(&s->hub->interest[c->bucket], ~((uint64_t)1 << s->index));
    HASH_DELETE(by_name, s->channels, c);
    free(c);
}

/* ---- ending from elsewhere */

struct eviction {
    int64_t user_id;
    unsigned code;
    char reason[64];
    size_t channel_len;
    char channel[CHANNEL_MAX + 1];
};

static void on_eviction(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct eviction *ev = object;
    struct channel *c = channel_find(subject, ev->channel, ev->channel_len);
    struct subscriber *next;
    for (struct subscriber *sub = c ? c->first : NULL; sub; sub = next) {
        next = sub->next;
        if (sub->client->actor.user_id == ev->user_id)
            subscriber_end(sub, ev->code, text_of(ev->reason));
    }
    free(ev);
}

/* False: it could not be told. */
static bool evict(struct shard *s, struct text channel, int64_t user_id, unsigned code,
                  struct text reason)
{
    struct eviction *ev = calloc(1, sizeof *ev);
    if (!ev)
        return false;
    ev->user_id = user_id;
    ev->code = code;
    text_copy(ev->reason, sizeof ev->reason, reason);
    ev->channel_len = text_copy(ev->channel, sizeof ev->channel, channel);
    enum err e = reactor_post(s->reactor, on_eviction, s, ev, 0);
    if (e != ERR_OK)
        free(ev);
    return e != ERR_BUSY; /* stopping: nobody is left to hear anything */
}

/* Who may no longer hear must not go on: if a reactor cannot be told, everybody there subscribes anew, and is judged. */
void hub_unsubscribe_user(struct hub *hub, struct text channel, int64_t user_id, unsigned code,
                          struct text reason)
{
    for (unsigned i = 0; i < hub->options.reactors_count; i++)
        if (!evict(&hub->shards[i], channel, user_id, code, reason))
            shard_mark_behind(&hub->shards[i], channel_bucket(channel));
}

/* ---- life */

static void set_sweep(struct shard *s) ON(role_reactor)
{
    if (timer_set(s->reactor, &s->sweep, reactor_now_ms(s->reactor) + SWEEP_MS) != ERR_OK)
        log_event(LOG_WARN, "hub_sweep_not_set", KV_INT("reactor", s->index));
}

static void on_sweep(struct timer *t)
{
    role_assert(&role_reactor);
    struct shard *s = t->owner;
    shard_catch_up(s);
    subscribers_refuse_waiting(s);
    memory_sweep(s);
    published_sweep(s);
    set_sweep(s);
}

void shard_start(struct shard *s)
{
    s->sweep = (struct timer){.fire = on_sweep, .owner = s};
    set_sweep(s);
}

NO_THREAD_CHECK void shard_free(struct shard *s)
{
    struct subscriber *sub, *next;
    HASH_ITER(by_number, s->subscribers, sub, next)
    subscriber_free(sub);
    must(!s->channels);
    memory_free(s);
    published_free(s);
    free(s->interest);
}
