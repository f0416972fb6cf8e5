/* histogram: durations in nanoseconds, with an error of at most 1/32, in 15 KiB whatever their number. A value; zero is
 * an empty one. */
#ifndef SNUG_LOAD_HISTOGRAM_H
#define SNUG_LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (60 * 32)

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    int64_t max_ns;
};

/* Negative ones count as 0. */
void histogram_add(struct histogram *h, int64_t ns);

/* The value that `per_mille` of 1,000 do not exceed, rounded up to its bucket's end but never above the largest;
 * 0 for an empty one. */
int64_t histogram_at(const struct histogram *h, unsigned per_mille);

#endif
