#include "load/line.h"

#include "base/env.h"
#include "base/must.h"
#include "load/line_inside.h"
#include "load/ws_client.h"
#include "wire/ws_frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* ---- all lines */

static enum err look_up(struct lines *s, char error[LOAD_ERROR_SIZE])
{
    const struct load_target *t = &s->options->target;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    /* localhost may be ::1 too, where most servers of one's own do not listen. */
    if (s->options->source_addresses > 0 || strcmp(t->host, "localhost") == 0)
        hints.ai_family = AF_INET;
    int code = getaddrinfo(t->host, t->port, &hints, &found);
    if (code != 0 || !found) {
        (void)snprintf(error, LOAD_ERROR_SIZE, "The host %s of --url is not known: %s.", t->host,
                       gai_strerror(code));
        return ERR_NOT_FOUND;
    }
    memcpy(&s->address, found->ai_addr, found->ai_addrlen);
    s->address_len = found->ai_addrlen;
    freeaddrinfo(found);
    return ERR_OK;
}

enum err lines_open(struct lines *s, const struct load_options *options,
                    const struct line_owner *owner, char error[LOAD_ERROR_SIZE])
{
    *s = (struct lines){.options = options, .owner = *owner, .epoll = -1};
    s->inflate = (struct ws_inflate){.window_bits = 15, .takeover = true};
    unsigned char chance[16];
    env_random(&env_real, chance, sizeof chance);
    memcpy(&s->chance, chance, sizeof s->chance);
    s->chance |= 1;
    env_random(&env_real, chance, sizeof chance);
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    struct buf key;
    buf_init(&key, sizeof s->key);
    for (size_t i = 0; i < 21; i++)
        buf_add_char(&key, letters[chance[i % 16] % 26]);
    buf_add_char(&key, 'Q'); /* 16 bytes are 22 letters, the last one with four zero bits */
    (void)snprintf(s->key, sizeof s->key, "%.*s==", TEXT_ARG(buf_text(&key)));
    buf_fini(&key);
    must(ws_accept(text_of(s->key), s->accept));

    enum err e = look_up(s, error);
    if (e != ERR_OK)
        return e;
    s->input = malloc(LINE_KEPT_MAX + LINE_READ_SIZE);
    s->output = malloc(LINE_MESSAGE_MAX + WS_CLIENT_HEADER_MAX);
    s->inflated = malloc(options->deflate ? LINE_KEPT_MAX : 1);
    e = s->input && s->output && s->inflated ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK && options->target.tls)
        e = line_io_context(options->insecure, &s->tls);
    if (e == ERR_OK && (s->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
        e = ERR_IO;
    if (e != ERR_OK)
        (void)snprintf(error, LOAD_ERROR_SIZE, "%s", err_text(e));
    return e;
}

void lines_close(struct lines *s)
{
    if (s->epoll >= 0)
        (void)close(s->epoll);
    ws_inflate_fini(&s->inflate);
    line_io_context_free(s->tls);
    free(s->input);
    free(s->output);
    free(s->inflated);
    *s = (struct lines){.epoll = -1};
}

/* ---- the end of a line */

void line_drop(struct lines *s, struct line *l)
{
    (void)s;
    if (l->state == LINE_CLOSED)
        return;
    line_io_close(l);
    free(l->kept);
    free(l->waiting);
    *l = (struct line){.fd = -1};
}

void line_end(struct lines *s, struct line *l, const char *why)
{
    line_drop(s, l);
    s->owner.ended(s->owner.ctx, l, why);
}

/* ---- the beginning */

static bool bind_source(struct lines *s, int fd)
{
    int64_t many = s->options->source_addresses;
    if (many == 0)
        return true;
    int on = 1;
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + s->started % (uint32_t)many);
    return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0 &&
           bind(fd, (struct sockaddr *)&from, sizeof from) == 0;
}

bool lines_start(struct lines *s, struct line *l, const char **out_why)
{
    must(l->state == LINE_CLOSED);
    *l = (struct line){.fd = -1};
    l->fd = socket(s->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    bool going = l->fd >= 0 && bind_source(s, l->fd) &&
                 setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                 (connect(l->fd, (struct sockaddr *)&s->address, s->address_len) == 0 ||
                  errno == EINPROGRESS);
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = l};
    if (!going || epoll_ctl(s->epoll, EPOLL_CTL_ADD, l->fd, &e) != 0) {
        *out_why = errno == EADDRNOTAVAIL ? "no local port is free (--source-addresses gives more)"
                                          : strerrordesc_np(errno);
        line_io_close(l);
        return false;
    }
    s->started++;
    l->wants_out = true;
    l->state = LINE_CONNECTING;
    return true;
}

static void ask_upgrade(struct lines *s, struct line *l)
{
    const struct load_target *t = &s->options->target;
    char room[LINE_ROOM_SIZE];
    s->owner.room(s->owner.ctx, l, room);
    struct ws_client_request request = {.authority = t->authority,
                                        .path = t->path,
                                        .room = room,
                                        .key = s->key,
                                        .deflate = s->options->deflate};
    struct buf bytes;
    buf_init(&bytes, 8192);
    ws_client_request(&request, &bytes);
    l->state = LINE_UPGRADING;
    bool sent =
        bytes.err == ERR_OK && line_send_bytes(s, l, (const unsigned char *)bytes.data, bytes.len);
    buf_fini(&bytes);
    if (!sent)
        line_end(s, l, "the request to upgrade could not be sent");
    else if (l->waiting_len == 0)
        line_watch(s, l, false);
}

static void secure(struct lines *s, struct line *l)
{
    errno = 0;
    enum line_io io = line_io_secure(l);
    if (io == LINE_IO_DONE) {
        ask_upgrade(s, l);
    } else if (io == LINE_IO_LATER || io == LINE_IO_WANTS_OUT) {
        line_watch(s, l, io == LINE_IO_WANTS_OUT);
    } else {
        char why[160];
        (void)snprintf(why, sizeof why, "TLS: %s",
                       io == LINE_IO_ENDED ? "the server ended it" : line_io_why(l));
        line_end(s, l, why);
    }
}

static void connected(struct lines *s, struct line *l)
{
    int code = 0;
    socklen_t len = sizeof code;
    if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0 || code != 0) {
        line_end(s, l, code ? strerrordesc_np(code) : "the connection broke");
        return;
    }
    if (!s->options->target.tls) {
        ask_upgrade(s, l);
    } else if (line_io_secure_begin(s, l)) {
        l->state = LINE_SECURING;
        secure(s, l);
    } else {
        line_end(s, l, "TLS: out of memory");
    }
}

void lines_event(struct lines *s, struct line *l, uint32_t events)
{
    switch ((enum line_state)l->state) {
    case LINE_CLOSED:
        return; /* it ended earlier in this turn */
    case LINE_CONNECTING:
        if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
            connected(s, l);
        return;
    case LINE_SECURING:
        secure(s, l);
        return;
    case LINE_UPGRADING:
    case LINE_OPEN:
    case LINE_LEAVING:
        if (events & EPOLLOUT)
            line_flush(s, l);
        if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            line_read(s, l);
        return;
    }
}
