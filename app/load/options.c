#include "load/options.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#define SIZE_DEFAULT 128
#define SLOTS_MAX 65535 /* in flight */
#define POST_MAX 16000  /* characters of a message */
#define CENTRIFUGE_PATH "/connection/websocket"

static const struct load_workload workloads[] = {
#define WORKLOAD(name, kind, connections, rooms, rate, in_flight, seconds, sentence)               \
    {#name, LOAD_##kind, connections, rooms, rate, in_flight, seconds, sentence},
#include "load/workloads.def"
#undef WORKLOAD
};
#define WORKLOADS_COUNT (sizeof workloads / sizeof workloads[0])

enum option_kind { OPTION_COUNT, OPTION_TEXT, OPTION_SWITCH };

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t at;
    int64_t least, most;
    const char *value, *sentence;
};

static const struct option_row option_rows[] = {
#define OPTION(field, name, kind, least, most, value, sentence)                                    \
    {name, OPTION_##kind, offsetof(struct load_options, field), least, most, value, sentence},
#include "load/options.def"
#undef OPTION
};
#define ROWS_COUNT (sizeof option_rows / sizeof option_rows[0])

enum err load_fault(char error[LOAD_ERROR_SIZE], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error, LOAD_ERROR_SIZE, format, args);
    va_end(args);
    return ERR_BAD_REQUEST;
}

/* ---- flags */

static const struct option_row *find(struct text name)
{
    for (size_t i = 0; i < ROWS_COUNT; i++)
        if (text_is(name, text_of(option_rows[i].name)))
            return &option_rows[i];
    return NULL;
}

static enum err take_count(const struct option_row *row, const char *value, int64_t *out,
                           char *error)
{
    int64_t n = text_id(text_of(value));
    if (n < row->least || n > row->most)
        return load_fault(error, "--%s must be a number from %lld to %lld, not %.40s.", row->name,
                          (long long)row->least, (long long)row->most, value);
    *out = n;
    return ERR_OK;
}

static enum err take_value(const struct option_row *row, const char *value,
                           struct load_options *out, char *error)
{
    void *field = (char *)out + row->at;
    if (row->kind == OPTION_COUNT)
        return take_count(row, value, field, error);
    size_t len = strlen(value);
    if (len < (size_t)row->least || len > (size_t)row->most)
        return load_fault(error, "--%s must have %lld to %lld bytes.", row->name,
                          (long long)row->least, (long long)row->most);
    *(const char **)field = value;
    return ERR_OK;
}

/* "--name=value", "--name value", "--switch". Moves *i over what it takes. */
static enum err take_flag(char *const *argv, size_t *i, struct load_options *out, char *error)
{
    const char *at = argv[*i] + 2;
    const char *equals = strchr(at, '=');
    struct text name = {at, equals ? (size_t)(equals - at) : strlen(at)};
    const struct option_row *row = find(name);
    if (!row)
        return load_fault(error, "There is no option --%.*s.", (int)(name.len < 80 ? name.len : 80),
                          name.data);
    if (row->kind == OPTION_SWITCH) {
        if (equals)
            return load_fault(error, "--%s takes no value.", row->name);
        *(bool *)((char *)out + row->at) = true;
        return ERR_OK;
    }
    const char *value = equals ? equals + 1 : argv[++*i];
    if (!value) {
        --*i;
        return load_fault(error, "--%s needs a value.", row->name);
    }
    return take_value(row, value, out, error);
}

static enum err take_workload(const char *name, struct load_options *out, char *error)
{
    if (out->workload)
        return load_fault(error, "%.80s is one word too many.", name);
    for (size_t i = 0; i < WORKLOADS_COUNT; i++)
        if (strcmp(workloads[i].name, name) == 0)
            out->workload = &workloads[i];
    if (!out->workload)
        return load_fault(error, "There is no workload %.80s; snug load --help names them.", name);
    return ERR_OK;
}

/* ---- what fits together */

static enum err settle_numbers(struct load_options *o, char *error)
{
    const struct load_workload *w = o->workload;
    bool rooms_given = o->rooms > 0;
    if (o->rate > 0 && w->rate == 0)
        return load_fault(error, "--rate is not for %s, which does not send at a rate.", w->name);
    if (o->in_flight > 0 && w->in_flight == 0)
        return load_fault(error, "--in-flight is not for %s.", w->name);
    if (rooms_given && (w->rooms == 0 || w->kind == LOAD_POSTS))
        return load_fault(error, "--rooms is not for %s.", w->name);
    if (o->connections == 0)
        o->connections = w->connections;
    if (o->rooms == 0)
        o->rooms = w->rooms == 0 || w->rooms > o->connections ? o->connections : w->rooms;
    if (o->rooms > o->connections)
        return load_fault(error, "--rooms must be at most --connections (%lld).",
                          (long long)o->connections);
    if (w->kind == LOAD_POSTS && o->size > POST_MAX)
        return load_fault(error, "--size must be at most %d for posts.", POST_MAX);
    if (o->rate == 0)
        o->rate = w->rate;
    if (o->in_flight == 0)
        o->in_flight = w->in_flight;
    if (w->rooms == 0 && o->connections * o->in_flight > SLOTS_MAX)
        return load_fault(error, "--connections times --in-flight must be at most %d for %s.",
                          SLOTS_MAX, w->name);
    if (o->seconds == 0)
        o->seconds = w->seconds;
    if (o->size == 0)
        o->size = SIZE_DEFAULT;
    return ERR_OK;
}

static enum err settle_login(const struct load_options *o, char *error)
{
    int ways = (o->token != NULL) + (o->token_file != NULL) + (o->secret_env != NULL) +
               (o->secret_file != NULL);
    if (ways > 1)
        return load_fault(
            error, "Of --token, --token-file, --token-secret-env and --token-secret-file, only "
                   "one can be given.");
    if (ways > 0 && o->plain)
        return load_fault(error, "Tokens are not for --dialect plain.");
    if (o->workload->kind != LOAD_POSTS) {
        if (o->room)
            return load_fault(error, "--room is for posts alone.");
        return ERR_OK;
    }
    if (!o->token && !o->token_file)
        return load_fault(error,
                          "posts needs --token-file: a token of a person (snug token NAME).");
    if (o->plain)
        return load_fault(error, "posts is not for --dialect plain.");
    if (o->room && text_id(text_of(o->room)) == 0)
        return load_fault(error, "--room must be the number of a room, not %.40s.", o->room);
    return ERR_OK;
}

/* A channel goes into JSON as it is. */
static bool plain_name(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name <= ' ' || (unsigned char)*name >= 127 || *name == '"' ||
            *name == '\\')
            return false;
    return true;
}

static enum err settle(struct load_options *o, char *error)
{
    if (!o->workload)
        return load_fault(error, "A workload is missing; snug load --help names them.");
    if (!o->url)
        return load_fault(error, "--url is missing.");
    if (!load_target_read(text_of(o->url), &o->target))
        return load_fault(error, "--url must be ws:// or wss://, a host, a port and a path: "
                                 "ws://127.0.0.1:8080" CENTRIFUGE_PATH);
    if (o->dialect && strcmp(o->dialect, "plain") != 0 && strcmp(o->dialect, "centrifuge") != 0)
        return load_fault(error, "--dialect must be centrifuge or plain, not %.40s.", o->dialect);
    o->plain = o->dialect && strcmp(o->dialect, "plain") == 0;
    if (o->channel && o->plain)
        return load_fault(error, "--channel is not for --dialect plain.");
    if (o->channel && !plain_name(o->channel))
        return load_fault(error, "--channel must be letters, digits and signs without quotes.");
    if (!o->plain && strcmp(o->target.path, "/") == 0)
        (void)text_copy(o->target.path, sizeof o->target.path, TEXT(CENTRIFUGE_PATH));
    if (o->source_addresses > 0 && strncmp(o->target.host, "127.", 4) != 0 &&
        strcmp(o->target.host, "localhost") != 0)
        return load_fault(error, "--source-addresses is for a --url on 127.0.0.1 alone.");
    enum err e = settle_numbers(o, error);
    return e == ERR_OK ? settle_login(o, error) : e;
}

enum err load_options_read(char *const *argv, struct load_options *out, char error[LOAD_ERROR_SIZE])
{
    *out = (struct load_options){0};
    for (size_t i = 0; argv[i]; i++) {
        enum err e;
        if (strcmp(argv[i], "-h") == 0)
            out->help = true, e = ERR_OK;
        else if (strncmp(argv[i], "--", 2) == 0)
            e = take_flag(argv, &i, out, error);
        else if (argv[i][0] == '-')
            e = load_fault(error, "There is no option %.80s.", argv[i]);
        else
            e = take_workload(argv[i], out, error);
        if (e != ERR_OK)
            return e;
    }
    return out->help ? ERR_OK : settle(out, error);
}

static void print_workload(const struct load_workload *w)
{
    (void)printf("  %-9s %s: %lld connections", w->name, w->sentence, (long long)w->connections);
    if (w->rooms > 1)
        (void)printf(", %lld rooms", (long long)w->rooms);
    if (w->rate > 0)
        (void)printf(", %lld messages/s", (long long)w->rate);
    if (w->in_flight > 0)
        (void)printf(", %lld in flight%s", (long long)w->in_flight, w->rooms == 0 ? " each" : "");
    (void)printf(", %lld s\n", (long long)w->seconds);
}

void load_options_print(void)
{
    (void)printf("snug load WORKLOAD --url URL [OPTION]...\n"
                 "\n"
                 "Loads a server, this one or another, counts what came, and says what looks "
                 "wrong.\n"
                 "Exit: 0 every message came once and in order, 1 it did not, 2 wrong use.\n"
                 "\n");
    for (size_t i = 0; i < WORKLOADS_COUNT; i++)
        print_workload(&workloads[i]);
    (void)printf("\n");
    for (size_t i = 0; i < ROWS_COUNT; i++) {
        char flag[64];
        (void)snprintf(flag, sizeof flag, "--%s %s", option_rows[i].name, option_rows[i].value);
        (void)printf("  %-26s  %s\n", flag, option_rows[i].sentence);
    }
}
