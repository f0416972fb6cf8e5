/* The file: JSON, nested at the dots of the names. */
#include "cli/config_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
    if (cJSON_IsString(value)) {
        buf_add_text(out, text_of(value->valuestring));
        return true;
    }
    if (cJSON_IsArray(value))
        return option_is_list(o->kind) && join_list(value, out);
    if (cJSON_IsNumber(value)) {
        buf_add_format(out, "%.15g", value->valuedouble);
        return !option_is_words(o->kind);
    }
    buf_add_text(out, cJSON_IsTrue(value) ? TEXT("true") : TEXT("false"));
    return cJSON_IsBool(value) && option_is_switch(o->kind);
}

enum err reading_value(struct reading *r, const struct option *o, void *record, const char *name,
                       const cJSON *value)
{
    if (o->kind == KIND_NAMESPACES)
        return namespaces_read(r, value);
    struct buf text;
    buf_init(&text, CONFIG_FILE_MAX_BYTES);
    enum err e;
    if (!value_text(o, value, &text))
        e = reading_wrong(r, name, "must be %s", option_words(o->kind));
    else if (text.err != ERR_OK)
        e = text.err;
    else
        e = reading_set(r, o, record, name, buf_text(&text));
    buf_fini(&text);
    return e;
}

static enum err read_option(struct reading *r, const char *name, const cJSON *value)
{
    struct text key = text_of(name);
    const struct option *o = option_find(&options_all, key);
    const struct foreign *f = foreign_find(&foreign_all, key);
    if (!o || o->kind != KIND_NAMESPACES)
        reading_count(r);
    if (o)
        return reading_value(r, o, r->config, o->name, value);
    if (f)
        return reading_foreign(r, f, key, name, value);
    return reading_unknown(r, name, option_nearest(&options_all, key));
}

/* The members of an object whose name so far is `prefix`; no deeper than names of options go. */
static enum err read_object(struct reading *r, const char *prefix, const cJSON *object)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        char name[CONFIG_NAME_SIZE];
        (void)snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", member->string);
        enum err e;
        if (cJSON_IsObject(member) &&
            (option_is_group(&options_all, name) || foreign_is_group(name)))
            e = read_object(r, name, member);
        else
            e = read_option(r, name, member);
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

static enum err read_text(struct reading *r, struct text json)
{
    char *text = text_dup(json);
    if (!text)
        return ERR_NOMEM;
    const char *at = NULL;
    cJSON *root = cJSON_ParseWithOpts(text, &at, true);
    enum err e = ERR_BAD_REQUEST;
    if (!root)
        (void)snprintf(r->error, CONFIG_ERROR_SIZE, "Line %u is not JSON.", line_of(text, at));
    else if (!cJSON_IsObject(root))
        (void)snprintf(r->error, CONFIG_ERROR_SIZE, "This is not a JSON object.");
    else
        e = read_object(r, "", root);
    cJSON_Delete(root);
    free(text);
    return e;
}

enum err config_read_json(struct config *c, struct text json, char error[CONFIG_ERROR_SIZE])
{
    struct reading r = {.config = c, .error = error};
    return read_text(&r, json);
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

/* The whole file; what is wrong is in error. */
static enum err load(const char *path, struct buf *out, char error[CONFIG_ERROR_SIZE])
{
    enum err e = read_whole(path, out);
    char words[128];
    if (e != ERR_OK)
        (void)snprintf(error, CONFIG_ERROR_SIZE, "Cannot read %s: %s.", path,
                       strerror_r(errno, words, sizeof words));
    return e;
}

enum err config_read_file(struct config *c, const char *path, char error[CONFIG_ERROR_SIZE])
{
    struct buf json;
    char inside[CONFIG_ERROR_SIZE] = "";
    buf_init(&json, CONFIG_FILE_MAX_BYTES);
    enum err e = load(path, &json, error);
    if (e == ERR_OK) {
        e = config_read_json(c, buf_text(&json), inside);
        if (e != ERR_OK)
            (void)snprintf(error, CONFIG_ERROR_SIZE, "%.200s: %.300s", path, inside);
    }
    buf_fini(&json);
    return e;
}

enum err config_check_json(struct text json, struct config_report *out,
                           char error[CONFIG_ERROR_SIZE])
{
    struct config c;
    struct reading r = {.config = &c, .error = error, .report = out};
    enum err e = config_init(&c);
    if (e == ERR_OK)
        e = read_text(&r, json);
    if (e == ERR_OK)
        e = reading_settle(&r);
    if (e == ERR_OK)
        e = reading_keys(&r);
    config_fini(&c);
    return e == ERR_OK ? out->lines.err : e;
}

enum err config_check_file(const char *path, struct config_report *out,
                           char error[CONFIG_ERROR_SIZE])
{
    struct buf json;
    char inside[CONFIG_ERROR_SIZE] = "";
    buf_init(&json, CONFIG_FILE_MAX_BYTES);
    enum err e = load(path, &json, error);
    if (e == ERR_OK) {
        e = config_check_json(buf_text(&json), out, inside);
        if (e != ERR_OK)
            (void)snprintf(error, CONFIG_ERROR_SIZE, "%.200s: %.300s", path,
                           e == ERR_BAD_REQUEST ? inside : err_text(e));
    }
    buf_fini(&json);
    return e;
}
