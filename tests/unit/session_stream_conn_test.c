/* Guards: a stream keeps order and budget, says why it ends, hears nothing of its peer, and ends exactly once; commands
 * that come another way reach the one client whose session they name. */
#include "session/stream_conn.h"

#include "base/must.h"
#include "fault.h"
#include "session_world.h"

/* ---- the connection alone */

struct line {
    struct session_world w;
    struct stream_conn place, *conn; /* conn: that place */
    struct ws_conn_owner owner;
    int peer;
    int closed;
    struct ws_closed how;
    char reason[124];
};

static void on_closed(void *ctx, const struct ws_closed *how)
{
    struct line *l = ctx;
    l->closed++;
    l->how = *how;
    text_copy(l->reason, sizeof l->reason, how->reason);
}

static enum err adopt(struct line *l, struct form form, size_t budget_bytes) ON(role_reactor)
{
    int fds[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    l->peer = fds[1];
    l->owner =
        (struct ws_conn_owner){.ctx = l, .on_closed = on_closed, .budget_bytes = budget_bytes};
    stream_conn_owner_ready(&l->owner);
    struct ws_socket socket = {.fd = fds[0]};
    l->conn = &l->place;
    return stream_conn_adopt(l->w.reactor, &socket, form, &l->owner, l->conn);
}

static struct line *line_new(uint8_t framing, size_t budget_bytes)
    CLANG(acquire_capability(role_reactor))
{
    struct line *l = calloc(1, sizeof *l);
    must(l);
    session_world_open(&l->w, 1 << 20, 100);
    CHECK_INT(adopt(l, (struct form){.encoding = ENCODING_JSON, .framing = framing}, budget_bytes),
              ERR_OK);
    return l;
}

static void line_free(struct line *l) CLANG(release_capability(role_reactor))
{
    (void)close(l->peer);
    session_world_turn(&l->w);
    CHECK_INT(l->closed, 1);
    session_world_close(&l->w);
    free(l);
}

/* What has come since the last call, as it came; "end" behind it when the line is over. */
static const char *heard(int fd)
{
    static char in[1 << 16];
    size_t n = 0;
    ssize_t got = 0;
    while (n + 4 < sizeof in && (got = read(fd, in + n, sizeof in - n - 4)) > 0)
        n += (size_t)got;
    (void)memcpy(in + n, got == 0 ? "end" : "", got == 0 ? 4 : 1);
    return in;
}

static enum err say(struct line *l, const char *json, uint8_t framing) ON(role_reactor)
{
    struct frame *f = form_frame((struct form){.encoding = ENCODING_JSON, .framing = framing},
                                 text_of(json), false);
    enum err e = stream_conn_send(l->conn, f);
    frame_unref(f);
    return e;
}

static void frames_go_out_in_order_within_the_budget(void)
{
    struct line *l = line_new(FRAMING_LINES, 16);
    CHECK_INT(say(l, "{\"a\":1}", FRAMING_LINES), ERR_OK);
    CHECK_INT(stream_conn_queue_bytes(l->conn), 8);
    CHECK_INT(say(l, "{\"b\":2}", FRAMING_LINES), ERR_OK);
    CHECK_INT(say(l, "{\"longer than all of it\":3}", FRAMING_LINES), ERR_LIMIT); /* 28 > 16 */
    session_world_turn(&l->w);
    CHECK_TEXT(heard(l->peer), "{\"a\":1}\n{\"b\":2}\n");
    CHECK_INT(stream_conn_queue_bytes(l->conn), 0);
    CHECK_INT(stream_conn_stats(l->conn).frames_out, 2);
    CHECK_INT(stream_conn_stats(l->conn).bytes_out, 16);
    line_free(l);
}

static void what_the_peer_says_on_the_line_is_nothing(void)
{
    struct line *l = line_new(FRAMING_EVENTS, 1000);
    CHECK_INT(write(l->peer, "{\"id\":1}\n", 9), 9);
    session_world_turn(&l->w);
    CHECK_INT(l->closed, 0);
    CHECK_INT(stream_conn_messages_in(l->conn), 0);
    CHECK_INT(stream_conn_stats(l->conn).bytes_in, 0);
    stream_conn_count(l->conn, 70);
    stream_conn_count(l->conn, 7);
    CHECK_INT(stream_conn_messages_in(l->conn), 2);
    CHECK_INT(stream_conn_stats(l->conn).bytes_in, 77);
    CHECK_INT(say(l, "{}", FRAMING_EVENTS), ERR_OK);
    session_world_turn(&l->w);
    CHECK_TEXT(heard(l->peer), "data: {}\n\n");
    line_free(l);
}

/* Also: the second close and what is sent behind it do not count. */
static void a_close_says_why_behind_what_is_queued(void)
{
    struct line *l = line_new(FRAMING_EVENTS, 1000);
    CHECK_INT(say(l, "{\"a\":1}", FRAMING_EVENTS), ERR_OK);
    stream_conn_close(l->conn, 3503, TEXT("force \"disconnect\""));
    stream_conn_close(l->conn, 3001, TEXT("shutdown"));
    CHECK_INT(say(l, "{\"b\":2}", FRAMING_EVENTS), ERR_CLOSED);
    session_world_turn(&l->w);
    CHECK_TEXT(heard(l->peer), "data: {\"a\":1}\n\ndata: {\"push\":{\"disconnect\":{\"code\":3503,"
                               "\"reason\":\"force \\\"disconnect\\\"\"}}}\n\nend");
    CHECK_INT(l->closed, 0); /* it may still read */
    (void)close(l->peer);
    session_world_turn(&l->w);
    CHECK_INT(l->closed, 1);
    CHECK_INT(l->how.code, 3503);
    CHECK_INT(l->how.by, WS_BY_SERVER);
    CHECK_TEXT(l->reason, "force \"disconnect\"");
    line_free(l);
}

static void a_peer_that_does_not_go_is_cut_after_a_moment(void)
{
    struct line *l = line_new(FRAMING_LINES, 1000);
    stream_conn_close(l->conn, 3001, TEXT("shutdown"));
    session_world_turn(&l->w);
    l->w.now_ms += 1999;
    session_world_turn(&l->w);
    CHECK_INT(l->closed, 0);
    l->w.now_ms += 1;
    session_world_turn(&l->w);
    CHECK_INT(l->closed, 1);
    line_free(l);
}

static void a_peer_that_goes_is_a_loss_of_the_line(void)
{
    struct line *l = line_new(FRAMING_LINES, 1000);
    (void)close(l->peer);
    session_world_turn(&l->w);
    CHECK_INT(l->closed, 1);
    CHECK_INT(l->how.code, 1006);
    CHECK_INT(l->how.by, WS_BY_NETWORK);
    CHECK_TEXT(l->reason, "");
    line_free(l);
}

/* Fills the socket and then the queue with lines of 1,000 bytes. */
static void fill(struct line *l) ON(role_reactor)
{
    static char json[1000];
    (void)memset(json, ' ', sizeof json - 1);
    json[0] = '{';
    json[sizeof json - 2] = '}';
    while (say(l, json, FRAMING_LINES) == ERR_OK)
        session_world_turn(&l->w);
}

static void a_slow_peer_loses_what_is_queued_and_hears_why(void)
{
    struct line *l = line_new(FRAMING_LINES, 20000);
    fill(l);
    CU_ASSERT(stream_conn_queue_bytes(l->conn) > 15000);
    stream_conn_close_slow(l->conn, 3008, TEXT("slow"));
    CU_ASSERT(stream_conn_queue_bytes(l->conn) < 2000); /* what was begun, and the push */
    static char all[1 << 20];
    size_t n = 0;
    for (int i = 0; i < 100; i++) {
        ssize_t got = read(l->peer, all + n, sizeof all - 1 - n);
        n += got > 0 ? (size_t)got : 0;
        session_world_turn(&l->w);
    }
    all[n] = 0;
    static const char last[] =
        "}\n{\"push\":{\"disconnect\":{\"code\":3008,\"reason\":\"slow\"}}}\n";
    CU_ASSERT_FATAL(n > sizeof last);
    CHECK_TEXT(all + n + 1 - sizeof last, last);
    line_free(l);
}

/* The push takes about 60 bytes. */
static void a_line_is_cut_where_not_even_the_reason_fits(void)
{
    struct line *l = line_new(FRAMING_LINES, 20);
    stream_conn_close(l->conn, 3011, TEXT("force reconnect"));
    session_world_turn(&l->w);
    CHECK_TEXT(heard(l->peer), "end");
    CHECK_INT(l->closed, 1);
    CHECK_INT(l->how.code, 3011);
    line_free(l);
}

static void no_memory_closes_the_socket_it_was_given(void)
{
    struct line l = {0};
    session_world_open(&l.w, 1 << 20, 100);
    for (unsigned n = 1;; n++) {
        fault_at(n);
        enum err e =
            adopt(&l, (struct form){.encoding = ENCODING_JSON, .framing = FRAMING_LINES}, 1000);
        if (!fault_end()) {
            CHECK_INT(e, ERR_OK);
            break;
        }
        CHECK_INT(e, ERR_NOMEM);
        CHECK_TEXT(heard(l.peer), "end");
        CHECK_INT(l.closed, 0);
        (void)close(l.peer);
    }
    (void)close(l.peer);
    session_world_turn(&l.w);
    CHECK_INT(l.closed, 1);
    session_world_close(&l.w);
}

/* Without memory for the push the line is cut: the end is not held up. */
static void no_memory_for_the_reason_cuts_the_line(void)
{
    for (unsigned n = 1;; n++) {
        struct line *l = line_new(FRAMING_LINES, 1000);
        fault_at(n);
        stream_conn_close(l->conn, 3001, TEXT("shutdown"));
        bool failed = fault_end();
        session_world_turn(&l->w);
        const char *what = heard(l->peer);
        CU_ASSERT(failed ? strcmp(what, "end") == 0 : strstr(what, "3001") != NULL);
        line_free(l);
        if (!failed)
            break;
    }
}

/* ---- a client on such a line */

/* A stream of lines whose connect command is `connect`; its far end. */
static int far_stream(struct session_world *w, int64_t user_id, const char *connect)
    ON(role_reactor)
{
    int fds[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    struct client_identity who;
    world_identity(user_id, &who);
    struct session_socket s = {.fd = fds[0],
                               .form = {.encoding = ENCODING_JSON, .framing = FRAMING_LINES},
                               .early = text_of(connect),
                               .identity = &who};
    CHECK_INT(sessions_adopt(w->sessions, &s), ERR_OK);
    session_world_turn(w);
    return fds[1];
}

/* The session of a connect reply. */
static void read_session(const char *reply, char out[128])
{
    const char *at = strstr(reply, "\"session\":\"");
    must(at);
    at += sizeof "\"session\":\"" - 1;
    text_copy(out, 128, (struct text){at, strcspn(at, "\"")});
}

static enum err command(struct session_world *w, const char *session, const char *data)
    ON(role_reactor)
{
    enum err e = sessions_command(w->sessions, text_of(session), text_of(data));
    session_world_turn(w);
    return e;
}

static void commands_reach_the_client_of_their_session(void)
{
    struct session_world w;
    char session[128], other[128];
    session_world_open(&w, 1 << 20, 100);
    int fd = far_stream(&w, 7, "{\"id\":1,\"connect\":{}}\n");
    const char *reply = heard(fd);
    CHECK_HAS(reply, "\"node\":\"");
    CHECK_INT(reply[strlen(reply) - 1], '\n');
    read_session(reply, session);
    int second = far_stream(&w, 8, "{\"id\":1,\"connect\":{}}");
    read_session(heard(second), other);
    CU_ASSERT(strcmp(session, other) != 0);

    CHECK_INT(command(&w, session, "{\"id\":2,\"ping\":{}}\n{\"id\":3,\"ping\":{}}"), ERR_OK);
    CHECK_TEXT(heard(fd), "{\"id\":2,\"ping\":{}}\n{\"id\":3,\"ping\":{}}\n");
    CHECK_TEXT(heard(second), "");
    (void)close(fd);
    (void)close(second);
    session_world_turn(&w);
    CHECK_INT(w.closed, 2);
    CHECK_TEXT(w.last.transport, "http_stream");
    session_world_close(&w);
}

static void guessed_sessions_reach_nobody(void)
{
    struct session_world w;
    char session[128], guess[128];
    session_world_open(&w, 1 << 20, 100);
    int fd = far_stream(&w, 7, "{\"id\":1,\"connect\":{}}");
    read_session(heard(fd), session);
    int websocket = far_open(&w, 8); /* has no session: nothing reaches it this way */
    int64_t before = metric_get(METRIC_replies_dropped);
    size_t len = strlen(session);
    for (unsigned i = 1; i <= 32; i++) { /* each digit of the secret counts */
        text_copy(guess, sizeof guess, text_of(session));
        guess[len - i] = guess[len - i] == '0' ? '1' : '0';
        CHECK_INT(command(&w, guess, "{\"id\":2,\"ping\":{}}"), ERR_OK);
    }
    text_copy(guess, sizeof guess, (struct text){session, len - 1});
    CHECK_INT(command(&w, guess, "{\"id\":2,\"ping\":{}}"), ERR_OK); /* a part of it */
    CHECK_INT(command(&w, "0.1.1.00000000000000000000000000000000", "{}"), ERR_OK);
    CHECK_INT(command(&w, "0.4000000000.1.0", "{}"), ERR_OK);
    CHECK_INT(metric_get(METRIC_replies_dropped) - before, 35);
    static const char *const none[] = {
        "",        "0",       "0.0",      "0.0.1",  "0.0.1.",
        "1.0.1.a", "x.0.1.a", "-0.0.1.a", "0..1.a", "0.0.4294967296.a"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        CHECK_INT(command(&w, none[i], "{}"), ERR_BAD_REQUEST);
    CHECK_TEXT(heard(fd), "");
    CHECK_TEXT(far_hear(websocket), "");
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(command(&w, session, "{}"),
              ERR_OK); /* it is gone: nobody is there, nothing happens */
    (void)close(websocket);
    session_world_turn(&w);
    session_world_close(&w);
}

/* The mailbox of the world's reactor holds 1,024. */
static void a_full_mailbox_takes_no_command(void)
{
    struct session_world w;
    char session[128];
    session_world_open(&w, 1 << 20, 2000);
    int fd = far_stream(&w, 7, "{\"id\":1,\"connect\":{}}");
    read_session(heard(fd), session);
    unsigned taken = 0;
    enum err e = ERR_OK;
    while (taken < 5000 &&
           (e = sessions_command(w.sessions, text_of(session), TEXT("{}"))) == ERR_OK)
        taken++;
    CHECK_INT(e, ERR_BUSY);
    CHECK_INT(taken, 1024);
    session_world_turn(&w);
    CHECK_INT(command(&w, session, "{\"id\":2,\"ping\":{}}"), ERR_OK);
    CHECK_TEXT(heard(fd), "{\"id\":2,\"ping\":{}}\n");
    fault_at(1);
    CHECK_INT(sessions_command(w.sessions, text_of(session), TEXT("{}")), ERR_NOMEM);
    CU_ASSERT(fault_end());
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(w.last.frames_in, 1026); /* the connect is one */
    session_world_close(&w);
}

/* Whatever fails on the way to the answer about its token: nothing is left. */
static void no_memory_on_the_way_in_leaves_nothing(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    bool failed = true;
    for (unsigned n = 1; failed; n++) {
        int fds[2];
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
        struct session_socket s = {.fd = fds[0],
                                   .form = {.encoding = ENCODING_JSON, .framing = FRAMING_LINES},
                                   .early = TEXT("{\"id\":1,\"connect\":{\"token\":\"wrong\"}}"),
                                   .pending = &w};
        fault_at(n);
        enum err e = sessions_adopt(w.sessions, &s);
        session_world_turn(&w);
        failed = fault_end();
        if (e != ERR_OK)
            (void)close(fds[0]); /* nothing was taken */
        else if (!failed)
            CHECK_HAS(heard(fds[1]), "{\"code\":3500,");
        (void)close(fds[1]);
        session_world_turn(&w);
        CHECK_INT(sessions_count(w.sessions), 0);
    }
    session_world_close(&w);
}

/* A ping is answered by POST /emulation like any command; who does not is closed with 3012. */
static void pings_want_their_pong_from_the_other_way(void)
{
    struct session_world w;
    char session[128];
    session_world_open(&w, 1 << 20, 100);
    int fd = far_stream(&w, 7, "{\"id\":1,\"connect\":{}}");
    read_session(heard(fd), session);
    w.now_ms += 25000;
    session_world_turn(&w);
    CHECK_TEXT(heard(fd), "{}\n");
    w.now_ms += 7999;
    CHECK_INT(command(&w, session, "{}"), ERR_OK);
    CHECK_TEXT(heard(fd), "");
    w.now_ms += 25000;
    session_world_turn(&w);
    CHECK_TEXT(heard(fd), "{}\n");
    w.now_ms += 8000;
    session_world_turn(&w);
    CHECK_HAS(heard(fd), "{\"push\":{\"disconnect\":{\"code\":3012,");
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(w.last.code, 3012);
    CHECK_TEXT(w.last.closed_by, "server");
    session_world_close(&w);
}

static void what_is_no_command_closes_the_stream_with_its_code(void)
{
    static const char *const bad[] = {"nonsense", "{\"id\":2",
                                      "{\"id\":2,\"ping\":{}} {\"id\":3,\"ping\":{}}",
                                      "{\"id\":2,\"connect\":{}}"};
    struct session_world w;
    char session[128];
    session_world_open(&w, 1 << 20, 100);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int fd = far_stream(&w, 7, "{\"id\":1,\"connect\":{}}");
        read_session(heard(fd), session);
        CHECK_INT(command(&w, session, bad[i]), ERR_OK);
        CHECK_HAS(heard(fd), "{\"push\":{\"disconnect\":{\"code\":3501,");
        (void)close(fd);
        session_world_turn(&w);
        CHECK_INT(w.last.code, 3501);
    }
    session_world_close(&w);
}

UNIT("session/stream_conn", CASE(frames_go_out_in_order_within_the_budget),
     CASE(what_the_peer_says_on_the_line_is_nothing), CASE(a_close_says_why_behind_what_is_queued),
     CASE(a_peer_that_does_not_go_is_cut_after_a_moment),
     CASE(a_peer_that_goes_is_a_loss_of_the_line),
     CASE(a_slow_peer_loses_what_is_queued_and_hears_why),
     CASE(a_line_is_cut_where_not_even_the_reason_fits),
     CASE(no_memory_closes_the_socket_it_was_given), CASE(no_memory_for_the_reason_cuts_the_line),
     CASE(commands_reach_the_client_of_their_session), CASE(guessed_sessions_reach_nobody),
     CASE(a_full_mailbox_takes_no_command), CASE(no_memory_on_the_way_in_leaves_nothing),
     CASE(pings_want_their_pong_from_the_other_way),
     CASE(what_is_no_command_closes_the_stream_with_its_code))
