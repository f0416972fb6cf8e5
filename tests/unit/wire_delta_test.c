/* Guards: a delta gives back the payload it was made of, byte by byte, and is never longer; it is a string if the
 * payload is; what is not a whole delta is refused, whatever it says of itself. */
#include "wire/delta.h"

#include "wire/utf8.h"

#include "fault.h"
#include "unit.h"

#include <stdlib.h>

#define LIMIT DELTA_PAYLOAD_BYTES_MAX

static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* A copy in a block of its own size, so that reading over its end is seen by asan. */
static struct text exact(struct text t)
{
    char *block = malloc(t.len ? t.len : 1);
    if (t.len)
        memcpy(block, t.data, t.len);
    return (struct text){block, t.len};
}

static void drop(struct text t)
{
    free((char *)t.data);
}

/* What apply says; on ERR_OK the bytes are compared with `wanted`. */
static enum err apply(struct text before, struct text delta, struct text wanted)
{
    struct buf out;
    buf_init(&out, LIMIT + 8);
    struct text b = exact(before), d = exact(delta);
    buf_add_text(&out, TEXT("kept"));
    enum err e = delta_apply(b, d, LIMIT, &out);
    struct text made = buf_text(&out);
    CU_ASSERT(text_starts(made, TEXT("kept")));
    CU_ASSERT(e != ERR_OK || text_is(text_after(made, 4), wanted));
    CU_ASSERT(e == ERR_OK || made.len == 4);
    CHECK_INT(out.err, ERR_OK);
    drop(b);
    drop(d);
    buf_fini(&out);
    return e;
}

/* The length of the delta; 0: the whole payload is better. */
static size_t there_and_back(struct text before, struct text after)
{
    struct buf delta;
    buf_init(&delta, 2 * LIMIT);
    struct text b = exact(before), a = exact(after);
    enum err e = delta_create(b, a, &delta);
    size_t len = delta.len;
    CU_ASSERT(e == ERR_OK || e == ERR_LIMIT);
    CHECK_INT(delta.err, ERR_OK);
    if (e == ERR_OK) {
        CU_ASSERT(len < after.len);
        CU_ASSERT(!utf8_valid(after) || utf8_valid(buf_text(&delta)));
        CHECK_INT(apply(before, buf_text(&delta), after), ERR_OK);
    } else {
        CHECK_INT(len, 0);
    }
    drop(b);
    drop(a);
    buf_fini(&delta);
    return len;
}

static void creates(struct text before, struct text after, const char *wanted)
{
    struct buf delta;
    buf_init(&delta, LIMIT);
    CHECK_INT(delta_create(before, after, &delta), ERR_OK);
    buf_add_char(&delta, 0);
    CHECK_TEXT(delta.data, wanted);
    buf_fini(&delta);
}

/* Lengths: 26 letters are Q in base 64 (0-9, A-Z, _, a-z, ~: A is 10). */
static void a_delta_is_what_the_format_says(void)
{
    struct text letters = TEXT("abcdefghijklmnopqrstuvwxyz");
    creates(letters, letters, "Q\nQ@0,3z192K;");
    creates(letters, TEXT("abcdefghijklm-nopqrstuvwxyz"), "R\nD@0,1:-D@D,3vlGUH;");
    CHECK_INT(apply(letters, TEXT("Q\nQ@0,3z192K;"), letters), ERR_OK);
}

static void hand_made_deltas_are_applied(void)
{
    CHECK_INT(apply(TEXT(""), TEXT("0\n0;"), TEXT("")), ERR_OK);
    CHECK_INT(apply(TEXT("abc"), TEXT("0\n0;"), TEXT("")), ERR_OK);
    /* "a" is the word 61000000: 97 << 24 = 1 33 0 0 0 0 in base 64 */
    CHECK_INT(apply(TEXT(""), TEXT("1\n1:a1X0000;"), TEXT("a")), ERR_OK);
    CHECK_INT(apply(TEXT("bac"), TEXT("1\n1@1,1X0000;"), TEXT("a")), ERR_OK);
    /* no bytes are some bytes too, and a number may begin with zeros */
    CHECK_INT(apply(TEXT("a"), TEXT("001\n0:0@1,1@0,01X0000;"), TEXT("a")), ERR_OK);
    /* what looks like a command inside of new bytes is none: 1;1; is 31 3b 31 3b */
    CHECK_INT(apply(TEXT(""), TEXT("4\n4:1;1;mEo4w;"), TEXT("1;1;")), ERR_OK);
}

static const struct text malformed[] = {
    {"", 0},
    {"1", 1},                      /* no line end */
    {"\n1:a1X0000;", 11},          /* no size */
    {"1 1:a1X0000;", 12},          /* a space for the line end */
    {"1\n", 2},                    /* no pieces */
    {"1\n1:a", 5},                 /* no checksum */
    {"1\n1:a1X0000", 11},          /* no end */
    {"1\n1:a1X0000;0", 13},        /* something after the end */
    {"1\n1:a1X0001;", 12},         /* another checksum */
    {"1\n1:a;", 6},                /* none at all */
    {"1\n:a1X0000;", 11},          /* no count */
    {"1\n1?a1X0000;", 12},         /* no command */
    {"1\n2:a", 5},                 /* more new bytes than there are */
    {"1\n3~~~~~:a1X0000;", 17},    /* many more */
    {"2\n1:a1X0000;", 12},         /* shorter than its size */
    {"0\n1:a1X0000;", 12},         /* longer than its size */
    {"1\n1@0,1@0,1X0000;", 17},    /* the same with copies */
    {"1\n1@0", 5},                 /* no comma */
    {"1\n1@0;1X0000;", 13},        /* another sign for it */
    {"1\n1@,1X0000;", 12},         /* no offset */
    {"1\n1@1,1X0000;", 13},        /* a copy from behind the end */
    {"1\n1@2,1X0000;", 13},        /* far behind */
    {"1\n0@2,1:a1X0000;", 16},     /* even of nothing */
    {"2\n2@0,1X0000;", 13},        /* over the end */
    {"1\n1@40000000,1X0000;", 20}, /* 2^44 */
    {"4000000\n1:a1X0000;", 18},   /* 2^38 */
    {"1\n4000000:a1X0000;", 18},
    {"1\n3~~~~~@3~~~~~,1X0000;", 23}, /* the sum of two is no small number */
    {"1\n1:a1X0000\0;", 13},
};

static void what_is_not_a_delta_is_refused(void)
{
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        CHECK_INT(apply(TEXT("a"), malformed[i], TEXT("")), ERR_MALFORMED);
        CHECK_INT(apply(TEXT(""), malformed[i], TEXT("")), ERR_MALFORMED);
    }
}

static void a_cut_delta_is_refused_at_every_byte(void)
{
    struct text letters = TEXT("abcdefghijklmnopqrstuvwxyz");
    struct text delta = TEXT("R\nD@0,1:-D@D,3vlGUH;");
    for (size_t len = 0; len < delta.len; len++)
        CHECK_INT(apply(letters, (struct text){delta.data, len}, TEXT("")), ERR_MALFORMED);
}

static void a_result_has_at_most_the_bytes_that_were_allowed(void)
{
    struct text delta = TEXT("Q\nQ@0,3z192K;"), letters = TEXT("abcdefghijklmnopqrstuvwxyz");
    struct buf out;
    buf_init(&out, 26);
    CHECK_INT(delta_apply(letters, delta, 25, &out), ERR_LIMIT);
    CHECK_INT(delta_apply(letters, delta, 26, &out), ERR_OK);
    CHECK_INT(delta_apply(letters, delta, 26, &out), ERR_LIMIT); /* the buffer is full */
    CHECK_INT(out.len, 26);
    CHECK_INT(out.err, ERR_OK);
    buf_fini(&out);
}

static void what_would_not_be_shorter_is_not_made(void)
{
    CHECK_INT(there_and_back(TEXT(""), TEXT("")), 0);
    CHECK_INT(there_and_back(TEXT("a"), TEXT("")), 0);
    CHECK_INT(there_and_back(TEXT(""), TEXT("abcdefghijklmnopqrstuvwxyz")), 0);
    CHECK_INT(there_and_back(TEXT("0123456789"), TEXT("abcdefghijklmnopqrstuvwxyz")), 0);
    /* 2 for the size, 4 for the copy, 7 for the checksum: 13 */
    struct text letters = TEXT("abcdefghijklmnopqrstuvwxyz");
    size_t shortest = 0;
    for (size_t len = 0; len <= letters.len; len++) {
        struct text t = {letters.data, len};
        if (there_and_back(t, t) == 0)
            shortest = len + 1;
    }
    CHECK_INT(shortest, 14);
}

static void a_failed_delta_leaves_the_buffer_as_it_was(void)
{
    char before[600], after[600];
    memset(before, 'x', sizeof before);
    memset(after, 'x', sizeof after);
    after[10] = after[300] = 'y';
    struct text b = {before, sizeof before}, a = {after, sizeof after};
    struct buf out;
    for (size_t cap = 4;; cap++) {
        buf_init(&out, cap);
        buf_add_text(&out, TEXT("kept"));
        enum err e = delta_create(b, a, &out);
        size_t len = out.len;
        CHECK_INT(out.err, ERR_OK);
        buf_fini(&out);
        if (e == ERR_OK) {
            CHECK_INT(len, cap);
            break;
        }
        CHECK_INT(e, ERR_LIMIT);
        CHECK_INT(len, 4);
    }
    for (unsigned n = 1;; n++) {
        buf_init(&out, 1000);
        fault_at(n);
        enum err e = delta_create(b, a, &out);
        bool failed = fault_end();
        size_t len = out.len;
        buf_fini(&out);
        CHECK_INT(e, failed ? ERR_NOMEM : ERR_OK);
        if (!failed)
            break;
        CHECK_INT(len, 0);
    }
    buf_init(&out, 1000);
    fault_at(1);
    CHECK_INT(delta_apply(TEXT("a"), TEXT("1\n1@0,1X0000;"), 1, &out), ERR_NOMEM);
    (void)fault_end();
    CHECK_INT(delta_apply(TEXT("a"), TEXT("1\n1@0,1X0000;"), 1, &out), ERR_OK);
    buf_fini(&out);
}

/* Characters of one to four bytes whose bytes have much in common, so that matches end inside of them. */
static size_t random_text(char *out, size_t characters, uint32_t kinds)
{
    static const char *const some[] = {"a",
                                       "b",
                                       "\xd0\xb0",
                                       "\xd0\xb1",
                                       "\xd1\xb0",
                                       "\xe2\x82\xac",
                                       "\xe2\x82\xad",
                                       "\xe2\x83\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xf0\x9f\x98\x81",
                                       "\xf0\x9f\x99\x80"};
    size_t len = 0;
    uint32_t count = sizeof some / sizeof some[0];
    for (size_t i = 0; i < characters; i++) {
        const char *c = some[kinds < count ? count - 1 - draw(kinds) : draw(count)];
        len += text_copy(out + len, 5, text_of(c));
    }
    return len;
}

/* Pieces of `before` in any order, from character to character, with new ones between them. */
static size_t random_edit(char *out, struct text before, uint32_t kinds)
{
    size_t len = 0;
    for (uint32_t i = draw(8); i > 0; i--) {
        size_t start = draw((uint32_t)before.len + 1), end = draw((uint32_t)before.len + 1);
        while (start < before.len && (before.data[start] & 0xc0) == 0x80)
            start++;
        while (end < before.len && (before.data[end] & 0xc0) == 0x80)
            end++;
        if (start < end) {
            memcpy(out + len, before.data + start, end - start);
            len += end - start;
        }
        len += random_text(out + len, draw(6), kinds);
    }
    return len;
}

static void random_texts_come_back_and_their_deltas_are_texts(void)
{
    static char before[4001], after[40001]; /* and a NUL */
    size_t made = 0;
    for (int i = 0; i < 4000; i++) {
        seed = (uint64_t)i;
        uint32_t kinds = 1 + draw(11);
        struct text b = {before, random_text(before, draw(900), kinds)};
        struct text a = {after, random_edit(after, b, kinds)};
        CU_ASSERT(utf8_valid(a) && utf8_valid(b));
        made += there_and_back(b, a) > 0;
    }
    CU_ASSERT(made > 2000);
}

static void random_bytes_come_back(void)
{
    static char before[3000], after[9000];
    size_t made = 0;
    for (int i = 0; i < 4000; i++) {
        seed = (uint64_t)i;
        uint32_t kinds = 1 + draw(256);
        struct text b = {before, draw(sizeof before)}, a = {after, 0};
        for (size_t n = 0; n < b.len; n++)
            before[n] = (char)(255 - draw(kinds));
        for (uint32_t n = draw(5); n > 0; n--) {
            size_t start = draw((uint32_t)b.len + 1), len = draw((uint32_t)(b.len - start) + 1);
            memcpy(after + a.len, before + start, len);
            a.len += len;
            if (a.len > 6000)
                break;
            for (uint32_t more = draw(20); more > 0; more--)
                after[a.len++] = (char)draw(256);
        }
        made += there_and_back(b, a) > 0;
    }
    CU_ASSERT(made > 1000);
}

/* One character in the middle changes to its neighbour: whatever the match, the whole character is new. */
static void a_character_is_never_cut(void)
{
    static const char *const pairs[][2] = {{"\xd0\xb0", "\xd0\xb1"}, /* the last byte differs */
                                           {"\xd0\xb0", "\xd1\xb0"}, /* the first */
                                           {"\xe2\x82\xac", "\xe2\x83\xac"},
                                           {"\xf0\x9f\x98\x80", "\xf0\x9f\x99\x80"},
                                           {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81"}};
    for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++)
        for (size_t at = 0; at < 60; at++) {
            char before[300], after[300];
            size_t len = strlen(pairs[p][0]);
            for (size_t i = 0; i < 60; i++) {
                memcpy(before + i * len, pairs[p][0], len);
                memcpy(after + i * len, pairs[p][i == at], len);
            }
            struct text b = {before, 60 * len}, a = {after, 60 * len};
            CU_ASSERT(there_and_back(b, a) > 0);
            CU_ASSERT(there_and_back(b, a) < 40);
        }
}

static void both_sides_of_a_mebibyte(void)
{
    char *before = malloc(LIMIT + 1), *after = malloc(LIMIT + 1);
    for (size_t i = 0; i <= LIMIT; i++)
        before[i] = (char)('a' + draw(26));
    memcpy(after, before, LIMIT + 1);
    for (size_t i = 0; i < LIMIT; i += 100000)
        after[i + 1] = '-';
    struct text b = {before, LIMIT}, a = {after, LIMIT};
    size_t len = there_and_back(b, a);
    CU_ASSERT(len > 0 && len < 300); /* 11 changes, 22 commands of at most 10 bytes */
    struct buf out;
    buf_init(&out, LIMIT);
    CHECK_INT(delta_create((struct text){before, LIMIT + 1}, a, &out), ERR_LIMIT);
    CHECK_INT(delta_create(b, (struct text){after, LIMIT + 1}, &out), ERR_LIMIT);
    memset(before, 'x', LIMIT); /* every block has the same hash */
    memset(after, 'x', LIMIT);
    after[LIMIT / 3] = 'y';
    after[LIMIT / 2] = 'y';
    len = there_and_back(b, a);
    CU_ASSERT(len > 0 && len < 60);
    buf_fini(&out);
    free(before);
    free(after);
}

UNIT("wire/delta", CASE(a_delta_is_what_the_format_says), CASE(hand_made_deltas_are_applied),
     CASE(what_is_not_a_delta_is_refused), CASE(a_cut_delta_is_refused_at_every_byte),
     CASE(a_result_has_at_most_the_bytes_that_were_allowed),
     CASE(what_would_not_be_shorter_is_not_made), CASE(a_failed_delta_leaves_the_buffer_as_it_was),
     CASE(random_texts_come_back_and_their_deltas_are_texts), CASE(random_bytes_come_back),
     CASE(a_character_is_never_cut), CASE(both_sides_of_a_mebibyte))
