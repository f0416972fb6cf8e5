/* connect: who the client is (cookie at the upgrade, or a token), its manager, its own channel, the welcome. */
#include "base/log.h"
#include "base/metrics.h"
#include "session/client.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

#define REFRESH_PATIENCE_MS 30000 /* longer than a server of keys is waited for */

/* ---- what the request says */

static enum err read_data(struct client *c, struct text data) ON(role_reactor)
{
    struct json_member m;
    enum err e = ERR_OK;
    if (data.len == 0 || json_kind(data) != JSON_OBJECT)
        return e;
    while (e == ERR_OK && json_member(&data, &m)) {
        if (strcmp(m.key, "tab") != 0 || json_kind(m.value) != JSON_STRING)
            continue;
        struct buf tab;
        buf_init(&tab, 1024);
        json_string(m.value, &tab);
        e = client_set_word(c, WORD_TAB, buf_text(&tab));
        buf_fini(&tab);
    }
    return e;
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

/* It was answered; another connect may come. */
static void go_back(struct client *c) ON(role_reactor)
{
    if (c->state == CLIENT_CLOSED)
        return;
    client_move(c, CLIENT_OPENED);
    client_run_waiting(c); /* now, as commands without a connect: not behind the next one */
}

static void failed(struct client *c, enum err e) ON(role_reactor)
{
    client_reply_error(c, c->welcome->id, e);
    go_back(c);
}

static enum err get_manager(struct client *c, struct text user) ON(role_reactor)
{
    const struct session_options *o = client_options(c);
    if (c->manager && !text_is(ws_manager_user(c->manager), user))
        c->manager = ws_manager_unref(c->manager); /* the token is another user's than the cookie */
    return c->manager ? ERR_OK : ws_manager_get(o->registry, user, WS_MODE_UNIFIED, &c->manager);
}

/* Nobody (a server for development, a token without a user) has no manager. False: the client was closed, or told that it
 * may try again: no more people have room, or the level lets nobody in. A close would be for ever. */
static bool take_user(struct client *c) ON(role_reactor)
{
    const struct person *who = client_person(c);
    enum err e = who->user.len ? get_manager(c, who->user) : ERR_OK;
    if (e == ERR_FULL) {
        failed(c, e);
        return false;
    }
    c->hub_client.user_id = who->user_id;
    c->session_id = who->session_id;
    c->right = who->right;
    c->expires_ms = who->expires_ms;
    c->expiry_told = who->expiry_told;
    if (e == ERR_OK)
        e = client_set_word(c, WORD_INFO, who->info_json);
    if (e == ERR_OK && who->user.len)
        e = client_join_manager(c);
    if (e == ERR_NOT_NOW)
        failed(c, e);
    else if (e == ERR_LIMIT)
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
    w->err = client_subscribe_for(c, &wanted, NULL);
    if (w->err == ERR_OK)
        w->waiting++;
    else if (w->err == ERR_SUBSCRIBED)
        w->err = ERR_OK; /* named twice */
}

/* Its own channel, and those its token names. */
static void add_channels(struct client *c) ON(role_reactor)
{
    struct text rest = client_person(c)->channels_json, one;
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
    if (!client_may_connect(c, client_person(c)->user)) {
        go_back(c);
        return;
    }
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
    uint32_t id; /* of the command */
    enum err err;
    struct person *person; /* ERR_OK: who it is */
};

static void post_free(struct identity_post *post)
{
    free(post->person);
    free(post);
}

/* c NULL: it is gone. owns: person */
static void take_identity(struct client *c, enum err e, struct person *person) ON(role_reactor)
{
    if (!c || c->state != CLIENT_CONNECTING) {
        metric_add(METRIC_replies_dropped, 1);
    } else if (e == ERR_OK) {
        c->welcome->person = person;
        person = NULL;
        identified(c);
    } else if (e == ERR_BAD_TOKEN || e == ERR_UNAUTHORIZED) {
        client_close(c, CLOSE_invalid_token);
    } else {
        failed(c, e);
    }
    free(person);
}

static void on_identity(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct identity_post *post = object;
    take_identity(pool_find(subject, number), post->err, post->person);
    post->person = NULL;
    post_free(post);
}

/* From the thread that looked: carried over. If the mailbox is full the client's connect runs into its deadline. */
static void post_identity(struct identity_answer answer, enum err e,
                          const struct client_identity *who, reactor_run *run)
{
    struct pool *p = answer.owner;
    struct identity_post *post = malloc(sizeof *post);
    if (!post)
        return;
    *post = (struct identity_post){answer.id, e, e == ERR_OK ? person_new(who) : NULL};
    if (e == ERR_OK && !post->person)
        post->err = ERR_NOMEM;
    if (reactor_post(p->reactor, run, p, post, answer.number) != ERR_OK) {
        metric_add(METRIC_replies_dropped, 1);
        post_free(post);
    }
}

/* Mostly at once: only a person of this place is looked up, and a key that is not known yet. */
static void token_done(struct identity_answer answer, enum err e, const struct client_identity *who)
{
    struct pool *p = answer.owner;
    if (reactor_current() != p->reactor) {
        post_identity(answer, e, who, on_identity);
        return;
    }
    role_assert(&role_reactor);
    struct person *person = e == ERR_OK ? person_new(who) : NULL;
    if (e == ERR_OK && !person)
        e = ERR_NOMEM;
    take_identity(pool_find(p, answer.number), e, person);
}

static struct welcome *welcome_new(const struct client *c, const struct command *cmd)
{
    struct welcome *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->id = cmd->id;
    buf_init(&w->results, 8u << 20);
    buf_init(&w->commands, client_options(c)->message_max_bytes);
    w->subs = cmd->subs.len ? text_dup(cmd->subs) : NULL;
    if (cmd->subs.len && !w->subs)
        return welcome_free(w);
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
    enum err e = read_data(c, cmd->data);
    if (e == ERR_OK && cmd->name.len && client_word(c, WORD_PROGRAM).len == 0)
        e = client_set_word(c, WORD_PROGRAM, cmd->name);
    if (e == ERR_OK && cmd->token.len) { /* a token wins over a cookie */
        struct identity_answer answer = {c->pool, client_number(c), cmd->id, token_done};
        e = o->rules.identify(o->rules.ctx, cmd->token, answer);
    } else if (e == ERR_OK && (c->person || o->insecure)) {
        identified(c);
    } else if (e == ERR_OK) {
        metric_add(METRIC_auth_failures, 1);
        e = ERR_UNAUTHORIZED;
    }
    if (e != ERR_OK)
        failed(c, e);
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
    const struct person *who = client_person(c);
    struct json_writer w = client_reply_open(c, welcome->id, "connect");
    char id[UUID_SIZE];
    client_id(c, id);
    json_add_text(&w, "client", text_of(id));
    json_add_text(&w, "version", text_of(o->version));
    json_open(&w, "data", '{');
    o->rules.welcome(o->rules.ctx, who->user_json, who->expires_ms, &w);
    json_close(&w, '}');
    if (welcome->results.len > 0) {
        json_open(&w, "subs", '{');
        buf_add_text(&c->pool->out, buf_text(&welcome->results));
        json_close(&w, '}');
    }
    expiry_write(&w, c, c->expiry_told ? c->expires_ms : 0);
    json_add_int(&w, "ping", o->ping_interval_ms / 1000 ? o->ping_interval_ms / 1000 : 1);
    json_add_bool(&w, "pong", true);
    if (client_word(c, WORD_KEY).len > 0) {
        json_add_text(&w, "session", client_word(c, WORD_KEY));
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
    free(c->person);
    c->person = NULL;
    unsigned char chance;
    env_chance(o->env, &chance, 1); /* the first ping anywhere in the second half of the interval */
    if (!c->stopping)
        c->ping_due_ms = (uint32_t)(reactor_now_ms(c->pool->reactor) +
                                    o->ping_interval_ms * (256 + chance) / 512);
    client_set_timer(c);

    struct ws_connection_record record;
    client_record(c, &record);
    log_event(LOG_DEBUG, "client_connected", KV_STR("client", record.id),
              KV_INT("user", record.user_id), KV_STR("address", record.address),
              KV_STR("program", record.client));
    c->noted = record.user_id && c->manager && ws_manager_may(c->manager, WS_STORES);
    if (o->rules.opened && c->noted)
        o->rules.opened(o->rules.ctx, &record);
    /* It may have been ended since it was looked up, when this client could not be found by it. */
    if (c->session_id)
        client_renew(c);
    client_run_waiting(c);
}

/* ---- whether a session still is: it may have been prolonged meanwhile, or ended */

static void renewed(struct client *c, int64_t expires_ms) ON(role_reactor)
{
    c->confirmed = true;
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
        renewed(c, post->person->expires_ms);
    else if (there && post->err == ERR_UNAUTHORIZED)
        client_close(c, CLOSE_force_disconnect);
    else if (there && post->err == ERR_EXPIRED)
        client_close(c, CLOSE_expired);
    /* other errors: asked again with the next ping */
    post_free(post);
}

static void renew_done(struct identity_answer answer, enum err e, const struct client_identity *who)
{
    post_identity(answer, e, who, on_renewed);
}

void client_renew(struct client *c)
{
    const struct session_options *o = client_options(c);
    struct identity_answer answer = {c->pool, client_number(c), 0, renew_done};
    c->asked = atomic_load(&c->pool->doubts);
    c->confirmed = false;
    (void)o->rules.renew(o->rules.ctx, c->session_id,
                         answer); /* refused: asked again with the next ping */
}

/* ---- refresh: another token of the same user, before the old one ends */

static void refreshed(struct client *c, const struct person *who) ON(role_reactor)
{
    c->right = who->right;
    c->session_id = who->session_id;
    c->expires_ms = who->expires_ms;
    c->expiry_told = true;
    client_set_timer(c);
    struct json_writer w = client_reply_open(c, c->refresh_id, "refresh");
    char id[UUID_SIZE];
    client_id(c, id);
    json_add_text(&w, "client", text_of(id));
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
    if (!c || c->state != CLIENT_CONNECTED || post->id != c->refresh_id) {
        metric_add(METRIC_replies_dropped, 1);
    } else if (post->err == ERR_BAD_TOKEN || post->err == ERR_UNAUTHORIZED ||
               (post->err == ERR_OK && !text_is(post->person->user, client_user(c)))) {
        metric_add(METRIC_auth_failures, post->err == ERR_OK); /* a good one, but not this user's */
        client_close(c, CLOSE_invalid_token);
    } else if (post->err == ERR_OK) {
        refreshed(c, post->person);
        c->refresh_id = 0;
    } else {
        client_reply_error(c, c->refresh_id, post->err);
        c->refresh_id = 0;
    }
    post_free(post);
}

static void refresh_done(struct identity_answer answer, enum err e,
                         const struct client_identity *who)
{
    post_identity(answer, e, who, on_refreshed);
}

/* One at a time. An answer that a full mailbox lost is not waited for for ever. */
void client_refresh(struct client *c, const struct command *cmd)
{
    const struct session_options *o = client_options(c);
    struct identity_answer answer = {c->pool, client_number(c), cmd->id, refresh_done};
    int64_t now_ms = reactor_now_ms(c->pool->reactor);
    if (cmd->token.len == 0) {
        client_reply_fault(c, cmd->id, ERR_BAD_REQUEST, TEXT("token is missing."));
        return;
    }
    bool waits = c->refresh_id && now_ms < c->refresh_until_ms;
    enum err e = waits ? ERR_BUSY : o->rules.identify(o->rules.ctx, cmd->token, answer);
    if (e == ERR_OK) {
        c->refresh_id = cmd->id;
        c->refresh_until_ms = now_ms + REFRESH_PATIENCE_MS;
    } else {
        client_reply_error(c, cmd->id, e);
    }
}
