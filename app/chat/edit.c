/* edit: message.edit. The new text takes the place of the old one wherever that is: in the row, in the event that once told of the
 * message, in the search, in the mentions. An event of its own tells of it; the one of the edit before keeps no text, so that
 * whoever reads the stream, from wherever, comes to the present text and to no other.
 *
 * Invariant: a text is in its row, in its message_created event and in at most one message_edited event, message.edit_offset. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

struct edit {
    struct answer answer;
    struct chat *c;
    int64_t message_id, offset;
    int64_t edited_ms; /* of the last edit; 0: none */
    struct post post;  /* room, author and text; that is kept */
    bool changed;
    struct room_event event;
};

static void edit_drop(void *data)
{
    struct edit *job = data;
    if (job->changed)
        room_event_fini(&job->event);
}

/* Whether it may be edited, and in *out_same whether it has that text already. */
static enum err find(struct db *db, struct edit *job, bool *out_same)
{
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_BY_ID);
    bool own = false, gone = false;
    query_int(q, 1, job->message_id);
    query_int(q, 2, job->post.room_id);
    bool found = query_row(q);
    if (found) {
        job->offset = col_int(q, 2);
        *out_same = text_is(col_text(q, 3), job->post.text);
        own = col_int(q, 8) == job->post.author_id && col_text(q, 7).len == 0;
        gone = col_text(q, 12).len > 0;
        job->edited_ms = col_int(q, 13);
    }
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    if (!found)
        return answer_fault(&job->answer, ERR_NOT_FOUND, "id",
                            "id must be a message of that room.");
    if (!own)
        return answer_fault(&job->answer, ERR_DENIED, "id", "id must be a message of your own.");
    if (gone)
        return answer_fault(&job->answer, ERR_CONFLICT, "id", "id is a message that was deleted.");
    return ERR_OK;
}

/* The run that the message asked for does not say any more what that was: its events, and its row once it is over. */
static enum err run_forget(struct db *db, int64_t message_id)
{
    enum err e = query_run_for(db, QUERY_CHAT_MESSAGE_TASK_FORGET, message_id);
    return e == ERR_OK ? query_run_for(db, QUERY_CHAT_MESSAGE_DELETE_RUN, message_id) : e;
}

enum err message_copies_forget(struct db *db, int64_t message_id)
{
    enum err e = query_run_for(db, QUERY_CHAT_MESSAGE_EDIT_FORGET, message_id);
    return e == ERR_OK ? run_forget(db, message_id) : e;
}

enum err message_run_ended(struct db *db, int64_t message_id)
{
    int64_t as_sent;
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_AS_SENT);
    query_int(q, 1, message_id);
    enum err e = query_number(q, &as_sent);
    return e != ERR_OK || as_sent > 0 ? e : run_forget(db, message_id);
}

static enum err forget(struct db *db, const struct edit *job)
{
    enum err e = index_forget(db, job->message_id);
    if (e == ERR_OK)
        e = purge_want(job->c, db);
    return e == ERR_OK ? message_copies_forget(db, job->message_id) : e;
}

static enum err put_text(struct db *db, struct edit *job)
{
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_EDIT);
    query_int(q, 1, job->message_id);
    query_text(q, 2, job->post.text);
    query_int(q, 3, job->edited_ms);
    query_int(q, 4, (int64_t)job->event.offset);
    enum err e = query_run(q);
    if (e == ERR_OK)
        e = index_learn(db, job->message_id);
    if (e == ERR_OK)
        e = mentions_change(db, &job->post, job->offset, job->event.offset);
    return e == ERR_OK ? message_event_replace(db, "message_created", job->post.room_id,
                                               job->message_id, job->offset)
                       : e;
}

static enum err change(struct db *db, struct edit *job)
{
    job->edited_ms = env_wall_ms(job->c->env);
    enum err e = forget(db, job);
    if (e == ERR_OK)
        e = room_event_begin(db, job->post.room_id, job->edited_ms, &job->event);
    if (e != ERR_OK)
        return e;
    job->changed = true;
    e = put_text(db, job);
    if (e == ERR_OK)
        e = message_event_read(db, "message_edited", job->post.room_id, job->message_id,
                               &job->event.data);
    return e == ERR_OK ? room_event_put(db, &job->event) : e;
}

static enum err edit_run(struct db *db, void *data)
{
    struct edit *job = data;
    bool same = false;
    enum err e = room_require(db, job->post.room_id, &job->answer.actor, ROOM_MEMBER);
    if (e == ERR_OK)
        e = find(db, job, &same);
    if (e == ERR_OK && !same)
        e = change(db, job);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_id(w, "id", job->message_id);
    json_add_int(w, "offset", job->offset);
    json_add_int(w, "edited", job->edited_ms);
    json_close(w, '}');
    return ERR_OK;
}

static void edit_done(void *data, enum err e)
{
    struct edit *job = data;
    if (e == ERR_OK && job->changed) {
        room_event_publish(atomic_load(&job->c->hub), &job->event);
        unread_changed(job->c, job->post.room_id); /* who is named now, and who is not any more */
    }
    answer_end(job, e);
}

void message_edit(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct text text = args_text(args, "text");
    if (!message_fits(text, reply))
        return;
    struct edit *job = answer_new(sizeof *job, text.len + 1, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->message_id = args_int(args, "id");
    job->post = (struct post){
        .room_id = args_int(args, "room"),
        .author_id = actor->user_id,
        .text = answer_keep(&job->answer, text),
    };
    job->answer.drop = edit_drop;
    answer_write(job, c->store, edit_run, edit_done);
}
