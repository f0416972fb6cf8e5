#include "accounts/inside.h"
#include "base/metrics.h"
#include "store/db.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

struct lookup {
    struct accounts *a;
    struct identity_asker asker;
    struct identity who;                  /* at first what the token says */
    unsigned char hash[SECRET_HASH_SIZE]; /* of a cookie's secret */
    bool touch;
};

static void refuse(struct identity_asker asker, enum err e)
{
    metric_add(METRIC_auth_failures, 1);
    asker.answer(asker, e, NULL);
}

static void write_user(struct identity *who)
{
    (void)snprintf(who->user, sizeof who->user, "%lld", (long long)who->user_id);
}

static enum right right_of(const char *role)
{
    return text_is(text_of(role), TEXT("admin")) ? RIGHT_ADMIN : RIGHT_USER;
}

/* A row of session_by_hash or session_by_id. */
static enum err read_session(struct query *q, struct lookup *job)
{
    int64_t now = env_wall_ms(job->a->env);
    if (!query_row(q)) {
        enum err e = query_end(q);
        return e != ERR_OK ? e : ERR_UNAUTHORIZED;
    }
    bool stay = col_int(q, 3) != 0, active = col_int(q, 8) != 0;
    job->who.session_id = col_int(q, 0);
    job->who.user_id = col_int(q, 1);
    job->who.expires_ms = col_int(q, 2);
    bool ended = job->who.expires_ms <= now;
    job->touch = !ended && now - col_int(q, 4) >= SESSION_TOUCH_MS;
    if (job->touch && !stay)
        job->who.expires_ms = now + SESSION_IDLE_MS;
    text_copy(job->who.name, sizeof job->who.name, col_text(q, 5));
    text_copy(job->who.display, sizeof job->who.display, col_text(q, 6));
    text_copy(job->who.role, sizeof job->who.role, col_text(q, 7));
    write_user(&job->who);
    job->who.created_ms = col_int(q, 9);
    job->who.right = right_of(job->who.role);
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    return !active ? ERR_UNAUTHORIZED : ended ? ERR_EXPIRED : ERR_OK;
}

static enum err cookie_run(struct db *db, void *data)
{
    struct lookup *job = data;
    struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_BY_HASH);
    query_blob(q, 1, (struct text){(const char *)job->hash, sizeof job->hash});
    return read_session(q, job);
}

static enum err session_run(struct db *db, void *data)
{
    struct lookup *job = data;
    struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_BY_ID);
    query_int(q, 1, job->who.session_id);
    return read_session(q, job);
}

static enum err token_run(struct db *db, void *data)
{
    struct lookup *job = data;
    int64_t user_id = job->who.user_id, token_ends = job->who.expires_ms;
    if (job->who.session_id) {
        enum err e = session_run(db, job);
        if (e == ERR_OK && job->who.user_id != user_id)
            e = ERR_UNAUTHORIZED;
        if (token_ends && token_ends < job->who.expires_ms)
            job->who.expires_ms = token_ends;
        return e;
    }
    struct person p;
    enum err e = person_by_id(db, user_id, &p);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !p.active))
        return ERR_UNAUTHORIZED;
    if (e != ERR_OK)
        return e;
    job->who.created_ms = p.created_ms;
    job->who.right = right_of(p.role);
    text_copy(job->who.name, sizeof job->who.name, text_of(p.name));
    text_copy(job->who.display, sizeof job->who.display, text_of(p.display));
    text_copy(job->who.role, sizeof job->who.role, text_of(p.role));
    return ERR_OK;
}

static void lookup_done(void *data, enum err e)
{
    struct lookup *job = data;
    if (e == ERR_OK && job->touch)
        session_touch(job->a, job->who.session_id);
    if (e == ERR_UNAUTHORIZED || e == ERR_EXPIRED)
        metric_add(METRIC_auth_failures, 1);
    job->asker.answer(job->asker, e, e == ERR_OK ? &job->who : NULL);
    free(job);
}

static enum err look_up(struct accounts *a, const struct lookup *what,
                        enum err (*run)(struct db *db, void *data))
{
    struct lookup *job = malloc(sizeof *job);
    if (!job)
        return ERR_BUSY;
    *job = *what;
    job->a = a;
    enum err e = reader_submit(a->store, (struct job){run, lookup_done, job});
    if (e != ERR_OK)
        free(job);
    return e;
}

enum err accounts_cookie(struct accounts *a, struct text secret, struct identity_asker asker)
{
    if (secret.len != SECRET_SIZE - 1) {
        refuse(asker, ERR_UNAUTHORIZED);
        return ERR_OK;
    }
    struct lookup what = {.asker = asker};
    secret_hash(secret, what.hash);
    return look_up(a, &what, cookie_run);
}

/* errors: ERR_BAD_TOKEN something is over its bound, or it is a subscription's; ERR_EXPIRED */
static enum err read_claims(const struct jwt_claims *claims, int64_t now_ms, struct identity *out)
{
    *out = (struct identity){
        .user_id = claims->user_id,
        .session_id = claims->session_id,
        .expires_ms = claims->ends_s * 1000,
        .right = RIGHT_ANY,
    };
    text_copy(out->user, sizeof out->user, text_of(claims->user));
    bool fits =
        text_copy(out->info, sizeof out->info, claims->info) == claims->info.len &&
        text_copy(out->channels, sizeof out->channels, claims->channels) == claims->channels.len &&
        text_copy(out->subs, sizeof out->subs, claims->subs) == claims->subs.len &&
        text_copy(out->meta, sizeof out->meta, claims->meta) == claims->meta.len;
    bool nobodys_session = claims->user_id == 0 && claims->session_id != 0;
    if (!fits || nobodys_session || claims->channel.len)
        return ERR_BAD_TOKEN;
    return out->expires_ms != 0 && out->expires_ms <= now_ms ? ERR_EXPIRED : ERR_OK;
}

enum err accounts_token(struct accounts *a, struct text token, struct identity_asker asker)
{
    struct lookup what = {.asker = asker};
    struct jwt_claims claims;
    enum err e = token_keys_verify(a->token_keys, token, &claims);
    if (e == ERR_OK) {
        e = read_claims(&claims, env_wall_ms(a->env), &what.who);
        jwt_claims_fini(&claims);
    }
    if (e != ERR_OK)
        refuse(asker, e);
    else if (what.who.user_id)
        return look_up(a, &what, token_run);
    else
        asker.answer(asker, ERR_OK, &what.who);
    return ERR_OK;
}

enum err accounts_session(struct accounts *a, int64_t session_id, struct identity_asker asker)
{
    struct lookup what = {.asker = asker, .who = {.session_id = session_id}};
    return look_up(a, &what, session_run);
}
