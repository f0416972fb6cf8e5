#include "wire/jwt.h"

#include "wire/json.h"

#include <limits.h>
#include <math.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#define SIGNATURE_BYTES 32
#define CLAIMS_DEPTH_MAX 16

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* ---- base64url without padding. source: RFC 7515 2 */

static void encode(struct buf *out, struct text bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        unsigned char b[3] = {0};
        memcpy(b, bytes.data + i, n);
        const char four[4] = {letters[b[0] >> 2], letters[(b[0] & 3) << 4 | b[1] >> 4],
                              letters[(b[1] & 15) << 2 | b[2] >> 6], letters[b[2] & 63]};
        buf_add(out, four, n + 1);
    }
}

/* False: a foreign letter, an impossible length, or left-over bits that are not zero: each token has one spelling. */
static bool decode(struct text t, struct buf *out)
{
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < t.len; i++) {
        const char *letter = t.data[i] ? strchr(letters, t.data[i]) : NULL;
        if (!letter)
            return false;
        held = (held << 6 | (unsigned)(letter - letters)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_add_char(out, (char)(held >> bits));
        }
    }
    return bits < 6 && (held & ((1u << bits) - 1)) == 0 && out->err == ERR_OK;
}

static bool sign(struct text secret, struct text signed_part, unsigned char out[SIGNATURE_BYTES])
{
    unsigned len = 0;
    return secret.len > 0 && secret.len <= INT_MAX &&
           HMAC(EVP_sha256(), secret.data, (int)secret.len, (const unsigned char *)signed_part.data,
                signed_part.len, out, &len) &&
           len == SIGNATURE_BYTES;
}

/* ---- reading */

/* Decodes a part of a token and finds the object in it; `bytes` holds it. */
static bool open_part(struct text part, struct buf *bytes, struct text *out_object)
{
    buf_clear(bytes);
    if (!decode(part, bytes) || !json_valid(buf_text(bytes), CLAIMS_DEPTH_MAX))
        return false;
    *out_object = json_skip_space(buf_text(bytes));
    return json_kind(*out_object) == JSON_OBJECT;
}

static bool string_is(struct text value, struct text wanted)
{
    return json_kind(value) == JSON_STRING &&
           text_is((struct text){value.data + 1, value.len - 2}, wanted);
}

/* Exactly one alg, and it is ours. `crit` names extensions that must be understood: we know none. source: RFC 7515 4.1.11 */
static bool header_is_ours(struct text object)
{
    struct json_member m;
    bool found = false;
    while (json_member(&object, &m)) {
        if (strcmp(m.key, "crit") == 0)
            return false;
        if (strcmp(m.key, "alg") != 0)
            continue;
        if (found || !string_is(m.value, TEXT("HS256")))
            return false;
        found = true;
    }
    return found;
}

/* A claim that is an id as decimal text; ids have no escapes. */
static bool read_id(struct text value, int64_t *out)
{
    if (json_kind(value) != JSON_STRING || value.len < 3)
        return false;
    *out = text_id((struct text){value.data + 1, value.len - 2});
    return *out > 0;
}

#define DATE_MAX_S INT64_C(1000000000000000) /* so that milliseconds still fit */

/* Seconds since 1970, perhaps with a fraction. source: RFC 7519 2, NumericDate */
static bool read_date(struct text value, int64_t *out)
{
    if (json_int(value, -DATE_MAX_S + 1, DATE_MAX_S - 1, out))
        return true;
    char digits[40];
    if (json_kind(value) != JSON_NUMBER || value.len >= sizeof digits)
        return false;
    (void)text_copy(digits, sizeof digits, value);
    double seconds = floor(strtod(digits, NULL));
    if (!(fabs(seconds) < (double)DATE_MAX_S))
        return false;
    *out = (int64_t)seconds;
    return true;
}

enum claim { CLAIM_SUB, CLAIM_SID, CLAIM_EXP, CLAIM_NBF, CLAIM_INFO, CLAIM_COUNT };
static const char *const claim_names[CLAIM_COUNT] = {"sub", "sid", "exp", "nbf", "info"};

struct dates {
    int64_t exp, nbf;
};

static bool read_claim(enum claim c, struct text value, struct jwt_claims *out, struct dates *dates)
{
    switch (c) {
    case CLAIM_SUB:
        return read_id(value, &out->user_id);
    case CLAIM_SID:
        return read_id(value, &out->session_id);
    case CLAIM_EXP:
        return read_date(value, &dates->exp);
    case CLAIM_NBF:
        return read_date(value, &dates->nbf);
    case CLAIM_INFO:
        return text_copy(out->info, sizeof out->info, value) == value.len;
    case CLAIM_COUNT:
        break;
    }
    return false;
}

static enum err read_claims(struct text object, int64_t now_s, struct jwt_claims *out)
{
    bool seen[CLAIM_COUNT] = {false};
    struct dates dates = {0};
    struct json_member m;
    while (json_member(&object, &m))
        for (unsigned c = 0; c < CLAIM_COUNT; c++) {
            if (strcmp(claim_names[c], m.key) != 0)
                continue;
            if (seen[c] || !read_claim((enum claim)c, m.value, out, &dates))
                return ERR_BAD_TOKEN;
            seen[c] = true;
        }
    if (!seen[CLAIM_SUB] || (seen[CLAIM_NBF] && dates.nbf > now_s))
        return ERR_BAD_TOKEN;
    if (seen[CLAIM_EXP] && dates.exp <= now_s)
        return ERR_TOKEN_EXPIRED;
    out->expires_s = seen[CLAIM_EXP] ? dates.exp : 0;
    return ERR_OK;
}

enum err jwt_verify(struct text token, struct text secret, int64_t now_s, struct jwt_claims *out)
{
    enum err e = ERR_BAD_TOKEN;
    unsigned char wanted[SIGNATURE_BYTES];
    struct text rest = token, header, payload, signature, object;
    struct buf bytes;
    buf_init(&bytes, JWT_MAX_BYTES);
    if (token.len == 0 || token.len > JWT_MAX_BYTES || !text_split(&rest, '.', &header) ||
        !text_split(&rest, '.', &payload) || !text_split(&rest, '.', &signature) || rest.data)
        goto done;

    struct text signed_part = {token.data, header.len + 1 + payload.len};
    if (!sign(secret, signed_part, wanted) || !decode(signature, &bytes) ||
        bytes.len != SIGNATURE_BYTES || CRYPTO_memcmp(bytes.data, wanted, SIGNATURE_BYTES) != 0)
        goto done;
    if (!open_part(header, &bytes, &object) || !header_is_ours(object))
        goto done;
    if (!open_part(payload, &bytes, &object))
        goto done;
    struct jwt_claims claims = {0};
    e = read_claims(object, now_s, &claims);
    if (e == ERR_OK)
        *out = claims;
done:
    buf_fini(&bytes);
    return e;
}

/* ---- writing */

static void write_claims(const struct jwt_claims *claims, int64_t now_s, struct buf *out)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_add_id(&w, "sub", claims->user_id);
    if (claims->session_id != 0)
        json_add_id(&w, "sid", claims->session_id);
    json_add_int(&w, "iat", now_s);
    if (claims->expires_s != 0)
        json_add_int(&w, "exp", claims->expires_s);
    if (claims->info[0])
        json_add_raw(&w, "info", text_of(claims->info));
    json_close(&w, '}');
}

enum err jwt_sign(const struct jwt_claims *claims, int64_t now_s, struct text secret,
                  struct buf *out)
{
    if (secret.len == 0)
        return ERR_BAD_TOKEN;
    size_t before = out->len;
    unsigned char signature[SIGNATURE_BYTES];
    struct buf payload;
    buf_init(&payload, JWT_MAX_BYTES);
    write_claims(claims, now_s, &payload);
    enum err e = payload.err;
    if (e != ERR_OK)
        goto done;

    encode(out, TEXT("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
    buf_add_char(out, '.');
    encode(out, buf_text(&payload));
    e = out->err;
    if (e != ERR_OK)
        goto done;
    e = ERR_INTERNAL;
    if (!sign(secret, text_after(buf_text(out), before), signature))
        goto done;
    buf_add_char(out, '.');
    encode(out, (struct text){(const char *)signature, sizeof signature});
    e = out->err;
done:
    buf_fini(&payload);
    return e;
}
