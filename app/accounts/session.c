#include "accounts/inside.h"
#include "base/metrics.h"
#include "store/db.h"
#include "store/store.h"

#include <sodium.h>
#include <stdlib.h>

/* ---- session.login: a reader finds the person, a task compares the password, the writer makes the session */

struct login {
    struct answer answer;
    struct accounts *a;
    struct text name, password; /* kept */
    int64_t user_id; /* 0: unknown; the password is compared with nobody's all the same */
    char stored[PASSWORD_SIZE];
    struct entry entry;
};

static void login_drop(void *data)
{
    struct login *job = data;
    sodium_memzero((char *)job->password.data, job->password.len);
    sodium_memzero(&job->entry, sizeof job->entry);
}

static enum err find_login(struct db *db, enum query_id which, struct text name, struct login *job)
{
    struct query *q = db_query(db, which);
    query_text(q, 1, name);
    unsigned found = 0;
    for (; query_row(q); found++) {
        job->user_id = col_int(q, 0);
        text_copy(job->stored, sizeof job->stored, col_text(q, 1));
    }
    if (found != 1) {
        job->user_id = 0;
        job->stored[0] = 0;
    }
    return query_end(q);
}

static enum err login_find(struct db *db, void *data)
{
    struct login *job = data;
    struct person person;
    enum err e = person_by_name(db, job->name, &person); /* without case */
    if (e == ERR_OK)
        return find_login(db, QUERY_ACCOUNTS_LOGIN_BY_NAME, text_of(person.name), job);
    if (e != ERR_NOT_FOUND)
        return e;
    return find_login(db, QUERY_ACCOUNTS_LOGIN_BY_DISPLAY, job->name, job);
}

static enum err login_make(struct db *db, void *data)
{
    struct login *job = data;
    struct answer *out = &job->answer;
    enum err e = entry_make(job->a, db, &out->actor, job->user_id, &job->entry);
    if (e != ERR_OK)
        return e;
    json_open(&out->out, NULL, '{');
    e = entry_write(job->a, &job->entry, out);
    json_close(&out->out, '}');
    return e;
}

static void login_compare(void *thread, void *data)
{
    (void)thread;
    struct login *job = data;
    struct accounts *a = job->a;
    enum err e = try_password(a, &job->answer, job->name, job->stored, job->password);
    hash_ended(a);
    if (e == ERR_OK) {
        answer_write(job, a->store, login_make, NULL);
        return;
    }
    if (e == ERR_UNAUTHORIZED)
        e = answer_fault(&job->answer, e, NULL, "That name and password do not fit together.");
    answer_end(job, e);
}

static void login_found(void *data, enum err e)
{
    struct login *job = data;
    if (e == ERR_OK)
        e = hash_push(job->a, (struct task){login_compare, job});
    if (e != ERR_OK)
        answer_end(job, e);
}

void session_login(void *ctx, const struct actor *actor, const struct args *args,
                   struct reply reply)
{
    struct accounts *a = ctx;
    struct text name = args_text(args, "name"), password = args_text(args, "password");
    if (!try_allowed(a, actor, name, reply))
        return;
    struct login *job = answer_new(sizeof *job, name.len + password.len + 2, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->name = answer_keep(&job->answer, name);
    job->password = answer_keep(&job->answer, password);
    job->entry.stay = args_int(args, "stay");
    job->answer.drop = login_drop;
    answer_read(job, a->store, login_find, login_found);
}

/* ---- session.logout, session.revoke */

struct ending {
    struct answer answer;
    struct accounts *a;
    int64_t session_id;
    bool must_exist;
};

static enum err end_run(struct db *db, void *data)
{
    struct ending *job = data;
    struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_DELETE);
    query_int(q, 1, job->session_id);
    query_int(q, 2, job->answer.actor.user_id);
    enum err e = query_run(q);
    if (e == ERR_OK && job->must_exist && db_changes(db) == 0)
        return answer_fault(&job->answer, ERR_NOT_FOUND, "id", "You have no such session.");
    return e;
}

static void end_done(void *data, enum err e)
{
    struct ending *job = data;
    struct accounts *a = job->a;
    if (e == ERR_OK && a->close_session)
        a->close_session(a->close_ctx, job->answer.actor.user_id, job->session_id);
    if (job->session_id == job->answer.actor.session_id)
        job->answer.cookie_age_s = -1;
    answer_end(job, e);
}

static void end_session(struct accounts *a, const struct actor *actor, int64_t session_id,
                        bool must_exist, struct reply reply)
{
    struct ending *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->session_id = session_id;
    job->must_exist = must_exist;
    answer_write(job, a->store, end_run, end_done);
}

void session_logout(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    (void)args;
    if (actor->session_id == 0) /* a token without session, or the command line: nothing to end */
        reply_json(reply, TEXT("{}"));
    else
        end_session(ctx, actor, actor->session_id, false, reply);
}

void session_revoke(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    end_session(ctx, actor, args_int(args, "id"), true, reply);
}

/* ---- session.list */

void session_write(struct json_writer *w, const char *key, struct query *q, int64_t this_id)
{
    json_open(w, key, '{');
    json_add_id(w, "id", col_int(q, 0));
    json_add_text(w, "client", col_text(q, 1));
    json_add_text(w, "address", col_text(q, 2));
    json_add_int(w, "created", col_int(q, 3));
    json_add_int(w, "seen", col_int(q, 4));
    json_add_int(w, "expires", col_int(q, 5));
    json_add_bool(w, "this", col_int(q, 0) == this_id);
    json_close(w, '}');
}

static enum err list_run(struct db *db, void *data)
{
    struct ending *job = data;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_open(w, "sessions", '[');
    struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_LIST);
    query_int(q, 1, job->answer.actor.user_id);
    query_int(q, 2, env_wall_ms(job->a->env));
    while (query_row(q))
        session_write(w, NULL, q, job->answer.actor.session_id);
    json_close(w, ']');
    json_close(w, '}');
    return query_end(q);
}

void session_list(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)args;
    struct accounts *a = ctx;
    struct ending *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->a = a;
    answer_read(job, a->store, list_run, NULL);
}

/* ---- use moves the end */

struct touch {
    int64_t session_id, now_ms;
};

static enum err touch_run(struct db *db, void *data)
{
    const struct touch *job = data;
    struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_TOUCH);
    query_int(q, 1, job->session_id);
    query_int(q, 2, job->now_ms);
    query_int(q, 3, SESSION_IDLE_MS);
    return query_run(q);
}

static void touch_done(void *data, enum err e)
{
    (void)e; /* the next use tries again */
    free(data);
}

void session_touch(struct accounts *a, int64_t session_id)
{
    struct touch *job = malloc(sizeof *job);
    if (!job)
        return;
    *job = (struct touch){session_id, env_wall_ms(a->env)};
    if (writer_submit(a->store, (struct job){touch_run, touch_done, job}) != ERR_OK)
        free(job);
}
