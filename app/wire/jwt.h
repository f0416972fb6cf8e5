/* jwt: tokens (RFC 7519), made and believed through OpenSSL's EVP, and the keys they are believed by.
 *
 * A key accepts the algorithms of its kind and no others: a secret HS256, HS384, HS512; an RSA key RS256, RS384, RS512; an
 * EC key the one of its curve; an Ed25519 key EdDSA. "none" is no algorithm here. A signature is checked before anything
 * inside is believed, a secret's in constant time.
 *
 * Invariant: a set of keys never changes once it was given to jwt_verify; any number of threads may use it. */
#ifndef SNUG_WIRE_JWT_H
#define SNUG_WIRE_JWT_H

#include "base/buf.h"

#define JWT_MAX_BYTES 16384
#define JWT_KEYS_MAX 64   /* of one set; a document's further ones are skipped */
#define JWT_USER_SIZE 256 /* of sub, with NUL */

/* ---- keys */

struct jwt_keys;

/* An empty set, which believes nothing; one reference, owned by the caller. NULL: no memory. */
struct jwt_keys *jwt_keys_new(void);
struct jwt_keys *jwt_keys_ref(struct jwt_keys *keys);
/* NULL is welcome. Returns NULL. thread: any */
struct jwt_keys *jwt_keys_unref(struct jwt_keys *keys);

/* Add one key before the set is shared. Public keys are PEM: a public key or a certificate.
 * errors: ERR_BAD_REQUEST an empty secret, not a public key of that kind, RSA of less than 2,048 or more than 8,192 bits,
 * EC that is none of P-256, P-384, P-521; ERR_LIMIT JWT_KEYS_MAX; ERR_NOMEM */
MUST_USE enum err jwt_keys_add_secret(struct jwt_keys *keys, struct text secret);
MUST_USE enum err jwt_keys_add_rsa(struct jwt_keys *keys, struct text pem);
MUST_USE enum err jwt_keys_add_ecdsa(struct jwt_keys *keys, struct text pem);

/* Adds the keys of a JWKS document (RFC 7517) that have a `kid` and can check signatures. What is not understood is
 * skipped, and so is a secret (`oct`): what everybody may read is none.
 * errors: ERR_BAD_REQUEST not such a document */
MUST_USE enum err jwt_keys_add_jwks(struct jwt_keys *keys, struct text json);

size_t jwt_keys_count(const struct jwt_keys *keys);

/* ---- tokens */

/* What a token says. Texts are borrowed from `bytes`, JSON is on one line; "" is none. */
struct jwt_claims {
    char user[JWT_USER_SIZE];     /* sub */
    int64_t user_id;              /* sub, if it is a decimal id; else 0 */
    bool by_secret;               /* signed with a secret, not with a private key */
    int64_t session_id;           /* sid; 0: none, or sub is no id and sid an application's own */
    int64_t expires_s;            /* exp, seconds since 1970; 0: never */
    int64_t ends_s;               /* when what it opens ends: expire_at, else exp; 0: never */
    struct text info;             /* info, or what b64info stands for: any JSON */
    struct text channels;         /* an array of texts */
    struct text subs, meta;       /* objects */
    struct text channel;          /* of a subscription token; decoded */
    struct text audience, issuer; /* for jwt_sign alone */
    struct buf bytes;             /* owned: jwt_claims_fini */
};

/* What a token is checked against. Borrowed. */
struct jwt_trust {
    const struct jwt_keys
        *keys;   /* given by hand: for tokens without `kid`, and for secrets always */
    bool by_kid; /* public keys with a `kid` come from a set of their own: */
    const struct jwt_keys *set;   /* NULL: it is not there */
    struct text audience, issuer; /* what aud must have and iss must be; empty: anything */
};

/* out: owned by the caller (jwt_claims_fini), written on ERR_OK alone
 * errors: ERR_BAD_TOKEN wrong form, over JWT_MAX_BYTES, no key for its algorithm, wrong signature, bad claims, one that comes
 * twice, nbf in the future, another audience or issuer; ERR_TOKEN_EXPIRED everything else is right; ERR_NOT_FOUND its kid
 * is not in the set, nothing more was looked at; ERR_NOMEM */
MUST_USE enum err jwt_verify(struct text token, const struct jwt_trust *trust, int64_t now_s,
                             struct jwt_claims *out);
void jwt_claims_fini(struct jwt_claims *claims);

/* Appends a token (HS256) with user_id or, if it is 0, user; session_id, expires_s, info, audience and issuer.
 * errors: ERR_BAD_TOKEN no secret; ERR_NOMEM, ERR_LIMIT from the buffer; ERR_INTERNAL OpenSSL failed */
MUST_USE enum err jwt_sign(const struct jwt_claims *claims, int64_t now_s, struct text secret,
                           struct buf *out);

#endif
