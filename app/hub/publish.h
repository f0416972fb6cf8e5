/* publish: the publishing half of hub.h, for rooms that publish and do not see how the hub encodes (manager).
 *
 * Publications are already encoded JSON documents. thread: any, for all of it. */
#ifndef SNUG_HUB_PUBLISH_H
#define SNUG_HUB_PUBLISH_H

#include "base/err.h"
#include "base/text.h"

struct hub;

/* An event of a stream on disk, after its commit, in offset order (one writer).
 * A reactor whose mailbox is full loses it: its subscribers of the channel are told (unsubscribe 2500) and recover. */
void hub_publish(struct hub *hub, struct text channel, struct text data, uint64_t offset,
                 int64_t time_ms);

/* An event of a channel in memory (user:<id>): it gets the channel's next offset on the way. Nobody waits for it. */
void hub_publish_memory(struct hub *hub, struct text channel, struct text data);

/* A passing event: no offset, not kept, the first to be dropped for a slow client (typing, tokens). */
void hub_publish_passing(struct hub *hub, struct text channel, struct text data);

/* Ends the user's subscriptions to a channel with an unsubscribe push (2000: the right is gone). */
void hub_unsubscribe_user(struct hub *hub, struct text channel, int64_t user_id, unsigned code,
                          struct text reason);

#define PUBLISH_KEY_MAX 128

/* A publication into a channel in memory, with all it may have. Raw JSON where the protocol has JSON. */
struct hub_publication {
    struct text channel, data;
    struct text info; /* of the client that publishes */
    struct text tags; /* an object of texts */
    struct text
        key; /* the same key within 5 minutes: the first answer, published once; empty: none */
    bool skip_history;
    bool delta; /* as a difference, to who has agreed */
};

/* Told once, on a reactor's thread, or during the call: it must not block. offset 0: the channel keeps no history. */
struct hub_publisher {
    void *owner;
    uint64_t number, id;
    void (*published)(const struct hub_publisher *to, enum err e, uint64_t offset,
                      const char *epoch);
};

/* to: NULL: nobody waits. errors (told to `to`): ERR_UNKNOWN_CHANNEL, ERR_BUSY, ERR_NOMEM, ERR_LIMIT, ERR_CLOSED */
void hub_publish_to(struct hub *hub, const struct hub_publication *p,
                    const struct hub_publisher *to);

/* The same, but what can be said at once is returned, and then nobody is told. errors: those above */
MUST_USE enum err hub_publish_asked(struct hub *hub, const struct hub_publication *p,
                                    const struct hub_publisher *to);

#endif
