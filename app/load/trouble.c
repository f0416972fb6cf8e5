#include "load/trouble.h"

#include "load/heard.h"
#include "wire/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void trouble_add(struct trouble *t, const char *format, ...)
{
    char what[TROUBLE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    for (char *c = what; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    size_t i = 0;
    while (i < t->kinds_count && strcmp(t->kinds[i].what, what) != 0)
        i++;
    if (i == t->kinds_count && i <= TROUBLE_KINDS_MAX) {
        (void)snprintf(t->kinds[i].what, TROUBLE_SIZE, "%s",
                       i < TROUBLE_KINDS_MAX ? what : "something else");
        t->kinds_count++;
    }
    if (i > TROUBLE_KINDS_MAX)
        i = TROUBLE_KINDS_MAX;
    t->kinds[i].count++;
    t->total++;
}

void trouble_error(struct trouble *t, const char *what, const struct heard *a)
{
    struct buf message;
    buf_init(&message, TROUBLE_SIZE);
    if (a->message.len > 0)
        json_string(a->message, &message);
    struct text words = buf_text(&message); /* too long: as much as fits */
    trouble_add(t, "%s: error %lld%s%.*s", what, (long long)a->error_code,
                words.len > 0 ? ", " : "", TEXT_ARG(words));
    buf_fini(&message);
}
