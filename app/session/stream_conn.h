/* stream_conn: a response that streams (http_stream, server-sent events) on a reactor: frames out until one side ends it.
 *
 * The head of the response has been sent by the door. The client's commands do not come on this connection but through
 * POST /emulation; what it sends here is thrown away. Before it ends for a reason of ours, a disconnect push says which.
 * Invariant: on_closed comes exactly once, and the object is gone when it returns. thread: the reactor's
 * source: PROTOCOL.md, Transports other than WebSocket */
#ifndef SNUG_SESSION_STREAM_CONN_H
#define SNUG_SESSION_STREAM_CONN_H

#include "session/ws_conn.h"
#include "wire/form.h"

struct stream_conn;

/* A socket that leaves the door; owned from now on, also on error: fd and ssl. Of `owner` only on_closed is called.
 * errors: ERR_NOMEM, ERR_IO */
MUST_USE enum err stream_conn_adopt(struct reactor *r, int fd, struct ssl_st *ssl, struct form form,
                                    size_t budget_bytes, const struct ws_conn_owner *owner,
                                    struct stream_conn **out_conn) ON(role_reactor);

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
