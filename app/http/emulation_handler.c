/* POST /emulation: commands of a client whose line only goes down; their replies come down that line. */
#include "http/cross_origin.h"
#include "http/emulation.h"
#include "http/stream.h"
#include "wire/protobuf.h"

/* What the reference client does with the status: 404 and 500 and above end its stream and it comes back with its
 * positions; others are about these commands alone. */
ON(role_http) static void answer_refused(struct visit *v, enum err e, const char *words)
{
    if (e == ERR_BUSY)
        stream_answer(v, 429, err_text(e), TEXT("Retry-After: 1\r\n"));
    else if (e == ERR_BAD_REQUEST || e == ERR_LIMIT)
        stream_answer(v, err_status(e), words, TEXT_NONE);
    else
        stream_answer(v, err_status(e), err_text(e), TEXT_NONE);
}

ON(role_http) static void answer_taken(struct visit *v)
{
    struct buf more;
    buf_init(&more, CROSS_ORIGIN_LINES_MAX);
    cross_origin_add(&more, v);
    answer(v, &(struct answer){.status = 204,
                               .more = more.err == ERR_OK ? buf_text(&more) : TEXT_NONE});
    buf_fini(&more);
}

ON(role_http)
static void pass_on(struct visit *v, struct text node, struct text session, struct text data)
{
    const struct http_options *o = &v->http->options;
    if (!text_is(node, text_of(o->node))) {
        stream_answer(v, 404, "node is not this server: it has started anew.", TEXT_NONE);
        return;
    }
    enum err e = o->command(o->ctx, session, data);
    if (e == ERR_OK)
        answer_taken(v);
    else
        answer_refused(v, e, "session is not of this server.");
}

ON(role_http) static void read_json(struct visit *v, struct text body)
{
    struct emulation m;
    emulation_init(&m, v->http->options.message_max_bytes);
    enum err e = emulation_read(body, &m);
    if (e == ERR_OK)
        pass_on(v, buf_text(&m.node), buf_text(&m.session), buf_text(&m.data));
    else
        answer_refused(v, e, m.words);
    emulation_fini(&m);
}

ON(role_http) static void read_protobuf(struct visit *v, struct text body)
{
    struct protobuf_emulation m;
    enum err e = protobuf_emulation(body, &m);
    if (e == ERR_OK && m.data.len > v->http->options.message_max_bytes)
        answer_refused(v, ERR_LIMIT, "data is too long.");
    else if (e == ERR_OK && (m.session.len == 0 || m.data.len == 0))
        answer_refused(v, ERR_BAD_REQUEST,
                       m.session.len == 0 ? "session is missing." : "data is missing.");
    else if (e == ERR_OK)
        pass_on(v, m.node, m.session, m.data);
    else
        answer_refused(v, ERR_BAD_REQUEST, "The body must be an EmulationRequest.");
}

void emulation_handler(struct visit *v)
{
    struct text type = header_get(v->r, "Content-Type");
    bool protobuf = media_is(type, TEXT("application/octet-stream"));
    if (!protobuf && !media_is(type, TEXT("application/json"))) {
        stream_answer(v, 415,
                      "Send session, node and data as application/json, or as an EmulationRequest "
                      "in application/octet-stream.",
                      TEXT_NONE);
        return;
    }
    struct buf body;
    buf_init(&body, 2 * v->http->options.message_max_bytes + 1024); /* quotes take two bytes */
    if (stream_body(v, &body)) {
        if (protobuf)
            read_protobuf(v, buf_text(&body));
        else
            read_json(v, buf_text(&body));
    }
    buf_fini(&body);
}
