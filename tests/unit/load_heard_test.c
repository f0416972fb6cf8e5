/* Guards: what the server says is told apart in its usual spelling and in any other that means the same. */
#include "load/heard.h"
#include "unit.h"

static struct heard hear(const char *line)
{
    struct heard h;
    heard_read(text_of(line), &h);
    return h;
}

static void pushes_and_pings(void)
{
    CHECK_INT(hear("{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":1}}}").kind, HEARD_PUSH);
    CHECK_INT(hear(" { \"push\" : {} }").kind, HEARD_PUSH);
    CHECK_INT(hear("{}").kind, HEARD_PING);
    CHECK_INT(hear("{ }").kind, HEARD_PING);
}

static void replies_have_a_number(void)
{
    struct heard h = hear("{\"id\":4294967295,\"publish\":{}}");
    CHECK_INT(h.kind, HEARD_REPLY);
    CHECK_INT(h.id, 4294967295);
    CHECK_INT(h.error_code, 0);
    h = hear("{\"publish\":{}, \"id\": 7}");
    CHECK_INT(h.kind, HEARD_REPLY);
    CHECK_INT(h.id, 7);
}

static void errors_have_a_code_and_words(void)
{
    static const char *const spellings[] = {
        "{\"id\":3,\"error\":{\"code\":111,\"message\":\"too many\",\"temporary\":true}}",
        "{\"error\":{\"temporary\":true,\"message\":\"too many\",\"code\":111},\"id\":3}",
        "{ \"id\": 3, \"error\": {\"code\": 111, \"temporary\": true, \"message\":\"too many\"}}",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        struct heard h = hear(spellings[i]);
        CHECK_INT(h.kind, HEARD_REPLY);
        CHECK_INT(h.id, 3);
        CHECK_INT(h.error_code, 111);
        CU_ASSERT(h.temporary);
        CU_ASSERT(text_is(h.message, TEXT("\"too many\"")));
    }
    struct heard h = hear("{\"id\":3,\"error\":{}}");
    CU_ASSERT(h.error_code != 0); /* an error without a code is one */
}

static void the_rest_is_bad(void)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "[]",
                                      "{\"id\":0}",
                                      "{\"id\":4294967296}",
                                      "{\"id\":\"1\"}",
                                      "{\"id\":1",
                                      "{\"more\":1}",
                                      "null"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(hear(bad[i]).kind, HEARD_BAD);
}

static void members_are_found_by_their_path(void)
{
    struct text object = TEXT("{\"id\":1,\"rpc\":{\"data\":{\"offset\":12,\"n\":{}}}}");
    CU_ASSERT(text_is(heard_member(object, "rpc.data.offset"), TEXT("12")));
    CU_ASSERT(text_is(heard_member(object, "id"), TEXT("1")));
    CHECK_INT(heard_member(object, "rpc.offset").len, 0);
    CHECK_INT(heard_member(object, "id.more").len, 0);
    CHECK_INT(heard_member(TEXT_NONE, "id").len, 0);
}

UNIT("load/heard", CASE(pushes_and_pings), CASE(replies_have_a_number),
     CASE(errors_have_a_code_and_words), CASE(the_rest_is_bad),
     CASE(members_are_found_by_their_path))
