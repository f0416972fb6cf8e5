/* crowd: the bound of all queues together. When a reactor has more than its part, the clients with the largest queues are
 * closed as slow (3008) until three quarters of it are left: they are the slowest, and they recover. */
#include "base/metrics.h"
#include "session/client.h"

#define PASSES_MAX 8 /* walks at once: each closes whoever has half as much as the largest */

static size_t queue_of(const struct client *c)
{
    return c && c->state != CLIENT_CLOSED ? client_transport(c)->queue_bytes(&c->line) : 0;
}

static void close_largest(struct pool *p, size_t wanted) ON(role_reactor)
{
    size_t largest = 0;
    for (uint32_t i = 0; i < p->slots_count; i++)
        largest = queue_of(p->slots[i]) > largest ? queue_of(p->slots[i]) : largest;
    for (uint32_t i = 0; largest > 0 && i < p->slots_count; i++) {
        if (reactor_queued_bytes(p->reactor) <= wanted)
            return;
        if (queue_of(p->slots[i]) <= largest / 2)
            continue;
        metric_add(METRIC_closes_crowded, 1);
        client_close_slow(p->slots[i]);
    }
}

/* What this turn has brought so far will leave at its end, and counts for nobody: only what the last one left. */
static void on_crowd(struct timer *t)
{
    role_assert(&role_reactor);
    struct pool *p = TIMER_OWNER(t, struct pool, crowd);
    size_t left = reactor_left_bytes(p->reactor), now = reactor_queued_bytes(p->reactor);
    if (left <= p->queue_share)
        return;
    size_t wanted = p->queue_share - p->queue_share / 4 + (now > left ? now - left : 0);
    for (unsigned i = 0; i < PASSES_MAX && reactor_queued_bytes(p->reactor) > wanted; i++)
        close_largest(p, wanted);
}

void pool_look_at_crowd(struct pool *p)
{
    if (p->crowd.slot)
        return;
    p->crowd.fire = on_crowd;
    /* Without memory for it the next send tries again. */
    (void)!timer_set(p->reactor, &p->crowd, reactor_now_ms(p->reactor) + 1);
}
