/* api_methods: the table of the server API, and what its handlers share. */
#include "http/api.h"
#include "hub/hub.h"
#include "wire/json.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define SECONDS_MAX INT64_C(253402300799) /* the year 9999 */
#define OFFSET_MAX INT64_MAX
#define BASE64_MAX (2 * (int64_t)BODY_MAX_BYTES) /* the body's own bound comes first */

/* clang-format off: one parameter a line */
#define CHANNEL                                                                                    \
    {                                                                                              \
        .name = "channel", .type = PARAM_RAW, .required = true, .min = 1, .max = CHANNEL_MAX       \
    }
#define USER                                                                                       \
    {                                                                                              \
        .name = "user", .type = PARAM_RAW, .required = true, .max = 250                            \
    }
#define CLIENT                                                                                     \
    {                                                                                              \
        .name = "client", .type = PARAM_RAW, .max = 64                                             \
    }
#define SESSION                                                                                    \
    {                                                                                              \
        .name = "session", .type = PARAM_RAW, .max = 128                                           \
    }
#define PUBLICATION                                                                                \
    {.name = "data", .type = PARAM_JSON, .min = 1, .max = BODY_MAX_BYTES},                         \
        {.name = "b64data", .type = PARAM_RAW, .max = BASE64_MAX},                                 \
        {.name = "skip_history", .type = PARAM_BOOL},                                              \
        {.name = "tags", .type = PARAM_OBJECT, .min = 2, .max = 16384},                            \
        {.name = "idempotency_key", .type = PARAM_RAW, .max = PUBLISH_KEY_MAX},                    \
    {                                                                                              \
        .name = "delta", .type = PARAM_BOOL                                                        \
    }

static const struct param publish[] = {CHANNEL, PUBLICATION};

static const struct param broadcast[] = {
    {.name = "channels", .type = PARAM_TEXTS, .required = true, .min = 1, .max = API_CHANNELS_MAX},
    PUBLICATION,
};

static const struct param subscribe[] = {
    USER,
    CHANNEL,
    CLIENT,
    SESSION,
    {.name = "info", .type = PARAM_JSON, .min = 1, .max = API_INFO_MAX},
    {.name = "b64info", .type = PARAM_RAW, .max = (int64_t)2 * API_INFO_MAX},
    {.name = "data", .type = PARAM_JSON, .min = 1, .max = 65536},
    {.name = "b64data", .type = PARAM_RAW, .max = (int64_t)2 * 65536},
    {.name = "expire_at", .type = PARAM_INT, .min = 0, .max = SECONDS_MAX},
    {.name = "recover_since", .type = PARAM_OBJECT, .min = 2, .max = 1024},
    {.name = "recover_since.offset", .type = PARAM_INT, .min = 0, .max = OFFSET_MAX},
    {.name = "recover_since.epoch", .type = PARAM_RAW, .max = EPOCH_SIZE - 1},
    {.name = "override", .type = PARAM_OBJECT, .min = 2, .max = 4096},
};

static const struct param unsubscribe[] = {USER, CHANNEL, CLIENT, SESSION};

static const struct param disconnect[] = {
    USER,
    CLIENT,
    SESSION,
    {.name = "whitelist", .type = PARAM_TEXTS, .max = 1000},
    {.name = "disconnect", .type = PARAM_OBJECT, .min = 2, .max = 1024},
    {.name = "disconnect.code", .type = PARAM_INT, .required = true, .min = 3000, .max = 4999},
    {.name = "disconnect.reason", .type = PARAM_RAW, .max = 123},
};

static const struct param refresh[] = {
    USER,
    CLIENT,
    SESSION,
    {.name = "expired", .type = PARAM_BOOL},
    {.name = "expire_at", .type = PARAM_INT, .min = 0, .max = SECONDS_MAX},
};

static const struct param history[] = {
    CHANNEL,
    {.name = "limit", .type = PARAM_INT, .min = -1, .max = INT32_MAX},
    {.name = "since", .type = PARAM_OBJECT, .min = 2, .max = 1024},
    {.name = "since.offset", .type = PARAM_INT, .min = 0, .max = OFFSET_MAX},
    {.name = "since.epoch", .type = PARAM_RAW, .max = EPOCH_SIZE - 1},
    {.name = "reverse", .type = PARAM_BOOL},
};

static const struct param channel_alone[] = {CHANNEL};

static const struct param channels[] = {
    {.name = "pattern", .type = PARAM_RAW, .max = CHANNEL_MAX},
};

static const struct param batch[] = {
    {.name = "commands", .type = PARAM_JSON, .required = true, .min = 2, .max = BODY_MAX_BYTES},
    {.name = "parallel", .type = PARAM_BOOL},
};

static const struct method methods[] = {
    {"publish", RIGHT_LOCAL, 0, publish, COUNT(publish), api_publish},
    {"broadcast", RIGHT_LOCAL, 0, broadcast, COUNT(broadcast), api_broadcast},
    {"subscribe", RIGHT_LOCAL, 0, subscribe, COUNT(subscribe), api_subscribe},
    {"unsubscribe", RIGHT_LOCAL, 0, unsubscribe, COUNT(unsubscribe), api_unsubscribe},
    {"disconnect", RIGHT_LOCAL, 0, disconnect, COUNT(disconnect), api_disconnect},
    {"refresh", RIGHT_LOCAL, 0, refresh, COUNT(refresh), api_refresh},
    {"presence", RIGHT_LOCAL, 0, channel_alone, COUNT(channel_alone), api_presence},
    {"presence_stats", RIGHT_LOCAL, 0, channel_alone, COUNT(channel_alone), api_presence_stats},
    {"history", RIGHT_LOCAL, 0, history, COUNT(history), api_history},
    {"history_remove", RIGHT_LOCAL, 0, channel_alone, COUNT(channel_alone), api_history_remove},
    {"channels", RIGHT_LOCAL, 0, channels, COUNT(channels), api_channels},
    {"info", RIGHT_LOCAL, 0, NULL, 0, api_info},
    {"batch", RIGHT_LOCAL, 0, batch, COUNT(batch), api_batch},
};
/* clang-format on */

struct method_set api_methods(struct visit *v)
{
    return (struct method_set){methods, COUNT(methods), v};
}

/* ---- replies that wait */

struct reply *reply_keep(struct reply reply)
{
    struct reply *kept = malloc(sizeof *kept);
    if (kept)
        *kept = reply;
    else
        reply_error(reply, ERR_NOMEM);
    return kept;
}

void reply_kept_error(struct reply *kept, enum err e)
{
    reply_error(*kept, e);
    free(kept);
}

void reply_kept_json(struct reply *kept, struct buf *json)
{
    reply_buf(*kept, json);
    free(kept);
}

/* ---- parameters */

static bool decode(struct text base64, struct buf *out)
{
    size_t len = 0;
    char *at = buf_space(out, base64.len);
    if (!at || sodium_base642bin((unsigned char *)at, base64.len, base64.data, base64.len, NULL,
                                 &len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    buf_grown(out, len);
    return json_valid(buf_text(out), API_DATA_DEPTH_MAX);
}

bool api_payload(const struct args *args, const char *name, struct reply reply, struct buf *decoded,
                 struct text *out_json)
{
    char other[16], words[80];
    (void)snprintf(other, sizeof other, "b64%s", name);
    struct text base64 = args_text(args, other);
    buf_init(decoded, base64.len);
    *out_json = args_text(args, name);
    if (base64.len == 0)
        return true;
    bool good = decode(base64, decoded);
    *out_json = buf_text(decoded);
    if (!good && decoded->err != ERR_OK) {
        reply_error(reply, decoded->err);
    } else if (!good) {
        (void)snprintf(words, sizeof words, "%s must be JSON in base64.", other);
        reply_fault(reply, ERR_BAD_REQUEST, other, words);
    }
    return good;
}

bool api_is_products(struct text channel)
{
    return text_starts(channel, TEXT("room:")) || text_starts(channel, TEXT("user:"));
}

bool api_may_touch(struct text channel, struct reply reply)
{
    if (!api_is_products(channel))
        return true;
    reply_fault(reply, ERR_DENIED, "channel",
                "channel is the product's own: what happens in it is up to its methods.");
    return false;
}
