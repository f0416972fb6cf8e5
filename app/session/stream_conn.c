#include "session/stream_conn.h"

#include "base/metrics.h"
#include "wire/json.h"
#include "wire/reply.h"

#include <stdlib.h>

#define LINGER_MS 2000
#define LINGER_SLOW_MS 5000 /* time to read what the kernel holds and then the reason */

struct stream_conn {
    struct conn *conn;
    struct ws_conn_owner owner;
    struct form form;
    uint64_t messages_in, bytes_in;
    unsigned code; /* 0: open */
    char reason[124];
};

static void on_bytes(void *ctx, unsigned char *bytes, size_t len)
{
    (void)ctx; /* a client has nothing to say here */
    (void)bytes;
    (void)len;
}

static struct conn_stats stats(const struct stream_conn *s) ON(role_reactor)
{
    struct conn_stats all = conn_stats(s->conn);
    all.bytes_in = s->bytes_in;
    return all;
}

static void on_closed(void *ctx, bool by_peer)
{
    role_assert(&role_reactor);
    (void)by_peer;
    struct stream_conn *s = ctx;
    struct ws_closed how = {
        .code = s->code ? s->code : 1006,
        .reason = text_of(s->reason),
        .by = s->code ? WS_BY_SERVER : WS_BY_NETWORK,
        .stats = stats(s),
        .messages_in = s->messages_in,
    };
    s->owner.on_closed(s->owner.ctx, &how);
    free(s);
}

enum err stream_conn_adopt(struct reactor *r, int fd, struct ssl_st *ssl, struct form form,
                           size_t budget_bytes, const struct ws_conn_owner *owner,
                           struct stream_conn **out_conn)
{
    struct stream_conn *s = calloc(1, sizeof *s);
    if (!s) {
        conn_refuse(fd, ssl);
        return ERR_NOMEM;
    }
    s->owner = *owner;
    s->form = form;
    struct conn_owner bytes_owner = {s, on_bytes, on_closed};
    struct conn *conn = NULL;
    enum err e =
        conn_adopt(r, &(struct conn_socket){fd, ssl, TEXT_NONE}, budget_bytes, &bytes_owner, &conn);
    if (e != ERR_OK) {
        free(s);
        return e;
    }
    s->conn = conn;
    *out_conn = s;
    return ERR_OK;
}

enum err stream_conn_send(struct stream_conn *s, struct frame *f)
{
    if (s->code)
        return ERR_CLOSED;
    enum err e = conn_send(s->conn, f);
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
    struct frame *f = disconnect_frame(s->form, code, reason);
    s->code = code;
    text_copy(s->reason, sizeof s->reason, reason);
    if (!f || conn_send(s->conn, f) != ERR_OK)
        linger_ms = 0; /* not even that fits: cut the line */
    frame_unref(f);
    conn_close(s->conn, linger_ms);
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
    conn_drop_queue(s->conn);
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
    return conn_queue_bytes(s->conn);
}

struct conn_stats stream_conn_stats(const struct stream_conn *s)
{
    return stats(s);
}

uint64_t stream_conn_messages_in(const struct stream_conn *s)
{
    return s->messages_in;
}
