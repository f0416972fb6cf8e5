/* snug_sessions: between rooms that do not know each other: accounts' identities and the door's upgrades, as session
 * wants them. */
#include "base/log.h"
#include "base/metrics.h"
#include "snug_inside.h"
#include "wire/json.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void write_author(struct json_writer *w, const struct identity *who)
{
    json_add_id(w, "id", who->user_id);
    json_add_text(w, "name", text_of(who->name));
    json_add_text(w, "display", text_of(who->display));
    json_add_text(w, "role", text_of(who->role));
}

/* The user of the welcome: a person, or what an application calls its own user. */
static void write_user(struct buf *out, const struct identity *who)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    if (who->user_id) {
        write_author(&w, who);
        json_add_bool(&w, "active", true);
        json_add_int(&w, "created", who->created_ms);
    } else {
        json_add_text(&w, "id", text_of(who->user));
    }
    json_close(&w, '}');
}

/* What others are told of a connection: what its token says, else the person's names. */
static void write_info(struct buf *out, const struct identity *who)
{
    struct json_writer w;
    buf_add_text(out, text_of(who->info));
    if (who->info[0] || !who->user_id)
        return;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_add_text(&w, "name", text_of(who->name));
    json_add_text(&w, "display", text_of(who->display));
    json_add_text(&w, "role", text_of(who->role));
    json_close(&w, '}');
}

/* A token's `channels`, and the names of its `subs`. */
static void write_channels(struct buf *out, const struct identity *who)
{
    struct text list = text_of(who->channels), subs = text_of(who->subs), one, value;
    struct json_writer w;
    if (list.len == 0 && subs.len == 0)
        return;
    json_begin(&w, out);
    json_open(&w, NULL, '[');
    while (list.len && json_element(&list, &one))
        json_add_raw(&w, NULL, one);
    while (subs.len && json_entry(&subs, &one, &value))
        json_add_raw(&w, NULL, one);
    json_close(&w, ']');
}

/* errors: ERR_LIMIT: cannot be with names within their bounds */
static enum err client_identity_of(const struct identity *who, bool by_token,
                                   struct client_identity *out)
{
    struct buf b;
    if (strlen(who->user) > WS_USER_BYTES_MAX)
        return ERR_BAD_TOKEN;
    *out = (struct client_identity){.user_id = who->user_id,
                                    .session_id = who->session_id,
                                    .expires_ms = who->expires_ms,
                                    .expiry_told = by_token,
                                    .right = who->right};
    if (who->user_id)
        (void)snprintf(out->user, sizeof out->user, "%lld", (long long)who->user_id);
    else
        text_copy(out->user, sizeof out->user, text_of(who->user));
    buf_init(&b, sizeof out->user_json - 1);
    write_user(&b, who);
    text_copy(out->user_json, sizeof out->user_json, buf_text(&b));
    enum err e = b.err;
    buf_fini(&b);

    buf_init(&b, sizeof out->info_json - 1);
    write_info(&b, who);
    text_copy(out->info_json, sizeof out->info_json, buf_text(&b));
    e = e == ERR_OK ? b.err : e;
    buf_fini(&b);

    buf_init(&b, sizeof out->channels_json - 1);
    write_channels(&b, who);
    text_copy(out->channels_json, sizeof out->channels_json, buf_text(&b));
    e = e == ERR_OK ? b.err : e;
    buf_fini(&b);
    return e;
}

/* ---- who a token or session is: a question that accounts answers on its reader's thread */

static void answered(struct identity_asker asker, enum err e, const struct identity *who,
                     bool by_token)
{
    struct identity_answer *answer = asker.owner;
    struct client_identity client;
    if (e == ERR_OK)
        e = client_identity_of(who, by_token, &client);
    answer->done(*answer, e, e == ERR_OK ? &client : NULL);
    free(answer);
}

static void token_answered(struct identity_asker asker, enum err e, const struct identity *who)
{
    answered(asker, e, who, true);
}

static void session_answered(struct identity_asker asker, enum err e, const struct identity *who)
{
    answered(asker, e, who, false);
}

static struct identity_answer *keep(const struct identity_answer *answer)
{
    struct identity_answer *kept = malloc(sizeof *kept);
    if (kept)
        *kept = *answer;
    return kept;
}

static enum err identify(void *ctx, struct text token, struct identity_answer answer)
{
    struct snug *s = ctx;
    struct identity_answer *kept = keep(&answer);
    if (!kept)
        return ERR_BUSY;
    enum err e = accounts_token(s->accounts, token,
                                (struct identity_asker){.owner = kept, .answer = token_answered});
    if (e != ERR_OK)
        free(kept);
    return e;
}

static enum err renew(void *ctx, int64_t session_id, struct identity_answer answer)
{
    struct snug *s = ctx;
    struct identity_answer *kept = keep(&answer);
    if (!kept)
        return ERR_BUSY;
    enum err e =
        accounts_session(s->accounts, session_id,
                         (struct identity_asker){.owner = kept, .answer = session_answered});
    if (e != ERR_OK)
        free(kept);
    return e;
}

static enum err grant(void *ctx, struct text token, struct text user, struct text channel,
                      struct subscription_grant *out_grant)
{
    struct snug *s = ctx;
    struct subscription_claims claims;
    enum err e = accounts_subscription_token(s->accounts, token, user, channel, &claims);
    if (e != ERR_OK)
        return e;
    out_grant->expires_ms = claims.expires_s * 1000;
    text_copy(out_grant->info_json, sizeof out_grant->info_json, text_of(claims.info));
    return ERR_OK;
}

/* ---- the connect reply's data */

static void welcome(void *ctx, struct text user_json, int64_t expires_ms, struct json_writer *w)
{
    struct snug *s = ctx;
    json_add_raw(w, "user", user_json);
    json_add_text(w, "server", text_of(snug_version));
    json_add_text(w, "build", text_of(http_page_build()));
    json_add_text(w, "level", text_of(level_name(level_now(&s->level))));
    json_add_int(w, "time", env_wall_ms(&env_real));
    if (expires_ms) /* of the log-in or the token; ms since 1970 */
        json_add_int(w, "expires", expires_ms);
}

static bool serves(void *ctx, struct text channel)
{
    struct snug *s = ctx;
    return s->source.serves(s->source.ctx, channel);
}

static void opened(void *ctx, const struct ws_connection_record *record)
{
    struct snug *s = ctx;
    ops_connection_opened(s->ops, record);
}

static void closed(void *ctx, const struct ws_connection_record *record)
{
    struct snug *s = ctx;
    ops_connection_closed(s->ops, record);
}

static void admitted(void *ctx, void *pending)
{
    (void)ctx;
    (void)http_pending_done(pending);
}

static void left(void *ctx, void *place)
{
    (void)ctx;
    (void)http_place_leave(place);
}

struct session_rules snug_session_rules(struct snug *s)
{
    return (struct session_rules){
        .ctx = s,
        .methods = &s->methods,
        .identify = identify,
        .renew = renew,
        .grant = grant,
        .welcome = welcome,
        .serves = serves,
        .opened = opened,
        .closed = closed,
        .admitted = admitted,
        .left = left,
    };
}

/* ---- a socket from the door, on one of its workers */

void snug_hand_over(void *ctx, const struct http_upgrade *u)
{
    struct snug *s = ctx;
    struct session_socket socket = {.fd = u->fd,
                                    .ssl = u->ssl,
                                    .form = u->form,
                                    .early = u->early,
                                    .deflate = u->deflate,
                                    .manager = u->manager,
                                    .pending = u->pending,
                                    .place = u->place};
    text_copy(socket.address, sizeof socket.address, text_of(u->address));
    text_copy(socket.client, sizeof socket.client, text_of(u->client));
    struct client_identity identity;
    enum err e = ERR_OK;
    if (u->who.user_id) {
        e = client_identity_of(&u->who, false, &identity);
        socket.identity = &identity;
    }
    if (e == ERR_OK)
        e = sessions_adopt(s->sessions, &socket);
    if (e == ERR_OK)
        return;
    log_event(LOG_WARN, "upgrade_not_taken", KV_STR("why", err_name(e)),
              KV_STR("address", u->address));
    metric_add(METRIC_upgrades_refused, 1);
    (void)http_pending_done(u->pending);
    (void)http_place_leave(u->place);
    ws_manager_unref(u->manager);
    SSL_free(u->ssl);
    (void)close(u->fd);
}

enum err snug_command(void *ctx, struct text session, struct text commands)
{
    struct snug *s = ctx;
    return sessions_command(s->sessions, session, commands);
}
