/* The lines of snug export: see export.h. */
#include "upkeep/export.h"
#include "upkeep/intake.h"

#include <string.h>

#define TIME_MAX_MS INT64_C(253402300799999)
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static bool read_user(struct intake *in, struct text line, struct buf *scratch, struct item *item)
{
    bool active = true;
    struct text *t = item->texts;
    const struct field fields[] = {
        {"name", FIELD_TEXT, true, &t[ITEM_NAME]},
        {"display", FIELD_TEXT, true, &t[ITEM_DISPLAY]},
        {"role", FIELD_TEXT, true, &t[ITEM_ROLE]},
        {"active", FIELD_BOOL, false, &active},
        {"created", FIELD_INT, true, &item->time_ms},
        {"seen", FIELD_INT, false, &item->seen_ms},
        {"erased", FIELD_BOOL, false, &item->erased},
    };
    item->kind = ITEM_USER;
    bool good = fields_or_bad(in, line, fields, COUNT(fields), scratch);
    t[ITEM_OF_USER] = t[ITEM_NAME];
    item->away = !active;
    return good;
}

static bool read_room(struct intake *in, struct text line, struct buf *scratch, struct item *item)
{
    struct text *t = item->texts, two = TEXT_NONE;
    const struct field fields[] = {
        {"room", FIELD_TEXT, true, &t[ITEM_OF_ROOM]},
        {"name", FIELD_TEXT, false, &t[ITEM_NAME]}, /* a conversation of two has none */
        {"direct", FIELD_RAW, false, &two},
        {"topic", FIELD_TEXT, false, &t[ITEM_WORDS]},
        {"private", FIELD_BOOL, true, &item->private_room},
        {"created", FIELD_INT, true, &item->time_ms},
        {"created_by", FIELD_TEXT, false, &t[ITEM_OF_USER]},
    };
    item->kind = ITEM_ROOM;
    if (!fields_or_bad(in, line, fields, COUNT(fields), scratch))
        return false;
    if (two.len == 0 || two_read(two, scratch, item))
        return true;
    intake_bad(in, "direct must be the names of two.");
    return false;
}

static bool read_member(struct intake *in, struct text line, struct buf *scratch, struct item *item)
{
    struct text *t = item->texts;
    const struct field fields[] = {
        {"room", FIELD_TEXT, true, &t[ITEM_OF_ROOM]},
        {"user", FIELD_TEXT, true, &t[ITEM_OF_USER]},
        {"role", FIELD_TEXT, true, &t[ITEM_ROLE]},
        {"since", FIELD_INT, true, &item->time_ms},
        {"muted", FIELD_BOOL, false, &item->muted},
        {"favourite", FIELD_BOOL, false, &item->favourite},
    };
    item->kind = ITEM_MEMBER;
    return fields_or_bad(in, line, fields, COUNT(fields), scratch);
}

static bool read_message(struct intake *in, struct text line, struct buf *scratch,
                         struct item *item)
{
    struct text *t = item->texts, reactions = TEXT_NONE, files = TEXT_NONE;
    const struct field fields[] = {
        {"id", FIELD_TEXT, true, &t[ITEM_ID]},
        {"room", FIELD_TEXT, true, &t[ITEM_OF_ROOM]},
        {"author", FIELD_TEXT, true, &t[ITEM_OF_USER]},
        {"text", FIELD_TEXT, true, &t[ITEM_WORDS]},
        {"time", FIELD_INT, true, &item->time_ms},
        {"key", FIELD_TEXT, false, &t[ITEM_KEY]},
        {"reply_to", FIELD_TEXT, false, &t[ITEM_REPLY]},
        {"run_id", FIELD_TEXT, false, &t[ITEM_RUN_ID]},
        {"edited", FIELD_INT, false, &item->edited_ms},
        {"reactions", FIELD_RAW, false, &reactions},
        {"files", FIELD_RAW, false, &files},
    };
    item->kind = ITEM_MESSAGE;
    if (!fields_or_bad(in, line, fields, COUNT(fields), scratch))
        return false;
    enum err e = reacted_snug(in, reactions, scratch, &t[ITEM_REACTIONS]);
    if (e == ERR_OK)
        e = filed_snug(in, item, files, scratch);
    if (e != ERR_OK)
        in->fatal = e;
    return e == ERR_OK;
}

static bool read_run(struct intake *in, struct text line, struct buf *scratch, struct item *item)
{
    struct text *t = item->texts;
    const struct field fields[] = {
        {"id", FIELD_TEXT, true, &t[ITEM_RUN_ID]},
        {"room", FIELD_TEXT, true, &t[ITEM_OF_ROOM]},
        {"agent", FIELD_TEXT, true, &t[ITEM_NAME]},
        {"started_by", FIELD_TEXT, true, &t[ITEM_OF_USER]},
        {"text", FIELD_TEXT, true, &t[ITEM_WORDS]},
        {"state", FIELD_TEXT, true, &t[ITEM_ROLE]},
        {"created", FIELD_INT, true, &item->time_ms},
        {"started", FIELD_INT, false, &item->started_ms},
        {"ended", FIELD_INT, false, &item->ended_ms},
        {"reply_to", FIELD_TEXT, false, &t[ITEM_REPLY]},
        {"message", FIELD_TEXT, false, &t[ITEM_ID]},
    };
    item->kind = ITEM_RUN;
    return fields_or_bad(in, line, fields, COUNT(fields), scratch);
}

static bool read_step(struct intake *in, struct text line, struct buf *scratch, struct item *item)
{
    struct text *t = item->texts;
    const struct field fields[] = {
        {"run", FIELD_TEXT, true, &t[ITEM_RUN_ID]},  {"room", FIELD_TEXT, true, &t[ITEM_OF_ROOM]},
        {"event", FIELD_TEXT, true, &t[ITEM_NAME]},  {"time", FIELD_INT, true, &item->time_ms},
        {"data", FIELD_RAW, true, &t[ITEM_WORDS]},   {"by", FIELD_TEXT, false, &t[ITEM_OF_USER]},
        {"message", FIELD_TEXT, false, &t[ITEM_ID]},
    };
    item->kind = ITEM_STEP;
    return fields_or_bad(in, line, fields, COUNT(fields), scratch);
}

static bool read_read(struct intake *in, struct text line, struct buf *scratch, struct item *item)
{
    struct text *t = item->texts;
    const struct field fields[] = {
        {"room", FIELD_TEXT, true, &t[ITEM_OF_ROOM]},
        {"user", FIELD_TEXT, true, &t[ITEM_OF_USER]},
        {"message", FIELD_TEXT, true, &t[ITEM_ID]},
    };
    item->kind = ITEM_READ;
    return fields_or_bad(in, line, fields, COUNT(fields), scratch);
}

static bool read_place(struct intake *in, struct text line, struct buf *scratch, struct item *item)
{
    int64_t version = 0;
    const struct field fields[] = {
        {"version", FIELD_INT, true, &version},
        {"place", FIELD_TEXT, false, &item->texts[ITEM_NAME]},
    };
    item->kind = ITEM_PLACE;
    if (!fields_or_bad(in, line, fields, COUNT(fields), scratch))
        return false;
    if (version == EXPORT_VERSION)
        return true;
    (void)snprintf(in->error, 256, "A newer Snug wrote this export (version %lld).",
                   (long long)version);
    in->fatal = ERR_BAD_REQUEST;
    return false;
}

static const struct {
    const char *type;
    bool (*read)(struct intake *in, struct text line, struct buf *scratch, struct item *item);
} types[] = {
    {"message", read_message}, {"member", read_member}, {"read", read_read},  {"user", read_user},
    {"room", read_room},       {"run", read_run},       {"snug", read_place}, {"step", read_step},
};

static bool is_time(int64_t ms)
{
    return ms >= 0 && ms <= TIME_MAX_MS;
}

static enum err take_line(struct intake *in, struct lines *l, struct text line, bool *out_end)
{
    struct text type = TEXT_NONE;
    struct item item = {.source = "snug"};
    const struct field field = {"type", FIELD_TEXT, true, &type};
    if (!fields_or_bad(in, line, &field, 1, &l->scratch))
        return ERR_OK;
    *out_end = text_is(type, TEXT("end"));
    if (*out_end)
        return ERR_OK;
    for (size_t i = 0; i < COUNT(types); i++) {
        if (!text_is(type, text_of(types[i].type)))
            continue;
        if (!types[i].read(in, line, &l->scratch, &item))
            return in->fatal;
        if (!is_time(item.time_ms) || !is_time(item.started_ms) || !is_time(item.ended_ms) ||
            !is_time(item.seen_ms) || !is_time(item.edited_ms)) {
            intake_bad(in, "a time is wrong.");
            return ERR_OK;
        }
        return intake_put(in, &item);
    }
    in->count->left_out++; /* of a later version that still reads as this one */
    return ERR_OK;
}

enum err read_snug(struct intake *in, FILE *file)
{
    struct lines l;
    struct text line;
    enum err e = ERR_OK;
    bool more = true, ended = false;
    lines_init(&l, file);
    while (more && e == ERR_OK) {
        more = lines_next(&l, in, &line, &e);
        if (more)
            e = take_line(in, &l, line, &ended);
    }
    lines_fini(&l);
    if (e == ERR_OK && !ended)
        intake_bad(in, "the export breaks off: its last line is missing.");
    return e;
}
