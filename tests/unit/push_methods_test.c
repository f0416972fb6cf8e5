/* push.get, push.subscribe, push.unsubscribe, push.test: a wrong address or key is named and nothing kept, a subscription is one
 * person's, one session's and one key's. */
#include "fault.h"
#include "push_place.h"
#include "unit.h"

static const char *rows(struct push_place *x)
{
    return place_look(&x->w, "SELECT count(*) FROM push_subscription");
}

static void wrong_input_is_named_and_nothing_is_kept(void)
{
    static const struct {
        const char *endpoint, *p256dh, *auth, *field;
    } bad[] = {
        {"", POINT, AUTH, "endpoint"},
        {"push", POINT, AUTH, "endpoint"},
        {"ftp://push.example/", POINT, AUTH, "endpoint"},
        {"https://a@push.example/", POINT, AUTH, "endpoint"},
        {"https://push.example/", "", AUTH, "p256dh"},
        {"https://push.example/", AUTH, AUTH, "p256dh"},
        {"https://push.example/", POINT, POINT, "auth"},
        {"https://push.example/", POINT, "!", "auth"},
    };
    struct push_place *x = push_place_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer_got *got =
            product_call(x->w.p, &x->w.as_ben, "push.subscribe",
                         "{\"endpoint\":\"%s\",\"p256dh\":\"%s\",\"auth\":\"%s\"}", bad[i].endpoint,
                         bad[i].p256dh, bad[i].auth);
        CHECK_INT(got->code, 107);
        CHECK_TEXT(got->field, bad[i].field);
        CU_ASSERT_PTR_NOT_NULL(strstr(got->message, bad[i].field));
    }
    char longest[PUSH_ENDPOINT_MAX + 2] = "https://push.example/"; /* 2,001 bytes */
    memset(longest + strlen(longest), 'a', PUSH_ENDPOINT_MAX + 1 - strlen(longest));
    for (int over = 1; over >= 0; over--) {
        longest[PUSH_ENDPOINT_MAX + over] = 0;
        struct answer_got *got = product_call(
            x->w.p, &x->w.as_ben, "push.subscribe",
            "{\"endpoint\":\"%s\",\"p256dh\":\"" POINT "\",\"auth\":\"" AUTH "\"}", longest);
        CHECK_INT(got->code, over ? 107 : 0);
        CHECK_TEXT(got->field, over ? "endpoint" : "");
        CHECK_TEXT(rows(x), over ? "0" : "1");
    }
    push_place_free(x);
}

static void only_a_session_subscribes_and_it_goes_with_it(void)
{
    struct push_place *x = push_place_new();
    CHECK_INT(subscribe(x, &x->w.as_mira, "/m")->code, 103); /* a token without a session */
    struct actor ended = x->w.as_ben;
    ended.session_id = 999;
    CHECK_INT(subscribe(x, &ended, "/b")->err, ERR_UNAUTHORIZED);
    CHECK_TEXT(rows(x), "0");
    CHECK_INT(subscribe(x, &x->w.as_ben, "/b")->err, ERR_OK);
    CHECK_INT(subscribe(x, &x->w.as_ana, "/a")->err, ERR_OK);
    CHECK_TEXT(rows(x), "2");
    CHECK_INT(CALL_AS(&x->w, ben, "session.logout", "{}")->err, ERR_OK);
    CHECK_TEXT(place_look(&x->w, "SELECT user_id FROM push_subscription"),
               place_look(&x->w, "SELECT id FROM user WHERE name = 'ana'"));
    CHECK_INT(CALL_AS(&x->w, root, "user.erase", "{\"user\":\"ana\",\"messages\":\"keep\"}")->err,
              ERR_OK);
    CHECK_TEXT(rows(x), "0");
    push_place_free(x);
}

static void who_asks_sees_their_own_without_the_secret(void)
{
    struct push_place *x = push_place_new();
    CHECK_INT(subscribe(x, &x->w.as_ben, "/secret-of-ben")->err, ERR_OK);
    struct answer_got *got = CALL_AS(&x->w, ben, "push.get", "{}");
    CHECK_INT(got_count(got, "subscriptions"), 1);
    CHECK_INT(strlen(got_text(got, "key")), PUSH_POINT_TEXT_SIZE - 1);
    CHECK_TEXT(got_text(got, "subscriptions.0.this"), "true");
    CHECK_TEXT(got_text(got, "subscriptions.0.client"), "Firefox");
    CU_ASSERT_PTR_NULL(strstr(got->json, "secret-of-ben"));
    CHECK_INT(got_count(CALL_AS(&x->w, ana, "push.get", "{}"), "subscriptions"), 0);
    CHECK_INT(CALL_AS(&x->w, nobody, "push.get", "{}")->code, 101);
    product_advance(x->w.p, 3600001); /* the session has ended, though its row is there */
    CHECK_INT(got_count(CALL_AS(&x->w, ben, "push.get", "{}"), "subscriptions"), 0);
    push_place_free(x);
}

static void the_eleventh_takes_the_place_of_the_most_silent(void)
{
    struct push_place *x = push_place_new();
    char path[20];
    for (int i = 0; i < PUSH_SUBSCRIPTIONS_MAX; i++) {
        (void)snprintf(path, sizeof path, "/%d", i);
        product_advance(x->w.p, 1000);
        CHECK_INT(subscribe(x, &x->w.as_ben, path)->err, ERR_OK);
    }
    product_advance(x->w.p, 1000);
    CHECK_INT(subscribe(x, &x->w.as_ben, "/0")->err, ERR_OK); /* it is still there */
    CHECK_INT(subscribe(x, &x->w.as_ana, "/ana")->err, ERR_OK);
    CHECK_INT(subscribe(x, &x->w.as_ben, "/10")->err, ERR_OK);
    CHECK_TEXT(rows(x), "11");
    CHECK_TEXT(place_look(&x->w,
                          "SELECT group_concat(substr(endpoint, -2), ' ') FROM "
                          "push_subscription WHERE endpoint LIKE '%/0' OR endpoint LIKE '%/1'"),
               "/0");
    push_place_free(x);
}

static void a_test_tells_what_the_service_said(void)
{
    struct push_place *x = push_place_new();
    char params[300];
    CHECK_INT(subscribe(x, &x->w.as_ben, "/b")->err, ERR_OK);
    (void)snprintf(params, sizeof params, "{\"endpoint\":\"%s\"}", http_stub_url(x->service, "/b"));
    struct answer_got *got = product_call_text(x->w.p, &x->w.as_ben, "push.test", text_of(params));
    CHECK_INT(got->err, ERR_OK);
    CHECK_INT(got_int(got, "status"), 201);
    CU_ASSERT_PTR_NOT_NULL(strstr(x->service->head, "POST /b HTTP/1.1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(x->service->head, "Authorization: vapid t="));
    CU_ASSERT_PTR_NULL(strstr(x->service->head, "Topic"));
    got = product_call_text(x->w.p, &x->w.as_ana, "push.test", text_of(params));
    CHECK_INT(got->code, 103);
    CHECK_TEXT(got->field, "endpoint");
    atomic_store(&x->service->answer, "no HTTP\r\n\r\n");
    got = product_call_text(x->w.p, &x->w.as_ben, "push.test", text_of(params));
    CHECK_INT(got->code, 108);
    CHECK_TEXT(got->message, "The push service could not be reached.");
    atomic_store(&x->service->answer, SAYS("404 Not Found", ""));
    got = product_call_text(x->w.p, &x->w.as_ben, "push.test", text_of(params));
    CHECK_INT(got_int(got, "status"), 404);
    place_settle(&x->w);
    CHECK_TEXT(rows(x), "0");
    push_place_free(x);
}

static void after_the_stop_a_test_is_refused(void)
{
    struct push_place *x = push_place_new();
    CHECK_INT(subscribe(x, &x->w.as_ben, "/b")->err, ERR_OK);
    pusher_stop(x->pusher);
    struct answer_got *got = product_call(x->w.p, &x->w.as_ben, "push.test",
                                          "{\"endpoint\":\"%s\"}", http_stub_url(x->service, "/b"));
    CHECK_INT(got->err, ERR_CLOSED);
    push_place_free(x);
}

static void another_key_drops_what_the_one_before_had(void)
{
    struct push_place *x = push_place_new();
    unsigned char secret[PUSH_SECRET_BYTES] = {2};
    CHECK_INT(subscribe(x, &x->w.as_ben, "/b")->err, ERR_OK);
    push_place_close(x);
    product_open(x->w.p);
    place_open_chat(&x->w);
    push_place_start(x);
    CHECK_TEXT(rows(x), "1"); /* the same key */
    push_place_close(x);
    must(web_push_pair_of(secret, &x->options.pair) == ERR_OK);
    product_open(x->w.p);
    place_open_chat(&x->w);
    push_place_start(x);
    CHECK_TEXT(rows(x), "0");
    CHECK_INT(subscribe(x, &x->w.as_ben, "/b")->err, ERR_OK);
    push_place_free(x);
}

static void switched_off_or_wrongly_configured_it_says_so(void)
{
    struct push_place *x = push_place_new();
    static const char *const methods[] = {"push.subscribe", "push.unsubscribe", "push.test",
                                          "push.get"};
    x->pusher->enabled = false;
    for (size_t i = 0; i < 4; i++) {
        struct answer_got *got =
            product_call(x->w.p, &x->w.as_ben, methods[i],
                         "{\"endpoint\":\"https://push.example/\",\"p256dh\":\"" POINT
                         "\",\"auth\":\"" AUTH "\"}");
        CHECK_INT(got->code, 108);
    }
    static const char *const bad[] = {"us@snug.example", "http://snug.example", " mailto:a"};
    for (size_t i = 0; i < 3; i++) {
        struct pusher *p = NULL;
        char error[256];
        x->options.contact = bad[i];
        CHECK_INT(pusher_new(&x->options, &p, error), ERR_BAD_REQUEST);
        CU_ASSERT_PTR_NOT_NULL(strstr(error, "push.contact"));
        CU_ASSERT_PTR_NULL(p);
    }
    push_place_free(x);
}

/* What it comes to when the n-th allocation of this thread fails. */
static enum err subscribe_without(struct push_place *x, unsigned n)
{
    char params[500];
    (void)snprintf(params, sizeof params,
                   "{\"endpoint\":\"%s\",\"p256dh\":\"" POINT "\",\"auth\":\"" AUTH "\"}",
                   http_stub_url(x->service, "/b"));
    struct answer_got got = {.came = future_new(NULL)};
    must(got.came);
    fault_at(n);
    method_call(&x->w.p->table, TEXT("push.subscribe"), text_of(params), &x->w.as_ben,
                (struct reply){.owner = &got, .done = got_done});
    (void)fault_end();
    must(test_wait(future_ref(got.came)) == ERR_OK);
    future_unref(got.came);
    free(got.json);
    return got.err;
}

static void without_memory_it_says_so(void)
{
    struct push_place *x = push_place_new();
    x->options.contact = "mailto:us@snug.example";
    for (unsigned n = 1;; n++) {
        struct pusher *p = NULL;
        char error[256];
        fault_at(n);
        enum err e = pusher_new(&x->options, &p, error);
        bool failed = fault_end();
        CHECK_INT(e, failed ? ERR_NOMEM : ERR_OK);
        p = pusher_free(p);
        if (!failed)
            break;
    }
    for (unsigned n = 1; n < 40; n++) {
        enum err e = subscribe_without(x, n);
        CHECK_INT(e == ERR_OK || e == ERR_NOMEM, true);
    }
    CHECK_INT(subscribe_without(x, 1), ERR_NOMEM);
    CHECK_INT(subscribe(x, &x->w.as_ben, "/b")->err, ERR_OK);
    push_place_free(x);
}

UNIT("push/methods", CASE(wrong_input_is_named_and_nothing_is_kept),
     CASE(only_a_session_subscribes_and_it_goes_with_it),
     CASE(who_asks_sees_their_own_without_the_secret),
     CASE(the_eleventh_takes_the_place_of_the_most_silent),
     CASE(a_test_tells_what_the_service_said), CASE(after_the_stop_a_test_is_refused),
     CASE(another_key_drops_what_the_one_before_had),
     CASE(switched_off_or_wrongly_configured_it_says_so), CASE(without_memory_it_says_so))
