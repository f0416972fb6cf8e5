/* hygiene: whether a request's head can be read in one way only. CivetWeb is more generous than is good behind a proxy;
 * what could be read in two ways is refused and the connection ends. source: RFC 9112 2.2, 3.2, 6.1-6.3 */
#ifndef SNUG_HTTP_HYGIENE_H
#define SNUG_HTTP_HYGIENE_H

#include "http/civetweb_socket.h"

struct head {
    const char *fault;  /* a sentence for people; NULL: the head is good */
    int64_t body_bytes; /* announced; 0: no body, or chunked */
    bool chunked;
};

struct head head_read(const struct door_request *r);

#endif
