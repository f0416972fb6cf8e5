/* bar: a line on stderr for what takes long, when a person looks on (stderr is a terminal); else nothing.
 *
 * It is drawn over itself, at most ten times a second, and wiped at the end. A bar is one thread's. */
#ifndef SNUG_BASE_BAR_H
#define SNUG_BASE_BAR_H

#include <stdbool.h>
#include <stdint.h>

enum bar_unit {
    BAR_BYTES,
    BAR_STEPS,
    BAR_SHARE /* of a whole whose size says nothing: only how much of it */
};

/* Zero but for these two is a good one. */
struct bar {
    const char *word; /* "Copying"; may change */
    enum bar_unit unit;
    bool drawn;
    int64_t shown_ms; /* when it was last looked at whether to draw; 0: never */
};

/* total 0: it is not known. now_ms: monotonic, above 0; for who has it at hand and calls often */
void bar_show_at(struct bar *p, int64_t now_ms, int64_t done, int64_t total);

/* The same now; `bar` is a struct bar, for who is called back. */
void bar_show(void *bar, int64_t done, int64_t total);

/* Wipes it. */
void bar_end(struct bar *p);

#endif
