/* ws_send: a document to all connections of one user, and what has become of it. */
#include "manager/manager_inside.h"

#include "hub/notice.h"
#include "hub/publish.h"

#include <stdlib.h>

#define PREFIX "user:"
#define CHANNEL_SIZE (sizeof PREFIX + WS_USER_BYTES_MAX)

/* Its channel, "user:<id>", in `room`. */
static struct text channel_of(const struct ws_manager *m, char room[CHANNEL_SIZE])
{
    char *at = room;
    (void)text_keep(&at, TEXT(PREFIX));
    (void)text_keep(&at, ws_manager_user(m));
    return (struct text){room, (size_t)(at - room)};
}

static struct ws_sent refused(enum err e)
{
    return (struct ws_sent){.outcome = WS_REFUSED, .err = e};
}

static struct ws_sent on_its_way(size_t connections)
{
    return (struct ws_sent){.outcome = connections ? WS_DELIVERED : WS_QUEUED,
                            .connections = connections};
}

/* Tells who wants to know, and returns it. */
static struct ws_sent told(const struct ws_receipt *receipt, struct ws_sent sent)
{
    if (receipt)
        receipt->told(receipt->ctx, &sent);
    return sent;
}

/* ---- through the hub */

/* A send whose offset somebody waits for. */
struct awaited {
    struct ws_receipt receipt;
    size_t connections;
};

static void numbered(const struct hub_publisher *to, enum err e, uint64_t offset, const char *epoch)
{
    (void)epoch;
    struct awaited *a = to->owner;
    struct ws_sent sent = e == ERR_OK ? on_its_way(a->connections) : refused(e);
    sent.offset = offset;
    (void)told(&a->receipt, sent);
    free(a);
}

static struct ws_sent send_kept(struct ws_manager *m, struct text json,
                                const struct ws_receipt *receipt)
{
    char channel[CHANNEL_SIZE];
    struct hub_publication p = {.channel = channel_of(m, channel), .data = json};
    struct hub_publisher to = {.published = numbered};
    struct ws_sent sent = on_its_way(ws_manager_connections(m));
    if (receipt) {
        struct awaited *a = malloc(sizeof *a);
        if (!a)
            return told(receipt, refused(ERR_NOMEM));
        *a = (struct awaited){*receipt, sent.connections};
        to.owner = a;
    }
    enum err e = hub_publish_asked(registry_of(m)->options.hub, &p, receipt ? &to : NULL);
    if (e == ERR_OK)
        return sent;
    free(to.owner);
    return told(receipt, refused(e));
}

/* ---- to who is there */

static struct ws_sent send_live(struct ws_manager *m, struct text json)
{
    struct hub *hub = registry_of(m)->options.hub;
    if (hub) {
        char channel[CHANNEL_SIZE];
        size_t connections = ws_manager_connections(m);
        if (connections > 0)
            hub_publish_passing(hub, channel_of(m, channel), json);
        return connections > 0 ? on_its_way(connections) : refused(ERR_UNAVAILABLE);
    }
    struct notice *n = notice_new(json);
    if (!n)
        return refused(ERR_NOMEM);
    size_t total = connections_tell(m, n);
    notice_unref(n);
    return total > 0 ? on_its_way(total) : refused(ERR_UNAVAILABLE);
}

struct ws_sent ws_manager_send(struct ws_manager *m, struct text json,
                               const struct ws_receipt *receipt)
{
    if (registry_of(m)->options.hub && ws_manager_may(m, WS_STORES))
        return send_kept(m, json, receipt);
    return told(receipt, send_live(m, json));
}
