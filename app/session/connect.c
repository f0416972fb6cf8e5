/* connect: who the client is (cookie at the upgrade, or a token), its manager, its own channel, the welcome. */
#include "base/log.h"
#include "base/metrics.h"
#include "session/client.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what the request says */

static void read_data(struct client *c, struct text data) ON(role_reactor)
{
    struct json_member m;
    if (data.len == 0 || json_kind(data) != JSON_OBJECT)
        return;
    while (json_member(&data, &m)) {
        if (strcmp(m.key, "tab") != 0 || json_kind(m.value) != JSON_STRING)
            continue;
        struct buf tab;
        buf_init(&tab, 1024);
        json_string(m.value, &tab);
        text_copy(c->tab, sizeof c->tab, buf_text(&tab));
        buf_fini(&tab);
    }
}

/* The position in the client's own channel: {"user:7": {"recover": true, "epoch": "..", "offset": 3}} */
static bool read_subs(struct client *c, struct text subs) ON(role_reactor)
{
    struct json_member channel, m;
    while (subs.len && json_member(&subs, &channel)) {
        if (json_kind(channel.value) != JSON_OBJECT)
            return false;
        if (!text_starts(text_of(channel.key), TEXT("user:")))
            continue;
        struct text request = channel.value;
        while (json_member(&request, &m)) {
            int64_t offset;
            if (strcmp(m.key, "recover") == 0) {
                if (json_kind(m.value) != JSON_BOOL)
                    return false;
                c->connect_recover = m.value.data[0] == 't';
            } else if (strcmp(m.key, "offset") == 0) {
                if (!json_int(m.value, 0, INT64_MAX, &offset))
                    return false;
                c->connect_offset = (uint64_t)offset;
            } else if (strcmp(m.key, "epoch") == 0) {
                if (json_kind(m.value) != JSON_STRING)
                    return false;
                text_copy(c->connect_epoch, sizeof c->connect_epoch,
                          (struct text){m.value.data + 1, m.value.len - 2});
            }
        }
    }
    return true;
}

/* ---- identity */

/* The commands that came behind the connect. */
static void run_waiting(struct client *c) ON(role_reactor)
{
    struct buf waiting = c->waiting;
    buf_init(&c->waiting, client_options(c)->message_max_bytes);
    client_on_message(c, buf_text(&waiting));
    buf_fini(&waiting);
}

static void failed(struct client *c, enum err e) ON(role_reactor)
{
    metric_add(METRIC_auth_failures, 1);
    client_move(c, CLIENT_OPENED);
    client_reply_error(c, c->connect_id, e);
    run_waiting(c); /* now, as commands without a connect: not behind the next one */
}

static enum err join_manager(struct client *c) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    if (c->manager && !text_is(ws_manager_user(c->manager), text_of(c->user)))
        c->manager = ws_manager_unref(c->manager); /* the token is another user's than the cookie */
    if (!c->manager) {
        enum err e = ws_manager_get(o->registry, text_of(c->user), WS_MODE_UNIFIED, &c->manager);
        if (e != ERR_OK)
            return e;
    }
    return client_join_manager(c);
}

static void identified(struct client *c) ON(role_reactor)
{
    const struct client_identity *who = c->identity;
    struct actor *a = &c->hub_client.actor;
    a->user_id = who->user_id;
    a->session_id = c->session_id = who->session_id;
    a->right = who->right;
    c->expires_ms = who->expires_ms;
    c->expiry_told = who->expiry_told;
    c->info_json = text_dup(text_of(who->info_json));
    if (who->user_id)
        (void)snprintf(c->user, sizeof c->user, "%lld", (long long)who->user_id);
    if (!c->info_json) {
        client_close(c, CLOSE_internal);
        return;
    }
    c->hub_client.info =
        (struct client_info){text_of(c->user), text_of(a->connection), text_of(c->info_json)};
    if (!who->user_id) { /* a server for development: nobody, without a manager */
        client_connected(c, NULL);
        return;
    }
    enum err e = join_manager(c);
    if (e == ERR_LIMIT)
        client_close(c, CLOSE_connection_limit);
    else if (e != ERR_OK)
        client_close(c, e == ERR_UNAVAILABLE ? CLOSE_not_available : CLOSE_internal);
    else
        client_subscribe_own(c);
}

struct identity_post {
    enum err err;
    struct client_identity who;
};

static void on_identity(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    struct identity_post *post = object;
    if (!c || c->state != CLIENT_CONNECTING) {
        metric_add(METRIC_replies_dropped, 1);
    } else if (post->err == ERR_OK) {
        free(c->identity);
        c->identity = malloc(sizeof *c->identity);
        if (c->identity) {
            *c->identity = post->who;
            identified(c);
        } else {
            failed(c, ERR_NOMEM);
        }
    } else if (post->err == ERR_BAD_TOKEN || post->err == ERR_UNAUTHORIZED) {
        metric_add(METRIC_auth_failures, 1);
        client_close(c, CLOSE_invalid_token);
    } else {
        failed(c, post->err);
    }
    free(post);
}

/* From the thread that looked: carried over. If the mailbox is full the client's connect runs into its deadline. */
static void post_identity(struct identity_answer answer, enum err e,
                          const struct client_identity *who, reactor_run *run)
{
    struct pool *p = answer.owner;
    struct identity_post *post = calloc(1, sizeof *post);
    if (!post)
        return;
    post->err = e;
    if (e == ERR_OK)
        post->who = *who;
    if (reactor_post(p->reactor, run, p, post, answer.number) != ERR_OK) {
        metric_add(METRIC_replies_dropped, 1);
        free(post);
    }
}

static void token_done(struct identity_answer answer, enum err e, const struct client_identity *who)
{
    post_identity(answer, e, who, on_identity);
}

void client_connect(struct client *c, const struct command *cmd)
{
    const struct session_options *o = client_options(c);
    client_move(c, CLIENT_CONNECTING);
    c->connect_id = cmd->id;
    read_data(c, cmd->data);
    if (cmd->name.len && !c->hub_client.actor.client[0])
        text_copy(c->hub_client.actor.client, sizeof c->hub_client.actor.client, cmd->name);
    if (!read_subs(c, cmd->subs)) {
        client_move(c, CLIENT_OPENED);
        client_reply_fault(c, cmd->id, ERR_BAD_REQUEST, TEXT("subs has the wrong type."));
        return;
    }
    if (cmd->token.len) { /* a token wins over a cookie */
        struct identity_answer answer = {c->pool, client_number(c), token_done};
        enum err e = o->rules.identify(o->rules.ctx, cmd->token, answer);
        if (e != ERR_OK)
            failed(c, e);
        return;
    }
    if (!c->identity && o->insecure) {
        c->identity = calloc(1, sizeof *c->identity);
        if (c->identity)
            text_copy(c->identity->user_json, sizeof c->identity->user_json, TEXT("{}"));
    }
    if (c->identity)
        identified(c);
    else
        failed(c, ERR_UNAUTHORIZED);
}

/* ---- the welcome */

static void write_own_channel(struct json_writer *w, struct client *c,
                              const struct subscribe_result *own) ON(role_reactor)
{
    char channel[USER_TEXT_SIZE + 8];
    (void)snprintf(channel, sizeof channel, "user:%s", c->user);
    json_open(w, "subs", '{');
    json_open(w, channel, '{');
    subscribe_result_write(w, own);
    json_close(w, '}');
    json_close(w, '}');
}

/* A token's end is told, so that the client brings another one in time. */
static void write_expiry(struct json_writer *w, const struct client *c)
{
    if (!c->expires_ms || !c->expiry_told)
        return;
    int64_t left_ms = c->expires_ms - env_wall_ms(client_options(c)->env);
    json_add_bool(w, "expires", true);
    json_add_int(w, "ttl", left_ms > 1000 ? left_ms / 1000 : 1);
}

static void write_welcome(struct client *c, const struct subscribe_result *own) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    struct json_writer w;
    json_begin(&w, &c->pool->out);
    json_open(&w, NULL, '{');
    json_add_int(&w, "id", c->connect_id);
    json_open(&w, "connect", '{');
    json_add_text(&w, "client", text_of(c->hub_client.actor.connection));
    json_add_text(&w, "version", text_of(o->version));
    json_open(&w, "data", '{');
    o->rules.welcome(o->rules.ctx, c->identity, &w);
    json_close(&w, '}');
    if (own)
        write_own_channel(&w, c, own);
    write_expiry(&w, c);
    json_add_int(&w, "ping", o->ping_interval_ms / 1000 ? o->ping_interval_ms / 1000 : 1);
    json_add_bool(&w, "pong", true);
    json_close(&w, '}');
    json_close(&w, '}');
    client_flush_out(c);
}

void client_connected(struct client *c, const struct subscribe_result *own)
{
    const struct session_options *o = client_options(c);
    client_move(c, CLIENT_CONNECTED);
    client_admitted(c);
    write_welcome(c, own);
    if (c->state == CLIENT_CLOSED)
        return;
    free(c->identity);
    c->identity = NULL;
    unsigned char chance;
    env_random(o->env, &chance, 1); /* the first ping anywhere in the second half of the interval */
    c->ping_due_ms = reactor_now_ms(c->pool->reactor) + o->ping_interval_ms * (256 + chance) / 512;
    client_set_timer(c);

    struct ws_connection_record record;
    client_record(c, &record);
    log_event(LOG_INFO, "client_connected", KV_STR("client", record.id),
              KV_INT("user", record.user_id), KV_STR("address", record.address),
              KV_STR("program", record.client));
    if (o->rules.opened && record.user_id)
        o->rules.opened(o->rules.ctx, &record);
    /* It may have been ended since it was looked up, when this client could not be found by it. */
    if (c->session_id)
        client_renew(c);
    run_waiting(c);
}

/* ---- whether a session still is: it may have been prolonged meanwhile, or ended */

static void renewed(struct client *c, int64_t expires_ms) ON(role_reactor)
{
    c->confirmed = c->asked;
    if (c->expiry_told && c->expires_ms && (expires_ms == 0 || c->expires_ms < expires_ms))
        return; /* a token ends when it says */
    c->expires_ms = expires_ms;
    client_set_timer(c);
}

static void on_renewed(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    struct identity_post *post = object;
    bool there = c && c->state == CLIENT_CONNECTED;
    if (there && post->err == ERR_OK)
        renewed(c, post->who.expires_ms);
    else if (there && post->err == ERR_UNAUTHORIZED)
        client_close(c, CLOSE_force_disconnect);
    else if (there && post->err == ERR_EXPIRED)
        client_close(c, CLOSE_expired);
    /* other errors: asked again with the next ping */
    free(post);
}

static void renew_done(struct identity_answer answer, enum err e, const struct client_identity *who)
{
    post_identity(answer, e, who, on_renewed);
}

void client_renew(struct client *c)
{
    const struct session_options *o = client_options(c);
    struct identity_answer answer = {c->pool, client_number(c), renew_done};
    c->asked = atomic_load(&c->pool->doubts);
    (void)o->rules.renew(o->rules.ctx, c->session_id,
                         answer); /* refused: asked again with the next ping */
}

/* ---- refresh: another token of the same user, before the old one ends */

static void refreshed(struct client *c, const struct client_identity *who) ON(role_reactor)
{
    c->hub_client.actor.right = who->right;
    c->hub_client.actor.session_id = c->session_id = who->session_id;
    c->expires_ms = who->expires_ms;
    c->expiry_told = true;
    client_set_timer(c);
    struct json_writer w;
    json_begin(&w, &c->pool->out);
    json_open(&w, NULL, '{');
    json_add_int(&w, "id", c->refresh_id);
    json_open(&w, "refresh", '{');
    json_add_text(&w, "client", text_of(c->hub_client.actor.connection));
    json_add_text(&w, "version", text_of(client_options(c)->version));
    write_expiry(&w, c);
    json_close(&w, '}');
    json_close(&w, '}');
    client_flush_out(c);
}

static void on_refreshed(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    struct identity_post *post = object;
    if (!c || c->state != CLIENT_CONNECTED || !c->refresh_id) {
        metric_add(METRIC_replies_dropped, 1);
    } else if (post->err == ERR_BAD_TOKEN || post->err == ERR_UNAUTHORIZED ||
               (post->err == ERR_OK && post->who.user_id != c->hub_client.actor.user_id)) {
        metric_add(METRIC_auth_failures, 1);
        client_close(c, CLOSE_invalid_token);
    } else if (post->err == ERR_OK) {
        refreshed(c, &post->who);
        c->refresh_id = 0;
    } else {
        client_reply_error(c, c->refresh_id, post->err);
        c->refresh_id = 0;
    }
    free(post);
}

static void refresh_done(struct identity_answer answer, enum err e,
                         const struct client_identity *who)
{
    post_identity(answer, e, who, on_refreshed);
}

void client_refresh(struct client *c, const struct command *cmd)
{
    const struct session_options *o = client_options(c);
    struct identity_answer answer = {c->pool, client_number(c), refresh_done};
    if (cmd->token.len == 0) {
        client_reply_fault(c, cmd->id, ERR_BAD_REQUEST, TEXT("token is missing."));
        return;
    }
    enum err e = c->refresh_id ? ERR_BUSY : o->rules.identify(o->rules.ctx, cmd->token, answer);
    if (e == ERR_OK)
        c->refresh_id = cmd->id;
    else
        client_reply_error(c, cmd->id, e);
}
