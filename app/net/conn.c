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
#define PARTING_MS 2000

enum state {
    STATE_OPEN,
    STATE_LINGERING, /* conn_close with time left: sends the rest, then mostly waits for the peer's end */
    STATE_DEAD, /* to be ended by conn_work_finish */
};

enum work { WORK_READ = 1, WORK_FLUSH = 2 };

/* What an idle connection without TLS has not. */
struct conn_more {
    struct conn *conn;
    struct ssl_st *ssl;
    struct timer timer; /* set while something waits for the peer, or it lingers */
    size_t early_len;   /* bytes that came before we did */
    unsigned char *early;
};

_Static_assert(sizeof(struct conn) <= 104, "an idle connection is its struct and nothing else");

static struct loop *here(void) ON(role_reactor)
{
    return reactor_loop(reactor_current());
}

static struct ssl_st *ssl_of(const struct conn *c)
{
    return c->more ? c->more->ssl : NULL;
}

static bool has_early(const struct conn *c)
{
    return c->more && c->more->early;
}

static bool is_timed(const struct conn *c)
{
    return c->more && c->more->timer.slot != 0;
}

/* ---- what waits in all queues of the loop */

/* The outbox had `before` bytes. */
static void count_queue(struct conn *c, size_t before) ON(role_reactor)
{
    here()->queued_bytes += c->outbox.bytes - before; /* modulo: may fall */
}

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
    c->reads |= (work & WORK_READ) != 0;
    c->flushes |= (work & WORK_FLUSH) != 0;
    if (c->listed)
        return;
    c->listed = true;
    work_push(&here()->work, c);
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
    uint32_t wanted = 0; /* both fit into a byte */
    if (wants_input(c))
        wanted |= EPOLLIN;
    if (c->read_wants_write || (c->blocked && !c->write_wants_read))
        wanted |= EPOLLOUT;
    if (wanted == c->interest)
        return;
    struct epoll_event event = {.events = wanted, .data.ptr = c};
    if (epoll_ctl(here()->epoll_fd, EPOLL_CTL_MOD, c->fd, &event) < 0)
        die(c, true);
    c->interest = (uint8_t)wanted;
}

/* ---- begin and end */

static void time_is_over(struct timer *t);

/* What it holds. */
static void let_go(struct conn *c)
{
    outbox_fini(&c->outbox);
    if (c->fd >= 0)
        conn_io_close(c->fd, ssl_of(c));
    if (c->more)
        free(c->more->early);
    free(c->more);
    c->more = NULL;
}

/* Made on first need; NULL: no memory. */
static struct conn_more *more_of(struct conn *c)
{
    if (!c->more && (c->more = calloc(1, sizeof *c->more))) {
        c->more->conn = c;
        c->more->timer = (struct timer){.fire = time_is_over};
    }
    return c->more;
}

/* errors: ERR_NOMEM */
static enum err keep_early(struct conn *c, struct text early)
{
    if (early.len == 0)
        return ERR_OK;
    if (!more_of(c) || !(c->more->early = malloc(early.len)))
        return ERR_NOMEM;
    memcpy(c->more->early, early.data, early.len);
    c->more->early_len = early.len;
    return ERR_OK;
}

enum err conn_adopt(struct reactor *r, const struct conn_socket *socket,
                    const struct conn_owner *owner, struct conn *c)
{
    struct loop *l = reactor_loop(r);
    *c = (struct conn){.owner = owner, .interest = EPOLLIN};
    if (socket->ssl && !more_of(c)) {
        conn_io_close(socket->fd, socket->ssl);
        return ERR_NOMEM;
    }
    if (socket->ssl)
        c->more->ssl = socket->ssl;
    c->fd = socket->fd;
    enum err e = keep_early(c, socket->early);
    if (e != ERR_OK)
        goto failed;
    e = ERR_IO;
    struct epoll_event event = {.events = c->interest, .data.ptr = c};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
        goto failed;
    c->next = l->conns;
    if (c->next)
        c->next->previous = c;
    l->conns = c;
    if (c->more)
        mark(c, WORK_READ);
    return ERR_OK;
failed:
    let_go(c);
    return e;
}

static void end(struct loop *l, struct conn *c) ON(role_reactor)
{
    if (is_timed(c))
        timer_cancel(reactor_current(), &c->more->timer);
    if (c->next)
        c->next->previous = c->previous;
    if (c->previous)
        c->previous->next = c->next;
    else
        l->conns = c->next;
    /* Closing the descriptor would do, unless somebody has a duplicate of it. */
    (void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    l->queued_bytes -= c->outbox.bytes;
    if (c->finished && c->shut && !ssl_of(c)) {
        parting_add(&l->parting, c->fd, l->now_ms + PARTING_MS);
        c->fd = -1;
    }
    let_go(c);
    c->owner->on_closed(c, c->by_peer); /* it may be freed there */
}

/* False: no memory. */
static bool set_time(struct conn *c, int64_t at_ms) ON(role_reactor)
{
    struct conn_more *more = more_of(c);
    return more && timer_set(reactor_current(), &more->timer, at_ms) == ERR_OK;
}

static bool linger_until(struct conn *c, int64_t at_ms) ON(role_reactor)
{
    bool sooner = c->state == STATE_OPEN || !is_timed(c) || at_ms < c->more->timer.at_ms;
    return !sooner || set_time(c, at_ms);
}

void conn_close(struct conn *c, int64_t linger_ms)
{
    if (c->state == STATE_DEAD)
        return;
    c->closing = true;
    if (linger_ms <= 0 || !linger_until(c, here()->now_ms + linger_ms)) {
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
        c->owner->on_bytes(c, bytes, len);
}

static void give_early(struct conn *c)
{
    unsigned char *early = c->more->early;
    c->more->early = NULL;
    give(c, early, c->more->early_len);
    free(early);
    if (!ssl_of(c) && !is_timed(c)) { /* most that bring bytes early need no more */
        free(c->more);
        c->more = NULL;
    }
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
    if (has_early(c) && may_read(c))
        give_early(c);
    for (int i = 0; i < READS_MAX && may_read(c); i++) {
        size_t len = 0;
        enum io io = conn_io_read(c->fd, ssl_of(c), l->read_buffer, sizeof l->read_buffer, &len);
        c->read_wants_write = io == IO_WANTS_WRITE;
        if (io == IO_ENDED)
            peer_ended(c);
        else if (io == IO_FAILED)
            die(c, true);
        else if (io == IO_DONE)
            give(c, l->read_buffer, len);
        if (io != IO_DONE || (!ssl_of(c) && len < sizeof l->read_buffer)) {
            update_interest(c);
            return;
        }
        if (!ssl_of(c))
            return; /* a full buffer: epoll says if there is more */
    }
    if (ssl_of(c) && may_read(c))
        mark(c, WORK_READ); /* OpenSSL may hold more, which epoll cannot see */
}

void conn_pause(struct conn *c, bool paused)
{
    if (c->state == STATE_DEAD)
        return;
    c->paused = paused;
    update_interest(c);
    if (!paused && (has_early(c) || ssl_of(c)))
        mark(c, WORK_READ);
}

/* ---- out */

/* What waits for the peer has moved, or begins to wait. */
static void watch_stall(struct conn *c, bool moved) ON(role_reactor)
{
    if (c->state != STATE_OPEN || c->owner->stall_ms == 0)
        return;
    int64_t at_ms = here()->now_ms + c->owner->stall_ms;
    if (!c->blocked && is_timed(c))
        timer_cancel(reactor_current(), &c->more->timer);
    else if (c->blocked && (moved || !is_timed(c)) && !set_time(c, at_ms))
        die(c, false);
}

/* All is in the kernel. */
static void end_our_side(struct conn *c) ON(role_reactor)
{
    c->shut = true;
    conn_io_shut(c->fd, ssl_of(c));
    if (c->finished && !ssl_of(c))
        die(c, false);
}

static void flush(struct loop *l, struct conn *c) ON(role_reactor)
{
    enum io io = IO_DONE;
    uint64_t out_before = c->bytes_out;
    size_t queued_before = c->outbox.bytes;
    for (int i = 0; i < WRITES_MAX && c->outbox.count > 0 && io == IO_DONE; i++) {
        size_t sent = 0;
        io = ssl_of(c) ? conn_io_write_tls(ssl_of(c), &c->outbox, l->write_buffer,
                                           sizeof l->write_buffer, &sent)
                       : conn_io_write(c->fd, &c->outbox, c->state == STATE_LINGERING, &sent);
        outbox_sent(&c->outbox, sent);
        c->bytes_out += sent;
        metric_add(METRIC_bytes_out, (int64_t)sent);
    }
    count_queue(c, queued_before);
    c->write_wants_read = io == IO_WANTS_READ;
    c->blocked = c->outbox.count > 0;
    if (io == IO_FAILED) {
        die(c, true);
        return;
    }
    if (c->state == STATE_LINGERING && c->outbox.count == 0 && !c->shut)
        end_our_side(c);
    watch_stall(c, c->bytes_out != out_before);
    update_interest(c); /* EPOLLOUT only while something is left */
}

static void time_is_over(struct timer *t)
{
    role_assert(&role_reactor);
    struct conn *c = TIMER_OWNER(t, struct conn_more, timer)->conn;
    if (c->state != STATE_OPEN) {
        die(c, false);
        return;
    }
    uint64_t out_before = c->bytes_out;
    flush(here(), c); /* the loop may be late, not the peer */
    if (c->state == STATE_OPEN && c->blocked && c->bytes_out == out_before) {
        timer_cancel(reactor_current(), &c->more->timer);
        c->owner->on_stalled(c);
    }
}

/* Mostly the kernel takes all at once, and no time need be measured. */
void conn_finish(struct conn *c, int64_t linger_ms)
{
    if (c->state == STATE_OPEN && linger_ms > 0 && !ssl_of(c)) {
        c->closing = c->finished = true;
        c->state = STATE_LINGERING;
        flush(here(), c);
        if (c->state == STATE_DEAD)
            return;
        c->state = STATE_OPEN;
    }
    conn_close(c, linger_ms);
}

enum err conn_send(struct conn *c, struct frame *f)
{
    if (c->state != STATE_OPEN)
        return ERR_CLOSED;
    enum err e = outbox_push(&c->outbox, c->owner->budget_bytes, f);
    if (e == ERR_LIMIT && !c->blocked) { /* one turn brought much; the peer may well be reading */
        flush(here(), c);
        e = c->state == STATE_OPEN ? outbox_push(&c->outbox, c->owner->budget_bytes, f)
                                   : ERR_CLOSED;
    }
    if (e != ERR_OK)
        return e;
    here()->queued_bytes += frame_bytes(f).len;
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
        read_now(here(), c);
}

void conn_work_read(struct loop *l)
{
    struct work_list list = l->work;
    l->work = (struct work_list){0};
    for (struct conn *c = work_pop(&list); c; c = work_pop(&list)) {
        bool reads = c->reads;
        c->reads = false;
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
        bool flushes = c->flushes;
        c->flushes = false;
        if (flushes && (c->state != STATE_DEAD || c->last_flush))
            flush(l, c);
        if (c->listed)
            continue; /* marked again: it comes again */
        if (c->state == STATE_DEAD) {
            end(l, c);
        } else if (c->reads) {
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
    size_t before = c->outbox.bytes;
    outbox_drop(&c->outbox, ssl_of(c) ? TLS_WRITE_BYTES : 0);
    count_queue(c, before);
}

void conn_refuse(int fd, struct ssl_st *ssl)
{
    conn_io_close(fd, ssl);
}
