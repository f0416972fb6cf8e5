#include "session/stream_conn.h"

#include "base/metrics.h"
#include "wire/json.h"
#include "wire/reply.h"

#include <stdlib.h>

#define LINGER_MS 2000
#define LINGER_SLOW_MS 5000 /* time to read what the kernel holds and then the reason */

_Static_assert(sizeof(struct stream_conn) <= sizeof(struct ws_conn), "a client has one of them");

static struct stream_conn *of(struct conn *c)
{
    return (struct stream_conn *)c;
}

static void on_bytes(struct conn *c, unsigned char *bytes, size_t len)
{
    (void)c; /* a client has nothing to say here */
    (void)bytes;
    (void)len;
}

static struct conn_stats stats(const struct stream_conn *s) ON(role_reactor)
{
    struct conn_stats all = conn_stats(&s->conn);
    all.bytes_in = s->bytes_in;
    return all;
}

static void on_closed(struct conn *c, bool by_peer)
{
    role_assert(&role_reactor);
    (void)by_peer;
    struct stream_conn *s = of(c);
    char *reason = s->reason;
    struct ws_closed how = {
        .code = s->code ? s->code : 1006,
        .reason = text_of(reason),
        .by = s->code ? WS_BY_SERVER : WS_BY_NETWORK,
        .stats = stats(s),
        .messages_in = s->messages_in,
    };
    const struct ws_conn_owner *owner =
        (const void *)((const char *)c->owner - offsetof(struct ws_conn_owner, bytes));
    owner->on_closed(owner->ctx ? owner->ctx : s, &how); /* who embeds it may free it there */
    free(reason);
}

static void on_stalled(struct conn *c)
{
    role_assert(&role_reactor);
    stream_conn_close_slow(of(c), CLOSE_slow, close_reason(CLOSE_slow));
}

void stream_conn_owner_ready(struct ws_conn_owner *o)
{
    o->bytes = (struct conn_owner){on_bytes, on_closed, on_stalled, o->budget_bytes, o->stall_ms};
}

enum err stream_conn_adopt(struct reactor *r, const struct ws_socket *socket, struct form form,
                           const struct ws_conn_owner *owner, struct stream_conn *s)
{
    *s = (struct stream_conn){.encoding = form.encoding, .framing = form.framing};
    return conn_adopt(r, &(struct conn_socket){socket->fd, socket->ssl, TEXT_NONE}, &owner->bytes,
                      &s->conn);
}

enum err stream_conn_send(struct stream_conn *s, struct frame *f)
{
    if (s->code)
        return ERR_CLOSED;
    enum err e = conn_send(&s->conn, f);
    if (e == ERR_OK)
        metric_add(METRIC_frames_out, 1);
    return e;
}

static struct frame *disconnect_frame(struct form form, unsigned code, struct text reason)
{
    struct buf json, push;
    buf_init(&json, 1024);
    buf_init(&push, 1024);
    struct json_writer w;
    json_begin(&w, &json);
    json_open(&w, NULL, '{');
    json_add_int(&w, "code", code);
    json_add_text(&w, "reason", reason);
    json_close(&w, '}');
    push_write(&push, TEXT_NONE, 0, "disconnect", buf_text(&json));
    struct frame *f =
        json.err == ERR_OK && push.err == ERR_OK ? form_frame(form, buf_text(&push), false) : NULL;
    buf_fini(&json);
    buf_fini(&push);
    return f;
}

static void end(struct stream_conn *s, unsigned code, struct text reason, int64_t linger_ms)
    ON(role_reactor)
{
    struct form form = {.encoding = s->encoding, .framing = s->framing};
    struct frame *f = disconnect_frame(form, code, reason);
    s->code = (uint16_t)code;
    s->reason = text_dup(reason);
    if (!f || !s->reason || conn_send(&s->conn, f) != ERR_OK)
        linger_ms = 0; /* not even that fits: cut the line */
    frame_unref(f);
    conn_close(&s->conn, linger_ms);
}

void stream_conn_close(struct stream_conn *s, unsigned code, struct text reason)
{
    if (!s->code)
        end(s, code, reason, LINGER_MS);
}

void stream_conn_close_slow(struct stream_conn *s, unsigned code, struct text reason)
{
    if (s->code)
        return;
    metric_add(METRIC_closes_slow, 1);
    conn_drop_queue(&s->conn);
    end(s, code, reason, LINGER_SLOW_MS);
}

void stream_conn_count(struct stream_conn *s, size_t bytes)
{
    s->messages_in++;
    s->bytes_in += bytes;
    metric_add(METRIC_frames_in, 1);
}

size_t stream_conn_queue_bytes(const struct stream_conn *s)
{
    return conn_queue_bytes(&s->conn);
}

struct conn_stats stream_conn_stats(const struct stream_conn *s)
{
    return stats(s);
}

uint64_t stream_conn_messages_in(const struct stream_conn *s)
{
    return s->messages_in;
}
