/* The workload idle: everybody stays, pings are answered, until the time or stdin is over. */
#include "base/env.h"
#include "load/inside.h"

static void round_of_idle(struct load *l)
{
    int64_t begin = env_nanoseconds(), whole = l->o.seconds * 1000000000;
    l->now_ns = begin;
    while (l->now_ns - begin < whole && !l->stdin_ended && loop_interrupts() == 0 && l->up > 0) {
        loop_turn(l);
        progress_show(l, "idle", l->now_ns - begin, whole);
    }
    l->f.round_ns = l->now_ns - begin;
}

const struct play idle_play = {.subscribes = true, .round = round_of_idle};
