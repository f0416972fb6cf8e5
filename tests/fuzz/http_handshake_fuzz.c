/* Any lines as the head of a request: what the hygiene lets through and the handshake accepts is what RFC 6455 wants, and
 * what was agreed on is within its bounds. */
#include "base/must.h"
#include "http/handshake.h"
#include "http/headers.h"
#include "http/hygiene.h"

#include <stdlib.h>

#define HEADERS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts "Name: value" lines in place. */
static unsigned read_headers(char *at, struct door_header out[HEADERS_MAX])
{
    unsigned count = 0;
    while (at && *at && count < HEADERS_MAX) {
        char *next = strchr(at, '\n'), *colon;
        if (next)
            *next++ = '\0';
        colon = strchr(at, ':');
        if (colon) {
            *colon++ = '\0';
            out[count++] = (struct door_header){at, colon + strspn(colon, " \t")};
        }
        at = next;
    }
    return count;
}

static void check(const struct door_request *r)
{
    static const struct ws_deflate_rules rules = {15, 15, true};
    struct handshake h;
    struct refusal no = handshake_check(r, &rules, &h);
    if (no.status != 0) {
        must(no.status == 400 || no.status == 426);
        must(no.words && no.words[0]);
        return;
    }
    must(strlen(h.accept) == WS_ACCEPT_SIZE - 1);
    must(header_count(r, "Sec-WebSocket-Key") == 1);
    must(text_is(header_get(r, "Sec-WebSocket-Version"), TEXT("13")));
    must(h.deflate.server_bits <= 15 && h.deflate.client_bits <= 15);
    must((h.deflate.server_bits == 0) == (h.extension[0] == '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct door_header headers[HEADERS_MAX];
    char *text = malloc(size + 1);
    must(text);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    struct door_request r = {.method = "GET", .path = "/connection/websocket", .query = ""};
    r.headers_count = read_headers(text, headers);
    r.headers = headers;
    r.tidy = true;
    check(&r);
    (void)origin_allowed(header_get(&r, "Origin"), header_get(&r, "Host"), false,
                         TEXT("https://*.example.org"));
    free(text);
    return 0;
}
