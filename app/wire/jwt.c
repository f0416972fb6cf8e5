#include "wire/jwt.h"

#include "wire/base64.h"
#include "wire/json.h"
#include "wire/jwt_inside.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* ---- reading */

struct header {
    const struct jwt_algorithm *algorithm;
    char kid[JWT_KID_SIZE]; /* "": none */
};

/* Decodes a JSON string that must fit and have no U+0000. The buffer has room for it and is left as it was. */
static bool read_string(struct text value, struct buf *bytes, char *out, size_t size)
{
    if (json_kind(value) != JSON_STRING)
        return false;
    size_t before = bytes->len;
    json_string(value, bytes);
    struct text decoded = text_after(buf_text(bytes), before);
    bytes->len = before;
    return decoded.len < size && !memchr(decoded.data, 0, decoded.len) &&
           text_copy(out, size, decoded) == decoded.len;
}

/* Exactly one alg, and it is known. `crit` names extensions that must be understood: we know none. source: RFC 7515 4.1.11 */
static bool read_header(struct buf *bytes, struct header *out)
{
    if (!buf_space(bytes, bytes->len)) /* what is decoded from it is shorter: it does not move */
        return false;
    struct text object = json_skip_space(buf_text(bytes));
    struct json_member m;
    bool kid_seen = false;
    char name[16];
    while (json_member(&object, &m)) {
        if (strcmp(m.key, "crit") == 0)
            return false;
        if (strcmp(m.key, "alg") == 0) {
            if (out->algorithm || !read_string(m.value, bytes, name, sizeof name))
                return false;
            out->algorithm = jwt_algorithm_find(text_of(name));
            if (!out->algorithm)
                return false;
        }
        if (strcmp(m.key, "kid") == 0) {
            if (kid_seen || !read_string(m.value, bytes, out->kid, sizeof out->kid))
                return false;
            kid_seen = true;
        }
    }
    return out->algorithm != NULL;
}

/* Decodes a part of a token that must be a JSON object. */
static bool open_part(struct text part, struct buf *bytes)
{
    return base64url_decode(part, bytes) && json_valid(buf_text(bytes), JWT_DEPTH_MAX) &&
           json_kind(json_skip_space(buf_text(bytes))) == JSON_OBJECT;
}

/* errors: ERR_BAD_TOKEN; ERR_NOT_FOUND its kid is not in the set */
static enum err choose_key(const struct header *header, const struct jwt_trust *trust,
                           const struct jwt_key **out_key)
{
    const struct jwt_key *key;
    if (trust->by_kid && header->kid[0] && header->algorithm->kind != KIND_SECRET) {
        if (!trust->set || !jwt_keys_has(trust->set, header->kid))
            return ERR_NOT_FOUND;
        key = jwt_keys_find(trust->set, header->kid, header->algorithm);
    } else {
        key = jwt_keys_find(trust->keys, NULL, header->algorithm);
    }
    *out_key = key;
    return key ? ERR_OK : ERR_BAD_TOKEN;
}

static bool split(struct text token, struct text out_parts[3])
{
    struct text rest = token;
    return token.len > 0 && token.len <= JWT_MAX_BYTES && text_split(&rest, '.', &out_parts[0]) &&
           text_split(&rest, '.', &out_parts[1]) && text_split(&rest, '.', &out_parts[2]) &&
           !rest.data;
}

static enum err check_signature(struct text token, const struct jwt_trust *trust,
                                const struct text parts[3], bool *out_by_secret)
{
    struct header header = {0};
    const struct jwt_key *key = NULL;
    struct buf bytes;
    buf_init(&bytes, (size_t)2 * JWT_MAX_BYTES);
    enum err e = ERR_BAD_TOKEN;
    if (open_part(parts[0], &bytes) && read_header(&bytes, &header))
        e = choose_key(&header, trust, &key);
    if (e == ERR_OK) {
        buf_clear(&bytes);
        struct text signed_part = {token.data, parts[0].len + 1 + parts[1].len};
        e = ERR_BAD_TOKEN;
        if (base64url_decode(parts[2], &bytes))
            e = jwt_key_check(key, header.algorithm, signed_part, buf_text(&bytes));
        *out_by_secret = header.algorithm->kind == KIND_SECRET;
    }
    if (e == ERR_BAD_TOKEN && bytes.err == ERR_NOMEM)
        e = ERR_NOMEM;
    buf_fini(&bytes);
    return e;
}

enum err jwt_verify(struct text token, const struct jwt_trust *trust, int64_t now_s,
                    struct jwt_claims *out)
{
    struct text parts[3];
    if (!split(token, parts))
        return ERR_BAD_TOKEN;
    struct jwt_claims claims = {0};
    enum err e = check_signature(token, trust, parts, &claims.by_secret);
    if (e != ERR_OK)
        return e;
    buf_init(&claims.bytes, (size_t)3 * JWT_MAX_BYTES); /* and what is decoded from it */
    e = ERR_BAD_TOKEN;
    if (open_part(parts[1], &claims.bytes))
        e = jwt_claims_read(&claims, trust, now_s);
    if (e == ERR_BAD_TOKEN && claims.bytes.err == ERR_NOMEM)
        e = ERR_NOMEM;
    if (e == ERR_OK)
        *out = claims;
    else
        jwt_claims_fini(&claims);
    return e;
}

/* ---- writing */

#define SIGNATURE_BYTES 32

static bool sign(struct text secret, struct text signed_part, unsigned char out[SIGNATURE_BYTES])
{
    unsigned len = 0;
    return secret.len > 0 && secret.len <= INT_MAX &&
           HMAC(EVP_sha256(), secret.data, (int)secret.len, (const unsigned char *)signed_part.data,
                signed_part.len, out, &len) &&
           len == SIGNATURE_BYTES;
}

static void write_claims(const struct jwt_claims *claims, int64_t now_s, struct buf *out)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    if (claims->user_id != 0)
        json_add_id(&w, "sub", claims->user_id);
    else
        json_add_text(&w, "sub", text_of(claims->user));
    if (claims->session_id != 0)
        json_add_id(&w, "sid", claims->session_id);
    json_add_int(&w, "iat", now_s);
    if (claims->expires_s != 0)
        json_add_int(&w, "exp", claims->expires_s);
    if (claims->audience.len)
        json_add_text(&w, "aud", claims->audience);
    if (claims->issuer.len)
        json_add_text(&w, "iss", claims->issuer);
    if (claims->info.len)
        json_add_raw(&w, "info", claims->info);
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

    base64url_encode(out, TEXT("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
    buf_add_char(out, '.');
    base64url_encode(out, buf_text(&payload));
    e = out->err;
    if (e != ERR_OK)
        goto done;
    e = ERR_INTERNAL;
    if (!sign(secret, text_after(buf_text(out), before), signature))
        goto done;
    buf_add_char(out, '.');
    base64url_encode(out, (struct text){(const char *)signature, sizeof signature});
    e = out->err;
done:
    buf_fini(&payload);
    return e;
}
