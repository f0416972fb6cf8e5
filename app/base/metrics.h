/* metrics: the counters, gauges, timers and sizes of metrics.def. Cheap from any thread: a counter is a plain add to memory of the
 * thread's own, a gauge one relaxed atomic add.
 *
 * Counters of a process, not of an object: tests look at differences. thread: any */
#ifndef SNUG_BASE_METRICS_H
#define SNUG_BASE_METRICS_H

#include "base/buf.h"

#include <stdatomic.h>

enum metric {
#define COUNTER(name, help) METRIC_##name,
#define GAUGE(name, help) METRIC_##name,
#define TIMER(name, help)
#define SIZE(name, help)
#include "base/metrics.def"
#undef COUNTER
#undef GAUGE
#undef TIMER
#undef SIZE
    METRIC_COUNT
};

enum timer_metric {
#define COUNTER(name, help)
#define GAUGE(name, help)
#define TIMER(name, help) TIMER_##name,
#define SIZE(name, help)
#include "base/metrics.def"
#undef COUNTER
#undef GAUGE
#undef TIMER
#undef SIZE
    TIMER_COUNT
};

enum size_metric {
#define COUNTER(name, help)
#define GAUGE(name, help)
#define TIMER(name, help)
#define SIZE(name, help) SIZE_##name,
#include "base/metrics.def"
#undef COUNTER
#undef GAUGE
#undef TIMER
#undef SIZE
    SIZE_COUNT
};

/* Which are counters: the same for all files, so that nothing is left of it where the metric is a constant. */
static const bool metric_counts[METRIC_COUNT] = {
#define COUNTER(name, help) true,
#define GAUGE(name, help) false,
#define TIMER(name, help)
#define SIZE(name, help)
#include "base/metrics.def"
#undef COUNTER
#undef GAUGE
#undef TIMER
#undef SIZE
};

/* This thread's own counters; NULL: it has none yet, or there were none left. For metric_add. */
extern _Thread_local atomic_int_least64_t *metric_lane;
void metric_add_slowly(enum metric m, int64_t n);

static inline void metric_add(enum metric m, int64_t n)
{
    atomic_int_least64_t *lane = metric_lane;
    if (lane && metric_counts[m]) /* nobody else writes it */
        atomic_store_explicit(&lane[m], atomic_load_explicit(&lane[m], memory_order_relaxed) + n,
                              memory_order_relaxed);
    else
        metric_add_slowly(m, n);
}

/* Gauges alone. */
void metric_set(enum metric m, int64_t n);
/* Raises a gauge to `n` if it is lower. */
void metric_max(enum metric m, int64_t n);
int64_t metric_get(enum metric m);
const char *metric_name(enum metric m);

/* Adds one duration in microseconds. */
void timer_metric_add(enum timer_metric t, int64_t us);

/* What a timer saw: counts per bucket, bucket i holds durations < timer_bucket_us(i) and not below; the last one all
 * others too. */
#define TIMER_BUCKETS 40
struct timer_snapshot {
    uint64_t buckets[TIMER_BUCKETS];
    uint64_t count;
    uint64_t sum_us;
};
struct timer_snapshot timer_metric_get(enum timer_metric t);
int64_t timer_bucket_us(unsigned bucket);

/* The q-quantile (0..1) in milliseconds of what came between two snapshots; 0 if nothing came. */
double timer_quantile_ms(const struct timer_snapshot *before, const struct timer_snapshot *after,
                         double q);

/* Adds one number of things, from 0; shown as a histogram by powers of two up to 4,096. */
void size_metric_add(enum size_metric m, uint64_t n);

/* Everything as Prometheus text, exposition format 0.0.4. */
void metrics_write(struct buf *out);

#endif
