/* mailbox: posts from any thread to one reactor. Inside net only.
 *
 * Two arrays: one is filled under the lock, the other is being run; the reactor swaps them, so a turn costs a lock or two
 * however much came. What the reactor posts to itself is run in the same turn and needs no wake.
 * Invariant: waiting posts <= capacity. */
#ifndef SNUG_NET_MAILBOX_H
#define SNUG_NET_MAILBOX_H

#include "base/mutex.h"
#include "base/wakes.h"
#include "net/reactor.h"

struct post {
    reactor_run *run;
    void *subject, *object;
    uint64_t number;
};

struct mailbox {
    struct mutex lock;
    /* Woken when a first post comes; waited for by its edge (EPOLLET), so nobody reads it. */
    struct waker *waker;
    size_t capacity;
    struct post *filling GUARDED_BY(lock);
    size_t count GUARDED_BY(lock);
    bool closed GUARDED_BY(lock);
    struct post *running; /* the reactor's own, as what follows */
    bool own;             /* it posted to itself since the last swap: it must not sleep */
};

/* A mailbox that is zero may be given to mailbox_fini. errors: ERR_NOMEM, ERR_IO */
MUST_USE enum err mailbox_init(struct mailbox *m, size_t capacity);
void mailbox_fini(struct mailbox *m);

/* own: by the reactor itself. thread: any. errors: ERR_BUSY, ERR_CLOSED */
MUST_USE enum err mailbox_post(struct mailbox *m, struct post p, bool own);

/* No more posts; wakes the reactor. thread: any */
void mailbox_close(struct mailbox *m);

/* Runs what waits, in order, and what that posts in its turn, a few times over: what is left then, `own` tells.
 * Returns false once it is closed and empty. */
bool mailbox_run(struct mailbox *m) ON(role_reactor);

#endif
