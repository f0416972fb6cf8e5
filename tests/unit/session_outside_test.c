/* Guards: what the server API does to clients reaches those that are meant and nobody else, each is told, and the answer
 * comes once with how many there were. */
#include "base/must.h"
#include "fault.h"
#include "session/outside.h"
#include "session_world.h"

static struct {
    int answers;
    enum err err;
    unsigned count;
} heard;

static void done(void *owner, enum err e, unsigned count)
{
    CU_ASSERT_PTR_EQUAL(owner, &heard);
    heard.answers++;
    heard.err = e;
    heard.count = count;
}

static const struct acted answer = {&heard, done};

/* The outcome of an act after it has gone round. */
static enum err outcome(struct session_world *w, enum err e) ON(role_reactor)
{
    session_world_turn(w);
    if (e == ERR_OK && heard.answers == 0) { /* what had no memory is found within a second */
        w->now_ms += 1000;
        session_world_turn(w);
    }
    CHECK_INT(heard.answers, e == ERR_OK);
    heard.answers = 0;
    return e == ERR_OK ? heard.err : e;
}

static enum err subscribe(struct session_world *w, struct client_choice who,
                          struct server_subscription wanted) ON(role_reactor)
{
    return outcome(w, sessions_subscribe(w->sessions, &who, &wanted, answer));
}

static enum err unsubscribe(struct session_world *w, struct client_choice who, const char *channel)
    ON(role_reactor)
{
    return outcome(w, sessions_unsubscribe(w->sessions, &who, text_of(channel), answer));
}

static enum err disconnect(struct session_world *w, struct client_choice who,
                           struct disconnection how) ON(role_reactor)
{
    return outcome(w, sessions_disconnect(w->sessions, &who, &how, answer));
}

static enum err refresh(struct session_world *w, struct client_choice who, int64_t expires_ms)
    ON(role_reactor)
{
    return outcome(w, sessions_refresh(w->sessions, &who, expires_ms, answer));
}

static struct client_choice user(const char *id)
{
    return (struct client_choice){.user = text_of(id)};
}

/* A connected client; its id in `out_id` if that is wanted. */
static int connected(struct session_world *w, int64_t user_id, char *out_id) ON(role_reactor)
{
    int fd = far_open(w, user_id);
    const char *reply = far_ask(w, fd, "{\"id\":1,\"connect\":{}}");
    const char *id = strstr(reply, "\"client\":\"");
    must(id);
    if (out_id)
        text_copy(out_id, UUID_SIZE, (struct text){id + 10, UUID_SIZE - 1});
    return fd;
}

static void ends(struct session_world *w, const int *fds, int count)
    CLANG(release_capability(role_reactor))
{
    for (int i = 0; i < count; i++)
        (void)close(fds[i]);
    session_world_turn(w);
    session_world_close(w);
}

static const struct server_subscription room = {.channel = {"room:1", 6}};

static void a_subscription_reaches_all_clients_of_the_user_alone(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fds[] = {connected(&w, 7, NULL), connected(&w, 7, NULL), connected(&w, 8, NULL)};
    struct server_subscription wanted = room;
    wanted.data = TEXT("{\"why\":\n1}");
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_OK);
    CHECK_INT(heard.count, 2);
    for (int i = 0; i < 2; i++)
        CHECK_TEXT(far_hear(fds[i]),
                   "{\"push\":{\"channel\":\"room:1\",\"subscribe\":{\"recoverable\":true,"
                   "\"epoch\":\"e1\",\"offset\":4,\"positioned\":true,\"data\":{\"why\": 1}}}}\n");
    CHECK_TEXT(far_hear(fds[2]), "");
    hub_publish(w.hub, TEXT("room:1"), TEXT("{\"n\":5}"), 5, 1);
    session_world_turn(&w);
    CHECK_HAS(far_hear(fds[0]), "{\"push\":{\"channel\":\"room:1\",\"pub\":{\"data\":{\"n\":5}");
    CHECK_TEXT(far_hear(fds[2]), "");
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_OK); /* they have it already */
    CHECK_INT(heard.count, 0);
    CHECK_INT(subscribe(&w, user("9"), wanted), ERR_OK); /* nobody is there */
    CHECK_INT(heard.count, 0);
    CHECK_HAS(far_ask(&w, fds[0], "{\"id\":2,\"unsubscribe\":{\"channel\":\"room:1\"}}"),
              "\"code\":103"); /* it is not the client's */
    ends(&w, fds, 3);
}

static void a_position_brings_what_was_missed(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7, NULL);
    struct server_subscription wanted = room;
    wanted.recover = true;
    wanted.offset = 3;
    wanted.epoch = TEXT("e1");
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_OK);
    const char *said = far_hear(fd), *pub;
    CHECK_HAS(said, "\"subscribe\":{\"recoverable\":true,\"epoch\":\"e1\",\"offset\":3");
    pub = strstr(said,
                 "\n{\"push\":{\"channel\":\"room:1\",\"pub\":{\"data\":{\"n\":4},\"offset\":4}}}");
    CU_ASSERT_PTR_NOT_NULL(pub);
    ends(&w, &fd, 1);
}

static void a_subscription_that_cannot_be_is_an_error(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7, NULL);
    struct server_subscription wanted = {.channel = TEXT("news:1")};
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_UNKNOWN_CHANNEL);
    wanted.channel = TEXT("room:2"); /* the source refuses it: the client hears nothing */
    wanted.data = TEXT("1");
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_DENIED);
    CHECK_INT(heard.count, 0);
    CHECK_TEXT(far_hear(fd), "");
    CHECK_INT(subscribe(&w, user("7"), room), ERR_OK);
    wanted.channel = TEXT("user:8"); /* another's own */
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_DENIED);
    wanted.channel = TEXT("mine:1");
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_OK);
    wanted.channel = TEXT("mine:2"); /* its own, room:1 and mine:1 are three */
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_LIMIT);
    CHECK_INT(heard.count, 0);
    ends(&w, &fd, 1);
}

static void the_answer_waits_for_the_source(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fds[] = {connected(&w, 7, NULL), connected(&w, 7, NULL)};
    struct client_choice who = user("7");
    struct server_subscription wanted = {.channel = TEXT("room:slow")};
    CHECK_INT(sessions_subscribe(w.sessions, &who, &wanted, answer), ERR_OK);
    session_world_turn(&w);
    CHECK_INT(heard.answers, 0);
    CHECK_INT(w.slow_count, 2);
    session_world_answer(&w, ERR_OK);
    CHECK_INT(heard.answers, 0);
    CHECK_HAS(far_hear(fds[0]), "\"subscribe\"");
    (void)close(fds[1]); /* nothing will be done to this one */
    CHECK_INT(outcome(&w, ERR_OK), ERR_OK);
    CHECK_INT(heard.count, 1);
    session_world_answer(&w, ERR_OK);
    ends(&w, fds, 1);
}

static void a_subscription_may_end_by_itself(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7, NULL);
    struct server_subscription wanted = room;
    wanted.expires_ms = w.now_ms + 5000;
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_OK);
    (void)far_hear(fd);
    w.now_ms += 4999;
    session_world_turn(&w);
    CHECK_TEXT(far_hear(fd), "");
    w.now_ms += 1;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "close 3006");
    ends(&w, &fd, 1);
}

static void one_client_may_be_meant(void)
{
    struct session_world w;
    char one[UUID_SIZE];
    session_world_open(&w, 1 << 20, 100);
    int fds[] = {connected(&w, 7, one), connected(&w, 7, NULL)};
    struct client_choice who = {.user = TEXT("7"), .client = text_of(one)};
    CHECK_INT(subscribe(&w, who, room), ERR_OK);
    CHECK_INT(heard.count, 1);
    CHECK_HAS(far_hear(fds[0]), "\"subscribe\"");
    CHECK_TEXT(far_hear(fds[1]), "");
    who.user = TEXT("8"); /* the client is not that user's */
    CHECK_INT(unsubscribe(&w, who, "room:1"), ERR_OK);
    CHECK_INT(heard.count, 0);
    who = (struct client_choice){.user = TEXT("7"), .session = TEXT("0.0.1.secret")};
    CHECK_INT(unsubscribe(&w, who, "room:1"), ERR_OK); /* a WebSocket has no such key */
    CHECK_INT(heard.count, 0);
    ends(&w, fds, 2);
}

static void subscriptions_end_with_a_push(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fds[] = {connected(&w, 7, NULL), connected(&w, 7, NULL)};
    (void)far_ask(&w, fds[0], "{\"id\":2,\"subscribe\":{\"channel\":\"room:1\"}}");
    CHECK_INT(unsubscribe(&w, user("7"), "room:1"), ERR_OK);
    CHECK_INT(heard.count, 1);
    CHECK_TEXT(far_hear(fds[0]), "{\"push\":{\"channel\":\"room:1\",\"unsubscribe\":{\"code\":2000,"
                                 "\"reason\":\"server unsubscribe\"}}}\n");
    CHECK_TEXT(far_hear(fds[1]), "");
    ends(&w, fds, 2);
}

static void disconnecting_has_a_code_a_reason_and_exceptions(void)
{
    struct session_world w;
    char stays[UUID_SIZE];
    session_world_open(&w, 1 << 20, 100);
    int fds[] = {connected(&w, 7, stays), connected(&w, 7, NULL), connected(&w, 8, NULL)};
    const struct text spared[] = {TEXT("somebody"), text_of(stays)};
    struct disconnection how = {
        .code = 4321, .reason = TEXT("enough"), .spared = spared, .spared_count = 2};
    CHECK_INT(disconnect(&w, user("7"), how), ERR_OK);
    CHECK_INT(heard.count, 1);
    CHECK_HAS(far_hear(fds[1]), "close 4321");
    CHECK_TEXT(far_hear(fds[0]), "");
    CHECK_TEXT(far_hear(fds[2]), "");
    (void)close(fds[1]);
    session_world_turn(&w);
    CHECK_INT(w.last.code, 4321);
    CHECK_TEXT(w.last.reason, "enough");
    int early = far_open(&w, 8); /* its cookie says who it is */
    int unknown = far_open(&w, 0);
    how.spared_count = 0;
    CHECK_INT(disconnect(&w, user("8"), how), ERR_OK);
    CHECK_INT(heard.count, 2);
    CHECK_HAS(far_hear(early), "close 4321");
    CHECK_INT(disconnect(&w, user(""), how), ERR_OK); /* who has not said who it is, is nobody's */
    CHECK_INT(heard.count, 0);
    CHECK_TEXT(far_hear(unknown), "");
    (void)close(early);
    (void)close(unknown);
    (void)close(fds[0]);
    (void)close(fds[2]);
    ends(&w, NULL, 0);
}

/* A timer for what is gone would fire again and again: the reactor would spin. */
static void an_end_that_is_gone_sets_no_timer(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7, NULL);
    struct server_subscription wanted = {.channel = TEXT("room:2"), .expires_ms = w.now_ms + 1000};
    CHECK_INT(subscribe(&w, user("7"), wanted), ERR_DENIED); /* by the source, later */
    session_world_turn(&w);
    w.now_ms += 2000;
    session_world_turn(&w);
    int64_t began_ms = env_monotonic_ms(&env_real);
    reactor_turn(w.reactor, 100); /* nothing is due before the next ping */
    CU_ASSERT_TRUE(env_monotonic_ms(&env_real) - began_ms >= 90);
    ends(&w, &fd, 1);
}

static void an_end_can_be_moved_taken_and_come_at_once(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7, NULL);
    CHECK_INT(refresh(&w, user("7"), w.now_ms + 20000), ERR_OK);
    CHECK_INT(heard.count, 1);
    CHECK_TEXT(far_hear(fd), "{\"push\":{\"refresh\":{\"expires\":true,\"ttl\":20}}}\n");
    w.now_ms += 10000;
    CHECK_INT(refresh(&w, user("7"), 0), ERR_OK);
    CHECK_TEXT(far_hear(fd), "{\"push\":{\"refresh\":{}}}\n");
    w.now_ms += 10000; /* it would have ended */
    session_world_turn(&w);
    CHECK_TEXT(far_hear(fd), "");
    CHECK_INT(refresh(&w, user("7"), w.now_ms + 1000), ERR_OK);
    (void)far_hear(fd);
    w.now_ms += 1000;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "close 3005");
    int other = connected(&w, 8, NULL);
    CHECK_INT(refresh(&w, user("8"), w.now_ms), ERR_OK); /* this moment is over */
    CHECK_HAS(far_hear(other), "close 3005");
    int fds[] = {fd, other};
    ends(&w, fds, 2);
}

static void every_failed_allocation_is_an_error_and_closes_nobody(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7, NULL);
    struct server_subscription wanted = {.channel = TEXT("room:slow")};
    struct client_choice who = user("7");
    wanted.data = TEXT("1");
    wanted.chan_info = TEXT("{}");
    for (unsigned n = 1; n < 30; n++) {
        fault_at(n);
        enum err e = sessions_subscribe(w.sessions, &who, &wanted, answer);
        reactor_turn(w.reactor, 0); /* it acts; the source's answer comes later */
        bool failed = fault_end();
        if (w.slow_count > 0)
            session_world_answer(&w, ERR_OK);
        e = outcome(&w, e);
        CU_ASSERT(e == ERR_OK || (failed && (e == ERR_NOMEM || e == ERR_BUSY)));
        (void)far_hear(fd);
        CHECK_INT(unsubscribe(&w, who, "room:slow"), ERR_OK);
        (void)far_hear(fd);
        if (!failed)
            break;
    }
    CHECK_HAS(far_ask(&w, fd, "{\"id\":9,\"ping\":{}}"), "{\"id\":9,\"ping\":{}}");
    ends(&w, &fd, 1);
}

UNIT("session/outside", CASE(a_subscription_reaches_all_clients_of_the_user_alone),
     CASE(a_position_brings_what_was_missed), CASE(a_subscription_that_cannot_be_is_an_error),
     CASE(the_answer_waits_for_the_source), CASE(a_subscription_may_end_by_itself),
     CASE(one_client_may_be_meant), CASE(subscriptions_end_with_a_push),
     CASE(disconnecting_has_a_code_a_reason_and_exceptions),
     CASE(an_end_that_is_gone_sets_no_timer), CASE(an_end_can_be_moved_taken_and_come_at_once),
     CASE(every_failed_allocation_is_an_error_and_closes_nobody))
