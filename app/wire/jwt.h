/* jwt: tokens (RFC 7519) with HS256, made and checked through OpenSSL's EVP. The signature is compared in constant
 * time and before anything inside is believed; only the algorithm the key is for is accepted. */
#ifndef SNUG_WIRE_JWT_H
#define SNUG_WIRE_JWT_H

#include "base/buf.h"

#define JWT_MAX_BYTES 4096

struct jwt_claims {
    int64_t user_id;    /* sub; must be a decimal id */
    int64_t session_id; /* sid, as decimal text; 0: none */
    int64_t expires_s;  /* exp, seconds since 1970; 0: never */
    char info[512];     /* info: raw JSON, or "" */
};

/* in: secret, not empty (an empty one accepts nothing)
 * errors: ERR_BAD_TOKEN wrong form, over JWT_MAX_BYTES, algorithm or signature, bad claims, one that comes twice, nbf
 * in the future; ERR_TOKEN_EXPIRED everything else is right */
MUST_USE enum err jwt_verify(struct text token, struct text secret, int64_t now_s,
                             struct jwt_claims *out);

/* Appends a token. errors: ERR_BAD_TOKEN no secret; ERR_NOMEM, ERR_LIMIT from the buffer; ERR_INTERNAL OpenSSL failed */
MUST_USE enum err jwt_sign(const struct jwt_claims *claims, int64_t now_s, struct text secret,
                           struct buf *out);

#endif
