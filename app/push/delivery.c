/* delivery: what waits for push services. Few are sent at once, of a person one at a time: so they come in order, and a service
 * that is slow holds up nobody else's. What a service cannot take now is tried again, later each time. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/task_queue.h"
#include "net/fetch.h"
#include "push/inside.h"

#include <stdio.h>
#include <stdlib.h>

#define TRIES_MAX 4
#define AGAIN_MS 1000 /* after the first try; eight times as long after each */
#define AGAIN_TIMES 8
#define WAIT_MAX_MS                                                                                \
    (INT64_C(15) * 60000) /* a service that wants to be left alone for longer has no use of it */
#define ROW_MS 60000      /* a row is not written for each notification */

struct parcel *parcel_new(struct pusher *p, struct text endpoint, struct text payload)
{
    struct parcel *parcel = calloc(1, sizeof *parcel + endpoint.len + 1 + payload.len);
    if (!parcel)
        return NULL;
    parcel->p = p;
    memcpy(parcel->bytes, endpoint.data, endpoint.len);
    memcpy(parcel->bytes + endpoint.len + 1, payload.data, payload.len);
    parcel->endpoint = parcel->bytes;
    parcel->payload = (struct text){parcel->bytes + endpoint.len + 1, payload.len};
    return parcel;
}

/* ---- the list */

static void drop_at(struct pusher *p, unsigned at) CLANG(requires_capability(p->lock))
{
    free(p->parcels[at]);
    p->parcels_count--;
    memmove(&p->parcels[at], &p->parcels[at + 1],
            (p->parcels_count - at) * sizeof(struct parcel *));
    metric_set(METRIC_queue_pushes, p->parcels_count);
}

/* One of the same room for the same browser that is not under way: what it says is older. */
static void drop_former(struct pusher *p, struct parcel *parcel) CLANG(requires_capability(p->lock))
{
    for (unsigned i = 0; i < p->parcels_count; i++) {
        const struct parcel *former = p->parcels[i];
        if (former->sending || former->room_id != parcel->room_id ||
            former->subscription_id != parcel->subscription_id)
            continue;
        parcel->tries = former->tries; /* the service has said when it wants to be asked */
        parcel->due_ms = former->due_ms;
        drop_at(p, i);
        return;
    }
}

void delivery_give(struct pusher *p, struct parcel *parcel)
{
    mutex_lock(&p->lock);
    drop_former(p, parcel);
    bool takes = !p->stopped && p->parcels_count < PUSH_QUEUE_MAX;
    if (takes)
        p->parcels[p->parcels_count++] = parcel;
    metric_set(METRIC_queue_pushes, p->parcels_count);
    mutex_unlock(&p->lock);
    if (takes)
        return;
    metric_add(METRIC_pushes_dropped, 1);
    free(parcel);
}

void delivery_drop_all(struct pusher *p)
{
    mutex_lock(&p->lock);
    while (p->parcels_count > 0)
        drop_at(p, p->parcels_count - 1);
    mutex_unlock(&p->lock);
}

static bool is_told_now(const struct pusher *p, int64_t user_id) CLANG(requires_capability(p->lock))
{
    for (unsigned i = 0; i < p->parcels_count; i++)
        if (p->parcels[i]->sending && p->parcels[i]->user_id == user_id)
            return true;
    return false;
}

static struct parcel *find_due(const struct pusher *p, int64_t now_ms)
    CLANG(requires_capability(p->lock))
{
    for (unsigned i = 0; i < p->parcels_count; i++) {
        struct parcel *parcel = p->parcels[i];
        if (!parcel->sending && parcel->due_ms <= now_ms && !is_told_now(p, parcel->user_id))
            return parcel;
    }
    return NULL;
}

/* ---- what came of it */

/* Out of the list; of a subscription that is gone all others too. */
static void forget(struct pusher *p, const struct parcel *parcel, bool gone)
{
    int64_t subscription_id = parcel->subscription_id;
    mutex_lock(&p->lock);
    p->sending--;
    for (unsigned i = p->parcels_count; i-- > 0;)
        if (p->parcels[i] == parcel ||
            (gone && !p->parcels[i]->sending && p->parcels[i]->subscription_id == subscription_id))
            drop_at(p, i);
    mutex_unlock(&p->lock);
}

static void put_back(struct pusher *p, struct parcel *parcel, int64_t wait_ms)
{
    mutex_lock(&p->lock);
    p->sending--;
    parcel->sending = false;
    parcel->due_ms = env_monotonic_ms(p->env) + wait_ms;
    mutex_unlock(&p->lock);
}

static void note_told(struct pusher *p, const struct parcel *parcel, int64_t now_ms)
{
    mutex_lock(&p->lock);
    p->told[p->told_next++ % PUSH_TOLD_MAX] =
        (struct told){parcel->user_id, parcel->room_id, parcel->offset, now_ms};
    mutex_unlock(&p->lock);
}

static void taken(struct pusher *p, struct parcel *parcel)
{
    int64_t now_ms = env_wall_ms(p->env);
    metric_add(METRIC_pushes_sent, 1);
    note_told(p, parcel, now_ms);
    if (parcel->sent_ms <= parcel->failed_ms || now_ms - parcel->sent_ms >= ROW_MS)
        row_change(p, ROW_SENT, parcel->subscription_id);
    forget(p, parcel, false);
}

static void log_failure(const struct parcel *parcel, unsigned status, const char *why)
{
    struct fetch_place service;
    if (fetch_place_of(parcel->endpoint, &service) != ERR_OK)
        service.origin[0] = 0;
    log_event(LOG_INFO, "push_failed", KV_STR("service", service.origin), KV_INT("status", status),
              KV_STR("why", why));
}

static void failed(struct pusher *p, struct parcel *parcel, unsigned status, const char *why)
{
    enum row_change change = row_change_of(status);
    metric_add(METRIC_pushes_failed, 1);
    if (change != ROW_GONE)
        log_failure(parcel, status, why);
    if (change == ROW_GONE || env_wall_ms(p->env) - parcel->failed_ms >= ROW_MS)
        row_change(p, change, parcel->subscription_id);
    forget(p, parcel, change == ROW_GONE);
}

/* How long until it is tried again; 0: it is not. */
static int64_t again_ms(const struct parcel *parcel, enum err e, unsigned status, int64_t retry_ms)
{
    bool later = e == ERR_OK ? status == 429 || status >= 500
                             : e == ERR_IO || e == ERR_TIMEOUT || e == ERR_NOMEM;
    int64_t wait_ms = AGAIN_MS;
    for (unsigned i = 1; i < parcel->tries; i++)
        wait_ms *= AGAIN_TIMES;
    if (wait_ms < retry_ms)
        wait_ms = retry_ms;
    return later && parcel->tries < TRIES_MAX && wait_ms <= WAIT_MAX_MS ? wait_ms : 0;
}

static void send_task(void *thread, void *data)
{
    struct parcel *parcel = data;
    struct pusher *p = parcel->p;
    unsigned status = 0;
    int64_t retry_ms = 0;
    const char *why = "";
    (void)thread;
    role_assert(&role_task);
    parcel->tries++; /* nobody else looks at it while it is under way */
    struct letter letter = {parcel->endpoint, &parcel->to, parcel->payload, parcel->room_id};
    enum err e = service_post(p, &letter, &status, &retry_ms, &why);
    int64_t wait_ms = again_ms(parcel, e, status, retry_ms);
    if (e == ERR_OK && row_change_of(status) == ROW_SENT)
        taken(p, parcel);
    else if (e == ERR_CLOSED)
        forget(p, parcel, false);
    else if (wait_ms > 0)
        put_back(p, parcel, wait_ms);
    else
        failed(p, parcel, status, why);
    delivery_pump(p);
}

void delivery_pump(struct pusher *p)
{
    mutex_lock(&p->lock);
    int64_t now_ms = env_monotonic_ms(p->env);
    while (!p->stopped && p->sending < SENDING_MAX) {
        struct parcel *parcel = find_due(p, now_ms);
        /* under the lock: after pusher_stop nobody is inside a push */
        if (!parcel || task_queue_push(p->tasks, (struct task){send_task, parcel}) != ERR_OK)
            break;
        parcel->sending = true;
        p->sending++;
    }
    mutex_unlock(&p->lock);
}
