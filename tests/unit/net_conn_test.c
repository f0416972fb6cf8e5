/* Guards: what comes in reaches the owner once and in order, what goes out keeps its order and its budget, a slow or
 * vanished peer hurts only its own connection, and on_closed comes exactly once. */
#include "net/conn.h"

#include "base/metrics.h"
#include "fault.h"
#include "net/parting.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t now_ms = 1000;

static int64_t fake_ms(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static const struct env fake_env = {NULL, fake_ms, fake_ms, NULL};

/* One connection with its owner, and the other end of the socket. */
struct line {
    struct conn place; /* first */
    struct reactor *reactor;
    struct conn *conn; /* that place */
    int peer;
    char got[256 * 1024];
    size_t got_len;
    int calls;
    int closed;
    bool by_peer;
    int64_t close_on_bytes_ms; /* >= 0: on_bytes closes with this linger */
    struct frame *reply;       /* on_bytes sends it */
    const char *
        late; /* what the peer writes while on_bytes finishes the connection; NULL: on_bytes does not */
    int stalls;
    struct conn_owner owner;
};

static void on_bytes(struct conn *c, unsigned char *bytes, size_t len)
{
    role_assert(&role_reactor);
    struct line *l = (struct line *)c;
    CHECK_INT(l->closed, 0);
    if (l->got_len + len < sizeof l->got)
        memcpy(l->got + l->got_len, bytes, len);
    memset(bytes, '#', len); /* it may be changed in place */
    l->got_len += len;
    l->calls++;
    if (l->reply)
        CHECK_INT(conn_send(l->conn, l->reply), ERR_OK);
    if (l->late && write(l->peer, l->late, strlen(l->late)) >= 0)
        conn_finish(l->conn, 500);
    else if (l->close_on_bytes_ms >= 0)
        conn_close(l->conn, l->close_on_bytes_ms);
}

static void on_closed(struct conn *c, bool by_peer)
{
    role_assert(&role_reactor);
    struct line *l = (struct line *)c;
    l->closed++;
    l->by_peer = by_peer;
    struct frame *late = frame_new(TEXT("late"));
    CHECK_INT(conn_send(l->conn, late), ERR_CLOSED); /* allowed, and without effect */
    conn_close(l->conn, 100);
    conn_pause(l->conn, false);
    frame_unref(late);
}

static void on_stalled(struct conn *c)
{
    role_assert(&role_reactor);
    struct line *l = (struct line *)c;
    l->stalls++;
}

static void open_early(struct line *l, struct text early, size_t budget) ON(role_reactor)
{
    int fds[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    l->peer = fds[1];
    l->close_on_bytes_ms = -1;
    l->conn = &l->place;
    l->owner = (struct conn_owner){on_bytes, on_closed, on_stalled, budget, 0};
    CHECK_INT(
        conn_adopt(l->reactor, &(struct conn_socket){fds[0], NULL, early}, &l->owner, l->conn),
        ERR_OK);
}

static struct line *line_new(struct text early, size_t budget)
    CLANG(acquire_capability(role_reactor))
{
    struct line *l = calloc(1, sizeof *l);
    CHECK_INT(reactor_new(&(struct reactor_options){&fake_env, 0, 16}, &l->reactor), ERR_OK);
    reactor_enter(l->reactor);
    open_early(l, early, budget);
    return l;
}

static void line_free(struct line *l) CLANG(release_capability(role_reactor))
{
    reactor_leave(l->reactor);
    CHECK_INT(l->closed, 1); /* exactly once, however it ended */
    reactor_free(l->reactor);
    if (l->peer >= 0)
        (void)close(l->peer);
    frame_unref(l->reply);
    free(l);
}

static void turn(struct line *l) ON(role_reactor)
{
    reactor_turn(l->reactor, 0);
}

static void send_text(struct line *l, const char *text) ON(role_reactor)
{
    struct frame *f = frame_new(text_of(text));
    CHECK_INT(conn_send(l->conn, f), ERR_OK);
    frame_unref(f);
}

/* What the peer can read now; -1: nothing yet, 0: the end. */
static ssize_t peer_read(struct line *l, char *out, size_t size)
{
    ssize_t n = read(l->peer, out, size - 1);
    out[n > 0 ? n : 0] = 0;
    return n;
}

/* ---- in */

static void bytes_reach_the_owner_in_order(void)
{
    struct line *l = line_new(TEXT_NONE, 1000);
    int64_t before = metric_get(METRIC_bytes_in);
    CHECK_INT(write(l->peer, "hello ", 6), 6);
    turn(l);
    CHECK_INT(write(l->peer, "world", 5), 5);
    turn(l);
    CHECK_TEXT(l->got, "hello world");
    CHECK_INT(conn_stats(l->conn).bytes_in, 11);
    CHECK_INT(metric_get(METRIC_bytes_in) - before, 11);
    turn(l);
    CHECK_INT(l->calls, 2); /* nothing came, nobody was called */
    line_free(l);
}

static void early_bytes_come_first_and_once(void)
{
    struct line *l = line_new(TEXT("early "), 1000);
    CHECK_INT(write(l->peer, "late", 4), 4);
    CHECK_INT(l->calls, 0); /* not inside conn_adopt */
    turn(l);
    turn(l);
    CHECK_TEXT(l->got, "early late");
    CHECK_INT(conn_stats(l->conn).bytes_in, 10);
    line_free(l);
}

/* 150 KiB wait in the socket: a turn takes 64 KiB at most, then it is the others' turn. */
static void one_busy_peer_does_not_take_the_whole_turn(void)
{
    static char flood[150 * 1024];
    struct line *l = line_new(TEXT_NONE, 1000);
    int size = 400 * 1024;
    CHECK_INT(setsockopt(l->peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    ssize_t sent = write(l->peer, flood, sizeof flood);
    CU_ASSERT(sent > 70000);
    turn(l);
    CHECK_INT(l->got_len, 65536);
    CHECK_INT(l->calls, 1);
    while (l->got_len < (size_t)sent && l->calls < 100)
        turn(l);
    CHECK_INT(l->got_len, sent);
    line_free(l);
}

static void a_paused_connection_reads_nothing_until_resumed(void)
{
    struct line *l = line_new(TEXT("early"), 1000);
    conn_pause(l->conn, true);
    CHECK_INT(write(l->peer, "more", 4), 4);
    turn(l);
    turn(l);
    CHECK_INT(l->calls, 0);
    conn_pause(l->conn, false);
    turn(l);
    turn(l);
    CHECK_TEXT(l->got, "earlymore");
    line_free(l);
}

/* Nothing else comes that would wake the connection: resuming does. */
static void early_bytes_wait_for_the_resume(void)
{
    struct line *l = line_new(TEXT("early"), 1000);
    conn_pause(l->conn, true);
    turn(l);
    CHECK_INT(l->calls, 0);
    conn_pause(l->conn, false);
    turn(l);
    CHECK_TEXT(l->got, "early");
    line_free(l);
}

/* 3008: the peer reads nothing, so what waits is dropped for the close frame, behind the frame that has begun. */
static void a_dropped_queue_makes_room_for_the_last_frame(void)
{
    static char out[1024 * 1024], block[5000];
    struct line *l = line_new(TEXT_NONE, 1000000);
    memset(block, 'x', sizeof block);
    struct frame *f = frame_new((struct text){block, sizeof block});
    while (conn_send(l->conn, f) == ERR_OK) {
    }
    frame_unref(f);
    turn(l);
    CU_ASSERT(conn_queue_bytes(l->conn) > 100000);
    conn_drop_queue(l->conn);
    CU_ASSERT(conn_queue_bytes(l->conn) <= sizeof block);
    send_text(l, "bye");
    conn_close(l->conn, 100);
    size_t total = 0;
    ssize_t n = 1;
    for (int i = 0; i < 1000 && n != 0; i++) {
        n = read(l->peer, out + total, sizeof out - total);
        total += n > 0 ? (size_t)n : 0;
        turn(l);
    }
    CHECK_INT(n, 0);
    CHECK_INT(total % sizeof block, 3); /* whole frames, then the last one */
    CU_ASSERT_EQUAL(memcmp(out + total - 3, "bye", 3), 0);
    line_free(l);
}

static void a_paused_connection_ends_when_its_peer_vanishes(void)
{
    struct line *l = line_new(TEXT_NONE, 1000);
    conn_pause(l->conn, true);
    turn(l);
    (void)close(l->peer);
    l->peer = -1;
    turn(l);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_TRUE(l->by_peer);
    line_free(l);
}

/* ---- out */

static void frames_leave_at_the_end_of_the_turn_in_order(void)
{
    char out[100];
    struct line *l = line_new(TEXT_NONE, 1000);
    int64_t before = metric_get(METRIC_bytes_out);
    send_text(l, "one ");
    send_text(l, "two ");
    send_text(l, "three");
    CHECK_INT(peer_read(l, out, sizeof out), -1); /* not before */
    CHECK_INT(conn_queue_bytes(l->conn), 13);
    turn(l);
    CHECK_INT(peer_read(l, out, sizeof out), 13);
    CHECK_TEXT(out, "one two three");
    struct conn_stats s = conn_stats(l->conn);
    CHECK_INT(s.bytes_out, 13);
    CHECK_INT(s.frames_out, 3);
    CHECK_INT(s.queue_bytes, 0);
    CHECK_INT(s.queue_peak_bytes, 13);
    CHECK_INT(metric_get(METRIC_bytes_out) - before, 13);
    line_free(l);
}

/* A reader that does not read: the budget is the end of it; when it reads again, everything queued comes, in order. */
static void a_slow_reader_is_bounded_and_loses_nothing_that_was_queued(void)
{
    static char out[64 * 1024];
    struct line *l = line_new(TEXT_NONE, 200000);
    uint32_t queued = 0;
    enum err e = ERR_OK;
    while (e == ERR_OK && queued < 1000000) {
        char block[1000];
        memset(block, 'x', sizeof block);
        memcpy(block, &queued, sizeof queued);
        struct frame *f = frame_new((struct text){block, sizeof block});
        e = conn_send(l->conn, f);
        frame_unref(f);
        queued += e == ERR_OK;
        if (queued % 10 == 0)
            turn(l);
    }
    CHECK_INT(e, ERR_LIMIT);
    CU_ASSERT(conn_queue_bytes(l->conn) > 199000 && conn_queue_bytes(l->conn) <= 200000);
    CU_ASSERT(metric_get(METRIC_outbox_max_bytes) > 199000);
    CHECK_INT(l->closed, 0); /* closing with 3008 is the session's choice */

    uint32_t wrong = 0;
    size_t total = 0;
    while (total < (size_t)queued * 1000) {
        ssize_t n = read(l->peer, out, sizeof out);
        for (ssize_t i = 0; i < n; i++, total++)
            if (total % 1000 < 4)
                wrong += (unsigned char)out[i] != (total / 1000 >> (8 * (total % 1000)) & 0xff);
        if (n < 0 && conn_queue_bytes(l->conn) == 0 && errno != EAGAIN)
            break;
        turn(l);
    }
    CHECK_INT(total, (size_t)queued * 1000);
    CHECK_INT(wrong, 0);
    CHECK_INT(conn_queue_bytes(l->conn), 0);
    line_free(l);
}

/* 1,000 frames are more than one sendmsg takes; a turn still sends them. */
static void many_small_frames_leave_in_one_turn(void)
{
    static char out[4096];
    struct line *l = line_new(TEXT_NONE, 100000);
    for (int i = 0; i < 1000; i++)
        send_text(l, "ab");
    turn(l);
    CHECK_INT(peer_read(l, out, sizeof out), 2000);
    line_free(l);
}

/* ---- ends */

static void the_peers_end_is_told_once(void)
{
    struct line *l = line_new(TEXT_NONE, 1000);
    CHECK_INT(write(l->peer, "bye", 3), 3);
    (void)close(l->peer);
    l->peer = -1;
    turn(l);
    turn(l);
    CHECK_TEXT(l->got, "bye"); /* what came before the end is read */
    CHECK_INT(l->closed, 1);
    CU_ASSERT_TRUE(l->by_peer);
    line_free(l);
}

/* A peer that ends only its own side (nc, scripts) still gets the answer to what it said in the same breath. */
static void a_half_closed_peer_gets_what_is_queued(void)
{
    char out[100];
    struct line *l = line_new(TEXT_NONE, 1000);
    l->reply = frame_new(TEXT("answer"));
    CHECK_INT(write(l->peer, "question", 8), 8);
    CHECK_INT(shutdown(l->peer, SHUT_WR), 0);
    turn(l);
    turn(l);
    CHECK_INT(peer_read(l, out, sizeof out), 6);
    CHECK_TEXT(out, "answer");
    CHECK_INT(l->closed, 1);
    line_free(l);
}

/* The end is seen before the flush of the same turn: what was queued before it is still tried. */
static void what_was_queued_before_the_peers_end_is_tried_once(void)
{
    char out[100];
    struct line *l = line_new(TEXT_NONE, 1000);
    send_text(l, "in time");
    CHECK_INT(shutdown(l->peer, SHUT_WR), 0);
    turn(l);
    CHECK_INT(peer_read(l, out, sizeof out), 7);
    CHECK_TEXT(out, "in time");
    CHECK_INT(peer_read(l, out, sizeof out), 0);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_TRUE(l->by_peer);
    line_free(l);
}

static void closing_at_once_drops_what_is_queued(void)
{
    char out[100];
    struct line *l = line_new(TEXT_NONE, 1000);
    send_text(l, "never");
    conn_close(l->conn, 0);
    CHECK_INT(l->closed, 0); /* two steps: not inside the call */
    turn(l);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_FALSE(l->by_peer);
    CHECK_INT(peer_read(l, out, sizeof out), 0);
    line_free(l);
}

static void lingering_sends_the_rest_and_waits_for_the_peer(void)
{
    char out[100];
    struct line *l = line_new(TEXT_NONE, 1000);
    send_text(l, "last words");
    conn_close(l->conn, 500);
    struct frame *f = frame_new(TEXT("more"));
    CHECK_INT(conn_send(l->conn, f), ERR_CLOSED);
    frame_unref(f);
    turn(l);
    CHECK_INT(peer_read(l, out, sizeof out), 10);
    CHECK_INT(peer_read(l, out, sizeof out), 0); /* our side is shut */
    CHECK_INT(l->closed, 0);
    CHECK_INT(write(l->peer, "ignored", 7), 7);
    turn(l);
    CHECK_INT(l->calls, 0); /* no on_bytes after conn_close */
    (void)close(l->peer);
    l->peer = -1;
    turn(l);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_FALSE(l->by_peer); /* we ended it */
    now_ms += 1000;              /* the linger's timer went with it */
    turn(l);
    line_free(l);
}

static void who_has_said_the_last_word_is_not_waited_for(void)
{
    char out[100];
    struct line *l = line_new(TEXT_NONE, 1000);
    l->reply = frame_new(TEXT("bye"));
    l->late = "";
    CHECK_INT(write(l->peer, "bye", 3), 3);
    turn(l);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_FALSE(l->by_peer);
    CHECK_INT(peer_read(l, out, sizeof out), 3);
    CHECK_INT(peer_read(l, out, sizeof out), 0);
    now_ms += 1000; /* its time went with it */
    turn(l);
    line_free(l);
}

/* A socket that is closed at once would reset the line, and what the peer has not read yet may be lost. */
static void who_goes_on_after_the_last_word_still_reads_ours(void)
{
    char out[100];
    struct line *l = line_new(TEXT_NONE, 1000);
    l->reply = frame_new(TEXT("bye"));
    l->late = "and another thing";
    CHECK_INT(write(l->peer, "bye", 3), 3);
    turn(l);
    CHECK_INT(l->closed, 1);
    CHECK_INT(write(l->peer, "and more", 8), 8);
    CHECK_INT(peer_read(l, out, sizeof out), 3);
    CHECK_INT(peer_read(l, out, sizeof out), 0); /* our side is shut */
    CHECK_INT(l->calls, 1);                      /* what came late is nobody's */
    now_ms += 1999;
    turn(l);
    CHECK_INT(write(l->peer, "!", 1), 1);
    now_ms += 1;
    turn(l);
    CHECK_INT(send(l->peer, "!", 1, MSG_NOSIGNAL), -1); /* now it is closed */
    line_free(l);
}

/* Of those who part so many are kept; the first makes room. */
static void parting_has_its_bounds(void)
{
    enum { MANY = PARTINGS_MAX + 1 };
    struct line *first = line_new(TEXT_NONE, 1000), *lines[MANY] = {first};
    for (int i = 0; i < MANY; i++) {
        if (i > 0) {
            lines[i] = calloc(1, sizeof *lines[i]);
            lines[i]->reactor = first->reactor;
            open_early(lines[i], TEXT_NONE, 1000);
        }
        conn_finish(lines[i]->conn, 500);
        turn(first);
        CHECK_INT(lines[i]->closed, 1);
        CHECK_INT(send(first->peer, "!", 1, MSG_NOSIGNAL), i < MANY - 1 ? 1 : -1);
    }
    CHECK_INT(write(lines[1]->peer, "!", 1), 1);
    for (int i = 1; i < MANY; i++) {
        (void)close(lines[i]->peer);
        free(lines[i]);
    }
    line_free(first);
}

static void lingering_ends_when_its_time_is_over(void)
{
    struct line *l = line_new(TEXT_NONE, 1000);
    conn_close(l->conn, 500);
    turn(l);
    now_ms += 499;
    turn(l);
    CHECK_INT(l->closed, 0);
    now_ms += 1;
    turn(l);
    CHECK_INT(l->closed, 1);
    line_free(l);
}

static void a_shorter_linger_shortens_and_a_longer_one_does_not(void)
{
    struct line *l = line_new(TEXT_NONE, 1000);
    conn_close(l->conn, 500);
    conn_close(l->conn, 100);
    conn_close(l->conn, 9000);
    turn(l);
    now_ms += 100;
    turn(l);
    CHECK_INT(l->closed, 1);
    line_free(l);
}

static void a_callback_may_close_its_own_connection(void)
{
    struct line *l = line_new(TEXT_NONE, 1000);
    l->close_on_bytes_ms = 0;
    CHECK_INT(write(l->peer, "x", 1), 1);
    turn(l);
    CHECK_INT(l->closed, 1);
    CU_ASSERT_FALSE(l->by_peer);
    line_free(l);
}

/* Two connections are readable in the same turn and the first one's callback closes the second. */
struct rival {
    struct conn place; /* first */
    struct conn *other;
    int calls, closed;
};

static void close_the_other(struct conn *c, unsigned char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    struct rival *me = (struct rival *)c;
    me->calls++;
    role_assert(&role_reactor);
    conn_close(me->other, 0);
}

static void count_closed(struct conn *c, bool by_peer)
{
    (void)by_peer;
    ((struct rival *)c)->closed++;
}

static const struct conn_owner rivals_owner = {close_the_other, count_closed, NULL, 100, 0};

static void a_connection_closed_by_another_ones_callback_is_not_called_again(void)
{
    struct reactor *r = NULL;
    struct rival rivals[2] = {0};
    int peers[2];
    CHECK_INT(reactor_new(&(struct reactor_options){&fake_env, 0, 16}, &r), ERR_OK);
    reactor_enter(r);
    for (int i = 0; i < 2; i++) {
        int fds[2];
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        peers[i] = fds[1];
        CHECK_INT(
            conn_adopt(r, &(struct conn_socket){.fd = fds[0]}, &rivals_owner, &rivals[i].place),
            ERR_OK);
        CHECK_INT(write(peers[i], "x", 1), 1);
    }
    rivals[0].other = &rivals[1].place;
    rivals[1].other = &rivals[0].place;
    reactor_turn(r, 0);
    CHECK_INT(rivals[0].calls + rivals[1].calls, 1); /* who came first closed the other */
    CHECK_INT(rivals[0].closed + rivals[1].closed, 1);
    reactor_leave(r);
    CHECK_INT(rivals[0].closed + rivals[1].closed, 2); /* leaving closes what is left */
    reactor_free(r);
    for (int i = 0; i < 2; i++)
        (void)close(peers[i]);
}

static void every_failed_allocation_of_adopt_closes_the_socket(void)
{
    struct reactor *r = NULL;
    struct line l = {.owner = {on_bytes, on_closed, NULL, 100, 0}};
    CHECK_INT(reactor_new(&(struct reactor_options){&fake_env, 0, 16}, &r), ERR_OK);
    reactor_enter(r);
    for (unsigned n = 1; n <= 2; n++) {
        int fds[2];
        char byte;
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        fault_at(n);
        struct conn_socket socket = {fds[0], NULL, TEXT("early")};
        CHECK_INT(conn_adopt(r, &socket, &l.owner, &l.place), ERR_NOMEM);
        CU_ASSERT_TRUE(fault_end());
        CHECK_INT(read(fds[1], &byte, 1), 0); /* the other end is gone */
        (void)close(fds[1]);
    }
    CHECK_INT(l.closed, 0); /* it never was open */
    reactor_leave(r);
    reactor_free(r);
}

static void without_memory_a_linger_becomes_a_close_at_once(void)
{
    struct line *l = line_new(TEXT_NONE, 1000);
    fault_at(1); /* the timer's place */
    conn_close(l->conn, 500);
    CU_ASSERT_TRUE(fault_end());
    turn(l);
    CHECK_INT(l->closed, 1);
    line_free(l);
}

/* ---- a peer that takes nothing */

/* More than a socket holds: it is blocked after this. */
static void fill(struct line *l) ON(role_reactor)
{
    static char much[512 * 1024];
    memset(much, 'x', sizeof much);
    struct frame *f = frame_new((struct text){much, sizeof much});
    CHECK_INT(conn_send(l->conn, f), ERR_OK);
    frame_unref(f);
    turn(l);
    CU_ASSERT(conn_queue_bytes(l->conn) > 0);
}

/* What does not fit into the socket is sent before the end, and for that there is the time. */
static void the_last_word_may_take_its_time(void)
{
    struct line *l = line_new(TEXT_NONE, 1 << 20);
    fill(l);
    conn_finish(l->conn, 500);
    turn(l);
    CHECK_INT(l->closed, 0);
    static char out[1 << 16];
    for (int i = 0; i < 1000 && !l->closed; i++) {
        while (peer_read(l, out, sizeof out) > 0)
            continue;
        turn(l);
    }
    CHECK_INT(l->closed, 1);
    line_free(l);
}

static void pass(struct line *l, int64_t ms) ON(role_reactor)
{
    now_ms += ms;
    turn(l);
}

static void a_peer_that_takes_nothing_for_the_time_is_told_of(void)
{
    struct line *l = line_new(TEXT_NONE, 1 << 20);
    l->owner.stall_ms = 8000;
    fill(l);
    pass(l, 7999);
    CHECK_INT(l->stalls, 0);
    pass(l, 1);
    CHECK_INT(l->stalls, 1);
    pass(l, 60000);
    CHECK_INT(l->stalls, 1); /* once; the owner has said what it thinks of it */
    conn_close(l->conn, 0);
    turn(l);
    line_free(l);
}

static void a_peer_that_takes_a_little_is_not_stalled(void)
{
    static char some[64 * 1024];
    struct line *l = line_new(TEXT_NONE, 1 << 20);
    l->owner.stall_ms = 8000;
    fill(l);
    size_t waits = conn_queue_bytes(l->conn);
    pass(l, 7000);
    while (conn_queue_bytes(l->conn) == waits && read(l->peer, some, sizeof some) > 0)
        turn(l); /* a socket takes more when half of it is free */
    CU_ASSERT(conn_queue_bytes(l->conn) < waits && conn_queue_bytes(l->conn) > 0);
    pass(l, 7999);
    CHECK_INT(l->stalls, 0);
    while (read(l->peer, some, sizeof some) > 0)
        turn(l);
    CHECK_INT(conn_queue_bytes(l->conn), 0);
    pass(l, 60000);
    CHECK_INT(l->stalls, 0); /* nothing waits */
    fill(l);                 /* and again */
    pass(l, 8000);
    CHECK_INT(l->stalls, 1);
    conn_close(l->conn, 0);
    turn(l);
    line_free(l);
}

/* The peer took it in time, and the loop comes late: with the news and the timer in one turn. */
static void a_late_loop_blames_nobody(void)
{
    static char some[64 * 1024];
    struct line *l = line_new(TEXT_NONE, 1 << 20);
    l->owner.stall_ms = 8000;
    fill(l);
    for (ssize_t n = 0, all = 0; n >= 0 && all < INT64_C(128) * 1024; all += n)
        n = read(l->peer, some, sizeof some);
    pass(l, 20000);
    CHECK_INT(l->stalls, 0);
    pass(l, 8000);
    CHECK_INT(l->stalls, 1);
    conn_close(l->conn, 0);
    turn(l);
    line_free(l);
}

static void lingering_has_its_own_time_after_a_stall_was_watched(void)
{
    struct line *l = line_new(TEXT_NONE, 1 << 20);
    l->owner.stall_ms = 1000;
    fill(l);
    conn_close(l->conn, 5000);
    pass(l, 1000);
    CHECK_INT(l->stalls, 0);
    CHECK_INT(l->closed, 0);
    pass(l, 4000);
    CHECK_INT(l->closed, 1);
    line_free(l);
}

UNIT("net/conn", CASE(bytes_reach_the_owner_in_order), CASE(early_bytes_come_first_and_once),
     CASE(one_busy_peer_does_not_take_the_whole_turn),
     CASE(a_paused_connection_reads_nothing_until_resumed),
     CASE(a_paused_connection_ends_when_its_peer_vanishes),
     CASE(frames_leave_at_the_end_of_the_turn_in_order),
     CASE(a_slow_reader_is_bounded_and_loses_nothing_that_was_queued),
     CASE(many_small_frames_leave_in_one_turn), CASE(the_peers_end_is_told_once),
     CASE(a_half_closed_peer_gets_what_is_queued),
     CASE(what_was_queued_before_the_peers_end_is_tried_once),
     CASE(early_bytes_wait_for_the_resume), CASE(a_dropped_queue_makes_room_for_the_last_frame),
     CASE(closing_at_once_drops_what_is_queued),
     CASE(lingering_sends_the_rest_and_waits_for_the_peer),
     CASE(who_has_said_the_last_word_is_not_waited_for),
     CASE(who_goes_on_after_the_last_word_still_reads_ours), CASE(parting_has_its_bounds),
     CASE(the_last_word_may_take_its_time), CASE(lingering_ends_when_its_time_is_over),
     CASE(a_shorter_linger_shortens_and_a_longer_one_does_not),
     CASE(a_callback_may_close_its_own_connection),
     CASE(a_connection_closed_by_another_ones_callback_is_not_called_again),
     CASE(every_failed_allocation_of_adopt_closes_the_socket),
     CASE(without_memory_a_linger_becomes_a_close_at_once),
     CASE(a_peer_that_takes_nothing_for_the_time_is_told_of),
     CASE(a_peer_that_takes_a_little_is_not_stalled), CASE(a_late_loop_blames_nobody),
     CASE(lingering_has_its_own_time_after_a_stall_was_watched))
