/* hub_inside: what the files of this room share: shards, channels, publications on their way. Nobody else includes it. */
#ifndef SNUG_HUB_HUB_INSIDE_H
#define SNUG_HUB_HUB_INSIDE_H

#include "base/hash.h"
#include "base/table.h"
#include "hub/hub.h"
#include "net/reactor.h"
#include "wire/tag_filter.h"

#include <stdatomic.h>
#include <stddef.h>

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
    uint32_t hash; /* of the channel */
    struct event_place place;
    const char *name; /* "pub", "join", "leave", "message" */
    struct text channel,
        json; /* json: what stands under the name, plain; written once, by who publishes */
    struct publication publication;    /* of a "pub" */
    struct tags *tags;                 /* of the publication; NULL: none */
    _Atomic(struct push_view *) views; /* each made on first need */
    struct push_view own;              /* the first of them, and most often the only one */
    atomic_bool own_taken;
    char bytes[]; /* all of its texts */
};

/* What few subscribers have. */
struct extras {
    struct hub_client *client; /* in whose place they are */
    struct tag_filter *filter; /* NULL: everything passes */
    char *chan_info;           /* raw JSON or NULL */
    uint64_t
        told_sequence; /* of the event whose data the client has; 0: none. With deltas agreed */
};

/* What a subscriber has until its answer, by whose number the answer finds it. */
struct asking {
    struct extras extras; /* first: what stays, if there is something */
    struct subscriber *subscriber;
    uint64_t number;
    UT_hash_handle by_number;
    uint64_t offset;
    char epoch[EPOCH_SIZE];
    bool recover, position, recoverable, reject_unrecovered; /* what was asked for */
    bool overflowed;                                         /* not all could be held */
    struct push **held;
    unsigned held_count, held_room;
};

#define OFFSET_BITS 55 /* as many as a channel can have in 1,000 years of 1,000 a millisecond */
#define OFFSET_MASK ((UINT64_C(1) << OFFSET_BITS) - 1)

struct subscriber {
    struct channel *channel;
    struct subscriber *next, *before; /* in the channel */
    union {
        struct hub_client *client; /* if not has_extras */
        struct extras *extras;     /* while it asks, those of a struct asking */
    };
    uint64_t offset : OFFSET_BITS; /* last one delivered; first the one of the answer */
    bool has_extras : 1;
    bool asks : 1;
    bool live : 1;
    bool
        moved : 1; /* one was delivered: those up to the answer's offset, which came with it, are behind us */
    bool positioned : 1;
    bool join_leave : 1; /* hears who comes and goes */
    bool announced : 1;  /* others hear it of this one */
    bool compact : 1, delta : 1;
};

_Static_assert(sizeof(struct subscriber) <= 40, "each connection has two or more");

/* What few channels have: those with a subscriber that wants deltas or numbers, and those that many follow. */
struct channel_extras {
    struct push
        *last;       /* the base of the next difference; kept while somebody has agreed to deltas */
    unsigned deltas; /* subscribers that have agreed */
    uint64_t number; /* in place of its name, on this reactor */
    struct busy *busy; /* what waits to be told; NULL: nothing does */
    uint32_t told_ms;  /* monotonic, the lower half: when it was told last, while many follow it */
};

struct channel {
    struct table_link by_name; /* first; with the hash. Its `own`: how many subscribers there are */
    struct shard *shard;
    struct subscriber *first;
    struct channel_extras *extras; /* on first need; NULL: none yet */
    uint8_t name_len;
    char name[];
};

_Static_assert(offsetof(struct channel, name) <= 41, "each user's own channel is one");
_Static_assert(CHANNEL_MAX <= UINT8_MAX, "the length of a name");

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
    uint64_t era; /* of its epoch */
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
    unsigned index;                                       /* of the reactor */
    struct table channels OWNED_BY(role_reactor);         /* by name */
    struct asking *asking OWNED_BY(role_reactor);         /* by number */
    struct memory_channel *memory OWNED_BY(role_reactor); /* whose home is here */
    size_t memory_bytes OWNED_BY(role_reactor);           /* of all their events */
    struct published *published OWNED_BY(role_reactor);   /* the oldest first */
    uint64_t last_number OWNED_BY(role_reactor);
    uint64_t last_channel OWNED_BY(role_reactor);
    struct timer sweep OWNED_BY(role_reactor);
    struct busy *busy OWNED_BY(role_reactor); /* of channels that collect */
    struct timer busy_due OWNED_BY(role_reactor);
    unsigned *interest OWNED_BY(role_reactor); /* channels here, by bucket */
    uint64_t *eras OWNED_BY(role_reactor);     /* of channels in memory that are new, by bucket */
    uint64_t last_era OWNED_BY(role_reactor);
    char epoch[17];           /* what all epochs of this home begin with */
    atomic_bool behind;       /* some push found the mailbox full */
    atomic_bool answers_lost; /* some answer of a source found it full */
    atomic_uint_least64_t behind_buckets[INTEREST_BUCKETS / 64];
};

struct hub {
    struct hub_options options;
    struct hash_key key;
    struct channel_namespace own,
        open; /* of user:, and of everything on a server for development */
    atomic_uint_least64_t
        interest[INTEREST_BUCKETS]; /* bit i: reactor i has subscribers of such a channel */
    struct shard shards[];
};

/* A channel's name with its hash, made once for all that a call looks up. */
struct named {
    struct text name;
    uint32_t hash;
};

static inline struct named channel_named(const struct hub *hub, struct text channel)
{
    return (struct named){channel, (uint32_t)hash_of(&hub->key, channel)};
}

static inline unsigned bucket_of(uint32_t hash)
{
    return hash % INTEREST_BUCKETS;
}

static inline struct text channel_name(const struct channel *c)
{
    return (struct text){c->name, c->name_len};
}

static inline struct named push_channel(const struct push *p)
{
    return (struct named){p->channel, p->hash};
}

/* ---- push.c */

/* One reference owned by the caller; NULL: no memory. The texts of `p` are copied. */
struct push *push_event(struct named channel, const struct publication *p, enum push_kind kind,
                        struct event_place place);
struct push *push_presence(struct named channel, const char *name, struct text json);
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
bool nobody_listens(struct hub *hub, uint32_t hash);
/* Everybody who would have had an event recovers it, if it is kept. */
void publish_lost(struct hub *hub, uint32_t hash);
void publish_event(struct hub *hub, struct named channel, const struct publication *p,
                   struct event_place place);

/* ---- subscriber.c */

/* While it asks. */
static inline struct asking *subscriber_asking(const struct subscriber *sub)
{
    return (struct asking *)sub->extras;
}

static inline struct hub_client *subscriber_client(const struct subscriber *sub)
{
    return sub->has_extras ? sub->extras->client : sub->client;
}

/* NULL: everything passes. */
static inline struct tag_filter *subscriber_filter(const struct subscriber *sub)
{
    return sub->has_extras ? sub->extras->filter : NULL;
}

void subscriber_free(struct subscriber *sub) ON(role_reactor);
/* Ends it from this side; the owner is told and lets go. */
void subscriber_end(struct subscriber *sub, unsigned code, struct text reason) ON(role_reactor);
/* Tells those who wait for an answer that was lost to ask again. */
void subscribers_refuse_waiting(struct shard *s) ON(role_reactor);

/* ---- deliver.c */
/* False: this subscriber missed something and was ended. */
bool subscriber_give(struct subscriber *sub, struct push *p) ON(role_reactor);
/* To all subscribers, now or in a moment. */
void shard_deliver(struct shard *s, struct push *p) ON(role_reactor);
void shard_tell(struct shard *s, struct push *p) ON(role_reactor);
/* Subscribers of channels whose push did not fit into the mailbox start over from the stream. */
void shard_catch_up(struct shard *s) ON(role_reactor);

/* ---- busy.c: channels that collect what they have to tell */
/* True: the channel took a share of the push and tells it in a moment; it may be gone. False: tell it now. */
bool channel_collects(struct channel *c, struct push *p) ON(role_reactor);
/* It is told now, without having waited. */
void channel_told(struct channel *c) ON(role_reactor);
/* Tells what waits; the channel may be gone then. */
void channel_catch_up(struct channel *c) ON(role_reactor);
void channel_forget(struct channel *c) ON(role_reactor);
void shard_busy_due(struct timer *t);

/* ---- shard.c */
struct channel *channel_find(struct shard *s, struct named channel) ON(role_reactor);
/* All of them: after NULL the first. Ask what follows one before its last subscriber may go. */
struct channel *channel_after(struct shard *s, const struct channel *c) ON(role_reactor);
struct channel *channel_get(struct shard *s, struct named channel) ON(role_reactor);
/* Made on first need; NULL: no memory. */
struct channel_extras *channel_extras(struct channel *c) ON(role_reactor);
/* Frees it if nobody follows it. */
void channel_leave(struct channel *c) ON(role_reactor);
void shard_start(struct shard *s) ON(role_reactor);
void shard_free(struct shard *s);
struct shard *hub_shard(struct hub *hub) ON(role_reactor);
/* Asks the source of the channel; the answer reaches `asker` on any thread. */
MUST_USE enum err hub_ask(struct hub *hub, const struct stream_query *query,
                          struct stream_asker asker);

/* ---- memory.c: channels that no source serves; each lives on its home reactor */
struct shard *memory_home(struct hub *hub, uint32_t hash);
struct memory_channel *memory_get(struct shard *s, struct named channel) ON(role_reactor);
void memory_epoch(const struct shard *s, uint64_t era, char out[EPOCH_SIZE]);
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
struct client_info subscriber_info(const struct subscriber *s, char id[UUID_SIZE]);
void presence_changed(struct subscriber *s, const char *kind) ON(role_reactor); /* join or leave */

#endif
