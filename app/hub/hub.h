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
#include "hub/stream.h"
#include "wire/reply.h"

struct hub;
struct reactor;

struct hub_options {
    const struct env *env;
    struct reactor **reactors;   /* borrowed; not started yet */
    unsigned reactors_count;     /* 1..64 */
    struct stream_source source; /* channels on disk; .serves NULL: none */
    unsigned memory_events;      /* kept of a memory channel: 100 */
    int64_t memory_ttl_ms;       /* 300,000 */
};

/* errors: ERR_NOMEM */
MUST_USE enum err hub_new(const struct hub_options *options, struct hub **out_hub);

/* After the reactors have stopped. NULL is welcome. Returns NULL. */
struct hub *hub_free(struct hub *hub);

/* ---- publishing. thread: any. Publications are already encoded JSON documents. */

/* An event of a stream on disk, after its commit, in offset order (one writer).
 * A reactor whose mailbox is full loses it: its subscribers of the channel are told (unsubscribe 2500) and recover. */
void hub_publish(struct hub *hub, struct text channel, struct text data, uint64_t offset,
                 int64_t time_ms);

/* An event of a memory channel (user:<id>): it gets the channel's next offset on the way. */
void hub_publish_memory(struct hub *hub, struct text channel, struct text data);

/* A passing event: no offset, not kept, the first to be dropped for a slow client (typing, tokens). */
void hub_publish_passing(struct hub *hub, struct text channel, struct text data);

/* Ends the user's subscriptions to a channel with an unsubscribe push (2000: the right is gone). */
void hub_unsubscribe_user(struct hub *hub, struct text channel, int64_t user_id, unsigned code,
                          struct text reason);

/* ---- subscribers: embedded in the session; all on the reactor of its connection. */
struct channel;

struct subscriber_events {
    /* A push to send; passing ones may be dropped. */
    void (*deliver)(void *owner, struct frame *f, bool passing);
    /* The hub ended the subscription (2000, 2500): the subscriber is already out. */
    void (*ended)(void *owner, struct text channel, unsigned code, struct text reason);
};

struct subscriber; /* one subscription of one client, owned by the hub */

struct hub_client {
    const struct subscriber_events *events;
    void *owner; /* the session */
    struct actor actor;
    struct client_info info; /* texts borrowed for the subscription's life */
};

struct subscribe_request {
    struct text channel;
    bool recover;
    uint64_t offset;
    struct text epoch;
    bool join_leave; /* wants join and leave pushes */
};

struct subscribe_result {
    enum err err;
    struct channel_options options;
    char epoch[EPOCH_SIZE];
    uint64_t top; /* the client continues after this offset */
    bool was_recovering, recovered;
    struct text publications; /* the missed ones, joined by commas; borrowed until `done` returns */
};

/* Registers at once with pushes held back, asks the source, then calls `done` and lets the held ones above the answer's
 * position through. `done` comes exactly once, later in this turn or in another, unless hub_unsubscribe comes first.
 * errors (from the call: `done` does not come): ERR_BUSY, ERR_NOMEM, ERR_CLOSED */
MUST_USE enum err hub_subscribe(struct hub *hub, const struct hub_client *client,
                                const struct subscribe_request *request,
                                void (*done)(void *owner, struct subscriber *s,
                                             const struct subscribe_result *r),
                                struct subscriber **out_subscriber) ON(role_reactor);

/* Ends it; nothing more is delivered. Returns NULL. */
struct subscriber *hub_unsubscribe(struct hub *hub, struct subscriber *s) ON(role_reactor);

struct text subscriber_channel(const struct subscriber *s) ON(role_reactor);
bool subscriber_live(const struct subscriber *s) ON(role_reactor);
struct channel_options subscriber_options(const struct subscriber *s) ON(role_reactor);

/* ---- questions; `done` comes exactly once on the asking reactor; ctx stays the caller's. */
struct hub_asker {
    void *
        owner; /* must outlive the answer or recognise it by number: a session pool and its generation */
    uint64_t number;
    void (*history)(void *owner, uint64_t number, const struct stream_page *page);
    void (*presence)(void *owner, uint64_t number, enum err e, struct text clients,
                     unsigned num_clients, unsigned num_users); /* clients: "id":{info},... */
};

MUST_USE enum err hub_history(struct hub *hub, const struct stream_query *query,
                              struct hub_asker asker) ON(role_reactor);
/* Every reactor adds its subscribers in turn. */
MUST_USE enum err hub_presence(struct hub *hub, struct text channel, struct hub_asker asker)
    ON(role_reactor);

#endif
