#include "base/must.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/web_push_inside.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define TAG_BYTES 16
#define KEY_BYTES 16
#define NONCE_BYTES 12
#define SHARED_BYTES 32
#define RECORD_BYTES 4096 /* of the only record: it is shorter */
#define LAST_RECORD 2     /* what ends it. source: RFC 8188 2 */

/* ---- keys of one message */

/* HKDF with SHA-256. */
static bool derive(struct text salt, struct text secret, struct text info, unsigned char *out,
                   size_t out_len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (char *)salt.data, salt.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (char *)secret.data, secret.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (char *)info.data, info.len),
        OSSL_PARAM_construct_end()};
    bool good = ctx && EVP_KDF_derive(ctx, out, out_len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return good;
}

/* What both sides come to. errors: ERR_BAD_REQUEST the other one's point is none; ERR_NOMEM */
static enum err agree(const struct web_push_pair *own, const unsigned char other[PUSH_POINT_BYTES],
                      unsigned char out[SHARED_BYTES])
{
    size_t len = SHARED_BYTES;
    enum err e = web_push_check_point(other);
    if (e != ERR_OK)
        return e;
    e = ERR_NOMEM;
    EVP_PKEY *theirs = web_push_key(other, NULL);
    EVP_PKEY *mine = web_push_key(own->point, own->secret);
    EVP_PKEY_CTX *ctx = mine ? EVP_PKEY_CTX_new(mine, NULL) : NULL;
    if (ctx && theirs && EVP_PKEY_derive_init(ctx) == 1 &&
        EVP_PKEY_derive_set_peer(ctx, theirs) == 1 && EVP_PKEY_derive(ctx, out, &len) == 1 &&
        len == SHARED_BYTES)
        e = ERR_OK;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(mine);
    return e;
}

struct content_keys {
    unsigned char key[KEY_BYTES], nonce[NONCE_BYTES];
};

static struct text bytes_of(const unsigned char *bytes, size_t len)
{
    return (struct text){(const char *)bytes, len};
}

/* source: RFC 8291 3.4. The infos end with a NUL, which sizeof counts. */
static enum err find_keys(const struct web_push_receiver *to, const struct web_push_pair *own,
                          const unsigned char salt[PUSH_SALT_BYTES], struct content_keys *out)
{
    static const char for_key[] = "Content-Encoding: aes128gcm";
    static const char for_nonce[] = "Content-Encoding: nonce";
    static const char for_both[] = "WebPush: info";
    char info[sizeof for_both + sizeof to->point + sizeof own->point];
    unsigned char shared[SHARED_BYTES], first[SHARED_BYTES];
    memcpy(info, for_both, sizeof for_both);
    memcpy(info + sizeof for_both, to->point, PUSH_POINT_BYTES);
    memcpy(info + sizeof for_both + PUSH_POINT_BYTES, own->point, PUSH_POINT_BYTES);
    enum err e = agree(own, to->point, shared);
    struct text salt_text = bytes_of(salt, PUSH_SALT_BYTES),
                first_text = bytes_of(first, sizeof first);
    if (e == ERR_OK &&
        (!derive(bytes_of(to->auth, PUSH_AUTH_BYTES), bytes_of(shared, sizeof shared),
                 (struct text){info, sizeof info}, first, sizeof first) ||
         !derive(salt_text, first_text, (struct text){for_key, sizeof for_key}, out->key,
                 sizeof out->key) ||
         !derive(salt_text, first_text, (struct text){for_nonce, sizeof for_nonce}, out->nonce,
                 sizeof out->nonce)))
        e = ERR_NOMEM;
    OPENSSL_cleanse(shared, sizeof shared);
    OPENSSL_cleanse(first, sizeof first);
    return e;
}

/* ---- the message */

static bool seal(const struct content_keys *keys, struct text message, struct buf *out)
{
    const unsigned char last = LAST_RECORD;
    int len = 0, more = 0, end = 0;
    unsigned char *to = (unsigned char *)buf_space(out, message.len + 1 + TAG_BYTES);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool good =
        to && ctx &&
        EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, keys->key, keys->nonce) == 1 &&
        EVP_EncryptUpdate(ctx, to, &len, (const unsigned char *)message.data, (int)message.len) ==
            1 &&
        EVP_EncryptUpdate(ctx, to + len, &more, &last, 1) == 1 &&
        EVP_EncryptFinal_ex(ctx, to + len + more, &end) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, to + message.len + 1) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (good)
        buf_grown(out, message.len + 1 + TAG_BYTES);
    return good;
}

/* source: RFC 8188 2.1 */
static void add_head(const unsigned char salt[PUSH_SALT_BYTES], const struct web_push_pair *own,
                     struct buf *out)
{
    static const char record[4] = {0, 0, RECORD_BYTES >> 8, RECORD_BYTES & 0xff};
    buf_add(out, salt, PUSH_SALT_BYTES);
    buf_add(out, record, sizeof record);
    buf_add_char(out, PUSH_POINT_BYTES);
    buf_add(out, own->point, PUSH_POINT_BYTES);
}

enum err web_push_encrypt(struct text message, const struct web_push_receiver *to,
                          const struct web_push_pair *own,
                          const unsigned char salt[PUSH_SALT_BYTES], struct buf *out)
{
    struct content_keys keys;
    if (message.len > PUSH_TEXT_MAX)
        return ERR_LIMIT;
    enum err e = find_keys(to, own, salt, &keys);
    if (e == ERR_OK) {
        add_head(salt, own, out);
        if (!seal(&keys, message, out))
            e = out->err != ERR_OK ? out->err : ERR_NOMEM;
    }
    OPENSSL_cleanse(&keys, sizeof keys);
    ERR_clear_error();
    return e;
}

/* ---- the word to the push service */

#define HALF_BYTES 32
#define CLAIMS_MAX 1024

/* The signature as a token has it: two numbers of equal length. source: RFC 7518 3.4 */
static bool sign(const struct web_push_pair *pair, struct text signed_part,
                 unsigned char out[2 * HALF_BYTES])
{
    unsigned char der[80];
    size_t len = sizeof der;
    const unsigned char *at = der;
    ECDSA_SIG *numbers = NULL;
    EVP_PKEY *key = web_push_key(pair->point, pair->secret);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = key && ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(ctx, der, &len, (const unsigned char *)signed_part.data,
                               signed_part.len) == 1 &&
                (numbers = d2i_ECDSA_SIG(NULL, &at, (long)len)) &&
                BN_bn2binpad(ECDSA_SIG_get0_r(numbers), out, HALF_BYTES) == HALF_BYTES &&
                BN_bn2binpad(ECDSA_SIG_get0_s(numbers), out + HALF_BYTES, HALF_BYTES) == HALF_BYTES;
    ECDSA_SIG_free(numbers);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

static enum err add_claims(const struct web_push_vapid *v, struct buf *out)
{
    struct buf claims;
    struct json_writer w;
    buf_init(&claims, CLAIMS_MAX);
    json_begin(&w, &claims);
    json_open(&w, NULL, '{');
    json_add_text(&w, "aud", v->audience);
    json_add_int(&w, "exp", v->expires_s);
    if (v->contact.len)
        json_add_text(&w, "sub", v->contact);
    json_close(&w, '}');
    enum err e = claims.err;
    if (e == ERR_OK)
        base64url_encode(out, buf_text(&claims));
    buf_fini(&claims);
    return e != ERR_OK ? e : out->err;
}

enum err web_push_authorize(const struct web_push_vapid *v, struct buf *out)
{
    unsigned char signature[2 * HALF_BYTES];
    buf_add_text(out, TEXT("vapid t="));
    size_t before = out->len;
    base64url_encode(out, TEXT("{\"typ\":\"JWT\",\"alg\":\"ES256\"}"));
    buf_add_char(out, '.');
    enum err e = add_claims(v, out);
    if (e != ERR_OK)
        return e;
    bool good = sign(v->pair, text_after(buf_text(out), before), signature);
    ERR_clear_error();
    if (!good)
        return ERR_NOMEM;
    buf_add_char(out, '.');
    base64url_encode(out, bytes_of(signature, sizeof signature));
    buf_add_text(out, TEXT(", k="));
    base64url_encode(out, bytes_of(v->pair->point, PUSH_POINT_BYTES));
    return out->err;
}
