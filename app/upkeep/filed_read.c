/* The files of a message, in each of the formats. */
#include "upkeep/beneath.h"
#include "upkeep/intake.h"
#include "wire/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLACK_ID_MAX 64
#define ELEMENTS_MAX 10000 /* of one message, that are looked at */

typedef enum err take_one(struct intake *in, struct text object, const char *room,
                          struct buf *scratch);

static enum err take_all(struct intake *in, struct item *item, const char *room, struct text json,
                         struct buf *scratch, take_one *take)
{
    struct text element;
    bool wrong = false;
    item->texts[ITEM_FILES] = TEXT_NONE;
    in->filed.there = false;
    if (json.len == 0 || text_is(json, TEXT("[]")))
        return ERR_OK;
    if (json_kind(json) != JSON_ARRAY) {
        intake_bad(in, "its files are no list, and are left out.");
        return ERR_OK;
    }
    enum err e = filed_begin(in, item);
    for (int n = 0; e == ERR_OK && n < ELEMENTS_MAX && json_element(&json, &element); n++) {
        if (json_kind(element) == JSON_OBJECT)
            e = take(in, element, room, scratch);
        else
            e = ERR_BAD_REQUEST;
        wrong |= e == ERR_BAD_REQUEST;
        e = e == ERR_BAD_REQUEST ? ERR_OK : e;
    }
    if (wrong && !in->filed.there)
        intake_bad(in, "one of its files is wrong, and is left out.");
    if (e == ERR_OK)
        e = filed_end(in, item);
    if (e != ERR_OK)
        in->fatal = e;
    return e;
}

/* ---- ours: {"name", "size", "sha256"}; what else is said of it is found in its bytes */

static enum err take_snug(struct intake *in, struct text object, const char *room,
                          struct buf *scratch)
{
    (void)room;
    const char *field;
    char path[8 + SHELF_HASH_SIZE];
    struct filed_wish wish = {0};
    const struct field fields[] = {
        {"name", FIELD_TEXT, true, &wish.name},
        {"size", FIELD_INT, true, &wish.size},
        {"sha256", FIELD_TEXT, true, &wish.sha256},
    };
    if (!fields_read(object, fields, 3, scratch, &field) || wish.size < 0 || wish.name.len == 0 ||
        wish.sha256.len != SHELF_HASH_SIZE - 1)
        return ERR_BAD_REQUEST;
    for (size_t i = 0; i < wish.sha256.len; i++)
        if (!strchr("0123456789abcdef", wish.sha256.data[i]))
            return ERR_BAD_REQUEST;
    (void)snprintf(path, sizeof path, "%.2s/%.*s", wish.sha256.data, TEXT_ARG(wish.sha256));
    int folder = in->filed.from;
    return filed_take(in, &wish, folder < 0 ? -1 : beneath_open(folder, text_of(path)));
}

enum err filed_snug(struct intake *in, struct item *item, struct text json, struct buf *scratch)
{
    return take_all(in, item, NULL, json, scratch, take_snug);
}

/* ---- Mattermost: {"path"}, below "data" beside the file, or beside it as it stands there */

static enum err take_mattermost(struct intake *in, struct text object, const char *room,
                                struct buf *scratch)
{
    (void)room;
    const char *field;
    char below[BENEATH_PATH_MAX + 8];
    struct filed_wish wish = {.size = -1};
    const struct field one = {"path", FIELD_TEXT, true, &wish.name};
    if (!fields_read(object, &one, 1, scratch, &field) || wish.name.len == 0)
        return ERR_BAD_REQUEST;
    int folder = in->filed.from, fd = -1;
    if (folder >= 0 && wish.name.len <= BENEATH_PATH_MAX - 8) {
        (void)snprintf(below, sizeof below, "data/%.*s", TEXT_ARG(wish.name));
        fd = beneath_open(folder, text_of(below));
        if (fd < 0)
            fd = beneath_open(folder, wish.name);
    }
    return filed_take(in, &wish, fd);
}

enum err filed_mattermost(struct intake *in, struct item *item, struct text json,
                          struct buf *scratch)
{
    return take_all(in, item, NULL, json, scratch, take_mattermost);
}

/* ---- Slack: {"id", "name", "title", "mode", "size", "url_private"} */

static bool is_id(struct text id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            return false;
    }
    return id.len > 0 && id.len <= SLACK_ID_MAX;
}

/* The first file in the folder at `path` whose name begins so: tools change the rest of a name as their disk wants it. */
static int open_first(int folder, const char *path, const char *prefix)
{
    char below[BENEATH_PATH_MAX];
    int found = -1;
    int fd = beneath_folder(folder, text_of(path));
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    if (!dir && fd >= 0)
        (void)close(fd);
    while (dir && found < 0 &&
           (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): its own */
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        (void)snprintf(below, sizeof below, "%.2000s", entry->d_name);
        found = beneath_open(dirfd(dir), text_of(below));
    }
    if (dir)
        (void)closedir(dir);
    return found;
}

/* As slackdump and Mattermost's slack-advanced-exporter lay them beside an export (import.h). */
static int open_slack(int folder, const char *room, struct text id, struct text name)
{
    char path[BENEATH_PATH_MAX], prefix[SLACK_ID_MAX + 2];
    bool plain = name.len > 0 && name.len < 1000 && !memchr(name.data, '/', name.len);
    int fd = -1;
    if (folder < 0 || !is_id(id))
        return -1;
    if (plain) {
        (void)snprintf(path, sizeof path, "__uploads/%.*s/%.*s", TEXT_ARG(id), TEXT_ARG(name));
        fd = beneath_open(folder, text_of(path));
    }
    if (fd < 0 && plain && room) {
        (void)snprintf(path, sizeof path, "%.300s/attachments/%.*s-%.*s", room, TEXT_ARG(id),
                       TEXT_ARG(name));
        fd = beneath_open(folder, text_of(path));
    }
    if (fd < 0) {
        (void)snprintf(path, sizeof path, "__uploads/%.*s", TEXT_ARG(id));
        fd = open_first(folder, path, "");
    }
    if (fd < 0 && room) {
        (void)snprintf(path, sizeof path, "%.300s/attachments", room);
        (void)snprintf(prefix, sizeof prefix, "%.*s-", TEXT_ARG(id));
        fd = open_first(folder, path, prefix);
    }
    return fd;
}

static enum err take_slack(struct intake *in, struct text object, const char *room,
                           struct buf *scratch)
{
    const char *field;
    struct text id = TEXT_NONE, title = TEXT_NONE, mode = TEXT_NONE, part;
    struct filed_wish wish = {.size = -1};
    const struct field fields[] = {
        {"id", FIELD_TEXT, false, &id},         {"name", FIELD_TEXT, false, &wish.name},
        {"title", FIELD_TEXT, false, &title},   {"mode", FIELD_TEXT, false, &mode},
        {"size", FIELD_INT, false, &wish.size}, {"url_private", FIELD_TEXT, false, &wish.url},
    };
    if (!fields_read(object, fields, 6, scratch, &field))
        return ERR_BAD_REQUEST;
    int fd = open_slack(in->filed.from, room, id, wish.name);
    bool hosted = text_is(mode, TEXT("hosted"));
    if (!hosted || wish.size <= 0) /* of others Slack's number is not that of bytes */
        wish.size = -1;
    if (!text_is(mode, TEXT("external"))) /* what stands behind "?" lets in */
        if (text_split(&wish.url, '?', &part))
            wish.url = part;
    if (wish.name.len == 0)
        wish.name = title;
    if (fd < 0 && wish.name.len == 0) { /* "tombstone": it was deleted there */
        in->count->left_out++;
        return ERR_OK;
    }
    return filed_take(in, &wish, fd);
}

enum err filed_slack(struct intake *in, struct item *item, const char *room, struct text json,
                     struct buf *scratch)
{
    return take_all(in, item, room, json, scratch, take_slack);
}
