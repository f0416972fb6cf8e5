/* subscribe: a client's subscriptions, its questions about channels, and the handle through which its manager reaches it. */
#include "base/metrics.h"
#include "base/must.h"
#include "session/client.h"
#include "wire/json.h"
#include "wire/reply.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the client's own list */

struct subscription *client_subscription_add(struct client *c)
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

static struct subscription *find_channel(struct client *c, struct text channel) ON(role_reactor)
{
    for (unsigned i = 0; i < c->subscriptions_count; i++)
        if (text_is(subscriber_channel(c->subscriptions[i].subscriber), channel))
            return &c->subscriptions[i];
    return NULL;
}

static void forget(struct client *c, struct subscription *s)
{
    *s = c->subscriptions[--c->subscriptions_count];
}

void client_unsubscribe_all(struct client *c)
{
    while (c->subscriptions_count > 0)
        hub_unsubscribe(c->subscriptions[--c->subscriptions_count].subscriber);
}

/* ---- answers of the hub */

void subscribe_result_write(struct json_writer *w, const struct subscribe_result *r)
{
    if (r->options.stream) {
        json_add_bool(w, "recoverable", true);
        json_add_text(w, "epoch", text_of(r->epoch));
        if (r->publications.len) {
            json_open(w, "publications", '[');
            json_add_raw(w, NULL, r->publications);
            json_close(w, ']');
        }
        if (r->recovered)
            json_add_bool(w, "recovered", true);
        if (r->top)
            json_add_int(w, "offset", (int64_t)r->top);
        json_add_bool(w, "positioned", true);
    }
    if (r->was_recovering)
        json_add_bool(w, "was_recovering", true);
}

/* Opens the reply to a command: {"id":N,"<command>":{ */
static struct json_writer reply_open(struct client *c, uint32_t id, const char *command)
    ON(role_reactor)
{
    struct json_writer w;
    json_begin(&w, &c->pool->out);
    json_open(&w, NULL, '{');
    json_add_int(&w, "id", id);
    json_open(&w, command, '{');
    return w;
}

static void reply_close(struct client *c, struct json_writer *w) ON(role_reactor)
{
    json_close(w, '}');
    json_close(w, '}');
    client_flush_out(c);
}

static void on_subscribed(void *owner, struct subscriber *subscriber,
                          const struct subscribe_result *r)
{
    role_assert(&role_reactor);
    struct client *c = owner;
    struct subscription *s = find(c, subscriber);
    must(s);
    uint32_t id = s->command_id;
    bool server_side = s->server_side;
    s->command_id = 0;
    if (!server_side) { /* its own channel is in memory: what must outlast a restart is a row */
        c->asked_recovery += r->was_recovering;
        c->got_recovery += r->recovered;
    }
    if (r->err != ERR_OK)
        forget(c, s);
    if (c->state == CLIENT_CLOSED)
        return;
    if (server_side) {
        if (r->err == ERR_OK)
            client_connected(c, r);
        else
            client_close(c, CLOSE_internal);
    } else if (r->err != ERR_OK) {
        client_reply_error(c, id, r->err);
    } else {
        struct json_writer w = reply_open(c, id, "subscribe");
        subscribe_result_write(&w, r);
        reply_close(c, &w);
    }
}

static void on_deliver(void *owner, struct frame *f, bool passing)
{
    role_assert(&role_reactor);
    client_send_frame(owner, f, passing);
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
    if (server_side) { /* its own channel: it reconnects and recovers */
        client_close(c, CLOSE_insufficient);
        return;
    }
    if (waiting)
        client_reply_error(c, waiting, ERR_DENIED);
    struct buf json;
    buf_init(&json, 1024);
    struct json_writer w;
    json_begin(&w, &json);
    json_open(&w, NULL, '{');
    json_add_int(&w, "code", code);
    json_add_text(&w, "reason", reason);
    json_close(&w, '}');
    push_write(&c->pool->out, subscriber_channel(subscriber), "unsubscribe", buf_text(&json));
    buf_fini(&json);
    client_flush_out(c);
}

const struct subscriber_events client_subscriber_events = {on_subscribed, on_deliver, on_ended};

/* ---- subscribing */

/* Where a client may look at all; rooms are judged by their source. errors: ERR_BAD_REQUEST, 102, 103 */
static enum err channel_allowed(struct client *c, struct text channel) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    if (channel.len == 0 || channel.len > CHANNEL_MAX)
        return ERR_BAD_REQUEST;
    if (o->rules.serves(o->rules.ctx, channel))
        return ERR_OK;
    if (text_starts(channel, TEXT("user:")))
        return c->user[0] && text_is(text_after(channel, 5), text_of(c->user)) ? ERR_OK
                                                                               : ERR_DENIED;
    return o->insecure ? ERR_OK : ERR_UNKNOWN_CHANNEL;
}

static bool refused(struct client *c, const struct command *cmd, enum err e) ON(role_reactor)
{
    if (e == ERR_BAD_REQUEST)
        client_reply_fault(c, cmd->id, e, TEXT("channel must have 1 to 255 bytes."));
    else if (e != ERR_OK)
        client_reply_error(c, cmd->id, e);
    return e != ERR_OK;
}

void client_subscribe(struct client *c, const struct command *cmd)
{
    const struct session_options *o = client_options(c);
    enum err e = channel_allowed(c, cmd->channel);
    if (e == ERR_OK && find_channel(c, cmd->channel))
        e = ERR_SUBSCRIBED;
    if (e == ERR_OK && c->subscriptions_count >= o->channel_limit)
        e = ERR_LIMIT;
    if (refused(c, cmd, e))
        return;
    struct subscribe_request request = {.channel = cmd->channel,
                                        .recover = cmd->recover,
                                        .offset = cmd->offset,
                                        .epoch = cmd->epoch,
                                        .join_leave = cmd->join_leave};
    struct subscription *s = client_subscription_add(c);
    e = s ? hub_subscribe(o->hub, &c->hub_client, &request, &s->subscriber) : ERR_NOMEM;
    if (e == ERR_OK)
        s->command_id = cmd->id;
    else if (s)
        c->subscriptions_count--;
    (void)refused(c, cmd, e);
}

void client_subscribe_own(struct client *c)
{
    char channel[USER_TEXT_SIZE + 8];
    int n = snprintf(channel, sizeof channel, "user:%s", c->user);
    struct subscribe_request request = {.channel = {channel, (size_t)n},
                                        .recover = c->connect_recover,
                                        .offset = c->connect_offset,
                                        .epoch = text_of(c->connect_epoch)};
    struct subscription *s = client_subscription_add(c);
    if (s &&
        hub_subscribe(client_options(c)->hub, &c->hub_client, &request, &s->subscriber) == ERR_OK) {
        s->server_side = true;
        return;
    }
    c->subscriptions_count -= s != NULL;
    client_close(c, CLOSE_internal);
}

void client_unsubscribe(struct client *c, const struct command *cmd)
{
    if (refused(c, cmd, cmd->channel.len == 0 ? ERR_BAD_REQUEST : ERR_OK))
        return;
    struct subscription *s = find_channel(c, cmd->channel);
    if (s && s->server_side) {
        client_reply_error(c, cmd->id, ERR_DENIED);
        return;
    }
    if (s) {
        hub_unsubscribe(s->subscriber);
        forget(c, s);
    }
    client_reply(c, cmd->id, "unsubscribe", TEXT("{}"));
}

/* ---- questions */

/* Who asked, if still there and if there is an answer; else it is told here. */
static struct client *asker_of(const struct hub_asker *asker, enum err e) ON(role_reactor)
{
    struct client *c = pool_find(asker->owner, asker->number);
    if (!c || c->state == CLIENT_CLOSED) {
        metric_add(METRIC_replies_dropped, 1);
        return NULL;
    }
    if (e == ERR_OK)
        return c;
    client_reply_error(c, (uint32_t)asker->id, e);
    return NULL;
}

static void on_history(const struct hub_asker *asker, const struct stream_page *page)
{
    role_assert(&role_reactor);
    struct client *c = asker_of(asker, page->err);
    if (!c)
        return;
    struct json_writer w = reply_open(c, (uint32_t)asker->id, "history");
    if (page->count) {
        json_open(&w, "publications", '[');
        json_add_raw(&w, NULL, buf_text(&page->publications));
        json_close(&w, ']');
    }
    json_add_text(&w, "epoch", text_of(page->epoch));
    if (page->top)
        json_add_int(&w, "offset", (int64_t)page->top);
    reply_close(c, &w);
}

static void ask(struct client *c, const struct command *cmd, enum stream_purpose purpose,
                struct stream_query *query) ON(role_reactor)
{
    query->purpose = purpose;
    query->actor = c->hub_client.actor;
    text_copy(query->channel, sizeof query->channel, cmd->channel);
}

void client_history(struct client *c, const struct command *cmd)
{
    if (refused(c, cmd, channel_allowed(c, cmd->channel)))
        return;
    struct stream_query query = {.has_since = cmd->has_since,
                                 .since = cmd->offset,
                                 .limit = cmd->limit,
                                 .reverse = cmd->reverse};
    ask(c, cmd, STREAM_HISTORY, &query);
    text_copy(query.epoch, sizeof query.epoch, cmd->epoch);
    struct hub_asker asker = {
        .owner = c->pool, .number = client_number(c), .id = cmd->id, .history = on_history};
    (void)refused(c, cmd, hub_history(client_options(c)->hub, &query, &asker));
}

#define STATS_ONLY ((uint64_t)1 << 32)

static void on_presence(const struct hub_asker *asker, const struct presence_result *r)
{
    role_assert(&role_reactor);
    struct client *c = asker_of(asker, r->err);
    if (!c)
        return;
    bool stats = asker->id & STATS_ONLY;
    struct json_writer w =
        reply_open(c, (uint32_t)asker->id, stats ? "presence_stats" : "presence");
    if (stats) {
        json_add_int(&w, "num_clients", r->num_clients);
        json_add_int(&w, "num_users", r->num_users);
    } else {
        json_open(&w, "presence", '{');
        buf_add_text(&c->pool->out, r->clients);
        json_close(&w, '}');
    }
    reply_close(c, &w);
}

void client_presence(struct client *c, const struct command *cmd)
{
    if (refused(c, cmd, channel_allowed(c, cmd->channel)))
        return;
    struct stream_query query = {.limit = 0};
    ask(c, cmd, STREAM_PRESENCE, &query);
    struct hub_asker asker = {.owner = c->pool,
                              .number = client_number(c),
                              .id =
                                  cmd->id | (cmd->kind == COMMAND_presence_stats ? STATS_ONLY : 0),
                              .presence = on_presence};
    (void)refused(c, cmd, hub_presence(client_options(c)->hub, &query, &asker));
}

/* ---- the manager's handle: any thread */

static void on_handle_frame(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    if (c && c->state == CLIENT_CONNECTED)
        client_send_frame(c, object, false);
    frame_unref(object);
}

static void handle_deliver(void *ctx, uint64_t number, struct frame *f)
{
    struct pool *p = ctx;
    if (reactor_post(p->reactor, on_handle_frame, p, frame_ref(f), number) != ERR_OK) {
        metric_add(METRIC_replies_dropped, 1);
        frame_unref(f);
    }
}

static void on_handle_close(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    if (c)
        client_close(c, *(const unsigned *)object);
}

/* The codes as values that a post can point to. */
static const unsigned codes[] = {
#define CLOSE(name, code, reason) code,
#include "session/close_codes.def"
#undef CLOSE
};

static void *code_place(unsigned code)
{
    size_t i = sizeof codes / sizeof codes[0];
    while (--i > 0 && codes[i] != code)
        continue;
    return (void *)&codes[i]; /* one that is not ours: the first, "connection closed" */
}

static void handle_close(void *ctx, uint64_t number, unsigned code, struct text reason)
{
    (void)reason; /* a code has one reason: close_codes.def */
    struct pool *p = ctx;
    if (reactor_post(p->reactor, on_handle_close, p, code_place(code), number) != ERR_OK)
        metric_add(METRIC_replies_dropped, 1);
}

enum err client_join_manager(struct client *c)
{
    const struct session_options *o = client_options(c);
    struct ws_connection_handle handle = {c->pool, client_number(c), handle_deliver, handle_close};
    return ws_connection_add(c->manager, c->hub_client.actor.connection, &handle,
                             o->ping_interval_ms + o->pong_timeout_ms, &c->connection);
}
