#include "net/mailbox.h"

#include "base/metrics.h"
#include "base/must.h"

#include <stdlib.h>

#define ROUNDS_MAX 4 /* publishing at home takes two: into the stream, then to its subscribers */

NO_THREAD_CHECK enum err mailbox_init(struct mailbox *m, size_t capacity)
{
    must(capacity > 0);
    *m = (struct mailbox){.capacity = capacity};
    enum err e = waker_new(&m->waker);
    if (e != ERR_OK)
        return e;
    mutex_init(&m->lock, LOCK_mailbox);
    m->filling =
        calloc(capacity, sizeof *m->filling); /* pages that are never used stay untouched */
    m->running = calloc(capacity, sizeof *m->running);
    if (m->filling && m->running)
        return ERR_OK;
    mailbox_fini(m);
    return ERR_NOMEM;
}

NO_THREAD_CHECK void mailbox_fini(struct mailbox *m)
{
    if (!m->waker)
        return;
    free(m->filling);
    free(m->running);
    waker_unref(m->waker);
    mutex_fini(&m->lock);
    *m = (struct mailbox){0};
}

enum err mailbox_post(struct mailbox *m, struct post p, bool own)
{
    enum err e = ERR_OK;
    mutex_lock(&m->lock);
    if (m->closed) {
        e = ERR_CLOSED;
    } else if (m->count == m->capacity) {
        e = ERR_BUSY;
    } else {
        if (own)
            m->own = true;
        else if (m->count == 0)
            waker_wake(m->waker); /* under the lock: after it the mailbox may be gone */
        m->filling[m->count++] = p;
    }
    mutex_unlock(&m->lock);
    if (e == ERR_BUSY)
        metric_add(METRIC_posts_refused, 1);
    return e;
}

void mailbox_close(struct mailbox *m)
{
    mutex_lock(&m->lock);
    m->closed = true;
    waker_wake(m->waker);
    mutex_unlock(&m->lock);
}

/* Returns whether the mailbox was open. */
static bool run_once(struct mailbox *m) ON(role_reactor)
{
    mutex_lock(&m->lock);
    struct post *posts = m->filling;
    size_t count = m->count;
    bool closed = m->closed;
    m->filling = m->running;
    m->running = posts;
    m->count = 0;
    m->own = false;
    mutex_unlock(&m->lock);
    for (size_t i = 0; i < count; i++)
        posts[i].run(posts[i].subject, posts[i].object, posts[i].number);
    return !closed;
}

bool mailbox_run(struct mailbox *m)
{
    bool open = run_once(m);
    for (int i = 1; i < ROUNDS_MAX && m->own; i++)
        open = run_once(m);
    return open;
}
