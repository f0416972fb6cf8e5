/* jwt_keys: keys by hand, and what a signature is checked with. jwks.c adds those of a document. */
#include "base/must.h"
#include "wire/jwt_inside.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define RSA_BITS_MIN 2048 /* source: RFC 7518 3.3 */
#define RSA_BITS_MAX 8192 /* so that a check stays cheap */
#define INTEGER_MAX 66    /* half a signature of P-521 */

/* ---- a set */

struct jwt_keys *jwt_keys_new(void)
{
    struct jwt_keys *keys = calloc(1, sizeof *keys);
    if (keys)
        atomic_init(&keys->references, 1);
    return keys;
}

struct jwt_keys *jwt_keys_ref(struct jwt_keys *keys)
{
    atomic_fetch_add(&keys->references, 1);
    return keys;
}

struct jwt_keys *jwt_keys_unref(struct jwt_keys *keys)
{
    if (!keys || atomic_fetch_sub(&keys->references, 1) > 1)
        return NULL;
    for (size_t i = 0; i < keys->count; i++) {
        EVP_PKEY_free(keys->at[i].public_key);
        for (size_t j = 0; j < JWT_HASHES; j++)
            EVP_MAC_CTX_free(keys->at[i].begun[j]);
    }
    free(keys);
    return NULL;
}

size_t jwt_keys_count(const struct jwt_keys *keys)
{
    return keys->count;
}

bool jwt_keys_has(const struct jwt_keys *keys, const char *kid)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->at[i].kid, kid) == 0)
            return true;
    return false;
}

const struct jwt_key *jwt_keys_find(const struct jwt_keys *keys, const char *kid,
                                    const struct jwt_algorithm *algorithm)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct jwt_key *key = &keys->at[i];
        if (key->kind == algorithm->kind && (!key->only || key->only == algorithm) &&
            (!kid || strcmp(key->kid, kid) == 0))
            return key;
    }
    return NULL;
}

/* ---- adding */

static bool kind_of(EVP_PKEY *key, enum jwt_kind *out)
{
    static const struct {
        const char *group;
        enum jwt_kind kind;
    } curves[] = {{"prime256v1", KIND_P256}, {"secp384r1", KIND_P384}, {"secp521r1", KIND_P521}};
    char group[40];
    int bits = EVP_PKEY_get_bits(key);
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        *out = KIND_RSA;
        return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
    case EVP_PKEY_ED25519:
        *out = KIND_ED25519;
        return true;
    case EVP_PKEY_EC:
        if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
            return false;
        for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
            if (strcmp(group, curves[i].group) == 0) {
                *out = curves[i].kind;
                return true;
            }
        return false;
    default:
        return false;
    }
}

enum err jwt_keys_take(struct jwt_keys *keys, const struct jwt_key *key, bool kind_known)
{
    enum jwt_kind kind = key->kind;
    enum err e = ERR_OK;
    if (keys->count == JWT_KEYS_MAX)
        e = ERR_LIMIT;
    else if (!kind_of(key->public_key, &kind) || (kind_known && kind != key->kind) ||
             (key->only && key->only->kind != kind))
        e = ERR_BAD_REQUEST;
    ERR_clear_error();
    if (e != ERR_OK) {
        EVP_PKEY_free(key->public_key);
        return e;
    }
    keys->at[keys->count] = *key;
    keys->at[keys->count++].kind = kind;
    return ERR_OK;
}

/* NULL: no memory */
static EVP_MAC_CTX *begin_hmac(const char *hash, struct text secret)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)hash, 0),
        OSSL_PARAM_construct_end()};
    if (ctx && EVP_MAC_init(ctx, (const unsigned char *)secret.data, secret.len, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_MAC_free(hmac); /* the context has a share */
    return ctx;
}

enum err jwt_keys_add_secret(struct jwt_keys *keys, struct text secret)
{
    static const char *const hashes[JWT_HASHES] = {"SHA256", "SHA384", "SHA512"};
    if (secret.len == 0 || secret.len > INT_MAX)
        return ERR_BAD_REQUEST;
    if (keys->count == JWT_KEYS_MAX)
        return ERR_LIMIT;
    struct jwt_key *key = &keys->at[keys->count++];
    *key = (struct jwt_key){.kind = KIND_SECRET};
    bool good = true;
    for (size_t i = 0; i < JWT_HASHES && good; i++)
        good = (key->begun[i] = begin_hmac(hashes[i], secret)) != NULL;
    return good ? ERR_OK : ERR_NOMEM; /* then the set is of no use, but whole */
}

/* Nobody is asked for the password of a public key. */
static int no_password(char *out, int size, int writing, void *ctx)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

static EVP_PKEY *read_certificate(struct text pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;
    EVP_PKEY *key = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    BIO_free(bio);
    return key;
}

/* Adds the key if `wanted` takes it. */
static enum err add_pem(struct jwt_keys *keys, struct text pem, bool (*wanted)(int id))
{
    if (pem.len == 0 || pem.len > INT_MAX)
        return ERR_BAD_REQUEST;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (!bio)
        return ERR_NOMEM;
    struct jwt_key key = {.public_key = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL)};
    BIO_free(bio);
    if (!key.public_key)
        key.public_key = read_certificate(pem);
    if (key.public_key && wanted(EVP_PKEY_get_base_id(key.public_key)))
        return jwt_keys_take(keys, &key, false);
    EVP_PKEY_free(key.public_key);
    ERR_clear_error();
    return ERR_BAD_REQUEST;
}

static bool is_rsa(int id)
{
    return id == EVP_PKEY_RSA;
}

static bool is_ec(int id)
{
    return id == EVP_PKEY_EC;
}

enum err jwt_keys_add_rsa(struct jwt_keys *keys, struct text pem)
{
    return add_pem(keys, pem, is_rsa);
}

enum err jwt_keys_add_ecdsa(struct jwt_keys *keys, struct text pem)
{
    return add_pem(keys, pem, is_ec);
}

/* ---- checking */

const struct jwt_algorithm *jwt_algorithm_find(struct text name)
{
    static const struct jwt_algorithm algorithms[] = {
        {"HS256", KIND_SECRET, EVP_sha256, 32}, {"HS384", KIND_SECRET, EVP_sha384, 48},
        {"HS512", KIND_SECRET, EVP_sha512, 64}, {"RS256", KIND_RSA, EVP_sha256, 0},
        {"RS384", KIND_RSA, EVP_sha384, 0},     {"RS512", KIND_RSA, EVP_sha512, 0},
        {"ES256", KIND_P256, EVP_sha256, 64},   {"ES384", KIND_P384, EVP_sha384, 96},
        {"ES512", KIND_P521, EVP_sha512, 132},  {"EdDSA", KIND_ED25519, NULL, 64},
    };
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (text_is(name, text_of(algorithms[i].name)))
            return &algorithms[i];
    return NULL;
}

static enum err check_secret(const struct jwt_key *key, const struct jwt_algorithm *algorithm,
                             struct text signed_part, struct text signature)
{
    unsigned char wanted[EVP_MAX_MD_SIZE];
    size_t len = 0;
    const EVP_MAC_CTX *begun = key->begun[algorithm->signature_bytes / 16 - 2];
    EVP_MAC_CTX *ctx = begun ? EVP_MAC_CTX_dup(begun) : NULL;
    bool made =
        ctx && EVP_MAC_update(ctx, (const unsigned char *)signed_part.data, signed_part.len) == 1 &&
        EVP_MAC_final(ctx, wanted, &len, sizeof wanted) == 1;
    EVP_MAC_CTX_free(ctx);
    if (!made)
        return ERR_NOMEM;
    bool same = len == signature.len && CRYPTO_memcmp(signature.data, wanted, len) == 0;
    return same ? ERR_OK : ERR_BAD_TOKEN;
}

/* The two numbers of a JWS signature as the SEQUENCE that OpenSSL checks. source: RFC 7518 3.4
 * out: *out_der is owned (OPENSSL_free); its length, or < 0: no memory */
static int write_der(struct text signature, unsigned char **out_der)
{
    int half = (int)(signature.len / 2);
    const unsigned char *bytes = (const unsigned char *)signature.data;
    must(half > 0 && half <= INTEGER_MAX);
    int len = -1;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, half, NULL), *s = BN_bin2bn(bytes + half, half, NULL);
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* handed over */
        len = i2d_ECDSA_SIG(pair, out_der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len;
}

static enum err check_public(const struct jwt_key *key, const struct jwt_algorithm *algorithm,
                             struct text signed_part, struct text signature)
{
    enum err e = ERR_NOMEM;
    unsigned char *der = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx)
        goto done;
    const unsigned char *bytes = (const unsigned char *)signature.data;
    size_t len = signature.len;
    if (algorithm->kind == KIND_P256 || algorithm->kind == KIND_P384 ||
        algorithm->kind == KIND_P521) {
        int der_len = write_der(signature, &der);
        if (der_len <= 0)
            goto done;
        bytes = der;
        len = (size_t)der_len;
    }
    const EVP_MD *hash = algorithm->hash ? algorithm->hash() : NULL;
    if (EVP_DigestVerifyInit(ctx, NULL, hash, NULL, key->public_key) != 1)
        goto done;
    int verdict =
        EVP_DigestVerify(ctx, bytes, len, (const unsigned char *)signed_part.data, signed_part.len);
    e = verdict == 1 ? ERR_OK : ERR_BAD_TOKEN;
done:
    OPENSSL_free(der);
    EVP_MD_CTX_free(ctx);
    return e;
}

enum err jwt_key_check(const struct jwt_key *key, const struct jwt_algorithm *algorithm,
                       struct text signed_part, struct text signature)
{
    must(key->kind == algorithm->kind);
    if (signature.len == 0 ||
        (algorithm->signature_bytes && signature.len != algorithm->signature_bytes))
        return ERR_BAD_TOKEN;
    enum err e = (key->kind == KIND_SECRET ? check_secret : check_public)(key, algorithm,
                                                                          signed_part, signature);
    ERR_clear_error(); /* what is left in this thread's queue would be taken for TLS's */
    return e;
}
