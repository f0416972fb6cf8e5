/* Any offer of extensions: what is agreed is in its bounds, and is what a client that reads the answer would agree to. Any
 * payload: compressed with any window, it comes out of the receiving side as it went in.
 * The first two bytes choose rules, window and level; up to a line end follow the offers, then the payload. */
#include "wire/ws_deflate.h"

#include "base/must.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has(const char *response, const char *part)
{
    return strstr(response, part) != NULL;
}

static void negotiate(struct text offers, uint8_t choice)
{
    struct ws_deflate_rules rules = {9 + choice % 7, 8 + choice / 8 % 8, choice & 0x80};
    char response[WS_DEFLATE_RESPONSE_SIZE];
    char *exact = malloc(offers.len + 1); /* a byte read behind it is found */
    struct ws_deflate agreed, again;
    must(exact);
    memcpy(exact, offers.data, offers.len);
    if (ws_deflate_negotiate((struct text){exact, offers.len}, &rules, &agreed, response)) {
        must(agreed.server_bits >= 8 && agreed.server_bits <= rules.server_bits);
        must(agreed.client_bits >= 8 && agreed.client_bits <= 15);
        must(rules.client_takeover || !agreed.client_takeover);
        must(has(response, "permessage-deflate; server_no_context_takeover"));
        must(has(response, "client_no_context_takeover") == !agreed.client_takeover);
        char second
            [WS_DEFLATE_RESPONSE_SIZE]; /* an answer is an offer that is acceptable as it is */
        must(ws_deflate_negotiate(text_of(response), &rules, &again, second));
        must(again.client_takeover == agreed.client_takeover);
    } else {
        must(agreed.server_bits == 0 && response[0] == 0);
    }
    free(exact);
}

static void there_and_back(struct text payload, uint8_t choice)
{
    unsigned bits = 9 + choice % 7;
    struct frame *f = ws_frame_deflated(WS_BINARY, payload, bits, 1 + choice / 8 % 9);
    must(f);
    struct text bytes = frame_bytes(f);
    bool compressed = bytes.data[0] & 0x40;
    must(compressed || bytes.len >= payload.len);
    if (compressed) {
        struct ws_inflate in = {.window_bits = (uint8_t)bits};
        size_t head, n = 0, len = 0;
        unsigned char header[WS_HEADER_MAX];
        for (head = 2; head <= WS_HEADER_MAX; head++)
            if (ws_header(header, WS_BINARY, bytes.len - head) == head &&
                memcmp(header + 1, bytes.data + 1, head - 1) == 0)
                break;
        struct text rest = text_after(bytes, head);
        char *out = malloc(payload.len + 1);
        must(out);
        ws_inflate_begin(&in);
        do {
            must(ws_inflate_some(&in, &rest, out + len, payload.len + 1 - len, &n) == ERR_OK);
            len += n;
        } while (rest.len > 0 || n > 0);
        must(ws_inflate_end(&in) == ERR_OK);
        must(text_is((struct text){out, len}, payload));
        ws_inflate_fini(&in);
        free(out);
    }
    frame_unref(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct text rest = {(const char *)data + 2, size - 2}, offers = TEXT_NONE;
    (void)text_split(&rest, '\n', &offers);
    negotiate(offers, data[0]);
    there_and_back(rest.data ? rest : TEXT_NONE, data[1]);
    return 0;
}
