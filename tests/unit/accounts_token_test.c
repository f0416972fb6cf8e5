/* Guards: what tokens of applications open. Outside users are nobody of this place and cost no look into the database;
 * what a token says passes through within bounds; a subscription's token is for one user and one channel. */
#include "jwt_maker.h"
#include "product.h"
#include "unit.h"

#include <openssl/hmac.h>

#define NOW_S 1700000000

/* ---- tokens by the tests' secret */

static const char *token_by(const char *secret, const char *payload)
{
    static char token[20000];
    unsigned char digest[32];
    unsigned len = 0;
    char *at = token + strlen(maker_letters("{\"alg\":\"HS256\"}", 15, token));
    *at++ = '.';
    at += strlen(maker_letters(payload, strlen(payload), at));
    must(HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)token,
              (size_t)(at - token), digest, &len));
    *at++ = '.';
    (void)maker_letters(digest, len, at);
    return token;
}

/* ---- who it is: persons are waited for, outside users must be answered before accounts_token returns */

static struct {
    unsigned times;
    enum err err;
    struct identity who;
    struct future *came;
} got;

static void answered(struct identity_asker asker, enum err e, const struct identity *who)
{
    (void)asker;
    got.times++;
    got.err = e;
    if (who)
        got.who = *who;
    (void)future_fulfil(got.came, ERR_OK, NULL);
}

static enum err ask_token(struct product *p, const char *token)
{
    memset(&got, 0, sizeof got);
    got.came = future_new(NULL);
    must(accounts_token(p->accounts, text_of(token), (struct identity_asker){.answer = answered}) ==
         ERR_OK);
    must(test_wait(future_ref(got.came)) == ERR_OK);
    got.came = future_unref(got.came);
    CHECK_INT(got.times, 1);
    return got.err;
}

static enum err ask(struct product *p, const char *payload)
{
    return ask_token(p, token_by(TEST_SECRET, payload));
}

static void an_outside_user_is_nobody_of_this_place(void)
{
    struct product *p = product_new();
    CHECK_INT(ask(p, "{\"sub\":\"ann@example\",\"exp\":1700000060,\"info\":{\"name\":\"Ann\"},"
                     "\"channels\":[\"news\"],\"subs\":{\"feed\":{}},\"meta\":{\"m\":1}}"),
              ERR_OK);
    CHECK_INT(got.who.user_id, 0);
    CHECK_INT(got.who.session_id, 0);
    CHECK_INT(got.who.right, RIGHT_ANY);
    CHECK_INT(got.who.expires_ms, INT64_C(1700000060000));
    CHECK_TEXT(got.who.user, "ann@example");
    CHECK_TEXT(got.who.name, "");
    CHECK_TEXT(got.who.info, "{\"name\":\"Ann\"}");
    CHECK_TEXT(got.who.channels, "[\"news\"]");
    CHECK_TEXT(got.who.subs, "{\"feed\":{}}");

    /* On the doors she is an actor without a user: product methods answer 101, the open ones work. */
    struct actor outside = actor_nobody();
    outside.user_id = got.who.user_id;
    outside.right = got.who.right;
    CHECK_INT(product_call(p, &outside, "user.me", "{}")->code, 101);
    CHECK_INT(product_call(p, &outside, "invite.list", "{}")->code, 101);
    CHECK_INT(product_call(p, &outside, "place.get", "{}")->err, ERR_OK);
    product_free(p);
}

static void an_outside_user_is_answered_without_the_database(void)
{
    struct product *p = product_new();
    const char *token = token_by(TEST_SECRET, "{\"sub\":\"ann\"}");
    struct identity_asker asker = {.answer = answered};
    accounts_stop(p->accounts);
    p->tasks = task_queue_free(p->tasks);
    p->store = store_close(p->store);
    memset(&got, 0, sizeof got);
    got.came = future_new(NULL);
    CHECK_INT(accounts_token(p->accounts, text_of(token), asker), ERR_OK);
    CHECK_INT(got.times, 1); /* before it returned */
    CHECK_TEXT(got.who.user, "ann");
    got.came = future_unref(got.came);
    p->accounts = accounts_free(p->accounts);
    product_free(p);
}

static void an_empty_user_is_anonymous_and_only_when_said(void)
{
    struct product *p = product_new();
    CHECK_INT(ask(p, "{\"sub\":\"\"}"), ERR_OK);
    CHECK_TEXT(got.who.user, "");
    CHECK_INT(got.who.right, RIGHT_ANY);
    CHECK_INT(ask(p, "{}"), ERR_BAD_TOKEN);
    CHECK_INT(ask(p, "{\"sub\":\"\",\"sid\":\"1\"}"), ERR_BAD_TOKEN);
    CHECK_INT(ask(p, "{\"sub\":\"ann\",\"sid\":\"1\"}"), ERR_BAD_TOKEN);     /* nobody's session */
    CHECK_INT(ask(p, "{\"sub\":\"ann\",\"sid\":\"f-1\"}"), ERR_OK);          /* her application's */
    CHECK_INT(ask(p, "{\"sub\":\"4711\"}"), ERR_UNAUTHORIZED);               /* no such person */
    CHECK_INT(ask(p, "{\"sub\":\"ann\",\"channel\":\"c\"}"), ERR_BAD_TOKEN); /* a subscription's */
    product_free(p);
}

static void a_person_s_token_says_more_too(void)
{
    struct product *p = product_new();
    char payload[200], id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)product_person(p, "ana"));
    (void)snprintf(
        payload, sizeof payload,
        "{\"sub\":\"%s\",\"info\":{\"a\":1},\"channels\":[\"x\"],\"expire_at\":1700000005}", id);
    CHECK_INT(ask(p, payload), ERR_OK);
    CHECK_TEXT(got.who.user, id);
    CHECK_TEXT(got.who.name, "ana");
    CHECK_INT(got.who.right, RIGHT_USER);
    CHECK_TEXT(got.who.info, "{\"a\":1}");
    CHECK_TEXT(got.who.channels, "[\"x\"]");
    CHECK_INT(got.who.expires_ms, INT64_C(1700000005000));
    product_free(p);
}

static void expire_at_decides_how_long_the_connection_lasts(void)
{
    struct product *p = product_new();
    CHECK_INT(ask(p, "{\"sub\":\"ann\",\"exp\":1700000060,\"expire_at\":0}"), ERR_OK);
    CHECK_INT(got.who.expires_ms, 0);
    CHECK_INT(ask(p, "{\"sub\":\"ann\",\"exp\":1700000060,\"expire_at\":1700000001}"), ERR_OK);
    CHECK_INT(ask(p, "{\"sub\":\"ann\",\"exp\":1700000060,\"expire_at\":1700000000}"), ERR_EXPIRED);
    CHECK_INT(ask(p, "{\"sub\":\"ann\",\"exp\":1700000000,\"expire_at\":0}"), ERR_TOKEN_EXPIRED);
    product_free(p);
}

/* A JSON text of n bytes. */
static const char *filled(const char *before, size_t n, const char *after)
{
    static char out[9000];
    int fill = (int)(n - strlen(before) - strlen(after));
    (void)snprintf(out, sizeof out, "%s%0*d%s", before, fill, 0, after);
    must(strlen(out) == n);
    return out;
}

static void what_a_token_says_is_bounded(void)
{
    static const struct {
        const char *claim, *before, *after;
        size_t max;
    } rows[] = {
        {"info", "\"", "\"", sizeof(struct identity){0}.info - 1},
        {"channels", "[\"", "\"]", sizeof(struct identity){0}.channels - 1},
        {"subs", "{\"", "\":{}}", sizeof(struct identity){0}.subs - 1},
    };
    struct product *p = product_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t over = 0; over < 2; over++) {
            char payload[9200];
            (void)snprintf(payload, sizeof payload, "{\"sub\":\"ann\",\"%s\":%s}", rows[i].claim,
                           filled(rows[i].before, rows[i].max + over, rows[i].after));
            CHECK_INT(ask(p, payload), over ? ERR_BAD_TOKEN : ERR_OK);
        }
    product_free(p);
}

/* ---- subscriptions */

static enum err subscribe(struct product *p, const char *token, const char *user,
                          struct subscription_claims *out)
{
    return accounts_subscription_token(p->accounts, text_of(token), text_of(user), TEXT("news"),
                                       out);
}

static void a_subscription_token_is_for_one_user_and_one_channel(void)
{
    struct product *p = product_new();
    struct subscription_claims claims = {0};
#define SAID(json) token_by(TEST_SECRET, json)
    CHECK_INT(subscribe(p,
                        SAID("{\"sub\":\"ann\",\"channel\":\"news\",\"exp\":1700000060,"
                             "\"info\":{\"a\":\n1}}"),
                        "ann", &claims),
              ERR_OK);
    CHECK_INT(claims.expires_s, NOW_S + 60);
    CHECK_TEXT(claims.info, "{\"a\": 1}");
    CHECK_INT(subscribe(p, SAID("{\"sub\":\"\",\"channel\":\"news\"}"), "", &claims), ERR_OK);
    CHECK_INT(claims.expires_s, 0);
    CHECK_TEXT(claims.info, "");
    CHECK_INT(subscribe(p,
                        SAID("{\"sub\":\"2\",\"channel\":\"news\",\"exp\":1700000060,"
                             "\"expire_at\":0}"),
                        "2", &claims),
              ERR_OK);
    CHECK_INT(claims.expires_s, 0);
    static const struct {
        const char *json;
        enum err wanted;
    } rows[] = {
        {"{\"sub\":\"bob\",\"channel\":\"news\"}", ERR_DENIED},
        {"{\"sub\":\"\",\"channel\":\"news\"}", ERR_DENIED},
        {"{\"sub\":\"ann\",\"channel\":\"new\"}", ERR_DENIED},
        {"{\"sub\":\"ann\",\"channel\":\"newsx\"}", ERR_DENIED},
        {"{\"sub\":\"ann\",\"channel\":\"news\",\"exp\":1700000000}", ERR_TOKEN_EXPIRED},
        {"{\"sub\":\"ann\",\"channel\":\"news\",\"expire_at\":1700000000}", ERR_TOKEN_EXPIRED},
        {"{\"sub\":\"ann\",\"channel\":\"\"}", ERR_BAD_TOKEN},
        {"{\"sub\":\"ann\"}", ERR_BAD_TOKEN}, /* a connection's */
        {"{\"channel\":\"news\"}", ERR_BAD_TOKEN},
    };
    claims.expires_s = 99;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(subscribe(p, SAID(rows[i].json), "ann", &claims), rows[i].wanted);
    CHECK_INT(subscribe(p, "not.a.token", "ann", &claims), ERR_BAD_TOKEN);
    CHECK_INT(claims.expires_s, 99); /* an error changes nothing */
    product_free(p);
}

static void subscriptions_may_have_keys_of_their_own(void)
{
    struct product *p = product_new();
    struct token_options own = {.hmac_secret_key = "for subscriptions", .audience = "us"};
    p->subscription_token = &own;
    product_close(p);
    product_open(p);
    struct subscription_claims claims;
    const char *json = "{\"sub\":\"ann\",\"channel\":\"news\",\"aud\":\"us\"}";
    CHECK_INT(subscribe(p, token_by(own.hmac_secret_key, json), "ann", &claims), ERR_OK);
    CHECK_INT(subscribe(p, token_by(TEST_SECRET, json), "ann", &claims), ERR_BAD_TOKEN);
    CHECK_INT(subscribe(p, token_by(own.hmac_secret_key, "{\"sub\":\"ann\",\"channel\":\"news\"}"),
                        "ann", &claims),
              ERR_BAD_TOKEN);
    CHECK_INT(ask_token(p, token_by(own.hmac_secret_key, "{\"sub\":\"ann\"}")), ERR_BAD_TOKEN);
    product_free(p);
}

/* ---- keys */

static void keys_of_an_application_and_our_own_secret_are_both_good(void)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *ec = EVP_EC_gen("P-256");
    must(rsa && ec);
    struct product *p = product_new();
    struct token_options token = {.hmac_secret_key = TEST_SECRET,
                                  .rsa_public_key = maker_pem(rsa).data,
                                  .ecdsa_public_key = maker_pem(ec).data,
                                  .audience = "us",
                                  .issuer = "them"};
    p->token = &token;
    product_close(p);
    product_open(p);
    const char *json = "{\"sub\":\"ann\",\"aud\":[\"us\"],\"iss\":\"them\"}";
    CHECK_INT(ask_token(p, maker_token(rsa, EVP_sha512(), "{\"alg\":\"RS512\"}", json).data),
              ERR_OK);
    CHECK_INT(ask_token(p, maker_token(ec, EVP_sha256(), "{\"alg\":\"ES256\"}", json).data),
              ERR_OK);
    CHECK_INT(
        ask_token(p, maker_token(ec, EVP_sha256(), "{\"alg\":\"ES256\"}", "{\"sub\":\"a\"}").data),
        ERR_BAD_TOKEN); /* for somebody else */
    /* Tokens of this place name the audience and the issuer that are wanted. */
    (void)product_person(p, "ana");
    struct actor local = actor_local();
    char made[2000];
    (void)snprintf(
        made, sizeof made, "%s",
        got_text(product_call(p, &local, "token.make", "{\"name\":\"ana\",\"ttl_s\":60}"),
                 "token"));
    CHECK_INT(ask_token(p, made), ERR_OK);
    CHECK_TEXT(got.who.name, "ana");
    product_free(p);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

static void a_wrong_key_names_its_option(void)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    char pem[1000];
    must(ec && text_copy(pem, sizeof pem, maker_pem(ec)) > 0);
    const struct {
        struct token_options token, subscription;
        bool own;
        const char *option;
    } rows[] = {
        {{.hmac_secret_key = "s", .rsa_public_key = pem},
         {0},
         false,
         "client.token.rsa_public_key"},
        {{.hmac_secret_key = "s", .ecdsa_public_key = "x"},
         {0},
         false,
         "client.token.ecdsa_public_key"},
        {{.hmac_secret_key = "s"},
         {.rsa_public_key = "x"},
         true,
         "client.subscription_token.rsa_public_key"},
        {{.hmac_secret_key = "s"}, {0}, true, "client.subscription_token.enabled"},
    };
    struct product *p = product_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct accounts_options options = {
            .env = &p->env,
            .store = p->store,
            .tasks = p->tasks,
            .version = "1",
            .token = rows[i].token,
            .subscription_token = rows[i].own ? &rows[i].subscription : NULL,
        };
        struct accounts *a = NULL;
        char error[256] = "";
        CHECK_INT(accounts_new(&options, &a, error), ERR_BAD_REQUEST);
        CU_ASSERT_PTR_NULL(a);
        CU_ASSERT_PTR_NOT_NULL(strstr(error, rows[i].option));
    }
    product_free(p);
    EVP_PKEY_free(ec);
}

UNIT("accounts/token", CASE(an_outside_user_is_nobody_of_this_place),
     CASE(an_outside_user_is_answered_without_the_database),
     CASE(an_empty_user_is_anonymous_and_only_when_said), CASE(a_person_s_token_says_more_too),
     CASE(expire_at_decides_how_long_the_connection_lasts), CASE(what_a_token_says_is_bounded),
     CASE(a_subscription_token_is_for_one_user_and_one_channel),
     CASE(subscriptions_may_have_keys_of_their_own),
     CASE(keys_of_an_application_and_our_own_secret_are_both_good),
     CASE(a_wrong_key_names_its_option))
