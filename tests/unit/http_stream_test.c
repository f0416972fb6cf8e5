/* Guards: PROTOCOL.md, Transports other than WebSocket: a stream's head goes out and its socket leaves CivetWeb exactly
 * once; what cannot be one is refused completely; POST /emulation passes commands on as they came; pages of other origins
 * may do this where they are allowed, and only there. */
#include "fake_product.h"
#include "raw_http.h"

#define H "Host: h\r\n"
#define BYTES_TYPE "Content-Type: application/octet-stream\r\n"
#define JSON_TYPE "Content-Type: application/json\r\n"
#define COOKIE "Cookie: snug_session=good\r\n"
#define FRIEND "Origin: https://my.friend.example\r\n"
#define CONNECT "{\"id\":1,\"connect\":{}}"
#define CONNECT_URL "%7B%22id%22%3A1%2C%22connect%22%3A%7B%7D%7D"

static void starts(void)
{
    fake_start();
}

static bool take(struct http_upgrade *out)
{
    return queue_take(fake.upgrades, out, 1, env_monotonic_ms(&env_real) + RAW_DEADLINE_MS) == 1;
}

static void let_go(struct http_upgrade *u)
{
    (void)close(u->fd);
    ws_manager_unref(u->manager);
    http_pending_done(u->pending);
    http_place_leave(u->place);
    free((void *)u->early.data);
}

/* A POST with a body, as one request. */
static const char *post(const char *path, const char *lines, const char *body)
{
    static char request[16384];
    (void)snprintf(request, sizeof request,
                   "POST %s HTTP/1.1\r\n" H "Connection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
                   path, lines, strlen(body), body);
    return request;
}

static const char *asked(const char *request, int status)
{
    const char *answer = raw_ask(fake.port, request);
    if (raw_status(answer) != status)
        (void)printf("\n    request: %s\n    answer: %s\n", request, answer);
    CHECK_INT(raw_status(answer), status);
    return answer;
}

static void refused(const char *request, int status, const char *part)
{
    const char *answer = asked(request, status);
    if (!strstr(answer, part))
        (void)printf("\n    answer: %s\n", answer);
    CU_ASSERT(strstr(answer, part) != NULL);
    CU_ASSERT(strstr(answer, ".\n") != NULL); /* complete, and in words */
}

/* Sends, reads the head, and leaves the connection in *out_fd; the head is returned. */
static const char *opened(const char *request, int *out_fd, struct http_upgrade *out)
{
    static char answer[RAW_ANSWER_MAX];
    *out_fd = raw_connect(fake.port);
    raw_say(*out_fd, request);
    (void)raw_read_until(*out_fd, "\r\n\r\n", answer);
    if (raw_status(answer) != 200)
        (void)printf("\n    request: %s\n    answer: %s\n", request, answer);
    must(raw_status(answer) == 200 && take(out));
    return answer;
}

static void check_head(const char *answer, const char *type)
{
    char line[128];
    (void)snprintf(line, sizeof line, "Content-Type: %s\r\n", type);
    CU_ASSERT(strstr(answer, line) != NULL);
    CU_ASSERT(strstr(answer, "Cache-Control: no-store\r\n") != NULL);
    CU_ASSERT(strstr(answer, "X-Accel-Buffering: no\r\n") != NULL);
    CU_ASSERT(strstr(answer, "Connection: close\r\n") != NULL);
    CHECK_INT(raw_count(answer, "Content-Length"), 0);
    CHECK_INT(raw_count(answer, "Transfer-Encoding"), 0);
    CHECK_INT(raw_count(answer, "\r\n\r\n"), 1);
}

static void a_stream_of_lines_leaves_with_its_connect_command_and_its_manager(void)
{
    int fd;
    struct http_upgrade u;
    char got[8] = "";
    const char *answer = opened(
        post("/connection/http_stream", JSON_TYPE COOKIE "User-Agent: curl/8\r\n", CONNECT "\n"),
        &fd, &u);
    check_head(answer, "application/x-ndjson");
    CHECK_INT(raw_count(answer, "Access-Control"), 0);
    CU_ASSERT(form_is(u.form, (struct form){.encoding = ENCODING_JSON, .framing = FRAMING_LINES}));
    CU_ASSERT(text_is(u.early, TEXT(CONNECT "\n")));
    CHECK_INT(u.who.user_id, 7);
    CU_ASSERT_PTR_NOT_NULL_FATAL(u.manager);
    CU_ASSERT_PTR_NOT_NULL(u.pending);
    CHECK_TEXT(u.address, "127.0.0.1");
    CHECK_TEXT(u.client, "curl");
    raw_say(u.fd, "{}\n");
    CHECK_INT(recv(fd, got, 3, MSG_WAITALL), 3);
    CHECK_TEXT(got, "{}\n");
    let_go(&u);
    CHECK_INT(recv(fd, got, 1, 0), 0); /* the end of the stream is the end of the connection */
    (void)close(fd);
}

static void a_stream_of_events_takes_its_command_from_the_url(void)
{
    int fd;
    struct http_upgrade u;
    const char *answer = opened("GET /connection/sse?x=1&cf_connect=" CONNECT_URL " HTTP/1.1\r\n" H
                                "Accept: text/event-stream\r\n\r\n",
                                &fd, &u);
    check_head(answer, "text/event-stream");
    CU_ASSERT(form_is(u.form, (struct form){.encoding = ENCODING_JSON, .framing = FRAMING_EVENTS}));
    CU_ASSERT(text_is(u.early, TEXT(CONNECT)));
    CHECK_INT(u.who.user_id, 0);
    CU_ASSERT_PTR_NULL(u.manager);
    let_go(&u);
    (void)close(fd);
}

/* Also: a body in chunks, bytes behind it that are nobody's, parameters of the type. */
static void the_encoding_is_that_of_the_body(void)
{
    int fd;
    struct http_upgrade u;
    const char *answer =
        opened(post("/connection/http_stream", "Content-Type: application/octet-stream\r\n",
                    "\x04\x08\x01\x22"),
               &fd, &u);
    check_head(answer, "application/octet-stream");
    CU_ASSERT(
        form_is(u.form, (struct form){.encoding = ENCODING_PROTOBUF, .framing = FRAMING_LINES}));
    CHECK_INT(u.early.len, 4);
    let_go(&u);
    (void)close(fd);

    answer = opened("POST /connection/http_stream HTTP/1.1\r\n" H
                    "Content-Type: Application/JSON; charset=utf-8\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n"
                    "5\r\n{\"id\"\r\n10\r\n:1,\"connect\":{}}\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
                    &fd, &u);
    check_head(answer, "application/x-ndjson");
    CU_ASSERT(text_is(u.early, TEXT(CONNECT)));
    let_go(&u);
    (void)close(fd);
}

static void what_is_no_connect_is_refused_in_words(void)
{
    static const char *const bodies[] = {"",
                                         "\n",
                                         "{",
                                         "{}",
                                         "[]",
                                         "{\"id\":1,\"ping\":{}}",
                                         "{\"connect\":{}}",
                                         "\x04\x08",
                                         "connect",
                                         "{\"id\":1,\"connect\":{}"};
    int64_t before = metric_get(METRIC_upgrades_refused);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        refused(post("/connection/http_stream", JSON_TYPE COOKIE, bodies[i]), 400, "connect");
    refused(post("/connection/http_stream", "Content-Type: application/octet-stream\r\n", ""), 400,
            "connect");
    refused(post("/connection/http_stream", "", CONNECT), 415, "application/json");
    refused(post("/connection/http_stream", "Content-Type: text/plain\r\n", CONNECT), 415, "");
#define GET_SSE(query) "GET /connection/sse" query " HTTP/1.1\r\n" H "Connection: close\r\n\r\n"
    refused(GET_SSE(""), 400, "cf_connect is missing");
    refused(GET_SSE("?connect=1"), 400, "cf_connect is missing");
    refused(GET_SSE("?cf_connect="), 400, "connect");
    refused(GET_SSE("?cf_connect=%7B%22id"), 400, "connect");
    refused(GET_SSE("?cf_connect=%7B%7D"), 400, "connect");
    refused(GET_SSE("?cf_connect=%7"), 400, "cf_connect");
    refused(GET_SSE("?cf_connect=1&cf_connect=1"), 400, "cf_connect comes twice");
    CHECK_INT(metric_get(METRIC_upgrades_refused) - before, 20);
    refused("GET /connection/sse?cf_connect=" CONNECT_URL " HTTP/1.1\r\n" H
            "Connection: close\r\nContent-Length: 2\r\n\r\nhi",
            400, "without a body");
}

/* The limit of fake_options: 2,048 bytes. */
static void a_connect_command_may_be_as_long_as_a_message(void)
{
    static char body[4096], plus[4096], request[8192];
    int fd;
    struct http_upgrade u;
    (void)memset(plus, '+', sizeof plus - 1);
    for (size_t len = 2048; len <= 2049; len++) {
        int filler = (int)(len - strlen(CONNECT));
        (void)snprintf(body, sizeof body, "%s%*s", CONNECT, filler, "");
        CHECK_INT(strlen(body), len);
        (void)snprintf(request, sizeof request,
                       "GET /connection/sse?cf_connect=%s%.*s HTTP/1.1\r\n" H
                       "Connection: close\r\n\r\n",
                       CONNECT_URL, filler, plus);
        if (len > 2048) {
            refused(post("/connection/http_stream", JSON_TYPE, body), 413, "longer");
            refused(request, 413, "cf_connect is longer");
            continue;
        }
        (void)opened(post("/connection/http_stream", JSON_TYPE, body), &fd, &u);
        let_go(&u);
        (void)close(fd);
        (void)opened(request, &fd, &u);
        CHECK_INT(u.early.len, len);
        let_go(&u);
        (void)close(fd);
    }
}

static void methods_and_origins_are_checked(void)
{
    refused("GET /connection/http_stream HTTP/1.1\r\n" H "Connection: close\r\n\r\n", 405,
            "Allow: POST, OPTIONS\r\n");
    refused("GET /emulation HTTP/1.1\r\n" H "Connection: close\r\n\r\n", 405, "Allow: POST");
    refused(post("/connection/sse", JSON_TYPE, CONNECT), 405, "Allow: GET\r\n");
    (void)asked("HEAD /connection/sse?cf_connect=" CONNECT_URL " HTTP/1.1\r\n" H
                "Connection: close\r\n\r\n",
                405);
    refused(post("/connection/http_stream", JSON_TYPE "Origin: http://evil.example\r\n", CONNECT),
            403, "origin");
    refused(post("/emulation", JSON_TYPE "Origin: null\r\n", "{}"), 403, "origin");
    refused("GET /connection/sse?cf_connect=" CONNECT_URL " HTTP/1.1\r\n" H
            "Connection: close\r\nOrigin: http://evil.example\r\n\r\n",
            403, "origin");
    refused("OPTIONS /emulation HTTP/1.1\r\n" H
            "Connection: close\r\nOrigin: http://evil.example\r\n\r\n",
            403, "origin");
}

static void pages_of_allowed_origins_may_read_every_answer(void)
{
#define MAY_READ "Access-Control-Allow-Origin: https://my.friend.example\r\nVary: Origin\r\n"
    int fd;
    struct http_upgrade u;
    CU_ASSERT(strstr(opened(post("/connection/http_stream", JSON_TYPE FRIEND, CONNECT), &fd, &u),
                     MAY_READ) != NULL);
    let_go(&u);
    (void)close(fd);
    CU_ASSERT(
        strstr(opened("GET /connection/sse?cf_connect=" CONNECT_URL " HTTP/1.1\r\n" H FRIEND "\r\n",
                      &fd, &u),
               MAY_READ) != NULL);
    let_go(&u);
    (void)close(fd);
    refused(post("/connection/http_stream", JSON_TYPE FRIEND, "{"), 400, MAY_READ);
    refused(post("/emulation", JSON_TYPE FRIEND, "{}"), 400, MAY_READ);
    const char *answer =
        asked("OPTIONS /emulation HTTP/1.1\r\n" H FRIEND "Access-Control-Request-Method: POST\r\n"
              "Access-Control-Request-Headers: content-type\r\n"
              "Connection: close\r\n\r\n",
              204);
    CU_ASSERT(strstr(answer, MAY_READ) != NULL);
    CU_ASSERT(strstr(answer, "Access-Control-Allow-Methods: POST\r\n") != NULL);
    CU_ASSERT(strstr(answer, "Access-Control-Allow-Headers: content-type\r\n") != NULL);
    CHECK_INT(raw_count(answer, "Credentials"), 0);
    CHECK_INT(raw_count(answer, "Content-Length"), 0); /* RFC 9110 8.6 */
    (void)asked("OPTIONS /rpc/test.echo HTTP/1.1\r\n" H FRIEND "Connection: close\r\n\r\n", 405);
    (void)asked("OPTIONS /nowhere HTTP/1.1\r\n" H FRIEND "Connection: close\r\n\r\n", 405);
}

#define COMMANDS(session, data)                                                                    \
    "{\"session\":\"" session "\",\"node\":\"node-1\",\"data\":\"" data "\"}"

static void commands_are_passed_on_as_they_came(void)
{
    unsigned before = fake_commands.calls;
    const char *answer = asked(post("/emulation", JSON_TYPE,
                                    " {\"more\":[1],\"session\":\"s1\",\"node\":\"node-1\","
                                    "\"data\":\"{\\\"id\\\":2}\\n{}\"} "),
                               204);
    CHECK_INT(raw_count(answer, "Content-Length"), 0);
    CU_ASSERT(strstr(answer, "\r\n\r\n")[4] == 0);
    CHECK_TEXT(fake_commands.session, "s1");
    CHECK_TEXT(fake_commands.commands, "{\"id\":2}\n{}");
    answer = asked(post("/emulation", JSON_TYPE, COMMANDS("full", "{}")), 429);
    CU_ASSERT(strstr(answer, "Retry-After: 1\r\n") != NULL);
    refused(post("/emulation", JSON_TYPE, COMMANDS("closed", "{}")), 503, "");
    refused(post("/emulation", JSON_TYPE, COMMANDS("wrong", "{}")), 400, "session is not");
    CHECK_INT(fake_commands.calls - before, 4);
}

static void what_is_no_emulation_is_refused_by_the_field(void)
{
    static const struct {
        const char *body;
        int status;
        const char *part;
    } rows[] = {
        {"", 400, "must be a JSON object"},
        {"[]", 400, "must be a JSON object"},
        {"{", 400, "must be a JSON object"},
        {COMMANDS("s", "{}") "x", 400, "must be a JSON object"},
        {"{}", 400, "session is missing"},
        {"{\"session\":\"s\"}", 400, "node is missing"},
        {"{\"session\":\"s\",\"node\":\"node-1\"}", 400, "data is missing"},
        {COMMANDS("", "{}"), 400, "session is missing"},
        {COMMANDS("s", ""), 400, "data is missing"},
        {"{\"session\":7,\"node\":\"node-1\",\"data\":\"{}\"}", 400, "session must be a string"},
        {"{\"session\":\"s\",\"node\":null,\"data\":\"{}\"}", 400, "node must be a string"},
        {"{\"session\":\"s\",\"node\":\"node-1\",\"data\":{}}", 400, "data must be a string"},
        {"{\"session\":\"s\",\"session\":\"s\",\"node\":\"node-1\",\"data\":\"{}\"}", 400,
         "session comes twice"},
        {"{\"session\":\"s\",\"node\":\"node-2\",\"data\":\"{}\"}", 404, "node is not"},
    };
    unsigned before = fake_commands.calls;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused(post("/emulation", JSON_TYPE, rows[i].body), rows[i].status, rows[i].part);
    refused(post("/emulation", BYTES_TYPE, "x"), 400, "EmulationRequest");
    refused(post("/emulation", BYTES_TYPE, "\x0a\x06node-1\x12\x01s"), 400, "data is missing");
    refused(post("/emulation", BYTES_TYPE, "\x0a\x06node-1\x1a\x01x"), 400, "session is missing");
    refused(post("/emulation", BYTES_TYPE, "\x0a\x06node-2\x12\x01s\x1a\x01x"), 404, "node is not");
    refused(post("/emulation", "Content-Type: text/plain\r\n", "x"), 415, "");
    refused(post("/emulation", "", COMMANDS("s", "{}")), 415, "");
    CHECK_INT(fake_commands.calls - before, 0);
}

static void commands_may_come_in_protobuf(void)
{
    (void)asked(post("/emulation", BYTES_TYPE,
                     "\x0a\x06node-1\x12\x03key\x1a\x02"
                     "ab"),
                204);
    CHECK_TEXT(fake_commands.session, "key");
    CHECK_TEXT(fake_commands.commands, "ab");
}

/* 2,048 bytes of commands, of which each may need two in a JSON string; 256 of a name. */
static void commands_may_be_as_long_as_a_message(void)
{
    static char quotes[4099], name[258], body[8192];
    for (size_t i = 0; i + 1 < sizeof quotes; i++)
        quotes[i] = i % 2 ? '"' : '\\';
    (void)memset(name, 'x', sizeof name - 1);
    static const char form[] = "{\"session\":\"%.*s\",\"node\":\"node-1\",\"data\":\"%.*s\"}";
    (void)snprintf(body, sizeof body, form, 256, name, 2 * 2048, quotes);
    (void)asked(post("/emulation", JSON_TYPE, body), 204);
    CHECK_INT(strlen(fake_commands.commands), 2048);
    CHECK_INT(strlen(fake_commands.session), 256);
    (void)snprintf(body, sizeof body, form, 256, name, 2 * 2049, quotes);
    refused(post("/emulation", JSON_TYPE, body), 413, "data is too long");
    (void)snprintf(body, sizeof body, form, 257, name, 2, quotes);
    refused(post("/emulation", JSON_TYPE, body), 413, "session is too long");
    (void)snprintf(body, sizeof body, "%s%*s", COMMANDS("s", "{}"), 6000, "");
    refused(post("/emulation", JSON_TYPE, body), 413, "longer");
}

static const char *elsewhere(struct http *h, const char *request)
{
    return raw_ask(http_port(h, 0), request);
}

static void what_is_switched_off_is_not_there(void)
{
    static const char sse[] =
        "GET /connection/sse?cf_connect=" CONNECT_URL " HTTP/1.1\r\n" H "Connection: close\r\n\r\n";
    struct http_options options = fake_options();
    options.sse = options.http_stream = false;
    struct http *h = fake_open(&options);
    CHECK_INT(raw_status(elsewhere(h, post("/connection/http_stream", JSON_TYPE, CONNECT))), 404);
    CHECK_INT(raw_status(elsewhere(h, sse)), 404);
    CHECK_INT(raw_status(elsewhere(h, post("/emulation", JSON_TYPE, COMMANDS("s", "{}")))), 404);
    http_stop(h);
    options.http_stream = true; /* commands come for either */
    h = fake_open(&options);
    CHECK_INT(raw_status(elsewhere(h, sse)), 404);
    CHECK_INT(raw_status(elsewhere(h, post("/emulation", JSON_TYPE, COMMANDS("s", "{}")))), 204);
    http_stop(h);
}

static void streams_count_as_connections_that_wait(void)
{
    enum { PLACES = 3 }; /* fake_options */
    struct http_upgrade u[PLACES];
    int fds[PLACES];
    for (int i = 0; i < PLACES; i++)
        (void)opened(post("/connection/http_stream", JSON_TYPE, CONNECT), &fds[i], &u[i]);
    refused(post("/connection/http_stream", JSON_TYPE, CONNECT), 503, "Retry-After: 5\r\n");
    for (int i = 0; i < PLACES; i++) {
        let_go(&u[i]);
        (void)close(fds[i]);
    }
    struct level_state level = {0};
    struct http_options options = fake_options();
    options.level = &level;
    struct http *h = fake_open(&options);
    level_report(&level, REASON_memory, true, 0);
    CHECK_INT(raw_status(elsewhere(h, post("/connection/http_stream", JSON_TYPE, CONNECT))), 503);
    http_stop(h);
}

static void stops(void)
{
    fake_stop();
}

UNIT("http/stream", CASE(starts),
     CASE(a_stream_of_lines_leaves_with_its_connect_command_and_its_manager),
     CASE(a_stream_of_events_takes_its_command_from_the_url),
     CASE(the_encoding_is_that_of_the_body), CASE(what_is_no_connect_is_refused_in_words),
     CASE(a_connect_command_may_be_as_long_as_a_message), CASE(methods_and_origins_are_checked),
     CASE(pages_of_allowed_origins_may_read_every_answer),
     CASE(commands_are_passed_on_as_they_came), CASE(what_is_no_emulation_is_refused_by_the_field),
     CASE(commands_may_come_in_protobuf), CASE(commands_may_be_as_long_as_a_message),
     CASE(what_is_switched_off_is_not_there), CASE(streams_count_as_connections_that_wait),
     CASE(stops))
