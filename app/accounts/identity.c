#include "accounts/inside.h"
#include "base/metrics.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

struct lookup {
    struct accounts *a;
    struct identity_asker asker;
    struct identity who;
    unsigned char hash[SECRET_HASH_SIZE]; /* of a cookie's secret */
    int64_t user_id, session_id, ends_s;  /* of a token */
    bool touch;
};

static void refuse(struct identity_asker asker, enum err e)
{
    metric_add(METRIC_auth_failures, 1);
    asker.answer(asker, e, NULL);
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
    query_int(q, 1, job->session_id);
    return read_session(q, job);
}

static enum err token_run(struct db *db, void *data)
{
    struct lookup *job = data;
    int64_t token_ends = job->ends_s * 1000;
    if (job->session_id) {
        struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_BY_ID);
        query_int(q, 1, job->session_id);
        enum err e = read_session(q, job);
        if (e == ERR_OK && job->who.user_id != job->user_id)
            e = ERR_UNAUTHORIZED;
        if (token_ends && token_ends < job->who.expires_ms)
            job->who.expires_ms = token_ends;
        return e;
    }
    struct person p;
    enum err e = person_by_id(db, job->user_id, &p);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !p.active))
        return ERR_UNAUTHORIZED;
    if (e != ERR_OK)
        return e;
    job->who.user_id = p.id;
    job->who.created_ms = p.created_ms;
    job->who.expires_ms = token_ends;
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

enum err accounts_token(struct accounts *a, struct text token, struct identity_asker asker)
{
    struct jwt_trust trust = {.keys = a->token_keys};
    struct jwt_claims claims;
    enum err e = jwt_verify(token, &trust, env_wall_ms(a->env) / 1000, &claims);
    if (e == ERR_OK && claims.user_id == 0) {
        jwt_claims_fini(&claims);
        e = ERR_BAD_TOKEN; /* nobody of this place */
    }
    if (e != ERR_OK) {
        refuse(asker, e);
        return ERR_OK;
    }
    struct lookup what = {.asker = asker,
                          .user_id = claims.user_id,
                          .session_id = claims.session_id,
                          .ends_s = claims.ends_s};
    jwt_claims_fini(&claims);
    return look_up(a, &what, token_run);
}

enum err accounts_session(struct accounts *a, int64_t session_id, struct identity_asker asker)
{
    struct lookup what = {.asker = asker, .session_id = session_id};
    return look_up(a, &what, session_run);
}
