/* An event without somebody: what names them is other, all else is what it was, byte by byte. */
#include "chat/unsay.h"
#include "unit.h"
#include "wire/json.h"

static char got[4096];

/* The event as it is without user 42, "Zora \"Z\" Quill"; *out_found what was found. */
static const char *without(const char *event, bool quotes, bool asked, unsigned *out_found)
{
    const struct unsay u = {.user_id = 42,
                            .name = TEXT("-42"),
                            .display = TEXT("Erased person"),
                            .was = TEXT("Zora \"Z\" Quill\nOld Zo"),
                            .quotes = quotes,
                            .asked = asked};
    struct buf out;
    buf_init(&out, sizeof got - 1);
    CHECK_INT(unsay(&u, text_of(event), &out, out_found), ERR_OK);
    text_copy(got, sizeof got, buf_text(&out));
    CU_ASSERT_TRUE(json_valid(buf_text(&out), 16));
    buf_fini(&out);
    return got;
}

#define ZORA                                                                                       \
    "{\"id\":\"42\",\"name\":\"zora\",\"display\":\"Zora \\\"Z\\\" Quill\",\"role\":\"admin\"}"
#define NOBODY "{\"id\":\"42\",\"name\":\"-42\",\"display\":\"Erased person\",\"role\":\"member\"}"
#define MIRA                                                                                       \
    "{\"id\":\"4\",\"name\":\"zora\",\"display\":\"Zora \\\"Z\\\" Quill\",\"role\":\"admin\"}"

static void who_is_named_is_nobody_wherever_they_stand(void)
{
    unsigned found;
    CHECK_TEXT(without("{\"type\":\"member_joined\",\"user\":" ZORA ",\"by\":" MIRA "}", false,
                       false, &found),
               "{\"type\":\"member_joined\",\"user\":" NOBODY ",\"by\":" MIRA "}");
    CHECK_INT(found, UNSAID_CHANGED);
    CHECK_TEXT(without("{\"type\":\"agent_started\",\"data\":{\"task\":\"x\",\"started_by\":" ZORA
                       "}}",
                       true, false, &found),
               "{\"type\":\"agent_started\",\"data\":{\"task\":\"x\",\"started_by\":" NOBODY "}}");
    CHECK_INT(found, UNSAID_CHANGED);
    CHECK_TEXT(without("[" ZORA ",[" ZORA "]]", false, false, &found), "[" NOBODY ",[" NOBODY "]]");
}

static void what_does_not_name_them_stays(void)
{
    static const char *const events[] = {
        "{\"type\":\"room_updated\",\"name\":\"42\",\"topic\":\"Zora\",\"private\":false}",
        "{\"type\":\"member_left\",\"user\":" MIRA ",\"by\":" MIRA "}",
        "{\"id\":\"42\",\"n\":[1.50,-0,null,true,\"\\u00e9\"],\"e\":{},\"l\":[]}", /* no display */
        "{\"data\":{\"author\":\"Zora \\\"Z\\\" Quill\",\"text\":\"x\"}}",         /* no result */
        "{\"user\":" NOBODY "}",
        "{}",
        "[]",
        "7",
    };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        unsigned found = 7;
        CHECK_TEXT(without(events[i], true, false, &found), events[i]);
        CHECK_INT(found, UNSAID_NOTHING);
    }
}

static void a_result_tells_of_them_no_more(void)
{
    unsigned found;
    const char *event = "{\"data\":{\"result\":{\"messages\":[{\"id\":\"1\",\"author\":\"Zora "
                        "\\\"Z\\\" Quill\",\"text\":\"mine\"},"
                        "{\"id\":\"2\",\"author\":\"Nook\",\"text\":\"**Zora \\\"Z\\\" Quill**, "
                        "here\"},{\"id\":\"3\",\"author\":\"Ben\",\"text\":\"his\"}]}}}";
    CHECK_TEXT(without(event, false, false, &found),
               "{\"data\":{\"result\":{\"messages\":[{\"id\":\"1\",\"author\":\"Erased "
               "person\",\"text\":\"mine\"},{\"id\":\"2\",\"author\":\"Nook\",\"text\":\"\"},"
               "{\"id\":\"3\",\"author\":\"Ben\",\"text\":\"his\"}]}}}");
    CHECK_INT(found, UNSAID_CHANGED | UNSAID_RESULT);
    (void)without(event, true, false, &found);
    CU_ASSERT_PTR_NULL(strstr(got, "mine"));
    CU_ASSERT_PTR_NOT_NULL(strstr(got, "his"));
    CHECK_TEXT(without("{\"result\":{\"members\":[{\"id\":\"42\",\"display\":\"Zora \\\"Z\\\" "
                       "Quill\",\"here\":true}]}}",
                       false, false, &found),
               "{\"result\":{\"members\":[{\"id\":\"42\",\"display\":\"Erased "
               "person\",\"here\":true}]}}");
    CHECK_INT(found, UNSAID_CHANGED | UNSAID_RESULT);
    /* in the middle of a word it is another */
    event = "{\"result\":{\"text\":\"xZora \\\"Z\\\" Quill\",\"a\":\"Zora \\\"Z\\\" Quill2\"}}";
    CHECK_TEXT(without(event, true, false, &found), event);
    CHECK_INT(found, UNSAID_NOTHING);
}

static void by_a_name_of_before_they_are_found_too(void)
{
    unsigned found;
    CHECK_TEXT(without("{\"result\":{\"messages\":[{\"author\":\"Old Zo\",\"text\":\"mine\"},"
                       "{\"author\":\"Nook\",\"text\":\"Old Zo said\"},"
                       "{\"author\":\"Old Zora\",\"text\":\"Bold Zo\"}]}}",
                       true, false, &found),
               "{\"result\":{\"messages\":[{\"author\":\"Erased person\",\"text\":\"\"},"
               "{\"author\":\"Nook\",\"text\":\"\"},"
               "{\"author\":\"Old Zora\",\"text\":\"Bold Zo\"}]}}");
    CHECK_INT(found, UNSAID_CHANGED | UNSAID_RESULT);
}

static void of_a_run_of_theirs_nothing_is_said(void)
{
    unsigned found;
    CHECK_TEXT(without("{\"type\":\"agent_started\",\"data\":{\"task\":\"find gold\",\"ahead\":0}}",
                       true, true, &found),
               "{\"type\":\"agent_started\",\"data\":{\"task\":\"\",\"ahead\":0}}");
    CHECK_INT(found, UNSAID_CHANGED);
    CHECK_TEXT(without("{\"data\":{\"tool\":\"t\",\"arguments\":{\"query\":\"gold\"}}}", true, true,
                       &found),
               "{\"data\":{\"tool\":\"t\",\"arguments\":{}}}");
    CHECK_TEXT(without("{\"data\":{\"success\":true,\"result\":{\"summary\":\"gold\"}}}", true,
                       true, &found),
               "{\"data\":{\"success\":true,\"result\":{}}}");
    (void)without("{\"data\":{\"result\":{},\"summary\":\"\"}}", true, true, &found);
    CHECK_INT(found, UNSAID_NOTHING); /* again is the same */
}

static void what_is_too_long_is_an_error(void)
{
    const struct unsay u = {.user_id = 42, .name = TEXT("-42"), .display = TEXT("Erased person")};
    struct buf out;
    unsigned found;
    buf_init(&out, 8);
    CHECK_INT(unsay(&u, TEXT("{\"user\":" ZORA "}"), &out, &found), ERR_LIMIT);
    buf_fini(&out);
}

UNIT("chat/unsay", CASE(who_is_named_is_nobody_wherever_they_stand),
     CASE(what_does_not_name_them_stays), CASE(a_result_tells_of_them_no_more),
     CASE(by_a_name_of_before_they_are_found_too), CASE(of_a_run_of_theirs_nothing_is_said),
     CASE(what_is_too_long_is_an_error))
