/* hub: who listens to what. Channels, subscribers, offsets, presence, recovery; it never sees a socket.
 *
 * Sharded by reactor: each reactor holds the subscribers that live on it, so a fan-out takes no lock. A publication is
 * encoded once, on the caller's thread, and one reference goes to each reactor that has subscribers.
 * Invariant: the offsets delivered to one subscriber of a stream rise by exactly 1; where they do not, the subscriber is
 * told (lost) and recovers. Subscribing joins position and live flow: no gap, no double. */
#ifndef SNUG_HUB_HUB_H
#define SNUG_HUB_HUB_H

#include "base/env.h"
#include "base/frame.h"
#include "base/thread_role.h"
#include "hub/namespaces.h"
#include "hub/publish.h"
#include "hub/stream.h"
#include "wire/form.h"
#include "wire/reply.h"

struct hub;
struct reactor;
struct tag_filter;

struct hub_options {
    const struct env *env;
    struct reactor **reactors;   /* borrowed; not started yet */
    unsigned reactors_count;     /* 1..64 */
    struct stream_source source; /* channels on disk; .serves NULL: none */
    unsigned memory_events;      /* kept of user:<id>: 100 */
    int64_t memory_ttl_ms;       /* 300,000 */
    int64_t
        write_delay_ms; /* longest time a busy channel's pushes wait for each other; 0: none do */
    const struct channel_namespaces *namespaces; /* of all other channels; borrowed */
    size_t
        publication_max; /* bytes of one with all that is around it: what a client's queue holds */
    bool open;           /* for development: all of them keep, recover and tell everything */
};

/* errors: ERR_NOMEM */
MUST_USE enum err hub_new(const struct hub_options *options, struct hub **out_hub);

/* Starts its timers; the reactors may or may not run yet. errors: ERR_BUSY, ERR_CLOSED */
MUST_USE enum err hub_start(struct hub *hub);

/* After reactor_free, which still looks at the hub's timers. NULL is welcome. Returns NULL. */
struct hub *hub_free(struct hub *hub);

/* ---- subscribers, on the reactor of their connection. */

struct subscriber;
struct subscribe_result;

struct presence_result {
    enum err err;
    struct text clients; /* "id":{client info} joined by commas */
    unsigned num_clients, num_users;
};

#define CHANNELS_MAX 10000 /* in one answer */

struct channels_result {
    enum err err;         /* ERR_LIMIT: more than CHANNELS_MAX */
    struct text channels; /* "name":{"num_clients":N} joined by commas, in order */
    unsigned num_channels;
};

struct hub_client;

/* What the session is told: it embeds the hub_client, and knows itself by it. */
struct subscriber_events {
    void (*subscribed)(struct hub_client *c, struct subscriber *s,
                       const struct subscribe_result *result);
    /* A push to send; passing ones may be dropped. */
    void (*deliver)(struct hub_client *c, struct frame *f, bool passing);
    /* The hub ended the subscription (2000, 2500); `s` is gone when this returns. */
    void (*ended)(struct hub_client *c, struct subscriber *s, unsigned code, struct text reason);
    /* Who it is: for the source, and for others. The texts are borrowed until the next turn, the id's room is `id`. */
    void (*actor)(struct hub_client *c, struct actor *out);
    struct client_info (*info)(struct hub_client *c, char id[UUID_SIZE]);
};

/* What the hub knows of a client; embedded in the session, borrowed for the life of its subscriptions. */
struct hub_client {
    const struct subscriber_events *events;
    int64_t user_id;
    struct form form; /* of the pushes that are delivered */
};

struct subscribe_request {
    struct text channel; /* at most CHANNEL_MAX bytes */
    bool recover;
    uint64_t offset;
    struct text epoch;
    bool recoverable, positioned; /* wanted, where the channel does not give it to all */
    bool reject_unrecovered;   /* ERR_UNRECOVERABLE in place of an answer without what was missed */
    bool join_leave;           /* wants join and leave pushes */
    bool compact;              /* pushes carry the channel's number */
    bool delta;                /* wants differences */
    struct text chan_info;     /* raw JSON, what others are told of this client here; copied */
    struct tag_filter *filter; /* taken on ERR_OK; NULL: everything */
};

struct subscribe_result {
    enum err
        err; /* of the source: ERR_DENIED, ERR_UNKNOWN_CHANNEL, ...; ERR_BAD_REQUEST: no filter here */
    bool recoverable, positioned, delta;
    uint64_t number; /* of the channel in pushes; 0: its name */
    char epoch[EPOCH_SIZE];
    uint64_t top; /* the client continues after this offset, */
    uint64_t
        offset; /* and is told this one: with what was missed the one before it, which each moves on */
    bool was_recovering, recovered;
    struct text
        publications; /* the missed ones, joined by commas; borrowed until `subscribed` returns */
};

/* Registers at once with pushes held back, asks the source, then answers through events->subscribed and lets the held
 * ones above the answer's position through. The answer comes exactly once, in a later turn, unless hub_unsubscribe
 * comes first; with an error the subscriber is already gone.
 * errors (then no answer comes): ERR_BUSY, ERR_NOMEM, ERR_CLOSED */
MUST_USE enum err hub_subscribe(struct hub *hub, struct hub_client *client,
                                const struct subscribe_request *request,
                                struct subscriber **out_subscriber) ON(role_reactor);

/* Ends it; nothing more is delivered. NULL is welcome. Returns NULL. */
struct subscriber *hub_unsubscribe(struct subscriber *s) ON(role_reactor);

struct text subscriber_channel(const struct subscriber *s) ON(role_reactor);
/* The last offset it was given, with its answer or as a push; 0: none, or the channel has none. */
uint64_t subscriber_offset(const struct subscriber *s) ON(role_reactor);

/* The rules of a channel that no source serves; NULL: there are none for it (error 102). thread: any */
const struct channel_namespace *hub_namespace(const struct hub *hub, struct text channel);

/* ---- questions about channels. The answer comes once: on the asking reactor in a later turn, where owner must outlive it
 * (a pool that recognises a client that is gone by its number) and a full mailbox may lose it; asked from another thread,
 * always, on any thread, maybe before the question returns, and it must not block. thread: any */
struct hub_asker {
    void *owner;
    uint64_t number; /* of the client */
    uint64_t id;     /* of its question */
    void (*history)(const struct hub_asker *asker, const struct stream_page *page);
    void (*presence)(const struct hub_asker *asker, const struct presence_result *result);
    void (*channels)(const struct hub_asker *asker, const struct channels_result *result);
    void (*removed)(const struct hub_asker *asker, enum err e);
};

/* errors (then no answer comes): ERR_BUSY, ERR_NOMEM, ERR_CLOSED */
MUST_USE enum err hub_history(struct hub *hub, const struct stream_query *query,
                              const struct hub_asker *asker);
/* The source is asked for the right first; then every reactor adds its subscribers in turn. limit 0: only the counts. */
MUST_USE enum err hub_presence(struct hub *hub, const struct stream_query *query,
                               const struct hub_asker *asker);

/* Channels that have subscribers, and whose name fits the pattern ("*" any characters, "?" one; empty: all).
 * count_only: only their number, which has no limit of its own.
 * errors (then no answer comes): ERR_NOMEM; ERR_LIMIT a pattern longer than CHANNEL_MAX */
MUST_USE enum err hub_channels(struct hub *hub, struct text pattern, bool count_only,
                               const struct hub_asker *asker);
/* Whether a name fits a pattern. */
bool channel_matches(struct text pattern, struct text name);

/* Forgets what a channel in memory has kept; its numbering goes on. The answer comes from the channel's home, on any
 * thread. errors (then no answer comes): ERR_UNKNOWN_CHANNEL; ERR_DENIED its past is not the hub's; ERR_UNAVAILABLE it
 * keeps none; ERR_BUSY, ERR_NOMEM, ERR_CLOSED */
MUST_USE enum err hub_history_remove(struct hub *hub, struct text channel,
                                     const struct hub_asker *asker);

#endif
