/* handle: a client's connection as its manager sees it: reached from any thread, by its number. */
#include "base/metrics.h"
#include "session/client.h"

static void on_frame(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    if (c && c->state == CLIENT_CONNECTED)
        client_send_frame(c, object, false);
    frame_unref(object);
}

static void deliver(void *ctx, uint64_t number, struct frame *f)
{
    struct pool *p = ctx;
    if (reactor_post(p->reactor, on_frame, p, frame_ref(f), number) != ERR_OK) {
        metric_add(METRIC_replies_dropped, 1);
        frame_unref(f);
    }
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
    const struct session_options *o = client_options(c);
    struct ws_connection_handle handle = {c->pool, client_number(c), deliver, close_with};
    return ws_connection_add(c->manager, c->hub_client.actor.connection, &handle,
                             o->ping_interval_ms + o->pong_timeout_ms, &c->connection);
}
