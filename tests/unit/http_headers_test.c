/* Guards: what request headers say is read in one way only: encodings, cookies, tags, origins. */
#include "http/headers.h"
#include "unit.h"

#define ALL ((1u << CODING_PLAIN) | (1u << CODING_GZIP) | (1u << CODING_BROTLI))

static void the_best_encoding_is_taken_and_weight_zero_refuses(void)
{
    static const struct {
        const char *accept;
        enum coding wanted;
    } rows[] = {
        {"", CODING_PLAIN},
        {"gzip", CODING_GZIP},
        {"GZIP", CODING_GZIP},
        {"x-gzip", CODING_GZIP},
        {"gzip, deflate, br", CODING_BROTLI},
        {"br;q=0, gzip", CODING_GZIP},
        {"gzip;q=0", CODING_PLAIN},
        {"gzip;q=0.0, br;q=0.000", CODING_PLAIN},
        {"gzip ; q=0", CODING_PLAIN},
        {"br;q=0.5, gzip;q=0.8", CODING_GZIP},
        {"br;q=0.8, gzip;q=0.8", CODING_BROTLI},
        {"*", CODING_BROTLI},
        {"*;q=0", CODING_PLAIN},
        {"*;q=0, gzip;q=0.1", CODING_GZIP},
        {"identity, gzip;q=0.5", CODING_PLAIN},
        {"identity;q=0.5, gzip;q=0.5", CODING_GZIP},
        {"identity;q=0, *;q=0", CODING_PLAIN}, /* nothing is left: plain all the same */
        {"deflate, zstd", CODING_PLAIN},
        {",,gzip,,", CODING_GZIP},
        {"gzip;q=abc", CODING_GZIP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(coding_choose(text_of(rows[i].accept), ALL), rows[i].wanted);
}

static void only_what_is_offered_is_chosen(void)
{
    unsigned no_brotli = (1u << CODING_PLAIN) | (1u << CODING_GZIP);
    CHECK_INT(coding_choose(TEXT("br, gzip;q=0.1"), no_brotli), CODING_GZIP);
    CHECK_INT(coding_choose(TEXT("br"), no_brotli), CODING_PLAIN);
    CHECK_INT(coding_choose(TEXT("br, gzip"), 1u << CODING_PLAIN), CODING_PLAIN);
}

static void check_cookie(const char *header, const char *name, const char *wanted)
{
    char value[64];
    text_copy(value, sizeof value, cookie_find(text_of(header), text_of(name)));
    CHECK_TEXT(value, wanted);
}

static void a_cookie_is_found_by_its_whole_name(void)
{
    check_cookie("snug_session=abc", "snug_session", "abc");
    check_cookie("a=1; snug_session=abc; b=2", "snug_session", "abc");
    check_cookie("a=1;snug_session=abc", "snug_session", "abc");
    check_cookie("xsnug_session=abc", "snug_session", "");
    check_cookie("snug_sessionx=abc", "snug_session", "");
    check_cookie("snug_session", "snug_session", "");
    check_cookie("snug_session=", "snug_session", "");
    check_cookie("snug_session=a=b", "snug_session", "a=b");
    check_cookie("snug_session=first; snug_session=second", "snug_session", "first");
    check_cookie("SNUG_SESSION=abc", "snug_session", "");
    check_cookie("", "snug_session", "");
}

static const struct door_header several[] = {
    {"Host", "here"},
    {"connection", "keep-alive"},
    {"Connection", "x, Upgrade"},
    {"COOKIE", "a=1"},
    {"cookie", "snug_session=s"},
    {"X-Empty", ""},
    {"Sec-WebSocket-Protocol", " centrifuge-protobuf ,centrifuge-json "},
};
static const struct door_request request = {.headers = several, .headers_count = 7};

static void lists_and_cookies_go_over_several_headers(void)
{
    CU_ASSERT(header_has_token(&request, "Connection", TEXT("upgrade")));
    CU_ASSERT(header_has_token(&request, "connection", TEXT("KEEP-ALIVE")));
    CU_ASSERT(!header_has_token(&request, "Connection", TEXT("grade")));
    CU_ASSERT(!header_has_token(&request, "Upgrade", TEXT("websocket")));
    CU_ASSERT(header_has_token(&request, "Sec-WebSocket-Protocol", TEXT("centrifuge-json")));
    CHECK_INT(header_count(&request, "Connection"), 2);
    CHECK_INT(header_count(&request, "X-Empty"), 1);
    CHECK_INT(header_get(&request, "X-Empty").len, 0);
    CHECK_INT(header_get(&request, "X-None").len, 0);
    CU_ASSERT(text_is(header_cookie(&request, "snug_session"), TEXT("s")));
}

static void tags_are_compared_weakly_in_a_list(void)
{
    struct text tag = TEXT("\"abc-g\"");
    CU_ASSERT(etag_matches(TEXT("\"abc-g\""), tag));
    CU_ASSERT(etag_matches(TEXT("W/\"abc-g\""), tag));
    CU_ASSERT(etag_matches(TEXT("\"x\", \"abc-g\""), tag));
    CU_ASSERT(etag_matches(TEXT("*"), tag));
    CU_ASSERT(!etag_matches(TEXT("\"abc-b\""), tag));
    CU_ASSERT(!etag_matches(TEXT("abc-g"), tag));
    CU_ASSERT(!etag_matches(TEXT_NONE, tag));
}

static void a_media_type_may_have_parameters(void)
{
    struct text json = TEXT("application/json");
    CU_ASSERT(media_is(TEXT("application/json"), json));
    CU_ASSERT(media_is(TEXT("Application/JSON; charset=utf-8"), json));
    CU_ASSERT(!media_is(TEXT("application/jsonx"), json));
    CU_ASSERT(!media_is(TEXT("text/plain;application/json"), json));
    CU_ASSERT(!media_is(TEXT_NONE, json));
}

static bool own(const char *origin, const char *host, bool secure)
{
    return origin_allowed(text_of(origin), text_of(host), secure, TEXT_NONE);
}

static void the_own_origin_is_the_hosts(void)
{
    CU_ASSERT(own("http://127.0.0.1:8080", "127.0.0.1:8080", false));
    CU_ASSERT(own("http://CHAT.example", "chat.example", false));
    CU_ASSERT(own("http://chat.example:80", "chat.example", false));
    CU_ASSERT(own("http://chat.example", "chat.example:80", false));
    CU_ASSERT(own("https://chat.example", "chat.example", false)); /* a proxy ends TLS */
    CU_ASSERT(own("https://chat.example", "chat.example:443", true));
    CU_ASSERT(own("http://[::1]:8080", "[::1]:8080", false));
    CU_ASSERT(!own("http://chat.example", "chat.example", true));
    CU_ASSERT(!own("http://127.0.0.1:8081", "127.0.0.1:8080", false));
    CU_ASSERT(!own("http://evil.example", "chat.example", false));
    CU_ASSERT(!own("http://chat.example.evil.example", "chat.example", false));
    CU_ASSERT(!own("http://evilchat.example", "chat.example", false));
    CU_ASSERT(!own("http://chat.example@evil.example", "chat.example", false));
    CU_ASSERT(!own("ftp://chat.example", "chat.example", false));
    CU_ASSERT(!own("null", "null", false));
    CU_ASSERT(!own("", "", false));
    CU_ASSERT(!own("http://", "", false));
    CU_ASSERT(!own("http://x:0", "x:0", false));
    CU_ASSERT(!own("http://x:99999", "x:99999", false));
}

static bool listed(const char *origin, const char *patterns)
{
    return origin_allowed(text_of(origin), TEXT("h"), false, text_of(patterns));
}

static void patterns_allow_others(void)
{
    CU_ASSERT(listed("https://a.example", "https://a.example"));
    CU_ASSERT(listed("https://A.example", "https://a.EXAMPLE"));
    CU_ASSERT(listed("https://b.example", "https://a.example https://b.example"));
    CU_ASSERT(listed("https://x.a.example", "https://*.a.example"));
    CU_ASSERT(!listed("https://a.example", "https://*.a.example"));
    CU_ASSERT(!listed("https://xa.example", "https://*.a.example"));
    CU_ASSERT(!listed("https://x.a.example.evil", "https://*.a.example"));
    CU_ASSERT(listed("https://x.a.example:8443", "https://*.a.example:*"));
    CU_ASSERT(listed("null", "*"));
    CU_ASSERT(!listed("https://a.example", ""));
    CU_ASSERT(!listed("https://a.example", "  "));
}

static bool secure(bool tls, const char *name, const char *value)
{
    const struct door_header h = {name, value};
    return head_is_secure(&(struct door_request){.secure = tls, .headers = &h, .headers_count = 1});
}

static void a_proxy_says_whether_the_page_came_over_tls(void)
{
    CU_ASSERT(secure(false, "X-Forwarded-Proto", "https"));
    CU_ASSERT(secure(false, "x-forwarded-proto", " HTTPS , http"));
    CU_ASSERT(secure(true, "X-Forwarded-Proto", "http")); /* from it to here is TLS all the same */
    CU_ASSERT(secure(true, "Host", "h"));
    CU_ASSERT(!secure(false, "X-Forwarded-Proto", "http"));
    CU_ASSERT(!secure(false, "X-Forwarded-Proto", "http, https"));
    CU_ASSERT(!secure(false, "X-Forwarded-Proto", ""));
    CU_ASSERT(!secure(false, "X-Forwarded-For", "https"));
    CU_ASSERT(!secure(false, "Host", "h"));
}

static const char *address(const char *peer, const char *first, const char *second)
{
    static char out[46];
    const struct door_header h[] = {{"X-Forwarded-For", first}, {"x-forwarded-for", second}};
    struct door_request r = {.headers = h, .headers_count = second ? 2 : first ? 1 : 0};
    text_copy(r.address, sizeof r.address, text_of(peer));
    head_address(&r, out);
    return out;
}

/* Else everybody behind the proxy shares one address, and one who guesses passwords keeps all others out. */
static void a_proxy_on_this_machine_says_where_the_request_is_from(void)
{
    CHECK_TEXT(address("127.0.0.1", "203.0.113.9", NULL), "203.0.113.9");
    CHECK_TEXT(address("::1", "10.0.0.1, 2001:db8::7 ", NULL), "2001:db8::7"); /* it appends */
    CHECK_TEXT(address("127.0.0.1", "10.0.0.1", "203.0.113.9"), "203.0.113.9");
    CHECK_TEXT(address("203.0.113.5", "203.0.113.9", NULL), "203.0.113.5"); /* anybody's words */
    CHECK_TEXT(address("127.0.0.1", NULL, NULL), "127.0.0.1");
    CHECK_TEXT(address("127.0.0.1", "", NULL), "127.0.0.1");
    CHECK_TEXT(address("127.0.0.1", "unknown", NULL), "127.0.0.1");
    CHECK_TEXT(address("127.0.0.1", "203.0.113.9,", NULL), "127.0.0.1");
    CHECK_TEXT(address("127.0.0.1", "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0007", NULL),
               "127.0.0.1");
}

/* Of 10 bytes. RFC 9110 14.1.2; what is no range of bytes is none. */
static void a_range_is_one_part_or_all(void)
{
    static const struct {
        const char *range;
        enum range wanted;
        int64_t from, to;
    } rows[] = {
        {"bytes=0-0", RANGE_PART, 0, 1},
        {"bytes=2-5", RANGE_PART, 2, 6},
        {"bytes=9-", RANGE_PART, 9, 10},
        {"bytes=0-99", RANGE_PART, 0, 10},
        {"bytes=-3", RANGE_PART, 7, 10},
        {"bytes=-99", RANGE_PART, 0, 10},
        {"Bytes = 1 - 2 ", RANGE_PART, 1, 3},
        {"bytes=10-", RANGE_BEYOND, 0, 0},
        {"bytes=10-12", RANGE_BEYOND, 0, 0},
        {"bytes=-0", RANGE_BEYOND, 0, 0},
        {"bytes=999999999999999999-", RANGE_BEYOND, 0, 0},
        {"bytes=5-2", RANGE_ALL, 0, 0},
        {"bytes=0-1,4-5", RANGE_ALL, 0, 0},
        {"bytes=-", RANGE_ALL, 0, 0},
        {"bytes=", RANGE_ALL, 0, 0},
        {"bytes", RANGE_ALL, 0, 0},
        {"bytes=1", RANGE_ALL, 0, 0},
        {"bytes=a-b", RANGE_ALL, 0, 0},
        {"bytes=--1", RANGE_ALL, 0, 0},
        {"bytes=+1-2", RANGE_ALL, 0, 0},
        {"bytes=0-9999999999999999999", RANGE_ALL, 0, 0},
        {"lines=0-1", RANGE_ALL, 0, 0},
        {"", RANGE_ALL, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t from = 0, to = 0;
        CHECK_INT(range_read(text_of(rows[i].range), 10, &from, &to), rows[i].wanted);
        CHECK_INT(from, rows[i].from);
        CHECK_INT(to, rows[i].to);
    }
    int64_t from, to;
    CHECK_INT(range_read(TEXT("bytes=0-"), 0, &from, &to), RANGE_BEYOND); /* nothing has no part */
    CHECK_INT(range_read(TEXT("bytes=-1"), 0, &from, &to), RANGE_BEYOND);
}

UNIT("http/headers", CASE(the_best_encoding_is_taken_and_weight_zero_refuses),
     CASE(only_what_is_offered_is_chosen), CASE(a_cookie_is_found_by_its_whole_name),
     CASE(lists_and_cookies_go_over_several_headers), CASE(tags_are_compared_weakly_in_a_list),
     CASE(a_media_type_may_have_parameters), CASE(the_own_origin_is_the_hosts),
     CASE(patterns_allow_others), CASE(a_proxy_says_whether_the_page_came_over_tls),
     CASE(a_proxy_on_this_machine_says_where_the_request_is_from), CASE(a_range_is_one_part_or_all))
