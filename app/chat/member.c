#include "accounts/accounts.h"
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define GENERAL_ID 1 /* the room that everybody is in from the start */

/* ---- shared: the events of coming and going */

static void write_member_event(struct room_event *event, const char *type, const struct person *who,
                               const struct person *by)
{
    struct json_writer w;
    json_begin(&w, &event->data);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", text_of(type));
    person_write(&w, "user", who);
    person_write(&w, "by", by);
    json_close(&w, '}');
}

enum err member_add(struct chat *c, struct db *db, int64_t room_id, const struct person *who,
                    const struct person *by, struct room_event *out_event)
{
    int64_t now = env_wall_ms(c->env);
    enum err e = room_event_begin(db, room_id, now, out_event);
    if (e != ERR_OK)
        return e;
    write_member_event(out_event, "member_joined", who, by);
    e = room_event_put(db, out_event);
    if (e == ERR_OK) {
        struct query *q = db_query(db, QUERY_CHAT_MEMBER_INSERT);
        query_int(q, 1, room_id);
        query_int(q, 2, who->id);
        query_text(q, 3, TEXT("member"));
        query_int(q, 4, now);
        query_int(q, 5, (int64_t)out_event->offset); /* what was said before is not unread */
        e = query_run(q);
    }
    if (e != ERR_OK)
        room_event_fini(out_event);
    return e;
}

/* The role of somebody in a room. */
static enum err role_of(struct db *db, int64_t room_id, int64_t user_id, enum room_role *out)
{
    struct query *q = db_query(db, QUERY_CHAT_MEMBER_ROLE);
    query_int(q, 1, room_id);
    query_int(q, 2, user_id);
    *out = ROOM_STRANGER;
    if (query_row(q))
        *out = text_is(col_text(q, 0), TEXT("owner")) ? ROOM_OWNER : ROOM_MEMBER;
    return query_end(q);
}

/* Adds job->person, begins the event, writes the notice. No change if they are in already. */
static enum err add_to_room(struct db *db, struct change *job, const struct person *by)
{
    enum room_role role;
    enum err e = role_of(db, job->room_id, job->person.id, &role);
    if (e != ERR_OK || role != ROOM_STRANGER)
        return e;
    e = member_add(job->c, db, job->room_id, &job->person, by, &job->event);
    if (e != ERR_OK)
        return e;
    job->has_event = true;
    job->changed = true;
    e = room_added_write(db, job, job->person.id, &job->notice);
    return e != ERR_OK ? e : change_tell(job, job->person.id);
}

/* ---- room.join */

static enum err join_run(struct db *db, void *data)
{
    struct change *job = data;
    int64_t user_id = job->answer.actor.user_id;
    enum room_role role;
    bool open = false;
    enum err e = person_acting(db, user_id, &job->person);
    if (e == ERR_OK)
        e = role_of(db, job->room_id, user_id, &role);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_ROOM_EXISTS);
    query_int(q, 1, job->room_id);
    if (query_row(q))
        open = col_int(q, 0) == 0;
    e = query_end(q);
    if (e == ERR_OK && role == ROOM_STRANGER && !open)
        e = ERR_DENIED;
    if (e == ERR_OK)
        e = add_to_room(db, job, &job->person);
    if (e != ERR_OK)
        return e;
    json_open(&job->answer.out, NULL, '{');
    e = room_write_view(db, &job->answer.out, "room", job->room_id, user_id);
    json_close(&job->answer.out, '}');
    return e;
}

void room_join(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct change *job = change_new(c, actor, reply, 0);
    if (!job)
        return;
    job->room_id = args_int(args, "room");
    answer_write(job, c->store, join_run, change_done);
}

/* ---- room.leave */

/* A room that lost its last owner gets the person who has been there longest. */
static enum err promote_heir(struct db *db, int64_t room_id)
{
    int64_t heir = 0;
    struct query *q = db_query(db, QUERY_CHAT_MEMBER_HEIR);
    query_int(q, 1, room_id);
    if (query_row(q))
        heir = col_int(q, 0);
    enum err e = query_end(q);
    if (e != ERR_OK || heir == 0)
        return e;
    q = db_query(db, QUERY_CHAT_MEMBER_PROMOTE);
    query_int(q, 1, room_id);
    query_int(q, 2, heir);
    return query_run(q);
}

enum err member_remove(struct chat *c, struct db *db, int64_t room_id, const struct person *who,
                       bool owner, struct room_event *out_event)
{
    struct query *q = db_query(db, QUERY_CHAT_MEMBER_DELETE);
    query_int(q, 1, room_id);
    query_int(q, 2, who->id);
    enum err e = query_run(q);
    if (e == ERR_OK && owner)
        e = promote_heir(db, room_id);
    if (e == ERR_OK)
        e = room_event_begin(db, room_id, env_wall_ms(c->env), out_event);
    if (e != ERR_OK)
        return e;
    write_member_event(out_event, "member_left", who, who);
    e = room_event_put(db, out_event);
    if (e != ERR_OK)
        room_event_fini(out_event);
    return e;
}

static enum err leave_run(struct db *db, void *data)
{
    struct change *job = data;
    enum room_role role;
    enum err e = role_of(db, job->room_id, job->answer.actor.user_id, &role);
    /* Not in: no change, the same for rooms that one may not see or that are not there. */
    if (e != ERR_OK || role == ROOM_STRANGER)
        return e;
    e = room_not_direct(db, job);
    if (e == ERR_OK)
        e = person_by_id(db, job->answer.actor.user_id, &job->person);
    if (e == ERR_OK)
        e = member_remove(job->c, db, job->room_id, &job->person, role == ROOM_OWNER, &job->event);
    if (e != ERR_OK)
        return e;
    job->has_event = true;
    job->changed = true;
    job->left = true;
    struct json_writer w;
    json_begin(&w, &job->notice);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("room_removed"));
    json_add_id(&w, "id", job->room_id);
    json_close(&w, '}');
    return change_tell(job, job->person.id);
}

void room_leave(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct change *job = change_new(c, actor, reply, 0);
    if (!job)
        return;
    job->room_id = args_int(args, "room");
    answer_write(job, c->store, leave_run, change_done);
}

/* ---- room.invite */

static enum err invite_run(struct db *db, void *data)
{
    struct change *job = data;
    struct person by;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e == ERR_OK)
        e = room_not_direct(db, job);
    if (e == ERR_OK)
        e = person_by_id(db, job->answer.actor.user_id, &by);
    if (e != ERR_OK)
        return e;
    e = change_find(db, job);
    return e != ERR_OK ? e : add_to_room(db, job, &by);
}

void room_invite(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct text who = args_text(args, "user");
    struct change *job = change_new(c, actor, reply, who.len + 1);
    if (!job)
        return;
    job->room_id = args_int(args, "room");
    job->who = answer_keep(&job->answer, who);
    answer_write(job, c->store, invite_run, change_done);
}

/* ---- room.members */

static enum err members_run(struct db *db, void *data)
{
    struct change *job = data;
    struct chat *c = job->c;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    int64_t now = env_wall_ms(c->env);
    json_open(w, NULL, '{');
    json_open(w, "members", '[');
    struct query *q = db_query(db, QUERY_CHAT_MEMBER_LIST);
    query_int(q, 1, job->room_id);
    while (answer_has_room(c, &job->answer) && query_row(q)) {
        bool here = text_is(col_text(q, 3), TEXT("agent")) || chat_user_is_here(c, col_int(q, 0));
        json_open(w, NULL, '{');
        person_write_columns(w, "user", q, 0);
        json_add_text(w, "role", col_text(q, 4));
        json_add_int(w, "since", col_int(q, 5));
        json_add_bool(w, "here", here);
        json_add_int(w, "seen", here ? now : col_int(q, 6));
        json_close(w, '}');
    }
    json_close(w, ']');
    json_close(w, '}');
    return query_end(q);
}

void room_members(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct change *job = change_new(c, actor, reply, 0);
    if (!job)
        return;
    job->room_id = args_int(args, "room");
    answer_read(job, c->store, members_run, NULL);
}

/* ---- new people are in `general` */

static enum err person_made(void *ctx, struct db *db, int64_t user_id, void **out_later)
{
    struct chat *c = ctx;
    struct person who;
    enum err e = person_by_id(db, user_id, &who);
    if (e != ERR_OK)
        return e;
    struct room_event *event = calloc(1, sizeof *event);
    if (!event)
        return ERR_NOMEM;
    e = member_add(c, db, GENERAL_ID, &who, &who, event);
    if (e == ERR_OK)
        *out_later = event;
    else
        free(event);
    return e;
}

static void person_committed(void *ctx, int64_t user_id, void *later, enum err e)
{
    (void)user_id;
    struct chat *c = ctx;
    struct room_event *event = later;
    if (e == ERR_OK)
        room_event_publish(atomic_load(&c->hub), event);
    room_event_fini(event);
    free(event);
}

struct accounts_hooks chat_accounts_hooks(struct chat *c)
{
    return (struct accounts_hooks){
        c, person_made, person_committed, erasure_wake, person_called, place_told};
}
