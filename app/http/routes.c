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

static const struct route routes[] = {
    {"/", false, NULL, METHOD_GET, page_handler},
    {"/setup", false, NULL, METHOD_GET, page_handler},
    {"/join", false, NULL, METHOD_GET, page_handler},
    {"/login", false, NULL, METHOD_GET, page_handler},
    {"/search", false, NULL, METHOD_GET, page_handler},
    {"/room/", true, is_room, METHOD_GET, page_handler},
    {"/admin/connections", false, NULL, METHOD_GET, page_handler},
    {"/admin/metrics", false, NULL, METHOD_GET, page_handler},
    {"/connection/websocket", false, NULL, METHOD_GET, upgrade_handler},
    {"/rpc/", true, NULL, METHOD_POST, rpc_handler},
    {"/metrics", false, NULL, METHOD_GET, metrics_handler},
    {"/healthz", false, NULL, METHOD_GET, healthz_handler},
    {"/readyz", false, NULL, METHOD_GET, readyz_handler},
};

/* The other files of the page, as they are called. */
static const struct route asset_route = {"/", true, NULL, METHOD_GET, asset_handler};

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
    return route->methods == METHOD_POST ? "POST" : "GET, HEAD";
}
