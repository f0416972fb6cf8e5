/* transport: what carries a client's messages, as the client sees it: a WebSocket (ws_conn) or a response that streams
 * (stream_conn). Both tell their owner through struct ws_conn_owner. thread: the reactor's */
#ifndef SNUG_SESSION_TRANSPORT_H
#define SNUG_SESSION_TRANSPORT_H

#include "session/stream_conn.h"
#include "session/ws_conn.h"

struct transport_kind {
    /* errors: ERR_LIMIT over the budget; ERR_CLOSED; ERR_NOMEM */
    enum err (*send)(void *conn, struct frame *f);
    /* Says why, behind what is queued, and ends. Only the first call counts. */
    void (*close)(void *conn, unsigned code, struct text reason);
    /* The same for a peer that does not read: what is queued and not begun is dropped first. */
    void (*close_slow)(void *conn, unsigned code, struct text reason);
    size_t (*queue_bytes)(const void *conn);
    struct conn_stats (*stats)(const void *conn);
    uint64_t (*messages_in)(const void *conn);
};

extern const struct transport_kind transport_websocket, transport_stream;

#endif
