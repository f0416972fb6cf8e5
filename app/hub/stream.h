/* stream: where a channel's past comes from. The product gives the hub one source for the channels that are on disk;
 * channels that no source serves live in the hub's memory.
 *
 * One question serves subscribe, recovery and history: may this actor, what is the position, which events. It is
 * answered once, on any thread; the hub carries the answer to the reactor that asked. */
#ifndef SNUG_HUB_STREAM_H
#define SNUG_HUB_STREAM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/method.h"

#define EPOCH_SIZE 33
#define CHANNEL_MAX 255

enum stream_purpose { STREAM_SUBSCRIBE, STREAM_HISTORY, STREAM_PRESENCE };

struct stream_query {
    enum stream_purpose purpose;
    struct actor actor;
    char channel[CHANNEL_MAX + 1];
    bool has_since;
    uint64_t since;         /* events with offset > since (reverse: < since) */
    char epoch[EPOCH_SIZE]; /* of `since`; "" if unknown */
    int64_t limit;          /* 0: only the position; < 0: all */
    bool reverse;
    bool as_text; /* deltas are agreed: each publication's data as a JSON string */
};

/* What the channel gives its subscribers. */
struct channel_options {
    bool recover, position; /* to all of them: what was missed; a position that is checked */
    bool may_recover;       /* both to who asks */
    bool presence;          /* who is there may be asked */
    bool join_leave, push_join_leave; /* coming and going is told to who asks; to all */
    bool delta, tags;                 /* to who asks: differences; what passes a filter */
};

struct stream_page {
    enum err
        err; /* ERR_OK; ERR_DENIED (103); ERR_UNKNOWN_CHANNEL (102); ERR_UNAVAILABLE: no history (108);
              * ERR_UNRECOVERABLE: another epoch (112) */
    struct channel_options options;
    char epoch[EPOCH_SIZE];
    uint64_t top;
    struct buf
        publications; /* publication objects (wire/reply.h) joined by commas, without brackets */
    unsigned count;
    uint64_t last; /* offset of the last one in it; `since` if none */
    bool complete; /* forward: it reaches the top, nothing was cut by a bound or trimmed */
};

/* Where the answer goes; by value. */
struct stream_asker {
    void *owner;
    uint64_t number;
    void (*answer)(struct stream_asker a,
                   struct stream_page *page); /* takes page->publications (buf_fini) */
};

struct stream_source {
    void *ctx;
    bool (*serves)(void *ctx, struct text channel);
    /* errors: ERR_BUSY, ERR_CLOSED: nothing was started, `answer` is not called. thread: any */
    enum err (*ask)(void *ctx, const struct stream_query *query, struct stream_asker asker);
};

#endif
