/* Guards: session/ws_conn on a socket: compressed messages in and out, the closing handshake from both sides. What is in
 * the frames is tested in wire. */
#include "fault.h"
#include "net/reactor.h"
#include "session/ws_conn.h"
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

struct world {
    struct reactor *reactor;
    struct ws_conn place, *ws; /* ws: that place, or one that was handed over */
    struct ws_conn_owner owner;
    int far;
    bool echoes;
    char got[128]; /* the last message */
    struct ws_closed closed;
    char reason[124];
};

static struct world world;

static void on_message(void *ctx, enum ws_opcode opcode, struct text payload)
{
    role_assert(&role_reactor);
    struct world *w = ctx;
    text_copy(w->got, sizeof w->got, payload);
    if (!w->echoes)
        return;
    struct frame *f = ws_frame_deflated(opcode, payload,
                                        ws_deflate_window(payload.len, ws_conn_deflate(w->ws)), 6);
    CHECK_INT(ws_conn_send(w->ws, f), ERR_OK);
    frame_unref(f);
}

static void on_closed(void *ctx, const struct ws_closed *how)
{
    struct world *w = ctx;
    w->closed = *how;
    text_copy(w->reason, sizeof w->reason, how->reason);
}

static void turn(struct world *w) ON(role_reactor)
{
    for (int i = 0; i < 8; i++)
        reactor_turn(w->reactor, 0);
}

static struct world *open_world(struct ws_deflate deflate) CLANG(acquire_capability(role_reactor))
{
    int fds[2];
    struct world *w = &world;
    *w = (struct world){0};
    struct reactor_options options = {.env = &env_real, .mailbox_capacity = 8};
    CHECK_INT(reactor_new(&options, &w->reactor), ERR_OK);
    reactor_enter(w->reactor);
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    w->far = fds[1];
    struct ws_socket socket = {.fd = fds[0], .early = TEXT_NONE, .deflate = deflate};
    w->owner = (struct ws_conn_owner){.ctx = w,
                                      .on_message = on_message,
                                      .on_closed = on_closed,
                                      .message_max_bytes = 1000,
                                      .budget_bytes = 10000};
    ws_conn_owner_ready(&w->owner);
    w->ws = &w->place;
    CHECK_INT(ws_conn_adopt(w->reactor, &socket, &w->owner, w->ws), ERR_OK);
    CHECK_INT(ws_conn_deflate(w->ws), deflate.server_bits);
    return w;
}

static void close_world(struct world *w) CLANG(release_capability(role_reactor))
{
    (void)close(w->far);
    reactor_leave(w->reactor);
    reactor_free(w->reactor);
}

/* Bytes with a mask of zeros. */
static void say(struct world *w, struct text bytes) ON(role_reactor)
{
    CHECK_INT(write(w->far, bytes.data, bytes.len), bytes.len);
    turn(w);
}

static void hears(struct world *w, struct text wanted)
{
    char in[256];
    ssize_t n = read(w->far, in, sizeof in);
    CU_ASSERT(n >= 0 && text_is((struct text){in, n > 0 ? (size_t)n : 0}, wanted));
}

#define NO_MASK "\0\0\0\0"
#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"
static const struct ws_deflate agreed = {15, 15, false};

static void compressed_messages_come_inflated_and_leave_as_framed(void)
{
    struct world *w = open_world(agreed);
    w->echoes = true;
    say(w, TEXT("\xc1\x87" NO_MASK HELLO));
    CHECK_TEXT(w->got, "Hello");
    hears(w, TEXT("\x81\x05Hello")); /* compressed it would not be shorter */
    say(w, TEXT("\xc1\x86" NO_MASK "\x4a\x4c\xc4\x00\x00\x00"));
    CHECK_TEXT(w->got, "aaaaaaaaaaaaaaaaaaa");
    char in[64];
    CHECK_INT(read(w->far, in, sizeof in) < 2 + 19, true);
    CHECK_INT((unsigned char)in[0], 0xc1);
    say(w, TEXT("\x81\x82" NO_MASK "ok"));
    hears(w, TEXT("\x81\x02ok"));
    close_world(w);
    CHECK_INT(w->closed.messages_in, 3);
}

static void what_was_not_agreed_on_is_1002(void)
{
    struct world *w = open_world((struct ws_deflate){0});
    say(w, TEXT("\xc1\x87" NO_MASK HELLO));
    CHECK_TEXT(w->got, "");
    hears(w, TEXT("\x88\x10\x03\xeaprotocol error"));
    close_world(w);
    CHECK_INT(w->closed.code, 1002);
    CHECK_INT(w->closed.by, WS_BY_SERVER);
}

static void the_peer_closes_and_its_code_comes_back(void)
{
    struct world *w = open_world(agreed);
    say(w, TEXT("\x88\x85" NO_MASK "\x0f\xa0"
                "bye"));
    hears(w, TEXT("\x88\x02\x0f\xa0"));
    CHECK_INT(w->closed.code,
              4000); /* both have said it: the server closes, and waits for nobody */
    CHECK_TEXT(w->reason, "bye");
    CHECK_INT(w->closed.by, WS_BY_CLIENT);
    close_world(w);
}

/* A compressed message and a plain one in two frames, a ping between them: a byte a turn, so that each byte finds the
 * decoder where the one before it has left it. */
static void what_is_cut_waits_for_its_rest(void)
{
    static const char bytes[] = "\xc1\x87" NO_MASK HELLO "\x01\x81" NO_MASK "o"
                                "\x89\x82" NO_MASK "hi"
                                "\x80\x81" NO_MASK "k";
    const struct ws_deflate agreements[] = {agreed, {15, 15, true}};
    for (unsigned i = 0; i < 2; i++) {
        struct world *w = open_world(agreements[i]);
        for (size_t at = 0; at < sizeof bytes - 1; at++) {
            say(w, (struct text){bytes + at, 1});
            if (at == 12)
                CHECK_TEXT(w->got, "Hello");
        }
        CHECK_TEXT(w->got, "ok");
        hears(w, TEXT("\x8a\x02hi"));
        close_world(w);
        CHECK_INT(w->closed.messages_in, 2);
    }
}

static void without_memory_for_what_is_cut_it_closes_with_1011(void)
{
    struct world *w = open_world(agreed);
    fault_at(1);
    say(w, TEXT("\x81\x82" NO_MASK "o"));
    CHECK_INT(fault_end(), true);
    hears(w, TEXT("\x88\x10\x03\xf3internal error"));
    close_world(w);
    CHECK_INT(w->closed.code, 1011);
}

/* What was sent before the peer knew is thrown away; its answer ends it. */
static void we_close_and_wait_for_the_answer(void)
{
    struct world *w = open_world(agreed);
    ws_conn_close(w->ws, 3000, TEXT("x"));
    CU_ASSERT(ws_conn_closing(w->ws));
    struct frame *f = ws_frame(WS_TEXT, TEXT("late"));
    CHECK_INT(ws_conn_send(w->ws, f), ERR_CLOSED);
    frame_unref(f);
    ws_conn_close(w->ws, 3001, TEXT("only the first counts"));
    turn(w);
    hears(w, TEXT("\x88\x03\x0b\xb8x"));
    say(w, TEXT("\x81\x82" NO_MASK "ok"));
    CHECK_TEXT(w->got, "");
    CHECK_INT(w->closed.code, 0);
    say(w, TEXT("\x88\x82" NO_MASK "\x0b\xb8"));
    (void)shutdown(w->far, SHUT_RDWR);
    turn(w);
    CHECK_INT(w->closed.code, 3000);
    CHECK_INT(w->closed.by, WS_BY_SERVER);
    close_world(w);
}

static struct ws_conn_owner owner_of(void *ctx, struct ws_conn *ws)
{
    ((struct world *)ctx)->ws = ws;
    return (struct ws_conn_owner){.ctx = ctx, .on_message = on_message, .on_closed = on_closed};
}

/* With the bytes that came early; where there is no memory the descriptor is closed. */
static void a_socket_can_be_handed_over_from_any_thread(void)
{
    struct world *w = open_world(agreed);
    struct ws_acceptor acceptor = {w, 1000, 10000, owner_of};
    int fds[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    struct ws_socket socket = {fds[0], NULL, TEXT("\xc1\x87" NO_MASK HELLO), agreed};
    CHECK_INT(ws_conn_hand_over(w->reactor, &socket, &acceptor), ERR_OK);
    turn(w);
    CHECK_TEXT(w->got, "Hello");
    CHECK_INT(ws_conn_messages_in(w->ws), 1);
    (void)close(fds[1]);
    turn(w);
    CHECK_INT(w->closed.by, WS_BY_NETWORK);
    for (unsigned n = 1; n <= 2; n++) {
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
        socket.fd = fds[0];
        fault_at(n);
        CHECK_INT(ws_conn_hand_over(w->reactor, &socket, &acceptor), ERR_NOMEM);
        CU_ASSERT(fault_end());
        char c;
        CHECK_INT(read(fds[1], &c, 1), 0);
        (void)close(fds[1]);
    }
    close_world(w);
}

UNIT("session/ws_conn", CASE(compressed_messages_come_inflated_and_leave_as_framed),
     CASE(what_was_not_agreed_on_is_1002), CASE(the_peer_closes_and_its_code_comes_back),
     CASE(what_is_cut_waits_for_its_rest), CASE(without_memory_for_what_is_cut_it_closes_with_1011),
     CASE(we_close_and_wait_for_the_answer), CASE(a_socket_can_be_handed_over_from_any_thread))
