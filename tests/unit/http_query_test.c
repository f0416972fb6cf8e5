/* Guards: a parameter of a URL is decoded exactly or refused, whatever stands around it. */
#include "http/query.h"

#include "fault.h"
#include "unit.h"

#include <stdio.h>

static void values_are_found_and_decoded(void)
{
    static const struct {
        const char *query, *value;
        enum err err;
    } rows[] = {
        {"a=1", "1", ERR_OK},
        {"a=", "", ERR_OK},
        {"a", "", ERR_OK},
        {"b=2&a=1&c=3", "1", ERR_OK},
        {"&&a=1&&", "1", ERR_OK},
        {"a=b=c", "b=c", ERR_OK},
        {"a=x+y%20z%2B%26", "x y z+&", ERR_OK},
        {"a=%7b%22%7D%C3%A4", "{\"}\xc3\xa4", ERR_OK},
        {"", "", ERR_NOT_FOUND},
        {"b=1", "", ERR_NOT_FOUND},
        {"aa=1", "", ERR_NOT_FOUND},
        {"A=1", "", ERR_NOT_FOUND},
        {"%61=1", "", ERR_NOT_FOUND},
        {"a=1&a=1", "", ERR_BAD_REQUEST},
        {"a&b&a", "", ERR_BAD_REQUEST},
        {"a=%", "", ERR_BAD_REQUEST},
        {"a=%4", "", ERR_BAD_REQUEST},
        {"a=%4&1", "", ERR_BAD_REQUEST},
        {"a=%4g", "", ERR_BAD_REQUEST},
        {"a=%g4", "", ERR_BAD_REQUEST},
        {"a=%+4", "", ERR_BAD_REQUEST},
        {"a=%%41", "", ERR_BAD_REQUEST},
        {"a=12345678", "12345678", ERR_OK}, /* the buffer's cap */
        {"a=%31%32%33%34%35%36%37%38", "12345678", ERR_OK},
        {"a=123456789", "", ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        buf_init(&out, 8);
        enum err e = query_get(text_of(rows[i].query), TEXT("a"), &out);
        if (e != rows[i].err)
            (void)printf("\n    query: %s\n", rows[i].query);
        CHECK_INT(e, rows[i].err);
        if (e == ERR_OK)
            CU_ASSERT(text_is(buf_text(&out), text_of(rows[i].value)));
        buf_fini(&out);
    }
}

static void no_memory_is_told(void)
{
    struct buf out;
    buf_init(&out, 8);
    fault_at(1);
    CHECK_INT(query_get(TEXT("a=1"), TEXT("a"), &out), ERR_NOMEM);
    CU_ASSERT(fault_end());
    buf_fini(&out);
}

UNIT("http/query", CASE(values_are_found_and_decoded), CASE(no_memory_is_told))
