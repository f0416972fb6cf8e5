#include "cli/option.h"

#include "cli/config_inside.h"
#include "cli/value.h"

#include <limits.h>
#include <stddef.h>

static const struct option all[] = {
#define OPTION(name, kind, field, fallback, text)                                                  \
    {#name, KIND_##kind, offsetof(struct config, options.field), fallback, text},
#include "cli/options.def"
#undef OPTION
#define CHANNEL_OPTION(name, kind, type, fallback, text)                                           \
    {"channel.without_namespace." #name, KIND_##kind,                                              \
     offsetof(struct config, options.channels.without.name), fallback, text},
#include "hub/namespaces.def"
#undef CHANNEL_OPTION
#define ALIAS(name, kind, field, fallback, text)                                                   \
    {#name, KIND_##kind, offsetof(struct config, field), fallback, text},
#define FOREIGN(...)
#define CHANNEL_FOREIGN(...)
#include "cli/foreign.def"
#undef ALIAS
#undef FOREIGN
#undef CHANNEL_FOREIGN
};
const struct option_table options_all = {all, sizeof all / sizeof all[0]};

static const struct option channel[] = {
#define CHANNEL_OPTION(name, kind, type, fallback, text)                                           \
    {#name, KIND_##kind, offsetof(struct channel_namespace, name), fallback, text},
#include "hub/namespaces.def"
#undef CHANNEL_OPTION
};
const struct option_table options_channel = {channel, sizeof channel / sizeof channel[0]};

const char *option_words(enum option_kind kind)
{
    static const char *const words[] = {
        [KIND_LISTEN] = "an address and a port such as 127.0.0.1:8080",
        [KIND_ORIGINS] = "a list of origins",
        [KIND_TEXT] = "a text",
        [KIND_FOLDER] = "the path of a folder",
        [KIND_SWITCH] = "true or false",
        [KIND_DURATION] = "a duration such as 25s, 5m or 24h",
        [KIND_SPAN] = "a duration such as 25s, 5m or 24h, and not 0",
        [KIND_DELAY] = "a duration such as 8ms, at most 1s",
        [KIND_BYTES] = "a number of bytes",
        [KIND_ROOM] = "a number of bytes, at least 1024",
        [KIND_COUNT] = "a whole number",
        [KIND_SOME] = "a whole number from 1 to 1000000",
        [KIND_THREADS] = "a whole number from 1 to 256",
        [KIND_CORES] = "a whole number up to 256",
        [KIND_LEVEL] = "a whole number from 1 to 9",
        [KIND_LOG] = "debug, info, warn or error",
        [KIND_RATE] = "a number such as 500 or 0.2",
        [KIND_MODE] = "one of unified, isolated, degraded and emergency",
        [KIND_DELTA] = "a list of types of differences, of which \"fossil\" is the only one",
        [KIND_HOST] = "an address such as 127.0.0.1 or ::1",
        [KIND_PORT] = "a port, a number up to 65535",
        [KIND_TLS] = "true or false",
        [KIND_PEM] = "the path of a PEM file, not what is in it",
        [KIND_NAMESPACES] = "a list of at most 256 objects, each with a name",
    };
    return words[kind];
}
_Static_assert(NAMESPACES_MAX == 256, "the words above say so");

bool option_is_list(enum option_kind kind)
{
    return kind == KIND_LISTEN || kind == KIND_ORIGINS || kind == KIND_DELTA;
}

bool option_is_words(enum option_kind kind)
{
    return option_is_list(kind) || kind == KIND_TEXT || kind == KIND_FOLDER || kind == KIND_LOG ||
           kind == KIND_DURATION || kind == KIND_SPAN || kind == KIND_DELAY || kind == KIND_HOST ||
           kind == KIND_PEM || kind == KIND_MODE || option_is_switch(kind);
}

bool option_is_switch(enum option_kind kind)
{
    return kind == KIND_SWITCH || kind == KIND_TLS;
}

const struct option *option_find(const struct option_table *table, struct text name)
{
    for (size_t i = 0; i < table->count; i++)
        if (text_is(name, text_of(table->list[i].name)))
            return &table->list[i];
    return NULL;
}

const struct option *option_nearest(const struct option_table *table, struct text name)
{
    const struct option *best = NULL;
    unsigned least = 1 + (unsigned)name.len / 3;
    for (size_t i = 0; i < table->count; i++) {
        unsigned distance = value_distance(name, text_of(table->list[i].name));
        if (distance > least || (best && distance == least))
            continue;
        best = &table->list[i];
        least = distance;
    }
    return best;
}

bool option_is_group(const struct option_table *table, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < table->count; i++)
        if (strncmp(table->list[i].name, name, len) == 0 && table->list[i].name[len] == '.')
            return true;
    return false;
}

/* ---- setting */

static enum err set_text(struct config *c, const char **field, struct text value)
{
    const char *copy = value.len ? config_keep(c, value) : NULL;
    if (value.len && !copy)
        return ERR_NOMEM;
    *field = copy;
    return ERR_OK;
}

/* Takes what stands before the next space or comma off the front. */
static struct text take_word(struct text *rest)
{
    size_t n = 0;
    while (n < rest->len && rest->data[n] != ' ' && rest->data[n] != ',')
        n++;
    struct text one = {rest->data, n};
    *rest = text_after(*rest, n < rest->len ? n + 1 : n);
    return one;
}

/* ERR_BAD_REQUEST: none, or too many. */
static enum err set_listen(struct config *c, struct text value, bool add)
{
    struct snug_options *o = &c->options;
    if (!add)
        o->listen_count = 0;
    while (value.len > 0) {
        struct text one = take_word(&value);
        if (one.len == 0)
            continue;
        if (o->listen_count == LISTEN_MAX)
            return ERR_BAD_REQUEST;
        const char *copy = config_keep(c, one);
        if (!copy)
            return ERR_NOMEM;
        o->listen[o->listen_count++] = copy;
    }
    c->listen_given = true;
    return o->listen_count > 0 ? ERR_OK : ERR_BAD_REQUEST;
}

static enum err set_delta(bool *field, struct text value)
{
    bool any = false;
    while (value.len > 0) {
        struct text one = take_word(&value);
        if (one.len > 0 && !text_is(one, TEXT("fossil")))
            return ERR_BAD_REQUEST;
        any |= one.len > 0;
    }
    *field = any;
    return ERR_OK;
}

static enum err set_host(struct config *c, const char **field, struct text value)
{
    c->http_given = true;
    if (memchr(value.data, ' ', value.len) || memchr(value.data, ',', value.len))
        return ERR_BAD_REQUEST;
    return set_text(c, field, value);
}

/* Centrifugo takes what is in the file too, as it is or in base64. */
static enum err set_pem(struct config *c, const char **field, struct text value)
{
    if (text_starts(text_trim(value), TEXT("-----BEGIN")) ||
        text_starts(value, TEXT("LS0tLS1CRUdJTi")))
        return ERR_BAD_REQUEST;
    return set_text(c, field, value);
}

static enum err set_number(const struct option *o, void *field, struct text value)
{
    static const struct {
        int64_t min, max;
    } bounds[] = {
        [KIND_DURATION] = {0, INT64_MAX},
        [KIND_SPAN] = {1, INT64_MAX},
        [KIND_DELAY] = {0, 1000},
        [KIND_BYTES] = {0, INT64_MAX / 2},
        [KIND_ROOM] = {1024, INT64_MAX / 2},
        [KIND_COUNT] = {0, INT_MAX},
        [KIND_SOME] = {1, 1000000},
        [KIND_THREADS] = {1, 256},
        [KIND_CORES] = {0, 256},
        [KIND_LEVEL] = {1, 9},
        [KIND_PORT] = {0, 65535},
    };
    int64_t n = 0;
    bool time = o->kind == KIND_DURATION || o->kind == KIND_SPAN || o->kind == KIND_DELAY;
    bool good = time ? value_duration(value, &n) : value_count(value, bounds[o->kind].max, &n);
    if (!good || n < bounds[o->kind].min || n > bounds[o->kind].max)
        return ERR_BAD_REQUEST;
    if (o->kind == KIND_COUNT || o->kind == KIND_SOME || o->kind == KIND_THREADS ||
        o->kind == KIND_CORES || o->kind == KIND_LEVEL || o->kind == KIND_PORT)
        *(unsigned *)field = (unsigned)n;
    else
        *(int64_t *)field = n; /* size_t and int64_t have the same size here */
    return ERR_OK;
}
_Static_assert(sizeof(size_t) == sizeof(int64_t), "BYTES fields are either");

enum err option_set(struct config *c, const struct option *o, void *record, struct text value,
                    bool add)
{
    void *field = (char *)record + o->at;
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
    case KIND_LOG:
        return log_level_find(value, field) ? ERR_OK : ERR_BAD_REQUEST;
    case KIND_RATE:
        return value_rate(value, field) ? ERR_OK : ERR_BAD_REQUEST;
    case KIND_MODE:
        return ws_mode_of(value, field) == ERR_OK ? ERR_OK : ERR_BAD_REQUEST;
    case KIND_DELTA:
        return set_delta(field, value);
    case KIND_HOST:
        return set_host(c, field, value);
    case KIND_PEM:
        return set_pem(c, field, value);
    case KIND_TLS:
        c->tls_given = true;
        return value_switch(value, field) ? ERR_OK : ERR_BAD_REQUEST;
    case KIND_PORT:
        c->http_given = true;
        return set_number(o, field, value);
    case KIND_DURATION:
    case KIND_SPAN:
    case KIND_DELAY:
    case KIND_BYTES:
    case KIND_ROOM:
    case KIND_COUNT:
    case KIND_SOME:
    case KIND_THREADS:
    case KIND_CORES:
    case KIND_LEVEL:
        return set_number(o, field, value);
    case KIND_NAMESPACES:
        break;
    }
    return ERR_INTERNAL;
}
