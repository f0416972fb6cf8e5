#include "load/mark.h"

#include "base/must.h"

static const char digits[] = "0123456789abcdef";

static char *put(char *at, uint64_t n, unsigned count)
{
    for (unsigned i = count; i > 0; i--) {
        at[i - 1] = digits[n & 15];
        n >>= 4;
    }
    return at + count;
}

void mark_write(char out[MARK_BYTES], const struct mark *m)
{
    char *at = out;
    *at++ = '~';
    at = put(at, m->run, 4);
    at = put(at, m->sender, 5);
    at = put(at, m->seq, 8);
    at = put(at, (uint64_t)m->at_ns, 12);
    at = put(at, m->slot, 4);
    *at = '~';
}

/* One more than the digit's value; 0: no digit. */
static const unsigned char values[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static uint64_t get(const char **at, unsigned count, unsigned *bad)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned value = values[(unsigned char)(*at)[i]];
        *bad |= value == 0;
        n = n << 4 | ((value - 1) & 15);
    }
    *at += count;
    return n;
}

bool mark_find(struct text *rest, struct mark *out)
{
    const char *start;
    while (rest->len >= MARK_BYTES &&
           (start = memchr(rest->data, '~', rest->len - (MARK_BYTES - 1)))) {
        const char *at = start + 1;
        unsigned bad = start[MARK_BYTES - 1] != '~';
        out->run = (uint16_t)get(&at, 4, &bad);
        out->sender = (uint32_t)get(&at, 5, &bad);
        out->seq = (uint32_t)get(&at, 8, &bad);
        out->at_ns = (int64_t)get(&at, 12, &bad);
        out->slot = (uint16_t)get(&at, 4, &bad);
        size_t used = (size_t)(start - rest->data) + (bad ? 1 : MARK_BYTES);
        *rest = text_after(*rest, used);
        if (!bad)
            return true;
    }
    return false;
}

static const char *const words[] = {
    "the",   "a",      "is",    "to",     "and",   "of",     "we",    "you",   "it",    "that",
    "for",   "in",     "on",    "build",  "green", "deploy", "after", "lunch", "when",  "room",
    "ready", "please", "look",  "at",     "this",  "again",  "with",  "my",    "test",  "server",
    "still", "slow",   "since", "monday", "thank", "good",   "not",   "yes",   "maybe", "tomorrow",
};
#define WORDS_COUNT (sizeof words / sizeof words[0])

void mark_words(struct buf *out, size_t len)
{
    uint32_t chance =
        12345; /* any number; words do not repeat in a period that deflate would find */
    size_t end = out->len + len;
    while (out->len < end && out->err == ERR_OK) {
        chance = chance * 1664525 + 1013904223;
        const char *word = words[(chance >> 16) % WORDS_COUNT];
        for (; *word && out->len < end; word++)
            buf_add_char(out, *word);
        if (out->len < end)
            buf_add_char(out, ' ');
    }
}

void mark_body(struct buf *out, size_t size, size_t *out_mark_at)
{
    const struct text after = TEXT("\"}");
    must(size >= 64);
    size_t begin = out->len;
    buf_add_text(out, TEXT("{\"load\":\""));
    *out_mark_at = out->len;
    char mark[MARK_BYTES];
    mark_write(mark, &(struct mark){0});
    buf_add(out, mark, sizeof mark);
    buf_add_text(out, TEXT("\",\"text\":\""));
    mark_words(out, size - (out->len - begin) - after.len);
    buf_add_text(out, after);
}
