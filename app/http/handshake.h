/* handshake: a WebSocket's opening handshake, server side: what a request must say, the 101, and the socket behind it.
 *
 * It knows the standards and nothing of who asks or why: origins, rights and limits are the caller's, between the two
 * calls. Besides civetweb_socket.h it needs only wire. source: RFC 6455 4.2, RFC 7692 5 */
#ifndef SNUG_HTTP_HANDSHAKE_H
#define SNUG_HTTP_HANDSHAKE_H

#include "http/civetweb_socket.h"
#include "wire/ws_deflate.h"

/* What an HTTP answer other than 101 says. */
struct refusal {
    int status; /* 0: none */
    const char *words;
    struct text more; /* header lines, each with \r\n */
};

/* What the 101 will say. */
struct handshake {
    char accept[WS_ACCEPT_SIZE];
    struct ws_deflate deflate; /* agreed on; zero: nothing */
    char extension[WS_DEFLATE_RESPONSE_SIZE];
};

/* Whether the request opens a WebSocket. Offers of extensions never refuse it: the first that is acceptable is taken.
 * out: filled in where the status is 0
 * refusals: 400 a method that is not GET, HTTP/1.0, no "Connection: upgrade", no key or a wrong one, a body; 426 no
 * "Upgrade: websocket", a version that is not 13 */
struct refusal handshake_check(const struct door_request *r, const struct ws_deflate_rules *rules,
                               struct handshake *out);

/* Sends the refusal as a complete answer in plain words; the connection ends. For servers that have no answers of their
 * own. */
void handshake_refuse(const struct door_request *r, const struct refusal *no);

/* Sends the 101, with `protocol` as the subprotocol (NULL: none), and takes the socket out of CivetWeb.
 * False: the client is gone, nothing was taken. */
bool handshake_accept(const struct door_request *r, const struct handshake *h, const char *protocol,
                      struct door_socket *out);

#endif
