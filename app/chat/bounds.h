/* bounds: how much the place keeps, in three numbers. The configuration (retention.*) is the outer bound, whoever runs the
 * server says it; an admin may set a closer one on the page (place.update, in the settings of the database), never a wider one;
 * the owners of a room a closer one still. What is in force is the closest, so a configuration that gets closer wins at once.
 *
 * Invariant: 0 is no bound of its own, and the one outside of it holds. */
#ifndef SNUG_CHAT_BOUNDS_H
#define SNUG_CHAT_BOUNDS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct chat;
struct db;
struct json_writer;

#define KEEP_BYTES_MIN ((int64_t)1024 * 1024) /* of a database that an admin bounds */
#define BOUNDS_AHEAD                                                                               \
    2000 /* messages a plan finds too old in a room, or takes because of the size */

struct bounds {
    int64_t ms;       /* age of a message */
    int64_t messages; /* of one room */
    int64_t bytes;    /* of the database */
};

/* The closer ones of both. */
struct bounds bounds_closer(struct bounds a, struct bounds b);

/* Those of the configuration. */
struct bounds bounds_most(const struct chat *c);

/* Those that an admin has set, and how to set them; in a job. errors: those of query_end */
MUST_USE enum err bounds_set(struct db *db, struct bounds *out);
MUST_USE enum err bounds_put(struct db *db, struct bounds set);

/* {"now": what is in force, "set": what an admin has set, "most": the configuration's}. */
void bounds_write(struct json_writer *w, const char *key, struct bounds set, struct bounds most);

/* ---- rooms, with their own */

#define BOUNDS_ROOMS_MAX 64

struct bounded_room {
    int64_t id;
    struct bounds own; /* bytes: 0 */
};

struct bounded_rooms {
    struct bounded_room at[BOUNDS_ROOMS_MAX];
    size_t count;
    int64_t after; /* of the next ones; 0: there are none */
};

/* The rooms after that id. errors: those of query_end */
MUST_USE enum err bounds_rooms(struct db *db, int64_t after, struct bounded_rooms *out);

/* The newest message of the room that is over `most` of them; 0: none. errors: those of query_end */
MUST_USE enum err bounds_over(struct db *db, int64_t room_id, int64_t most, int64_t *out_offset);

/* Bytes of the database that are in use. errors: those of query_end */
MUST_USE enum err bounds_used(struct db *db, int64_t *out_bytes);

#endif
