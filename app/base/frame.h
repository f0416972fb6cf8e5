/* frame: immutable bytes that many outboxes share. Encoded once, counted, freed by the last owner.
 *
 * Invariant: bytes never change after frame_new returns; refs >= 1 while anyone may look. */
#ifndef SNUG_BASE_FRAME_H
#define SNUG_BASE_FRAME_H

#include "base/text.h"

struct frame;

/* A frame with a copy of the bytes, one reference owned by the caller; NULL: no memory. thread: any */
struct frame *frame_new(struct text bytes);

/* The same from two pieces, one after the other (a WebSocket header and its payload). */
struct frame *frame_join(struct text head, struct text body);

/* One more reference. Returns f. thread: any */
struct frame *frame_ref(struct frame *f);

/* One reference less; the last one frees. NULL is welcome. Returns NULL. thread: any */
struct frame *frame_unref(struct frame *f);

/* The bytes, borrowed while the reference is held. */
struct text frame_bytes(const struct frame *f);

#endif
