/* GET /connection/websocket: the opening handshake, and the hand-over of the socket. source: RFC 6455 4.2 */
#include "http/admit.h"

#include "base/metrics.h"
#include "http/handshake.h"

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
    if (!handshake_accept(v->r, h, protocol, &s))
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
    struct http_upgrade u = {.fd = -1};
    struct refusal no = handshake_check(v->r, &v->http->options.deflate, &handshake);
    if (no.status == 0)
        no = admit(v, &u, true);
    if (no.status != 0) {
        metric_add(METRIC_upgrades_refused, 1);
        door_end(v->r->conn);
        answer_words(v, no.status, no.words, no.more);
        return;
    }
    if (accept_and_detach(v, &handshake, &u))
        v->http->options.hand_over(v->http->options.ctx, &u);
    else
        admit_undo(&u);
}
