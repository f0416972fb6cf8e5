/* mark: what a message of the generator carries, so that each receiver can say whether it is the right one.
 *
 * A mark is MARK_BYTES of ASCII, good in JSON and in plain text, found in whatever stands around it:
 * "~", run (4 hex digits), sender (5), sequence (8), time of sending (12), slot (4), "~". */
#ifndef SNUG_LOAD_MARK_H
#define SNUG_LOAD_MARK_H

#include "base/buf.h"

#define MARK_BYTES 35
#define MARK_SENDERS_MAX 0xfffff

struct mark {
    uint16_t run;    /* chance: tells the messages of two runs apart */
    uint32_t sender; /* at most MARK_SENDERS_MAX */
    uint32_t seq;    /* of this sender: 0, 1, 2, ... */
    int64_t at_ns;   /* since the run began, less than 2^48 (78 hours) */
    uint16_t slot;   /* of messages in flight */
};

/* Not ended by NUL. */
void mark_write(char out[MARK_BYTES], const struct mark *m);

/* The next mark in *rest, which is moved behind it; false: there is none any more. */
bool mark_find(struct text *rest, struct mark *out);

/* Appends `len` bytes of words like people's, without quotes or marks. The same every time. */
void mark_words(struct buf *out, size_t len);

/* Appends a message of exactly `size` bytes (>= 64): a JSON object with a place for a mark, and words like people's.
 * out: where the mark goes */
void mark_body(struct buf *out, size_t size, size_t *out_mark_at);

#endif
