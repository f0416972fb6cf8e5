/* Guards: CIVETWEB.md, Gate: a worker gets a request when it is whole. RFC 9112 2.1, 6, 7.1. */
#include "http/request_end.h"
#include "unit.h"

#include <stdio.h>

static const struct request_rules rules = {.head_max = 128, .body_max = 64, .quick_path = "/ws"};

static enum request_state look(const char *bytes, struct request_end *end)
{
    *end = (struct request_end){0};
    return request_end_look(end, &rules, text_of(bytes));
}

/* At once, and byte by byte: whole with the last byte and not before. */
static void is_whole_at_its_end(const char *request, bool body)
{
    struct request_end end, slow = {0};
    size_t len = strlen(request);
    CHECK_INT(look(request, &end), REQUEST_WHOLE);
    CHECK_INT(end.body_came, body);
    for (size_t n = 1; n < len; n++)
        CHECK_INT(request_end_look(&slow, &rules, (struct text){request, n}), REQUEST_MORE);
    CHECK_INT(request_end_look(&slow, &rules, (struct text){request, len}), REQUEST_WHOLE);
    CHECK_INT(slow.body_came, body);
}

#define POST "POST /a HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static void a_head_ends_with_an_empty_line(void)
{
    is_whole_at_its_end("GET / HTTP/1.1\r\n\r\n", false);
    is_whole_at_its_end("GET / HTTP/1.1\r\nHost: h\r\n\r\n", false);
    is_whole_at_its_end("GET / HTTP/1.1\nHost: h\n\n", false); /* refused by whoever parses it */
    is_whole_at_its_end("\r\n\r\n", false);
    is_whole_at_its_end(POST "\r\n", false);
    is_whole_at_its_end(POST "Content-Length: 0\r\n\r\n", false);
}

static void a_body_is_waited_for(void)
{
    is_whole_at_its_end(POST "Content-Length: 5\r\n\r\n12345", true);
    is_whole_at_its_end(POST "content-LENGTH:  1 \r\n\r\n1", true);
    is_whole_at_its_end(CHUNKED "5\r\n12345\r\n0\r\n\r\n", true);
    is_whole_at_its_end(CHUNKED "1;x=y\r\n1\r\nA\r\n1234567890\r\n0\r\nTrailer: t\r\n\r\n", true);
    is_whole_at_its_end(CHUNKED "0\r\n\r\n", true);
}

/* What is behind it is the next request's. */
static void bytes_behind_it_do_not_matter(void)
{
    struct request_end end;
    CHECK_INT(look("GET / HTTP/1.1\r\n\r\nGET", &end), REQUEST_WHOLE);
    CHECK_INT(look(POST "Content-Length: 2\r\n\r\n{}GET / HTTP", &end), REQUEST_WHOLE);
    CU_ASSERT(end.body_came);
}

/* Nobody shall wait for what will not help: these are whole as soon as their head, or the wrong chunk, is there. */
static void what_is_wrong_is_whole_at_once(void)
{
    static const char *const wrong[] = {
        POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        POST "Content-Length: 5x\r\n\r\n",
        POST "Content-Length: -5\r\n\r\n",
        POST "Content-Length: 99999999999999999999\r\n\r\n",
        POST "Transfer-Encoding: gzip, chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", /* no body of a GET is read */
        "DELETE / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        "GET /\001",
        "GET /\t",
        CHUNKED "x\r\n",
        CHUNKED "\r\n",
        CHUNKED "123456789\r\n",
        CHUNKED "2\r\n{}0\r\n",
        CHUNKED "2\n{}x\n",
    };
    struct request_end end;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_INT(look(wrong[i], &end), REQUEST_WHOLE);
        CU_ASSERT(!end.body_came);
    }
}

/* body_max is 64: one more is for the parser to refuse. */
static void a_body_that_is_too_long_is_not_waited_for(void)
{
    struct request_end end;
    CHECK_INT(look(POST "Content-Length: 64\r\n\r\n", &end), REQUEST_MORE);
    CHECK_INT(look(POST "Content-Length: 65\r\n\r\n", &end), REQUEST_WHOLE);
    CHECK_INT(look("PUT / HTTP/1.1\r\nContent-Length: 64\r\n\r\n", &end), REQUEST_MORE);
    CHECK_INT(look("PUT / HTTP/1.1\r\nContent-Length: 65\r\n\r\n", &end), REQUEST_WHOLE);
    CHECK_INT(look(CHUNKED "40\r\n", &end), REQUEST_MORE);
    CHECK_INT(look(CHUNKED "41\r\n", &end), REQUEST_WHOLE);
    CHECK_INT(look(CHUNKED "1\r\n1\r\n3f\r\n", &end), REQUEST_MORE);
    CHECK_INT(look(CHUNKED "1\r\n1\r\n40\r\n", &end), REQUEST_WHOLE);
    struct request_rules none = {.head_max = 128};
    end = (struct request_end){0};
    CHECK_INT(request_end_look(&end, &none, TEXT(POST "Content-Length: 5\r\n\r\n")), REQUEST_WHOLE);
}

/* head_max is 128: a head may have as many bytes, and not one more. */
static void a_head_has_a_limit(void)
{
    char head[160];
    struct request_end end;
    for (int len = 127; len <= 129; len++) {
        (void)snprintf(head, sizeof head, "GET /%0*d HTTP/1.1\r\n\r\n", len - 18, 0);
        CHECK_INT(strlen(head), len);
        CHECK_INT(look(head, &end), len <= 128 ? REQUEST_WHOLE : REQUEST_HEAD_LONG);
        head[len - 1] = 'x';
        CHECK_INT(look(head, &end), len < 128 ? REQUEST_MORE : REQUEST_HEAD_LONG);
    }
}

/* 64 bytes in chunks of one take 64 * 6: more than twice what they carry, and a head's length. */
static void chunks_have_a_limit(void)
{
    static char request[1024] = CHUNKED;
    size_t len = strlen(request);
    struct request_end end = {0};
    enum request_state state = REQUEST_MORE;
    unsigned chunks = 0;
    for (; state == REQUEST_MORE && chunks < 64; chunks++) {
        len += text_copy(request + len, sizeof request - len, TEXT("1\r\nx\r\n"));
        state = request_end_look(&end, &rules, (struct text){request, len});
    }
    CHECK_INT(state, REQUEST_BODY_LONG);
    CHECK_INT(chunks, (2 * 64 + 128) / 6 + 1);
}

static void trailers_have_a_limit(void)
{
    static char request[8192] = CHUNKED "0\r\n";
    static const struct request_rules wide = {.head_max = 16384, .body_max = 64};
    size_t len = strlen(request);
    struct request_end end = {0};
    for (unsigned i = 1; i <= 512; i++) {
        len += text_copy(request + len, sizeof request - len, TEXT("X: 123\r\n"));
        CHECK_INT(request_end_look(&end, &wide, (struct text){request, len}),
                  i < 512 ? REQUEST_MORE : REQUEST_WHOLE); /* 4,096 bytes */
    }
    CU_ASSERT(!end.body_came);
}

static void a_client_says_that_it_waits(void)
{
    struct request_end end;
    CHECK_INT(look(POST "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n", &end), REQUEST_MORE);
    CU_ASSERT(end.expects);
    CHECK_INT(look(POST "Expect: 100-continue\r\nContent-Length: 65\r\n\r\n", &end), REQUEST_WHOLE);
    CU_ASSERT(!end.expects);
    CHECK_INT(look(POST "Content-Length: 2\r\n\r\n", &end), REQUEST_MORE);
    CU_ASSERT(!end.expects);
}

static void upgrades_without_a_cookie_are_quick(void)
{
    static const struct {
        const char *request;
        bool quick;
    } rows[] = {
        {"GET /ws HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n", true},
        {"GET /ws?format=protobuf HTTP/1.1\r\nupgrade:websocket\r\n\r\n", true},
        {"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nCookie: a=b\r\n\r\n", false},
        {"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\ncookie : a=b\r\n\r\n", false},
        {"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\n", false},
        {"GET /ws HTTP/1.1\r\n\r\n", false},
        {"GET /wss HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", false},
        {"GET /ws/../docs HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", false},
        {"POST /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", false},
        {"GET  /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct request_end end;
        CHECK_INT(look(rows[i].request, &end), REQUEST_WHOLE);
        if (end.quick != rows[i].quick)
            (void)printf("\n    %s\n", rows[i].request);
        CHECK_INT(end.quick, rows[i].quick);
    }
}

UNIT("http/request_end", CASE(a_head_ends_with_an_empty_line), CASE(a_body_is_waited_for),
     CASE(bytes_behind_it_do_not_matter), CASE(what_is_wrong_is_whole_at_once),
     CASE(a_body_that_is_too_long_is_not_waited_for), CASE(a_head_has_a_limit),
     CASE(chunks_have_a_limit), CASE(trailers_have_a_limit), CASE(a_client_says_that_it_waits),
     CASE(upgrades_without_a_cookie_are_quick))
