/* notice: what a manager hands to connections directly: a JSON document of no channel, made once, that each connection asks
 * for in the bytes of its form. All that have the same form share one frame, whatever reactor they live on.
 *
 * A client of the protocol sees the push {"push": {"message": {"data": DOCUMENT}}}. thread: any, for all of it. */
#ifndef SNUG_HUB_NOTICE_H
#define SNUG_HUB_NOTICE_H

#include "base/frame.h"

struct notice;
struct form;

/* A copy of the document; one reference owned by the caller. NULL: no memory. */
struct notice *notice_new(struct text json);
struct notice *notice_ref(struct notice *n);
struct notice *notice_unref(struct notice *n); /* NULL is welcome; returns NULL */

/* The document as it was given; borrowed while the notice is held. */
struct text notice_json(const struct notice *n);

/* The push as one message to clients of this form, which the client's own agreement on compression is part of. Borrowed
 * while the notice is held; NULL: no memory. */
struct frame *notice_frame(struct notice *n, const struct form *form);

#endif
