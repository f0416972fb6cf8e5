/* pending: how many upgraded sockets of an address have shown no right yet. A bound for each address and one for all, so
 * that strangers cannot fill the server with sockets that only wait to be told who they are.
 *
 * The pool is counted: places may be given back after the door is gone. thread: any */
#ifndef SNUG_HTTP_PENDING_H
#define SNUG_HTTP_PENDING_H

#include "base/err.h"

struct pending_pool;
struct http_pending; /* one place */

#define PENDING_ALL_MAX 4096

/* NULL: no memory. Not freed before every place has come back. */
struct pending_pool *pending_pool_new(unsigned address_max);
struct pending_pool *pending_pool_free(struct pending_pool *p);

/* One more of this address; given back with http_pending_done. errors: ERR_LIMIT; ERR_NOMEM */
MUST_USE enum err pending_take(struct pending_pool *p, const char *address,
                               struct http_pending **out_place);

#endif
