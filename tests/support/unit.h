/* unit: a CUnit program in one line at the end of a test file.
 *
 * UNIT(name, CASE(f), ...) makes main(): it runs the cases whose name contains argv[1] (all without),
 * prints CUnit's verbose report and a line for tests/run ("unit: 3 passed, 0 failed", in cases), and
 * exits 0 only if at least one case ran and none failed. */
#ifndef SNUG_TESTS_UNIT_H
#define SNUG_TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

struct unit_case {
    const char *name;
    CU_TestFunc run;
};

/* clang-format off */
#define CASE(f) {#f, f}
/* clang-format on */

#define UNIT(suite, ...)                                                                           \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct unit_case cases[] = {__VA_ARGS__};                                     \
        return unit_main(suite, cases, sizeof cases / sizeof cases[0], argc > 1 ? argv[1] : "");   \
    }

/* Compare two whole numbers or two texts (NULL is a text of its own), and print both when they differ.
 * Like CUnit's own asserts they go on after a failure. */
#define CHECK_INT(actual, expected)                                                                \
    unit_check_int((long long)(actual), (long long)(expected), #actual " == " #expected, __FILE__, \
                   __LINE__)
#define CHECK_TEXT(actual, expected)                                                               \
    unit_check_text((actual), (expected), #actual " == " #expected, __FILE__, __LINE__)

static inline void unit_check_int(long long actual, long long expected, const char *what,
                                  const char *file, unsigned line)
{
    if (actual != expected)
        (void)printf("\n    %s:%u: %s: got %lld, expected %lld\n", file, line, what, actual,
                     expected);
    CU_assertImplementation(actual == expected, line, what, file, "", CU_FALSE);
}

static inline void unit_check_text(const char *actual, const char *expected, const char *what,
                                   const char *file, unsigned line)
{
    int same = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;
    if (!same)
        (void)printf("\n    %s:%u: %s:\n      got      \"%s\"\n      expected \"%s\"\n", file, line,
                     what, actual ? actual : "(NULL)", expected ? expected : "(NULL)");
    CU_assertImplementation(same, line, what, file, "", CU_FALSE);
}

static inline int unit_main(const char *suite, const struct unit_case *cases, size_t count,
                            const char *filter)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite s = CU_add_suite(suite, NULL, NULL);
    for (size_t i = 0; s && i < count; i++)
        if (strstr(cases[i].name, filter))
            CU_add_test(s, cases[i].name, cases[i].run);
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* a crash still shows which case it was in */
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned ran = CU_get_number_of_tests_run();
    unsigned failed = CU_get_number_of_tests_failed();
    CU_cleanup_registry();
    (void)printf("unit: %u passed, %u failed\n", ran - failed, failed);
    return ran == 0 || failed > 0;
}

#endif
