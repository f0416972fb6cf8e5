/* Guards: PROTOCOL.md, How strict: HTTP; DESIGN.md: POST /rpc/<method>. A real listener, raw bytes. */
#include "fake_product.h"
#include "http/civetweb_socket.h"
#include "raw_http.h"

#include <pthread.h>

#define H "Host: h\r\n"
#define END "Connection: close\r\n\r\n"
#define JSON "Content-Type: application/json\r\n"

static const char *ask(const char *request)
{
    return raw_ask(fake.port, request);
}

static void starts(void)
{
    fake_start();
    CU_ASSERT(fake.port > 0);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", fake.port);
    CHECK_TEXT(http_url(fake.http), url);
}

/* Each is answered with 400, completely, and the connection ends. */
static void what_can_be_read_in_two_ways_is_refused(void)
{
    static const char *const bad[] = {
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n" H H "\r\n",
        "GET /healthz HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /healthz HTTP/1.1\n" H "\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: h\n\n",
        "GET /healthz HTTP/1.1\r\n" H "X: y\r\n folded\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n" H "X : y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n" H ": y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n" H "no colon\r\n\r\n",
        "GET  /healthz HTTP/1.1\r\n" H "\r\n",
        "GET /healthz  HTTP/1.1\r\n" H "\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n" H "\r\n",
        "\r\n\r\nGET /healthz HTTP/1.1\r\n" H "\r\n",
        "GET /a%00b HTTP/1.1\r\n" H "\r\n",
        "GET /healthz?a=%00 HTTP/1.1\r\n" H "\r\n",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON
        "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Content-Length: 3x\r\n\r\n{}",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Content-Length: abc\r\n\r\n{}",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Content-Length: -2\r\n\r\n{}",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Content-Length: +2\r\n\r\n{}",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Content-Length : 2\r\n\r\n{}",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Transfer-Encoding: gzip\r\n\r\n",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Transfer-Encoding: identity\r\n\r\n",
        "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Transfer-Encoding: gzip, chunked\r\n\r\n",
        "GET\r\n\r\n",
        "garbage\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\n" H "\r\n",
        "GET http://elsewhere.example/ HTTP/1.1\r\n" H "\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *answer = ask(bad[i]);
        if (raw_status(answer) != 400)
            (void)printf("\n    request: %s\n    answer: %s\n", bad[i], answer);
        CHECK_INT(raw_status(answer), 400);
        CHECK_INT(raw_count(answer, "HTTP/1.1 "), 1);
        CHECK_INT(raw_count(answer, "Connection: close\r\n"), 1);
        CU_ASSERT(strstr(answer, ".\n") != NULL); /* a sentence */
    }
}

/* CivetWeb keeps 64 headers and skips the rest: what is skipped could be a length. */
static void more_headers_than_are_kept_are_refused(void)
{
    char most[62 * 6 + 1] = ""; /* with Host and Connection 64 in all */
    for (size_t i = 0; i + 1 < sizeof most; i += 6)
        (void)memcpy(most + i, "X: y\r\n", 7);
    char request[1024];
    (void)snprintf(request, sizeof request, "GET /healthz HTTP/1.1\r\n" H "%s" END, most);
    CHECK_INT(raw_status(ask(request)), 200);
    (void)snprintf(request, sizeof request, "GET /healthz HTTP/1.1\r\n" H "%sX: y\r\n" END, most);
    CHECK_INT(raw_status(ask(request)), 400);
}

static void a_head_that_is_too_long_is_refused(void)
{
    static char value[20001], request[32768];
    (void)memset(value, 'x', sizeof value - 1);
    (void)snprintf(request, sizeof request, "GET /healthz HTTP/1.1\r\n" H "X: %s\r\n" END, value);
    CHECK_INT(raw_status(ask(request)), 431);
}

static void other_methods_are_refused(void)
{
    CHECK_INT(raw_status(ask("PUT /healthz HTTP/1.1\r\n" H END)), 405);
    CU_ASSERT(strstr(ask("DELETE /healthz HTTP/1.1\r\n" H END), "Allow: GET, HEAD\r\n") != NULL);
    CHECK_INT(raw_status(ask("OPTIONS /healthz HTTP/1.1\r\n" H END)), 405);
    CHECK_INT(raw_status(ask("PATCH /nowhere HTTP/1.1\r\n" H END)), 405);
    CHECK_INT(raw_status(ask("POST /healthz HTTP/1.1\r\n" H END)), 405);
    CU_ASSERT(strstr(ask("GET /rpc/test.echo HTTP/1.1\r\n" H END), "Allow: POST\r\n") != NULL);
    CHECK_INT(raw_status(ask("TRACE /healthz HTTP/1.1\r\n" H END)), 405);
    CHECK_INT(raw_status(ask("CONNECT h:80 HTTP/1.1\r\n" H END)), 405);
    CHECK_INT(raw_status(ask("BREW /healthz HTTP/1.1\r\n" H END)), 501);
    CHECK_INT(raw_status(ask("get /healthz HTTP/1.1\r\n" H END)), 501);
    CHECK_INT(raw_status(ask("GET /healthz HTTP/2.0\r\n" H END)), 505);
}

static void an_old_client_needs_no_host(void)
{
    const char *answer = ask("GET /healthz HTTP/1.0\r\n\r\n");
    CHECK_INT(raw_status(answer), 200);
    CHECK_INT(raw_count(answer, "Connection: close\r\n"), 1);
    CHECK_INT(raw_status(ask("GET /healthz HTTP/1.0\nX: y\n\n")), 400);
    CHECK_INT(raw_status(ask("GET /healthz HTTP/1.0\n\n")), 400);
}

static void addresses_that_are_not_there_are_404(void)
{
    static const char *const none[] = {"/nowhere",     "/../etc/passwd", "/%2e%2e/x",
                                       "/assets/x.js", "/api",           "/rpc"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" H END, none[i]);
        CHECK_INT(raw_status(ask(request)), 404);
    }
}

static void every_answer_has_the_headers_of_safety(void)
{
    static const char *const wanted[] = {"Content-Security-Policy: default-src 'none'; ",
                                         "X-Content-Type-Options: nosniff\r\n",
                                         "Referrer-Policy: no-referrer\r\n",
                                         "Cross-Origin-Opener-Policy: same-origin\r\n",
                                         "\r\nDate: ",
                                         "Cache-Control: "};
    static const char *const requests[] = {"GET /healthz HTTP/1.1\r\n" H END,
                                           "GET / HTTP/1.1\r\n" H END,
                                           "GET /nowhere HTTP/1.1\r\n" H END, "nonsense\r\n\r\n"};
    for (size_t r = 0; r < sizeof requests / sizeof requests[0]; r++)
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            CHECK_INT(raw_count(ask(requests[r]), wanted[i]), 1);
}

static void head_is_get_without_the_body(void)
{
    const char *answer = ask("HEAD /healthz HTTP/1.1\r\n" H END);
    CHECK_INT(raw_status(answer), 200);
    CU_ASSERT(strstr(answer, "Content-Length: 3\r\n") != NULL);
    CHECK_TEXT(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void pipelined_requests_are_all_answered_in_order(void)
{
    const char *answer =
        ask("GET /healthz HTTP/1.1\r\n" H "\r\n"
            "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Content-Length: 12\r\n\r\n{\"text\":\"a\"}"
            "POST /rpc/test.echo HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n"
            "7;x=y\r\n{\"text\"\r\n6\r\n:\"ab\"}\r\n0\r\nTrailer: t\r\n\r\n"
            "GET /healthz HTTP/1.1\r\n" H "\r\n"
            "GET /nowhere HTTP/1.1\r\n" H END);
    CHECK_INT(raw_count(answer, "HTTP/1.1 200 OK"), 4);
    CHECK_INT(raw_count(answer, "HTTP/1.1 404 "), 1);
    const char *one = strstr(answer, "{\"result\":{\"bytes\":1}}");
    const char *two = strstr(answer, "{\"result\":{\"bytes\":2}}");
    CU_ASSERT(one && two && one < two);
}

static void requests_may_come_byte_by_byte(void)
{
    static const char request[] = "POST /rpc/test.echo HTTP/1.1\r\n" H JSON
                                  "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                                  "c\r\n{\"text\":\"a\"}\r\n0\r\n\r\n";
    static char answer[RAW_ANSWER_MAX];
    int fd = raw_connect(fake.port), one = 1;
    (void)setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof one);
    for (size_t i = 0; i < sizeof request - 1; i++)
        raw_send(fd, request + i, 1);
    CU_ASSERT(raw_read_until(fd, NULL, answer));
    CHECK_INT(raw_status(answer), 200);
    (void)close(fd);
}

static void bad_chunks_are_refused(void)
{
    static const char *const bad[] = {"x\r\n",
                                      "\r\n",
                                      "2\n{}\n0\n\n",
                                      "2\r\n{}0\r\n\r\n",
                                      "0x2\r\n{}\r\n0\r\n\r\n",
                                      "+2\r\n{}\r\n0\r\n\r\n",
                                      "123456789\r\n",
                                      "2\r\n{}xx\r\n0\r\n\r\n",
                                      " 2\r\n{}\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char request[512];
        (void)snprintf(request, sizeof request,
                       "POST /rpc/test.echo HTTP/1.1\r\n" H JSON
                       "Transfer-Encoding: chunked\r\n\r\n%s",
                       bad[i]);
        CHECK_INT(raw_status(ask(request)), 400);
    }
}

#define MIB (1 << 20)

static void a_body_may_have_one_mebibyte(void)
{
    static const char head[] = "POST /rpc/test.echo HTTP/1.1\r\n" H JSON
                               "Connection: close\r\nContent-Length: 1048576\r\n\r\n{\"text\":\"";
    static char answer[RAW_ANSWER_MAX], body[MIB];
    (void)memset(body, 'x', sizeof body);
    body[MIB - 11] = '"'; /* 9 bytes came with the head */
    body[MIB - 10] = '}';
    int fd = raw_connect(fake.port);
    raw_say(fd, head);
    raw_send(fd, body, MIB - 9);
    CU_ASSERT(raw_read_until(fd, NULL, answer));
    CHECK_INT(raw_status(answer), 200);
    (void)close(fd);
    /* One more is refused from its announcement: nothing of it is sent, and 100-continue is not asked for it. */
    const char *refused = ask("POST /rpc/test.echo HTTP/1.1\r\n" H JSON
                              "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n");
    CHECK_INT(raw_status(refused), 413);
    CU_ASSERT(strstr(refused, "\"code\":106") != NULL);
    refused = ask("POST /rpc/test.echo HTTP/1.1\r\n" H JSON
                  "Transfer-Encoding: chunked\r\n\r\n100001\r\n");
    CHECK_INT(raw_status(refused), 413);
}

static void a_client_that_waits_is_told_to_go_on(void)
{
    static char answer[RAW_ANSWER_MAX];
    int fd = raw_connect(fake.port);
    raw_say(fd, "POST /rpc/test.echo HTTP/1.1\r\n" H JSON
                "Expect: 100-continue\r\nContent-Length: 12\r\nConnection: close\r\n\r\n");
    CU_ASSERT(!raw_read_until(fd, "HTTP/1.1 100 Continue\r\n\r\n", answer));
    raw_say(fd, "{\"text\":\"a\"}");
    CU_ASSERT(raw_read_until(fd, NULL, answer));
    CHECK_INT(raw_status(answer), 200);
    (void)close(fd);
}

#define CALL(method, headers, body)                                                                \
    ask("POST /rpc/" method " HTTP/1.1\r\n" H headers "Connection: "                               \
        "close\r\nContent-Length: " body)
#define EMPTY "2\r\n\r\n{}"

static void only_json_is_taken(void)
{
    CHECK_INT(raw_status(CALL("test.echo", "", EMPTY)), 415);
    CHECK_INT(raw_status(CALL("test.echo", "Content-Type: text/plain\r\n", EMPTY)), 415);
    const char *answer = CALL("test.echo", JSON, "2\r\n\r\n[]");
    CHECK_INT(raw_status(answer), 400);
    CU_ASSERT(strstr(answer, "\"code\":107") != NULL);
    answer = CALL("test.echo", JSON, "10\r\n\r\n{\"text\":5}");
    CU_ASSERT(strstr(answer, "\"field\":\"text\"") != NULL);
    answer = CALL("test.nothing", JSON, EMPTY);
    CHECK_INT(raw_status(answer), 404);
    CU_ASSERT(strstr(answer, "\"code\":104") != NULL);
}

static void who_calls_is_told_by_token_or_cookie(void)
{
    CHECK_INT(raw_status(CALL("test.who", JSON, EMPTY)), 401);
    CHECK_INT(raw_status(CALL("test.who", JSON "Cookie: snug_session=bad\r\n", EMPTY)), 401);
    const char *answer =
        CALL("test.who", JSON "User-Agent: curl/8\r\nCookie: a=b; snug_session=good\r\n", EMPTY);
    CU_ASSERT(strstr(answer, "{\"user\":7,\"address\":\"127.0.0.1\",\"client\":\"curl\"}") != NULL);
    CHECK_INT(raw_status(CALL("test.who", JSON "Authorization: Bearer good\r\n", EMPTY)), 200);
    answer = CALL("test.who", JSON "X-Forwarded-For: 203.0.113.9\r\nAuthorization: Bearer good\r\n",
                  EMPTY);
    CU_ASSERT(strstr(answer, "\"address\":\"203.0.113.9\"") != NULL);
    answer = CALL("test.who", JSON "Cookie: snug_session=old\r\n", EMPTY);
    CHECK_INT(raw_status(answer), 401);
    CU_ASSERT(strstr(answer, "\"code\":110") != NULL);
    /* A token wins over a cookie, also a bad one; a bad cookie is like none. */
    CHECK_INT(
        raw_status(CALL("test.who",
                        JSON "Authorization: Bearer bad\r\nCookie: snug_session=good\r\n", EMPTY)),
        401);
    CHECK_INT(raw_status(CALL("test.cookie", JSON "Cookie: snug_session=old\r\n", EMPTY)), 200);
    CHECK_INT(raw_status(CALL("test.who", JSON "Cookie: snug_session=slow\r\n", EMPTY)), 429);
}

static void pages_of_other_origins_may_not_call(void)
{
    CHECK_INT(raw_status(CALL("test.cookie", JSON "Origin: http://h\r\n", EMPTY)), 200);
    CHECK_INT(raw_status(CALL("test.cookie", JSON "Origin: https://a.friend.example\r\n", EMPTY)),
              200);
    CHECK_INT(raw_status(CALL("test.cookie", JSON "Origin: http://evil.example\r\n", EMPTY)), 403);
    CHECK_INT(raw_status(CALL("test.cookie", JSON "Origin: null\r\n", EMPTY)), 403);
    CHECK_INT(raw_status(CALL("test.cookie", JSON "Origin:\r\n", EMPTY)), 403);
}

static void cookies_are_set_and_deleted(void)
{
    const char *answer = CALL("test.cookie", JSON, EMPTY);
    CU_ASSERT(strstr(answer, "Set-Cookie: snug_session=secret; Path=/; HttpOnly; "
                             "SameSite=Lax\r\n") != NULL);
    answer = CALL("test.cookie", JSON, "15\r\n\r\n{\"age\":2592000}");
    CU_ASSERT(strstr(answer, "SameSite=Lax; Max-Age=2592000\r\n") != NULL);
    answer = CALL("test.cookie", JSON, "10\r\n\r\n{\"age\":-1}");
    CU_ASSERT(strstr(answer, "snug_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0\r\n") !=
              NULL);
    CU_ASSERT(strstr(answer, "Cache-Control: no-store\r\n") != NULL);
}

/* The public side is TLS and no origin was configured: the page is the Host's own, and its cookie is for TLS alone. */
static void behind_a_proxy_that_ends_tls_pages_and_cookies_are_secure(void)
{
    const char *answer =
        CALL("test.cookie", JSON "X-Forwarded-Proto: https\r\nOrigin: https://h\r\n", EMPTY);
    CHECK_INT(raw_status(answer), 200);
    CU_ASSERT(strstr(answer, "HttpOnly; SameSite=Lax; Secure\r\n") != NULL);
    /* a page that somebody on the way changed: the same name without TLS */
    CHECK_INT(raw_status(CALL("test.cookie",
                              JSON "X-Forwarded-Proto: https\r\nOrigin: http://h\r\n", EMPTY)),
              403);
    CHECK_INT(raw_status(CALL("test.cookie",
                              JSON "X-Forwarded-Proto: https\r\nOrigin: https://x\r\n", EMPTY)),
              403);
    answer = CALL("test.cookie", JSON "X-Forwarded-Proto: http\r\n", EMPTY);
    CU_ASSERT(strstr(answer, "Secure") == NULL);
}

static void a_refusal_says_when_to_come_back(void)
{
    const char *answer = CALL("test.busy", JSON, EMPTY);
    CHECK_INT(raw_status(answer), 429);
    CU_ASSERT(strstr(answer, "Retry-After: 5\r\n") != NULL);
    CU_ASSERT(strstr(answer, "\"field\":\"text\",\"retry_ms\":4001}}") != NULL);
}

/* The answer that comes after the deadline finds nobody, and is freed (asan). */
static void a_method_has_a_deadline(void)
{
    int begun;
    CHECK_INT(raw_status(CALL("test.hold", JSON, EMPTY)), 503);
    CHECK_INT(queue_take(fake.begun, &begun, 1, 0), 1);
    reply_json(held, TEXT("{}"));
}

static void readiness_has_its_reasons(void)
{
    CHECK_INT(raw_status(ask("GET /readyz HTTP/1.1\r\n" H END)), 200);
    fake.not_ready = true;
    const char *answer = ask("GET /readyz HTTP/1.1\r\n" H END);
    CHECK_INT(raw_status(answer), 503);
    CU_ASSERT(strstr(answer, "\r\n\r\nthe disk is full\n") != NULL);
    fake.not_ready = false;
}

static void metrics_are_open_on_the_loopback_alone(void)
{
    CU_ASSERT(strstr(ask("GET /metrics HTTP/1.1\r\n" H END), "snug_http_requests_total") != NULL);
    /* Through a proxy on this machine anybody could come. */
    CHECK_INT(raw_status(ask("GET /metrics HTTP/1.1\r\n" H "X-Forwarded-Proto: https\r\n" END)),
              401);
    CHECK_INT(raw_status(ask("GET /metrics HTTP/1.1\r\n" H
                             "X-Forwarded-For: 203.0.113.9\r\nX-API-Key: the-api-key\r\n" END)),
              200);
    static const char *const all[] = {"127.0.0.1:0", "0.0.0.0:0"};
    struct http_options options = fake_options();
    options.listen = all;
    options.listen_count = 2;
    struct http *h = fake_open(&options);
    int port = http_port(h, 0);
    CU_ASSERT(port > 0 && http_port(h, 1) > 0 && port != http_port(h, 1));
    CHECK_INT(raw_status(raw_ask(port, "GET /metrics HTTP/1.1\r\n" H END)), 401);
    CHECK_INT(
        raw_status(raw_ask(port, "GET /metrics HTTP/1.1\r\n" H "X-API-Key: the-api-kex\r\n" END)),
        401);
    CHECK_INT(
        raw_status(raw_ask(port, "GET /metrics HTTP/1.1\r\n" H "X-API-Key: the-api-key\r\n" END)),
        200);
    CHECK_INT(raw_status(
                  raw_ask(port, "GET /metrics HTTP/1.1\r\n" H "Cookie: snug_session=good\r\n" END)),
              401);
    CHECK_INT(raw_status(raw_ask(port, "GET /metrics HTTP/1.1\r\n" H
                                       "Cookie: snug_session=admin\r\n" END)),
              200);
    http_stop(h);
}

static void an_address_in_use_is_an_error_with_its_name(void)
{
    char address[32], error[256];
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", fake.port);
    const char *const listen[] = {address};
    struct http_options options = fake_options();
    struct http *h = NULL;
    options.listen = listen;
    CHECK_INT(http_start(&options, &h, error), ERR_IO);
    CU_ASSERT(strstr(error, address) && strstr(error, "in use"));
    const char *const bad[] = {"8080"};
    options.listen = bad;
    CHECK_INT(http_start(&options, &h, error), ERR_BAD_REQUEST);
    CU_ASSERT(strstr(error, "8080") != NULL);
    CU_ASSERT_PTR_NULL(h);
}

/* Answers the held call once the port is closed: only then is http_stop under way. */
static void *answer_when_closed(void *port)
{
    int fd;
    while ((fd = raw_connect(*(int *)port)) >= 0)
        (void)close(fd);
    reply_json(held, TEXT("{\"late\":true}"));
    return NULL;
}

static void a_request_that_runs_is_answered_before_the_end(void)
{
    static char answer[RAW_ANSWER_MAX];
    struct http_options options = fake_options();
    options.call_deadline_ms = 25000;
    struct http *h = fake_open(&options);
    int port = http_port(h, 0), begun, fd = raw_connect(port);
    raw_say(fd, "POST /rpc/test.hold HTTP/1.1\r\n" H JSON "Content-Length: 2\r\n\r\n{}");
    CHECK_INT(queue_take(fake.begun, &begun, 1, env_monotonic_ms(&env_real) + 5000), 1);
    pthread_t thread;
    must(pthread_create(&thread, NULL, answer_when_closed, &port) == 0);
    http_stop(h);
    (void)pthread_join(thread, NULL);
    CU_ASSERT(raw_read_until(fd, NULL, answer));
    CU_ASSERT(strstr(answer, "{\"result\":{\"late\":true}}") != NULL);
    (void)close(fd);
}

/* ---- a client that never reads */

/* "/8": as many MiB. The client's socket takes some of it, the gate keeps the rest, up to 17 MiB. */
static void write_much(void *ctx, struct door_request *r)
{
    static char much[64 * MIB];
    (void)ctx;
    size_t len = (size_t)strtoul(r->path + 1, NULL, 10) * MIB;
    bool kept = door_write(r->conn, TEXT("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
                           (struct text){much, len});
    CHECK_INT(kept, len < sizeof much);
    door_end(r->conn);
}

static void a_client_that_does_not_read_holds_no_worker_and_not_the_door(void)
{
    struct door_options options = {.listen = "127.0.0.1:0",
                                   .listen_count = 1,
                                   .workers = 1,
                                   .head_timeout_ms = 5000,
                                   .keep_alive_timeout_ms = 500,
                                   .request = write_much};
    struct door *d;
    char error[256];
    must(door_start(&options, &d, error) == ERR_OK);
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        fds[i] = raw_connect(door_port(d, 0));
        raw_say(fds[i], i ? "GET /8 HTTP/1.1\r\n" H "\r\n" : "GET /64 HTTP/1.1\r\n" H "\r\n");
    }
    CHECK_INT(raw_status(raw_ask(door_port(d, 0), "GET /0 HTTP/1.1\r\n" H "\r\n")), 200);
    /* Who reads after all gets all of it. */
    static char some[65536];
    size_t seen = 0;
    for (ssize_t n; (n = recv(fds[1], some, sizeof some, 0)) > 0;)
        seen += (size_t)n;
    CHECK_INT(seen, ((size_t)8 << 20) + strlen("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
    long long at_ms = raw_now_ms();
    door_free(d);
    CU_ASSERT(raw_now_ms() - at_ms < 5000);
    for (size_t i = 0; i < 4; i++)
        (void)close(fds[i]);
}

static void stops(void)
{
    fake_stop();
    CHECK_INT(raw_connect(fake.port), -1);
}

UNIT("http/door", CASE(starts), CASE(what_can_be_read_in_two_ways_is_refused),
     CASE(more_headers_than_are_kept_are_refused), CASE(a_head_that_is_too_long_is_refused),
     CASE(other_methods_are_refused), CASE(an_old_client_needs_no_host),
     CASE(addresses_that_are_not_there_are_404), CASE(every_answer_has_the_headers_of_safety),
     CASE(head_is_get_without_the_body), CASE(pipelined_requests_are_all_answered_in_order),
     CASE(requests_may_come_byte_by_byte), CASE(bad_chunks_are_refused),
     CASE(a_body_may_have_one_mebibyte), CASE(a_client_that_waits_is_told_to_go_on),
     CASE(only_json_is_taken), CASE(who_calls_is_told_by_token_or_cookie),
     CASE(pages_of_other_origins_may_not_call), CASE(cookies_are_set_and_deleted),
     CASE(behind_a_proxy_that_ends_tls_pages_and_cookies_are_secure),
     CASE(a_refusal_says_when_to_come_back), CASE(a_method_has_a_deadline),
     CASE(readiness_has_its_reasons), CASE(metrics_are_open_on_the_loopback_alone),
     CASE(an_address_in_use_is_an_error_with_its_name),
     CASE(a_request_that_runs_is_answered_before_the_end),
     CASE(a_client_that_does_not_read_holds_no_worker_and_not_the_door), CASE(stops))
