/* simulation: what model tests and simulations share: chance that is the same for the same seed, how long to go on, and
 * fields of JSON.
 *
 * SNUG_TEST_SEED=n runs that seed alone, SNUG_TEST_STEPS=n takes that many steps: what a failure prints, and what a
 * search for one sets. */
#ifndef SNUG_TESTS_SIMULATION_H
#define SNUG_TESTS_SIMULATION_H

#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

struct chance {
    uint64_t state;
};

/* source: splitmix64, a counter whose bits are mixed: every seed is a good one */
static inline uint64_t chance_next(struct chance *c)
{
    uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0..n-1 */
static inline unsigned chance_below(struct chance *c, uint64_t n)
{
    return (unsigned)(chance_next(c) % n);
}

static inline bool chance_percent(struct chance *c, unsigned percent)
{
    return chance_below(c, 100) < percent;
}

static inline void chance_fill(struct chance *c, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)out)[i] = (unsigned char)chance_next(c);
}

/* A number of the environment; 0: it is not there. */
static inline uint64_t simulation_number(const char *name)
{
    const char *value =
        getenv(name); /* NOLINT(concurrency-mt-unsafe): no other thread is there yet */
    return value ? strtoull(value, NULL, 10) : 0;
}

/* Runs the seed of the environment, or each of 1..seeds. */
static inline void simulation_run(uint64_t seeds, uint64_t steps,
                                  void (*run)(uint64_t seed, uint64_t steps))
{
    uint64_t seed = simulation_number("SNUG_TEST_SEED"),
             told = simulation_number("SNUG_TEST_STEPS");
    uint64_t last = seed ? seed : seeds;
    for (uint64_t s = seed ? seed : 1; s <= last; s++)
        run(s, told ? told : steps);
}

/* The value of a member of an object; empty: it is not there. */
static inline struct text json_get(struct text object, const char *key)
{
    struct json_member m;
    while (object.len && json_member(&object, &m))
        if (strcmp(m.key, key) == 0)
            return m.value;
    return TEXT_NONE;
}

/* A number in a member; 0: it is not there. */
static inline uint64_t json_get_number(struct text object, const char *key)
{
    int64_t n = 0;
    struct text value = json_get(object, key);
    return value.len && json_int(value, 0, INT64_MAX, &n) ? (uint64_t)n : 0;
}

/* A string without escapes in a member, without its quotes. */
static inline struct text json_get_text(struct text object, const char *key)
{
    struct text value = json_get(object, key);
    return value.len >= 2 ? (struct text){value.data + 1, value.len - 2} : TEXT_NONE;
}

#endif
