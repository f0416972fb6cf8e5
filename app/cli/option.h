/* option: the tables of all options: a name, its place in a record, what it may be.
 *
 * A value arrives as a text, wherever it comes from; a list is its texts with spaces between. */
#ifndef SNUG_CLI_OPTION_H
#define SNUG_CLI_OPTION_H

#include "cli/config.h"

enum option_kind {
    KIND_LISTEN,
    KIND_ORIGINS,
    KIND_TEXT,
    KIND_FOLDER,
    KIND_SWITCH,
    KIND_DURATION,
    KIND_SPAN,
    KIND_DELAY,
    KIND_BYTES,
    KIND_ROOM,
    KIND_COUNT,
    KIND_SOME,
    KIND_THREADS,
    KIND_CORES,
    KIND_LEVEL,
    KIND_LOG,
    KIND_RATE,
    KIND_MODE,
    KIND_DELTA,
    KIND_HOST, /* this and the next: http_server.*, which config_settle turns into listen and TLS */
    KIND_PORT,
    KIND_TLS,
    KIND_PEM,
    KIND_NAMESPACES, /* JSON: config_channels.c reads it */
};

struct option {
    const char *name;
    enum option_kind kind;
    size_t at; /* of the field in its record */
    const char *fallback, *text;
};

struct option_table {
    const struct option *list;
    size_t count;
};

extern const struct option_table options_all;     /* of struct config: all three tables */
extern const struct option_table options_channel; /* of struct channel_namespace: namespaces.def */

/* NULL: there is none of this name. */
const struct option *option_find(const struct option_table *table, struct text name);

/* The one whose name is most like this one; NULL: none is near. */
const struct option *option_nearest(const struct option_table *table, struct text name);

/* True if an option's name begins with this one and a dot. */
bool option_is_group(const struct option_table *table, const char *name);

/* "a whole number": what a value of this kind must be. */
const char *option_words(enum option_kind kind);

/* True if it may be given as a list; true if a bare number is none of its values. */
bool option_is_list(enum option_kind kind);
bool option_is_words(enum option_kind kind);

/* True if as a flag it needs no value. */
bool option_is_switch(enum option_kind kind);

/* Sets the field in the record, which is of the table's kind: c itself, or a namespace of it.
 * errors: ERR_BAD_REQUEST the value; ERR_NOMEM */
MUST_USE enum err option_set(struct config *c, const struct option *o, void *record,
                             struct text value, bool add);

#endif
