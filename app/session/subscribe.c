/* subscribe: a client's subscriptions: those it asks for and those the server makes, their answers, their end. */
#include "base/must.h"
#include "session/client.h"
#include "wire/json.h"
#include "wire/reply.h"
#include "wire/tag_filter.h"

#include <stdlib.h>

/* ---- the client's own list */

static struct subscription *add(struct client *c)
{
    if (c->subscriptions_count == c->subscriptions_room) {
        unsigned room = c->subscriptions_room ? c->subscriptions_room * 2 : 2;
        struct subscription *more = realloc(c->subscriptions, room * sizeof *more);
        if (!more)
            return NULL;
        c->subscriptions = more;
        c->subscriptions_room = room;
    }
    struct subscription *s = &c->subscriptions[c->subscriptions_count++];
    *s = (struct subscription){0};
    return s;
}

static struct subscription *find(struct client *c, const struct subscriber *subscriber)
{
    for (unsigned i = 0; i < c->subscriptions_count; i++)
        if (c->subscriptions[i].subscriber == subscriber)
            return &c->subscriptions[i];
    return NULL;
}

struct subscription *client_find_channel(struct client *c, struct text channel)
{
    for (unsigned i = 0; i < c->subscriptions_count; i++)
        if (text_is(subscriber_channel(c->subscriptions[i].subscriber), channel))
            return &c->subscriptions[i];
    return NULL;
}

/* When one is ended, in ms since 1970; 0: never. A client renews its own when their time is over: it has a moment for that. */
static int64_t ends_ms(const struct client *c, const struct subscription *s)
{
    bool renewed = s->expires_ms && !s->server_side;
    return s->expires_ms + (renewed ? client_options(c)->expired_sub_close_delay_ms : 0);
}

/* When the next of them ends. */
static void note_expiry(struct client *c) ON(role_reactor)
{
    c->subs_expires_ms = 0;
    for (unsigned i = 0; i < c->subscriptions_count; i++) {
        int64_t at = ends_ms(c, &c->subscriptions[i]);
        if (at && (!c->subs_expires_ms || at < c->subs_expires_ms))
            c->subs_expires_ms = at;
    }
    if (c->state == CLIENT_CONNECTED)
        client_set_timer(c);
}

static void forget(struct client *c, struct subscription *s) ON(role_reactor)
{
    free(s->data);
    *s = c->subscriptions[--c->subscriptions_count];
    note_expiry(c); /* of one that is gone the timer would fire for ever */
}

void client_unsubscribe_all(struct client *c)
{
    while (c->subscriptions_count > 0) {
        struct subscription *s = &c->subscriptions[--c->subscriptions_count];
        free(s->data);
        hub_unsubscribe(s->subscriber);
    }
}

/* ---- answers of the hub */

void subscribe_result_write(struct json_writer *w, const struct client *c,
                            const struct subscribe_result *r, int64_t expires_ms)
{
    expiry_write(w, c, expires_ms);
    if (r->recoverable)
        json_add_bool(w, "recoverable", true);
    if (r->positioned) {
        json_add_text(w, "epoch", text_of(r->epoch));
        if (r->publications.len) {
            json_open(w, "publications", '[');
            json_add_raw(w, NULL, r->publications);
            json_close(w, ']');
        }
        if (r->recovered)
            json_add_bool(w, "recovered", true);
        if (r->offset)
            json_add_int(w, "offset", (int64_t)r->offset);
        json_add_bool(w, "positioned", true);
    }
    if (r->was_recovering)
        json_add_bool(w, "was_recovering", true);
    if (r->delta)
        json_add_bool(w, "delta", true);
    if (r->number)
        json_add_int(w, "id", (int64_t)r->number);
}

/* A subscription that the server made while the client was connected. */
static void push_subscribed(struct client *c, struct text channel, const struct subscribe_result *r,
                            struct text data) ON(role_reactor)
{
    struct buf json;
    struct json_writer w;
    buf_init(&json, data.len + 1024);
    json_begin(&w, &json);
    json_open(&w, NULL, '{');
    if (r->recoverable)
        json_add_bool(&w, "recoverable", true);
    if (r->positioned) {
        json_add_text(&w, "epoch", text_of(r->epoch));
        if (r->offset)
            json_add_int(&w, "offset", (int64_t)r->offset);
        json_add_bool(&w, "positioned", true);
    }
    if (data.len > 0)
        json_add_raw(&w, "data", data);
    json_close(&w, '}');
    client_push(c, channel, "subscribe", &json);
}

/* What was missed since the position it was made with: the push itself has no place for it. */
static void push_missed(struct client *c, struct text channel, struct text publications)
    ON(role_reactor)
{
    struct buf list;
    buf_init(&list, publications.len + 2);
    buf_add_char(&list, '[');
    buf_add_text(&list, publications);
    buf_add_char(&list, ']');
    if (list.err != ERR_OK)
        client_close(c, CLOSE_internal);
    struct text rest = buf_text(&list), one;
    while (c->state != CLIENT_CLOSED && json_element(&rest, &one)) {
        push_write(&c->pool->out, channel, 0, "pub", one);
        client_flush_out(c, false);
    }
    buf_fini(&list);
}

static void server_side_subscribed(struct client *c, struct subscriber *subscriber,
                                   const struct subscribe_result *r, struct text data)
    ON(role_reactor)
{
    struct text channel = subscriber_channel(subscriber);
    if (c->state == CLIENT_CONNECTING) {
        client_connect_subscribed(c, channel, r);
    } else if (r->err == ERR_OK) {
        push_subscribed(c, channel, r, data);
        if (r->publications.len > 0)
            push_missed(c, channel, r->publications);
    }
}

static void on_subscribed(void *owner, struct subscriber *subscriber,
                          const struct subscribe_result *r)
{
    role_assert(&role_reactor);
    struct client *c = owner;
    struct subscription *s = find(c, subscriber);
    must(s);
    uint32_t id = s->command_id;
    int64_t expires_ms = s->expires_ms;
    bool server_side = s->server_side;
    char *data = s->data;
    s->data = NULL;
    s->command_id = 0;
    if (!server_side) { /* its own channel is in memory: what must outlast a restart is a row */
        c->asked_recovery += r->was_recovering;
        c->got_recovery += r->recovered;
    }
    if (r->err != ERR_OK)
        forget(c, s);
    if (c->state == CLIENT_CLOSED) {
        free(data);
        return;
    }
    if (server_side) {
        server_side_subscribed(c, subscriber, r, text_of(data));
    } else if (r->err == ERR_BAD_REQUEST) {
        client_reply_fault(c, id, r->err, TEXT("tf: this channel has no filters."));
    } else if (r->err != ERR_OK) {
        client_reply_error(c, id, r->err);
    } else {
        struct json_writer w = client_reply_open(c, id, "subscribe");
        subscribe_result_write(&w, c, r, expires_ms);
        client_reply_close(c, &w, r->delta);
    }
    free(data);
}

static void on_deliver(void *owner, struct frame *f, bool passing)
{
    role_assert(&role_reactor);
    client_send_frame(owner, f, passing);
}

static void push_unsubscribed(struct client *c, struct text channel, unsigned code,
                              struct text reason) ON(role_reactor)
{
    struct buf json;
    struct json_writer w;
    buf_init(&json, 1024);
    json_begin(&w, &json);
    json_open(&w, NULL, '{');
    json_add_int(&w, "code", code);
    json_add_text(&w, "reason", reason);
    json_close(&w, '}');
    client_push(c, channel, "unsubscribe", &json);
}

static void on_ended(void *owner, struct subscriber *subscriber, unsigned code, struct text reason)
{
    role_assert(&role_reactor);
    struct client *c = owner;
    struct subscription *s = find(c, subscriber);
    must(s);
    bool server_side = s->server_side;
    uint32_t waiting = s->command_id;
    forget(c, s);
    if (c->state == CLIENT_CLOSED)
        return;
    if (server_side &&
        code >= 2500) { /* it cannot ask for that one alone: it reconnects and recovers */
        client_close(c, CLOSE_insufficient);
        return;
    }
    if (waiting)
        client_reply_error(c, waiting, ERR_DENIED);
    push_unsubscribed(c, subscriber_channel(subscriber), code, reason);
}

const struct subscriber_events client_subscriber_events = {on_subscribed, on_deliver, on_ended};

/* ---- the client asks */

/* Reads what differs from channel to channel; an error is answered here. */
static bool read_request(struct client *c, const struct command *cmd, struct subscribe_request *out)
    ON(role_reactor)
{
    /* Not in Protobuf: centrifuge-js compares numbers of 64 bits there by identity, and would find no subscription. */
    bool compact = c->hub_client.form.encoding == ENCODING_JSON;
    *out = (struct subscribe_request){.channel = cmd->channel,
                                      .recover = cmd->recover,
                                      .offset = cmd->offset,
                                      .epoch = cmd->epoch,
                                      .recoverable = cmd->recoverable,
                                      .positioned = cmd->positioned,
                                      .reject_unrecovered =
                                          cmd->flag & COMMAND_FLAG_REJECT_UNRECOVERED,
                                      .join_leave = cmd->join_leave,
                                      .compact = compact && cmd->flag & COMMAND_FLAG_COMPACT};
    if (cmd->delta.len > 0 && !text_is(cmd->delta, TEXT("fossil"))) {
        client_reply_fault(c, cmd->id, ERR_BAD_REQUEST, TEXT("delta must be fossil."));
        return false;
    }
    out->delta = cmd->delta.len > 0;
    char words[TAG_FILTER_ERROR_SIZE];
    enum err e = cmd->filter.len ? tag_filter_parse(cmd->filter, &out->filter, words) : ERR_OK;
    if (e == ERR_BAD_REQUEST)
        client_reply_fault(c, cmd->id, e, text_of(words));
    else if (e != ERR_OK)
        client_reply_error(c, cmd->id, e);
    return e == ERR_OK;
}

/* errors: ERR_SUBSCRIBED, ERR_LIMIT */
static enum err room_for(struct client *c, struct text channel) ON(role_reactor)
{
    if (client_find_channel(c, channel))
        return ERR_SUBSCRIBED;
    return c->subscriptions_count >= client_options(c)->channel_limit ? ERR_LIMIT : ERR_OK;
}

/* errors: of hub_subscribe; then `request`'s filter is the caller's still */
static enum err enter(struct client *c, const struct subscribe_request *request,
                      const struct subscription *as) ON(role_reactor)
{
    struct subscription *s = add(c);
    if (!s)
        return ERR_NOMEM;
    *s = *as;
    enum err e = hub_subscribe(client_options(c)->hub, &c->hub_client, request, &s->subscriber);
    if (e != ERR_OK)
        c->subscriptions_count--;
    else
        note_expiry(c);
    return e;
}

void client_subscribe(struct client *c, const struct command *cmd)
{
    struct subscription_grant grant;
    struct subscribe_request request;
    if (!client_names_channel(c, cmd))
        return;
    enum err e = room_for(c, cmd->channel);
    if (e == ERR_OK)
        e = client_may_subscribe(c, cmd, &grant);
    if (e == ERR_OK && !read_request(c, cmd, &request))
        return;
    if (e == ERR_OK) {
        request.chan_info = text_of(grant.info_json);
        e = enter(c, &request,
                  &(struct subscription){.expires_ms = grant.expires_ms, .command_id = cmd->id});
        if (e != ERR_OK)
            tag_filter_free(request.filter);
    }
    if (e == ERR_BAD_TOKEN)
        client_close(c, CLOSE_invalid_token);
    else if (e != ERR_OK)
        client_reply_error(c, cmd->id, e);
}

void client_unsubscribe(struct client *c, const struct command *cmd)
{
    if (!client_names_channel(c, cmd))
        return;
    struct subscription *s = client_find_channel(c, cmd->channel);
    if (s && s->server_side) {
        client_reply_error(c, cmd->id, ERR_DENIED);
        return;
    }
    if (s) {
        uint32_t waiting = s->command_id;
        hub_unsubscribe(s->subscriber);
        forget(c, s);
        if (waiting) /* each command has its answer */
            client_reply_error(c, waiting, ERR_CANCELLED);
    }
    client_reply(c, cmd->id, "unsubscribe", TEXT("{}"));
}

void client_sub_refresh(struct client *c, const struct command *cmd)
{
    const struct session_rules *rules = &client_options(c)->rules;
    struct subscription_grant grant;
    if (!client_names_channel(c, cmd))
        return;
    struct subscription *s = client_find_channel(c, cmd->channel);
    if (cmd->token.len == 0) {
        client_reply_fault(c, cmd->id, ERR_BAD_REQUEST, TEXT("token is missing."));
        return;
    }
    enum err e = s && !s->server_side && rules->grant ? ERR_OK : ERR_DENIED;
    if (e == ERR_OK)
        e = rules->grant(rules->ctx, cmd->token, client_user(c), cmd->channel, &grant);
    if (e == ERR_BAD_TOKEN) {
        client_close(c, CLOSE_invalid_token);
    } else if (e != ERR_OK) {
        client_reply_error(c, cmd->id, e);
    } else {
        s->expires_ms = grant.expires_ms;
        note_expiry(c);
        struct json_writer w = client_reply_open(c, cmd->id, "sub_refresh");
        expiry_write(&w, c, grant.expires_ms);
        client_reply_close(c, &w, false);
    }
}

/* ---- the server does */

enum err client_subscribe_for(struct client *c, const struct server_subscription *wanted)
{
    struct text channel = wanted->channel;
    enum err e = client_may_be_subscribed(c, channel);
    if (e == ERR_OK)
        e = room_for(c, channel);
    if (e != ERR_OK)
        return e;
    struct subscribe_request request = {.channel = channel,
                                        .recover = wanted->recover,
                                        .offset = wanted->offset,
                                        .epoch = wanted->epoch,
                                        .chan_info = wanted->chan_info};
    struct subscription as = {.expires_ms = wanted->expires_ms, .server_side = true};
    if (wanted->data.len > 0 && !(as.data = text_dup(wanted->data)))
        return ERR_NOMEM;
    e = enter(c, &request, &as);
    if (e != ERR_OK)
        free(as.data);
    return e;
}

bool client_unsubscribe_for(struct client *c, struct text channel, unsigned code,
                            struct text reason)
{
    struct subscription *s = client_find_channel(c, channel);
    if (!s)
        return false;
    uint32_t waiting = s->command_id;
    struct subscriber *subscriber = s->subscriber;
    forget(c, s);
    if (waiting)
        client_reply_error(c, waiting, ERR_DENIED);
    push_unsubscribed(c, subscriber_channel(subscriber), code, reason);
    hub_unsubscribe(subscriber);
    return true;
}

void client_expire_subscriptions(struct client *c)
{
    int64_t now_ms = env_wall_ms(client_options(c)->env);
    if (!c->subs_expires_ms || c->subs_expires_ms > now_ms)
        return;
    for (unsigned i = c->subscriptions_count; i-- > 0 && c->state != CLIENT_CLOSED;) {
        struct subscription *s = &c->subscriptions[i];
        if (!s->expires_ms || ends_ms(c, s) > now_ms)
            continue;
        if (s->server_side)
            client_close(c, CLOSE_subscription_expired);
        else
            client_unsubscribe_for(c, subscriber_channel(s->subscriber), 2501, TEXT("expired"));
    }
}
