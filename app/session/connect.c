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

static bool names(struct text key, struct text channel)
{
    struct buf name;
    buf_init(&name, key.len);
    json_string(key, &name);
    bool same = name.err == ERR_OK && text_is(buf_text(&name), channel);
    buf_fini(&name);
    return same;
}

/* The client's position in a channel that the server subscribes it to; empty: none. */
static struct text position_of(const struct welcome *w, struct text channel)
{
    struct text subs = text_of(w->subs), key, value;
    while (subs.len && json_entry(&subs, &key, &value))
        if (names(key, channel))
            return value;
    return TEXT_NONE;
}

/* Each is a position, whatever it is of. */
static bool subs_are_good(struct text subs)
{
    struct json_member channel, m;
    while (subs.len && json_member(&subs, &channel)) {
        if (json_kind(channel.value) != JSON_OBJECT)
            return false;
        struct text request = channel.value;
        while (json_member(&request, &m)) {
            int64_t offset;
            enum json_kind kind = json_kind(m.value);
            if ((strcmp(m.key, "recover") == 0 && kind != JSON_BOOL) ||
                (strcmp(m.key, "offset") == 0 && !json_int(m.value, 0, INT64_MAX, &offset)) ||
                (strcmp(m.key, "epoch") == 0 && kind != JSON_STRING))
                return false;
        }
    }
    return true;
}

/* ---- identity */

static void connected(struct client *c) ON(role_reactor);

static void failed(struct client *c, enum err e) ON(role_reactor)
{
    uint32_t id = c->welcome->id;
    metric_add(METRIC_auth_failures, 1);
    c->welcome = welcome_free(c->welcome);
    client_move(c, CLIENT_OPENED);
    client_reply_error(c, id, e);
    client_run_waiting(c); /* now, as commands without a connect: not behind the next one */
}

static enum err join_manager(struct client *c, struct text user) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    if (c->manager && !text_is(ws_manager_user(c->manager), user))
        c->manager = ws_manager_unref(c->manager); /* the token is another user's than the cookie */
    if (!c->manager) {
        enum err e = ws_manager_get(o->registry, user, WS_MODE_UNIFIED, &c->manager);
        if (e != ERR_OK)
            return e;
    }
    c->hub_client.info.user = ws_manager_user(c->manager);
    return client_join_manager(c);
}

/* Nobody (a server for development, a token without a user) has no manager. False: the client was closed. */
static bool take_user(struct client *c) ON(role_reactor)
{
    const struct client_identity *who = &c->welcome->who;
    struct actor *a = &c->hub_client.actor;
    a->user_id = who->user_id;
    a->session_id = c->session_id = who->session_id;
    a->right = who->right;
    c->expires_ms = who->expires_ms;
    c->expiry_told = who->expiry_told;
    c->info_json = text_dup(text_of(who->info_json));
    c->hub_client.info.client = text_of(a->connection);
    c->hub_client.info.conn_info = text_of(c->info_json);
    enum err e = c->info_json ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK && who->user[0])
        e = join_manager(c, text_of(who->user));
    if (e == ERR_LIMIT)
        client_close(c, CLOSE_connection_limit);
    else if (e != ERR_OK)
        client_close(c, e == ERR_UNAVAILABLE ? CLOSE_not_available : CLOSE_internal);
    return e == ERR_OK;
}

/* The members of a position; what is not there or has another type is left as it is. */
static void read_position(struct text position, struct server_subscription *out)
{
    struct json_member m;
    int64_t offset;
    while (position.len && json_member(&position, &m)) {
        enum json_kind kind = json_kind(m.value);
        if (strcmp(m.key, "recover") == 0 && kind == JSON_BOOL)
            out->recover = m.value.data[0] == 't';
        else if (strcmp(m.key, "offset") == 0 && json_int(m.value, 0, INT64_MAX, &offset))
            out->offset = (uint64_t)offset;
        else if (strcmp(m.key, "epoch") == 0 && kind == JSON_STRING)
            out->epoch = (struct text){m.value.data + 1, m.value.len - 2};
    }
}

static void add_channel(struct client *c, struct text channel) ON(role_reactor)
{
    struct welcome *w = c->welcome;
    if (w->err != ERR_OK)
        return;
    struct server_subscription wanted = {.channel = channel};
    read_position(position_of(w, channel), &wanted);
    w->err = client_subscribe_for(c, &wanted);
    if (w->err == ERR_OK)
        w->waiting++;
    else if (w->err == ERR_SUBSCRIBED)
        w->err = ERR_OK; /* named twice */
}

/* Its own channel, and those its token names. */
static void add_channels(struct client *c) ON(role_reactor)
{
    struct text rest = text_of(c->welcome->who.channels_json), one;
    if (client_user(c).len > 0) {
        char own[USER_TEXT_SIZE + 8];
        int n = snprintf(own, sizeof own, "user:%.*s", TEXT_ARG(client_user(c)));
        add_channel(c, (struct text){own, (size_t)n});
    }
    while (rest.len && json_element(&rest, &one)) {
        struct buf name;
        buf_init(&name, one.len);
        json_string(one, &name);
        add_channel(c, buf_text(&name));
        buf_fini(&name);
    }
}

/* All server-side subscriptions have been answered. */
static void settled(struct client *c) ON(role_reactor)
{
    enum err e = c->welcome->err;
    if (e == ERR_OK && c->welcome->results.err != ERR_OK)
        e = ERR_NOMEM;
    if (e == ERR_OK) {
        connected(c);
        return;
    }
    if (e == ERR_LIMIT)
        client_close(c, CLOSE_channel_limit);
    else if (e == ERR_DENIED || e == ERR_UNKNOWN_CHANNEL)
        client_close(c, CLOSE_permission_denied);
    else
        client_close(c, CLOSE_internal);
}

static void identified(struct client *c) ON(role_reactor)
{
    if (!take_user(c))
        return;
    add_channels(c);
    if (c->welcome->waiting == 0)
        settled(c);
}

void client_connect_subscribed(struct client *c, struct text channel,
                               const struct subscribe_result *r)
{
    struct welcome *w = c->welcome;
    struct subscribe_result told = *r;
    if (w->results.len + r->publications.len > client_options(c)->queue_max_bytes / 2) {
        told.recovered = false; /* the reply must fit into the queue: it reads on by itself */
        told.publications = TEXT_NONE;
        told.offset = told.top;
    }
    if (r->err == ERR_OK) {
        struct json_writer to = {&w->results, w->results.len == 0};
        json_add_key(&to, channel);
        json_open(&to, NULL, '{');
        subscribe_result_write(&to, c, &told, 0);
        json_close(&to, '}');
    } else if (w->err == ERR_OK) {
        w->err = r->err;
    }
    if (--w->waiting == 0)
        settled(c);
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
        c->welcome->who = post->who;
        identified(c);
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

static struct welcome *welcome_new(const struct client *c, const struct command *cmd)
{
    struct welcome *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->id = cmd->id;
    buf_init(&w->results, 8u << 20);
    w->subs = cmd->subs.len ? text_dup(cmd->subs) : NULL;
    if (cmd->subs.len && !w->subs)
        return welcome_free(w);
    if (c->identity)
        w->who = *c->identity;
    else
        text_copy(w->who.user_json, sizeof w->who.user_json, TEXT("{}"));
    return w;
}

void client_connect(struct client *c, const struct command *cmd)
{
    const struct session_options *o = client_options(c);
    if (!subs_are_good(cmd->subs)) {
        client_reply_fault(c, cmd->id, ERR_BAD_REQUEST, TEXT("subs has the wrong type."));
        return;
    }
    c->welcome = welcome_new(c, cmd);
    if (!c->welcome) {
        client_reply_error(c, cmd->id, ERR_NOMEM);
        return;
    }
    client_move(c, CLIENT_CONNECTING);
    read_data(c, cmd->data);
    if (cmd->name.len && !c->hub_client.actor.client[0])
        text_copy(c->hub_client.actor.client, sizeof c->hub_client.actor.client, cmd->name);
    if (cmd->token.len) { /* a token wins over a cookie */
        struct identity_answer answer = {c->pool, client_number(c), token_done};
        enum err e = o->rules.identify(o->rules.ctx, cmd->token, answer);
        if (e != ERR_OK)
            failed(c, e);
    } else if (c->identity || o->insecure) {
        identified(c);
    } else {
        failed(c, ERR_UNAUTHORIZED);
    }
}

/* ---- the welcome */

/* A token's end is told, so that the client brings another one in time. */
void expiry_write(struct json_writer *w, const struct client *c, int64_t expires_ms)
{
    if (!expires_ms)
        return;
    int64_t left_ms = expires_ms - env_wall_ms(client_options(c)->env);
    json_add_bool(w, "expires", true);
    int64_t ttl_s = left_ms > 1000 ? left_ms / 1000 : 1;
    json_add_int(w, "ttl",
                 ttl_s < INT32_MAX ? ttl_s
                                   : INT32_MAX); /* 68 years: a number of 32 bits in Protobuf */
}

static void write_welcome(struct client *c) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    const struct welcome *welcome = c->welcome;
    struct json_writer w = client_reply_open(c, welcome->id, "connect");
    json_add_text(&w, "client", text_of(c->hub_client.actor.connection));
    json_add_text(&w, "version", text_of(o->version));
    json_open(&w, "data", '{');
    o->rules.welcome(o->rules.ctx, &welcome->who, &w);
    json_close(&w, '}');
    if (welcome->results.len > 0) {
        json_open(&w, "subs", '{');
        buf_add_text(&c->pool->out, buf_text(&welcome->results));
        json_close(&w, '}');
    }
    expiry_write(&w, c, c->expiry_told ? c->expires_ms : 0);
    json_add_int(&w, "ping", o->ping_interval_ms / 1000 ? o->ping_interval_ms / 1000 : 1);
    json_add_bool(&w, "pong", true);
    if (c->session_key) {
        json_add_text(&w, "session", text_of(c->session_key));
        json_add_text(&w, "node", text_of(o->node));
    }
    client_reply_close(c, &w, false);
}

static void connected(struct client *c)
{
    const struct session_options *o = client_options(c);
    client_move(c, CLIENT_CONNECTED);
    client_admitted(c);
    write_welcome(c);
    if (c->state == CLIENT_CLOSED)
        return;
    c->welcome = welcome_free(c->welcome);
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
    client_run_waiting(c);
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
    struct json_writer w = client_reply_open(c, c->refresh_id, "refresh");
    json_add_text(&w, "client", text_of(c->hub_client.actor.connection));
    json_add_text(&w, "version", text_of(client_options(c)->version));
    expiry_write(&w, c, c->expires_ms);
    client_reply_close(c, &w, false);
}

void client_expire_at(struct client *c, int64_t expires_ms)
{
    struct buf json;
    struct json_writer w;
    c->expires_ms = expires_ms;
    c->expiry_told = true;
    client_set_timer(c);
    if (c->state == CLIENT_CLOSED)
        return;
    buf_init(&json, 100);
    json_begin(&w, &json);
    json_open(&w, NULL, '{');
    expiry_write(&w, c, expires_ms);
    json_close(&w, '}');
    client_push(c, TEXT_NONE, "refresh", &json);
}

static void on_refreshed(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct client *c = pool_find(subject, number);
    struct identity_post *post = object;
    if (!c || c->state != CLIENT_CONNECTED || !c->refresh_id) {
        metric_add(METRIC_replies_dropped, 1);
    } else if (post->err == ERR_BAD_TOKEN || post->err == ERR_UNAUTHORIZED ||
               (post->err == ERR_OK && !text_is(text_of(post->who.user), client_user(c)))) {
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
