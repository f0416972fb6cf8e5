/* chat_find: searches in a place, and an index that is made to be whole. */
#ifndef SNUG_TESTS_CHAT_FIND_H
#define SNUG_TESTS_CHAT_FIND_H

#include "chat_place.h"
#include "unit.h"

/* The value of a member of an object; empty: it has none. */
static inline struct text member_of(struct text object, const char *name)
{
    struct json_member m;
    while (json_member(&object, &m))
        if (strcmp(m.key, name) == 0)
            return m.value;
    return TEXT_NONE;
}

/* "3 1": the ids found in their order, or "error CODE FIELD". Good until the call after the next. */
static inline const char *find(struct place *w, const struct actor *who, const char *params)
{
    static char out[2][2048];
    static unsigned turn;
    char *here = out[turn++ % 2];
    struct answer_got *got = product_call_text(w->p, who, "message.search", text_of(params));
    here[0] = 0;
    if (got->err != ERR_OK) {
        (void)snprintf(here, sizeof out[0], "error %d %s", got->code, got->field);
        return here;
    }
    struct text messages = member_of(text_of(got->json), "messages"), message;
    while (json_element(&messages, &message)) {
        struct text id = member_of(message, "id"); /* in quotes */
        size_t len = strlen(here);
        (void)snprintf(here + len, sizeof out[0] - len, "%s%.*s", len ? " " : "", (int)id.len - 2,
                       id.data + 1);
    }
    return here;
}

/* Indexes all there is. */
static inline void index_all(struct place *w)
{
    char behind[64] = "";
    for (int i = 0; i < 40 && strcmp(behind, "0") != 0; i++) {
        place_tick(w, 1000);
        CU_ASSERT_TRUE(test_look(w->p->folder.path,
                                 "SELECT max(id) > (SELECT CAST(value AS INTEGER) FROM setting "
                                 "WHERE name = 'search_watermark') FROM message",
                                 behind));
    }
    CHECK_TEXT(behind, "0");
}

/* The index has the words of the messages up to the watermark, and no others. */
static inline void check_index(struct place *w)
{
    CHECK_INT(test_sql(w->p->store, "INSERT INTO message_text (message_text, rank) VALUES "
                                    "('integrity-check', 1)"),
              ERR_OK);
}

#endif
