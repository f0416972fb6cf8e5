/* command: what a client says, decoded: newline-delimited JSON to struct command. source: PROTOCOL.md, Commands
 *
 * Texts of a command are decoded into the command's own scratch buffer; `data` is the raw JSON as it came.
 * An empty object {} is a pong. Unknown fields are ignored. */
#ifndef SNUG_WIRE_COMMAND_H
#define SNUG_WIRE_COMMAND_H

#include "base/buf.h"

enum command_kind {
    COMMAND_PONG, /* {} */
#define COMMAND(name) COMMAND_##name,
#include "wire/commands.def"
#undef COMMAND
    COMMAND_UNKNOWN, /* a valid object with an id and no method we know: error 104 */
};

struct command {
    enum command_kind kind;
    uint32_t id;                                       /* 0 only for send and pong */
    struct text channel, token, name, version, method; /* decoded */
    struct text data;                                  /* raw JSON; empty: absent */
    struct text epoch;
    uint64_t offset;
    bool recover, positioned, recoverable, join_leave;
    int64_t limit; /* history; 0 if absent */
    bool has_since, reverse;
    struct text field; /* with ERR_BAD_REQUEST: the field of the wrong type */
};

/* Takes the next command off *rest (text of one WebSocket message). Texts in *out point into *rest and *scratch:
 * borrowed until scratch changes.
 * errors: ERR_OK; ERR_NOT_FOUND nothing left; ERR_BAD_REQUEST a known field has the wrong type, out->id and field are
 * set (answer 107, go on); ERR_LIMIT/ERR_INTERNAL: not a command at all, close with 3501 */
MUST_USE enum err command_next(struct text *rest, struct buf *scratch, struct command *out);

#endif
