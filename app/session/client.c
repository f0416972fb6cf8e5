/* client: life of one client: open, timers, what may be sent, close and its record. */
#include "session/client.h"

#include "base/buckets.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"

#include <stdlib.h>

/* Passing things leave this much of the outbox to what must not be lost. */
#define PASSING_SHARE 4

#define RENEW_MS 300000

#define NEVER_MS INT64_MAX

static void on_timer(struct timer *t);

/* ---- states: each may only become what the table says */

static const bool moves[CLIENT_STATES][CLIENT_STATES] = {
    [CLIENT_OPENED] = {[CLIENT_CONNECTING] = true, [CLIENT_CLOSED] = true},
    [CLIENT_CONNECTING] =
        {[CLIENT_OPENED] = true, [CLIENT_CONNECTED] = true, [CLIENT_CLOSED] = true},
    [CLIENT_CONNECTED] = {[CLIENT_CLOSED] = true},
};

bool client_may_move(enum client_state from, enum client_state to)
{
    return moves[from][to];
}

void client_move(struct client *c, enum client_state to)
{
    must(client_may_move((enum client_state)c->state, to));
    c->state = (uint8_t)to;
}

/* ---- sending */

void client_close_slow(struct client *c)
{
    if (c->state == CLIENT_CLOSED)
        return;
    client_move(c, CLIENT_CLOSED);
    client_transport(c)->close_slow(&c->line, CLOSE_slow, close_reason(CLOSE_slow));
}

void client_send_frame(struct client *c, struct frame *f, bool passing)
{
    if (passing && client_transport(c)->queue_bytes(&c->line) >
                       client_options(c)->queue_max_bytes / PASSING_SHARE) {
        metric_add(METRIC_drops_passing, 1);
        return;
    }
    enum err e = client_transport(c)->send(&c->line, f);
    if (e == ERR_LIMIT)
        client_close_slow(c);
    else if (e == ERR_NOMEM)
        client_close(c, CLOSE_internal); /* it recovers; nothing is dropped silently */
    struct pool *p = c->pool;
    if (p->queue_share && reactor_queued_bytes(p->reactor) > p->queue_share)
        pool_look_at_crowd(p);
}

void client_flush_out(struct client *c, bool as_text)
{
    struct buf *out = &c->pool->out;
    struct frame *f = out->err == ERR_OK ? form_frame(form_for(c->hub_client.form, out->len),
                                                      buf_text(out), as_text)
                                         : NULL;
    if (f)
        client_send_frame(c, f, false);
    else
        client_close(c, CLOSE_internal);
    frame_unref(f);
    buf_clear(out);
}

/* ---- closing */

void client_close_for(struct client *c, unsigned code, struct text reason)
{
    if (c->state == CLIENT_CLOSED)
        return;
    client_move(c, CLIENT_CLOSED);
    client_transport(c)->close(&c->line, code, reason);
}

void client_close(struct client *c, unsigned code)
{
    client_close_for(c, code, close_reason(code));
}

void client_admitted(struct client *c)
{
    const struct session_rules *rules = &client_options(c)->rules;
    if (c->admitted)
        return;
    if (c->pending && rules->admitted)
        rules->admitted(rules->ctx, c->pending);
    c->admitted = true;
    c->refresh_until_ms = 0;
}

/* Both places: it is gone, or never was. */
static void leave_door(const struct session_rules *rules, void *pending, void *place)
{
    if (pending && rules->admitted)
        rules->admitted(rules->ctx, pending);
    if (place && rules->left)
        rules->left(rules->ctx, place);
}

static struct text transport_name(struct form form)
{
    static const char *const names[FRAMING_COUNT] = {[FRAMING_WEBSOCKET] = "websocket",
                                                     [FRAMING_LINES] = "http_stream",
                                                     [FRAMING_EVENTS] = "sse"};
    return text_of(names[form.framing]);
}

void client_record(const struct client *c, struct ws_connection_record *out)
{
    struct conn_stats stats = client_transport(c)->stats(&c->line);
    *out = (struct ws_connection_record){
        .user_id = c->hub_client.user_id,
        .connected_ms = c->opened_ms,
        .rtt_ms = c->rtt_ms,
        .bytes_in = stats.bytes_in,
        .bytes_out = stats.bytes_out,
        .frames_in = client_transport(c)->messages_in(&c->line),
        .frames_out = stats.frames_out,
        .queue_peak_bytes = stats.queue_peak_bytes,
        .recovered = c->recovers ? !c->unrecovered : -1,
    };
    for (unsigned i = 0; i < c->subscriptions_count; i++)
        out->rooms += !client_subscriptions(c)[i].server_side;
    client_id(c, out->id);
    text_copy(out->client, sizeof out->client, client_word(c, WORD_PROGRAM));
    text_copy(out->address, sizeof out->address, client_word(c, WORD_ADDRESS));
    text_copy(out->transport, sizeof out->transport, transport_name(c->hub_client.form));
    text_copy(out->tab, sizeof out->tab, client_word(c, WORD_TAB));
}

void client_record_position(struct client *c, struct text channel, struct ws_connection_record *out)
{
    const struct subscription *s = client_find_channel(c, channel);
    out->follows = s != NULL;
    out->sent_offset = s ? subscriber_offset(s->subscriber) : 0;
    out->acked_offset = s && s->answered ? s->acked_offset : 0;
}

static const char *closer_name(enum ws_closer by)
{
    static const char *const names[] = {"client", "server", "network"};
    return names[by];
}

static void tell_closed(struct client *c, const struct ws_closed *how) ON(role_reactor)
{
    struct ws_connection_record record;
    client_record(c, &record);
    record.closed_ms = env_wall_ms(client_options(c)->env);
    record.code = how->code;
    text_copy(record.reason, sizeof record.reason, how->reason);
    text_copy(record.closed_by, sizeof record.closed_by, text_of(closer_name(how->by)));
    log_event(LOG_DEBUG, "client_closed", KV_STR("client", record.id),
              KV_INT("user", record.user_id), KV_INT("code", how->code),
              KV_STR("by", record.closed_by), KV_INT("bytes_in", (int64_t)record.bytes_in),
              KV_INT("bytes_out", (int64_t)record.bytes_out));
    const struct session_rules *rules = &client_options(c)->rules;
    bool kept = c->noted || !c->joined || ws_manager_may(c->manager, WS_STORES);
    if (rules->closed && kept)
        rules->closed(rules->ctx, &record);
}

static void on_closed(void *ctx, const struct ws_closed *how)
{
    role_assert(&role_reactor);
    struct client *c = ctx;
    if (c->state != CLIENT_CLOSED)
        client_move(c, CLIENT_CLOSED);
    timer_cancel(c->pool->reactor, &c->timer);
    tell_closed(c, how);
    client_unsubscribe_all(c);
    leave_door(&client_options(c)->rules, c->admitted ? NULL : c->pending, c->place);
    if (c->joined)
        ws_connection_leave(&c->connection);
    ws_manager_unref(c->manager);
    metric_add(METRIC_connections, -1);
    metric_add(METRIC_connections_closed, 1);
    pool_remove(c);
}

/* ---- timers */

/* When it is closed for its end, in ms since 1970; 0: never. A client that was told brings another token when the end has
 * come: it has a moment for that. */
static int64_t closes_ms(const struct client *c)
{
    bool told = c->expires_ms && c->expiry_told;
    return c->expires_ms + (told ? client_options(c)->expired_close_delay_ms : 0);
}

/* `at`, or before it the monotonic time of an end in ms since 1970 (0: none). */
static int64_t earlier(const struct client *c, int64_t at, int64_t ends_ms) ON(role_reactor)
{
    if (ends_ms == 0)
        return at;
    int64_t left_ms = ends_ms - env_wall_ms(client_options(c)->env);
    int64_t end = reactor_now_ms(c->pool->reactor) + (left_ms > 0 ? left_ms : 0);
    return end < at ? end : at;
}

/* When a client that sends no commands, and one that has been here for long, are closed; NEVER_MS: not at all. */
static int64_t idle_at(const struct client *c)
{
    int64_t idle_ms = client_options(c)->idle_timeout_ms;
    return idle_ms ? c->commands.at_ms + idle_ms : NEVER_MS;
}

static int64_t old_at(const struct client *c)
{
    int64_t age_ms = client_options(c)->max_age_ms;
    return age_ms ? c->began_ms + age_ms : NEVER_MS;
}

/* The time with this lower half that is nearest to now. */
static int64_t near(const struct client *c, uint32_t lower_ms) ON(role_reactor)
{
    int64_t now_ms = reactor_now_ms(c->pool->reactor);
    return now_ms + (int32_t)(lower_ms - (uint32_t)now_ms);
}

void client_set_timer(struct client *c)
{
    int64_t at = near(c, c->ping_due_ms);
    if (c->pinged && near(c, c->pong_due_ms) < at)
        at = near(c, c->pong_due_ms);
    if (c->state == CLIENT_CONNECTED) {
        at = idle_at(c) < at ? idle_at(c) : at;
        at = old_at(c) < at ? old_at(c) : at;
        at = earlier(c, at, closes_ms(c));
        at = earlier(c, at, client_subscriptions_end_ms(c));
    }
    if (timer_set(c->pool->reactor, &c->timer, at) != ERR_OK)
        client_close(c, CLOSE_internal);
}

/* What stands before a ping in the queue has been read when it is answered. */
static void note_sent(struct client *c) ON(role_reactor)
{
    for (unsigned i = 0; i < c->subscriptions_count; i++) {
        struct subscription *s = &client_subscriptions(c)[i];
        uint64_t ahead = s->answered ? subscriber_offset(s->subscriber) - s->acked_offset : 0;
        if (s->answered)
            s->asked_ahead = ahead < UINT32_MAX ? (uint32_t)ahead : UINT32_MAX;
    }
}

static uint32_t now_us(void)
{
    return (uint32_t)(env_nanoseconds() / 1000);
}

static void ping(struct client *c, int64_t now_ms) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    c->pinged_us = now_us();
    if (!c->pinged) {
        c->pinged = true;
        c->pong_due_ms = (uint32_t)(now_ms + o->pong_timeout_ms);
        note_sent(c);
    }
    c->ping_due_ms = (uint32_t)(now_ms + o->ping_interval_ms);
    struct form form = c->hub_client.form;
    client_send_frame(c, c->pool->pings[form.encoding][form.framing], false);
}

/* A session that ends soon is asked again: being connected may have prolonged it. So is one that is not known to be good
 * since somebody could have ended it. */
static void check_expiry(struct client *c) ON(role_reactor)
{
    int64_t left_ms = closes_ms(c) - env_wall_ms(client_options(c)->env);
    bool doubtful = !c->confirmed || c->asked != atomic_load(&c->pool->doubts);
    if (c->expires_ms && left_ms <= 0)
        client_close(c, CLOSE_expired);
    else if (c->session_id && (doubtful || (c->expires_ms && left_ms < RENEW_MS)))
        client_renew(c);
}

static void on_timer(struct timer *t)
{
    role_assert(&role_reactor);
    struct client *c = TIMER_OWNER(t, struct client, timer);
    int64_t now_ms = reactor_now_ms(c->pool->reactor);
    if (c->state == CLIENT_CLOSED)
        return;
    if (c->stopping && now_ms >= near(c, c->ping_due_ms)) {
        client_close(c, CLOSE_shutdown);
    } else if (c->state != CLIENT_CONNECTED) { /* who has asked may come back */
        client_close(c, c->state == CLIENT_CONNECTING ? CLOSE_internal : CLOSE_stale);
    } else if (c->pinged && now_ms >= near(c, c->pong_due_ms)) {
        client_close(c, CLOSE_no_pong);
    } else if (now_ms >= old_at(c)) {
        client_close_for(c, CLOSE_force_reconnect, TEXT("max age"));
    } else if (now_ms >= idle_at(c)) {
        client_close_for(c, CLOSE_force_reconnect, TEXT("idle"));
    } else {
        if (now_ms >= near(c, c->ping_due_ms))
            ping(c, now_ms);
        check_expiry(c);
        client_expire_subscriptions(c);
        if (c->state != CLIENT_CLOSED)
            client_set_timer(c);
    }
}

/* That ping is answered. */
static void note_read(struct client *c)
{
    for (unsigned i = 0; i < c->subscriptions_count; i++) {
        struct subscription *s = &client_subscriptions(c)[i];
        s->acked_offset += s->answered ? s->asked_ahead : 0;
        s->asked_ahead = s->answered ? 0 : s->asked_ahead;
    }
}

void client_alive(struct client *c)
{
    if (c->pinged) {
        uint32_t rtt_us = now_us() - c->pinged_us;
        c->rtt_ms = rtt_us / 1000 + 1; /* 0: not known yet */
        c->pinged = false;
        note_read(c);
    }
}

/* ---- opening */

static void on_message(void *ctx, enum ws_opcode opcode, struct text payload)
{
    role_assert(&role_reactor);
    struct client *c = ctx;
    bool binary = c->hub_client.form.encoding == ENCODING_PROTOBUF;
    if (opcode != (binary ? WS_BINARY : WS_TEXT)) {
        client_close(c, CLOSE_unsupported);
        return;
    }
    if (c->joined)
        ws_connection_alive(&c->connection, reactor_now_ms(c->pool->reactor));
    client_on_message(c, payload);
}

static void refuse(struct pool *p, const struct session_socket *socket) ON(role_reactor)
{
    leave_door(&p->sessions->options.rules, socket->pending, socket->place);
    ws_manager_unref(socket->manager);
}

static void fill(struct client *c, const struct session_socket *socket) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    c->hub_client.events = &client_subscriber_events;
    c->hub_client.form = socket->form;
    c->hub_client.form.window_bits = socket->deflate.server_bits;
    c->hub_client.form.level = (uint8_t)o->compression_level;
    c->hub_client.form.compress_min = (uint32_t)o->compression_min_bytes;
    env_uuid_chance(o->env, c->id);
    c->secure = socket->ssl != NULL;
    c->manager = socket->manager;
    c->pending = socket->pending;
    c->place = socket->place;
    c->opened_ms = env_wall_ms(o->env);
    c->timer = (struct timer){.fire = on_timer};
    c->began_ms = c->commands.at_ms = reactor_now_ms(c->pool->reactor);
    c->address = buckets_address(o->address_commands, client_word(c, WORD_ADDRESS));
    c->ping_due_ms = (uint32_t)(c->began_ms + o->stale_close_delay_ms);
}

/* What only goes down needs a name by which its commands find it. */
static enum err make_key(struct client *c) ON(role_reactor)
{
    unsigned char secret[16];
    struct buf key;
    env_random(client_options(c)->env, secret, sizeof secret);
    buf_init(&key, 128);
    buf_add_format(&key, "%u.%u.%u.", reactor_index(c->pool->reactor), (uint32_t)client_number(c),
                   (uint32_t)(client_number(c) >> 32));
    for (size_t i = 0; i < sizeof secret; i++)
        buf_add_format(&key, "%02x", secret[i]);
    enum err e = key.err == ERR_OK ? client_set_word(c, WORD_KEY, buf_text(&key)) : key.err;
    buf_fini(&key);
    return e;
}

static enum err adopt(struct client *c, const struct session_socket *socket) ON(role_reactor)
{
    struct ws_socket ws = {socket->fd, socket->ssl, socket->early, socket->deflate};
    if (socket->form.framing == FRAMING_WEBSOCKET)
        return ws_conn_adopt(c->pool->reactor, &ws, &c->pool->sessions->websockets, &c->line.ws);
    if (make_key(c) != ERR_OK) {
        conn_refuse(socket->fd, socket->ssl);
        return ERR_NOMEM;
    }
    return stream_conn_adopt(c->pool->reactor, &ws, socket->form, &c->pool->sessions->streams,
                             &c->line.stream);
}

void client_make_owners(struct sessions *s)
{
    const struct session_options *o = &s->options;
    struct ws_conn_owner owner = {.on_message = on_message,
                                  .on_closed = on_closed,
                                  .message_max_bytes = o->message_max_bytes,
                                  .budget_bytes = o->queue_max_bytes,
                                  .stall_ms = o->pong_timeout_ms};
    s->websockets = s->streams = owner;
    ws_conn_owner_ready(&s->websockets);
    stream_conn_owner_ready(&s->streams);
}

void client_open(struct pool *p, const struct session_socket *socket, struct person **person)
{
    struct client *c = pool_add(p);
    if (!c) {
        refuse(p, socket);
        conn_refuse(socket->fd, socket->ssl);
        return;
    }
    if (client_set_word(c, WORD_ADDRESS, text_of(socket->address)) != ERR_OK ||
        client_set_word(c, WORD_PROGRAM, text_of(socket->client)) != ERR_OK) {
        refuse(p, socket);
        conn_refuse(socket->fd, socket->ssl);
        pool_remove(c);
        return;
    }
    if (adopt(c, socket) != ERR_OK) {
        refuse(p, socket);
        pool_remove(c);
        return;
    }
    fill(c, socket);
    c->person = *person; /* taken */
    *person = NULL;
    metric_add(METRIC_connections, 1);
    metric_add(METRIC_connections_opened, 1);
    client_set_timer(c);
    if (socket->form.framing != FRAMING_WEBSOCKET) {
        stream_conn_count(&c->line.stream, socket->early.len);
        client_on_message(c, socket->early);
    }
}
