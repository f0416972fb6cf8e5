/* ws_future_world: the asynchronous way with everything it needs: a database, task threads, a reactor. */
#ifndef SNUG_TESTS_WS_FUTURE_WORLD_H
#define SNUG_TESTS_WS_FUTURE_WORLD_H

#include "net/reactor.h"
#include "ws_world.h"

#include <sched.h>

/* A registry with a database, on a clock that is moved by hand. */
struct world {
    struct fake_clock clock;
    struct database database;
    struct task_queue *tasks;
    struct ws_registry *registry;
    struct reactor *reactor;
};

static inline void world_begin(struct world *w, size_t mailbox_capacity, bool with_check)
{
    fake_clock_init(&w->clock);
    database_init(&w->database);
    w->database.hangs = true; /* the clock of the checks is the real one: they wait to be let go */
    w->tasks = tasks_new(1, 4);
    w->registry = registry_new(&(struct ws_registry_options){
        .env = &w->clock.env,
        .tasks = w->tasks,
        .idle_ms = 60000,
        .available = with_check ? database_available : NULL,
        .available_ctx = &w->database,
    });
    w->reactor = NULL;
    struct reactor_options options = {.env = &w->clock.env, .mailbox_capacity = mailbox_capacity};
    CHECK_INT(reactor_new(&options, &w->reactor), ERR_OK);
}

static inline void world_end(struct world *w)
{
    database_hold(&w->database, false);
    ws_registry_free(w->registry);
    reactor_stop(w->reactor);
    reactor_free(w->reactor);
    task_queue_free(w->tasks);
    database_fini(&w->database);
}

/* ---- a reactor that runs on its own thread */

static inline void say_posted(void *subject, void *object, uint64_t number)
{
    (void)object;
    atomic_store((atomic_uint *)subject, (unsigned)number);
}

/* Waits until *value is at least `wanted`, by asking the running reactor to answer; fails the test after 10 s. */
static inline bool reached(struct reactor *r, const atomic_uint *value, unsigned wanted)
{
    atomic_uint pings = 0;
    int64_t until_ms = env_monotonic_ms(&env_real) + 10000;
    for (unsigned i = 1; atomic_load(value) < wanted; i++) {
        if (env_monotonic_ms(&env_real) >= until_ms)
            return false;
        while (reactor_post(r, say_posted, &pings, NULL, i) == ERR_BUSY)
            (void)sched_yield();
        while (atomic_load(&pings) < i && env_monotonic_ms(&env_real) < until_ms)
            (void)sched_yield();
    }
    return true;
}

#endif
