/* export_bytes: the bytes of files go to a folder beside an export. Most of them before its lines, a page of files at a time, so that
 * no transaction is open for as long as they take; what the lines name and came since, with its line. */
#ifndef SNUG_UPKEEP_EXPORT_BYTES_H
#define SNUG_UPKEEP_EXPORT_BYTES_H

#include "upkeep/export.h"
#include "upkeep/shelf.h"

struct db;

#define EXPORT_EVENT_BYTES 4096 /* of a file, that take as long as an event */

struct export_bytes {
    const struct export_order *order;
    struct exported *count;
    char *error;
    struct shelf from, to;
    int64_t room_id;      /* 0: all */
    int64_t bytes, steps; /* that came; what they count for in order->told */
    int64_t total;        /* steps of all that is exported */
    int64_t said;
};

/* All that is there now, from the database at `path`. errors: as upkeep_export */
MUST_USE enum err export_bytes_before(struct export_bytes *b, const char *path);

struct export_file {
    struct text name, blob, sha256;
    int64_t size;
};
/* One that a line names. What is not there is told and counted. errors: as upkeep_export */
MUST_USE enum err export_bytes_of(struct export_bytes *b, const struct export_file *f);

#endif
