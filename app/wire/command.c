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
    struct text name;
    size_t at; /* in struct command */
    enum command_kind of;
    enum field_type type;
};

static const struct field fields[] = {
#define FIELD(of, name, type, member)                                                              \
    {{name, sizeof(name) - 1}, offsetof(struct command, member), COMMAND_##of, FIELD_##type},
#include "wire/commands.def"
};
#define FIELDS_COUNT (sizeof fields / sizeof fields[0])

static const struct text names[] = {
    {"", 0},
#define COMMAND(name) {#name, sizeof #name - 1},
#include "wire/commands.def"
    {"", 0},
};

const char *command_name(enum command_kind kind)
{
    must((unsigned)kind <= COMMAND_UNKNOWN);
    return names[kind].data;
}

static enum command_kind kind_of(struct text key)
{
    for (enum command_kind k = COMMAND_PONG + 1; k < COMMAND_UNKNOWN; k++)
        if (text_is(names[k], key))
            return k;
    return COMMAND_UNKNOWN;
}

static const struct field *field_find(enum command_kind of, struct text key)
{
    for (size_t i = 0; i < FIELDS_COUNT; i++)
        if (fields[i].of == of && text_is(fields[i].name, key))
            return &fields[i];
    return NULL;
}

/* What a command is read with: its texts that had escapes go into `scratch`, which never moves. */
struct reading {
    struct text rest;    /* what is not read yet, to the message's end */
    struct buf *scratch; /* has room for all of that from the first escape on */
    struct command *out;
};

/* Most texts have no escapes and stay where they are. What is decoded is not longer than it was. */
static bool read_text(struct reading *r, struct text value, struct text *out)
{
    if (json_kind(value) != JSON_STRING)
        return false;
    *out = (struct text){value.data + 1, value.len - 2};
    if (!memchr(value.data, '\\', value.len))
        return true;
    size_t before = r->scratch->len;
    if (before == 0)
        (void)buf_space(r->scratch, value.len + r->rest.len);
    json_string(value, r->scratch);
    *out = text_after(buf_text(r->scratch), before);
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

static bool read_since(struct reading *r, struct text value)
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
        if (*seen || !(is_offset ? read_offset(m.value, &r->out->offset)
                                 : read_text(r, m.value, &r->out->epoch)))
            return false;
        *seen = true;
    }
    r->out->has_since = true;
    return true;
}

static bool read_field(struct reading *r, const struct field *f, struct text value)
{
    void *at = (char *)r->out + f->at;
    switch (f->type) {
    case FIELD_TEXT:
        return read_text(r, value, at);
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
        return read_since(r, value);
    case FIELD_OBJECT:
        *(struct text *)at = value;
        return json_kind(value) == JSON_OBJECT;
    }
    return false;
}

/* The value of a key that was just taken. Only `data` of a method may be deeper than a command. */
static bool take_value(struct reading *r, unsigned depth_max, struct text *out_value)
{
    return json_next(r->rest, depth_max, out_value, &r->rest);
}

/* errors: ERR_BAD_REQUEST with out->field, it is read to its end; ERR_MALFORMED. A field that comes twice is refused, not chosen
 * from. */
static enum err read_request(struct reading *r)
{
    char room[JSON_KEY_MAX];
    struct text key, value;
    struct command *out = r->out;
    r->rest = json_skip_space(r->rest);
    if (r->rest.len > 0 && r->rest.data[0] != '{') {
        out->field = names[out->kind];
        return take_value(r, COMMAND_DEPTH_MAX - 1, &value) ? ERR_BAD_REQUEST : ERR_MALFORMED;
    }
    enum json_step step;
    bool seen[FIELDS_COUNT] = {false};
    for (bool first = true; (step = json_key(&r->rest, first, &key)) == JSON_KEY; first = false) {
        key = json_key_text(key, room);
        bool is_data = text_is(key, TEXT("data"));
        if (!take_value(r, is_data ? COMMAND_DATA_DEPTH_MAX : COMMAND_DEPTH_MAX - 2, &value))
            return ERR_MALFORMED;
        const struct field *f = out->field.len == 0 ? field_find(out->kind, key) : NULL;
        if (!f || (json_kind(value) == JSON_NULL && f->type != FIELD_RAW))
            continue;
        if (seen[f - fields] || !read_field(r, f, value))
            out->field = f->name;
        seen[f - fields] = true;
    }
    if (step == JSON_BAD)
        return ERR_MALFORMED;
    return out->field.len > 0 ? ERR_BAD_REQUEST : ERR_OK;
}

/* errors: as read_request */
static enum err read_member(struct reading *r, struct text key, bool *has_id)
{
    char room[JSON_KEY_MAX];
    struct text value;
    struct command *out = r->out;
    key = json_key_text(key, room);
    enum command_kind kind = kind_of(key);
    if (kind != COMMAND_UNKNOWN) {
        if (out->kind != COMMAND_UNKNOWN)
            return ERR_MALFORMED; /* two methods: which one did the id mean? */
        out->kind = kind;
        return read_request(r);
    }
    if (!take_value(r, COMMAND_DEPTH_MAX - 1, &value))
        return ERR_MALFORMED;
    if (!text_is(key, TEXT("id")))
        return ERR_OK;
    int64_t id;
    if (*has_id || !json_int(value, 0, UINT32_MAX, &id))
        return ERR_MALFORMED;
    out->id = (uint32_t)id;
    *has_id = true;
    return ERR_OK;
}

/* errors: as read_request */
static enum err read_command(struct reading *r)
{
    struct text key;
    enum json_step step;
    bool first = true, has_id = false;
    enum err e = ERR_OK;
    for (; (step = json_key(&r->rest, first, &key)) == JSON_KEY; first = false) {
        enum err of_member = read_member(r, key, &has_id);
        if (of_member == ERR_MALFORMED)
            return of_member;
        if (of_member != ERR_OK)
            e = of_member;
    }
    if (step == JSON_BAD)
        return ERR_MALFORMED;
    if (first)
        r->out->kind = COMMAND_PONG;
    else if (r->out->id == 0 && r->out->kind != COMMAND_send)
        return ERR_MALFORMED;
    return e;
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
    struct reading r = {.rest = json_skip_space(*rest), .scratch = scratch, .out = out};
    if (r.rest.len == 0) {
        *rest = r.rest;
        return ERR_NOT_FOUND;
    }
    enum err e = read_command(&r);
    if (scratch->err != ERR_OK)
        return scratch->err;
    if (e == ERR_MALFORMED || !ends_properly(r.rest))
        return ERR_MALFORMED;
    *rest = r.rest;
    return e;
}
