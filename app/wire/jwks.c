/* jwks: the keys of a document (RFC 7517, 7518 6, 8037 2). What is not understood is skipped: a set may have keys that are
 * for others. */
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/jwt_inside.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#define COORDINATE_MAX 66      /* bytes, of P-521 */
#define MODULUS_MAX_BYTES 1024 /* 8,192 bits */
#define EXPONENT_MAX_BYTES 8

/* The members of a key that we know; "" is absent. Values are raw JSON strings. */
enum member { KTY, KID, ALG, USE, CRV, MODULUS, EXPONENT, X, Y, MEMBER_COUNT };
static const char *const member_names[MEMBER_COUNT] = {"kty", "kid", "alg", "use", "crv",
                                                       "n",   "e",   "x",   "y"};

struct document_key {
    struct text at[MEMBER_COUNT];
    bool verifies; /* no key_ops, or "verify" is one of them */
};

static bool is(struct text value, struct text wanted)
{
    return value.len >= 2 && text_is((struct text){value.data + 1, value.len - 2}, wanted);
}

static bool names_verify(struct text array)
{
    struct text element;
    if (json_kind(array) != JSON_ARRAY)
        return false;
    while (json_element(&array, &element))
        if (json_kind(element) == JSON_STRING && is(element, TEXT("verify")))
            return true;
    return false;
}

/* False: a member comes twice or is no text. */
static bool read_members(struct text object, struct document_key *out)
{
    struct json_member m;
    *out = (struct document_key){.verifies = true};
    while (json_member(&object, &m)) {
        if (strcmp(m.key, "key_ops") == 0)
            out->verifies = names_verify(m.value);
        for (unsigned i = 0; i < MEMBER_COUNT; i++) {
            if (strcmp(m.key, member_names[i]) != 0)
                continue;
            if (out->at[i].len || json_kind(m.value) != JSON_STRING)
                return false;
            out->at[i] = m.value;
        }
    }
    return true;
}

/* The bytes of a member. False: absent, wrong letters, none or more than the buffer takes. */
static bool bytes_of(const struct document_key *key, enum member member, struct buf *out)
{
    struct text value = key->at[member];
    return value.len > 2 && base64url_decode((struct text){value.data + 1, value.len - 2}, out) &&
           out->len > 0;
}

/* ---- one of each kind; NULL: it is none */

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *make_rsa(const struct document_key *from)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = NULL, *e = NULL;
    struct buf modulus, exponent;
    buf_init(&modulus, MODULUS_MAX_BYTES);
    buf_init(&exponent, EXPONENT_MAX_BYTES);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (!build || !bytes_of(from, MODULUS, &modulus) || !bytes_of(from, EXPONENT, &exponent))
        goto done;
    n = BN_bin2bn((const unsigned char *)modulus.data, (int)modulus.len, NULL);
    e = BN_bin2bn((const unsigned char *)exponent.data, (int)exponent.len, NULL);
    if (n && e && BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
        key = from_params("RSA", build);
done:
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(build);
    buf_fini(&modulus);
    buf_fini(&exponent);
    return key;
}

/* x and y have exactly the curve's size; that they are on it, OpenSSL looks. source: RFC 7518 6.2.1.2 */
static EVP_PKEY *make_ec(const struct document_key *from, const char *group, size_t bytes)
{
    EVP_PKEY *key = NULL;
    struct buf point;
    buf_init(&point, 1 + 2 * COORDINATE_MAX);
    buf_add_char(&point, 4); /* uncompressed */
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build && bytes_of(from, X, &point) && point.len == 1 + bytes && bytes_of(from, Y, &point) &&
        point.len == 1 + 2 * bytes &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len))
        key = from_params("EC", build);
    OSSL_PARAM_BLD_free(build);
    buf_fini(&point);
    return key;
}

static EVP_PKEY *make_ed25519(const struct document_key *from)
{
    EVP_PKEY *key = NULL;
    struct buf bytes;
    buf_init(&bytes, COORDINATE_MAX);
    if (bytes_of(from, X, &bytes))
        key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)bytes.data,
                                          bytes.len);
    buf_fini(&bytes);
    return key;
}

static EVP_PKEY *make_key(const struct document_key *from, enum jwt_kind *out_kind)
{
    static const struct {
        const char *crv, *group;
        size_t bytes;
        enum jwt_kind kind;
    } curves[] = {{"P-256", "prime256v1", 32, KIND_P256},
                  {"P-384", "secp384r1", 48, KIND_P384},
                  {"P-521", "secp521r1", 66, KIND_P521}};
    struct text kty = from->at[KTY], crv = from->at[CRV];
    if (is(kty, TEXT("RSA"))) {
        *out_kind = KIND_RSA;
        return make_rsa(from);
    }
    if (is(kty, TEXT("OKP")) && is(crv, TEXT("Ed25519"))) {
        *out_kind = KIND_ED25519;
        return make_ed25519(from);
    }
    for (size_t i = 0; i < 3 && is(kty, TEXT("EC")); i++)
        if (is(crv, text_of(curves[i].crv))) {
            *out_kind = curves[i].kind;
            return make_ec(from, curves[i].group, curves[i].bytes);
        }
    return NULL;
}

/* ---- the document */

static bool decode_kid(struct text value, char out[JWT_KID_SIZE])
{
    struct buf b;
    buf_init(&b, JWT_KID_SIZE - 1);
    if (value.len > 2)
        json_string(value, &b);
    bool good = b.err == ERR_OK && b.len > 0 && !memchr(b.data, 0, b.len);
    if (good)
        (void)text_copy(out, JWT_KID_SIZE, buf_text(&b));
    buf_fini(&b);
    return good;
}

static enum err add_key(struct jwt_keys *keys, struct text object)
{
    struct document_key from;
    struct jwt_key key = {0};
    if (!read_members(object, &from) || !from.verifies || !decode_kid(from.at[KID], key.kid))
        return ERR_BAD_REQUEST;
    if (from.at[USE].len && !is(from.at[USE], TEXT("sig")))
        return ERR_BAD_REQUEST;
    struct text alg = from.at[ALG];
    if (alg.len) {
        key.only = jwt_algorithm_find((struct text){alg.data + 1, alg.len - 2});
        if (!key.only)
            return ERR_BAD_REQUEST;
    }
    key.public_key = make_key(&from, &key.kind);
    return key.public_key ? jwt_keys_take(keys, &key, true) : ERR_BAD_REQUEST;
}

enum err jwt_keys_add_jwks(struct jwt_keys *keys, struct text json)
{
    if (!json_valid(json, JWT_DEPTH_MAX))
        return ERR_BAD_REQUEST;
    struct text object = json_skip_space(json), list = TEXT_NONE, one;
    struct json_member m;
    if (json_kind(object) != JSON_OBJECT)
        return ERR_BAD_REQUEST;
    while (json_member(&object, &m))
        if (strcmp(m.key, "keys") == 0)
            list = m.value;
    if (list.len == 0 || json_kind(list) != JSON_ARRAY)
        return ERR_BAD_REQUEST;
    while (json_element(&list, &one))
        if (json_kind(one) == JSON_OBJECT && add_key(keys, one) == ERR_LIMIT)
            break;
    return ERR_OK;
}
