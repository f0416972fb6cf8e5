/* outbox: what one connection still has to send, in order, within a byte budget.
 *
 * A broadcast is encoded once and every outbox shares the same bytes: 10,000 readers cost one payload and 10,000
 * pointers. A reader that cannot keep up is told apart here (ERR_LIMIT), and its session closes it with 3008.
 *
 * Invariant: unsent bytes of all queued frames == bytes <= the largest budget it was given. An empty outbox owns no memory, nor
 * does one with a single frame. */
#ifndef SNUG_NET_OUTBOX_H
#define SNUG_NET_OUTBOX_H

#include "base/err.h"
#include "base/frame.h"
#include "base/thread_role.h"

#include <sys/uio.h>

/* Zero is an empty one. */
struct outbox {
    union {
        struct frame *only;    /* room is 0: at most one, as most often */
        struct frame **frames; /* else a ring of `room` places, a power of two */
    };
    uint32_t room, first, count;
    uint32_t sent_of_first; /* bytes of the first frame that are already gone */
    uint32_t bytes, peak_bytes;
};

_Static_assert(sizeof(struct outbox) <= 32, "each connection has one");

/* Drops its shares; the outbox is empty again with the same peak. */
void outbox_fini(struct outbox *o);

/* Drops frames of which nothing was sent yet, the last ones first, as long as `keep` bytes stay. */
void outbox_drop(struct outbox *o, size_t keep) ON(role_reactor);

/* Appends a share of `f`; the caller keeps its own. A budget of 4 GiB and more is one of 4 GiB.
 * errors: ERR_LIMIT the frame would pass the budget, nothing was queued; ERR_NOMEM */
MUST_USE enum err outbox_push(struct outbox *o, size_t budget_bytes, struct frame *f)
    ON(role_reactor);

/* What is unsent of the first frame; there is one. */
struct text outbox_first(const struct outbox *o) ON(role_reactor);

/* Describes up to `max` pieces from the front for writev; returns how many. */
int outbox_pieces(const struct outbox *o, struct iovec *out, int max) ON(role_reactor);

/* Copies up to `max` bytes from the front, for TLS, where a few small frames share a record; returns how many. */
size_t outbox_copy(const struct outbox *o, void *out, size_t max) ON(role_reactor);

/* The first n bytes were sent: frames that are whole are dropped. */
void outbox_sent(struct outbox *o, size_t n) ON(role_reactor);

#endif
