/* order: whether what one receiver gets from one sender is whole, single and in order. A value; zero is a fresh one. */
#ifndef SNUG_LOAD_ORDER_H
#define SNUG_LOAD_ORDER_H

#include <stdint.h>

struct order {
    uint64_t seen; /* bit i: next - 1 - i has come */
    uint32_t next; /* one above the highest sequence number that has come */
};

enum order_verdict {
    ORDER_NEXT,   /* exactly the next one */
    ORDER_AHEAD,  /* others before it have not come (yet) */
    ORDER_LATE,   /* it comes after a later one, for the first time */
    ORDER_DOUBLE, /* it has come before */
};

/* Notes that `seq` came (0, 1, 2, ...). What lies more than 64 behind is taken for a double: nobody remembers it. */
static inline enum order_verdict order_take(struct order *o, uint32_t seq)
{
    if (seq == o->next) {
        o->seen = o->seen << 1 | 1;
        o->next++;
        return ORDER_NEXT;
    }
    if (seq > o->next) {
        uint32_t step = seq - o->next + 1;
        o->seen = step < 64 ? o->seen << step | 1 : 1;
        o->next = seq + 1;
        return ORDER_AHEAD;
    }
    uint32_t back = o->next - 1 - seq;
    if (back >= 64 || (o->seen >> back & 1))
        return ORDER_DOUBLE;
    o->seen |= UINT64_C(1) << back;
    return ORDER_LATE;
}

#endif
