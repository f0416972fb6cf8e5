/* Mattermost's bulk export: a line is {"type": T, T: {...}}, in the order version, teams, channels, users, posts, direct
 * channels, direct posts. It is read twice, so that all rooms are there before anything was said. Posts have no ids: one is told
 * from another by where, who, when and what, as Mattermost itself does. */
#include "upkeep/intake.h"
#include "wire/json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE "mattermost"
#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define HASH_BYTES 16
#define ID_SIZE (24 + 2 * HASH_BYTES)
#define ROOM_BYTES 512
#define PARTICIPANTS_MAX 16
#define TIME_MAX_MS INT64_C(253402300799999)

struct reader {
    struct intake *in;
    struct lines lines;
    struct buf text; /* a text that is put together */
    unsigned teams;
    bool
        posts; /* the second time: nothing else is taken, and what is wrong with it has been told */
};

static struct text string_of(struct reader *r, struct text value)
{
    size_t from = r->lines.scratch.len;
    if (json_kind(value) != JSON_STRING)
        return TEXT_NONE;
    json_string(value, &r->lines.scratch);
    return (struct text){r->lines.scratch.data + from, r->lines.scratch.len - from};
}

/* "team/channel" */
static struct text room_of(struct text team, struct text channel, char out[ROOM_BYTES])
{
    (void)snprintf(out, ROOM_BYTES, "%.*s/%.*s", (int)(team.len > 200 ? 200 : team.len), team.data,
                   (int)(channel.len > 200 ? 200 : channel.len), channel.data);
    return text_of(out);
}

/* ---- teams, channels, people */

static enum err take_channel(struct reader *r, struct text object)
{
    char room[ROOM_BYTES];
    struct text team = TEXT_NONE, name = TEXT_NONE, display = TEXT_NONE, type = TEXT_NONE;
    struct text header = TEXT_NONE, purpose = TEXT_NONE;
    const struct field fields[] = {
        {"team", FIELD_TEXT, true, &team},
        {"name", FIELD_TEXT, true, &name},
        {"display_name", FIELD_TEXT, false, &display},
        {"type", FIELD_TEXT, true, &type},
        {"header", FIELD_TEXT, false, &header},
        {"purpose", FIELD_TEXT, false, &purpose},
    };
    if (!fields_or_bad(r->in, object, fields, COUNT(fields), &r->lines.scratch))
        return ERR_OK;
    struct item item = {.kind = ITEM_ROOM, .source = SOURCE};
    item.private_room = !text_is(type, TEXT("O")); /* "P", and what is not known */
    buf_clear(&r->text);
    buf_add_text(&r->text, text_trim(display).len ? display : name);
    if (r->teams > 1) { /* every team has a Town Square */
        buf_add_text(&r->text, TEXT(" ("));
        buf_add_text(&r->text, team);
        buf_add_char(&r->text, ')');
    }
    item.texts[ITEM_OF_ROOM] = room_of(team, name, room);
    item.texts[ITEM_NAME] = buf_text(&r->text);
    item.texts[ITEM_WORDS] = text_trim(header).len ? header : purpose;
    return intake_put(r->in, &item);
}

/* A user's memberships: [{"name": team, "channels": [{"name", "roles"}]}] */
static enum err take_memberships(struct reader *r, struct text user, struct text teams)
{
    struct text element, channel;
    enum err e = ERR_OK;
    while (e == ERR_OK && json_element(&teams, &element)) {
        struct text team = TEXT_NONE, channels = TEXT_NONE;
        const struct field fields[] = {{"name", FIELD_TEXT, true, &team},
                                       {"channels", FIELD_RAW, false, &channels}};
        if (!fields_or_bad(r->in, element, fields, COUNT(fields), &r->lines.scratch))
            continue;
        if (channels.len == 0 || json_kind(channels) != JSON_ARRAY)
            continue;
        while (e == ERR_OK && json_element(&channels, &channel)) {
            char room[ROOM_BYTES];
            struct text name = TEXT_NONE, roles = TEXT_NONE;
            const struct field inner[] = {{"name", FIELD_TEXT, true, &name},
                                          {"roles", FIELD_TEXT, false, &roles}};
            if (!fields_or_bad(r->in, channel, inner, COUNT(inner), &r->lines.scratch))
                continue;
            struct item item = {.kind = ITEM_MEMBER, .source = SOURCE};
            bool owner = roles.len && memmem(roles.data, roles.len, "channel_admin", 13);
            item.texts[ITEM_OF_ROOM] = room_of(team, name, room);
            item.texts[ITEM_OF_USER] = user;
            item.texts[ITEM_ROLE] = owner ? TEXT("owner") : TEXT("member");
            e = intake_put(r->in, &item);
        }
    }
    return e;
}

static enum err take_user(struct reader *r, struct text object)
{
    struct text name = TEXT_NONE, first = TEXT_NONE, last = TEXT_NONE, nickname = TEXT_NONE;
    struct text display = TEXT_NONE, teams = TEXT_NONE;
    int64_t deleted_ms = 0;
    const struct field fields[] = {
        {"username", FIELD_TEXT, true, &name},         {"first_name", FIELD_TEXT, false, &first},
        {"last_name", FIELD_TEXT, false, &last},       {"nickname", FIELD_TEXT, false, &nickname},
        {"display_name", FIELD_TEXT, false, &display}, /* of a bot */
        {"teams", FIELD_RAW, false, &teams},           {"delete_at", FIELD_INT, false, &deleted_ms},
    };
    if (!fields_or_bad(r->in, object, fields, COUNT(fields), &r->lines.scratch))
        return ERR_OK;
    buf_clear(&r->text);
    buf_add_text(&r->text, first);
    buf_add_char(&r->text, ' ');
    buf_add_text(&r->text, last);
    struct text full = text_trim(buf_text(&r->text));
    struct item item = {.kind = ITEM_USER, .source = SOURCE, .away = deleted_ms > 0};
    item.texts[ITEM_OF_USER] = name;
    item.texts[ITEM_NAME] = name;
    item.texts[ITEM_DISPLAY] = text_trim(nickname).len  ? nickname
                               : text_trim(display).len ? display
                               : full.len               ? full
                                                        : name;
    item.texts[ITEM_ROLE] = TEXT("member");
    enum err e = intake_put(r->in, &item);
    return e == ERR_OK && teams.len && json_kind(teams) == JSON_ARRAY
               ? take_memberships(r, name, teams)
               : e;
}

/* ---- posts */

struct post {
    struct text user, message, type, attachments, replies, reactions;
    int64_t time_ms, edited_ms;
};

static bool read_post(struct reader *r, struct text object, struct post *p)
{
    *p = (struct post){0};
    const struct field fields[] = {
        {"user", FIELD_TEXT, true, &p->user},
        {"message", FIELD_TEXT, true, &p->message},
        {"create_at", FIELD_INT, true, &p->time_ms},
        {"edit_at", FIELD_INT, false, &p->edited_ms},
        {"type", FIELD_TEXT, false, &p->type},
        {"attachments", FIELD_RAW, false, &p->attachments},
        {"replies", FIELD_RAW, false, &p->replies},
        {"reactions", FIELD_RAW, false, &p->reactions},
    };
    if (!fields_or_bad(r->in, object, fields, COUNT(fields), &r->lines.scratch))
        return false;
    bool time = p->time_ms > 0 && p->time_ms <= TIME_MAX_MS;
    if (time && p->edited_ms >= 0 && p->edited_ms <= TIME_MAX_MS)
        return true;
    intake_bad(r->in, time ? "edit_at is no time." : "create_at is no time.");
    return false;
}

static void hash_text(crypto_generichash_state *h, struct text t)
{
    uint64_t len = t.len; /* so that no two lists of texts are the same bytes */
    (void)crypto_generichash_update(h, (const unsigned char *)&len, sizeof len);
    (void)crypto_generichash_update(h, (const unsigned char *)t.data, t.len);
}

/* What this post is called: where, who, when and what; of a reply also to what. The time comes first: names that follow each
 * other are written to the same pages. */
static void name_post(struct text room, struct text parent, const struct post *p, char out[ID_SIZE])
{
    unsigned char hash[HASH_BYTES];
    char time[24];
    crypto_generichash_state h;
    (void)crypto_generichash_init(&h, NULL, 0, sizeof hash);
    (void)snprintf(time, sizeof time, "%lld", (long long)p->time_ms);
    hash_text(&h, room);
    hash_text(&h, parent);
    hash_text(&h, p->user);
    hash_text(&h, text_of(time));
    hash_text(&h, p->message);
    (void)crypto_generichash_final(&h, hash, sizeof hash);
    int len = snprintf(out, ID_SIZE, "%s:", time);
    (void)sodium_bin2hex(out + len, ID_SIZE - (size_t)len, hash, sizeof hash);
}

static enum err put_post(struct reader *r, struct text room, struct text parent,
                         const struct post *p, char id[ID_SIZE])
{
    name_post(room, parent, p, id);
    struct item item = {.kind = ITEM_MESSAGE, .source = SOURCE, .time_ms = p->time_ms};
    item.edited_ms = p->edited_ms;
    item.texts[ITEM_OF_ROOM] = room;
    item.texts[ITEM_OF_USER] = p->user;
    item.texts[ITEM_WORDS] = text_trim(p->message);
    item.texts[ITEM_ID] = text_of(id);
    item.texts[ITEM_REPLY] = parent;
    bool said = !text_starts(p->type, TEXT("system_"));
    enum err e = said ? filed_mattermost(r->in, &item, p->attachments, &r->lines.scratch) : ERR_OK;
    if (e != ERR_OK)
        return e;
    if (!said || item_is_empty(&item, r->in->filed.there)) {
        r->in->count->left_out++;
        return ERR_OK;
    }
    e = reacted_mattermost(r->in, p->reactions, &r->lines.scratch, &item.texts[ITEM_REACTIONS]);
    return e == ERR_OK ? intake_put(r->in, &item) : e;
}

static enum err take_replies(struct reader *r, struct text room, struct text object)
{
    struct post p, reply;
    struct text element;
    char id[ID_SIZE], reply_id[ID_SIZE];
    if (!read_post(r, object, &p))
        return ERR_OK;
    enum err e = put_post(r, room, TEXT_NONE, &p, id);
    if (p.replies.len == 0 || json_kind(p.replies) != JSON_ARRAY)
        return e;
    while (e == ERR_OK && json_element(&p.replies, &element))
        if (read_post(r, element, &reply))
            e = put_post(r, room, text_of(id), &reply, reply_id);
    return e;
}

static enum err take_post(struct reader *r, struct text object)
{
    char room[ROOM_BYTES];
    struct text team = TEXT_NONE, channel = TEXT_NONE;
    const struct field fields[] = {{"team", FIELD_TEXT, true, &team},
                                   {"channel", FIELD_TEXT, true, &channel}};
    if (!fields_or_bad(r->in, object, fields, COUNT(fields), &r->lines.scratch))
        return ERR_OK;
    return take_replies(r, room_of(team, channel, room), object);
}

/* ---- conversations: of two different people, else a private room named after who is in it */

struct direct {
    struct text names[PARTICIPANTS_MAX];
    size_t count;
    char room[ROOM_BYTES]; /* "direct/ada,bob", sorted */
};

static int compare_texts(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* ["ada", "bob"], or [{"username": "ada"}, ...] */
static bool read_direct(struct reader *r, struct text list, struct direct *d)
{
    struct text element;
    const char *wrong;
    *d = (struct direct){0};
    bool any = list.len > 0 && json_kind(list) == JSON_ARRAY;
    while (any && json_element(&list, &element)) {
        struct text name = string_of(r, element);
        const struct field field = {"username", FIELD_TEXT, true, &name};
        if (json_kind(element) == JSON_OBJECT)
            (void)!fields_read(element, &field, 1, &r->lines.scratch, &wrong);
        if (name.len == 0 || name.len > 64 || d->count == PARTICIPANTS_MAX) {
            intake_bad(r->in, "who takes part is missing or wrong.");
            return false;
        }
        d->names[d->count++] = name;
    }
    if (d->count == 0) {
        intake_bad(r->in, "who takes part is missing or wrong.");
        return false;
    }
    qsort(d->names, d->count, sizeof d->names[0], compare_texts);
    size_t at = (size_t)snprintf(d->room, sizeof d->room, "direct/");
    for (size_t i = 0; i < d->count && at < 300; i++)
        at += (size_t)snprintf(d->room + at, sizeof d->room - at, "%s%.*s", i ? "," : "",
                               TEXT_ARG(d->names[i]));
    return true;
}

static enum err put_direct(struct reader *r, const struct direct *d)
{
    struct item item = {.kind = ITEM_ROOM, .source = SOURCE, .private_room = true, .apart = true};
    buf_clear(&r->text);
    for (size_t i = 0; i < d->count; i++) {
        if (i > 0)
            buf_add_text(&r->text, TEXT(", "));
        buf_add_text(&r->text, d->names[i]);
    }
    item.texts[ITEM_OF_ROOM] = text_of(d->room);
    item.texts[ITEM_NAME] = buf_text(&r->text);
    if (d->count == 2) {
        item.texts[ITEM_ONE] = d->names[0];
        item.texts[ITEM_OTHER] = d->names[1];
    }
    enum err e = intake_put(r->in, &item);
    for (size_t i = 0; i < d->count && e == ERR_OK; i++) {
        struct item member = {.kind = ITEM_MEMBER, .source = SOURCE};
        member.texts[ITEM_OF_ROOM] = text_of(d->room);
        member.texts[ITEM_OF_USER] = d->names[i];
        member.texts[ITEM_ROLE] = TEXT("owner");
        e = intake_put(r->in, &member);
    }
    return e;
}

static enum err take_direct_channel(struct reader *r, struct text object)
{
    struct direct d;
    struct text members = TEXT_NONE, participants = TEXT_NONE;
    const struct field fields[] = {{"members", FIELD_RAW, false, &members},
                                   {"participants", FIELD_RAW, false, &participants}};
    if (!fields_or_bad(r->in, object, fields, COUNT(fields), &r->lines.scratch) ||
        !read_direct(r, participants.len ? participants : members, &d))
        return ERR_OK;
    return put_direct(r, &d);
}

static enum err take_direct_post(struct reader *r, struct text object)
{
    struct direct d;
    struct text members = TEXT_NONE;
    const struct field field = {"channel_members", FIELD_RAW, true, &members};
    if (!fields_or_bad(r->in, object, &field, 1, &r->lines.scratch) || !read_direct(r, members, &d))
        return ERR_OK;
    return take_replies(r, text_of(d.room), object);
}

/* ---- lines */

static enum err take_team(struct reader *r, struct text object)
{
    (void)object;
    r->teams++;
    return ERR_OK;
}

static enum err take_version(struct reader *r, struct text object)
{
    int64_t version = 0;
    if (json_kind(object) == JSON_NUMBER && json_int(object, 0, INT64_MAX, &version) &&
        version == 1)
        return ERR_OK;
    (void)snprintf(r->in->error, 256, "This version of Mattermost's format is not known.");
    return ERR_BAD_REQUEST;
}

static const struct {
    const char *type;
    bool is_post;
    enum err (*take)(struct reader *r, struct text object);
} types[] = {
    {"post", true, take_post},        {"direct_post", true, take_direct_post},
    {"user", false, take_user},       {"bot", false, take_user},
    {"channel", false, take_channel}, {"direct_channel", false, take_direct_channel},
    {"team", false, take_team},       {"version", false, take_version},
};

static enum err take_line(struct reader *r, struct text line)
{
    struct text type = TEXT_NONE, object = TEXT_NONE;
    const char *wrong;
    const struct field field = {"type", FIELD_TEXT, true, &type};
    if (r->posts ? !fields_read(line, &field, 1, &r->lines.scratch, &wrong)
                 : !fields_or_bad(r->in, line, &field, 1, &r->lines.scratch))
        return ERR_OK;
    for (size_t i = 0; i < COUNT(types); i++) {
        const struct field inner = {types[i].type, FIELD_RAW, true, &object};
        if (!text_is(type, text_of(types[i].type)))
            continue;
        if (types[i].is_post != r->posts)
            return ERR_OK;
        return fields_or_bad(r->in, line, &inner, 1, &r->lines.scratch) ? types[i].take(r, object)
                                                                        : ERR_OK;
    }
    r->in->count->left_out += !r->posts;
    return ERR_OK;
}

static enum err read_lines(struct reader *r)
{
    struct text line;
    enum err e = ERR_OK;
    while (e == ERR_OK && lines_next(&r->lines, r->in, &line, &e))
        e = take_line(r, line);
    return e;
}

enum err read_mattermost(struct intake *in, FILE *file)
{
    struct reader r = {.in = in};
    lines_init(&r.lines, file);
    buf_init(&r.text, IMPORT_LINE_MAX);
    in->total *= 2;
    enum err e = read_lines(&r);
    if (e == ERR_OK) {
        rewind(file);
        in->line = 0;
        r.posts = r.lines.told = true;
        e = read_lines(&r);
    }
    const struct item caught_up = {.kind = ITEM_CAUGHT_UP, .source = SOURCE};
    if (e == ERR_OK)
        e = intake_put(in, &caught_up);
    lines_fini(&r.lines);
    buf_fini(&r.text);
    return e;
}
