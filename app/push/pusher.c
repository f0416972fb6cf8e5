#include "base/metrics.h"
#include "base/task_queue.h"
#include "chat/chat.h"
#include "push/inside.h"
#include "store/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define TASKS_MAX (SENDING_MAX + TESTING_MAX)
#define COUNT_EVERY_MS 60000 /* sessions take subscriptions with them */
#define CONTACT_MAX 500

static bool is_contact(struct text t)
{
    return t.len <= CONTACT_MAX &&
           (text_starts(t, TEXT("mailto:")) || text_starts(t, TEXT("https://")));
}

static enum err keep_contact(struct pusher *p, const char *contact, char error[256])
{
    if (!contact || !*contact)
        return ERR_OK;
    if (!is_contact(text_of(contact))) {
        (void)snprintf(error, 256,
                       "push.contact must begin with mailto: or https://, and have at most %d "
                       "bytes.",
                       CONTACT_MAX);
        return ERR_BAD_REQUEST;
    }
    p->contact = text_dup(text_of(contact));
    return p->contact ? ERR_OK : ERR_NOMEM;
}

NO_THREAD_CHECK enum err pusher_new(const struct pusher_options *options,
                                    struct pusher **out_pusher, char error[256])
{
    error[0] = 0;
    struct pusher *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->env = options->env;
    p->store = options->store;
    p->chat = options->chat;
    p->pair = options->pair;
    p->enabled = options->enabled;
    p->anywhere = options->anywhere;
    p->stopped = true; /* until it is started */
    web_push_point_text(p->pair.point, p->point);
    mutex_init(&p->lock, LOCK_push);
    enum err e = keep_contact(p, options->contact, error);
    if (e == ERR_OK)
        *out_pusher = p;
    else
        pusher_free(p);
    return e;
}

enum err pusher_start(struct pusher *p)
{
    struct task_queue_options to = {
        .threads = SENDING_MAX + 1, .capacity = TASKS_MAX, .name = "snug-push", .role = &role_task};
    if (!p->enabled)
        return ERR_OK;
    enum err e = task_queue_new(&to, &p->tasks);
    if (e != ERR_OK)
        return e;
    mutex_lock(&p->lock);
    p->stopped = false;
    mutex_unlock(&p->lock);
    atomic_store(&p->any, true); /* until they are counted */
    chat_observe(p->chat, news_seen, p);
    return rows_begin(p);
}

void pusher_set_url(struct pusher *p, struct text url)
{
    if (is_contact(url))
        atomic_store(&p->url, text_dup(url));
}

void pusher_tick(struct pusher *p)
{
    if (!p->enabled)
        return;
    int64_t now_ms = env_monotonic_ms(p->env);
    if (now_ms >= atomic_load(&p->count_ms)) {
        atomic_store(&p->count_ms, now_ms + COUNT_EVERY_MS);
        rows_count(p);
    }
    news_look(p);
    delivery_pump(p);
}

void pusher_stop(struct pusher *p)
{
    if (!p)
        return;
    mutex_lock(&p->lock);
    p->stopped = true; /* nobody gives anything to the tasks from here on */
    mutex_unlock(&p->lock);
    atomic_store(&p->stop, true);
    p->tasks = task_queue_free(p->tasks);
}

struct pusher *pusher_free(struct pusher *p)
{
    if (!p)
        return NULL;
    pusher_stop(p);
    delivery_drop_all(p);
    mutex_fini(&p->lock);
    free(p->contact);
    free(atomic_load(&p->url));
    sodium_memzero(&p->pair, sizeof p->pair);
    free(p);
    return NULL;
}

int64_t pusher_told(struct pusher *p, int64_t user_id, int64_t room_id, int64_t offset)
{
    int64_t time_ms = 0;
    mutex_lock(&p->lock);
    for (size_t i = 0; i < PUSH_TOLD_MAX; i++) {
        const struct told *t = &p->told[i];
        if (t->user_id == user_id && t->room_id == room_id && t->offset == offset &&
            t->time_ms > time_ms)
            time_ms = t->time_ms;
    }
    mutex_unlock(&p->lock);
    return time_ms;
}
