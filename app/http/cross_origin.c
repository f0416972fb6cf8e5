#include "http/cross_origin.h"

#include "http/inside.h"
#include "http/routes.h"

static bool is_allowed(const struct visit *v)
{
    return origin_allowed(header_get(v->r, "Origin"), header_get(v->r, "Host"), v->secure,
                          v->http->options.allowed_origins);
}

void cross_origin_add(struct buf *more, const struct visit *v)
{
    if (header_count(v->r, "Origin") == 0)
        return;
    if (is_allowed(v))
        buf_add_format(more, "Access-Control-Allow-Origin: %.*s\r\n",
                       TEXT_ARG(header_get(v->r, "Origin")));
    buf_add_text(more, TEXT("Vary: Origin\r\n"));
}

void cross_origin_ask(struct visit *v, const struct route *route)
{
    if (header_count(v->r, "Origin") > 0 && !is_allowed(v)) {
        answer_words(v, 403, "Pages of this origin may not call.", TEXT_NONE);
        return;
    }
    struct buf more;
    buf_init(&more, CROSS_ORIGIN_LINES_MAX);
    buf_add_format(&more, "Allow: %s\r\n", route_allows(route));
    cross_origin_add(&more, v);
    buf_add_text(&more, TEXT("Access-Control-Allow-Methods: POST\r\n"
                             "Access-Control-Allow-Headers: content-type\r\n"
                             "Access-Control-Max-Age: 600\r\n"));
    if (more.err == ERR_OK)
        answer(v, &(struct answer){.status = 204, .more = buf_text(&more)});
    else
        answer_words(v, 503, err_text(more.err), TEXT_NONE);
    buf_fini(&more);
}
