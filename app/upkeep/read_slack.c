/* Slack's export: a folder with lists of people and rooms, and one of files, a day each, for every room. */
#include "store/db.h"
#include "upkeep/intake.h"
#include "upkeep/slack_text.h"
#include "wire/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(name) ((name)->id[0] = 0)
#include <uthash.h>

#define SOURCE "slack"
#define NAME_BYTES 128
#define PATH_BYTES 512
#define NAMES_MAX 200000
#define TEXT_BYTES ((size_t)1 << 20) /* of one message here */
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* What an id is called here: "@U1" is a user, "#C1" a channel. */
struct name {
    char id[NAME_BYTES];
    char name[NAME_BYTES];
    UT_hash_handle hh;
};

struct slack {
    struct intake *in;
    int folder;
    struct name *names;
    struct buf file, scratch, text; /* the file that is read; texts of one of its elements */
    enum err err;                   /* no memory for a name or a file */
};

/* ---- names */

/* NULL: no memory, or too many. */
static struct name *new_name(struct slack *s, const char *full)
{
    struct name *n = HASH_COUNT(s->names) < NAMES_MAX ? calloc(1, sizeof *n) : NULL;
    if (!n)
        return NULL;
    text_copy(n->id, sizeof n->id, text_of(full));
    HASH_ADD_STR(s->names, id, n);
    if (n->id[0])
        return n;
    free(n); /* it is not in the table */
    return NULL;
}

static void add_name(struct slack *s, char kind, struct text id, struct text name)
{
    char full[NAME_BYTES];
    struct name *n = NULL;
    (void)snprintf(full, sizeof full, "%c%.*s", kind, TEXT_ARG(id));
    HASH_FIND_STR(s->names, full, n);
    if (!n)
        n = new_name(s, full);
    if (n)
        text_copy(n->name, sizeof n->name, name);
    else if (HASH_COUNT(s->names) < NAMES_MAX)
        s->err = ERR_NOMEM;
}

static bool find_name(void *ctx, char kind, struct text id, struct text *out_name)
{
    struct slack *s = ctx;
    char full[NAME_BYTES];
    struct name *n = NULL;
    (void)snprintf(full, sizeof full, "%c%.*s", kind, TEXT_ARG(id));
    HASH_FIND_STR(s->names, full, n);
    if (n)
        *out_name = text_of(n->name);
    return n != NULL;
}

static enum err read_names(struct db *db, void *data)
{
    struct slack *s = data;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_NAMES);
    query_text(q, 1, TEXT("import " SOURCE " user "));
    while (query_row(q))
        add_name(s, '@', col_text(q, 0), col_text(q, 1));
    enum err e = query_end(q);
    return e != ERR_OK ? e : s->err;
}

static void free_names(struct slack *s)
{
    struct name *n, *next;
    HASH_ITER(hh, s->names, n, next)
    {
        HASH_DEL(s->names, n); /* NOLINT(clang-analyzer-unix.Malloc): `next` is not freed yet */
        free(n);
    }
}

/* ---- files */

/* The whole file into s->file: true if it is there and a JSON array. */
static bool load(struct slack *s, const char *path)
{
    char why[256], words[128];
    struct stat st;
    int fd = openat(s->folder, path, O_RDONLY | O_CLOEXEC);
    intake_begin(s->in, path);
    if (fd < 0 && errno == ENOENT)
        return false;
    buf_clear(&s->file);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    ssize_t n = good ? 1 : -1;
    while (n > 0 && s->file.err == ERR_OK) {
        char *at = buf_space(&s->file, (size_t)1 << 16);
        n = at ? read(fd, at, (size_t)1 << 16) : -1;
        if (n > 0)
            buf_grown(&s->file, (size_t)n);
    }
    if (n < 0 && s->file.err == ERR_OK) {
        (void)snprintf(why, sizeof why, "it cannot be read: %s.",
                       strerror_r(good ? errno : EISDIR, words, sizeof words));
        intake_bad(s->in, why);
    } else if (s->file.err == ERR_LIMIT) {
        intake_bad(s->in, "the file is larger than 256 MiB.");
    } else if (s->file.err != ERR_OK) {
        s->err = s->file.err;
    }
    if (fd >= 0)
        (void)close(fd);
    if (n != 0 || s->file.err != ERR_OK)
        return false;
    intake_progress(s->in, (int64_t)s->file.len);
    struct text all = text_trim(buf_text(&s->file));
    if (json_valid(all, IMPORT_DEPTH_MAX) && json_kind(all) == JSON_ARRAY)
        return true;
    intake_bad(s->in, "the file is no JSON array.");
    return false;
}

/* Each element that is an object. */
static enum err each(struct slack *s, const char *path, void *ctx,
                     enum err (*take)(struct slack *s, struct text element, void *ctx))
{
    struct text element;
    if (!load(s, path))
        return s->err;
    struct text all = text_trim(buf_text(&s->file));
    enum err e = ERR_OK;
    while (e == ERR_OK && json_element(&all, &element)) {
        s->in->line++;
        if (json_kind(element) != JSON_OBJECT) {
            intake_bad(s->in, "it is no object.");
            continue;
        }
        if (element.len > IMPORT_LINE_MAX) {
            intake_bad(s->in, "it is longer than 16 MiB.");
            continue;
        }
        e = scratch_for(&s->scratch, element);
        if (e == ERR_OK)
            e = take(s, element, ctx);
        if (e == ERR_OK)
            e = s->err;
    }
    return e;
}

/* ---- people */

static struct text first_of(struct text a, struct text b, struct text c)
{
    a = text_trim(a);
    b = text_trim(b);
    return a.len ? a : b.len ? b : c;
}

static enum err take_user(struct slack *s, struct text element, void *ctx)
{
    (void)ctx;
    const char *wrong;
    struct text id = TEXT_NONE, name = TEXT_NONE, real = TEXT_NONE, profile = TEXT_NONE;
    struct text shown = TEXT_NONE, real_there = TEXT_NONE;
    bool deleted = false;
    const struct field fields[] = {
        {"id", FIELD_TEXT, true, &id},
        {"name", FIELD_TEXT, false, &name},
        {"real_name", FIELD_TEXT, false, &real},
        {"profile", FIELD_RAW, false, &profile},
        {"deleted", FIELD_BOOL, false, &deleted},
    };
    const struct field inner[] = {
        {"display_name", FIELD_TEXT, false, &shown},
        {"real_name", FIELD_TEXT, false, &real_there},
    };
    if (!fields_or_bad(s->in, element, fields, COUNT(fields), &s->scratch))
        return ERR_OK;
    if (profile.len && json_kind(profile) == JSON_OBJECT)
        (void)!fields_read(profile, inner, COUNT(inner), &s->scratch, &wrong);
    struct item item = {.kind = ITEM_USER, .source = SOURCE, .away = deleted};
    item.texts[ITEM_OF_USER] = id;
    item.texts[ITEM_NAME] = name;
    item.texts[ITEM_DISPLAY] =
        first_of(shown, first_of(real_there, real, TEXT_NONE), first_of(name, id, TEXT_NONE));
    item.texts[ITEM_ROLE] = TEXT("member");
    return intake_put(s->in, &item);
}

/* Somebody whom users.json does not have: a bot, or who came from another workspace. */
static enum err make_known(struct slack *s, struct text id, struct text name)
{
    struct text known;
    if (find_name(s, '@', id, &known))
        return ERR_OK;
    struct item item = {.kind = ITEM_USER, .source = SOURCE};
    item.texts[ITEM_OF_USER] = id;
    item.texts[ITEM_NAME] = name.len ? name : id;
    item.texts[ITEM_DISPLAY] = name.len ? name : id;
    item.texts[ITEM_ROLE] = TEXT("member");
    add_name(s, '@', id, name.len ? name : id);
    return intake_put(s->in, &item);
}

/* ---- rooms */

struct room_kind {
    const char *file;
    bool private_room;
    bool unnamed; /* a conversation */
    bool of_two;
};

static const struct room_kind kinds[] = {
    {"channels.json", false, false, false},
    {"groups.json", true, false, false},
    {"mpims.json", true, true, false},
    {"dms.json", true, true, true}, /* or with oneself */
};

static enum err add_members(struct slack *s, struct text room, struct text members,
                            struct text creator)
{
    struct text element;
    enum err e = ERR_OK;
    while (e == ERR_OK && json_element(&members, &element)) {
        size_t from = s->scratch.len;
        if (json_kind(element) != JSON_STRING)
            continue;
        json_string(element, &s->scratch);
        struct item item = {.kind = ITEM_MEMBER, .source = SOURCE};
        struct text who = {s->scratch.data + from, s->scratch.len - from};
        item.texts[ITEM_OF_ROOM] = room;
        item.texts[ITEM_OF_USER] = who;
        item.texts[ITEM_ROLE] = text_is(who, creator) ? TEXT("owner") : TEXT("member");
        e = make_known(s, who, TEXT_NONE);
        if (e == ERR_OK)
            e = intake_put(s->in, &item);
    }
    return e;
}

/* A conversation has no name of its own: it gets those of its members, unless it becomes one of two. */
static struct text name_members(struct slack *s, struct text members)
{
    struct text element, name;
    buf_clear(&s->text);
    while (json_element(&members, &element)) {
        size_t from = s->scratch.len;
        if (json_kind(element) != JSON_STRING)
            continue;
        json_string(element, &s->scratch);
        struct text id = {s->scratch.data + from, s->scratch.len - from};
        if (s->text.len)
            buf_add_text(&s->text, TEXT(", "));
        buf_add_text(&s->text, find_name(s, '@', id, &name) ? name : id);
    }
    return buf_text(&s->text);
}

/* {"value": ...} of a topic or a purpose. */
static struct text value_of(struct slack *s, struct text object)
{
    const char *wrong;
    struct text value = TEXT_NONE;
    const struct field field = {"value", FIELD_TEXT, false, &value};
    if (object.len && json_kind(object) == JSON_OBJECT)
        (void)!fields_read(object, &field, 1, &s->scratch, &wrong);
    return value;
}

static enum err take_room(struct slack *s, struct text element, void *ctx)
{
    const struct room_kind *kind = ctx;
    struct text id = TEXT_NONE, name = TEXT_NONE, creator = TEXT_NONE, members = TEXT_NONE;
    struct text topic = TEXT_NONE, purpose = TEXT_NONE;
    int64_t created_s = 0;
    const struct field fields[] = {
        {"id", FIELD_TEXT, true, &id},
        {"name", FIELD_TEXT, !kind->unnamed, &name},
        {"creator", FIELD_TEXT, false, &creator},
        {"members", FIELD_RAW, false, &members},
        {"topic", FIELD_RAW, false, &topic},
        {"purpose", FIELD_RAW, false, &purpose},
        {"created", FIELD_INT, false, &created_s},
    };
    if (!fields_or_bad(s->in, element, fields, COUNT(fields), &s->scratch))
        return ERR_OK;
    if (created_s < 0 || created_s > INT64_C(253402300799))
        created_s = 0;
    if (members.len && json_kind(members) != JSON_ARRAY)
        members = TEXT_NONE;
    struct item item = {.kind = ITEM_ROOM,
                        .source = SOURCE,
                        .private_room = kind->private_room,
                        .apart = kind->unnamed,
                        .time_ms = created_s * 1000};
    item.texts[ITEM_OF_ROOM] = id;
    item.texts[ITEM_NAME] = kind->unnamed ? name_members(s, members) : name;
    item.texts[ITEM_WORDS] = first_of(value_of(s, topic), value_of(s, purpose), TEXT_NONE);
    item.texts[ITEM_OF_USER] = creator;
    if (kind->of_two && members.len)
        (void)two_read(members, &s->scratch, &item);
    add_name(s, '#', id, item.texts[ITEM_NAME]);
    enum err e = intake_put(s->in, &item);
    return e == ERR_OK && members.len ? add_members(s, id, members, creator) : e;
}

/* ---- messages */

struct message {
    struct text type, subtype, user, bot, username, text, ts, thread, files, attachments, profile;
    struct text edited, reactions; /* {"user", "ts"}; [{"name", "users"}] */
    int64_t time_ms, edited_ms;
};

/* What people and bots say; all other subtypes are notes of the system. */
static bool is_said(struct text subtype)
{
    static const char *const said[] = {
        "",           "bot_message",  "me_message",  "thread_broadcast",
        "file_share", "file_comment", "file_mention"};
    for (size_t i = 0; i < COUNT(said); i++)
        if (text_is(subtype, text_of(said[i])))
            return true;
    return false;
}

/* "1355517523.000005" is seconds and a number that makes it the only one: the first three digits are taken for ms. */
static bool read_time(struct text ts, int64_t *out_ms)
{
    struct text seconds;
    int64_t ms = 0;
    if (!text_split(&ts, '.', &seconds))
        return false;
    int64_t s = text_id(seconds);
    for (size_t i = 0; i < 3; i++) {
        int digit = i < ts.len ? ts.data[i] : '0';
        if (digit < '0' || digit > '9')
            return false;
        ms = ms * 10 + (digit - '0');
    }
    if (s <= 0 || s > INT64_C(253402300799))
        return false;
    *out_ms = s * 1000 + ms;
    return true;
}

/* Both times. False: one is none, and that has been told. */
static bool read_times(struct slack *s, struct message *m)
{
    struct text ts = TEXT_NONE;
    const char *wrong;
    const struct field field = {"ts", FIELD_TEXT, true, &ts};
    if (m->ts.len > 40 || !read_time(m->ts, &m->time_ms)) {
        intake_bad(s->in, "ts is no time.");
        return false;
    }
    if (m->edited.len == 0)
        return true;
    if (json_kind(m->edited) == JSON_OBJECT &&
        fields_read(m->edited, &field, 1, &s->scratch, &wrong) && ts.len <= 40 &&
        read_time(ts, &m->edited_ms))
        return true;
    intake_bad(s->in, "edited.ts is no time.");
    return false;
}

/* What bots attach, and show as a text. */
static void add_attached(struct slack *s, struct text list)
{
    struct text element;
    const char *wrong;
    if (list.len == 0 || json_kind(list) != JSON_ARRAY)
        return;
    while (json_element(&list, &element)) {
        struct text value = TEXT_NONE;
        const struct field field = {"fallback", FIELD_TEXT, false, &value};
        if (json_kind(element) != JSON_OBJECT ||
            !fields_read(element, &field, 1, &s->scratch, &wrong) || value.len == 0)
            continue;
        if (s->text.len)
            buf_add_char(&s->text, '\n');
        buf_add_text(&s->text, value);
    }
}

static void write_text(struct slack *s, const struct message *m)
{
    const struct slack_names names = {find_name, s};
    bool me = text_is(m->subtype, TEXT("me_message"));
    buf_clear(&s->text);
    if (me)
        buf_add_char(&s->text, '_');
    slack_text(m->text, &names, &s->text);
    if (me)
        buf_add_char(&s->text, '_');
    if (text_trim(m->text).len == 0)
        add_attached(s, m->attachments);
}

/* Who says it: a user, or a bot, which is made known. */
static enum err author_of(struct slack *s, const struct message *m, struct text *out_id)
{
    struct text name = m->username;
    const char *wrong;
    *out_id = first_of(m->user, m->bot, m->username);
    const struct field field = {"name", FIELD_TEXT, false, &name};
    if (m->profile.len && json_kind(m->profile) == JSON_OBJECT)
        (void)!fields_read(m->profile, &field, 1, &s->scratch, &wrong);
    return out_id->len ? make_known(s, *out_id, name) : ERR_OK;
}

/* What stands below it; whoever it is of is made known. */
static enum err read_reactions(struct slack *s, const struct message *m, struct text *out)
{
    struct reacted r;
    enum err e = reacted_slack(s->in, m->reactions, &s->scratch, out);
    struct text rest = *out;
    while (e == ERR_OK && reacted_next(&rest, &r))
        e = make_known(s, r.user, TEXT_NONE);
    return e;
}

/* A room that is read: its id, and the folder of its days. */
struct days {
    struct text room;
    const char *folder;
};

static enum err put_message(struct slack *s, const struct days *days, const struct message *m)
{
    struct text room = days->room;
    struct item item = {
        .kind = ITEM_MESSAGE, .source = SOURCE, .time_ms = m->time_ms, .edited_ms = m->edited_ms};
    char id[2 * NAME_BYTES], reply[2 * NAME_BYTES];
    enum err e = author_of(s, m, &item.texts[ITEM_OF_USER]);
    if (e != ERR_OK)
        return e;
    if (item.texts[ITEM_OF_USER].len == 0) {
        intake_bad(s->in, "nobody said it.");
        return ERR_OK;
    }
    write_text(s, m);
    if (s->text.err == ERR_NOMEM)
        return ERR_NOMEM;
    if (s->text.err != ERR_OK) {
        intake_bad(s->in, "the text is too long.");
        return ERR_OK;
    }
    item.texts[ITEM_WORDS] = text_trim(buf_text(&s->text));
    (void)snprintf(id, sizeof id, "%.*s:%.*s", TEXT_ARG(room), TEXT_ARG(m->ts));
    item.texts[ITEM_ID] = text_of(id);
    item.texts[ITEM_OF_ROOM] = room;
    e = filed_slack(s->in, &item, days->folder, m->files, &s->scratch);
    if (e != ERR_OK)
        return e;
    if (item_is_empty(&item, s->in->filed.there)) {
        s->in->count->left_out++;
        return ERR_OK;
    }
    if (m->thread.len && m->thread.len < 40 && !text_is(m->thread, m->ts)) {
        (void)snprintf(reply, sizeof reply, "%.*s:%.*s", TEXT_ARG(room), TEXT_ARG(m->thread));
        item.texts[ITEM_REPLY] = text_of(reply);
    }
    e = read_reactions(s, m, &item.texts[ITEM_REACTIONS]);
    return e == ERR_OK ? intake_put(s->in, &item) : e;
}

static enum err take_message(struct slack *s, struct text element, void *ctx)
{
    const struct days *days = ctx;
    struct message m = {0};
    const struct field fields[] = {
        {"type", FIELD_TEXT, true, &m.type},
        {"subtype", FIELD_TEXT, false, &m.subtype},
        {"user", FIELD_TEXT, false, &m.user},
        {"bot_id", FIELD_TEXT, false, &m.bot},
        {"username", FIELD_TEXT, false, &m.username},
        {"text", FIELD_TEXT, false, &m.text},
        {"ts", FIELD_TEXT, true, &m.ts},
        {"thread_ts", FIELD_TEXT, false, &m.thread},
        {"files", FIELD_RAW, false, &m.files},
        {"attachments", FIELD_RAW, false, &m.attachments},
        {"user_profile", FIELD_RAW, false, &m.profile},
        {"edited", FIELD_RAW, false, &m.edited},
        {"reactions", FIELD_RAW, false, &m.reactions},
    };
    if (!fields_or_bad(s->in, element, fields, COUNT(fields), &s->scratch))
        return ERR_OK;
    if (!text_is(m.type, TEXT("message")) || !is_said(m.subtype)) {
        s->in->count->left_out++;
        return ERR_OK;
    }
    return read_times(s, &m) ? put_message(s, days, &m) : ERR_OK;
}

/* ---- the days of a room */

static int is_day(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && len < NAME_BYTES && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A name that leads nowhere else. */
static bool is_plain(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) < (size_t)2 * NAME_BYTES;
}

/* A room in which nothing was said has no folder; one that cannot be read is told of. */
static enum err no_days(struct slack *s, const char *folder)
{
    char why[256], words[128];
    if (errno == ENOMEM)
        return ERR_NOMEM;
    if (errno == ENOENT)
        return ERR_OK;
    (void)snprintf(why, sizeof why, "it cannot be read: %s.",
                   strerror_r(errno, words, sizeof words));
    intake_begin(s->in, folder);
    intake_bad(s->in, why);
    return ERR_OK;
}

static enum err read_days(struct slack *s, const char *folder, struct text room)
{
    struct dirent **files = NULL;
    struct days days = {room, folder};
    if (!is_plain(folder))
        return ERR_OK;
    int count = scandirat(s->folder, folder, &files, is_day, by_name);
    if (count < 0)
        return no_days(s, folder);
    enum err e = ERR_OK;
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%.256s/%.128s", folder, files[i]->d_name);
        if (e == ERR_OK)
            e = each(s, path, &days, take_message);
        free(files[i]);
    }
    free(files);
    return e;
}

/* A room of one of the lists: its days are in the folder of its name, those of a conversation of two in that of its id. */
struct listed {
    char id[NAME_BYTES], folder[NAME_BYTES];
};

struct listing {
    struct listed *list;
    size_t count, room;
};

static enum err list_room(struct slack *s, struct text element, void *ctx)
{
    struct listing *l = ctx;
    const char *wrong;
    struct text id = TEXT_NONE, name = TEXT_NONE;
    const struct field fields[] = {{"id", FIELD_TEXT, true, &id},
                                   {"name", FIELD_TEXT, false, &name}};
    if (!fields_read(element, fields, COUNT(fields), &s->scratch, &wrong))
        return ERR_OK; /* has been told of */
    if (l->count == l->room) {
        size_t room = l->room ? (size_t)2 * l->room : 64;
        struct listed *more = realloc(l->list, room * sizeof *more);
        if (!more)
            return ERR_NOMEM;
        l->list = more;
        l->room = room;
    }
    struct listed *at = &l->list[l->count++];
    text_copy(at->id, sizeof at->id, id);
    text_copy(at->folder, sizeof at->folder, name.len ? name : id);
    return ERR_OK;
}

/* All bytes that will be read: of the lists (twice) and the days. */
static void measure(struct slack *s, const struct listing *l)
{
    struct stat st;
    for (size_t i = 0; i < l->count; i++) {
        struct dirent **days = NULL;
        const char *folder = l->list[i].folder;
        int count = is_plain(folder) ? scandirat(s->folder, folder, &days, is_day, NULL) : -1;
        for (int k = 0; k < count; k++) {
            char path[PATH_BYTES];
            (void)snprintf(path, sizeof path, "%.256s/%.128s", folder, days[k]->d_name);
            if (fstatat(s->folder, path, &st, 0) == 0)
                s->in->total += st.st_size;
            free(days[k]);
        }
        if (count >= 0)
            free(days);
    }
}

static enum err read_all(struct slack *s, struct listing *l)
{
    char error[256];
    bool grid = faccessat(s->folder, "users.json", R_OK, 0) != 0; /* of an organization */
    enum err e = each(s, grid ? "org_users.json" : "users.json", NULL, take_user);
    if (e == ERR_OK)
        e = intake_settle(s->in);
    if (e == ERR_OK) /* what they are called here */
        e = store_look(s->in->store, read_names, s, error);
    for (size_t i = 0; i < COUNT(kinds) && e == ERR_OK; i++) {
        e = each(s, kinds[i].file, (void *)&kinds[i], take_room);
        if (e == ERR_OK)
            e = each(s, kinds[i].file, l, list_room);
    }
    if (e == ERR_OK)
        e = intake_settle(s->in);
    if (e == ERR_OK)
        e = store_look(s->in->store, read_names, s, error);
    s->in->total = s->in->done;
    measure(s, l);
    for (size_t i = 0; i < l->count && e == ERR_OK; i++)
        e = read_days(s, l->list[i].folder, text_of(l->list[i].id));
    const struct item caught_up = {.kind = ITEM_CAUGHT_UP, .source = SOURCE};
    return e == ERR_OK ? intake_put(s->in, &caught_up) : e;
}

enum err read_slack(struct intake *in, int folder)
{
    struct slack s = {.in = in, .folder = folder};
    struct listing l = {0};
    buf_init(&s.file, IMPORT_FILE_MAX);
    buf_init(&s.scratch, 4 * IMPORT_LINE_MAX);
    buf_init(&s.text, TEXT_BYTES);
    enum err e = read_all(&s, &l);
    if (e == ERR_OK)
        e = intake_settle(in);
    free_names(&s);
    free(l.list);
    buf_fini(&s.file);
    buf_fini(&s.scratch);
    buf_fini(&s.text);
    return e;
}
