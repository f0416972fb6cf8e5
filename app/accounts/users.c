#include "accounts/inside.h"
#include "store/db.h"
#include "store/store.h"

struct user_job {
    struct answer answer;
    struct accounts *a;
    int64_t limit, after;
    bool touch;
};

/* ---- user.me */

static enum err me_run(struct db *db, void *data)
{
    struct user_job *job = data;
    const struct actor *actor = &job->answer.actor;
    struct json_writer *w = &job->answer.out;
    struct person p;
    enum err e = person_acting(db, actor->user_id, &p);
    if (e != ERR_OK)
        return e;
    json_open(w, NULL, '{');
    user_write(w, "user", &p);
    if (actor->session_id) {
        struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_ONE);
        query_int(q, 1, actor->session_id);
        if (query_row(q)) {
            session_write(w, "session", q, actor->session_id);
            job->touch = env_wall_ms(job->a->env) - col_int(q, 4) >= SESSION_TOUCH_MS;
        }
        e = query_end(q);
    }
    json_close(w, '}');
    return e;
}

static void me_done(void *data, enum err e)
{
    struct user_job *job = data;
    if (e == ERR_OK && job->touch) /* an open page asks once a minute: that is use */
        session_touch(job->a, job->answer.actor.session_id);
    answer_end(job, e);
}

void user_me(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)args;
    struct accounts *a = ctx;
    struct user_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->a = a;
    answer_read(job, a->store, me_run, me_done);
}

/* ---- user.list */

/* Of somebody who was erased: what was asked and when it ended (0: it goes on). */
static void write_listed(struct json_writer *w, struct query *q)
{
    struct person p;
    person_read(q, &p);
    json_open(w, NULL, '{');
    user_write_members(w, &p);
    if (!col_null(q, 7)) {
        json_open(w, "erased", '{');
        json_add_text(w, "messages", col_text(q, 7));
        json_add_int(w, "asked", col_int(q, 8));
        json_add_int(w, "ended", col_int(q, 9));
        json_close(w, '}');
    }
    json_close(w, '}');
}

static enum err list_run(struct db *db, void *data)
{
    struct user_job *job = data;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_open(w, "users", '[');
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_LIST);
    query_int(q, 1, job->after);
    query_int(q, 2, job->limit + 1);
    int64_t count = 0;
    while (query_row(q))
        if (count++ < job->limit)
            write_listed(w, q);
    json_close(w, ']');
    json_add_bool(w, "more", count > job->limit);
    json_close(w, '}');
    return query_end(q);
}

void user_list(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct accounts *a = ctx;
    struct user_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->limit = args_int(args, "limit");
    job->after = args_given(args, "after") ? args_int(args, "after") : 0;
    answer_read(job, a->store, list_run, NULL);
}

/* ---- place.get */

static enum err place_run(struct db *db, void *data)
{
    struct user_job *job = data;
    struct accounts *a = job->a;
    struct json_writer *w = &job->answer.out;
    struct query *q = db_query(db, QUERY_ACCOUNTS_SETTING_GET);
    query_text(q, 1, TEXT("place"));
    json_open(w, NULL, '{');
    json_add_text(w, "name", query_row(q) ? col_text(q, 0) : TEXT("Snug"));
    json_add_text(w, "version", text_of(a->version));
    json_add_bool(w, "set_up", atomic_load(&a->has_admin));
    json_open(w, "limits", '{');
    json_add_int(w, "text", a->text_max);
    json_add_int(w, "upload_bytes", a->upload_bytes);
    json_add_int(w, "connections", a->connections_max);
    json_close(w, '}');
    enum err e = query_end(q);
    if (e == ERR_OK && job->answer.actor.right >= RIGHT_USER && a->hooks.place_told)
        e = a->hooks.place_told(a->hooks.ctx, db, w);
    json_close(w, '}');
    return e;
}

void place_get(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)args;
    struct accounts *a = ctx;
    struct user_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->a = a;
    answer_read(job, a->store, place_run, NULL);
}
