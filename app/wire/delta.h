/* delta: what changed from one payload to the next, in the format of Fossil. source: fossil-scm.org, "Fossil Delta
 * Format"; PROTOCOL.md, Delta
 *
 * A delta is "<size of after>\n", then pieces in order: "<count>@<offset>," copies from `before`, "<count>:<bytes>" is
 * new; then "<checksum>;". Numbers are in base 64 (0-9 A-Z _ a-z ~). The checksum is the sum of `after` as big-endian
 * 32-bit words, the last one filled with zeros.
 *
 * A JSON client gets the delta as a string and works on its UTF-8 bytes. So new bytes begin and end between
 * characters: the delta of a valid UTF-8 `after` is itself valid UTF-8. */
#ifndef SNUG_WIRE_DELTA_H
#define SNUG_WIRE_DELTA_H

#include "base/buf.h"

/* The longest payload on either side. */
#define DELTA_PAYLOAD_BYTES_MAX ((size_t)1 << 20)

/* Appends the delta that makes `after` of `before`. Time: linear, at most 16 looks at `before` a byte. Memory: an index
 * of at most three quarters of the bytes of `before`, and only if 16 bytes or more remain between what is the same at
 * the beginning and what is the same at the end.
 * in: neither text points into *out
 * errors: ERR_LIMIT the delta would not be shorter than `after`, a payload is too long, or *out would pass its cap:
 * the whole payload is sent in its place; ERR_NOMEM. On error *out has the bytes it had. */
MUST_USE enum err delta_create(struct text before, struct text after, struct buf *out);

/* Appends what `delta` makes of `before`.
 * in: neither text points into *out
 * errors: ERR_MALFORMED not a whole delta, a copy from outside of `before`, a wrong size or checksum; ERR_LIMIT more
 * than max_bytes, or than *out may have; ERR_NOMEM. On error *out has the bytes it had. */
MUST_USE enum err delta_apply(struct text before, struct text delta, size_t max_bytes,
                              struct buf *out);

#endif
