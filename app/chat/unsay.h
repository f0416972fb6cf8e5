/* unsay: an event of a room as it is without somebody: one function, pure.
 *
 * Whoever is named by an object with their id and a display (an author, who started a run, a member in a tool's result) is
 * called as everybody is who was erased. What a tool found or listed names people by display alone: these are compared with
 * what the person was called, in results and nowhere else. All else stays byte by byte. thread: any */
#ifndef SNUG_CHAT_UNSAY_H
#define SNUG_CHAT_UNSAY_H

#include "base/buf.h"

struct unsay {
    int64_t user_id;
    struct text name, display; /* what they are called from now on */
    struct text was;           /* their displays before, a line each; empty: not known any more */
    bool quotes;               /* what a tool quoted of them goes too */
    bool asked; /* the event is of a run that is to say nothing of what was asked and found */
};

/* What was found in an event. */
enum unsaid {
    UNSAID_NOTHING = 0,
    UNSAID_CHANGED = 1, /* out is another than the event */
    UNSAID_RESULT = 2,  /* a tool's result told of them: what was answered from it does too */
};

/* Appends the event, which is valid JSON. out: a set of enum unsaid. errors: ERR_NOMEM, ERR_LIMIT of out */
MUST_USE enum err unsay(const struct unsay *u, struct text event, struct buf *out,
                        unsigned *out_found);

#endif
