/* channel_rights: what a client may do in a channel. Rooms are judged by their source; a person's own channel is theirs to
 * hear; all others follow their namespace, or a token that names user and channel. source: PROTOCOL.md */
#include "session/client.h"

static const struct channel_namespace *rules_of(const struct client *c, struct text channel)
{
    return hub_namespace(client_options(c)->hub, channel);
}

static bool is_product(const struct client *c, struct text channel)
{
    const struct session_rules *rules = &client_options(c)->rules;
    return rules->serves(rules->ctx, channel);
}

/* Whether it is somebody's personal channel and not this client's user's. */
static bool is_anothers(const struct client *c, struct text channel)
{
    return text_starts(channel, TEXT("user:")) &&
           (client_user(c).len == 0 || !text_is(text_after(channel, 5), client_user(c)));
}

enum err client_may_be_subscribed(const struct client *c, struct text channel)
{
    if (!channel_is_name(channel) || (!is_product(c, channel) && !rules_of(c, channel)))
        return ERR_UNKNOWN_CHANNEL;
    return is_anothers(c, channel) ? ERR_DENIED : ERR_OK;
}

bool client_names_channel(struct client *c, const struct command *cmd)
{
    if (channel_is_name(cmd->channel))
        return true;
    client_reply_fault(c, cmd->id, ERR_BAD_REQUEST,
                       TEXT("channel must have 1 to 255 bytes, and no control characters."));
    return false;
}

/* What is for everybody who has connected. */
static bool open_to(const struct client *c, bool clients, bool anonymous)
{
    return clients && (client_user(c).len > 0 || anonymous);
}

enum err client_may_subscribe(struct client *c, const struct command *cmd,
                              struct subscription_grant *out_grant)
{
    const struct session_rules *rules = &client_options(c)->rules;
    *out_grant = (struct subscription_grant){0};
    if (is_product(c, cmd->channel))
        return ERR_OK;
    if (text_starts(cmd->channel, TEXT("user:")))
        return is_anothers(c, cmd->channel) ? ERR_DENIED : ERR_OK;
    const struct channel_namespace *n = rules_of(c, cmd->channel);
    if (!n)
        return ERR_UNKNOWN_CHANNEL;
    if (cmd->token.len > 0)
        return rules->grant
                   ? rules->grant(rules->ctx, cmd->token, client_user(c), cmd->channel, out_grant)
                   : ERR_DENIED;
    if (channel_is_private(cmd->channel))
        return ERR_DENIED;
    if (n->allow_user_limited_channels && channel_is_limited(cmd->channel))
        return channel_names_user(cmd->channel, client_user(c)) ? ERR_OK : ERR_DENIED;
    return open_to(c, n->allow_subscribe_for_client, n->allow_subscribe_for_anonymous) ? ERR_OK
                                                                                       : ERR_DENIED;
}

static bool allows(struct client *c, struct text channel, const struct channel_namespace *n,
                   enum channel_act act) ON(role_reactor)
{
    struct subscription *s = client_find_channel(c, channel);
    bool there = s && subscription_waits(s) == 0;
    switch (act) {
    case ACT_PUBLISH:
        return open_to(c, n->allow_publish_for_client, n->allow_publish_for_anonymous) ||
               (there && n->allow_publish_for_subscriber);
    case ACT_HISTORY:
        return open_to(c, n->allow_history_for_client, n->allow_history_for_anonymous) ||
               (there && n->allow_history_for_subscriber);
    case ACT_PRESENCE:
        return open_to(c, n->allow_presence_for_client, n->allow_presence_for_anonymous) ||
               (there && n->allow_presence_for_subscriber);
    }
    return false;
}

enum err client_may(struct client *c, struct text channel, enum channel_act act)
{
    bool product = is_product(c, channel), personal = text_starts(channel, TEXT("user:"));
    if (act == ACT_PUBLISH && (product || personal))
        return ERR_DENIED; /* messages go to rooms through message.send */
    if (product)
        return ERR_OK;
    if (personal)
        return is_anothers(c, channel) ? ERR_DENIED : ERR_OK;
    const struct channel_namespace *n = rules_of(c, channel);
    if (!n)
        return ERR_UNKNOWN_CHANNEL;
    return allows(c, channel, n, act) ? ERR_OK : ERR_DENIED;
}
