/* Guards: every error has a client code, a status and a sentence of its own kind. */
#include "base/err.h"

#include "death.h"
#include "unit.h"

static void every_error_has_code_status_and_sentence(void)
{
    for (unsigned i = ERR_OK + 1; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;
        CU_ASSERT((err_code(e) >= 100 && err_code(e) <= 112) ||
                  (err_code(e) >= 400 && err_code(e) < 2000));
        CU_ASSERT(err_status(e) >= 400 && err_status(e) < 600);
        size_t len = strlen(err_text(e));
        CU_ASSERT(len > 10 && err_text(e)[len - 1] == '.');
        CU_ASSERT(strlen(err_name(e)) > 1);
        if (e != ERR_THREAD) /* a slip of the caller: no retry will help */
            CHECK_INT(err_temporary(e), err_code(e) == 100 || err_code(e) == 111);
    }
}

/* SHAPES.md's table: code to HTTP status. */
static void codes_have_their_http_status(void)
{
    static const int wanted[][2] = {{100, 503}, {101, 401}, {102, 404}, {103, 403}, {104, 404},
                                    {106, 413}, {107, 400}, {108, 503}, {109, 401}, {110, 401},
                                    {111, 429}, {112, 409}, {400, 409}};
    for (unsigned i = ERR_OK + 1; i < ERR_COUNT; i++)
        for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++)
            if (err_code((enum err)i) == wanted[k][0])
                CHECK_INT(err_status((enum err)i), wanted[k][1]);
    CHECK_INT(err_code(ERR_OK), 0);
    CHECK_INT(err_status(ERR_OK), 200);
    CHECK_TEXT(err_name(ERR_NO_USER), "NO_USER");
}

static void ask_for_none(void)
{
    (void)err_code(ERR_COUNT);
}

static void what_is_no_error_aborts(void)
{
    CU_ASSERT_TRUE(death_aborts(ask_for_none, "must: (unsigned)e < ERR_COUNT at app/base/err.c"));
}

UNIT("base/err", CASE(every_error_has_code_status_and_sentence), CASE(codes_have_their_http_status),
     CASE(what_is_no_error_aborts))
