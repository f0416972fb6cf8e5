/* The namespaces of channels: a list of objects, each with a name and options of hub/namespaces.def. */
#include "cli/config_inside.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define LIST "channel.namespaces"
#define PLACE_SIZE 40 /* "channel.namespaces[255]" */

static bool is_name(struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.data[i]) && !strchr("_.-", name.data[i]))
            return false;
    return name.len >= 2 && name.len < NAMESPACE_NAME_SIZE;
}

/* Reads the name of the last namespace of the config. */
static enum err read_name(struct reading *r, const char *place, const cJSON *value)
{
    struct config *c = r->config;
    struct text name = text_of(cJSON_IsString(value) ? value->valuestring : NULL);
    char said[CONFIG_NAME_SIZE];
    reading_count(r);
    if (!value)
        return reading_wrong(r, place, "needs a name");
    (void)snprintf(said, sizeof said, "%s.name", place);
    if (!is_name(name))
        return reading_wrong(r, said, "must be 2 to %d letters, digits, _, . and -",
                             NAMESPACE_NAME_SIZE - 1);
    if (text_is(name, TEXT("room")) || text_is(name, TEXT("user")))
        return reading_wrong(r, said, "must not be %s, whose channels are the product's own",
                             name.data);
    for (unsigned i = 0; i < c->options.channels.count; i++)
        if (text_is(name, text_of(c->namespaces[i].name)))
            return reading_wrong(r, said, "must not be %s again, as in " LIST "[%u]", name.data, i);
    text_copy(c->namespaces[c->options.channels.count].name, NAMESPACE_NAME_SIZE, name);
    return ERR_OK;
}

static enum err set_defaults(struct reading *r, struct channel_namespace *n)
{
    enum err e = ERR_OK;
    *n = (struct channel_namespace){0};
    for (size_t i = 0; i < options_channel.count && e == ERR_OK; i++) {
        const struct option *o = &options_channel.list[i];
        e = reading_set(r, o, n, o->name, text_of(o->fallback));
    }
    return e;
}

static enum err read_member(struct reading *r, struct channel_namespace *n, const char *place,
                            const cJSON *member)
{
    char name[CONFIG_NAME_SIZE];
    struct text key = text_of(member->string);
    const struct option *o = option_find(&options_channel, key);
    const struct foreign *f = foreign_find(&foreign_channel, key);
    (void)snprintf(name, sizeof name, "%s.%s", place, member->string);
    reading_count(r);
    if (o)
        return reading_value(r, o, n, name, member);
    if (f)
        return reading_foreign(r, f, key, name, member);
    return reading_unknown(r, name, option_nearest(&options_channel, key));
}

static enum err read_members(struct reading *r, struct channel_namespace *n, const char *place,
                             const cJSON *object)
{
    enum err e = read_name(r, place, cJSON_GetObjectItemCaseSensitive(object, "name"));
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        if (e == ERR_OK && strcmp(member->string, "name") != 0)
            e = read_member(r, n, place, member);
    }
    return e;
}

/* Reads one more namespace behind those that are there. */
static enum err read_namespace(struct reading *r, const char *place, const cJSON *object)
{
    struct channel_namespace *n = &r->config->namespaces[r->config->options.channels.count];
    enum err e = set_defaults(r, n);
    if (e == ERR_OK && !cJSON_IsObject(object))
        e = reading_wrong(r, place, "must be an object with a name");
    else if (e == ERR_OK)
        e = read_members(r, n, place, object);
    if (e == ERR_OK) /* also one whose faults went into a report: places stay right */
        r->config->options.channels.count++;
    return e;
}

/* Makes room for so many (and one, so that there is always something), and forgets those that were there. */
static enum err start_over(struct config *c, size_t count)
{
    free(c->namespaces);
    c->namespaces = calloc(count + 1, sizeof *c->namespaces);
    c->options.channels.list = c->namespaces;
    c->options.channels.count = 0;
    return c->namespaces ? ERR_OK : ERR_NOMEM;
}

enum err namespaces_read(struct reading *r, const cJSON *list)
{
    int count = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || count > NAMESPACES_MAX)
        return reading_wrong(r, LIST, "must be %s", option_words(KIND_NAMESPACES));
    enum err e = start_over(r->config, (size_t)count);
    unsigned at = 0;
    const cJSON *object;
    cJSON_ArrayForEach(object, list)
    {
        char place[PLACE_SIZE];
        (void)snprintf(place, sizeof place, LIST "[%u]", at++);
        if (e == ERR_OK)
            e = read_namespace(r, place, object);
    }
    return e;
}

enum err namespaces_parse(struct reading *r, struct text json)
{
    if (json.len == 0)
        return start_over(r->config, 0);
    cJSON *list = cJSON_ParseWithLength(json.data, json.len);
    enum err e = namespaces_read(r, list);
    cJSON_Delete(list);
    return e;
}

/* ---- what cannot go together */

static enum err settle(struct reading *r, const struct channel_namespace *n, const char *place)
{
    const struct {
        bool wrong;
        const char *name, *needs;
    } pairs[] = {
        {n->history_size > 0 && n->history_ttl == 0, "history_size", "history_ttl"},
        {n->history_ttl > 0 && n->history_size == 0, "history_ttl", "history_size"},
        {n->force_recovery && n->history_size == 0, "force_recovery",
         "history_size and history_ttl"},
        {n->force_positioning && n->history_size == 0, "force_positioning",
         "history_size and history_ttl"},
        {n->delta_publish && !n->allowed_delta_types, "delta_publish", "allowed_delta_types"},
    };
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0] && e == ERR_OK; i++) {
        char name[CONFIG_NAME_SIZE];
        (void)snprintf(name, sizeof name, "%s.%s", place, pairs[i].name);
        if (pairs[i].wrong)
            e = reading_wrong(r, name, "needs %s", pairs[i].needs);
    }
    return e;
}

enum err namespaces_settle(struct reading *r)
{
    const struct channel_namespaces *all = &r->config->options.channels;
    enum err e = settle(r, &all->without, "channel.without_namespace");
    for (unsigned i = 0; i < all->count && e == ERR_OK; i++) {
        char place[PLACE_SIZE];
        (void)snprintf(place, sizeof place, LIST "[%u]", i);
        e = settle(r, &all->list[i], place);
    }
    return e;
}
