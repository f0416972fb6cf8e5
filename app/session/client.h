/* client: one client of the protocol; what the files of this room share. Nobody else includes it.
 *
 * States and what each may receive are one table (client.c). A command is answered exactly once, by its id. */
#ifndef SNUG_SESSION_CLIENT_H
#define SNUG_SESSION_CLIENT_H

#include "base/buf.h"
#include "hub/hub.h"
#include "net/reactor.h"
#include "session/outside.h"
#include "session/session.h"
#include "session/transport.h"
#include "wire/command.h"

#include <stdatomic.h>

enum client_state {
    CLIENT_OPENED,
    CLIENT_CONNECTING,
    CLIENT_CONNECTED,
    CLIENT_CLOSED,
    CLIENT_STATES
};

struct subscription {
    struct subscriber *subscriber;
    int64_t expires_ms;  /* since 1970; 0: never */
    uint32_t command_id; /* whose answer waits; 0: answered */
    bool server_side;
    char *data; /* for the push that tells of it; raw JSON or NULL. Until then */
};

/* What is known of a client between its connect and the reply to it. */
struct welcome {
    uint32_t id; /* of the connect */
    struct client_identity who;
    char *subs; /* of the request: positions in its server-side channels; raw JSON or NULL */
    struct buf results; /* members of the reply's subs */
    unsigned waiting;   /* server-side subscriptions without an answer yet */
    enum err err;       /* of one that was refused */
};

struct client {
    struct pool *pool;
    uint32_t slot, generation;
    enum client_state state;
    void *pending;
    const struct transport_kind *transport;
    void *conn; /* of the transport */
    struct ws_manager *manager;
    struct ws_connection *connection;
    struct hub_client hub_client;
    struct client_identity *identity; /* of a cookie, until the connect */
    struct welcome *welcome;          /* while connecting */
    char *info_json;
    char *session_key; /* by which commands that come another way name it; NULL: a WebSocket */
    char tab[40];
    struct subscription *subscriptions;
    unsigned subscriptions_count, subscriptions_room;
    unsigned asked_recovery, got_recovery;
    struct buf waiting;  /* commands that came while connecting */
    uint32_t refresh_id; /* whose answer waits; 0: none */
    struct timer timer;
    int64_t opened_ms;   /* since 1970 */
    int64_t ping_due_ms; /* monotonic; before the connect: when it is stale */
    int64_t stop_at_ms;  /* monotonic; 0: the server is not stopping */
    int64_t pong_due_ms; /* 0: no ping is out */
    int64_t pinged_ns, rtt_ms;
    int64_t expires_ms;      /* since 1970; 0: never */
    int64_t subs_expires_ms; /* since 1970: the first of its subscriptions that ends; 0: none */
    int64_t session_id;
    bool expiry_told; /* expires_ms is a token's end, which no renewal moves */
    unsigned asked,
        confirmed; /* pool->doubts when its session was last asked for; when it was good */
    struct bucket commands;
    unsigned refused;
    int64_t refused_since_ms;
};

/* The clients of one reactor. */
struct pool {
    struct sessions *sessions;
    struct reactor *reactor;
    struct client **slots OWNED_BY(role_reactor);
    uint32_t *generations OWNED_BY(role_reactor);
    uint32_t *free_slots OWNED_BY(role_reactor);
    uint32_t slots_count OWNED_BY(role_reactor), free_count OWNED_BY(role_reactor);
    struct buf scratch OWNED_BY(role_reactor); /* of the command that is decoded */
    struct buf out OWNED_BY(role_reactor);     /* of the reply that is written */
    struct frame *pings[ENCODING_COUNT][FRAMING_COUNT] OWNED_BY(role_reactor);
    atomic_uint count;
    atomic_uint
        doubts; /* from 1: one more each time a close from outside did not fit the mailbox */
};

struct sessions {
    struct session_options options;
    struct pool pools[];
};

static inline const struct session_options *client_options(const struct client *c)
{
    return &c->pool->sessions->options;
}

static inline uint64_t client_number(const struct client *c)
{
    return (uint64_t)c->generation << 32 | c->slot;
}

/* The id of its user; empty: nobody. */
static inline struct text client_user(const struct client *c)
{
    return c->hub_client.info.user;
}

/* ---- pool.c */
struct client *pool_find(struct pool *p, uint64_t number) ON(role_reactor);
struct client *pool_add(struct pool *p) ON(role_reactor); /* NULL: no memory */
void pool_remove(struct client *c) ON(role_reactor);      /* frees it */
void pool_fini(struct pool *p);
struct welcome *welcome_free(struct welcome *w); /* NULL is welcome; returns NULL */

/* ---- client.c: life, states, timers, sending */
void client_open(struct pool *p, struct session_socket *socket) ON(role_reactor);
void client_close(struct client *c, unsigned code) ON(role_reactor);
void client_close_for(struct client *c, unsigned code, struct text reason) ON(role_reactor);
bool client_may_move(enum client_state from, enum client_state to);
void client_move(struct client *c, enum client_state to);
/* Sends what is in pool->out as one message; a client that does not read is closed. as_text: as of form_frame. */
void client_flush_out(struct client *c, bool as_text) ON(role_reactor);
void client_send_frame(struct client *c, struct frame *f, bool passing) ON(role_reactor);
void client_alive(struct client *c) ON(role_reactor);
void client_set_timer(struct client *c) ON(role_reactor);
void client_record(const struct client *c, struct ws_connection_record *out) ON(role_reactor);
/* The place among those who have not connected is free again. */
void client_admitted(struct client *c) ON(role_reactor);

/* ---- commands.c */

/* One message, in the client's encoding: one or several commands. */
void client_on_message(struct client *c, struct text message) ON(role_reactor);
/* Commands that came while the client connected. */
void client_run_waiting(struct client *c) ON(role_reactor);
void client_reply(struct client *c, uint32_t id, const char *command, struct text json)
    ON(role_reactor);
void client_reply_error(struct client *c, uint32_t id, enum err e) ON(role_reactor);
void client_reply_fault(struct client *c, uint32_t id, enum err e, struct text message)
    ON(role_reactor);
/* A push, which takes `json` (an object) and frees it. */
void client_push(struct client *c, struct text channel, const char *kind, struct buf *json)
    ON(role_reactor);
/* A reply that the caller fills: {"id":N,"<command>":{ ... and its end, which sends it. */
struct json_writer client_reply_open(struct client *c, uint32_t id, const char *command)
    ON(role_reactor);
void client_reply_close(struct client *c, struct json_writer *w, bool as_text) ON(role_reactor);

/* ---- connect.c */
void client_connect(struct client *c, const struct command *cmd) ON(role_reactor);
void client_renew(struct client *c) ON(role_reactor);
void client_refresh(struct client *c, const struct command *cmd) ON(role_reactor);
/* Another end, from outside, of which the client is told; 0: none of its own. */
void client_expire_at(struct client *c, int64_t expires_ms) ON(role_reactor);
/* A server-side subscription of the connect has its answer; the last one lets the reply go out. */
void client_connect_subscribed(struct client *c, struct text channel,
                               const struct subscribe_result *result) ON(role_reactor);
/* Writes expires and ttl of an end in ms since 1970; 0: nothing. */
void expiry_write(struct json_writer *w, const struct client *c, int64_t expires_ms);

/* ---- subscribe.c */
extern const struct subscriber_events client_subscriber_events;
void client_subscribe(struct client *c, const struct command *cmd) ON(role_reactor);
void client_unsubscribe(struct client *c, const struct command *cmd) ON(role_reactor);
void client_unsubscribe_all(struct client *c) ON(role_reactor);
void client_sub_refresh(struct client *c, const struct command *cmd) ON(role_reactor);
/* The members of a subscribe result. */
void subscribe_result_write(struct json_writer *w, const struct client *c,
                            const struct subscribe_result *r, int64_t expires_ms);
struct subscription *client_find_channel(struct client *c, struct text channel) ON(role_reactor);
/* A subscription that the server makes. Its texts are copied.
 * errors: ERR_SUBSCRIBED, ERR_LIMIT, ERR_DENIED, ERR_UNKNOWN_CHANNEL, those of hub_subscribe */
MUST_USE enum err client_subscribe_for(struct client *c, const struct server_subscription *wanted)
    ON(role_reactor);
/* Ends one from the server's side, with a push; false: there was none. */
bool client_unsubscribe_for(struct client *c, struct text channel, unsigned code,
                            struct text reason) ON(role_reactor);
/* Ends those whose time is over. */
void client_expire_subscriptions(struct client *c) ON(role_reactor);

/* ---- channel_rights.c: what a client may do in a channel. errors: ERR_UNKNOWN_CHANNEL, ERR_DENIED */
enum channel_act { ACT_PUBLISH, ACT_HISTORY, ACT_PRESENCE };

/* Whether the name can be one at all; an error is answered here. */
bool client_names_channel(struct client *c, const struct command *cmd) ON(role_reactor);
MUST_USE enum err client_may_subscribe(struct client *c, const struct command *cmd,
                                       struct subscription_grant *out_grant) ON(role_reactor);
/* By the server, for whoever signs its tokens or has its key: everywhere but in another's personal channel. */
MUST_USE enum err client_may_be_subscribed(const struct client *c, struct text channel);
MUST_USE enum err client_may(struct client *c, struct text channel, enum channel_act act)
    ON(role_reactor);

/* ---- channel_calls.c: publish, history, presence */
void client_publish(struct client *c, const struct command *cmd) ON(role_reactor);
void client_history(struct client *c, const struct command *cmd) ON(role_reactor);
void client_presence(struct client *c, const struct command *cmd) ON(role_reactor);

/* ---- handle.c: the connection as its manager sees it. errors: ERR_LIMIT, ERR_UNAVAILABLE, ERR_NOMEM */
MUST_USE enum err client_join_manager(struct client *c) ON(role_reactor);

#endif
