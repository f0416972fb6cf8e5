/* Guards: only RFC 8259 passes, payloads keep their bytes, what is written is valid whatever text it is given. */
#include "base/must.h"
#include "wire/json.h"
#include "wire/utf8.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>

static const char *const good[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "1.5",
    "1e3",
    "1E+3",
    "1e-3",
    "-0.0e0",
    "\"\"",
    "\"a\"",
    " 1 ",
    "\t\r\n{}\n",
    "[]",
    "[1,2]",
    "[ 1 , [ ] ]",
    "{}",
    "{\"a\":1}",
    "{ \"a\" : { } , \"b\" : [ null ] }",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u0041\"",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"\\uD83D\\uDE00\"",
    "\"\xc3\xa9\xf0\x9f\x98\x80\"",
    "\"\x7f\"",
    "123456789012345678901234567890",
    "{\"a\":1,\"a\":2}",
    "{\"\":0}",
};

static const char *const bad[] = {
    "",
    " ",
    "nul",
    "nulll",
    "True",
    "NaN",
    "Infinity",
    "+1",
    "01",
    "-01",
    "-",
    ".5",
    "1.",
    "1.e3",
    "1e",
    "1e+",
    "0x1",
    "1 2",
    "'a'",
    "\"a",
    "a\"",
    "\"\\\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12G4\"",
    "\"\n\"",
    "\"\t\"",
    "\"\x01\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83dx\"",
    "\"\\ud83d\\n\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ud83d\\ud83d\"",
    "\"\\ud83d\\udbff\"",
    "\"\\ud83d\\ue000\"",
    "\"\xff\"",
    "\"\xc3\"",
    "\"\xc0\xaf\"",
    "\"\xed\xa0\x80\"",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[}",
    "{",
    "}",
    "{]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{,}",
    "{a:1}",
    "{1:1}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "[1]]",
    "{}{}",
    "/**/1",
    "1//",
    "\xef\xbb\xbf 1",
    "\xa0 1",
    "\v1",
    "\f1",
};

static void what_the_rfc_allows_is_valid(void)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!json_valid(text_of(good[i]), 16)) {
            (void)printf("    refused: %s\n", good[i]);
            CU_FAIL("a valid document was refused");
        }
}

static void anything_else_is_not(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (json_valid(text_of(bad[i]), 16)) {
            (void)printf("    taken: %s\n", bad[i]);
            CU_FAIL("an invalid document was taken");
        }
    CU_ASSERT_FALSE(json_valid(TEXT("\"a\0b\""), 16));
    CU_ASSERT_FALSE(json_valid(TEXT("1\0"), 16));
    CU_ASSERT_FALSE(json_valid((struct text){NULL, 0}, 16));
}

/* A document cut anywhere is not one; the copy ends exactly there, so that reading over the end is seen by asan. */
static void every_cut_of_a_document_is_invalid(void)
{
    static const char whole[] =
        "{\"a\":[1.5e3,\"\\ud83d\\ude00\\n\xc3\xa9\",true,null],\"b\":{\"c\":-0}}";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *copy = text_dup((struct text){whole, len});
        char *exact = malloc(len ? len : 1);
        memcpy(exact, copy, len);
        CU_ASSERT_FALSE(json_valid((struct text){exact, len}, 16));
        free(exact);
        free(copy);
    }
    CU_ASSERT_TRUE(json_valid(
        TEXT("{\"a\":[1.5e3,\"\\ud83d\\ude00\\n\xc3\xa9\",true,null],\"b\":{\"c\":-0}}"), 16));
}

static struct text nested(char *out, unsigned levels)
{
    memset(out, '[', levels);
    memset(out + levels, ']', levels);
    return (struct text){out, 2 * (size_t)levels};
}

static void nesting_is_bounded_exactly(void)
{
    static char room[200000];
    CU_ASSERT_TRUE(json_valid(TEXT("1"), 0));
    CU_ASSERT_FALSE(json_valid(TEXT("[]"), 0));
    for (unsigned max = 1; max <= JSON_DEPTH_MAX; max++) {
        CU_ASSERT_TRUE(json_valid(nested(room, max), max));
        CU_ASSERT_FALSE(json_valid(nested(room, max + 1), max));
    }
    CU_ASSERT_FALSE(json_valid(nested(room, 100000), JSON_DEPTH_MAX));
    CU_ASSERT_TRUE(json_valid(TEXT("[[],[],{\"a\":{}},[]]"), 3)); /* siblings do not add up */
}

static void next_gives_one_value_and_the_rest(void)
{
    struct text value, rest;
    CU_ASSERT_TRUE(json_next(TEXT("  {\"a\": 1} \n{\"b\":2}"), 4, &value, &rest));
    CU_ASSERT_TRUE(text_is(value, TEXT("{\"a\": 1}"))); /* as it came, spaces included */
    CU_ASSERT_TRUE(text_is(rest, TEXT(" \n{\"b\":2}")));
    CU_ASSERT_TRUE(json_next(rest, 4, &value, &rest));
    CU_ASSERT_TRUE(text_is(value, TEXT("{\"b\":2}")));
    CHECK_INT(rest.len, 0);
    CU_ASSERT_FALSE(json_next(rest, 4, &value, &rest));
}

static void members_come_in_order_with_their_own_bytes(void)
{
    struct text rest =
        TEXT(" { \"a\" : 1 , \"b\\u0063\" : [ 1, 2 ] , \"\" : null,\"c\":\"x,}\" } ");
    struct json_member m;
    CU_ASSERT_TRUE(json_member(&rest, &m));
    CHECK_TEXT(m.key, "a");
    CU_ASSERT_TRUE(text_is(m.value, TEXT("1")));
    CU_ASSERT_TRUE(json_member(&rest, &m));
    CHECK_TEXT(m.key, "bc");
    CU_ASSERT_TRUE(text_is(m.value, TEXT("[ 1, 2 ]")));
    CU_ASSERT_TRUE(json_member(&rest, &m));
    CHECK_TEXT(m.key, "");
    CU_ASSERT_TRUE(json_member(&rest, &m));
    CHECK_TEXT(m.key, "c");
    CU_ASSERT_TRUE(text_is(m.value, TEXT("\"x,}\"")));
    CU_ASSERT_FALSE(json_member(&rest, &m));
    CU_ASSERT_FALSE(json_member(&rest, &m)); /* and stays there */

    rest = TEXT("{}");
    CU_ASSERT_FALSE(json_member(&rest, &m));
}

static void entries_have_their_whole_key(void)
{
    struct text rest =
        TEXT("{ \"a key that is longer than any member of the protocol\" : 1,\"\\u0000\":{} }");
    struct text key, value;
    CU_ASSERT_TRUE(json_entry(&rest, &key, &value));
    CU_ASSERT_TRUE(text_is(key, TEXT("\"a key that is longer than any member of the protocol\"")));
    CU_ASSERT_TRUE(text_is(value, TEXT("1")));
    CU_ASSERT_TRUE(json_entry(&rest, &key, &value));
    CU_ASSERT_TRUE(text_is(key, TEXT("\"\\u0000\"")));
    CU_ASSERT_TRUE(text_is(value, TEXT("{}")));
    CU_ASSERT_FALSE(json_entry(&rest, &key, &value));
    CU_ASSERT_FALSE(json_entry(&rest, &key, &value));
}

/* A key that does not fit, or that has a NUL inside, must not pass for a shorter one. */
static void a_strange_key_is_nobodys_key(void)
{
    struct json_member m;
    static const char *const objects[] = {
        "{\"123456789012345678901234567890123456789\":1}",         /* 39: fits */
        "{\"1234567890123456789012345678901234567890\":1}",        /* 40: does not */
        "{\"\\u00312345678901234567890123456789012345678901\":1}", /* nor decoded */
        "{\"id\\u0000x\":1}",
    };
    static const char *const keys[] = {"123456789012345678901234567890123456789", "", "", ""};
    for (int i = 0; i < 4; i++) {
        struct text rest = text_of(objects[i]);
        CU_ASSERT_TRUE(json_member(&rest, &m));
        CHECK_TEXT(m.key, keys[i]);
    }
}

static void elements_come_in_order(void)
{
    struct text rest = TEXT("[ 1 ,\"a\", [2] ,{}]"), value;
    const char *const wanted[] = {"1", "\"a\"", "[2]", "{}"};
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(json_element(&rest, &value));
        CU_ASSERT_TRUE(text_is(value, text_of(wanted[i])));
    }
    CU_ASSERT_FALSE(json_element(&rest, &value));
    rest = TEXT("[ ]");
    CU_ASSERT_FALSE(json_element(&rest, &value));
}

static void kinds_are_told_by_the_first_byte(void)
{
    CHECK_INT(json_kind(TEXT("null")), JSON_NULL);
    CHECK_INT(json_kind(TEXT("true")), JSON_BOOL);
    CHECK_INT(json_kind(TEXT("false")), JSON_BOOL);
    CHECK_INT(json_kind(TEXT("-1")), JSON_NUMBER);
    CHECK_INT(json_kind(TEXT("\"\"")), JSON_STRING);
    CHECK_INT(json_kind(TEXT("[]")), JSON_ARRAY);
    CHECK_INT(json_kind(TEXT("{}")), JSON_OBJECT);
}

static void strings_are_decoded(void)
{
    struct buf b;
    buf_init(&b, 1000);
    json_string(TEXT("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\u0000z\""),
                &b);
    CU_ASSERT_TRUE(
        text_is(buf_text(&b), TEXT("a\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\0z")));
    json_string(TEXT("\"\""), &b); /* appends nothing */
    CHECK_INT(b.len, 21);
    buf_fini(&b);
}

static void integers_are_integers_within_bounds(void)
{
    static const struct {
        const char *json;
        int64_t min, max;
        bool fine;
        int64_t value;
    } rows[] = {
        {"0", 0, 9, true, 0},
        {"9", 0, 9, true, 9},
        {"10", 0, 9, false, 0},
        {"-1", 0, 9, false, 0},
        {"-0", 0, 9, true, 0},
        {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
        {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
        {"-9223372036854775807", INT64_MIN, INT64_MAX, true, -INT64_MAX},
        {"18446744073709551617", INT64_MIN, INT64_MAX, false, 0},
        {"99999999999999999999", INT64_MIN, INT64_MAX, false, 0},
        {"1.0", 0, 9, false, 0},
        {"1e0", 0, 9, false, 0},
        {"\"1\"", 0, 9, false, 0},
        {"true", 0, 9, false, 0},
        {"null", 0, 9, false, 0},
        {"-", -9, 9, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t value = 0;
        CHECK_INT(json_int(text_of(rows[i].json), rows[i].min, rows[i].max, &value), rows[i].fine);
        CHECK_INT(value, rows[i].value);
    }
}

static void a_document_is_written_with_its_commas(void)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 1000);
    json_begin(&w, &b);
    json_open(&w, NULL, '{');
    json_add_text(&w, "text", TEXT("say \"hi\"\\\n\r\t\x01\x7f\xc3\xa9"));
    json_add_int(&w, "low", INT64_MIN);
    json_add_id(&w, "id", 42);
    json_add_id(&w, "none", 0);
    json_add_bool(&w, "yes", true);
    json_open(&w, "list", '[');
    json_add_int(&w, NULL, 1);
    json_open(&w, NULL, '{');
    json_close(&w, '}');
    json_add_bool(&w, NULL, false);
    json_close(&w, ']');
    json_add_raw(&w, "raw", TEXT("{ \"as\":\"it is\" }"));
    json_add_raw(&w, "absent", TEXT_NONE);
    json_add_key(&w, TEXT("a\"key"));
    json_add_text(&w, NULL, TEXT_NONE);
    json_add_key(&w, TEXT("any\n\0"));
    json_add_int(&w, NULL, 2);
    json_add_key(&w, TEXT_NONE);
    json_open(&w, NULL, '{');
    json_close(&w, '}');
    json_add_int(&w, "last", 3);
    json_close(&w, '}');
    buf_add_char(&b, 0);
    CHECK_TEXT(
        b.data,
        "{\"text\":\"say \\\"hi\\\"\\\\\\n\\r\\t\\u0001\x7f\xc3\xa9\",\"low\":-9223372036854775808,"
        "\"id\":\"42\",\"none\":\"\",\"yes\":true,\"list\":[1,{},false],\"raw\":{ \"as\":\"it is\" "
        "},"
        "\"absent\":null,\"a\\\"key\":\"\",\"any\\n\\u0000\":2,\"\":{},\"last\":3}");
    buf_fini(&b);
}

static void doubles_are_read_back_as_they_were(void)
{
    static const double values[] = {0, -1, 0.1, 1.0 / 3, 1e300, -2.5e-10, 123456789.125, 3};
    struct buf b;
    struct json_writer w;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        buf_clear(&b);
        json_begin(&w, &b);
        json_add_double(&w, NULL, values[i]);
        CU_ASSERT_TRUE(json_valid(buf_text(&b), 0));
        buf_add_char(&b, 0);
        CU_ASSERT_TRUE(strtod(b.data, NULL) == values[i]);
    }
    buf_clear(&b);
    json_begin(&w, &b);
    json_open(&w, NULL, '[');
    json_add_double(&w, NULL, 0.1);
    json_add_double(&w, NULL, (double)NAN);
    json_add_double(&w, NULL, (double)INFINITY);
    json_close(&w, ']');
    CU_ASSERT_TRUE(text_is(buf_text(&b), TEXT("[0.1,null,null]")));
    buf_fini(&b);
}

/* Any two bytes in any place: the quoted text is valid JSON, and where they were UTF-8 it reads back the same. */
static void any_bytes_are_quoted_to_valid_json(void)
{
    struct buf quoted, back;
    buf_init(&quoted, 1000);
    buf_init(&back, 1000);
    int wrong = 0;
    for (unsigned n = 0; n < 65536; n++) {
        char bytes[4] = {'a', (char)(n >> 8), (char)n, '\xa9'};
        for (size_t len = 3; len <= 4; len++) {
            struct text t = {bytes, len};
            buf_clear(&quoted);
            buf_clear(&back);
            json_quote(&quoted, t);
            if (!json_valid(buf_text(&quoted), 0)) {
                wrong++;
                continue;
            }
            json_string(buf_text(&quoted), &back);
            wrong += utf8_valid(t) && !text_is(buf_text(&back), t);
        }
    }
    CHECK_INT(wrong, 0);
    buf_clear(&quoted);
    json_quote(&quoted, TEXT("a\xff\xc3(b"));
    CU_ASSERT_TRUE(text_is(buf_text(&quoted), TEXT("\"a\xef\xbf\xbd\xef\xbf\xbd(b\"")));
    buf_fini(&quoted);
    buf_fini(&back);
}

/* A client's data may come with line ends between its tokens; what is sent is one document a line. */
static void raw_json_goes_out_in_one_line(void)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 200);
    json_begin(&w, &b);
    json_open(&w, NULL, '{');
    json_add_text(&w, "text", TEXT("a\nb"));
    json_add_raw(&w, "raw", TEXT("[\n1,\r\n\"x\\n\"\n]"));
    json_close(&w, '}');
    buf_add_char(&b, 0);
    CHECK_TEXT(b.data, "{\"text\":\"a\\nb\",\"raw\":[ 1,  \"x\\n\" ]}");
    buf_fini(&b);
    buf_init(&b, 10); /* too small: nothing is touched behind what is there */
    json_begin(&w, &b);
    json_add_raw(&w, NULL, TEXT("[\n\n\n\n\n\n\n\n\n\n]"));
    CHECK_INT(b.err, ERR_LIMIT);
    buf_fini(&b);
}

/* Sixteen, eight and single bytes are looked at in three ways: each byte, at each place, at each alignment. */
static void a_plain_run_ends_at_the_first_special_byte(void)
{
    for (size_t len = 0; len <= 42; len++) {
        char *text = malloc(len ? len : 1); /* as long as it is: asan sees what is read behind it */
        must(text);
        memset(text, 'a', len);
        CHECK_INT(json_plain_run((struct text){text, len}), len);
        for (size_t at = 0; at < len; at++) {
            for (int c = 0; c < 256; c++) {
                bool plain = c >= ' ' && c < 0x80 && c != '"' && c != '\\';
                text[at] = (char)c;
                if (json_plain_run((struct text){text, len}) != (plain ? len : at))
                    CU_FAIL("a run of another length");
            }
            text[at] = '"';
            for (size_t start = 0; start < at && start < 16; start++)
                if (json_plain_run((struct text){text + start, len - start}) != at - start)
                    CU_FAIL("a run of another length, not aligned");
            text[at] = 'a';
        }
        free(text);
    }
}

static void a_member_is_found_by_its_name(void)
{
    static const struct {
        const char *object, *key, *value;
    } rows[] = {
        {"{\"a\":1,\"b\":{\"a\":2},\"a\":3}", "a", "1"},
        {"{\"a\":1,\"b\":{\"a\":2}}", "b", "{\"a\":2}"},
        {" { \"\\u0061\" : \"x\" } ", "a", "\"x\""},
        {"{\"b\":{\"c\":2}}", "c", ""},
        {"[\"a\",1]", "a", ""},
        {"{}", "a", ""},
        {"7", "a", ""},
        {"", "a", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_TRUE(
            text_is(json_find(text_of(rows[i].object), rows[i].key), text_of(rows[i].value)));
}

/* The keys in `json`, each with ";", then what it came to. */
static const char *keys(const char *json)
{
    static char out[128];
    char room[JSON_KEY_MAX];
    struct text rest = text_of(json), key, value;
    enum json_step step;
    out[0] = 0;
    for (bool first = true; (step = json_key(&rest, first, &key)) == JSON_KEY; first = false) {
        key = json_key_text(key, room);
        (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%.*s;", TEXT_ARG(key));
        if (!json_next(rest, 2, &value, &rest))
            break;
    }
    static const char *const ends[] = {"value", "end", "bad"};
    (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s %.*s", ends[step],
                   TEXT_ARG(rest));
    return out;
}

static void an_object_is_checked_while_it_is_walked(void)
{
    CHECK_TEXT(keys("{}x"), "end x");
    CHECK_TEXT(keys(" { \"a\" : 1 , \"b\\u0063\" :[{}] } ,"), "a;bc;end  ,");
    CHECK_TEXT(keys("{\"\":0,\"\\u0000\":0,\"\\u0061aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":0}"),
               ";;;end ");
    CHECK_TEXT(keys(""), "bad ");
    CHECK_TEXT(keys("[]"), "bad []");
    CHECK_TEXT(keys("{"), "bad {");
    CHECK_TEXT(keys("{\"a\""), "bad {\"a\"");
    CHECK_TEXT(keys("{a:1}"), "bad {a:1}");
    CHECK_TEXT(keys("{\"a\":1"), "a;bad ");
    CHECK_TEXT(keys("{\"a\":1,}"), "a;bad ,}");
    CHECK_TEXT(keys("{\"a\":1 \"b\":2}"), "a;bad  \"b\":2}");
    CHECK_TEXT(keys("{\"a\":[[[]]]}"), "a;value [[[]]]}");
}

UNIT("wire/json", CASE(a_member_is_found_by_its_name), CASE(what_the_rfc_allows_is_valid),
     CASE(anything_else_is_not), CASE(every_cut_of_a_document_is_invalid),
     CASE(nesting_is_bounded_exactly), CASE(next_gives_one_value_and_the_rest),
     CASE(members_come_in_order_with_their_own_bytes), CASE(entries_have_their_whole_key),
     CASE(a_strange_key_is_nobodys_key), CASE(elements_come_in_order),
     CASE(kinds_are_told_by_the_first_byte), CASE(strings_are_decoded),
     CASE(integers_are_integers_within_bounds), CASE(a_plain_run_ends_at_the_first_special_byte),
     CASE(a_document_is_written_with_its_commas), CASE(doubles_are_read_back_as_they_were),
     CASE(any_bytes_are_quoted_to_valid_json), CASE(raw_json_goes_out_in_one_line),
     CASE(an_object_is_checked_while_it_is_walked))
