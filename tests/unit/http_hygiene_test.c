/* Guards: a head that could be read in two ways is refused (PROTOCOL.md, How strict: HTTP). */
#include "http/hygiene.h"
#include "unit.h"

static struct head head_with(struct door_request r, const struct door_header *headers,
                             unsigned count)
{
    r.headers = headers;
    r.headers_count = count;
    if (!r.path)
        r.path = "/";
    if (!r.query)
        r.query = "";
    return head_read(&r);
}

#define HEAD(request, ...)                                                                         \
    head_with((struct door_request)request, (const struct door_header[]){__VA_ARGS__},             \
              sizeof((const struct door_header[]){__VA_ARGS__}) / sizeof(struct door_header))
#define TIDY                                                                                       \
    {                                                                                              \
        .tidy = true                                                                               \
    }
#define HOST                                                                                       \
    {                                                                                              \
        "Host", "h"                                                                                \
    }

static void a_plain_head_is_good(void)
{
    struct head h = HEAD(TIDY, HOST, {"Content-Length", "12"});
    CHECK_TEXT(h.fault, NULL);
    CHECK_INT(h.body_bytes, 12);
    CU_ASSERT(!h.chunked);
    h = HEAD(TIDY, HOST, {"transfer-encoding", "Chunked"});
    CHECK_TEXT(h.fault, NULL);
    CU_ASSERT(h.chunked);
    CU_ASSERT_PTR_NULL(HEAD(TIDY, {"Host", "[::1]:8080"}).fault);
}

static void lines_that_are_not_crlf_are_refused(void)
{
    CU_ASSERT_PTR_NOT_NULL(HEAD({.tidy = false}, HOST).fault);
}

static void there_is_one_host(void)
{
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, {"X", "y"}).fault);
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, HOST, HOST).fault);
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, HOST, {"HOST", "g"}).fault);
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, {"Host", ""}).fault);
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, {"Host", "a/b"}).fault);
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, {"Host", "a@b"}).fault);
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, {"Host", "a b"}).fault);
    struct door_request old = {.tidy = true, .http_1_0 = true};
    CU_ASSERT_PTR_NULL(head_with(old, (const struct door_header[]){{"X", "y"}}, 1).fault);
}

static void the_length_is_said_once_in_digits(void)
{
    CU_ASSERT_PTR_NOT_NULL(
        HEAD(TIDY, HOST, {"Content-Length", "5"}, {"Content-Length", "5"}).fault);
    CU_ASSERT_PTR_NOT_NULL(
        HEAD(TIDY, HOST, {"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}).fault);
    CU_ASSERT_PTR_NOT_NULL(
        HEAD(TIDY, HOST, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}).fault);
    static const char *const bad[] = {
        "", "3x", "+5", "-5", "5, 5", "0x5", "5 5", "1e3", "9999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct head h = HEAD(TIDY, HOST, {"Content-Length", bad[i]});
        CU_ASSERT_PTR_NOT_NULL(h.fault);
    }
    CU_ASSERT_PTR_NULL(HEAD(TIDY, HOST, {"Content-Length", "999999999999999999"}).fault);
}

static void a_coding_is_chunked_or_refused(void)
{
    static const char *const bad[] = {"identity", "gzip",     "gzip, chunked", "chunked, chunked",
                                      "",         "xchunked", "chunked;a=b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct head h = HEAD(TIDY, HOST, {"Transfer-Encoding", bad[i]});
        CU_ASSERT_PTR_NOT_NULL(h.fault);
    }
    struct door_request old = {.tidy = true, .http_1_0 = true};
    CU_ASSERT_PTR_NOT_NULL(
        head_with(old, (const struct door_header[]){HOST, {"Transfer-Encoding", "chunked"}}, 2)
            .fault);
}

static void names_are_tokens_and_addresses_have_no_nul(void)
{
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, HOST, {"Content-Length(", "5"}).fault);
    CU_ASSERT_PTR_NOT_NULL(HEAD(TIDY, HOST, {"A;B", "5"}).fault);
    struct door_request r = {.tidy = true, .path = "/a%00b"};
    CU_ASSERT_PTR_NOT_NULL(head_with(r, (const struct door_header[]){HOST}, 1).fault);
    r.path = "/a%2500";
    CU_ASSERT_PTR_NULL(head_with(r, (const struct door_header[]){HOST}, 1).fault);
    r.path = "/";
    r.query = "a=%00";
    CU_ASSERT_PTR_NOT_NULL(head_with(r, (const struct door_header[]){HOST}, 1).fault);
}

UNIT("http/hygiene", CASE(a_plain_head_is_good), CASE(lines_that_are_not_crlf_are_refused),
     CASE(there_is_one_host), CASE(the_length_is_said_once_in_digits),
     CASE(a_coding_is_chunked_or_refused), CASE(names_are_tokens_and_addresses_have_no_nul))
