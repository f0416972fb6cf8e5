/* ws_bytes: what a client sends, byte by byte, and what the decoder makes of it, as a text to compare. */
#ifndef SNUG_TESTS_WS_BYTES_H
#define SNUG_TESTS_WS_BYTES_H

#include "unit.h"
#include "wire/ws_deflate.h"

#include <stdlib.h>

#define LIMIT 70000

/* ---- a client's bytes */

struct wire {
    unsigned char bytes[3 * LIMIT];
    size_t len;
};

static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};

static inline void put(struct wire *w, unsigned byte)
{
    w->bytes[w->len++] = (unsigned char)byte;
}

/* A masked frame; `first` is the whole first byte. length_form: 7, 16, 64 or 0 for the shortest. */
static inline void frame_form(struct wire *w, unsigned first, struct text payload, int length_form)
{
    int form = length_form ? length_form : payload.len < 126 ? 7 : payload.len < 65536 ? 16 : 64;
    put(w, first);
    put(w, 0x80 | (form == 7 ? (unsigned)payload.len : form == 16 ? 126 : 127));
    for (int shift = form == 7 ? -8 : form - 8; shift >= 0; shift -= 8)
        put(w, (unsigned)((uint64_t)payload.len >> shift));
    for (int i = 0; i < 4; i++)
        put(w, key[i]);
    for (size_t i = 0; i < payload.len; i++)
        put(w, (unsigned char)payload.data[i] ^ key[i & 3]);
}

static inline void frame(struct wire *w, unsigned first, struct text payload)
{
    frame_form(w, first, payload, 0);
}

/* ---- decoding, as a record of what happened: "T5:hello " "P0: " "C1000:bye " "E1002 " */

static inline void record(struct buf *log, const struct ws_event *e)
{
    static const char letters[] = {0, 'T', 'P', 'O', 'C', 'E'};
    char letter = letters[e->kind];
    if (e->opcode == WS_BINARY)
        letter = 'B';
    if (e->kind == WS_EVENT_ERROR)
        buf_add_format(log, "E%u ", e->code);
    else if (e->kind == WS_EVENT_CLOSE)
        buf_add_format(log, "C%u:%.*s ", e->code, TEXT_ARG(e->payload));
    else
        buf_add_format(log, "%c%zu:%.*s ", letter, e->payload.len,
                       (int)(e->payload.len < 20 ? e->payload.len : 20), e->payload.data);
}

/* Feeds the wire in pieces of at most `step` bytes, each in a block of its own size. */
static inline const char *decode_agreed(const struct wire *w, size_t step, size_t limit,
                                        const struct ws_deflate *agreed)
{
    static struct buf log;
    struct ws_decoder d;
    buf_fini(&log);
    buf_init(&log, 100000);
    ws_decoder_init(&d, limit);
    ws_decoder_agree(&d, agreed);
    for (size_t at = 0; at < w->len; at += step) {
        size_t len = w->len - at < step ? w->len - at : step;
        unsigned char *piece = malloc(len), *bytes = piece;
        memcpy(piece, w->bytes + at, len);
        for (;;) {
            struct ws_event e = ws_decode(&d, &bytes, &len);
            if (e.kind == WS_EVENT_NONE)
                break;
            record(&log, &e);
        }
        CHECK_INT(len, 0); /* everything was eaten */
        free(piece);
    }
    ws_decoder_fini(&d);
    buf_add_char(&log, 0);
    return log.data ? log.data : "";
}

static inline const char *decode_limit(const struct wire *w, size_t step, size_t limit)
{
    return decode_agreed(w, step, limit, &(struct ws_deflate){0});
}

static inline const char *decode(const struct wire *w, size_t step)
{
    return decode_limit(w, step, LIMIT);
}

/* Whole, byte by byte, and in every step between for short ones. */
static inline void expect(const struct wire *w, const char *wanted)
{
    size_t steps = w->len < 400 ? w->len : 3;
    for (size_t step = 1; step <= steps; step++)
        CHECK_TEXT(decode(w, step), wanted);
    CHECK_TEXT(decode(w, w->len), wanted);
}

static inline struct wire *fresh(void)
{
    static struct wire w;
    w.len = 0;
    return &w;
}

#endif
