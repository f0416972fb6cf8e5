/* Guards: clocks and chance come through one struct, ids have their form, and no two are alike. */
#include "base/env.h"

#include "unit.h"

#include <ctype.h>

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

UNIT("base/env", CASE(a_uuid_has_its_version_and_variant), CASE(a_run_id_is_26_letters_and_digits),
     CASE(the_real_world_moves_on_and_repeats_nothing))
