#include "session/ws_conn.h"

#include "base/log.h"
#include "base/metrics.h"

#include <stdlib.h>

#define LINGER_MS 2000
#define LINGER_SLOW_MS 5000 /* time to read what the kernel holds and then the close frame */

struct ws_conn {
    struct conn *conn;
    struct ws_conn_owner owner;
    struct ws_decoder decoder;
    uint64_t messages_in;
    uint8_t deflate_bits; /* 0: no deflate was agreed on */
    unsigned code;        /* 0: open */
    enum ws_closer by;
    char reason[124];
};

struct text close_reason(unsigned code)
{
    switch (code) {
#define CLOSE(name, number, words)                                                                 \
    case number:                                                                                   \
        return TEXT(words);
#include "session/close_codes.def"
#undef CLOSE
    default:
        return TEXT_NONE;
    }
}

static void remember(struct ws_conn *w, unsigned code, struct text reason, enum ws_closer by)
{
    w->code = code;
    w->by = by;
    text_copy(w->reason, sizeof w->reason, reason);
}

static void send_close(struct ws_conn *w, unsigned code, struct text reason, int64_t linger_ms)
    ON(role_reactor)
{
    struct frame *f = ws_close_frame(code, reason);
    if (!f || conn_send(w->conn, f) != ERR_OK)
        linger_ms = 0; /* not even that fits: cut the line */
    frame_unref(f);
    conn_close(w->conn, linger_ms);
}

void ws_conn_close(struct ws_conn *w, unsigned code, struct text reason)
{
    if (w->code)
        return;
    remember(w, code, reason, WS_BY_SERVER);
    send_close(w, code, reason, LINGER_MS);
}

void ws_conn_close_slow(struct ws_conn *w, unsigned code, struct text reason)
{
    if (w->code)
        return;
    remember(w, code, reason, WS_BY_SERVER);
    conn_drop_queue(w->conn);
    send_close(w, code, reason, LINGER_SLOW_MS);
}

static void on_peer_close(struct ws_conn *w, const struct ws_event *event) ON(role_reactor)
{
    if (w->code)
        return;
    remember(w, event->code, event->payload, WS_BY_CLIENT);
    send_close(w, event->code == 1005 ? 1000 : event->code, TEXT_NONE, LINGER_MS);
}

static void on_event(struct ws_conn *w, const struct ws_event *event) ON(role_reactor)
{
    switch (event->kind) {
    case WS_EVENT_NONE:
    case WS_EVENT_PONG:
        return;
    case WS_EVENT_MESSAGE:
        w->messages_in++;
        metric_add(METRIC_frames_in, 1);
        w->owner.on_message(w->owner.ctx, event->opcode, event->payload);
        return;
    case WS_EVENT_PING: {
        struct frame *pong = ws_frame(WS_PONG, event->payload);
        if (pong && conn_send(w->conn, pong) == ERR_LIMIT)
            ws_conn_close_slow(w, CLOSE_slow, close_reason(CLOSE_slow));
        frame_unref(pong);
        return;
    }
    case WS_EVENT_CLOSE:
        on_peer_close(w, event);
        return;
    case WS_EVENT_ERROR:
        ws_conn_close(w, event->code, close_reason(event->code));
        return;
    }
}

static void on_bytes(void *ctx, unsigned char *bytes, size_t len)
{
    role_assert(&role_reactor);
    struct ws_conn *w = ctx;
    while (!w->code) {
        struct ws_event event = ws_decode(&w->decoder, &bytes, &len);
        if (event.kind == WS_EVENT_NONE)
            return;
        on_event(w, &event);
    }
}

static void on_closed(void *ctx, bool by_peer)
{
    role_assert(&role_reactor);
    (void)by_peer;
    struct ws_conn *w = ctx;
    if (!w->code)
        remember(w, 1006, TEXT_NONE, WS_BY_NETWORK);
    if (w->code == CLOSE_unexpected && w->by == WS_BY_SERVER)
        metric_add(METRIC_closes_1011, 1);
    struct ws_closed how = {
        .code = w->code,
        .reason = text_of(w->reason),
        .by = w->by,
        .stats = conn_stats(w->conn),
        .messages_in = w->messages_in,
    };
    if (w->owner.on_closed)
        w->owner.on_closed(w->owner.ctx, &how);
    ws_decoder_fini(&w->decoder);
    free(w);
}

enum err ws_conn_adopt(struct reactor *r, const struct ws_socket *socket, size_t message_max_bytes,
                       size_t budget_bytes, const struct ws_conn_owner *owner,
                       struct ws_conn **out_conn)
{
    struct ws_conn *w = calloc(1, sizeof *w);
    if (!w) {
        conn_refuse(socket->fd, socket->ssl);
        return ERR_NOMEM;
    }
    w->owner = *owner;
    w->deflate_bits = socket->deflate.server_bits;
    ws_decoder_init(&w->decoder, message_max_bytes);
    ws_decoder_agree(&w->decoder, &socket->deflate);
    struct conn_owner bytes_owner = {w, on_bytes, on_closed};
    struct conn *conn = NULL;
    enum err e = conn_adopt(r, &(struct conn_socket){socket->fd, socket->ssl, socket->early},
                            budget_bytes, &bytes_owner, &conn);
    if (e != ERR_OK) {
        free(w);
        return e;
    }
    w->conn = conn;
    *out_conn = w;
    return ERR_OK;
}

static void on_hand_over(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    const struct ws_acceptor *a = subject;
    struct ws_socket *socket = object;
    struct ws_conn *w = NULL;
    enum err e = ws_conn_adopt(reactor_current(), socket, a->message_max_bytes, a->budget_bytes,
                               &(struct ws_conn_owner){0}, &w);
    if (e == ERR_OK)
        w->owner = a->open(a->ctx, w);
    else
        log_event(LOG_WARN, "socket_not_taken", KV_STR("why", err_name(e)));
    free((void *)socket->early.data);
    free(socket);
}

enum err ws_conn_hand_over(struct reactor *r, const struct ws_socket *socket,
                           const struct ws_acceptor *acceptor)
{
    enum err e = ERR_NOMEM;
    char *early = text_dup(socket->early);
    struct ws_socket *copy = malloc(sizeof *copy);
    if (early && copy) {
        *copy = *socket;
        copy->early.data = early;
        e = reactor_post(r, on_hand_over, (void *)acceptor, copy, 0);
    }
    if (e == ERR_OK)
        return e;
    conn_refuse(socket->fd, socket->ssl);
    free(early);
    free(copy);
    return e;
}

unsigned ws_conn_deflate(const struct ws_conn *w)
{
    return w->deflate_bits;
}

enum err ws_conn_send(struct ws_conn *w, struct frame *f)
{
    if (w->code)
        return ERR_CLOSED;
    enum err e = conn_send(w->conn, f);
    if (e == ERR_OK)
        metric_add(METRIC_frames_out, 1);
    return e;
}

size_t ws_conn_queue_bytes(const struct ws_conn *w)
{
    return conn_queue_bytes(w->conn);
}

struct conn_stats ws_conn_stats(const struct ws_conn *w)
{
    return conn_stats(w->conn);
}

uint64_t ws_conn_messages_in(const struct ws_conn *w)
{
    return w->messages_in;
}

bool ws_conn_closing(const struct ws_conn *w)
{
    return w->code != 0;
}
