/* shard: the subscribers of one reactor: registering, joining position and live flow, delivering in order. */
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

static struct channel *channel_find(struct shard *s, const char *name, size_t len) ON(role_reactor)
{
    struct channel *c;
    HASH_FIND(by_name, s->channels, name, len, c);
    return c;
}

static struct channel *channel_get(struct shard *s, struct text name) ON(role_reactor)
{
    struct channel *c = channel_find(s, name.data, name.len);
    if (c)
        return c;
    c = calloc(1, sizeof *c + name.len + 1);
    if (!c)
        return NULL;
    c->shard = s;
    c->name_len = text_copy(c->name, name.len + 1, name);
    c->bucket = channel_bucket(name);
    HASH_ADD_KEYPTR(by_name, s->channels, c->name, c->name_len, c);
    if (s->interest[c->bucket]++ == 0)
        atomic_fetch_or(&s->hub->interest[c->bucket], (uint64_t)1 << s->index);
    return c;
}

static void channel_leave(struct channel *c) ON(role_reactor)
{
    struct shard *s = c->shard;
    if (c->first)
        return;
    if (--s->interest[c->bucket] == 0)
        atomic_fetch_and(&s->hub->interest[c->bucket], ~((uint64_t)1 << s->index));
    HASH_DELETE(by_name, s->channels, c);
    free(c);
}

/* ---- subscribers */

static void drop_held(struct subscriber *sub)
{
    for (unsigned i = 0; i < sub->held_count; i++)
        push_unref(sub->held[i]);
    free(sub->held);
    sub->held = NULL;
    sub->held_count = sub->held_room = 0;
}

static void subscriber_free(struct subscriber *sub) ON(role_reactor)
{
    struct channel *c = sub->channel;
    struct shard *s = c->shard;
    HASH_DELETE(by_number, s->subscribers, sub);
    if (sub->before)
        sub->before->next = sub->next;
    else
        c->first = sub->next;
    if (sub->next)
        sub->next->before = sub->before;
    drop_held(sub);
    free(sub);
    channel_leave(c);
    metric_add(METRIC_subscriptions, -1);
}

struct subscriber *hub_unsubscribe(struct subscriber *sub)
{
    if (sub) {
        if (sub->live && sub->options.join_leave)
            presence_changed(sub, "leave");
        subscriber_free(sub);
    }
    return NULL;
}

/* Ends it from this side; the owner is told and lets go. */
static void subscriber_end(struct subscriber *sub, unsigned code, struct text reason)
    ON(role_reactor)
{
    sub->client->events->ended(sub->client->owner, sub, code, reason);
    hub_unsubscribe(sub);
}

struct text subscriber_channel(const struct subscriber *sub)
{
    return (struct text){sub->channel->name, sub->channel->name_len};
}

bool subscriber_live(const struct subscriber *sub)
{
    return sub->live;
}

struct channel_options subscriber_options(const struct subscriber *sub)
{
    return sub->options;
}

/* ---- delivering */

static void hold(struct subscriber *sub, struct push *p)
{
    if (p->kind != PUSH_EVENT)
        return; /* passing things are for those who are there */
    if (sub->held_count == HELD_MAX) {
        sub->overflowed = true;
        return;
    }
    if (sub->held_count == sub->held_room) {
        unsigned room = sub->held_room ? sub->held_room * 2 : 8;
        struct push **held = realloc(sub->held, room * sizeof *held);
        if (!held) {
            sub->overflowed = true;
            return;
        }
        sub->held = held;
        sub->held_room = room;
    }
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    sub->held[sub->held_count++] = p;
}

/* False: this subscriber missed something and was ended. */
static bool give(struct subscriber *sub, struct push *p) ON(role_reactor)
{
    if (p->kind == PUSH_JOIN_LEAVE && !sub->join_leave)
        return true;
    if (p->kind == PUSH_EVENT) {
        if (p->offset <= sub->joined_offset)
            return true; /* it came with the answer */
        if (p->offset <= sub->offset) {
            metric_add(METRIC_messages_doubled, 1);
            return true;
        }
        if (p->offset != sub->offset + 1) {
            metric_add(METRIC_messages_lost, (int64_t)(p->offset - sub->offset - 1));
            subscriber_end(sub, 2500, TEXT("insufficient state"));
            return false;
        }
        sub->offset = p->offset;
    }
    metric_add(METRIC_deliveries, 1);
    sub->client->events->deliver(sub->client->owner, p->frame, p->kind != PUSH_EVENT);
    return true;
}

/* Subscribers of channels whose push did not fit into the mailbox start over from the stream. */
static void catch_up(struct shard *s) ON(role_reactor)
{
    if (!atomic_exchange(&s->behind, false))
        return;
    uint64_t buckets[INTEREST_BUCKETS / 64];
    for (unsigned i = 0; i < INTEREST_BUCKETS / 64; i++)
        buckets[i] = atomic_exchange(&s->behind_buckets[i], 0);
    struct subscriber *sub, *next;
    HASH_ITER(by_number, s->subscribers, sub, next)
    {
        unsigned bucket = sub->channel->bucket;
        if (!(buckets[bucket / 64] >> (bucket % 64) & 1))
            continue;
        if (sub->live)
            subscriber_end(sub, 2500, TEXT("insufficient state"));
        else
            sub->overflowed = true;
    }
}

void shard_deliver(struct shard *s, struct push *p)
{
    catch_up(s);
    struct channel *c = channel_find(s, p->channel, p->channel_len);
    struct subscriber *next;
    for (struct subscriber *sub = c ? c->first : NULL; sub; sub = next) {
        next = sub->next; /* `sub` may be ended; the last one takes the channel along */
        if (sub->live)
            (void)give(sub, p);
        else
            hold(sub, p);
    }
}

/* ---- subscribing */

static void refuse(struct subscriber *sub, enum err e) ON(role_reactor)
{
    struct subscribe_result r = {.err = e};
    sub->client->events->subscribed(sub->client->owner, sub, &r);
    subscriber_free(sub);
}

static void finish(struct subscriber *sub, const struct stream_page *page) ON(role_reactor)
{
    if (page->err != ERR_OK) {
        refuse(sub, page->err);
        return;
    }
    const struct subscriber_events *events = sub->client->events;
    struct subscribe_result r = {.err = page->err, .options = page->options, .top = page->top};
    text_copy(r.epoch, sizeof r.epoch, text_of(page->epoch));
    r.was_recovering = sub->recover;
    r.recovered = sub->recover && page->complete && sub->asked_offset <= page->top &&
                  (!sub->asked_epoch[0] || strcmp(sub->asked_epoch, page->epoch) == 0);
    if (r.recovered)
        r.publications = buf_text(&page->publications);
    if (sub->recover)
        metric_add(METRIC_recover_asked, 1);
    if (r.recovered)
        metric_add(METRIC_recovered, 1);
    sub->options = page->options;
    sub->offset = sub->joined_offset = page->top;
    sub->live = true;
    uint64_t number = sub->number;
    struct shard *s = sub->channel->shard;
    events->subscribed(sub->client->owner, sub, &r);

    /* From here on the owner may have let go: look it up by number. */
    HASH_FIND(by_number, s->subscribers, &number, sizeof number, sub);
    if (!sub)
        return;
    if (sub->overflowed) {
        subscriber_end(sub, 2500, TEXT("insufficient state"));
        return;
    }
    struct push **held = sub->held;
    unsigned count = sub->held_count;
    sub->held = NULL;
    sub->held_count = sub->held_room = 0;
    bool there = true;
    for (unsigned i = 0; i < count; i++) {
        if (there)
            there = give(sub, held[i]);
        push_unref(held[i]);
    }
    free(held);
    if (there && sub->options.join_leave)
        presence_changed(sub, "join");
}

static void page_free(struct stream_page *page)
{
    buf_fini(&page->publications);
    free(page);
}

static void on_page(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct shard *s = subject;
    struct stream_page *page = object;
    struct subscriber *sub;
    HASH_FIND(by_number, s->subscribers, &number, sizeof number, sub);
    if (sub)
        finish(sub, page);
    page_free(page);
}

/* Answers were lost, and nobody knows whose: everybody who waits is told to ask again. */
static void refuse_waiting(struct shard *s) ON(role_reactor)
{
    if (!atomic_exchange(&s->answers_lost, false))
        return;
    struct subscriber *sub, *next;
    HASH_ITER(by_number, s->subscribers, sub, next)
    {
        if (!sub->live)
            refuse(sub, ERR_BUSY);
    }
}

/* On the source's thread: carry the page over. A mailbox that is full loses it; the client is told within a second. */
static void answered(struct stream_asker asker, struct stream_page *page)
{
    struct shard *s = asker.owner;
    struct stream_page *copy = malloc(sizeof *copy);
    if (copy) {
        *copy = *page;
        if (reactor_post(s->reactor, on_page, s, copy, asker.number) == ERR_OK)
            return;
        free(copy);
    }
    metric_add(METRIC_replies_dropped, 1);
    buf_fini(&page->publications);
    atomic_store(&s->answers_lost, true);
}

static struct subscriber *subscriber_new(struct shard *s, const struct hub_client *client,
                                         const struct subscribe_request *request) ON(role_reactor)
{
    struct subscriber *sub = calloc(1, sizeof *sub);
    struct channel *c = sub ? channel_get(s, request->channel) : NULL;
    if (!c) {
        free(sub);
        return NULL;
    }
    sub->channel = c;
    sub->client = client;
    sub->number = ++s->last_number;
    sub->recover = request->recover;
    sub->join_leave = request->join_leave;
    sub->asked_offset = request->offset;
    text_copy(sub->asked_epoch, sizeof sub->asked_epoch, request->epoch);
    sub->next = c->first;
    if (c->first)
        c->first->before = sub;
    c->first = sub;
    HASH_ADD(by_number, s->subscribers, number, sizeof sub->number, sub);
    metric_add(METRIC_subscriptions, 1);
    return sub;
}

enum err hub_subscribe(struct hub *hub, const struct hub_client *client,
                       const struct subscribe_request *request, struct subscriber **out_subscriber)
{
    must(request->channel.len <= CHANNEL_MAX);
    struct shard *s = hub_shard(hub);
    struct subscriber *sub = subscriber_new(s, client, request);
    if (!sub)
        return ERR_NOMEM;
    struct stream_query query = {.purpose = STREAM_SUBSCRIBE,
                                 .actor = client->actor,
                                 .has_since = request->recover,
                                 .since = request->offset,
                                 .limit = request->recover ? -1 : 0};
    text_copy(query.channel, sizeof query.channel, request->channel);
    text_copy(query.epoch, sizeof query.epoch, request->epoch);
    enum err e = hub_ask(hub, &query, (struct stream_asker){s, sub->number, answered});
    if (e != ERR_OK) {
        subscriber_free(sub);
        return e;
    }
    *out_subscriber = sub;
    return ERR_OK;
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
    catch_up(s);
    refuse_waiting(s);
    memory_sweep(s);
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
    free(s->interest);
}
