/* Any bytes as a token, as a document of keys, or as what stands in a token whose signature is right, by the first letter
 * (t, k, c): what is believed keeps what struct jwt_claims promises, and no bytes are believed without the secret. */
#include "wire/jwt.h"

#include "base/must.h"
#include "wire/base64.h"
#include "wire/json.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#define NOW_S 1700000000
#define SECRET "fuzzing"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(struct text t)
{
    must(t.len == 0 || json_valid(t, JSON_DEPTH_MAX));
    must(!memchr(t.data, '\n', t.len) && !memchr(t.data, '\r', t.len));
}

static void check(const struct jwt_claims *c)
{
    must(strlen(c->user) < JWT_USER_SIZE && c->user_id == text_id(text_of(c->user)));
    must(c->session_id >= 0 && c->ends_s >= 0);
    must(c->expires_s == 0 || c->expires_s > NOW_S);
    const struct text json[] = {c->info, c->channels, c->subs, c->meta};
    for (size_t i = 0; i < sizeof json / sizeof json[0]; i++)
        check_json(json[i]);
}

static struct jwt_keys *secret_keys(void)
{
    static struct jwt_keys *keys;
    if (!keys) {
        keys = jwt_keys_new();
        must(keys && jwt_keys_add_secret(keys, TEXT(SECRET)) == ERR_OK);
    }
    return keys;
}

static enum err believe(struct text token)
{
    struct jwt_trust trust = {.keys = secret_keys(), .audience = TEXT_NONE, .issuer = TEXT_NONE};
    struct jwt_claims claims;
    enum err e = jwt_verify(token, &trust, NOW_S, &claims);
    if (e != ERR_OK)
        return e;
    check(&claims);
    jwt_claims_fini(&claims);
    return e;
}

static void believe_signed(struct text payload)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct buf token;
    buf_init(&token, payload.len * 2 + 200);
    base64url_encode(&token, TEXT("{\"alg\":\"HS256\"}"));
    buf_add_char(&token, '.');
    base64url_encode(&token, payload);
    must(HMAC(EVP_sha256(), SECRET, sizeof SECRET - 1, (unsigned char *)token.data, token.len,
              digest, &len));
    buf_add_char(&token, '.');
    base64url_encode(&token, (struct text){(const char *)digest, len});
    must(token.err == ERR_OK);
    enum err e = believe(buf_text(&token));
    must(e == ERR_OK || e == ERR_BAD_TOKEN || e == ERR_TOKEN_EXPIRED);
    buf_fini(&token);
}

static void read_keys(struct text document)
{
    struct jwt_keys *keys = jwt_keys_new();
    must(keys);
    enum err e = jwt_keys_add_jwks(keys, document);
    must(e == ERR_OK || e == ERR_BAD_REQUEST);
    must(jwt_keys_count(keys) <= (e == ERR_OK ? JWT_KEYS_MAX : 0));
    jwt_keys_unref(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t len = size - 1;
    char *exact = malloc(len ? len : 1); /* so that a byte too far is seen */
    must(exact);
    memcpy(exact, data + 1, len);
    struct text input = {exact, len};
    if (data[0] == 'k')
        read_keys(input);
    else if (data[0] == 'c')
        believe_signed(input);
    else
        (void)believe(input);
    free(exact);
    return 0;
}
