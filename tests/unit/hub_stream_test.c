/* Guards: a subscriber of a stream gets every event once and in order, whatever comes between (promise 3). */
#include "hub_world.h"

#define ROOM TEXT("room:1")

static void check_run(const struct test_client *c, uint64_t first, uint64_t last)
{
    CHECK_INT(c->count, last - first + 1);
    for (unsigned i = 0; i < c->count; i++)
        CHECK_INT(c->seen[i], first + i);
}

static void what_is_published_after_subscribing_comes_once_and_in_order(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    world_publish(&w); /* 1: before anybody listens */
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK);
    CHECK_INT(c.answers, 0); /* never before the call returns */
    world_turn(&w);
    CHECK_INT(c.answers, 1);
    CHECK_INT(c.result.top, 1);
    CU_ASSERT_FALSE(c.result.was_recovering);
    for (int i = 0; i < 5; i++)
        world_publish(&w);
    world_turn(&w);
    check_run(&c, 2, 6);
    CU_ASSERT_PTR_NULL(hub_unsubscribe(c.subscriber));
    world_publish(&w);
    world_turn(&w);
    check_run(&c, 2, 6);
    world_close(&w);
}

/* Events 1..3 are committed before the answer's snapshot, 4..6 after it; pushes of 2..6 come while it is waited for. */
static void position_and_live_flow_join_without_gap_or_double(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    world_publish(&w);
    w.hold_answers = true;
    c.result.top = 0;
    text_copy(c.epoch, sizeof c.epoch, TEXT("e1"));
    CHECK_INT(test_subscribe(&w, &c, ROOM, true), ERR_OK);
    world_publish(&w);
    world_publish(&w);
    world_turn(&w);
    world_answer_one(&w); /* snapshot: 1..3 */
    world_publish(&w);    /* posted behind the answer */
    world_publish(&w);
    world_turn(&w);
    world_publish(&w);
    world_turn(&w);
    CU_ASSERT_TRUE(c.result.recovered);
    check_run(&c, 1, 6);
    CHECK_INT(metric_get(METRIC_messages_doubled), 0);
    CHECK_INT(metric_get(METRIC_messages_lost), 0);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void recovery_gives_exactly_what_was_missed_or_says_that_it_cannot(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK);
    world_turn(&w);
    world_publish(&w);
    world_turn(&w);
    hub_unsubscribe(c.subscriber);
    for (int i = 0; i < 7; i++)
        world_publish(&w);
    CHECK_INT(test_subscribe(&w, &c, ROOM, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_TRUE(c.result.was_recovering);
    CU_ASSERT_TRUE(c.result.recovered);
    check_run(&c, 1, 8);

    hub_unsubscribe(c.subscriber);
    world_publish(&w);
    w.trimmed = 9; /* event 9 is gone */
    CHECK_INT(test_subscribe(&w, &c, ROOM, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_TRUE(c.result.was_recovering);
    CU_ASSERT_FALSE(c.result.recovered);
    CHECK_INT(c.result.top, 9);

    hub_unsubscribe(c.subscriber);
    c.count = 0;
    c.result.top = 99; /* beyond the top: of a numbering that is not ours */
    w.trimmed = 0;
    CHECK_INT(test_subscribe(&w, &c, ROOM, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_FALSE(c.result.recovered);
    hub_unsubscribe(c.subscriber);
    text_copy(c.epoch, sizeof c.epoch, TEXT("other"));
    CHECK_INT(test_subscribe(&w, &c, ROOM, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_FALSE(c.result.recovered);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void a_refusal_of_the_source_reaches_the_client_and_leaves_nothing(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    int64_t before = metric_get(METRIC_subscriptions);
    w.refuse = ERR_DENIED;
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK);
    world_turn(&w);
    CHECK_INT(c.result.err, ERR_DENIED);
    CHECK_INT(metric_get(METRIC_subscriptions), before);
    world_publish(&w);
    world_turn(&w);
    CHECK_INT(c.count, 0);
    world_close(&w);
}

/* An offset that is not last + 1 is never passed on. */
static void a_gap_ends_the_subscription_with_2500(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK);
    world_turn(&w);
    int64_t lost = metric_get(METRIC_messages_lost), doubled = metric_get(METRIC_messages_doubled);
    world_publish(&w);
    hub_publish(w.hub, ROOM, TEXT("{}"), 1, 1); /* again */
    world_turn(&w);
    check_run(&c, 1, 1);
    CHECK_INT(metric_get(METRIC_messages_doubled), doubled + 1);
    w.top = 3;
    world_publish(&w); /* 4: 2 and 3 are missing */
    world_turn(&w);
    check_run(&c, 1, 1);
    CHECK_INT(c.ended_code, 2500);
    CHECK_INT(metric_get(METRIC_messages_lost), lost + 2);
    world_close(&w);
}

/* The mailbox takes 8 posts: a ninth push is lost, its subscriber starts over and has everything in the end. */
static void a_full_mailbox_costs_a_recovery_and_no_message(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 8);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK);
    world_turn(&w);
    int64_t lost = metric_get(METRIC_messages_lost);
    for (int i = 0; i < 20; i++)
        world_publish(&w);
    world_turn(&w);
    CHECK_INT(c.ended_code, 2500);
    CHECK_INT(metric_get(METRIC_messages_lost), lost);
    CHECK_INT(test_subscribe(&w, &c, ROOM, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_TRUE(c.result.recovered);
    check_run(&c, 1, 20);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void a_user_who_may_no_longer_is_out_of_the_channel_and_others_stay(void)
{
    struct world w;
    struct test_client a, b;
    world_open(&w, &env_real, 1024);
    test_client_init(&a, 7);
    test_client_init(&b, 8);
    CHECK_INT(test_subscribe(&w, &a, ROOM, false), ERR_OK);
    CHECK_INT(test_subscribe(&w, &b, ROOM, false), ERR_OK);
    world_turn(&w);
    hub_unsubscribe_user(w.hub, ROOM, 7, 2000, TEXT("left"));
    world_publish(&w);
    world_turn(&w);
    CHECK_INT(a.ended_code, 2000);
    CHECK_INT(a.count, 0);
    check_run(&b, 1, 1);
    hub_unsubscribe(b.subscriber);
    world_close(&w);
}

/* The mailbox takes 8 posts: the eviction is lost, so the subscriber is sent to ask again, and asking is refused. */
static void an_eviction_that_finds_a_full_mailbox_still_ends_the_subscription(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 8);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK);
    world_turn(&w);
    for (int i = 0; i < 8; i++)
        world_publish(&w);
    hub_unsubscribe_user(w.hub, ROOM, 7, 2000, TEXT("left"));
    world_turn(&w);
    CHECK_INT(c.ended_code, 2500);
    world_close(&w);
}

static int64_t given_ms(void *ctx)
{
    return *(int64_t *)ctx;
}

static void an_answer_that_found_the_mailbox_full_becomes_an_error(void)
{
    struct world w;
    struct test_client c;
    int64_t now_ms = 1000000, subscriptions = metric_get(METRIC_subscriptions);
    struct env env = {&now_ms, given_ms, given_ms, env_real.random};
    world_open(&w, &env, 8);
    test_client_init(&c, 7);
    w.hold_answers = true;
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK);
    for (int i = 0; i < 8; i++)
        hub_publish_passing(w.hub, ROOM, TEXT("{}"));
    world_answer_one(&w);
    world_turn(&w);
    CHECK_INT(c.answers, 0);
    now_ms += 1000;
    world_turn(&w);
    CHECK_INT(c.answers, 1);
    CHECK_INT(c.result.err, ERR_BUSY);
    CHECK_INT(metric_get(METRIC_subscriptions), subscriptions);
    w.hold_answers = false;
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK); /* again, as the client does */
    world_turn(&w);
    CHECK_INT(c.result.err, ERR_OK);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void passing_events_have_no_offset_and_are_not_kept(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &env_real, 1024);
    test_client_init(&c, 7);
    hub_publish_passing(w.hub, ROOM, TEXT("{\"type\":\"typing\"}"));
    w.hold_answers = true;
    CHECK_INT(test_subscribe(&w, &c, ROOM, false), ERR_OK);
    hub_publish_passing(w.hub, ROOM,
                        TEXT("{\"type\":\"typing\"}")); /* not held for who is not there yet */
    world_turn(&w);
    world_answer_one(&w);
    world_turn(&w);
    CHECK_INT(c.passing, 0);
    hub_publish_passing(w.hub, ROOM, TEXT("{\"type\":\"typing\"}"));
    world_turn(&w);
    CHECK_INT(c.passing, 1);
    CU_ASSERT_PTR_NULL(strstr(c.last_push, "offset"));
    CU_ASSERT_PTR_NOT_NULL(strstr(
        c.last_push, "{\"push\":{\"channel\":\"room:1\",\"pub\":{\"data\":{\"type\":\"typing\"}"));
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

/* A plain model: what a client must have is 1..top of the moment it last was complete. */
static void random_cuts_and_publishes_leave_every_client_with_the_whole_list(void)
{
    struct world w;
    static struct test_client clients[5];
    unsigned seed = 20261124;
    world_open(&w, &env_real, 256);
    for (int i = 0; i < 5; i++) {
        test_client_init(&clients[i], i + 1);
        text_copy(clients[i].epoch, EPOCH_SIZE, TEXT("e1"));
        CHECK_INT(test_subscribe(&w, &clients[i], ROOM, true), ERR_OK);
    }
    for (int step = 0; step < 5000 && w.top < 3000; step++) {
        struct test_client *c = &clients[rand_r(&seed) % 5];
        switch (rand_r(&seed) % 6) {
        case 0:
            if (c->subscriber)
                c->subscriber = hub_unsubscribe(c->subscriber);
            break;
        case 1:
            if (!c->subscriber)
                CHECK_INT(test_subscribe(&w, c, ROOM, true), ERR_OK);
            break;
        case 2:
            w.hold_answers = !w.hold_answers;
            break;
        case 3:
            while (w.waiting_count)
                world_answer_one(&w);
            break;
        case 4:
            world_turn(&w);
            break;
        default:
            world_publish(&w);
        }
    }
    w.hold_answers = false;
    for (int round = 0; round < 3; round++) {
        while (w.waiting_count)
            world_answer_one(&w);
        world_turn(&w);
        for (int i = 0; i < 5; i++)
            if (!clients[i].subscriber)
                CHECK_INT(test_subscribe(&w, &clients[i], ROOM, true), ERR_OK);
    }
    world_turn(&w);
    for (int i = 0; i < 5; i++) {
        check_run(&clients[i], 1, w.top);
        hub_unsubscribe(clients[i].subscriber);
    }
    world_close(&w);
}

UNIT("hub/stream", CASE(what_is_published_after_subscribing_comes_once_and_in_order),
     CASE(position_and_live_flow_join_without_gap_or_double),
     CASE(recovery_gives_exactly_what_was_missed_or_says_that_it_cannot),
     CASE(a_refusal_of_the_source_reaches_the_client_and_leaves_nothing),
     CASE(a_gap_ends_the_subscription_with_2500),
     CASE(a_full_mailbox_costs_a_recovery_and_no_message),
     CASE(an_eviction_that_finds_a_full_mailbox_still_ends_the_subscription),
     CASE(a_user_who_may_no_longer_is_out_of_the_channel_and_others_stay),
     CASE(an_answer_that_found_the_mailbox_full_becomes_an_error),
     CASE(passing_events_have_no_offset_and_are_not_kept),
     CASE(random_cuts_and_publishes_leave_every_client_with_the_whole_list))
