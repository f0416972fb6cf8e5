#include "base/metrics.h"

struct row {
    const char *name;
    const char *help;
};

static const struct row rows[METRIC_COUNT] = {
#define COUNTER(name, help) {#name, help},
#define GAUGE(name, help) {#name, help},
#define TIMER(name, help)
#define SIZE(name, help)
#include "base/metrics.def"
#undef COUNTER
#undef GAUGE
#undef TIMER
#undef SIZE
};

static const struct row timer_rows[TIMER_COUNT] = {
#define COUNTER(name, help)
#define GAUGE(name, help)
#define TIMER(name, help) {#name, help},
#define SIZE(name, help)
#include "base/metrics.def"
#undef COUNTER
#undef GAUGE
#undef TIMER
#undef SIZE
};

static const struct row size_rows[SIZE_COUNT] = {
#define COUNTER(name, help)
#define GAUGE(name, help)
#define TIMER(name, help)
#define SIZE(name, help) {#name, help},
#include "base/metrics.def"
#undef COUNTER
#undef GAUGE
#undef TIMER
#undef SIZE
};

/* Gauges, one cache line each. */
struct cell {
    _Alignas(64) atomic_int_least64_t value;
};

struct timer_cell {
    _Alignas(64) atomic_uint_least64_t sum_us;
    atomic_uint_least64_t buckets[TIMER_BUCKETS];
};

#define SIZE_BUCKETS 14 /* up to 1, 2, 4, ... 4,096; more */
struct size_cell {
    _Alignas(64) atomic_uint_least64_t sum;
    atomic_uint_least64_t buckets[SIZE_BUCKETS];
};

static struct size_cell sizes[SIZE_COUNT];
static struct cell cells[METRIC_COUNT];
static struct timer_cell timers[TIMER_COUNT];

/* Counters: a lane a thread, summed when somebody asks, so that reactors that count the same thing do not wait for one
 * cache line. A thread that ends leaves its sums; lane 0 is shared by those that came when the others were taken. */
#define LANES_MAX 64
struct lane {
    _Alignas(64) atomic_int_least64_t values[METRIC_COUNT];
};
static struct lane lanes[LANES_MAX];
static atomic_uint lanes_taken = 1;
static _Thread_local bool shares;
_Thread_local atomic_int_least64_t *metric_lane;

static void take_lane(void)
{
    unsigned n = atomic_fetch_add(&lanes_taken, 1);
    if (n < LANES_MAX) {
        metric_lane = lanes[n].values;
        return;
    }
    atomic_store(&lanes_taken, LANES_MAX); /* it must not come around */
    shares = true;
}

void metric_add_slowly(enum metric m, int64_t n)
{
    if (!metric_counts[m]) {
        atomic_fetch_add_explicit(&cells[m].value, n, memory_order_relaxed);
        return;
    }
    if (!metric_lane && !shares)
        take_lane();
    if (metric_lane)
        metric_add(m, n);
    else
        atomic_fetch_add_explicit(&lanes[0].values[m], n, memory_order_relaxed);
}

static int64_t counted(enum metric m)
{
    unsigned taken = atomic_load(&lanes_taken);
    int64_t sum = 0;
    for (unsigned i = 0; i < taken && i < LANES_MAX; i++)
        sum += atomic_load_explicit(&lanes[i].values[m], memory_order_relaxed);
    return sum;
}

void metric_set(enum metric m, int64_t n)
{
    atomic_store_explicit(&cells[m].value, n, memory_order_relaxed);
}

void metric_max(enum metric m, int64_t n)
{
    int64_t seen = atomic_load_explicit(&cells[m].value, memory_order_relaxed);
    while (seen < n && !atomic_compare_exchange_weak_explicit(
                           &cells[m].value, &seen, n, memory_order_relaxed, memory_order_relaxed)) {
    }
}

int64_t metric_get(enum metric m)
{
    return metric_counts[m] ? counted(m)
                            : atomic_load_explicit(&cells[m].value, memory_order_relaxed);
}

const char *metric_name(enum metric m)
{
    return rows[m].name;
}

/* Two buckets an octave from 16 us: 16, 24, 32, 48, ... the 40th holds all from 8.4 s on. */
int64_t timer_bucket_us(unsigned bucket)
{
    int64_t base = (int64_t)16 << (bucket / 2);
    return bucket % 2 ? base + base / 2 : base;
}

void timer_metric_add(enum timer_metric t, int64_t us)
{
    unsigned bucket = 0;
    while (bucket < TIMER_BUCKETS - 1 && us >= timer_bucket_us(bucket))
        bucket++;
    atomic_fetch_add_explicit(&timers[t].buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&timers[t].sum_us, (uint64_t)(us > 0 ? us : 0), memory_order_relaxed);
}

struct timer_snapshot timer_metric_get(enum timer_metric t)
{
    struct timer_snapshot s = {0};
    for (unsigned i = 0; i < TIMER_BUCKETS; i++) {
        s.buckets[i] = atomic_load_explicit(&timers[t].buckets[i], memory_order_relaxed);
        s.count += s.buckets[i];
    }
    s.sum_us = atomic_load_explicit(&timers[t].sum_us, memory_order_relaxed);
    return s;
}

double timer_quantile_ms(const struct timer_snapshot *before, const struct timer_snapshot *after,
                         double q)
{
    uint64_t count = after->count - before->count;
    if (count == 0)
        return 0;
    double wanted = q * (double)count;
    uint64_t seen = 0;
    for (unsigned i = 0; i < TIMER_BUCKETS; i++) {
        uint64_t here = after->buckets[i] - before->buckets[i];
        if (here > 0 && (double)(seen + here) >= wanted) {
            double low = i ? (double)timer_bucket_us(i - 1) : 0;
            double high = (double)timer_bucket_us(i);
            return (low + (high - low) * (wanted - (double)seen) / (double)here) / 1000;
        }
        seen += here;
    }
    return (double)timer_bucket_us(TIMER_BUCKETS - 1) / 1000;
}

static void write_timer(struct buf *out, enum timer_metric t)
{
    const struct row *r = &timer_rows[t];
    struct timer_snapshot s = timer_metric_get(t);
    buf_add_format(out, "# HELP snug_%s_seconds %s\n# TYPE snug_%s_seconds histogram\n", r->name,
                   r->help, r->name);
    uint64_t below = 0;
    for (unsigned i = 0; i < TIMER_BUCKETS - 1; i++) {
        below += s.buckets[i];
        if (i % 2)
            buf_add_format(out, "snug_%s_seconds_bucket{le=\"%.6f\"} %llu\n", r->name,
                           (double)timer_bucket_us(i) / 1e6, (unsigned long long)below);
    }
    buf_add_format(out, "snug_%s_seconds_bucket{le=\"+Inf\"} %llu\n", r->name,
                   (unsigned long long)s.count);
    buf_add_format(out, "snug_%s_seconds_sum %.6f\nsnug_%s_seconds_count %llu\n", r->name,
                   (double)s.sum_us / 1e6, r->name, (unsigned long long)s.count);
}

void size_metric_add(enum size_metric m, uint64_t n)
{
    unsigned bucket = 0;
    while (bucket < SIZE_BUCKETS - 1 && n > UINT64_C(1) << bucket)
        bucket++;
    atomic_fetch_add_explicit(&sizes[m].buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&sizes[m].sum, n, memory_order_relaxed);
}

static void write_size(struct buf *out, enum size_metric m)
{
    const struct row *r = &size_rows[m];
    buf_add_format(out, "# HELP snug_%s %s\n# TYPE snug_%s histogram\n", r->name, r->help, r->name);
    unsigned long long below = 0;
    for (unsigned i = 0; i < SIZE_BUCKETS; i++) {
        below += atomic_load_explicit(&sizes[m].buckets[i], memory_order_relaxed);
        if (i < SIZE_BUCKETS - 1)
            buf_add_format(out, "snug_%s_bucket{le=\"%u\"} %llu\n", r->name, 1U << i, below);
    }
    buf_add_format(out, "snug_%s_bucket{le=\"+Inf\"} %llu\nsnug_%s_sum %llu\nsnug_%s_count %llu\n",
                   r->name, below, r->name,
                   (unsigned long long)atomic_load_explicit(&sizes[m].sum, memory_order_relaxed),
                   r->name, below);
}

void metrics_write(struct buf *out)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        const struct row *r = &rows[i];
        const char *suffix = metric_counts[i] ? "_total" : "";
        buf_add_format(out, "# HELP snug_%s%s %s\n# TYPE snug_%s%s %s\nsnug_%s%s %lld\n", r->name,
                       suffix, r->help, r->name, suffix, metric_counts[i] ? "counter" : "gauge",
                       r->name, suffix, (long long)metric_get((enum metric)i));
    }
    for (unsigned t = 0; t < TIMER_COUNT; t++)
        write_timer(out, (enum timer_metric)t);
    for (unsigned m = 0; m < SIZE_COUNT; m++)
        write_size(out, (enum size_metric)m);
}
