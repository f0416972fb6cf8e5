/* ws_frame: RFC 6455 frames, server side: bytes from a client to messages, messages to bytes.
 *
 * The decoder eats any split of the stream and gives whole messages, control frames, or one close code. It unmasks in
 * place and points into the input where a message came in one piece; only what is cut or was compressed is kept.
 * Invariant: kept bytes <= message_max_bytes. RSV bits are 0, but for RSV1 where permessage-deflate was agreed on. */
#ifndef SNUG_WIRE_WS_FRAME_H
#define SNUG_WIRE_WS_FRAME_H

#include "base/buf.h"
#include "base/frame.h"
#include "wire/utf8.h"
#include "wire/ws_inflate.h"

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

#define WS_CONTROL_MAX 125

struct ws_deflate;

struct ws_decoder {
    size_t message_max_bytes;
    uint64_t payload_left;
    struct buf
        message; /* what came of a message that is cut; freed by the call after the one that gave it */
    enum ws_opcode message_opcode; /* WS_CONTINUATION: no message is open */
    struct utf8_state utf8;
    struct ws_inflate inflate; /* window_bits 0: no deflate was agreed on */
    uint64_t compressed_bytes; /* announced so far for the message that is open */
    bool compressed;           /* that message is */
    unsigned char header[14];  /* of the frame that is being read: 2 + 8 + 4 */
    uint8_t header_len;
    uint8_t mask_at; /* 0..3 */
    bool in_payload;
    bool message_given; /* message.data is what the last event points to */
    bool ended;         /* a close frame or an error was given: the rest is thrown away */
    uint8_t control_len;
    unsigned char control[WS_CONTROL_MAX]; /* payload of a control frame that is cut */
};

enum ws_event_kind {
    WS_EVENT_NONE,    /* everything was eaten, more bytes are needed */
    WS_EVENT_MESSAGE, /* opcode WS_TEXT or WS_BINARY, payload */
    WS_EVENT_PING,    /* payload to send back */
    WS_EVENT_PONG,
    WS_EVENT_CLOSE, /* code (1005: none given), payload: the reason; later bytes are ignored */
    WS_EVENT_ERROR, /* code: close with it (1002, 1007, 1009, 1011); later bytes are ignored */
};

struct ws_event {
    enum ws_event_kind kind;
    enum ws_opcode opcode;
    unsigned code;
    struct text
        payload; /* borrowed until the next call on this decoder, and as long as the input */
};

void ws_decoder_init(struct ws_decoder *d, size_t message_max_bytes);

/* From now on messages may be compressed as agreed on; before the first byte. */
void ws_decoder_agree(struct ws_decoder *d, const struct ws_deflate *agreed);
void ws_decoder_fini(struct ws_decoder *d);

/* Whether it keeps nothing: no frame and no message is open, no window is kept for the next one. After WS_EVENT_NONE: a
 * decoder that is idle is as good as one that was just made. */
bool ws_decoder_idle(const struct ws_decoder *d);

/* Takes bytes off the front of *bytes (which are changed: unmasked in place) until one event is complete.
 * Call again until WS_EVENT_NONE, which also gives kept memory back. errors (as close codes): 1002 unmasked, RSV,
 * reserved opcode, fragmented or long control frame, non-minimal length, continuation of nothing, message inside a
 * message, bad close payload; 1007 UTF-8, at the first byte that cannot become valid, or bad compressed data; 1009
 * announced, joined or inflated length over the limit; 1011 no memory.
 * source: RFC 6455 5.2-5.5, 7.4, 8.1; RFC 7692 6.1, 7.2.2 */
struct ws_event ws_decode(struct ws_decoder *d, unsigned char **bytes, size_t *len);

#define WS_HEADER_MAX 10

/* The header of one whole, unmasked server frame; returns its length (2, 4 or 10). */
size_t ws_header(unsigned char out[WS_HEADER_MAX], enum ws_opcode opcode, size_t payload_len);

/* A shared frame: header and payload. NULL: no memory. */
struct frame *ws_frame(enum ws_opcode opcode, struct text payload);

/* A close frame with a code and a reason (cut to 123 bytes, between characters). 1005, "none", gives an empty one.
 * NULL: no memory. */
struct frame *ws_close_frame(unsigned code, struct text reason);

/* True for a code a peer may send: 1000-1003, 1007-1014, 3000-4999. source: RFC 6455 7.4.1, 7.4.2 */
bool ws_close_code_valid(unsigned code);

#define WS_ACCEPT_SIZE 29
/* Sec-WebSocket-Accept for a key. False: the key is not 16 bytes in base64. source: RFC 6455 4.2.2 */
bool ws_accept(struct text key, char out[WS_ACCEPT_SIZE]);

#endif
