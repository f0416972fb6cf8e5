#include "base/mutex.h"

#include "base/must.h"

#include <time.h>

static const int ranks[LOCK_COUNT] = {
#define LOCK(name, rank, guards) rank,
#include "base/locks.def"
#undef LOCK
};

static _Thread_local int rank_held;

void mutex_init(struct mutex *m, enum lock_name name)
{
    m->name = name;
    m->below = 0;
    must(pthread_mutex_init(&m->raw, NULL) == 0);
}

void mutex_fini(struct mutex *m)
{
    must(pthread_mutex_destroy(&m->raw) == 0);
}

NO_THREAD_CHECK void mutex_lock(struct mutex *m)
{
    must(rank_held < ranks[m->name]);
    must(pthread_mutex_lock(&m->raw) == 0);
    m->below = rank_held;
    rank_held = ranks[m->name];
}

NO_THREAD_CHECK void mutex_unlock(struct mutex *m)
{
    must(rank_held == ranks[m->name]);
    rank_held = m->below;
    must(pthread_mutex_unlock(&m->raw) == 0);
}

void condition_init(struct condition *c)
{
    pthread_condattr_t attr;
    must(pthread_condattr_init(&attr) == 0);
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&c->raw, &attr) == 0);
    (void)pthread_condattr_destroy(&attr);
}

void condition_fini(struct condition *c)
{
    must(pthread_cond_destroy(&c->raw) == 0);
}

void condition_signal(struct condition *c)
{
    must(pthread_cond_signal(&c->raw) == 0);
}

void condition_broadcast(struct condition *c)
{
    must(pthread_cond_broadcast(&c->raw) == 0);
}

void condition_wait(struct condition *c, struct mutex *m, int64_t until_ms)
{
    int below = m->below;
    if (until_ms == INT64_MAX) {
        must(pthread_cond_wait(&c->raw, &m->raw) == 0);
    } else {
        struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
        (void)pthread_cond_timedwait(&c->raw, &m->raw,
                                     &at); /* a timeout is seen by the caller's loop */
    }
    m->below = below; /* another thread held it meanwhile */
}
