/* S47. Guards: each key has its own bucket, exactly as large as the limit; the table never grows; who spends much is not
 * forgotten for the sake of those who come once; addresses of one household are one. */
#include "base/buckets.h"
#include "fault.h"
#include "given_clock.h"
#include "unit.h"

#include <stdio.h>

static unsigned passes(struct buckets *b, const char *key, unsigned tries)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++)
        n += buckets_take(b, text_of(key), 1, NULL);
    return n;
}

static void each_key_has_a_bucket_of_its_own(void)
{
    int64_t retry_ms = 0;
    struct buckets *b = buckets_new(&env, (struct bucket_limit){10, 2});
    CHECK_INT(passes(b, "ana", 50), 10);
    CHECK_INT(passes(b, "ben", 50), 10); /* whatever ana does */
    CU_ASSERT_FALSE(buckets_has(b, TEXT("ana"), 1, &retry_ms));
    CHECK_INT(retry_ms, 501);
    now_ms += 5000;
    CHECK_INT(passes(b, "ana", 50), 10);
    CU_ASSERT_TRUE(buckets_has(b, TEXT("cat"), 10, NULL)); /* looking takes nothing */
    CHECK_INT(passes(b, "cat", 50), 10);
    buckets_free(b);
}

static void no_burst_and_no_table_are_no_limit(void)
{
    struct buckets *b = buckets_new(&env, (struct bucket_limit){0, 0});
    CHECK_INT(passes(b, "ana", 5000), 5000);
    CHECK_INT(passes(NULL, "ana", 5000), 5000);
    buckets_free(b);
    CU_ASSERT_PTR_NULL(buckets_free(NULL));
}

/* True: all of them were let through. */
static bool flood(struct buckets *b, const char *name)
{
    char key[24];
    bool passed = true;
    for (unsigned i = 0; i < 4U * BUCKETS_KEYS; i++) {
        (void)snprintf(key, sizeof key, "%s-%u", name, i);
        passed = buckets_take(b, text_of(key), 1, NULL) && passed;
    }
    return passed;
}

static void a_flood_of_keys_does_not_wash_out_who_spends(void)
{
    struct buckets *b = buckets_new(&env, (struct bucket_limit){100, 0.001});
    CHECK_INT(passes(b, "noisy", 200), 100);
    CU_ASSERT_TRUE(flood(b, "once")); /* a full table refuses nobody */
    CHECK_INT(passes(b, "noisy", 200), 0);
    CHECK_INT(passes(b, "late", 200), 100); /* one that comes to a full table is known as well */
    CU_ASSERT_TRUE(flood(b, "again"));
    CHECK_INT(passes(b, "late", 200), 0);
    CHECK_INT(passes(b, "noisy", 200), 0);
    buckets_free(b);
}

/* More keys at once than the sets that are filled first have places, and none of them loses what it has spent. */
static void keys_that_spill_over_are_known(void)
{
    char key[24];
    struct buckets *b = buckets_new(&env, (struct bucket_limit){3, 1});
    for (unsigned i = 0; i < 4000; i++) {
        (void)snprintf(key, sizeof key, "user-%u", i);
        CHECK_INT(passes(b, key, 2), 2);
    }
    for (unsigned i = 0; i < 4000; i++) {
        (void)snprintf(key, sizeof key, "user-%u", i);
        CHECK_INT(passes(b, key, 5), 1);
    }
    buckets_free(b);
}

static bool take_address(struct buckets *b, const char *address, double cost)
{
    return buckets_take_of(b, buckets_address(b, text_of(address)), cost, NULL);
}

static void an_address_is_a_household_and_this_machine_is_nobody(void)
{
    struct buckets *b = buckets_new(&env, (struct bucket_limit){2, 0});
    CU_ASSERT_TRUE(take_address(b, "2001:db8::1", 1));
    CU_ASSERT_TRUE(take_address(b, "2001:db8::2:3", 1));
    CU_ASSERT_FALSE(take_address(b, "2001:db8::4", 1));
    CU_ASSERT_TRUE(take_address(b, "2001:db8:0:1::4", 1));
    CU_ASSERT_TRUE(take_address(b, "10.0.0.1", 2));
    CU_ASSERT_FALSE(take_address(b, "10.0.0.1", 1));
    CU_ASSERT_TRUE(take_address(b, "10.0.0.2", 2));
    CU_ASSERT_FALSE(take_address(b, "::ffff:10.0.0.2", 1)); /* the same */
    for (int i = 0; i < 9; i++) {
        CU_ASSERT_TRUE(take_address(b, "127.0.0.1", 1));
        CU_ASSERT_TRUE(take_address(b, "::1", 1));
    }
    buckets_free(b);
    b = buckets_new(&env, (struct bucket_limit){0, 0});
    CHECK_INT(buckets_address(b, TEXT("10.0.0.1")), 0);
    CHECK_INT(buckets_address(NULL, TEXT("10.0.0.1")), 0);
    buckets_free(b);
}

static void no_memory_is_told(void)
{
    for (unsigned nth = 1; nth <= 2; nth++) {
        fault_at(nth);
        CU_ASSERT_PTR_NULL(buckets_new(&env, (struct bucket_limit){1, 1}));
        CU_ASSERT_TRUE(fault_end());
    }
}

UNIT("base/buckets", CASE(each_key_has_a_bucket_of_its_own),
     CASE(no_burst_and_no_table_are_no_limit), CASE(a_flood_of_keys_does_not_wash_out_who_spends),
     CASE(keys_that_spill_over_are_known),
     CASE(an_address_is_a_household_and_this_machine_is_nobody), CASE(no_memory_is_told))
