/* ws_inflate: the receiving side of permessage-deflate: compressed messages, one after the other, in pieces of any size.
 *
 * Memory, a connection: none but this struct while no compressed message is open; zlib's state (7 KiB) and its window
 * (1 << window_bits bytes, at most 32 KiB) while one is. Where the client keeps its window between messages (takeover)
 * both stay from its first compressed message on.
 * Invariant: what is inflated leaves piece by piece into the caller's room; nothing of it is kept but the window. */
#ifndef SNUG_WIRE_WS_INFLATE_H
#define SNUG_WIRE_WS_INFLATE_H

#include "base/err.h"
#include "base/text.h"

struct z_stream_s; /* zlib's */

struct ws_inflate {
    struct z_stream_s *stream; /* NULL: none is needed now */
    uint8_t window_bits;       /* of the client's windows: 8..15; 0: nothing may be compressed */
    bool takeover;             /* the client keeps its window between messages */
    bool at_start;             /* nothing has come since the message or its last final block */
};

/* Frees what there is; the struct is as if nothing had come yet. */
void ws_inflate_fini(struct ws_inflate *i);

/* A message begins. Allocates nothing. */
void ws_inflate_begin(struct ws_inflate *i);

/* Inflates from the front of *piece, at most `room` (>= 1) bytes to `out`. Call again until *piece is empty and nothing
 * comes any more. errors: ERR_BAD_REQUEST this is no DEFLATE data, or it reaches back behind the window; ERR_NOMEM */
MUST_USE enum err ws_inflate_some(struct ws_inflate *i, struct text *piece, char *out, size_t room,
                                  size_t *out_len);

/* The message's last piece was taken: adds the four bytes its sender has left out. Also a message without a byte, and
 * one whose last block is final, are whole. errors: ERR_BAD_REQUEST it is cut. source: RFC 7692 7.2.2, 7.2.3.4 */
MUST_USE enum err ws_inflate_end(struct ws_inflate *i);

#endif
