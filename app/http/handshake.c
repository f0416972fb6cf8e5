#include "http/handshake.h"

#include "base/must.h"
#include "http/headers.h"

#include <stdio.h>
#include <strings.h>

#define WANTED TEXT("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")

static bool has_body(const struct door_request *r)
{
    return header_count(r, "Transfer-Encoding") > 0 ||
           (header_count(r, "Content-Length") > 0 &&
            !text_is(header_get(r, "Content-Length"), TEXT("0")));
}

/* A list may come in several headers of one name: each is a part of it, in their order. */
static void choose_extension(const struct door_request *r, const struct ws_deflate_rules *rules,
                             struct handshake *out)
{
    out->extension[0] = 0;
    out->deflate = (struct ws_deflate){0};
    for (unsigned i = 0; i < r->headers_count; i++)
        if (strcasecmp(r->headers[i].name, "Sec-WebSocket-Extensions") == 0 &&
            ws_deflate_negotiate(text_of(r->headers[i].value), rules, &out->deflate,
                                 out->extension))
            return;
}

struct refusal handshake_check(const struct door_request *r, const struct ws_deflate_rules *rules,
                               struct handshake *out)
{
    if (strcmp(r->method, "GET") != 0 || r->http_1_0)
        return (struct refusal){400, "A WebSocket is opened with GET and HTTP/1.1.", TEXT_NONE};
    if (!header_has_token(r, "Upgrade", TEXT("websocket")))
        return (struct refusal){426, "Here is a WebSocket.", WANTED};
    if (!header_has_token(r, "Connection", TEXT("upgrade")))
        return (struct refusal){400, "Connection must say upgrade.", TEXT_NONE};
    if (header_count(r, "Sec-WebSocket-Version") != 1 ||
        !text_is(header_get(r, "Sec-WebSocket-Version"), TEXT("13")))
        return (struct refusal){426, "Sec-WebSocket-Version must be 13.", WANTED};
    if (header_count(r, "Sec-WebSocket-Key") != 1 ||
        !ws_accept(header_get(r, "Sec-WebSocket-Key"), out->accept))
        return (struct refusal){400, "Sec-WebSocket-Key must be 16 bytes in base64.", TEXT_NONE};
    if (has_body(r))
        return (struct refusal){400, "An upgrade has no body.", TEXT_NONE};
    choose_extension(r, rules, out);
    return (struct refusal){0};
}

void handshake_refuse(const struct door_request *r, const struct refusal *no)
{
    char head[256];
    int len =
        snprintf(head, sizeof head,
                 "HTTP/1.1 %d Refused\r\nContent-Type: text/plain\r\n%.*sContent-Length: %zu\r\n"
                 "Connection: close\r\n\r\n",
                 no->status, TEXT_ARG(no->more), strlen(no->words));
    must(len > 0 && len < (int)sizeof head);
    door_end(r->conn);
    (void)door_write(r->conn, (struct text){head, (size_t)len}, text_of(no->words));
}

bool handshake_accept(const struct door_request *r, const struct handshake *h, const char *protocol,
                      struct door_socket *out)
{
    char head[512];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s%s%s%s%.64s%s\r\n",
                       h->accept, h->extension[0] ? "Sec-WebSocket-Extensions: " : "", h->extension,
                       h->extension[0] ? "\r\n" : "", protocol ? "Sec-WebSocket-Protocol: " : "",
                       protocol ? protocol : "", protocol ? "\r\n" : "");
    return door_write(r->conn, (struct text){head, (size_t)len}, TEXT_NONE) &&
           door_detach(r->conn, out);
}
