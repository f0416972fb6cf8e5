/* subscriber: one client on one channel: registered with pushes held, answered with a position, then live; and its end. */
#include "base/metrics.h"
#include "base/must.h"
#include "hub/hub_inside.h"
#include "wire/json.h"

#include <stdlib.h>

/* ---- end */

static void drop_held(struct subscriber *sub)
{
    for (unsigned i = 0; i < sub->held_count; i++)
        push_unref(sub->held[i]);
    free(sub->held);
    sub->held = NULL;
    sub->held_count = sub->held_room = 0;
}

static void leave_deltas(struct subscriber *sub) ON(role_reactor)
{
    struct channel *c = sub->channel;
    if (!sub->delta || --c->deltas > 0)
        return;
    push_unref(c->last);
    c->last = NULL;
}

void subscriber_free(struct subscriber *sub)
{
    struct channel *c = sub->channel;
    struct shard *s = c->shard;
    if (sub->by_number.tbl)
        HASH_DELETE(by_number, s->subscribers, sub);
    if (sub->before)
        sub->before->next = sub->next;
    else
        c->first = sub->next;
    if (sub->next)
        sub->next->before = sub->before;
    leave_deltas(sub);
    drop_held(sub);
    tag_filter_free(sub->filter);
    free(sub->chan_info);
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

void subscriber_end(struct subscriber *sub, unsigned code, struct text reason)
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

/* ---- the answer */

static void refuse(struct subscriber *sub, enum err e) ON(role_reactor)
{
    struct subscribe_result r = {.err = e};
    sub->client->events->subscribed(sub->client->owner, sub, &r);
    subscriber_free(sub);
}

void subscribers_refuse_waiting(struct shard *s)
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
        if (e == ERR_OK && tag_filter_match(sub->filter, &tags)) {
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
    return sub->recover && page->complete && sub->asked_offset <= page->top &&
           (!sub->asked_epoch[0] || strcmp(sub->asked_epoch, page->epoch) == 0);
}

/* What was asked for and is allowed, or is given to all. */
static void settle(struct subscriber *sub, const struct stream_page *page,
                   struct subscribe_result *out) ON(role_reactor)
{
    const struct channel_options *o = &page->options;
    sub->options = *o;
    sub->join_leave = (sub->join_leave && o->join_leave) || o->push_join_leave;
    if (sub->delta && !o->delta) {
        leave_deltas(sub);
        sub->delta = false;
    }
    bool may = o->may_recover && (sub->ask_recover || sub->recover);
    out->recoverable = o->recover || may;
    out->positioned = o->position || out->recoverable || (o->may_recover && sub->ask_position);
    out->delta = sub->delta;
    sub->positioned = out->positioned;
    if (sub->compact)
        out->number = sub->channel->number;
}

static void give_held(struct subscriber *sub) ON(role_reactor)
{
    struct push **held = sub->held;
    unsigned count = sub->held_count;
    sub->held = NULL;
    sub->held_count = sub->held_room = 0;
    bool there = true;
    for (unsigned i = 0; i < count; i++) {
        if (there)
            there = subscriber_give(sub, held[i]);
        push_unref(held[i]);
    }
    free(held);
    if (there && sub->options.join_leave)
        presence_changed(sub, "join");
}

static void answer(struct subscriber *sub, const struct stream_page *page, struct text missed)
    ON(role_reactor)
{
    struct subscribe_result r = {.err = ERR_OK, .top = page->top, .was_recovering = sub->recover};
    settle(sub, page, &r);
    text_copy(r.epoch, sizeof r.epoch, text_of(page->epoch));
    r.recovered = r.recoverable && is_recovered(sub, page);
    if (r.recovered)
        r.publications = missed;
    r.offset = r.publications.len > 0 ? sub->asked_offset : r.top;
    if (sub->recover)
        metric_add(METRIC_recover_asked, 1);
    if (r.recovered)
        metric_add(METRIC_recovered, 1);
    if (sub->reject_unrecovered && sub->recover && !r.recovered) {
        refuse(sub, ERR_UNRECOVERABLE);
        return;
    }
    sub->offset = sub->joined_offset = page->top;
    sub->live = true;
    uint64_t number = sub->number;
    struct shard *s = sub->channel->shard;
    sub->client->events->subscribed(sub->client->owner, sub, &r);

    /* From here on the owner may have let go: look it up by number. */
    HASH_FIND(by_number, s->subscribers, &number, sizeof number, sub);
    if (sub && sub->overflowed)
        subscriber_end(sub, 2500, TEXT("insufficient state"));
    else if (sub)
        give_held(sub);
}

static void finish(struct subscriber *sub, const struct stream_page *page) ON(role_reactor)
{
    struct buf picked;
    enum err e = page->err;
    bool filters = sub->filter && page->count > 0;
    if (e == ERR_OK && sub->filter && !page->options.tags)
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
    struct subscriber *sub;
    HASH_FIND(by_number, s->subscribers, &number, sizeof number, sub);
    if (sub)
        finish(sub, page);
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

static struct subscriber *subscriber_new(struct shard *s, const struct hub_client *client,
                                         const struct subscribe_request *request) ON(role_reactor)
{
    struct subscriber *sub = calloc(1, sizeof *sub);
    char *info = request->chan_info.len ? text_dup(request->chan_info) : NULL;
    struct channel *c = NULL;
    if (sub && (info || request->chan_info.len == 0))
        c = channel_get(s, request->channel);
    if (!c) {
        free(info);
        free(sub);
        return NULL;
    }
    sub->chan_info = info;
    sub->channel = c;
    sub->client = client;
    sub->number = ++s->last_number;
    sub->recover = request->recover;
    sub->join_leave = request->join_leave;
    sub->ask_position = request->positioned;
    sub->ask_recover = request->recoverable;
    sub->reject_unrecovered = request->reject_unrecovered;
    sub->compact = request->compact;
    sub->delta = request->delta;
    c->deltas += sub->delta;
    sub->asked_offset = request->offset;
    text_copy(sub->asked_epoch, sizeof sub->asked_epoch, request->epoch);
    sub->next = c->first;
    if (c->first)
        c->first->before = sub;
    c->first = sub;
    metric_add(METRIC_subscriptions, 1);
    HASH_ADD(by_number, s->subscribers, number, sizeof sub->number, sub);
    if (sub->by_number.tbl)
        return sub;
    subscriber_free(sub);
    return NULL;
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
                                 .limit = request->recover ? -1 : 0,
                                 .as_text = request->delta};
    text_copy(query.channel, sizeof query.channel, request->channel);
    text_copy(query.epoch, sizeof query.epoch, request->epoch);
    enum err e = hub_ask(hub, &query, (struct stream_asker){s, sub->number, answered});
    if (e != ERR_OK) {
        subscriber_free(sub);
        return e;
    }
    sub->filter = request->filter; /* taken */
    *out_subscriber = sub;
    return ERR_OK;
}
