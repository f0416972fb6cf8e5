/* tags: the tags of one publication, decoded once for the filters of all subscribers.
 *
 * Invariant: keys differ; every text is in `bytes`. */
#ifndef SNUG_WIRE_TAGS_H
#define SNUG_WIRE_TAGS_H

#include "base/buf.h"

#define TAGS_MAX 32
#define TAGS_BYTES_MAX 4096 /* of all keys and values together */

struct tag {
    struct text key, value;
};

struct tags {
    struct tag at[TAGS_MAX];
    size_t count;
    struct buf bytes; /* owned; as large from the start as it may get, so that it never moves */
};

/* Decodes a JSON object of texts. Nothing and null have no tags; of a key that comes twice the last one counts, as in
 * the clients.
 * in: json is valid JSON, or empty; not needed after the call
 * out: *out, to be given to tags_fini; on error there is nothing to free
 * errors: ERR_BAD_REQUEST not an object of texts; ERR_LIMIT more than TAGS_MAX or TAGS_BYTES_MAX; ERR_NOMEM */
MUST_USE enum err tags_parse(struct text json, struct tags *out);

void tags_fini(struct tags *t);

/* The tag with this key, borrowed; NULL: there is none. */
const struct tag *tags_find(const struct tags *t, struct text key);

#endif
