/* handle: a client's connection as its manager sees it: reached from any thread, by its number. */
#include "base/metrics.h"
#include "hub/notice.h"
#include "session/client.h"

#include <stdlib.h>

/* A notice on its way to some of a reactor's clients. */
struct told {
    struct notice *notice;
    size_t count;
    uint64_t numbers[];
};

static struct told *told_free(struct told *t)
{
    notice_unref(t->notice);
    free(t);
    return NULL;
}

bool client_tell(struct client *c, struct notice *n)
{
    struct frame *f = notice_frame(n, &c->hub_client.form);
    if (f)
        client_send_frame(c, f, false);
    else
        client_close(c, CLOSE_internal); /* no memory: nothing is dropped silently */
    return f != NULL;
}

static void on_told(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct told *t = object;
    for (size_t i = 0; i < t->count; i++) {
        struct client *c = pool_find(subject, t->numbers[i]);
        if (c && c->state == CLIENT_CONNECTED && client_tell(c, t->notice))
            metric_add(METRIC_deliveries, 1);
    }
    told_free(t);
}

static bool deliver(void *ctx, const uint64_t *numbers, size_t count, struct notice *n)
{
    struct pool *p = ctx;
    struct told *t = malloc(sizeof *t + count * sizeof *numbers);
    if (!t)
        return false;
    t->notice = notice_ref(n);
    t->count = count;
    memcpy(t->numbers, numbers, count * sizeof *numbers);
    if (reactor_post(p->reactor, on_told, p, t, 0) == ERR_OK)
        return true;
    told_free(t);
    return false;
}

static void on_close(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    if (c)
        client_close(c, *(const unsigned *)object);
}

/* The codes as values that a post can point to. */
static const unsigned codes[] = {
#define CLOSE(name, code, reason) code,
#include "session/close_codes.def"
#undef CLOSE
};

static void *code_place(unsigned code)
{
    size_t i = sizeof codes / sizeof codes[0];
    while (--i > 0 && codes[i] != code)
        continue;
    return (void *)&codes[i]; /* one that is not ours: the first, "connection closed" */
}

static void close_with(void *ctx, uint64_t number, unsigned code, struct text reason)
{
    (void)reason; /* a code has one reason: close_codes.def */
    struct pool *p = ctx;
    if (reactor_post(p->reactor, on_close, p, code_place(code), number) != ERR_OK)
        metric_add(METRIC_replies_dropped, 1);
}

enum err client_join_manager(struct client *c)
{
    static const struct ws_connection_ways ways = {deliver, close_with};
    const struct session_options *o = client_options(c);
    struct ws_connection_handle handle = {c->pool, client_number(c), &ways};
    char id[UUID_SIZE];
    client_id(c, id);
    enum err e = ws_connection_join(c->manager, id, &handle,
                                    o->ping_interval_ms + o->pong_timeout_ms, &c->connection);
    c->joined = e == ERR_OK;
    return e;
}
