/* The workload storm: log-ins, one after the other in each of so many lines: TCP, TLS, upgrade, connect, subscribe, close.
 * One counts when it was in, and the server ended it as it should. */
#include "base/env.h"
#include "load/inside.h"

#define STUCK_NS (INT64_C(5) * 1000000000)

struct storm {
    int64_t begin_ns, last_ns;
    bool over;
};

static void on_ready(struct load *l, struct member *m)
{
    histogram_add(&l->f.latency, env_nanoseconds() - m->began_ns);
    m->step = MEMBER_LEAVING;
    l->up--;
    line_leave(&l->lines, &m->line);
}

static void on_gone(struct load *l, struct member *m, enum member_step was)
{
    (void)m;
    struct storm *t = l->round;
    if (was != MEMBER_LEAVING || !t)
        return;
    l->f.received++;
    t->last_ns = env_nanoseconds();
}

/* True: somebody is still under way. */
static bool look_at_lines(struct load *l, struct storm *t)
{
    bool any = false;
    for (size_t i = 0; i < l->members_count; i++) {
        struct member *m = &l->members[i];
        if (m->step == MEMBER_AWAY && !t->over) {
            uint32_t user = (uint32_t)(l->f.sent++ % (uint64_t)l->o.connections);
            member_enter(l, m, user, user % (uint32_t)l->o.rooms);
        } else if (m->step != MEMBER_AWAY && l->now_ns - m->began_ns > STUCK_NS) {
            trouble_add(&l->f.trouble, "a log-in was not over after 5 s");
            line_drop(&l->lines, &m->line);
            m->step = MEMBER_AWAY;
            l->f.failed++;
        }
        any |= m->step != MEMBER_AWAY;
    }
    return any;
}

static void round_of_storm(struct load *l)
{
    struct storm t = {.begin_ns = env_nanoseconds()};
    int64_t whole = l->o.seconds * 1000000000;
    l->round = &t;
    l->now_ns = t.last_ns = t.begin_ns;
    for (;;) {
        t.over |= l->now_ns - t.begin_ns >= whole || loop_interrupts() > 0 ||
                  (l->f.failed >= (uint64_t)l->members_count * 2 && l->f.received == 0);
        if (!look_at_lines(l, &t) && t.over)
            break;
        loop_turn(l);
        progress_show(l, "storm", l->now_ns - t.begin_ns, whole);
    }
    l->round = NULL;
    l->f.expected = l->f.sent;
    l->f.lost = l->f.expected - l->f.received;
    l->f.round_ns = t.last_ns - t.begin_ns;
}

const struct play storm_play = {
    .subscribes = true, .ready = on_ready, .gone = on_gone, .round = round_of_storm};
