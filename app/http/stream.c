#include "http/stream.h"

#include "base/metrics.h"
#include "http/admit.h"
#include "http/cross_origin.h"
#include "http/query.h"
#include "http/routes.h"
#include "wire/command.h"

static const struct form json_lines = {.encoding = ENCODING_JSON, .framing = FRAMING_LINES};
static const struct form protobuf_lines = {.encoding = ENCODING_PROTOBUF, .framing = FRAMING_LINES};
static const struct form json_events = {.encoding = ENCODING_JSON, .framing = FRAMING_EVENTS};

bool stream_is_served(const struct http *h, const struct route *route)
{
    const struct http_options *o = &h->options;
    if (route->handler == http_stream_handler)
        return o->http_stream;
    if (route->handler == sse_handler)
        return o->sse;
    return route->handler != emulation_handler || o->http_stream || o->sse;
}

void stream_answer(struct visit *v, int status, const char *sentence, struct text more)
{
    struct buf lines;
    buf_init(&lines, CROSS_ORIGIN_LINES_MAX);
    buf_add_text(&lines, more);
    cross_origin_add(&lines, v);
    answer_words(v, status, sentence, lines.err == ERR_OK ? buf_text(&lines) : more);
    buf_fini(&lines);
}

bool stream_body(struct visit *v, struct buf *out)
{
    enum err e = body_read(v, out);
    if (e == ERR_OK)
        return true;
    door_end(v->r->conn); /* where the next request would begin is not known */
    if (e == ERR_LIMIT)
        stream_answer(v, 413, "The body is longer than a message may be.", TEXT_NONE);
    else if (e == ERR_BAD_REQUEST)
        stream_answer(v, 400, "The body's chunks are not as HTTP wants them.", TEXT_NONE);
    else if (e == ERR_TIMEOUT)
        stream_answer(v, 408, "The body did not come in time.", TEXT_NONE);
    else if (e != ERR_CLOSED)
        stream_answer(v, err_status(e), err_text(e), TEXT_NONE);
    return false;
}

/* ---- opening one */

ON(role_http) static void refuse(struct visit *v, const struct refusal *no)
{
    metric_add(METRIC_upgrades_refused, 1);
    stream_answer(v, no->status, no->words, no->more);
}

static const char *type_of(struct form form)
{
    if (form.framing == FRAMING_EVENTS)
        return "text/event-stream";
    return form.encoding == ENCODING_PROTOBUF ? "application/octet-stream" : "application/x-ndjson";
}

/* A proxy must not wait for the end before it passes things on. */
ON(role_http) static bool begin(struct visit *v, struct form form)
{
    struct buf more;
    buf_init(&more, CROSS_ORIGIN_LINES_MAX);
    cross_origin_add(&more, v);
    buf_add_text(&more, TEXT("X-Accel-Buffering: no\r\n"));
    bool sent = more.err == ERR_OK && answer_begin(v, &(struct answer){.status = 200,
                                                                       .type = type_of(form),
                                                                       .more = buf_text(&more),
                                                                       .goes_on = true});
    buf_fini(&more);
    return sent;
}

/* The session judges the commands; only what is no connect at all is refused here, while a status can still say so. */
static struct refusal check_connect(struct form form, struct text commands)
{
    static const struct refusal missing = {
        400, "The connect command is missing, or is not the first.", {"", 0}};
    if (commands.len == 0 || form.encoding != ENCODING_JSON)
        return commands.len == 0 ? missing : (struct refusal){0};
    struct buf scratch;
    struct command first;
    buf_init(&scratch, commands.len + 1);
    enum err e = command_next(&commands, &scratch, &first);
    bool connects = (e == ERR_OK || e == ERR_BAD_REQUEST) && first.kind == COMMAND_connect;
    buf_fini(&scratch);
    if (e == ERR_NOMEM)
        return (struct refusal){err_status(e), err_text(e), TEXT_NONE};
    return connects ? (struct refusal){0} : missing;
}

ON(role_http) static void open_stream(struct visit *v, struct form form, struct text commands)
{
    struct http_upgrade u = {.fd = -1, .form = form, .early = commands};
    struct door_socket s;
    struct refusal no = check_connect(form, commands);
    if (no.status == 0)
        no = admit(v, &u, form.framing != FRAMING_EVENTS); /* a GET with commands in it */
    if (no.status != 0) {
        refuse(v, &no);
    } else if (begin(v, form) && door_detach(v->r->conn, &s)) {
        u.fd =
            s.fd; /* what came behind the request is nobody's: the connection ends with the stream */
        u.ssl = s.ssl;
        v->http->options.hand_over(v->http->options.ctx, &u);
    } else {
        admit_undo(&u);
    }
}

void http_stream_handler(struct visit *v)
{
    struct text type = header_get(v->r, "Content-Type");
    bool protobuf = media_is(type, TEXT("application/octet-stream"));
    if (!protobuf && !media_is(type, TEXT("application/json"))) {
        refuse(v,
               &(struct refusal){415, "Send the connect command as application/json.", TEXT_NONE});
        return;
    }
    struct buf body;
    buf_init(&body, v->http->options.message_max_bytes);
    if (stream_body(v, &body))
        open_stream(v, protobuf ? protobuf_lines : json_lines, buf_text(&body));
    buf_fini(&body);
}

void sse_handler(struct visit *v)
{
    struct buf connect;
    buf_init(&connect, v->http->options.message_max_bytes);
    enum err e = query_get(text_of(v->r->query), TEXT("cf_connect"), &connect);
    struct refusal no = {400, NULL, TEXT_NONE};
    if (v->body_bytes > 0 || v->chunked)
        no.words = "A stream of events is asked for without a body.";
    else if (e == ERR_NOT_FOUND)
        no.words = "cf_connect is missing: the connect command, as a parameter of the URL.";
    else if (e == ERR_BAD_REQUEST)
        no.words = "cf_connect comes twice or is wrongly encoded.";
    else if (e == ERR_LIMIT)
        no = (struct refusal){413, "cf_connect is longer than a message may be.", TEXT_NONE};
    else if (e != ERR_OK)
        no = (struct refusal){err_status(e), err_text(e), TEXT_NONE};
    if (no.words)
        refuse(v, &no);
    else
        open_stream(v, json_events, buf_text(&connect));
    buf_fini(&connect);
}
