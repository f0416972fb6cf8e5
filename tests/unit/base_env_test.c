/* Guards: clocks and chance come through one struct, ids have their form, and no two are alike. */
#include "base/env.h"

#include "unit.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>

static void same_bytes(void *ctx, void *out, size_t len)
{
    memset(out, *(unsigned char *)ctx, len);
}

static void a_uuid_has_its_version_and_variant(void)
{
    char id[UUID_SIZE];
    unsigned char byte = 0xff;
    struct env e = {.ctx = &byte, .random = same_bytes};
    env_uuid(&e, id);
    CHECK_TEXT(id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    byte = 0;
    env_uuid(&e, id);
    CHECK_TEXT(id, "00000000-0000-4000-8000-000000000000");
}

static void a_run_id_is_26_letters_and_digits(void)
{
    char id[RUN_ID_SIZE];
    for (int i = 0; i < 256; i++) {
        unsigned char byte = (unsigned char)i;
        struct env e = {.ctx = &byte, .random = same_bytes};
        env_run_id(&e, id);
        CHECK_INT(strlen(id), 26);
        CU_ASSERT(isalnum((unsigned char)id[0]) && !strpbrk(id, "ILOU"));
    }
}

static void the_real_world_moves_on_and_repeats_nothing(void)
{
    char a[UUID_SIZE], b[UUID_SIZE];
    env_uuid(&env_real, a);
    env_uuid(&env_real, b);
    CU_ASSERT(strcmp(a, b) != 0);
    int64_t before_ms = env_monotonic_ms(&env_real), before_ns = env_nanoseconds();
    CU_ASSERT(env_monotonic_ms(&env_real) >= before_ms);
    CU_ASSERT(env_nanoseconds() >= before_ns);
    CU_ASSERT(env_wall_ms(&env_real) > 1600000000000); /* after 2020, in milliseconds */
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void *take_some(void *to)
{
    for (size_t i = 0; i < 500; i++)
        env_chance(&env_real, (unsigned char *)to + i * 16, 16);
    return NULL;
}

/* Two threads, each through its stock many times, with one that is larger than a stock in between. */
static void chance_from_the_stock_is_given_once(void)
{
    static unsigned char all[1000][16];
    unsigned char large[4096] = {0}, odd[13], nothing[16] = {0};
    pthread_t other;
    CHECK_INT(pthread_create(&other, NULL, take_some, all), 0);
    env_chance(&env_real, odd, sizeof odd); /* so that the stock does not come out even */
    env_chance(&env_real, large, sizeof large);
    CU_ASSERT(memcmp(large + sizeof large - 16, nothing, 16) != 0);
    (void)take_some(all[500]);
    CHECK_INT(pthread_join(other, NULL), 0);
    qsort(all, 1000, 16, by_bytes);
    for (size_t i = 1; i < 1000; i++)
        CU_ASSERT(memcmp(all[i - 1], all[i], 16) != 0);
    CU_ASSERT(memcmp(all[0], nothing, 16) != 0);
}

UNIT("base/env", CASE(a_uuid_has_its_version_and_variant), CASE(a_run_id_is_26_letters_and_digits),
     CASE(the_real_world_moves_on_and_repeats_nothing), CASE(chance_from_the_stock_is_given_once))
