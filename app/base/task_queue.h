/* task_queue: deferred tasks and the few threads that run them. A task may block, with a deadline of its own.
 *
 * Bounded: a full queue answers ERR_BUSY at once. Every task that was accepted runs exactly once, also those that
 * wait when the queue is freed (they are run before the threads leave). thread: any */
#ifndef SNUG_BASE_TASK_QUEUE_H
#define SNUG_BASE_TASK_QUEUE_H

#include "base/err.h"
#include "base/thread_role.h"

#include <stddef.h>
#include <stdint.h>

struct task_queue;

struct task {
    void (*run)(void *thread, void *data); /* thread: what `begin` gave to this thread */
    void *data;                            /* owned by the task */
};

struct task_queue_options {
    unsigned threads;         /* >= 1 */
    size_t capacity;          /* tasks that may wait */
    const char *name;         /* of the threads, at most 15 characters */
    struct thread_role *role; /* role_task or role_reader */
    void *ctx;
    void *(*begin)(
        void *ctx); /* on each thread first; may be NULL; NULL result is an error of start */
    void (*end)(void *ctx, void *thread); /* on each thread last; may be NULL */
};

/* Starts the threads and waits until each has begun. errors: ERR_NOMEM; ERR_IO (a thread or `begin` failed) */
MUST_USE enum err task_queue_new(const struct task_queue_options *options,
                                 struct task_queue **out_queue);

/* Takes no more, runs what waits, ends the threads. NULL is welcome. Returns NULL. Not from one of its threads. */
struct task_queue *task_queue_free(struct task_queue *q);

/* errors: ERR_BUSY full; ERR_CLOSED being freed */
MUST_USE enum err task_queue_push(struct task_queue *q, struct task task);

size_t task_queue_length(struct task_queue *q);

/* How long the thread that has been longest at one task has been, and how long all of them have been at one each (0: one
 * waits for a task). now_ms: env_real's monotonic */
struct task_queue_busy {
    int64_t longest_ms, all_ms;
};
struct task_queue_busy task_queue_busy(struct task_queue *q, int64_t now_ms);

#endif
