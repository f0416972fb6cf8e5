#include "wire/delta.h"

#include <stdlib.h>

#define BLOCK 16     /* bytes of `before` that have an entry in the index */
#define CHAIN_MAX 16 /* blocks of the same hash that are looked at for one place */
#define COPY_MIN 12  /* a copy command has at most 10 bytes (4 digits, @, 4 digits, a comma) */
#define UTF8_STEPS 3 /* the bytes of a character after its first */
#define DIGITS_MAX 6 /* of 32 bits */
#define NO_BLOCK UINT32_MAX

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";

static uint32_t word_at(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t checksum(struct text t)
{
    uint32_t sum = 0;
    size_t whole = t.len & ~(size_t)3;
    for (size_t i = 0; i < whole; i += 4)
        sum += word_at(t.data + i);
    char last[4] = {0};
    if (t.len > whole)
        memcpy(last, t.data + whole, t.len - whole);
    return sum + word_at(last);
}

/* Puts *out back to what it was before a call that failed. */
static void undo(struct buf *out, size_t len)
{
    out->len = len;
    out->err = ERR_OK;
}

/* ---- writing */

static void put_number(struct buf *out, uint32_t n)
{
    char text[DIGITS_MAX];
    size_t at = sizeof text;
    do {
        text[--at] = digits[n & 63];
        n >>= 6;
    } while (n > 0);
    buf_add(out, text + at, sizeof text - at);
}

static void put_insert(struct buf *out, struct text bytes)
{
    if (bytes.len == 0)
        return;
    put_number(out, (uint32_t)bytes.len);
    buf_add_char(out, ':');
    buf_add_text(out, bytes);
}

static void put_copy(struct buf *out, size_t offset, size_t count)
{
    put_number(out, (uint32_t)count);
    buf_add_char(out, '@');
    put_number(out, (uint32_t)offset);
    buf_add_char(out, ',');
}

/* ---- finding what is the same */

static size_t same_forward(const char *a, const char *b, size_t max)
{
    size_t n = 0;
    while (max - n >= sizeof(uint64_t) && memcmp(a + n, b + n, sizeof(uint64_t)) == 0)
        n += sizeof(uint64_t);
    while (n < max && a[n] == b[n])
        n++;
    return n;
}

/* How many bytes before a_end and b_end are the same. */
static size_t same_backward(const char *a_end, const char *b_end, size_t max)
{
    size_t n = 0;
    while (n < max && a_end[-1 - (ptrdiff_t)n] == b_end[-1 - (ptrdiff_t)n])
        n++;
    return n;
}

static bool inside_character(struct text t, size_t at)
{
    return at < t.len && ((unsigned char)t.data[at] & 0xc0) == 0x80;
}

/* `count` bytes at `to` of `after` are those at `from` of `before`. */
struct match {
    size_t from, to, count;
};

/* Takes a match back to whole characters of `after`. Bytes that are no UTF-8 may stay cut: nobody makes a string of
 * them, and a long match in them should stay one. */
static struct match whole_characters(struct text after, struct match m)
{
    for (int i = 0; i < UTF8_STEPS && m.count > 0 && inside_character(after, m.to); i++) {
        m.from++;
        m.to++;
        m.count--;
    }
    for (int i = 0; i < UTF8_STEPS && m.count > 0 && inside_character(after, m.to + m.count); i++)
        m.count--;
    if (m.count < COPY_MIN)
        m.count = 0;
    return m;
}

/* The sums of a window of BLOCK bytes that moves by one byte at a cost that does not depend on its size. */
struct window {
    uint32_t sum, weighted;
};

static struct window window_at(const char *at)
{
    struct window w = {0, 0};
    for (uint32_t i = 0; i < BLOCK; i++) {
        w.sum += (unsigned char)at[i];
        w.weighted += (BLOCK - i) * (unsigned char)at[i];
    }
    return w;
}

/* From the window at `at` to the one at at + 1. */
static void window_roll(struct window *w, const char *at)
{
    w->sum += (uint32_t)(unsigned char)at[BLOCK] - (unsigned char)at[0];
    w->weighted += w->sum - BLOCK * (uint32_t)(unsigned char)at[0];
}

/* The blocks of `before` by hash: the first block of each hash, and for each block the next one of the same hash. */
struct index {
    uint32_t *first, *next; /* one allocation; owned */
    unsigned bits;
};

static uint32_t slot_of(const struct index *x, struct window w)
{
    return ((w.weighted << 12 ^ w.sum) * UINT32_C(0x9e3779b1)) >> (32 - x->bits);
}

static enum err index_build(struct index *x, struct text before)
{
    size_t blocks = before.len / BLOCK;
    x->bits = 1;
    while ((size_t)1 << x->bits < blocks)
        x->bits++;
    size_t slots = (size_t)1 << x->bits;
    x->first = calloc(slots + blocks, sizeof *x->first);
    if (!x->first)
        return ERR_NOMEM;
    x->next = x->first + slots;
    for (size_t i = 0; i < slots; i++)
        x->first[i] = NO_BLOCK;
    for (size_t block = blocks;
         block-- > 0;) { /* backwards, so that the first one is found first */
        uint32_t *first = &x->first[slot_of(x, window_at(before.data + block * BLOCK))];
        x->next[block] = *first;
        *first = (uint32_t)block;
    }
    return ERR_OK;
}

/* What of `after` is still to be written: the bytes from `start` on, up to `end`. */
struct rest {
    struct text before, after;
    size_t start, end;
};

/* The longest match around the window at `at`; count 0: none. A match that is refused is short, one that is taken
 * moves `start` behind it: so no byte is compared more than about CHAIN_MAX times. */
static struct match find_match(const struct index *x, const struct rest *r, size_t at,
                               struct window w)
{
    struct match best = {0, 0, 0};
    const char *here = r->after.data + at;
    uint32_t block = x->first[slot_of(x, w)];
    for (int i = 0; i < CHAIN_MAX && block != NO_BLOCK; i++, block = x->next[block]) {
        size_t from = (size_t)block * BLOCK;
        const char *there = r->before.data + from;
        if (memcmp(here, there, BLOCK) != 0)
            continue;
        size_t room = r->end - at, room_before = r->before.len - from;
        size_t back = at - r->start < from ? at - r->start : from;
        size_t count = same_forward(here, there, room < room_before ? room : room_before);
        back = same_backward(here, there, back);
        if (back + count > best.count)
            best = (struct match){from - back, at - back, back + count};
    }
    return whole_characters(r->after, best);
}

static struct text piece(struct text t, size_t start, size_t end)
{
    return (struct text){t.data + start, end - start};
}

/* Writes copies and what is new before each of them, as long as a window fits into the rest. */
static void put_matches(const struct index *x, struct rest *r, struct buf *out)
{
    size_t at = r->start;
    struct window w = window_at(r->after.data + at);
    for (;;) {
        struct match m = find_match(x, r, at, w);
        if (m.count > 0) {
            put_insert(out, piece(r->after, r->start, m.to));
            put_copy(out, m.from, m.count);
            at = r->start = m.to + m.count;
            if (r->end - at < BLOCK)
                return;
            w = window_at(r->after.data + at);
        } else {
            if (r->end - at == BLOCK)
                return;
            window_roll(&w, r->after.data + at);
            at++;
        }
    }
}

/* Writes the part between what is the same at both ends. */
static enum err put_middle(struct rest *r, struct buf *out)
{
    if (r->end - r->start >= BLOCK && r->before.len >= BLOCK) {
        struct index x;
        if (index_build(&x, r->before) != ERR_OK)
            return ERR_NOMEM;
        put_matches(&x, r, out);
        free(x.first);
    }
    put_insert(out, piece(r->after, r->start, r->end));
    return out->err;
}

enum err delta_create(struct text before, struct text after, struct buf *out)
{
    size_t out_len = out->len, limit = DELTA_PAYLOAD_BYTES_MAX;
    if (out->err != ERR_OK)
        return out->err;
    if (before.len > limit || after.len > limit || before.len < COPY_MIN || after.len < COPY_MIN)
        return ERR_LIMIT; /* too long, or too short to have anything to copy */

    size_t shorter = before.len < after.len ? before.len : after.len;
    struct match head = {0, 0, same_forward(before.data, after.data, shorter)};
    head = whole_characters(after, head);
    size_t room = after.len - head.count < before.len ? after.len - head.count : before.len;
    size_t same = same_backward(before.data + before.len, after.data + after.len, room);
    struct match tail = {before.len - same, after.len - same, same};
    tail = whole_characters(after, tail);

    put_number(out, (uint32_t)after.len);
    buf_add_char(out, '\n');
    if (head.count > 0)
        put_copy(out, 0, head.count);
    struct rest middle = {before, after, head.count, after.len - tail.count};
    enum err e = put_middle(&middle, out);
    if (tail.count > 0)
        put_copy(out, tail.from, tail.count);
    put_number(out, checksum(after));
    buf_add_char(out, ';');

    if (e == ERR_OK)
        e = out->err;
    if (e == ERR_OK && out->len - out_len >= after.len)
        e = ERR_LIMIT;
    if (e != ERR_OK)
        undo(out, out_len);
    return e;
}

/* ---- reading */

static int digit_value(char c)
{
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Takes a number off the front: at least one digit, below 2^32. */
static bool take_number(struct text *rest, uint32_t *out)
{
    uint64_t n = 0;
    size_t count = 0;
    int digit;
    while (count < rest->len && (digit = digit_value(rest->data[count])) >= 0) {
        n = n << 6 | (uint64_t)digit;
        if (n > UINT32_MAX)
            return false;
        count++;
    }
    *rest = text_after(*rest, count);
    *out = (uint32_t)n;
    return count > 0;
}

static bool take_char(struct text *rest, char c)
{
    if (rest->len == 0 || rest->data[0] != c)
        return false;
    *rest = text_after(*rest, 1);
    return true;
}

/* Takes "<offset>," and then `count` bytes of `before`. */
static bool take_copy(struct text *rest, struct text before, size_t count, struct text *out)
{
    uint32_t offset;
    if (!take_number(rest, &offset) || !take_char(rest, ',') || offset > before.len ||
        count > before.len - offset)
        return false;
    *out = (struct text){before.len ? before.data + offset : "", count};
    return true;
}

static bool take_insert(struct text *rest, size_t count, struct text *out)
{
    if (count > rest->len)
        return false;
    *out = (struct text){rest->data, count};
    *rest = text_after(*rest, count);
    return true;
}

/* The pieces up to and with the checksum, appended to *out behind its first out_len bytes. */
static enum err apply_pieces(struct text before, struct text rest, size_t size, struct buf *out)
{
    size_t out_len = out->len;
    uint32_t n;
    while (take_number(&rest, &n)) {
        size_t made = out->len - out_len;
        struct text bytes;
        if (take_char(&rest, ';')) {
            struct text all = text_after(buf_text(out), out_len);
            return rest.len == 0 && made == size && n == checksum(all) ? ERR_OK : ERR_MALFORMED;
        }
        bool taken = take_char(&rest, '@')   ? take_copy(&rest, before, n, &bytes)
                     : take_char(&rest, ':') ? take_insert(&rest, n, &bytes)
                                             : false;
        if (!taken || bytes.len > size - made)
            return ERR_MALFORMED;
        buf_add_text(out, bytes);
        if (out->err != ERR_OK)
            return out->err;
    }
    return ERR_MALFORMED;
}

enum err delta_apply(struct text before, struct text delta, size_t max_bytes, struct buf *out)
{
    size_t out_len = out->len;
    uint32_t size;
    if (out->err != ERR_OK)
        return out->err;
    if (!take_number(&delta, &size) || !take_char(&delta, '\n'))
        return ERR_MALFORMED;
    if (size > max_bytes)
        return ERR_LIMIT;
    enum err e = apply_pieces(before, delta, size, out);
    if (e != ERR_OK)
        undo(out, out_len);
    return e;
}
