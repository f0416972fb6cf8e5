/* bucket: a token bucket: `burst` at once, `per_s` in the long run. A value; the caller owns clock and lock.
 * burst 0 is no limit. */
#ifndef SNUG_BASE_BUCKET_H
#define SNUG_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket_limit {
    double burst, per_s;
};

/* Zero is a full bucket that was never used. */
struct bucket {
    double spent;
    int64_t at_ms;
};

#define BUCKET_RETRY_MAX_MS 86400000 /* "in a day", also where nothing is ever given back */

/* Takes `cost` tokens at now_ms if they are there. False: not taken, *out_retry_ms (may be NULL) is when they will be, at
 * most BUCKET_RETRY_MAX_MS. */
bool bucket_take(struct bucket *b, struct bucket_limit limit, double cost, int64_t now_ms,
                 int64_t *out_retry_ms);

/* What is there at now_ms. */
double bucket_left(const struct bucket *b, struct bucket_limit limit, int64_t now_ms);

/* True if it is full again and may be forgotten. */
bool bucket_idle(const struct bucket *b, struct bucket_limit limit, int64_t now_ms);

#endif
