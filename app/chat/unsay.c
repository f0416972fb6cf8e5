#include "chat/unsay.h"

#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 16 /* of what is looked into; events have six */

struct walk {
    const struct unsay *u;
    struct buf *out;
    struct text id; /* "42", as JSON */
    struct buf was; /* the displays before, a line each, as JSON */
    unsigned found;
    bool in_result;
};

/* They are called something else in this object: by their number, or in a result by their name. */
static bool names_them(const struct walk *w, struct text object)
{
    return text_is(json_find(object, "id"), w->id) && json_find(object, "display").len > 0;
}

static bool quotes_them(const struct walk *w, struct text object)
{
    if (!w->in_result || w->was.len == 0)
        return false;
    struct text author = json_find(object, "author"), rest = buf_text(&w->was), name;
    while (rest.len > 0 && text_split(&rest, '\n', &name))
        if (text_is(author, name))
            return true;
    return false;
}

/* From word start to word end; both are JSON strings. */
static bool has_name(struct text value, struct text quoted)
{
    const char *name = quoted.data + 1, *end = value.data + value.len;
    size_t len = quoted.len - 2;
    for (const char *at = value.data; len > 0 && (at = memmem(at, (size_t)(end - at), name, len));
         at++)
        if (!byte_is_of_word(at[-1]) &&
            !byte_is_of_word(at[len])) /* at least the quotes are around it */
            return true;
    return false;
}

/* A text in a result that has what they were called in it: what an agent said of them before. */
static bool mentions_them(const struct walk *w, struct text value)
{
    struct text rest = buf_text(&w->was), name;
    if (!w->in_result)
        return false;
    while (rest.len > 0 && text_split(&rest, '\n', &name))
        if (has_name(value, name))
            return true;
    return false;
}

static void quote_names(struct text lines, struct buf *out)
{
    struct text name;
    while (lines.len > 0 && text_split(&lines, '\n', &name)) {
        if (out->len > 0)
            buf_add_char(out, '\n');
        json_quote(out, name);
    }
}

static void change(struct walk *w, unsigned found)
{
    w->found |= UNSAID_CHANGED | found;
}

/* Writes it in the place of `before`, which may be the same. */
static void put(struct walk *w, struct text before, struct text after, unsigned found)
{
    size_t from = w->out->len;
    json_quote(w->out, after);
    if (w->out->err == ERR_OK &&
        !text_is(before, (struct text){w->out->data + from, w->out->len - from}))
        change(w, found);
}

/* What of a run tells what it was asked and what it found. */
static bool is_of_asking(struct text key)
{
    static const char *const keys[] = {"\"task\"", "\"arguments\"", "\"result\"", "\"summary\""};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (text_is(key, text_of(keys[i])))
            return true;
    return false;
}

static void write_value(struct walk *w, struct text value, unsigned depth);

static void write_empty(struct walk *w, struct text value)
{
    struct text empty = json_kind(value) == JSON_OBJECT ? TEXT("{}") : TEXT("\"\"");
    buf_add_text(w->out, empty);
    if (!text_is(value, empty))
        change(w, UNSAID_NOTHING);
}

/* One member of an object that names or quotes them, or of another. */
static void write_member(struct walk *w, struct text key, struct text value, bool named,
                         bool quoted, unsigned depth)
{
    unsigned result = w->in_result ? UNSAID_RESULT : UNSAID_NOTHING;
    bool outer = w->in_result;
    if (named && text_is(key, TEXT("\"name\"")))
        put(w, value, w->u->name, result);
    else if (named && text_is(key, TEXT("\"display\"")))
        put(w, value, w->u->display, result);
    else if (named && text_is(key, TEXT("\"role\"")))
        put(w, value, TEXT("member"), UNSAID_NOTHING);
    else if (quoted && text_is(key, TEXT("\"author\"")))
        put(w, value, w->u->display, UNSAID_RESULT);
    else if (quoted && w->u->quotes && text_is(key, TEXT("\"text\"")))
        put(w, value, TEXT_NONE, UNSAID_RESULT);
    else if (w->u->asked && is_of_asking(key))
        write_empty(w, value);
    else {
        w->in_result = outer || text_is(key, TEXT("\"result\""));
        write_value(w, value, depth);
        w->in_result = outer;
    }
}

static void write_object(struct walk *w, struct text value, unsigned depth)
{
    bool named = names_them(w, value), quoted = quotes_them(w, value), first = true;
    struct text key, one;
    buf_add_char(w->out, '{');
    while (json_entry(&value, &key, &one)) {
        if (!first)
            buf_add_char(w->out, ',');
        first = false;
        buf_add_text(w->out, key);
        buf_add_char(w->out, ':');
        write_member(w, key, one, named, quoted, depth);
    }
    buf_add_char(w->out, '}');
}

static void write_array(struct walk *w, struct text value, unsigned depth)
{
    bool first = true;
    struct text one;
    buf_add_char(w->out, '[');
    while (json_element(&value, &one)) {
        if (!first)
            buf_add_char(w->out, ',');
        first = false;
        write_value(w, one, depth);
    }
    buf_add_char(w->out, ']');
}

static void write_value(struct walk *w, struct text value, unsigned depth)
{
    enum json_kind kind = json_kind(value);
    if (kind == JSON_OBJECT && depth < DEPTH_MAX)
        write_object(w, value, depth + 1);
    else if (kind == JSON_ARRAY && depth < DEPTH_MAX)
        write_array(w, value, depth + 1);
    else if (kind == JSON_STRING && mentions_them(w, value))
        put(w, value, TEXT_NONE, UNSAID_RESULT);
    else
        buf_add_text(w->out, value);
}

enum err unsay(const struct unsay *u, struct text event, struct buf *out, unsigned *out_found)
{
    char id[24];
    int len = snprintf(id, sizeof id, "\"%lld\"", (long long)u->user_id);
    struct walk w = {.u = u, .out = out, .id = {id, (size_t)len}};
    buf_init(&w.was, 6 * u->was.len + 128);
    quote_names(u->was, &w.was);
    enum err e = w.was.err;
    if (e == ERR_OK) {
        write_value(&w, json_skip_space(event), 0);
        e = out->err;
    }
    buf_fini(&w.was);
    *out_found = w.found;
    return e;
}
