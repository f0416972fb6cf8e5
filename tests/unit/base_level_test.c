/* S33. Guards: the worst reason is the level, each ends by itself after its time, and nothing flaps at the border. */
#include "base/level.h"
#include "unit.h"

static void the_worst_reason_that_holds_is_the_level(void)
{
    struct level_state s = {0};
    CHECK_INT(level_now(NULL), LEVEL_NORMAL);
    CHECK_INT(level_now(&s), LEVEL_NORMAL);
    CHECK_TEXT(level_words(&s), "");
    level_report(&s, REASON_disk_full, true, 0);
    CHECK_INT(level_now(&s), LEVEL_READONLY);
    level_report(&s, REASON_descriptors, true, 0);
    level_report(&s, REASON_memory, true, 0);
    CHECK_INT(level_now(&s), LEVEL_SHEDDING);
    CU_ASSERT(strncmp(level_words(&s), "Memory", 6) == 0); /* the first of its level */
    level_report(&s, REASON_stopping, true, 0);
    CHECK_TEXT(level_name(level_now(&s)), "draining");
    level_report(&s, REASON_stopping, false, 0); /* is kept for 0 ms */
    CHECK_TEXT(level_name(level_now(&s)), "shedding");
}

static void a_reason_ends_when_it_was_not_seen_for_its_time(void)
{
    struct level_state s = {0};
    level_report(&s, REASON_memory, false, 0); /* never was: nothing */
    CHECK_INT(level_now(&s), LEVEL_NORMAL);
    level_report(&s, REASON_memory, true, 1000);
    level_report(&s, REASON_memory, false, 1100);
    CU_ASSERT(level_holds(&s, REASON_memory));
    level_report(&s, REASON_memory, true, 5000); /* again: its time begins anew */
    level_report(&s, REASON_memory, false, 9999);
    CU_ASSERT(level_holds(&s, REASON_memory));
    level_report(&s, REASON_memory, false, 10000); /* 5 s after it was last there */
    CU_ASSERT(!level_holds(&s, REASON_memory));
    CHECK_INT(level_now(&s), LEVEL_NORMAL);
}

static void what_was_too_much_must_fall_by_a_tenth(void)
{
    struct level_state s = {0};
    CU_ASSERT(!level_above(&s, REASON_memory, INT64_MAX, 0)); /* no limit */
    CU_ASSERT(!level_above(&s, REASON_memory, 1000, 1000));
    CU_ASSERT(level_above(&s, REASON_memory, 1001, 1000));
    level_report(&s, REASON_memory, true, 0);
    CU_ASSERT(level_above(&s, REASON_memory, 901, 1000));
    CU_ASSERT(!level_above(&s, REASON_memory, 900, 1000));
}

static void every_reason_is_written(void)
{
    struct level_state s = {0};
    struct buf b;
    buf_init(&b, 1024);
    level_write(&s, &b);
    CHECK_INT(b.len, 0);
    level_report(&s, REASON_memory, true, 0);
    level_report(&s, REASON_disk_full, true, 0);
    level_write(&s, &b);
    buf_add_char(&b, 0);
    CU_ASSERT(strncmp(b.data, "readonly: The disk", 18) == 0);
    CU_ASSERT(strstr(b.data, ".\nshedding: Memory") != NULL);
    buf_fini(&b);
}

UNIT("base/level", CASE(the_worst_reason_that_holds_is_the_level),
     CASE(a_reason_ends_when_it_was_not_seen_for_its_time),
     CASE(what_was_too_much_must_fall_by_a_tenth), CASE(every_reason_is_written))
