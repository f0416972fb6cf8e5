#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdio.h>

/* ---- room.list */

static enum err list_rooms(struct db *db, struct change *job, enum query_id which)
{
    struct query *q = db_query(db, which);
    query_int(q, 1, job->answer.actor.user_id);
    while (answer_has_room(job->c, &job->answer) && query_row(q))
        room_write(&job->answer.out, NULL, q);
    return query_end(q);
}

static enum err list_run(struct db *db, void *data)
{
    struct change *job = data;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_open(w, "rooms", '[');
    enum err e = list_rooms(db, job, QUERY_CHAT_ROOM_LIST_OWN);
    if (e == ERR_OK && job->joinable)
        e = list_rooms(db, job, QUERY_CHAT_ROOM_LIST_OPEN);
    json_close(w, ']');
    json_close(w, '}');
    return e;
}

void room_list(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct change *job = change_new(c, actor, reply, 0);
    if (!job)
        return;
    job->joinable = args_int(args, "joinable");
    answer_read(job, c->store, list_run, NULL);
}

/* ---- room.create */

enum err room_make_member(struct chat *c, struct db *db, int64_t room_id, int64_t user_id,
                          const char *role)
{
    struct query *q = db_query(db, QUERY_CHAT_MEMBER_INSERT);
    query_int(q, 1, room_id);
    query_int(q, 2, user_id);
    query_text(q, 3, text_of(role));
    query_int(q, 4, env_wall_ms(c->env));
    query_int(q, 5, 0);
    return query_run(q);
}

enum err room_make(struct db *db, struct change *job, const struct pair *direct)
{
    char epoch[17];
    uint64_t chance;
    env_random(job->c->env, &chance, sizeof chance);
    (void)snprintf(epoch, sizeof epoch, "%016llx", (unsigned long long)chance);
    struct query *q = db_query(db, QUERY_CHAT_ROOM_INSERT);
    query_text(q, 1, job->name);
    query_text(q, 2, job->topic);
    query_int(q, 3, job->private > 0);
    query_int(q, 4, env_wall_ms(job->c->env));
    query_int(q, 5, job->answer.actor.user_id);
    query_text(q, 6, text_of(epoch));
    if (direct) {
        query_int(q, 7, direct->smaller);
        query_int(q, 8, direct->larger);
    }
    enum err e = query_run(q);
    job->room_id = db_last_id(db);
    return e == ERR_OK ? room_make_member(job->c, db, job->room_id, NOOK_ID, "member") : e;
}

enum err room_added_write(struct db *db, const struct change *job, int64_t user_id, struct buf *out)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("room_added"));
    enum err e = room_write_view(db, &w, "room", job->room_id, user_id);
    json_close(&w, '}');
    return e;
}

enum err room_made_write(struct db *db, struct change *job)
{
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_id(w, "id", job->room_id);
    enum err e = room_write_view(db, w, "room", job->room_id, job->answer.actor.user_id);
    json_close(w, '}');
    return e;
}

static enum err create_run(struct db *db, void *data)
{
    struct change *job = data;
    int64_t maker = job->answer.actor.user_id;
    enum err e = person_acting(db, maker, &job->person);
    if (e != ERR_OK)
        return e;
    e = room_make(db, job, NULL);
    if (e == ERR_OK)
        e = room_make_member(job->c, db, job->room_id, maker, "owner");
    if (e == ERR_OK)
        e = room_added_write(db, job, maker, &job->notice);
    if (e == ERR_OK)
        e = change_tell(job, maker);
    if (e == ERR_OK)
        e = room_made_write(db, job);
    job->changed = e == ERR_OK;
    return e;
}

void room_create(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct text name = args_text(args, "name"), topic = args_text(args, "topic");
    if (!one_line(name, "name", "name must be one line.", reply) ||
        !one_line(topic, "topic", "topic must be one line.", reply))
        return;
    struct change *job = change_new(c, actor, reply, name.len + topic.len + 2);
    if (!job)
        return;
    job->name = answer_keep(&job->answer, name);
    job->topic = answer_keep(&job->answer, topic);
    job->private = args_int(args, "private");
    answer_write(job, c->store, create_run, change_done);
}

/* ---- room.update */

static enum err tell_members(struct db *db, struct change *job)
{
    struct query *q = db_query(db, QUERY_CHAT_MEMBER_IDS);
    query_int(q, 1, job->room_id);
    enum err told = ERR_OK;
    while (told == ERR_OK && query_row(q))
        told = change_tell(job, col_int(q, 0));
    enum err e = query_end(q);
    return e != ERR_OK ? e : told;
}

/* The event for the room and the notice for its members say the same. */
static enum err write_changed(struct db *db, struct change *job, struct json_writer *event,
                              struct json_writer *notice)
{
    struct query *q = db_query(db, QUERY_CHAT_ROOM_VIEW);
    query_int(q, 1, job->answer.actor.user_id);
    query_int(q, 2, job->room_id);
    if (query_row(q)) {
        json_open(event, NULL, '{');
        json_add_text(event, "type", TEXT("room_updated"));
        json_add_text(event, "name", col_text(q, 1));
        json_add_text(event, "topic", col_text(q, 2));
        json_add_bool(event, "private", col_int(q, 3) != 0);
        json_close(event, '}');
        json_open(notice, NULL, '{');
        json_add_text(notice, "type", TEXT("room_changed"));
        json_open(notice, "room", '{');
        json_add_id(notice, "id", job->room_id);
        json_add_text(notice, "name", col_text(q, 1));
        json_add_text(notice, "topic", col_text(q, 2));
        json_add_bool(notice, "private", col_int(q, 3) != 0);
        json_close(notice, '}');
        json_close(notice, '}');
    }
    return query_end(q);
}

static enum err publish_update(struct db *db, struct change *job)
{
    enum err e = room_event_begin(db, job->room_id, env_wall_ms(job->c->env), &job->event);
    if (e != ERR_OK)
        return e;
    job->has_event = true;
    struct json_writer event, notice;
    json_begin(&event, &job->event.data);
    json_begin(&notice, &job->notice);
    e = write_changed(db, job, &event, &notice);
    if (e == ERR_OK)
        e = room_event_put(db, &job->event);
    job->changed = true;
    return e != ERR_OK ? e : tell_members(db, job);
}

static void text_or_null(struct query *q, int at, struct text t)
{
    if (t.data)
        query_text(q, at, t);
    else
        query_null(q, at);
}

static void int_or_null(struct query *q, int at, int64_t n)
{
    if (n >= 0)
        query_int(q, at, n);
    else
        query_null(q, at);
}

static enum err update_run(struct db *db, void *data)
{
    struct change *job = data;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_OWNER);
    if (e == ERR_OK)
        e = room_not_direct(db, job);
    if (e != ERR_OK)
        return e;
    bool told = job->name.data || job->topic.data || job->private >= 0;
    if (told || job->keep_ms >= 0 || job->keep_messages >= 0) {
        struct query *q = db_query(db, QUERY_CHAT_ROOM_UPDATE);
        query_int(q, 1, job->room_id);
        text_or_null(q, 2, job->name);
        text_or_null(q, 3, job->topic);
        int_or_null(q, 4, job->private);
        int_or_null(q, 5, job->keep_ms);
        int_or_null(q, 6, job->keep_messages);
        e = query_run(q);
        if (e == ERR_OK && told)
            e = publish_update(db, job);
        if (e != ERR_OK)
            return e;
    }
    json_open(&job->answer.out, NULL, '{');
    e = room_write_view(db, &job->answer.out, "room", job->room_id, job->answer.actor.user_id);
    json_close(&job->answer.out, '}');
    return e;
}

void room_update(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct text name = args_text(args, "name"), topic = args_text(args, "topic");
    if (!one_line(name, "name", "name must be one line.", reply) ||
        !one_line(topic, "topic", "topic must be one line.", reply))
        return;
    struct change *job = change_new(c, actor, reply, name.len + topic.len + 2);
    if (!job)
        return;
    job->room_id = args_int(args, "room");
    if (args_given(args, "name"))
        job->name = answer_keep(&job->answer, name);
    if (args_given(args, "topic"))
        job->topic = answer_keep(&job->answer, topic);
    if (args_given(args, "private"))
        job->private = args_int(args, "private");
    if (args_given(args, "keep_days"))
        job->keep_ms = args_int(args, "keep_days") * DAY_MS;
    if (args_given(args, "keep_messages"))
        job->keep_messages = args_int(args, "keep_messages");
    answer_write(job, c->store, update_run, change_done);
}
