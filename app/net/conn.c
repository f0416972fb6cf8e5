#include "net/conn.h"

#include "base/metrics.h"
#include "base/must.h"
#include "net/conn_io.h"
#include "net/loop.h"
#include "net/outbox.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Reads and writes of one connection in one turn: after these it is the others' turn. */
#define READS_MAX 4
#define WRITES_MAX 16

enum state {
    STATE_OPEN,
    STATE_LINGERING, /* conn_close with time left: sends the rest, then waits for the peer's end */
    STATE_DEAD,      /* to be ended by conn_work_finish */
};

enum work { WORK_READ = 1, WORK_FLUSH = 2 };

struct conn {
    struct reactor *reactor;
    struct ssl_st *ssl;
    struct conn_owner owner;
    struct outbox outbox;
    struct timer linger;
    struct conn *next, *previous; /* of the loop's connections */
    struct conn *work_next;
    unsigned char *early; /* bytes that came before we did */
    size_t early_len;
    uint64_t bytes_in, bytes_out, frames_out;
    int fd;
    uint32_t interest; /* what epoll was told */
    uint8_t state;
    uint8_t work;
    bool listed; /* in the work list */
    bool by_peer;
    bool closing; /* conn_close was called */
    bool paused;
    bool blocked;          /* the socket did not take everything: wait for EPOLLOUT */
    bool shut;             /* our write side */
    bool last_flush;       /* the peer has ended its side: one try to send what is queued */
    bool read_wants_write; /* TLS */
    bool write_wants_read; /* TLS */
};

_Static_assert(sizeof(struct conn) < 250, "an idle connection is its struct and nothing else");

/* ---- the work list */

static void work_push(struct work_list *w, struct conn *c)
{
    c->work_next = NULL;
    if (w->last)
        w->last->work_next = c;
    else
        w->first = c;
    w->last = c;
}

static struct conn *work_pop(struct work_list *w)
{
    struct conn *c = w->first;
    if (!c)
        return NULL;
    w->first = c->work_next;
    if (!w->first)
        w->last = NULL;
    return c;
}

/* Has the connection looked at before the turn ends. `work` may be 0: only to see whether it is dead. */
static void mark(struct conn *c, uint8_t work) ON(role_reactor)
{
    c->work |= work;
    if (c->listed)
        return;
    c->listed = true;
    work_push(&reactor_loop(c->reactor)->work, c);
}

static void die(struct conn *c, bool by_peer) ON(role_reactor)
{
    if (c->state == STATE_DEAD)
        return;
    c->by_peer = by_peer && !c->closing;
    c->state = STATE_DEAD;
    mark(c, 0);
}

/* ---- what epoll is asked for */

static bool wants_input(const struct conn *c)
{
    return c->state == STATE_LINGERING || !c->paused || c->write_wants_read;
}

static void update_interest(struct conn *c) ON(role_reactor)
{
    if (c->state == STATE_DEAD)
        return;
    uint32_t wanted = 0;
    if (wants_input(c))
        wanted |= EPOLLIN;
    if (c->read_wants_write || (c->blocked && !c->write_wants_read))
        wanted |= EPOLLOUT;
    if (wanted == c->interest)
        return;
    struct epoll_event event = {.events = wanted, .data.ptr = c};
    if (epoll_ctl(reactor_loop(c->reactor)->epoll_fd, EPOLL_CTL_MOD, c->fd, &event) < 0)
        die(c, true);
    c->interest = wanted;
}

/* ---- begin and end */

static void linger_is_over(struct timer *t)
{
    role_assert(&role_reactor);
    die(t->owner, false);
}

static void conn_free(struct conn *c)
{
    if (!c)
        return;
    outbox_fini(&c->outbox);
    conn_io_close(c->fd, c->ssl);
    free(c->early);
    free(c);
}

enum err conn_adopt(struct reactor *r, const struct conn_socket *socket, size_t budget_bytes,
                    const struct conn_owner *owner, struct conn **out_conn)
{
    struct loop *l = reactor_loop(r);
    struct conn *c = calloc(1, sizeof *c);
    if (!c) {
        conn_io_close(socket->fd, socket->ssl);
        return ERR_NOMEM;
    }
    *c = (struct conn){.reactor = r, .owner = *owner, .interest = EPOLLIN};
    c->fd = socket->fd;
    c->ssl = socket->ssl;
    c->linger = (struct timer){.fire = linger_is_over, .owner = c};
    outbox_init(&c->outbox, budget_bytes);
    enum err e = ERR_NOMEM;
    if (socket->early.len > 0) {
        c->early = malloc(socket->early.len);
        if (!c->early)
            goto failed;
        memcpy(c->early, socket->early.data, socket->early.len);
        c->early_len = socket->early.len;
    }
    e = ERR_IO;
    struct epoll_event event = {.events = c->interest, .data.ptr = c};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
        goto failed;
    c->next = l->conns;
    if (c->next)
        c->next->previous = c;
    l->conns = c;
    if (c->early || c->ssl)
        mark(c, WORK_READ);
    *out_conn = c;
    return ERR_OK;
failed:
    conn_free(c);
    return e;
}

static void end(struct loop *l, struct conn *c) ON(role_reactor)
{
    timer_cancel(c->reactor, &c->linger);
    if (c->next)
        c->next->previous = c->previous;
    if (c->previous)
        c->previous->next = c->next;
    else
        l->conns = c->next;
    /* Closing the descriptor would do, unless somebody has a duplicate of it. */
    (void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    struct conn_owner owner = c->owner;
    bool by_peer = c->by_peer;
    /* Its last functions may still be called from on_closed, so it is freed afterwards. */
    owner.on_closed(owner.ctx, by_peer);
    conn_free(c);
}

void conn_close(struct conn *c, int64_t linger_ms)
{
    if (c->state == STATE_DEAD)
        return;
    c->closing = true;
    int64_t at_ms = reactor_now_ms(c->reactor) + linger_ms;
    bool sooner = c->linger.slot == 0 || at_ms < c->linger.at_ms;
    if (linger_ms <= 0 || (sooner && timer_set(c->reactor, &c->linger, at_ms) != ERR_OK)) {
        die(c, false);
        return;
    }
    c->state = STATE_LINGERING;
    mark(c, WORK_FLUSH);
}

/* ---- in */

static void give(struct conn *c, unsigned char *bytes, size_t len)
{
    c->bytes_in += len;
    metric_add(METRIC_bytes_in, (int64_t)len);
    if (c->state == STATE_OPEN)
        c->owner.on_bytes(c->owner.ctx, bytes, len);
}

static void give_early(struct conn *c)
{
    unsigned char *early = c->early;
    c->early = NULL;
    give(c, early, c->early_len);
    free(early);
}

/* The peer has ended its side; it may still read, so what was queued in this turn is tried once. */
static void peer_ended(struct conn *c) ON(role_reactor)
{
    c->last_flush = true;
    die(c, true);
}

static bool may_read(const struct conn *c)
{
    return c->state != STATE_DEAD && (c->state == STATE_LINGERING || !c->paused);
}

static void read_now(struct loop *l, struct conn *c) ON(role_reactor)
{
    if (c->early && may_read(c))
        give_early(c);
    for (int i = 0; i < READS_MAX && may_read(c); i++) {
        size_t len = 0;
        enum io io = conn_io_read(c->fd, c->ssl, l->read_buffer, sizeof l->read_buffer, &len);
        c->read_wants_write = io == IO_WANTS_WRITE;
        if (io == IO_ENDED)
            peer_ended(c);
        else if (io == IO_FAILED)
            die(c, true);
        else if (io == IO_DONE)
            give(c, l->read_buffer, len);
        if (io != IO_DONE || (!c->ssl && len < sizeof l->read_buffer)) {
            update_interest(c);
            return;
        }
        if (!c->ssl)
            return; /* a full buffer: epoll says if there is more */
    }
    if (c->ssl && may_read(c))
        mark(c, WORK_READ); /* OpenSSL may hold more, which epoll cannot see */
}

void conn_pause(struct conn *c, bool paused)
{
    if (c->state == STATE_DEAD)
        return;
    c->paused = paused;
    update_interest(c);
    if (!paused && (c->early || c->ssl))
        mark(c, WORK_READ);
}

/* ---- out */

static void flush(struct loop *l, struct conn *c) ON(role_reactor)
{
    enum io io = IO_DONE;
    for (int i = 0; i < WRITES_MAX && c->outbox.count > 0 && io == IO_DONE; i++) {
        size_t sent = 0;
        io = c->ssl ? conn_io_write_tls(c->ssl, &c->outbox, l->write_buffer, sizeof l->write_buffer,
                                        &sent)
                    : conn_io_write(c->fd, &c->outbox, &sent);
        outbox_sent(&c->outbox, sent);
        c->bytes_out += sent;
        metric_add(METRIC_bytes_out, (int64_t)sent);
    }
    c->write_wants_read = io == IO_WANTS_READ;
    c->blocked = c->outbox.count > 0;
    if (io == IO_FAILED) {
        die(c, true);
        return;
    }
    if (c->state == STATE_LINGERING && c->outbox.count == 0 && !c->shut) {
        c->shut = true;
        conn_io_shut(c->fd, c->ssl);
    }
    update_interest(c); /* EPOLLOUT only while something is left */
}

enum err conn_send(struct conn *c, struct frame *f)
{
    if (c->state != STATE_OPEN)
        return ERR_CLOSED;
    enum err e = outbox_push(&c->outbox, f);
    if (e == ERR_LIMIT && !c->blocked) { /* one turn brought much; the peer may well be reading */
        flush(reactor_loop(c->reactor), c);
        e = c->state == STATE_OPEN ? outbox_push(&c->outbox, f) : ERR_CLOSED;
    }
    if (e != ERR_OK)
        return e;
    c->frames_out++;
    metric_max(METRIC_outbox_max_bytes, (int64_t)c->outbox.bytes);
    if (!c->blocked)
        mark(c, WORK_FLUSH);
    return ERR_OK;
}

/* ---- what the loop calls */

void conn_events(struct conn *c, uint32_t events)
{
    if (c->state == STATE_DEAD)
        return;
    if (events & (EPOLLERR | EPOLLHUP) && !may_read(c)) {
        die(c, true); /* epoll would report it for ever */
        return;
    }
    if (events & EPOLLOUT || c->write_wants_read)
        mark(c, WORK_FLUSH);
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP) || c->read_wants_write)
        read_now(reactor_loop(c->reactor), c);
}

void conn_work_read(struct loop *l)
{
    struct work_list list = l->work;
    l->work = (struct work_list){0};
    for (struct conn *c = work_pop(&list); c; c = work_pop(&list)) {
        bool reads = c->work & WORK_READ;
        c->work &= (uint8_t)~WORK_READ;
        c->listed = false;
        mark(c, 0);
        if (reads)
            read_now(l, c);
    }
}

void conn_work_finish(struct loop *l)
{
    struct work_list later = {0};
    for (struct conn *c = work_pop(&l->work); c; c = work_pop(&l->work)) {
        c->listed = false;
        bool flushes = c->work & WORK_FLUSH;
        c->work &= (uint8_t)~WORK_FLUSH;
        if (flushes && (c->state != STATE_DEAD || c->last_flush))
            flush(l, c);
        if (c->listed)
            continue; /* marked again: it comes again */
        if (c->state == STATE_DEAD) {
            end(l, c);
        } else if (c->work & WORK_READ) {
            c->listed = true;
            work_push(&later, c);
        }
    }
    l->work = later;
}

void conn_close_all(struct loop *l)
{
    for (struct conn *c = l->conns; c; c = c->next) {
        c->closing = true;
        die(c, false);
    }
}

/* ---- what can be asked */

size_t conn_queue_bytes(const struct conn *c)
{
    return c->outbox.bytes;
}

struct conn_stats conn_stats(const struct conn *c)
{
    return (struct conn_stats){
        .bytes_in = c->bytes_in,
        .bytes_out = c->bytes_out,
        .frames_out = c->frames_out,
        .queue_bytes = c->outbox.bytes,
        .queue_peak_bytes = c->outbox.peak_bytes,
    };
}

void conn_drop_queue(struct conn *c)
{
    outbox_drop(&c->outbox, c->ssl ? TLS_WRITE_BYTES : 0);
}

void conn_refuse(int fd, struct ssl_st *ssl)
{
    conn_io_close(fd, ssl);
}
