/* ws_connection: what a manager knows of one connection: its record, and two ways to reach it.
 *
 * Registered by the session that owns the socket. One way in, one way out; removing twice is harmless. */
#ifndef SNUG_MANAGER_WS_CONNECTION_H
#define SNUG_MANAGER_WS_CONNECTION_H

#include "base/err.h"
#include "base/frame.h"
#include "base/thread_role.h"
#include "manager/ws_manager.h"

/* The record, filled at the end and kept by the history sink. */
struct ws_connection_record {
    char id[37];     /* UUID: 128 random bits, no user id inside */
    int64_t user_id; /* 0: nobody */
    char client[96];
    char address[46];
    char transport[16]; /* "websocket" */
    char tab[40];
    int64_t connected_ms; /* since 1970 */
    int64_t closed_ms;
    int64_t rtt_ms;
    uint64_t bytes_in, bytes_out, frames_in, frames_out;
    uint64_t queue_peak_bytes;
    unsigned rooms; /* room channels subscribed now */
    unsigned code;
    char reason[64];
    char closed_by[8]; /* client, server, network */
    int recovered;     /* 1 every stream exactly; 0 not; -1 nothing to recover */
};

/* Reached from any thread, without any lock: implementations post to the connection's reactor. A call may come a moment
 * after ws_connection_remove. */
struct ws_connection_handle {
    void *ctx;       /* e.g. the session pool */
    uint64_t number; /* e.g. slot and generation: a late call for a gone connection does nothing */
    /* Takes a reference of its own if it keeps the frame. */
    void (*deliver)(void *ctx, uint64_t number, struct frame *f);
    void (*close)(void *ctx, uint64_t number, unsigned code, struct text reason);
};

/* Adds a connection to its user's manager. The manager is held by a reference until ws_connection_remove.
 * in: id: 1 to 36 bytes, copied; active_ms: how long after the last sign of life it still counts as active (ping
 * interval + pong timeout)
 * errors: ERR_LIMIT the user has connections_max already (close 3504); ERR_UNAVAILABLE the mode refuses;
 * ERR_CONFLICT the user has a connection of that id; ERR_NOMEM */
MUST_USE enum err ws_connection_add(struct ws_manager *m, const char *id,
                                    const struct ws_connection_handle *handle, int64_t active_ms,
                                    struct ws_connection **out_connection);

/* Takes it out. NULL is welcome. Returns NULL. */
struct ws_connection *ws_connection_remove(struct ws_connection *c);

/* A sign of life: pong or data, at now_ms (monotonic). Lock-free. */
void ws_connection_alive(struct ws_connection *c, int64_t now_ms);

/* Sends a JSON document to all connections of the user: through hub to user:<id> if the registry has a hub, else
 * to each `deliver`, as a frame that holds the document alone.
 * out: how many connections there were; 0 also without memory. Never blocks. */
size_t ws_manager_send(struct ws_manager *m, struct text json);

/* Closes all of the user's connections. Returns how many were asked. */
size_t ws_manager_close(struct ws_manager *m, unsigned code, struct text reason);

/* Closes one of them by its id; false: not there. */
bool ws_manager_close_one(struct ws_manager *m, struct text id, unsigned code, struct text reason);

#endif
