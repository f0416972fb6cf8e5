/* Guards: keys from a URL come before a token is judged, are asked for no more often than promised, and stay good while
 * the URL does not answer. The clock of the promises is the test's; only the fetch itself takes real time. */
#include "accounts/key_source.h"

#include "base/metrics.h"

#include "http_stub.h"
#include "jwt_maker.h"
#include "product.h"
#include "unit.h"

#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

static EVP_PKEY *key_a, *key_b;
static char with_a[4000], with_both[8000];

static void make_documents(void)
{
    if (key_a)
        return;
    key_a = EVP_EC_gen("P-256");
    key_b = EVP_RSA_gen(2048);
    must(key_a && key_b);
    const char *a = maker_jwk(key_a, "\"kid\":\"a\""), *b = maker_jwk(key_b, "\"kid\":\"b\"");
    (void)snprintf(with_a, sizeof with_a, HEAD "{\"keys\":[%s]}", a);
    (void)snprintf(with_both, sizeof with_both, HEAD "{\"keys\":[%s,%s]}", a, b);
}

/* A token of ann by one of the keys, under that kid. */
static const char *token(const char *kid)
{
    static char out[4][2000];
    static unsigned turn;
    char header[80], *here = out[turn++ % 4];
    bool a = kid[0] == 'a';
    (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", a ? "ES256" : "RS256",
                   kid);
    struct text made = maker_token(a ? key_a : key_b, EVP_sha256(), header,
                                   "{\"sub\":\"ann\",\"channel\":\"news\"}");
    (void)text_copy(here, sizeof out[0], made);
    return here;
}

static const char *connection_token(const char *kid)
{
    static char out[2000];
    char header[80];
    bool a = kid[0] == 'a';
    (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", a ? "ES256" : "RS256",
                   kid);
    (void)text_copy(out, sizeof out,
                    maker_token(a ? key_a : key_b, EVP_sha256(), header, "{\"sub\":\"ann\"}"));
    return out;
}

/* ---- a place whose keys come from a stub */

struct world {
    struct product *p;
    struct http_stub *stub;
    struct token_options token;
    char url[200];
};

static struct world begin(const char *answer)
{
    struct world w = {.stub = http_stub_start(answer)};
    make_documents();
    (void)snprintf(w.url, sizeof w.url, "%s", http_stub_url(w.stub, "/keys"));
    w.p = product_new();
    product_close(w.p);
    return w;
}

static void open_place(struct world *w)
{
    w->token =
        (struct token_options){.hmac_secret_key = TEST_SECRET, .jwks_public_endpoint = w->url};
    w->p->token = &w->token;
    product_open(w->p);
}

static void end(struct world *w)
{
    product_free(w->p);
    http_stub_stop(w->stub);
}

static unsigned requests(const struct world *w)
{
    return atomic_load(&w->stub->requests);
}

struct asked {
    enum err err;
    char user[40];
    struct future *came;
};

static void answered(struct identity_asker asker, enum err e, const struct identity *who)
{
    struct asked *asked = asker.owner;
    asked->err = e;
    if (who)
        (void)text_copy(asked->user, sizeof asked->user, text_of(who->user));
    struct future *came = asked->came;
    (void)future_fulfil(came, ERR_OK, NULL); /* `asked` may be gone from here on */
    (void)future_unref(came);
}

/* Asks; the answer is waited for with `finish`. */
static struct future *start(struct world *w, const char *jwt, struct asked *asked)
{
    *asked = (struct asked){.came = future_new(NULL)};
    struct future *came = future_ref(asked->came);
    enum err e = accounts_token(w->p->accounts, text_of(jwt),
                                (struct identity_asker){.owner = asked, .answer = answered});
    if (e != ERR_OK)
        answered((struct identity_asker){.owner = asked}, e, NULL);
    return came;
}

static enum err ask(struct world *w, const char *jwt)
{
    struct asked asked;
    struct future *came = start(w, jwt, &asked);
    must(test_wait(came) == ERR_OK);
    if (asked.err == ERR_OK)
        CHECK_TEXT(asked.user, "ann");
    return asked.err;
}

/* ---- */

static void a_token_waits_for_the_first_keys(void)
{
    struct world w = begin(NULL);
    atomic_store(&w.stub->answer, with_a);
    open_place(&w);
    CHECK_INT(requests(&w), 0); /* nothing goes out before it is needed */
    CHECK_INT(ask(&w, connection_token("a")), ERR_OK);
    CHECK_INT(ask(&w, connection_token("a")), ERR_OK);
    CHECK_INT(requests(&w), 1);
    end(&w);
}

static void an_unknown_kid_asks_again_but_not_within_ten_seconds(void)
{
    struct world w = begin(NULL);
    atomic_store(&w.stub->answer, with_a);
    open_place(&w);
    CHECK_INT(ask(&w, connection_token("a")), ERR_OK);
    atomic_store(&w.stub->answer, with_both);
    CHECK_INT(ask(&w, connection_token("b")), ERR_BAD_TOKEN);
    product_advance(w.p, KEYS_AGAIN_MS - 1);
    CHECK_INT(ask(&w, connection_token("b")), ERR_BAD_TOKEN);
    CHECK_INT(requests(&w), 1);
    product_advance(w.p, 1);
    CHECK_INT(ask(&w, connection_token("b")), ERR_OK);
    CHECK_INT(requests(&w), 2);
    CHECK_INT(ask(&w, connection_token("c")), ERR_BAD_TOKEN);
    CHECK_INT(requests(&w), 2);
    end(&w);
}

static void keys_stay_good_while_the_url_does_not_answer(void)
{
    struct world w = begin(NULL);
    atomic_store(&w.stub->answer, with_a);
    int64_t asked = metric_get(METRIC_key_fetches), failed = metric_get(METRIC_key_fetches_failed);
    open_place(&w);
    CHECK_INT(ask(&w, connection_token("a")), ERR_OK);
    static const char *const bad[] = {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", HEAD "<html>",
                                      HEAD "{\"keys\":1}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        atomic_store(&w.stub->answer, bad[i]);
        product_advance(w.p, KEYS_AGAIN_MS);
        CHECK_INT(ask(&w, connection_token("b")), ERR_UNAVAILABLE); /* perhaps it is a new one */
        CHECK_INT(requests(&w), 2 + i);
        CHECK_INT(ask(&w, connection_token("a")), ERR_OK);
    }
    CHECK_INT(metric_get(METRIC_key_fetches) - asked, 4);
    CHECK_INT(metric_get(METRIC_key_fetches_failed) - failed, 3);
    end(&w);
}

static void without_any_keys_a_token_is_not_judged(void)
{
    struct world w = begin("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    open_place(&w);
    CHECK_INT(ask(&w, connection_token("a")), ERR_UNAVAILABLE);
    CHECK_INT(ask(&w, connection_token("a")), ERR_UNAVAILABLE);
    CHECK_INT(requests(&w), 1);
    product_advance(w.p, KEYS_AGAIN_MS);
    atomic_store(&w.stub->answer, with_a);
    CHECK_INT(ask(&w, connection_token("a")), ERR_OK);
    /* Keys by hand need no URL. */
    struct text by_hand =
        maker_token(key_a, EVP_sha256(), "{\"alg\":\"ES256\"}", "{\"sub\":\"ann\"}");
    CHECK_INT(ask(&w, by_hand.data), ERR_BAD_TOKEN);
    end(&w);
}

/* The set is asked for at the start, and again when it is an hour old; one that is gone from it is gone here. */
static void time_fetches_keys_each_hour(void)
{
    struct world w = begin(NULL);
    atomic_store(&w.stub->answer, with_both);
    open_place(&w);
    accounts_tick(w.p->accounts);
    CHECK_INT(ask(&w, connection_token("b")), ERR_OK); /* waits for the same fetch */
    CHECK_INT(requests(&w), 1);
    atomic_store(&w.stub->answer, with_a);
    product_advance(w.p, KEYS_FRESH_MS - 1);
    accounts_tick(w.p->accounts);
    CHECK_INT(ask(&w, connection_token("b")), ERR_OK);
    CHECK_INT(requests(&w), 1);
    product_advance(w.p, 1);
    accounts_tick(w.p->accounts);
    for (unsigned i = 0; i < 500 && ask(&w, connection_token("b")) == ERR_OK; i++)
        (void)poll(NULL, 0, 10); /* until the fetch is over */
    CHECK_INT(ask(&w, connection_token("b")), ERR_BAD_TOKEN);
    CHECK_INT(requests(&w), 2);
    end(&w);
}

/* A subscription is not waited for: it may be tried again. */
static void a_subscription_is_told_to_come_again(void)
{
    struct world w = begin(NULL);
    atomic_store(&w.stub->answer, with_a);
    open_place(&w);
    struct subscription_claims claims;
    const char *jwt = token("a");
    enum err e = ERR_BUSY;
    CHECK_INT(accounts_subscription_token(w.p->accounts, text_of(jwt), TEXT("ann"), TEXT("news"),
                                          &claims),
              ERR_BUSY);
    for (unsigned i = 0; i < 500 && e == ERR_BUSY; i++, (void)poll(NULL, 0, 10))
        e = accounts_subscription_token(w.p->accounts, text_of(jwt), TEXT("ann"), TEXT("news"),
                                        &claims);
    CHECK_INT(e, ERR_OK);
    CHECK_INT(requests(&w), 1);
    end(&w);
}

static void who_waits_is_bounded_and_answered_when_it_stops(void)
{
    static struct asked asked[KEY_WAITERS_MAX + 1];
    static struct future *came[KEY_WAITERS_MAX + 1];
    struct world w = begin(NULL); /* never answers */
    open_place(&w);
    const char *jwt = connection_token("a");
    int64_t before = metric_get(METRIC_key_waits_refused);
    for (unsigned i = 0; i <= KEY_WAITERS_MAX; i++)
        came[i] = start(&w, jwt, &asked[i]);
    CHECK_INT(asked[KEY_WAITERS_MAX].err, ERR_BUSY);
    CHECK_INT(metric_get(METRIC_key_waits_refused) - before, 1);
    accounts_stop(w.p->accounts);
    for (unsigned i = 0; i <= KEY_WAITERS_MAX; i++)
        must(test_wait(came[i]) == ERR_OK);
    for (unsigned i = 0; i < KEY_WAITERS_MAX; i++)
        CHECK_INT(asked[i].err, ERR_CLOSED);
    CHECK_INT(ask(&w, jwt), ERR_CLOSED);
    end(&w);
}

static void only_a_url_is_taken(void)
{
    struct world w = begin(NULL);
    open_place(&w);
    struct token_options token = {.hmac_secret_key = "s", .jwks_public_endpoint = "file:///keys"};
    struct accounts_options options = {
        .env = &w.p->env, .store = w.p->store, .tasks = w.p->tasks, .version = "1", .token = token};
    struct accounts *a = NULL;
    char error[256] = "";
    CHECK_INT(accounts_new(&options, &a, error), ERR_BAD_REQUEST);
    CHECK_TEXT(error, "client.token.jwks_public_endpoint is not an http or https URL.");
    end(&w);
}

UNIT("accounts/key_source", CASE(a_token_waits_for_the_first_keys),
     CASE(an_unknown_kid_asks_again_but_not_within_ten_seconds),
     CASE(keys_stay_good_while_the_url_does_not_answer),
     CASE(without_any_keys_a_token_is_not_judged), CASE(time_fetches_keys_each_hour),
     CASE(a_subscription_is_told_to_come_again),
     CASE(who_waits_is_bounded_and_answered_when_it_stops), CASE(only_a_url_is_taken))
