/* api_channels: what the server API does with channels: publish, look, forget, list. */
#include "base/metrics.h"
#include "http/api.h"
#include "hub/hub.h"
#include "session/session.h"
#include "wire/json.h"
#include "wire/tag_filter.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define JSON_MAX_BYTES ((size_t)20 << 20)

static struct hub *hub_of(void *ctx)
{
    struct visit *v = ctx;
    return v->http->options.hub;
}

static struct json_writer open_json(struct buf *json)
{
    struct json_writer w;
    buf_init(json, JSON_MAX_BYTES);
    json_begin(&w, json);
    json_open(&w, NULL, '{');
    return w;
}

/* ---- publish, broadcast */

/* A channel that keeps nothing has no position. */
static void add_position(struct json_writer *w, uint64_t offset, const char *epoch)
{
    if (offset == 0)
        return;
    json_add_int(w, "offset", (int64_t)offset);
    json_add_text(w, "epoch", text_of(epoch));
}

/* Everything but the channel; false: something is wrong, and that was answered. */
static bool read_publication(const struct args *args, struct reply reply, struct buf *decoded,
                             struct hub_publication *out)
{
    *out = (struct hub_publication){.tags = args_text(args, "tags"),
                                    .key = args_text(args, "idempotency_key"),
                                    .skip_history = args_int(args, "skip_history"),
                                    .delta = args_int(args, "delta")};
    if (!api_payload(args, "data", reply, decoded, &out->data))
        return false;
    struct tags tags = {0};
    enum err e = out->tags.len > 0 ? tags_parse(out->tags, &tags) : ERR_OK;
    tags_fini(&tags);
    if (out->data.len == 0)
        reply_fault(reply, ERR_BAD_REQUEST, "data", "data is missing.");
    else if (e == ERR_BAD_REQUEST)
        reply_fault(reply, e, "tags", "tags must be an object of texts.");
    else if (e == ERR_LIMIT)
        reply_fault(reply, ERR_BAD_REQUEST, "tags", "tags are too many or too long.");
    else if (e != ERR_OK)
        reply_error(reply, e);
    return out->data.len > 0 && e == ERR_OK;
}

static void published(const struct hub_publisher *to, enum err e, uint64_t offset,
                      const char *epoch)
{
    struct buf json;
    if (e != ERR_OK) {
        reply_kept_error(to->owner, e);
        return;
    }
    struct json_writer w = open_json(&json);
    add_position(&w, offset, epoch);
    json_close(&w, '}');
    reply_kept_json(to->owner, &json);
}

void api_publish(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)actor;
    struct buf decoded;
    struct hub_publication p;
    if (!api_may_touch(args_text(args, "channel"), reply))
        return;
    bool good = read_publication(args, reply, &decoded, &p);
    struct reply *kept = good ? reply_keep(reply) : NULL;
    if (kept) {
        p.channel = args_text(args, "channel");
        hub_publish_to(hub_of(ctx), &p,
                       &(struct hub_publisher){.owner = kept, .published = published});
    }
    buf_fini(&decoded);
}

/* Publications that were made together: the last answer sends the reply. */
struct broadcast {
    struct reply reply;
    atomic_size_t waiting;
    size_t count;
    struct broadcast_result {
        enum err err;
        uint64_t offset;
        char epoch[EPOCH_SIZE];
    } results[];
};

static void broadcast_answer(struct broadcast *b)
{
    struct buf json;
    struct json_writer w = open_json(&json);
    json_open(&w, "responses", '[');
    for (size_t i = 0; i < b->count; i++) {
        const struct broadcast_result *r = &b->results[i];
        json_open(&w, NULL, '{');
        json_open(&w, r->err == ERR_OK ? "result" : "error", '{');
        if (r->err == ERR_OK) {
            add_position(&w, r->offset, r->epoch);
        } else {
            json_add_int(&w, "code", err_code(r->err));
            json_add_text(&w, "message", text_of(err_text(r->err)));
        }
        json_close(&w, '}');
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
    reply_buf(b->reply, &json);
    free(b);
}

static void broadcast_one(const struct hub_publisher *to, enum err e, uint64_t offset,
                          const char *epoch)
{
    struct broadcast *b = to->owner;
    struct broadcast_result *r = &b->results[to->number];
    r->err = e; /* NOLINT(clang-analyzer-unix.Malloc): only the last of `count` answers frees b */
    r->offset = offset;
    text_copy(r->epoch, sizeof r->epoch, text_of(epoch));
    if (atomic_fetch_sub(&b->waiting, 1) == 1)
        broadcast_answer(b);
}

void api_broadcast(void *ctx, const struct actor *actor, const struct args *args,
                   struct reply reply)
{
    (void)actor;
    struct buf decoded;
    struct hub_publication p;
    const struct arg *channels = args_get(args, "channels");
    bool good = read_publication(args, reply, &decoded, &p);
    struct broadcast *b =
        good ? calloc(1, sizeof *b + channels->count * sizeof b->results[0]) : NULL;
    if (good && !b)
        reply_error(reply, ERR_NOMEM);
    if (b) {
        b->reply = reply;
        b->count = channels->count;
        atomic_init(&b->waiting, b->count);
    }
    for (size_t i = 0; b && i < channels->count; i++) { /* after the last one b may be gone */
        struct hub_publisher to = {.owner = b, .number = i, .published = broadcast_one};
        p.channel = channels->items[i];
        if (api_is_products(p.channel))
            broadcast_one(&to, ERR_DENIED, 0, "");
        else
            hub_publish_to(hub_of(ctx), &p, &to);
    }
    buf_fini(&decoded);
}

/* ---- history */

static struct stream_query query_of(const struct actor *actor, const struct args *args,
                                    enum stream_purpose purpose, int64_t limit)
{
    struct stream_query query = {.purpose = purpose, .actor = *actor, .limit = limit};
    text_copy(query.channel, sizeof query.channel, args_text(args, "channel"));
    return query;
}

static void on_history(const struct hub_asker *asker, const struct stream_page *page)
{
    struct buf json;
    if (page->err != ERR_OK) {
        reply_kept_error(asker->owner, page->err);
        return;
    }
    struct json_writer w = open_json(&json);
    json_open(&w, "publications", '[');
    if (page->count > 0)
        json_add_raw(&w, NULL, buf_text(&page->publications));
    json_close(&w, ']');
    json_add_text(&w, "epoch", text_of(page->epoch));
    json_add_int(&w, "offset", (int64_t)page->top);
    json_close(&w, '}');
    reply_kept_json(asker->owner, &json);
}

void api_history(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct stream_query query = query_of(actor, args, STREAM_HISTORY, args_int(args, "limit"));
    query.has_since = args_given(args, "since");
    query.since = (uint64_t)args_int(args, "since.offset");
    query.reverse = args_int(args, "reverse");
    text_copy(query.epoch, sizeof query.epoch, args_text(args, "since.epoch"));
    struct reply *kept = reply_keep(reply);
    struct hub_asker asker = {.owner = kept, .history = on_history};
    enum err e = kept ? hub_history(hub_of(ctx), &query, &asker) : ERR_OK;
    if (e != ERR_OK)
        reply_kept_error(kept, e);
}

static void on_removed(const struct hub_asker *asker, enum err e)
{
    if (e == ERR_OK)
        reply_json(*(struct reply *)asker->owner, TEXT("{}"));
    else
        reply_error(*(struct reply *)asker->owner, e);
    free(asker->owner);
}

void api_history_remove(void *ctx, const struct actor *actor, const struct args *args,
                        struct reply reply)
{
    (void)actor;
    if (!api_may_touch(args_text(args, "channel"), reply))
        return;
    struct reply *kept = reply_keep(reply);
    struct hub_asker asker = {.owner = kept, .removed = on_removed};
    enum err e =
        kept ? hub_history_remove(hub_of(ctx), args_text(args, "channel"), &asker) : ERR_OK;
    if (e != ERR_OK)
        reply_kept_error(kept, e);
}

/* ---- presence */

static void on_presence(const struct hub_asker *asker, const struct presence_result *r)
{
    struct buf json;
    if (r->err != ERR_OK) {
        reply_kept_error(asker->owner, r->err);
        return;
    }
    struct json_writer w = open_json(&json);
    json_open(&w, "presence", '{');
    buf_add_text(&json, r->clients);
    json_close(&w, '}');
    json_close(&w, '}');
    reply_kept_json(asker->owner, &json);
}

static void on_presence_stats(const struct hub_asker *asker, const struct presence_result *r)
{
    struct buf json;
    if (r->err != ERR_OK) {
        reply_kept_error(asker->owner, r->err);
        return;
    }
    struct json_writer w = open_json(&json);
    json_add_int(&w, "num_clients", r->num_clients);
    json_add_int(&w, "num_users", r->num_users);
    json_close(&w, '}');
    reply_kept_json(asker->owner, &json);
}

static void ask_presence(void *ctx, const struct stream_query *query, struct reply reply,
                         void (*told)(const struct hub_asker *, const struct presence_result *))
{
    struct reply *kept = reply_keep(reply);
    struct hub_asker asker = {.owner = kept, .presence = told};
    enum err e = kept ? hub_presence(hub_of(ctx), query, &asker) : ERR_OK;
    if (e != ERR_OK)
        reply_kept_error(kept, e);
}

void api_presence(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct stream_query query = query_of(actor, args, STREAM_PRESENCE, -1);
    ask_presence(ctx, &query, reply, on_presence);
}

void api_presence_stats(void *ctx, const struct actor *actor, const struct args *args,
                        struct reply reply)
{
    struct stream_query query = query_of(actor, args, STREAM_PRESENCE, 0);
    ask_presence(ctx, &query, reply, on_presence_stats);
}

/* ---- channels, info */

static void on_channels(const struct hub_asker *asker, const struct channels_result *r)
{
    struct buf json;
    if (r->err != ERR_OK) {
        reply_kept_error(asker->owner, r->err);
        return;
    }
    struct json_writer w = open_json(&json);
    json_open(&w, "channels", '{');
    buf_add_text(&json, r->channels);
    json_close(&w, '}');
    json_close(&w, '}');
    reply_kept_json(asker->owner, &json);
}

void api_channels(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)actor;
    struct reply *kept = reply_keep(reply);
    struct hub_asker asker = {.owner = kept, .channels = on_channels};
    enum err e =
        kept ? hub_channels(hub_of(ctx), args_text(args, "pattern"), false, &asker) : ERR_OK;
    if (e != ERR_OK)
        reply_kept_error(kept, e);
}

struct info {
    struct reply reply;
    unsigned clients;
    int64_t uptime_s;
    char uid[64], name[80], version[32];
};

static void on_counted(const struct hub_asker *asker, const struct channels_result *r)
{
    struct info *info = asker->owner;
    struct buf json;
    struct json_writer w = open_json(&json);
    json_open(&w, "nodes", '[');
    json_open(&w, NULL, '{');
    json_add_text(&w, "uid", text_of(info->uid));
    json_add_text(&w, "name", text_of(info->name));
    json_add_text(&w, "version", text_of(info->version));
    json_add_int(&w, "num_clients", info->clients);
    json_add_int(&w, "num_users", metric_get(METRIC_users));
    json_add_int(&w, "num_subs", metric_get(METRIC_subscriptions));
    json_add_int(&w, "num_channels", r->num_channels);
    json_add_int(&w, "uptime", info->uptime_s);
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
    if (r->err != ERR_OK)
        json.err = r->err;
    reply_buf(info->reply, &json);
    free(info);
}

void api_info(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    (void)actor;
    (void)args;
    const struct http *h = ((struct visit *)ctx)->http;
    struct info *info = calloc(1, sizeof *info);
    if (!info) {
        reply_error(reply, ERR_NOMEM);
        return;
    }
    info->reply = reply;
    info->clients = sessions_count(h->options.sessions);
    info->uptime_s = (env_monotonic_ms(h->options.env) - h->started_ms) / 1000;
    text_copy(info->uid, sizeof info->uid, text_of(h->options.node));
    text_copy(info->name, sizeof info->name, text_of(strstr(h->url, "://") + 3));
    text_copy(info->version, sizeof info->version, text_of(h->options.version));
    struct hub_asker asker = {.owner = info, .channels = on_counted};
    enum err e = hub_channels(h->options.hub, TEXT_NONE, true, &asker);
    if (e != ERR_OK) {
        reply_error(reply, e);
        free(info);
    }
}
