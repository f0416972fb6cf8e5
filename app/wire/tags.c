#include "wire/tags.h"

#include "wire/json.h"

static struct text decode(struct buf *bytes, struct text quoted)
{
    size_t at = bytes->len;
    json_string(quoted, bytes);
    return (struct text){bytes->data + at, bytes->len - at};
}

static struct tag *find(struct tags *t, struct text key)
{
    for (size_t i = 0; i < t->count; i++)
        if (text_is(t->at[i].key, key))
            return &t->at[i];
    return NULL;
}

static enum err add_tag(struct tags *t, struct text key_json, struct text value_json)
{
    if (json_kind(value_json) != JSON_STRING)
        return ERR_BAD_REQUEST;
    struct text key = decode(&t->bytes, key_json);
    struct text value = decode(&t->bytes, value_json);
    if (t->bytes.err != ERR_OK)
        return t->bytes.err;
    struct tag *tag = find(t, key);
    if (!tag && t->count == TAGS_MAX)
        return ERR_LIMIT;
    if (!tag)
        tag = &t->at[t->count++];
    *tag = (struct tag){key, value};
    return ERR_OK;
}

enum err tags_parse(struct text json, struct tags *out)
{
    out->count = 0;
    buf_init(&out->bytes, TAGS_BYTES_MAX);
    json = json_skip_space(json);
    if (json.len == 0 || json_kind(json) == JSON_NULL)
        return ERR_OK;
    if (json_kind(json) != JSON_OBJECT)
        return ERR_BAD_REQUEST;
    size_t room = json.len < TAGS_BYTES_MAX ? json.len : TAGS_BYTES_MAX;
    enum err e = buf_space(&out->bytes, room) ? ERR_OK : out->bytes.err;
    struct text key, value;
    while (e == ERR_OK && json_entry(&json, &key, &value))
        e = add_tag(out, key, value);
    if (e != ERR_OK)
        tags_fini(out);
    return e;
}

void tags_fini(struct tags *t)
{
    buf_fini(&t->bytes);
    t->count = 0;
}

const struct tag *tags_find(const struct tags *t, struct text key)
{
    return find((struct tags *)t, key);
}
