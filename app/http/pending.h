/* pending: how many upgraded sockets have not connected yet. A bound for each address of strangers and one for all of
 * them, so that they cannot fill the server with sockets that only wait to be told who they are; and one for each person
 * with a good cookie, whose limit of connections counts from the connect on.
 *
 * The pool is counted: places may be given back after the door is gone. thread: any */
#ifndef SNUG_HTTP_PENDING_H
#define SNUG_HTTP_PENDING_H

#include "base/env.h"
#include "base/err.h"

#include <stdint.h>

struct pending_pool;
struct http_pending; /* one place */

#define PENDING_ALL_MAX 4096

/* each_max: of an address or a person. NULL: no memory. Not freed before every place has come back. */
struct pending_pool *pending_pool_new(const struct env *env, unsigned each_max);
struct pending_pool *pending_pool_free(struct pending_pool *p);

/* One more of a stranger's address, or of a person (user_id > 0); given back with http_pending_done.
 * errors: ERR_LIMIT; ERR_NOMEM */
MUST_USE enum err pending_take(struct pending_pool *p, const char *address, int64_t user_id,
                               struct http_pending **out_place);

#endif
