/* Guards: a token is believed only if it was signed with our secret by an algorithm of it, has one spelling, and is not
 * over; what is signed here is read by others. Public keys are in wire_jwt_keys_test. */
#include "wire/jwt.h"

#include "base/must.h"
#include "fault.h"
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define NOW 1700000000
static const struct text secret = {"a secret of the test", 20};

/* ---- making tokens of any kind, with OpenSSL's own base64 */

static void url_letters(char *base64)
{
    char *out = base64;
    for (char *at = base64; *at && *at != '='; at++, out++) {
        *out = *at;
        if (*at == '+')
            *out = '-';
        if (*at == '/')
            *out = '_';
    }
    *out = 0;
}

static const EVP_MD *(*signing_hash)(void) = EVP_sha256;
static struct text signing_secret = {"a secret of the test", 20};

static const char *token_of(const char *header, const char *payload)
{
    static char token[30000];
    unsigned char digest[64];
    unsigned len = 0;
    char part[20000];
    (void)EVP_EncodeBlock((unsigned char *)part, (const unsigned char *)header,
                          (int)strlen(header));
    url_letters(part);
    int n = snprintf(token, sizeof token, "%s.", part);
    (void)EVP_EncodeBlock((unsigned char *)part, (const unsigned char *)payload,
                          (int)strlen(payload));
    url_letters(part);
    n += snprintf(token + n, sizeof token - (size_t)n, "%s", part);
    (void)HMAC(signing_hash(), signing_secret.data, (int)signing_secret.len, (unsigned char *)token,
               (size_t)n, digest, &len);
    (void)EVP_EncodeBlock((unsigned char *)part, digest, (int)len);
    url_letters(part);
    (void)snprintf(token + n, sizeof token - (size_t)n, ".%s", part);
    return token;
}

static struct jwt_claims got;

static enum err verify_at(struct text token, struct text by, int64_t now_s)
{
    struct jwt_keys *keys = jwt_keys_new();
    must(keys && (by.len == 0 || jwt_keys_add_secret(keys, by) == ERR_OK));
    struct jwt_trust trust = {.keys = keys};
    struct jwt_claims claims;
    enum err e = jwt_verify(token, &trust, now_s, &claims);
    if (e == ERR_OK) {
        jwt_claims_fini(&got);
        got = claims;
    }
    jwt_keys_unref(keys);
    return e;
}

static enum err verify(const char *token)
{
    return verify_at(text_of(token), secret, NOW);
}

/* A text of what was got, until the next call. */
static const char *shown(struct text t)
{
    static char out[20000];
    (void)text_copy(out, sizeof out, t);
    return out;
}

static enum err payload(const char *json)
{
    return verify(token_of("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", json));
}

static enum err header(const char *json)
{
    return verify(token_of(json, "{\"sub\":\"1\"}"));
}

/* ---- */

static void what_is_signed_is_verified(void)
{
    struct buf b;
    buf_init(&b, 1000);
    struct jwt_claims c = {
        .user_id = 42, .session_id = 7, .expires_s = NOW + 60, .info = TEXT("{\"name\":\"Ann\"}")};
    buf_add_text(&b, TEXT("before "));
    CHECK_INT(jwt_sign(&c, NOW, secret, &b), ERR_OK);
    struct text token = text_after(buf_text(&b), 7);
    CHECK_INT(verify_at(token, secret, NOW), ERR_OK);
    CHECK_INT(got.user_id, 42);
    CHECK_INT(got.session_id, 7);
    CHECK_INT(got.expires_s, NOW + 60);
    CHECK_TEXT(shown(got.info), "{\"name\":\"Ann\"}");
    CHECK_INT(verify_at(token, secret, NOW + 59), ERR_OK);
    CHECK_INT(verify_at(token, secret, NOW + 60), ERR_TOKEN_EXPIRED);
    CHECK_INT(verify_at(token, TEXT("another secret"), NOW), ERR_BAD_TOKEN);
    CHECK_INT(verify_at(token, TEXT_NONE, NOW), ERR_BAD_TOKEN);
    buf_fini(&b);
}

/* The example of jwt.io and of half the world's documentation, with a numeric sub of our own kind. */
static void a_foreign_token_is_read(void)
{
    CHECK_INT(
        verify_at(TEXT("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                       "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
                       "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"),
                  TEXT("your-256-bit-secret"), NOW),
        ERR_OK);
    CHECK_INT(got.user_id, 1234567890);
    CHECK_INT(got.session_id, 0);
    CHECK_INT(got.expires_s, 0);
    CHECK_TEXT(shown(got.info), "");
}

/* Any one letter changed, or any cut: no longer a token. */
static void every_changed_letter_breaks_it(void)
{
    char token[400], copy[410];
    (void)text_copy(token, sizeof token,
                    text_of(token_of("{\"alg\":\"HS256\"}", "{\"sub\":\"1\",\"exp\":1700000009}")));
    CHECK_INT(verify(token), ERR_OK);
    size_t len = strlen(token);
    for (size_t i = 0; i < len; i++) {
        for (const char *c = "A_9.="; *c; c++) {
            (void)text_copy(copy, sizeof copy, text_of(token));
            if (copy[i] == *c)
                continue;
            copy[i] = *c;
            CHECK_INT(verify(copy), ERR_BAD_TOKEN);
        }
        CHECK_INT(verify_at((struct text){token, i}, secret, NOW), ERR_BAD_TOKEN);
    }
    (void)snprintf(copy, sizeof copy, "%s=", token);
    CHECK_INT(verify(copy), ERR_BAD_TOKEN);
    (void)snprintf(copy, sizeof copy, "%s.", token);
    CHECK_INT(verify(copy), ERR_BAD_TOKEN);
    (void)snprintf(copy, sizeof copy, "%s.x", token);
    CHECK_INT(verify(copy), ERR_BAD_TOKEN);
}

/* The last letter of a 32-byte signature has two spare bits: setting them must not give a second spelling. */
static void a_signature_has_one_spelling(void)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char token[400];
    (void)text_copy(token, sizeof token,
                    text_of(token_of("{\"alg\":\"HS256\"}", "{\"sub\":\"1\"}")));
    size_t last = strlen(token) - 1;
    int taken = 0;
    for (const char *c = letters; *c; c++) {
        token[last] = *c;
        taken += verify(token) == ERR_OK;
    }
    CHECK_INT(taken, 1);
}

static void only_our_algorithm_is_accepted(void)
{
    static const char *const wrong[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":\"hs256\"}",
        "{\"alg\":\"HS512\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":256}",
        "{\"alg\":null}",
        "{\"typ\":\"JWT\"}",
        "{}",
        "[]",
        "\"HS256\"",
        "not json",
        "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"kid\":\"a\",\"kid\":\"a\"}",
        "{\"alg\":\"HS256\",\"kid\":1}",
        "{\"alg\":\"PS256\"}",
        "{\"alg\":\"HS256\\u0000\"}",
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"HS256\"",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_INT(header(wrong[i]), ERR_BAD_TOKEN);
    CHECK_INT(header("{\"alg\":\"HS256\"}"), ERR_OK);
    CHECK_INT(header("{\"typ\":\"JWT\",\"kid\":\"1\",\"alg\":\"HS256\"}"), ERR_OK);
    /* alg none with an empty signature, the oldest trick */
    CHECK_INT(verify("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."), ERR_BAD_TOKEN);
    CHECK_INT(verify("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0"), ERR_BAD_TOKEN);
    CHECK_INT(verify(""), ERR_BAD_TOKEN);
    CHECK_INT(verify(".."), ERR_BAD_TOKEN);
}

/* A server whose secret was not set must not believe what anybody can sign. */
static void an_empty_secret_believes_nothing(void)
{
    signing_secret = TEXT("");
    const char *token = token_of("{\"alg\":\"HS256\"}", "{\"sub\":\"1\"}");
    CHECK_INT(verify_at(text_of(token), TEXT(""), NOW), ERR_BAD_TOKEN);
    CHECK_INT(verify(token), ERR_BAD_TOKEN);
    signing_secret = secret;
}

static void claims_are_judged(void)
{
    static const struct {
        const char *json;
        enum err wanted;
    } rows[] = {
        {"{\"sub\":\"1\"}", ERR_OK},
        {"{\"sub\":\"1\",\"exp\":1700000001}", ERR_OK},
        {"{\"sub\":\"1\",\"exp\":1700000000}", ERR_TOKEN_EXPIRED},
        {"{\"sub\":\"1\",\"exp\":0}", ERR_TOKEN_EXPIRED},
        {"{\"sub\":\"1\",\"exp\":-5}", ERR_TOKEN_EXPIRED},
        {"{\"sub\":\"1\",\"exp\":1700000001.9}", ERR_OK},
        {"{\"sub\":\"1\",\"exp\":1700000000.9}", ERR_TOKEN_EXPIRED},
        {"{\"sub\":\"1\",\"exp\":1.7e10}", ERR_OK},
        {"{\"sub\":\"1\",\"exp\":999999999999999}", ERR_OK},
        {"{\"sub\":\"1\",\"exp\":9223372036854775807}", ERR_BAD_TOKEN}, /* no milliseconds */
        {"{\"sub\":\"1\",\"exp\":1e400}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"exp\":\"1700000001\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"exp\":null}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"exp\":1,\"exp\":1800000000}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"sub\":\"2\"}", ERR_BAD_TOKEN},
        {"{\"sub\":1}", ERR_BAD_TOKEN},
        {"{\"sub\":\"\"}", ERR_OK}, /* anonymous, and says so */
        {"{\"sub\":\"ann\"}", ERR_OK},
        {"{\"sub\":\"a\\u0000b\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"a\\nb\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"a\\u007fb\"}", ERR_BAD_TOKEN},
        {"{\"sub\":null}", ERR_BAD_TOKEN},
        {"{\"exp\":1700000001}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"sid\":\"x\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"sid\":5}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"nbf\":1700000000}", ERR_OK},
        {"{\"sub\":\"1\",\"nbf\":1700000001}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"nbf\":\"1\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"iat\":1699999999}", ERR_OK},
        {"{\"sub\":\"1\",\"iat\":1800000000}", ERR_OK}, /* says when, forbids nothing */
        {"{\"sub\":\"1\",\"iat\":\"any\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"ann\",\"sid\":\"f-1\"}", ERR_OK}, /* her application's own */
        {"{\"sub\":\"ann\",\"sid\":1}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"expire_at\":0}", ERR_OK},
        {"{\"sub\":\"1\",\"expire_at\":-1}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"expire_at\":\"0\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"channels\":[\"a\"],\"meta\":{},\"subs\":{}}", ERR_OK},
        {"{\"sub\":\"1\",\"channels\":null,\"meta\":null,\"subs\":null,\"info\":null}", ERR_OK},
        {"{\"sub\":\"1\",\"meta\":null,\"meta\":{}}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"channels\":\"a\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"channels\":[1]}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"subs\":[]}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"meta\":\"m\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"channel\":\"news\"}", ERR_OK},
        {"{\"sub\":\"1\",\"channel\":[\"news\"]}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"channel\":\"a\\nb\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"aud\":5}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"aud\":[\"a\",5]}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"iss\":[\"a\"]}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"b64info\":\"eyJhIjoxfQ==\"}", ERR_OK}, /* {"a":1} */
        {"{\"sub\":\"1\",\"b64info\":\"eyJhIjoxfQ\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"b64info\":\"eyJhIjox\"}", ERR_BAD_TOKEN}, /* {"a":1 */
        {"{\"sub\":\"1\",\"b64info\":1}", ERR_BAD_TOKEN},
        {"[\"sub\"]", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\"", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\"} x", ERR_BAD_TOKEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum err e = payload(rows[i].json);
        CHECK_INT(e, rows[i].wanted);
        if (e != rows[i].wanted)
            (void)printf("    for %s\n", rows[i].json);
    }
}

static void claims_come_out_as_they_were_given(void)
{
    CHECK_INT(
        payload("{\"sub\":\"user \\u00e9\\\"\",\"sid\":\"5\",\"exp\":1700000009,"
                "\"info\":{\"name\":\n\"Ann\"},\"channels\":[\"a\",\"b\"],\"subs\":{\"c\":{}},"
                "\"meta\":{\"m\":[1,\r\n2]},\"channel\":\"ch\\u0041t\",\"other\":{}}"),
        ERR_OK);
    CHECK_TEXT(got.user, "user \xc3\xa9\"");
    CHECK_INT(got.user_id, 0);
    CHECK_INT(got.session_id, 5);
    CHECK_INT(got.ends_s, NOW + 9);
    CHECK_TEXT(shown(got.info), "{\"name\": \"Ann\"}"); /* one line */
    CHECK_TEXT(shown(got.channels), "[\"a\",\"b\"]");
    CHECK_TEXT(shown(got.subs), "{\"c\":{}}");
    CHECK_TEXT(shown(got.meta), "{\"m\":[1,  2]}");
    CHECK_TEXT(shown(got.channel), "chAt");

    CHECK_INT(payload("{\"sub\":\"17\",\"info\":{},\"b64info\":\"eyJhIjoxfQ==\",\"meta\":null}"),
              ERR_OK);
    CHECK_INT(got.user_id, 17);
    CHECK_TEXT(got.user, "17");
    CHECK_TEXT(shown(got.info), "{\"a\":1}"); /* the one in base64 wins */
    CHECK_TEXT(shown(got.meta), "");
    CHECK_TEXT(shown(got.channel), "");
    for (const char *const *sub = (const char *const[]){"0", "01", "-1", "+1", " 1", NULL}; *sub;
         sub++) {
        char json[40];
        (void)snprintf(json, sizeof json, "{\"sub\":\"%s\"}", *sub);
        CHECK_INT(payload(json), ERR_OK);
        CHECK_INT(got.user_id, 0); /* no id of ours, so nobody of this place */
        CHECK_TEXT(got.user, *sub);
    }
}

/* exp is when the token ends, expire_at when what it opened does. */
static void expire_at_overrides_how_long_the_connection_lasts(void)
{
    CHECK_INT(payload("{\"sub\":\"1\",\"exp\":1700000009,\"expire_at\":1800000000}"), ERR_OK);
    CHECK_INT(got.expires_s, NOW + 9);
    CHECK_INT(got.ends_s, 1800000000);
    CHECK_INT(payload("{\"sub\":\"1\",\"exp\":1700000009,\"expire_at\":0}"), ERR_OK);
    CHECK_INT(got.ends_s, 0);
    CHECK_INT(payload("{\"sub\":\"1\",\"exp\":1700000009,\"expire_at\":null}"), ERR_OK);
    CHECK_INT(got.ends_s, NOW + 9);
    CHECK_INT(payload("{\"sub\":\"1\",\"exp\":1700000000,\"expire_at\":0}"), ERR_TOKEN_EXPIRED);
}

static enum err heard(const char *audience, const char *issuer, const char *json)
{
    struct jwt_keys *keys = jwt_keys_new();
    must(keys && jwt_keys_add_secret(keys, secret) == ERR_OK);
    struct jwt_trust trust = {
        .keys = keys, .audience = text_of(audience), .issuer = text_of(issuer)};
    struct jwt_claims claims;
    enum err e = jwt_verify(text_of(token_of("{\"alg\":\"HS256\"}", json)), &trust, NOW, &claims);
    if (e == ERR_OK)
        jwt_claims_fini(&claims);
    jwt_keys_unref(keys);
    return e;
}

static void a_wanted_audience_and_issuer_must_be_there(void)
{
    CHECK_INT(heard("us", "", "{\"sub\":\"1\",\"aud\":\"us\"}"), ERR_OK);
    CHECK_INT(heard("us", "", "{\"sub\":\"1\",\"aud\":[\"them\",\"\\u0075s\"]}"), ERR_OK);
    CHECK_INT(heard("us", "", "{\"sub\":\"1\",\"aud\":[]}"), ERR_BAD_TOKEN);
    CHECK_INT(heard("us", "", "{\"sub\":\"1\",\"aud\":\"use\"}"), ERR_BAD_TOKEN);
    CHECK_INT(heard("us", "", "{\"sub\":\"1\"}"), ERR_BAD_TOKEN);
    CHECK_INT(heard("", "me", "{\"sub\":\"1\",\"iss\":\"me\",\"aud\":\"whoever\"}"), ERR_OK);
    CHECK_INT(heard("", "me", "{\"sub\":\"1\",\"iss\":\"you\"}"), ERR_BAD_TOKEN);
    CHECK_INT(heard("", "me", "{\"sub\":\"1\"}"), ERR_BAD_TOKEN);
    CHECK_INT(heard("us", "me", "{\"sub\":\"1\",\"iss\":\"me\",\"aud\":\"us\",\"exp\":5}"),
              ERR_TOKEN_EXPIRED);
}

static void the_secret_signs_with_three_hashes(void)
{
    const char *const names[] = {"HS256", "HS384", "HS512"};
    const EVP_MD *(*const hashes[])(void) = {EVP_sha256, EVP_sha384, EVP_sha512};
    for (size_t made = 0; made < 3; made++)
        for (size_t said = 0; said < 3; said++) {
            char json[40];
            (void)snprintf(json, sizeof json, "{\"alg\":\"%s\"}", names[said]);
            signing_hash = hashes[made];
            CHECK_INT(header(json), made == said ? ERR_OK : ERR_BAD_TOKEN);
        }
    signing_hash = EVP_sha256;
}

static void sub_and_the_token_are_bounded(void)
{
    static char json[20000];
    char sub[300];
    memset(sub, 'x', sizeof sub);
    sub[255] = 0;
    (void)snprintf(json, sizeof json, "{\"sub\":\"%s\"}", sub);
    CHECK_INT(payload(json), ERR_OK);
    CHECK_INT(strlen(got.user), 255);
    sub[255] = 'x';
    sub[256] = 0;
    (void)snprintf(json, sizeof json, "{\"sub\":\"%s\"}", sub);
    CHECK_INT(payload(json), ERR_BAD_TOKEN);

    /* 27 + 1 + base64 of n bytes + 1 + 43 letters: 16,384 with n = 12,234 */
    for (size_t n = 12234; n <= 12237; n += 3) {
        memset(json, ' ', n);
        memcpy(json + n - 11, "{\"sub\":\"1\"}", 12);
        const char *token = token_of("{\"alg\":\"HS256\"}     ", json);
        CHECK_INT(strlen(token) <= JWT_MAX_BYTES, n == 12234);
        CHECK_INT(verify(token), n == 12234 ? ERR_OK : ERR_BAD_TOKEN);
    }
}

static void an_error_leaves_the_result_alone(void)
{
    got.user_id = 99;
    CHECK_INT(payload("{\"sub\":\"1\",\"exp\":5}"), ERR_TOKEN_EXPIRED);
    CHECK_INT(got.user_id, 99);
}

/* Every allocation of a check fails once; none makes the token a bad one. */
static void reading_says_when_memory_is_short(void)
{
    struct jwt_keys *keys = jwt_keys_new();
    must(keys && jwt_keys_add_secret(keys, secret) == ERR_OK);
    struct jwt_trust trust = {.keys = keys};
    char token[600];
    (void)text_copy(token, sizeof token,
                    text_of(token_of("{\"alg\":\"HS256\",\"kid\":\"k\"}",
                                     "{\"sub\":\"1\",\"b64info\":\"e30=\",\"channel\":\"c\"}")));
    for (unsigned n = 1;; n++) {
        struct jwt_claims claims;
        fault_at(n);
        enum err e = jwt_verify(text_of(token), &trust, NOW, &claims);
        bool failed = fault_end();
        if (e == ERR_OK)
            jwt_claims_fini(&claims);
        if (!failed)
            break;
        CU_ASSERT_TRUE(e == ERR_NOMEM || e == ERR_OK); /* OpenSSL can do without some */
    }
    jwt_keys_unref(keys);
    CHECK_INT(verify(token), ERR_OK);
}

static void signing_says_what_failed(void)
{
    struct jwt_claims c = {.user = "ann", .audience = TEXT("us"), .issuer = TEXT("me")};
    struct buf b;
    buf_init(&b, 1000);
    CHECK_INT(jwt_sign(&c, NOW, secret, &b), ERR_OK);
    CHECK_INT(verify_at(buf_text(&b), secret, NOW), ERR_OK);
    CHECK_TEXT(got.user, "ann");
    buf_fini(&b);
    buf_init(&b, 20);
    CHECK_INT(jwt_sign(&c, NOW, secret, &b), ERR_LIMIT);
    CHECK_INT(jwt_sign(&c, NOW, TEXT_NONE, &b), ERR_BAD_TOKEN);
    buf_fini(&b);
    buf_init(&b, 1000);
    fault_at(1);
    CHECK_INT(jwt_sign(&c, NOW, secret, &b), ERR_NOMEM);
    CU_ASSERT_TRUE(fault_end());
    buf_fini(&b);
}

UNIT("wire/jwt", CASE(what_is_signed_is_verified), CASE(a_foreign_token_is_read),
     CASE(every_changed_letter_breaks_it), CASE(a_signature_has_one_spelling),
     CASE(only_our_algorithm_is_accepted), CASE(an_empty_secret_believes_nothing),
     CASE(claims_are_judged), CASE(claims_come_out_as_they_were_given),
     CASE(expire_at_overrides_how_long_the_connection_lasts),
     CASE(a_wanted_audience_and_issuer_must_be_there), CASE(the_secret_signs_with_three_hashes),
     CASE(sub_and_the_token_are_bounded), CASE(reading_says_when_memory_is_short),

     CASE(an_error_leaves_the_result_alone), CASE(signing_says_what_failed))
