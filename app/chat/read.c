#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

struct mark {
    struct answer answer;
    struct chat *c;
    int64_t room_id, offset;
    struct counts counts;
    bool moved;
};

static void write_counts(struct json_writer *w, const struct counts *counts)
{
    json_add_int(w, "read", counts->read);
    json_add_int(w, "unread", counts->unread);
    json_add_int(w, "mentions", counts->mentions);
}

static enum err mark_run(struct db *db, void *data)
{
    struct mark *job = data;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_READ_MARK);
    query_int(q, 1, job->room_id);
    query_int(q, 2, job->answer.actor.user_id);
    query_int(q, 3, job->offset);
    e = query_run(q);
    if (e != ERR_OK)
        return e;
    job->moved = db_changes(db) > 0;
    e = counts_get(db, job->room_id, job->answer.actor.user_id, &job->counts);
    if (e != ERR_OK)
        return e;
    json_open(&job->answer.out, NULL, '{');
    write_counts(&job->answer.out, &job->counts);
    json_close(&job->answer.out, '}');
    return ERR_OK;
}

static void mark_done(void *data, enum err e)
{
    struct mark *job = data;
    if (e == ERR_OK && job->moved) {
        struct buf event;
        struct json_writer w;
        buf_init(&event, 4096);
        json_begin(&w, &event);
        json_open(&w, NULL, '{');
        json_add_text(&w, "type", TEXT("read"));
        json_add_id(&w, "room", job->room_id);
        write_counts(&w, &job->counts);
        json_close(&w, '}');
        unread_again(job->c, job->room_id);
        if (event.err == ERR_OK)
            user_event(job->c, job->answer.actor.user_id, buf_text(&event));
        buf_fini(&event);
    }
    answer_end(job, e);
}

void read_mark(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct mark *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->room_id = args_int(args, "room");
    job->offset = args_int(args, "offset");
    answer_write(job, c->store, mark_run, mark_done);
}
