/* Guards: counters lose nothing between threads, quantiles are what came between two looks, the text is Prometheus'. */
#include "base/metrics.h"

#include "unit.h"

#include <pthread.h>
#include <stdlib.h>

static void *add_many(void *arg)
{
    for (int i = 0; i < 10000; i++) {
        metric_add(METRIC_messages, 1);
        metric_max(METRIC_outbox_max_bytes, i);
        timer_metric_add(TIMER_commit, 100);
    }
    return arg;
}

static void threads_lose_no_count(void)
{
    pthread_t threads[4];
    int64_t before = metric_get(METRIC_messages);
    struct timer_snapshot timer_before = timer_metric_get(TIMER_commit);
    metric_set(METRIC_outbox_max_bytes, 0);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, add_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(metric_get(METRIC_messages) - before, 40000);
    CHECK_INT(metric_get(METRIC_outbox_max_bytes), 9999);
    CHECK_INT(timer_metric_get(TIMER_commit).count - timer_before.count, 40000);
    CHECK_INT(timer_metric_get(TIMER_commit).sum_us - timer_before.sum_us, 4000000);
}

static void gauges_are_set_moved_and_raised(void)
{
    metric_set(METRIC_fds, 7);
    metric_add(METRIC_fds, -3);
    CHECK_INT(metric_get(METRIC_fds), 4);
    metric_max(METRIC_fds, 3);
    CHECK_INT(metric_get(METRIC_fds), 4);
    metric_max(METRIC_fds, 9);
    CHECK_INT(metric_get(METRIC_fds), 9);
    CHECK_TEXT(metric_name(METRIC_fds), "fds");
}

static void buckets_rise_by_half_octaves(void)
{
    CHECK_INT(timer_bucket_us(0), 16);
    CHECK_INT(timer_bucket_us(1), 24);
    CHECK_INT(timer_bucket_us(2), 32);
    CHECK_INT(timer_bucket_us(39), 12582912);
    for (unsigned i = 1; i < TIMER_BUCKETS; i++)
        CU_ASSERT(timer_bucket_us(i) > timer_bucket_us(i - 1));
}

/* Just below and at a bucket's bound; and what is longer than all. */
static void a_duration_falls_into_its_bucket(void)
{
    static const struct {
        int64_t us;
        unsigned bucket;
    } rows[] = {{-5, 0},       {0, 0},        {15, 0},
                {16, 1},       {23, 1},       {24, 2},
                {8388607, 38}, {8388608, 39}, {INT64_MAX / 2, 39}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct timer_snapshot before = timer_metric_get(TIMER_ack);
        timer_metric_add(TIMER_ack, rows[i].us);
        struct timer_snapshot after = timer_metric_get(TIMER_ack);
        for (unsigned b = 0; b < TIMER_BUCKETS; b++)
            CHECK_INT(after.buckets[b] - before.buckets[b], b == rows[i].bucket);
    }
}

static void near(double actual, double wanted, double error)
{
    if (actual < wanted - error || actual > wanted + error)
        (void)printf("\n    got %g, expected %g\n", actual, wanted);
    CU_ASSERT(actual >= wanted - error && actual <= wanted + error);
}

/* 90 of 1 ms, 9 of 10 ms, 1 of 100 ms: p50 near 1, p95 near 10, p999 near 100, each within its bucket (half an octave). */
static void quantiles_come_from_between_two_looks(void)
{
    timer_metric_add(TIMER_ack, 5000000); /* before the first look: does not count */
    struct timer_snapshot before = timer_metric_get(TIMER_ack);
    near(timer_quantile_ms(&before, &before, 0.99), 0, 0);
    for (int i = 0; i < 90; i++)
        timer_metric_add(TIMER_ack, 1000);
    for (int i = 0; i < 9; i++)
        timer_metric_add(TIMER_ack, 10000);
    timer_metric_add(TIMER_ack, 100000);
    struct timer_snapshot after = timer_metric_get(TIMER_ack);
    near(timer_quantile_ms(&before, &after, 0.5), 1, 0.5);
    near(timer_quantile_ms(&before, &after, 0.95), 10, 4);
    near(timer_quantile_ms(&before, &after, 0.999), 100, 40);
    CU_ASSERT(timer_quantile_ms(&before, &after, 1) >= timer_quantile_ms(&before, &after, 0.99));
    CU_ASSERT(timer_quantile_ms(&before, &after, 0) > 0);

    before = after;
    timer_metric_add(TIMER_ack, INT64_MAX / 4); /* over the last bound: its bound is the answer */
    after = timer_metric_get(TIMER_ack);
    near(timer_quantile_ms(&before, &after, 1), 12582.912, 0.001);
}

static void sizes_are_counted_up_to_powers_of_two(void)
{
    static const uint64_t all[] = {0, 1, 2, 3, 4, 5, 4096, 4097, UINT64_MAX / 2};
    struct buf b;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        size_metric_add(SIZE_writer_batch, all[i]);
    buf_init(&b, 100000);
    metrics_write(&b);
    buf_add_char(&b, 0);
    static const char *const lines[] = {
        "# TYPE snug_writer_batch histogram\nsnug_writer_batch_bucket{le=\"1\"} 2\n",
        "snug_writer_batch_bucket{le=\"2\"} 3\nsnug_writer_batch_bucket{le=\"4\"} 5\n",
        "snug_writer_batch_bucket{le=\"8\"} 6\n",
        "snug_writer_batch_bucket{le=\"4096\"} 7\nsnug_writer_batch_bucket{le=\"+Inf\"} 9\n",
        "snug_writer_batch_count 9\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(b.data, lines[i]));
    buf_fini(&b);
}

/* Every line is HELP, TYPE or "name[{labels}] number"; histograms end with +Inf == count. */
static void the_text_is_what_prometheus_reads(void)
{
    struct buf b;
    buf_init(&b, 100000);
    metrics_write(&b);
    CHECK_INT(b.err, ERR_OK);
    buf_add_char(&b, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.data,
                                  "# HELP snug_messages_total Chat messages stored\n"
                                  "# TYPE snug_messages_total counter\nsnug_messages_total "));
    CU_ASSERT_PTR_NOT_NULL(strstr(b.data, "# TYPE snug_connections gauge\nsnug_connections "));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        b.data, "# TYPE snug_ack_seconds histogram\nsnug_ack_seconds_bucket{le=\"0.000024\"} "));
    int wrong = 0;
    struct text rest = {b.data, b.len - 1}, line;
    double last_bucket = 0;
    while (text_split(&rest, '\n', &line) && line.len > 0) {
        if (text_starts(line, TEXT("# HELP snug_")) || text_starts(line, TEXT("# TYPE snug_")))
            continue;
        char copy[200];
        (void)text_copy(copy, sizeof copy, line);
        char *space = strrchr(copy, ' '), *end = NULL;
        double value = space ? strtod(space, &end) : 0;
        wrong += !space || end == space + 1 || *end != 0 || !text_starts(line, TEXT("snug_"));
        bool bucket = strstr(copy, "_bucket{le=\"");
        wrong += bucket && value < last_bucket; /* cumulative */
        last_bucket = bucket && !strstr(copy, "+Inf") ? value : 0;
    }
    CHECK_INT(wrong, 0);
    buf_fini(&b);
}

UNIT("base/metrics", CASE(threads_lose_no_count), CASE(gauges_are_set_moved_and_raised),
     CASE(buckets_rise_by_half_octaves), CASE(a_duration_falls_into_its_bucket),
     CASE(quantiles_come_from_between_two_looks), CASE(sizes_are_counted_up_to_powers_of_two),
     CASE(the_text_is_what_prometheus_reads))
