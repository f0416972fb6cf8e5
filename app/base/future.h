/* future: one value or error that arrives later. Waited for with a deadline on a thread that may block.
 *
 * Counted: the one who promises and the one who waits each hold a reference; either may leave first.
 * Invariant: fulfilled at most once; the value is set before anyone sees it done. thread: any */
#ifndef SNUG_BASE_FUTURE_H
#define SNUG_BASE_FUTURE_H

#include "base/err.h"

#include <stdint.h>

struct future;

/* One reference, owned by the caller. drop(value) frees a value that nobody took (may be NULL). NULL: no memory. */
struct future *future_new(void (*drop)(void *value));
struct future *future_ref(struct future *f);
struct future *future_unref(struct future *f); /* NULL is welcome; returns NULL */

/* Sets the outcome. False: it was already done (or cancelled), the value stays the caller's. */
bool future_fulfil(struct future *f, enum err e, void *value);

/* Waits until done or until_ms (monotonic clock) and takes the value: a second take gives NULL.
 * errors: what it was fulfilled with; ERR_TIMEOUT; must not be called on a reactor or the writer. */
MUST_USE enum err future_take(struct future *f, int64_t until_ms, void **out_value);

#endif
