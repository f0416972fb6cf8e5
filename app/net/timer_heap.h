/* timer_heap: the set timers of one reactor, the earliest on top. Inside net only.
 *
 * Invariant: at[i]->slot == i + 1, and no timer is earlier than its parent at[(i - 1) / 2]. */
#ifndef SNUG_NET_TIMER_HEAP_H
#define SNUG_NET_TIMER_HEAP_H

#include "net/reactor.h"

struct timer_heap {
    struct timer **at;
    size_t count, room;
};

void timer_heap_fini(struct timer_heap *h);
MUST_USE enum err timer_heap_set(struct timer_heap *h, struct timer *t, int64_t at_ms);
void timer_heap_remove(struct timer_heap *h, struct timer *t);

/* Fires what is due at now_ms, earliest first. What is set again meanwhile waits for the next call. */
void timer_heap_fire(struct timer_heap *h, int64_t now_ms);

/* The time of the earliest; INT64_MAX: none. */
int64_t timer_heap_next_ms(const struct timer_heap *h);

#endif
