/* source: what the hub asks about room:<id>: may this actor, what is the position, which events. One reader's job. */
#include "chat/inside.h"
#include "hub/stream.h"
#include "store/db.h"
#include "store/store.h"
#include "wire/reply.h"

#include <stdlib.h>

struct ask {
    struct chat *c;
    struct stream_query query;
    struct stream_asker asker;
    struct stream_page page;
    uint64_t trimmed; /* events up to this offset are gone */
};

static bool serves(void *ctx, struct text channel)
{
    (void)ctx;
    return text_starts(channel, TEXT("room:"));
}

/* How many events at most: by the count asked for and the bound of the purpose. */
static int64_t rows_max(const struct ask *a)
{
    const struct stream_query *q = &a->query;
    int64_t bound = a->c->options.history_max;
    if (q->purpose == STREAM_SUBSCRIBE) /* a recovery is whole or nothing */
        return a->c->options.recovery_max;
    return q->limit < 0 || q->limit > bound ? bound : q->limit;
}

/* Adds events until rows or bytes are used up; true: there was nothing more to add. */
static bool add_events(struct ask *a, struct query *q, int64_t rows)
{
    struct buf *out = &a->page.publications;
    while (query_row(q)) {
        struct text data = col_text(q, 2);
        if (a->page.count == rows)
            return false;
        if (a->page.count > 0 && out->len + data.len + 64 > a->c->options.reply_max_bytes)
            return false;
        if (a->page.count > 0)
            buf_add_char(out, ',');
        publication_write(out, &(struct publication){.data = data,
                                                     .offset = (uint64_t)col_int(q, 0),
                                                     .time_ms = col_int(q, 1)});
        a->page.last = (uint64_t)col_int(q, 0);
        a->page.count++;
    }
    return true;
}

static enum err read_events(struct db *db, struct ask *a)
{
    const struct stream_query *s = &a->query;
    int64_t rows = rows_max(a);
    int64_t from = s->has_since ? (int64_t)s->since : s->reverse ? INT64_MAX : 0;
    struct query *q = db_query(db, s->reverse ? QUERY_CHAT_STREAM_BEFORE : QUERY_CHAT_STREAM_AFTER);
    query_int(q, 1, room_of_channel(text_of(s->channel)));
    query_int(q, 2, from);
    query_int(q, 3, rows + 1);
    a->page.last = (uint64_t)(s->has_since ? from : 0);
    bool all = add_events(a, q, rows);
    enum err e = query_end(q);
    if (e == ERR_OK && a->page.publications.err != ERR_OK)
        e = a->page.publications.err;
    bool whole = s->reverse || (uint64_t)from >= a->trimmed;
    a->page.complete =
        all && whole && (s->reverse || a->page.last == a->page.top || a->page.top == 0);
    return e;
}

/* A recovery that cannot be whole reads nothing: the client is told so and reads on by itself. */
static bool recoverable(const struct ask *a, bool same_epoch)
{
    uint64_t top = a->page.top, since = a->query.since;
    return same_epoch && since <= top && since >= a->trimmed &&
           top - since <= a->c->options.recovery_max;
}

static enum err ask_run(struct db *db, void *data)
{
    struct ask *a = data;
    const struct stream_query *s = &a->query;
    int64_t room_id = room_of_channel(text_of(s->channel));
    if (room_id == 0)
        return ERR_UNKNOWN_CHANNEL;
    enum err e = ERR_OK;
    if (s->actor.right != RIGHT_LOCAL) /* who runs the server may look into every room */
        e = room_require(db, room_id, &s->actor, ROOM_MEMBER);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_ROOM_EXISTS);
    query_int(q, 1, room_id);
    bool exists = query_row(q);
    if (exists) {
        a->page.top = (uint64_t)col_int(q, 1);
        text_copy(a->page.epoch, sizeof a->page.epoch, col_text(q, 2));
        a->trimmed = (uint64_t)col_int(q, 3);
    }
    e = query_end(q);
    if (e == ERR_OK && !exists)
        e = ERR_UNKNOWN_CHANNEL;
    if (e != ERR_OK)
        return e;
    a->page.options = (struct channel_options){
        .recover = true, .position = true, .presence = true, .join_leave = true};
    bool same_epoch = s->epoch[0] == 0 || text_is(text_of(s->epoch), text_of(a->page.epoch));
    if (s->purpose == STREAM_PRESENCE || (s->purpose == STREAM_SUBSCRIBE && !s->has_since)) {
        a->page.complete = true;
        a->page.last = a->page.top;
        return ERR_OK;
    }
    a->page.last = s->since;
    if (s->purpose == STREAM_SUBSCRIBE)
        return recoverable(a, same_epoch) ? read_events(db, a) : ERR_OK;
    if (s->has_since && !same_epoch)
        return ERR_UNRECOVERABLE;
    return s->limit == 0 ? ERR_OK : read_events(db, a);
}

static void ask_done(void *data, enum err e)
{
    struct ask *a = data;
    a->page.err = e == ERR_NOT_FOUND ? ERR_DENIED : e;
    if (e != ERR_OK || (a->query.purpose == STREAM_SUBSCRIBE && !a->page.complete)) {
        buf_clear(&a->page.publications); /* all that was missed, or nothing */
        a->page.count = 0;
        a->page.last = a->query.since;
    }
    a->asker.answer(a->asker, &a->page);
    free(a);
}

static enum err ask(void *ctx, const struct stream_query *query, struct stream_asker asker)
{
    struct chat *c = ctx;
    struct ask *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_BUSY;
    a->c = c;
    a->query = *query;
    a->asker = asker;
    /* the last event that fits may be one of 256 KiB; a little for its envelope */
    buf_init(&a->page.publications, c->options.reply_max_bytes + (size_t)512 * 1024);
    enum err e = reader_submit(c->store, (struct job){ask_run, ask_done, a});
    if (e != ERR_OK)
        free(a);
    return e;
}

struct stream_source chat_stream_source(struct chat *c)
{
    return (struct stream_source){c, serves, ask};
}
