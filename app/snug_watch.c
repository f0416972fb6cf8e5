/* snug_watch: what is true of the server now: whether it listens and can write (S11), and whether every thread goes on (S52):
 * how long each kind has been at one thing. Looked at when somebody asks, so that a ticker that stands still is seen like any
 * other. thread: any, without a lock */
#include "base/metrics.h"
#include "snug_inside.h"

#define LATE_MS 1000 /* a reactor; an idle one turns each REACTOR_WAIT_MAX_MS */
#define TURN_MS 4000 /* these look up at least once a second */
#define JOB_MS 4500  /* these may be at one thing for a while: a question is stopped after 5 s */
_Static_assert(2 * REACTOR_WAIT_MAX_MS <= LATE_MS, "an idle reactor is not late");

/* ---- how long each has been at one thing */

static int64_t turn_ms(const struct snug *s, unsigned i, int64_t now_ms)
{
    return now_ms - reactor_last_turn_ms(s->reactors[i]);
}

static int64_t reactor_ms(struct snug *s, int64_t now_ms)
{
    int64_t longest = 0;
    for (unsigned i = 0; i < s->reactors_started; i++) {
        int64_t ms = turn_ms(s, i, now_ms);
        longest = ms > longest ? ms : longest;
    }
    return longest;
}

static int64_t ticker_ms(struct snug *s, int64_t now_ms)
{
    int64_t at_ms = atomic_load(&s->ticked_ms);
    return at_ms ? now_ms - at_ms : 0;
}

static int64_t writer_ms(struct snug *s, int64_t now_ms)
{
    int64_t since_ms = store_status(s->store).writer_busy_since;
    return since_ms ? now_ms - since_ms : 0;
}

static int64_t reader_ms(struct snug *s, int64_t now_ms)
{
    (void)now_ms;
    return store_status(s->store).reader_busy_ms;
}

static int64_t checkpointer_ms(struct snug *s, int64_t now_ms)
{
    return now_ms - store_status(s->store).checkpointer_turn_ms;
}

static int64_t task_ms(struct snug *s, int64_t now_ms)
{
    return task_queue_busy(s->tasks, now_ms).longest_ms;
}

/* One that waits for somebody else is no fault, all of them are. */
static int64_t tasks_ms(struct snug *s, int64_t now_ms)
{
    return task_queue_busy(s->tasks, now_ms).all_ms;
}

static const struct {
    enum metric gauge;
    int64_t (*ms)(struct snug *s, int64_t now_ms);
    int64_t most_ms; /* from here on it stands still */
    const char *words;
} watched[] = {
    {METRIC_busy_reactor_ms, reactor_ms, LATE_MS, NULL}, /* each is named */
    {METRIC_busy_ticker_ms, ticker_ms, TURN_MS, "the ticker has not ticked"},
    {METRIC_busy_writer_ms, writer_ms, TURN_MS, "the database has been busy with one transaction"},
    {METRIC_busy_reader_ms, reader_ms, JOB_MS, "a reader has been busy with one question"},
    {METRIC_busy_checkpointer_ms, checkpointer_ms, INT64_MAX, ""}, /* a long log takes long */
    {METRIC_busy_task_ms, task_ms, INT64_MAX, ""},
    {METRIC_busy_tasks_ms, tasks_ms, JOB_MS, "no deferred task has ended"},
};

#define WATCHED (sizeof watched / sizeof watched[0])

/* ---- for who asks */

void watch_measure(void *snug)
{
    struct snug *s = snug;
    int64_t now_ms = env_monotonic_ms(&env_real), stalled = 0;
    for (size_t i = 0; i < WATCHED; i++) {
        int64_t ms = watched[i].ms(s, now_ms);
        metric_set(watched[i].gauge, ms);
        stalled += ms >= watched[i].most_ms;
    }
    metric_set(METRIC_stalled, stalled);
}

unsigned watch_lacks(void *snug)
{
    struct snug *s = snug;
    if (!atomic_load(&s->listening))
        return WS_LACKS_LISTENER; /* it begins or ends: the others may not be there */
    int64_t now_ms = env_monotonic_ms(&env_real);
    struct store_status store = store_status(s->store);
    bool writes = (store.writable || store.read_only) && writer_ms(s, now_ms) < TURN_MS;
    return (reactor_ms(s, now_ms) < LATE_MS ? 0 : WS_LACKS_REACTOR) |
           (writes ? 0 : WS_LACKS_DATABASE) | (store.read_only ? WS_LACKS_DISK : 0);
}

static bool reactors_turn(const struct snug *s, int64_t now_ms, struct buf *why)
{
    bool fine = true;
    for (unsigned i = 0; i < s->reactors_started; i++) {
        int64_t ms = turn_ms(s, i, now_ms);
        if (ms < LATE_MS)
            continue;
        buf_add_format(why, "reactor %u has not turned for %lld ms\n", i, (long long)ms);
        fine = false;
    }
    return fine;
}

bool watch_alive(void *snug, struct buf *why)
{
    struct snug *s = snug;
    if (!atomic_load(&s->listening)) {
        buf_add_text(why, TEXT("listener takes no connections\n"));
        return false; /* it begins or ends: the others may not be there */
    }
    int64_t now_ms = env_monotonic_ms(&env_real);
    bool fine = reactors_turn(s, now_ms, why);
    for (size_t i = 0; i < WATCHED; i++) {
        int64_t ms = watched[i].ms(s, now_ms);
        if (ms < watched[i].most_ms || !watched[i].words)
            continue;
        buf_add_format(why, "%s for %lld s\n", watched[i].words, (long long)(ms / 1000));
        fine = false;
    }
    return fine;
}

bool snug_alive(struct snug *s)
{
    char room[512]; /* which of them is for /readyz */
    struct buf why = {.data = room, .room = sizeof room, .cap_bytes = sizeof room};
    return watch_alive(s, &why);
}
