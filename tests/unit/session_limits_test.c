/* S47. Guards: each limit lets its burst through exactly, says when to come back, is counted, and hits nobody but whom it
 * is about: the user on all their connections, the address with all its users. */
#include "session_world.h"

static int64_t counted;

static int connected(struct session_world *w, int64_t user_id) ON(role_reactor)
{
    int fd = far_open(w, user_id);
    CHECK_HAS(far_ask(w, fd, "{\"id\":1,\"connect\":{}}"), "\"connect\":{");
    return fd;
}

/* How many of so many commands are answered well; the rest must be 111 with these words. */
static unsigned passes(struct session_world *w, int fd, const char *command, const char *words,
                       unsigned tries) ON(role_reactor)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++) {
        const char *reply = far_ask(w, fd, command);
        if (!strstr(reply, "\"error\"")) {
            n++;
            continue;
        }
        CHECK_HAS(reply, "\"code\":111");
        CHECK_HAS(reply, words);
        CHECK_HAS(reply, " ms)\",\"temporary\":true");
    }
    return n;
}

static void opens(struct session_world *w, enum metric m) CLANG(acquire_capability(role_reactor))
{
    session_world_open(w, 1 << 20, 10000);
    counted = metric_get(m);
}

static void ends(struct session_world *w, int *fds, unsigned count)
    CLANG(release_capability(role_reactor))
{
    for (unsigned i = 0; i < count; i++)
        (void)close(fds[i]);
    session_world_turn(w);
    session_world_close(w);
    world_limits.connects = world_limits.publishes = world_limits.address_commands =
        (struct bucket_limit){0};
    world_limits.address = "127.0.0.1";
}

#define PUBLISH "{\"id\":5,\"publish\":{\"channel\":\"open:a\",\"data\":1}}"
#define PING "{\"id\":6,\"ping\":{}}"

static void publications_are_counted_for_the_user(void)
{
    struct session_world w;
    world_limits.publishes = (struct bucket_limit){10, 2};
    opens(&w, METRIC_publishes_refused);
    int fds[] = {connected(&w, 1), connected(&w, 1), connected(&w, 2)};
    CHECK_INT(passes(&w, fds[0], PUBLISH, "Too many publications. (retry in ", 7), 7);
    CHECK_INT(passes(&w, fds[1], PUBLISH, "Too many publications. (retry in ", 7), 3);
    CHECK_INT(passes(&w, fds[2], PUBLISH, "", 7), 7); /* another user is not slowed */
    CHECK_INT(metric_get(METRIC_publishes_refused) - counted, 4);
    w.now_ms += 1000;
    CHECK_INT(passes(&w, fds[0], PUBLISH, "retry in ", 5), 2);
    CHECK_INT(passes(&w, fds[0], PING, "", 5), 5); /* what costs others nothing goes on */
    ends(&w, fds, 3);
}

static void commands_are_counted_for_the_address(void)
{
    struct session_world w;
    world_limits.address_commands = (struct bucket_limit){12, 1};
    world_limits.address = "2001:db8::1";
    opens(&w, METRIC_address_commands_refused);
    int fds[3] = {connected(&w, 1)};
    world_limits.address = "2001:db8::2"; /* the same household */
    fds[1] = connected(&w, 2);
    world_limits.address = "2001:db8:1::1";
    fds[2] = connected(&w, 3);
    CHECK_INT(passes(&w, fds[0], PING, "Too many commands from this address. (retry in ", 6), 6);
    CHECK_INT(passes(&w, fds[1], PING, "Too many commands from this address. (retry in ", 9), 4);
    CHECK_INT(passes(&w, fds[2], PING, "", 9), 9);
    CHECK_INT(metric_get(METRIC_address_commands_refused) - counted, 5);
    w.now_ms += 3000;
    CHECK_INT(passes(&w, fds[0], PING, "retry in ", 9), 3);
    ends(&w, fds, 3);
}

static void connects_are_counted_for_the_user(void)
{
    struct session_world w;
    world_limits.connects = (struct bucket_limit){2, 1};
    opens(&w, METRIC_connects_refused);
    int fds[] = {connected(&w, 1), 0, 0, 0};
    (void)close(fds[0]);
    session_world_turn(&w);
    fds[0] = connected(&w, 1);
    fds[1] = far_open(&w, 1);
    const char *reply = far_ask(&w, fds[1], "{\"id\":1,\"connect\":{}}");
    CHECK_HAS(reply, "\"id\":1,\"error\":{\"code\":111,\"message\":\"This user connects too often. "
                     "(retry in 1001 ms)\",\"temporary\":true}");
    fds[2] = connected(&w, 2);
    CHECK_INT(metric_get(METRIC_connects_refused) - counted, 1);
    CHECK_INT(passes(&w, fds[0], PING, "", 3), 3); /* who is in stays */
    w.now_ms += 1001;
    CHECK_HAS(far_ask(&w, fds[1], "{\"id\":2,\"connect\":{}}"), "\"id\":2,\"connect\":{\"client\"");
    fds[3] = far_open(&w, 1);
    CHECK_HAS(far_ask(&w, fds[3], "{\"id\":1,\"connect\":{}}\n" PING), "close 3501\n");
    ends(&w, fds, 4);
}

static void who_goes_on_all_the_same_is_closed(void)
{
    struct session_world w;
    world_limits.publishes = (struct bucket_limit){1, 0};
    opens(&w, METRIC_publishes_refused);
    int fds[] = {connected(&w, 1), connected(&w, 2)};
    CHECK_INT(passes(&w, fds[0], PUBLISH, "", 1), 1);
    CHECK_INT(passes(&w, fds[0], PUBLISH, "retry in 86400000 ms", 999), 0);
    CHECK_HAS(far_ask(&w, fds[0], PUBLISH), "close 3013\n");
    CHECK_INT(passes(&w, fds[1], PING, "", 1), 1);
    ends(&w, fds, 2);
}

static void who_makes_one_mistake_after_the_other_is_closed(void)
{
    static const char wrong[] = "{\"id\":3,\"subscribe\":{\"channel\":\"nowhere:1\"}}";
    struct session_world w;
    opens(&w, METRIC_publishes_refused);
    int fds[] = {connected(&w, 1), connected(&w, 2)};
    const char *last = "";
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 999; i++)
            last = far_ask(&w, fds[0], wrong);
        CU_ASSERT_PTR_NULL(strstr(last, "close"));
        w.now_ms += round ? 0 : 10001; /* they count for ten seconds */
    }
    last = far_ask(&w, fds[0], wrong);
    CHECK_HAS(last, "\"code\":102");
    CHECK_HAS(last, "close 3509\n");
    CHECK_INT(passes(&w, fds[1], PING, "", 1), 1);
    ends(&w, fds, 2);
}

UNIT("session/limits", CASE(publications_are_counted_for_the_user),
     CASE(commands_are_counted_for_the_address), CASE(connects_are_counted_for_the_user),
     CASE(who_goes_on_all_the_same_is_closed),
     CASE(who_makes_one_mistake_after_the_other_is_closed))
