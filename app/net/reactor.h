/* reactor: one epoll loop on one thread: connections, timers, and a mailbox through which other threads reach it.
 *
 * Everything here runs on the reactor's own thread, except reactor_post, which is safe from any thread. A turn:
 * wait, read what came, run posts and timers, flush every connection that has something to send (one writev each).
 * A reactor never blocks. Ready memory: one read buffer for the loop, none for an idle connection. */
#ifndef SNUG_NET_REACTOR_H
#define SNUG_NET_REACTOR_H

#include "base/env.h"
#include "base/err.h"
#include "base/thread_role.h"

#include <stddef.h>

struct reactor;

struct reactor_options {
    const struct env *env;   /* clocks; borrowed for the reactor's life */
    unsigned index;          /* 0.. */
    size_t mailbox_capacity; /* posts that may wait */
};

/* What a post does: run(subject, object, number) on the reactor's thread. */
typedef void reactor_run(void *subject, void *object, uint64_t number);

/* errors: ERR_NOMEM; ERR_IO epoll or eventfd refused */
MUST_USE enum err reactor_new(const struct reactor_options *options, struct reactor **out_reactor);

/* Starts the thread. errors: ERR_IO */
MUST_USE enum err reactor_start(struct reactor *r);

/* Takes no more posts (ERR_CLOSED), runs those that wait, sends what the sockets take at once, closes what connections
 * are left, ends the thread. Again, or without reactor_start: only the first part. */
void reactor_stop(struct reactor *r);

/* After reactor_stop, or if it never started (posts that wait are then forgotten). NULL is welcome. Returns NULL. */
struct reactor *reactor_free(struct reactor *r);

unsigned reactor_index(const struct reactor *r);

/* Hands a call over to the reactor's thread; runs in the order of posting, never before this returns.
 * thread: any, also its own
 * errors: ERR_BUSY the mailbox is full; ERR_CLOSED. The caller keeps subject and object then. */
MUST_USE enum err reactor_post(struct reactor *r, reactor_run *run, void *subject, void *object,
                               uint64_t number);

/* The reactor whose thread this is; NULL elsewhere. */
struct reactor *reactor_current(void);

/* When the loop last woke (monotonic ms of its env); an idle one wakes at least once in REACTOR_WAIT_MAX_MS. thread: any */
#define REACTOR_WAIT_MAX_MS 500
int64_t reactor_last_turn_ms(const struct reactor *r);

/* Longest turn (real time, without the waiting) since the last call, in ms. thread: any */
int64_t reactor_take_lag_ms(struct reactor *r);

/* What waits in the queues of its connections, the same frame in each of them: now, with what will leave at the end of the
 * turn; and what the sockets had not taken when the last turn ended. */
size_t reactor_queued_bytes(const struct reactor *r) ON(role_reactor);
size_t reactor_left_bytes(const struct reactor *r) ON(role_reactor);

/* The turn's time on the monotonic clock. */
int64_t reactor_now_ms(const struct reactor *r) ON(role_reactor);

/* ---- without a thread of its own: for tests and simulations that own the clock. The calling thread becomes the
 * reactor's until reactor_leave, which closes what connections are left; reactor_turn runs one turn and waits in it
 * for at most wait_max_ms of real time. Not together with reactor_start. */
void reactor_enter(struct reactor *r) CLANG(acquire_capability(role_reactor));
void reactor_turn(struct reactor *r, int64_t wait_max_ms) ON(role_reactor);
void reactor_leave(struct reactor *r) CLANG(release_capability(role_reactor));

/* ---- timers: embedded in what they belong to, which TIMER_OWNER gives back; zero is a timer that is not set. */
struct timer {
    void (*fire)(struct timer *t); /* the timer is no longer set when it fires; may set it again */
    int64_t at_ms;
    size_t slot; /* place in the heap + 1; 0: not set */
};

/* The struct of this type of which `t` is the member of this name. */
#define TIMER_OWNER(t, type, member) ((type *)(void *)((char *)(t)-offsetof(type, member)))

/* Sets or moves it; a time that has passed fires in the next turn at the latest.
 * errors: ERR_NOMEM (it keeps its old time, or stays unset) */
MUST_USE enum err timer_set(struct reactor *r, struct timer *t, int64_t at_ms) ON(role_reactor);
void timer_cancel(struct reactor *r, struct timer *t) ON(role_reactor);

#endif
