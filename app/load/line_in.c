#include "load/line_inside.h"
#include "load/ws_client.h"
#include "wire/ws_frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MAX 16384 /* head of the answer to an upgrade */

/* Returns the bytes it is done with; the line may have ended. */
static size_t eat_answer(struct lines *s, struct line *l, struct text bytes)
{
    struct ws_client_answer answer;
    char why[160];
    long used = ws_client_answer(bytes, s->accept, s->options->deflate, &answer);
    if (used == 0 && bytes.len < ANSWER_MAX)
        return 0;
    if (used <= 0)
        (void)snprintf(why, sizeof why, "the answer to the upgrade is not HTTP");
    else if (answer.status != 101)
        (void)snprintf(why, sizeof why, "HTTP %u instead of a WebSocket", answer.status);
    else if (answer.why)
        (void)snprintf(why, sizeof why, "the upgrade failed: %s", answer.why);
    if (used <= 0 || answer.why) {
        line_end(s, l, why);
        return bytes.len;
    }
    l->state = LINE_OPEN;
    l->deflate = answer.deflate;
    s->owner.opened(s->owner.ctx, l);
    return (size_t)used;
}

static bool inflate_message(struct lines *s, struct text piece, struct text *out)
{
    size_t len = 0, n = 0;
    ws_inflate_begin(&s->inflate);
    do {
        if (len == LINE_KEPT_MAX || ws_inflate_some(&s->inflate, &piece, s->inflated + len,
                                                    LINE_KEPT_MAX - len, &n) != ERR_OK)
            return false;
        len += n;
    } while (piece.len > 0 || n > 0);
    *out = (struct text){s->inflated, len};
    return ws_inflate_end(&s->inflate) == ERR_OK;
}

static void closed_by_server(struct lines *s, struct line *l, struct text payload)
{
    char why[160];
    bool leaving = l->state == LINE_LEAVING;
    if (leaving)
        return; /* its answer to ours; the end of the socket follows */
    const unsigned char *code = (const unsigned char *)payload.data;
    if (payload.len >= 2)
        (void)snprintf(why, sizeof why, "closed by the server with %u%s%.*s%s",
                       (unsigned)(code[0] << 8 | code[1]), payload.len > 2 ? " (" : "",
                       (int)payload.len - 2, payload.data + 2, payload.len > 2 ? ")" : "");
    else
        (void)snprintf(why, sizeof why, "closed by the server without a code");
    (void)line_send_frame(s, l, WS_CLOSE, payload);
    line_end(s, l, why);
}

/* False: the line has ended. */
static bool act(struct lines *s, struct line *l, struct ws_client_event *event)
{
    char why[160];
    switch (event->kind) {
    case WS_CLIENT_MESSAGE:
        s->compressed_in += event->compressed;
        if (event->compressed && !inflate_message(s, event->payload, &event->payload)) {
            line_end(s, l, "a compressed message of the server cannot be read");
            return false;
        }
        if (l->state == LINE_OPEN)
            s->owner.message(s->owner.ctx, l, event->payload);
        break;
    case WS_CLIENT_PING:
        (void)line_send_frame(s, l, WS_PONG, event->payload);
        break;
    case WS_CLIENT_CLOSE:
        closed_by_server(s, l, event->payload);
        break;
    case WS_CLIENT_BAD:
        (void)snprintf(why, sizeof why, "the server broke RFC 6455: %s", event->why);
        line_end(s, l, why);
        break;
    case WS_CLIENT_PONG:
    case WS_CLIENT_MORE:
        break;
    }
    return l->state != LINE_CLOSED;
}

static size_t eat(struct lines *s, struct line *l, unsigned char *bytes, size_t len)
{
    size_t at = 0, used;
    if (l->state == LINE_UPGRADING)
        at = eat_answer(s, l, (struct text){(const char *)bytes, len});
    if (l->state != LINE_OPEN && l->state != LINE_LEAVING)
        return at;
    struct ws_client_event event;
    do {
        ws_client_take(bytes + at, len - at, l->deflate, &event, &used);
        at += used;
    } while (act(s, l, &event) && used > 0);
    return at;
}

/* False: the line has ended. */
static bool keep(struct lines *s, struct line *l, const unsigned char *bytes, size_t len)
{
    free(l->kept);
    l->kept = NULL;
    l->kept_len = len;
    if (len == 0)
        return true;
    if (len > LINE_KEPT_MAX || !(l->kept = malloc(len))) {
        line_end(s, l, "a message of the server is too long");
        return false;
    }
    memcpy(l->kept, bytes, len);
    return true;
}

static void read_failed(struct lines *s, struct line *l, enum line_io io)
{
    if (l->state == LINE_LEAVING)
        line_end(s, l, NULL);
    else if (l->state == LINE_UPGRADING)
        line_end(s, l, "ended instead of an answer to the upgrade");
    else if (io == LINE_IO_ENDED)
        line_end(s, l, "ended without a close frame");
    else
        line_end(s, l, line_io_why(l));
}

void line_read(struct lines *s, struct line *l)
{
    size_t n = 0;
    do {
        if (l->kept_len > 0)
            memcpy(s->input, l->kept, l->kept_len);
        errno = 0;
        enum line_io io = line_io_read(l, s->input + l->kept_len, LINE_READ_SIZE, &n);
        if (io == LINE_IO_ENDED || io == LINE_IO_FAILED)
            read_failed(s, l, io);
        if (io != LINE_IO_DONE)
            return;
        s->bytes_in += n;
        size_t len = l->kept_len + n, used = eat(s, l, s->input, len);
        if (l->state == LINE_CLOSED || !keep(s, l, s->input + used, len - used))
            return;
    } while (l->ssl || n == LINE_READ_SIZE); /* OpenSSL holds what epoll does not see */
}
