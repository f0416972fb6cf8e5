/* erase: message.delete. The text is gone from every place that has it: the row, its events in the stream, the search, the run
 * that it asked for; with it go its reactions and its files. Row and event stay without it, so that offsets have no holes and
 * replies know what they were to. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

struct erase {
    struct answer answer;
    struct chat *c;
    struct gone message;
    bool changed;
    struct room_event event;
};

static void erase_drop(void *data)
{
    struct erase *job = data;
    if (job->changed)
        room_event_fini(&job->event);
}

/* Whose it is and where. *out_gone: it was deleted before. */
static enum err find(struct db *db, struct erase *job, int64_t *out_author, bool *out_gone)
{
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_BY_ID);
    query_int(q, 1, job->message.id);
    query_int(q, 2, job->message.room_id);
    bool found = query_row(q);
    if (found) {
        job->message.offset = col_int(q, 2);
        *out_author = col_int(q, 8);
        *out_gone = col_text(q, 12).len > 0;
    }
    enum err e = query_end(q);
    if (e != ERR_OK || found)
        return e;
    return answer_fault(&job->answer, ERR_NOT_FOUND, "id", "id must be a message of that room.");
}

static enum err delete_mentions(struct db *db, const struct gone *m)
{
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_DELETE_MENTIONS);
    query_int(q, 1, m->room_id);
    query_int(q, 2, m->offset);
    return query_run(q);
}

enum err message_forget(struct chat *c, struct db *db, const struct gone *m)
{
    enum err e = index_forget(db, m->id);
    if (e == ERR_OK)
        e = purge_want(c, db);
    if (e == ERR_OK)
        e = message_copies_forget(db, m->id);
    if (e == ERR_OK)
        e = delete_mentions(db, m);
    if (e == ERR_OK)
        e = query_run_for(db, QUERY_CHAT_REACTION_CLEAR, m->id);
    if (e == ERR_OK)
        e = files_forget(db, m->id);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_DELETE);
    query_int(q, 1, m->id);
    query_text(q, 2, text_of(m->by));
    e = query_run(q);
    return e == ERR_OK ? message_event_replace(db, "message_created", m->room_id, m->id, m->offset)
                       : e;
}

enum err message_deleted_event(struct chat *c, struct db *db, const struct gone *m,
                               struct room_event *out_event)
{
    enum err e = room_event_begin(db, m->room_id, env_wall_ms(c->env), out_event);
    if (e != ERR_OK)
        return e;
    struct json_writer w;
    json_begin(&w, &out_event->data);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("message_deleted"));
    json_open(&w, "message", '{');
    json_add_id(&w, "id", m->id);
    json_add_id(&w, "room", m->room_id);
    json_add_int(&w, "offset", m->offset);
    json_add_text(&w, "deleted", text_of(m->by));
    json_close(&w, '}');
    json_close(&w, '}');
    e = room_event_put(db, out_event);
    if (e != ERR_OK)
        room_event_fini(out_event);
    return e;
}

static enum err erase_run(struct db *db, void *data)
{
    struct erase *job = data;
    const struct actor *actor = &job->answer.actor;
    int64_t author = 0;
    bool gone = false;
    enum err e = room_require(db, job->message.room_id, actor, ROOM_MEMBER);
    if (e == ERR_OK)
        e = find(db, job, &author, &gone);
    job->message.by = author == actor->user_id ? "author" : "owner";
    if (e == ERR_OK && author != actor->user_id)
        e = room_require(db, job->message.room_id, actor, ROOM_OWNER);
    if (e != ERR_OK || gone)
        return e;
    e = message_forget(job->c, db, &job->message);
    if (e == ERR_OK)
        e = message_deleted_event(job->c, db, &job->message, &job->event);
    job->changed = e == ERR_OK;
    return e;
}

static void erase_done(void *data, enum err e)
{
    struct erase *job = data;
    if (e == ERR_OK && job->changed) {
        room_event_publish(atomic_load(&job->c->hub), &job->event);
        unread_changed(job->c, job->message.room_id);
    }
    answer_end(job, e);
}

void message_delete(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    struct chat *c = ctx;
    struct erase *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->message.room_id = args_int(args, "room");
    job->message.id = args_int(args, "id");
    job->answer.drop = erase_drop;
    answer_write(job, c->store, erase_run, erase_done);
}
