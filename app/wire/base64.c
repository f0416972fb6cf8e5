#include "wire/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(struct buf *out, struct text bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        unsigned char b[3] = {0};
        memcpy(b, bytes.data + i, n);
        const char four[4] = {letters[b[0] >> 2], letters[(b[0] & 3) << 4 | b[1] >> 4],
                              letters[(b[1] & 15) << 2 | b[2] >> 6], letters[b[2] & 63]};
        buf_add(out, four, n + 1);
    }
}

/* 0..63; -1: not one of the letters, of which the last two differ. */
static int value_of(char c, const char last[2])
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

static bool decode(struct text t, const char last[2], struct buf *out)
{
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < t.len; i++) {
        int value = value_of(t.data[i], last);
        if (value < 0)
            return false;
        held = (held << 6 | (unsigned)value) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_add_char(out, (char)(held >> bits));
        }
    }
    return bits < 6 && (held & ((1u << bits) - 1)) == 0 && out->err == ERR_OK;
}

bool base64url_decode(struct text t, struct buf *out)
{
    return decode(t, "-_", out);
}

bool base64_decode(struct text t, struct buf *out)
{
    if (t.len % 4 != 0)
        return false;
    for (unsigned i = 0; i < 2 && t.len > 0 && t.data[t.len - 1] == '='; i++)
        t.len--;
    return decode(t, "+/", out);
}
