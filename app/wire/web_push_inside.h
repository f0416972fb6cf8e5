/* web_push_inside: keys as OpenSSL wants them, for the files behind web_push.h. Nobody else includes it. */
#ifndef SNUG_WIRE_WEB_PUSH_INSIDE_H
#define SNUG_WIRE_WEB_PUSH_INSIDE_H

#include "wire/web_push.h"

#include <openssl/types.h>

/* A key of that point, and secret if it is not NULL; owned (EVP_PKEY_free). NULL: no memory, or the point is not on the curve. */
EVP_PKEY *web_push_key(const unsigned char point[PUSH_POINT_BYTES],
                       const unsigned char secret[PUSH_SECRET_BYTES]);

/* errors: ERR_BAD_REQUEST it is not on the curve; ERR_NOMEM */
MUST_USE enum err web_push_check_point(const unsigned char point[PUSH_POINT_BYTES]);

#endif
