#include "http/query.h"

/* The value of a hexadecimal digit; -1: it is none. */
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static enum err decode(struct text t, struct buf *out)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] != '%') {
            buf_add(out, t.data[i] == '+' ? " " : t.data + i, 1);
            continue;
        }
        bool fits = t.len - i > 2;
        int high = fits ? digit(t.data[i + 1]) : -1, low = fits ? digit(t.data[i + 2]) : -1;
        if (high < 0 || low < 0)
            return ERR_BAD_REQUEST;
        buf_add_char(out, (char)(high * 16 + low));
        i += 2;
    }
    return out->err;
}

enum err query_get(struct text query, struct text name, struct buf *out)
{
    struct text part, found = TEXT_NONE;
    bool seen = false;
    while (text_split(&query, '&', &part)) {
        struct text key;
        if (!text_split(&part, '=', &key) || !text_is(key, name))
            continue;
        if (seen)
            return ERR_BAD_REQUEST;
        seen = true;
        found = part;
    }
    return seen ? decode(found, out) : ERR_NOT_FOUND;
}
