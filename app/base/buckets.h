/* buckets: a token bucket (base/bucket.h) for each of many keys, users or addresses, in a table that never grows.
 *
 * Eight places for each of some sets, found through a keyed hash, so that nobody can choose whom to push out. A key that is
 * not there has spent nothing. A full set gives up the place that has spent least: who spends much stays known. A few sets
 * are filled first, as long as they have places that have spent nothing: only where many spend at once does the rest of the
 * table take memory.
 * thread: any */
#ifndef SNUG_BASE_BUCKETS_H
#define SNUG_BASE_BUCKETS_H

#include "base/bucket.h"
#include "base/env.h"
#include "base/text.h"

struct buckets;

#define BUCKETS_KEYS 65536 /* that are known at once */

/* burst 0: no limit, and no memory. NULL: no memory. */
struct buckets *buckets_new(const struct env *env, struct bucket_limit limit);
struct buckets *buckets_free(struct buckets *b); /* NULL is welcome; returns NULL */

/* As bucket_take, of that key's bucket. b NULL: no limit. */
bool buckets_take(struct buckets *b, struct text key, double cost, int64_t *out_retry_ms);

/* The bucket of what counts as one address, to keep by who takes from it often. 0: there is no limit, as for the addresses of this
 * machine. */
uint64_t buckets_address(const struct buckets *b, struct text address);
bool buckets_take_of(struct buckets *b, uint64_t address, double cost, int64_t *out_retry_ms);

/* True if so much is there; takes nothing. */
bool buckets_has(struct buckets *b, struct text key, double cost, int64_t *out_retry_ms);

#endif
