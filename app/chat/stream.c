#include "chat/stream.h"

#include "hub/hub.h"
#include "store/db.h"

#include <stdio.h>

#define EVENT_MAX_BYTES ((size_t)256 * 1024)

static enum err begin(struct db *db, int64_t room_id, int64_t offset, int64_t now_ms,
                      int64_t newest_ms, struct room_event *out)
{
    struct query *q = db_query(db, QUERY_CHAT_ROOM_TOP_SET);
    query_int(q, 1, room_id);
    query_int(q, 2, offset);
    query_int(q, 3, newest_ms);
    enum err e = query_run(q);
    if (e != ERR_OK)
        return e;
    *out = (struct room_event){.room_id = room_id, .offset = (uint64_t)offset, .time_ms = now_ms};
    buf_init(&out->data, EVENT_MAX_BYTES);
    return ERR_OK;
}

/* A SELECT and an UPDATE: RETURNING makes a table of its own each time, and costs three times as much. */
enum err room_event_begin(struct db *db, int64_t room_id, int64_t now_ms, struct room_event *out)
{
    struct query *q = db_query(db, QUERY_CHAT_ROOM_TOP);
    query_int(q, 1, room_id);
    bool found = query_row(q);
    int64_t top = found ? col_int(q, 0) : 0;
    enum err e = query_end(q);
    if (e != ERR_OK || !found)
        return e != ERR_OK ? e : ERR_DENIED;
    return begin(db, room_id, top + 1, now_ms, 0, out);
}

enum err room_message_begin(struct db *db, int64_t room_id, int64_t top, int64_t now_ms,
                            struct room_event *out)
{
    return begin(db, room_id, top + 1, now_ms, now_ms, out);
}

enum err room_event_put(struct db *db, struct room_event *event)
{
    if (event->data.err != ERR_OK)
        return event->data.err;
    struct query *q = db_query(db, QUERY_CHAT_STREAM_INSERT);
    query_int(q, 1, event->room_id);
    query_int(q, 2, (int64_t)event->offset);
    query_int(q, 3, event->time_ms);
    query_text(q, 4, buf_text(&event->data));
    return query_run(q);
}

enum err room_event_replace(struct db *db, int64_t room_id, int64_t offset, struct text data)
{
    struct query *q = db_query(db, QUERY_CHAT_STREAM_REPLACE);
    query_int(q, 1, room_id);
    query_int(q, 2, offset);
    query_text(q, 3, data);
    return query_run(q);
}

void room_event_publish(struct hub *hub, const struct room_event *event)
{
    char channel[ROOM_CHANNEL_SIZE];
    if (hub)
        hub_publish(hub, room_channel(event->room_id, channel), buf_text(&event->data),
                    event->offset, event->time_ms);
}

void room_event_fini(struct room_event *event)
{
    buf_fini(&event->data);
}

struct text room_channel(int64_t room_id, char out[ROOM_CHANNEL_SIZE])
{
    int n = snprintf(out, ROOM_CHANNEL_SIZE, "room:%lld", (long long)room_id);
    return (struct text){out, (size_t)n};
}

int64_t room_of_channel(struct text channel)
{
    struct text prefix = TEXT("room:");
    return text_starts(channel, prefix) ? text_id(text_after(channel, prefix.len)) : 0;
}

void room_passing(struct hub *hub, int64_t room_id, struct text data)
{
    char channel[ROOM_CHANNEL_SIZE];
    if (hub)
        hub_publish_passing(hub, room_channel(room_id, channel), data);
}
