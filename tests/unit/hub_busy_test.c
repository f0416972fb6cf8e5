/* Guards: what many follow collects for a moment when it is busy, so that pushes share a send; nothing is lost, doubled or out
 * of order by it, what comes after a pause never waits, and small rooms never do. */
#include "base/must.h"
#include "fault.h"
#include "hub_world.h"

#define ROOM TEXT("room:1")
#define DELAY_MS 8

static int64_t now_ms;

static int64_t clock_ms(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static void chance(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 7, len);
}

static const struct env fake_env = {NULL, clock_ms, clock_ms, chance};

struct crowd {
    struct world w;
    struct test_client *clients;
    unsigned count;
};

/* So many followers of the room, who have been told nothing for a while. */
static void crowd_open(struct crowd *c, unsigned count) CLANG(acquire_capability(role_reactor))
{
    now_ms = 1000000;
    world_open_delayed(&c->w, &fake_env, 1024, DELAY_MS);
    c->clients = calloc(count, sizeof *c->clients);
    must(c->clients);
    c->count = count;
    for (unsigned i = 0; i < count; i++) {
        test_client_init(&c->clients[i], (int64_t)i + 2);
        CHECK_INT(test_subscribe(&c->w, &c->clients[i], ROOM, false), ERR_OK);
        world_turn(&c->w);
    }
    for (int i = 0; i < 2; i++) { /* the last joins are told, then it is quiet */
        now_ms += 1000;
        world_turn(&c->w);
    }
}

static void crowd_close(struct crowd *c) CLANG(release_capability(role_reactor))
{
    for (unsigned i = 0; i < c->count; i++)
        c->clients[i].subscriber = hub_unsubscribe(c->clients[i].subscriber);
    world_close(&c->w);
    free(c->clients);
}

static void publish(struct crowd *c, unsigned count) ON(role_reactor)
{
    while (count-- > 0)
        world_publish(&c->w);
    world_turn(&c->w);
}

/* Everybody has events 1..last, each once and in order. */
static void check_all(const struct crowd *c, uint64_t last)
{
    for (unsigned i = 0; i < c->count; i++) {
        CHECK_INT(c->clients[i].count, last);
        for (uint64_t n = 0; n < last && n < c->clients[i].count; n++)
            CHECK_INT(c->clients[i].seen[n], n + 1);
    }
}

static void the_first_goes_at_once_and_the_next_ones_together(void)
{
    struct crowd c;
    crowd_open(&c, 32);
    publish(&c, 1);
    check_all(&c, 1);
    now_ms += 2;
    publish(&c, 1);
    now_ms += 2;
    publish(&c, 1);
    check_all(&c, 1);
    now_ms += 3; /* 7 ms after the first */
    world_turn(&c.w);
    check_all(&c, 1);
    now_ms += 1;
    world_turn(&c.w);
    check_all(&c, 3);
    publish(&c, 1); /* it is busy still */
    check_all(&c, 3);
    now_ms += DELAY_MS;
    world_turn(&c.w);
    check_all(&c, 4);
    now_ms += DELAY_MS; /* a pause */
    publish(&c, 1);
    check_all(&c, 5);
    crowd_close(&c);
}

static void a_small_room_never_waits(void)
{
    struct crowd c;
    crowd_open(&c, 31);
    for (uint64_t n = 1; n <= 10; n++) {
        publish(&c, 1);
        check_all(&c, n);
    }
    crowd_close(&c);
}

static void more_than_it_can_collect_is_told_before_its_time(void)
{
    struct crowd c;
    crowd_open(&c, 32);
    publish(&c, 1);
    publish(&c, 63);
    check_all(&c, 1);
    publish(&c, 1);
    check_all(&c, 65);
    publish(&c, 1);
    check_all(&c, 65);
    now_ms += DELAY_MS;
    world_turn(&c.w);
    check_all(&c, 66);
    crowd_close(&c);
}

static void whoever_has_to_go_is_told_first_what_was_before(void)
{
    struct crowd c;
    crowd_open(&c, 33);
    publish(&c, 3);
    check_all(&c, 1);
    hub_unsubscribe_user(c.w.hub, ROOM, 2, 2000, TEXT("left"));
    world_turn(&c.w);
    CHECK_INT(c.clients[0].ended_code, 2000);
    check_all(&c, 3);
    crowd_close(&c);
}

static void who_comes_while_something_waits_has_it_once(void)
{
    struct crowd c;
    struct test_client late;
    crowd_open(&c, 32);
    publish(&c, 3);
    test_client_init(&late, 99);
    CHECK_INT(test_subscribe(&c.w, &late, ROOM, false), ERR_OK);
    world_turn(&c.w);
    CHECK_INT(late.result.top, 3);
    publish(&c, 1);
    now_ms += DELAY_MS;
    world_turn(&c.w);
    check_all(&c, 4);
    CHECK_INT(late.count, 1);
    CHECK_INT(late.seen[0], 4);
    CHECK_INT(metric_get(METRIC_messages_doubled), 0);
    hub_unsubscribe(late.subscriber);
    crowd_close(&c);
}

static void nothing_is_left_when_all_go_while_something_waits(void)
{
    struct crowd c;
    crowd_open(&c, 32);
    publish(&c, 3);
    for (unsigned i = 0; i < c.count; i++)
        c.clients[i].subscriber = hub_unsubscribe(c.clients[i].subscriber);
    now_ms += DELAY_MS;
    world_turn(&c.w);
    check_all(&c, 1);
    crowd_close(&c);
}

static void without_memory_it_is_told_at_once(void)
{
    struct crowd c;
    crowd_open(&c, 32);
    publish(&c, 1);
    world_publish(&c.w);
    fault_at(1);
    reactor_turn(c.w.reactor, 0);
    CU_ASSERT_TRUE(fault_end());
    check_all(&c, 2);
    crowd_close(&c);
}

UNIT("hub/busy", CASE(the_first_goes_at_once_and_the_next_ones_together),
     CASE(a_small_room_never_waits), CASE(more_than_it_can_collect_is_told_before_its_time),
     CASE(whoever_has_to_go_is_told_first_what_was_before),
     CASE(who_comes_while_something_waits_has_it_once),
     CASE(nothing_is_left_when_all_go_while_something_waits),
     CASE(without_memory_it_is_told_at_once))
