/* Guards: what is lost, doubled or out of order is told apart, whatever comes. */
#include "load/order.h"
#include "unit.h"

#include <stdbool.h>

static void whole_and_in_order(void)
{
    struct order o = {0};
    for (uint32_t seq = 0; seq < 1000; seq++)
        CHECK_INT(order_take(&o, seq), ORDER_NEXT);
}

static void a_double_is_one_at_once_and_later(void)
{
    struct order o = {0};
    for (uint32_t seq = 0; seq < 10; seq++)
        (void)order_take(&o, seq);
    CHECK_INT(order_take(&o, 9), ORDER_DOUBLE);
    CHECK_INT(order_take(&o, 0), ORDER_DOUBLE);
    CHECK_INT(order_take(&o, 10), ORDER_NEXT);
}

/* 0, 3, 1, 1, 2, 4: 3 is ahead, 1 and 2 late, the second 1 a double. */
static void a_late_one_is_no_double(void)
{
    struct order o = {0};
    CHECK_INT(order_take(&o, 0), ORDER_NEXT);
    CHECK_INT(order_take(&o, 3), ORDER_AHEAD);
    CHECK_INT(order_take(&o, 1), ORDER_LATE);
    CHECK_INT(order_take(&o, 1), ORDER_DOUBLE);
    CHECK_INT(order_take(&o, 2), ORDER_LATE);
    CHECK_INT(order_take(&o, 4), ORDER_NEXT);
}

/* The memory is 64 long: a gap of 62 still knows what lies in it, one of 64 does not. */
static void remembers_sixty_four(void)
{
    struct order o = {0};
    CHECK_INT(order_take(&o, 0), ORDER_NEXT);
    CHECK_INT(order_take(&o, 63), ORDER_AHEAD);
    CHECK_INT(order_take(&o, 0), ORDER_DOUBLE);
    CHECK_INT(order_take(&o, 1), ORDER_LATE);
    CHECK_INT(order_take(&o, 128), ORDER_AHEAD);
    CHECK_INT(order_take(&o, 65), ORDER_LATE);
    CHECK_INT(order_take(&o, 64), ORDER_DOUBLE); /* too long ago */
}

/* Against a plain list of what has come, over all orders of a few that may come twice. */
static void agrees_with_a_list(void)
{
    for (uint32_t chance = 1; chance < 20000; chance++) {
        struct order o = {0};
        bool came[8] = {false};
        uint32_t highest = 0, n = chance * 2654435761u;
        for (int i = 0; i < 10; i++, n >>= 3) {
            uint32_t seq = n & 7;
            enum order_verdict expected = came[seq]        ? ORDER_DOUBLE
                                          : seq == highest ? ORDER_NEXT
                                          : seq > highest  ? ORDER_AHEAD
                                                           : ORDER_LATE;
            if (order_take(&o, seq) != expected)
                CU_FAIL("another verdict than the list's");
            came[seq] = true;
            if (seq >= highest)
                highest = seq + 1;
        }
    }
}

UNIT("load/order", CASE(whole_and_in_order), CASE(a_double_is_one_at_once_and_later),
     CASE(a_late_one_is_no_double), CASE(remembers_sixty_four), CASE(agrees_with_a_list))
