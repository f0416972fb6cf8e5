/* stream: the one way to append an event to a room, inside a writer's job, and to publish it after the commit.
 *
 *     in run:   room_event_begin(db, room, now_ms, &event)   gives the next offset
 *               write the JSON into event.data (it may contain the offset)
 *               room_event_put(db, &event)
 *     in done:  room_event_publish(hub, &event) if the commit worked, then room_event_fini(&event)
 *
 * Offsets have no holes: a job that fails takes its offset back with its savepoint, or with the whole group. */
#ifndef SNUG_CHAT_STREAM_H
#define SNUG_CHAT_STREAM_H

#include "base/buf.h"
#include "base/thread_role.h"

struct db;
struct hub;

struct room_event {
    int64_t room_id;
    uint64_t offset;
    int64_t time_ms;
    struct buf data; /* JSON, at most 256 KiB */
};

/* errors: ERR_DENIED no such room */
MUST_USE enum err room_event_begin(struct db *db, int64_t room_id, int64_t now_ms,
                                   struct room_event *out);
/* The same for a new message in a room whose newest offset is `top`: it is the room's newest. */
MUST_USE enum err room_message_begin(struct db *db, int64_t room_id, int64_t top, int64_t now_ms,
                                     struct room_event *out);
MUST_USE enum err room_event_put(struct db *db, struct room_event *event);
/* In a writer's job: the event at that offset says something else from now on, in the same place. */
MUST_USE enum err room_event_replace(struct db *db, int64_t room_id, int64_t offset,
                                     struct text data);
void room_event_publish(struct hub *hub, const struct room_event *event);
void room_event_fini(struct room_event *event);

/* "room:42" into out. */
#define ROOM_CHANNEL_SIZE 32
struct text room_channel(int64_t room_id, char out[ROOM_CHANNEL_SIZE]);
/* The id in "room:42"; 0: not such a name. */
int64_t room_of_channel(struct text channel);

/* A passing event (no offset) to the room. */
void room_passing(struct hub *hub, int64_t room_id, struct text data);

#endif
