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

/* ---- tries side by side: all of them pass the first look, because none has failed yet */

#define TRIES 20

struct tries {
    _Atomic int wrong, waiting, other;
    struct future *all;
};

static void try_done(struct reply r, const struct outcome *o)
{
    struct tries *t = r.owner;
    (void)atomic_fetch_add(o->err == ERR_UNAUTHORIZED ? &t->wrong
                           : o->err == ERR_BUSY       ? &t->waiting
                                                      : &t->other,
                           1);
    if (atomic_load(&t->wrong) + atomic_load(&t->waiting) + atomic_load(&t->other) == TRIES)
        (void)future_fulfil(t->all, ERR_OK, NULL);
}

static void held(void *thread, void *data)
{
    (void)thread;
    must(test_wait(data) == ERR_OK);
}

/* Burst 10; two task threads: the one beside the tenth failure may still be comparing. */
static void tries_side_by_side_get_no_more_than_the_burst(void)
{
    struct product *p = product_new();
    struct actor nobody = actor_nobody();
    struct tries tries = {.all = future_new(NULL)};
    struct future *open = future_new(NULL);
    must(tries.all && open);
    for (int i = 0; i < 2; i++)
        must(task_queue_push(p->tasks, (struct task){held, future_ref(open)}) == ERR_OK);
    for (int i = 0; i < TRIES; i++)
        method_call(&p->table, TEXT("session.login"),
                    TEXT("{\"name\":\"nobody\",\"password\":\"wrong\"}"), &nobody,
                    (struct reply){.owner = &tries, .done = try_done});
    (void)future_fulfil(open, ERR_OK, NULL);
    must(test_wait(future_ref(tries.all)) == ERR_OK);
    CU_ASSERT_TRUE(tries.wrong >= 10 && tries.wrong <= 11);
    CHECK_INT(tries.wrong + tries.waiting, TRIES);
    product_free(p);
    (void)future_unref(tries.all);
    (void)future_unref(open);
}

UNIT("accounts/throttle", CASE(ten_failures_then_one_in_five_seconds),
     CASE(accounts_have_no_case_and_are_apart_from_addresses), CASE(an_ipv6_network_is_one_address),
     CASE(burst_0_is_no_limit_and_rate_0_never_refills), CASE(a_full_table_keeps_the_worst),
     CASE(tries_side_by_side_get_no_more_than_the_burst))
