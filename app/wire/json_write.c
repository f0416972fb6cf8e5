#include "base/must.h"
#include "wire/json.h"
#include "wire/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void quote_special(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        buf_add_char(out, '\\');
        buf_add_char(out, (char)c);
        break;
    case '\n':
        buf_add_text(out, TEXT("\\n"));
        break;
    case '\r':
        buf_add_text(out, TEXT("\\r"));
        break;
    case '\t':
        buf_add_text(out, TEXT("\\t"));
        break;
    default: {
        static const char hex[] = "0123456789abcdef";
        const char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_add(out, escape, sizeof escape);
    }
    }
}

/* How many bytes `t` starts with that may stand in a JSON string as they are. */
static size_t plain_run(struct text t)
{
    size_t n = json_plain_run(t);
    while (n < t.len && (unsigned char)t.data[n] >= 0x80) {
        size_t step = utf8_first(text_after(t, n));
        if (step == 0)
            break;
        n += step;
        n += json_plain_run(text_after(t, n));
    }
    return n;
}

/* Most texts have nothing to escape. */
static bool quote_plain(struct buf *out, struct text t)
{
    char *at = json_plain_run(t) == t.len ? buf_space(out, t.len + 2) : NULL;
    if (!at)
        return false;
    at[0] = '"';
    if (t.len > 0)
        memcpy(at + 1, t.data, t.len);
    at[t.len + 1] = '"';
    buf_grown(out, t.len + 2);
    return true;
}

void json_quote(struct buf *out, struct text t)
{
    if (quote_plain(out, t))
        return;
    buf_add_char(out, '"');
    while (t.len > 0) {
        size_t n = plain_run(t);
        buf_add(out, t.data, n);
        t = text_after(t, n);
        if (t.len == 0)
            break;
        unsigned char c = (unsigned char)t.data[0];
        if (c < 0x80)
            quote_special(out, c);
        else
            buf_add_text(out, TEXT("\xef\xbf\xbd"));
        t = text_after(t, 1);
    }
    buf_add_char(out, '"');
}

void json_begin(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out, .first = true};
}

static void start(struct json_writer *w, const char *key)
{
    struct text word = text_of(key);
    size_t n = 0;
    char *at = buf_space(w->out, !w->first + (key ? word.len + 3 : 0));
    if (!at)
        return;
    if (!w->first)
        at[n++] = ',';
    if (key) {
        at[n++] = '"';
        memcpy(at + n, word.data, word.len);
        n += word.len;
        at[n++] = '"';
        at[n++] = ':';
    }
    buf_grown(w->out, n);
    w->first = false;
}

void json_add_key(struct json_writer *w, struct text key)
{
    start(w, NULL);
    json_quote(w->out, key);
    buf_add_char(w->out, ':');
    w->first = true;
}

void json_open(struct json_writer *w, const char *key, char bracket)
{
    must(bracket == '{' || bracket == '[');
    start(w, key);
    buf_add_char(w->out, bracket);
    w->first = true;
}

void json_close(struct json_writer *w, char bracket)
{
    must(bracket == '}' || bracket == ']');
    buf_add_char(w->out, bracket);
    w->first = false;
}

void json_add_text(struct json_writer *w, const char *key, struct text value)
{
    start(w, key);
    json_quote(w->out, value);
}

void json_add_int(struct json_writer *w, const char *key, int64_t value)
{
    start(w, key);
    buf_add_int(w->out, value);
}

void json_add_id(struct json_writer *w, const char *key, int64_t id)
{
    start(w, key);
    buf_add_char(w->out, '"');
    if (id != 0)
        buf_add_int(w->out, id);
    buf_add_char(w->out, '"');
}

void json_add_double(struct json_writer *w, const char *key, double value)
{
    start(w, key);
    if (!isfinite(value)) {
        buf_add_text(w->out, TEXT("null"));
        return;
    }
    char digits[32]; /* the fewest digits that are read back as the same number */
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    buf_add_text(w->out, text_of(digits));
}

void json_add_bool(struct json_writer *w, const char *key, bool value)
{
    start(w, key);
    buf_add_text(w->out, value ? TEXT("true") : TEXT("false"));
}

/* Documents are told apart by line ends. Inside valid JSON one is white space: texts have it escaped. */
static void replace(struct buf *out, size_t from, char c)
{
    for (char *at; from < out->len && (at = memchr(out->data + from, c, out->len - from));) {
        *at = ' ';
        from = (size_t)(at - out->data) + 1;
    }
}

void json_add_written(struct json_writer *w, const char *key, struct text json)
{
    start(w, key);
    buf_add_text(w->out, json.len > 0 ? json : TEXT("null"));
}

void json_add_raw(struct json_writer *w, const char *key, struct text json)
{
    size_t at = w->out->len;
    json_add_written(w, key, json);
    replace(w->out, at, '\n');
    replace(w->out, at, '\r');
}
