/* walk: one question on its way through the reactors, and home with the answer. */
#include "base/metrics.h"
#include "hub/hub_inside.h"

static void on_end(void *subject, void *object, uint64_t number)
{
    (void)subject;
    (void)number;
    role_assert(&role_reactor);
    struct walk *w = object;
    w->end(w);
}

static void on_step(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct walk *w = object;
    w->step(w, subject);
    walk_on(w);
}

/* A full mailbox ends the walk with ERR_BUSY; if even home is full, the asker asks again. */
void walk_on(struct walk *w)
{
    if (w->err == ERR_OK && w->next < w->hub->options.reactors_count) {
        struct shard *s = &w->hub->shards[w->next++];
        enum err e = reactor_post(s->reactor, on_step, s, w, 0);
        if (e == ERR_OK)
            return; /* it is the next one's now, and may be gone already */
        w->err = e;
    }
    if (!w->home) {
        w->end(w);
    } else if (reactor_post(w->home, on_end, NULL, w, 0) != ERR_OK) {
        metric_add(METRIC_replies_dropped, 1);
        w->drop(w);
    }
}
