/* heard: one line of the protocol as its client reads it: no more of it than the generator has to know. */
#ifndef SNUG_LOAD_HEARD_H
#define SNUG_LOAD_HEARD_H

#include "base/text.h"

enum heard_kind {
    HEARD_PUSH,
    HEARD_PING,  /* {} */
    HEARD_REPLY, /* id; error_code 0: it went well */
    HEARD_BAD,   /* none of the protocol's */
};

struct heard {
    enum heard_kind kind;
    int64_t id;
    int64_t error_code;
    bool temporary; /* the error may be gone a moment later */
    struct text
        message; /* of the error: a JSON string with its quotes, or empty; borrowed from the line */
};

/* The usual spellings of pushes and replies are taken by their first bytes and not looked at further; whatever else is
 * read as JSON. */
void heard_read(struct text line, struct heard *out);

/* The member of a valid object by its name, or of objects in it: "rpc.data.offset". Empty: it is not there. */
struct text heard_member(struct text object, const char *path);

#endif
