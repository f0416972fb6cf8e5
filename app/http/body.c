#include "http/inside.h"

#include <string.h>

#define CHUNK_LINE_MAX 256
#define TRAILERS_MAX 4096
#define READ_MAX 65536

struct body {
    struct visit *v;
    int64_t until_ms;
};

static enum err read_some(struct body *b, char *out, size_t len, size_t *out_len)
{
    for (;;) {
        int64_t left_ms = b->until_ms - env_monotonic_ms(b->v->http->options.env);
        if (left_ms <= 0 || visit_gives_up(b->v))
            return ERR_TIMEOUT;
        int n = door_read(b->v->r->conn, out, len,
                          left_ms < WAIT_SLICE_MS ? (int)left_ms : WAIT_SLICE_MS);
        if (n < 0)
            return ERR_CLOSED;
        *out_len = (size_t)n;
        if (n > 0)
            return ERR_OK;
    }
}

/* Appends exactly len bytes. */
static enum err read_exact(struct body *b, struct buf *out, uint64_t len)
{
    while (len > 0) {
        size_t want = len < READ_MAX ? (size_t)len : READ_MAX, got;
        char *to = buf_space(out, want);
        if (!to)
            return out->err;
        enum err e = read_some(b, to, want, &got);
        if (e != ERR_OK)
            return e;
        buf_grown(out, got);
        len -= got;
    }
    return ERR_OK;
}

/* A line without its CRLF, NUL-ended; byte by byte, so that nothing of the next request is taken. */
static enum err read_line(struct body *b, char out[CHUNK_LINE_MAX])
{
    for (size_t n = 0; n < CHUNK_LINE_MAX; n++) {
        size_t got;
        enum err e = read_some(b, out + n, 1, &got);
        if (e != ERR_OK)
            return e;
        if (out[n] != '\n')
            continue;
        if (n == 0 || out[n - 1] != '\r')
            return ERR_BAD_REQUEST;
        out[n - 1] = 0;
        return strlen(out) == n - 1 && !strchr(out, '\r') ? ERR_OK : ERR_BAD_REQUEST;
    }
    return ERR_BAD_REQUEST;
}

/* "1a2b;extension": hexadecimal digits, at most eight. */
static bool read_size(const char *line, uint64_t *out)
{
    unsigned digits = 0;
    *out = 0;
    for (; *line && *line != ';'; line++) {
        const char *at =
            strchr("0123456789abcdef", *line >= 'A' && *line <= 'F' ? *line | 0x20 : *line);
        if (!at || ++digits > 8)
            return false;
        *out = *out * 16 + (uint64_t)(at - "0123456789abcdef");
    }
    return digits > 0;
}

static enum err skip_trailers(struct body *b)
{
    char line[CHUNK_LINE_MAX];
    for (size_t seen = 0; seen < TRAILERS_MAX; seen += strlen(line) + 2) {
        enum err e = read_line(b, line);
        if (e != ERR_OK || line[0] == 0)
            return e;
    }
    return ERR_BAD_REQUEST;
}

static enum err read_chunks(struct body *b, struct buf *out)
{
    for (;;) {
        char line[CHUNK_LINE_MAX];
        uint64_t size;
        enum err e = read_line(b, line);
        if (e == ERR_OK && !read_size(line, &size))
            e = ERR_BAD_REQUEST;
        if (e != ERR_OK)
            return e;
        if (size == 0)
            return skip_trailers(b);
        e = size > out->cap_bytes - out->len ? ERR_LIMIT : read_exact(b, out, size);
        if (e == ERR_OK)
            e = read_line(b, line);
        if (e != ERR_OK)
            return e;
        if (line[0] != 0)
            return ERR_BAD_REQUEST;
    }
}

enum err body_read(struct visit *v, struct buf *out)
{
    struct body b = {v, env_monotonic_ms(v->http->options.env) + BODY_MS};
    if (v->body_bytes > (int64_t)out->cap_bytes)
        return ERR_LIMIT;
    if (!v->r->body_came && header_has_token(v->r, "Expect", TEXT("100-continue")) &&
        !v->r->http_1_0 &&
        !door_write(v->r->conn, TEXT("HTTP/1.1 100 Continue\r\n\r\n"), TEXT_NONE))
        return ERR_CLOSED;
    enum err e = v->chunked ? read_chunks(&b, out) : read_exact(&b, out, (uint64_t)v->body_bytes);
    if (e == ERR_OK) {
        v->body_read = true;
        door_body_done(v->r->conn);
    }
    return e;
}
