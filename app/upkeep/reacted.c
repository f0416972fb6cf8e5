#include "upkeep/intake.h"
#include "wire/emoji_names.h"
#include "wire/json.h"

#define TIME_MAX_MS INT64_C(253402300799999)

void reacted_init(struct reacted_list *l)
{
    *l = (struct reacted_list){0};
    buf_init(&l->lines, REACTED_MAX_BYTES);
}

void reacted_fini(struct reacted_list *l)
{
    buf_fini(&l->lines);
}

/* ---- writing */

static void wrong(struct reacted_list *l, const char *why)
{
    if (!l->wrong)
        l->wrong = why;
}

static void wrong_one(struct reacted_list *l)
{
    wrong(l, "one of its reactions is wrong, and is left out.");
}

/* False: it is one too many. */
static bool know_emoji(struct reacted_list *l, struct text emoji)
{
    for (size_t i = 0; i < l->emoji_count; i++)
        if (text_is(emoji, text_of(l->emojis[i])))
            return true;
    if (l->emoji_count == REACTIONS_MAX)
        return false;
    text_copy(l->emojis[l->emoji_count++], sizeof l->emojis[0], emoji);
    return true;
}

static void add(struct reacted_list *l, const struct reacted *r)
{
    if (!emoji_is_one(r->emoji) || r->user.len == 0 || r->user.len > REACTED_USER_MAX) {
        wrong_one(l);
        return;
    }
    if (!know_emoji(l, r->emoji)) {
        wrong(l, "it has more than 20 different reactions: the others are left out.");
        return;
    }
    if (l->lines.len + EMOJI_MAX_BYTES + REACTED_USER_MAX + 32 > REACTED_MAX_BYTES) {
        wrong(l, "it has too many reactions: the others are left out.");
        return;
    }
    buf_add_text(&l->lines, r->emoji);
    buf_add_char(&l->lines, '\t');
    buf_add_int(&l->lines, r->time_ms);
    buf_add_char(&l->lines, '\t');
    for (size_t i = 0; i < r->user.len; i++) { /* as intake mends names */
        unsigned char c = (unsigned char)r->user.data[i];
        buf_add_char(&l->lines, (char)(c < ' ' || c == 0x7f ? ' ' : c));
    }
    buf_add_char(&l->lines, '\n');
}

/* ["ada", "ben"], all with one emoji. Returns how many they are. */
static int64_t add_users(struct reacted_list *l, struct text emoji, struct text users,
                         struct buf *scratch)
{
    struct text element;
    int64_t count = 0;
    if (json_kind(users) != JSON_ARRAY) {
        wrong_one(l);
        return 0;
    }
    for (; json_element(&users, &element); count++) {
        size_t from = scratch->len;
        if (json_kind(element) != JSON_STRING) {
            wrong_one(l);
            continue;
        }
        json_string(element, scratch);
        const struct reacted r = {.emoji = emoji,
                                  .user = {scratch->data + from, scratch->len - from}};
        if (emoji.len > 0)
            add(l, &r);
    }
    return count;
}

/* ---- the formats */

/* Ours: {"emoji", "users"} */
static void take_snug(struct intake *in, struct text object, struct buf *scratch)
{
    const char *field;
    struct text emoji = TEXT_NONE, users = TEXT_NONE;
    const struct field fields[] = {{"emoji", FIELD_TEXT, true, &emoji},
                                   {"users", FIELD_RAW, true, &users}};
    if (!fields_read(object, fields, 2, scratch, &field) || !emoji_is_one(emoji))
        wrong_one(&in->reacted);
    else
        (void)add_users(&in->reacted, emoji, users, scratch);
}

/* {"name", "users", "count"}; whom it counts and does not name nobody knows. */
static void take_slack(struct intake *in, struct text object, struct buf *scratch)
{
    const char *field;
    char emoji[EMOJI_MAX_BYTES + 1] = "";
    struct text name = TEXT_NONE, users = TEXT_NONE;
    const struct field fields[] = {{"name", FIELD_TEXT, true, &name},
                                   {"users", FIELD_RAW, true, &users}};
    if (!fields_read(object, fields, 2, scratch, &field)) {
        wrong_one(&in->reacted);
        return;
    }
    bool known = emoji_of_name(name, emoji);
    int64_t count = add_users(&in->reacted, text_of(emoji), users, scratch);
    in->count->left_out += known ? 0 : count;
}

/* {"user", "emoji_name", "create_at"} */
static void take_mattermost(struct intake *in, struct text object, struct buf *scratch)
{
    const char *field;
    char emoji[EMOJI_MAX_BYTES + 1];
    struct text name = TEXT_NONE;
    struct reacted r = {0};
    const struct field fields[] = {{"user", FIELD_TEXT, true, &r.user},
                                   {"emoji_name", FIELD_TEXT, true, &name},
                                   {"create_at", FIELD_INT, false, &r.time_ms}};
    if (!fields_read(object, fields, 3, scratch, &field) || r.time_ms < 0 ||
        r.time_ms > TIME_MAX_MS) {
        wrong_one(&in->reacted);
    } else if (!emoji_of_name(name, emoji)) {
        in->count->left_out++;
    } else {
        r.emoji = text_of(emoji);
        add(&in->reacted, &r);
    }
}

static enum err take_all(struct intake *in, struct text json, struct buf *scratch,
                         void (*take)(struct intake *in, struct text object, struct buf *scratch),
                         struct text *out)
{
    struct reacted_list *l = &in->reacted;
    struct text element;
    buf_clear(&l->lines);
    l->emoji_count = 0;
    l->wrong = NULL;
    if (json.len > 0 && json_kind(json) != JSON_ARRAY)
        wrong(l, "its reactions are no list, and are left out.");
    else
        while (json.len > 0 && json_element(&json, &element)) {
            if (json_kind(element) == JSON_OBJECT)
                take(in, element, scratch);
            else
                wrong_one(l);
        }
    if (scratch->err != ERR_OK || l->lines.err != ERR_OK)
        return ERR_NOMEM; /* both have room for all that comes */
    if (l->wrong)
        intake_bad(in, l->wrong);
    *out = buf_text(&l->lines);
    return ERR_OK;
}

enum err reacted_snug(struct intake *in, struct text json, struct buf *scratch, struct text *out)
{
    return take_all(in, json, scratch, take_snug, out);
}

enum err reacted_slack(struct intake *in, struct text json, struct buf *scratch, struct text *out)
{
    return take_all(in, json, scratch, take_slack, out);
}

enum err reacted_mattermost(struct intake *in, struct text json, struct buf *scratch,
                            struct text *out)
{
    return take_all(in, json, scratch, take_mattermost, out);
}

/* ---- reading */

bool reacted_next(struct text *rest, struct reacted *out)
{
    struct text time, line;
    if (rest->len == 0 || !text_split(rest, '\n', &line) || line.len == 0)
        return false;
    *out = (struct reacted){0};
    (void)text_split(&line, '\t', &out->emoji);
    (void)text_split(&line, '\t', &time);
    out->time_ms = text_id(time);
    out->user = line;
    return true;
}
