/* stream: the transports for networks that break WebSockets. POST /connection/http_stream and GET /connection/sse take a
 * connect command and answer with a stream whose socket leaves the door like a WebSocket's; POST /emulation brings such
 * a client's further commands. Here is what the three share.
 * source: PROTOCOL.md, Transports other than WebSocket; the reference client's classes HttpStreamTransport, SseTransport */
#ifndef SNUG_HTTP_STREAM_H
#define SNUG_HTTP_STREAM_H

#include "http/inside.h"

struct route;

/* False: the route belongs to a transport that is switched off, and is not there. */
bool stream_is_served(const struct http *h, const struct route *route);

/* A sentence that pages of other origins can read too; `more` as in struct answer. */
void stream_answer(struct visit *v, int status, const char *sentence, struct text more)
    ON(role_http);

/* Reads the body into `out`, whose cap is the limit. False: it has been answered, or nobody is there to be. */
MUST_USE bool stream_body(struct visit *v, struct buf *out) ON(role_http);

#endif
