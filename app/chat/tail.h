/* tail: the newest messages, which are not in the search index yet. Usually a few; after an upgrade that makes the index anew,
 * or when more is posted than is indexed, only the newest TAIL_ROWS are looked at, so that a search stays quick. */
#ifndef SNUG_CHAT_TAIL_H
#define SNUG_CHAT_TAIL_H

#include "base/err.h"

#include <stdint.h>

struct db;

#define TAIL_ROWS 5000 /* some 20 ms */

struct tail {
    int64_t watermark; /* the index has everything up to this id */
    int64_t
        above; /* the tail begins behind this id; more than watermark: what is between is not found for now */
    int64_t top; /* the newest id; 0: none */
};

/* In a reader's job. */
MUST_USE enum err tail_get(struct db *db, struct tail *out);

#endif
