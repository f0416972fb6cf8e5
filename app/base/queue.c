#include "base/queue.h"

#include "base/env.h"
#include "base/must.h"
#include "base/mutex.h"

#include <stdlib.h>
#include <string.h>

struct queue {
    struct mutex lock;
    struct condition filled;
    size_t capacity;
    size_t item_bytes;
    size_t first GUARDED_BY(lock);
    size_t length GUARDED_BY(lock);
    bool closed GUARDED_BY(lock);
    unsigned char items[] GUARDED_BY(lock);
};

struct queue *queue_new(size_t capacity, size_t item_bytes)
{
    must(capacity > 0 && item_bytes > 0);
    struct queue *q = calloc(1, sizeof *q + capacity * item_bytes);
    if (!q)
        return NULL;
    q->capacity = capacity;
    q->item_bytes = item_bytes;
    mutex_init(&q->lock, LOCK_queue);
    condition_init(&q->filled);
    return q;
}

struct queue *queue_free(struct queue *q)
{
    if (!q)
        return NULL;
    condition_fini(&q->filled);
    mutex_fini(&q->lock);
    free(q);
    return NULL;
}

enum err queue_push(struct queue *q, const void *item)
{
    enum err e = ERR_OK;
    mutex_lock(&q->lock);
    if (q->closed) {
        e = ERR_CLOSED;
    } else if (q->length == q->capacity) {
        e = ERR_BUSY;
    } else {
        size_t at = (q->first + q->length) % q->capacity;
        memcpy(q->items + at * q->item_bytes, item, q->item_bytes);
        q->length++;
        condition_signal(&q->filled);
    }
    mutex_unlock(&q->lock);
    return e;
}

size_t queue_take(struct queue *q, void *out_items, size_t max, int64_t until_ms)
{
    unsigned char *out = out_items;
    size_t n = 0;
    mutex_lock(&q->lock);
    while (q->length == 0 && !q->closed && env_monotonic_ms(&env_real) < until_ms)
        condition_wait(&q->filled, &q->lock, until_ms); /* again: one may be woken for nothing */
    while (n < max && q->length > 0) {
        memcpy(out + n * q->item_bytes, q->items + q->first * q->item_bytes, q->item_bytes);
        q->first = (q->first + 1) % q->capacity;
        q->length--;
        n++;
    }
    mutex_unlock(&q->lock);
    return n;
}

size_t queue_length(struct queue *q)
{
    mutex_lock(&q->lock);
    size_t n = q->length;
    mutex_unlock(&q->lock);
    return n;
}

void queue_close(struct queue *q)
{
    mutex_lock(&q->lock);
    q->closed = true;
    condition_broadcast(&q->filled);
    mutex_unlock(&q->lock);
}

bool queue_done(struct queue *q)
{
    mutex_lock(&q->lock);
    bool done = q->closed && q->length == 0;
    mutex_unlock(&q->lock);
    return done;
}
