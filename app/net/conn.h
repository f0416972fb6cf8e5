/* conn: one connected socket on a reactor: bytes in to its owner, shared frames out within a budget.
 *
 * Input is read into the reactor's own buffer and given to on_bytes at once; nothing is kept here. Output is a queue of
 * references to shared frames, flushed once at the end of the turn with one writev (SSL_write for TLS).
 * Invariant: queued bytes <= budget_bytes. Closing has two steps: conn_close stops everything at once or after what is
 * queued has been sent; on_closed comes exactly once, later in the turn or in a following one, and the conn is gone
 * when it returns. No callback runs inside a call of these functions, so an owner may call them from anywhere.
 * thread: the reactor's */
#ifndef SNUG_NET_CONN_H
#define SNUG_NET_CONN_H

#include "base/frame.h"
#include "net/reactor.h"

struct conn;
struct ssl_st; /* OpenSSL's SSL */

struct conn_owner {
    void *ctx;
    /* Bytes that came; they may be changed in place and are gone after return. conn_close may be called. */
    void (*on_bytes)(void *ctx, unsigned char *bytes, size_t len);
    /* The last call. `by_peer`: the other side ended it or the network did; else conn_close or the reactor's end. */
    void (*on_closed)(void *ctx, bool by_peer);
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

/* Takes a socket over. Owned from now on: fd and ssl, also on error, when both are closed; `early` is copied and given
 * to on_bytes in the next turn, all at once and before any others. With TLS what OpenSSL still holds is read too.
 * errors: ERR_NOMEM, ERR_IO (epoll) */
MUST_USE enum err conn_adopt(struct reactor *r, const struct conn_socket *socket,
                             size_t budget_bytes, const struct conn_owner *owner,
                             struct conn **out_conn) ON(role_reactor);

/* Queues a share of `f`; the caller keeps its own. After conn_close: ERR_CLOSED, nothing happens.
 * errors: ERR_LIMIT the frame would pass the budget, nothing was queued; ERR_NOMEM; ERR_CLOSED */
MUST_USE enum err conn_send(struct conn *c, struct frame *f) ON(role_reactor);

/* What is queued, for those who drop passing things first. */
size_t conn_queue_bytes(const struct conn *c) ON(role_reactor);

/* No more on_bytes. linger_ms > 0: what is queued is still sent, then the write side is shut and the other side has
 * until linger_ms from now to close (input is read and thrown away); 0: dropped and closed at the end of the turn.
 * Calling again with a shorter time shortens it. */
void conn_close(struct conn *c, int64_t linger_ms) ON(role_reactor);

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
