/* jwt_claims: what stands in a token whose signature is right. */
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/jwt_inside.h"

#include <math.h>
#include <stdlib.h>

#define DATE_MAX_S INT64_C(1000000000000000) /* so that milliseconds still fit */

void jwt_claims_fini(struct jwt_claims *claims)
{
    buf_fini(&claims->bytes);
}

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

/* Decodes a string behind what the buffer holds; it does not move, room was made for it. */
static bool decode_text(struct text value, struct buf *bytes, struct text *out)
{
    if (json_kind(value) != JSON_STRING)
        return false;
    size_t before = bytes->len;
    json_string(value, bytes);
    *out = text_after(buf_text(bytes), before);
    return bytes->err == ERR_OK;
}

static bool has_control(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.data[i] < 0x20 || t.data[i] == 0x7f)
            return true;
    return false;
}

static bool read_user(struct text value, struct jwt_claims *out)
{
    struct text user;
    if (!decode_text(value, &out->bytes, &user) || user.len >= sizeof out->user ||
        has_control(user))
        return false;
    (void)text_copy(out->user, sizeof out->user, user);
    out->user_id = text_id(user);
    return true;
}

static bool read_base64(struct text value, struct buf *bytes, struct text *out)
{
    struct text letters;
    if (!decode_text(value, bytes, &letters))
        return false;
    size_t before = bytes->len;
    if (letters.len == 0)
        return true;
    if (!base64_decode(letters, bytes))
        return false;
    for (size_t i = before; i < bytes->len; i++) /* as jwt_claims_read does */
        if (bytes->data[i] == '\n' || bytes->data[i] == '\r')
            bytes->data[i] = ' ';
    *out = text_after(buf_text(bytes), before);
    return json_valid(*out, JWT_DEPTH_MAX);
}

static bool are_texts(struct text array)
{
    struct text element;
    if (json_kind(array) != JSON_ARRAY)
        return false;
    while (json_element(&array, &element))
        if (json_kind(element) != JSON_STRING)
            return false;
    return true;
}

/* ---- the claims, one by one */

enum claim {
    CLAIM_SUB,
    CLAIM_SID,
    CLAIM_EXP,
    CLAIM_NBF,
    CLAIM_IAT,
    CLAIM_AUD,
    CLAIM_ISS,
    CLAIM_EXPIRE_AT,
    CLAIM_INFO,
    CLAIM_B64INFO,
    CLAIM_CHANNELS,
    CLAIM_SUBS,
    CLAIM_META,
    CLAIM_CHANNEL,
    CLAIM_COUNT
};
static const char *const claim_names[CLAIM_COUNT] = {
    "sub",       "sid",  "exp",     "nbf",      "iat",  "aud",  "iss",
    "expire_at", "info", "b64info", "channels", "subs", "meta", "channel"};

struct reading {
    struct jwt_claims *out;
    const struct jwt_trust *trust;
    bool seen[CLAIM_COUNT];
    int64_t exp, nbf, iat, expire_at;
    struct text sid, info, decoded_info;
    bool heard, issued; /* aud names us, iss is the one we want */
};

static bool text_equals(struct reading *r, struct text value, struct text wanted)
{
    struct text decoded;
    size_t before = r->out->bytes.len;
    bool equal = decode_text(value, &r->out->bytes, &decoded) && text_is(decoded, wanted);
    r->out->bytes.len = before;
    return equal;
}

/* A text, or an array of them. source: RFC 7519 4.1.3 */
static bool read_audience(struct reading *r, struct text value)
{
    struct text one;
    if (json_kind(value) == JSON_STRING) {
        r->heard = text_equals(r, value, r->trust->audience);
        return true;
    }
    if (!are_texts(value))
        return false;
    while (json_element(&value, &one))
        r->heard |= text_equals(r, one, r->trust->audience);
    return true;
}

static bool read_json(struct text value, bool right_kind, struct text *out)
{
    *out = value;
    return right_kind;
}

/* What an application adds may be null, which is nothing. */
static bool read_application_claim(struct reading *r, enum claim c, struct text value)
{
    struct jwt_claims *out = r->out;
    if (json_kind(value) == JSON_NULL) {
        r->seen[c] = false;
        return true;
    }
    switch (c) {
    case CLAIM_EXPIRE_AT:
        return read_date(value, &r->expire_at) && r->expire_at >= 0;
    case CLAIM_INFO:
        return read_json(value, true, &r->info);
    case CLAIM_B64INFO:
        return read_base64(value, &out->bytes, &r->decoded_info);
    case CLAIM_CHANNELS:
        return read_json(value, are_texts(value), &out->channels);
    case CLAIM_SUBS:
        return read_json(value, json_kind(value) == JSON_OBJECT, &out->subs);
    case CLAIM_META:
        return read_json(value, json_kind(value) == JSON_OBJECT, &out->meta);
    default:
        return decode_text(value, &out->bytes, &out->channel) && !has_control(out->channel);
    }
}

static bool read_claim(struct reading *r, enum claim c, struct text value)
{
    switch (c) {
    case CLAIM_SUB:
        return read_user(value, r->out);
    case CLAIM_SID:
        return decode_text(value, &r->out->bytes, &r->sid);
    case CLAIM_EXP:
        return read_date(value, &r->exp);
    case CLAIM_NBF:
        return read_date(value, &r->nbf);
    case CLAIM_IAT:
        return read_date(value, &r->iat);
    case CLAIM_AUD:
        return read_audience(r, value);
    case CLAIM_ISS:
        r->issued = text_equals(r, value, r->trust->issuer);
        return json_kind(value) == JSON_STRING;
    default:
        return read_application_claim(r, c, value);
    }
}

static bool read_all(struct reading *r, struct text object)
{
    bool come[CLAIM_COUNT] = {false};
    struct json_member m;
    while (json_member(&object, &m))
        for (unsigned c = 0; c < CLAIM_COUNT; c++) {
            if (strcmp(claim_names[c], m.key) != 0)
                continue;
            if (come[c])
                return false;
            come[c] = r->seen[c] = true;
            if (!read_claim(r, (enum claim)c, m.value))
                return false;
        }
    return true;
}

/* A person's session is an id; another application may have a sid of its own form. */
static bool judge_session(struct reading *r)
{
    r->out->session_id = text_id(r->sid);
    return !r->seen[CLAIM_SID] || r->out->session_id > 0 || r->out->user_id == 0;
}

enum err jwt_claims_read(struct jwt_claims *claims, const struct jwt_trust *trust, int64_t now_s)
{
    struct reading r = {.out = claims,
                        .trust = trust,
                        .sid = TEXT_NONE,
                        .info = TEXT_NONE,
                        .decoded_info = TEXT_NONE};
    struct buf *bytes = &claims->bytes;
    claims->channels = claims->subs = claims->meta = claims->channel = TEXT_NONE;
    claims->audience = claims->issuer = TEXT_NONE;
    /* Line ends can only be white space in JSON, and one line is what the protocol wants. */
    for (size_t i = 0; i < bytes->len; i++)
        if (bytes->data[i] == '\n' || bytes->data[i] == '\r')
            bytes->data[i] = ' ';
    size_t len = bytes->len;
    if (!buf_space(bytes,
                   2 * len)) /* what is decoded from it fits, base64 twice: texts do not move */
        return bytes->err == ERR_NOMEM ? ERR_NOMEM : ERR_BAD_TOKEN;

    struct text object = json_skip_space((struct text){bytes->data, len});
    if (!read_all(&r, object) || !r.seen[CLAIM_SUB] || !judge_session(&r))
        return ERR_BAD_TOKEN;
    if ((trust->audience.len && !r.heard) || (trust->issuer.len && !r.issued))
        return ERR_BAD_TOKEN;
    if (r.seen[CLAIM_NBF] && r.nbf > now_s)
        return ERR_BAD_TOKEN;
    if (r.seen[CLAIM_EXP] && r.exp <= now_s)
        return ERR_TOKEN_EXPIRED;
    claims->info = r.decoded_info.len ? r.decoded_info : r.info;
    claims->expires_s = r.seen[CLAIM_EXP] ? r.exp : 0;
    claims->ends_s = r.seen[CLAIM_EXPIRE_AT] ? r.expire_at : claims->expires_s;
    return ERR_OK;
}
