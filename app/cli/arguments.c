#include "cli/arguments.h"

#include "cli/value.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#define TTL_MAX_S (INT64_C(10) * 365 * 24 * 3600)

enum flag_kind { FLAG_SWITCH, FLAG_CONFIG, FLAG_TTL, FLAG_WORD };

struct flag {
    const char *name;
    enum flag_kind kind;
    unsigned takes; /* 0: every command */
    size_t at;      /* of a switch, of a word */
};

static const struct flag flags[] = {
    {"help", FLAG_SWITCH, 0, offsetof(struct arguments, help)},
    {"config", FLAG_CONFIG, 0, 0},
    {"ephemeral", FLAG_SWITCH, TAKES_SERVE, offsetof(struct arguments, ephemeral)},
    {"ready-json", FLAG_SWITCH, TAKES_SERVE, offsetof(struct arguments, ready_json)},
    {"admin", FLAG_SWITCH, TAKES_USER, offsetof(struct arguments, admin)},
    {"password-stdin", FLAG_SWITCH, TAKES_PASSWORD, offsetof(struct arguments, password_stdin)},
    {"ttl", FLAG_TTL, TAKES_LIFETIME, 0},
    {"merge", FLAG_SWITCH, TAKES_MERGE, offsetof(struct arguments, merge)},
    {"messages", FLAG_WORD, TAKES_MESSAGES, offsetof(struct arguments, messages)},
    {"files", FLAG_WORD, TAKES_FILES, offsetof(struct arguments, files)},
    {"files", FLAG_SWITCH, TAKES_READING, offsetof(struct arguments, read_files)},
    {"room", FLAG_WORD, TAKES_ROOM, offsetof(struct arguments, room)},
};
#define FLAGS_COUNT (sizeof flags / sizeof flags[0])

/* The arguments as they are walked: twice, because flags win over a file that is named among them. */
struct walk {
    char *const *argv;
    unsigned takes;
    struct arguments *out;
    struct config *config; /* second walk: options are set; NULL: first walk */
    const char *file;
    bool listened; /* --listen was given before: the next one adds */
    bool has_data; /* --data was given */
    char *error;
};

static __attribute__((format(printf, 2, 3))) enum err fault(struct walk *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(w->error, CONFIG_ERROR_SIZE, format, args);
    va_end(args);
    return ERR_BAD_REQUEST;
}

static const struct flag *find_flag(struct text name, unsigned takes)
{
    for (size_t i = 0; i < FLAGS_COUNT; i++)
        if (text_is(name, text_of(flags[i].name)) &&
            (flags[i].takes == 0 || (flags[i].takes & takes)))
            return &flags[i];
    return NULL;
}

/* Flags and options together: whose name is most like it. */
static enum err unknown(struct walk *w, struct text name)
{
    const char *near = config_nearest(name);
    unsigned least = near ? value_distance(name, text_of(near)) : 3;
    for (size_t i = 0; i < FLAGS_COUNT; i++) {
        unsigned distance = value_distance(name, text_of(flags[i].name));
        if (distance < least && (flags[i].takes == 0 || (flags[i].takes & w->takes))) {
            near = flags[i].name;
            least = distance;
        }
    }
    return fault(w, "There is no option --%.80s%s%s.", name.data, near ? "; the nearest is --" : "",
                 near ? near : "");
}

static enum err take_flag(struct walk *w, const struct flag *f, const char *value)
{
    if (f->kind == FLAG_SWITCH) {
        *(bool *)((char *)w->out + f->at) = true;
    } else if (f->kind == FLAG_CONFIG) {
        w->file = value;
    } else if (f->kind == FLAG_WORD) {
        *(const char **)((char *)w->out + f->at) = value;
    } else {
        int64_t ttl_s;
        if (!value_count(text_of(value), TTL_MAX_S, &ttl_s) || ttl_s == 0)
            return fault(w, "--ttl must be a number of seconds, at most ten years.");
        w->out->ttl_s = ttl_s;
        w->out->ttl_given = true;
    }
    return ERR_OK;
}

static enum err take_option(struct walk *w, struct text name, const char *value)
{
    w->has_data |= text_is(name, TEXT("data"));
    if (!w->config)
        return ERR_OK;
    bool listen = text_is(name, TEXT("listen"));
    enum err e = config_set(w->config, name, text_of(value), listen && w->listened, w->error);
    w->listened |= listen;
    return e;
}

/* "--name=value", "--name value", "--switch". Moves *i over what it takes. */
static enum err take_dashes(struct walk *w, size_t *i)
{
    const char *at = w->argv[*i] + 2;
    const char *equals = strchr(at, '=');
    char name_text[128];
    text_copy(name_text, sizeof name_text,
              (struct text){at, equals ? (size_t)(equals - at) : strlen(at)});
    struct text name = text_of(name_text);
    const struct flag *f = find_flag(name, w->takes);
    if (!f && !config_is_option(name))
        return unknown(w, name);
    bool is_switch = f ? f->kind == FLAG_SWITCH : config_is_switch(name);
    const char *value = equals ? equals + 1 : is_switch ? "true" : w->argv[*i + 1];
    if (f && is_switch && equals)
        return fault(w, "--%s takes no value.", name_text);
    if (!value)
        return fault(w, "--%s needs a value.", name_text);
    if (!equals && !is_switch)
        ++*i;
    return f ? take_flag(w, f, value) : take_option(w, name, value);
}

static enum err walk_arguments(struct walk *w)
{
    w->out->words_count = 0;
    w->listened = false;
    bool only_words = false;
    for (size_t i = 0; w->argv[i]; i++) {
        const char *arg = w->argv[i];
        enum err e = ERR_OK;
        if (!only_words && strcmp(arg, "--") == 0)
            only_words = true;
        else if (!only_words && strcmp(arg, "-h") == 0)
            w->out->help = true;
        else if (!only_words && strncmp(arg, "--", 2) == 0)
            e = take_dashes(w, &i);
        else if (!only_words && arg[0] == '-' && arg[1])
            e = fault(w, "There is no option %.80s.", arg);
        else if (w->out->words_count == sizeof w->out->words / sizeof w->out->words[0])
            e = fault(w, "%.80s is one word too many.", arg);
        else
            w->out->words[w->out->words_count++] = arg;
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

enum err arguments_read(char *const *argv, char *const *environment, unsigned takes,
                        struct arguments *out, struct config *c, char error[CONFIG_ERROR_SIZE])
{
    *out = (struct arguments){0};
    *c = (struct config){0};
    struct walk w = {.argv = argv, .takes = takes, .out = out, .error = error};
    enum err e = walk_arguments(&w);
    if (e != ERR_OK || out->help)
        return e;
    e = config_init(c);
    out->file = (takes & TAKES_FILE) && !w.has_data ? w.file : NULL;
    if (e == ERR_OK && w.file && !out->file)
        e = config_read_file(c, w.file, error);
    if (e == ERR_OK)
        e = config_read_environment(c, environment, error);
    w.config = c;
    if (e == ERR_OK)
        e = walk_arguments(&w);
    if (e == ERR_OK)
        e = config_settle(c, error);
    if (e == ERR_NOMEM)
        (void)fault(&w, "%s", err_text(e));
    return e;
}
