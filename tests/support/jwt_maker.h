/* jwt_maker: keys of every kind and tokens signed with them, made through OpenSSL; nothing here is the product's code. */
#ifndef SNUG_TESTS_JWT_MAKER_H
#define SNUG_TESTS_JWT_MAKER_H

#include "base/must.h"
#include "base/text.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

/* base64url without padding; returns `out`. */
static inline char *maker_letters(const void *bytes, size_t len, char *out)
{
    int n = EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
    while (n > 0 && out[n - 1] == '=')
        n--;
    out[n] = 0;
    for (char *at = out; *at; at++)
        if (*at == '+' || *at == '/')
            *at = *at == '+' ? '-' : '_';
    return out;
}

/* The public half as PEM, in one of two places taken in turn. */
static inline struct text maker_pem(EVP_PKEY *key)
{
    static char out[2][4000];
    static unsigned turn;
    char *here = out[turn++ % 2];
    BIO *bio = BIO_new(BIO_s_mem());
    must(bio && PEM_write_bio_PUBKEY(bio, key) == 1);
    int n = BIO_read(bio, here, sizeof out[0] - 1);
    BIO_free(bio);
    must(n > 0);
    here[n] = 0;
    return (struct text){here, (size_t)n};
}

/* An EC signature of OpenSSL as JWS wants it: r and s, each `half` bytes. */
static inline size_t maker_raw(const unsigned char *der, size_t len, size_t half,
                               unsigned char *out)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    must(pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, (int)half) == (int)half &&
         BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, (int)half) == (int)half);
    ECDSA_SIG_free(pair);
    return 2 * half;
}

/* header.payload.signature; hash NULL: Ed25519. Good until the next call. */
static inline struct text maker_token(EVP_PKEY *key, const EVP_MD *hash, const char *header,
                                      const char *payload)
{
    static char token[60000];
    static unsigned char der[2000], raw[200];
    char *at = token;
    at += strlen(maker_letters(header, strlen(header), at));
    *at++ = '.';
    at += strlen(maker_letters(payload, strlen(payload), at));
    size_t signed_len = (size_t)(at - token), len = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(ctx && EVP_DigestSignInit(ctx, NULL, hash, NULL, key) == 1 &&
         EVP_DigestSign(ctx, der, &len, (unsigned char *)token, signed_len) == 1);
    EVP_MD_CTX_free(ctx);
    const unsigned char *signature = der;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
        len = maker_raw(der, len, ((size_t)EVP_PKEY_get_bits(key) + 7) / 8, raw);
        signature = raw;
    }
    *at++ = '.';
    at += strlen(maker_letters(signature, len, at));
    return (struct text){token, (size_t)(at - token)};
}

/* One number of a public key as a JWK has it, padded to `size` (0: as long as it is). Taken in turn of four. */
static inline const char *maker_number(EVP_PKEY *key, const char *param, size_t size)
{
    static char out[4][3000];
    static unsigned turn;
    unsigned char bytes[1100];
    BIGNUM *n = NULL;
    must(EVP_PKEY_get_bn_param(key, param, &n) == 1);
    if (size == 0)
        size = (size_t)BN_num_bytes(n);
    must(BN_bn2binpad(n, bytes, (int)size) == (int)size);
    BN_free(n);
    return maker_letters(bytes, size, out[turn++ % 4]);
}

/* The key as a JWK with these further members ("\"kid\":\"a\""). Good for the next two calls. */
static inline const char *maker_jwk(EVP_PKEY *key, const char *more)
{
    static char out[3][4000];
    static unsigned turn;
    char *here = out[turn++ % 3];
    unsigned char x[64];
    size_t len = sizeof x;
    int bits = EVP_PKEY_get_bits(key);
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        (void)snprintf(here, sizeof out[0], "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\",%s}",
                       maker_number(key, OSSL_PKEY_PARAM_RSA_N, 0),
                       maker_number(key, OSSL_PKEY_PARAM_RSA_E, 0), more);
        break;
    case EVP_PKEY_EC:
        (void)snprintf(here, sizeof out[0],
                       "{\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"%s\",\"y\":\"%s\",%s}", bits,
                       maker_number(key, OSSL_PKEY_PARAM_EC_PUB_X, ((size_t)bits + 7) / 8),
                       maker_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, ((size_t)bits + 7) / 8), more);
        break;
    default:
        must(EVP_PKEY_get_raw_public_key(key, x, &len) == 1);
        char letters[100];
        (void)snprintf(here, sizeof out[0], "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\",%s}",
                       maker_letters(x, len, letters), more);
    }
    return here;
}

#endif
