/* hub_inside: what the files of this room share: shards, channels, publications on their way. Nobody else includes it. */
#ifndef SNUG_HUB_HUB_INSIDE_H
#define SNUG_HUB_HUB_INSIDE_H

#include "hub/hub.h"
#include "net/reactor.h"
#include "wire/tag_filter.h"

#include <stdatomic.h>

#define HASH_NONFATAL_OOM                                                                          \
    1 /* uthash: a failed HASH_ADD leaves the handle's tbl NULL and nothing behind */
#include <uthash.h>

#define INTEREST_BUCKETS 4096
#define HELD_MAX 2048 /* pushes held back for one subscriber that waits for its position */

/* ---- pushes: one thing to tell, on its way to reactors: shared, counted, encoded once for each look it is asked for */

enum push_kind { PUSH_EVENT, PUSH_PASSING, PUSH_JOIN_LEAVE };

/* How a publication's data is told. */
enum push_data { DATA_PLAIN, DATA_AS_TEXT, DATA_DELTA };

struct look {
    struct form form;
    enum push_data data;
    uint64_t number; /* of the channel, in place of its name; 0: the name */
};

/* Where an event stands in its channel. */
struct event_place {
    uint64_t
        sequence; /* rises by one with each event: its offset, where all have one; 0: not numbered */
    bool differences; /* may be told as a difference to the one before */
};

struct push_view {
    struct push_view *next;
    struct look look;
    struct frame *frame;
};

struct push {
    atomic_uint refs;
    enum push_kind kind;
    struct event_place place;
    const char *name; /* "pub", "join", "leave" */
    struct text channel,
        json; /* json: what stands under the name, plain; written once, by who publishes */
    struct publication publication;    /* of a "pub" */
    struct tags *tags;                 /* of the publication; NULL: none */
    _Atomic(struct push_view *) views; /* each made on first need */
    char bytes[];                      /* all of its texts */
};

struct subscriber {
    struct channel *channel;
    struct subscriber *next, *before; /* in the channel */
    const struct hub_client *client;
    uint64_t number;
    uint64_t asked_offset;
    char asked_epoch[EPOCH_SIZE];
    uint64_t joined_offset; /* position of the answer: what is not above it came with the answer */
    uint64_t offset;        /* last one delivered */
    uint64_t
        told_sequence; /* of the event whose data the client has; 0: none. With deltas agreed */
    struct push **held;
    unsigned held_count, held_room;
    struct channel_options options;
    struct tag_filter *filter; /* NULL: everything passes */
    char *chan_info;           /* raw JSON or NULL */
    bool recover, join_leave, live, overflowed;
    bool ask_position, ask_recover, reject_unrecovered, compact, delta;
    bool positioned;
    UT_hash_handle by_number;
};

struct channel {
    struct shard *shard;
    struct subscriber *first;
    struct push
        *last;       /* the base of the next difference; kept while somebody has agreed to deltas */
    uint64_t number; /* in place of its name, on this reactor */
    unsigned deltas; /* subscribers that have agreed */
    unsigned bucket;
    UT_hash_handle by_name;
    size_t name_len;
    char name[];
};

/* ---- channels in memory */

struct memory_event {
    uint64_t offset;
    int64_t time_ms;
    size_t data_len, info_len, tags_len;
    char bytes[];
};

struct memory_channel {
    UT_hash_handle by_name;
    const struct channel_namespace *rules;
    char epoch[EPOCH_SIZE];
    uint64_t top;
    uint64_t sequence;            /* of events without an offset */
    int64_t used_ms;              /* monotonic: last publication or question */
    struct memory_event **events; /* ring of `room`, which grows to rules->history_size */
    unsigned first, count, room;
    size_t name_len;
    char name[];
};

/* The answer to a publication with a key. */
struct published {
    UT_hash_handle by_key;
    int64_t until_ms; /* monotonic */
    uint64_t offset;
    char epoch[EPOCH_SIZE];
    size_t key_len;
    char key[]; /* channel, NUL, key */
};

/* The part of the hub that lives on one reactor. */
struct shard {
    struct hub *hub;
    struct reactor *reactor;
    unsigned index; /* of the reactor */
    struct channel *channels OWNED_BY(role_reactor);
    struct subscriber *subscribers OWNED_BY(role_reactor); /* by number */
    struct memory_channel *memory OWNED_BY(role_reactor);  /* whose home is here */
    size_t memory_bytes OWNED_BY(role_reactor);            /* of all their events */
    struct published *published OWNED_BY(role_reactor);    /* the oldest first */
    uint64_t last_number OWNED_BY(role_reactor);
    uint64_t last_channel OWNED_BY(role_reactor);
    struct timer sweep OWNED_BY(role_reactor);
    unsigned *interest OWNED_BY(role_reactor); /* channels here, by bucket */
    atomic_bool behind;                        /* some push found the mailbox full */
    atomic_bool answers_lost;                  /* some answer of a source found it full */
    atomic_uint_least64_t behind_buckets[INTEREST_BUCKETS / 64];
};

struct hub {
    struct hub_options options;
    struct channel_namespace own,
        open; /* of user:, and of everything on a server for development */
    atomic_uint_least64_t
        interest[INTEREST_BUCKETS]; /* bit i: reactor i has subscribers of such a channel */
    struct shard shards[];
};

unsigned channel_bucket(struct text channel);

/* ---- push.c */

/* One reference owned by the caller; NULL: no memory. The texts of `p` are copied. */
struct push *push_event(struct text channel, const struct publication *p, enum push_kind kind,
                        struct event_place place);
struct push *push_presence(struct text channel, const char *name, struct text json);
struct push *push_ref(struct push *p);
/* Never NULL: nothing has no tags. */
const struct tags *push_tags(const struct push *p);
void push_unref(struct push *p);
/* The push as seen so; base: of a delta. Borrowed while the push is held; NULL: no memory. thread: any */
struct frame *push_look(struct push *p, const struct look *look, const struct push *base);
/* Posts to every reactor that has subscribers; keeps the caller's reference. thread: any */
void push_post(struct hub *hub, struct push *p);
/* What the reactor could not be told: its subscribers of these channels start over. thread: any */
void shard_mark_behind(struct shard *s, unsigned bucket);

/* ---- publish.c */
bool nobody_listens(struct hub *hub, struct text channel);
/* Everybody who would have had an event recovers it, if it is kept. */
void publish_lost(struct hub *hub, struct text channel);
void publish_event(struct hub *hub, struct text channel, const struct publication *p,
                   struct event_place place);

/* ---- subscriber.c */
void subscriber_free(struct subscriber *sub) ON(role_reactor);
/* Ends it from this side; the owner is told and lets go. */
void subscriber_end(struct subscriber *sub, unsigned code, struct text reason) ON(role_reactor);
/* Tells those who wait for an answer that was lost to ask again. */
void subscribers_refuse_waiting(struct shard *s) ON(role_reactor);

/* ---- deliver.c */
/* False: this subscriber missed something and was ended. */
bool subscriber_give(struct subscriber *sub, struct push *p) ON(role_reactor);
void shard_deliver(struct shard *s, struct push *p) ON(role_reactor);
/* Subscribers of channels whose push did not fit into the mailbox start over from the stream. */
void shard_catch_up(struct shard *s) ON(role_reactor);

/* ---- shard.c */
struct channel *channel_find(struct shard *s, const char *name, size_t len) ON(role_reactor);
struct channel *channel_get(struct shard *s, struct text name) ON(role_reactor);
void channel_leave(struct channel *c) ON(role_reactor);
void shard_start(struct shard *s) ON(role_reactor);
void shard_free(struct shard *s);
struct shard *hub_shard(struct hub *hub) ON(role_reactor);
/* Asks the source of the channel; the answer reaches `asker` on any thread. */
MUST_USE enum err hub_ask(struct hub *hub, const struct stream_query *query,
                          struct stream_asker asker);

/* ---- memory.c: channels that no source serves; each lives on its home reactor */
struct shard *memory_home(struct hub *hub, struct text channel);
struct memory_channel *memory_get(struct shard *s, struct text name) ON(role_reactor);
/* Keeps an event; 0: no memory, or the channel keeps none. */
uint64_t memory_keep(struct shard *s, struct memory_channel *m, const struct publication *p)
    ON(role_reactor);
MUST_USE enum err memory_ask(struct hub *hub, const struct stream_query *query,
                             struct stream_asker asker);
void memory_sweep(struct shard *s) ON(role_reactor);
void memory_free(struct shard *s);

/* ---- memory_publish.c */
void published_sweep(struct shard *s) ON(role_reactor);
void published_free(struct shard *s);

/* ---- walk.c: one question on its way through the reactors; embedded, as the first member */
struct walk {
    struct hub *hub;
    struct reactor *home; /* where the answer is given; NULL: where the walk ends */
    enum err err;
    unsigned next;                                 /* reactor */
    void (*step)(struct walk *w, struct shard *s); /* on the reactor of the shard */
    void (*end)(struct walk *w);                   /* answers and frees */
    void (*drop)(struct walk *w);                  /* frees */
};
/* To the next reactor, or home. With err set: home. thread: any */
void walk_on(struct walk *w);

/* ---- presence.c */
struct client_info subscriber_info(const struct subscriber *s);
void presence_changed(struct subscriber *s, const char *kind) ON(role_reactor); /* join or leave */

#endif
