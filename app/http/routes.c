#include "http/routes.h"

#include "http/inside.h"

/* "42" or "42/1042". */
static bool is_room(struct text rest)
{
    struct text room, offset;
    if (!text_split(&rest, '/', &room) || text_id(room) == 0)
        return false;
    return !text_split(&rest, '/', &offset) ||
           (text_id(offset) > 0 && !text_split(&rest, '/', &offset));
}

/* "42" for what comes, "42/photo.jpg" for what goes: the name is for people. */
static bool is_file(struct text rest)
{
    struct text id;
    return text_split(&rest, '/', &id) && text_id(id) > 0;
}

static const struct route routes[] = {
    {"/", page_handler, METHOD_GET, false, NULL},
    {"/setup", page_handler, METHOD_GET, false, NULL},
    {"/join", page_handler, METHOD_GET, false, NULL},
    {"/login", page_handler, METHOD_GET, false, NULL},
    {"/search", page_handler, METHOD_GET, false, NULL},
    {"/room/", page_handler, METHOD_GET, true, is_room},
    {"/admin/connections", page_handler, METHOD_GET, false, NULL},
    {"/admin/metrics", page_handler, METHOD_GET, false, NULL},
    {"/admin/people", page_handler, METHOD_GET, false, NULL},
    {"/admin/messages", page_handler, METHOD_GET, false, NULL},
    {"/docs", docs_handler, METHOD_GET, false, NULL},
    {"/connection/websocket", upgrade_handler, METHOD_GET, false, NULL},
    {"/connection/http_stream", http_stream_handler, METHOD_POST | METHOD_OPTIONS, false, NULL},
    {"/connection/sse", sse_handler, METHOD_GET_ALONE, false, NULL},
    {"/emulation", emulation_handler, METHOD_POST | METHOD_OPTIONS, false, NULL},
    {"/files/", files_handler, METHOD_GET | METHOD_PUT, true, is_file},
    {"/rpc/", rpc_handler, METHOD_POST, true, NULL},
    {"/api/", api_handler, METHOD_POST, true, NULL},
    {"/metrics", metrics_handler, METHOD_GET, false, NULL},
    {"/healthz", healthz_handler, METHOD_GET, false, NULL},
    {"/readyz", readyz_handler, METHOD_GET, false, NULL},
};

/* The other files of the page, as they are called. */
static const struct route asset_route = {"/", asset_handler, METHOD_GET, true, NULL};

const struct route *route_find(struct text path)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        const struct route *r = &routes[i];
        struct text own = text_of(r->path);
        if (r->prefix ? text_starts(path, own) && (!r->fits || r->fits(text_after(path, own.len)))
                      : text_is(path, own))
            return r;
    }
    return pages_have(path) ? &asset_route : NULL;
}

const char *route_allows(const struct route *route)
{
    switch (route->methods) {
    case METHOD_POST:
        return "POST";
    case METHOD_POST | METHOD_OPTIONS:
        return "POST, OPTIONS";
    case METHOD_GET | METHOD_PUT:
        return "GET, HEAD, PUT";
    case METHOD_GET_ALONE:
        return "GET";
    default:
        return "GET, HEAD";
    }
}
