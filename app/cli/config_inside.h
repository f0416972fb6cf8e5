/* config_inside: what the files of config share: one reading, and how it tells what it finds.
 *
 * A reading ends at its first problem, in a sentence; with a report it goes on and lists them all. */
#ifndef SNUG_CLI_CONFIG_INSIDE_H
#define SNUG_CLI_CONFIG_INSIDE_H

#include "cli/foreign.h"
#include "cli/option.h"

#define CONFIG_FILE_MAX_BYTES ((size_t)1 << 20)
#define CONFIG_NAME_SIZE 128 /* of a name with its place, cut to fit */

struct reading {
    struct config *config;
    char *error;                  /* CONFIG_ERROR_SIZE */
    bool add;                     /* a list grows instead of being replaced */
    struct config_report *report; /* NULL: the first problem ends it */
};

/* A copy that lives as long as the config; NULL: no memory. */
const char *config_keep(struct config *c, struct text t);

/* ---- what is found: a sentence in r->error and ERR_BAD_REQUEST, or a line of the report and ERR_OK: go on */

/* "NAME WORDS.", where the words are "must be ..." or "needs ...". */
MUST_USE enum err reading_wrong(struct reading *r, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "There is no option NAME; the nearest is NEAREST." */
MUST_USE enum err reading_unknown(struct reading *r, const char *name, const struct option *near);

/* An option of Centrifugo: set aside or refused, as foreign.def says. */
MUST_USE enum err reading_foreign(struct reading *r, const struct foreign *f, struct text key,
                                  const char *name, const cJSON *value);

/* One more option was looked at. */
void reading_count(struct reading *r);

/* ---- values. errors: ERR_BAD_REQUEST; ERR_NOMEM */

/* Sets an option of a record (the config, or a namespace) that is called `name` in what is said about it. */
MUST_USE enum err reading_set(struct reading *r, const struct option *o, void *record,
                              const char *name, struct text value);

/* The same from JSON. */
MUST_USE enum err reading_value(struct reading *r, const struct option *o, void *record,
                                const char *name, const cJSON *value);

/* channel.namespaces, as JSON and as the text of it (empty: none). They replace the former ones. */
MUST_USE enum err namespaces_read(struct reading *r, const cJSON *list);
MUST_USE enum err namespaces_parse(struct reading *r, struct text json);

/* config_settle, in a reading. */
MUST_USE enum err reading_settle(struct reading *r);

/* Looks whether keys and certificates can be used: reads their files, fetches nothing. */
MUST_USE enum err reading_keys(struct reading *r);

/* Looks for options of channels that cannot go together. */
MUST_USE enum err namespaces_settle(struct reading *r);

#endif
