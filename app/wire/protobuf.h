/* protobuf: the client protocol's Protobuf form, turned into its JSON form and back by one table (wire/protobuf.def),
 * so that everything behind this border knows JSON only. source: PROTOCOL.md, Protobuf encoding
 *
 * `data` and the infos are bytes in Protobuf and must hold JSON, which passes through as the bytes it came as. A zero
 * value and an absent one are the same; the JSON form leaves both out. */
#ifndef SNUG_WIRE_PROTOBUF_H
#define SNUG_WIRE_PROTOBUF_H

#include "base/buf.h"

/* Takes the next Command, preceded by its length, off *rest (one binary message) and appends the JSON object that
 * command_next reads and judges, without a line end: an empty Command is {}, a pong. Fields that are not in the table are
 * skipped; of a field that comes twice the last counts; entries of a map with the same key are all written.
 * errors: ERR_NOT_FOUND nothing left; ERR_MALFORMED not a Command: cut, a length beyond the rest, a varint of more than ten
 * bytes or 64 bits, a number over its type, a known field of another wire type, a group, a message where one had been,
 * more than COMMAND_DEPTH_MAX messages in each other, a text that is not UTF-8, data that is not JSON (close with 3501);
 * ERR_NOMEM, ERR_LIMIT from out_json. On an error *rest and the bytes of out_json are as before.
 * limits: the JSON is at most ten times as long as the Command (4801 is "positioned":true) */
MUST_USE enum err protobuf_command(struct text *rest, struct buf *out_json);

/* Appends the Reply of each JSON message in `json` (wire/reply.h; one or several, white space between them or not),
 * preceded by its length. Members without a number in the table, and null, are left out.
 * in: data_is_text: the `data` of publications that is a string stands for the string's text, as it is with a delta agreed
 * errors: ERR_INTERNAL the server wrote what is not JSON, or a member of the wrong type or over its bounds; ERR_NOMEM,
 * ERR_LIMIT from `out`. On an error the bytes of `out` are as before. */
MUST_USE enum err protobuf_reply(struct text json, bool data_is_text, struct buf *out);

/* What POST /emulation brings. Borrowed from the body. */
struct protobuf_emulation {
    struct text node, session;
    struct text data; /* Commands, for protobuf_command */
};

/* Reads an EmulationRequest: the whole body, no length before it. What is absent is empty.
 * errors: ERR_MALFORMED */
MUST_USE enum err protobuf_emulation(struct text body, struct protobuf_emulation *out);

#endif
