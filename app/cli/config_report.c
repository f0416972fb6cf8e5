/* What a reading finds, as the sentence that ends it or as a line of a report. */
#include "cli/config_inside.h"

#include <stdarg.h>
#include <stdio.h>

/* A name of somebody's file as something that can be printed: cut, and on one line. */
static void say_name(const char *name, char out[CONFIG_NAME_SIZE])
{
    (void)text_copy(out, CONFIG_NAME_SIZE, text_of(name));
    for (char *at = out; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
}

void reading_count(struct reading *r)
{
    if (r->report)
        r->report->options++;
}

/* The end of all three: the sentence is in r->error already. */
static enum err tell(struct reading *r, const char *name, const char *what, const char *words)
{
    if (!r->report)
        return ERR_BAD_REQUEST;
    r->report->problems++;
    buf_add_format(&r->report->lines, "%s: %s%s\n", name, what, words);
    return ERR_OK;
}

enum err reading_wrong(struct reading *r, const char *name, const char *format, ...)
{
    char said[CONFIG_NAME_SIZE], words[CONFIG_ERROR_SIZE / 2];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    say_name(name, said);
    (void)snprintf(r->error, CONFIG_ERROR_SIZE, "%s %s.", said, words);
    return tell(r, said, "wrong value: ", words);
}

enum err reading_unknown(struct reading *r, const char *name, const struct option *near)
{
    char said[CONFIG_NAME_SIZE], words[CONFIG_NAME_SIZE] = "";
    say_name(name, said);
    if (near)
        (void)snprintf(words, sizeof words, " (nearest: %s)", near->name);
    (void)snprintf(r->error, CONFIG_ERROR_SIZE, "There is no option %s%s%s.", said,
                   near ? "; the nearest is " : "", near ? near->name : "");
    return tell(r, said, "unknown", words);
}

enum err reading_foreign(struct reading *r, const struct foreign *f, struct text key,
                         const char *name, const cJSON *value)
{
    char said[CONFIG_NAME_SIZE];
    say_name(name, said);
    if (foreign_refuses(f, key, value)) {
        (void)snprintf(r->error, CONFIG_ERROR_SIZE, "%s is not supported: %s.", said, f->text);
        return tell(r, said, "unsupported: ", f->text);
    }
    if (f->kind == FOREIGN_IGNORED && r->report)
        buf_add_format(&r->report->lines, "%s: ignored: %s\n", said, f->text);
    return ERR_OK;
}
