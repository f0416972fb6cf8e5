/* jwt: tokens (RFC 7519) with HS256, made and checked through OpenSSL's EVP. The signature is compared in constant
 * time and before anything inside is believed; only the algorithm the key is for is accepted. */
#ifndef SNUG_WIRE_JWT_H
#define SNUG_WIRE_JWT_H

#include "base/buf.h"

struct jwt_claims {
    int64_t user_id;    /* sub; must be a decimal id */
    int64_t session_id; /* sid, as decimal text; 0: none */
    int64_t expires_s;  /* exp, seconds since 1970; 0: never */
    char info[512];     /* info: raw JSON, or "" */
};

/* errors: ERR_BAD_TOKEN wrong form, algorithm or signature, bad claims; ERR_TOKEN_EXPIRED */
MUST_USE enum err jwt_verify(struct text token, struct text secret, int64_t now_s,
                             struct jwt_claims *out);

/* Appends a token. errors: ERR_NOMEM, ERR_LIMIT from the buffer */
MUST_USE enum err jwt_sign(const struct jwt_claims *claims, int64_t now_s, struct text secret,
                           struct buf *out);

#endif
