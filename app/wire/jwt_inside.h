/* jwt_inside: what the files behind jwt.h share. Nobody else includes it. */
#ifndef SNUG_WIRE_JWT_INSIDE_H
#define SNUG_WIRE_JWT_INSIDE_H

#include "wire/jwt.h"

#include <openssl/types.h>
#include <stdatomic.h>

#define JWT_KID_SIZE 128
#define JWT_DEPTH_MAX 16

enum jwt_kind { KIND_SECRET, KIND_RSA, KIND_P256, KIND_P384, KIND_P521, KIND_ED25519 };

/* One row per "alg". source: RFC 7518 3.1, RFC 8037 3.1 */
struct jwt_algorithm {
    const char *name;
    enum jwt_kind kind;
    const EVP_MD *(*hash)(void); /* NULL: the signature has its own */
    size_t signature_bytes;      /* 0: as long as the key */
};

/* The row of that name; NULL: none. */
const struct jwt_algorithm *jwt_algorithm_find(struct text name);

#define JWT_HASHES 3 /* of 32, 48 and 64 bytes */

struct jwt_key {
    enum jwt_kind kind;
    char kid[JWT_KID_SIZE];           /* "": none */
    const struct jwt_algorithm *only; /* NULL: all of its kind */
    EVP_PKEY *public_key;             /* owned */
    /* Of KIND_SECRET: HMACs that have begun with it, one a hash, to be copied for each token: beginning costs more than a
     * token. Owned. */
    EVP_MAC_CTX *begun[JWT_HASHES];
};

struct jwt_keys {
    atomic_uint references;
    size_t count;
    struct jwt_key at[JWT_KEYS_MAX];
};

/* Takes the public key, also on an error. `key` is what it is beside that.
 * errors: ERR_BAD_REQUEST not one we check signatures with, or not of key->kind if `kind_known`; ERR_LIMIT */
MUST_USE enum err jwt_keys_take(struct jwt_keys *keys, const struct jwt_key *key, bool kind_known);

/* True if `kid` names a key of the set, of whatever kind. */
bool jwt_keys_has(const struct jwt_keys *keys, const char *kid);

/* The first key for this algorithm; kid NULL: whatever its kid. NULL: none. */
const struct jwt_key *jwt_keys_find(const struct jwt_keys *keys, const char *kid,
                                    const struct jwt_algorithm *algorithm);

/* ERR_OK: the signature is right. errors: ERR_BAD_TOKEN; ERR_NOMEM */
MUST_USE enum err jwt_key_check(const struct jwt_key *key, const struct jwt_algorithm *algorithm,
                                struct text signed_part, struct text signature);

/* Reads claims->bytes, the payload, into the other fields. errors: of jwt_verify */
MUST_USE enum err jwt_claims_read(struct jwt_claims *claims, const struct jwt_trust *trust,
                                  int64_t now_s);

#endif
