/* Any bytes from a client: the frames decoded whole and in pieces are the same, kept bytes stay in their limit.
 * The first byte chooses the size of the pieces, and whether deflate was agreed on and the client keeps its window. */
#include "wire/ws_deflate.h"

#include "base/must.h"

#include <stdlib.h>

#define LIMIT 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that came out, as one line of bytes. */
static void decode(const uint8_t *data, size_t size, size_t step, const struct ws_deflate *agreed,
                   struct buf *log)
{
    struct ws_decoder d;
    ws_decoder_init(&d, LIMIT);
    ws_decoder_agree(&d, agreed);
    for (size_t at = 0; at < size; at += step) {
        size_t len = size - at < step ? size - at : step;
        unsigned char *piece = malloc(len), *bytes = piece;
        must(piece);
        memcpy(piece, data + at, len);
        for (;;) {
            struct ws_event e = ws_decode(&d, &bytes, &len);
            must(d.message.len <= LIMIT);
            if (e.kind == WS_EVENT_NONE)
                break;
            must(e.payload.len <= LIMIT);
            must(e.opcode != WS_TEXT || utf8_valid(e.payload));
            buf_add_format(log, "%d %d %u %zu:", (int)e.kind, (int)e.opcode, e.code, e.payload.len);
            buf_add_text(log, e.payload);
        }
        must(len == 0);
        free(piece);
    }
    ws_decoder_fini(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct buf whole, cut;
    struct ws_deflate agreed = {0};
    if (data[0] & 0x20)
        agreed = (struct ws_deflate){15, data[0] & 0x80 ? 8 : 15, data[0] & 0x40};
    buf_init(&whole, SIZE_MAX / 2);
    buf_init(&cut, SIZE_MAX / 2);
    decode(data + 1, size - 1, size, &agreed, &whole);
    decode(data + 1, size - 1, 1 + (size_t)data[0] % 16, &agreed, &cut);
    must(text_is(buf_text(&whole), buf_text(&cut)));
    buf_fini(&whole);
    buf_fini(&cut);
    return 0;
}
