/* queue: a bounded first-in-first-out line of values, many producers, one or many consumers.
 *
 * Full is an answer (ERR_BUSY), never a wait; closed is another (ERR_CLOSED). What was in the queue when it was
 * closed can still be taken. Invariant: 0 <= length <= capacity. thread: any */
#ifndef SNUG_BASE_QUEUE_H
#define SNUG_BASE_QUEUE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct queue;

/* A queue of at most `capacity` items of `item_bytes` each; NULL: no memory. */
struct queue *queue_new(size_t capacity, size_t item_bytes);

/* Frees the queue; nobody may wait in it. NULL is welcome. Returns NULL. */
struct queue *queue_free(struct queue *q);

/* Copies one item in. errors: ERR_BUSY full; ERR_CLOSED */
MUST_USE enum err queue_push(struct queue *q, const void *item);

/* Moves up to `max` items out, oldest first, waiting for the first one until until_ms on the monotonic clock
 * (INT64_MAX: no limit; 0: do not wait). Returns how many; 0: time ran out, or closed and empty. */
size_t queue_take(struct queue *q, void *out_items, size_t max, int64_t until_ms);

size_t queue_length(struct queue *q);

/* No more pushes; wakes everybody who waits. */
void queue_close(struct queue *q);

/* True once closed and empty: a consumer's signal to leave. */
bool queue_done(struct queue *q);

#endif
