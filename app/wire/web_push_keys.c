/* web_push_keys: pairs and points on P-256, from bytes and to them. */
#include "base/must.h"
#include "wire/base64.h"
#include "wire/web_push_inside.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#define GROUP "prime256v1"

EVP_PKEY *web_push_key(const unsigned char point[PUSH_POINT_BYTES],
                       const unsigned char secret[PUSH_SECRET_BYTES])
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = NULL;
    BIGNUM *number = secret ? BN_secure_new() : NULL;
    OSSL_PARAM_BLD *list = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bool good =
        list && ctx && (!secret || (number && BN_bin2bn(secret, PUSH_SECRET_BYTES, number))) &&
        OSSL_PARAM_BLD_push_utf8_string(list, OSSL_PKEY_PARAM_GROUP_NAME, GROUP, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(list, OSSL_PKEY_PARAM_PUB_KEY, point, PUSH_POINT_BYTES) ==
            1 &&
        (!secret || OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1) &&
        (params = OSSL_PARAM_BLD_to_param(list)) && EVP_PKEY_fromdata_init(ctx) == 1;
    if (!good ||
        EVP_PKEY_fromdata(ctx, &key, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(list);
    EVP_PKEY_CTX_free(ctx);
    BN_clear_free(number);
    ERR_clear_error(); /* what is left in this thread's queue would be taken for TLS's */
    return key;
}

enum err web_push_pair_of(const unsigned char secret[PUSH_SECRET_BYTES], struct web_push_pair *out)
{
    enum err e = ERR_NOMEM;
    struct web_push_pair pair;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = group ? EC_POINT_new(group) : NULL;
    BIGNUM *number = BN_secure_new();
    if (!point || !number || !BN_bin2bn(secret, PUSH_SECRET_BYTES, number))
        goto done;
    e = ERR_BAD_REQUEST;
    if (BN_is_zero(number) || BN_cmp(number, EC_GROUP_get0_order(group)) >= 0)
        goto done;
    e = ERR_NOMEM;
    BN_set_flags(number, BN_FLG_CONSTTIME);
    memcpy(pair.secret, secret, sizeof pair.secret);
    if (EC_POINT_mul(group, point, number, NULL, NULL, NULL) != 1 ||
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, pair.point,
                           sizeof pair.point, NULL) != sizeof pair.point)
        goto done;
    *out = pair;
    e = ERR_OK;
done:
    OPENSSL_cleanse(&pair, sizeof pair);
    BN_clear_free(number);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    ERR_clear_error();
    return e;
}

/* errors: ERR_BAD_REQUEST foreign letters or another length; ERR_NOMEM */
static enum err decode(struct text letters, unsigned char *out, size_t len)
{
    char room[PUSH_POINT_BYTES + 1];
    struct buf bytes;
    buf_init_lent(&bytes, len, room, sizeof room);
    bool good = base64url_decode(letters, &bytes) && bytes.len == len;
    if (good)
        memcpy(out, bytes.data, len);
    enum err e = good ? ERR_OK : bytes.err == ERR_NOMEM ? ERR_NOMEM : ERR_BAD_REQUEST;
    buf_fini(&bytes);
    return e;
}

/* What OpenSSL's last refusal came from. */
static enum err why_not(void)
{
    enum err e = ERR_BAD_REQUEST;
    for (unsigned long code; (code = ERR_get_error()) != 0;)
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            e = ERR_NOMEM;
    return e;
}

enum err web_push_check_point(const unsigned char bytes[PUSH_POINT_BYTES])
{
    enum err e = ERR_NOMEM;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = group ? EC_POINT_new(group) : NULL;
    if (point && bytes[0] != POINT_CONVERSION_UNCOMPRESSED)
        e = ERR_BAD_REQUEST;
    else if (point)
        e = EC_POINT_oct2point(group, point, bytes, PUSH_POINT_BYTES, NULL) == 1 ? ERR_OK
                                                                                 : why_not();
    EC_POINT_free(point);
    EC_GROUP_free(group);
    ERR_clear_error();
    return e;
}

enum err web_push_receiver_of(struct text p256dh, struct text auth, struct web_push_receiver *out,
                              const char **out_field)
{
    struct web_push_receiver r;
    const char *field = "p256dh";
    enum err e = decode(p256dh, r.point, sizeof r.point);
    if (e == ERR_OK)
        e = web_push_check_point(r.point);
    if (e == ERR_OK) {
        field = "auth";
        e = decode(auth, r.auth, sizeof r.auth);
    }
    if (e == ERR_OK)
        *out = r;
    else if (e == ERR_BAD_REQUEST)
        *out_field = field;
    return e;
}

void web_push_point_text(const unsigned char point[PUSH_POINT_BYTES],
                         char out[PUSH_POINT_TEXT_SIZE])
{
    struct buf letters;
    buf_init_lent(&letters, PUSH_POINT_TEXT_SIZE - 1, out, PUSH_POINT_TEXT_SIZE);
    base64url_encode(&letters, (struct text){(const char *)point, PUSH_POINT_BYTES});
    must(letters.err == ERR_OK);
    out[letters.len] = 0;
}
