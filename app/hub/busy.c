/* busy: a channel that many follow and that is told often collects for a moment, so that several pushes share a send to each
 * connection: a send costs far more than what is in it. The first push after a pause is told at once, and what few follow
 * never waits. Order is kept: while a channel collects, everything of it goes through here. */
#include "hub/hub_inside.h"

#include <stdlib.h>

#define SUBSCRIBERS_MANY 32 /* on one reactor: below it there is little to gain by waiting */
#define PUSHES_MAX 64       /* then it is told before its time */

struct busy {
    struct channel *channel;
    struct busy *next; /* of the shard's list */
    int64_t due_ms;    /* monotonic */
    unsigned count;
    struct push *pushes[PUSHES_MAX];
};

static struct busy *busy_of(const struct channel *c)
{
    return c->extras ? c->extras->busy : NULL;
}

static void unlink_busy(struct busy *b) ON(role_reactor)
{
    struct busy **at = &b->channel->shard->busy;
    while (*at != b)
        at = &(*at)->next;
    *at = b->next;
    b->channel->extras->busy = NULL;
}

void channel_forget(struct channel *c)
{
    struct busy *b = busy_of(c);
    if (!b)
        return;
    unlink_busy(b);
    for (unsigned i = 0; i < b->count; i++)
        push_unref(b->pushes[i]);
    free(b);
}

/* Without memory for it the channel does not collect. */
void channel_told(struct channel *c)
{
    if (c->by_name.own >= SUBSCRIBERS_MANY && channel_extras(c))
        c->extras->told_ms = (uint32_t)reactor_now_ms(c->shard->reactor);
}

void channel_catch_up(struct channel *c)
{
    struct busy *b = busy_of(c);
    struct shard *s = c->shard;
    if (!b)
        return;
    unlink_busy(b);
    channel_told(c);
    for (unsigned i = 0; i < b->count; i++) {
        shard_tell(s,
                   b->pushes[i]); /* finds the channel by name: it may be gone after any of them */
        push_unref(b->pushes[i]);
    }
    free(b);
}

/* ---- its time */

static struct busy *first_due(const struct shard *s) ON(role_reactor)
{
    struct busy *first = s->busy;
    for (struct busy *b = first; b; b = b->next)
        if (b->due_ms < first->due_ms)
            first = b;
    return first;
}

/* Without memory for the timer they are told now. */
static void set_timer(struct shard *s) ON(role_reactor)
{
    struct busy *first;
    while ((first = first_due(s)) && timer_set(s->reactor, &s->busy_due, first->due_ms) != ERR_OK)
        channel_catch_up(first->channel);
}

void shard_busy_due(struct timer *t)
{
    role_assert(&role_reactor);
    struct shard *s = TIMER_OWNER(t, struct shard, busy_due);
    int64_t now_ms = reactor_now_ms(s->reactor);
    struct busy *first;
    while ((first = first_due(s)) && first->due_ms <= now_ms)
        channel_catch_up(first->channel);
    set_timer(s);
}

/* ---- collecting */

static bool begin(struct channel *c, int64_t due_ms) ON(role_reactor)
{
    struct shard *s = c->shard;
    struct busy *b = malloc(sizeof *b);
    if (!b)
        return false;
    b->channel = c;
    b->due_ms = due_ms;
    b->count = 0;
    b->next = s->busy;
    s->busy = b;
    c->extras->busy = b;
    set_timer(s);
    return c->extras->busy != NULL;
}

/* How long ago it was told; of one that was not for weeks it may seem to have just been, once: nobody minds. */
static int64_t quiet_ms(const struct channel *c) ON(role_reactor)
{
    return (uint32_t)reactor_now_ms(c->shard->reactor) - c->extras->told_ms;
}

/* Until when it collects; 0: it does not. */
static int64_t collects_until(const struct channel *c) ON(role_reactor)
{
    if (c->by_name.own < SUBSCRIBERS_MANY || !c->extras)
        return 0;
    const struct shard *s = c->shard;
    int64_t left_ms = s->hub->options.write_delay_ms - quiet_ms(c);
    return left_ms > 0 ? reactor_now_ms(s->reactor) + left_ms : 0;
}

bool channel_collects(struct channel *c, struct push *p)
{
    struct busy *b = busy_of(c);
    int64_t until_ms = b ? 0 : collects_until(c);
    if (!b && (until_ms == 0 || !begin(c, until_ms)))
        return false;
    b = c->extras->busy;
    b->pushes[b->count++] = push_ref(p);
    if (b->count == PUSHES_MAX)
        channel_catch_up(c);
    return true;
}
