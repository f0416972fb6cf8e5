/* subscriber: one client on one channel: registered with pushes held, answered with a position, then live; and its end. */
#include "base/metrics.h"
#include "base/must.h"
#include "hub/hub_inside.h"
#include "wire/json.h"

#include <stdlib.h>

/* ---- end */

/* It has its answer: what few have stays. */
static void end_asking(struct subscriber *sub) ON(role_reactor)
{
    struct asking *a = subscriber_asking(sub);
    if (a->by_number.tbl)
        HASH_DELETE(by_number, sub->channel->shard->asking, a);
    for (unsigned i = 0; i < a->held_count; i++)
        push_unref(a->held[i]);
    free(a->held);
    sub->asks = false;
    bool more = a->extras.filter || a->extras.chan_info || sub->delta;
    struct extras *kept = more ? malloc(sizeof *kept) : NULL;
    if (more && !kept) {
        sub->extras = &a->extras; /* then it stays as large as it is */
        return;
    }
    sub->has_extras = more;
    if (more) {
        *kept = a->extras;
        sub->extras = kept;
    } else {
        sub->client = a->extras.client;
    }
    free(a);
}

static void extras_free(struct subscriber *sub) ON(role_reactor)
{
    if (sub->asks)
        end_asking(sub);
    if (!sub->has_extras)
        return;
    tag_filter_free(sub->extras->filter);
    free(sub->extras->chan_info);
    free(sub->extras);
}

static void leave_deltas(struct subscriber *sub) ON(role_reactor)
{
    struct channel_extras *x = sub->channel->extras;
    if (!sub->delta || --x->deltas > 0)
        return;
    push_unref(x->last);
    x->last = NULL;
}

void subscriber_free(struct subscriber *sub)
{
    struct channel *c = sub->channel;
    if (sub->before)
        sub->before->next = sub->next;
    else
        c->first = sub->next;
    if (sub->next)
        sub->next->before = sub->before;
    c->by_name.own--;
    leave_deltas(sub);
    extras_free(sub);
    free(sub);
    channel_leave(c);
    metric_add(METRIC_subscriptions, -1);
}

struct subscriber *hub_unsubscribe(struct subscriber *sub)
{
    if (sub) {
        if (sub->live && sub->announced)
            presence_changed(sub, "leave");
        subscriber_free(sub);
    }
    return NULL;
}

void subscriber_end(struct subscriber *sub, unsigned code, struct text reason)
{
    struct hub_client *client = subscriber_client(sub);
    client->events->ended(client, sub, code, reason);
    hub_unsubscribe(sub);
}

struct text subscriber_channel(const struct subscriber *sub)
{
    return channel_name(sub->channel);
}

uint64_t subscriber_offset(const struct subscriber *sub)
{
    return sub->live ? sub->offset : 0;
}

/* ---- the answer */

static void refuse(struct subscriber *sub, enum err e) ON(role_reactor)
{
    struct hub_client *client = subscriber_client(sub);
    struct subscribe_result r = {.err = e};
    client->events->subscribed(client, sub, &r);
    subscriber_free(sub);
}

void subscribers_refuse_waiting(struct shard *s)
{
    if (!atomic_exchange(&s->answers_lost, false))
        return;
    struct asking *a, *next;
    HASH_ITER(by_number, s->asking, a, next)
    {
        if (!a->subscriber->live)
            refuse(a->subscriber, ERR_BUSY);
    }
}

/* What a filter lets through of the publications that were missed; `all`: objects joined by commas. */
static enum err pick(const struct subscriber *sub, struct text all, struct buf *out)
{
    struct buf list;
    buf_init(&list, all.len + 3);
    buf_add_char(&list, '[');
    buf_add_text(&list, all);
    buf_add_char(&list, ']');
    enum err e = list.err;
    struct text rest = buf_text(&list), one;
    while (e == ERR_OK && json_element(&rest, &one)) {
        struct text members = one;
        struct json_member m;
        struct tags tags = {0};
        while (e == ERR_OK && json_member(&members, &m))
            if (strcmp(m.key, "tags") == 0)
                e = tags_parse(m.value, &tags);
        if (e == ERR_OK && tag_filter_match(subscriber_filter(sub), &tags)) {
            if (out->len > 0)
                buf_add_char(out, ',');
            buf_add_text(out, one);
        }
        tags_fini(&tags);
    }
    buf_fini(&list);
    return e == ERR_OK ? out->err : e;
}

static bool is_recovered(const struct subscriber *sub, const struct stream_page *page)
{
    const struct asking *a = subscriber_asking(sub);
    return a->recover && page->complete && a->offset <= page->top &&
           (!a->epoch[0] || strcmp(a->epoch, page->epoch) == 0);
}

/* What was asked for and is allowed, or is given to all. */
static void settle(struct subscriber *sub, const struct stream_page *page,
                   struct subscribe_result *out) ON(role_reactor)
{
    const struct channel_options *o = &page->options;
    const struct asking *a = subscriber_asking(sub);
    sub->announced = o->join_leave;
    sub->join_leave = (sub->join_leave && o->join_leave) || o->push_join_leave;
    if (sub->delta && !o->delta) {
        leave_deltas(sub);
        sub->delta = false;
    }
    bool may = o->may_recover && (a->recoverable || a->recover);
    out->recoverable = o->recover || may;
    out->positioned = o->position || out->recoverable || (o->may_recover && a->position);
    out->delta = sub->delta;
    sub->positioned = out->positioned;
    if (sub->compact)
        out->number = sub->channel->extras->number;
}

static void give_held(struct subscriber *sub) ON(role_reactor)
{
    struct asking *a = subscriber_asking(sub);
    struct push **held = a->held;
    unsigned count = a->held_count;
    a->held = NULL;
    a->held_count = 0;
    end_asking(sub);
    bool there = true;
    for (unsigned i = 0; i < count; i++) {
        if (there)
            there = subscriber_give(sub, held[i]);
        push_unref(held[i]);
    }
    free(held);
    if (there && sub->announced)
        presence_changed(sub, "join");
}

static struct asking *asking_find(struct shard *s, uint64_t number) ON(role_reactor)
{
    struct asking *a;
    HASH_FIND(by_number, s->asking, &number, sizeof number, a);
    return a;
}

static void answer(struct subscriber *sub, const struct stream_page *page, struct text missed)
    ON(role_reactor)
{
    struct asking *a = subscriber_asking(sub);
    struct subscribe_result r = {.err = ERR_OK, .top = page->top, .was_recovering = a->recover};
    settle(sub, page, &r);
    text_copy(r.epoch, sizeof r.epoch, text_of(page->epoch));
    r.recovered = r.recoverable && is_recovered(sub, page);
    if (r.recovered)
        r.publications = missed;
    r.offset = r.publications.len > 0 ? a->offset : r.top;
    if (a->recover)
        metric_add(METRIC_recover_asked, 1);
    if (r.recovered)
        metric_add(METRIC_recovered, 1);
    if (a->reject_unrecovered && a->recover && !r.recovered) {
        refuse(sub, ERR_UNRECOVERABLE);
        return;
    }
    must(page->top <= OFFSET_MASK);
    sub->offset = page->top & OFFSET_MASK;
    sub->live = true;
    uint64_t number = a->number;
    struct shard *s = sub->channel->shard;
    struct hub_client *client = subscriber_client(sub);
    client->events->subscribed(client, sub, &r);

    /* From here on the owner may have let go: look it up by number. */
    a = asking_find(s, number);
    if (a && a->overflowed)
        subscriber_end(a->subscriber, 2500, TEXT("insufficient state"));
    else if (a)
        give_held(a->subscriber);
}

static void finish(struct subscriber *sub, const struct stream_page *page) ON(role_reactor)
{
    struct buf picked;
    enum err e = page->err;
    const struct tag_filter *filter = subscriber_filter(sub);
    bool filters = filter && page->count > 0;
    if (e == ERR_OK && filter && !page->options.tags)
        e = ERR_BAD_REQUEST;
    buf_init(&picked, page->publications.len + 1);
    if (e == ERR_OK && filters)
        e = pick(sub, buf_text(&page->publications), &picked);
    if (e == ERR_OK)
        answer(sub, page, buf_text(filters ? &picked : &page->publications));
    else
        refuse(sub, e);
    buf_fini(&picked);
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
    struct asking *a = asking_find(s, number);
    if (a)
        finish(a->subscriber, page);
    page_free(page);
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

/* ---- registering */

/* What the request leaves with it besides its flags. False: no memory; what there is goes with the subscriber. */
static bool take_request(struct subscriber *sub, const struct subscribe_request *request)
    ON(role_reactor)
{
    struct shard *s = sub->channel->shard;
    struct asking *a = calloc(1, sizeof *a);
    if (!a)
        return false;
    *a = (struct asking){.extras.client = sub->client,
                         .subscriber = sub,
                         .number = ++s->last_number,
                         .offset = request->offset,
                         .recover = request->recover,
                         .position = request->positioned,
                         .recoverable = request->recoverable,
                         .reject_unrecovered = request->reject_unrecovered};
    sub->extras = &a->extras;
    sub->has_extras = true;
    sub->asks = true;
    text_copy(a->epoch, sizeof a->epoch, request->epoch);
    HASH_ADD(by_number, s->asking, number, sizeof a->number, a);
    if (!a->by_number.tbl)
        return false;
    if (request->chan_info.len > 0)
        a->extras.chan_info = text_dup(request->chan_info);
    return a->extras.chan_info || request->chan_info.len == 0;
}

/* What the request leaves with its channel. False: no memory, nothing changed. */
static bool tell_channel(struct channel *c, const struct subscribe_request *request)
    ON(role_reactor)
{
    if (!request->compact && !request->delta)
        return true;
    if (!channel_extras(c))
        return false;
    c->extras->deltas += request->delta;
    return true;
}

static struct subscriber *subscriber_new(struct shard *s, struct hub_client *client,
                                         const struct subscribe_request *request) ON(role_reactor)
{
    struct subscriber *sub = calloc(1, sizeof *sub);
    struct channel *c = sub ? channel_get(s, channel_named(s->hub, request->channel)) : NULL;
    if (!c || !tell_channel(c, request)) {
        if (c)
            channel_leave(c);
        free(sub);
        return NULL;
    }
    sub->channel = c;
    sub->client = client;
    sub->join_leave = request->join_leave;
    sub->compact = request->compact;
    sub->delta = request->delta;
    sub->next = c->first;
    if (c->first)
        c->first->before = sub;
    c->first = sub;
    c->by_name.own++;
    metric_add(METRIC_subscriptions, 1);
    if (take_request(sub, request))
        return sub;
    subscriber_free(sub);
    return NULL;
}

enum err hub_subscribe(struct hub *hub, struct hub_client *client,
                       const struct subscribe_request *request, struct subscriber **out_subscriber)
{
    must(request->channel.len <= CHANNEL_MAX);
    struct shard *s = hub_shard(hub);
    struct subscriber *sub = subscriber_new(s, client, request);
    if (!sub)
        return ERR_NOMEM;
    struct stream_query query = {.purpose = STREAM_SUBSCRIBE,
                                 .has_since = request->recover,
                                 .since = request->offset,
                                 .limit = request->recover ? -1 : 0,
                                 .as_text = request->delta};
    client->events->actor(client, &query.actor);
    text_copy(query.channel, sizeof query.channel, request->channel);
    text_copy(query.epoch, sizeof query.epoch, request->epoch);
    enum err e =
        hub_ask(hub, &query, (struct stream_asker){s, subscriber_asking(sub)->number, answered});
    if (e != ERR_OK) {
        subscriber_free(sub);
        return e;
    }
    sub->extras->filter = request->filter; /* taken */
    *out_subscriber = sub;
    return ERR_OK;
}
