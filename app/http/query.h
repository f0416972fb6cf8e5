/* query: one parameter out of a URL's query, as a pure function. source: URL Standard, application/x-www-form-urlencoded */
#ifndef SNUG_HTTP_QUERY_H
#define SNUG_HTTP_QUERY_H

#include "base/buf.h"

/* Appends the value of the parameter, decoded (percent signs, and plus for a space), to `out`. Names are compared as they
 * came.
 * errors: ERR_NOT_FOUND it is not there; ERR_BAD_REQUEST it comes twice, or a percent sign is not followed by two
 * hexadecimal digits; ERR_LIMIT, ERR_NOMEM from `out` */
MUST_USE enum err query_get(struct text query, struct text name, struct buf *out);

#endif
