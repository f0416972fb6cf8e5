/* level: how much the server takes on just now, and why.
 *
 * normal → readonly (reading yes, sending no) → shedding (no new sockets, old ones fine) → draining (it will end). Reasons are
 * a table, level_reasons.def; several may hold at once and the worst wins. A reason holds from the first report of it on and
 * ends by itself when it has not been seen for as long as its line says, so that a level does not flap; who measures keeps
 * a distance between "too much" and "fine again" besides (level_above).
 *
 * Invariant: the level is that of the worst reason that holds. Each reason has one thread that reports it; reading is one
 * atomic load, from any thread. Zero is normal. */
#ifndef SNUG_BASE_LEVEL_H
#define SNUG_BASE_LEVEL_H

#include "base/buf.h"

#include <stdatomic.h>

enum level { LEVEL_NORMAL, LEVEL_READONLY, LEVEL_SHEDDING, LEVEL_DRAINING };

enum level_reason {
#define LEVEL_REASON(name, level, keep_ms, words) REASON_##name,
#include "base/level_reasons.def"
#undef LEVEL_REASON
    REASON_COUNT
};

struct level_state {
    atomic_uint held; /* a bit for each reason */
    int64_t seen_ms[REASON_COUNT];
};

/* `there`: the reason is there at now_ms (monotonic). thread: the reason's own */
void level_report(struct level_state *s, enum level_reason r, bool there, int64_t now_ms);

/* Whether `value` is too much: more than max, or, once the reason holds, more than nine tenths of it. max 0: never. */
bool level_above(const struct level_state *s, enum level_reason r, int64_t value, int64_t max);

/* NULL is normal. thread: any */
enum level level_now(const struct level_state *s);
bool level_holds(const struct level_state *s, enum level_reason r);

/* "normal", "readonly", "shedding", "draining". Static. */
const char *level_name(enum level level);

/* The sentence of what makes the level what it is; "" if it is normal. Static. thread: any */
const char *level_words(const struct level_state *s);

/* The sentences of all reasons that hold, one a line, the worst last. */
void level_write(const struct level_state *s, struct buf *out);

#endif
