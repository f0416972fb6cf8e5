/* Guards: a token is believed only if it was signed with our secret by our algorithm, has one spelling, and is not
 * over; what is signed here is read by others. */
#include "wire/jwt.h"

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

static struct text signing_secret = {"a secret of the test", 20};

static const char *token_of(const char *header, const char *payload)
{
    static char token[9000];
    unsigned char digest[32];
    unsigned len = 0;
    char part[6000];
    (void)EVP_EncodeBlock((unsigned char *)part, (const unsigned char *)header,
                          (int)strlen(header));
    url_letters(part);
    int n = snprintf(token, sizeof token, "%s.", part);
    (void)EVP_EncodeBlock((unsigned char *)part, (const unsigned char *)payload,
                          (int)strlen(payload));
    url_letters(part);
    n += snprintf(token + n, sizeof token - (size_t)n, "%s", part);
    (void)HMAC(EVP_sha256(), signing_secret.data, (int)signing_secret.len, (unsigned char *)token,
               (size_t)n, digest, &len);
    (void)EVP_EncodeBlock((unsigned char *)part, digest, 32);
    url_letters(part);
    (void)snprintf(token + n, sizeof token - (size_t)n, ".%s", part);
    return token;
}

static struct jwt_claims got;

static enum err verify(const char *token)
{
    return jwt_verify(text_of(token), secret, NOW, &got);
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
        .user_id = 42, .session_id = 7, .expires_s = NOW + 60, .info = "{\"name\":\"Ann\"}"};
    buf_add_text(&b, TEXT("before "));
    CHECK_INT(jwt_sign(&c, NOW, secret, &b), ERR_OK);
    struct text token = text_after(buf_text(&b), 7);
    CHECK_INT(jwt_verify(token, secret, NOW, &got), ERR_OK);
    CHECK_INT(got.user_id, 42);
    CHECK_INT(got.session_id, 7);
    CHECK_INT(got.expires_s, NOW + 60);
    CHECK_TEXT(got.info, "{\"name\":\"Ann\"}");
    CHECK_INT(jwt_verify(token, secret, NOW + 59, &got), ERR_OK);
    CHECK_INT(jwt_verify(token, secret, NOW + 60, &got), ERR_TOKEN_EXPIRED);
    CHECK_INT(jwt_verify(token, TEXT("another secret"), NOW, &got), ERR_BAD_TOKEN);
    CHECK_INT(jwt_verify(token, TEXT_NONE, NOW, &got), ERR_BAD_TOKEN);
    buf_fini(&b);
}

/* The example of jwt.io and of half the world's documentation, with a numeric sub of our own kind. */
static void a_foreign_token_is_read(void)
{
    CHECK_INT(jwt_verify(
                  TEXT("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                       "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
                       "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"),
                  TEXT("your-256-bit-secret"), NOW, &got),
              ERR_OK);
    CHECK_INT(got.user_id, 1234567890);
    CHECK_INT(got.session_id, 0);
    CHECK_INT(got.expires_s, 0);
    CHECK_TEXT(got.info, "");
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
        CHECK_INT(jwt_verify((struct text){token, i}, secret, NOW, &got), ERR_BAD_TOKEN);
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
    CHECK_INT(jwt_verify(text_of(token), TEXT(""), NOW, &got), ERR_BAD_TOKEN);
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
        {"{\"sub\":\"\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"0\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"ann\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"01\"}", ERR_BAD_TOKEN},
        {"{\"exp\":1700000001}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"sid\":\"x\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"sid\":5}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"nbf\":1700000000}", ERR_OK},
        {"{\"sub\":\"1\",\"nbf\":1700000001}", ERR_BAD_TOKEN},
        {"{\"sub\":\"1\",\"channels\":[\"a\"],\"meta\":{},\"iat\":\"any\"}", ERR_OK},
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

static void info_is_bounded_and_so_is_the_token(void)
{
    char info[700], json[5000];
    memset(info, 'x', sizeof info);
    info[509] = 0;
    (void)snprintf(json, sizeof json, "{\"sub\":\"1\",\"info\":\"%s\"}",
                   info); /* 509 + 2 quotes: 511 */
    CHECK_INT(payload(json), ERR_OK);
    CHECK_INT(strlen(got.info), 511);
    info[509] = 'x';
    info[510] = 0;
    (void)snprintf(json, sizeof json, "{\"sub\":\"1\",\"info\":\"%s\"}", info);
    CHECK_INT(payload(json), ERR_BAD_TOKEN);
    memset(json, ' ', sizeof json);
    (void)snprintf(json + 4000, sizeof json - 4000, "{\"sub\":\"1\"}");
    CHECK_INT(payload(json), ERR_BAD_TOKEN); /* over JWT_MAX_BYTES */
}

static void an_error_leaves_the_result_alone(void)
{
    got.user_id = 99;
    CHECK_INT(payload("{\"sub\":\"1\",\"exp\":5}"), ERR_TOKEN_EXPIRED);
    CHECK_INT(got.user_id, 99);
}

static void signing_says_what_failed(void)
{
    struct jwt_claims c = {.user_id = 1};
    struct buf b;
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
     CASE(claims_are_judged), CASE(info_is_bounded_and_so_is_the_token),
     CASE(an_error_leaves_the_result_alone), CASE(signing_says_what_failed))
