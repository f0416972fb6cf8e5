#include "base/must.h"
#include "load/line_inside.h"
#include "load/ws_client.h"
#include "wire/ws_frame.h"

#include <stdlib.h>
#include <sys/epoll.h>

void line_watch(struct lines *s, struct line *l, bool out)
{
    if (l->wants_out == out)
        return;
    struct epoll_event e = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = l};
    must(epoll_ctl(s->epoll, EPOLL_CTL_MOD, l->fd, &e) == 0);
    l->wants_out = out;
}

void line_flush(struct lines *s, struct line *l)
{
    size_t n;
    while (l->waiting_at < l->waiting_len &&
           line_io_write(l, l->waiting + l->waiting_at, l->waiting_len - l->waiting_at, &n) ==
               LINE_IO_DONE) {
        l->waiting_at += n;
        s->bytes_out += n;
    }
    bool left = l->waiting_at < l->waiting_len;
    if (!left) {
        free(l->waiting);
        l->waiting = NULL;
        l->waiting_at = l->waiting_len = l->waiting_room = 0;
    }
    line_watch(s, l, left);
}

static bool let_wait(struct line *l, const unsigned char *bytes, size_t len)
{
    if (l->waiting_len - l->waiting_at + len > LINE_WAITING_MAX)
        return false;
    if (l->waiting_len + len > l->waiting_room) {
        size_t room = l->waiting_len + len > 4096 ? 2 * LINE_WAITING_MAX : 4096;
        unsigned char *more = realloc(l->waiting, room);
        if (!more)
            return false;
        l->waiting = more;
        l->waiting_room = room;
    }
    if (l->waiting_len + len > l->waiting_room) {
        memmove(l->waiting, l->waiting + l->waiting_at, l->waiting_len - l->waiting_at);
        l->waiting_len -= l->waiting_at;
        l->waiting_at = 0;
    }
    memcpy(l->waiting + l->waiting_len, bytes, len);
    l->waiting_len += len;
    return true;
}

bool line_send_bytes(struct lines *s, struct line *l, const unsigned char *bytes, size_t len)
{
    size_t n = 0;
    if (l->waiting_len == 0) {
        enum line_io io = line_io_write(l, bytes, len, &n);
        if (io == LINE_IO_FAILED || io == LINE_IO_ENDED)
            return false;
        n = io == LINE_IO_DONE ? n : 0;
        s->bytes_out += n;
    }
    if (n == len)
        return true;
    bool taken = let_wait(l, bytes + n, len - n);
    if (taken)
        line_watch(s, l, true);
    else if (n > 0)
        (void)shutdown(l->fd, SHUT_RDWR); /* no memory for the rest of a frame: the line ends */
    return taken;
}

bool line_send_frame(struct lines *s, struct line *l, unsigned opcode, struct text payload)
{
    must(payload.len <= LINE_MESSAGE_MAX);
    s->chance ^= s->chance << 13; /* xorshift32: masks must differ, not be secret, here */
    s->chance ^= s->chance >> 17;
    s->chance ^= s->chance << 5;
    size_t header = ws_client_header(s->output, opcode, payload.len, s->chance);
    memcpy(s->output + header, payload.data, payload.len);
    ws_client_mask(s->output + header, payload.len, s->chance);
    return line_send_bytes(s, l, s->output, header + payload.len);
}

bool line_send(struct lines *s, struct line *l, struct text payload)
{
    return l->state == LINE_OPEN && line_send_frame(s, l, WS_TEXT, payload);
}

void line_leave(struct lines *s, struct line *l)
{
    if (l->state != LINE_OPEN)
        return;
    (void)line_send_frame(s, l, WS_CLOSE, TEXT("\x03\xe8")); /* 1000 */
    l->state = LINE_LEAVING;
}
