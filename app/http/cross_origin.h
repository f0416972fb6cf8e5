/* cross_origin: what a browser wants to hear before it lets a page of another origin, one that is allowed, call us and read
 * our answer. Cookies are not offered to such pages: they come with a token. source: Fetch, CORS protocol */
#ifndef SNUG_HTTP_CROSS_ORIGIN_H
#define SNUG_HTTP_CROSS_ORIGIN_H

#include "base/buf.h"
#include "base/thread_role.h"

#define CROSS_ORIGIN_LINES_MAX 20000 /* an Origin is as long as a request's head may be */

struct route;
struct visit;

/* Adds the header lines that let the page read the answer, if it may and the request says where it is from. */
void cross_origin_add(struct buf *more, const struct visit *v);

/* Answers OPTIONS for a route that takes it: 204, or 403 for an origin that is not allowed. */
void cross_origin_ask(struct visit *v, const struct route *route) ON(role_http);

#endif
