/* Protobuf to JSON: what clients send. */
#include "base/must.h"
#include "wire/command.h"
#include "wire/json.h"
#include "wire/protobuf.h"
#include "wire/protobuf_schema.h"
#include "wire/utf8.h"

#include <inttypes.h>
#include <stdio.h>

/* What one message has: of each field of the table the last value. */
struct survey {
    const struct protobuf_field *fields;
    size_t count;
    bool seen[PROTOBUF_FIELDS_MAX];
    struct protobuf_value last[PROTOBUF_FIELDS_MAX];
};

static size_t place_of(const struct survey *s, uint32_t number)
{
    size_t i = 0;
    while (i < s->count && s->fields[i].number != number)
        i++;
    return i;
}

/* Protobuf would join two parts of one message. No client sends that, and of two methods one would have to be chosen.
 * errors: ERR_MALFORMED */
static enum err take_survey(struct survey *s, struct text body)
{
    must(s->count <= PROTOBUF_FIELDS_MAX);
    struct protobuf_value v;
    enum err e;
    while ((e = protobuf_next(&body, &v)) == ERR_OK) {
        size_t i = place_of(s, v.number);
        if (i == s->count)
            continue;
        const struct protobuf_field *f = &s->fields[i];
        bool again = s->seen[i] && f->kind == PROTOBUF_MESSAGE && f->shape == PROTOBUF_ONE;
        if (v.wire != protobuf_wire_of(f->kind) || again)
            return ERR_MALFORMED;
        s->seen[i] = true;
        s->last[i] = v;
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool number_fits(enum protobuf_kind kind, uint64_t n)
{
    if (kind == PROTOBUF_UINT32)
        return n <= UINT32_MAX;
    return kind != PROTOBUF_INT32 || ((int64_t)n >= INT32_MIN && (int64_t)n <= INT32_MAX);
}

static enum err write_number(struct json_writer *w, const char *key, enum protobuf_kind kind,
                             uint64_t n)
{
    if (!number_fits(kind, n))
        return ERR_MALFORMED;
    if (kind == PROTOBUF_UINT64) {
        char digits[24]; /* json_add_int ends at INT64_MAX */
        (void)snprintf(digits, sizeof digits, "%" PRIu64, n);
        json_add_raw(w, key, text_of(digits));
    } else {
        uint64_t plain = kind == PROTOBUF_SINT64 ? n >> 1 ^ -(n & 1) : n;
        json_add_int(w, key, (int64_t)plain);
    }
    return ERR_OK;
}

static enum err write_message(struct json_writer *w, const char *key, enum protobuf_message m,
                              struct text body, unsigned depth_left);

/* One value; the key is NULL inside lists and maps. errors: ERR_MALFORMED */
static enum err write_value(struct json_writer *w, const char *key, const struct protobuf_field *f,
                            const struct protobuf_value *v, unsigned depth_left)
{
    switch (f->kind) {
    case PROTOBUF_TEXT:
        if (!utf8_valid(v->bytes))
            return ERR_MALFORMED;
        json_add_text(w, key, v->bytes);
        return ERR_OK;
    case PROTOBUF_RAW:
    case PROTOBUF_PAYLOAD:
        if (!json_valid(v->bytes, COMMAND_DATA_DEPTH_MAX))
            return ERR_MALFORMED;
        json_add_raw(w, key, v->bytes);
        return ERR_OK;
    case PROTOBUF_BOOL:
        json_add_bool(w, key, v->integer != 0);
        return ERR_OK;
    case PROTOBUF_UINT32:
    case PROTOBUF_UINT64:
    case PROTOBUF_INT32:
    case PROTOBUF_INT64:
    case PROTOBUF_SINT64:
        return write_number(w, key, f->kind, v->integer);
    case PROTOBUF_MESSAGE:
        return write_message(w, key, f->of, v->bytes, depth_left);
    case PROTOBUF_BYTES:
        break; /* in no command */
    }
    return ERR_MALFORMED;
}

/* An entry of a map is a message of its own; a key or a value that is absent is an empty one. errors: ERR_MALFORMED */
static enum err write_entry(struct json_writer *w, const struct protobuf_field *map,
                            struct text entry, unsigned depth_left)
{
    const struct protobuf_field parts[] = {
        {"key", 1, PROTOBUF_TEXT, PROTOBUF_ONE, PROTOBUF_NO_MESSAGE},
        {"value", 2, map->kind, PROTOBUF_ONE, map->of},
    };
    struct survey s = {.fields = parts, .count = 2};
    enum err e = take_survey(&s, entry);
    if (e != ERR_OK)
        return e;
    if (!utf8_valid(s.last[0].bytes))
        return ERR_MALFORMED;
    json_add_key(w, s.last[0].bytes);
    return write_value(w, NULL, &parts[1], &s.last[1], depth_left);
}

/* Everything the message has of a list or a map, in its order. errors: ERR_MALFORMED */
static enum err write_all(struct json_writer *w, const struct protobuf_field *f, struct text body,
                          unsigned depth_left)
{
    bool map = f->shape == PROTOBUF_MAP;
    struct protobuf_value v;
    enum err e;
    json_open(w, f->name, map ? '{' : '[');
    while ((e = protobuf_next(&body, &v)) == ERR_OK) {
        if (v.number != f->number)
            continue;
        e = map ? write_entry(w, f, v.bytes, depth_left) : write_value(w, NULL, f, &v, depth_left);
        if (e != ERR_OK)
            return e;
    }
    json_close(w, map ? '}' : ']');
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool is_zero(const struct protobuf_field *f, const struct protobuf_value *v)
{
    return f->kind != PROTOBUF_MESSAGE && v->integer == 0 && v->bytes.len == 0;
}

static enum err write_message(struct json_writer *w, const char *key, enum protobuf_message m,
                              struct text body, unsigned depth_left)
{
    struct survey s = {.count = 0};
    s.fields = protobuf_fields(m, &s.count);
    enum err e = depth_left > 0 ? take_survey(&s, body) : ERR_MALFORMED;
    json_open(w, key, '{');
    for (size_t i = 0; e == ERR_OK && i < s.count; i++) {
        const struct protobuf_field *f = &s.fields[i];
        if (!s.seen[i])
            continue;
        if (f->shape != PROTOBUF_ONE)
            e = write_all(w, f, body, depth_left - 1);
        else if (!is_zero(f, &s.last[i]))
            e = write_value(w, f->name, f, &s.last[i], depth_left - 1);
    }
    json_close(w, '}');
    return e;
}

enum err protobuf_command(struct text *rest, struct buf *out_json)
{
    struct text after = *rest, body;
    if (after.len == 0)
        return ERR_NOT_FOUND;
    if (!protobuf_take_bytes(&after, &body))
        return ERR_MALFORMED;
    size_t before = out_json->len;
    struct json_writer w;
    json_begin(&w, out_json);
    enum err e = write_message(&w, NULL, PROTOBUF_Command, body, COMMAND_DEPTH_MAX);
    if (e == ERR_OK)
        e = out_json->err;
    if (e == ERR_OK)
        *rest = after;
    else
        out_json->len = before;
    return e;
}

enum err protobuf_emulation(struct text body, struct protobuf_emulation *out)
{
    struct protobuf_emulation got = {TEXT_NONE, TEXT_NONE, TEXT_NONE};
    struct text *const parts[] = {&got.node, &got.session, &got.data}; /* in the table's order */
    struct survey s = {.count = 0};
    s.fields = protobuf_fields(PROTOBUF_EmulationRequest, &s.count);
    enum err e = take_survey(&s, body);
    must(s.count == sizeof parts / sizeof parts[0]);
    for (size_t i = 0; i < s.count; i++)
        if (s.seen[i])
            *parts[i] = s.last[i].bytes;
    if (e == ERR_OK && (!utf8_valid(got.node) || !utf8_valid(got.session)))
        e = ERR_MALFORMED;
    if (e == ERR_OK)
        *out = got;
    return e;
}
