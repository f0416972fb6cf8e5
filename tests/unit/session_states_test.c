/* S23: the states of a client: every pair of them, what is handled in each, and that nothing follows a close. */
#include "session/client.h"

#include "death.h"
#include "session_world.h"
#include "ws_world.h"

static const bool may[CLIENT_STATES][CLIENT_STATES] = {
    /* to:                 OPENED, CONNECTING, CONNECTED, CLOSED */
    [CLIENT_OPENED] = {false, true, false, true},
    [CLIENT_CONNECTING] = {true, false, true, true}, /* back: who is not known may try again */
    [CLIENT_CONNECTED] = {false, false, false, true},
    [CLIENT_CLOSED] = {false, false, false, false},
};

static void s23_each_pair_of_states_is_allowed_or_not(void)
{
    unsigned allowed = 0;
    for (int from = 0; from < CLIENT_STATES; from++)
        for (int to = 0; to < CLIENT_STATES; to++) {
            CHECK_INT(client_may_move((enum client_state)from, (enum client_state)to),
                      may[from][to]);
            allowed += may[from][to];
        }
    CHECK_INT(allowed, 6);
}

static void leave_closed(void)
{
    struct client c = {.state = CLIENT_CLOSED};
    client_move(&c, CLIENT_CONNECTED);
}

static void s23_a_move_that_is_not_allowed_aborts(void)
{
    CU_ASSERT_TRUE(death_aborts(leave_closed, "must: client_may_move("));
}

/* No message, no close frame; the socket may end. */
static bool is_silence(const char *heard)
{
    return heard[0] == 0 || strcmp(heard, "end") == 0;
}

/* What a client in each state hears when it says something that is good in another. */
static void s23_each_state_handles_its_own_commands(void)
{
    static const struct {
        const char *first; /* brings it there; NULL: opened */
        const char *say, *hear;
    } table[] = {
        {NULL, "{\"id\":2,\"ping\":{}}", "close 3501"},
        {NULL, "{\"id\":2,\"rpc\":{\"method\":\"test.echo\",\"data\":{\"text\":\"x\"}}}",
         "close 3501"},
        {NULL, "{\"id\":2,\"subscribe\":{\"channel\":\"room:1\"}}", "close 3501"},
        {NULL, "{}", "close 3501"}, /* a pong before any ping */
        {NULL, "{\"id\":2,\"connect\":{\"token\":\"user-7\"}}", "\"connect\":{\"client\""},
        {"{\"id\":1,\"connect\":{\"token\":\"never\"}}", "{\"id\":2,\"ping\":{}}",
         ""}, /* it waits */
        {"{\"id\":1,\"connect\":{\"token\":\"never\"}}", "nonsense", ""},
        {"{\"id\":1,\"connect\":{\"token\":\"user-7\"}}", "{\"id\":2,\"ping\":{}}",
         "{\"id\":2,\"ping\":{}}"},
        {"{\"id\":1,\"connect\":{\"token\":\"user-7\"}}",
         "{\"id\":2,\"connect\":{\"token\":\"user-7\"}}", "close 3501"},
        {"nonsense", "{\"id\":2,\"connect\":{\"token\":\"user-7\"}}",
         ""}, /* closed: 3501 was said */
        {"nonsense", "nonsense", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct session_world w;
        session_world_open(&w, 1 << 20, 100);
        int fd = far_open(&w, 0);
        if (table[i].first)
            (void)far_ask(&w, fd, table[i].first);
        const char *heard = far_ask(&w, fd, table[i].say);
        if (table[i].hear[0])
            CHECK_HAS(heard, table[i].hear);
        else
            CU_ASSERT_TRUE(is_silence(heard));
        (void)close(fd);
        session_world_turn(&w);
        session_world_close(&w);
    }
}

/* After its close frame a client hears nothing more: no send to its user, no broadcast, no ping, no second close. */
static void s23_nothing_is_sent_after_the_close(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 7);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":1,\"connect\":{}}"), "\"connect\":{\"client\"");
    struct ws_manager *m = manager_of(w.registry, "7");
    CHECK_HAS(far_ask(&w, fd, "{\"id\":1,\"connect\":{}}"), "close 3501");
    CHECK_INT(ws_manager_connections(m),
              1); /* until the client has answered, or a moment is over */
    (void)ws_manager_send(m, TEXT("{\"late\":1}"), NULL);
    struct ws_reached reached;
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("1"), NULL, 0, &reached), ERR_OK);
    CHECK_INT(ws_manager_close(m, 3503, TEXT("again")), 1);
    sessions_close(w.sessions, 7, 0, 3503);
    session_world_turn(&w);
    CU_ASSERT_TRUE(is_silence(far_hear(fd)));
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(w.last.code, 3501);
    CHECK_INT(ws_manager_connections(m), 0);
    ws_manager_unref(m);
    session_world_close(&w);
}

UNIT("session/states", CASE(s23_each_pair_of_states_is_allowed_or_not),
     CASE(s23_a_move_that_is_not_allowed_aborts), CASE(s23_each_state_handles_its_own_commands),
     CASE(s23_nothing_is_sent_after_the_close))
