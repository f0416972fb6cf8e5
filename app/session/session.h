/* session: the clients of the server, from an adopted socket to its close: the client protocol over WebSockets.
 *
 * A client is a state machine (opened, connecting, connected, closed); what it may do it asks of the rules it was given
 * here, so it knows no chat. It lives on one reactor; whatever reaches it from elsewhere carries its number (slot and
 * generation), and what comes late for a client that is gone is dropped and counted.
 * Every close has one code from close_codes.def, which reaches the peer, the log, the counters and the history. */
#ifndef SNUG_SESSION_SESSION_H
#define SNUG_SESSION_SESSION_H

#include "base/bucket.h"
#include "base/env.h"
#include "base/method.h"
#include "manager/ws_connection.h"
#include "session/ws_conn.h"

struct buckets;
struct hub;
struct json_writer;
struct reactor;
struct sessions;

#define USER_TEXT_SIZE 251 /* WS_USER_BYTES_MAX and its end */

/* Who a client is, as the rules say. */
struct client_identity {
    char user[USER_TEXT_SIZE]; /* the id, as text; "": nobody, who has no manager */
    int64_t user_id;           /* 0: no person of this place */
    int64_t session_id;
    int64_t expires_ms; /* since 1970; 0: never */
    bool expiry_told; /* the client is told and refreshes; else the server asks again at the end */
    enum right right;
    char user_json[1024]; /* the user object, for the welcome */
    char info_json[1024]; /* conn_info: {name, display, role}, or what a token says */
    char channels_json
        [4096]; /* an array: channels it is subscribed to besides user:<user>; "": none */
};

/* What a token allows in one channel. */
struct subscription_grant {
    int64_t expires_ms;   /* since 1970; 0: never */
    char info_json[1024]; /* chan_info; "": none */
};

struct identity_answer {
    void *owner;
    uint64_t number; /* of the client */
    uint32_t id;     /* of its command */
    void (*done)(struct identity_answer answer, enum err e,
                 const struct client_identity *who); /* any thread */
};

struct session_rules {
    void *ctx;
    const struct method_table *methods;
    /* Who a token is for; refusals are counted there. errors (returned, no answer comes): ERR_BUSY, ERR_CLOSED */
    enum err (*identify)(void *ctx, struct text token, struct identity_answer answer);
    /* Whether a session still is. The same errors. */
    enum err (*renew)(void *ctx, int64_t session_id, struct identity_answer answer);
    /* What a subscription token allows this user in this channel; no I/O.
     * errors: ERR_BAD_TOKEN, ERR_TOKEN_EXPIRED, ERR_DENIED another user's or channel's */
    enum err (*grant)(void *ctx, struct text token, struct text user, struct text channel,
                      struct subscription_grant *out_grant);
    /* Writes the members of the connect reply's data. user_json, expires_ms: as in struct client_identity */
    void (*welcome)(void *ctx, struct text user_json, int64_t expires_ms, struct json_writer *w);
    /* Whether the channel is one of the product's (has a source). */
    bool (*serves)(void *ctx, struct text channel);
    /* The history: a connection was authenticated; it ended. thread: reactor, must not block */
    void (*opened)(void *ctx, const struct ws_connection_record *record);
    void (*closed)(void *ctx, const struct ws_connection_record *record);
    /* An upgraded socket has connected or is gone: its place among those who wait is free. */
    void (*admitted)(void *ctx, void *pending);
    /* A socket is closed: its place among all is free. */
    void (*left)(void *ctx, void *place);
};

struct session_options {
    const struct env *env;
    struct hub *hub;
    struct ws_registry *registry;
    struct reactor **reactors;
    unsigned reactors_count;
    struct session_rules rules;
    const char *version;
    const char *node; /* of this server, for the connect reply of streams */
    bool insecure;
    int64_t ping_interval_ms, pong_timeout_ms,
        stale_close_delay_ms; /* of more than 20 days: 20 days */
    /* Closed with 3011: a client without a command (pongs are none) for so long; one that is so old. 0: never */
    int64_t idle_timeout_ms, max_age_ms;
    /* What a token's end and a subscription token's end leave for the next one to come. */
    int64_t expired_close_delay_ms, expired_sub_close_delay_ms;
    size_t queue_max_bytes, message_max_bytes;
    size_t
        queue_total_bytes; /* that wait for all clients together, an equal part on each reactor; 0: any */
    unsigned compression_level;   /* of messages to WebSockets that have agreed: 1..9 */
    size_t compression_min_bytes; /* shorter ones are sent as they are */
    unsigned channel_limit;
    struct bucket_limit commands; /* of one connection */
    /* Of one address and of one user, wherever they are connected; borrowed. NULL: no limit */
    struct buckets *address_commands, *connects, *publishes;
};

/* errors: ERR_NOMEM */
MUST_USE enum err sessions_new(const struct session_options *options,
                               struct sessions **out_sessions);
/* After the reactors have stopped. NULL is welcome. Returns NULL. */
struct sessions *sessions_free(struct sessions *s);

/* A socket that leaves the door. Everything is copied or taken: fd, ssl, the reference to the manager. */
struct session_socket {
    int fd;
    struct ssl_st *ssl;
    struct form
        form; /* FRAMING_WEBSOCKET: after its upgrade; else a response whose head has been sent */
    struct text early;         /* a WebSocket's bytes behind its head; a stream's connect command */
    struct ws_deflate deflate; /* agreed on; zero: nothing */
    struct ws_manager *manager;             /* with a good cookie: a reference; else NULL */
    const struct client_identity *identity; /* with a good cookie; else NULL */
    void *
        pending; /* its place among those who have not connected; NULL: none. Given back through `admitted` */
    void *place; /* its place among all sockets; NULL: none. Given back through `left` */
    char address[46];
    char client[96];
};

/* Gives it to the reactor with the fewest clients. thread: any
 * errors: ERR_BUSY, ERR_CLOSED, ERR_NOMEM: nothing was taken */
MUST_USE enum err sessions_adopt(struct sessions *s, const struct session_socket *socket);

/* Commands of a client whose line only goes down: `key` is the session of its connect reply. They are judged and answered
 * on its own line. thread: any
 * errors: ERR_BAD_REQUEST no such key can be; ERR_BUSY, ERR_CLOSED, ERR_NOMEM: nothing was taken */
MUST_USE enum err sessions_command(struct sessions *s, struct text key, struct text data);

/* Closes the clients of a session (session_id > 0) or of a user (session_id 0), or all (both 0). thread: any */
void sessions_close(struct sessions *s, int64_t user_id, int64_t session_id, unsigned code);

/* Closes everybody with 3001, spread over spread_ms. thread: any */
void sessions_shutdown(struct sessions *s, int64_t spread_ms);

/* Tells everybody who is connected, by the protocol's message push; it is encoded once for each form. `number`, from 1,
 * tells one message from the next: after an error the same call again tells only those that were not told.
 * in: data, raw JSON of at most 32 KiB, copied. errors: ERR_BUSY, ERR_CLOSED, ERR_LIMIT, ERR_NOMEM. thread: any, one at a time */
MUST_USE enum err sessions_tell(struct sessions *s, uint64_t number, struct text data);

unsigned sessions_count(struct sessions *s); /* thread: any */

/* The open, authenticated connections, gathered reactor by reactor. `done` comes once, on a reactor: it must not block.
 * user_id 0: everybody's. channel: how far each is in it is told too; empty: none. errors: ERR_NOMEM, ERR_BUSY, ERR_CLOSED: `done` does not come. thread: any */
struct connections_answer {
    void *owner;
    void (*done)(void *owner, enum err e, const struct ws_connection_record *records, size_t count);
};
MUST_USE enum err sessions_list(struct sessions *s, int64_t user_id, struct text channel,
                                struct connections_answer answer);

#endif
