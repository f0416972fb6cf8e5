/* deliver: a push that has come to a reactor goes to each subscriber of its channel here, in order, in the look it needs. */
#include "base/metrics.h"
#include "hub/hub_inside.h"

#include <stdlib.h>

/* ---- held back for one that waits for its position */

static void hold(struct asking *a, struct push *p)
{
    if (p->kind != PUSH_EVENT)
        return; /* passing things are for those who are there */
    if (a->held_count == HELD_MAX) {
        a->overflowed = true;
        return;
    }
    if (a->held_count == a->held_room) {
        unsigned room = a->held_room ? a->held_room * 2 : 8;
        struct push **held = realloc(a->held, room * sizeof *held);
        if (!held) {
            a->overflowed = true;
            return;
        }
        a->held = held;
        a->held_room = room;
    }
    a->held[a->held_count++] = push_ref(p);
}

/* ---- given to one */

/* The place of an event in the stream. False: it is not to be given; *out_there: whether the subscriber still is. */
static bool in_order(struct subscriber *sub, const struct push *p, bool *out_there) ON(role_reactor)
{
    uint64_t offset = p->publication.offset;
    if (p->kind != PUSH_EVENT || offset == 0)
        return true;
    if (offset <= sub->offset) {
        if (sub->moved) /* else it came with the answer */
            metric_add(METRIC_messages_doubled, 1);
        return false;
    }
    if (offset != sub->offset + 1 && sub->positioned) {
        metric_add(METRIC_messages_lost, (int64_t)(offset - sub->offset - 1));
        subscriber_end(sub, 2500, TEXT("insufficient state"));
        *out_there = false;
        return false;
    }
    sub->offset = offset & OFFSET_MASK;
    sub->moved = true;
    return true;
}

/* Whose data the client has in its hands decides whether it can be told the difference only. */
static enum push_data data_for(struct subscriber *sub, const struct push *p)
{
    if (!sub->delta || p->kind == PUSH_JOIN_LEAVE)
        return DATA_PLAIN;
    const struct push *base = sub->channel->extras->last;
    bool difference = p->place.differences && p->place.sequence != 0 && base &&
                      base->place.sequence + 1 == p->place.sequence &&
                      sub->extras->told_sequence == base->place.sequence;
    sub->extras->told_sequence = p->place.sequence;
    return difference ? DATA_DELTA : DATA_AS_TEXT;
}

bool subscriber_give(struct subscriber *sub, struct push *p)
{
    bool there = true;
    if ((p->kind == PUSH_JOIN_LEAVE && !sub->join_leave) || !in_order(sub, p, &there))
        return there;
    struct tag_filter *filter = subscriber_filter(sub);
    if (filter && p->kind == PUSH_EVENT && !tag_filter_match(filter, push_tags(p)))
        return true;
    struct hub_client *client = subscriber_client(sub);
    struct look look = {.form = form_for(client->form, p->json.len),
                        .data = data_for(sub, p),
                        .number = sub->compact ? sub->channel->extras->number : 0};
    struct frame *f = push_look(p, &look, sub->delta ? sub->channel->extras->last : NULL);
    if (!f) { /* no memory: what is kept can be recovered */
        if (p->kind == PUSH_EVENT)
            subscriber_end(sub, 2500, TEXT("insufficient state"));
        return p->kind != PUSH_EVENT;
    }
    metric_add(METRIC_deliveries, 1);
    client->events->deliver(client, f, p->kind != PUSH_EVENT);
    return true;
}

/* ---- given to all */

/* The next difference is one to this event. */
static void remember(struct channel *c, struct push *p)
{
    struct channel_extras *x = c->extras;
    if (!x || x->deltas == 0 || p->kind != PUSH_EVENT)
        return;
    push_unref(x->last);
    x->last = push_ref(p);
}

void shard_tell(struct shard *s, struct push *p)
{
    struct channel *c = channel_find(s, push_channel(p));
    struct subscriber *next;
    for (struct subscriber *sub = c ? c->first : NULL; sub; sub = next) {
        next = sub->next; /* `sub` may be ended; the last one takes the channel along */
        if (sub->live)
            (void)subscriber_give(sub, p);
        else
            hold(subscriber_asking(sub), p);
    }
    c = channel_find(s, push_channel(p));
    if (c)
        remember(c, p);
}

void shard_deliver(struct shard *s, struct push *p)
{
    shard_catch_up(s);
    struct channel *c = channel_find(s, push_channel(p));
    if (!c || channel_collects(c, p))
        return;
    channel_told(c);
    shard_tell(s, p);
}

/* The last one takes the channel along. */
static void start_over(struct channel *c) ON(role_reactor)
{
    struct subscriber *next;
    for (struct subscriber *sub = c->first; sub; sub = next) {
        next = sub->next;
        if (sub->live)
            subscriber_end(sub, 2500, TEXT("insufficient state"));
        else
            subscriber_asking(sub)->overflowed = true;
    }
}

void shard_catch_up(struct shard *s)
{
    if (!atomic_exchange(&s->behind, false))
        return;
    uint64_t buckets[INTEREST_BUCKETS / 64];
    for (unsigned i = 0; i < INTEREST_BUCKETS / 64; i++)
        buckets[i] = atomic_exchange(&s->behind_buckets[i], 0);
    for (struct channel *c = channel_after(s, NULL), *next; c; c = next) {
        next = channel_after(s, c);
        unsigned bucket = bucket_of(c->by_name.hash);
        if (buckets[bucket / 64] >> (bucket % 64) & 1)
            start_over(c);
    }
}
