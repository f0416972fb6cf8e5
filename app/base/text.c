#include "base/text.h"

#include "base/must.h"

#include <stdlib.h>
#include <strings.h>

char *text_dup(struct text t)
{
    char *copy = malloc(t.len + 1);
    if (!copy)
        return NULL;
    if (t.len)
        memcpy(copy, t.data, t.len);
    copy[t.len] = 0;
    return copy;
}

size_t text_copy(char *out, size_t size, struct text t)
{
    must(size > 0);
    size_t n = t.len < size ? t.len : size - 1;
    if (n)
        memcpy(out, t.data, n);
    out[n] = 0;
    return n;
}

struct text text_keep(char **at, struct text t)
{
    struct text kept = {*at, t.len};
    if (t.len)
        memcpy(*at, t.data, t.len);
    *at += t.len;
    return kept;
}

int64_t text_id(struct text t)
{
    if (t.len == 0 || t.len > 19 || t.data[0] == '0')
        return 0;
    uint64_t id = 0;
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] < '0' || t.data[i] > '9')
            return 0;
        id = id * 10 + (uint64_t)(t.data[i] - '0');
    }
    return id > INT64_MAX ? 0 : (int64_t)id;
}

int64_t text_number(struct text t)
{
    int64_t n = 0;
    if (t.len == 0 || t.len > 18)
        return -1;
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] < '0' || t.data[i] > '9')
            return -1;
        n = n * 10 + (t.data[i] - '0');
    }
    return n;
}

void text_flatten(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
            bytes[i] = ' ';
}

struct text text_trim(struct text t)
{
    while (t.len && byte_is_space(t.data[0]))
        t = text_after(t, 1);
    while (t.len && byte_is_space(t.data[t.len - 1]))
        t.len--;
    return t;
}

bool text_is_nocase(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}

bool text_split(struct text *rest, char separator, struct text *out_part)
{
    if (!rest->data)
        return false;
    const char *at = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
    if (!at) {
        *out_part = *rest;
        *rest = (struct text){NULL, 0};
        return true;
    }
    *out_part = (struct text){rest->data, (size_t)(at - rest->data)};
    *rest = text_after(*rest, out_part->len + 1);
    return true;
}
