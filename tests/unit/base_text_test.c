/* Guards: borrowed texts are compared, cut and copied without a byte too much. */
#include "base/text.h"

#include "fault.h"
#include "unit.h"

#include <stdlib.h>

static const struct text null_text = {NULL, 0};

static void texts_compare_by_their_bytes(void)
{
    CU_ASSERT_TRUE(text_is(TEXT("a\0b"), TEXT("a\0b")));
    CU_ASSERT_FALSE(text_is(TEXT("a\0b"), TEXT("a\0c")));
    CU_ASSERT_FALSE(text_is(TEXT("ab"), TEXT("abc")));
    CU_ASSERT_TRUE(text_is(null_text, TEXT_NONE));
    CU_ASSERT_TRUE(text_is_nocase(TEXT("GeT"), TEXT("gEt")));
    CU_ASSERT_FALSE(text_is_nocase(TEXT("get"), TEXT("gets")));
    CU_ASSERT_TRUE(text_is_nocase(null_text, TEXT_NONE));
    CU_ASSERT_TRUE(text_starts(TEXT("room:1"), TEXT("room:")));
    CU_ASSERT_FALSE(text_starts(TEXT("room"), TEXT("room:")));
    CU_ASSERT_TRUE(text_starts(null_text, TEXT_NONE));
    CU_ASSERT_TRUE(text_is(text_of(NULL), TEXT_NONE));
    CU_ASSERT_TRUE(text_is(text_after(TEXT("abc"), 3), TEXT_NONE));
    CHECK_INT(text_after(null_text, 0).len, 0);
}

static void ids_are_plain_decimal_numbers(void)
{
    CHECK_INT(text_id(TEXT("1")), 1);
    CHECK_INT(text_id(TEXT("9223372036854775807")), INT64_MAX);
    static const char *const wrong[] = {"",
                                        "0",
                                        "01",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1.0",
                                        "1e3",
                                        "x",
                                        "9223372036854775808",
                                        "99999999999999999999",
                                        "18446744073709551617",
                                        "1\xc3\xa9"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_INT(text_id(text_of(wrong[i])), 0);
    CHECK_INT(text_id(TEXT("1\0")), 0);
}

static void numbers_are_digits_alone(void)
{
    CHECK_INT(text_number(TEXT("0")), 0);
    CHECK_INT(text_number(TEXT("007")), 7);
    CHECK_INT(text_number(TEXT("999999999999999999")), 999999999999999999);
    static const char *const wrong[] = {"",    "-1",  "+1",  " 1",        "1 ",
                                        "1.0", "1e3", "0x1", "1\xc3\xa9", "1000000000000000000"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_INT(text_number(text_of(wrong[i])), -1);
    CHECK_INT(text_number(TEXT("1\0")), -1);
    CHECK_INT(text_number(null_text), -1);
}

static void flattening_leaves_one_line_for_a_terminal(void)
{
    char bytes[] = "\x1b[31ma\r\nb\t\x7f\0\xc3\xa9~";
    text_flatten(bytes, sizeof bytes - 1);
    CHECK_TEXT(bytes, " [31ma  b   \xc3\xa9~");
    text_flatten(bytes, 0);
    CHECK_TEXT(bytes, " [31ma  b   \xc3\xa9~");
}

/* Each of the 256. */
static void bytes_are_of_a_word_or_between_two(void)
{
    static const char word[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int c = 0; c < 256; c++) {
        CHECK_INT(byte_is_space((char)c), c > 0 && strchr(" \t\r\n", c) != NULL);
        CHECK_INT(byte_is_of_word((char)c), c >= 0x80 || (c > 0 && strchr(word, c) != NULL));
    }
}

static void trimming_takes_white_space_from_both_sides(void)
{
    CU_ASSERT_TRUE(text_is(text_trim(TEXT(" \t\r\n a b \n")), TEXT("a b")));
    CU_ASSERT_TRUE(text_is(text_trim(TEXT(" \t ")), TEXT_NONE));
    CHECK_INT(text_trim(null_text).len, 0);
}

static void splitting_gives_every_part_once(void)
{
    struct text rest = TEXT("a,,bc,"), part;
    static const char *const wanted[] = {"a", "", "bc", ""};
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(text_split(&rest, ',', &part));
        CU_ASSERT_TRUE(text_is(part, text_of(wanted[i])));
    }
    CU_ASSERT_FALSE(text_split(&rest, ',', &part));
    CU_ASSERT_FALSE(text_split(&rest, ',', &part));
    rest = TEXT_NONE;
    CU_ASSERT_TRUE(text_split(&rest, ',', &part));
    CU_ASSERT_FALSE(text_split(&rest, ',', &part));
}

static void copies_are_cut_to_fit_and_ended(void)
{
    char out[4] = "xxx";
    CHECK_INT(text_copy(out, sizeof out, TEXT("ab")), 2);
    CHECK_TEXT(out, "ab");
    CHECK_INT(text_copy(out, sizeof out, TEXT("abc")), 3);
    CHECK_INT(text_copy(out, sizeof out, TEXT("abcd")), 3);
    CHECK_TEXT(out, "abc");
    CHECK_INT(text_copy(out, 1, TEXT("abcd")), 0);
    CHECK_TEXT(out, "");
    CHECK_INT(text_copy(out, sizeof out, null_text), 0);
    char *copy = text_dup((struct text){"abcdef", 3});
    CHECK_TEXT(copy, "abc");
    free(copy);
    fault_at(1);
    CU_ASSERT_PTR_NULL(text_dup(TEXT("a")));
    CU_ASSERT_TRUE(fault_end());
}

static void copies_are_kept_one_behind_the_other(void)
{
    char bytes[] = "xxxxx", *at = bytes;
    struct text first = text_keep(&at, TEXT("ab"));
    struct text none = text_keep(&at, null_text);
    struct text last = text_keep(&at, TEXT("cd"));
    CU_ASSERT_PTR_EQUAL(first.data, bytes);
    CU_ASSERT_TRUE(text_is(first, TEXT("ab")));
    CHECK_INT(none.len, 0);
    CU_ASSERT_PTR_EQUAL(last.data, bytes + 2);
    CU_ASSERT_TRUE(text_is(last, TEXT("cd")));
    CU_ASSERT_PTR_EQUAL(at, bytes + 4);
    CHECK_INT(bytes[4], 'x');
}

UNIT("base/text", CASE(texts_compare_by_their_bytes), CASE(ids_are_plain_decimal_numbers),
     CASE(numbers_are_digits_alone), CASE(flattening_leaves_one_line_for_a_terminal),
     CASE(bytes_are_of_a_word_or_between_two), CASE(trimming_takes_white_space_from_both_sides),
     CASE(splitting_gives_every_part_once), CASE(copies_are_cut_to_fit_and_ended),
     CASE(copies_are_kept_one_behind_the_other))
