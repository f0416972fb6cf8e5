/* push_place: a place with chat and push in it, a push service on the loopback, and people with sessions.
 *
 * Included by one file of a program. */
#ifndef SNUG_TESTS_PUSH_PLACE_H
#define SNUG_TESTS_PUSH_PLACE_H

#include "base/metrics.h"
#include "chat_place.h"
#include "http_stub.h"
#include "push/inside.h"

#define POINT                                                                                      \
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define SAYS(status, more)                                                                         \
    "HTTP/1.1 " status "\r\nConnection: close\r\n" more "Content-Length: 0\r\n\r\n"

struct push_place {
    struct place w;
    struct pusher *pusher;
    struct http_stub *service;
    struct pusher_options options;
    int64_t sent, failed, dropped; /* of the metrics, when it began */
};

static inline void push_place_start(struct push_place *x)
{
    char error[256];
    x->options.env = &x->w.p->env;
    x->options.store = x->w.p->store;
    x->options.chat = x->w.chat;
    must(pusher_new(&x->options, &x->pusher, error) == ERR_OK);
    must(pusher_start(x->pusher) == ERR_OK);
    method_table_add(&x->w.p->table, pusher_methods(x->pusher));
    place_settle(&x->w);
}

static inline struct actor push_place_session(struct push_place *x, struct actor who)
{
    char sql[300];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO session (user_id, secret_hash, client, address, stay, created_ms, "
        "seen_ms, expires_ms) VALUES (%lld, randomblob(32), 'Firefox', '::1', 1, 1, 1, %lld)",
        (long long)who.user_id, (long long)env_wall_ms(&x->w.p->env) + 3600000);
    must(test_sql(x->w.p->store, sql) == ERR_OK);
    who.session_id = strtoll(place_look(&x->w, "SELECT max(id) FROM session"), NULL, 10);
    return who;
}

static inline struct push_place *push_place_new(void)
{
    struct push_place *x = calloc(1, sizeof *x);
    must(x);
    unsigned char secret[PUSH_SECRET_BYTES] = {1};
    x->w = place_new();
    x->service = http_stub_start(SAYS("201 Created", ""));
    x->options = (struct pusher_options){.enabled = true, .anywhere = true};
    must(web_push_pair_of(secret, &x->options.pair) == ERR_OK);
    push_place_start(x);
    x->w.as_ana = push_place_session(x, x->w.as_ana);
    x->w.as_ben = push_place_session(x, x->w.as_ben);
    x->sent = metric_get(METRIC_pushes_sent);
    x->failed = metric_get(METRIC_pushes_failed);
    x->dropped = metric_get(METRIC_pushes_dropped);
    return x;
}

static inline void push_place_close(struct push_place *x)
{
    pusher_stop(x->pusher);
    product_stop(x->w.p);
    x->pusher = pusher_free(x->pusher);
    x->w.chat = chat_free(x->w.chat);
    x->w.p->accounts = accounts_free(x->w.p->accounts);
}

static inline void push_place_free(struct push_place *x)
{
    push_place_close(x);
    product_free(x->w.p);
    pub_clear();
    http_stub_stop(x->service);
    free(x);
}

static inline struct answer_got *subscribe(struct push_place *x, const struct actor *who,
                                           const char *path)
{
    return product_call(x->w.p, who, "push.subscribe",
                        "{\"endpoint\":\"%s\",\"p256dh\":\"" POINT "\",\"auth\":\"" AUTH "\"}",
                        http_stub_url(x->service, path));
}

/* Until it is so; false: it did not come to that. */
#define COMES_TO(condition)                                                                        \
    ({                                                                                             \
        int64_t until_ms = test_now_ms() + PATIENCE_MS;                                            \
        while (!(condition) && test_now_ms() < until_ms)                                           \
            (void)sched_yield();                                                                   \
        (condition);                                                                               \
    })

#define SENT(x) (metric_get(METRIC_pushes_sent) - (x)->sent)
#define FAILED(x) (metric_get(METRIC_pushes_failed) - (x)->failed)
#define DROPPED(x) (metric_get(METRIC_pushes_dropped) - (x)->dropped)
#define REQUESTS(x) atomic_load(&(x)->service->requests)

/* How many wait, those under way among them. */
static inline unsigned waiting(struct push_place *x)
{
    mutex_lock(&x->pusher->lock);
    unsigned n = x->pusher->parcels_count;
    mutex_unlock(&x->pusher->lock);
    return n;
}

static inline unsigned under_way(struct push_place *x)
{
    mutex_lock(&x->pusher->lock);
    unsigned n = x->pusher->sending;
    mutex_unlock(&x->pusher->lock);
    return n;
}

#endif
