/* wording: what the agent says: Markdown from the stored result of its tool. Pure functions.
 *
 * What people wrote is quoted as plain words: their Markdown does nothing in the answer, their @names call nobody. */
#ifndef SNUG_AGENTS_WORDING_H
#define SNUG_AGENTS_WORDING_H

#include "agents/plan.h"
#include "base/buf.h"

/* in: a whole tool_completed event as it is in the stream
 * out: the answer, and one line that sums it up
 * errors: ERR_INTERNAL the tool failed, or the event is none */
MUST_USE enum err wording_write(const struct plan *plan, struct text event, struct buf *answer,
                                struct buf *summary);

/* Takes the next piece of at least so many bytes off *rest, to the end of a word; false: nothing is left. */
bool wording_piece(struct text *rest, size_t least_bytes, struct text *out_piece);

/* Unicode characters in valid UTF-8. */
size_t wording_characters(struct text t);

/* Appends `t` so that Markdown shows it as it is. */
void wording_plain(struct buf *out, struct text t);

#endif
