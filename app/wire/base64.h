/* base64: bytes as letters: the form of tokens (base64url without padding) and the usual one. source: RFC 4648 4 and 5
 *
 * Invariant: each text of bytes has one spelling; left-over bits that are not zero are refused. */
#ifndef SNUG_WIRE_BASE64_H
#define SNUG_WIRE_BASE64_H

#include "base/buf.h"

/* Appends `bytes` as base64url without padding. */
void base64url_encode(struct buf *out, struct text bytes);

/* Appends what `t` stands for. False: a foreign letter, an impossible length, left-over bits, or an error of the buffer;
 * then a part may have been appended. */
MUST_USE bool base64url_decode(struct text t, struct buf *out);

/* The same for the usual letters with their padding. */
MUST_USE bool base64_decode(struct text t, struct buf *out);

#endif
