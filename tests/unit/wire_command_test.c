/* Guards: what a client says is understood exactly or refused with the right answer, whatever it is; payloads keep
 * their bytes; nothing that is not a command gets further than here. */
#include "wire/command.h"

#include "fault.h"
#include "unit.h"

#include <stdlib.h>

static struct buf scratch = {.cap_bytes = 70000};

/* The message in a block of its own size, so that reading over its end is seen by asan. */
static struct text message(const char *text)
{
    static char *block;
    size_t len = strlen(text);
    free(block);
    block = malloc(len ? len : 1);
    memcpy(block, text, len);
    return (struct text){block, len};
}

static enum err one(const char *json, struct command *out)
{
    struct text rest = message(json);
    return command_next(&rest, &scratch, out);
}

static void is(struct text t, const char *wanted)
{
    char copy[300];
    CHECK_INT(text_copy(copy, sizeof copy, t), t.len);
    CHECK_TEXT(copy, wanted);
}

static void every_command_has_its_name_and_fields(void)
{
    struct command c;
    CHECK_INT(one("{\"id\":1,\"connect\":{\"token\":\"t\",\"data\":{\"a\": "
                  "[1]},\"name\":\"js\",\"version\":\"5\","
                  "\"subs\":{},\"headers\":{\"x\":\"y\"}}}",
                  &c),
              ERR_OK);
    CHECK_INT(c.kind, COMMAND_connect);
    CHECK_INT(c.id, 1);
    is(c.token, "t");
    is(c.data, "{\"a\": [1]}");
    is(c.name, "js");
    is(c.version, "5");

    CHECK_INT(
        one("{\"subscribe\":{\"channel\":\"room:1\",\"token\":\"s\",\"recover\":true,\"epoch\":"
            "\"e\",\"offset\":7,"
            "\"data\":null,\"positioned\":true,\"recoverable\":true,\"join_leave\":true},\"id\":2}",
            &c),
        ERR_OK);
    CHECK_INT(c.kind, COMMAND_subscribe);
    is(c.channel, "room:1");
    is(c.token, "s");
    is(c.epoch, "e");
    is(c.data, "null"); /* any JSON, null too */
    CHECK_INT(c.offset, 7);
    CU_ASSERT_TRUE(c.recover && c.positioned && c.recoverable && c.join_leave);

    CHECK_INT(one("{\"id\":3,\"history\":{\"channel\":\"c\",\"limit\":-1,\"reverse\":true,"
                  "\"since\":{\"offset\":12,\"epoch\":\"ab\"}}}",
                  &c),
              ERR_OK);
    CHECK_INT(c.kind, COMMAND_history);
    CHECK_INT(c.limit, -1);
    CU_ASSERT_TRUE(c.reverse && c.has_since);
    CHECK_INT(c.offset, 12);
    is(c.epoch, "ab");

    static const struct {
        const char *json;
        enum command_kind kind;
    } rows[] = {
        {"{\"id\":4,\"unsubscribe\":{\"channel\":\"c\"}}", COMMAND_unsubscribe},
        {"{\"id\":4,\"publish\":{\"channel\":\"c\",\"data\":1}}", COMMAND_publish},
        {"{\"id\":4,\"presence\":{\"channel\":\"c\"}}", COMMAND_presence},
        {"{\"id\":4,\"presence_stats\":{\"channel\":\"c\"}}", COMMAND_presence_stats},
        {"{\"id\":4,\"rpc\":{\"method\":\"m\",\"data\":{}}}", COMMAND_rpc},
        {"{\"id\":4,\"ping\":{}}", COMMAND_ping},
        {"{\"id\":4,\"refresh\":{\"token\":\"t\"}}", COMMAND_refresh},
        {"{\"id\":4,\"sub_refresh\":{\"channel\":\"c\",\"token\":\"t\"}}", COMMAND_sub_refresh},
        {"{\"id\":4,\"send\":{\"data\":{}}}", COMMAND_send},
        {"{\"send\":{\"data\":{}}}", COMMAND_send},
        {"{\"id\":0,\"send\":{}}", COMMAND_send},
        {"{}", COMMAND_PONG},
        {"{\"id\":4}", COMMAND_UNKNOWN},
        {"{\"id\":4,\"dance\":{}}", COMMAND_UNKNOWN},
        {"{\"id\":4,\"unknown\":[1],\"rpc\":{}}", COMMAND_rpc},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(one(rows[i].json, &c), ERR_OK);
        CHECK_INT(c.kind, rows[i].kind);
    }
    CHECK_TEXT(command_name(COMMAND_presence_stats), "presence_stats");
    CHECK_TEXT(command_name(COMMAND_PONG), "");
    CHECK_TEXT(command_name(COMMAND_UNKNOWN), "");
}

static void escapes_are_decoded_and_payloads_are_not(void)
{
    struct command c;
    CHECK_INT(one("{\"id\":1,\"publish\":{\"channel\":\"r\\u00e4um:\\\"1\\\"\",\"data\": { "
                  "\"a\":\"\\u0041\" , \"b\":1.50 }}}",
                  &c),
              ERR_OK);
    is(c.channel, "r\xc3\xa4um:\"1\"");
    is(c.data, "{ \"a\":\"\\u0041\" , \"b\":1.50 }");
    CHECK_INT(one("{\"id\":1,\"sub_refresh\":{\"channel\":\"\\n\",\"token\":\"\\t\\t\"}}", &c),
              ERR_OK);
    is(c.channel, "\n"); /* two decoded texts live beside each other */
    is(c.token, "\t\t");
}

static void commands_are_separated_by_line_ends(void)
{
    struct command c;
    struct text rest =
        message("\r\n{\"id\":1,\"ping\":{}}\r\n\n {}\n{\"id\":3,\n\"ping\":\n{}}\n\r\n");
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_OK);
    CHECK_INT(c.id, 1);
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_OK);
    CHECK_INT(c.kind, COMMAND_PONG);
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_OK);
    CHECK_INT(c.id, 3);
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_NOT_FOUND);
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_NOT_FOUND);
    CHECK_INT(one("", &c), ERR_NOT_FOUND);
    CHECK_INT(one("\n", &c), ERR_NOT_FOUND);
    CHECK_INT(one("{\"id\":1,\"ping\":{}}{\"id\":2,\"ping\":{}}", &c), ERR_MALFORMED);
    CHECK_INT(one("{\"id\":1,\"ping\":{}} {\"id\":2,\"ping\":{}}", &c), ERR_MALFORMED);
    CHECK_INT(one("{\"id\":1,\"ping\":{}}x", &c), ERR_MALFORMED);
}

static void what_is_no_command_is_malformed(void)
{
    static const char *const rows[] = {
        "null",
        "1",
        "\"connect\"",
        "[]",
        "[{\"id\":1,\"ping\":{}}]",
        "hello",
        "{",
        "{\"id\":1,\"ping\":{}",
        "{\"id\":1,\"rpc\":{\"data\":}}",
        "{\"id\":1,\"rpc\":{\"data\":nul}}",
        "{\"id\":1,\"rpc\":{\"data\":\"\xff\"}}",
        "{\"id\":1,\"rpc\":{\"data\":\"\\ud800\"}}",
        "{\"ping\":{}}",
        "{\"dance\":{}}",
        "{\"id\":0,\"ping\":{}}",
        "{\"id\":-1,\"ping\":{}}",
        "{\"id\":1.5,\"ping\":{}}",
        "{\"id\":1e0,\"ping\":{}}",
        "{\"id\":\"1\",\"ping\":{}}",
        "{\"id\":null,\"ping\":{}}",
        "{\"id\":true,\"ping\":{}}",
        "{\"id\":4294967296,\"ping\":{}}",
        "{\"id\":4294967297,\"ping\":{}}", /* 1, if it were cut to 32 bits */
        "{\"id\":18446744073709551617,\"ping\":{}}",
        "{\"id\":1,\"id\":2,\"ping\":{}}",
        "{\"id\":\"x\",\"send\":{}}",
        "{\"id\":1,\"connect\":{},\"rpc\":{}}",
        "{\"id\":1,\"rpc\":{},\"rpc\":{}}",
    };
    struct command c;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum err e = one(rows[i], &c);
        CHECK_INT(e, ERR_MALFORMED);
        if (e != ERR_MALFORMED)
            (void)printf("    for %s\n", rows[i]);
    }
    struct text rest = TEXT("{\"id\":1,\"ping\":{}}\n\0");
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_OK);
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_MALFORMED); /* a NUL is no white space */
}

static void the_largest_id_passes(void)
{
    struct command c;
    CHECK_INT(one("{\"id\":4294967295,\"ping\":{}}", &c), ERR_OK);
    CHECK_INT(c.id, 4294967295);
}

/* A command cut anywhere is malformed, never half understood. */
static void every_cut_of_a_command_is_malformed(void)
{
    static const char whole[] =
        "{\"id\":12,\"rpc\":{\"method\":\"a\\u0041\",\"data\":{\"x\":[1.5,\"\xc3\xa9\"]}}}";
    char cut[sizeof whole];
    struct command c;
    for (size_t len = 1; len < sizeof whole - 1; len++) {
        (void)text_copy(cut, sizeof cut, (struct text){whole, len});
        CHECK_INT(one(cut, &c), ERR_MALFORMED);
    }
    CHECK_INT(one(whole, &c), ERR_OK);
}

static void a_known_field_of_the_wrong_type_is_a_bad_request(void)
{
    static const struct {
        const char *json;
        const char *field;
    } rows[] = {
        {"{\"id\":9,\"rpc\":5}", "rpc"},
        {"{\"id\":9,\"rpc\":null}", "rpc"},
        {"{\"id\":9,\"presence_stats\":[]}", "presence_stats"},
        {"{\"id\":9,\"rpc\":{\"method\":5}}", "method"},
        {"{\"id\":9,\"connect\":{\"token\":{}}}", "token"},
        {"{\"id\":9,\"connect\":{\"name\":1}}", "name"},
        {"{\"id\":9,\"connect\":{\"version\":1}}", "version"},
        {"{\"id\":9,\"connect\":{\"subs\":[]}}", "subs"},
        {"{\"id\":9,\"connect\":{\"headers\":\"\"}}", "headers"},
        {"{\"id\":9,\"subscribe\":{\"channel\":true}}", "channel"},
        {"{\"id\":9,\"subscribe\":{\"recover\":1}}", "recover"},
        {"{\"id\":9,\"subscribe\":{\"recover\":\"true\"}}", "recover"},
        {"{\"id\":9,\"subscribe\":{\"epoch\":5}}", "epoch"},
        {"{\"id\":9,\"subscribe\":{\"offset\":\"5\"}}", "offset"},
        {"{\"id\":9,\"subscribe\":{\"offset\":-1}}", "offset"},
        {"{\"id\":9,\"subscribe\":{\"offset\":1.5}}", "offset"},
        {"{\"id\":9,\"subscribe\":{\"offset\":9223372036854775808}}", "offset"},
        {"{\"id\":9,\"subscribe\":{\"positioned\":0}}", "positioned"},
        {"{\"id\":9,\"subscribe\":{\"recoverable\":{}}}", "recoverable"},
        {"{\"id\":9,\"subscribe\":{\"join_leave\":[]}}", "join_leave"},
        {"{\"id\":9,\"history\":{\"limit\":2147483648}}", "limit"},
        {"{\"id\":9,\"history\":{\"limit\":-2147483649}}", "limit"},
        {"{\"id\":9,\"history\":{\"since\":5}}", "since"},
        {"{\"id\":9,\"history\":{\"since\":{\"offset\":\"x\"}}}", "since"},
        {"{\"id\":9,\"history\":{\"since\":{\"epoch\":1}}}", "since"},
        {"{\"id\":9,\"history\":{\"since\":{\"offset\":1,\"offset\":2}}}", "since"},
        {"{\"id\":9,\"history\":{\"reverse\":\"\"}}", "reverse"},
        {"{\"id\":9,\"rpc\":{\"method\":\"a\",\"method\":\"b\"}}",
         "method"}, /* which one was checked? */
        {"{\"id\":9,\"publish\":{\"data\":1,\"data\":2}}", "data"},
    };
    struct command c;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(one(rows[i].json, &c), ERR_BAD_REQUEST);
        CHECK_INT(c.id, 9);
        is(c.field, rows[i].field);
    }
    struct text rest = message("{\"id\":9,\"rpc\":{\"method\":5}}\n{\"id\":10,\"ping\":{}}");
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_BAD_REQUEST);
    CHECK_INT(command_next(&rest, &scratch, &c), ERR_OK); /* the next one is not lost */
    CHECK_INT(c.id, 10);
}

/* Fields that the command does not know, and null, are as if they were not there. */
static void unknown_fields_and_nulls_are_ignored(void)
{
    struct command c;
    CHECK_INT(one("{\"id\":1,\"rpc\":{\"limit\":\"x\",\"since\":1,\"method\":\"m\",\"new\":{\"a\":["
                  "]}},\"later\":1}",
                  &c),
              ERR_OK);
    is(c.method, "m");
    CHECK_INT(one("{\"id\":1,\"subscribe\":{\"channel\":\"c\",\"token\":null,\"offset\":null,"
                  "\"recover\":null}}",
                  &c),
              ERR_OK);
    CHECK_INT(c.token.len + c.offset + c.recover, 0);
    CHECK_INT(one("{\"id\":1,\"history\":{\"since\":null}}", &c), ERR_OK);
    CU_ASSERT_FALSE(c.has_since);
}

/* `levels` arrays inside a wrapping that has `used` levels of its own. */
static enum err deep(const char *before, size_t levels, const char *after)
{
    static char json[1000];
    struct command c;
    size_t len = (size_t)snprintf(json, sizeof json, "%s", before);
    memset(json + len, '[', levels);
    memset(json + len + levels, ']', levels);
    (void)snprintf(json + len + 2 * levels, sizeof json - len - 2 * levels, "%s", after);
    return one(json, &c);
}

static void nesting_is_16_levels_and_64_inside_data(void)
{
    CHECK_INT(deep("{\"id\":1,\"rpc\":{\"data\":", 64, "}}"), ERR_OK);
    CHECK_INT(deep("{\"id\":1,\"rpc\":{\"data\":", 65, "}}"), ERR_MALFORMED);
    CHECK_INT(deep("{\"id\":1,\"rpc\":{\"other\":", 14, "}}"), ERR_OK); /* 2 + 14 == 16 */
    CHECK_INT(deep("{\"id\":1,\"rpc\":{\"other\":", 15, "}}"), ERR_MALFORMED);
    CHECK_INT(deep("{\"id\":1,\"ping\":{},\"other\":", 15, "}"), ERR_OK); /* 1 + 15 */
    CHECK_INT(deep("{\"id\":1,\"ping\":{},\"other\":", 16, "}"), ERR_MALFORMED);
    CHECK_INT(deep("{\"id\":1,\"ping\":{},\"data\":", 16, "}"),
              ERR_MALFORMED); /* not a method's data */
    CHECK_INT(deep("{\"id\":1,\"dance\":{\"data\":", 64, "}}"), ERR_MALFORMED);
    CHECK_INT(deep("{\"id\":1,\"rpc\":{\"data\":", 400, "}}"), ERR_MALFORMED);
}

static void scratch_that_cannot_grow_is_an_error(void)
{
    struct command c;
    struct buf small;
    buf_init(&small, 8);
    struct text rest = message("{\"id\":1,\"rpc\":{\"method\":\"\\u0041\"}}");
    CHECK_INT(command_next(&rest, &small, &c), ERR_LIMIT);
    struct buf none;
    buf_init(&none, 1000);
    rest = message("{\"id\":1,\"rpc\":{\"method\":\"\\u0041\"}}");
    fault_at(1);
    CHECK_INT(command_next(&rest, &none, &c), ERR_NOMEM);
    CU_ASSERT_TRUE(fault_end());
    buf_fini(&small);
    buf_fini(&none);
    (void)message("");
}

UNIT("wire/command", CASE(every_command_has_its_name_and_fields),
     CASE(escapes_are_decoded_and_payloads_are_not), CASE(commands_are_separated_by_line_ends),
     CASE(what_is_no_command_is_malformed), CASE(the_largest_id_passes),
     CASE(every_cut_of_a_command_is_malformed),
     CASE(a_known_field_of_the_wrong_type_is_a_bad_request),
     CASE(unknown_fields_and_nulls_are_ignored), CASE(nesting_is_16_levels_and_64_inside_data),
     CASE(scratch_that_cannot_grow_is_an_error))
