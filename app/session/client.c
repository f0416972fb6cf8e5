/* client: life of one client: open, timers, what may be sent, close and its record. */
#include "session/client.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"

#include <stdlib.h>

/* Passing things leave this much of the outbox to what must not be lost. */
#define PASSING_SHARE 4

#define RENEW_MS 300000

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
    must(client_may_move(c->state, to));
    c->state = to;
}

/* ---- sending */

static void close_slow(struct client *c) ON(role_reactor)
{
    if (c->state == CLIENT_CLOSED)
        return;
    metric_add(METRIC_closes_slow, 1);
    client_move(c, CLIENT_CLOSED);
    c->transport->close_slow(c->conn, CLOSE_slow, close_reason(CLOSE_slow));
}

void client_send_frame(struct client *c, struct frame *f, bool passing)
{
    if (passing &&
        c->transport->queue_bytes(c->conn) > client_options(c)->queue_max_bytes / PASSING_SHARE) {
        metric_add(METRIC_drops_passing, 1);
        return;
    }
    enum err e = c->transport->send(c->conn, f);
    if (e == ERR_LIMIT)
        close_slow(c);
    else if (e == ERR_NOMEM)
        client_close(c, CLOSE_internal); /* it recovers; nothing is dropped silently */
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
    c->transport->close(c->conn, code, reason);
}

void client_close(struct client *c, unsigned code)
{
    client_close_for(c, code, close_reason(code));
}

void client_admitted(struct client *c)
{
    const struct session_rules *rules = &client_options(c)->rules;
    if (c->pending && rules->admitted)
        rules->admitted(rules->ctx, c->pending);
    c->pending = NULL;
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
    const struct actor *a = &c->hub_client.actor;
    struct conn_stats stats = c->transport->stats(c->conn);
    *out = (struct ws_connection_record){
        .user_id = a->user_id,
        .connected_ms = c->opened_ms,
        .rtt_ms = c->rtt_ms,
        .bytes_in = stats.bytes_in,
        .bytes_out = stats.bytes_out,
        .frames_in = c->transport->messages_in(c->conn),
        .frames_out = stats.frames_out,
        .queue_peak_bytes = stats.queue_peak_bytes,
        .recovered = c->asked_recovery == 0 ? -1 : c->got_recovery == c->asked_recovery,
    };
    for (unsigned i = 0; i < c->subscriptions_count; i++)
        out->rooms += !c->subscriptions[i].server_side;
    text_copy(out->id, sizeof out->id, text_of(a->connection));
    text_copy(out->client, sizeof out->client, text_of(a->client));
    text_copy(out->address, sizeof out->address, text_of(a->address));
    text_copy(out->transport, sizeof out->transport, transport_name(c->hub_client.form));
    text_copy(out->tab, sizeof out->tab, text_of(c->tab));
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
    log_event(LOG_INFO, "client_closed", KV_STR("client", record.id),
              KV_INT("user", record.user_id), KV_INT("code", how->code),
              KV_STR("by", record.closed_by), KV_INT("bytes_in", (int64_t)record.bytes_in),
              KV_INT("bytes_out", (int64_t)record.bytes_out));
    const struct session_rules *rules = &client_options(c)->rules;
    if (rules->closed)
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
    client_admitted(c);
    ws_connection_remove(c->connection);
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

void client_set_timer(struct client *c)
{
    int64_t at = c->ping_due_ms;
    if (c->pong_due_ms && c->pong_due_ms < at)
        at = c->pong_due_ms;
    if (c->stop_at_ms && c->stop_at_ms < at)
        at = c->stop_at_ms;
    if (c->state == CLIENT_CONNECTED) {
        at = earlier(c, at, closes_ms(c));
        at = earlier(c, at, c->subs_expires_ms);
    }
    if (timer_set(c->pool->reactor, &c->timer, at) != ERR_OK)
        client_close(c, CLOSE_internal);
}

static void ping(struct client *c, int64_t now_ms) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    c->pinged_ns = env_nanoseconds();
    if (!c->pong_due_ms)
        c->pong_due_ms = now_ms + o->pong_timeout_ms;
    c->ping_due_ms = now_ms + o->ping_interval_ms;
    struct form form = c->hub_client.form;
    client_send_frame(c, c->pool->pings[form.encoding][form.framing], false);
}

/* A session that ends soon is asked again: being connected may have prolonged it. So is one that is not known to be good
 * since somebody could have ended it. */
static void check_expiry(struct client *c) ON(role_reactor)
{
    int64_t left_ms = closes_ms(c) - env_wall_ms(client_options(c)->env);
    bool doubtful = c->confirmed != atomic_load(&c->pool->doubts);
    if (c->expires_ms && left_ms <= 0)
        client_close(c, CLOSE_expired);
    else if (c->session_id && (doubtful || (c->expires_ms && left_ms < RENEW_MS)))
        client_renew(c);
}

static void on_timer(struct timer *t)
{
    role_assert(&role_reactor);
    struct client *c = t->owner;
    int64_t now_ms = reactor_now_ms(c->pool->reactor);
    if (c->state == CLIENT_CLOSED)
        return;
    if (c->stop_at_ms && now_ms >= c->stop_at_ms) {
        client_close(c, CLOSE_shutdown);
    } else if (c->state != CLIENT_CONNECTED) { /* who has asked may come back */
        client_close(c, c->state == CLIENT_CONNECTING ? CLOSE_internal : CLOSE_stale);
    } else if (c->pong_due_ms && now_ms >= c->pong_due_ms) {
        client_close(c, CLOSE_no_pong);
    } else {
        if (now_ms >= c->ping_due_ms)
            ping(c, now_ms);
        check_expiry(c);
        client_expire_subscriptions(c);
        if (c->state != CLIENT_CLOSED)
            client_set_timer(c);
    }
}

void client_alive(struct client *c)
{
    if (c->pong_due_ms) {
        c->rtt_ms = (env_nanoseconds() - c->pinged_ns + 999999) / 1000000; /* 0: not known yet */
        c->pong_due_ms = 0;
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
    if (c->connection)
        ws_connection_alive(c->connection, reactor_now_ms(c->pool->reactor));
    client_on_message(c, payload);
}

static void refuse(struct pool *p, struct session_socket *socket) ON(role_reactor)
{
    const struct session_rules *rules = &p->sessions->options.rules;
    if (socket->pending && rules->admitted)
        rules->admitted(rules->ctx, socket->pending);
    ws_manager_unref(socket->manager);
}

static void fill(struct client *c, struct session_socket *socket) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    struct actor *a = &c->hub_client.actor;
    c->hub_client.events = &client_subscriber_events;
    c->hub_client.owner = c;
    c->hub_client.form = socket->form;
    c->hub_client.form.window_bits = socket->deflate.server_bits;
    c->hub_client.form.level = (uint8_t)o->compression_level;
    c->hub_client.form.compress_min = (uint32_t)o->compression_min_bytes;
    env_uuid(o->env, a->connection);
    text_copy(a->address, sizeof a->address, text_of(socket->address));
    text_copy(a->client, sizeof a->client, text_of(socket->client));
    a->secure = socket->ssl != NULL;
    c->manager = socket->manager;
    c->pending = socket->pending;
    c->identity = (struct client_identity *)socket->identity;
    socket->identity = NULL;
    c->opened_ms = env_wall_ms(o->env);
    buf_init(&c->waiting, o->message_max_bytes);
    c->timer = (struct timer){.fire = on_timer, .owner = c};
    c->ping_due_ms = reactor_now_ms(c->pool->reactor) + o->stale_close_delay_ms;
}

/* What only goes down needs a name by which its commands find it. */
static bool make_key(struct client *c) ON(role_reactor)
{
    unsigned char secret[16];
    struct buf key;
    env_random(client_options(c)->env, secret, sizeof secret);
    buf_init(&key, 128);
    buf_add_format(&key, "%u.%u.%u.", reactor_index(c->pool->reactor), c->slot, c->generation);
    for (size_t i = 0; i < sizeof secret; i++)
        buf_add_format(&key, "%02x", secret[i]);
    c->session_key = key.err == ERR_OK ? text_dup(buf_text(&key)) : NULL;
    buf_fini(&key);
    return c->session_key != NULL;
}

static enum err adopt(struct client *c, const struct session_socket *socket) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    struct ws_conn_owner owner = {c, on_message, on_closed};
    if (socket->form.framing == FRAMING_WEBSOCKET) {
        struct ws_socket ws = {socket->fd, socket->ssl, socket->early, socket->deflate};
        struct ws_conn *w = NULL;
        enum err e = ws_conn_adopt(c->pool->reactor, &ws, o->message_max_bytes, o->queue_max_bytes,
                                   &owner, &w);
        c->transport = &transport_websocket;
        c->conn = w;
        return e;
    }
    c->transport = &transport_stream;
    if (!make_key(c)) {
        conn_refuse(socket->fd, socket->ssl);
        return ERR_NOMEM;
    }
    struct stream_conn *s = NULL;
    enum err e = stream_conn_adopt(c->pool->reactor, socket->fd, socket->ssl, socket->form,
                                   o->queue_max_bytes, &owner, &s);
    c->conn = s;
    return e;
}

void client_open(struct pool *p, struct session_socket *socket)
{
    struct client *c = pool_add(p);
    if (!c) {
        refuse(p, socket);
        conn_refuse(socket->fd, socket->ssl);
        return;
    }
    if (adopt(c, socket) != ERR_OK) {
        refuse(p, socket);
        pool_remove(c);
        return;
    }
    fill(c, socket);
    metric_add(METRIC_connections, 1);
    metric_add(METRIC_connections_opened, 1);
    client_set_timer(c);
    if (socket->form.framing != FRAMING_WEBSOCKET) {
        stream_conn_count(c->conn, socket->early.len);
        client_on_message(c, socket->early);
    }
}
