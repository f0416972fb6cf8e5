/* Failed log-ins: ten at once, then one in five seconds, for each account and each address. */
#include "accounts/throttle.h"
#include "product.h"
#include "unit.h"

static struct test_clock hands = {1000, 1000};
static const struct env env = {&hands, test_wall, test_monotonic, test_random};

static int64_t wait_of(struct throttle *t, const char *address)
{
    return throttle_wait_ms(t, THROTTLE_ADDRESS, text_of(address));
}

static void ten_failures_then_one_in_five_seconds(void)
{
    struct throttle *t = throttle_new(&env, 10, 0.2);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(wait_of(t, "10.0.0.1"), 0);
        throttle_failed(t, THROTTLE_ADDRESS, TEXT("10.0.0.1"));
    }
    CHECK_INT(wait_of(t, "10.0.0.1"), 5000);
    CHECK_INT(wait_of(t, "10.0.0.2"), 0); /* another one is not concerned */
    hands.monotonic_ms += 4999;
    CHECK_INT(wait_of(t, "10.0.0.1"), 1);
    hands.monotonic_ms += 1;
    CHECK_INT(wait_of(t, "10.0.0.1"), 0);
    throttle_failed(t, THROTTLE_ADDRESS, TEXT("10.0.0.1"));
    CHECK_INT(wait_of(t, "10.0.0.1"), 5000);
    hands.monotonic_ms += INT64_C(3600) * 1000; /* full again, not fuller */
    for (int i = 0; i < 10; i++)
        throttle_failed(t, THROTTLE_ADDRESS, TEXT("10.0.0.1"));
    CHECK_INT(wait_of(t, "10.0.0.1"), 5000);
    throttle_free(t);
}

static void accounts_have_no_case_and_are_apart_from_addresses(void)
{
    struct throttle *t = throttle_new(&env, 1, 0.2);
    throttle_failed(t, THROTTLE_ACCOUNT, TEXT("Mira"));
    CHECK_INT(throttle_wait_ms(t, THROTTLE_ACCOUNT, TEXT("mira")), 5000);
    CHECK_INT(throttle_wait_ms(t, THROTTLE_ADDRESS, TEXT("mira")), 0);
    throttle_free(t);
}

static void an_ipv6_network_is_one_address(void)
{
    struct throttle *t = throttle_new(&env, 1, 0.2);
    throttle_failed(t, THROTTLE_ADDRESS, TEXT("2001:db8:1:2::1"));
    CHECK_INT(wait_of(t, "2001:db8:1:2:ffff::9"), 5000);
    CHECK_INT(wait_of(t, "2001:db8:1:3::1"), 0);
    throttle_failed(t, THROTTLE_ADDRESS, TEXT("::ffff:10.0.0.1")); /* IPv4 in IPv6: each its own */
    CHECK_INT(wait_of(t, "::ffff:10.0.0.2"), 0);
    throttle_free(t);
}

static void burst_0_is_no_limit_and_rate_0_never_refills(void)
{
    struct throttle *t = throttle_new(&env, 0, 0.2);
    for (int i = 0; i < 100; i++)
        throttle_failed(t, THROTTLE_ADDRESS, TEXT("10.0.0.1"));
    CHECK_INT(wait_of(t, "10.0.0.1"), 0);
    throttle_free(t);
    t = throttle_new(&env, 1, 0);
    throttle_failed(t, THROTTLE_ADDRESS, TEXT("10.0.0.1"));
    CU_ASSERT_TRUE(wait_of(t, "10.0.0.1") > 0);
    throttle_free(t);
}

/* 20,000 addresses fail once each: the one that has failed ten times is still known. */
static void a_full_table_keeps_the_worst(void)
{
    struct throttle *t = throttle_new(&env, 10, 0.2);
    for (int i = 0; i < 10; i++)
        throttle_failed(t, THROTTLE_ADDRESS, TEXT("10.0.0.1"));
    for (int i = 0; i < 20000; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "10.1.%d.%d", i / 250, i % 250);
        throttle_failed(t, THROTTLE_ADDRESS, text_of(address));
    }
    CHECK_INT(wait_of(t, "10.0.0.1"), 5000);
    throttle_free(t);
}

UNIT("accounts/throttle", CASE(ten_failures_then_one_in_five_seconds),
     CASE(accounts_have_no_case_and_are_apart_from_addresses), CASE(an_ipv6_network_is_one_address),
     CASE(burst_0_is_no_limit_and_rate_0_never_refills), CASE(a_full_table_keeps_the_worst))
