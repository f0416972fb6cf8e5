/* embedded: the SQL that the build puts into the binary from db/ (third_party/Embed.cmake). */
#ifndef SNUG_STORE_EMBEDDED_H
#define SNUG_STORE_EMBEDDED_H

#include <stddef.h>

struct embedded_query {
    const char *name; /* "chat/message_insert" */
    const char *sql;
};

struct embedded_migration {
    int number; /* 1, 2, ... without holes */
    const char *name;
    const char *sql;
};

extern const struct embedded_query queries[]; /* QUERY_COUNT of them, by enum query_id */
extern const struct embedded_migration migrations[];
extern const size_t migrations_count;

#endif
