#include "accounts/inside.h"
#include "store/db.h"
#include "store/store.h"

#define ENDED_KEEP_MS (INT64_C(30) * 24 * 3600 * 1000)

enum err invite_make(struct accounts *a, struct db *db, int64_t by, int64_t uses, int64_t ttl_s,
                     const char code[CODE_SIZE])
{
    int64_t now = env_wall_ms(a->env);
    struct query *q = db_query(db, QUERY_ACCOUNTS_INVITE_PRUNE);
    query_int(q, 1, now - ENDED_KEEP_MS);
    enum err e = query_run(q);
    if (e != ERR_OK)
        return e;
    unsigned char hash[SECRET_HASH_SIZE];
    secret_hash(text_of(code), hash);
    q = db_query(db, QUERY_ACCOUNTS_INVITE_INSERT);
    query_blob(q, 1, (struct text){(const char *)hash, sizeof hash});
    query_int(q, 2, uses);
    query_int(q, 3, by);
    query_int(q, 4, now);
    query_int(q, 5, now + ttl_s * 1000);
    return query_run(q);
}

void invite_write_url(struct accounts *a, struct json_writer *w, const char *key,
                      const char code[CODE_SIZE])
{
    struct buf url;
    buf_init(&url, 1024);
    buf_add_text(&url, text_of(atomic_load(&a->base_url)));
    buf_add_text(&url, TEXT("/join#"));
    buf_add_text(&url, text_of(code));
    json_add_text(w, key, buf_text(&url));
    buf_fini(&url);
}

/* ---- invite.create */

struct invite_job {
    struct answer answer;
    struct accounts *a;
    int64_t uses, ttl_s, id;
    char code[CODE_SIZE];
};

static enum err create_run(struct db *db, void *data)
{
    struct invite_job *job = data;
    struct person maker;
    enum err e = person_acting(db, job->answer.actor.user_id, &maker);
    if (e == ERR_OK)
        e = invite_make(job->a, db, job->answer.actor.user_id, job->uses, job->ttl_s, job->code);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_id(w, "id", db_last_id(db));
    invite_write_url(job->a, w, "url", job->code);
    json_add_int(w, "expires", env_wall_ms(job->a->env) + job->ttl_s * 1000);
    json_close(w, '}');
    return ERR_OK;
}

void invite_create(void *ctx, const struct actor *actor, const struct args *args,
                   struct reply reply)
{
    struct accounts *a = ctx;
    if (actor->user_id == 0) { /* the command line: nobody to name as its maker */
        reply_error(reply, ERR_UNAUTHORIZED);
        return;
    }
    struct invite_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->uses = args_int(args, "uses");
    job->ttl_s = args_int(args, "ttl_s");
    code_make(a->env, job->code);
    answer_write(job, a->store, create_run, NULL);
}

/* ---- invite.list */

static enum err list_run(struct db *db, void *data)
{
    struct invite_job *job = data;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_open(w, "invites", '[');
    struct query *q = db_query(db, QUERY_ACCOUNTS_INVITE_LIST);
    query_int(q, 1, env_wall_ms(job->a->env));
    while (query_row(q)) {
        json_open(w, NULL, '{');
        json_add_id(w, "id", col_int(q, 0));
        json_add_int(w, "uses", col_int(q, 1));
        json_add_int(w, "used", col_int(q, 2));
        json_add_int(w, "expires", col_int(q, 3));
        person_write_columns(w, "created_by", q, 4);
        json_close(w, '}');
    }
    json_close(w, ']');
    json_close(w, '}');
    return query_end(q);
}

void invite_list(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)args;
    struct accounts *a = ctx;
    struct invite_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->a = a;
    answer_read(job, a->store, list_run, NULL);
}

/* ---- invite.revoke */

static enum err revoke_run(struct db *db, void *data)
{
    struct invite_job *job = data;
    struct query *q = db_query(db, QUERY_ACCOUNTS_INVITE_DELETE);
    query_int(q, 1, job->id);
    enum err e = query_run(q);
    if (e == ERR_OK && db_changes(db) == 0)
        return answer_fault(&job->answer, ERR_NOT_FOUND, "id", "There is no such invite.");
    return e;
}

void invite_revoke(void *ctx, const struct actor *actor, const struct args *args,
                   struct reply reply)
{
    struct accounts *a = ctx;
    struct invite_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->id = args_int(args, "id");
    answer_write(job, a->store, revoke_run, NULL);
}
