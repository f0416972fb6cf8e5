/* hashing: passwords are hashed on the task threads, two at a time: a hash takes 30 ms of a core and 19 MiB, and the other
 * threads stay free for who connects meanwhile. Some wait for their turn; over that they are told to come again. */
#include "accounts/inside.h"

#define HASHES_MAX 2

enum err hash_push(struct accounts *a, struct task task)
{
    /* Under the lock: when accounts_stop has returned, nobody is inside a push. */
    mutex_lock(&a->lock);
    enum err e = ERR_OK;
    if (a->stopped) {
        e = ERR_CLOSED;
    } else if (a->hashes < HASHES_MAX) {
        e = task_queue_push(a->tasks, task);
        a->hashes += e == ERR_OK;
    } else if (a->waiting_count < HASHES_WAITING_MAX) {
        a->waiting[(a->waiting_first + a->waiting_count++) % HASHES_WAITING_MAX] = task;
    } else {
        e = ERR_BUSY;
    }
    mutex_unlock(&a->lock);
    return e;
}

/* The one that has waited longest. False: none waits. */
static bool take_waiting(struct accounts *a, struct task *out) CLANG(requires_capability(a->lock))
{
    if (a->waiting_count == 0)
        return false;
    *out = a->waiting[a->waiting_first];
    a->waiting_first = (a->waiting_first + 1) % HASHES_WAITING_MAX;
    a->waiting_count--;
    return true;
}

void hash_ended(struct accounts *a)
{
    for (;;) {
        struct task next;
        enum err e = ERR_OK;
        mutex_lock(&a->lock);
        bool any = take_waiting(a, &next);
        if (any)
            e = task_queue_push(a->tasks, next);
        else
            a->hashes--;
        mutex_unlock(&a->lock);
        if (!any || e == ERR_OK)
            return;
        answer_end(next.data, e); /* the queue is full of other tasks */
    }
}

void hashes_stop(struct accounts *a)
{
    struct task task;
    for (bool any = true; any;) {
        mutex_lock(&a->lock);
        a->stopped = true;
        any = take_waiting(a, &task);
        mutex_unlock(&a->lock);
        if (any)
            answer_end(task.data, ERR_CLOSED);
    }
}
