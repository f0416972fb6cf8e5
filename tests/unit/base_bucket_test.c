/* Guards: limits let exactly `burst` through at once and `per_s` in the long run, and say when to come back. */
#include "base/bucket.h"
#include "unit.h"

static void a_burst_passes_and_then_what_flows_in(void)
{
    struct bucket b = {0};
    struct bucket_limit limit = {3, 2};
    int64_t retry_ms = 0, now_ms = 1000;
    for (int i = 0; i < 3; i++)
        CU_ASSERT_TRUE(bucket_take(&b, limit, 1, now_ms, &retry_ms));
    CU_ASSERT_FALSE(bucket_take(&b, limit, 1, now_ms, &retry_ms));
    CHECK_INT(retry_ms, 501);
    CU_ASSERT_FALSE(bucket_take(&b, limit, 1, now_ms + 499, NULL));
    CU_ASSERT_TRUE(bucket_take(&b, limit, 1, now_ms + retry_ms, &retry_ms));
    CU_ASSERT_FALSE(bucket_idle(&b, limit, now_ms + 501));
    CU_ASSERT_TRUE(bucket_idle(&b, limit, now_ms + 2001));
}

static void no_burst_is_no_limit(void)
{
    struct bucket b = {0};
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_TRUE(bucket_take(&b, (struct bucket_limit){0, 0}, 1, 5, NULL));
}

/* A time that can be added to and rounded, however little is given back. */
static void the_time_to_wait_has_a_bound(void)
{
    static const double rates[] = {0, 1e-300, 1e-9};
    for (unsigned i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct bucket b = {0};
        struct bucket_limit limit = {1, rates[i]};
        int64_t retry_ms = 0;
        CU_ASSERT_TRUE(bucket_take(&b, limit, 1, 0, &retry_ms));
        CU_ASSERT_FALSE(bucket_take(&b, limit, 1, 0, &retry_ms));
        CHECK_INT(retry_ms, BUCKET_RETRY_MAX_MS);
    }
}

UNIT("base/bucket", CASE(a_burst_passes_and_then_what_flows_in), CASE(no_burst_is_no_limit),
     CASE(the_time_to_wait_has_a_bound))
