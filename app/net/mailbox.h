/* mailbox: posts from any thread to one reactor. Inside net only.
 *
 * Two arrays: one is filled under the lock, the other is being run; the reactor swaps them once a turn, so a turn
 * costs one lock however much came. Invariant: waiting posts <= capacity. */
#ifndef SNUG_NET_MAILBOX_H
#define SNUG_NET_MAILBOX_H

#include "base/mutex.h"
#include "net/reactor.h"

struct post {
    reactor_run *run;
    void *subject, *object;
    uint64_t number;
};

struct mailbox {
    struct mutex lock;
    int event_fd; /* readable: posts came since the last swap */
    size_t capacity;
    struct post *filling GUARDED_BY(lock);
    size_t count GUARDED_BY(lock);
    bool closed GUARDED_BY(lock);
    struct post *running; /* the reactor's own */
};

/* A mailbox that is zero may be given to mailbox_fini. errors: ERR_NOMEM, ERR_IO */
MUST_USE enum err mailbox_init(struct mailbox *m, size_t capacity);
void mailbox_fini(struct mailbox *m);

/* thread: any. errors: ERR_BUSY, ERR_CLOSED */
MUST_USE enum err mailbox_post(struct mailbox *m, struct post p);

/* No more posts; wakes the reactor. thread: any */
void mailbox_close(struct mailbox *m);

/* Runs what waits, in order. `woken`: event_fd was readable. Returns false once it is closed and empty. */
bool mailbox_run(struct mailbox *m, bool woken) ON(role_reactor);

#endif
