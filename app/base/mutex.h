/* mutex: a lock with a name and a rank from locks.def. Held only for a few lines, never over I/O or a callback.
 *
 * Invariant: a thread takes rising ranks only; builds without NDEBUG-like switches check it always (one compare). */
#ifndef SNUG_BASE_MUTEX_H
#define SNUG_BASE_MUTEX_H

#include "base/thread_role.h"

#include <pthread.h>
#include <stdint.h>

enum lock_name {
#define LOCK(name, rank, guards) LOCK_##name,
#include "base/locks.def"
#undef LOCK
    LOCK_COUNT
};

struct CLANG(capability("mutex")) mutex {
    pthread_mutex_t raw;
    enum lock_name name;
    int below; /* rank held by this thread before this one was taken */
};

void mutex_init(struct mutex *m, enum lock_name name);
void mutex_fini(struct mutex *m);
void mutex_lock(struct mutex *m) CLANG(acquire_capability(m));
void mutex_unlock(struct mutex *m) CLANG(release_capability(m));

/* A condition on the monotonic clock. */
struct condition {
    pthread_cond_t raw;
};
void condition_init(struct condition *c);
void condition_fini(struct condition *c);
void condition_signal(struct condition *c);
void condition_broadcast(struct condition *c);

/* Waits until signalled or until_ms on the monotonic clock (env_monotonic_ms; INT64_MAX: no limit). */
void condition_wait(struct condition *c, struct mutex *m, int64_t until_ms)
    CLANG(requires_capability(m));

#endif
