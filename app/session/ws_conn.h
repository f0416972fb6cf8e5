/* ws_conn: one WebSocket on a reactor: whole messages in, shared frames out, the closing handshake in both directions.
 *
 * It answers pings, checks the peer against RFC 6455 and 7692 and closes with the standards' codes; it knows no protocol
 * above. Messages are given to its owner inflated; whether one is sent compressed is the owner's to choose, by frame.
 * Invariant: after a close frame was sent nothing else is; on_closed comes exactly once, and the object is gone then.
 * thread: the reactor's */
#ifndef SNUG_SESSION_WS_CONN_H
#define SNUG_SESSION_WS_CONN_H

#include "net/conn.h"
#include "session/close_code.h"
#include "wire/ws_deflate.h"

struct ws_conn;

enum ws_closer { WS_BY_CLIENT, WS_BY_SERVER, WS_BY_NETWORK };

struct ws_closed {
    unsigned code; /* of the first close frame; 1006: there was none */
    struct text reason;
    enum ws_closer by;
    struct conn_stats stats;
    uint64_t messages_in;
};

/* What its owner is told, and what is the same for all of its connections. */
struct ws_conn_owner {
    void *ctx; /* NULL: the connection itself, for who embeds it as its first member */
    /* A whole message, inflated; borrowed until return. */
    void (*on_message)(void *ctx, enum ws_opcode opcode, struct text payload);
    void (*on_closed)(void *ctx, const struct ws_closed *how); /* NULL: nobody wants to know */
    size_t message_max_bytes; /* of one that comes: at most 4 GiB */
    size_t budget_bytes;      /* of what waits for the peer */
    int64_t
        stall_ms; /* a peer that takes nothing of that for so long does not read: 3008; 0: is not looked at */
    struct conn_owner
        bytes; /* made of the others by ws_conn_owner_ready or stream_conn_owner_ready */
};

struct ws_decoder;

/* Embedded, or made by ws_conn_hand_over; for ws_conn.c alone. */
struct ws_conn {
    struct conn conn; /* first; its owner is the `bytes` of ours */
    union {
        struct ws_decoder
            *cut;     /* open: of a frame or a message that is not whole yet; NULL: there is none */
        char *reason; /* else of the first close frame; NULL: none */
    };
    uint64_t messages_in;
    uint16_t code; /* 0: open */
    uint8_t by;    /* enum ws_closer */
    struct ws_deflate deflate;
    bool own; /* it frees itself */
};

/* An upgraded socket; owned from now on, also on error: fd and ssl. */
struct ws_socket {
    int fd;
    struct ssl_st *ssl;        /* or NULL */
    struct text early;         /* bytes that came behind the upgrade request; copied */
    struct ws_deflate deflate; /* agreed on in the handshake; zero: nothing */
};

/* Before an owner's first connection: all else in it is there. */
void ws_conn_owner_ready(struct ws_conn_owner *owner);

/* Takes a socket over, in the memory `w`, which may be anything and stays where it is until on_closed, as does `owner`: for
 * who embeds it. errors: ERR_NOMEM, ERR_IO */
MUST_USE enum err ws_conn_adopt(struct reactor *r, const struct ws_socket *socket,
                                const struct ws_conn_owner *owner, struct ws_conn *w)
    ON(role_reactor);

/* What becomes of sockets that other threads hand over. */
struct ws_acceptor {
    void *ctx;
    size_t message_max_bytes, budget_bytes;
    /* On the reactor: who owns this new one: ctx and the two callbacks, which come later. */
    struct ws_conn_owner (*open)(void *ctx, struct ws_conn *w);
};

/* ws_conn_adopt from another thread, later. The socket is owned from now on, also on error; the acceptor is borrowed as
 * long as there are reactors. thread: any. errors: ERR_BUSY, ERR_CLOSED, ERR_NOMEM */
MUST_USE enum err ws_conn_hand_over(struct reactor *r, const struct ws_socket *socket,
                                    const struct ws_acceptor *acceptor);

/* The largest window a compressed frame for it may be made with (ws_deflate_window); 0: none, send plain ones. */
unsigned ws_conn_deflate(const struct ws_conn *w) ON(role_reactor);

/* Queues a share of a frame made by ws_frame, or by ws_frame_deflated where ws_conn_deflate permits it. errors: ERR_LIMIT over the budget; ERR_CLOSED; ERR_NOMEM */
MUST_USE enum err ws_conn_send(struct ws_conn *w, struct frame *f) ON(role_reactor);

/* Sends a close frame behind what is queued and waits a moment for the answer. Only the first call counts. */
void ws_conn_close(struct ws_conn *w, unsigned code, struct text reason) ON(role_reactor);

/* The same for a peer that does not read: what is queued and not begun is dropped first. */
void ws_conn_close_slow(struct ws_conn *w, unsigned code, struct text reason) ON(role_reactor);

size_t ws_conn_queue_bytes(const struct ws_conn *w) ON(role_reactor);
struct conn_stats ws_conn_stats(const struct ws_conn *w) ON(role_reactor);
uint64_t ws_conn_messages_in(const struct ws_conn *w) ON(role_reactor);
bool ws_conn_closing(const struct ws_conn *w) ON(role_reactor);

#endif
