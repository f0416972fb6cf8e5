/* Guards: every address of DESIGN.md and SHAPES.md has its handler, and nothing else has one. */
#include "http/inside.h"
#include "http/routes.h"
#include "unit.h"

static void every_page_address_answers_the_page(void)
{
    static const char *const pages[] = {"/",
                                        "/setup",
                                        "/join",
                                        "/login",
                                        "/search",
                                        "/room/1",
                                        "/room/42",
                                        "/room/42/1042",
                                        "/admin/connections",
                                        "/admin/metrics",
                                        "/admin/people",
                                        "/admin/messages"};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        const struct route *r = route_find(text_of(pages[i]));
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        if (!r)
            continue; /* the assertion above has left the test */
        CU_ASSERT(r->handler == page_handler);
        CHECK_TEXT(route_allows(r), "GET, HEAD");
    }
}

static void other_addresses_are_nowhere(void)
{
    static const char *const none[] = {"",
                                       "/Setup",
                                       "/setup/",
                                       "/room",
                                       "/room/",
                                       "/room/0",
                                       "/room/01",
                                       "/room/x",
                                       "/room/1/",
                                       "/room/1/x",
                                       "/room/1/2/3",
                                       "/admin",
                                       "/rpc",
                                       "/files",
                                       "/files/",
                                       "/files/0",
                                       "/files/x/1",
                                       "/files//1",
                                       "/api",
                                       "/metrics/",
                                       "/connection/sse/",
                                       "/../setup",
                                       "//setup",
                                       "/%73etup",
                                       "/assets/",
                                       "/assets/../index.html"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        CU_ASSERT_PTR_NULL(route_find(text_of(none[i])));
}

static void doors_and_answers_have_their_methods(void)
{
    CU_ASSERT(route_find(TEXT("/rpc/message.send"))->handler == rpc_handler);
    CHECK_TEXT(route_allows(route_find(TEXT("/rpc/message.send"))), "POST");
    CU_ASSERT(route_find(TEXT("/files/42"))->handler == files_handler);
    CU_ASSERT(route_find(TEXT("/files/42/a%20b.png"))->handler == files_handler);
    CHECK_TEXT(route_allows(route_find(TEXT("/files/42"))), "GET, HEAD, PUT");
    CU_ASSERT(route_find(TEXT("/api/publish"))->handler == api_handler);
    CHECK_TEXT(route_allows(route_find(TEXT("/api/publish"))), "POST");
    CU_ASSERT(route_find(TEXT("/connection/websocket"))->handler == upgrade_handler);
    CU_ASSERT(route_find(TEXT("/connection/http_stream"))->handler == http_stream_handler);
    CHECK_TEXT(route_allows(route_find(TEXT("/connection/http_stream"))), "POST, OPTIONS");
    CU_ASSERT(route_find(TEXT("/connection/sse"))->handler == sse_handler);
    CHECK_TEXT(route_allows(route_find(TEXT("/connection/sse"))), "GET");
    CU_ASSERT(route_find(TEXT("/emulation"))->handler == emulation_handler);
    CHECK_TEXT(route_allows(route_find(TEXT("/emulation"))), "POST, OPTIONS");
    CU_ASSERT(route_find(TEXT("/metrics"))->handler == metrics_handler);
    CU_ASSERT(route_find(TEXT("/healthz"))->handler == healthz_handler);
    CU_ASSERT(route_find(TEXT("/readyz"))->handler == readyz_handler);
}

UNIT("http/routes", CASE(every_page_address_answers_the_page), CASE(other_addresses_are_nowhere),
     CASE(doors_and_answers_have_their_methods))
