/* ws_deflate: permessage-deflate, but for the receiving side (ws_inflate): what both sides agree on, and messages
 * compressed once for everybody.
 *
 * Our side never keeps its window between messages (server_no_context_takeover is always answered, as the RFC permits),
 * so a compressed frame depends on nothing that was sent before, and its bytes serve every receiver whose agreed window
 * is not smaller than the one it was made with. A sender to many therefore makes one frame a window, on first need:
 *
 *     unsigned bits = ws_deflate_window(payload.len, agreed); // 0, 9..15
 *     if (!made[bits])
 *         made[bits] = ws_frame_deflated(WS_TEXT, payload, bits, level);
 *
 * A window reaches no further than the payload is long, so up to 250 bytes there is one frame for all, and above it
 * receivers with different windows share where theirs are long enough. An agreed 0 is the plain frame.
 * Memory: nothing a connection; while one frame is made 12 to 262 KiB, by its window, and a payload. source: RFC 7692 */
#ifndef SNUG_WIRE_WS_DEFLATE_H
#define SNUG_WIRE_WS_DEFLATE_H

#include "wire/ws_frame.h"

#define WS_WINDOW_MIN 9
#define WS_WINDOW_MAX 15

/* What was agreed on for one connection; all zero: nothing. */
struct ws_deflate {
    uint8_t server_bits;  /* the largest window our messages may be made with: 8..15 */
    uint8_t client_bits;  /* of the client's messages: 8..15 */
    bool client_takeover; /* the client keeps its window: so must we, 39 KiB a connection */
};

/* What we want. */
struct ws_deflate_rules {
    unsigned server_bits; /* the largest window we use: 9..15; 0: no offer is accepted */
    unsigned client_bits; /* the largest one asked of clients that can be asked: 8..15 */
    bool client_takeover; /* clients may keep their window; else they are told not to */
};

#define WS_DEFLATE_RESPONSE_SIZE 160

/* Takes the first acceptable offer of a Sec-WebSocket-Extensions value. Not acceptable: other extensions, parameters
 * that are unknown, repeated, with a value too many or too few, window bits that are not 8..15 in plain digits.
 * out: what is agreed, and the header's value to answer; false: zeros and "".
 * source: RFC 7692 5, 7.1; RFC 6455 9.1 */
bool ws_deflate_negotiate(struct text offers, const struct ws_deflate_rules *rules,
                          struct ws_deflate *out, char response[WS_DEFLATE_RESPONSE_SIZE]);

/* The smallest window that reaches over the whole payload, if that is permitted, else the largest that is: 9..15; 0 for
 * an agreed 0. 9 stands for 8 too: zlib has no window of 256 bytes, but looks back at most 250 in its window of 512. */
unsigned ws_deflate_window(size_t payload_len, unsigned agreed_bits);

/* One whole compressed message, header and payload, made with a window of 9..15 bits and a level of 1..9. With 0 bits, or
 * where that saves nothing, it is the plain frame, which every receiver understands as well. NULL: no memory. thread: any */
struct frame *ws_frame_deflated(enum ws_opcode opcode, struct text payload, unsigned window_bits,
                                int level);

#endif
