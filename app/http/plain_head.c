#include "http/plain_head.h"

#include <string.h>

static const char before[] = "GET ", behind[] = " HTTP/1.1\r\n";

/* A part of what HTTP allows in a name. */
static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* A part of what a URI allows; nothing that is decoded or could end it. */
static bool in_uri(char c)
{
    return in_name(c) || (c && strchr("/?&=._~+,;:@!*", c));
}

/* The lines from `at` to the empty one at `end`. */
static bool read_lines(char *at, char *end, struct plain_head *out)
{
    out->count = 0;
    while (at < end) {
        if (out->count == PLAIN_HEADERS_MAX)
            return false;
        char *name = at;
        while (in_name(*at))
            at++;
        if (at == name || at[0] != ':' || at[1] != ' ')
            return false;
        char *value = at + 2;
        char *line_end = memchr(value, '\n', (size_t)(end - value));
        if (!line_end || value[0] == ' ' || value[0] == '\t' || line_end == value ||
            memchr(value, '\r', (size_t)(line_end - value)) != line_end - 1)
            return false;
        out->headers[out->count].name = name;
        out->headers[out->count].value = value;
        out->count++;
        at = line_end + 1;
    }
    return at == end;
}

/* Each value begins two behind its name's end, and ends two before the next line. */
static void cut_lines(struct plain_head *out, char *end)
{
    for (unsigned i = 0; i < out->count; i++) {
        char *next = i + 1 < out->count ? out->headers[i + 1].name : end;
        out->headers[i].value[-2] = 0;
        next[-2] = next[-1] = 0;
    }
}

bool plain_head_read(char *bytes, size_t len, struct plain_head *out)
{
    if (len < sizeof before + sizeof behind || memcmp(bytes, before, sizeof before - 1) != 0 ||
        memcmp(bytes + len - 4, "\r\n\r\n", 4) != 0)
        return false;
    char *end = bytes + len - 2, *at = bytes + sizeof before - 1;
    out->path = at;
    while (in_uri(*at))
        at++;
    if (at == out->path || (size_t)(end - at) < sizeof behind - 1 ||
        memcmp(at, behind, sizeof behind - 1) != 0 || !read_lines(at + sizeof behind - 1, end, out))
        return false;
    char *mark = memchr(out->path, '?', (size_t)(at - out->path));
    out->query = mark ? mark + 1 : NULL;
    out->version = at + strlen(" HTTP/");
    cut_lines(out, end);
    bytes[sizeof before - 2] = 0;
    *at = 0;
    out->version[3] = out->version[4] = 0;
    if (mark)
        *mark = 0;
    return true;
}
