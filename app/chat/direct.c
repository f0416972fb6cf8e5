/* direct: room.direct, a conversation of two: a private room, one for each two, made when one of them first asks for it. Both are
 * in it for good, and it has no name of its own: each sees it under the other's. Nook is in it as in every room. */
#include "chat/direct.h"

#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdio.h>

struct text direct_name(int64_t smaller, int64_t larger, char out[DIRECT_NAME_SIZE])
{
    int len =
        snprintf(out, DIRECT_NAME_SIZE, "direct %lld %lld", (long long)smaller, (long long)larger);
    return (struct text){out, (size_t)len};
}

enum err room_not_direct(struct db *db, struct change *job)
{
    int64_t direct = 0;
    struct query *q = db_query(db, QUERY_CHAT_ROOM_IS_DIRECT);
    query_int(q, 1, job->room_id);
    enum err e = query_number(q, &direct);
    if (e != ERR_OK || !direct)
        return e;
    return answer_fault(&job->answer, ERR_CONFLICT, "room",
                        "room is a conversation of two, which stays as it is.");
}

/* job->person: the other one. */
static enum err find_other(struct db *db, struct change *job)
{
    enum err e = change_find(db, job);
    if (e == ERR_OK && job->person.id == job->answer.actor.user_id)
        return answer_fault(&job->answer, ERR_BAD_REQUEST, "user", "user must be somebody else.");
    return e;
}

static enum err make(struct db *db, struct change *job, const struct pair *both)
{
    char name[DIRECT_NAME_SIZE];
    int64_t own = job->answer.actor.user_id, other = job->person.id;
    job->name = direct_name(both->smaller, both->larger, name);
    job->topic = TEXT("");
    job->private = 1;
    enum err e = room_make(db, job, both);
    job->name = TEXT_NONE; /* it was of this function */
    if (e == ERR_OK)
        e = room_make_member(job->c, db, job->room_id, own, "member");
    if (e == ERR_OK && job->person.id != NOOK_ID)
        e = room_make_member(job->c, db, job->room_id, other, "member");
    if (e == ERR_OK)
        e = room_added_write(db, job, own, &job->own);
    if (e == ERR_OK)
        e = room_added_write(db, job, other, &job->notice);
    if (e == ERR_OK)
        e = change_tell(job, other);
    job->changed = e == ERR_OK;
    return e;
}

static enum err direct_run(struct db *db, void *data)
{
    struct change *job = data;
    struct person by;
    enum err e = person_acting(db, job->answer.actor.user_id, &by);
    if (e == ERR_OK)
        e = find_other(db, job);
    if (e != ERR_OK)
        return e;
    const struct pair both = by.id < job->person.id ? (struct pair){by.id, job->person.id}
                                                    : (struct pair){job->person.id, by.id};
    struct query *q = db_query(db, QUERY_CHAT_ROOM_DIRECT);
    query_int(q, 1, both.smaller);
    query_int(q, 2, both.larger);
    e = query_number(q, &job->room_id);
    if (e == ERR_OK && job->room_id == 0)
        e = make(db, job, &both);
    return e == ERR_OK ? room_made_write(db, job) : e;
}

void room_direct(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct text who = args_text(args, "user");
    struct change *job = change_new(c, actor, reply, who.len + 1);
    if (!job)
        return;
    job->who = answer_keep(&job->answer, who);
    answer_write(job, c->store, direct_run, change_done);
}
