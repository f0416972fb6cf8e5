/* POST /rpc/<method>: one of the three doors to the table of methods. */
#include "http/inside.h"

#include "http/outcome.h"
#include "wire/call.h"

#include <stdlib.h>

/* ---- answers */

static void add_cookie(struct buf *more, const struct visit *v, const struct outcome *o)
{
    if (o->cookie.len == 0 && o->cookie_age_s >= 0)
        return;
    buf_add_format(more, "Set-Cookie: snug_session=%.*s; Path=/; HttpOnly; SameSite=Lax%s",
                   TEXT_ARG(o->cookie), v->secure ? "; Secure" : "");
    if (o->cookie_age_s != 0)
        buf_add_format(more, "; Max-Age=%lld",
                       o->cookie_age_s < 0 ? 0 : (long long)o->cookie_age_s);
    buf_add_text(more, TEXT("\r\n"));
}

static void add_retry(struct buf *more, int status, int64_t retry_ms)
{
    if (retry_ms > 0 || status == 429 || status == 503)
        buf_add_format(more, "Retry-After: %lld\r\n",
                       retry_ms > 0 ? (long long)((retry_ms + 999) / 1000) : 1LL);
}

void answer_outcome(struct visit *v, int status, const struct outcome *o)
{
    struct buf body, more;
    buf_init(&body, o->json.len + 8192);
    buf_init(&more, 1024);
    if (status == 0)
        status = err_status(o->err);
    outcome_write(&body, o);
    if (o->err != ERR_OK)
        add_retry(&more, status, o->retry_ms);
    if (status == 401)
        buf_add_text(&more, TEXT("WWW-Authenticate: Bearer\r\n"));
    add_cookie(&more, v, o);
    if (body.err == ERR_OK && more.err == ERR_OK)
        answer(v, &(struct answer){.status = status,
                                   .type = "application/json",
                                   .body = buf_text(&body),
                                   .more = buf_text(&more)});
    else
        answer_words(v, 503, "The server is out of memory.", TEXT_NONE);
    buf_fini(&body);
    buf_fini(&more);
}

void answer_error(struct visit *v, int status, enum err e, const char *words)
{
    struct outcome o = {.err = e, .message = text_of(words)};
    answer_outcome(v, status, &o);
}

/* ---- the call */

ON(role_http)
static void call(struct visit *v, struct text method, struct text params,
                 const struct identity *who)
{
    struct future *f = outcome_future();
    if (!f) {
        answer_error(v, 0, ERR_NOMEM, NULL);
        return;
    }
    struct actor actor = actor_of(v, who);
    method_call(v->http->options.methods, method, params, &actor, outcome_reply(f));
    void *kept = NULL;
    enum err e = visit_wait(v, f, v->http->options.call_deadline_ms, &kept);
    if (e == ERR_OK)
        answer_outcome(v, 0, kept);
    else
        answer_error(v, 0, e, NULL);
    free(kept);
    future_unref(f);
}

/* A cookie that is no longer good is like none: logging in again must work. What needs somebody says why not. */
ON(role_http)
static bool find_caller(struct visit *v, struct text method, struct identity *out)
{
    enum err e = who_asks(v, out);
    if (e == ERR_OK)
        return true;
    void *ctx;
    const struct method *m = method_find(v->http->options.methods, method, &ctx);
    bool by_token = header_count(v->r, "Authorization") > 0;
    bool refused = err_status(e) == 401;
    if (refused && !by_token && (!m || m->right == RIGHT_ANY)) {
        *out = (struct identity){0};
        return true;
    }
    answer_error(v, 0, e, NULL);
    return false;
}

bool body_read_or_answer(struct visit *v, struct buf *out)
{
    enum err e = body_read(v, out);
    if (e != ERR_OK && e != ERR_CLOSED)
        door_end(v->r->conn); /* where the next request would begin is not known */
    if (e == ERR_LIMIT)
        answer_error(v, 413, e, "The request is longer than 1 MiB.");
    else if (e == ERR_BAD_REQUEST)
        answer_error(v, 400, e, "The body's chunks are not as HTTP wants them.");
    else if (e == ERR_TIMEOUT)
        answer_error(v, 408, e, "The body did not come in time.");
    else if (e == ERR_CLOSED)
        door_end(v->r->conn); /* nobody is there to be answered */
    else if (e != ERR_OK)
        answer_error(v, 0, e, NULL);
    return e == ERR_OK;
}

void rpc_handler(struct visit *v)
{
    struct text method = text_after(text_of(v->r->path), sizeof "/rpc/" - 1);
    if (!media_is(header_get(v->r, "Content-Type"), TEXT("application/json"))) {
        answer_error(v, 415, ERR_BAD_REQUEST, "Send a JSON object as application/json.");
        return;
    }
    struct buf body;
    struct identity who;
    buf_init(&body, BODY_MAX_BYTES);
    if (body_read_or_answer(v, &body) && find_caller(v, method, &who))
        call(v, method, buf_text(&body), &who);
    buf_fini(&body);
}
