/* utf8: strict UTF-8 (RFC 3629), also piece by piece, so that a WebSocket can fail at the first bad byte. */
#ifndef SNUG_WIRE_UTF8_H
#define SNUG_WIRE_UTF8_H

#include "base/text.h"

/* Where a check stands between two pieces; zero at the start of a text. */
struct utf8_state {
    uint8_t need;      /* continuation bytes still to come */
    uint8_t low, high; /* bounds of the next continuation byte */
};

/* Checks the next piece. False: this can no longer become valid UTF-8. At the end the text is whole if need == 0. */
bool utf8_feed(struct utf8_state *s, const void *bytes, size_t len);

/* True if the whole text is valid. */
bool utf8_valid(struct text t);

/* How many bytes the character has that `t` starts with (1..4); 0: empty, cut or not UTF-8. */
size_t utf8_first(struct text t);

/* How many characters (code points) a valid text has. */
size_t utf8_length(struct text t);

/* Takes the next character off *rest (valid UTF-8; a bad byte gives U+FFFD). False: nothing left. */
bool utf8_take(struct text *rest, uint32_t *out_char);

/* Writes one code point (below 0x110000, no surrogate); returns its 1..4 bytes. */
size_t utf8_encode(uint32_t code_point, char out[4]);

#endif
