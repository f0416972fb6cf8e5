#include "cli/config.h"

#include "cli/value.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define NAME_MAX_BYTES 64

enum kind {
    KIND_LISTEN,
    KIND_ORIGINS,
    KIND_TEXT,
    KIND_FOLDER,
    KIND_SWITCH,
    KIND_DURATION,
    KIND_SPAN,
    KIND_BYTES,
    KIND_ROOM,
    KIND_COUNT,
    KIND_SOME,
    KIND_LEVEL,
    KIND_RATE
};

struct option {
    const char *name;
    enum kind kind;
    size_t at; /* of the field */
    const char *fallback, *text;
};

static const struct option table[] = {
#define OPTION(name, kind, field, fallback, text)                                                  \
    {#name, KIND_##kind, offsetof(struct snug_options, field), fallback, text},
#include "cli/options.def"
#undef OPTION
};
#define TABLE_COUNT (sizeof table / sizeof table[0])

static const char *const kind_words[] = {
    [KIND_LISTEN] = "an address and a port such as 127.0.0.1:8080",
    [KIND_ORIGINS] = "a list of origins",
    [KIND_TEXT] = "a text",
    [KIND_FOLDER] = "the path of a folder",
    [KIND_SWITCH] = "true or false",
    [KIND_DURATION] = "a duration such as 25s, 5m or 24h",
    [KIND_SPAN] = "a duration such as 25s, 5m or 24h, and not 0",
    [KIND_BYTES] = "a number of bytes",
    [KIND_ROOM] = "a number of bytes, at least 1024",
    [KIND_COUNT] = "a whole number",
    [KIND_SOME] = "a whole number from 1 to 1000000",
    [KIND_LEVEL] = "a whole number from 1 to 9",
    [KIND_RATE] = "a number such as 500 or 0.2",
};

static __attribute__((format(printf, 2, 3))) enum err fault(char error[CONFIG_ERROR_SIZE],
                                                            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error, CONFIG_ERROR_SIZE, format, args);
    va_end(args);
    return ERR_BAD_REQUEST;
}

static const struct option *find(struct text name)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (text_is(name, text_of(table[i].name)))
            return &table[i];
    return NULL;
}

bool config_is_option(struct text name)
{
    return find(name) != NULL;
}

bool config_is_switch(struct text name)
{
    const struct option *o = find(name);
    return o && o->kind == KIND_SWITCH;
}

const char *config_nearest(struct text name)
{
    const char *best = NULL;
    unsigned least = 1 + (unsigned)name.len / 3;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        unsigned distance = value_distance(name, text_of(table[i].name));
        if (distance > least || (best && distance == least))
            continue;
        best = table[i].name;
        least = distance;
    }
    return best;
}

/* ---- setting */

static const char *keep(struct config *c, struct text t)
{
    char **more = realloc(c->texts, (c->texts_count + 1) * sizeof *more);
    if (!more)
        return NULL;
    c->texts = more;
    char *copy = text_dup(t);
    if (copy)
        c->texts[c->texts_count++] = copy;
    return copy;
}

static enum err set_text(struct config *c, const char **field, struct text value)
{
    const char *copy = value.len ? keep(c, value) : NULL;
    if (value.len && !copy)
        return ERR_NOMEM;
    *field = copy;
    return ERR_OK;
}

/* Addresses with spaces or commas between them. ERR_BAD_REQUEST: none, or too many. */
static enum err set_listen(struct config *c, struct text value, bool add)
{
    struct snug_options *o = &c->options;
    if (!add)
        o->listen_count = 0;
    while (value.len > 0) {
        size_t n = 0;
        while (n < value.len && value.data[n] != ' ' && value.data[n] != ',')
            n++;
        struct text one = {value.data, n};
        value = text_after(value, n < value.len ? n + 1 : n);
        if (one.len == 0)
            continue;
        if (o->listen_count == LISTEN_MAX)
            return ERR_BAD_REQUEST;
        const char *copy = keep(c, one);
        if (!copy)
            return ERR_NOMEM;
        o->listen[o->listen_count++] = copy;
    }
    c->listen_given = true;
    return o->listen_count > 0 ? ERR_OK : ERR_BAD_REQUEST;
}

static enum err set_number(const struct option *o, void *field, struct text value)
{
    static const struct {
        int64_t min, max;
    } bounds[] = {
        [KIND_DURATION] = {0, INT64_MAX},
        [KIND_SPAN] = {1, INT64_MAX},
        [KIND_BYTES] = {0, INT64_MAX / 2},
        [KIND_ROOM] = {1024, INT64_MAX / 2},
        [KIND_COUNT] = {0, INT_MAX},
        [KIND_SOME] = {1, 1000000},
        [KIND_LEVEL] = {1, 9},
    };
    int64_t n = 0;
    bool good = o->kind == KIND_DURATION || o->kind == KIND_SPAN
                    ? value_duration(value, &n)
                    : value_count(value, bounds[o->kind].max, &n);
    if (!good || n < bounds[o->kind].min)
        return ERR_BAD_REQUEST;
    if (o->kind == KIND_COUNT || o->kind == KIND_SOME || o->kind == KIND_LEVEL)
        *(unsigned *)field = (unsigned)n;
    else
        *(int64_t *)field = n; /* size_t and int64_t have the same size here */
    return ERR_OK;
}
_Static_assert(sizeof(size_t) == sizeof(int64_t), "BYTES fields are either");

static enum err set(struct config *c, const struct option *o, struct text value, bool add)
{
    void *field = (char *)&c->options + o->at;
    switch (o->kind) {
    case KIND_LISTEN:
        return set_listen(c, value, add);
    case KIND_ORIGINS:
    case KIND_TEXT:
        return set_text(c, field, value);
    case KIND_FOLDER:
        return value.len ? set_text(c, field, value) : ERR_BAD_REQUEST;
    case KIND_SWITCH:
        return value_switch(value, field) ? ERR_OK : ERR_BAD_REQUEST;
    case KIND_RATE:
        return value_rate(value, field) ? ERR_OK : ERR_BAD_REQUEST;
    case KIND_DURATION:
    case KIND_SPAN:
    case KIND_BYTES:
    case KIND_ROOM:
    case KIND_COUNT:
    case KIND_SOME:
    case KIND_LEVEL:
        return set_number(o, field, value);
    }
    return ERR_INTERNAL;
}

enum err config_set(struct config *c, struct text name, struct text value, bool add,
                    char error[CONFIG_ERROR_SIZE])
{
    const struct option *o = find(name);
    if (!o) {
        const char *near = config_nearest(name);
        return fault(error, "There is no option %.*s%s%s.", name.len > 80 ? 80 : (int)name.len,
                     name.data, near ? "; the nearest is " : "", near ? near : "");
    }
    enum err e = set(c, o, value, add);
    if (e == ERR_BAD_REQUEST)
        return fault(error, "%s must be %s.", o->name, kind_words[o->kind]);
    if (e != ERR_OK)
        (void)fault(error, "%s: %s", o->name, err_text(e));
    return e;
}

enum err config_init(struct config *c)
{
    char error[CONFIG_ERROR_SIZE];
    *c = (struct config){0};
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        enum err e =
            config_set(c, text_of(table[i].name), text_of(table[i].fallback), false, error);
        if (e != ERR_OK) {
            config_fini(c);
            return e;
        }
    }
    c->listen_given = false;
    return ERR_OK;
}

void config_fini(struct config *c)
{
    for (size_t i = 0; i < c->texts_count; i++)
        free(c->texts[i]);
    free(c->texts);
    *c = (struct config){0};
}

/* ---- the file */

/* A list becomes its texts with spaces between. False: it has something else in it. */
static bool join_list(const cJSON *list, struct buf *out)
{
    const cJSON *value;
    cJSON_ArrayForEach(value, list)
    {
        if (!cJSON_IsString(value))
            return false;
        if (out->len > 0)
            buf_add_char(out, ' ');
        buf_add_text(out, text_of(value->valuestring));
    }
    return true;
}

static bool value_text(const struct option *o, const cJSON *value, struct buf *out)
{
    bool list = o->kind == KIND_LISTEN || o->kind == KIND_ORIGINS;
    bool words = list || o->kind == KIND_TEXT || o->kind == KIND_FOLDER ||
                 o->kind == KIND_DURATION || o->kind == KIND_SPAN;
    if (cJSON_IsString(value)) {
        buf_add_text(out, text_of(value->valuestring));
        return true;
    }
    if (cJSON_IsArray(value))
        return list && join_list(value, out);
    if (cJSON_IsNumber(value)) {
        buf_add_format(out, "%.15g", value->valuedouble);
        return !words && o->kind != KIND_SWITCH;
    }
    buf_add_text(out, cJSON_IsTrue(value) ? TEXT("true") : TEXT("false"));
    return cJSON_IsBool(value) && o->kind == KIND_SWITCH;
}

static enum err read_option(struct config *c, const char *name, const cJSON *value,
                            char error[CONFIG_ERROR_SIZE])
{
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES);
    const struct option *o = find(text_of(name));
    enum err e;
    if (o && !value_text(o, value, &text))
        e = fault(error, "%s must be %s.", name, kind_words[o->kind]);
    else if (text.err != ERR_OK)
        e = text.err;
    else
        e = config_set(c, text_of(name), buf_text(&text), false, error);
    buf_fini(&text);
    return e;
}

/* True if an option's name begins with this one and a dot. */
static bool is_group(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (strncmp(table[i].name, name, len) == 0 && table[i].name[len] == '.')
            return true;
    return false;
}

/* The members of an object whose name so far is `prefix`; no deeper than names of options go. */
static enum err read_object(struct config *c, const char *prefix, const cJSON *object,
                            char error[CONFIG_ERROR_SIZE])
{
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        char name[2 * NAME_MAX_BYTES];
        (void)snprintf(name, sizeof name, "%s%s%.*s", prefix, *prefix ? "." : "", NAME_MAX_BYTES,
                       member->string);
        enum err e;
        if (is_group(name) && strlen(name) < NAME_MAX_BYTES && cJSON_IsObject(member))
            e = read_object(c, name, member, error);
        else
            e = read_option(c, name, member, error);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;
    while (at && text < at)
        line += *text++ == '\n';
    return line;
}

enum err config_read_json(struct config *c, struct text json, char error[CONFIG_ERROR_SIZE])
{
    char *text = text_dup(json);
    if (!text)
        return ERR_NOMEM;
    const char *at = NULL;
    cJSON *root = cJSON_ParseWithOpts(text, &at, true);
    enum err e;
    if (!root)
        e = fault(error, "Line %u is not JSON.", line_of(text, at));
    else if (!cJSON_IsObject(root))
        e = fault(error, "This is not a JSON object.");
    else
        e = read_object(c, "", root, error);
    cJSON_Delete(root);
    free(text);
    return e;
}

static enum err read_whole(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    ssize_t n = 1;
    while (n > 0) {
        char *to = buf_space(out, 4096);
        if (!to) {
            (void)close(fd);
            errno = EFBIG;
            return ERR_IO;
        }
        n = read(fd, to, 4096);
        if (n > 0)
            buf_grown(out, (size_t)n);
    }
    int why = errno;
    (void)close(fd);
    errno = why;
    return n == 0 ? ERR_OK : ERR_IO;
}

enum err config_read_file(struct config *c, const char *path, char error[CONFIG_ERROR_SIZE])
{
    struct buf json;
    char inside[CONFIG_ERROR_SIZE];
    buf_init(&json, FILE_MAX_BYTES);
    enum err e = read_whole(path, &json);
    if (e != ERR_OK) {
        char words[128];
        (void)fault(error, "Cannot read %s: %s.", path, strerror_r(errno, words, sizeof words));
    } else {
        e = config_read_json(c, buf_text(&json), inside);
        if (e != ERR_OK)
            (void)fault(error, "%.200s: %.300s", path, inside);
    }
    buf_fini(&json);
    return e;
}

/* ---- the environment */

static void variable_name(const char *name, char out[NAME_MAX_BYTES + 8])
{
    size_t n = (size_t)snprintf(out, NAME_MAX_BYTES + 8, "SNUG_%s", name);
    for (size_t i = 5; i < n && out[i]; i++)
        out[i] = isalnum((unsigned char)out[i]) ? (char)toupper((unsigned char)out[i]) : '_';
}

enum err config_read_environment(struct config *c, char *const *environment,
                                 char error[CONFIG_ERROR_SIZE])
{
    for (; *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (!equals || strncmp(*environment, "SNUG_", 5) != 0)
            continue;
        struct text given = {*environment, (size_t)(equals - *environment)};
        for (size_t i = 0; i < TABLE_COUNT; i++) {
            char name[NAME_MAX_BYTES + 8], inside[CONFIG_ERROR_SIZE];
            variable_name(table[i].name, name);
            if (!text_is(given, text_of(name)))
                continue;
            enum err e = config_set(c, text_of(table[i].name), text_of(equals + 1), false, inside);
            if (e != ERR_OK) {
                (void)fault(error, "%s: %.400s", name, inside);
                return e;
            }
        }
    }
    return ERR_OK;
}

void config_write_table(struct buf *out)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        buf_add_format(out, "  --%-38s %s%s%s%s\n", table[i].name, table[i].text,
                       table[i].fallback[0] ? " (" : "", table[i].fallback,
                       table[i].fallback[0] ? ")" : "");
}
