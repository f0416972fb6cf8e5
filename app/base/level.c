#include "base/level.h"

struct row {
    enum level level;
    int64_t keep_ms;
    const char *words;
};

static const struct row rows[REASON_COUNT] = {
#define LEVEL_REASON(name, level, keep_ms, words) {LEVEL_##level, keep_ms, words},
#include "base/level_reasons.def"
#undef LEVEL_REASON
};

void level_report(struct level_state *s, enum level_reason r, bool there, int64_t now_ms)
{
    if (there) {
        s->seen_ms[r] = now_ms;
        atomic_fetch_or(&s->held, 1U << r);
    } else if (level_holds(s, r) && now_ms - s->seen_ms[r] >= rows[r].keep_ms) {
        atomic_fetch_and(&s->held, ~(1U << r));
    }
}

bool level_above(const struct level_state *s, enum level_reason r, int64_t value, int64_t max)
{
    return max > 0 && value > (level_holds(s, r) ? max - max / 10 : max);
}

/* One load, so that level and words are of the same moment. */
static const struct row *worst(const struct level_state *s)
{
    unsigned held = s ? atomic_load(&s->held) : 0;
    const struct row *found = NULL;
    for (unsigned r = 0; r < REASON_COUNT; r++)
        if (held & 1U << r && (!found || rows[r].level > found->level))
            found = &rows[r];
    return found;
}

enum level level_now(const struct level_state *s)
{
    const struct row *row = worst(s);
    return row ? row->level : LEVEL_NORMAL;
}

bool level_holds(const struct level_state *s, enum level_reason r)
{
    return s && atomic_load(&s->held) & 1U << r;
}

const char *level_name(enum level level)
{
    static const char *const names[] = {"normal", "readonly", "shedding", "draining"};
    return names[level];
}

const char *level_words(const struct level_state *s)
{
    const struct row *row = worst(s);
    return row ? row->words : "";
}

void level_write(const struct level_state *s, struct buf *out)
{
    unsigned held = s ? atomic_load(&s->held) : 0;
    for (unsigned r = 0; r < REASON_COUNT; r++)
        if (held & 1U << r)
            buf_add_format(out, "%s: %s\n", level_name(rows[r].level), rows[r].words);
}
