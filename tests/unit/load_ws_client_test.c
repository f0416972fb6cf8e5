/* Guards: RFC 6455 from the client's side: whole, cut anywhere, in parts, and what a server may not send. */
#include "load/ws_client.h"
#include "unit.h"

#include <stdlib.h>

/* Takes everything there is, with the bytes coming one by one; writes what came as words. */
static void words_of(struct text bytes, char *out, size_t size)
{
    unsigned char *window = malloc(bytes.len + 1);
    size_t len = 0, at = 0, used;
    struct ws_client_event e;
    out[0] = 0;
    for (size_t i = 0; window && i < bytes.len; i++) {
        window[len++] = (unsigned char)bytes.data[i];
        do {
            ws_client_take(window, len, true, &e, &used);
            static const char *const names[] = {"", "message", "ping", "pong", "close", "bad"};
            if (e.kind == WS_CLIENT_BAD)
                e.payload = text_of(e.why);
            if (e.kind != WS_CLIENT_MORE)
                at += (size_t)snprintf(out + at, size - at, "%s%s(%.*s) ", names[e.kind],
                                       e.kind == WS_CLIENT_MESSAGE && e.compressed ? "+" : "",
                                       TEXT_ARG(e.payload));
            memmove(window, window + used, len - used);
            len -= used;
        } while (used > 0 && len > 0);
        if (e.kind == WS_CLIENT_BAD)
            break;
    }
    free(window);
}

#define CHECK_WORDS(bytes, expected)                                                               \
    do {                                                                                           \
        char words[400];                                                                           \
        words_of(TEXT(bytes), words, sizeof words);                                                \
        CHECK_TEXT(words, expected);                                                               \
    } while (0)

static void frames_come_whole_whatever_the_cut(void)
{
    CHECK_WORDS("\x81\x02hi\x82\x01!\x89\x01p\x8a\x00\x88\x02\x03\xe8",
                "message(hi) message(!) ping(p) pong() close(\x03\xe8) ");
    CHECK_WORDS("\x81\x00", "message() ");
    CHECK_WORDS("\xc1\x01z", "message+(z) ");
    CHECK_WORDS("\x81\x7e\x00\x03"
                "abc",
                "message(abc) ");
}

/* Control frames between the parts come first, and the parts close up. */
static void parts_are_joined(void)
{
    CHECK_WORDS("\x01\x02"
                "ab\x89\x01p\x00\x01"
                "c\x8a\x00\x80\x02"
                "de\x81\x01!",
                "ping(p) pong() message(abcde) message(!) ");
    CHECK_WORDS("\x41\x01"
                "a\x80\x01"
                "b",
                "message+(ab) ");
}

static void what_a_server_may_not_send(void)
{
    CHECK_WORDS("\x81\x81"
                "abcd",
                "bad(a frame of the server is masked) ");
    CHECK_WORDS("\xa1\x00", "bad(a reserved bit is set) ");
    CHECK_WORDS("\x83\x00", "bad(a reserved opcode) ");
    CHECK_WORDS("\x8b\x00", "bad(a reserved opcode) ");
    CHECK_WORDS("\x09\x00", "bad(a control frame that is long, cut or compressed) ");
    CHECK_WORDS("\x89\x7e", "bad(a control frame that is long, cut or compressed) ");
    CHECK_WORDS("\x80\x00", "bad(parts of messages in a wrong order) ");
    CHECK_WORDS("\x01\x00\x81\x00", "bad(parts of messages in a wrong order) ");
    CHECK_WORDS("\x81\x7f\xff\x00\x00\x00\x00\x00\x00\x00",
                "bad(a frame of more than a terabyte) ");
    unsigned char compressed[] = {0xc1, 0};
    struct ws_client_event e;
    size_t used;
    ws_client_take(compressed, 2, false, &e, &used); /* nothing was agreed on */
    CHECK_INT(e.kind, WS_CLIENT_BAD);
}

/* 125 is the last short length, 65535 the last of two bytes. */
static void headers_have_the_shortest_length(void)
{
    unsigned char out[WS_CLIENT_HEADER_MAX];
    CHECK_INT(ws_client_header(out, 1, 125, 0x01020304), 6);
    CHECK_INT(out[0], 0x81);
    CHECK_INT(out[1], 0x80 | 125);
    CHECK_INT(ws_client_header(out, 1, 126, 1), 8);
    CHECK_INT(ws_client_header(out, 1, 65535, 1), 8);
    CHECK_INT(out[2] << 8 | out[3], 65535);
    CHECK_INT(ws_client_header(out, 8, 65536, 1), 14);
    CHECK_INT(out[0], 0x88);
    CHECK_INT(out[7], 1);
    CHECK_INT(out[9], 0);
}

static void masking_twice_is_nothing(void)
{
    unsigned char bytes[] = "seven+1";
    uint32_t mask = 0xa1b2c3d4;
    ws_client_mask(bytes, 7, mask);
    CU_ASSERT(memcmp(bytes, "seven+1", 7) != 0);
    ws_client_mask(bytes, 7, mask);
    CU_ASSERT_EQUAL(memcmp(bytes, "seven+1", 7), 0);
}

static void check_target(const char *path, const char *room, const char *expected)
{
    struct ws_client_request r = {"h:1", path, room, "KEY", false};
    struct buf out;
    buf_init(&out, 4096);
    ws_client_request(&r, &out);
    const char *end = memmem(out.data, out.len, " HTTP/1.1\r\n", 11);
    CU_ASSERT(end != NULL);
    CU_ASSERT(
        text_is((struct text){out.data, end ? (size_t)(end - out.data) : 0}, text_of(expected)));
    CU_ASSERT(memmem(out.data, out.len, "\r\nHost: h:1\r\n", 13) != NULL);
    CU_ASSERT(memmem(out.data, out.len, "Extensions", 10) == NULL);
    buf_fini(&out);
}

static void a_room_goes_before_the_query(void)
{
    check_target("/ws", "", "GET /ws");
    check_target("/ws", "12", "GET /ws/12");
    check_target("/ws/", "12", "GET /ws/12");
    check_target("/", "0", "GET /0");
    check_target("/ws?a=b", "12", "GET /ws/12?a=b");
}

#define GOOD                                                                                       \
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: right\r\n"

static const char *why(const char *answer, bool asked)
{
    struct ws_client_answer out;
    if (ws_client_answer(text_of(answer), "right", asked, &out) <= 0)
        return "not whole";
    return out.why ? out.why : out.deflate ? "compressed" : "good";
}

static void an_answer_is_believed_when_it_is_right(void)
{
    CHECK_TEXT(why(GOOD "\r\n", false), "good");
    CHECK_TEXT(why(GOOD "Sec-WebSocket-Extensions: permessage-deflate; "
                        "server_no_context_takeover; server_max_window_bits=12\r\n\r\n",
                   true),
               "compressed");
    CHECK_TEXT(why(GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", true),
               "it agreed on an extension that was not asked for");
    CHECK_TEXT(why(GOOD "Sec-WebSocket-Extensions: permessage-deflate; "
                        "server_no_context_takeover\r\n\r\n",
                   false),
               "it agreed on an extension that was not asked for");
    CHECK_TEXT(
        why("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n\r\n", false),
        "Sec-WebSocket-Accept is wrong");
    CHECK_TEXT(why("HTTP/1.1 101 x\r\nSec-WebSocket-Accept: right\r\n\r\n", false),
               "the answer is not that of a WebSocket");
    CHECK_TEXT(why("HTTP/1.1 503 x\r\n\r\n", false), "");
}

/* Each beginning of a good answer is not whole; what is no HTTP is known at its first foreign byte. */
static void a_cut_answer_waits(void)
{
    static const char good[] = GOOD "\r\nrest";
    struct ws_client_answer out;
    size_t whole = sizeof good - 1 - 4;
    for (size_t len = 0; len < whole; len++)
        CHECK_INT(ws_client_answer((struct text){good, len}, "right", false, &out), 0);
    CHECK_INT(ws_client_answer(TEXT(GOOD "\r\nrest"), "right", false, &out), whole);
    CHECK_INT(ws_client_answer(TEXT("HTTP/2"), "right", false, &out), -1);
    CHECK_INT(ws_client_answer(TEXT("SSH"), "right", false, &out), -1);
    CHECK_INT(ws_client_answer(TEXT("HTTP/1.1 1x1 a\r\n\r\n"), "right", false, &out), -1);
}

UNIT("load/ws_client", CASE(frames_come_whole_whatever_the_cut), CASE(parts_are_joined),
     CASE(what_a_server_may_not_send), CASE(headers_have_the_shortest_length),
     CASE(masking_twice_is_nothing), CASE(a_room_goes_before_the_query),
     CASE(an_answer_is_believed_when_it_is_right), CASE(a_cut_answer_waits))
