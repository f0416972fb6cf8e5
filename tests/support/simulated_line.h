/* simulated_line: the client's end of a WebSocket over a network that the test moves by hand: what is said waits until some
 * bytes of it are carried, what the server sends waits until some bytes of it are read, and the line may be cut anywhere. */
#ifndef SNUG_TESTS_SIMULATED_LINE_H
#define SNUG_TESTS_SIMULATED_LINE_H

#include "base/must.h"
#include "simulation.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct line {
    int fd; /* -1: no line */
    size_t up_len, in_len, taken;
    unsigned char up[1 << 16]; /* said, not carried yet */
    unsigned char in[1 << 17]; /* read, no whole frame yet */
};

/* Returns the server's end, with a socket that takes little, so that a client that does not read is felt soon. */
static inline int line_open(struct line *l)
{
    int fds[2], bytes = 4096;
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    must(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0);
    l->fd = fds[1];
    l->up_len = l->in_len = l->taken = 0;
    return fds[0];
}

/* What was not carried is lost. */
static inline void line_cut(struct line *l)
{
    if (l->fd >= 0)
        (void)close(l->fd);
    l->fd = -1;
}

/* One masked frame. */
static inline void line_say(struct line *l, struct chance *chance, unsigned opcode,
                            struct text payload)
{
    unsigned char mask[4], *at = l->up + l->up_len;
    must(payload.len < 65536 && l->up_len + payload.len + 8 <= sizeof l->up);
    chance_fill(chance, mask, sizeof mask);
    *at++ = (unsigned char)(0x80 | opcode);
    *at++ = (unsigned char)(0x80 | (payload.len < 126 ? payload.len : 126));
    if (payload.len >= 126) {
        *at++ = (unsigned char)(payload.len >> 8);
        *at++ = (unsigned char)payload.len;
    }
    for (size_t i = 0; i < 4; i++)
        *at++ = mask[i];
    for (size_t i = 0; i < payload.len; i++)
        *at++ = (unsigned char)payload.data[i] ^ mask[i % 4];
    l->up_len = (size_t)(at - l->up);
}

/* Carries at most `most` bytes to the server. False: its end is gone. */
static inline bool line_carry(struct line *l, size_t most)
{
    size_t len = l->up_len < most ? l->up_len : most;
    ssize_t n = len ? send(l->fd, l->up, len, MSG_NOSIGNAL) : 0;
    if (n > 0) {
        l->up_len -= (size_t)n;
        memmove(l->up, l->up + n, l->up_len);
    }
    return n >= 0 || errno == EAGAIN;
}

/* Reads at most `most` bytes of the server's. *out_ended: there are no more and never will be. Returns how many. */
static inline size_t line_read(struct line *l, size_t most, bool *out_ended)
{
    l->in_len -= l->taken;
    memmove(l->in, l->in + l->taken, l->in_len);
    l->taken = 0;
    size_t room = sizeof l->in - l->in_len;
    must(room > 0);
    ssize_t n = read(l->fd, l->in + l->in_len, room < most ? room : most);
    *out_ended = n == 0 || (n < 0 && errno != EAGAIN);
    l->in_len += n > 0 ? (size_t)n : 0;
    return n > 0 ? (size_t)n : 0;
}

/* The next whole frame of what was read; its payload is borrowed until line_read. */
static inline bool line_take(struct line *l, unsigned *out_opcode, struct text *out_payload)
{
    const unsigned char *at = l->in + l->taken;
    size_t left = l->in_len - l->taken, head = 2, len;
    if (left < 2)
        return false;
    len = at[1];
    if (len == 126)
        head = 4;
    else if (len == 127)
        head = 10;
    if (left < head)
        return false;
    if (head > 2)
        len = 0;
    for (size_t i = 2; i < head; i++)
        len = len << 8 | at[i];
    if (left - head < len)
        return false;
    *out_opcode = at[0] & 15;
    *out_payload = (struct text){(const char *)at + head, len};
    l->taken += head + len;
    return true;
}

#endif
