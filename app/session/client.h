/* client: one client of the protocol; what the files of this room share. Nobody else includes it.
 *
 * States and what each may receive are one table (client.c). A command is answered exactly once, by its id. */
#ifndef SNUG_SESSION_CLIENT_H
#define SNUG_SESSION_CLIENT_H

#include "base/buf.h"
#include "hub/hub.h"
#include "manager/connection_place.h"
#include "net/reactor.h"
#include "session/outside.h"
#include "session/session.h"
#include "session/transport.h"
#include "wire/command.h"

#include <stdatomic.h>

struct notice;

enum client_state {
    CLIENT_OPENED,
    CLIENT_CONNECTING,
    CLIENT_CONNECTED,
    CLIENT_CLOSED,
    CLIENT_STATES
};

/* What the server's wish for a subscription leaves until its answer. */
struct order {
    struct act *act; /* hears of it; NULL: nobody does */
    char data[];     /* for the push that tells of it: raw JSON, or empty */
};

struct subscription {
    struct subscriber *subscriber;
    int64_t expires_ms; /* since 1970; 0: never */
    union {
        struct order *
            order; /* until it has its answer, one of the server; NULL: none, or not told further */
        uint64_t
            acked_offset; /* then: what had been sent when an answered ping went out: the client has read so far, */
    };
    union {
        uint32_t command_id; /* until then: the command whose answer waits; 0: the server's */
        uint32_t
            asked_ahead; /* and so much more had been when the last one did; at most that is noted at a time */
    };
    bool server_side;
    bool answered;
};

_Static_assert(sizeof(struct subscription) <= 32, "each connection has two or more");

#define SUBSCRIPTIONS_FEW_BITS 1 /* 2 to this power have their place in the client */

/* The command whose answer waits; 0: none does. */
static inline uint32_t subscription_waits(const struct subscription *s)
{
    return s->answered ? 0 : s->command_id;
}

/* A client_identity in one block, as long as its texts are: many clients log in at once. */
struct person {
    int64_t user_id, session_id, expires_ms;
    bool expiry_told;
    uint8_t right; /* enum right */
    struct text user, user_json, info_json, channels_json;
    char bytes[];
};

/* What is known of a client between its connect and the reply to it. */
struct welcome {
    uint32_t id;           /* of the connect */
    struct person *person; /* of a token; NULL: the cookie's, or nobody */
    char *subs; /* of the request: positions in its server-side channels; raw JSON or NULL */
    struct buf results;  /* members of the reply's subs */
    struct buf commands; /* that came meanwhile */
    unsigned waiting;    /* server-side subscriptions without an answer yet */
    enum err err;        /* of one that was refused */
};

/* What is kept of a client as text, in this order. */
enum word {
    WORD_ADDRESS, /* of the peer */
    WORD_PROGRAM, /* "Firefox, Linux", or what its connect says */
    WORD_TAB,
    WORD_INFO, /* conn_info: raw JSON */
    WORD_KEY,  /* by which commands that come another way name it; empty: a WebSocket */
    WORD_COUNT
};

struct client {
    union {
        struct ws_conn ws;
        struct stream_conn stream;
    } line; /* first; what client_transport takes */
    struct pool *pool;
    uint8_t state;                  /* enum client_state */
    uint8_t right;                  /* enum right */
    uint8_t subscriptions_room : 5; /* there is room for 2 to this power */
    bool secure : 1;
    bool confirmed : 1;       /* its session was good then */
    bool joined : 1;          /* its manager has its connection */
    bool expiry_told : 1;     /* expires_ms is a token's end, which no renewal moves */
    bool stopping : 1;        /* the server is: it has until ping_due_ms */
    bool noted : 1;           /* the history has been told of it */
    bool admitted : 1;        /* its place among those who have not connected is free again */
    bool recovers : 1;        /* it asked for what it missed in some channel, */
    bool unrecovered : 1;     /* and did not get it in one of them */
    bool pinged : 1;          /* a ping is out */
    uint16_t refused, faults; /* since window_ms: answers with 111, with other errors */
    unsigned char id[UUID_BYTES];
    union {
        void *pending;            /* its place at the door until `admitted`; NULL: none */
        int64_t refresh_until_ms; /* then, monotonic: when the answer to a refresh is lost */
    };
    void *place; /* at the door, until its end; NULL: none */
    struct ws_manager *manager;
    struct ws_connection connection; /* if `joined`; its handle has the number from the beginning */
    struct hub_client hub_client;
    struct person *person;   /* of a cookie, until the connect; or NULL */
    struct welcome *welcome; /* while connecting */
    char *words;             /* all of enum word, each ended by a NUL */
    union {                  /* client_subscriptions */
        struct subscription few[1 << SUBSCRIPTIONS_FEW_BITS];
        struct subscription *more;
    };
    uint32_t subscriptions_count;
    uint32_t refresh_id; /* whose answer waits; 0: none */
    uint32_t rtt_ms;     /* 0: not known */
    unsigned asked;      /* pool->doubts when its session was last asked for */
    struct timer timer;
    int64_t opened_ms; /* since 1970 */
    int64_t began_ms;  /* monotonic: opened */
    uint32_t
        ping_due_ms; /* monotonic, the lower half, as the next: within some days. Before the connect: when it is stale */
    uint32_t pong_due_ms; /* if `pinged` */
    uint32_t pinged_us;   /* the lower half: a pong comes within an hour */
    uint32_t window_ms;   /* monotonic, the lower half: since when it is counted */
    int64_t expires_ms;   /* since 1970; 0: never */
    int64_t session_id;
    struct bucket commands; /* its at_ms: when the last one was taken, or it began */
    uint64_t address;       /* its bucket in address_commands */
};

_Static_assert(sizeof(struct client) <= 472, "of an idle connection");

/* The clients of one reactor. */
struct pool {
    struct sessions *sessions;
    struct reactor *reactor;
    struct client **slots OWNED_BY(role_reactor);
    uint32_t *generations OWNED_BY(role_reactor);
    uint32_t *free_slots OWNED_BY(role_reactor);
    uint32_t slots_room OWNED_BY(role_reactor);
    uint32_t
        slots_count OWNED_BY(role_reactor); /* that were ever used; free_count of them are free */
    uint32_t free_count OWNED_BY(role_reactor);
    struct buf scratch OWNED_BY(role_reactor); /* of the command that is decoded */
    struct buf out OWNED_BY(role_reactor);     /* of the reply that is written */
    struct frame *pings[ENCODING_COUNT][FRAMING_COUNT] OWNED_BY(role_reactor);
    size_t queue_share; /* of what may wait for all clients together; 0: any */
    struct timer crowd OWNED_BY(role_reactor);
    uint64_t told; /* number of the last message for all that it was given: sessions_tell's */
    atomic_uint count;
    atomic_uint
        doubts; /* from 1: one more each time a close from outside did not fit the mailbox */
};

struct sessions {
    struct session_options options;
    struct ws_conn_owner websockets, streams; /* the clients of each kind of line */
    struct pool pools[];
};

static inline const struct session_options *client_options(const struct client *c)
{
    return &c->pool->sessions->options;
}

/* Its slot in the pool, and above it how many had that before. */
static inline uint64_t client_number(const struct client *c)
{
    return c->connection.handle.number;
}

/* subscriptions_count of them; they move when there are more. */
static inline struct subscription *client_subscriptions(const struct client *c)
{
    return c->subscriptions_room > SUBSCRIPTIONS_FEW_BITS ? c->more : (struct subscription *)c->few;
}

static inline const struct transport_kind *client_transport(const struct client *c)
{
    return c->hub_client.form.framing == FRAMING_WEBSOCKET ? &transport_websocket
                                                           : &transport_stream;
}

/* The id of its user; empty: nobody, or not known yet. */
static inline struct text client_user(const struct client *c)
{
    return c->joined ? ws_manager_user(c->manager) : TEXT_NONE;
}

/* ---- pool.c */
struct client *pool_find(struct pool *p, uint64_t number) ON(role_reactor);
struct client *pool_add(struct pool *p) ON(role_reactor); /* NULL: no memory */
void pool_remove(struct client *c) ON(role_reactor);      /* frees it */
void pool_fini(struct pool *p);
struct welcome *welcome_free(struct welcome *w); /* NULL is welcome; returns NULL */

/* ---- client.c: life, states, timers, sending */
/* What the lines of these clients have in common, once the options are there. */
void client_make_owners(struct sessions *s);
/* Takes *person, if it comes so far. */
void client_open(struct pool *p, const struct session_socket *socket, struct person **person)
    ON(role_reactor);
void client_close(struct client *c, unsigned code) ON(role_reactor);
void client_close_slow(struct client *c) ON(role_reactor); /* it does not read */
void client_close_for(struct client *c, unsigned code, struct text reason) ON(role_reactor);
bool client_may_move(enum client_state from, enum client_state to);
void client_move(struct client *c, enum client_state to);
/* Sends what is in pool->out as one message; a client that does not read is closed. as_text: as of form_frame. */
void client_flush_out(struct client *c, bool as_text) ON(role_reactor);
void client_send_frame(struct client *c, struct frame *f, bool passing) ON(role_reactor);
void client_alive(struct client *c) ON(role_reactor);
void client_set_timer(struct client *c) ON(role_reactor);
void client_record(const struct client *c, struct ws_connection_record *out) ON(role_reactor);
/* Fills in how far it is in a channel; it may not follow it. */
void client_record_position(struct client *c, struct text channel, struct ws_connection_record *out)
    ON(role_reactor);
/* The place among those who have not connected is free again. */
void client_admitted(struct client *c) ON(role_reactor);

/* ---- who.c */
struct person *person_new(const struct client_identity *who); /* by free; NULL: no memory */
/* Whom it connects as, while it has a welcome. */
const struct person *client_person(const struct client *c);
struct text client_word(const struct client *c, enum word which);
/* Cut to what a record holds. errors: ERR_NOMEM: nothing changed */
MUST_USE enum err client_set_word(struct client *c, enum word which, struct text t);
void client_id(const struct client *c, char out[UUID_SIZE]);
bool client_is(const struct client *c, struct text id);
void client_actor(const struct client *c, struct actor *out);
/* The texts are the client's, but for its id, which is written to `id`. */
struct client_info client_info(const struct client *c, char id[UUID_SIZE]);

/* ---- crowd.c: more waits than may, for all clients of this reactor */
void pool_look_at_crowd(struct pool *p) ON(role_reactor);

/* ---- commands.c */

/* One message, in the client's encoding: one or several commands. */
void client_on_message(struct client *c, struct text message) ON(role_reactor);
/* Frees the welcome and runs the commands that came while the client connected. */
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

/* ---- limits.c: whether a limit allows it; if not, that is answered here (or the client closed) */
bool client_may_command(struct client *c, const struct command *cmd) ON(role_reactor);
bool client_may_send(struct client *c, const struct command *cmd) ON(role_reactor);
/* An answer with an error other than 111: too many close it (3509). */
void client_count_fault(struct client *c) ON(role_reactor);
/* While it has a welcome. */
bool client_may_connect(struct client *c, struct text user) ON(role_reactor);

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
/* A subscription that the server makes. Its texts are copied. Without an error `act`, if there is one, has its answer later:
 * ERR_OK, what the hub said, or ERR_NOT_FOUND when the client or its subscription ended before.
 * errors: ERR_SUBSCRIBED, ERR_LIMIT, ERR_DENIED, ERR_UNKNOWN_CHANNEL, those of hub_subscribe */
MUST_USE enum err client_subscribe_for(struct client *c, const struct server_subscription *wanted,
                                       struct act *act) ON(role_reactor);
/* Ends one from the server's side, with a push; false: there was none. */
bool client_unsubscribe_for(struct client *c, struct text channel, unsigned code,
                            struct text reason) ON(role_reactor);
/* When the first of them is ended, in ms since 1970; 0: never. */
int64_t client_subscriptions_end_ms(const struct client *c);
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

/* ---- outside.c: what became of an act at one client; perhaps its end. thread: any */
void act_answered(struct act *a, enum err e);

/* ---- handle.c: the connection as its manager sees it. errors: ERR_LIMIT, ERR_UNAVAILABLE, ERR_NOMEM */
MUST_USE enum err client_join_manager(struct client *c) ON(role_reactor);
/* A notice, as a message push in its form. False: no memory, it was closed. */
bool client_tell(struct client *c, struct notice *n) ON(role_reactor);

#endif
