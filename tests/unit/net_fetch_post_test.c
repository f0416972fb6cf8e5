/* Guards: a POST brings its headers and its body and takes back a status, whatever that is; it follows nobody; and where somebody
 * named it to, it goes to public addresses by https alone, under whatever name. */
#include "net/fetch.h"

#include "fault.h"
#include "http_stub.h"
#include "unit.h"

#define ANSWER(status, more)                                                                       \
    "HTTP/1.1 " status "\r\nConnection: close\r\n" more "Content-Length: 0\r\n\r\n"

static char why[FETCH_WHY_SIZE];
static struct fetch_answer answer;

static enum err post_to(const char *url, bool anywhere, int64_t deadline_ms)
{
    static const char *const headers[] = {"TTL: 60", "Content-Encoding: aes128gcm", NULL};
    struct fetch_post p = {.url = url,
                           .headers = headers,
                           .body = {"a\0b", 3},
                           .deadline_ms = deadline_ms,
                           .anywhere = anywhere};
    answer = (struct fetch_answer){0};
    role_enter(&role_task);
    enum err e = fetch_post(&p, &answer, why);
    role_leave(&role_task);
    CHECK_INT(why[0] == 0, e == ERR_OK);
    return e;
}

static void headers_and_body_go_and_a_status_comes(void)
{
    struct http_stub *s = http_stub_start(ANSWER("201 Created", ""));
    CHECK_INT(post_to(http_stub_url(s, "/push/abc?x=1"), true, 3000), ERR_OK);
    CHECK_INT(answer.status, 201);
    CHECK_INT(answer.retry_after_s, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(s->head, "POST /push/abc?x=1 HTTP/1.1\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s->head, "\r\nTTL: 60\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s->head, "\r\nContent-Encoding: aes128gcm\r\n"));
    CU_ASSERT_PTR_NULL(strstr(s->head, "Content-Type"));
    CU_ASSERT_PTR_NULL(strstr(s->head, "Expect"));
    CHECK_INT(s->body_len, 3);
    CHECK_INT(memcmp(s->body, "a\0b", 3), 0);
    http_stub_stop(s);
}

static void every_status_is_an_answer_and_a_redirect_is_not_followed(void)
{
    struct http_stub *s = http_stub_start(ANSWER("429 Too Many Requests", "Retry-After: 17\r\n"));
    CHECK_INT(post_to(http_stub_url(s, "/"), true, 3000), ERR_OK);
    CHECK_INT(answer.status, 429);
    CHECK_INT(answer.retry_after_s, 17);
    atomic_store(&s->answer, ANSWER("503 Busy", "Retry-After: nonsense\r\n"));
    CHECK_INT(post_to(http_stub_url(s, "/"), true, 3000), ERR_OK);
    CHECK_INT(answer.status, 503);
    CHECK_INT(answer.retry_after_s, 0);
    atomic_store(&s->answer, ANSWER("410 Gone", ""));
    CHECK_INT(post_to(http_stub_url(s, "/"), true, 3000), ERR_OK);
    CHECK_INT(answer.status, 410);
    unsigned before = atomic_load(&s->requests);
    atomic_store(&s->answer, ANSWER("302 Found", "Location: /again\r\n"));
    CHECK_INT(post_to(http_stub_url(s, "/"), true, 3000), ERR_OK);
    CHECK_INT(answer.status, 302);
    CHECK_INT(atomic_load(&s->requests), before + 1);
    atomic_store(&s->answer, "no HTTP\r\n\r\n");
    CHECK_INT(post_to(http_stub_url(s, "/"), true, 3000), ERR_IO);
    CHECK_INT(answer.status, 0);
    http_stub_stop(s);
}

/* 64 KiB of an answer are read, and its status counts all the same. */
static void a_long_answer_is_not_read_to_its_end(void)
{
    static char text[200000];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 400 Bad\r\nConnection: close\r\nContent-Length: 150000\r\n\r\n");
    memset(text + n, 'x', 150000);
    struct http_stub *s = http_stub_start(text);
    CHECK_INT(post_to(http_stub_url(s, "/"), true, 3000), ERR_OK);
    CHECK_INT(answer.status, 400);
    http_stub_stop(s);
}

static void what_somebody_named_leads_to_public_addresses_by_https_alone(void)
{
    struct http_stub *s = http_stub_start(ANSWER("201 Created", ""));
    static const char *const hosts[] = {
        "127.0.0.1", "localhost", "2130706433", "0x7f.1",
        "127.1",     "0.0.0.0",   "[::1]",      "[::ffff:127.0.0.1]"};
    char url[100];
    CHECK_INT(post_to(http_stub_url(s, "/"), false, 3000), ERR_DENIED);
    CHECK_TEXT(why, "This is not an https URL.");
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stub asks for no variable
    (void)setenv("https_proxy", http_stub_url(s, ""), 1); /* would take it anywhere */
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        (void)snprintf(url, sizeof url, "https://%s:%d/", hosts[i], s->port);
        CHECK_INT(post_to(url, false, 3000), ERR_DENIED);
        CHECK_TEXT(why, "The address is not a public one.");
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): as above
    (void)unsetenv("https_proxy");
    CHECK_INT(atomic_load(&s->requests), 0);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/", s->port);
    CHECK_INT(post_to(url, true, 200), ERR_TIMEOUT); /* it goes there, where nobody speaks TLS */
    http_stub_stop(s);
}

static void a_silent_service_costs_no_more_than_the_deadline_and_stopping_less(void)
{
    struct http_stub *s = http_stub_start(NULL);
    long long began_ms = raw_now_ms();
    CHECK_INT(post_to(http_stub_url(s, "/"), true, 200), ERR_TIMEOUT);
    long long took_ms = raw_now_ms() - began_ms;
    CU_ASSERT_TRUE(took_ms >= 150 && took_ms < 3000);
    static const char *const headers[] = {NULL};
    atomic_bool stop = true;
    struct fetch_post p = {.url = http_stub_url(s, "/"),
                           .headers = headers,
                           .deadline_ms = 20000,
                           .anywhere = true,
                           .stop = &stop};
    began_ms = raw_now_ms();
    role_enter(&role_task);
    CHECK_INT(fetch_post(&p, &answer, why), ERR_CLOSED);
    role_leave(&role_task);
    CU_ASSERT_TRUE(raw_now_ms() - began_ms < 3000);
    http_stub_stop(s);
}

static void an_origin_is_as_browsers_write_it(void)
{
    static const struct {
        const char *url, *origin;
    } rows[] = {
        {"https://push.example/a/b?c", "https://push.example"},
        {"https://Push.Example:443/", "https://push.example"},
        {"https://push.example:8443/", "https://push.example:8443"},
        {"http://127.0.0.1:80/x", "http://127.0.0.1"},
        {"http://[::1]:8080/x", "http://[::1]:8080"},
    };
    struct fetch_place p;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(fetch_place_of(rows[i].url, &p), ERR_OK);
        CHECK_TEXT(p.origin, rows[i].origin);
        CHECK_INT(p.secure, strncmp(rows[i].url, "https", 5) == 0);
    }
    static const char *const bad[] = {"",
                                      "push.example",
                                      "https://",
                                      "ftp://push.example/",
                                      "file:///etc/hostname",
                                      "javascript:alert(1)",
                                      "https://user@push.example/",
                                      "https://:secret@push.example/",
                                      "https://push.example/#x",
                                      "https://push.example:99999/",
                                      "https://push example/"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(fetch_place_of(bad[i], &p), ERR_BAD_REQUEST);
        CHECK_INT(post_to(bad[i], true, 1000), ERR_IO);
    }
    char longest[400] = "https://";
    memset(longest + 8, 'a', 300);
    CHECK_INT(fetch_place_of(longest, &p), ERR_BAD_REQUEST);
    for (unsigned n = 1;; n++) {
        fault_at(n);
        enum err e = fetch_place_of(rows[2].url, &p);
        bool failed = fault_end();
        CHECK_INT(e, failed ? ERR_NOMEM : ERR_OK);
        if (!failed)
            break;
    }
}

static void without_memory_it_says_so(void)
{
    struct http_stub *s = http_stub_start(ANSWER("201 Created", ""));
    for (unsigned n = 1; n < 40; n++) {
        fault_at(n);
        static const char *const headers[] = {"TTL: 60", NULL};
        struct fetch_post p = {.url = http_stub_url(s, "/"),
                               .headers = headers,
                               .body = {"x", 1},
                               .deadline_ms = 3000,
                               .anywhere = true};
        role_enter(&role_task);
        enum err e = fetch_post(&p, &answer, why);
        role_leave(&role_task);
        bool failed = fault_end();
        CU_ASSERT_TRUE(failed || e == ERR_OK);
    }
    CHECK_INT(post_to(http_stub_url(s, "/"), true, 3000), ERR_OK);
    http_stub_stop(s);
}

UNIT("net/fetch_post", CASE(headers_and_body_go_and_a_status_comes),
     CASE(every_status_is_an_answer_and_a_redirect_is_not_followed),
     CASE(a_long_answer_is_not_read_to_its_end),
     CASE(what_somebody_named_leads_to_public_addresses_by_https_alone),
     CASE(a_silent_service_costs_no_more_than_the_deadline_and_stopping_less),
     CASE(an_origin_is_as_browsers_write_it), CASE(without_memory_it_says_so))
