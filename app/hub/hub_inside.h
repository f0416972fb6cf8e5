/* hub_inside: what the files of this room share: shards, channels, publications on their way. Nobody else includes it. */
#ifndef SNUG_HUB_HUB_INSIDE_H
#define SNUG_HUB_HUB_INSIDE_H

#include "hub/hub.h"
#include "net/reactor.h"

#include <stdatomic.h>
#include <uthash.h>

#define INTEREST_BUCKETS 4096
#define HELD_MAX 2048 /* pushes held back for one subscriber that waits for its position */

/* One push on its way to reactors: shared, counted. */
enum push_kind { PUSH_EVENT, PUSH_PASSING, PUSH_JOIN_LEAVE };

struct push {
    atomic_uint refs;
    enum push_kind kind;
    uint64_t offset;
    struct frame *frame;
    size_t channel_len;
    char channel[];
};

struct held {
    struct push *push;
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
    struct push **held;
    unsigned held_count, held_room;
    struct channel_options options;
    bool recover, join_leave, live, overflowed;
    UT_hash_handle by_number;
};

struct channel {
    struct shard *shard;
    struct subscriber *first;
    unsigned bucket;
    UT_hash_handle by_name;
    size_t name_len;
    char name[];
};

/* An event of a memory channel. */
struct memory_event {
    uint64_t offset;
    int64_t time_ms;
    char *data;
    size_t len;
};

struct memory_channel {
    UT_hash_handle by_name;
    char epoch[EPOCH_SIZE];
    uint64_t top;
    int64_t used_ms;             /* monotonic: last publication or question */
    struct memory_event *events; /* ring of hub->memory_events; NULL until the first */
    unsigned first, count;
    size_t name_len;
    char name[];
};

/* The part of the hub that lives on one reactor. */
struct shard {
    struct hub *hub;
    struct reactor *reactor;
    unsigned index; /* of the reactor */
    struct channel *channels OWNED_BY(role_reactor);
    struct subscriber *subscribers OWNED_BY(role_reactor); /* by number */
    struct memory_channel *memory OWNED_BY(role_reactor);  /* whose home is here */
    uint64_t last_number OWNED_BY(role_reactor);
    struct timer sweep OWNED_BY(role_reactor);
    unsigned *interest OWNED_BY(role_reactor); /* channels here, by bucket */
    atomic_bool behind;                        /* some push found the mailbox full */
    atomic_bool answers_lost;                  /* some answer of a source found it full */
    atomic_uint_least64_t behind_buckets[INTEREST_BUCKETS / 64];
};

struct hub {
    struct hub_options options;
    atomic_uint_least64_t
        interest[INTEREST_BUCKETS]; /* bit i: reactor i has subscribers of such a channel */
    struct shard shards[];
};

unsigned channel_bucket(struct text channel);

/* ---- publish.c */
struct push *push_new(struct text channel, const char *kind, struct text json, enum push_kind what,
                      uint64_t offset);
void push_unref(struct push *p);
/* Posts to every reactor that has subscribers; keeps the caller's reference. thread: any */
void push_post(struct hub *hub, struct push *p);
/* What the reactor could not be told: its subscribers of these channels start over. thread: any */
void shard_mark_behind(struct shard *s, unsigned bucket);

/* ---- shard.c */
void shard_start(struct shard *s) ON(role_reactor);
void shard_deliver(struct shard *s, struct push *p) ON(role_reactor);
void shard_free(struct shard *s);
struct shard *hub_shard(struct hub *hub) ON(role_reactor);
/* Asks the source of the channel; the answer reaches `asker` on any thread. */
MUST_USE enum err hub_ask(struct hub *hub, const struct stream_query *query,
                          struct stream_asker asker);

/* ---- memory.c: channels that no source serves; each lives on its home reactor */
MUST_USE enum err memory_ask(struct hub *hub, const struct stream_query *query,
                             struct stream_asker asker);
void memory_sweep(struct shard *s) ON(role_reactor);
void memory_free(struct shard *s);

/* ---- presence.c */
void presence_changed(struct subscriber *s, const char *kind) ON(role_reactor); /* join or leave */

#endif
