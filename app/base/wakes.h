/* wakes: a thread that posts much to others wakes each of them once, when it has posted all.
 *
 * To wake a thread that sleeps is a system call, and where both share a processor the one that wakes may take it at once: who
 * posts a hundred things one by one is then stopped a hundred times. So between wakes_hold and wakes_release the wakes
 * that a thread gives are noted, and given at the end. What lies between is short and waits for nobody: whoever posts to the
 * same receiver meanwhile, from any thread, relies on the wake that was noted.
 *
 * A waker is counted: its descriptor is open as long as somebody may still write to it. thread: any */
#ifndef SNUG_BASE_WAKES_H
#define SNUG_BASE_WAKES_H

#include "base/err.h"

struct waker;

#define WAKES_MAX 8 /* noted at once; one more is given at once */

/* errors: ERR_NOMEM; ERR_IO the system gives no descriptor */
MUST_USE enum err waker_new(struct waker **out_waker);
/* NULL is welcome. Returns NULL. */
struct waker *waker_unref(struct waker *w);

/* An eventfd, readable once woken; non-blocking. */
int waker_fd(const struct waker *w);

/* Wakes who waits for its descriptor: now, or at this thread's wakes_release. */
void waker_wake(struct waker *w);

/* Not one inside the other. */
void wakes_hold(void);
void wakes_release(void);

#endif
