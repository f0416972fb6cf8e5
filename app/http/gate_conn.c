#include "http/gate_inside.h"

#include "base/metrics.h"
#include "base/must.h"
#include "net/conn_io.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_MS 1000
#define LINGER_READS 128 /* times ROOM_BYTES: then it is cut */

/* ---- lists */

static int64_t limit_ms(const struct gate *g, enum gate_list list)
{
    switch (list) {
    case GATE_HEAD:
        return g->options.head_ms;
    case GATE_BODY:
        return g->options.body_ms;
    case GATE_IDLE:
        return g->options.idle_ms;
    case GATE_SEND:
        return g->options.send_ms;
    default:
        return LINGER_MS;
    }
}

static void unlink_from(struct list *l, struct gate_conn *c)
{
    if (l->first != c && !c->previous)
        return; /* in none yet */
    if (c->previous)
        c->previous->next = c->next;
    else
        l->first = c->next;
    if (c->next)
        c->next->previous = c->previous;
    else
        l->last = c->previous;
    l->count--;
    c->next = c->previous = NULL;
}

/* A list's limit is the same for all in it, so who came first is due first. */
void gate_place(struct gate *g, struct gate_conn *c, enum gate_list list)
{
    struct list *l = &g->lists[list];
    unlink_from(&g->lists[c->list], c);
    c->list = (uint8_t)list;
    c->until_ms = env_monotonic_ms(&env_real) + limit_ms(g, list);
    c->previous = l->last;
    if (l->last)
        l->last->next = c;
    else
        l->first = c;
    l->last = c;
    l->count++;
}

void gate_move(struct gate *g, struct gate_conn *c, enum gate_list list)
{
    mutex_lock(&g->lock);
    gate_place(g, c, list);
    mutex_unlock(&g->lock);
}

void gate_arm(struct gate *g, struct gate_conn *c, uint32_t events)
{
    struct epoll_event e = {.events = events | EPOLLONESHOT, .data.ptr = c};
    int op = c->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    c->registered = true;
    if (epoll_ctl(g->epoll_fd, op, c->fd, &e) < 0)
        (void)shutdown(c->fd, SHUT_RDWR); /* no memory for it: its deadline ends it */
}

/* ---- the end of one */

void gate_conn_free(struct gate_conn *c)
{
    buf_fini(&c->in);
    buf_fini(&c->out);
    free(c);
}

static void file_close(struct gate_conn *c)
{
    if (c->file.left > 0)
        (void)close(c->file.fd);
    c->file.left = 0;
}

/* Who had it has it no more. One that waited on the gate's thread may have an event in the turn's batch: it is freed after
 * that. */
void gate_end(struct gate *g, struct gate_conn *c)
{
    mutex_lock(&g->lock);
    bool at_work = c->list == GATE_WORK;
    gate_uncount(g, c);
    gate_place(g, c, GATE_DEAD);
    if (at_work)
        unlink_from(&g->lists[GATE_DEAD], c);
    else
        g->again = true;
    mutex_unlock(&g->lock);
    file_close(c);
    if (c->fd >= 0) {
        if (c->ssl && !c->handshaking)
            conn_io_shut(c->fd, c->ssl);
        conn_io_close(c->fd, c->ssl);
    }
    c->fd = -1;
    c->ssl = NULL;
    if (at_work)
        gate_conn_free(c);
}

/* ---- out */

static bool send_tls(struct gate_conn *c, struct text t, size_t *out_sent)
{
    while (*out_sent < t.len) {
        size_t left = t.len - *out_sent;
        ERR_clear_error();
        int n = SSL_write(c->ssl, t.data + *out_sent, left > INT_MAX ? INT_MAX : (int)left);
        if (n <= 0) {
            int why = SSL_get_error(c->ssl, n);
            return why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ;
        }
        *out_sent += (size_t)n;
    }
    return true;
}

/* As much as the socket takes; false: it is over. */
static bool send_some(struct gate_conn *c, struct text head, struct text body, size_t *out_sent)
{
    *out_sent = 0;
    if (c->ssl) {
        size_t more = 0;
        bool good = send_tls(c, head, out_sent);
        if (good && *out_sent == head.len)
            good = send_tls(c, body, &more);
        *out_sent += more;
        return good;
    }
    struct iovec pieces[2] = {{(void *)head.data, head.len}, {(void *)body.data, body.len}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    for (;;) {
        ssize_t n = body.len > 0 ? sendmsg(c->fd, &message, flags)
                                 : send(c->fd, head.data, head.len, flags); /* cheaper */
        if (n < 0 && errno == EINTR)
            continue;
        *out_sent = n > 0 ? (size_t)n : 0;
        return n >= 0 || errno == EAGAIN;
    }
}

bool gate_write(struct gate *g, struct gate_conn *c, struct text head, struct text body)
{
    size_t sent = 0;
    if (c->out.len == 0 && !send_some(c, head, body, &sent))
        return false;
    if (sent == head.len + body.len)
        return true;
    size_t of_head = sent < head.len ? sent : head.len;
    if (!gate_charge(g, c, c->in.len + c->out.len + head.len + body.len - sent)) {
        metric_add(METRIC_http_refused_bytes, 1);
        return false;
    }
    buf_add_text(&c->out, text_after(head, of_head));
    buf_add_text(&c->out, text_after(body, sent - of_head));
    return c->out.err == ERR_OK;
}

/* ---- a file behind it */

#define FILE_READ ((size_t)64 << 10)
#define FILE_READS 4 /* of a turn: others want the worker, too */
#define FILE_UNSENT                                                                                \
    (128                                                                                           \
     << 10) /* in the socket: with more it does not take any, so that a slow client is heard of often */

/* False: it is over. */
static bool send_piece(struct gate_conn *c)
{
    char bytes[FILE_READ];
    struct gate_file *f = &c->file;
    size_t want = f->left < (int64_t)sizeof bytes ? (size_t)f->left : sizeof bytes, sent = 0;
    ssize_t n = pread(f->fd, bytes, want, f->at);
    if (n <= 0 || !send_some(c, (struct text){bytes, (size_t)n}, TEXT_NONE, &sent))
        return n < 0 && errno == EINTR;
    f->waits = sent < (size_t)n;
    f->at += (int64_t)sent;
    f->left -= (int64_t)sent;
    metric_add(METRIC_file_bytes_sent, (int64_t)sent);
    return true;
}

void gate_send_more(struct gate_conn *c)
{
    int fd = c->file.fd;
    c->file.waits = false;
    for (unsigned i = 0; i < FILE_READS && c->file.left > 0 && !c->file.waits; i++)
        if (!send_piece(c)) {
            c->out.err = ERR_IO; /* the rest cannot be sent: it is cut, and shorter than it said */
            return;
        }
    if (c->file.left == 0)
        (void)close(fd);
}

void gate_send_file(struct gate_conn *c, int fd, int64_t at, int64_t len)
{
    int unsent = FILE_UNSENT;
    if (len == 0 || c->out.err != ERR_OK) {
        (void)close(fd);
        return;
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    c->file = (struct gate_file){.fd = fd, .at = at, .left = len};
    if (c->out.len == 0)
        gate_send_more(c);
}

/* True: all is sent. An error ends it. */
static bool send_rest(struct gate *g, struct gate_conn *c, bool *out_over)
{
    size_t sent;
    *out_over = !send_some(c, text_after(buf_text(&c->out), c->out_at), TEXT_NONE, &sent);
    c->out_at += sent;
    if (*out_over || c->out_at < c->out.len)
        return false;
    buf_fini(&c->out);
    c->out_at = 0;
    (void)gate_charge(g, c, c->in.len);
    return true;
}

/* ---- a request has been answered */

bool gate_take(struct gate *g, struct gate_conn *c, int *out_fd, struct ssl_st **out_ssl)
{
    if (c->fd < 0 || c->out.len > 0 || c->file.left > 0)
        return false;
    if (c->registered) /* the number may soon be another's */
        (void)epoll_ctl(g->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    *out_fd = c->fd;
    *out_ssl = c->ssl;
    c->fd = -1;
    c->ssl = NULL;
    return true;
}

static void wait_for(struct gate *g, struct gate_conn *c, enum gate_list list, uint32_t events)
{
    mutex_lock(&g->lock); /* until it is armed: the gate must not close it in between */
    gate_place(g, c, list);
    gate_arm(g, c, events);
    mutex_unlock(&g->lock);
}

/* What comes next for a connection whose request is answered. Any thread that has it. */
static void settle(struct gate *g, struct gate_conn *c)
{
    bool over = c->fd < 0 || atomic_load(&g->ending) || c->out.err != ERR_OK;
    bool ends = !c->keep || atomic_load(&g->closing);
    if (c->in.len == 0)
        buf_fini(&c->in);
    if (!over && (c->out.len > 0 || (c->file.left > 0 && c->file.waits))) {
        wait_for(g, c, GATE_SEND, EPOLLOUT);
    } else if (!over && c->file.left > 0) {
        gate_move(g, c, GATE_READY);
        waker_wake(g->waker);
    } else if (over || (ends && !c->drain)) {
        gate_end(g, c);
    } else if (ends) {
        conn_io_shut(c->fd, c->ssl);
        buf_fini(&c->in);
        wait_for(g, c, GATE_LINGER, EPOLLIN);
    } else if (c->in.len > 0 || (c->ssl && SSL_has_pending(c->ssl))) {
        gate_move(g, c, GATE_BACK);
        waker_wake(g->waker);
    } else {
        wait_for(g, c, GATE_IDLE, EPOLLIN);
    }
}

void gate_return(struct gate *g, struct gate_conn *c)
{
    must(c->list == GATE_WORK);
    c->end = (struct request_end){0};
    c->continued = false;
    (void)gate_charge(g, c, c->in.len + c->out.len);
    mutex_lock(&g->lock);
    bool others = g->lists[GATE_READY].count > 0;
    mutex_unlock(&g->lock);
    settle(g, c);
    if (others)
        waker_wake(g->waker);
}

/* ---- a request comes */

bool gate_hand(struct gate *g, struct gate_conn *c)
{
    gate_move(g, c, GATE_WORK);
    if (c->end.quick)
        g->options.serve(g->options.ctx, c);
    else if (!g->options.give(g->options.ctx, c)) {
        gate_move(g, c, GATE_READY);
        return false;
    }
    return true;
}

static void refuse(struct gate *g, struct gate_conn *c, int status)
{
    gate_move(g, c, GATE_WORK);
    c->keep = false;
    c->drain = true;
    g->options.refuse(g->options.ctx, c, status);
}

static void refuse_bytes(struct gate *g, struct gate_conn *c)
{
    metric_add(METRIC_http_refused_bytes, 1);
    refuse(g, c, 503);
}

/* False: it has been handed on or is over. */
ON(role_http) static bool judge(struct gate *g, struct gate_conn *c)
{
    switch (request_end_look(&c->end, &g->options.rules, buf_text(&c->in))) {
    case REQUEST_WHOLE:
        (void)gate_hand(g, c);
        return false;
    case REQUEST_HEAD_LONG:
        refuse(g, c, 431);
        return false;
    case REQUEST_BODY_LONG:
        refuse(g, c, 413);
        return false;
    case REQUEST_MORE:
        break;
    }
    if (c->list == GATE_IDLE || c->list == GATE_BACK)
        gate_move(g, c, GATE_HEAD);
    if (c->end.head > 0 && c->list != GATE_BODY)
        gate_move(g, c, GATE_BODY);
    if (c->end.expects && !c->continued) {
        c->continued = true;
        if (!gate_write(g, c, TEXT("HTTP/1.1 100 Continue\r\n\r\n"), TEXT_NONE) || c->out.len > 0) {
            gate_end(g, c); /* 25 bytes do not fit: it has not read for long */
            return false;
        }
    }
    return true;
}

ON(role_http) static bool take_in(struct gate *g, struct gate_conn *c, size_t len)
{
    buf_add(&c->in, g->room, len);
    buf_add_char(&c->in, 0); /* behind it, for the parser */
    c->in.len -= c->in.err == ERR_OK;
    if (c->in.err == ERR_OK && gate_charge(g, c, c->in.len))
        return judge(g, c);
    refuse_bytes(g, c);
    return false;
}

/* Reads what there is; all of it with TLS, which keeps bytes that no event tells of. */
ON(role_http) static void read_in(struct gate *g, struct gate_conn *c)
{
    for (;;) {
        size_t got = 0;
        switch (conn_io_read(c->fd, c->ssl, g->room, ROOM_BYTES, &got)) {
        case IO_DONE:
            if (!take_in(g, c, got))
                return;
            if (c->ssl || got == ROOM_BYTES)
                break;
            gate_arm(g, c, EPOLLIN);
            return;
        case IO_LATER:
        case IO_WANTS_READ:
            if (c->list == GATE_BACK)
                gate_move(g, c, GATE_IDLE);
            gate_arm(g, c, EPOLLIN);
            return;
        case IO_WANTS_WRITE:
            gate_arm(g, c, EPOLLOUT);
            return;
        case IO_ENDED:
            if (c->in.len > 0)
                refuse(g, c, 400);
            else
                gate_end(g, c);
            return;
        case IO_FAILED:
            gate_end(g, c);
            return;
        }
    }
}

ON(role_http) static void shake_hands(struct gate *g, struct gate_conn *c)
{
    char first;
    if (!c->ssl && recv(c->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN) {
        gate_arm(g, c, EPOLLIN); /* who says nothing needs no TLS yet: that is 20 KiB */
        return;
    }
    if (!c->ssl && (!(c->ssl = SSL_new(g->tls)) || SSL_set_fd(c->ssl, c->fd) != 1)) {
        gate_end(g, c);
        return;
    }
    ERR_clear_error();
    int n = SSL_accept(c->ssl);
    int why = n == 1 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, n);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        gate_arm(g, c, why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT);
        return;
    }
    if (n != 1) {
        gate_end(g, c);
        return;
    }
    c->handshaking = false;
    read_in(g, c);
}

/* What it still sends is thrown away, so that no reset overtakes the answer. */
static void linger(struct gate *g, struct gate_conn *c)
{
    for (;;) {
        ssize_t n = recv(c->fd, g->room, ROOM_BYTES, MSG_DONTWAIT);
        if (n > 0 && ++c->out_at < LINGER_READS)
            continue;
        if (n < 0 && errno == EAGAIN)
            gate_arm(g, c, EPOLLIN);
        else
            gate_end(g, c);
        return;
    }
}

void gate_look(struct gate *g, struct gate_conn *c)
{
    bool over = false;
    mutex_lock(&g->lock); /* a worker may just have placed it there */
    enum gate_list list = (enum gate_list)c->list;
    mutex_unlock(&g->lock);
    switch (list) {
    case GATE_HEAD:
    case GATE_BODY:
    case GATE_IDLE:
        if (c->handshaking)
            shake_hands(g, c);
        else
            read_in(g, c);
        break;
    case GATE_BACK:
        if (c->in.len == 0 || judge(g, c))
            read_in(g, c);
        break;
    case GATE_SEND:
        c->file.waits = false;
        if (c->out.len == 0 || send_rest(g, c, &over))
            settle(g, c);
        else if (over)
            gate_end(g, c);
        else
            gate_arm(g, c, EPOLLOUT);
        break;
    case GATE_LINGER:
        linger(g, c);
        break;
    default:
        break; /* closed earlier in this turn */
    }
}

void gate_expire(struct gate *g, struct gate_conn *c)
{
    bool mid_request = c->list == GATE_BODY || (c->list == GATE_HEAD && c->in.len > 0);
    if (c->list != GATE_IDLE && c->list != GATE_LINGER)
        metric_add(METRIC_http_timeouts, 1);
    if (mid_request)
        refuse(g, c, 408);
    else
        gate_end(g, c);
}
