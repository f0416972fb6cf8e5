/* Guards: percentiles are never below the truth, and above it by a thirty-second at most. */
#include "load/histogram.h"
#include "unit.h"

#include <string.h>

static void nothing_is_zero(void)
{
    static struct histogram h;
    CHECK_INT(histogram_at(&h, 500), 0);
    CHECK_INT(histogram_at(&h, 1000), 0);
}

/* 1..1000: the median is 500, its bucket 496..503. */
static void percentiles_of_a_row(void)
{
    static struct histogram h;
    for (int64_t ns = 1; ns <= 1000; ns++)
        histogram_add(&h, ns);
    CHECK_INT(h.total, 1000);
    CHECK_INT(histogram_at(&h, 500), 503);
    CHECK_INT(histogram_at(&h, 990), 991);
    CHECK_INT(histogram_at(&h, 1000), 1000);
    CHECK_INT(histogram_at(&h, 1), 1);
    CHECK_INT(h.max_ns, 1000);
}

/* Each power of two and its neighbours, to the largest number there is. */
static void every_size_has_a_bucket(void)
{
    for (int bit = 0; bit < 63; bit++)
        for (int64_t step = -1; step <= 1; step++) {
            static struct histogram h;
            memset(&h, 0, sizeof h);
            int64_t ns = (INT64_C(1) << bit) + step;
            histogram_add(&h, ns);
            histogram_add(&h, INT64_MAX);
            int64_t got = histogram_at(&h, 500);
            CU_ASSERT(got >= ns && got - ns <= ns / 32);
            CHECK_INT(histogram_at(&h, 1000), INT64_MAX);
        }
}

static void a_clock_that_went_back_is_zero(void)
{
    static struct histogram h;
    histogram_add(&h, -5);
    CHECK_INT(h.total, 1);
    CHECK_INT(histogram_at(&h, 1000), 0);
}

UNIT("load/histogram", CASE(nothing_is_zero), CASE(percentiles_of_a_row),
     CASE(every_size_has_a_bucket), CASE(a_clock_that_went_back_is_zero))
