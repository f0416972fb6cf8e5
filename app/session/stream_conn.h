/* stream_conn: a response that streams (http_stream, server-sent events) on a reactor: frames out until one side ends it.
 *
 * The head of the response has been sent by the door. The client's commands do not come on this connection but through
 * POST /emulation; what it sends here is thrown away. Before it ends for a reason of ours, a disconnect push says which.
 * Invariant: on_closed comes exactly once, and the object is gone then. thread: the reactor's
 * source: PROTOCOL.md, Transports other than WebSocket */
#ifndef SNUG_SESSION_STREAM_CONN_H
#define SNUG_SESSION_STREAM_CONN_H

#include "session/ws_conn.h"
#include "wire/form.h"

/* Embedded; for stream_conn.c alone. */
struct stream_conn {
    struct conn conn; /* first; its owner is the `bytes` of ours */
    uint64_t bytes_in;
    char *reason;              /* NULL: none */
    uint32_t messages_in;      /* each was a request */
    uint16_t code;             /* 0: open */
    uint8_t encoding, framing; /* of its form */
};

/* As ws_conn_owner_ready. */
void stream_conn_owner_ready(struct ws_conn_owner *owner);

/* In the memory `s`, as ws_conn_adopt. A socket that leaves the door; owned from now on, also on error: fd and ssl; the rest of it is not looked at. Of `owner`
 * only on_closed is called. errors: ERR_NOMEM, ERR_IO */
MUST_USE enum err stream_conn_adopt(struct reactor *r, const struct ws_socket *socket,
                                    struct form form, const struct ws_conn_owner *owner,
                                    struct stream_conn *s) ON(role_reactor);

/* Queues a share of a frame of this form. errors: ERR_LIMIT over the budget; ERR_CLOSED; ERR_NOMEM */
MUST_USE enum err stream_conn_send(struct stream_conn *s, struct frame *f) ON(role_reactor);

/* Sends a disconnect push behind what is queued, then the end of the stream. Only the first call counts. */
void stream_conn_close(struct stream_conn *s, unsigned code, struct text reason) ON(role_reactor);

/* The same for a client that does not read: what is queued and not begun is dropped first. */
void stream_conn_close_slow(struct stream_conn *s, unsigned code, struct text reason)
    ON(role_reactor);

/* A message of the client has come another way. */
void stream_conn_count(struct stream_conn *s, size_t bytes) ON(role_reactor);

size_t stream_conn_queue_bytes(const struct stream_conn *s) ON(role_reactor);
struct conn_stats stream_conn_stats(const struct stream_conn *s) ON(role_reactor);
uint64_t stream_conn_messages_in(const struct stream_conn *s) ON(role_reactor);

#endif
