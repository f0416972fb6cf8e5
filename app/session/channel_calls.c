/* channel_calls: what a client does in a channel besides listening: publish, history, presence. */
#include "base/metrics.h"
#include "session/client.h"
#include "wire/json.h"

#include <stdlib.h>

/* Whether the call may go on; if not it is answered here. */
static bool allowed(struct client *c, const struct command *cmd, enum channel_act act)
    ON(role_reactor)
{
    if (!client_names_channel(c, cmd))
        return false;
    enum err e = client_may(c, cmd->channel, act);
    if (e != ERR_OK)
        client_reply_error(c, cmd->id, e);
    return e == ERR_OK;
}

/* Who asked, if still there and if there is an answer; else it is told here. */
static struct client *asker_of(struct pool *p, uint64_t number, uint64_t id, enum err e)
    ON(role_reactor)
{
    struct client *c = pool_find(p, number);
    if (!c || c->state == CLIENT_CLOSED) {
        metric_add(METRIC_replies_dropped, 1);
        return NULL;
    }
    if (e == ERR_OK)
        return c;
    client_reply_error(c, (uint32_t)id, e);
    return NULL;
}

/* ---- publish */

static void answer_published(struct pool *p, uint64_t number, uint64_t id, enum err e)
    ON(role_reactor)
{
    struct client *c = asker_of(p, number, id, e);
    if (c)
        client_reply(c, (uint32_t)id, "publish", TEXT("{}"));
}

struct published_post {
    uint64_t id;
    enum err err;
};

static void on_published(void *subject, void *object, uint64_t number)
{
    role_assert(&role_reactor);
    struct published_post *post = object;
    answer_published(subject, number, post->id, post->err);
    free(post);
}

/* From the channel's home, or at once. */
static void published(const struct hub_publisher *to, enum err e, uint64_t offset,
                      const char *epoch)
{
    (void)offset;
    (void)epoch;
    struct pool *p = to->owner;
    if (reactor_current() == p->reactor) {
        role_assert(&role_reactor);
        answer_published(p, to->number, to->id, e);
        return;
    }
    struct published_post *post = malloc(sizeof *post);
    if (post) {
        *post = (struct published_post){to->id, e};
        if (reactor_post(p->reactor, on_published, p, post, to->number) == ERR_OK)
            return;
        free(post);
    }
    metric_add(METRIC_replies_dropped, 1);
}

void client_publish(struct client *c, const struct command *cmd)
{
    if (!allowed(c, cmd, ACT_PUBLISH))
        return;
    if (cmd->data.len == 0) {
        client_reply_fault(c, cmd->id, ERR_BAD_REQUEST, TEXT("data is missing."));
        return;
    }
    if (!client_may_send(c, cmd))
        return;
    struct buf info;
    char room[512];
    buf_init_lent(&info, 8192, room, sizeof room);
    char id[UUID_SIZE];
    struct client_info who = client_info(c, id);
    client_info_write(&info, &who);
    struct hub_publication p = {
        .channel = cmd->channel, .data = cmd->data, .info = buf_text(&info)};
    struct hub_publisher to = {c->pool, client_number(c), cmd->id, published};
    if (info.err == ERR_OK)
        hub_publish_to(client_options(c)->hub, &p, &to);
    else
        client_reply_error(c, cmd->id, info.err);
    buf_fini(&info);
}

/* ---- questions */

static void on_history(const struct hub_asker *asker, const struct stream_page *page)
{
    role_assert(&role_reactor);
    struct client *c = asker_of(asker->owner, asker->number, asker->id, page->err);
    if (!c)
        return;
    struct json_writer w = client_reply_open(c, (uint32_t)asker->id, "history");
    if (page->count) {
        json_open(&w, "publications", '[');
        json_add_raw(&w, NULL, buf_text(&page->publications));
        json_close(&w, ']');
    }
    json_add_text(&w, "epoch", text_of(page->epoch));
    if (page->top)
        json_add_int(&w, "offset", (int64_t)page->top);
    client_reply_close(c, &w, false);
}

static struct stream_query query_of(const struct client *c, const struct command *cmd,
                                    enum stream_purpose purpose)
{
    struct stream_query query = {.purpose = purpose};
    client_actor(c, &query.actor);
    text_copy(query.channel, sizeof query.channel, cmd->channel);
    return query;
}

void client_history(struct client *c, const struct command *cmd)
{
    if (!allowed(c, cmd, ACT_HISTORY))
        return;
    struct stream_query query = query_of(c, cmd, STREAM_HISTORY);
    query.has_since = cmd->has_since;
    query.since = cmd->offset;
    query.limit = cmd->limit;
    query.reverse = cmd->reverse;
    text_copy(query.epoch, sizeof query.epoch, cmd->epoch);
    struct hub_asker asker = {
        .owner = c->pool, .number = client_number(c), .id = cmd->id, .history = on_history};
    enum err e = hub_history(client_options(c)->hub, &query, &asker);
    if (e != ERR_OK)
        client_reply_error(c, cmd->id, e);
}

#define STATS_ONLY ((uint64_t)1 << 32)

static void on_presence(const struct hub_asker *asker, const struct presence_result *r)
{
    role_assert(&role_reactor);
    struct client *c = asker_of(asker->owner, asker->number, (uint32_t)asker->id, r->err);
    if (!c)
        return;
    bool stats = asker->id & STATS_ONLY;
    struct json_writer w =
        client_reply_open(c, (uint32_t)asker->id, stats ? "presence_stats" : "presence");
    if (stats) {
        json_add_int(&w, "num_clients", r->num_clients);
        json_add_int(&w, "num_users", r->num_users);
    } else {
        json_open(&w, "presence", '{');
        buf_add_text(&c->pool->out, r->clients);
        json_close(&w, '}');
    }
    client_reply_close(c, &w, false);
}

void client_presence(struct client *c, const struct command *cmd)
{
    if (!allowed(c, cmd, ACT_PRESENCE))
        return;
    bool stats = cmd->kind == COMMAND_presence_stats;
    struct stream_query query = query_of(c, cmd, STREAM_PRESENCE);
    query.limit = stats ? 0 : -1;
    struct hub_asker asker = {.owner = c->pool,
                              .number = client_number(c),
                              .id = cmd->id | (stats ? STATS_ONLY : 0),
                              .presence = on_presence};
    enum err e = hub_presence(client_options(c)->hub, &query, &asker);
    if (e != ERR_OK)
        client_reply_error(c, cmd->id, e);
}
