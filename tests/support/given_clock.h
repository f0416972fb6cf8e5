/* given_clock: an env whose time is what the test says; chance is real. */
#ifndef SNUG_TESTS_GIVEN_CLOCK_H
#define SNUG_TESTS_GIVEN_CLOCK_H

#include "base/env.h"

static int64_t now_ms;

static int64_t given_clock_ms(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static void real_chance(void *ctx, void *out, size_t len)
{
    env_real.random(ctx, out, len);
}

static const struct env env = {NULL, given_clock_ms, given_clock_ms, real_chance};

#endif
