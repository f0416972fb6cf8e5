#include "http/gate_inside.h"

#include "base/metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BACKLOG 4096
#define ACCEPTS_MAX 64 /* in a turn: then it is the others' */
#define PAUSE_MS 100
#define REFUSED_MAX 64 /* that linger to be seen */

/* ---- listening */

/* "127.0.0.1:8080s", "[::1]:0", "localhost:80". */
static bool parse(struct text t, union gate_name *out, bool *out_secure)
{
    char host[64];
    *out_secure = t.len > 0 && t.data[t.len - 1] == 's';
    t.len -= *out_secure;
    size_t colon = t.len;
    while (colon > 0 && t.data[colon - 1] != ':')
        colon--;
    struct text port = text_after(t, colon), name = {t.data, colon ? colon - 1 : 0};
    int64_t number = text_is(port, TEXT("0")) ? 0 : text_id(port);
    bool brackets = name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']';
    if (brackets)
        name = (struct text){name.data + 1, name.len - 2};
    else if (text_is(name, TEXT("localhost")))
        name = TEXT("127.0.0.1");
    if (colon == 0 || name.len >= sizeof host || number > 65535 ||
        (number == 0 && !text_is(port, TEXT("0"))))
        return false;
    text_copy(host, sizeof host, name);
    *out = (union gate_name){0};
    out->any.sa_family = brackets ? AF_INET6 : AF_INET;
    if (brackets)
        out->v6.sin6_port = htons((uint16_t)number);
    else
        out->v4.sin_port = htons((uint16_t)number);
    return inet_pton(out->any.sa_family, host,
                     brackets ? (void *)&out->v6.sin6_addr : (void *)&out->v4.sin_addr) == 1;
}

static socklen_t size_of(const union gate_name *n)
{
    return n->any.sa_family == AF_INET6 ? sizeof n->v6 : sizeof n->v4;
}

/* What is set here, accepted sockets have too. */
static int open_listener(const union gate_name *at)
{
    int on = 1;
    int fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (at->any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &at->any, size_of(at)) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    (void)close(fd);
    errno = why;
    return -1;
}

static bool add_listener(struct gate *g, struct text where, char error[256])
{
    struct listener *l = &g->listeners[g->listeners_count];
    union gate_name at;
    socklen_t len = sizeof at;
    if (!parse(where, &at, &l->secure) || (l->secure && !g->tls)) {
        (void)snprintf(error, 256, "%.*s is no address to listen on", TEXT_ARG(where));
        return false;
    }
    l->fd = open_listener(&at);
    if (l->fd < 0) {
        (void)snprintf(error, 256, "cannot bind to %.*s: %d (%s)", TEXT_ARG(where), errno,
                       strerrordesc_np(errno));
        return false;
    }
    g->listeners_count++;
    (void)getsockname(l->fd, &at.any, &len);
    l->port = ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
    if (epoll_ctl(g->epoll_fd, EPOLL_CTL_ADD, l->fd, &e) == 0)
        return true;
    (void)snprintf(error, 256, "cannot watch %.*s: %s", TEXT_ARG(where), strerrordesc_np(errno));
    return false;
}

enum err gate_listen(struct gate *g, char error[256])
{
    struct text rest = text_of(g->options.listen), where;
    while (text_split(&rest, ',', &where))
        if (g->listeners_count == GATE_LISTENERS_MAX || !add_listener(g, where, error))
            return ERR_IO;
    return g->listeners_count == g->options.listen_count ? ERR_OK : ERR_IO;
}

void gate_listeners_close(struct gate *g)
{
    for (unsigned i = 0; i < g->listeners_count; i++)
        (void)close(g->listeners[i].fd);
    g->listeners_count = 0;
}

/* ---- accepting */

static void send_away(struct gate *g, struct gate_conn *c, enum gate_refusal why)
{
    static const char words[] =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 32\r\n\r\n"
        "There are too many connections.\n";
    metric_add(why == GATE_ADDRESS_FULL ? METRIC_http_refused_address : METRIC_http_refused_full,
               1);
    mutex_lock(&g->lock);
    c->refused = !c->handshaking && g->refused < REFUSED_MAX;
    g->refused += c->refused;
    mutex_unlock(&g->lock);
    if (!c->handshaking)
        (void)send(c->fd, words, sizeof words - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (!c->refused) {
        gate_end(g, c);
        return;
    }
    (void)shutdown(c->fd, SHUT_WR);
    gate_move(g, c, GATE_LINGER);
    gate_arm(g, c, EPOLLIN);
}

static struct gate_conn *conn_new(const struct gate *g, int fd, const union gate_name *peer,
                                  bool secure)
{
    struct gate_conn *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->fd = fd;
    c->peer = *peer;
    c->list = GATE_HEAD; /* in no list yet */
    c->handshaking = secure;
    buf_init(&c->in, g->options.rules.head_max + 2 * g->options.rules.body_max + 3 * ROOM_BYTES);
    buf_init(&c->out, GATE_ANSWER_MAX);
    return c;
}

/* NULL: it was sent away. */
ON(role_http)
static struct gate_conn *admit(struct gate *g, int fd, const union gate_name *peer, bool secure)
{
    struct gate_conn *c = conn_new(g, fd, peer, secure);
    metric_add(METRIC_http_accepted, 1);
    if (!c) {
        metric_add(METRIC_http_refused_full, 1);
        (void)close(fd);
        return NULL;
    }
    enum gate_refusal no = GATE_TAKEN;
    if (fd >= g->fd_max && !gate_make_room(g))
        no = GATE_FULL;
    if (no == GATE_TAKEN)
        no = gate_count(g, c);
    if (no == GATE_FULL && fd < g->fd_max && gate_make_room(g))
        no = gate_count(g, c);
    if (no != GATE_TAKEN) {
        send_away(g, c, no);
        return NULL;
    }
    return c;
}

void gate_accept_pause(struct gate *g, bool pause)
{
    g->paused_until_ms = pause ? g->now_ms + PAUSE_MS : 0;
    for (unsigned i = 0; i < g->listeners_count; i++) {
        struct epoll_event e = {.events = pause ? 0 : EPOLLIN, .data.ptr = &g->listeners[i]};
        (void)epoll_ctl(g->epoll_fd, EPOLL_CTL_MOD, g->listeners[i].fd, &e);
    }
}

/* Where nothing is left to accept with, the listener stays readable: not to look at it for a while is the only way not to
 * spin. Returns how many came. */
ON(role_http)
static unsigned accept_some(struct gate *g, struct listener *l, struct gate_conn *out[ACCEPTS_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
        union gate_name peer = {0};
        socklen_t len = sizeof peer;
        int fd = accept4(l->fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            out[count] = admit(g, fd, &peer, l->secure);
            count += out[count] != NULL;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            if (gate_make_room(g))
                continue;
            metric_add(METRIC_http_accept_pauses, 1);
            gate_accept_pause(g, true);
            break;
        } /* else: that one has gone already */
    }
    return count;
}

/* Requests are looked for when all have been let in: by then most are there, and their sockets need not be watched. One that
 * was closed meanwhile, to make room, is kept until the turn's end. */
void gate_accept(struct gate *g, struct listener *l)
{
    struct gate_conn *came[ACCEPTS_MAX];
    unsigned count = accept_some(g, l, came);
    for (unsigned i = 0; i < count; i++)
        gate_look(g, came[i]);
}
