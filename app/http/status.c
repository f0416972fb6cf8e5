/* How the server is: for people who run it and for machines. */
#include "http/inside.h"

#include "base/metrics.h"

ON(role_http) static bool is_admin(struct visit *v)
{
    struct identity who;
    return who_asks(v, &who) == ERR_OK && who.user_id > 0 && who.right >= RIGHT_ADMIN;
}

/* What a proxy passes on may come from anywhere. */
ON(role_http) static bool is_near(struct visit *v)
{
    return v->http->loopback_only && !head_is_forwarded(v->r);
}

void metrics_handler(struct visit *v)
{
    if (!is_near(v) && !visit_has_key(v) && !is_admin(v)) {
        answer_words(v, 401, "Send the API key as X-API-Key, or log in as an admin.",
                     TEXT("WWW-Authenticate: Bearer\r\n"));
        return;
    }
    struct buf body;
    buf_init(&body, (size_t)1 << 20);
    if (v->http->options.measure)
        v->http->options.measure(v->http->options.ctx);
    metrics_write(&body);
    if (body.err == ERR_OK)
        answer(v, &(struct answer){.status = 200,
                                   .type = "text/plain; version=0.0.4; charset=utf-8",
                                   .body = buf_text(&body)});
    else
        answer_words(v, 503, err_text(body.err), TEXT_NONE);
    buf_fini(&body);
}

void healthz_handler(struct visit *v)
{
    answer_words(v, 200, "ok", TEXT_NONE);
}

void readyz_handler(struct visit *v)
{
    struct buf why;
    buf_init(&why, 4096);
    bool stopping = atomic_load(&v->http->give_up_ms) != INT64_MAX;
    if (!stopping && v->http->options.ready(v->http->options.ctx, &why)) {
        answer_words(v, 200, "ready", TEXT_NONE);
    } else {
        if (stopping)
            buf_add_text(&why, TEXT("stopping\n"));
        answer(v, &(struct answer){.status = 503,
                                   .type = "text/plain; charset=utf-8",
                                   .body = why.len ? buf_text(&why) : TEXT("not ready\n"),
                                   .more = TEXT("Retry-After: 1\r\n")});
    }
    buf_fini(&why);
}
