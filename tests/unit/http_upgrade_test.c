/* Guards: PROTOCOL.md, How strict: Upgrade; S41; the hand-over of CIVETWEB.md: a socket leaves CivetWeb exactly once,
 * with the bytes that came early, and no descriptor is left. */
#include "base/future.h"
#include "fake_product.h"
#include "raw_http.h"

#include <dirent.h>

#define START "GET /connection/websocket HTTP/1.1\r\nHost: h\r\n"
#define ASKS "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"
#define GOOD START ASKS KEY V13
#define COOKIE "Cookie: snug_session=good\r\n"

static unsigned count_descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d)) /* NOLINT(concurrency-mt-unsafe): nobody else has d */
        n++;
    if (d)
        (void)closedir(d);
    return n;
}

static unsigned descriptors_at_start;

static void starts(void)
{
    fake_start();
    descriptors_at_start = count_descriptors(); /* nobody has connected yet */
}

/* Takes the next upgrade; false: none came. The early bytes are the caller's to free. */
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

static void refused(const char *request, int status, const char *header)
{
    const char *answer = raw_ask(fake.port, request);
    if (raw_status(answer) != status)
        (void)printf("\n    request: %s\n    answer: %s\n", request, answer);
    CHECK_INT(raw_status(answer), status);
    CU_ASSERT(strstr(answer, header) != NULL);
    CU_ASSERT(strstr(answer, ".\n") != NULL); /* complete, and in words */
}

static void what_is_no_upgrade_is_refused_completely(void)
{
    int64_t before = metric_get(METRIC_upgrades_refused);
    refused(START "\r\n", 426, "Upgrade: websocket\r\n");
    refused(START "Connection: Upgrade\r\n" KEY V13 "\r\n", 426, "");
    refused(START "Upgrade: h2c\r\nConnection: Upgrade\r\n" KEY V13 "\r\n", 426, "");
    refused(START "Upgrade: websocket\r\n" KEY V13 "\r\n", 400, "");
    refused(START "Upgrade: websocket\r\nConnection: keep-alive\r\n" KEY V13 "\r\n", 400, "");
    refused(START ASKS KEY "\r\n", 426, "Sec-WebSocket-Version: 13\r\n");
    refused(START ASKS KEY "Sec-WebSocket-Version: 12\r\n\r\n", 426, "");
    refused(START ASKS KEY "Sec-WebSocket-Version: 013\r\n\r\n", 426, "");
    refused(START ASKS KEY "Sec-WebSocket-Version: 13, 8\r\n\r\n", 426, "");
    refused(START ASKS KEY V13 V13 "\r\n", 426, "");
    refused(START ASKS V13 "\r\n", 400, "");
    refused(START ASKS KEY KEY V13 "\r\n", 400, "");
    refused(START ASKS "Sec-WebSocket-Key: short\r\n" V13 "\r\n", 400, "");
    refused(START ASKS "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n" V13 "\r\n", 400, "");
    refused(GOOD "Content-Length: 5\r\n\r\nhello", 400, "");
    refused(GOOD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "");
    refused("GET /connection/websocket HTTP/1.0\r\nHost: h\r\n" ASKS KEY V13 "\r\n", 400, "");
    refused("POST /connection/websocket HTTP/1.1\r\nHost: h\r\n" ASKS KEY V13 "\r\n", 405,
            "Allow: GET");
    refused(GOOD "Origin: http://evil.example\r\n\r\n", 403, "");
    refused(GOOD "Origin: null\r\n\r\n", 403, "");
    refused(GOOD "Cookie: snug_session=slow\r\n\r\n", 503, "Retry-After: ");
    CHECK_INT(metric_get(METRIC_upgrades_refused) - before, 20); /* all but the method */
}

/* Sends, reads the 101, and leaves the connection in *out_fd; its answer is returned. */
static const char *opened(const char *request, int *out_fd, struct http_upgrade *out)
{
    static char answer[RAW_ANSWER_MAX];
    *out_fd = raw_connect(fake.port);
    raw_say(*out_fd, request);
    (void)raw_read_until(*out_fd, "\r\n\r\n", answer);
    if (raw_status(answer) != 101)
        (void)printf("\n    request: %s\n    answer: %s\n", request, answer);
    must(raw_status(answer) == 101 && take(out));
    return answer;
}

static void a_good_cookie_brings_its_manager(void)
{
    int fd;
    struct http_upgrade u;
    const char *answer =
        opened(GOOD COOKIE "User-Agent: curl/8\r\nOrigin: http://h\r\n\r\n", &fd, &u);
    CU_ASSERT(strstr(answer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != NULL);
    CU_ASSERT(strstr(answer, "Sec-WebSocket-Protocol") == NULL);
    CHECK_INT(u.who.user_id, 7);
    CHECK_INT(u.who.session_id, 70);
    CU_ASSERT_PTR_NOT_NULL_FATAL(u.manager);
    CU_ASSERT(text_is(ws_manager_user(u.manager), TEXT("7")));
    CU_ASSERT_PTR_NOT_NULL(u.pending);
    CHECK_TEXT(u.address, "127.0.0.1");
    CHECK_TEXT(u.client, "curl");
    CU_ASSERT(!u.secure && !u.ssl);
    CHECK_INT(u.early.len, 0);
    let_go(&u);
    (void)close(fd);
}

static void subprotocols_are_chosen_from_several_headers(void)
{
    static const struct {
        const char *offer;
        const char *chosen; /* NULL: none */
        enum encoding encoding;
    } rows[] = {
        {"Sec-WebSocket-Protocol: centrifuge-json\r\n", "centrifuge-json", ENCODING_JSON},
        {"Sec-WebSocket-Protocol: a, centrifuge-json\r\n", "centrifuge-json", ENCODING_JSON},
        {"Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: centrifuge-json\r\n",
         "centrifuge-json", ENCODING_JSON},
        {"Sec-WebSocket-Protocol: centrifuge-protobuf\r\n", "centrifuge-protobuf",
         ENCODING_PROTOBUF},
        {"Sec-WebSocket-Protocol: xcentrifuge-json\r\n", NULL, ENCODING_JSON},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char request[512];
        int fd;
        struct http_upgrade u;
        (void)snprintf(request, sizeof request, GOOD COOKIE "%s\r\n", rows[i].offer);
        const char *answer = opened(request, &fd, &u);
        char wanted[80];
        (void)snprintf(wanted, sizeof wanted, "Sec-WebSocket-Protocol: %s\r\n",
                       rows[i].chosen ? rows[i].chosen : "-");
        CHECK_INT(strstr(answer, wanted) != NULL, rows[i].chosen != NULL);
        CHECK_INT(raw_count(answer, "Sec-WebSocket-Protocol"), rows[i].chosen != NULL);
        CHECK_INT(u.form.encoding, rows[i].encoding);
        let_go(&u);
        (void)close(fd);
    }
}

#define OFFERS "Sec-WebSocket-Extensions: "
#define LEAN OFFERS "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

static void deflate_is_chosen_from_several_headers(void)
{
    static const struct {
        const char *offer, *answer;
        unsigned bits;
    } rows[] = {
        {"", NULL, 0},
        {OFFERS "\r\n", NULL, 0},
        {OFFERS "permessage-deflate; odd\r\n", NULL, 0},
        {OFFERS "permessage-deflate; server_max_window_bits=08\r\n", NULL, 0},
        {OFFERS "permessage-deflate\r\n", LEAN "\r\n", 15},
        {OFFERS "permessage-deflate; client_max_window_bits\r\n", LEAN "\r\n", 15},
        {OFFERS "x, permessage-deflate; odd\r\n" OFFERS
                "permessage-deflate; server_max_window_bits=10, permessage-deflate\r\n",
         LEAN "; server_max_window_bits=10\r\n", 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char request[512];
        int fd;
        struct http_upgrade u;
        (void)snprintf(request, sizeof request, GOOD COOKIE "%s\r\n", rows[i].offer);
        const char *answer = opened(request, &fd, &u);
        CHECK_INT(raw_count(answer, "Sec-WebSocket-Extensions"), rows[i].answer != NULL);
        CU_ASSERT(!rows[i].answer || strstr(answer, rows[i].answer) != NULL);
        CHECK_INT(u.deflate.server_bits, rows[i].bits);
        CU_ASSERT(!u.deflate.client_takeover);
        let_go(&u);
        (void)close(fd);
    }
}

/* Also: several Connection headers, names and tokens in any case. */
static void bytes_in_the_same_segment_come_along(void)
{
    int fd;
    char got[8] = "";
    struct http_upgrade u;
    (void)opened(
        START
        "UPGRADE: WebSocket\r\nconnection: keep-alive\r\nConnection: x, UPGRADE\r\n" KEY V13 COOKIE
        "\r\nfirst bytes",
        &fd, &u);
    CHECK_INT(u.early.len, 11);
    CU_ASSERT(text_is(u.early, TEXT("first bytes")));
    raw_say(u.fd, "back"); /* the descriptor is ours, in both directions */
    CHECK_INT(recv(fd, got, 4, MSG_WAITALL), 4);
    CHECK_TEXT(got, "back");
    raw_say(fd, "later");
    struct pollfd p = {.fd = u.fd, .events = POLLIN};
    CHECK_INT(poll(&p, 1, RAW_DEADLINE_MS), 1);
    CHECK_INT(recv(u.fd, got, 5, 0), 5); /* not read by CivetWeb meanwhile */
    let_go(&u);
    CHECK_INT(recv(fd, got, 1, 0), 0);
    (void)close(fd);
}

static void strangers_get_a_few_places_without_rights(void)
{
    enum { PLACES = 3 }; /* fake_options */
    struct http_upgrade u[PLACES];
    int fds[PLACES];
    static const char *const requests[PLACES] = {GOOD "\r\n",
                                                 GOOD "Cookie: snug_session=bad\r\n\r\n",
                                                 GOOD "Cookie: snug_session=old\r\n\r\n"};
    for (int i = 0; i < PLACES; i++) {
        (void)opened(requests[i], &fds[i], &u[i]);
        CHECK_INT(u[i].who.user_id, 0);
        CU_ASSERT_PTR_NULL(u[i].manager);
        CU_ASSERT_PTR_NOT_NULL(u[i].pending);
    }
    refused(GOOD "\r\n", 503, "Retry-After: ");
    int fd;
    struct http_upgrade known;
    (void)opened(GOOD COOKIE "\r\n", &fd, &known); /* who is known has places of their own */
    let_go(&known);
    (void)close(fd);
    let_go(&u[0]);
    (void)close(fds[0]);
    (void)opened(GOOD "\r\n", &fds[0], &u[0]);
    for (int i = 0; i < PLACES; i++) {
        let_go(&u[i]);
        (void)close(fds[i]);
    }
}

/* A person's connections are limited from the connect on; what does not connect is limited here. */
static void people_cannot_open_sockets_that_never_connect(void)
{
    enum { PLACES = 3 };
    struct http_upgrade u[PLACES];
    int fds[PLACES];
    for (int i = 0; i < PLACES; i++)
        (void)opened(GOOD COOKIE "\r\n", &fds[i], &u[i]);
    refused(GOOD COOKIE "\r\n", 503, "Retry-After: ");
    u[0].pending = http_pending_done(u[0].pending); /* it says connect */
    let_go(&u[0]);
    (void)close(fds[0]);
    (void)opened(GOOD COOKIE "\r\n", &fds[0], &u[0]);
    for (int i = 0; i < PLACES; i++) {
        let_go(&u[i]);
        (void)close(fds[i]);
    }
}

static void no_descriptor_is_left_behind(void)
{
    for (int i = 0; i < 300; i++) {
        int fd;
        struct http_upgrade u;
        (void)opened(i % 2 ? GOOD COOKIE "\r\n" : GOOD "\r\nxyz", &fd, &u);
        let_go(&u);
        (void)close(fd);
    }
    for (int i = 0; i < 50; i++)
        (void)raw_ask(fake.port, "GET /nowhere HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    /* CivetWeb closes what is its own on its workers, a moment after the answer. */
    long long deadline_ms = raw_now_ms() + RAW_DEADLINE_MS;
    while (count_descriptors() > descriptors_at_start && raw_now_ms() < deadline_ms)
        (void)poll(NULL, 0, 5);
    CHECK_INT(count_descriptors(), descriptors_at_start);
}

/* The status of an upgrade at that door; 101: it is in *out, else that is empty. */
static int comes(struct http *h, const char *request, int *out_fd, struct http_upgrade *out)
{
    static char answer[RAW_ANSWER_MAX];
    *out = (struct http_upgrade){.fd = -1};
    *out_fd = raw_connect(http_port(h, 0));
    raw_say(*out_fd, request);
    (void)raw_read_until(*out_fd, "\r\n\r\n", answer);
    must(raw_status(answer) != 101 || take(out));
    return raw_status(answer);
}

static void too_many_connections_are_told_to_come_back(void)
{
    int fd, other;
    struct http_upgrade u, second;
    struct http_options options = fake_options();
    options.connections_max = 2;
    struct http *h = fake_open(&options);
    int64_t refused_before = metric_get(METRIC_refused_connections);
    CHECK_INT(comes(h, GOOD COOKIE "\r\n", &fd, &u), 101);
    CHECK_INT(comes(h, GOOD COOKIE "\r\n", &other, &second), 101);
    const char *answer = raw_ask(http_port(h, 0), GOOD COOKIE "\r\n");
    CHECK_INT(raw_status(answer), 503);
    CU_ASSERT(strstr(answer, "Retry-After: 5\r\n") != NULL);
    CHECK_INT(metric_get(METRIC_refused_connections) - refused_before, 1);
    let_go(&second);
    (void)close(other);
    CHECK_INT(comes(h, GOOD COOKIE "\r\n", &other, &second), 101);
    let_go(&u);
    let_go(&second);
    (void)close(fd);
    (void)close(other);
    http_stop(h);
}

static void a_level_of_the_server_lets_nobody_in(void)
{
    int fd;
    struct http_upgrade u;
    struct level_state level = {0};
    struct http_options options = fake_options();
    options.level = &level;
    struct http *h = fake_open(&options);
    level_report(&level, REASON_disk_full, true, 0); /* reading is what a connection can do */
    CHECK_INT(comes(h, GOOD "\r\n", &fd, &u), 101);
    let_go(&u);
    (void)close(fd);
    level_report(&level, REASON_memory, true, 0);
    const char *answer = raw_ask(http_port(h, 0), GOOD "\r\n");
    CHECK_INT(raw_status(answer), 503);
    CU_ASSERT(strstr(answer, "Retry-After: 5\r\n") != NULL);
    CU_ASSERT(strstr(answer, "\r\n\r\nMemory is short") != NULL);
    http_stop(h);
}

/* The sockets belong to somebody else: the end of the door does not touch them, and places may come back later. */
static void sockets_and_places_outlive_the_door(void)
{
    int fd;
    char got[4] = "";
    struct http_upgrade u;
    struct http_options options = fake_options();
    struct http *h = fake_open(&options);
    fd = raw_connect(http_port(h, 0));
    raw_say(fd, GOOD "\r\n");
    CU_ASSERT_FATAL(take(&u));
    http_stop(h);
    raw_say(u.fd, "on");
    static char answer[RAW_ANSWER_MAX];
    CU_ASSERT(!raw_read_until(fd, "\r\n\r\non", answer));
    raw_say(fd, "yes");
    CHECK_INT(recv(u.fd, got, 3, MSG_WAITALL), 3);
    let_go(&u);
    (void)close(fd);
}

/* ---- an availability check that hangs */

static struct future *let_go_of_check, *check_runs;

static enum err hanging_check(void *ctx, int64_t deadline_ms)
{
    (void)ctx;
    void *nothing;
    (void)future_fulfil(check_runs, ERR_OK, NULL);
    return future_take(let_go_of_check, deadline_ms, &nothing);
}

static void a_check_that_hangs_does_not_keep_the_door_from_closing(void)
{
    void *nothing;
    let_go_of_check = future_new(NULL);
    check_runs = future_new(NULL);
    struct ws_registry_options ro = {.env = &env_real,
                                     .tasks = fake.tasks,
                                     .idle_ms = 1000,
                                     .deadline_ms = 20000,
                                     .available = hanging_check};
    struct http_options options = fake_options();
    struct ws_registry *registry;
    must(ws_registry_new(&ro, &registry) == ERR_OK);
    options.registry = registry;
    options.call_deadline_ms = 20000;
    struct http *h = fake_open(&options);
    int fd = raw_connect(http_port(h, 0));
    raw_say(fd, GOOD COOKIE "\r\n");
    CHECK_INT(future_take(check_runs, env_monotonic_ms(&env_real) + 5000, &nothing), ERR_OK);
    long long at_ms = raw_now_ms();
    http_stop(h);
    CU_ASSERT(raw_now_ms() - at_ms < 4000);
    static char answer[RAW_ANSWER_MAX];
    CU_ASSERT(raw_read_until(fd, NULL, answer));
    CHECK_INT(raw_status(answer), 503); /* it was told all the same */
    (void)close(fd);
    (void)future_fulfil(let_go_of_check, ERR_OK, NULL);
    ws_registry_free(registry);
    future_unref(let_go_of_check);
    future_unref(check_runs);
}

static void stops(void)
{
    fake_stop();
}

UNIT("http/upgrade", CASE(starts), CASE(what_is_no_upgrade_is_refused_completely),
     CASE(a_good_cookie_brings_its_manager), CASE(subprotocols_are_chosen_from_several_headers),
     CASE(deflate_is_chosen_from_several_headers), CASE(bytes_in_the_same_segment_come_along),
     CASE(strangers_get_a_few_places_without_rights),
     CASE(people_cannot_open_sockets_that_never_connect), CASE(no_descriptor_is_left_behind),
     CASE(too_many_connections_are_told_to_come_back), CASE(a_level_of_the_server_lets_nobody_in),
     CASE(sockets_and_places_outlive_the_door),
     CASE(a_check_that_hangs_does_not_keep_the_door_from_closing), CASE(stops))
