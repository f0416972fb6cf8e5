/* api_clients: what the server API does to the clients of a user. */
#include "http/api.h"
#include "hub/hub.h"
#include "session/close_code.h"
#include "session/outside.h"

#include <stdlib.h>

static const struct http_options *options_of(void *ctx)
{
    struct visit *v = ctx;
    return &v->http->options;
}

static struct client_choice choice_of(const struct args *args)
{
    return (struct client_choice){.user = args_text(args, "user"),
                                  .client = args_text(args, "client"),
                                  .session = args_text(args, "session")};
}

static void on_acted(void *owner, enum err e, unsigned count)
{
    (void)count;
    struct reply *kept = owner;
    if (e == ERR_OK)
        reply_json(*kept, TEXT("{}"));
    else
        reply_error(*kept, e);
    free(kept);
}

/* ---- subscribe, unsubscribe */

/* null, which a client library may write for nothing, is nothing. */
static struct text unless_null(struct text json)
{
    return text_is(json, TEXT("null")) ? TEXT_NONE : json;
}

/* Whether it can be at all; if not that is answered. */
static bool may_subscribe(void *ctx, const struct args *args, struct reply reply)
{
    int64_t now_ms = env_wall_ms(options_of(ctx)->env);
    int64_t expire_at = args_int(args, "expire_at");
    struct text channel = args_text(args, "channel");
    if (!api_may_touch(channel, reply))
        return false;
    if (args_given(args, "override")) {
        reply_fault(reply, ERR_BAD_REQUEST, "override",
                    "override is not supported: the channel's own options hold.");
        return false;
    }
    if (expire_at > 0 && expire_at * 1000 <= now_ms) {
        reply_fault(reply, ERR_BAD_REQUEST, "expire_at", "expire_at has passed.");
        return false;
    }
    if (!hub_namespace(options_of(ctx)->hub, channel)) {
        reply_error(reply, ERR_UNKNOWN_CHANNEL);
        return false;
    }
    return true;
}

static void subscribe(void *ctx, const struct args *args, struct server_subscription *wanted,
                      struct reply reply)
{
    struct client_choice who = choice_of(args);
    struct reply *kept = reply_keep(reply);
    enum err e = kept ? sessions_subscribe(options_of(ctx)->sessions, &who, wanted,
                                           (struct acted){kept, on_acted})
                      : ERR_OK;
    if (e != ERR_OK)
        reply_kept_error(kept, e);
}

void api_subscribe(void *ctx, const struct actor *actor, const struct args *args,
                   struct reply reply)
{
    (void)actor;
    if (!may_subscribe(ctx, args, reply))
        return;
    struct server_subscription wanted = {
        .channel = args_text(args, "channel"),
        .recover = args_given(args, "recover_since"),
        .offset = (uint64_t)args_int(args, "recover_since.offset"),
        .epoch = args_text(args, "recover_since.epoch"),
        .expires_ms = args_int(args, "expire_at") * 1000,
    };
    struct buf data, info;
    if (api_payload(args, "data", reply, &data, &wanted.data)) {
        if (api_payload(args, "info", reply, &info, &wanted.chan_info)) {
            wanted.data = unless_null(wanted.data);
            wanted.chan_info = unless_null(wanted.chan_info);
            subscribe(ctx, args, &wanted, reply);
        }
        buf_fini(&info);
    }
    buf_fini(&data);
}

void api_unsubscribe(void *ctx, const struct actor *actor, const struct args *args,
                     struct reply reply)
{
    (void)actor;
    struct client_choice who = choice_of(args);
    struct text channel = args_text(args, "channel");
    if (!api_may_touch(channel, reply))
        return;
    struct reply *kept = reply_keep(reply);
    enum err e = kept ? sessions_unsubscribe(options_of(ctx)->sessions, &who, channel,
                                             (struct acted){kept, on_acted})
                      : ERR_OK;
    if (e != ERR_OK)
        reply_kept_error(kept, e);
}

/* ---- disconnect, refresh */

void api_disconnect(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    (void)actor;
    struct client_choice who = choice_of(args);
    const struct arg *spared = args_get(args, "whitelist");
    struct disconnection how = {.code = CLOSE_force_disconnect,
                                .reason = args_text(args, "disconnect.reason"),
                                .spared = spared->items,
                                .spared_count = spared->count};
    if (args_given(args, "disconnect"))
        how.code = (unsigned)args_int(args, "disconnect.code");
    if (how.reason.len == 0)
        how.reason = close_reason(how.code);
    struct reply *kept = reply_keep(reply);
    enum err e = kept ? sessions_disconnect(options_of(ctx)->sessions, &who, &how,
                                            (struct acted){kept, on_acted})
                      : ERR_OK;
    if (e != ERR_OK)
        reply_kept_error(kept, e);
}

void api_refresh(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)actor;
    struct client_choice who = choice_of(args);
    int64_t expires_ms = args_int(args, "expire_at") * 1000;
    if (args_int(args, "expired"))
        expires_ms = 1; /* long over */
    struct reply *kept = reply_keep(reply);
    enum err e = kept ? sessions_refresh(options_of(ctx)->sessions, &who, expires_ms,
                                         (struct acted){kept, on_acted})
                      : ERR_OK;
    if (e != ERR_OK)
        reply_kept_error(kept, e);
}
