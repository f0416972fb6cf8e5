/* What the built-in agent makes of a text: the four questions, and the search for everything else. */
#include "agents/plan.h"
#include "unit.h"

static const char *words_of(struct plan p)
{
    static char out[256];
    text_copy(out, sizeof out, p.words);
    return out;
}

static void texts_are_understood_without_case_punctuation_and_name(void)
{
    static const struct {
        const char *text;
        enum intent intent;
        const char *words;
    } rows[] = {
        {"what did I miss", INTENT_UNREAD, ""},
        {"@nook what did I miss?", INTENT_UNREAD, ""},
        {"@Nook, WHAT did i miss!!", INTENT_UNREAD, ""},
        {"Hey Nook, what did I miss today", INTENT_UNREAD, ""},
        {"“What have I missed?”", INTENT_UNREAD, ""},
        {"who is here", INTENT_MEMBERS, ""},
        {"Who's here?", INTENT_MEMBERS, ""},
        {"who’s here", INTENT_MEMBERS, ""},
        {"@nook: who is here right now", INTENT_MEMBERS, ""},
        {"who\nis\there", INTENT_MEMBERS, ""},
        {"how is the server", INTENT_SERVER, ""},
        {"@nook how is the server?", INTENT_SERVER, ""},
        {"How's the server…", INTENT_SERVER, ""},
        {"find deploy plan", INTENT_FIND, "deploy plan"},
        {"@nook find deploy plan.", INTENT_FIND, "deploy plan"},
        {"Find: \"deploy plan\"", INTENT_FIND, "\"deploy plan\""},
        {"please search Straße?", INTENT_FIND, "Straße"},
        {"search for release notes", INTENT_FIND, "release notes"},
        {"search for", INTENT_FIND, "for"},
        {"look for coffee", INTENT_FIND, "coffee"},
        {"find who is here", INTENT_FIND, "who is here"},
        {"find", INTENT_FIND, ""},
        {"finder", INTENT_WORDS, "finder"},
        {"what is the deploy plan?", INTENT_WORDS, "what is the deploy plan"},
        {"who is here from the tax office this week", INTENT_WORDS,
         "who is here from the tax office this week"}, /* more than three words follow */
        {"what did I", INTENT_WORDS, "what did I"},
        {"who is", INTENT_WORDS, "who is"},
        {"", INTENT_WORDS, ""},
        {"?!", INTENT_WORDS, ""},
        {"@nook", INTENT_WORDS, ""},
        {"@nook tell me about @mira", INTENT_WORDS, "tell me about @mira"},
        {"find what @nook said", INTENT_FIND,
         "what @nook said"}, /* only a leading name is left out */
        {"about @nook", INTENT_WORDS, "about @nook"},
        {"今日は何がありましたか", INTENT_WORDS, "今日は何がありましたか"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan p = plan_of(text_of(rows[i].text));
        if (p.intent != rows[i].intent)
            (void)printf("\n    text: %s", rows[i].text);
        CHECK_INT(p.intent, rows[i].intent);
        CHECK_TEXT(words_of(p), rows[i].words);
    }
}

static void a_long_word_is_no_phrase_and_breaks_nothing(void)
{
    char text[5000];
    memset(text, 'w', sizeof text - 1);
    text[sizeof text - 1] = 0;
    CHECK_INT(plan_of(text_of(text)).intent, INTENT_WORDS);
    memcpy(text, "find ", 5);
    struct plan p = plan_of(text_of(text));
    CHECK_INT(p.intent, INTENT_FIND);
    CHECK_INT(p.words.len, sizeof text - 1 - 5);
}

static void a_mention_is_the_name_as_a_word_and_nothing_longer(void)
{
    static const struct {
        const char *message;
        const char *question; /* NULL: no mention */
    } rows[] = {
        {"@nook find x", "find x"},
        {"@NOOK find x", "find x"},
        {"@nook, find x", "find x"},
        {"@nook: find x", "find x"},
        {"@nook - find x", "find x"},
        {"@nook\nfind x", "find x"},
        {"@nook", "@nook"},
        {"@nook?", "@nook?"},
        {"@nook.", "@nook."},
        {"@nookie find x", NULL},
        {"@nook2 find x", NULL},
        {"@nook_b find x", NULL},
        {"@nook-b find x", NULL},
        {"@nook.b find x", NULL},
        {"@nooké", NULL},
        {"hi @nook find x", "find x"},
        {"what did I miss @nook", "what did I miss"},
        {"what did I miss, @Nook.", "what did I miss,"},
        {"what did I miss, @Nook?", "what did I miss,"},
        {"hi@nook find x", NULL},
        {"nook find x", NULL},
        {"@noo", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text question = TEXT_NONE;
        bool found = plan_asked(text_of(rows[i].message), false, &question);
        CHECK_INT(found, rows[i].question != NULL);
        char got[64];
        text_copy(got, sizeof got, question);
        CHECK_TEXT(got, rows[i].question ? rows[i].question : "");
        bool alone = plan_asked(text_of(rows[i].message), true, &question); /* to it alone */
        CHECK_INT(alone, rows[i].message[0] != 0);
        text_copy(got, sizeof got, question);
        CHECK_TEXT(got, rows[i].question ? rows[i].question : rows[i].message);
    }
}

static void every_intent_has_a_tool_a_thought_and_a_purpose(void)
{
    for (enum intent i = 0; i < INTENT_COUNT; i++) {
        CU_ASSERT_TRUE(strlen(plan_tool(i)) > 0);
        CU_ASSERT_TRUE(strlen(plan_thought(i)) > 0);
        CU_ASSERT_TRUE(strlen(plan_purpose(i)) > 0);
    }
    CHECK_TEXT(plan_tool(INTENT_WORDS), "search_messages");
}

UNIT("agents/plan", CASE(texts_are_understood_without_case_punctuation_and_name),
     CASE(a_long_word_is_no_phrase_and_breaks_nothing),
     CASE(a_mention_is_the_name_as_a_word_and_nothing_longer),
     CASE(every_intent_has_a_tool_a_thought_and_a_purpose))
