#include "accounts/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <sodium.h>

/* token.make: a token without a session, good until its end on all doors. Only for the command line. */
struct token_job {
    struct answer answer;
    struct accounts *a;
    struct text name; /* kept */
    int64_t ttl_s;
};

static enum err token_run(struct db *db, void *data)
{
    struct token_job *job = data;
    struct accounts *a = job->a;
    struct person p;
    enum err e = person_find(db, job->name, &p);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !p.active))
        return answer_fault(&job->answer, ERR_NOT_FOUND, "name", "There is nobody of that name.");
    if (e != ERR_OK)
        return e;
    int64_t now_s = env_wall_ms(a->env) / 1000;
    struct jwt_claims claims = {.user_id = p.id, .expires_s = now_s + job->ttl_s};
    struct buf token;
    buf_init(&token, 4096);
    e = token_keys_sign(a->token_keys, &claims, &token);
    if (e == ERR_OK) {
        json_open(&job->answer.out, NULL, '{');
        json_add_text(&job->answer.out, "token", buf_text(&token));
        json_close(&job->answer.out, '}');
    }
    if (token.data)
        sodium_memzero(token.data, token.len);
    buf_fini(&token);
    return e;
}

void token_make(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct accounts *a = ctx;
    struct text name = args_text(args, "name");
    struct token_job *job = answer_new(sizeof *job, name.len + 1, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->name = answer_keep(&job->answer, name);
    job->ttl_s = args_int(args, "ttl_s");
    answer_read(job, a->store, token_run, NULL);
}
