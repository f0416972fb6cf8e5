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

struct channel *channel_find(struct shard *s, struct named channel)
{
    struct table_link *l = table_find(&s->channels, channel.hash);
    while (l && !text_is(channel_name((struct channel *)l), channel.name))
        l = table_again(l);
    return (struct channel *)l;
}

struct channel *channel_after(struct shard *s, const struct channel *c)
{
    return (struct channel *)table_next(&s->channels, c ? &c->by_name : NULL);
}

struct channel *channel_get(struct shard *s, struct named channel)
{
    struct text name = channel.name;
    struct channel *c = channel_find(s, channel);
    if (c)
        return c;
    c = calloc(1, offsetof(struct channel, name) + name.len);
    if (!c)
        return NULL;
    c->shard = s;
    c->name_len = (uint8_t)name.len;
    memcpy(c->name, name.data, name.len);
    table_add(&s->channels, &c->by_name, channel.hash);
    unsigned bucket = bucket_of(channel.hash);
    if (s->interest[bucket]++ == 0)
        atomic_fetch_or(&s->hub->interest[bucket], (uint64_t)1 << s->index);
    return c;
}

struct channel_extras *channel_extras(struct channel *c)
{
    struct shard *s = c->shard;
    if (!c->extras && (c->extras = calloc(1, sizeof *c->extras)))
        c->extras->number = ++s->last_channel * s->hub->options.reactors_count + s->index + 1;
    return c->extras;
}

void channel_leave(struct channel *c)
{
    struct shard *s = c->shard;
    if (c->first)
        return;
    unsigned bucket = bucket_of(c->by_name.hash);
    if (--s->interest[bucket] == 0)
        atomic_fetch_and(&s->hub->interest[bucket], ~((uint64_t)1 << s->index));
    table_remove(&s->channels, &c->by_name);
    channel_forget(c);
    free(c->extras);
    free(c);
}

/* ---- ending from elsewhere */

struct eviction {
    int64_t user_id;
    unsigned code;
    char reason[64];
    uint32_t hash; /* of the channel */
    size_t channel_len;
    char channel[CHANNEL_MAX + 1];
};

static void on_eviction(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct eviction *ev = object;
    struct named name = {{ev->channel, ev->channel_len}, ev->hash};
    struct channel *c = channel_find(subject, name);
    if (c) {
        channel_catch_up(c); /* what was before the end comes before it */
        c = channel_find(subject, name);
    }
    struct subscriber *next;
    for (struct subscriber *sub = c ? c->first : NULL; sub; sub = next) {
        next = sub->next;
        if (subscriber_client(sub)->user_id == ev->user_id)
            subscriber_end(sub, ev->code, text_of(ev->reason));
    }
    free(ev);
}

/* False: it could not be told. */
static bool evict(struct shard *s, struct named channel, int64_t user_id, unsigned code,
                  struct text reason)
{
    struct eviction *ev = calloc(1, sizeof *ev);
    if (!ev)
        return false;
    ev->user_id = user_id;
    ev->code = code;
    text_copy(ev->reason, sizeof ev->reason, reason);
    ev->hash = channel.hash;
    ev->channel_len = text_copy(ev->channel, sizeof ev->channel, channel.name);
    enum err e = reactor_post(s->reactor, on_eviction, s, ev, 0);
    if (e != ERR_OK)
        free(ev);
    return e != ERR_BUSY; /* stopping: nobody is left to hear anything */
}

/* Who may no longer hear must not go on: if a reactor cannot be told, everybody there subscribes anew, and is judged. */
void hub_unsubscribe_user(struct hub *hub, struct text channel, int64_t user_id, unsigned code,
                          struct text reason)
{
    struct named named = channel_named(hub, channel);
    for (unsigned i = 0; i < hub->options.reactors_count; i++)
        if (!evict(&hub->shards[i], named, user_id, code, reason))
            shard_mark_behind(&hub->shards[i], bucket_of(named.hash));
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
    struct shard *s = TIMER_OWNER(t, struct shard, sweep);
    shard_catch_up(s);
    subscribers_refuse_waiting(s);
    memory_sweep(s);
    published_sweep(s);
    set_sweep(s);
}

void shard_start(struct shard *s)
{
    s->sweep = (struct timer){.fire = on_sweep};
    s->busy_due = (struct timer){.fire = shard_busy_due};
    set_sweep(s);
}

NO_THREAD_CHECK void shard_free(struct shard *s)
{
    struct channel *c;
    while ((c = channel_after(s, NULL))) /* each has a first one, and goes with its last */
        subscriber_free(c->first);
    table_fini(&s->channels);
    memory_free(s);
    published_free(s);
    free(s->interest);
    free(s->eras);
}
