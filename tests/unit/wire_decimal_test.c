/* Guards: numbers are compared as they are written, exactly, and what is no number is told apart. */
#include "wire/decimal.h"

#include "unit.h"

/* From the least to the greatest; those in a line are equal. */
static const char *const ascending[][4] = {
    {"-100000000000000000000000000000"},
    {"-10", "-10.0", "-010"},
    {"-9.5"},
    {"-0.0000000000000000002"},
    {"-0.0000000000000000001"},
    {"0", "-0", "+0.00", "000"},
    {"0.0000000000000000001"},
    {"0.1", "+0.10", "00.1"},
    {"0.11"},
    {"0.2"},
    {"1", "1.0", "+1", "01"},
    {"9"},
    {"10"},
    {"9007199254740992"},
    {"9007199254740993"}, /* the same double */
    {"9007199254740993.5"},
    {"100000000000000000000000000000"},
};

#define LINES (sizeof ascending / sizeof ascending[0])

static void numbers_are_in_their_order(void)
{
    for (size_t i = 0; i < LINES * 4; i++)
        for (size_t k = 0; k < LINES * 4; k++) {
            struct decimal a, b;
            const char *x = ascending[i / 4][i % 4], *y = ascending[k / 4][k % 4];
            if (!x || !y)
                continue;
            CHECK_INT(decimal_parse(text_of(x), &a) && decimal_parse(text_of(y), &b), 1);
            int order = decimal_compare(&a, &b);
            CHECK_INT((order > 0) - (order < 0), (i / 4 > k / 4) - (i / 4 < k / 4));
        }
}

static void what_is_no_number_is_told_apart(void)
{
    static const char *const others[] = {"",    "-",   "+",   ".",   "1.",       ".5",   "-.5",
                                         "+-1", "1e3", " 1",  "1 ",  "1,5",      "1.2.", "1.2.3",
                                         "0x1", "NaN", "inf", "1\n", "\xd9\xa1", "--1",  "1-"};
    struct decimal d;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CHECK_INT(decimal_parse(text_of(others[i]), &d), 0);
    CHECK_INT(decimal_parse((struct text){"1\0", 2}, &d), 0);
}

static void both_sides_of_the_bounds(void)
{
    struct decimal d;
    CHECK_INT(decimal_parse(TEXT("0.1234567890123456789"), &d), 1);
    CHECK_INT(decimal_parse(TEXT("0.12345678901234567890"), &d), 0);
    char long_number[DECIMAL_BYTES_MAX + 1];
    memset(long_number, '7', sizeof long_number);
    CHECK_INT(decimal_parse((struct text){long_number, DECIMAL_BYTES_MAX}, &d), 1);
    CHECK_INT(decimal_parse((struct text){long_number, DECIMAL_BYTES_MAX + 1}, &d), 0);
}

UNIT("wire/decimal", CASE(numbers_are_in_their_order), CASE(what_is_no_number_is_told_apart),
     CASE(both_sides_of_the_bounds))
