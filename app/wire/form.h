/* form: how one message of the server looks on its way to one kind of client: encoding, framing, compression.
 *
 * Everything the server says is written once as the JSON of wire/reply.h; a form turns that into the bytes that all
 * clients of the form share. source: PROTOCOL.md, Transport, Transports other than WebSocket, Protobuf encoding */
#ifndef SNUG_WIRE_FORM_H
#define SNUG_WIRE_FORM_H

#include "base/frame.h"

enum encoding { ENCODING_JSON, ENCODING_PROTOBUF, ENCODING_COUNT };

enum framing {
    FRAMING_WEBSOCKET, /* a message of its own: text for JSON, binary for Protobuf */
    FRAMING_LINES,     /* http_stream: an object a line; Protobuf: each behind its length */
    FRAMING_EVENTS,    /* server-sent events: an object an event; JSON only */
    FRAMING_COUNT
};

struct form {
    uint8_t encoding, framing;
    uint8_t
        window_bits; /* of a WebSocket whose client has agreed to compression (ws_deflate); 0: none */
    uint8_t level;   /* of compression: 1..9 */
    uint32_t compress_min; /* bytes: shorter messages are sent as they are */
};

/* The form in which a message of about so many bytes goes out: what is too short is not compressed, what is shorter than
 * a window needs no larger one. So clients that differ only there share their frames. */
struct form form_for(struct form form, size_t json_len);

bool form_is(struct form a, struct form b);

/* form: as form_for has made it. json: one object, a reply or a push. as_text: `data` of its publications is a JSON string that holds the text (deltas
 * are agreed); encodings that carry bytes carry that text.
 * Returns a frame owned by the caller; NULL: no memory. thread: any */
struct frame *form_frame(struct form form, struct text json, bool as_text);

#endif
