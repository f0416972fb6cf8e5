/* transport: the two tables. What is reached through a pointer says which thread it is on. */
#include "session/transport.h"

static enum err ws_send(void *conn, struct frame *f)
{
    role_assert(&role_reactor);
    return ws_conn_send(conn, f);
}

static void ws_close(void *conn, unsigned code, struct text reason)
{
    role_assert(&role_reactor);
    ws_conn_close(conn, code, reason);
}

static void ws_close_slow(void *conn, unsigned code, struct text reason)
{
    role_assert(&role_reactor);
    ws_conn_close_slow(conn, code, reason);
}

static size_t ws_queue_bytes(const void *conn)
{
    role_assert(&role_reactor);
    return ws_conn_queue_bytes(conn);
}

static struct conn_stats ws_stats(const void *conn)
{
    role_assert(&role_reactor);
    return ws_conn_stats(conn);
}

static uint64_t ws_messages_in(const void *conn)
{
    role_assert(&role_reactor);
    return ws_conn_messages_in(conn);
}

const struct transport_kind transport_websocket = {ws_send,        ws_close, ws_close_slow,
                                                   ws_queue_bytes, ws_stats, ws_messages_in};

static enum err stream_send(void *conn, struct frame *f)
{
    role_assert(&role_reactor);
    return stream_conn_send(conn, f);
}

static void stream_close(void *conn, unsigned code, struct text reason)
{
    role_assert(&role_reactor);
    stream_conn_close(conn, code, reason);
}

static void stream_close_slow(void *conn, unsigned code, struct text reason)
{
    role_assert(&role_reactor);
    stream_conn_close_slow(conn, code, reason);
}

static size_t stream_queue_bytes(const void *conn)
{
    role_assert(&role_reactor);
    return stream_conn_queue_bytes(conn);
}

static struct conn_stats stream_stats(const void *conn)
{
    role_assert(&role_reactor);
    return stream_conn_stats(conn);
}

static uint64_t stream_messages_in(const void *conn)
{
    role_assert(&role_reactor);
    return stream_conn_messages_in(conn);
}

const struct transport_kind transport_stream = {stream_send,       stream_close,
                                                stream_close_slow, stream_queue_bytes,
                                                stream_stats,      stream_messages_in};
