/* command: what a client says, decoded: newline-delimited JSON to struct command. source: PROTOCOL.md, Commands
 *
 * Texts of a command point into the message, or into the caller's scratch buffer where they had escapes; `data` is
 * the raw JSON as it came. An empty object {} is a pong. Unknown fields are ignored, null is an absent field. At most
 * COMMAND_DEPTH_MAX levels of nesting, COMMAND_DATA_DEPTH_MAX inside `data`. */
#ifndef SNUG_WIRE_COMMAND_H
#define SNUG_WIRE_COMMAND_H

#include "base/buf.h"

#define COMMAND_DEPTH_MAX 16
#define COMMAND_DATA_DEPTH_MAX 64

#define COMMAND_FLAG_COMPACT 1            /* pushes may carry a number in place of the channel */
#define COMMAND_FLAG_REJECT_UNRECOVERED 2 /* error 112 in place of recovered: false */

enum command_kind {
    COMMAND_PONG, /* {} */
#define COMMAND(name) COMMAND_##name,
#include "wire/commands.def"
    COMMAND_UNKNOWN, /* a valid object with an id and no method we know: error 104 */
};

struct command {
    enum command_kind kind;
    uint32_t id;                                       /* 0 only for send and pong */
    struct text channel, token, name, version, method; /* decoded */
    struct text data;                                  /* raw JSON; empty: absent */
    struct text subs, headers; /* of connect: raw JSON objects; empty: absent */
    struct text epoch, delta;
    struct text filter; /* of subscribe, by tags: a raw JSON object; empty: absent */
    int64_t flag;       /* of subscribe: bits of COMMAND_FLAG_... */
    uint64_t offset;    /* of subscribe, or of history's since */
    bool recover, positioned, recoverable, join_leave;
    int64_t limit; /* history; 0 if absent */
    bool has_since, reverse;
    struct text field; /* with ERR_BAD_REQUEST: the field of the wrong type; static */
};

/* The command's name as on the wire ("presence_stats"); "" for a pong or an unknown one. Static. */
const char *command_name(enum command_kind kind);

/* Takes the next command off *rest (text of one WebSocket message). Texts in *out point into *rest and *scratch, which
 * is cleared first: borrowed until the next call. The scratch's cap must be at least the longest message.
 * errors: ERR_NOT_FOUND nothing left; ERR_BAD_REQUEST a known field has the wrong type or comes twice: out->id, kind
 * and field are set and *rest is behind it (answer 107, go on; an id of 0, a `send`, has no answer: close with 3501);
 * ERR_MALFORMED not a command at all: not JSON, no object, no good id, two methods, too deep, no line end before the
 * next one (close with 3501); ERR_NOMEM, ERR_LIMIT from the scratch buffer */
MUST_USE enum err command_next(struct text *rest, struct buf *scratch, struct command *out);

#endif
