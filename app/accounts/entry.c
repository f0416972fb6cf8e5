#include "accounts/inside.h"
#include "store/db.h"

#include <sodium.h>

#define ENDED_KEEP_MS                                                                              \
    (INT64_C(7) * 24 * 3600 * 1000) /* so long an ended session answers "expired" */

enum err entry_make(struct accounts *a, struct db *db, const struct actor *actor, int64_t user_id,
                    struct entry *entry)
{
    enum err e =
        person_acting(db, user_id, &entry->person); /* erased, while the password was compared */
    if (e != ERR_OK)
        return e;
    int64_t now = env_wall_ms(a->env);
    unsigned char hash[SECRET_HASH_SIZE];
    secret_make(a->env, entry->secret);
    secret_hash(text_of(entry->secret), hash);
    entry->expires_ms = now + (entry->stay ? SESSION_STAY_MS : SESSION_IDLE_MS);

    struct query *q = db_query(db, QUERY_ACCOUNTS_SESSION_INSERT);
    query_int(q, 1, user_id);
    query_blob(q, 2, (struct text){(const char *)hash, sizeof hash});
    query_text(q, 3, text_of(actor->client));
    query_text(q, 4, text_of(actor->address));
    query_int(q, 5, entry->stay);
    query_int(q, 6, now);
    query_int(q, 7, entry->expires_ms);
    e = query_run(q);
    if (e != ERR_OK)
        return e;
    entry->session_id = db_last_id(db);

    q = db_query(db, QUERY_ACCOUNTS_SESSION_PRUNE);
    query_int(q, 1, user_id);
    query_int(q, 2, now - ENDED_KEEP_MS);
    query_int(q, 3, SESSIONS_MAX);
    return query_run(q);
}

enum err entry_write(struct accounts *a, const struct entry *entry, struct answer *out)
{
    struct jwt_claims claims = {
        .user_id = entry->person.id,
        .session_id = entry->session_id,
        .expires_s = entry->expires_ms / 1000,
    };
    struct buf token;
    buf_init(&token, 4096);
    enum err e = token_keys_sign(a->token_keys, &claims, &token);
    if (e == ERR_OK) {
        json_add_text(&out->out, "token", buf_text(&token));
        json_add_int(&out->out, "expires", entry->expires_ms);
        user_write(&out->out, "user", &entry->person);
        out->cookie = text_of(entry->secret);
        out->cookie_age_s = entry->stay ? SESSION_STAY_MS / 1000 : 0;
    }
    if (token.data)
        sodium_memzero(token.data, token.len);
    buf_fini(&token);
    return e;
}
