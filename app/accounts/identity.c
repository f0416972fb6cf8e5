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
    if (e != ERR_UNAVAILABLE && e != ERR_CLOSED && e != ERR_BUSY)
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

/* A key of an application or of an identity provider numbers its own users: taken for people of this place they would be
 * its admins. */
static bool may_vouch(const struct accounts *a, const struct jwt_claims *claims)
{
    return claims->user_id == 0 || claims->by_secret || a->token_people;
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
        text_copy(out->subs, sizeof out->subs, claims->subs) == claims->subs.len;
    bool nobodys_session = claims->user_id == 0 && claims->session_id != 0;
    if (!fits || nobodys_session || claims->channel.len)
        return ERR_BAD_TOKEN;
    return out->expires_ms != 0 && out->expires_ms <= now_ms ? ERR_EXPIRED : ERR_OK;
}

/* errors: of token_keys_verify and read_claims */
static enum err read_token(struct accounts *a, struct text token, struct identity *out)
{
    struct jwt_claims claims;
    enum err e = token_keys_verify(a->token_keys, token, &claims);
    if (e != ERR_OK)
        return e;
    e = may_vouch(a, &claims) ? read_claims(&claims, env_wall_ms(a->env), out) : ERR_BAD_TOKEN;
    jwt_claims_fini(&claims);
    return e;
}

/* The token is good. errors: ERR_BUSY, ERR_CLOSED: nothing was answered */
static enum err go_on(struct accounts *a, const struct lookup *what)
{
    if (what->who.user_id)
        return look_up(a, what, token_run);
    what->asker.answer(what->asker, ERR_OK, &what->who);
    return ERR_OK;
}

/* A token whose key is being fetched. */
struct waiting {
    struct accounts *a;
    struct identity_asker asker;
    size_t len;
    char token[];
};

static void wait_over(void *data)
{
    struct waiting *w = data;
    struct lookup what = {.asker = w->asker};
    enum err e = read_token(w->a, (struct text){w->token, w->len}, &what.who);
    if (e == ERR_BUSY)
        e = ERR_UNAVAILABLE; /* once is enough */
    if (e == ERR_OK)
        e = go_on(w->a, &what);
    if (e != ERR_OK)
        refuse(w->asker, e);
    free(w);
}

static enum err wait_for_key(struct accounts *a, struct text token, struct identity_asker asker)
{
    struct waiting *w = malloc(sizeof *w + token.len);
    if (!w)
        return ERR_BUSY;
    w->a = a;
    w->asker = asker;
    w->len = token.len;
    memcpy(w->token, token.data, token.len);
    enum err e = token_keys_wait(a->token_keys, (struct key_waiter){wait_over, w});
    if (e != ERR_OK)
        free(w);
    return e;
}

enum err accounts_token(struct accounts *a, struct text token, struct identity_asker asker)
{
    struct lookup what = {.asker = asker};
    enum err e = read_token(a, token, &what.who);
    if (e == ERR_BUSY && !asker.impatient)
        return wait_for_key(a, token, asker);
    if (e == ERR_OK)
        return go_on(a, &what);
    refuse(asker, e);
    return ERR_OK;
}

enum err accounts_session(struct accounts *a, int64_t session_id, struct identity_asker asker)
{
    struct lookup what = {.asker = asker, .who = {.session_id = session_id}};
    return look_up(a, &what, session_run);
}
