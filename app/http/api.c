#include "http/api.h"

#include "http/outcome.h"
#include "wire/call.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

#define REPLIES_MAX_BYTES ((size_t)16 << 20)

enum err api_call(struct visit *v, struct text method, struct text params, int64_t timeout_ms,
                  struct outcome **out_outcome)
{
    static const struct actor owner = {.right = RIGHT_LOCAL};
    struct method_table table = {.null_is_absent = true};
    struct future *f = outcome_future();
    if (!f)
        return ERR_NOMEM;
    method_table_add(&table, api_methods(v));
    method_call(&table, method, params, &owner, outcome_reply(f));
    void *kept = NULL;
    enum err e = visit_wait(v, f, timeout_ms, &kept);
    if (e == ERR_OK)
        *out_outcome = kept;
    future_unref(f);
    return e;
}

/* ---- batch: one command after the other */

struct batch {
    struct visit *visit;
    int64_t until_ms; /* monotonic */
    struct json_writer w;
};

static void add_error(struct batch *b, const struct outcome *o)
{
    struct buf error;
    buf_init(&error, 8192);
    outcome_write(&error, o);
    json_add_raw(&b->w, NULL, buf_text(&error));
    buf_fini(&error);
}

ON(role_http) static void run_one(struct batch *b, struct text name, struct text params)
{
    int64_t left_ms = b->until_ms - env_monotonic_ms(b->visit->http->options.env);
    struct outcome *o = NULL;
    enum err e = left_ms > 0 ? api_call(b->visit, name, params, left_ms, &o) : ERR_TIMEOUT;
    if (e != ERR_OK) {
        add_error(b, &(struct outcome){.err = e});
    } else if (o->err != ERR_OK) {
        add_error(b, o);
    } else {
        char key[32];
        text_copy(key, sizeof key, name);
        json_open(&b->w, NULL, '{');
        json_add_raw(&b->w, key, o->json.len ? o->json : TEXT("{}"));
        json_close(&b->w, '}');
    }
    free(o);
}

/* {"publish": {..}}: one member, which is a method; no batch in a batch. */
ON(role_http) static void run_command(struct batch *b, struct text command)
{
    struct json_member member, more;
    bool good = json_kind(command) == JSON_OBJECT && json_member(&command, &member) &&
                !json_member(&command, &more) && json_kind(member.value) == JSON_OBJECT &&
                strcmp(member.key, "batch") != 0;
    if (good)
        run_one(b, text_of(member.key), member.value);
    else
        add_error(b, &(struct outcome){.err = ERR_BAD_REQUEST,
                                       .field = TEXT("commands"),
                                       .message = TEXT("commands must be objects with one method "
                                                       "and its parameters.")});
}

/* Also with `parallel`, which promises no order: this one is as good as any. */
void api_batch(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)actor;
    role_assert(&role_http);
    struct visit *v = ctx;
    struct text commands = args_text(args, "commands"), command, rest = commands;
    size_t count = 0;
    while (json_kind(commands) == JSON_ARRAY && json_element(&rest, &command))
        count++;
    if (json_kind(commands) != JSON_ARRAY || count > API_COMMANDS_MAX) {
        reply_fault(reply, ERR_BAD_REQUEST, "commands", "commands must be a list of at most 1000.");
        return;
    }
    struct buf json;
    buf_init(&json, REPLIES_MAX_BYTES);
    const struct http_options *o = &v->http->options;
    struct batch b = {.visit = v, .until_ms = env_monotonic_ms(o->env) + o->call_deadline_ms};
    json_begin(&b.w, &json);
    json_open(&b.w, NULL, '{');
    json_open(&b.w, "replies", '[');
    while (json_element(&commands, &command))
        run_command(&b, command);
    json_close(&b.w, ']');
    json_close(&b.w, '}');
    reply_buf(reply, &json);
}

/* ---- the door */

ON(role_http) static void call(struct visit *v, struct text method, struct text params)
{
    struct outcome *o = NULL;
    enum err e = api_call(v, method, params, v->http->options.call_deadline_ms, &o);
    if (e == ERR_OK)
        answer_outcome(v, 200, o);
    else
        answer_error(v, 200, e, NULL);
    free(o);
}

/* What is too deep for a method is its parameters' fault; what no method can read is the body's. */
static bool is_object(struct text body)
{
    return json_valid(body, JSON_DEPTH_MAX) && json_kind(json_skip_space(body)) == JSON_OBJECT;
}

void api_handler(struct visit *v)
{
    struct text method = text_after(text_of(v->r->path), sizeof "/api/" - 1);
    struct buf body;
    buf_init(&body, BODY_MAX_BYTES);
    if (!visit_has_key(v))
        answer_error(v, 401, ERR_UNAUTHORIZED, "Send the API key as X-API-Key.");
    else if (!media_is(header_get(v->r, "Content-Type"), TEXT("application/json")))
        answer_error(v, 415, ERR_BAD_REQUEST, "Send a JSON object as application/json.");
    else if (!body_read_or_answer(v, &body))
        ; /* answered */
    else if (!is_object(buf_text(&body)))
        answer_error(v, 400, ERR_BAD_REQUEST, "The body must be a JSON object.");
    else
        call(v, method, buf_text(&body));
    buf_fini(&body);
}
