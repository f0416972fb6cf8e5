/* Guards: only RFC 3629's UTF-8 passes, cut anywhere, and what is wrong is seen at the first byte that cannot become
 * right. */
#include "wire/utf8.h"

#include "unit.h"

struct vector {
    const char *name;
    struct text bytes;
    int bad_at; /* first byte that cannot become valid; -1: valid; -2: valid so far, but cut */
};

static const struct vector vectors[] = {
    {"empty", {"", 0}, -1},
    {"ascii", {"hello, world 0123456789", 23}, -1},
    {"two bytes, lowest", {"\xc2\x80", 2}, -1},
    {"two bytes, highest", {"\xdf\xbf", 2}, -1},
    {"three bytes, lowest", {"\xe0\xa0\x80", 3}, -1},
    {"before the surrogates", {"\xed\x9f\xbf", 3}, -1},
    {"after the surrogates", {"\xee\x80\x80", 3}, -1},
    {"three bytes, highest", {"\xef\xbf\xbf", 3}, -1},
    {"four bytes, lowest", {"\xf0\x90\x80\x80", 4}, -1},
    {"U+10FFFF", {"\xf4\x8f\xbf\xbf", 4}, -1},
    {"mixed", {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z", 11}, -1},
    {"long, one at the end", {"0123456789abcdef\xc3\xa9", 18}, -1},
    {"lone continuation", {"ab\x80", 3}, 2},
    {"overlong slash", {"\xc0\xaf", 2}, 0},
    {"overlong, c1", {"\xc1\xbf", 2}, 0},
    {"overlong, three", {"\xe0\x9f\xbf", 3}, 1},
    {"overlong, four", {"\xf0\x8f\xbf\xbf", 4}, 1},
    {"surrogate", {"\xed\xa0\x80", 3}, 1},
    {"last surrogate", {"\xed\xbf\xbf", 3}, 1},
    {"above U+10FFFF", {"\xf4\x90\x80\x80", 4}, 1},
    {"f5", {"\xf5", 1}, 0},
    {"ff", {"\xff", 1}, 0},
    {"second byte missing", {"\xc3z", 2}, 1},
    {"third byte missing", {"\xe2\x82z", 3}, 2},
    {"fourth byte missing", {"\xf0\x9f\x98z", 4}, 3},
    {"long, then bad", {"0123456789abcdef0\xfe", 18}, 17},
    {"cut after one", {"\xc3", 1}, -2},
    {"cut after two", {"\xe2\x82", 2}, -2},
    {"cut after three", {"\xf0\x9f\x98", 3}, -2},
};

static void a_whole_text_is_valid_or_not(void)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        CHECK_INT(utf8_valid(vectors[i].bytes), vectors[i].bad_at == -1);
        if (utf8_valid(vectors[i].bytes) != (vectors[i].bad_at == -1))
            (void)printf("    in \"%s\"\n", vectors[i].name);
    }
}

static void a_bad_byte_is_seen_where_it_stands(void)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct utf8_state s = {0};
        int bad_at = -1;
        for (size_t n = 0; n < vectors[i].bytes.len && bad_at < 0; n++)
            if (!utf8_feed(&s, vectors[i].bytes.data + n, 1))
                bad_at = (int)n;
        if (bad_at < 0 && s.need > 0)
            bad_at = -2;
        CHECK_INT(bad_at, vectors[i].bad_at);
    }
}

static void every_split_in_two_gives_the_same_verdict(void)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        for (size_t cut = 0; cut <= vectors[i].bytes.len; cut++) {
            struct utf8_state s = {0};
            struct text t = vectors[i].bytes;
            bool fine = utf8_feed(&s, t.data, cut) && utf8_feed(&s, t.data + cut, t.len - cut);
            CHECK_INT(fine, vectors[i].bad_at < 0);
            if (fine)
                CHECK_INT(s.need > 0, vectors[i].bad_at == -2);
        }
}

/* Every code point there is, encoded and read back. */
static void what_is_encoded_is_valid_and_one_character(void)
{
    int wrong = 0;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char bytes[5];
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        size_t n = utf8_encode(c, bytes);
        bytes[n] = 'x';
        struct text t = {bytes, n + 1};
        wrong += utf8_first(t) != n || (c % 7 == 0 && (!utf8_valid(t) || utf8_length(t) != 2));
    }
    CHECK_INT(wrong, 0);
}

static void length_counts_characters_not_bytes(void)
{
    CHECK_INT(utf8_length(TEXT("")), 0);
    CHECK_INT(utf8_length(TEXT("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z")), 5);
    CHECK_INT(utf8_first(TEXT("")), 0);
    CHECK_INT(utf8_first(TEXT("\xe2\x82")), 0);
    CHECK_INT(utf8_first(TEXT("\x80")), 0);
}

UNIT("wire/utf8", CASE(a_whole_text_is_valid_or_not), CASE(a_bad_byte_is_seen_where_it_stands),
     CASE(every_split_in_two_gives_the_same_verdict),
     CASE(what_is_encoded_is_valid_and_one_character), CASE(length_counts_characters_not_bytes))
