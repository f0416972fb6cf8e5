/* Guards: a client's words keep their places, are cut to what a record holds, and stay as they were without memory. */
#include "fault.h"
#include "session/client.h"
#include "unit.h"

#include <stdlib.h>

static void each_word_is_where_it_was_put(void)
{
    struct client c = {0};
    char longest[200];
    memset(longest, 'x', sizeof longest);
    CHECK_INT(client_word(&c, WORD_TAB).len, 0);
    CHECK_INT(client_set_word(&c, WORD_ADDRESS, TEXT("127.0.0.1")), ERR_OK);
    CHECK_INT(client_set_word(&c, WORD_INFO, TEXT("{}")), ERR_OK);
    CHECK_INT(client_set_word(&c, WORD_PROGRAM, (struct text){longest, sizeof longest}), ERR_OK);
    CHECK_INT(client_set_word(&c, WORD_TAB, TEXT("a\0b")), ERR_OK);
    CU_ASSERT_TRUE(text_is(client_word(&c, WORD_ADDRESS), TEXT("127.0.0.1")));
    CHECK_INT(client_word(&c, WORD_PROGRAM).len, 95);              /* of 96 with its end */
    CU_ASSERT_TRUE(text_is(client_word(&c, WORD_TAB), TEXT("a"))); /* ends with the first NUL */
    CU_ASSERT_TRUE(text_is(client_word(&c, WORD_INFO), TEXT("{}")));
    CHECK_INT(client_word(&c, WORD_KEY).len, 0);
    fault_at(1);
    CHECK_INT(client_set_word(&c, WORD_TAB, TEXT("other")), ERR_NOMEM);
    CU_ASSERT_TRUE(fault_end());
    CU_ASSERT_TRUE(text_is(client_word(&c, WORD_TAB), TEXT("a")));
    free(c.words);
}

static void an_actor_is_what_is_known(void)
{
    struct client c = {.id = {0x12, 0xab}, .session_id = 3, .right = RIGHT_ADMIN, .secure = true};
    struct actor actor;
    char id[UUID_SIZE];
    c.hub_client.user_id = 7;
    CHECK_INT(client_set_word(&c, WORD_ADDRESS, TEXT("::1")), ERR_OK);
    client_actor(&c, &actor);
    CHECK_INT(actor.user_id, 7);
    CHECK_INT(actor.session_id, 3);
    CHECK_INT(actor.right, RIGHT_ADMIN);
    CHECK_INT(actor.secure, true);
    CHECK_TEXT(actor.connection, "12ab0000-0000-0000-0000-000000000000");
    CHECK_TEXT(actor.address, "::1");
    CHECK_TEXT(actor.client, "");
    CU_ASSERT_TRUE(client_is(&c, text_of(actor.connection)));
    CU_ASSERT_TRUE(text_is(client_info(&c, id).client, text_of(actor.connection)));
    CHECK_INT(client_info(&c, id).user.len, 0); /* without a manager nobody */
    free(c.words);
}

UNIT("session/who", CASE(each_word_is_where_it_was_put), CASE(an_actor_is_what_is_known))
