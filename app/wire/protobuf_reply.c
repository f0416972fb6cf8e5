/* JSON to Protobuf: what the server says. */
#include "wire/json.h"
#include "wire/protobuf.h"
#include "wire/protobuf_schema.h"

struct encoder {
    struct buf *out;
    bool data_is_text;
};

static void add_varint(struct buf *out, uint64_t n)
{
    char bytes[PROTOBUF_VARINT_BYTES];
    buf_add(out, bytes, protobuf_varint(n, bytes));
}

static void add_tag(struct buf *out, const struct protobuf_field *f)
{
    add_varint(out, (uint64_t)f->number << 3 | protobuf_wire_of(f->kind));
}

/* Leaves a byte for the length of what follows. */
static size_t open_length(struct buf *out)
{
    buf_add_char(out, 0);
    return out->len;
}

/* Writes the length of everything since `start` into its place, which most often is large enough. */
static void close_length(struct buf *out, size_t start)
{
    if (out->err != ERR_OK)
        return;
    size_t len = out->len - start;
    char bytes[PROTOBUF_VARINT_BYTES];
    size_t more = protobuf_varint(len, bytes) - 1;
    if (more > 0) {
        if (!buf_space(out, more))
            return;
        memmove(out->data + start + more, out->data + start, len);
        buf_grown(out, more);
    }
    memcpy(out->data + start - 1, bytes, more + 1);
}

static enum err put_text(struct buf *out, struct text value)
{
    if (json_kind(value) != JSON_STRING)
        return ERR_INTERNAL;
    size_t start = open_length(out);
    json_string(value, out);
    close_length(out, start);
    return ERR_OK;
}

static enum err put_bytes(struct buf *out, struct text bytes)
{
    add_varint(out, bytes.len);
    buf_add_text(out, bytes);
    return ERR_OK;
}

static enum err put_bool(struct buf *out, struct text value)
{
    if (json_kind(value) != JSON_BOOL)
        return ERR_INTERNAL;
    buf_add_char(out, value.data[0] == 't' ? 1 : 0);
    return ERR_OK;
}

static enum err put_number(struct buf *out, enum protobuf_kind kind, struct text value)
{
    int64_t min = INT64_MIN, max = INT64_MAX, n;
    if (kind == PROTOBUF_UINT32 || kind == PROTOBUF_UINT64)
        min = 0;
    if (kind == PROTOBUF_UINT32)
        max = UINT32_MAX;
    if (kind == PROTOBUF_INT32) {
        min = INT32_MIN;
        max = INT32_MAX;
    }
    if (!json_int(value, min, max, &n))
        return ERR_INTERNAL;
    uint64_t bits = (uint64_t)n;
    add_varint(out, kind == PROTOBUF_SINT64 ? bits << 1 ^ (n < 0 ? UINT64_MAX : 0) : bits);
    return ERR_OK;
}

static enum err put_message(const struct encoder *to, enum protobuf_message m, struct text object);

/* One value behind its tag. errors: ERR_INTERNAL */
static enum err put_value(const struct encoder *to, const struct protobuf_field *f,
                          struct text value)
{
    add_tag(to->out, f);
    switch (f->kind) {
    case PROTOBUF_TEXT:
        return put_text(to->out, value);
    case PROTOBUF_PAYLOAD:
        if (to->data_is_text && json_kind(value) == JSON_STRING)
            return put_text(to->out, value);
        return put_bytes(to->out, value);
    case PROTOBUF_RAW:
        return put_bytes(to->out, value);
    case PROTOBUF_BOOL:
        return put_bool(to->out, value);
    case PROTOBUF_UINT32:
    case PROTOBUF_UINT64:
    case PROTOBUF_INT32:
    case PROTOBUF_INT64:
    case PROTOBUF_SINT64:
        return put_number(to->out, f->kind, value);
    case PROTOBUF_MESSAGE:
        return put_message(to, f->of, value);
    case PROTOBUF_BYTES:
        break; /* in no reply */
    }
    return ERR_INTERNAL;
}

static enum err put_list(const struct encoder *to, const struct protobuf_field *f,
                         struct text array)
{
    enum err e = json_kind(array) == JSON_ARRAY ? ERR_OK : ERR_INTERNAL;
    struct text value;
    while (e == ERR_OK && json_element(&array, &value))
        e = put_value(to, f, value);
    return e;
}

static enum err put_map(const struct encoder *to, const struct protobuf_field *f,
                        struct text object)
{
    const struct protobuf_field key_field = {"key", 1, PROTOBUF_TEXT, PROTOBUF_ONE,
                                             PROTOBUF_NO_MESSAGE},
                                value_field = {"value", 2, f->kind, PROTOBUF_ONE, f->of};
    enum err e = json_kind(object) == JSON_OBJECT ? ERR_OK : ERR_INTERNAL;
    struct text key, value;
    while (e == ERR_OK && json_entry(&object, &key, &value)) {
        add_varint(to->out, (uint64_t)f->number << 3 | PROTOBUF_WIRE_LENGTH);
        size_t start = open_length(to->out);
        e = put_value(to, &key_field, key);
        if (e == ERR_OK)
            e = put_value(to, &value_field, value);
        close_length(to->out, start);
    }
    return e;
}

static enum err put_field(const struct encoder *to, const struct protobuf_field *f,
                          struct text value)
{
    switch (f->shape) {
    case PROTOBUF_LIST:
        return put_list(to, f, value);
    case PROTOBUF_MAP:
        return put_map(to, f, value);
    case PROTOBUF_ONE:
        break;
    }
    return put_value(to, f, value);
}

/* The server writes the names of members without escapes. */
static const struct protobuf_field *field_find(enum protobuf_message m, struct text key)
{
    size_t count;
    const struct protobuf_field *fields = protobuf_fields(m, &count);
    struct text name = {key.data + 1, key.len - 2};
    for (size_t i = 0; i < count; i++)
        if (text_is(text_of(fields[i].name), name))
            return &fields[i];
    return NULL;
}

/* null says that a member is absent, except where any JSON may stand. */
static bool is_absent(const struct protobuf_field *f, struct text value)
{
    return json_kind(value) == JSON_NULL && f->kind != PROTOBUF_RAW && f->kind != PROTOBUF_PAYLOAD;
}

/* A message behind its length. errors: ERR_INTERNAL */
static enum err put_message(const struct encoder *to, enum protobuf_message m, struct text object)
{
    if (json_kind(object) != JSON_OBJECT)
        return ERR_INTERNAL;
    enum err e = ERR_OK;
    size_t start = open_length(to->out);
    struct text key, value;
    while (e == ERR_OK && json_entry(&object, &key, &value)) {
        const struct protobuf_field *f = field_find(m, key);
        if (f && !is_absent(f, value))
            e = put_field(to, f, value);
    }
    close_length(to->out, start);
    return e;
}

enum err protobuf_reply(struct text json, bool data_is_text, struct buf *out)
{
    const struct encoder to = {.out = out, .data_is_text = data_is_text};
    size_t before = out->len;
    enum err e = ERR_OK;
    struct text object;
    json = json_skip_space(json);
    while (e == ERR_OK && json.len > 0) {
        e = json_next(json, JSON_DEPTH_MAX, &object, &json) ? ERR_OK : ERR_INTERNAL;
        if (e == ERR_OK)
            e = put_message(&to, PROTOBUF_Reply, object);
        json = json_skip_space(json);
    }
    if (e == ERR_OK)
        e = out->err;
    if (e != ERR_OK)
        out->len = before;
    return e;
}
