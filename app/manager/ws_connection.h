/* ws_connection: what a manager knows of one connection: its record, and two ways to reach it.
 *
 * Registered by the session that owns the socket. One way in, one way out; removing twice is harmless. */
#ifndef SNUG_MANAGER_WS_CONNECTION_H
#define SNUG_MANAGER_WS_CONNECTION_H

#include "base/err.h"
#include "manager/ws_manager.h"

struct notice; /* hub/notice.h */

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
    /* Of the channel that was asked about, if one was: the last offset on its way to the client, and the last one it has
     * read for certain, because it has answered a ping behind it. Invariant: acked_offset <= sent_offset. */
    bool follows;
    uint64_t sent_offset, acked_offset;
    unsigned code;
    char reason[64];
    char closed_by[8]; /* client, server, network */
    int recovered;     /* 1 every stream exactly; 0 not; -1 nothing to recover */
};

/* Reached from any thread, without any lock: implementations post to the connection's reactor. A call may come a moment
 * after ws_connection_remove. */
struct ws_connection_ways {
    /* To `count` connections of this ctx, by their numbers (borrowed); a notice that is kept is kept by a reference of its
     * own. Returns whether it is on its way: false, to none of them. */
    bool (*deliver)(void *ctx, const uint64_t *numbers, size_t count, struct notice *n);
    void (*close)(void *ctx, uint64_t number, unsigned code, struct text reason);
};

struct ws_connection_handle {
    void *ctx;       /* e.g. the session pool */
    uint64_t number; /* e.g. slot and generation: a late call for a gone connection does nothing */
    const struct ws_connection_ways *ways; /* borrowed as long as somebody may have the handle */
};

/* Adds a connection to its user's manager. The manager is held by a reference until ws_connection_remove.
 * in: id: 1 to 36 bytes, copied; active_ms: how long after the last sign of life it still counts as active (ping
 * interval + pong timeout)
 * errors: ERR_LIMIT the user has connections_max already (close 3504); ERR_UNAVAILABLE its mode or the registry's
 * refuses; ERR_NOT_NOW the level does, for as long as it lasts; ERR_CONFLICT the user has a connection of that id; ERR_NOMEM */
MUST_USE enum err ws_connection_add(struct ws_manager *m, const char *id,
                                    const struct ws_connection_handle *handle, int64_t active_ms,
                                    struct ws_connection **out_connection);

/* Takes it out. NULL is welcome. Returns NULL. */
struct ws_connection *ws_connection_remove(struct ws_connection *c);

/* A sign of life: pong or data, at now_ms (monotonic). Lock-free. */
void ws_connection_alive(struct ws_connection *c, int64_t now_ms);

/* ---- sending: to the user's own connections. It never waits: a connection that does not read fills its own queue, is
 * closed for that (3008) and keeps nobody else from anything. What one thread sends comes in its order. */

enum ws_outcome {
    WS_REFUSED,   /* nobody gets it */
    WS_QUEUED,    /* the user has no connection: it is kept in user:<id> for the next one */
    WS_DELIVERED, /* it is on its way to the connections the user has */
};

struct ws_sent {
    enum ws_outcome outcome;
    enum err
        err; /* why it was refused: ERR_BUSY too much is on its way, try again; ERR_UNAVAILABLE nobody is there and
                           nothing is kept; ERR_LIMIT it is too long; ERR_CLOSED; ERR_NOMEM. Else ERR_OK */
    size_t connections; /* WS_DELIVERED: how many, at least 1 */
    uint64_t offset;    /* in user:<id>, rising by 1 from 1; 0: not known yet, or it is not kept */
};

/* Who wants to know the offset. Told once, with what it has come to, during the call or later on a reactor's thread: it
 * must not block. */
struct ws_receipt {
    void *ctx;
    void (*told)(void *ctx, const struct ws_sent *sent);
};

/* Sends a JSON document to all connections of the user: through the hub to user:<id>, where it gets the next offset and
 * can be recovered; without a hub, or where the manager may not store (WS_STORES), to who is connected alone.
 * receipt: NULL: nobody wants to know. Returns what can be said at once: with a hub the offset is 0 yet. */
struct ws_sent ws_manager_send(struct ws_manager *m, struct text json,
                               const struct ws_receipt *receipt);

/* ---- broadcasts: to everybody who is connected, but for some users and for managers that hear none
 * (WS_HEARS_BROADCASTS). It passes: nothing is numbered or kept. One encoding for all connections of the same form. */

#define WS_EXCEPT_MAX 1000 /* users left out of one broadcast */

struct ws_reached {
    size_t users; /* it was for */
    size_t
        connections; /* it is on its way to: all of theirs, but for those of a reactor that has no room for it now */
};

/* A user who connects meanwhile may hear it or not. Takes about 0.1 us a manager and 0.3 us a connection.
 * thread: any; with more than some thousand connections not a reactor
 * errors: ERR_LIMIT over WS_EXCEPT_MAX; ERR_NOMEM nobody was told */
MUST_USE enum err ws_registry_broadcast(struct ws_registry *r, struct text json,
                                        const struct text *except, size_t except_count,
                                        struct ws_reached *out_reached);

/* ---- closing */

/* Closes all of the user's connections. Returns how many were asked. */
size_t ws_manager_close(struct ws_manager *m, unsigned code, struct text reason);

/* Closes one of them by its id; false: not there. */
bool ws_manager_close_one(struct ws_manager *m, struct text id, unsigned code, struct text reason);

#endif
