/* ws_world: what the tests of the manager hold in their hands: a clock, a database that can be locked, threads. */
#ifndef SNUG_TESTS_WS_WORLD_H
#define SNUG_TESTS_WS_WORLD_H

#include "base/env.h"
#include "base/must.h"
#include "base/mutex.h"
#include "base/task_queue.h"
#include "manager/ws_manager.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1 /* the same tests, smaller numbers: time and memory say nothing here */
#else
#define SANITIZED 0
#endif

/* ---- a clock that stands until it is moved, and quick random bytes */
struct fake_clock {
    struct env env;
    atomic_int_least64_t monotonic_ms, wall_ms;
    atomic_uint_least64_t seed;
};

static inline int64_t fake_monotonic(void *ctx)
{
    return atomic_load(&((struct fake_clock *)ctx)->monotonic_ms);
}

static inline int64_t fake_wall(void *ctx)
{
    return atomic_load(&((struct fake_clock *)ctx)->wall_ms);
}

static inline void fake_random(void *ctx, void *out, size_t len)
{
    struct fake_clock *c = ctx;
    for (size_t i = 0; i < len; i += 8) { /* splitmix64 */
        uint64_t x = atomic_fetch_add(&c->seed, UINT64_C(0x9e3779b97f4a7c15));
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        x ^= x >> 31;
        memcpy((char *)out + i, &x, len - i < 8 ? len - i : 8);
    }
}

static inline void fake_clock_init(struct fake_clock *c)
{
    c->env = (struct env){c, fake_wall, fake_monotonic, fake_random};
    atomic_init(&c->monotonic_ms, 1000);
    atomic_init(&c->wall_ms, 1700000000000);
    atomic_init(&c->seed, 1);
}

static inline void fake_clock_move(struct fake_clock *c, int64_t by_ms)
{
    atomic_fetch_add(&c->monotonic_ms, by_ms);
    atomic_fetch_add(&c->wall_ms, by_ms);
}

/* ---- a database that another process may hold: the availability check waits for it, to its deadline or for ever */
struct database {
    struct mutex lock;
    struct condition changed;
    bool locked, hangs; /* hangs: the check forgets its deadline */
    enum err answer;
    unsigned checks;
    int64_t deadline_ms; /* of the last check */
};

static inline void database_init(struct database *d)
{
    *d = (struct database){.answer = ERR_OK};
    mutex_init(&d->lock, LOCK_queue);
    condition_init(&d->changed);
}

static inline void database_fini(struct database *d)
{
    condition_fini(&d->changed);
    mutex_fini(&d->lock);
}

static inline void database_hold(struct database *d, bool locked)
{
    mutex_lock(&d->lock);
    d->locked = locked;
    condition_broadcast(&d->changed);
    mutex_unlock(&d->lock);
}

static inline bool database_is_held(struct database *d)
{
    mutex_lock(&d->lock);
    bool locked = d->locked;
    mutex_unlock(&d->lock);
    return locked;
}

static inline unsigned database_checks(struct database *d)
{
    mutex_lock(&d->lock);
    unsigned checks = d->checks;
    mutex_unlock(&d->lock);
    return checks;
}

/* Returns when a check has begun (at least `count` so far), or fails the test after 10 s. */
static inline void database_await_checks(struct database *d, unsigned count)
{
    int64_t until_ms = env_monotonic_ms(&env_real) + 10000;
    mutex_lock(&d->lock);
    while (d->checks < count && env_monotonic_ms(&env_real) < until_ms)
        condition_wait(&d->changed, &d->lock, until_ms);
    CU_ASSERT_TRUE(d->checks >= count);
    mutex_unlock(&d->lock);
}

/* ws_registry_options.available */
static inline enum err database_available(void *ctx, int64_t deadline_ms)
{
    struct database *d = ctx;
    mutex_lock(&d->lock);
    d->checks++;
    d->deadline_ms = deadline_ms;
    condition_broadcast(&d->changed);
    int64_t until_ms = d->hangs ? INT64_MAX : deadline_ms;
    while (d->locked && env_monotonic_ms(&env_real) < until_ms)
        condition_wait(&d->changed, &d->lock, until_ms);
    enum err e = d->locked ? ERR_UNAVAILABLE : d->answer;
    mutex_unlock(&d->lock);
    return e;
}

/* ---- deferred tasks */
static inline struct task_queue *tasks_new(unsigned threads, size_t capacity)
{
    struct task_queue *q = NULL;
    CHECK_INT(task_queue_new(
                  &(struct task_queue_options){
                      .threads = threads, .capacity = capacity, .name = "task", .role = &role_task},
                  &q),
              ERR_OK);
    return q;
}

static inline struct ws_registry *registry_new(const struct ws_registry_options *options)
{
    struct ws_registry *r = NULL;
    CHECK_INT(ws_registry_new(options, &r), ERR_OK);
    return r;
}

/* The manager of a user who must get one; with a reference. */
static inline struct ws_manager *manager_of(struct ws_registry *r, const char *user)
{
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_get(r, text_of(user), WS_MODE_UNIFIED, &m), ERR_OK);
    return m;
}

/* ---- threads that begin together; `run` gets its number 0.. */
struct crowd {
    void (*run)(void *ctx, unsigned number);
    void *ctx;
    pthread_barrier_t start;
};

struct crowd_member {
    struct crowd *crowd;
    unsigned number;
    pthread_t thread;
};

static inline void *crowd_main(void *arg)
{
    struct crowd_member *m = arg;
    (void)pthread_barrier_wait(&m->crowd->start);
    m->crowd->run(m->crowd->ctx, m->number);
    return NULL;
}

#define CROWD_MAX 64

static inline void crowd_run(unsigned count, void (*run)(void *ctx, unsigned number), void *ctx)
{
    struct crowd crowd = {.run = run, .ctx = ctx};
    struct crowd_member members[CROWD_MAX];
    must(count <= CROWD_MAX && pthread_barrier_init(&crowd.start, NULL, count) == 0);
    for (unsigned i = 0; i < count; i++) {
        members[i] = (struct crowd_member){.crowd = &crowd, .number = i};
        must(pthread_create(&members[i].thread, NULL, crowd_main, &members[i]) == 0);
    }
    for (unsigned i = 0; i < count; i++)
        must(pthread_join(members[i].thread, NULL) == 0);
    (void)pthread_barrier_destroy(&crowd.start);
}

/* ---- a session whose connections take everything and tell nobody */

struct notice;

static inline bool take_delivery(void *ctx, const uint64_t *numbers, size_t count, struct notice *n)
{
    (void)ctx;
    (void)numbers;
    (void)count;
    (void)n;
    return true;
}

static inline void take_close(void *ctx, uint64_t number, unsigned code, struct text reason)
{
    (void)ctx;
    (void)number;
    (void)code;
    (void)reason;
}

#endif
