/* snug_time: one thread that asks the rooms ten times a second what time wants of them. */
#include "base/metrics.h"
#include "base/must.h"
#include "snug_inside.h"

#define TICK_MS 100
#define SWEEP_TICKS 10

static void tick(struct snug *s, unsigned count)
{
    atomic_store(&s->ticked_ms, env_monotonic_ms(&env_real));
    chat_tick(s->chat);
    files_tick(s->files);
    pusher_tick(s->pusher);
    agents_tick(s->agents);
    ops_tick(s->ops);
    level_tick(s);
    metric_set(METRIC_queue_tasks, (int64_t)task_queue_length(s->tasks));
    if (count % SWEEP_TICKS != 0)
        return;
    (void)ws_registry_sweep(s->registry);
    accounts_tick(s->accounts);
}

static void *ticker_main(void *arg)
{
    struct snug *s = arg;
    role_enter(&role_task);
    unsigned count = 0;
    mutex_lock(&s->tick_lock);
    while (!s->tick_stop) {
        mutex_unlock(&s->tick_lock);
        tick(s, count++);
        mutex_lock(&s->tick_lock);
        if (!s->tick_stop)
            condition_wait(&s->tick_changed, &s->tick_lock, env_monotonic_ms(&env_real) + TICK_MS);
    }
    mutex_unlock(&s->tick_lock);
    role_leave(&role_task);
    return NULL;
}

enum err ticker_start(struct snug *s)
{
    mutex_init(&s->tick_lock, LOCK_ticker);
    condition_init(&s->tick_changed);
    s->ticking = pthread_create(&s->ticker, NULL, ticker_main, s) == 0;
    if (s->ticking)
        (void)pthread_setname_np(s->ticker, "snug-ticker");
    return s->ticking ? ERR_OK : ERR_IO;
}

void ticker_stop(struct snug *s)
{
    if (!s->ticking)
        return;
    mutex_lock(&s->tick_lock);
    s->tick_stop = true;
    condition_signal(&s->tick_changed);
    mutex_unlock(&s->tick_lock);
    must(pthread_join(s->ticker, NULL) == 0);
    s->ticking = false;
    condition_fini(&s->tick_changed);
    mutex_fini(&s->tick_lock);
}
