#include "wire/utf8.h"

#include "base/must.h"

#define CONTINUATION_LOW 0x80
#define CONTINUATION_HIGH 0xbf

/* The first byte of a character of several bytes: how many follow, and the bounds of the second one, which keep
 * out overlong forms, surrogates and what is above U+10FFFF. source: RFC 3629 4 */
static bool begin_character(struct utf8_state *s, uint8_t c)
{
    *s = (struct utf8_state){0, CONTINUATION_LOW, CONTINUATION_HIGH};
    if (c >= 0xc2 && c <= 0xdf) {
        s->need = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
        s->need = 2;
        if (c == 0xe0)
            s->low = 0xa0;
        else if (c == 0xed)
            s->high = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
        s->need = 3;
        if (c == 0xf0)
            s->low = 0x90;
        else if (c == 0xf4)
            s->high = 0x8f;
    }
    return s->need > 0;
}

/* Eight bytes at a time while all of them are ASCII, which most text is. */
static size_t ascii_run(const uint8_t *at, size_t len)
{
    size_t n = 0;
    uint64_t eight;
    while (len - n >= sizeof eight) {
        memcpy(&eight, at + n, sizeof eight);
        if (eight & 0x8080808080808080u)
            break;
        n += sizeof eight;
    }
    return n;
}

bool utf8_feed(struct utf8_state *s, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = at[i];
        if (s->need > 0) {
            if (c < s->low || c > s->high)
                return false;
            *s = (struct utf8_state){(uint8_t)(s->need - 1), CONTINUATION_LOW, CONTINUATION_HIGH};
        } else if (c < 0x80) {
            size_t run = ascii_run(at + i, len - i);
            i += run > 0 ? run - 1 : 0;
        } else if (!begin_character(s, c)) {
            return false;
        }
    }
    return true;
}

bool utf8_valid(struct text t)
{
    struct utf8_state s = {0};
    return utf8_feed(&s, t.data, t.len) && s.need == 0;
}

size_t utf8_first(struct text t)
{
    struct utf8_state s = {0};
    for (size_t n = 0; n < t.len; n++) {
        if (!utf8_feed(&s, t.data + n, 1))
            return 0;
        if (s.need == 0)
            return n + 1;
    }
    return 0;
}

size_t utf8_length(struct text t)
{
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++)
        n += ((uint8_t)t.data[i] & 0xc0) != 0x80;
    return n;
}

bool utf8_take(struct text *rest, uint32_t *out_char)
{
    if (rest->len == 0)
        return false;
    unsigned char c = (unsigned char)rest->data[0];
    size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    uint32_t value = more == 0 ? c : c & (0x3fU >> more);
    if ((c >= 0x80 && c < 0xc0) || more >= rest->len) {
        *out_char = 0xfffd;
        *rest = text_after(*rest, 1);
        return true;
    }
    for (size_t i = 1; i <= more; i++)
        value = value << 6 | ((unsigned char)rest->data[i] & 0x3fU);
    *out_char = value;
    *rest = text_after(*rest, more + 1);
    return true;
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
    must(code_point < 0x110000 && (code_point < 0xd800 || code_point > 0xdfff));
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xc0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xe0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}
