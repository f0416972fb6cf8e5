/* publish: the publishing half of hub.h, for rooms that publish and do not see how the hub encodes (manager).
 *
 * Publications are already encoded JSON documents. thread: any, for all of it. */
#ifndef SNUG_HUB_PUBLISH_H
#define SNUG_HUB_PUBLISH_H

#include "base/text.h"

struct hub;

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

#endif
