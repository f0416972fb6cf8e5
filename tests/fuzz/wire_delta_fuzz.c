/* Any bytes as two payloads, or as a payload and a delta: what is created gives back what it was made of and is a text
 * if the payload is one; what is applied is refused or has the size that it said. The first two bytes say where the
 * second text begins. */
#include "wire/delta.h"

#include "base/must.h"
#include "wire/utf8.h"

#include <stdlib.h>

#define LIMIT ((size_t)10000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a block of its own size, so that reading over its end is seen. */
static struct text exact(const uint8_t *data, size_t len)
{
    char *block = malloc(len ? len : 1);
    must(block);
    if (len)
        memcpy(block, data, len);
    return (struct text){block, len};
}

static void create(struct text before, struct text after)
{
    struct buf delta, again;
    buf_init(&delta, 2 * after.len + 64);
    buf_init(&again, after.len);
    enum err e = delta_create(before, after, &delta);
    must(e == ERR_OK || (e == ERR_LIMIT && delta.len == 0));
    if (e == ERR_OK) {
        must(delta.len < after.len);
        must(!utf8_valid(after) || utf8_valid(buf_text(&delta)));
        must(delta_apply(before, buf_text(&delta), after.len, &again) == ERR_OK);
        must(text_is(buf_text(&again), after));
    }
    buf_fini(&delta);
    buf_fini(&again);
}

static void apply(struct text before, struct text delta)
{
    struct buf out;
    buf_init(&out, 2 * LIMIT);
    enum err e = delta_apply(before, delta, LIMIT, &out);
    must(e == ERR_OK || e == ERR_MALFORMED || e == ERR_LIMIT);
    must(out.len <= LIMIT && (e == ERR_OK || out.len == 0));
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t rest = size - 2, first = ((size_t)data[0] << 8 | data[1]) % (rest + 1);
    struct text a = exact(data + 2, first), b = exact(data + 2 + first, rest - first);
    create(a, b);
    create(b, a);
    apply(a, b);
    free((char *)a.data);
    free((char *)b.data);
    return 0;
}
