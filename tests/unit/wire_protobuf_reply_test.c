/* Guards: a Reply in Protobuf says the same as in JSON, byte for byte as the reference client's codec writes it; what the
 * server must not say does not leave it. */
#include "wire/protobuf.h"

#include "fault.h"
#include "hex.h"
#include "unit.h"

static struct buf out = {.cap_bytes = 70000};

/* One reply and push of every kind, by the codec of the npm package centrifuge 5 (build/protobuf, encodeReplies). */
static const struct vector replies[] = {
    {"{}", "00"},
    {"{\"id\":1,\"error\":{\"code\":111,\"message\":\"Too \\\"much\\\"\",\"temporary\":true}}",
     "1408011210086f120a546f6f20226d756368221801"},
    {"{\"id\":1,\"connect\":{\"client\":\"u-1\",\"version\":\"1\",\"expires\":true,\"ttl\":60,"
     "\"data\":{\"me\":1},\"subs\":{\"room:1\":{\"recoverable\":true,\"epoch\":\"e\",\"offset\":3}}"
     ",\"ping\":25,\"pong\":true,\"session\":\"s\",\"node\":\"n\",\"time\":1700000000000}}",
     "3e08012a3a0a03752d311201311801203c2a087b226d65223a317d32110a06726f6f6d3a311207180132016548033"
     "81940014a017352016e5880d095ffbc31"},
    {"{\"id\":2,\"subscribe\":{\"expires\":true,\"ttl\":60,\"recoverable\":true,\"epoch\":\"e\","
     "\"publications\":[{\"data\":1,\"offset\":1},{\"data\":{},\"offset\":2}],\"recovered\":true,"
     "\"offset\":2,\"positioned\":true,\"data\":{},\"was_recovering\":true,\"delta\":true,\"id\":5}"
     "}",
     "2c080232280801103c18013201653a0522013130013a0622027b7d30024001480250015a027b7d600168017005"},
    {"{\"id\":3,\"unsubscribe\":{}}", "0408033a00"},
    {"{\"id\":4,\"publish\":{}}", "0408044200"},
    {"{\"id\":5,\"presence\":{\"presence\":{\"01234567-89ab-cdef-0123-456789abcdef-long\":{"
     "\"user\":\"7\",\"client\":\"u-1\"},\"b\":{}}}}",
     "4208054a3e0a350a2930313233343536372d383961622d636465662d303132332d3435363738396162636465662d6"
     "c6f6e6712080a01371203752d310a050a01621200"},
    {"{\"id\":6,\"presence_stats\":{\"num_clients\":3,\"num_users\":2}}", "080806520408031002"},
    {"{\"id\":7,\"history\":{\"publications\":[{\"data\":\"s\",\"offset\":4294967296}],\"epoch\":"
     "\"e\",\"offset\":4294967296}}",
     "1a08075a160a0b2203227322308080808010120165188080808010"},
    {"{\"id\":8,\"ping\":{}}", "0408086200"},
    {"{\"id\":9,\"rpc\":{\"data\":{\"rooms\":[]}}}", "1208096a0e0a0c7b22726f6f6d73223a5b5d7d"},
    {"{\"id\":10,\"refresh\":{\"client\":\"u-1\",\"version\":\"1\",\"expires\":true,\"ttl\":60}}",
     "10080a720c0a03752d311201311801203c"},
    {"{\"id\":11,\"sub_refresh\":{\"expires\":true,\"ttl\":60}}", "08080b7a040801103c"},
    {"{\"push\":{\"id\":-1,\"pub\":{\"data\":null}}}",
     "15221308ffffffffffffffffff01220622046e756c6c"},
    {"{\"push\":{\"channel\":\"room:1\",\"pub\":{\"data\":{\"t\":\"hi\"},\"info\":{\"user\":\"7\","
     "\"client\":\"u-1\",\"conn_info\":{\"n\":1},\"chan_info\":[]},\"offset\":1042,\"tags\":{\"k\":"
     "\"v\",\"\":\"w\"},\"delta\":true,\"time\":1700000000000,\"channel\":\"c\",\"key\":\"k\","
     "\"removed\":true,\"score\":-3,\"epoch\":\"e\",\"prev_data\":1,\"version\":2}}}",
     "5d225b1206726f6f6d3a312251220a7b2274223a226869227d2a150a01371203752d311a077b226e223a317d22025"
     "b5d3092083a060a016b1201763a050a0012017740014880d095ffbc315201635a016b600168057201657a01318001"
     "02"},
    {"{\"push\":{\"channel\":\"c\",\"join\":{\"info\":{\"user\":\"7\",\"client\":\"u-1\"}}}}",
     "11220f1201632a0a0a080a01371203752d31"},
    {"{\"push\":{\"channel\":\"c\",\"leave\":{\"info\":{\"user\":\"7\"}}}}",
     "0c220a12016332050a030a0137"},
    {"{\"push\":{\"channel\":\"c\",\"unsubscribe\":{\"code\":2500,\"reason\":\"insufficient "
     "state\"}}}",
     "1e221c1201633a1710c4131a12696e73756666696369656e74207374617465"},
    {"{\"push\":{\"message\":{\"data\":{\"a\":1}}}}", "0d220b42090a077b2261223a317d"},
    {"{\"push\":{\"channel\":\"c\",\"subscribe\":{\"recoverable\":true,\"epoch\":\"e\",\"offset\":"
     "3,\"positioned\":true,\"data\":{}}}}",
     "1422121201634a0d0801220165280330013a027b7d"},
    {"{\"push\":{\"connect\":{\"client\":\"u-1\",\"version\":\"1\",\"data\":{},\"subs\":{\"c\":{}},"
     "\"expires\":true,\"ttl\":1,\"ping\":25,\"pong\":true,\"session\":\"s\",\"node\":\"n\","
     "\"time\":2}}}",
     "27222552230a03752d311201311a027b7d22050a0163120028013001381940014a017352016e5802"},
    {"{\"push\":{\"disconnect\":{\"code\":3001,\"reason\":\"shutdown\",\"reconnect\":true}}}",
     "1322115a0f08b917120873687574646f776e1801"},
    {"{\"push\":{\"refresh\":{\"expires\":true,\"ttl\":60}}}", "08220662040801103c"},
};

static enum err encode(const char *json, bool data_is_text)
{
    buf_clear(&out);
    return protobuf_reply(text_of(json), data_is_text, &out);
}

static void wrote(const char *json, const char *hex)
{
    CHECK_INT(encode(json, false), ERR_OK);
    CU_ASSERT_TRUE(bytes_are(buf_text(&out), hex));
}

static void replies_are_those_of_the_reference_client(void)
{
    for (size_t i = 0; i < COUNT(replies); i++)
        wrote(replies[i].json, replies[i].hex);
}

static void a_batch_becomes_replies_behind_each_other(void)
{
    wrote("{\"id\":1,\"ping\":{}}\n{}\n\n{\"id\":2,\"ping\":{}}\n", "[080162[]][][080262[]]");
    wrote("{}{} {}", "000000");
    wrote("", "");
    wrote(" \n", "");
}

static void members_without_a_number_and_nulls_are_left_out(void)
{
    wrote("{\"id\":1,\"later\":{\"a\":[1]},\"rpc\":{\"Data\":1,\"data\":{\"later\": 1}}}",
          "[08016a[0a[7b226c61746572223a20317d]]]");
    wrote("{\"id\":null,\"push\":{\"channel\":null,\"pub\":{\"data\":null,\"info\":null}}}",
          "[22[22[22[6e756c6c]]]]");
    wrote("{\"id\":1,\"result\":{}}", "[0801]");
}

static void texts_lose_their_escapes(void)
{
    wrote("{\"error\":{\"message\":\"\\u00e4\\n\\\"\\ud83d\\ude00\"}}",
          "[12[12[c3a40a22f09f9880]]]");
    wrote("{\"presence\":{\"presence\":{\"\\u0061\":{}}}}", "[4a[0a[0a[61]12[]]]]");
}

static void with_data_as_text_publications_carry_what_the_string_says(void)
{
    static const char json[] =
        "{\"id\":1,\"subscribe\":{\"publications\":[{\"data\":\"{\\\"a\\\":1}\"},{\"data\":[1]}],"
        "\"data\":\"s\"}}";
    CHECK_INT(encode(json, true), ERR_OK); /* what is no publication's stays JSON */
    CU_ASSERT_TRUE(
        bytes_are(buf_text(&out), "[080132[3a[22[7b2261223a317d]]3a[22[5b315d]]5a[227322]]]"));
    wrote("{\"push\":{\"pub\":{\"data\":\"a\"}}}", "[22[22[22[226122]]]]");
    CHECK_INT(encode("{\"push\":{\"pub\":{\"data\":\"a\"}}}", true), ERR_OK);
    CU_ASSERT_TRUE(bytes_are(buf_text(&out), "[22[22[22[61]]]]"));
    CHECK_INT(encode("{\"push\":{\"message\":{\"data\":\"a\"}}}", true), ERR_OK);
    CU_ASSERT_TRUE(bytes_are(buf_text(&out), "[22[42[0a[226122]]]]"));
}

/* The length is one byte up to 127, two up to 16,383. */
static void lengths_grow_as_they_must(void)
{
    static const struct {
        size_t letters, whole;
    } rows[] = {
        {123, 1 + 2 + 2 + 123},     /* 127 outside */
        {124, 2 + 2 + 2 + 124},     /* 128 outside */
        {126, 2 + 3 + 2 + 126},     /* 128 in the middle too */
        {128, 2 + 3 + 3 + 128},     /* and inside */
        {16377, 2 + 3 + 3 + 16377}, /* 16,383 outside */
        {16378, 3 + 3 + 3 + 16378}, {20000, 3 + 4 + 4 + 20000},
    };
    static char json[21000];
    for (size_t i = 0; i < COUNT(rows); i++) {
        int at = snprintf(json, sizeof json, "{\"error\":{\"message\":\"");
        memset(json + at, 'x', rows[i].letters);
        (void)text_copy(json + at + rows[i].letters, 4, TEXT("\"}}"));
        CHECK_INT(encode(json, false), ERR_OK);
        CHECK_INT(out.len, rows[i].whole);
        CU_ASSERT_EQUAL(out.data[out.len - rows[i].letters], 'x');
        CU_ASSERT_NOT_EQUAL(out.data[out.len - rows[i].letters - 1], 'x');
    }
}

static void what_the_server_must_not_write_is_an_internal_error(void)
{
    static const char *const rows[] = {
        "x",
        "[]",
        "null",
        "{\"id\":1",
        "{}x",
        "{\"id\":-1}",
        "{\"id\":4294967296}",
        "{\"id\":1.5}",
        "{\"id\":\"1\"}",
        "{\"error\":[]}",
        "{\"error\":{\"code\":true}}",
        "{\"error\":{\"message\":1}}",
        "{\"error\":{\"temporary\":1}}",
        "{\"push\":\"\"}",
        "{\"push\":{\"pub\":{\"offset\":-1}}}",
        "{\"push\":{\"pub\":{\"offset\":9223372036854775808}}}",
        "{\"push\":{\"pub\":{\"tags\":[]}}}",
        "{\"push\":{\"pub\":{\"tags\":{\"a\":1}}}}",
        "{\"push\":{\"pub\":{\"tags\":{\"a\":null}}}}",
        "{\"history\":{\"publications\":{}}}",
        "{\"history\":{\"publications\":[1]}}",
        "{\"presence\":{\"presence\":{\"a\":[]}}}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_clear(&out);
        buf_add_text(&out, TEXT("before"));
        enum err e = protobuf_reply(text_of(rows[i]), false, &out);
        CHECK_INT(e, ERR_INTERNAL);
        CU_ASSERT_TRUE(text_is(buf_text(&out), TEXT("before")));
        if (e != ERR_INTERNAL)
            (void)printf("    for %s\n", rows[i]);
    }
    wrote("{\"id\":4294967295}", "[08ffffffff0f]");
    wrote("{\"push\":{\"pub\":{\"offset\":9223372036854775807}}}",
          "[22[22[30ffffffffffffffff7f]]]");
    wrote("{\"push\":{\"pub\":{\"score\":-9223372036854775807}}}",
          "[22[22[68fdffffffffffffffff01]]]");
    wrote("{\"push\":{\"pub\":{\"score\":9223372036854775807}}}",
          "[22[22[68feffffffffffffffff01]]]");
}

static void a_reply_needs_room_and_memory(void)
{
    for (size_t i = 0; i < COUNT(replies); i++) {
        struct buf b;
        size_t len = strlen(replies[i].hex) / 2;
        for (size_t cap = 0; cap <= len; cap++) {
            buf_init(&b, cap);
            CHECK_INT(protobuf_reply(text_of(replies[i].json), false, &b),
                      cap < len ? ERR_LIMIT : ERR_OK);
            CHECK_INT(b.len, cap < len ? 0 : len);
            buf_fini(&b);
        }
        for (unsigned n = 1;; n++) {
            buf_init(&b, len);
            fault_at(n);
            enum err e = protobuf_reply(text_of(replies[i].json), false, &b);
            bool failed = fault_end();
            CHECK_INT(e, failed ? ERR_NOMEM : ERR_OK);
            CHECK_INT(b.len, failed ? 0 : len);
            buf_fini(&b);
            if (!failed)
                break;
        }
    }
    buf_fini(&out);
    (void)bytes_of("");
}

UNIT("wire/protobuf_reply", CASE(replies_are_those_of_the_reference_client),
     CASE(a_batch_becomes_replies_behind_each_other),
     CASE(members_without_a_number_and_nulls_are_left_out), CASE(texts_lose_their_escapes),
     CASE(with_data_as_text_publications_carry_what_the_string_says),
     CASE(lengths_grow_as_they_must), CASE(what_the_server_must_not_write_is_an_internal_error),
     CASE(a_reply_needs_room_and_memory))
