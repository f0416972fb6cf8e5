#include "base/future.h"

#include "base/env.h"
#include "base/must.h"
#include "base/mutex.h"

#include <stdatomic.h>
#include <stdlib.h>

struct future {
    atomic_uint refs;
    struct mutex lock;
    struct condition changed;
    bool done GUARDED_BY(lock);
    enum err err GUARDED_BY(lock);
    void *value GUARDED_BY(lock);
    void (*drop)(void *value);
};

struct future *future_new(void (*drop)(void *value))
{
    struct future *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    atomic_init(&f->refs, 1);
    f->drop = drop;
    mutex_init(&f->lock, LOCK_future);
    condition_init(&f->changed);
    return f;
}

struct future *future_ref(struct future *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

NO_THREAD_CHECK struct future *future_unref(struct future *f)
{
    if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) > 1)
        return NULL;
    if (f->value && f->drop)
        f->drop(f->value);
    condition_fini(&f->changed);
    mutex_fini(&f->lock);
    free(f);
    return NULL;
}

bool future_fulfil(struct future *f, enum err e, void *value)
{
    mutex_lock(&f->lock);
    bool first = !f->done;
    if (first) {
        f->done = true;
        f->err = e;
        f->value = value;
        condition_broadcast(&f->changed);
    }
    mutex_unlock(&f->lock);
    return first;
}

enum err future_take(struct future *f, int64_t until_ms, void **out_value)
{
    must(!role_is(&role_reactor) && !role_is(&role_writer));
    mutex_lock(&f->lock);
    while (!f->done && env_monotonic_ms(&env_real) < until_ms)
        condition_wait(&f->changed, &f->lock, until_ms);
    enum err e = f->done ? f->err : ERR_TIMEOUT;
    if (f->done) {
        *out_value = f->value;
        f->value = NULL;
    }
    mutex_unlock(&f->lock);
    return e;
}
