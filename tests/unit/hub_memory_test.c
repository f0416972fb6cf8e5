/* Guards: channels in memory (user:<id>) number, keep and recover a bounded past, and never mix two numberings. */
#include "hub_world.h"

#define OWN TEXT("user:7")

static int64_t now_ms = 1000;

static int64_t test_ms(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static void test_random(void *ctx, void *out, size_t len)
{
    env_real.random(ctx, out, len);
}

static const struct env test_env = {NULL, test_ms, test_ms, test_random};

static void say(struct world *w, int times) ON(role_reactor)
{
    for (int i = 0; i < times; i++)
        hub_publish_memory(w->hub, OWN, TEXT("{\"type\":\"read\"}"));
    world_turn(w);
}

static void events_are_numbered_from_one_and_recovered(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &test_env, 1024);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, OWN, false), ERR_OK);
    world_turn(&w);
    CHECK_INT(c.answers, 1);
    CU_ASSERT_TRUE(c.epoch[0] != 0);
    CHECK_INT(c.result.top, 0);
    say(&w, 3);
    CHECK_INT(c.count, 3);
    CHECK_INT(c.seen[2], 3);
    hub_unsubscribe(c.subscriber);
    say(&w, 4);
    CHECK_INT(test_subscribe(&w, &c, OWN, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_TRUE(c.result.recovered);
    CHECK_INT(c.count, 7);
    CHECK_INT(c.seen[6], 7);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

/* 10 events are kept: after 11 missed ones the first is gone. */
static void more_than_is_kept_cannot_be_recovered_and_is_said(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &test_env, 1024);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, OWN, false), ERR_OK);
    world_turn(&w);
    say(&w, 1);
    hub_unsubscribe(c.subscriber);
    say(&w, 10);
    CHECK_INT(test_subscribe(&w, &c, OWN, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_TRUE(c.result.recovered);
    hub_unsubscribe(c.subscriber);
    say(&w, 11);
    CHECK_INT(test_subscribe(&w, &c, OWN, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_FALSE(c.result.recovered);
    CHECK_INT(c.result.top, 22);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static void events_age_and_a_forgotten_channel_comes_back_with_another_epoch(void)
{
    struct world w;
    struct test_client c;
    char first[EPOCH_SIZE];
    world_open(&w, &test_env, 1024);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, OWN, false), ERR_OK);
    world_turn(&w);
    say(&w, 2);
    text_copy(first, sizeof first, text_of(c.epoch));
    hub_unsubscribe(c.subscriber);
    c.count = 1; /* has seen 1, missed 2 */
    now_ms += 300001;
    world_turn(&w); /* the sweep's timer fires */
    CHECK_INT(test_subscribe(&w, &c, OWN, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_FALSE(c.result.recovered);
    CU_ASSERT_STRING_NOT_EQUAL(first, c.epoch);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

/* Its position 0 stays good while nothing is published, however long nobody looks: there is no numbering to forget. */
static void a_channel_begins_with_its_first_event(void)
{
    struct world w;
    struct test_client c;
    world_open(&w, &test_env, 1024);
    test_client_init(&c, 7);
    CHECK_INT(test_subscribe(&w, &c, OWN, false), ERR_OK);
    world_turn(&w);
    CHECK_INT(c.result.top, 0);
    hub_unsubscribe(c.subscriber);
    now_ms += 300001;
    world_turn(&w); /* the sweep's timer fires */
    say(&w, 2);
    c.count = 0; /* has missed both */
    c.result.top = 0;
    CHECK_INT(test_subscribe(&w, &c, OWN, true), ERR_OK);
    world_turn(&w);
    CU_ASSERT_TRUE(c.result.recovered);
    CHECK_INT(c.result.top, 2);
    hub_unsubscribe(c.subscriber);
    world_close(&w);
}

static struct presence_result presence;
static char presence_json[1024];

static void on_presence(const struct hub_asker *asker, const struct presence_result *r)
{
    CHECK_INT(asker->id, 5);
    presence = *r;
    text_copy(presence_json, sizeof presence_json, r->clients);
}

static void presence_lists_clients_and_counts_users(void)
{
    struct world w;
    static struct test_client c[3];
    world_open(&w, &test_env, 1024);
    for (int i = 0; i < 3; i++) {
        test_client_init(&c[i], i == 2 ? 8 : 7); /* two tabs of 7, one of 8 */
        (void)snprintf(c[i].id, sizeof c[i].id, "tab-%d", i);
        CHECK_INT(test_subscribe(&w, &c[i], TEXT("room:1"), false), ERR_OK);
    }
    world_turn(&w);
    CHECK_INT(c[0].joins, 3); /* its own and the others' */
    struct stream_query q = {.purpose = STREAM_PRESENCE, .limit = -1};
    text_copy(q.channel, sizeof q.channel, TEXT("room:1"));
    struct hub_asker asker = {.id = 5, .presence = on_presence};
    CHECK_INT(hub_presence(w.hub, &q, &asker), ERR_OK);
    world_turn(&w);
    CHECK_INT(presence.err, ERR_OK);
    CHECK_INT(presence.num_clients, 3);
    CHECK_INT(presence.num_users, 2);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(presence_json, "\"tab-1\":{\"user\":\"7\",\"client\":\"tab-1\",\"conn_info\":{}}"));
    hub_unsubscribe(c[2].subscriber);
    world_turn(&w);
    CHECK_INT(c[0].joins, 4);
    w.refuse = ERR_DENIED;
    CHECK_INT(hub_presence(w.hub, &q, &asker), ERR_OK);
    world_turn(&w);
    CHECK_INT(presence.err, ERR_DENIED);
    hub_unsubscribe(c[0].subscriber);
    hub_unsubscribe(c[1].subscriber);
    world_close(&w);
}

UNIT("hub/memory", CASE(events_are_numbered_from_one_and_recovered),
     CASE(more_than_is_kept_cannot_be_recovered_and_is_said),
     CASE(events_age_and_a_forgotten_channel_comes_back_with_another_epoch),
     CASE(a_channel_begins_with_its_first_event), CASE(presence_lists_clients_and_counts_users))
