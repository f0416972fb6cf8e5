/* Guards: a Command in Protobuf says the same as in JSON, as the reference client writes it; what is not a Command of
 * the protocol is refused whole. */
#include "wire/command.h"
#include "wire/json.h"
#include "wire/protobuf.h"

#include "fault.h"
#include "hex.h"
#include "unit.h"

static struct buf out = {.cap_bytes = 70000};

/* One command of every kind, by the codec of the npm package centrifuge 5 (build/protobuf, encodeCommands). */
static const struct vector commands[] = {
    {"{}", "00"},
    {"{\"id\":1,\"connect\":{\"token\":\"t\",\"data\":{\"a\":[1]},\"subs\":{\"room:1\":{"
     "\"recover\":true,\"epoch\":\"e\",\"offset\":7},\"\303\251\":{}},\"name\":\"js\",\"version\":"
     "\"5\",\"headers\":{\"X-A\":\"b\",\"X-C\":\"d\"},\"flag\":1}}",
     "4a080122460a017412097b2261223a5b315d7d1a110a06726f6f6d3a311207180132016538071a060a02c3a912002"
     "2026a732a013532080a03582d4112016232080a03582d431201643801"},
    {"{\"id\":2,\"subscribe\":{\"channel\":\"room:1\",\"token\":\"s\",\"recover\":true,\"epoch\":"
     "\"ab\",\"offset\":9007199254740991,\"data\":null,\"positioned\":true,\"recoverable\":true,"
     "\"join_leave\":true,\"delta\":\"fossil\",\"tf\":{\"op\":\"and\",\"nodes\":[{\"key\":\"k\","
     "\"cmp\":\"in\",\"vals\":[\"a\",\"\",\"b\"]},{\"key\":\"x\",\"cmp\":\"gt\",\"val\":\"1\"}]},"
     "\"flag\":3}}",
     "5808022a540a06726f6f6d3a3112017318013202616238ffffffffffffff0f42046e756c6c4801500158016206666"
     "f7373696c6a220a03616e64320f12016b1a02696e2a01612a002a0162320a1201781a0267742201317003"},
    {"{\"id\":3,\"unsubscribe\":{\"channel\":\"c\"}}", "07080332030a0163"},
    {"{\"id\":300,\"publish\":{\"channel\":\"\\\"\\\\\\n\",\"data\":\"text\"}}",
     "1208ac023a0d0a03225c0a1206227465787422"},
    {"{\"id\":5,\"presence\":{\"channel\":\"c\"}}", "07080542030a0163"},
    {"{\"id\":6,\"presence_stats\":{\"channel\":\"c\"}}", "0708064a030a0163"},
    {"{\"id\":7,\"history\":{\"channel\":\"c\",\"limit\":-1,\"since\":{\"offset\":12,\"epoch\":"
     "\"ab\"},\"reverse\":true}}",
     "1c080752180a016338ffffffffffffffffff014206080c120261624801"},
    {"{\"id\":8,\"history\":{\"since\":{}}}", "06080852024200"},
    {"{\"id\":9,\"ping\":{}}", "0408095a00"},
    {"{\"send\":{\"data\":{\"typing\":true}}}", "1362110a0f7b22747970696e67223a747275657d"},
    {"{\"id\":10,\"rpc\":{\"data\":{\"text\":\"hi\"},\"method\":\"message.send\"}}",
     "21080a6a1d0a0d7b2274657874223a226869227d120c6d6573736167652e73656e64"},
    {"{\"id\":4294967295,\"refresh\":{\"token\":\"t\"}}", "0b08ffffffff0f72030a0174"},
    {"{\"id\":12,\"sub_refresh\":{\"channel\":\"c\",\"token\":\"t\"}}", "0a080c7a060a0163120174"},
};

/* The JSON in out.data, ended by NUL. */
static enum err decode(struct text *rest)
{
    buf_clear(&out);
    enum err e = protobuf_command(rest, &out);
    struct text json = buf_text(&out);
    CU_ASSERT_TRUE(e == ERR_OK ? json_valid(json, JSON_DEPTH_MAX) : json.len == 0);
    buf_add_char(&out, 0);
    return e;
}

/* The JSON of a Command given by its inside, or the name of the error. */
static const char *said(const char *hex)
{
    char whole[1100];
    (void)snprintf(whole, sizeof whole, "[%s]", hex);
    struct text rest = bytes_of(whole);
    enum err e = decode(&rest);
    return e == ERR_OK ? out.data : err_name(e);
}

static void commands_are_those_of_the_reference_client(void)
{
    struct buf scratch = {.cap_bytes = 2000};
    for (size_t i = 0; i < COUNT(commands); i++) {
        struct text rest = bytes_of(commands[i].hex);
        CHECK_INT(decode(&rest), ERR_OK);
        CHECK_INT(rest.len, 0);
        CHECK_TEXT(out.data, commands[i].json);

        struct command c;
        struct text json = text_of(out.data);
        CHECK_INT(command_next(&json, &scratch, &c), ERR_OK);
        CU_ASSERT_NOT_EQUAL(c.kind, COMMAND_UNKNOWN);
    }
    buf_fini(&scratch);
}

/* What is cut anywhere is malformed, and nothing of it is taken. */
static void every_cut_of_a_command_is_malformed(void)
{
    char hex[1000];
    for (size_t i = 0; i < COUNT(commands); i++)
        for (size_t len = 0; len < strlen(commands[i].hex); len += 2) {
            (void)text_copy(hex, sizeof hex, (struct text){commands[i].hex, len});
            struct text rest = bytes_of(hex), before = rest;
            CHECK_INT(decode(&rest), len == 0 ? ERR_NOT_FOUND : ERR_MALFORMED);
            CU_ASSERT_TRUE(rest.data == before.data && rest.len == before.len);
        }
}

/* With the right length before it a cut can fall between two fields: then it is a command, and good JSON. */
static void every_cut_inside_a_command_is_one_or_malformed(void)
{
    char hex[1000];
    unsigned good = 0, malformed = 0;
    for (size_t i = 0; i < COUNT(commands); i++)
        for (size_t len = 2; len <= strlen(commands[i].hex); len += 2) {
            (void)text_copy(hex, sizeof hex, (struct text){commands[i].hex + 2, len - 2});
            if (strcmp(said(hex), "MALFORMED") == 0)
                malformed++;
            else
                good++;
        }
    CU_ASSERT_TRUE(good >= 2 * COUNT(commands) - 2); /* with the id only, and whole */
    CU_ASSERT_TRUE(malformed > good);
}

static void commands_follow_each_other(void)
{
    struct text rest = bytes_of("[08015a00][][08025a00]05"); /* the last one is cut */
    CHECK_INT(decode(&rest), ERR_OK);
    CHECK_TEXT(out.data, "{\"id\":1,\"ping\":{}}");
    CHECK_INT(decode(&rest), ERR_OK);
    CHECK_TEXT(out.data, "{}");
    CHECK_INT(decode(&rest), ERR_OK);
    CHECK_TEXT(out.data, "{\"id\":2,\"ping\":{}}");
    CHECK_INT(decode(&rest), ERR_MALFORMED);
    rest = TEXT_NONE;
    CHECK_INT(decode(&rest), ERR_NOT_FOUND);
}

static void a_command_is_appended(void)
{
    buf_clear(&out);
    struct text rest = bytes_of("[][08025a00][00]");
    buf_add_text(&out, TEXT("before"));
    CHECK_INT(protobuf_command(&rest, &out), ERR_OK);
    buf_add_char(&out, '\n');
    CHECK_INT(protobuf_command(&rest, &out), ERR_OK);
    CHECK_INT(protobuf_command(&rest, &out), ERR_MALFORMED);
    CU_ASSERT_TRUE(text_is(buf_text(&out), TEXT("before{}\n{\"id\":2,\"ping\":{}}")));
}

static void what_the_table_does_not_know_is_skipped(void)
{
    CHECK_TEXT(said("a00601"               /* field 100: a varint, */
                    "a1060102030405060708" /* 8 bytes, */
                    "a206[6162ff]"         /* bytes, */
                    "a50601020304"         /* 4 bytes */
                    "08056a[a006ac0212[6d]a00601]"),
               "{\"id\":5,\"rpc\":{\"method\":\"m\"}}");
    CHECK_TEXT(said("f8ffffff0f00"), "{}");             /* the largest number, 2^29 - 1 */
    CHECK_TEXT(said("0804a206[0a[61]]"), "{\"id\":4}"); /* a method of later: error 104 */
}

static void zeros_are_left_out_and_the_last_of_a_scalar_counts(void)
{
    CHECK_TEXT(said("08000800"), "{}");
    CHECK_TEXT(said("08026a[0a[]12[]]"), "{\"id\":2,\"rpc\":{}}");
    CHECK_TEXT(said("0802080308045a[]"), "{\"id\":4,\"ping\":{}}");
    CHECK_TEXT(said("080232[0a[61]0a[62]]"), "{\"id\":2,\"unsubscribe\":{\"channel\":\"b\"}}");
    CHECK_TEXT(said("08022a[18011800]"), "{\"id\":2,\"subscribe\":{}}");
    CHECK_TEXT(said("08022a[1802]"), "{\"id\":2,\"subscribe\":{\"recover\":true}}");
    CHECK_TEXT(said("08858000"), "{\"id\":5}"); /* some write numbers with a fixed width */
}

static void entries_of_maps_may_lack_what_is_empty(void)
{
    CHECK_TEXT(said("080122[1a[]]"), "{\"id\":1,\"connect\":{\"subs\":{\"\":{}}}}");
    CHECK_TEXT(said("080122[32[]]"), "{\"id\":1,\"connect\":{\"headers\":{\"\":\"\"}}}");
    CHECK_TEXT(said("080122[32[12[61]a006010a[62]]]"), /* the value first, then something unknown */
               "{\"id\":1,\"connect\":{\"headers\":{\"b\":\"a\"}}}");
    CHECK_TEXT(said("080122[32[0a[61]]22[78]32[0a[61]12[62]]]"), /* another field between two */
               "{\"id\":1,\"connect\":{\"name\":\"x\",\"headers\":{\"a\":\"\",\"a\":\"b\"}}}");
}

static void numbers_keep_to_their_type(void)
{
    CHECK_TEXT(said("08ffffffff0f"), "{\"id\":4294967295}");
    CHECK_TEXT(said("088080808010"), "MALFORMED"); /* 0, if it were cut to 32 bits */
    CHECK_TEXT(said("52[38ffffffff07]"), "{\"history\":{\"limit\":2147483647}}");
    CHECK_TEXT(said("52[388080808008]"), "MALFORMED");
    CHECK_TEXT(said("52[3880808080f8ffffffff01]"), "{\"history\":{\"limit\":-2147483648}}");
    CHECK_TEXT(said("52[38fffffffff7ffffffff01]"), "MALFORMED");
    CHECK_TEXT(said("2a[70ffffffffffffffffff01]"), "{\"subscribe\":{\"flag\":-1}}");

    struct buf scratch = {.cap_bytes = 100};
    struct command c;
    CHECK_TEXT(said("08012a[38ffffffffffffffffff01]"),
               "{\"id\":1,\"subscribe\":{\"offset\":18446744073709551615}}");
    struct text json = text_of(out.data);
    CHECK_INT(command_next(&json, &scratch, &c), ERR_BAD_REQUEST); /* answered as in JSON */
    buf_fini(&scratch);
}

static void what_is_no_command_is_malformed(void)
{
    static const char *const rows[] = {
        "00",                       /* field 0, */
        "0001",                     /* with a value */
        "08",                       /* a tag alone */
        "0d00000000",               /* the id as 4 bytes, */
        "090000000000000000",       /* as 8, */
        "0a[01]",                   /* as bytes */
        "2001",                     /* a method as a number */
        "0b0c",                     /* a group, */
        "a306a406",                 /* an unknown one, */
        "0c",                       /* its end alone */
        "0e01",                     /* wire types that */
        "0f01",                     /* there are not */
        "a506010203",               /* 4 bytes, cut */
        "a10601020304050607",       /* 8 bytes, cut */
        "08ffffffffffffffffff02",   /* 65 bits, */
        "08ffffffffffffffffffff",   /* a number without end, */
        "088080808080808080808000", /* of eleven bytes */
        "888080801001",             /* a tag over 32 bits */
        "2201",                     /* a length beyond the rest, */
        "22ffffffffffffffffff01",   /* far beyond it */
        "22[]22[]",                 /* a message twice */
        "22[0a[ff]]",               /* a token that is not UTF-8, */
        "22[0a[c3]]",               /* cut, */
        "22[0a[eda080]]",           /* half a surrogate */
        "6a[0a02]7b7d",             /* an inside longer than its message */
        "6a[0a[7b]]",               /* data that is not JSON, */
        "6a[0a[20]]",               /* only white space, */
        "6a[0a[22ff22]]",           /* not UTF-8, */
        "6a[0a[7b7d2c7b7d]]",       /* more than one value */
        "22[1a[0801]]",             /* a key as a number, */
        "22[1a[1001]]",             /* a value as a number */
        "22[1a[0a[ff]]]",           /* a key that is not UTF-8, */
        "22[32[12[ff]]]",           /* a value that is not */
        "22[1a[12[]12[]]]",         /* the message of an entry twice */
        "22[1a[0a0561]]",           /* an entry that is cut */
        "22[1801]",                 /* a map as a number */
        "2a[6a[2a[ff]]]",           /* a text of a list that is not UTF-8 */
        "2a[6a[2801]]",             /* a list as numbers */
        "2a[6a[32[32[32[08]]]]]",   /* deep inside */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = said(rows[i]);
        CHECK_TEXT(got, "MALFORMED");
        if (strcmp(got, "MALFORMED") != 0)
            (void)printf("    for %s\n", rows[i]);
    }
    struct text rest = bytes_of("ffffffffffffffffff01");
    CHECK_INT(decode(&rest), ERR_MALFORMED);
    rest = bytes_of("8080808080808080808000");
    CHECK_INT(decode(&rest), ERR_MALFORMED);
}

/* Two methods, or one without an id, are good Protobuf; the JSON form is where commands are judged. */
static void what_command_next_refuses_is_left_to_it(void)
{
    struct buf scratch = {.cap_bytes = 100};
    static const char *const rows[] = {"080122[]5a[]", "5a[]"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct command c;
        struct text json = text_of(said(rows[i]));
        CHECK_INT(command_next(&json, &scratch, &c), ERR_MALFORMED);
    }
    buf_fini(&scratch);
}

static void add_times(struct buf *b, unsigned times, struct text piece)
{
    while (times-- > 0)
        buf_add_text(b, piece);
}

/* What is said with `outer`, so many pieces inside, and so many that close them. */
static const char *said_deep(const char *outer, unsigned levels, const char *piece,
                             const char *close)
{
    struct buf hex = {.cap_bytes = 1000};
    buf_add_text(&hex, text_of(outer));
    add_times(&hex, levels, text_of(piece));
    add_times(&hex, levels, text_of(close));
    buf_add_text(&hex, TEXT("]]"));
    buf_add_char(&hex, 0);
    const char *answer = said(hex.data);
    buf_fini(&hex);
    return answer;
}

static void messages_are_at_most_16_in_each_other(void)
{
    /* Command, subscribe, tf and 13 nodes */
    CU_ASSERT_PTR_NOT_NULL(strstr(said_deep("2a[6a[", 13, "32[", "]"), "{\"nodes\":[{}]}"));
    CHECK_TEXT(said_deep("2a[6a[", 14, "32[", "]"), "MALFORMED");
}

static void data_may_be_64_levels_deep(void)
{
    CU_ASSERT_PTR_NOT_NULL(strstr(said_deep("6a[0a[", 64, "5b", "5d"), "[[[]]]"));
    CHECK_TEXT(said_deep("6a[0a[", 65, "5b", "5d"), "MALFORMED");
}

static void a_command_needs_room_and_memory(void)
{
    struct buf b;
    size_t len = strlen(commands[1].json);
    buf_init(&b, len - 1);
    struct text rest = bytes_of(commands[1].hex), whole = rest;
    CHECK_INT(protobuf_command(&rest, &b), ERR_LIMIT);
    CU_ASSERT_TRUE(b.len == 0 && rest.len == whole.len);
    buf_fini(&b);
    buf_init(&b, len);
    CHECK_INT(protobuf_command(&rest, &b), ERR_OK);
    buf_fini(&b);
    for (unsigned n = 1;; n++) {
        rest = whole;
        buf_init(&b, len);
        fault_at(n);
        enum err e = protobuf_command(&rest, &b);
        bool failed = fault_end();
        CHECK_INT(e, failed ? ERR_NOMEM : ERR_OK);
        CHECK_INT(rest.len, failed ? whole.len : 0);
        buf_fini(&b);
        if (!failed)
            break;
    }
}

static void an_emulation_request_is_read_in_place(void)
{
    struct protobuf_emulation got;
    CHECK_INT(protobuf_emulation(bytes_of("0a036e2d311203732d311a020102"), &got), ERR_OK);
    CU_ASSERT_TRUE(text_is(got.node, TEXT("n-1")));
    CU_ASSERT_TRUE(text_is(got.session, TEXT("s-1")));
    CU_ASSERT_TRUE(text_is(got.data, TEXT("\1\2")));
    CHECK_INT(protobuf_emulation(TEXT_NONE, &got), ERR_OK);
    CHECK_INT(got.node.len + got.session.len + got.data.len, 0);
    static const char *const rows[] = {"0a[ff]", "12[ff]", "0801", "1a02", "0b"};
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_INT(protobuf_emulation(bytes_of(rows[i]), &got), ERR_MALFORMED);
    buf_fini(&out);
    (void)bytes_of("");
}

UNIT("wire/protobuf_command", CASE(commands_are_those_of_the_reference_client),
     CASE(every_cut_of_a_command_is_malformed),
     CASE(every_cut_inside_a_command_is_one_or_malformed), CASE(commands_follow_each_other),
     CASE(a_command_is_appended), CASE(what_the_table_does_not_know_is_skipped),
     CASE(zeros_are_left_out_and_the_last_of_a_scalar_counts),
     CASE(entries_of_maps_may_lack_what_is_empty), CASE(numbers_keep_to_their_type),
     CASE(what_is_no_command_is_malformed), CASE(what_command_next_refuses_is_left_to_it),
     CASE(messages_are_at_most_16_in_each_other), CASE(data_may_be_64_levels_deep),
     CASE(a_command_needs_room_and_memory), CASE(an_emulation_request_is_read_in_place))
