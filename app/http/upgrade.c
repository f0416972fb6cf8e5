/* GET /connection/websocket: the opening handshake, and the hand-over of the socket. source: RFC 6455 4.2 */
#include "http/inside.h"

#include "base/metrics.h"
#include "http/handshake.h"
#include "http/user_agent.h"
#include "manager/ws_manager.h"

#include <stdio.h>

#define RETRY TEXT("Retry-After: 1\r\n")

/* What can be said without asking anybody. */
static struct refusal check_head(const struct visit *v, struct handshake *out)
{
    const struct door_request *r = v->r;
    struct refusal no = handshake_check(r, &v->http->options.deflate, out);
    if (no.status != 0)
        return no;
    if (header_count(r, "Origin") > 0 &&
        !origin_allowed(header_get(r, "Origin"), header_get(r, "Host"), v->secure,
                        v->http->options.allowed_origins))
        return (struct refusal){403, "Pages of this origin may not connect.", TEXT_NONE};
    if (metric_get(METRIC_connections) >= (int64_t)v->http->options.connections_max)
        return (struct refusal){503, "There are too many connections.", TEXT("Retry-After: 5\r\n")};
    return (struct refusal){0};
}

/* In slices, so that a check that hangs does not keep the server from stopping; it is not run then, if it only waits. */
ON(role_http)
static enum err wait_for_manager(struct visit *v, struct ws_manager_future *f,
                                 struct http_upgrade *u)
{
    int64_t until_ms = env_monotonic_ms(&env_real) + v->http->options.call_deadline_ms;
    for (;;) {
        int64_t left_ms = until_ms - env_monotonic_ms(&env_real);
        int64_t wait_ms = left_ms < WAIT_SLICE_MS ? left_ms : WAIT_SLICE_MS;
        int64_t slice_ms = env_monotonic_ms(&env_real) + wait_ms;
        enum err e = ws_manager_future_wait(f, wait_ms, &u->manager);
        if (e != ERR_TIMEOUT || left_ms <= WAIT_SLICE_MS || env_monotonic_ms(&env_real) < slice_ms)
            return e;
        if (visit_gives_up(v)) {
            (void)ws_manager_future_cancel(f);
            return ERR_CLOSED;
        }
    }
}

ON(role_http) static enum err get_manager(struct visit *v, struct http_upgrade *u)
{
    char id[24];
    int len = snprintf(id, sizeof id, "%lld", (long long)u->who.user_id);
    struct ws_manager_future *f = NULL;
    enum err e = ws_manager_get_async(v->http->options.registry, (struct text){id, (size_t)len},
                                      WS_MODE_UNIFIED, NULL, &f);
    if (e != ERR_OK)
        return e;
    e = wait_for_manager(v, f, u);
    ws_manager_future_unref(f);
    return e;
}

/* A place among those who have not connected yet; a good cookie also brings its user's manager. */
ON(role_http) static struct refusal find_rights(struct visit *v, struct http_upgrade *u)
{
    enum err e = who_has_cookie(v, &u->who);
    if (e != ERR_OK && err_status(e) != 401)
        return (struct refusal){503, err_text(e), RETRY};
    if (e != ERR_OK)
        u->who = (struct identity){0}; /* a bad cookie is none */
    e = pending_take(v->http->pending, v->address, u->who.user_id, &u->pending);
    if (e != ERR_OK)
        return (struct refusal){503, "Too many connections are open here that do not say connect.",
                                TEXT("Retry-After: 5\r\n")};
    if (u->who.user_id == 0)
        return (struct refusal){0};
    e = get_manager(v, u);
    if (e == ERR_OK)
        return (struct refusal){0};
    u->pending = http_pending_done(u->pending);
    return (struct refusal){503, err_text(e), RETRY};
}

/* "format=protobuf" among what follows the "?". */
static bool query_asks_for_protobuf(struct text query)
{
    struct text part;
    while (query.len > 0 && text_split(&query, '&', &part))
        if (text_is(part, TEXT("format=protobuf")))
            return true;
    return false;
}

ON(role_http)
static bool accept_and_detach(struct visit *v, const struct handshake *h, struct http_upgrade *u)
{
    bool protobuf = header_has_token(v->r, "Sec-WebSocket-Protocol", TEXT("centrifuge-protobuf"));
    bool json = header_has_token(v->r, "Sec-WebSocket-Protocol", TEXT("centrifuge-json"));
    const char *protocol = protobuf ? "centrifuge-protobuf" : json ? "centrifuge-json" : NULL;
    struct door_socket s;
    metric_add(METRIC_http_requests, 1);
    if (!handshake_accept(v->r, h, protocol, ANSWER_MS, &s))
        return false;
    protobuf = protobuf || (!json && query_asks_for_protobuf(text_of(v->r->query)));
    u->form.encoding = protobuf ? ENCODING_PROTOBUF : ENCODING_JSON;
    u->fd = s.fd;
    u->ssl = s.ssl;
    u->early = s.early;
    u->deflate = h->deflate;
    return true;
}

void upgrade_handler(struct visit *v)
{
    struct handshake handshake;
    struct http_upgrade u = {.fd = -1, .secure = v->secure};
    struct refusal no = check_head(v, &handshake);
    if (no.status == 0)
        no = find_rights(v, &u);
    if (no.status != 0) {
        metric_add(METRIC_upgrades_refused, 1);
        door_end(v->r->conn);
        answer_words(v, no.status, no.words, no.more);
        return;
    }
    text_copy(u.address, sizeof u.address, text_of(v->address));
    user_agent_words(header_get(v->r, "User-Agent"), u.client, sizeof u.client);
    if (accept_and_detach(v, &handshake, &u)) {
        v->http->options.hand_over(v->http->options.ctx, &u);
    } else {
        ws_manager_unref(u.manager);
        http_pending_done(u.pending);
    }
}
