/* Guards: each public key accepts its own algorithms and nothing else, a document of keys gives those that are good, and
 * a kid names one key. The keys are made here, by OpenSSL. */
#include "wire/jwt.h"

#include "fault.h"
#include "jwt_maker.h"
#include "unit.h"

#include <openssl/err.h>

#define NOW 1700000000
#define CLAIMS "{\"sub\":\"42\",\"exp\":1700000060}"

/* ---- keys of all kinds, made once */

enum made { MADE_RSA, MADE_RSA2, MADE_EC256, MADE_EC384, MADE_EC521, MADE_ED, MADE_COUNT };
static EVP_PKEY *made[MADE_COUNT];

static void make_keys(void)
{
    if (made[MADE_RSA])
        return;
    made[MADE_RSA] = EVP_RSA_gen(2048);
    made[MADE_RSA2] = EVP_RSA_gen(2048);
    made[MADE_EC256] = EVP_EC_gen("P-256");
    made[MADE_EC384] = EVP_EC_gen("P-384");
    made[MADE_EC521] = EVP_EC_gen("P-521");
    made[MADE_ED] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    for (int i = 0; i < MADE_COUNT; i++)
        must(made[i]);
}

static const struct {
    const char *name;
    enum made key;
    const EVP_MD *(*hash)(void);
} algorithms[] = {
    {"RS256", MADE_RSA, EVP_sha256},   {"RS384", MADE_RSA, EVP_sha384},
    {"RS512", MADE_RSA, EVP_sha512},   {"ES256", MADE_EC256, EVP_sha256},
    {"ES384", MADE_EC384, EVP_sha384}, {"ES512", MADE_EC521, EVP_sha512},
    {"EdDSA", MADE_ED, NULL},
};
#define ALGORITHMS (sizeof algorithms / sizeof algorithms[0])

/* A token of that key under that name of an algorithm. */
static struct text token_by(EVP_PKEY *key, size_t hash_of, const char *name, const char *kid)
{
    char header[200];
    const EVP_MD *hash = NULL;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519)
        hash = algorithms[hash_of].hash ? algorithms[hash_of].hash() : EVP_sha256();
    (void)snprintf(header, sizeof header, "{\"alg\":\"%s\"%s%s%s}", name, kid ? ",\"kid\":\"" : "",
                   kid ? kid : "", kid ? "\"" : "");
    return maker_token(key, hash, header, CLAIMS);
}

static enum err verify(struct text token, const struct jwt_keys *keys, const struct jwt_keys *set)
{
    struct jwt_trust trust = {.keys = keys, .by_kid = set != NULL, .set = set};
    struct jwt_claims claims;
    enum err e = jwt_verify(token, &trust, NOW, &claims);
    if (e == ERR_OK) {
        CHECK_INT(claims.user_id, 42);
        jwt_claims_fini(&claims);
    }
    return e;
}

static struct jwt_keys *new_keys(void)
{
    make_keys();
    struct jwt_keys *keys = jwt_keys_new();
    must(keys);
    return keys;
}

/* A set of one document; NULL: it is none. */
static struct jwt_keys *set_of(const char *json)
{
    struct jwt_keys *keys = new_keys();
    if (jwt_keys_add_jwks(keys, text_of(json)) != ERR_OK)
        keys = jwt_keys_unref(keys);
    return keys;
}

static size_t count_of(const char *json)
{
    struct jwt_keys *keys = set_of(json);
    must(keys);
    size_t n = jwt_keys_count(keys);
    jwt_keys_unref(keys);
    return n;
}

/* ---- PEM */

static void a_key_in_pem_believes_its_algorithms(void)
{
    for (size_t a = 0; a + 1 < ALGORITHMS; a++) { /* Ed25519 comes by JWKS alone */
        struct jwt_keys *keys = new_keys();
        struct text pem = maker_pem(made[algorithms[a].key]);
        bool rsa = algorithms[a].key == MADE_RSA;
        CHECK_INT((rsa ? jwt_keys_add_rsa : jwt_keys_add_ecdsa)(keys, pem), ERR_OK);
        CHECK_INT(
            verify(token_by(made[algorithms[a].key], a, algorithms[a].name, NULL), keys, NULL),
            ERR_OK);
        for (size_t b = 0; b < ALGORITHMS; b++) /* signed by each key and called by each name */
            for (int k = 0; k < MADE_COUNT; k++) {
                bool right =
                    made[k] == made[algorithms[a].key] && algorithms[b].key == (enum made)k;
                CHECK_INT(verify(token_by(made[k], b, algorithms[b].name, NULL), keys, NULL),
                          right ? ERR_OK : ERR_BAD_TOKEN);
            }
        jwt_keys_unref(keys);
    }
}

/* The oldest trick: what everybody may read, a public key's text, taken as a secret. */
static void a_public_key_is_never_a_secret(void)
{
    struct jwt_keys *keys = new_keys();
    struct text pem = maker_pem(made[MADE_RSA]);
    CHECK_INT(jwt_keys_add_rsa(keys, pem), ERR_OK);
    CHECK_INT(jwt_keys_add_ecdsa(keys, maker_pem(made[MADE_EC256])), ERR_OK);
    EVP_PKEY *secret =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, (const unsigned char *)pem.data, pem.len);
    must(secret);
    for (const char *const *name =
             (const char *const[]){"HS256", "RS256", "ES256", "EdDSA", "none", "", NULL};
         *name; name++)
        CHECK_INT(verify(token_by(secret, 0, *name, NULL), keys, NULL), ERR_BAD_TOKEN);
    EVP_PKEY_free(secret);

    struct text none = token_by(made[MADE_RSA], 0, "none", NULL);
    CHECK_INT(verify(none, keys, NULL), ERR_BAD_TOKEN);
    while (none.data[none.len - 1] != '.')
        none.len--;
    CHECK_INT(verify(none, keys, NULL), ERR_BAD_TOKEN);
    jwt_keys_unref(keys);
}

static void only_public_keys_of_the_kind_are_taken(void)
{
    struct jwt_keys *keys = new_keys();
    CHECK_INT(jwt_keys_add_rsa(keys, maker_pem(made[MADE_EC256])), ERR_BAD_REQUEST);
    CHECK_INT(jwt_keys_add_ecdsa(keys, maker_pem(made[MADE_RSA])), ERR_BAD_REQUEST);
    CHECK_INT(jwt_keys_add_ecdsa(keys, maker_pem(made[MADE_ED])), ERR_BAD_REQUEST);
    CHECK_INT(jwt_keys_add_rsa(keys, TEXT_NONE), ERR_BAD_REQUEST);
    CHECK_INT(jwt_keys_add_rsa(keys, TEXT("no key at all")), ERR_BAD_REQUEST);
    CHECK_INT(jwt_keys_add_secret(keys, TEXT_NONE), ERR_BAD_REQUEST);
    struct text pem = maker_pem(made[MADE_RSA]);
    CHECK_INT(jwt_keys_add_rsa(keys, (struct text){pem.data, pem.len / 2}), ERR_BAD_REQUEST);

    EVP_PKEY *small = EVP_RSA_gen(1024), *curve = EVP_EC_gen("secp256k1");
    must(small && curve);
    CHECK_INT(jwt_keys_add_rsa(keys, maker_pem(small)), ERR_BAD_REQUEST); /* under 2,048 bits */
    CHECK_INT(jwt_keys_add_ecdsa(keys, maker_pem(curve)), ERR_BAD_REQUEST);
    EVP_PKEY_free(small);
    EVP_PKEY_free(curve);
    CHECK_INT(jwt_keys_count(keys), 0);
    for (unsigned i = 0; i < JWT_KEYS_MAX; i++)
        CHECK_INT(jwt_keys_add_secret(keys, TEXT("s")), ERR_OK);
    CHECK_INT(jwt_keys_add_secret(keys, TEXT("s")), ERR_LIMIT);
    CHECK_INT(jwt_keys_add_rsa(keys, maker_pem(made[MADE_RSA])), ERR_LIMIT);
    jwt_keys_unref(keys);
}

/* Whoever sends a certificate means the key in it. */
static void a_certificate_gives_its_key(void)
{
    struct jwt_keys *keys = new_keys();
    X509 *certificate = X509_new();
    char pem[8000];
    must(certificate && X509_set_pubkey(certificate, made[MADE_RSA]) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 60) &&
         X509_sign(certificate, made[MADE_RSA], EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    must(bio && PEM_write_bio_X509(bio, certificate) == 1);
    int n = BIO_read(bio, pem, sizeof pem);
    CHECK_INT(jwt_keys_add_rsa(keys, (struct text){pem, (size_t)n}), ERR_OK);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", NULL), keys, NULL), ERR_OK);
    BIO_free(bio);
    X509_free(certificate);
    jwt_keys_unref(keys);
}

/* Each letter of the signature counts, and so does its length. */
static void a_changed_signature_is_none(void)
{
    struct jwt_keys *keys = new_keys();
    CHECK_INT(jwt_keys_add_rsa(keys, maker_pem(made[MADE_RSA])), ERR_OK);
    CHECK_INT(jwt_keys_add_ecdsa(keys, maker_pem(made[MADE_EC521])), ERR_OK);
    for (int k = 0; k < 2; k++) {
        char copy[2000];
        struct text token = k ? token_by(made[MADE_EC521], 5, "ES512", NULL)
                              : token_by(made[MADE_RSA], 0, "RS256", NULL);
        (void)text_copy(copy, sizeof copy, token);
        token.data = copy;
        CHECK_INT(verify(token, keys, NULL), ERR_OK);
        size_t from = (size_t)(strrchr(copy, '.') - copy) + 1;
        for (size_t i = from; i < token.len; i += 7) {
            char was = copy[i];
            copy[i] = was == 'A' ? 'B' : 'A';
            CHECK_INT(verify(token, keys, NULL), ERR_BAD_TOKEN);
            copy[i] = was;
            CHECK_INT(verify((struct text){copy, i}, keys, NULL), ERR_BAD_TOKEN);
        }
        memset(copy + from, 'A', token.len - from); /* r and s of nothing but zeros */
        CHECK_INT(verify(token, keys, NULL), ERR_BAD_TOKEN);
    }
    CHECK_INT(ERR_peek_error(), 0); /* nothing is left for TLS to stumble over */
    jwt_keys_unref(keys);
}

/* ---- JWKS */

#define ONES "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE" /* 32 bytes */
#define NOT_ON_THE_CURVE                                                                           \
    "{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"x\":\"" ONES "\",\"y\":\"" ONES "\"}"

static void a_document_gives_keys_by_kid(void)
{
    static char json[20000];
    make_keys();
    int n = snprintf(json, sizeof json, " {\"keys\": [");
    for (int k = 0; k < MADE_COUNT; k++) {
        char more[40];
        (void)snprintf(more, sizeof more, "\"kid\":\"k%d\"", k);
        n += snprintf(json + n, sizeof json - (size_t)n, "%s%s", k ? ",\n" : "",
                      maker_jwk(made[k], more));
    }
    (void)snprintf(json + n, sizeof json - (size_t)n, "], \"other\": 1}\n");
    struct jwt_keys *set = set_of(json), *none = new_keys();
    must(set);
    CHECK_INT(jwt_keys_count(set), MADE_COUNT);
    for (size_t a = 0; a < ALGORITHMS; a++)
        for (int k = 0; k < MADE_COUNT; k++) {
            char kid[8];
            (void)snprintf(kid, sizeof kid, "k%d", k);
            enum err wanted = algorithms[a].key == (enum made)k ? ERR_OK : ERR_BAD_TOKEN;
            EVP_PKEY *key = made[algorithms[a].key];
            CHECK_INT(verify(token_by(key, a, algorithms[a].name, kid), none, set), wanted);
        }
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", "k9"), none, set), ERR_NOT_FOUND);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", ""), none, set), ERR_BAD_TOKEN);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", NULL), none, set), ERR_BAD_TOKEN);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", "\\u006b0"), none, set), ERR_OK); /* k0 */
    jwt_keys_unref(none);
    jwt_keys_unref(set);
}

/* With a set, a kid means a key of it: one that was given by hand does not stand in. */
static void keys_by_hand_and_keys_by_kid_do_not_mix(void)
{
    struct jwt_keys *hand = new_keys(), *set;
    char json[5000];
    CHECK_INT(jwt_keys_add_rsa(hand, maker_pem(made[MADE_RSA])), ERR_OK);
    (void)snprintf(json, sizeof json, "{\"keys\":[%s]}",
                   maker_jwk(made[MADE_RSA2], "\"kid\":\"a\""));
    set = set_of(json);
    must(set);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", NULL), hand, set), ERR_OK);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", "a"), hand, set), ERR_BAD_TOKEN);
    CHECK_INT(verify(token_by(made[MADE_RSA2], 0, "RS256", "a"), hand, set), ERR_OK);
    CHECK_INT(verify(token_by(made[MADE_RSA2], 0, "RS256", NULL), hand, set), ERR_BAD_TOKEN);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", "b"), hand, set), ERR_NOT_FOUND);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", "b"), hand, NULL),
              ERR_OK); /* no set wanted */
    struct jwt_trust waiting = {.keys = hand, .by_kid = true};
    struct jwt_claims claims;
    CHECK_INT(jwt_verify(token_by(made[MADE_RSA], 0, "RS256", "a"), &waiting, NOW, &claims),
              ERR_NOT_FOUND);
    jwt_keys_unref(hand);
    jwt_keys_unref(set);
}

static void what_is_not_understood_is_skipped(void)
{
    static const struct {
        const char *more; /* members of a good RSA key */
        size_t taken;
    } rows[] = {
        {"\"kid\":\"a\"", 1},
        {"\"kid\":\"a\",\"use\":\"sig\",\"alg\":\"RS512\",\"key_ops\":[\"sign\",\"verify\"]", 1},
        {"\"kid\":\"a\",\"x5c\":[\"x\"],\"ext\":true", 1},
        {"\"kid\":\"a\",\"use\":\"enc\"", 0},
        {"\"kid\":\"a\",\"alg\":\"ES256\"", 0},
        {"\"kid\":\"a\",\"alg\":\"HS256\"", 0},
        {"\"kid\":\"a\",\"alg\":\"RSA-OAEP\"", 0},
        {"\"kid\":\"a\",\"key_ops\":[\"encrypt\"]", 0},
        {"\"kid\":\"a\",\"key_ops\":\"verify\"", 0},
        {"\"kid\":\"\"", 0},
        {"\"kid\":1", 0},
        {"\"other\":\"a\"", 0},
        {"\"kid\":\"a\",\"kty\":\"RSA\"", 0}, /* twice */
    };
    make_keys();
    char json[5000];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(json, sizeof json, "{\"keys\":[1,%s]}",
                       maker_jwk(made[MADE_RSA], rows[i].more));
        CHECK_INT(count_of(json), rows[i].taken);
    }
    static const char *const bad[] = {
        "{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"c2VjcmV0\"}",
        "{\"kty\":\"oct\",\"kid\":\"a\",\"alg\":\"HS256\",\"k\":\"c2VjcmV0\"}",
        "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\"}",
        "{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
        NOT_ON_THE_CURVE,
        "{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"OKP\",\"kid\":\"a\",\"crv\":\"Ed25519\",\"x\":\"AQEB\"}",
        "{\"kty\":\"OKP\",\"kid\":\"a\",\"crv\":\"X25519\",\"x\":\"AQEB\"}",
        "{\"kid\":\"a\"}",
        "[]",
        "null",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(json, sizeof json, "{\"keys\":[%s]}", bad[i]);
        CHECK_INT(count_of(json), 0);
    }
    CHECK_INT(count_of("{\"keys\":[]}"), 0);
}

static void a_key_for_one_algorithm_believes_no_other(void)
{
    char json[5000];
    make_keys();
    (void)snprintf(json, sizeof json, "{\"keys\":[%s]}",
                   maker_jwk(made[MADE_RSA], "\"kid\":\"a\",\"alg\":\"RS384\""));
    struct jwt_keys *set = set_of(json), *none = new_keys();
    CHECK_INT(verify(token_by(made[MADE_RSA], 1, "RS384", "a"), none, set), ERR_OK);
    CHECK_INT(verify(token_by(made[MADE_RSA], 0, "RS256", "a"), none, set), ERR_BAD_TOKEN);
    jwt_keys_unref(none);
    jwt_keys_unref(set);
}

static void what_is_no_document_is_refused(void)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"keys\":{}}",
                                      "{\"keys\":null}",
                                      "{\"keys\":[}",
                                      "{\"keys\":[]} x",
                                      "<html>",
                                      "{\"keys\":[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_PTR_NULL(set_of(bad[i]));
}

static void a_document_gives_as_many_keys_as_a_set_holds(void)
{
    static char json[20000];
    int n = snprintf(json, sizeof json, "{\"keys\":[");
    make_keys();
    for (int i = 0; i < JWT_KEYS_MAX + 3; i++) {
        char more[40];
        (void)snprintf(more, sizeof more, "\"kid\":\"%d\"", i);
        n += snprintf(json + n, sizeof json - (size_t)n, "%s%s", i ? "," : "",
                      maker_jwk(made[MADE_ED], more));
    }
    (void)snprintf(json + n, sizeof json - (size_t)n, "]}");
    CHECK_INT(count_of(json), JWT_KEYS_MAX);
}

/* No allocation that fails makes a token good or leaks (the sanitizers look). */
static void no_memory_is_no_belief(void)
{
    for (size_t a = 0; a < ALGORITHMS; a++) {
        EVP_PKEY *key = made[algorithms[a].key];
        char json[5000];
        (void)snprintf(json, sizeof json, "{\"keys\":[%s]}", maker_jwk(key, "\"kid\":\"a\""));
        struct jwt_keys *none = new_keys();
        for (unsigned n = 1;; n++) {
            fault_at(n);
            struct jwt_keys *set = jwt_keys_new();
            enum err e = set ? jwt_keys_add_jwks(set, text_of(json)) : ERR_NOMEM;
            bool failed = fault_end();
            CHECK_INT(e, set ? ERR_OK : ERR_NOMEM);
            jwt_keys_unref(set);
            if (!failed)
                break;
        }
        struct jwt_keys *set = set_of(json);
        struct text token = token_by(key, a, algorithms[a].name, "a");
        struct jwt_trust trust = {.keys = none, .by_kid = true, .set = set};
        struct jwt_claims claims;
        for (unsigned n = 1;; n++) {
            fault_at(n);
            enum err e = jwt_verify(token, &trust, NOW, &claims);
            bool failed = fault_end();
            if (e == ERR_OK)
                jwt_claims_fini(&claims);
            else
                CU_ASSERT_TRUE(e == ERR_NOMEM || e == ERR_BAD_TOKEN);
            if (!failed)
                break;
        }
        jwt_keys_unref(set);
        jwt_keys_unref(none);
    }
}

UNIT("wire/jwt_keys", CASE(a_key_in_pem_believes_its_algorithms),
     CASE(a_public_key_is_never_a_secret), CASE(only_public_keys_of_the_kind_are_taken),
     CASE(a_certificate_gives_its_key), CASE(a_changed_signature_is_none),
     CASE(a_document_gives_keys_by_kid), CASE(keys_by_hand_and_keys_by_kid_do_not_mix),
     CASE(what_is_not_understood_is_skipped), CASE(a_key_for_one_algorithm_believes_no_other),
     CASE(what_is_no_document_is_refused), CASE(a_document_gives_as_many_keys_as_a_set_holds),
     CASE(no_memory_is_no_belief))
