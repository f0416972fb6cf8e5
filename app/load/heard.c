#include "load/heard.h"

#include "wire/json.h"

/* {"id":12,"publish": ... without an error. */
static bool take_usual_reply(struct text line, struct heard *out)
{
    const struct text start = TEXT("{\"id\":");
    if (!text_starts(line, start))
        return false;
    size_t at = start.len;
    int64_t id = 0;
    for (; at < line.len && line.data[at] >= '0' && line.data[at] <= '9' && id < UINT32_MAX; at++)
        id = id * 10 + (line.data[at] - '0');
    struct text rest = text_after(line, at);
    if (id == 0 || !text_starts(rest, TEXT(",\"")) || text_starts(rest, TEXT(",\"error\"")))
        return false;
    out->kind = HEARD_REPLY;
    out->id = id;
    return true;
}

struct text heard_member(struct text object, const char *path)
{
    struct text rest = text_of(path), name;
    while (text_split(&rest, '.', &name)) {
        struct text found = TEXT_NONE;
        struct json_member member;
        if (object.len == 0 || json_kind(object) != JSON_OBJECT)
            return TEXT_NONE;
        while (found.len == 0 && json_member(&object, &member))
            if (text_is(text_of(member.key), name))
                found = member.value;
        object = found;
    }
    return object;
}

static void read_slowly(struct text line, struct heard *out)
{
    if (!json_valid(line, JSON_DEPTH_MAX) || json_kind(json_skip_space(line)) != JSON_OBJECT)
        return;
    line = json_skip_space(line);
    struct text id = heard_member(line, "id"), error = heard_member(line, "error");
    struct json_member any;
    struct text rest = line;
    if (heard_member(line, "push").len > 0)
        out->kind = HEARD_PUSH;
    else if (id.len > 0 && json_int(id, 1, UINT32_MAX, &out->id))
        out->kind = HEARD_REPLY;
    else if (!json_member(&rest, &any))
        out->kind = HEARD_PING;
    if (out->kind != HEARD_REPLY || error.len == 0)
        return;
    struct text code = heard_member(error, "code");
    if (code.len == 0 || !json_int(code, 1, UINT32_MAX, &out->error_code))
        out->error_code = UINT32_MAX; /* an error all the same */
    out->temporary = text_is(heard_member(error, "temporary"), TEXT("true"));
    struct text message = heard_member(error, "message");
    if (message.len > 0 && json_kind(message) == JSON_STRING)
        out->message = message;
}

void heard_read(struct text line, struct heard *out)
{
    *out = (struct heard){.kind = HEARD_BAD, .message = TEXT_NONE};
    if (text_starts(line, TEXT("{\"push\":")))
        out->kind = HEARD_PUSH;
    else if (text_is(line, TEXT("{}")))
        out->kind = HEARD_PING;
    else if (!take_usual_reply(line, out))
        read_slowly(line, out);
}
