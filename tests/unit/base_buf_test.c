/* Guards: a buffer grows up to its cap and not a byte further, and a failed append is not forgotten. */
#include "base/buf.h"

#include "death.h"
#include "fault.h"
#include "unit.h"

#include <stdlib.h>

static void an_empty_buffer_owns_nothing(void)
{
    struct buf b;
    buf_init(&b, 100);
    CU_ASSERT_PTR_NULL(b.data);
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT_NONE));
    buf_add(&b, NULL, 0);
    CU_ASSERT_PTR_NULL(b.data);
    buf_fini(&b);
}

static void everything_appended_is_there_in_order(void)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_add(&b, "ab", 2);
    buf_add_text(&b, TEXT("cd"));
    buf_add_char(&b, 'e');
    buf_add_int(&b, INT64_MIN);
    buf_add_format(&b, " %s=%d", "x", 7);
    char *at = buf_space(&b, 3);
    memset(at, '!', 3);
    buf_grown(&b, 3);
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT("abcde-9223372036854775808 x=7!!!")));
    CHECK_INT(b.err, ERR_OK);
    buf_fini(&b);
    CHECK_INT(b.cap_bytes, 1000);
}

/* For every cap: exactly full is fine, one more is ERR_LIMIT and changes nothing. All ways to append. */
static void the_cap_is_exact_for_every_way_to_append(void)
{
    for (size_t cap = 1; cap < 300; cap++) {
        char *filling = calloc(cap + 1, 1);
        memset(filling, 'x', cap);
        struct buf b;
        buf_init(&b, cap);
        for (int way = 0; way < 3; way++) {
            buf_clear(&b);
            if (way == 0)
                buf_add(&b, filling, cap);
            else if (way == 1)
                buf_add_format(&b, "%s", filling);
            for (size_t i = 0; way == 2 && i < cap; i++)
                buf_add_char(&b, 'x');
            CHECK_INT(b.err, ERR_OK);
            CHECK_INT(b.len, cap);
            buf_add_format(&b, "%c", 'y');
            CHECK_INT(b.err, ERR_LIMIT);
            CHECK_INT(b.len, cap);
        }
        buf_fini(&b);
        free(filling);
    }
}

static void an_error_sticks_until_it_is_cleared(void)
{
    struct buf b;
    buf_init(&b, 4);
    buf_add_text(&b, TEXT("ab"));
    buf_add_text(&b, TEXT("cde")); /* 2 + 3 > 4 */
    buf_add_char(&b, 'f');         /* would fit, but comes after the error */
    CHECK_INT(b.err, ERR_LIMIT);
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT("ab")));
    CU_ASSERT_PTR_NULL(buf_space(&b, 1));
    buf_clear(&b);
    buf_add_text(&b, TEXT("wxyz"));
    CHECK_INT(b.err, ERR_OK);
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT("wxyz")));
    buf_fini(&b);
}

static void a_size_that_wraps_round_is_over_the_cap(void)
{
    struct buf b;
    buf_init(&b, 100);
    buf_add_char(&b, 'x');
    CU_ASSERT_PTR_NULL(buf_space(&b, SIZE_MAX));
    CHECK_INT(b.err, ERR_LIMIT);
    buf_fini(&b);
}

static void no_memory_keeps_what_was_there(void)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_add_text(&b, TEXT("kept"));
    fault_at(1);
    CU_ASSERT_PTR_NULL(buf_space(&b, 500));
    CU_ASSERT_TRUE(fault_end());
    CHECK_INT(b.err, ERR_NOMEM);
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT("kept")));
    buf_fini(&b);
}

static void what_is_lent_is_used_first_and_never_freed(void)
{
    char room[8];
    struct buf b;
    buf_init_lent(&b, 1000, room, sizeof room);
    fault_at(1); /* nothing is allocated */
    buf_add_text(&b, TEXT("seven 7"));
    CU_ASSERT_FALSE(fault_end());
    CU_ASSERT_PTR_EQUAL(buf_text(&b).data, room);
    fault_at(1);
    buf_add_char(&b, '!');
    CU_ASSERT_TRUE(fault_end());
    CHECK_INT(b.err, ERR_NOMEM);
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT("seven 7")));
    b.err = ERR_OK;
    buf_add_char(&b, '!');
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT("seven 7!")));
    CU_ASSERT_PTR_NOT_EQUAL(buf_text(&b).data, room);
    buf_fini(&b);
    buf_init_lent(&b, 3, room, sizeof room); /* the cap holds for it, too */
    buf_add_text(&b, TEXT("four"));
    CHECK_INT(b.err, ERR_LIMIT);
    buf_fini(&b);
    CHECK_INT(buf_text(&b).len, 0);
}

static void grow_too_far(void)
{
    struct buf b;
    buf_init(&b, 10);
    (void)buf_space(&b, 4);
    buf_grown(&b, 11);
}

static void claiming_more_than_was_asked_for_aborts(void)
{
    CU_ASSERT_TRUE(death_aborts(grow_too_far, "must: b->len + len <= b->room"));
}

UNIT("base/buf", CASE(an_empty_buffer_owns_nothing), CASE(everything_appended_is_there_in_order),
     CASE(the_cap_is_exact_for_every_way_to_append), CASE(an_error_sticks_until_it_is_cleared),
     CASE(a_size_that_wraps_round_is_over_the_cap), CASE(no_memory_keeps_what_was_there),
     CASE(what_is_lent_is_used_first_and_never_freed),
     CASE(claiming_more_than_was_asked_for_aborts))
