/* POST /emulation: commands of a client whose line only goes down; their replies come down that line. The session in it
 * is the right to send them, so it is in no log. source: PROTOCOL.md, Transports other than WebSocket */
#include "http/stream.h"

#include "http/cross_origin.h"
#include "wire/json.h"

#include <stdio.h>

#define NAME_MAX_BYTES 256 /* of a session, a node */
#define DEPTH_MAX 16

struct request {
    struct buf session, node, data;
    unsigned seen; /* bits, in this order */
};

static void request_init(struct request *q, size_t message_max_bytes)
{
    *q = (struct request){0};
    buf_init(&q->session, NAME_MAX_BYTES);
    buf_init(&q->node, NAME_MAX_BYTES);
    buf_init(&q->data, message_max_bytes);
}

static void request_fini(struct request *q)
{
    buf_fini(&q->session);
    buf_fini(&q->node);
    buf_fini(&q->data);
}

static const char *const names[] = {"session", "node", "data"};

static struct buf *field(struct request *q, unsigned i)
{
    return i == 0 ? &q->session : i == 1 ? &q->node : &q->data;
}

/* out: words for what is wrong. errors: ERR_BAD_REQUEST; ERR_LIMIT a field is too long; ERR_NOMEM */
static enum err take_member(struct request *q, const struct json_member *m, char words[80])
{
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(m->key, names[i]) != 0)
            continue;
        const char *why = q->seen & (1u << i)                  ? "comes twice"
                          : json_kind(m->value) != JSON_STRING ? "must be a string"
                                                               : NULL;
        (void)snprintf(words, 80, "%s %s.", names[i], why ? why : "is too long");
        if (why)
            return ERR_BAD_REQUEST;
        q->seen |= 1u << i;
        json_string(m->value, field(q, i));
        return field(q, i)->err;
    }
    return ERR_OK; /* clients grow */
}

static enum err read_request(struct text body, struct request *q, char words[80])
{
    (void)snprintf(words, 80, "The body must be a JSON object with session, node and data.");
    body = json_skip_space(body);
    if (!json_valid(body, DEPTH_MAX) || json_kind(body) != JSON_OBJECT)
        return ERR_BAD_REQUEST;
    struct json_member m;
    enum err e = ERR_OK;
    while (e == ERR_OK && json_member(&body, &m))
        e = take_member(q, &m, words);
    for (unsigned i = 0; e == ERR_OK && i < sizeof names / sizeof names[0]; i++) {
        if (field(q, i)->len > 0)
            continue;
        (void)snprintf(words, 80, "%s is missing.", names[i]);
        e = ERR_BAD_REQUEST;
    }
    return e;
}

/* What the reference client does with the status: 404 and 500 and above end its stream and it comes back with its
 * positions; others are about these commands alone. */
ON(role_http) static void answer_outcome(struct visit *v, enum err e, const char *words)
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

ON(role_http) static void pass_on(struct visit *v, const struct request *q)
{
    const struct http_options *o = &v->http->options;
    if (!text_is(buf_text(&q->node), text_of(o->node))) {
        stream_answer(v, 404, "node is not this server: it has started anew.", TEXT_NONE);
        return;
    }
    enum err e = o->command(o->ctx, buf_text(&q->session), buf_text(&q->data));
    if (e == ERR_OK)
        answer_taken(v);
    else
        answer_outcome(v, e, "session is not of this server.");
}

void emulation_handler(struct visit *v)
{
    size_t message_max_bytes = v->http->options.message_max_bytes;
    if (!media_is(header_get(v->r, "Content-Type"), TEXT("application/json"))) {
        stream_answer(v, 415, "Send session, node and data as application/json.", TEXT_NONE);
        return;
    }
    struct buf body;
    struct request q;
    char words[80];
    buf_init(&body, 2 * message_max_bytes + 1024); /* in a string quotes take two bytes */
    request_init(&q, message_max_bytes);
    if (stream_body(v, &body)) {
        enum err e = read_request(buf_text(&body), &q, words);
        if (e == ERR_OK)
            pass_on(v, &q);
        else
            answer_outcome(v, e, words);
    }
    request_fini(&q);
    buf_fini(&body);
}
