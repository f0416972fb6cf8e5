/* Guards: values of options are read as people write them, and nothing else is. */
#include "cli/value.h"
#include "unit.h"

static int64_t ms(const char *text)
{
    int64_t out;
    return value_duration(text_of(text), &out) ? out : -1;
}

static void durations_have_units(void)
{
    CHECK_INT(ms("25s"), 25000);
    CHECK_INT(ms("500ms"), 500);
    CHECK_INT(ms("1m30s"), 90000);
    CHECK_INT(ms("24h"), 86400000);
    CHECK_INT(ms("30d"), INT64_C(2592000000));
    CHECK_INT(ms("1h1m1s1ms"), 3661001);
    CHECK_INT(ms("0"), 0);
    CHECK_INT(ms("0s"), 0);
    static const char *const bad[] = {"",     "25", "s",   "-1s",    "1.5s", " 1s",
                                      "1s ",  "1x", "1s1", "1m 30s", "ms",   "99999999999999d",
                                      "4000d"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(ms(bad[i]), -1);
}

static double rate(const char *text)
{
    double out;
    return value_rate(text_of(text), &out) ? out : -1;
}

static void rates_may_have_a_fraction(void)
{
    CU_ASSERT_DOUBLE_EQUAL(rate("0.2"), 0.2, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(rate("500"), 500, 0);
    CU_ASSERT_DOUBLE_EQUAL(rate("10.05"), 10.05, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(rate("0"), 0, 0);
    static const char *const bad[] = {"", ".5", "1.", "-1", "1e3", "1.2.3", "1x", "1.0000000001"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT(rate(bad[i]) < 0);
}

static void counts_are_digits_up_to_a_bound(void)
{
    int64_t n;
    CU_ASSERT(value_count(TEXT("10"), 10, &n));
    CHECK_INT(n, 10);
    CU_ASSERT(!value_count(TEXT("11"), 10, &n));
    CU_ASSERT(!value_count(TEXT(""), 10, &n));
    CU_ASSERT(!value_count(TEXT("1k"), 10, &n));
    CU_ASSERT(!value_count(TEXT("9999999999999999999"), INT64_MAX, &n));
}

static void switches_are_words(void)
{
    bool on;
    CU_ASSERT(value_switch(TEXT("TRUE"), &on) && on);
    CU_ASSERT(value_switch(TEXT("off"), &on) && !on);
    CU_ASSERT(!value_switch(TEXT("maybe"), &on));
}

static void distance_counts_letters(void)
{
    CHECK_INT(value_distance(TEXT("listen"), TEXT("listen")), 0);
    CHECK_INT(value_distance(TEXT("lisen"), TEXT("listen")), 1);
    CHECK_INT(value_distance(TEXT("lsiten"), TEXT("listen")), 2);
    CHECK_INT(value_distance(TEXT(""), TEXT("abc")), 3);
    CHECK_INT(value_distance(TEXT("kitten"), TEXT("sitting")), 3);
}

UNIT("cli/value", CASE(durations_have_units), CASE(rates_may_have_a_fraction),
     CASE(counts_are_digits_up_to_a_bound), CASE(switches_are_words), CASE(distance_counts_letters))
