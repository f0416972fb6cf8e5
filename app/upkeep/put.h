/* put: one item into the database, in a writer's job. What it names in its source it finds again by settings ("import slack
 * user U1") and by the send keys of author 0 ("slack:C1:17.5"), which are written with it: an item that is there already
 * changes nothing. */
#ifndef SNUG_UPKEEP_PUT_H
#define SNUG_UPKEEP_PUT_H

#include "base/env.h"
#include "upkeep/item.h"

struct db;

#define PUT_WHY_SIZE 256
#define PUT_TEXT_CHARACTERS 16000 /* of one message, as message.send has it, */
#define PUT_TEXT_JSON_BYTES 48000 /* and as JSON */

struct put {
    struct item item; /* its texts end with NUL */
    const struct env *env;
    bool merge;             /* rooms go into those of the same name that have messages */
    bool fresh;             /* out: it was not there */
    bool renamed;           /* out: a user whose name was taken or none of ours */
    int64_t files;          /* out: that came with a message */
    char why[PUT_WHY_SIZE]; /* out: a sentence, on errors of the item, or of a part of it */
};

/* errors: ERR_BAD_REQUEST the item is no good; ERR_CONFLICT a room that may not be merged: the import cannot go on; those
 * of query_end */
MUST_USE enum err put_item(struct db *db, struct put *p);

/* Whether a message is here already: then put_item leaves it alone. Reads alone. errors: those of query_end */
MUST_USE enum err put_is_there(struct db *db, const struct put *p, bool *out_is);

/* The next piece of a text that fits into one message, cut at a line end or a space where there is one near the end; what fits
 * as a whole stays as it is. Takes it off *rest; false: nothing is left but white space. */
bool put_cut(struct text *rest, struct text *out_piece);

#endif
