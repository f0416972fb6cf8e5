/* commands: from a message's text to answers: decode, count, dispatch by a table, reply. */
#include "base/metrics.h"
#include "base/must.h"
#include "session/client.h"
#include "wire/call.h"
#include "wire/json.h"
#include "wire/protobuf.h"
#include "wire/reply.h"

#include <stdio.h>
#include <stdlib.h>

#define COMMANDS_A_MESSAGE 1000

/* ---- replies on this reactor */

void client_reply(struct client *c, uint32_t id, const char *command, struct text json)
{
    reply_write(&c->pool->out, id, command, json);
    client_flush_out(c, false);
}

void client_reply_fault(struct client *c, uint32_t id, enum err e, struct text message)
{
    reply_write_error(&c->pool->out, id, err_code(e), message.len ? message : text_of(err_text(e)),
                      err_temporary(e));
    client_flush_out(c, false);
    if (e != ERR_BUSY)
        client_count_fault(c);
}

void client_reply_error(struct client *c, uint32_t id, enum err e)
{
    client_reply_fault(c, id, e, TEXT_NONE);
}

struct json_writer client_reply_open(struct client *c, uint32_t id, const char *command)
{
    struct json_writer w;
    json_begin(&w, &c->pool->out);
    json_open(&w, NULL, '{');
    json_add_int(&w, "id", id);
    json_open(&w, command, '{');
    return w;
}

void client_reply_close(struct client *c, struct json_writer *w, bool as_text)
{
    json_close(w, '}');
    json_close(w, '}');
    client_flush_out(c, as_text);
}

void client_push(struct client *c, struct text channel, const char *kind, struct buf *json)
{
    if (json->err == ERR_OK) {
        push_write(&c->pool->out, channel, 0, kind, buf_text(json));
        client_flush_out(c, false);
    } else {
        client_close(c, CLOSE_internal);
    }
    buf_fini(json);
}

/* ---- rpc: the method's reply comes from any thread, perhaps long after the client is gone */

/* The reply as JSON; its form is the client's. */
static void on_late_reply(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    struct frame *json = object;
    struct text bytes = frame_bytes(json);
    struct frame *f = c ? form_frame(form_for(c->hub_client.form, bytes.len), bytes, false) : NULL;
    if (f)
        client_send_frame(c, f, false);
    else
        metric_add(METRIC_replies_dropped, 1);
    frame_unref(f);
    frame_unref(json);
}

static void write_outcome(struct buf *b, uint32_t id, const struct outcome *o)
{
    if (o->err == ERR_OK) {
        struct json_writer w;
        json_begin(&w, b);
        json_open(&w, NULL, '{');
        json_add_int(&w, "id", id);
        json_open(&w, "rpc", '{');
        json_add_raw(&w, "data", o->json.len ? o->json : TEXT("{}"));
        json_close(&w, '}');
        json_close(&w, '}');
        return;
    }
    struct buf words;
    buf_init(&words, 1024);
    struct text message = o->message.len ? o->message : text_of(err_text(o->err));
    if (o->field.len && !memmem(message.data, message.len, o->field.data, o->field.len)) {
        buf_add_text(&words, o->field);
        buf_add_text(&words, TEXT(": "));
    }
    buf_add_text(&words, message);
    if (o->retry_ms > 0)
        buf_add_format(&words, " (retry in %lld ms)", (long long)o->retry_ms);
    reply_write_error(b, id, err_code(o->err), words.err == ERR_OK ? buf_text(&words) : message,
                      err_temporary(o->err));
    buf_fini(&words);
}

static void rpc_done(struct reply r, const struct outcome *o)
{
    struct pool *p = r.owner;
    struct buf b;
    buf_init(&b, 4u << 20);
    write_outcome(&b, (uint32_t)r.id, o);
    if (b.err == ERR_LIMIT) { /* an answer that is too long is an error, not silence */
        buf_clear(&b);
        write_outcome(&b, (uint32_t)r.id, &(struct outcome){.err = ERR_LIMIT});
    }
    struct frame *json = b.err == ERR_OK ? frame_new(buf_text(&b)) : NULL;
    buf_fini(&b);
    if (json && reactor_post(p->reactor, on_late_reply, p, json, r.generation) == ERR_OK)
        return;
    metric_add(METRIC_replies_dropped, 1); /* the client asks again, with its key */
    frame_unref(json);
}

static void do_rpc(struct client *c, const struct command *cmd) ON(role_reactor)
{
    struct reply reply = {c->pool, client_number(c), cmd->id, rpc_done};
    struct actor actor;
    client_actor(c, &actor);
    method_call(client_options(c)->rules.methods, cmd->method, cmd->data, &actor, reply);
}

/* ---- the small ones */

static void do_ping(struct client *c, const struct command *cmd) ON(role_reactor)
{
    client_reply(c, cmd->id, "ping", TEXT("{}"));
}

static void do_send(struct client *c, const struct command *cmd) ON(role_reactor)
{
    (void)c; /* nobody listens to it here; it is counted and has no answer */
    (void)cmd;
}

static void do_unknown(struct client *c, const struct command *cmd) ON(role_reactor)
{
    client_reply_error(c, cmd->id, ERR_NO_METHOD);
}

static void do_pong(struct client *c, const struct command *cmd) ON(role_reactor)
{
    (void)cmd;
    client_alive(c);
    client_set_timer(c);
}

static void do_connect_again(struct client *c, const struct command *cmd) ON(role_reactor)
{
    (void)cmd;
    client_close(c, CLOSE_bad_request);
}

typedef void command_handler(struct client *c, const struct command *cmd);

static command_handler *const handlers[] = {
    [COMMAND_PONG] = do_pong,
    [COMMAND_connect] = do_connect_again,
    [COMMAND_subscribe] = client_subscribe,
    [COMMAND_unsubscribe] = client_unsubscribe,
    [COMMAND_publish] = client_publish,
    [COMMAND_history] = client_history,
    [COMMAND_presence] = client_presence,
    [COMMAND_presence_stats] = client_presence,
    [COMMAND_rpc] = do_rpc,
    [COMMAND_send] = do_send,
    [COMMAND_ping] = do_ping,
    [COMMAND_refresh] = client_refresh,
    [COMMAND_sub_refresh] = client_sub_refresh,
    [COMMAND_UNKNOWN] = do_unknown,
};

/* ---- dispatch */

static void bad_field(struct client *c, const struct command *cmd) ON(role_reactor)
{
    if (cmd->id == 0 || c->state == CLIENT_OPENED) {
        client_close(c, CLOSE_bad_request);
        return;
    }
    char words[80];
    int n = snprintf(words, sizeof words, "%.*s has the wrong type.", TEXT_ARG(cmd->field));
    client_reply_fault(c, cmd->id, ERR_BAD_REQUEST, (struct text){words, (size_t)n});
}

static void run(struct client *c, const struct command *cmd) ON(role_reactor)
{
    if (c->state == CLIENT_CONNECTED)
        handlers[cmd->kind](c, cmd);
    else if (cmd->kind == COMMAND_connect)
        client_connect(c, cmd);
    else
        client_close(c, CLOSE_bad_request); /* the first command must be connect */
}

static void run_commands(struct client *c, struct text rest) ON(role_reactor)
{
    for (unsigned n = 0; c->state != CLIENT_CLOSED; n++) {
        if (c->state == CLIENT_CONNECTING) { /* who it is comes first; then these */
            buf_add_text(&c->welcome->commands, rest);
            buf_add_char(&c->welcome->commands, '\n');
            if (c->welcome->commands.err != ERR_OK)
                client_close(c, CLOSE_too_many_requests);
            return;
        }
        struct command cmd;
        enum err e =
            n < COMMANDS_A_MESSAGE ? command_next(&rest, &c->pool->scratch, &cmd) : ERR_LIMIT;
        if (e == ERR_NOT_FOUND)
            return;
        if (e == ERR_BAD_REQUEST)
            bad_field(c, &cmd);
        else if (e != ERR_OK)
            client_close(c, e == ERR_NOMEM ? CLOSE_internal : CLOSE_bad_request);
        else if ((cmd.kind == COMMAND_PONG && c->pinged) || client_may_command(c, &cmd))
            run(c, &cmd); /* the answer to a ping is free, pongs that nobody asked for are not */
    }
}

void client_run_waiting(struct client *c)
{
    struct welcome *w = c->welcome;
    c->welcome = NULL;
    run_commands(c, buf_text(&w->commands));
    welcome_free(w);
}

/* Commands of another encoding become lines of JSON. */
static void run_protobuf(struct client *c, struct text message) ON(role_reactor)
{
    struct buf json;
    enum err e = ERR_OK;
    buf_init(&json, 10 * client_options(c)->message_max_bytes); /* as protobuf_command says */
    while (e == ERR_OK) {
        e = protobuf_command(&message, &json);
        if (e == ERR_OK)
            buf_add_char(&json, '\n');
    }
    if (e == ERR_NOT_FOUND && json.err == ERR_OK)
        run_commands(c, buf_text(&json));
    else
        client_close(c, e == ERR_NOMEM ? CLOSE_internal : CLOSE_bad_request);
    buf_fini(&json);
}

void client_on_message(struct client *c, struct text message)
{
    if (c->hub_client.form.encoding == ENCODING_PROTOBUF)
        run_protobuf(c, message);
    else
        run_commands(c, message);
}
