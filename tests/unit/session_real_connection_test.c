/* The manager as a client meets it: over a socket, through net, wire, session and hub (S68, S17, S20, S21). */
#include "manager/ws_connection.h"
#include "session_world.h"

static int connected(struct session_world *w, int64_t user_id) ON(role_reactor)
{
    int fd = far_open(w, user_id);
    CHECK_HAS(far_ask(w, fd, "{\"id\":1,\"connect\":{}}"), "{\"id\":1,\"connect\":{\"client\":\"");
    return fd;
}

/* One masked control frame without payload. */
static void say_control(struct session_world *w, int fd, unsigned char opcode) ON(role_reactor)
{
    unsigned char head[6] = {(unsigned char)(0x80 | opcode), 0x80};
    CHECK_INT(write(fd, head, sizeof head), sizeof head);
    session_world_turn(w);
}

struct health {
    unsigned answers;
    enum err err;
    struct ws_manager *manager;
};

static void on_health(void *ctx, enum err e, struct ws_manager *m)
{
    struct health *h = ctx;
    h->answers++;
    h->err = e;
    h->manager = m;
}

/* S68: health is good, a connection without rights is refused, with rights the connect reply arrives, a ping is
 * answered, a message comes back to its user and to nobody else; all of it within 5 s. */
static void test_001_websocket_connection_real(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int64_t began_ns = env_nanoseconds();

    struct health health = {0};
    struct ws_async_options options = {.done = on_health, .ctx = &health};
    struct ws_manager_future *f = NULL;
    CHECK_INT(ws_manager_get_async(w.registry, TEXT("7"), WS_MODE_UNIFIED, &options, &f), ERR_OK);
    session_world_turn(&w);
    CHECK_INT(health.answers, 1);
    CHECK_INT(health.err, ERR_OK);
    ws_manager_future_unref(f);

    int refused = far_open(&w, 0);
    CHECK_HAS(far_ask(&w, refused, "{\"id\":1,\"connect\":{}}"),
              "{\"id\":1,\"error\":{\"code\":101,");
    CHECK_HAS(far_ask(&w, refused, "{\"id\":2,\"connect\":{\"token\":\"wrong\"}}"), "close 3500");
    CHECK_INT(ws_manager_connections(health.manager), 0);

    int mine = far_open(&w, 7), other = connected(&w, 8);
    CHECK_HAS(far_ask(&w, mine, "{\"id\":1,\"connect\":{}}"),
              "{\"id\":1,\"connect\":{\"client\":\"");
    CHECK_INT(ws_manager_connections(health.manager), 1);
    CHECK_TEXT(far_ask(&w, mine, "{\"id\":2,\"ping\":{}}"), "{\"id\":2,\"ping\":{}}\n");
    say_control(&w, mine, 9);
    unsigned char pong[16];
    CHECK_INT(read(mine, pong, sizeof pong), 2);
    CHECK_INT(pong[0], 0x8a); /* RFC 6455 5.5.3 */

    CHECK_INT(ws_manager_send(health.manager, TEXT("{\"text\":\"hello\"}"), NULL).connections, 1);
    session_world_turn(&w);
    CHECK_TEXT(far_hear(mine), "{\"push\":{\"channel\":\"user:7\",\"pub\":{\"data\":{\"text\":"
                               "\"hello\"},\"offset\":1,\"time\":1000000}}}\n");
    CHECK_TEXT(far_hear(other), "");

    int64_t took_us = (env_nanoseconds() - began_ns) / 1000;
    (void)printf("\n    from health to the message: %lld us (bar 5 s)\n", (long long)took_us);
    CU_ASSERT_TRUE(took_us < 5000000);
    (void)close(refused);
    (void)close(mine);
    (void)close(other);
    session_world_turn(&w);
    CHECK_INT(ws_manager_connections(health.manager), 0);
    ws_manager_unref(health.manager);
    session_world_close(&w);
}

/* S17, S20: both tabs of a user hear what the manager sends; the tab over the limit is closed with 3504, they are not. */
static void s20_every_tab_hears_and_the_one_over_the_limit_is_refused(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int first = connected(&w, 7), second = connected(&w, 7), third = far_open(&w, 7);
    CHECK_HAS(far_ask(&w, third, "{\"id\":1,\"connect\":{}}"), "close 3504");
    struct ws_manager *m = ws_manager_find(w.registry, TEXT("7"));
    CHECK_INT(ws_manager_connections(m), 2);
    CHECK_INT(ws_manager_send(m, TEXT("{\"n\":1}"), NULL).connections, 2);
    session_world_turn(&w);
    CHECK_HAS(far_hear(first), "\"pub\":{\"data\":{\"n\":1},\"offset\":1,");
    CHECK_HAS(far_hear(second), "\"pub\":{\"data\":{\"n\":1},\"offset\":1,");
    CHECK_INT(ws_manager_close(m, CLOSE_force_disconnect, TEXT_NONE), 2);
    session_world_turn(&w);
    CHECK_HAS(far_hear(first), "close 3503");
    CHECK_HAS(far_hear(second), "close 3503");
    (void)close(first);
    (void)close(second);
    (void)close(third);
    session_world_turn(&w);
    CHECK_INT(ws_manager_connections(m), 0);
    ws_manager_unref(m);
    session_world_close(&w);
}

/* S21: data and pongs keep a user active for ping interval + timeout, 33 s here, and no longer. */
static void s21_a_silent_user_is_inactive_after_interval_and_timeout(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7);
    struct ws_manager *m = ws_manager_find(w.registry, TEXT("7"));
    w.now_ms += 20000;
    CHECK_TEXT(far_ask(&w, fd, "{\"id\":2,\"ping\":{}}"), "{\"id\":2,\"ping\":{}}\n");
    CHECK_INT(ws_manager_active(m, w.now_ms + 33000), true);
    CHECK_INT(ws_manager_active(m, w.now_ms + 33001), false);
    w.now_ms += 5000; /* its ping is due; the answer is a sign of life too */
    session_world_turn(&w);
    CHECK_TEXT(far_hear(fd), "{}\n");
    far_say(&w, fd, "{}");
    CHECK_INT(ws_manager_active(m, w.now_ms + 33000), true);
    CHECK_INT(ws_manager_active(m, w.now_ms + 33001), false);
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(ws_manager_active(m, w.now_ms), false);
    ws_manager_unref(m);
    session_world_close(&w);
}

UNIT("session/real_connection", CASE(test_001_websocket_connection_real),
     CASE(s20_every_tab_hears_and_the_one_over_the_limit_is_refused),
     CASE(s21_a_silent_user_is_inactive_after_interval_and_timeout))
