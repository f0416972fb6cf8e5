/* POST /rpc/<method>: one of the three doors to the table of methods. */
#include "http/inside.h"

#include "base/metrics.h"
#include "wire/call.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

/* An outcome with texts of its own: it crosses from the thread that answers to the worker. */
struct kept_outcome {
    struct outcome outcome;
    char bytes[];
};

static struct text keep(char **at, struct text t)
{
    struct text copy = {*at, t.len};
    if (t.len)
        memcpy(*at, t.data, t.len);
    *at += t.len;
    return copy;
}

static struct kept_outcome *keep_outcome(const struct outcome *o)
{
    struct kept_outcome *k =
        malloc(sizeof *k + o->json.len + o->message.len + o->field.len + o->cookie.len);
    if (!k)
        return NULL;
    char *at = k->bytes;
    k->outcome = *o;
    k->outcome.json = keep(&at, o->json);
    k->outcome.message = keep(&at, o->message);
    k->outcome.field = keep(&at, o->field);
    k->outcome.cookie = keep(&at, o->cookie);
    return k;
}

/* On any thread, maybe after the worker has given up: the reply owns its reference. */
static void on_reply(struct reply r, const struct outcome *o)
{
    struct future *f = r.owner;
    struct kept_outcome *k = keep_outcome(o);
    if (!future_fulfil(f, k ? ERR_OK : ERR_NOMEM, k)) {
        free(k);
        metric_add(METRIC_replies_dropped, 1);
    }
    future_unref(f);
}

/* ---- answers */

static void add_cookie(struct buf *more, const struct visit *v, const struct outcome *o)
{
    if (o->cookie.len == 0 && o->cookie_age_s >= 0)
        return;
    buf_add_format(more, "Set-Cookie: snug_session=%.*s; Path=/; HttpOnly; SameSite=Lax%s",
                   TEXT_ARG(o->cookie), v->r->secure ? "; Secure" : "");
    if (o->cookie_age_s != 0)
        buf_add_format(more, "; Max-Age=%lld",
                       o->cookie_age_s < 0 ? 0 : (long long)o->cookie_age_s);
    buf_add_text(more, TEXT("\r\n"));
}

static void write_error(struct buf *body, const struct outcome *o)
{
    struct json_writer w;
    json_begin(&w, body);
    json_open(&w, NULL, '{');
    json_open(&w, "error", '{');
    json_add_int(&w, "code", err_code(o->err));
    json_add_text(&w, "message", o->message.len ? o->message : text_of(err_text(o->err)));
    if (o->field.len)
        json_add_text(&w, "field", o->field);
    if (o->retry_ms > 0)
        json_add_int(&w, "retry_ms", o->retry_ms);
    json_close(&w, '}');
    json_close(&w, '}');
}

static void add_retry(struct buf *more, int status, int64_t retry_ms)
{
    if (retry_ms > 0 || status == 429 || status == 503)
        buf_add_format(more, "Retry-After: %lld\r\n",
                       retry_ms > 0 ? (long long)((retry_ms + 999) / 1000) : 1LL);
}

/* `status` 0: that of the outcome. */
ON(role_http) static void answer_json(struct visit *v, int status, const struct outcome *o)
{
    struct buf body, more;
    buf_init(&body, o->json.len + 8192);
    buf_init(&more, 1024);
    if (status == 0)
        status = err_status(o->err);
    if (o->err == ERR_OK) {
        buf_add_text(&body, TEXT("{\"result\":"));
        buf_add_text(&body, o->json.len ? o->json : TEXT("{}"));
        buf_add_char(&body, '}');
    } else {
        write_error(&body, o);
        add_retry(&more, status, o->retry_ms);
    }
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

ON(role_http) static void answer_fault(struct visit *v, int status, enum err e, const char *words)
{
    struct outcome o = {.err = e, .message = text_of(words)};
    answer_json(v, status, &o);
}

/* ---- the call */

ON(role_http)
static void call(struct visit *v, struct text method, struct text params,
                 const struct identity *who)
{
    struct future *f = future_new(free);
    if (!f) {
        answer_fault(v, 0, ERR_NOMEM, NULL);
        return;
    }
    struct actor actor = actor_of(v, who);
    struct reply reply = {.owner = future_ref(f), .done = on_reply};
    method_call(v->http->options.methods, method, params, &actor, reply);
    void *kept = NULL;
    enum err e = visit_wait(v, f, v->http->options.call_deadline_ms, &kept);
    if (e == ERR_OK)
        answer_json(v, 0, &((struct kept_outcome *)kept)->outcome);
    else
        answer_fault(v, 0, e, NULL);
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
    answer_fault(v, 0, e, NULL);
    return false;
}

ON(role_http) static void read_and_call(struct visit *v, struct text method, struct buf *body)
{
    enum err e = body_read(v, body);
    if (e != ERR_OK && e != ERR_CLOSED)
        door_end(v->r->conn); /* where the next request would begin is not known */
    struct identity who;
    if (e == ERR_LIMIT)
        answer_fault(v, 413, e, "The request is longer than 1 MiB.");
    else if (e == ERR_BAD_REQUEST)
        answer_fault(v, 400, e, "The body's chunks are not as HTTP wants them.");
    else if (e == ERR_TIMEOUT)
        answer_fault(v, 408, e, "The body did not come in time.");
    else if (e == ERR_CLOSED)
        door_end(v->r->conn); /* nobody is there to be answered */
    else if (e != ERR_OK)
        answer_fault(v, 0, e, NULL);
    else if (find_caller(v, method, &who))
        call(v, method, buf_text(body), &who);
}

void rpc_handler(struct visit *v)
{
    struct text method = text_after(text_of(v->r->path), sizeof "/rpc/" - 1);
    if (!media_is(header_get(v->r, "Content-Type"), TEXT("application/json"))) {
        answer_fault(v, 415, ERR_BAD_REQUEST, "Send a JSON object as application/json.");
        return;
    }
    struct buf body;
    buf_init(&body, BODY_MAX_BYTES);
    read_and_call(v, method, &body);
    buf_fini(&body);
}
