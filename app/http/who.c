#include "http/inside.h"

#include "http/user_agent.h"

#include <sodium.h>
#include <stdlib.h>
#include <strings.h>

#define IDENTITY_MS 10000

bool visit_gives_up(const struct visit *v)
{
    return env_monotonic_ms(v->http->options.env) >= atomic_load(&v->http->give_up_ms);
}

enum err visit_wait(struct visit *v, struct future *f, int64_t timeout_ms, void **out_value)
{
    const struct env *env = v->http->options.env;
    int64_t until_ms = env_monotonic_ms(env) + timeout_ms;
    for (;;) {
        int64_t now_ms = env_monotonic_ms(env);
        int64_t slice_ms = now_ms + WAIT_SLICE_MS < until_ms ? now_ms + WAIT_SLICE_MS : until_ms;
        enum err e = future_take(f, slice_ms, out_value);
        now_ms = env_monotonic_ms(env);
        if (e != ERR_TIMEOUT || now_ms < slice_ms || now_ms >= until_ms)
            return e; /* a timeout before the slice is over is the answer */
        if (visit_gives_up(v))
            return ERR_CLOSED;
    }
}

/* On any thread, maybe after the visit has ended: it owns its reference to the future. */
static void on_identity(struct identity_asker asker, enum err e, const struct identity *who)
{
    struct future *f = asker.owner;
    struct identity *copy = NULL;
    if (e == ERR_OK) {
        copy = malloc(sizeof *copy);
        if (copy)
            *copy = *who;
        else
            e = ERR_NOMEM;
    }
    if (!future_fulfil(f, e, copy))
        free(copy);
    future_unref(f);
}

typedef enum err ask(struct accounts *a, struct text secret, struct identity_asker asker);

ON(role_http)
static enum err ask_accounts(struct visit *v, ask *question, struct text secret,
                             struct identity *out)
{
    struct future *f = future_new(free);
    if (!f)
        return ERR_NOMEM;
    /* A worker is not held for as long as somebody else's server takes. */
    struct identity_asker asker = {
        .owner = future_ref(f), .impatient = true, .answer = on_identity};
    enum err e = question(v->http->options.accounts, secret, asker);
    if (e != ERR_OK) {
        future_unref(f); /* no answer comes */
    } else {
        void *who = NULL;
        e = visit_wait(v, f, IDENTITY_MS, &who);
        if (e == ERR_OK)
            *out = *(struct identity *)who;
        free(who);
    }
    future_unref(f);
    return e;
}

enum err who_has_cookie(struct visit *v, struct identity *out)
{
    *out = (struct identity){0};
    struct text secret = header_cookie(v->r, "snug_session");
    return secret.len == 0 ? ERR_OK : ask_accounts(v, accounts_cookie, secret, out);
}

enum err who_asks(struct visit *v, struct identity *out)
{
    struct text authorization = header_get(v->r, "Authorization");
    if (authorization.len <= 7 || strncasecmp(authorization.data, "Bearer ", 7) != 0)
        return who_has_cookie(v, out);
    *out = (struct identity){0};
    return ask_accounts(v, accounts_token, text_trim(text_after(authorization, 7)), out);
}

bool visit_has_key(const struct visit *v)
{
    struct text key = header_get(v->r, "X-API-Key"), own = v->http->options.api_key;
    struct text authorization = header_get(v->r, "Authorization");
    if (key.len == 0 && authorization.len > 7 && strncasecmp(authorization.data, "apikey ", 7) == 0)
        key = text_trim(text_after(authorization, 7));
    return own.len > 0 && key.len == own.len && sodium_memcmp(key.data, own.data, own.len) == 0;
}

struct actor actor_of(const struct visit *v, const struct identity *who)
{
    struct actor actor = {
        .user_id = who->user_id,
        .session_id = who->session_id,
        .right = who->user_id ? who->right : RIGHT_ANY,
        .secure = v->secure,
    };
    text_copy(actor.address, sizeof actor.address, text_of(v->address));
    user_agent_words(header_get(v->r, "User-Agent"), actor.client, sizeof actor.client);
    return actor;
}
