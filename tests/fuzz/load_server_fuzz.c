/* Any bytes from a server: frames taken whole and in pieces are the same, and so is the head of an answer to an upgrade;
 * lines, marks and pages of metrics are read or refused. The first byte chooses the size of the pieces, and deflate. */
#include "load/heard.h"
#include "load/look.h"
#include "load/mark.h"
#include "load/ws_client.h"

#include "base/must.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes what is whole off the front of `bytes`, which close up; returns how many are left. */
static size_t take_all(unsigned char *bytes, size_t len, bool deflate, struct buf *log, bool *over)
{
    size_t used = 0;
    do {
        struct ws_client_event e;
        ws_client_take(bytes, len, deflate, &e, &used);
        must(used <= len && (used > 0) == (e.kind != WS_CLIENT_MORE && e.kind != WS_CLIENT_BAD));
        if (e.kind == WS_CLIENT_BAD)
            e.payload = text_of(e.why);
        if (e.kind != WS_CLIENT_MORE) {
            buf_add_format(log, "%d %d %zu:", (int)e.kind,
                           e.kind == WS_CLIENT_MESSAGE && e.compressed, e.payload.len);
            buf_add_text(log, e.payload);
        }
        *over = e.kind == WS_CLIENT_BAD;
        memmove(bytes, bytes + used, len - used);
        len -= used;
    } while (used > 0);
    return len;
}

static void frames(const uint8_t *data, size_t size, size_t step, bool deflate, struct buf *log)
{
    unsigned char *kept = NULL;
    size_t kept_len = 0;
    bool over = false;
    for (size_t at = 0; at < size && !over; at += step) {
        size_t more = size - at < step ? size - at : step;
        kept = realloc(kept, kept_len + more); /* exactly: nothing behind it may be touched */
        must(kept);
        memcpy(kept + kept_len, data + at, more);
        kept_len = take_all(kept, kept_len + more, deflate, log, &over);
    }
    free(kept);
}

/* A head that is whole or refused stays so, whatever comes behind it. */
static void answer(struct text bytes, bool deflate)
{
    struct ws_client_answer a, b;
    long whole = ws_client_answer(bytes, "accept", deflate, &a);
    for (size_t len = 0; len <= bytes.len && len < 200; len++) {
        long part = ws_client_answer((struct text){bytes.data, len}, "accept", deflate, &b);
        must(part <= (long)len && (part == 0 || part == whole));
    }
}

static void lines(struct text bytes)
{
    struct text line, rest = bytes;
    struct heard h;
    struct mark m;
    struct look l;
    while (text_split(&rest, '\n', &line)) {
        heard_read(line, &h);
        must(h.kind != HEARD_REPLY || (h.id > 0 && h.id <= UINT32_MAX));
    }
    while (mark_find(&bytes, &m))
        must(m.sender <= MARK_SENDERS_MAX);
    look_read(bytes, &l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bool deflate = data[0] & 0x80;
    struct buf whole, cut;
    struct text bytes = {(const char *)data + 1, size - 1};
    buf_init(&whole, SIZE_MAX / 2);
    buf_init(&cut, SIZE_MAX / 2);
    frames(data + 1, size - 1, size, deflate, &whole);
    frames(data + 1, size - 1, 1 + (size_t)data[0] % 16, deflate, &cut);
    must(text_is(buf_text(&whole), buf_text(&cut)));
    buf_fini(&whole);
    buf_fini(&cut);
    answer(bytes, deflate);
    lines(bytes);
    return 0;
}
