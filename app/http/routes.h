/* routes: which handler serves a path, and with which methods. One table. */
#ifndef SNUG_HTTP_ROUTES_H
#define SNUG_HTTP_ROUTES_H

#include "base/text.h"

struct visit;

enum {
    METHOD_GET = 1, /* brings HEAD with it */
    METHOD_POST = 2,
    METHOD_GET_ALONE = 4, /* what has no end has no head to look at */
    METHOD_PUT = 16,
    METHOD_OPTIONS = 8 /* pages of other origins may ask before they call: see cross_origin.h */
};

struct route {
    const char *path;
    void (*handler)(struct visit *v);
    unsigned methods;
    bool prefix;                    /* everything that starts with path; else path alone */
    bool (*fits)(struct text rest); /* for a prefix: what may follow; NULL: anything */
};

/* The route of a path as it came; NULL: nothing is there. */
const struct route *route_find(struct text path);

/* The Allow header of a route: "GET, HEAD". */
const char *route_allows(const struct route *route);

#endif
