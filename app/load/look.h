/* look: the server's own figures, from its /metrics, before and after a round (--api-key-env). */
#ifndef SNUG_LOAD_LOOK_H
#define SNUG_LOAD_LOOK_H

#include "base/err.h"
#include "base/text.h"

enum look_name {
#define LOOK(name, metric, kind, words) LOOK_##name,
#include "load/look.def"
#undef LOOK
    LOOK_COUNT
};

/* -1: the server does not say. */
struct look {
    int64_t values[LOOK_COUNT];
};

/* Takes the figures from a page of metrics in Prometheus' text form. */
void look_read(struct text page, struct look *out);

/* What there is to say after a round, or -1: a value of now, or what it grew by. */
int64_t look_change(const struct look *before, const struct look *after, enum look_name name);

/* "rss_bytes", "bytes of memory". Static. */
const char *look_label(enum look_name name);
const char *look_words(enum look_name name);

struct lines;

/* Asks the server that the lines go to, with its key. Blocks for 5 s at most.
 * out: a sentence in error. errors: ERR_IO no answer, or none with status 200; ERR_NOMEM */
MUST_USE enum err look_ask(struct lines *s, struct text api_key, struct look *out, char *error,
                           size_t error_size);

#endif
