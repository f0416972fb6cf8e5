/* Guards: who is told of a message and who is not; what a push service's answer comes to; that nothing waits without a bound. */
#include "chat/chat.h"
#include "fault.h"
#include "push_place.h"
#include "unit.h"

/* Jobs, and what they handed to the threads that send, are done. */
static void settle(struct push_place *x)
{
    place_tick(&x->w, 0);
    CU_ASSERT_TRUE(COMES_TO(under_way(x) == 0));
    place_settle(&x->w);
}

static const char *told_of(struct push_place *x, const char *where)
{
    static char query[200];
    (void)snprintf(query, sizeof query, "SELECT count(*) FROM push_subscription WHERE %s", where);
    return place_look(&x->w, query);
}

static void who_is_named_and_away_is_told(void)
{
    struct push_place *x = push_place_new();
    CHECK_INT(subscribe(x, &x->w.as_ben, "/ben")->err, ERR_OK);
    CHECK_INT(subscribe(x, &x->w.as_ana, "/ana")->err, ERR_OK);
    int64_t offset = 0;
    CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben hello") > 0, true);
    CU_ASSERT_TRUE(COMES_TO(SENT(x) == 1));
    offset = strtoll(place_look(&x->w, "SELECT max(offset) FROM message"), NULL, 10);
    CU_ASSERT_PTR_NOT_NULL(strstr(x->service->head, "POST /ben HTTP/1.1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(x->service->head, "\r\nTopic: room-1\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(x->service->head, "\r\nTTL: 14400\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(x->service->head, "\r\nContent-Encoding: aes128gcm\r\n"));
    CHECK_INT(pusher_told(x->pusher, x->w.ben, 1, offset), env_wall_ms(&x->w.p->env));
    CHECK_INT(pusher_told(x->pusher, x->w.ana, 1, offset), 0);
    settle(x);
    CHECK_TEXT(told_of(x, "sent_ms > 0 AND failed_ms = 0"), "1");

    atomic_store(&users_here, UINT64_C(1) << x->w.ben);
    CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben @mira nobody, @anab nor me@ana.b") > 0,
              true);
    CHECK_INT(place_send(&x->w, &x->w.as_ana, 1, "@ana is me") > 0, true);
    int64_t room = place_room(&x->w, &x->w.as_mira, "hers", true);
    CHECK_INT(place_send(&x->w, &x->w.as_mira, room, "@ana is not in here") > 0, true);
    settle(x);
    CHECK_INT(REQUESTS(x), 1);

    /* a conversation of two needs no name */
    int64_t direct = got_int(CALL_AS(&x->w, ana, "room.direct", "{\"user\":\"ben\"}"), "id");
    CHECK_INT(place_send(&x->w, &x->w.as_ben, direct, "lunch?") > 0, true);
    CU_ASSERT_TRUE(COMES_TO(SENT(x) == 2));
    CU_ASSERT_PTR_NOT_NULL(strstr(x->service->head, "POST /ana HTTP/1.1"));

    /* unless it is muted: then it does, as in any room */
    CHECK_INT(product_call(x->w.p, &x->w.as_ana, "room.prefer",
                           "{\"room\":\"%lld\",\"muted\":true}", (long long)direct)
                  ->err,
              ERR_OK);
    CHECK_INT(place_send(&x->w, &x->w.as_ben, direct, "or later?") > 0, true);
    settle(x);
    CHECK_INT(REQUESTS(x), 2);
    CHECK_INT(place_send(&x->w, &x->w.as_ben, direct, "@ana please") > 0, true);
    CU_ASSERT_TRUE(COMES_TO(SENT(x) == 3));
    settle(x);
    CHECK_INT(REQUESTS(x), 3); /* once */
    CHECK_INT(DROPPED(x), 0);
    push_place_free(x);
}

static void who_cannot_see_it_any_more_is_not_told(void)
{
    struct push_place *x = push_place_new();
    struct gate gates[2];
    CHECK_INT(subscribe(x, &x->w.as_ben, "/ben")->err, ERR_OK);
    CHECK_INT(subscribe(x, &x->w.as_ana, "/ana")->err, ERR_OK);
    settle(x);
    /* deleted, or its person's session over, before it is looked at */
    gate_close(&gates[0], reader_submit, x->w.p->store);
    gate_close(&gates[1], reader_submit, x->w.p->store);
    CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben @ana gone") > 0, true);
    CHECK_INT(
        test_sql(x->w.p->store,
                 "UPDATE message SET text = '', deleted_by = 'author' WHERE text LIKE '%gone'"),
        ERR_OK);
    CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben @ana hello") > 0, true);
    CHECK_INT(test_sql(x->w.p->store,
                       "UPDATE session SET expires_ms = 1 WHERE user_id = (SELECT id FROM user "
                       "WHERE name = 'ben'); DELETE FROM member WHERE room_id = 1 AND user_id = "
                       "(SELECT id FROM user WHERE name = 'ana')"),
              ERR_OK);
    gate_open(&gates[0]);
    gate_open(&gates[1]);
    gate_fini(&gates[0]);
    gate_fini(&gates[1]);
    settle(x);
    CHECK_INT(REQUESTS(x), 0);
    push_place_free(x);
}

static void tick(struct push_place *x, int64_t ms)
{
    product_advance(x->w.p, ms);
    pusher_tick(x->pusher);
}

/* After 1, 8 and 64 s; the fourth time is the last. */
static void a_service_that_cannot_is_asked_again_later_each_time(void)
{
    struct push_place *x = push_place_new();
    CHECK_INT(subscribe(x, &x->w.as_ben, "/ben")->err, ERR_OK);
    atomic_store(&x->service->answer, SAYS("503 Busy", ""));
    CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben hello") > 0, true);
    static const int64_t pauses[] = {1000, 8000, 64000};
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(COMES_TO(REQUESTS(x) == i + 1 && under_way(x) == 0));
        tick(x, pauses[i] - 1);
        settle(x);
        CHECK_INT(REQUESTS(x), i + 1);
        CHECK_INT(waiting(x), 1);
        tick(x, 1);
    }
    CU_ASSERT_TRUE(COMES_TO(FAILED(x) == 1));
    settle(x);
    CHECK_INT(REQUESTS(x), 4);
    CHECK_INT(waiting(x), 0);
    CHECK_TEXT(told_of(x, "failed_ms > 0 AND sent_ms = 0"), "1");
    push_place_free(x);
}

static void retry_after_is_kept_unless_it_is_too_long(void)
{
    struct push_place *x = push_place_new();
    CHECK_INT(subscribe(x, &x->w.as_ben, "/ben")->err, ERR_OK);
    atomic_store(&x->service->answer, SAYS("429 Slow", "Retry-After: 100\r\n"));
    CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben hello") > 0, true);
    CU_ASSERT_TRUE(COMES_TO(REQUESTS(x) == 1 && under_way(x) == 0));
    tick(x, 99000);
    /* what comes for the same room waits as long, in place of it */
    CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben once more") > 0, true);
    settle(x);
    CHECK_INT(REQUESTS(x), 1);
    CHECK_INT(waiting(x), 1);
    atomic_store(&x->service->answer, SAYS("429 Slow", "Retry-After: 901\r\n"));
    tick(x, 1000);
    CU_ASSERT_TRUE(COMES_TO(FAILED(x) == 1)); /* over a quarter of an hour */
    settle(x);
    CHECK_INT(REQUESTS(x), 2);
    CHECK_INT(waiting(x), 0);
    push_place_free(x);
}

static void what_is_gone_is_forgotten_with_what_waits_for_it(void)
{
    struct push_place *x = push_place_new();
    CHECK_INT(subscribe(x, &x->w.as_ben, "/ben")->err, ERR_OK);
    int64_t other = place_room(&x->w, &x->w.as_mira, "other", false);
    CHECK_INT(product_call(x->w.p, &x->w.as_mira, "room.invite",
                           "{\"room\":\"%lld\",\"user\":\"ben\"}", (long long)other)
                  ->err,
              ERR_OK);
    atomic_store(&x->service->answer, SAYS("503 Busy", ""));
    CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben hello") > 0, true);
    CU_ASSERT_TRUE(COMES_TO(REQUESTS(x) == 1 && under_way(x) == 0));
    atomic_store(&x->service->answer, SAYS("410 Gone", ""));
    CHECK_INT(place_send(&x->w, &x->w.as_mira, other, "@ben hello") > 0, true);
    CU_ASSERT_TRUE(COMES_TO(FAILED(x) == 1));
    settle(x);
    CHECK_INT(waiting(x), 0); /* also that of the first room */
    CHECK_INT(REQUESTS(x), 2);
    CHECK_TEXT(told_of(x, "1"), "0");
    push_place_free(x);
}

static void other_refusals_are_counted_once(void)
{
    static const char *const answers[] = {SAYS("400 Bad", ""), SAYS("403 No", ""),
                                          SAYS("413 Large", ""),
                                          SAYS("302 Found", "Location: /\r\n")};
    struct push_place *x = push_place_new();
    CHECK_INT(subscribe(x, &x->w.as_ben, "/ben")->err, ERR_OK);
    for (unsigned i = 0; i < 4; i++) {
        atomic_store(&x->service->answer, answers[i]);
        CHECK_INT(place_send(&x->w, &x->w.as_mira, 1, "@ben hello") > 0, true);
        CU_ASSERT_TRUE(COMES_TO(FAILED(x) == i + 1));
        settle(x);
    }
    CHECK_INT(REQUESTS(x), 4);
    CHECK_TEXT(told_of(x, "failed_ms > 0"), "1");
    push_place_free(x);
}

/* ---- bounds */

static struct parcel *parcel(struct push_place *x, int64_t user_id)
{
    struct parcel *made =
        parcel_new(x->pusher, text_of(http_stub_url(x->service, "/many")), TEXT("{}"));
    must(made);
    made->subscription_id = made->user_id = user_id;
    made->room_id = 1;
    unsigned char secret[PUSH_SECRET_BYTES] = {3};
    struct web_push_pair pair;
    must(web_push_pair_of(secret, &pair) == ERR_OK);
    memcpy(made->to.point, pair.point, sizeof pair.point);
    return made;
}

/* 1,000 wait, three of them under way with a service that says nothing; the stop ends it all within moments. */
static void what_finds_no_room_is_dropped_and_counted(void)
{
    struct push_place *x = push_place_new();
    atomic_store(&x->service->answer, NULL);
    for (int i = 1; i <= PUSH_QUEUE_MAX; i++)
        delivery_give(x->pusher, parcel(x, i));
    CHECK_INT(DROPPED(x), 0);
    delivery_give(x->pusher, parcel(x, PUSH_QUEUE_MAX + 1));
    CHECK_INT(DROPPED(x), 1);
    CHECK_INT(waiting(x), PUSH_QUEUE_MAX);
    delivery_give(x->pusher, parcel(x, 5)); /* takes the place of another */
    CHECK_INT(DROPPED(x), 1);
    CHECK_INT(waiting(x), PUSH_QUEUE_MAX);
    delivery_pump(x->pusher);
    CHECK_INT(under_way(x), SENDING_MAX);
    CU_ASSERT_TRUE(COMES_TO(REQUESTS(x) == SENDING_MAX));
    int64_t began_ms = test_now_ms();
    pusher_stop(x->pusher);
    CU_ASSERT_TRUE(test_now_ms() - began_ms < 5000);
    delivery_give(x->pusher, parcel(x, 1)); /* and nothing is taken after it */
    CHECK_INT(DROPPED(x), 2);
    push_place_free(x);
}

static void of_a_person_one_is_sent_at_a_time(void)
{
    struct push_place *x = push_place_new();
    atomic_store(&x->service->answer, NULL);
    for (int i = 1; i <= 3; i++) {
        struct parcel *p = parcel(x, 7);
        p->room_id = i;
        delivery_give(x->pusher, p);
    }
    delivery_give(x->pusher, parcel(x, 8));
    delivery_pump(x->pusher);
    CHECK_INT(under_way(x), 2);
    push_place_free(x);
}

static void messages_that_cannot_be_looked_at_are_dropped_and_counted(void)
{
    struct push_place *x = push_place_new();
    struct gate gates[2];
    CHECK_INT(subscribe(x, &x->w.as_ben, "/ben")->err, ERR_OK);
    settle(x);
    gate_close(&gates[0], reader_submit, x->w.p->store);
    gate_close(&gates[1], reader_submit, x->w.p->store);
    const struct chat_message_event event = {.room_id = 1, .offset = 1, .text = TEXT("@ben")};
    for (int i = 0; i <= PUSH_QUEUE_MAX; i++) /* the first is with a reader, the others wait */
        news_seen(x->pusher, &event);
    CHECK_INT(DROPPED(x), 0);
    news_seen(x->pusher, &event);
    CHECK_INT(DROPPED(x), 1);
    const struct chat_message_event nobody = {.room_id = 1, .offset = 1, .text = TEXT("ben")};
    news_seen(x->pusher, &nobody);
    CHECK_INT(DROPPED(x), 1);
    gate_open(&gates[0]);
    gate_open(&gates[1]);
    gate_fini(&gates[0]);
    gate_fini(&gates[1]);
    for (int i = 0; i < 40; i++) { /* 32 in one job */
        pusher_tick(x->pusher);
        settle(x);
    }
    mutex_lock(&x->pusher->lock);
    CHECK_INT(x->pusher->seen_count, 0);
    mutex_unlock(&x->pusher->lock);
    push_place_free(x);
}

static void without_memory_one_is_not_sent_and_says_so(void)
{
    struct push_place *x = push_place_new();
    unsigned status = 0, sent = 0;
    int64_t retry_ms = 0;
    const char *why = NULL;
    struct parcel *p = parcel(x, 1);
    struct letter letter = {p->endpoint, &p->to, p->payload, 1};
    role_enter(&role_task);
    for (unsigned n = 1; n < 60; n++) {
        fault_at(n);
        enum err e = service_post(x->pusher, &letter, &status, &retry_ms, &why);
        bool failed = fault_end();
        CU_ASSERT_TRUE(failed || e == ERR_OK);
        CHECK_INT(why[0] == 0, e == ERR_OK);
        sent += e == ERR_OK;
    }
    CHECK_INT(service_post(x->pusher, &letter, &status, &retry_ms, &why), ERR_OK);
    role_leave(&role_task);
    CHECK_INT(status, 201);
    CU_ASSERT_TRUE(sent < 59);
    fault_at(1);
    CU_ASSERT_PTR_NULL(parcel_new(x->pusher, TEXT("x"), TEXT("y")));
    CHECK_INT(fault_end(), true);
    free(p);
    push_place_free(x);
}

UNIT("push/delivery", CASE(who_is_named_and_away_is_told),
     CASE(who_cannot_see_it_any_more_is_not_told),
     CASE(a_service_that_cannot_is_asked_again_later_each_time),
     CASE(retry_after_is_kept_unless_it_is_too_long),
     CASE(what_is_gone_is_forgotten_with_what_waits_for_it), CASE(other_refusals_are_counted_once),
     CASE(what_finds_no_room_is_dropped_and_counted), CASE(of_a_person_one_is_sent_at_a_time),
     CASE(messages_that_cannot_be_looked_at_are_dropped_and_counted),
     CASE(without_memory_one_is_not_sent_and_says_so))
