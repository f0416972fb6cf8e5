#include "load/histogram.h"

/* 0..31 have a bucket each; above, each power of two has 32. */
static unsigned bucket_of(uint64_t n)
{
    if (n < 32)
        return (unsigned)n;
    unsigned top = 63 - (unsigned)__builtin_clzll(n); /* >= 5 */
    return (top - 4) * 32 + (unsigned)(n >> (top - 5) & 31);
}

static uint64_t last_of(unsigned bucket)
{
    if (bucket < 32)
        return bucket;
    unsigned top = bucket / 32 + 4;
    return ((uint64_t)(32 + bucket % 32 + 1) << (top - 5)) - 1;
}

void histogram_add(struct histogram *h, int64_t ns)
{
    if (ns < 0)
        ns = 0;
    h->counts[bucket_of((uint64_t)ns)]++;
    h->total++;
    if (ns > h->max_ns)
        h->max_ns = ns;
}

int64_t histogram_at(const struct histogram *h, unsigned per_mille)
{
    uint64_t wanted = (h->total * per_mille + 999) / 1000, sum = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && wanted > 0; i++) {
        sum += h->counts[i];
        if (sum < wanted)
            continue;
        uint64_t last = last_of(i);
        return last < (uint64_t)h->max_ns ? (int64_t)last : h->max_ns;
    }
    return 0;
}
