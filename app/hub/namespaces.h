/* namespaces: the rules of channels that live in memory, by the part of their name before the first colon.
 *
 * A channel without a colon follows `without`. The table is made once, at the start, and never changes: any thread reads
 * it. Channels of the product (room:, user:) are not judged here. source: PROTOCOL.md, Configuration names */
#ifndef SNUG_HUB_NAMESPACES_H
#define SNUG_HUB_NAMESPACES_H

#include "base/text.h"

#define NAMESPACE_NAME_SIZE 65
#define NAMESPACES_MAX 256

struct channel_namespace {
    char name[NAMESPACE_NAME_SIZE]; /* "" for channels without one */
#define CHANNEL_OPTION(name, kind, type, fallback, text) type name;
#include "hub/namespaces.def"
#undef CHANNEL_OPTION
};

struct channel_namespaces {
    struct channel_namespace without;
    const struct channel_namespace *list; /* borrowed for the life of whoever is given the table */
    unsigned count;
};

/* The namespace of a channel; NULL: it names one that is not there (error 102). */
const struct channel_namespace *namespace_find(const struct channel_namespaces *table,
                                               struct text channel);

/* Whether a name can be a channel's: 1 to CHANNEL_MAX bytes, none of them a control character (names end with NUL inside). */
bool channel_is_name(struct text channel);

/* True if the channel opens to a subscription token alone ("$news:1"); its namespace begins behind the mark. */
bool channel_is_private(struct text channel);

/* True if the channel is open to some users only ("dialog#7,42": who stands behind the last #), and whether this one is among them. */
bool channel_is_limited(struct text channel);
bool channel_names_user(struct text channel, struct text user);

#endif
