/* Guards: a document comes whole or not at all, within its time and its size, and only from where http and https lead. */
#include "net/fetch.h"

#include "http_stub.h"
#include "unit.h"

#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n"

static char why[FETCH_WHY_SIZE];
static char came[2000];

static enum err get(const char *url, size_t cap, int64_t deadline_ms)
{
    struct fetch_options o = {
        .url = url, .deadline_ms = deadline_ms, .accept = "application/jwk-set+json"};
    struct buf body;
    role_enter(&role_task);
    buf_init(&body, cap);
    enum err e = fetch_get(&o, &body, why);
    (void)text_copy(came, sizeof came, buf_text(&body));
    buf_fini(&body);
    role_leave(&role_task);
    CHECK_INT(why[0] == 0, e == ERR_OK);
    return e;
}

static void the_body_comes_whole(void)
{
    struct http_stub *s = http_stub_start(HEAD "Content-Length: 5\r\n\r\nhello");
    CHECK_INT(get(http_stub_url(s, "/keys?a=1"), 5, 3000), ERR_OK);
    CHECK_TEXT(came, "hello");
    CU_ASSERT_PTR_NOT_NULL(strstr(s->head, "GET /keys?a=1 HTTP/1.1\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s->head, "Accept: application/jwk-set+json\r\n"));
    CHECK_INT(get(http_stub_url(s, "/"), 4, 3000), ERR_LIMIT); /* 5 > 4 */
    atomic_store(&s->answer,
                 HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    CHECK_INT(get(http_stub_url(s, "/"), 5, 3000), ERR_OK);
    CHECK_TEXT(came, "abcde");
    atomic_store(&s->answer, HEAD "Content-Length: 9\r\n\r\nhello");
    CHECK_INT(get(http_stub_url(s, "/"), 100, 3000), ERR_IO); /* cut */
    http_stub_stop(s);
}

static void another_status_is_an_error(void)
{
    struct http_stub *s = http_stub_start("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}");
    CHECK_INT(get(http_stub_url(s, "/"), 100, 3000), ERR_IO);
    CHECK_TEXT(why, "The answer is 404.");
    atomic_store(&s->answer, "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK_INT(get(http_stub_url(s, "/"), 100, 3000), ERR_IO);
    atomic_store(&s->answer, "no HTTP\r\n\r\n");
    CHECK_INT(get(http_stub_url(s, "/"), 100, 3000), ERR_IO);
    http_stub_stop(s);
}

static void redirects_are_few_and_stay_in_http(void)
{
    struct http_stub *s = http_stub_start("HTTP/1.1 302 Found\r\nLocation: /again\r\n"
                                          "Content-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK_INT(get(http_stub_url(s, "/"), 100, 3000), ERR_IO);
    CHECK_INT(atomic_load(&s->requests), 4); /* the first and three more */
    atomic_store(&s->answer, "HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\n"
                             "Content-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK_INT(get(http_stub_url(s, "/"), 100, 3000), ERR_IO);
    http_stub_stop(s);
}

static void only_http_and_https_are_asked(void)
{
    static const char *const bad[] = {
        "",        "keys.json", "file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
        "http://",

        "https//a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(fetch_can(bad[i]), false);
        CHECK_INT(get(bad[i], 100, 1000), ERR_IO);
    }
    CHECK_INT(fetch_can("https://id.example/keys"), true);
    CHECK_INT(fetch_can("HTTP://[::1]:8080/keys?a=b"), true);
}

/* 200 ms are over before the answer, which never comes. */
static void a_silent_server_costs_no_more_than_the_deadline(void)
{
    struct http_stub *s = http_stub_start(NULL);
    long long began_ms = raw_now_ms();
    CHECK_INT(get(http_stub_url(s, "/"), 100, 200), ERR_TIMEOUT);
    long long took_ms = raw_now_ms() - began_ms;
    CU_ASSERT_TRUE(took_ms >= 150 && took_ms < 3000);
    int port = s->port;
    http_stub_stop(s);
    char url[60];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    CHECK_INT(get(url, 100, 1000), ERR_IO); /* nobody there */
}

static void stopping_ends_it_early(void)
{
    struct http_stub *s = http_stub_start(NULL);
    atomic_bool stop = true;
    struct fetch_options o = {.url = http_stub_url(s, "/"), .deadline_ms = 20000, .stop = &stop};
    struct buf body;
    role_enter(&role_task);
    buf_init(&body, 100);
    long long began_ms = raw_now_ms();
    CHECK_INT(fetch_get(&o, &body, why), ERR_CLOSED);
    CU_ASSERT_TRUE(raw_now_ms() - began_ms < 3000);
    buf_fini(&body);
    role_leave(&role_task);
    http_stub_stop(s);
}

UNIT("net/fetch", CASE(the_body_comes_whole), CASE(another_status_is_an_error),
     CASE(redirects_are_few_and_stay_in_http), CASE(only_http_and_https_are_asked),
     CASE(a_silent_server_costs_no_more_than_the_deadline), CASE(stopping_ends_it_early))
