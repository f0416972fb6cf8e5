/* new_password: user.password, by which one changes one's own, and user.reset, by which an admin or the command line gives
 * somebody another. A reader finds the person, a task compares the old one and hashes the new one, the writer stores it and
 * ends the log-ins that were made with the one before, but for the one that asks. */
#include "accounts/inside.h"
#include "base/log.h"
#include "store/db.h"
#include "store/store.h"

#include <sodium.h>
#include <string.h>

struct change {
    struct answer answer;
    struct accounts *a;
    bool own;
    struct text who, old, password; /* kept; who: of a reset */
    char made[CODE_SIZE]; /* a reset's password, if none was given: then password is this */
    char was[PASSWORD_SIZE], stored[PASSWORD_SIZE];
    struct person person;
    int64_t ended[SESSIONS_MAX];
    size_t ended_count;
};

static void change_drop(void *data)
{
    struct change *job = data;
    sodium_memzero((char *)job->old.data, job->old.len);
    sodium_memzero((char *)job->password.data, job->password.len);
    sodium_memzero(job->made, sizeof job->made);
}

/* ---- the writer's job */

static enum err store_password(struct db *db, struct change *job)
{
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_PASSWORD_SET);
    query_int(q, 1, job->person.id);
    query_text(q, 2, text_of(job->stored));
    if (job->own)
        query_text(q, 3, text_of(job->was));
    else
        query_null(q, 3);
    enum err e = query_run(q);
    if (e != ERR_OK || db_changes(db) > 0)
        return e;
    return job->own ? answer_fault(&job->answer, ERR_CONFLICT, "old",
                                   "Your password was changed meanwhile.")
                    : answer_fault(&job->answer, ERR_BAD_REQUEST, "user",
                                   "user must be a person who may log in.");
}

static enum err end_sessions(struct db *db, struct change *job)
{
    int64_t kept = job->own ? job->answer.actor.session_id : 0;
    struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_OTHERS);
    query_int(q, 1, job->person.id);
    query_int(q, 2, kept);
    query_int(q, 3, SESSIONS_MAX);
    while (job->ended_count < SESSIONS_MAX && query_row(q))
        job->ended[job->ended_count++] = col_int(q, 0);
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    q = db_query(db, QUERY_ACCOUNTS_SESSION_DELETE_OTHERS);
    query_int(q, 1, job->person.id);
    query_int(q, 2, kept);
    return query_run(q);
}

static void change_write(struct change *job)
{
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    if (!job->own)
        user_write(w, "user", &job->person);
    if (job->made[0])
        json_add_text(w, "password", text_of(job->made));
    json_close(w, '}');
}

static enum err change_run(struct db *db, void *data)
{
    struct change *job = data;
    enum err e = job->own ? ERR_OK : admin_acting(db, &job->answer.actor);
    if (e == ERR_OK)
        e = store_password(db, job);
    if (e == ERR_OK)
        e = end_sessions(db, job);
    if (e == ERR_OK)
        change_write(job);
    return e;
}

static void change_done(void *data, enum err e)
{
    struct change *job = data;
    struct accounts *a = job->a;
    if (e == ERR_OK)
        log_event(LOG_INFO, "password_changed", KV_INT("user", job->person.id),
                  KV_INT("by", job->answer.actor.user_id));
    for (size_t i = 0; e == ERR_OK && a->close_session && i < job->ended_count; i++)
        a->close_session(a->close_ctx, job->person.id, job->ended[i]);
    answer_end(job, e);
}

/* ---- before it */

static enum err compare_old(struct change *job)
{
    enum err e = try_password(job->a, &job->answer, text_of(job->person.name), job->was, job->old);
    return e == ERR_UNAUTHORIZED ? answer_fault(&job->answer, ERR_BAD_REQUEST, "old",
                                                "That is not your old password.")
                                 : e;
}

static void hash_task(void *thread, void *data)
{
    (void)thread;
    struct change *job = data;
    enum err e = job->own ? compare_old(job) : ERR_OK;
    if (e == ERR_OK)
        e = password_hash(job->password, job->stored);
    hash_ended(job->a);
    if (e != ERR_OK)
        answer_end(job, e);
    else
        answer_write(job, job->a->store, change_run, change_done);
}

static enum err change_find(struct db *db, void *data)
{
    struct change *job = data;
    enum err e = job->own ? person_acting(db, job->answer.actor.user_id, &job->person)
                          : person_find(db, job->who, &job->person);
    if (e == ERR_NOT_FOUND)
        return answer_fault(&job->answer, ERR_NOT_FOUND, "user", "user is nobody here.");
    if (e != ERR_OK || !job->own)
        return e;
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_PASSWORD);
    query_int(q, 1, job->person.id);
    if (query_row(q))
        text_copy(job->was, sizeof job->was, col_text(q, 0));
    return query_end(q);
}

static void change_found(void *data, enum err e)
{
    struct change *job = data;
    if (e == ERR_OK)
        e = hash_push(job->a, (struct task){hash_task, job});
    if (e != ERR_OK)
        answer_end(job, e);
}

static void begin(struct accounts *a, const struct actor *actor, const struct args *args, bool own,
                  struct reply reply)
{
    struct text who = own ? TEXT_NONE : args_text(args, "user");
    struct text old = own ? args_text(args, "old") : TEXT_NONE;
    struct text password = args_text(args, "password");
    const char *message = NULL;
    bool makes = !own && !args_given(args, "password");
    if (!makes && password_check(password, &message) != ERR_OK) {
        reply_fault(reply, ERR_BAD_REQUEST, "password", message);
        return;
    }
    struct change *job =
        answer_new(sizeof *job, who.len + old.len + password.len + 3, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->own = own;
    job->who = answer_keep(&job->answer, who);
    job->old = answer_keep(&job->answer, old);
    job->password = answer_keep(&job->answer, password);
    if (makes) {
        code_make(a->env, job->made);
        job->password = text_of(job->made);
    }
    job->answer.drop = change_drop;
    answer_read(job, a->store, change_find, change_found);
}

void user_password(void *ctx, const struct actor *actor, const struct args *args,
                   struct reply reply)
{
    if (try_allowed(ctx, actor, TEXT_NONE, reply))
        begin(ctx, actor, args, true, reply);
}

void user_reset(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    begin(ctx, actor, args, false, reply);
}
