/* conn: one connected socket on a reactor: bytes in to its owner, shared frames out within a budget.
 *
 * Input is read into the reactor's own buffer and given to on_bytes at once; nothing is kept here. Output is a queue of
 * references to shared frames, flushed once at the end of the turn with one writev (SSL_write for TLS).
 * Invariant: queued bytes <= budget_bytes of its owner. Closing has two steps: conn_close (or conn_finish) stops everything at once or
 * after what is queued has been sent; on_closed comes exactly once, later in the turn or in a following one, and the conn is
 * gone then: its memory is its owner's. No callback runs inside a call of these functions, so an owner may call them from
 * anywhere.
 * thread: the reactor's */
#ifndef SNUG_NET_CONN_H
#define SNUG_NET_CONN_H

#include "base/frame.h"
#include "net/outbox.h"
#include "net/reactor.h"

struct conn;
struct conn_more;
struct ssl_st; /* OpenSSL's SSL */

/* What its owner is told, and what is the same for all of its connections; the owner embeds the conn, and knows itself by it. */
struct conn_owner {
    /* Bytes that came; they may be changed in place and are gone after return. conn_close may be called. */
    void (*on_bytes)(struct conn *c, unsigned char *bytes, size_t len);
    /* The last call: its memory is the owner's again. `by_peer`: the other side ended it or the network did; else conn_close
     * or the reactor's end. */
    void (*on_closed)(struct conn *c, bool by_peer);
    /* Something has waited for stall_ms and the peer took nothing of it, however little that is. conn_close may be called. */
    void (*on_stalled)(struct conn *c);
    size_t budget_bytes; /* most that waits for the peer */
    int64_t stall_ms;    /* 0: nobody wants to know; on_stalled may be NULL then */
};

/* Embedded by its owner; for conn.c alone. */
struct conn {
    const struct conn_owner *owner;
    struct outbox outbox;
    struct conn_more *more;       /* NULL: it is plain, and nothing has waited for the peer */
    struct conn *next, *previous; /* of the loop's connections */
    struct conn *work_next;
    uint64_t bytes_in, bytes_out, frames_out;
    int fd;
    uint8_t interest; /* what epoll was told: EPOLLIN, EPOLLOUT */
    uint8_t state : 2;
    bool reads : 1, flushes : 1; /* its work in this turn */
    bool listed : 1;             /* in the work list */
    bool by_peer : 1;
    bool closing : 1;  /* conn_close or conn_finish was called */
    bool finished : 1; /* it was conn_finish */
    bool paused : 1;
    bool blocked : 1;          /* the socket did not take everything: wait for EPOLLOUT */
    bool shut : 1;             /* our write side */
    bool last_flush : 1;       /* the peer has ended its side: one try to send what is queued */
    bool read_wants_write : 1; /* TLS */
    bool write_wants_read : 1; /* TLS */
};

struct conn_stats {
    uint64_t bytes_in, bytes_out;
    uint64_t frames_out; /* frames queued */
    size_t queue_bytes, queue_peak_bytes;
};

/* A connected, non-blocking socket that changes hands. */
struct conn_socket {
    int fd;
    struct ssl_st *ssl; /* after the handshake; NULL for plain TCP */
    struct text early;  /* bytes that came before */
};

/* Takes a socket over, in the memory `c`, which may be anything and stays where it is until on_closed; `owner` is borrowed
 * as long, and what it says holds from one call to the next. Owned from now on: fd and ssl, also on error, when both are closed; `early` is copied and given to on_bytes in the
 * next turn, all at once and before any others. With TLS what OpenSSL still holds is read too.
 * errors: ERR_NOMEM, ERR_IO (epoll) */
MUST_USE enum err conn_adopt(struct reactor *r, const struct conn_socket *socket,
                             const struct conn_owner *owner, struct conn *c) ON(role_reactor);

/* Queues a share of `f`; the caller keeps its own. After conn_close: ERR_CLOSED, nothing happens.
 * errors: ERR_LIMIT the frame would pass the budget, nothing was queued; ERR_NOMEM; ERR_CLOSED */
MUST_USE enum err conn_send(struct conn *c, struct frame *f) ON(role_reactor);

/* What is queued, for those who drop passing things first. */
size_t conn_queue_bytes(const struct conn *c) ON(role_reactor);

/* No more on_bytes. linger_ms > 0: what is queued is still sent, then the write side is shut and the other side has
 * until linger_ms from now to close (input is read and thrown away); 0: dropped and closed at the end of the turn.
 * Calling again with a shorter time shortens it. */
void conn_close(struct conn *c, int64_t linger_ms) ON(role_reactor);

/* As conn_close, where the other side has said that it sends nothing more: over plain TCP it is over as soon as all that was
 * queued is in the kernel, and the socket is left to itself (parting.h). With TLS it is conn_close. */
void conn_finish(struct conn *c, int64_t linger_ms) ON(role_reactor);

/* Forgets what is queued and not begun, for a peer that does not read: its close frame goes next. With TLS a record that
 * was begun cannot change any more: the frames that one record has room for stay. */
void conn_drop_queue(struct conn *c) ON(role_reactor);

/* Closes a socket that nobody adopts. thread: any */
void conn_refuse(int fd, struct ssl_st *ssl);

/* Reads no more until resumed: TCP's own window slows the peer down. A peer that hangs up completely meanwhile ends
 * the connection, and what it had sent is not read. */
void conn_pause(struct conn *c, bool paused) ON(role_reactor);

struct conn_stats conn_stats(const struct conn *c) ON(role_reactor);

#endif
