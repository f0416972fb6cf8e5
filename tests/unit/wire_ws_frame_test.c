/* Guards: RFC 6455 from the client's side in any split, each violation with its own close code, and server frames. */
#include "fault.h"
#include "ws_bytes.h"

/* ---- what is right */

static void messages_and_control_frames_in_any_split(void)
{
    struct wire *w = fresh();
    frame(w, 0x81, TEXT("hello"));
    frame(w, 0x82, TEXT("\xff\xfe"));
    frame(w, 0x89, TEXT("ping?"));
    frame(w, 0x8a, TEXT_NONE);
    frame(w, 0x81, TEXT_NONE);
    frame(w, 0x88,
          TEXT("\x03\xe8"
               "bye"));
    frame(w, 0x81, TEXT("ignored: nothing follows a close"));
    expect(w, "T5:hello B2:\xff\xfe P5:ping? O0: T0: C1000:bye ");
}

static void fragments_are_joined_and_control_frames_come_between(void)
{
    struct wire *w = fresh();
    frame(w, 0x01, TEXT("Hel"));
    frame(w, 0x89, TEXT("p1"));
    frame(w, 0x00, TEXT_NONE);
    frame(w, 0x00, TEXT("lo "));
    frame(w, 0x8a, TEXT("p2"));
    frame(w, 0x80, TEXT("world"));
    frame(w, 0x02, TEXT("a"));
    frame(w, 0x80, TEXT_NONE);
    expect(w, "P2:p1 O2:p2 T11:Hello world B1:a ");
}

/* 125, 126, 65535, 65536: each length in the form it belongs in, and unmasking at every offset. */
static void lengths_of_every_form_pass(void)
{
    static char block[65536];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)('a' + i % 26);
    static const size_t lengths[] = {125, 126, 65535, 65536};
    for (size_t i = 0; i < 4; i++) {
        struct wire *w = fresh();
        char wanted[64];
        frame(w, 0x81, (struct text){block, lengths[i]});
        (void)snprintf(wanted, sizeof wanted, "T%zu:abcdefghijklmnopqrst ", lengths[i]);
        CHECK_TEXT(decode(w, w->len), wanted);
        CHECK_TEXT(decode(w, 1), wanted);
        CHECK_TEXT(decode(w, 1449), wanted);
    }
}

/* The whole text comes out as it went in, however it was cut. */
static void unmasking_is_right_at_every_offset(void)
{
    static char block[300];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i * 7);
    struct wire *w = fresh();
    frame(w, 0x82, (struct text){block, sizeof block});
    for (size_t cut = 0; cut <= w->len; cut++) {
        struct ws_decoder d;
        struct wire copy = *w;
        ws_decoder_init(&d, LIMIT);
        unsigned char *bytes = copy.bytes;
        size_t first = cut, second = w->len - cut;
        struct ws_event e = ws_decode(&d, &bytes, &first);
        if (e.kind == WS_EVENT_NONE)
            e = ws_decode(&d, &bytes, &second);
        CHECK_INT(e.kind, WS_EVENT_MESSAGE);
        CU_ASSERT_TRUE(text_is(e.payload, (struct text){block, sizeof block}));
        ws_decoder_fini(&d);
    }
}

static void a_message_in_one_piece_is_not_copied(void)
{
    struct wire *w = fresh();
    struct ws_decoder d;
    frame(w, 0x81, TEXT("hello"));
    ws_decoder_init(&d, LIMIT);
    unsigned char *bytes = w->bytes;
    size_t len = w->len;
    fault_at(1); /* not one allocation */
    struct ws_event e = ws_decode(&d, &bytes, &len);
    CU_ASSERT_FALSE(fault_end());
    CU_ASSERT_PTR_EQUAL(e.payload.data, w->bytes + 6);
    ws_decoder_fini(&d);
}

static void kept_bytes_are_given_back_once_the_message_is_over(void)
{
    struct wire *w = fresh();
    struct ws_decoder d;
    frame(w, 0x01, TEXT("hel"));
    frame(w, 0x80, TEXT("lo"));
    ws_decoder_init(&d, LIMIT);
    unsigned char *bytes = w->bytes;
    size_t len = w->len;
    struct ws_event e = ws_decode(&d, &bytes, &len);
    CHECK_INT(e.kind, WS_EVENT_MESSAGE);
    CU_ASSERT_PTR_NOT_NULL(d.message.data);
    e = ws_decode(&d, &bytes, &len);
    CHECK_INT(e.kind, WS_EVENT_NONE);
    CU_ASSERT_PTR_NULL(d.message.data); /* an idle connection keeps nothing */
    ws_decoder_fini(&d);
}

/* ---- what is wrong */

struct raw {
    const char *name;
    struct text bytes;
    const char *wanted;
};

/* Complete up to the byte that is wrong: the verdict must not wait for more. */
static void violations_are_closed_with_1002_at_once(void)
{
    static const struct raw rows[] = {
        {"not masked", {"\x81\x05", 2}, "E1002 "},
        {"not masked, empty", {"\x81\x00", 2}, "E1002 "},
        {"RSV1", {"\xc1", 1}, "E1002 "},
        {"RSV2", {"\xa1", 1}, "E1002 "},
        {"RSV3", {"\x91", 1}, "E1002 "},
        {"opcode 3", {"\x83", 1}, "E1002 "},
        {"opcode 7", {"\x87", 1}, "E1002 "},
        {"opcode 11", {"\x8b", 1}, "E1002 "},
        {"opcode 15", {"\x8f", 1}, "E1002 "},
        {"continuation of nothing", {"\x80", 1}, "E1002 "},
        {"fragmented ping", {"\x09", 1}, "E1002 "},
        {"fragmented close", {"\x08", 1}, "E1002 "},
        {"long ping", {"\x89\xfe", 2}, "E1002 "},
        {"very long close", {"\x88\xff", 2}, "E1002 "},
        {"125 as 16 bits", {"\x81\xfe\x00\x7d", 4}, "E1002 "},
        {"65535 as 64 bits", {"\x81\xff\0\0\0\0\0\0\xff\xff", 10}, "E1002 "},
        {"top bit of 64", {"\x81\xff\x80\0\0\0\0\x01\0\0", 10}, "E1002 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire *w = fresh();
        memcpy(w->bytes, rows[i].bytes.data, rows[i].bytes.len);
        w->len = rows[i].bytes.len;
        CHECK_TEXT(decode(w, 1), rows[i].wanted);
        CHECK_TEXT(decode(w, w->len), rows[i].wanted);
        if (w->len > 1) { /* and not before */
            w->len--;
            CHECK_TEXT(decode(w, 1), "");
        }
    }
}

static void a_message_inside_a_message_is_1002(void)
{
    struct wire *w = fresh();
    frame(w, 0x01, TEXT("open"));
    frame(w, 0x81, TEXT("another"));
    expect(w, "E1002 ");
    w = fresh();
    frame(w, 0x81, TEXT("done"));
    frame(w, 0x80, TEXT("more"));
    frame(w, 0x81, TEXT("ignored"));
    expect(w, "T4:done E1002 ");
}

static void close_payloads_are_judged(void)
{
    static const struct {
        struct text payload;
        const char *wanted;
    } rows[] = {
        {{"", 0}, "C1005: "},
        {{"\x03", 1}, "E1002 "},
        {{"\x03\xe7", 2}, "E1002 "}, /* 999 */
        {{"\x03\xe8", 2}, "C1000: "},
        {{"\x03\xec", 2}, "E1002 "}, /* 1004 */
        {{"\x03\xed", 2}, "E1002 "}, /* 1005 */
        {{"\x03\xee", 2}, "E1002 "}, /* 1006 */
        {{"\x03\xef", 2}, "C1007: "},
        {{"\x03\xf7", 2}, "E1002 "}, /* 1015 */
        {{"\x0b\xb7", 2}, "E1002 "}, /* 2999 */
        {{"\x0b\xb8", 2}, "C3000: "},
        {{"\x13\x87", 2}, "C4999: "},
        {{"\x13\x88", 2}, "E1002 "}, /* 5000 */
        {{"\x03\xe8\xc3\xa9", 4}, "C1000:\xc3\xa9 "},
        {{"\x03\xe8\xc3", 3}, "E1007 "}, /* a cut character */
        {{"\x03\xe8\xff", 3}, "E1007 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire *w = fresh();
        frame(w, 0x88, rows[i].payload);
        expect(w, rows[i].wanted);
    }
}

static void utf8_is_checked_as_it_arrives(void)
{
    struct wire *w = fresh();
    frame(w, 0x81,
          TEXT("ab\xff"
               "cdefghijkl"));
    CHECK_TEXT(decode(w, w->len), "E1007 ");
    w->len = 6 + 2;
    CHECK_TEXT(decode(w, 1), ""); /* "ab" is fine so far */
    w->len = 6 + 3;
    CHECK_TEXT(decode(w, 1), "E1007 "); /* the rest of the frame need not come */

    w = fresh(); /* a character cut between two fragments is fine */
    frame(w, 0x01, TEXT("\xe2\x82"));
    frame(w, 0x80, TEXT("\xac"));
    expect(w, "T3:\xe2\x82\xac ");

    w = fresh(); /* cut at the end of the message it is not */
    frame(w, 0x81, TEXT("\xe2\x82"));
    expect(w, "E1007 ");

    w = fresh(); /* nor does the next message finish it */
    frame(w, 0x82, TEXT("\xe2\x82"));
    frame(w, 0x81, TEXT("ok"));
    expect(w, "B2:\xe2\x82 T2:ok ");

    w = fresh();
    frame(w, 0x01, TEXT("\xf4"));
    frame(w, 0x80, TEXT("\x90"));
    expect(w, "E1007 ");
}

static void a_message_over_the_limit_is_1009_when_it_is_announced(void)
{
    struct wire *w = fresh();
    frame(w, 0x81, TEXT("12345678"));
    CHECK_TEXT(decode_limit(w, 1, 8), "T8:12345678 ");
    CHECK_TEXT(decode_limit(w, 1, 7), "E1009 ");
    w->len = 2;
    CHECK_TEXT(decode_limit(w, 1, 7), "E1009 "); /* the length is enough */

    w = fresh(); /* joined: 5 + 4 > 8, control frames do not count */
    frame(w, 0x01, TEXT("12345"));
    frame(w, 0x89, TEXT("a ping of its own"));
    frame(w, 0x80, TEXT("6789"));
    CHECK_TEXT(decode_limit(w, 1, 9), "P17:a ping of its own T9:123456789 ");
    CHECK_TEXT(decode_limit(w, 1, 8), "P17:a ping of its own E1009 ");
    CHECK_TEXT(decode_limit(w, w->len, 8), "P17:a ping of its own E1009 ");

    w = fresh();
    memcpy(w->bytes, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10);
    w->len = 10;
    CHECK_TEXT(decode(w, 1), "E1009 ");
}

static void without_memory_a_cut_message_is_1011(void)
{
    struct wire *w = fresh();
    struct ws_decoder d;
    frame(w, 0x01, TEXT("hel"));
    ws_decoder_init(&d, LIMIT);
    unsigned char *bytes = w->bytes;
    size_t len = w->len;
    fault_at(1);
    struct ws_event e = ws_decode(&d, &bytes, &len);
    CU_ASSERT_TRUE(fault_end());
    CHECK_INT(e.kind, WS_EVENT_ERROR);
    CHECK_INT(e.code, 1011);
    ws_decoder_fini(&d);
}

/* ---- out */

static void server_headers_have_the_shortest_length(void)
{
    unsigned char h[WS_HEADER_MAX];
    CHECK_INT(ws_header(h, WS_TEXT, 0), 2);
    CU_ASSERT_EQUAL(memcmp(h, "\x81\x00", 2), 0);
    CHECK_INT(ws_header(h, WS_BINARY, 125), 2);
    CU_ASSERT_EQUAL(memcmp(h, "\x82\x7d", 2), 0);
    CHECK_INT(ws_header(h, WS_TEXT, 126), 4);
    CU_ASSERT_EQUAL(memcmp(h, "\x81\x7e\x00\x7e", 4), 0);
    CHECK_INT(ws_header(h, WS_TEXT, 65535), 4);
    CU_ASSERT_EQUAL(memcmp(h, "\x81\x7e\xff\xff", 4), 0);
    CHECK_INT(ws_header(h, WS_TEXT, 65536), 10);
    CU_ASSERT_EQUAL(memcmp(h, "\x81\x7f\0\0\0\0\0\x01\0\0", 10), 0);
}

static void frames_hold_header_and_payload(void)
{
    struct frame *f = ws_frame(WS_PONG, TEXT("abc"));
    CU_ASSERT_TRUE(text_is(frame_bytes(f), TEXT("\x8a\x03"
                                                "abc")));
    frame_unref(f);
    f = ws_close_frame(3001, TEXT("shutdown"));
    CU_ASSERT_TRUE(text_is(frame_bytes(f), TEXT("\x88\x0a\x0b\xb9"
                                                "shutdown")));
    frame_unref(f);
    f = ws_close_frame(1005, TEXT("not sent"));
    CU_ASSERT_TRUE(text_is(frame_bytes(f), TEXT("\x88\x00")));
    frame_unref(f);
    fault_at(1);
    CU_ASSERT_PTR_NULL(ws_frame(WS_TEXT, TEXT("x")));
    CU_ASSERT_TRUE(fault_end());
}

/* A reason of any length and cut anywhere stays a legal control frame with valid UTF-8. */
static void a_long_reason_is_cut_between_characters(void)
{
    static char reason[200];
    static const char face[4] = {'\xf0', '\x9f', '\x98', '\x80'};
    for (size_t shift = 0; shift < 4; shift++) {
        size_t len = shift;
        memset(reason, 'x', shift);
        for (; len + 4 < sizeof reason; len += 4)
            memcpy(reason + len, face, sizeof face);
        struct frame *f = ws_close_frame(3501, (struct text){reason, len});
        struct text bytes = frame_bytes(f);
        CU_ASSERT(bytes.len <= 2 + 125 && bytes.len > 2 + 121);
        CHECK_INT((unsigned char)bytes.data[1], bytes.len - 2);
        CU_ASSERT_TRUE(utf8_valid(text_after(bytes, 4)));
        frame_unref(f);
    }
}

static void the_accept_key_is_the_rfcs(void)
{
    char out[WS_ACCEPT_SIZE];
    CU_ASSERT_TRUE(ws_accept(TEXT("dGhlIHNhbXBsZSBub25jZQ=="), out)); /* RFC 6455 1.3 */
    CHECK_TEXT(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    static const char *const wrong[] = {
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZQAA",
        "dGhlIHNhbXBsZSBub25jZ===",
        "dGhlIHNhbXBs ZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25j-Q==",
        " GhlIHNhbXBsZSBub25jZQ==",
        "dGhl\nHNhbXBsZSBub25jZQ==",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_INT(ws_accept(text_of(wrong[i]), out), false);
}

UNIT("wire/ws_frame", CASE(messages_and_control_frames_in_any_split),
     CASE(fragments_are_joined_and_control_frames_come_between), CASE(lengths_of_every_form_pass),
     CASE(unmasking_is_right_at_every_offset), CASE(a_message_in_one_piece_is_not_copied),
     CASE(kept_bytes_are_given_back_once_the_message_is_over),
     CASE(violations_are_closed_with_1002_at_once), CASE(a_message_inside_a_message_is_1002),
     CASE(close_payloads_are_judged), CASE(utf8_is_checked_as_it_arrives),
     CASE(a_message_over_the_limit_is_1009_when_it_is_announced),
     CASE(without_memory_a_cut_message_is_1011), CASE(server_headers_have_the_shortest_length),
     CASE(frames_hold_header_and_payload), CASE(a_long_reason_is_cut_between_characters),
     CASE(the_accept_key_is_the_rfcs))
