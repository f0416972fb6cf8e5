#include "session/ws_conn.h"

#include "base/log.h"
#include "base/metrics.h"

#include <stdlib.h>

#define LINGER_MS 2000
#define LINGER_SLOW_MS 5000 /* time to read what the kernel holds and then the close frame */

_Static_assert(sizeof(struct ws_conn) - sizeof(struct conn) <= 24, "of an idle connection");

static struct ws_conn *of(struct conn *c)
{
    return (struct ws_conn *)c;
}

static const struct ws_conn_owner *owner_of(const struct ws_conn *w)
{
    return (const void *)((const char *)w->conn.owner - offsetof(struct ws_conn_owner, bytes));
}

/* What its owner is called with. */
static void *told(struct ws_conn *w)
{
    return owner_of(w)->ctx ? owner_of(w)->ctx : w;
}

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

/* NULL is welcome. */
static void forget(struct ws_decoder *cut)
{
    if (cut)
        ws_decoder_fini(cut);
    free(cut);
}

/* It is open no more. */
static void remember(struct ws_conn *w, unsigned code, struct text reason, enum ws_closer by)
{
    forget(w->cut);
    w->code = (uint16_t)code;
    w->by = (uint8_t)by;
    w->reason = reason.len > 0 ? text_dup(reason) : NULL; /* also without memory */
}

static void send_close(struct ws_conn *w, unsigned code, struct text reason, int64_t linger_ms)
    ON(role_reactor)
{
    struct frame *f = ws_close_frame(code, reason);
    if (!f || conn_send(&w->conn, f) != ERR_OK)
        linger_ms = 0; /* not even that fits: cut the line */
    frame_unref(f);
    if (w->by == WS_BY_CLIENT) /* both have said it: then the server closes. RFC 6455 5.5.1 */
        conn_finish(&w->conn, linger_ms);
    else
        conn_close(&w->conn, linger_ms);
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
    metric_add(METRIC_closes_slow, 1);
    conn_drop_queue(&w->conn);
    send_close(w, code, reason, LINGER_SLOW_MS);
}

static void on_stalled(struct conn *c)
{
    role_assert(&role_reactor);
    ws_conn_close_slow(of(c), CLOSE_slow, close_reason(CLOSE_slow));
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
        owner_of(w)->on_message(told(w), event->opcode, event->payload);
        return;
    case WS_EVENT_PING: {
        struct frame *pong = ws_frame(WS_PONG, event->payload);
        if (pong && conn_send(&w->conn, pong) == ERR_LIMIT)
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

/* Keeps a decoder that has to wait for more bytes. */
static void keep_cut(struct ws_conn *w, struct ws_decoder *d) ON(role_reactor)
{
    w->cut = malloc(sizeof *w->cut);
    if (w->cut) {
        *w->cut = *d;
        return;
    }
    ws_decoder_fini(d);
    ws_conn_close(w, CLOSE_unexpected, close_reason(CLOSE_unexpected));
}

/* Most bytes are whole frames, after which a decoder has nothing to keep: it is on the stack and costs an idle connection
 * nothing. */
static void on_bytes(struct conn *c, unsigned char *bytes, size_t len)
{
    role_assert(&role_reactor);
    struct ws_conn *w = of(c);
    struct ws_decoder fresh, *cut = w->cut, *d = cut;
    w->cut = NULL; /* as long as it is used here */
    if (!cut) {
        d = &fresh;
        ws_decoder_init(d, owner_of(w)->message_max_bytes);
        ws_decoder_agree(d, &w->deflate);
    }
    struct ws_event event = {.kind = WS_EVENT_ERROR};
    while (!w->code && event.kind != WS_EVENT_NONE) {
        event = ws_decode(d, &bytes, &len);
        on_event(w, &event);
    }
    bool waits = !w->code && !ws_decoder_idle(d);
    if (waits && cut)
        w->cut = cut;
    else if (waits)
        keep_cut(w, d);
    else if (cut)
        forget(cut);
    else
        ws_decoder_fini(d);
}

static void on_closed(struct conn *c, bool by_peer)
{
    role_assert(&role_reactor);
    (void)by_peer;
    struct ws_conn *w = of(c);
    if (!w->code)
        remember(w, 1006, TEXT_NONE, WS_BY_NETWORK);
    if (w->code == CLOSE_unexpected && w->by == WS_BY_SERVER)
        metric_add(METRIC_closes_1011, 1);
    char *reason = w->reason;
    bool own = w->own;
    struct ws_closed how = {
        .code = w->code,
        .reason = text_of(reason),
        .by = (enum ws_closer)w->by,
        .stats = conn_stats(c),
        .messages_in = w->messages_in,
    };
    if (owner_of(w)->on_closed)
        owner_of(w)->on_closed(told(w), &how); /* who embeds it may free it there */
    free(reason);
    if (own)
        free(w);
}

void ws_conn_owner_ready(struct ws_conn_owner *o)
{
    o->bytes = (struct conn_owner){on_bytes, on_closed, on_stalled, o->budget_bytes, o->stall_ms};
}

enum err ws_conn_adopt(struct reactor *r, const struct ws_socket *socket,
                       const struct ws_conn_owner *owner, struct ws_conn *w)
{
    *w = (struct ws_conn){.deflate = socket->deflate};
    return conn_adopt(r, &(struct conn_socket){socket->fd, socket->ssl, socket->early},
                      &owner->bytes, &w->conn);
}

/* One that frees itself. */
struct alone {
    struct ws_conn ws; /* first */
    struct ws_conn_owner owner;
};

static enum err adopt(const struct ws_acceptor *a, const struct ws_socket *socket) ON(role_reactor)
{
    struct alone *w = calloc(1, sizeof *w);
    if (!w) {
        conn_refuse(socket->fd, socket->ssl);
        return ERR_NOMEM;
    }
    w->owner.message_max_bytes = a->message_max_bytes;
    w->owner.budget_bytes = a->budget_bytes;
    ws_conn_owner_ready(&w->owner);
    enum err e = ws_conn_adopt(reactor_current(), socket, &w->owner, &w->ws);
    if (e != ERR_OK) {
        free(w);
        return e;
    }
    w->ws.own = true;
    struct ws_conn_owner told = a->open(a->ctx, &w->ws);
    w->owner.ctx = told.ctx;
    w->owner.on_message = told.on_message;
    w->owner.on_closed = told.on_closed;
    return ERR_OK;
}

static void on_hand_over(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct ws_socket *socket = object;
    enum err e = adopt(subject, socket);
    if (e != ERR_OK)
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
    return w->deflate.server_bits;
}

enum err ws_conn_send(struct ws_conn *w, struct frame *f)
{
    if (w->code)
        return ERR_CLOSED;
    enum err e = conn_send(&w->conn, f);
    if (e == ERR_OK)
        metric_add(METRIC_frames_out, 1);
    return e;
}

size_t ws_conn_queue_bytes(const struct ws_conn *w)
{
    return conn_queue_bytes(&w->conn);
}

struct conn_stats ws_conn_stats(const struct ws_conn *w)
{
    return conn_stats(&w->conn);
}

uint64_t ws_conn_messages_in(const struct ws_conn *w)
{
    return w->messages_in;
}

bool ws_conn_closing(const struct ws_conn *w)
{
    return w->code != 0;
}
