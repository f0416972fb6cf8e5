/* hex: bytes as hexadecimal digits, for decoders: "08[6162]" is 08 02 61 62, a pair of brackets being preceded by the
 * length of what is inside, a varint of one byte or two. */
#ifndef SNUG_TESTS_HEX_H
#define SNUG_TESTS_HEX_H

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

struct vector {
    const char *json, *hex;
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static inline size_t close_bracket(unsigned char *bytes, size_t start, size_t end)
{
    size_t len = end - start, width = len < 0x80 ? 1 : 2;
    memmove(bytes + start + width, bytes + start, len);
    bytes[start] = (unsigned char)(width == 1 ? len : len | 0x80);
    if (width == 2)
        bytes[start + 1] = (unsigned char)(len >> 7);
    return end + width;
}

/* In a block of its own size, so that reading over its end is seen by asan. Valid until the next call. */
static inline struct text bytes_of(const char *hex)
{
    static unsigned char bytes[4000];
    static char *block;
    size_t len = 0, starts[100], depth = 0;
    while (*hex) {
        if (*hex == '[') {
            starts[depth++] = len;
            hex++;
        } else if (*hex == ']') {
            len = close_bracket(bytes, starts[--depth], len);
            hex++;
        } else {
            const char digits[3] = {hex[0], hex[1], 0};
            bytes[len++] = (unsigned char)strtoul(digits, NULL, 16);
            hex += 2;
        }
    }
    free(block);
    block = malloc(len ? len : 1);
    memcpy(block, bytes, len);
    return (struct text){block, len};
}

/* Prints what was got when it differs. */
static inline bool bytes_are(struct text got, const char *hex)
{
    struct text wanted = bytes_of(hex);
    for (size_t i = 0; !text_is(got, wanted) && i < got.len; i++)
        (void)printf("%02x", (unsigned char)got.data[i]);
    return text_is(got, wanted);
}

#endif
