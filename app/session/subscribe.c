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
    if (c->subscriptions_count == 1U << c->subscriptions_room) {
        size_t room = (size_t)c->subscriptions_count * 2;
        bool few = c->subscriptions_room == SUBSCRIPTIONS_FEW_BITS;
        struct subscription *more = realloc(few ? NULL : c->more, room * sizeof *more);
        if (!more)
            return NULL;
        if (few)
            memcpy(more, c->few, sizeof c->few);
        c->more = more;
        c->subscriptions_room++;
    }
    struct subscription *s = &client_subscriptions(c)[c->subscriptions_count++];
    *s = (struct subscription){0};
    return s;
}

static struct subscription *find(struct client *c, const struct subscriber *subscriber)
{
    for (unsigned i = 0; i < c->subscriptions_count; i++)
        if (client_subscriptions(c)[i].subscriber == subscriber)
            return &client_subscriptions(c)[i];
    return NULL;
}

struct subscription *client_find_channel(struct client *c, struct text channel)
{
    for (unsigned i = 0; i < c->subscriptions_count; i++)
        if (text_is(subscriber_channel(client_subscriptions(c)[i].subscriber), channel))
            return &client_subscriptions(c)[i];
    return NULL;
}

/* When one is ended, in ms since 1970; 0: never. A client renews its own when their time is over: it has a moment for that. */
static int64_t ends_ms(const struct client *c, const struct subscription *s)
{
    bool renewed = s->expires_ms && !s->server_side;
    return s->expires_ms + (renewed ? client_options(c)->expired_sub_close_delay_ms : 0);
}

int64_t client_subscriptions_end_ms(const struct client *c)
{
    int64_t first = 0;
    for (unsigned i = 0; i < c->subscriptions_count; i++) {
        int64_t at = ends_ms(c, &client_subscriptions(c)[i]);
        if (at && (!first || at < first))
            first = at;
    }
    return first;
}

/* The next end may be another one now. */
static void note_expiry(struct client *c) ON(role_reactor)
{
    if (c->state == CLIENT_CONNECTED)
        client_set_timer(c);
}

/* NULL is welcome. */
static void answer_order(struct order *order, enum err e) ON(role_reactor)
{
    if (order && order->act)
        act_answered(order->act, e);
    free(order);
}

static void forget(struct client *c, struct subscription *s) ON(role_reactor)
{
    if (!s->answered)
        answer_order(s->order, ERR_NOT_FOUND);
    *s = client_subscriptions(c)[--c->subscriptions_count];
    note_expiry(c); /* of one that is gone the timer would fire for ever */
}

void client_unsubscribe_all(struct client *c)
{
    while (c->subscriptions_count > 0) {
        struct subscription *s = &client_subscriptions(c)[--c->subscriptions_count];
        if (!s->answered)
            answer_order(s->order, ERR_NOT_FOUND);
        hub_unsubscribe(s->subscriber);
    }
}

/* ---- answers of the hub */

static struct client *client_of(struct hub_client *hub_client)
{
    return (struct client *)(void *)((char *)hub_client - offsetof(struct client, hub_client));
}

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

static void on_subscribed(struct hub_client *hub_client, struct subscriber *subscriber,
                          const struct subscribe_result *r)
{
    role_assert(&role_reactor);
    struct client *c = client_of(hub_client);
    struct subscription *s = find(c, subscriber);
    must(s);
    uint32_t id = subscription_waits(s);
    int64_t expires_ms = s->expires_ms;
    bool server_side = s->server_side;
    struct order *order = s->order;
    s->answered = true;
    s->acked_offset = 0;
    s->asked_ahead = 0;
    if (!server_side) { /* its own channel is in memory: what must outlast a restart is a row */
        c->recovers |= r->was_recovering;
        c->unrecovered |= r->was_recovering && !r->recovered;
    }
    if (r->err != ERR_OK)
        forget(c, s);
    if (c->state == CLIENT_CLOSED) {
        answer_order(order, ERR_NOT_FOUND);
        return;
    }
    if (server_side) {
        server_side_subscribed(c, subscriber, r, order ? text_of(order->data) : TEXT_NONE);
        answer_order(order, r->err);
    } else if (r->err == ERR_BAD_REQUEST) {
        client_reply_fault(c, id, r->err, TEXT("tf: this channel has no filters."));
    } else if (r->err != ERR_OK) {
        client_reply_error(c, id, r->err);
    } else {
        struct json_writer w = client_reply_open(c, id, "subscribe");
        subscribe_result_write(&w, c, r, expires_ms);
        client_reply_close(c, &w, r->delta);
    }
}

static void on_deliver(struct hub_client *hub_client, struct frame *f, bool passing)
{
    role_assert(&role_reactor);
    client_send_frame(client_of(hub_client), f, passing);
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

static void on_ended(struct hub_client *hub_client, struct subscriber *subscriber, unsigned code,
                     struct text reason)
{
    role_assert(&role_reactor);
    struct client *c = client_of(hub_client);
    struct subscription *s = find(c, subscriber);
    must(s);
    bool server_side = s->server_side;
    uint32_t waiting = subscription_waits(s);
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

static void on_actor(struct hub_client *hub_client, struct actor *out)
{
    client_actor(client_of(hub_client), out);
}

static struct client_info on_info(struct hub_client *hub_client, char id[UUID_SIZE])
{
    return client_info(client_of(hub_client), id);
}

const struct subscriber_events client_subscriber_events = {on_subscribed, on_deliver, on_ended,
                                                           on_actor, on_info};

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
        uint32_t waiting = subscription_waits(s);
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

/* NULL: no memory */
static struct order *order_new(struct act *act, struct text data)
{
    struct order *order = malloc(sizeof *order + data.len + 1);
    if (!order)
        return NULL;
    order->act = act;
    text_copy(order->data, data.len + 1, data);
    return order;
}

enum err client_subscribe_for(struct client *c, const struct server_subscription *wanted,
                              struct act *act)
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
    bool ordered = act || wanted->data.len > 0;
    if (ordered && !(as.order = order_new(act, wanted->data)))
        return ERR_NOMEM;
    e = enter(c, &request, &as);
    if (e != ERR_OK)
        free(as.order);
    return e;
}

bool client_unsubscribe_for(struct client *c, struct text channel, unsigned code,
                            struct text reason)
{
    struct subscription *s = client_find_channel(c, channel);
    if (!s)
        return false;
    uint32_t waiting = subscription_waits(s);
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
    for (unsigned i = c->subscriptions_count; i-- > 0 && c->state != CLIENT_CLOSED;) {
        struct subscription *s = &client_subscriptions(c)[i];
        if (!s->expires_ms || ends_ms(c, s) > now_ms)
            continue;
        if (s->server_side)
            client_close(c, CLOSE_subscription_expired);
        else
            client_unsubscribe_for(c, subscriber_channel(s->subscriber), 2501, TEXT("expired"));
    }
}
