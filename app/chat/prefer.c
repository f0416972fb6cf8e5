/* prefer: room.prefer. What a member thinks of a room, for themselves: muted (only what names them is to be told), favourite. It
 * is in their membership and goes with it; their other pages are told. What muting means is who shows it: counts stay as they
 * are. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#define EVENT_MAX_BYTES 1024

struct prefer {
    struct answer answer;
    struct chat *c;
    int64_t room_id;
    int64_t muted, favourite; /* -1: not given; then as they are */
};

static void bind(struct query *q, int at, int64_t value)
{
    if (value < 0)
        query_null(q, at);
    else
        query_int(q, at, value);
}

/* out: what they are then. */
static enum err set(struct db *db, struct prefer *job)
{
    struct query *q = db_query(db, QUERY_CHAT_PREFER);
    query_int(q, 1, job->room_id);
    query_int(q, 2, job->answer.actor.user_id);
    bind(q, 3, job->muted);
    bind(q, 4, job->favourite);
    if (query_row(q)) {
        job->muted = col_int(q, 0);
        job->favourite = col_int(q, 1);
    }
    return query_end(q);
}

static void write_members(struct json_writer *w, const struct prefer *job)
{
    json_add_id(w, "room", job->room_id);
    json_add_bool(w, "muted", job->muted != 0);
    json_add_bool(w, "favourite", job->favourite != 0);
}

static enum err prefer_run(struct db *db, void *data)
{
    struct prefer *job = data;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e == ERR_OK)
        e = set(db, job);
    if (e != ERR_OK)
        return e;
    json_open(&job->answer.out, NULL, '{');
    write_members(&job->answer.out, job);
    json_close(&job->answer.out, '}');
    return ERR_OK;
}

static void prefer_done(void *data, enum err e)
{
    struct prefer *job = data;
    if (e == ERR_OK) {
        struct buf event;
        struct json_writer w;
        char room[EVENT_MAX_BYTES];
        buf_init_lent(&event, EVENT_MAX_BYTES, room, sizeof room);
        json_begin(&w, &event);
        json_open(&w, NULL, '{');
        json_add_text(&w, "type", TEXT("room_preferred"));
        write_members(&w, job);
        json_close(&w, '}');
        user_event(job->c, job->answer.actor.user_id, buf_text(&event)); /* it always fits */
        buf_fini(&event);
    }
    answer_end(job, e);
}

void room_prefer(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct prefer *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->room_id = args_int(args, "room");
    job->muted = args_given(args, "muted") ? args_int(args, "muted") : -1;
    job->favourite = args_given(args, "favourite") ? args_int(args, "favourite") : -1;
    answer_write(job, c->store, prefer_run, prefer_done);
}
