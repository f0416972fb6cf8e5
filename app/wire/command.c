#include "wire/command.h"

#include "base/must.h"
#include "wire/json.h"

enum field_type {
    FIELD_TEXT,
    FIELD_RAW,
    FIELD_BOOL,
    FIELD_OFFSET,
    FIELD_LIMIT,
    FIELD_SINCE,
    FIELD_OBJECT
};

struct field {
    const char *name;
    size_t at; /* in struct command */
    enum command_kind of;
    enum field_type type;
};

static const struct field fields[] = {
#define FIELD(of, name, type, member)                                                              \
    {name, offsetof(struct command, member), COMMAND_##of, FIELD_##type},
#include "wire/commands.def"
};
#define FIELDS_COUNT (sizeof fields / sizeof fields[0])

static const char *const names[] = {
    "",
#define COMMAND(name) #name,
#include "wire/commands.def"
    "",
};

const char *command_name(enum command_kind kind)
{
    must((unsigned)kind <= COMMAND_UNKNOWN);
    return names[kind];
}

static enum command_kind kind_of(const char *key)
{
    for (enum command_kind k = COMMAND_PONG + 1; k < COMMAND_UNKNOWN; k++)
        if (strcmp(names[k], key) == 0)
            return k;
    return COMMAND_UNKNOWN;
}

static const struct field *field_find(enum command_kind of, const char *key)
{
    for (size_t i = 0; i < FIELDS_COUNT; i++)
        if (fields[i].of == of && strcmp(fields[i].name, key) == 0)
            return &fields[i];
    return NULL;
}

/* Most texts have no escapes and stay where they are. The scratch never moves: command_next made it large enough. */
static bool read_text(struct text value, struct buf *scratch, struct text *out)
{
    if (json_kind(value) != JSON_STRING)
        return false;
    *out = (struct text){value.data + 1, value.len - 2};
    if (memchr(value.data, '\\', value.len)) {
        size_t before = scratch->len;
        json_string(value, scratch);
        *out = text_after(buf_text(scratch), before);
    }
    return true;
}

static bool read_offset(struct text value, uint64_t *out)
{
    int64_t n;
    if (!json_int(value, 0, INT64_MAX, &n))
        return false;
    *out = (uint64_t)n;
    return true;
}

static bool read_since(struct text value, struct buf *scratch, struct command *out)
{
    if (json_kind(value) != JSON_OBJECT)
        return false;
    struct json_member m;
    bool seen_offset = false, seen_epoch = false;
    while (json_member(&value, &m)) {
        bool is_offset = strcmp(m.key, "offset") == 0, is_epoch = strcmp(m.key, "epoch") == 0;
        if ((!is_offset && !is_epoch) || json_kind(m.value) == JSON_NULL)
            continue;
        bool *seen = is_offset ? &seen_offset : &seen_epoch;
        if (*seen || !(is_offset ? read_offset(m.value, &out->offset)
                                 : read_text(m.value, scratch, &out->epoch)))
            return false;
        *seen = true;
    }
    out->has_since = true;
    return true;
}

static bool read_field(const struct field *f, struct text value, struct buf *scratch,
                       struct command *out)
{
    void *at = (char *)out + f->at;
    switch (f->type) {
    case FIELD_TEXT:
        return read_text(value, scratch, at);
    case FIELD_RAW:
        *(struct text *)at = value;
        return true;
    case FIELD_BOOL:
        *(bool *)at = value.data[0] == 't';
        return json_kind(value) == JSON_BOOL;
    case FIELD_OFFSET:
        return read_offset(value, at);
    case FIELD_LIMIT:
        return json_int(value, INT32_MIN, INT32_MAX, at);
    case FIELD_SINCE:
        return read_since(value, scratch, out);
    case FIELD_OBJECT:
        *(struct text *)at = value;
        return json_kind(value) == JSON_OBJECT;
    }
    return false;
}

/* errors: ERR_BAD_REQUEST with out->field. A field that comes twice is refused, not chosen from. */
static enum err read_request(struct text request, struct buf *scratch, struct command *out)
{
    if (json_kind(request) != JSON_OBJECT) {
        out->field = text_of(command_name(out->kind));
        return ERR_BAD_REQUEST;
    }
    enum err e = ERR_OK;
    bool seen[FIELDS_COUNT] = {false};
    struct json_member m;
    while (e == ERR_OK && json_member(&request, &m)) {
        const struct field *f = field_find(out->kind, m.key);
        if (!f || (json_kind(m.value) == JSON_NULL && f->type != FIELD_RAW))
            continue;
        if (seen[f - fields] || !read_field(f, m.value, scratch, out)) {
            out->field = text_of(f->name);
            e = ERR_BAD_REQUEST;
        }
        seen[f - fields] = true;
    }
    return e;
}

/* Only `data` of a method may be deeper than a command. */
static bool depth_is_fine(struct text object)
{
    struct json_member outer, inner;
    while (json_member(&object, &outer)) {
        if (json_valid(outer.value, COMMAND_DEPTH_MAX - 1))
            continue;
        if (json_kind(outer.value) != JSON_OBJECT || kind_of(outer.key) == COMMAND_UNKNOWN)
            return false;
        struct text request = outer.value;
        while (json_member(&request, &inner)) {
            bool is_data = strcmp(inner.key, "data") == 0;
            if (!json_valid(inner.value, is_data ? COMMAND_DATA_DEPTH_MAX : COMMAND_DEPTH_MAX - 2))
                return false;
        }
    }
    return true;
}

static enum err read_command(struct text object, struct buf *scratch, struct command *out)
{
    struct text members = object, request = TEXT_NONE;
    struct json_member m;
    bool empty = true, has_id = false;
    out->kind = COMMAND_UNKNOWN;
    while (json_member(&members, &m)) {
        empty = false;
        if (strcmp(m.key, "id") == 0) {
            int64_t id;
            if (has_id || !json_int(m.value, 0, UINT32_MAX, &id))
                return ERR_MALFORMED;
            out->id = (uint32_t)id;
            has_id = true;
        } else if (kind_of(m.key) != COMMAND_UNKNOWN) {
            if (out->kind != COMMAND_UNKNOWN)
                return ERR_MALFORMED; /* two methods: which one did the id mean? */
            out->kind = kind_of(m.key);
            request = m.value;
        }
    }
    if (empty) {
        out->kind = COMMAND_PONG;
        return ERR_OK;
    }
    if (out->id == 0 && out->kind != COMMAND_send)
        return ERR_MALFORMED;
    return out->kind == COMMAND_UNKNOWN ? ERR_OK : read_request(request, scratch, out);
}

/* Commands are separated by line ends; any white space around one is let through. */
static bool ends_properly(struct text rest)
{
    struct text next = json_skip_space(rest);
    return next.len == 0 || memchr(rest.data, '\n', rest.len - next.len);
}

enum err command_next(struct text *rest, struct buf *scratch, struct command *out)
{
    *out = (struct command){.kind = COMMAND_UNKNOWN};
    buf_clear(scratch);
    struct text here = json_skip_space(*rest), object, after;
    if (here.len == 0) {
        *rest = here;
        return ERR_NOT_FOUND;
    }
    bool flat = json_next(here, COMMAND_DEPTH_MAX, &object, &after); /* as nearly all are */
    if (!flat && (!json_next(here, COMMAND_DATA_DEPTH_MAX + 2, &object, &after) ||
                  object.data[0] != '{' || !depth_is_fine(object)))
        return ERR_MALFORMED;
    if (object.data[0] != '{' || !ends_properly(after))
        return ERR_MALFORMED;
    if (memchr(object.data, '\\', object.len) && !buf_space(scratch, object.len))
        return scratch->err;
    enum err e = read_command(object, scratch, out);
    must(scratch->err == ERR_OK);
    if (e == ERR_OK || e == ERR_BAD_REQUEST)
        *rest = after;
    return e;
}
