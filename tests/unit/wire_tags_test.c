/* Guards: the tags of a publication are what its JSON says, within their bounds. */
#include "wire/tags.h"

#include "fault.h"
#include "unit.h"

/* The tags as "key=value|", in order; the error's name if there is one. */
static const char *tags_of(const char *json)
{
    static char line[300];
    struct tags t;
    enum err e = tags_parse(text_of(json), &t);
    if (e != ERR_OK)
        return err_name(e);
    struct buf b;
    buf_init(&b, sizeof line - 1);
    for (size_t i = 0; i < t.count; i++)
        buf_add_format(&b, "%.*s=%.*s|", TEXT_ARG(t.at[i].key), TEXT_ARG(t.at[i].value));
    (void)text_copy(line, sizeof line, buf_text(&b));
    buf_fini(&b);
    tags_fini(&t);
    return line;
}

static void tags_are_a_map_of_texts(void)
{
    CHECK_TEXT(tags_of(""), "");
    CHECK_TEXT(tags_of("null"), "");
    CHECK_TEXT(tags_of(" {} "), "");
    CHECK_TEXT(tags_of("{\"a\":\"1\", \"\" : \"\"}"), "a=1|=|");
    CHECK_TEXT(tags_of("{\"\\u00e9\\n\":\"\\ud83d\\ude00\"}"), "\xc3\xa9\n=\xf0\x9f\x98\x80|");
    /* longer than what json_member decodes */
    CHECK_TEXT(tags_of("{\"0123456789012345678901234567890123456789\":\"x\"}"),
               "0123456789012345678901234567890123456789=x|");
}

static void the_last_of_a_key_counts(void)
{
    CHECK_TEXT(tags_of("{\"a\":\"1\",\"b\":\"2\",\"\\u0061\":\"3\"}"), "a=3|b=2|");
}

static void what_is_no_map_of_texts_is_refused(void)
{
    static const char *const others[] = {"[]",
                                         "\"a\"",
                                         "1",
                                         "true",
                                         "{\"a\":1}",
                                         "{\"a\":null}",
                                         "{\"a\":[\"b\"]}",
                                         "{\"a\":\"b\",\"c\":{}}"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CHECK_TEXT(tags_of(others[i]), "BAD_REQUEST");
}

static void a_tag_is_found_by_its_whole_key(void)
{
    struct tags t;
    CHECK_INT(tags_parse(TEXT("{\"ab\":\"1\",\"a\":\"2\"}"), &t), ERR_OK);
    CU_ASSERT_PTR_EQUAL(tags_find(&t, TEXT("a")), &t.at[1]);
    CU_ASSERT_PTR_NULL(tags_find(&t, TEXT("b")));
    CU_ASSERT_PTR_NULL(tags_find(&t, TEXT("")));
    tags_fini(&t);
    CU_ASSERT_PTR_NULL(tags_find(&t, TEXT("a")));
}

static void both_sides_of_the_number_of_tags(void)
{
    for (int count = TAGS_MAX; count <= TAGS_MAX + 1; count++) {
        struct buf json;
        buf_init(&json, 2000);
        for (int i = 0; i < count; i++)
            buf_add_format(&json, "%c\"k%d\":\"\"", i ? ',' : '{', i);
        buf_add_text(&json, TEXT(",\"k0\":\"again\"}"));
        struct tags t;
        CHECK_INT(tags_parse(buf_text(&json), &t), count == TAGS_MAX ? ERR_OK : ERR_LIMIT);
        CHECK_INT(t.count, count == TAGS_MAX ? TAGS_MAX : 0);
        tags_fini(&t);
        buf_fini(&json);
    }
}

static void both_sides_of_the_bytes(void)
{
    for (int len = TAGS_BYTES_MAX; len <= TAGS_BYTES_MAX + 1; len++) {
        struct buf json;
        buf_init(&json, 8000);
        buf_add_format(&json, "{\"key\":\"%0*d\"}", len - 3, 0); /* 3 for the key */
        struct tags t;
        CHECK_INT(tags_parse(buf_text(&json), &t), len == TAGS_BYTES_MAX ? ERR_OK : ERR_LIMIT);
        tags_fini(&t);
        buf_fini(&json);
    }
}

static void no_memory_is_told(void)
{
    struct tags t;
    for (unsigned n = 1;; n++) {
        fault_at(n);
        enum err e = tags_parse(TEXT("{\"a\":\"1\",\"b\":\"2\"}"), &t);
        if (!fault_end()) {
            CHECK_INT(e, ERR_OK);
            break;
        }
        CHECK_INT(e, ERR_NOMEM);
        CHECK_INT(t.count, 0);
    }
    tags_fini(&t);
}

UNIT("wire/tags", CASE(tags_are_a_map_of_texts), CASE(the_last_of_a_key_counts),
     CASE(what_is_no_map_of_texts_is_refused), CASE(a_tag_is_found_by_its_whole_key),
     CASE(both_sides_of_the_number_of_tags), CASE(both_sides_of_the_bytes), CASE(no_memory_is_told))
