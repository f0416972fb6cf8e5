#include "net/timer_heap.h"

#include "base/must.h"

#include <stdlib.h>

#define ROOM_FIRST 64

void timer_heap_fini(struct timer_heap *h)
{
    for (size_t i = 0; i < h->count; i++)
        h->at[i]->slot = 0;
    free(h->at);
    *h = (struct timer_heap){0};
}

static void put(struct timer_heap *h, size_t i, struct timer *t)
{
    h->at[i] = t;
    t->slot = i + 1;
}

/* Moves the timer at place i up or down until the invariant holds. */
static void settle(struct timer_heap *h, size_t i)
{
    struct timer *t = h->at[i];
    while (i > 0 && h->at[(i - 1) / 2]->at_ms > t->at_ms) {
        put(h, i, h->at[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (size_t child = 2 * i + 1; child < h->count; child = 2 * i + 1) {
        if (child + 1 < h->count && h->at[child + 1]->at_ms < h->at[child]->at_ms)
            child++;
        if (h->at[child]->at_ms >= t->at_ms)
            break;
        put(h, i, h->at[child]);
        i = child;
    }
    put(h, i, t);
}

enum err timer_heap_set(struct timer_heap *h, struct timer *t, int64_t at_ms)
{
    must(t->fire);
    if (t->slot == 0) {
        if (h->count == h->room) {
            size_t room = h->room ? h->room * 2 : ROOM_FIRST;
            struct timer **at = realloc(h->at, room * sizeof *at);
            if (!at)
                return ERR_NOMEM;
            h->at = at;
            h->room = room;
        }
        put(h, h->count++, t);
    }
    must(h->at[t->slot - 1] == t);
    t->at_ms = at_ms;
    settle(h, t->slot - 1);
    return ERR_OK;
}

void timer_heap_remove(struct timer_heap *h, struct timer *t)
{
    if (t->slot == 0)
        return;
    size_t i = t->slot - 1;
    must(i < h->count && h->at[i] == t);
    t->slot = 0;
    struct timer *last = h->at[--h->count];
    if (last == t)
        return;
    put(h, i, last);
    settle(h, i);
}

void timer_heap_fire(struct timer_heap *h, int64_t now_ms)
{
    size_t left = h->count; /* one that sets itself for now must not keep the loop here */
    while (left-- > 0 && h->count > 0 && h->at[0]->at_ms <= now_ms) {
        struct timer *t = h->at[0];
        timer_heap_remove(h, t);
        t->fire(t);
    }
}

int64_t timer_heap_next_ms(const struct timer_heap *h)
{
    return h->count > 0 ? h->at[0]->at_ms : INT64_MAX;
}
