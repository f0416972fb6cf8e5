/* The manager with a hub behind it and clients on sockets: what sends and broadcasts come to, in each mode (S8, S26, S27). */
#include "manager/ws_connection.h"
#include "session_world.h"
#include "ws_world.h"

static int connected(struct session_world *w, int64_t user_id) ON(role_reactor)
{
    int fd = far_open(w, user_id);
    CHECK_HAS(far_ask(w, fd, "{\"id\":1,\"connect\":{}}"), "{\"id\":1,\"connect\":{\"client\":\"");
    return fd;
}

static void leave(struct session_world *w, int fd) ON(role_reactor)
{
    (void)close(fd);
    session_world_turn(w);
}

static void note_sent(void *ctx, const struct ws_sent *sent)
{
    struct ws_sent *to = ctx;
    CHECK_INT(to->connections, 99); /* told once */
    *to = *sent;
}

/* Sends, turns, and gives what the receipt said. */
static struct ws_sent send_and_wait(struct session_world *w, struct ws_manager *m, const char *json)
    ON(role_reactor)
{
    struct ws_sent told = {.connections = 99};
    struct ws_receipt receipt = {&told, note_sent};
    (void)ws_manager_send(m, text_of(json), &receipt);
    session_world_turn(w);
    return told;
}

/* ---- S26 */

/* Nobody there: it is queued with offset 1, and the next connection recovers it. Somebody there: delivered, offset 2. */
static void s26_what_is_queued_is_recovered_and_the_rest_delivered(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    struct ws_manager *m = manager_of(w.registry, "7");
    struct ws_sent sent = ws_manager_send(m, TEXT("{\"n\":0}"), NULL);
    CHECK_INT(sent.outcome, WS_QUEUED);
    CHECK_INT(sent.connections, 0);
    session_world_turn(&w);
    sent = send_and_wait(&w, m, "{\"n\":1}");
    CHECK_INT(sent.outcome, WS_QUEUED);
    CHECK_INT(sent.offset, 2);

    int fd = far_open(&w, 7);
    const char *welcome = far_ask(&w, fd, "{\"id\":1,\"connect\":{}}");
    CHECK_HAS(welcome, "\"offset\":2");
    char epoch[64] = "";
    const char *at = strstr(welcome, "\"epoch\":\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    (void)sscanf(at, "\"epoch\":\"%63[^\"]", epoch);
    sent = send_and_wait(&w, m, "{\"n\":2}");
    CHECK_INT(sent.outcome, WS_DELIVERED);
    CHECK_INT(sent.connections, 1);
    CHECK_INT(sent.offset, 3);
    CHECK_HAS(far_hear(fd), "\"pub\":{\"data\":{\"n\":2},\"offset\":3,");
    leave(&w, fd);

    CHECK_INT(send_and_wait(&w, m, "{\"n\":3}").outcome, WS_QUEUED);
    fd = far_open(&w, 7);
    char again[256];
    (void)snprintf(again, sizeof again,
                   "{\"id\":1,\"connect\":{\"subs\":{\"user:7\":{\"recover\":true,\"offset\":3,"
                   "\"epoch\":\"%s\"}}}}",
                   epoch);
    const char *heard = far_ask(&w, fd, again);
    CHECK_HAS(heard, "\"publications\":[{\"data\":{\"n\":3},\"offset\":4,");
    CHECK_HAS(heard, "\"recovered\":true");
    leave(&w, fd);
    ws_manager_unref(m);
    session_world_close(&w);
}

/* Too long for a client's queue: refused with ERR_LIMIT. A mailbox that is full: ERR_BUSY, and with room again it goes on
 * with the next offset. */
static void s26_what_cannot_be_sent_is_refused(void)
{
    static char much[(1 << 20) + 16];
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    struct ws_manager *m = manager_of(w.registry, "7");
    int fd = connected(&w, 7);
    (void)memset(much, '1', sizeof much - 1);
    struct ws_sent sent = send_and_wait(&w, m, much);
    CHECK_INT(sent.outcome, WS_REFUSED);
    CHECK_INT(sent.err, ERR_LIMIT);

    unsigned taken = 0;
    while ((sent = ws_manager_send(m, TEXT("{}"), NULL)).outcome == WS_DELIVERED)
        taken++;
    CHECK_INT(sent.err, ERR_BUSY);
    CHECK_INT(taken, 1024); /* the mailbox of session_world */
    struct ws_sent told = {.connections = 99};
    struct ws_receipt receipt = {&told, note_sent};
    CHECK_INT(ws_manager_send(m, TEXT("{}"), &receipt).err, ERR_BUSY);
    CHECK_INT(told.err, ERR_BUSY); /* at once */
    session_world_turn(&w);
    CHECK_INT(send_and_wait(&w, m, "{}").offset, 1025);
    leave(&w, fd);
    ws_manager_unref(m);
    session_world_close(&w);
}

/* Reads what has come; each publication must have the offset and number behind the last one. */
static void read_in_order(int fd, uint64_t *last)
{
    const char *at = far_hear(fd);
    while ((at = strstr(at, "\"pub\":{\"data\":{\"n\":"))) {
        char expected[64];
        ++*last;
        int len =
            snprintf(expected, sizeof expected, "\"pub\":{\"data\":{\"n\":%llu},\"offset\":%llu,",
                     (unsigned long long)*last, (unsigned long long)*last);
        if (strncmp(at, expected, (size_t)len) != 0)
            CU_FAIL_FATAL("out of order");
        at++;
    }
}

enum { MANY = SANITIZED ? 10000 : 100000, AT_ONCE = 200 };

/* 100,000 messages come in their order with rising offsets, to a tab that reads; its stalled neighbour is closed with
 * 3008 and keeps nothing up: each send returns at once, and all are delivered. */
static void s26_a_hundred_thousand_come_in_order_past_a_stalled_peer(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    struct ws_manager *m = manager_of(w.registry, "7");
    int reads = connected(&w, 7), stalls = connected(&w, 7);
    int64_t slow = metric_get(METRIC_closes_slow), longest_ns = 0;
    uint64_t last = 0;
    for (unsigned n = 1; n <= MANY; n++) {
        char json[32];
        (void)snprintf(json, sizeof json, "{\"n\":%u}", n);
        int64_t began_ns = env_nanoseconds();
        if (ws_manager_send(m, text_of(json), NULL).outcome != WS_DELIVERED)
            CU_FAIL_FATAL("not delivered");
        int64_t took_ns = env_nanoseconds() - began_ns;
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
        if (n % AT_ONCE == 0) {
            session_world_turn(&w);
            read_in_order(reads, &last);
        }
    }
    CHECK_INT(last, MANY);
    (void)printf("\n    the longest of %d sends: %lld us\n", MANY, (long long)longest_ns / 1000);
    if (!SANITIZED) { /* 1 MiB and what the socket holds are less than 100,000 pushes */
        CHECK_INT(metric_get(METRIC_closes_slow), slow + 1);
        leave(&w, stalls);
        CHECK_INT(w.last.code, 3008);
        CHECK_INT(ws_manager_connections(m), 1);
    } else {
        leave(&w, stalls);
    }
    leave(&w, reads);
    ws_manager_unref(m);
    session_world_close(&w);
}

/* ---- S27 */

enum { PEOPLE = SANITIZED ? 100 : 1000 };

/* 1,000 people on sockets, 3 left out: 997 hear the message push, encoded once; nobody's channel moves on. */
static void s27_a_broadcast_is_encoded_once_for_everybody(void)
{
    static int fds[PEOPLE];
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    for (int i = 0; i < PEOPLE; i++)
        fds[i] = connected(&w, i + 1);
    const struct text three[] = {TEXT("1"), TEXT("50"), TEXT("100")};
    int64_t encoded = metric_get(METRIC_pushes_encoded);
    struct ws_reached reached;
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("{\"text\":\"hi\"}"), three, 3, &reached),
              ERR_OK);
    CHECK_INT(reached.users, PEOPLE - 3);
    CHECK_INT(reached.connections, PEOPLE - 3);
    session_world_turn(&w);
    CHECK_INT(metric_get(METRIC_pushes_encoded), encoded + 1);
    unsigned heard = 0, silent = 0;
    for (int i = 0; i < PEOPLE; i++) {
        const char *got = far_hear(fds[i]);
        heard += strcmp(got, "{\"push\":{\"message\":{\"data\":{\"text\":\"hi\"}}}}\n") == 0;
        silent += got[0] == 0 && (i == 0 || i == 49 || i == 99);
        (void)close(fds[i]);
    }
    CHECK_INT(heard, PEOPLE - 3);
    CHECK_INT(silent, 3);
    session_world_turn(&w);
    session_world_close(&w);
}

/* Who has not said connect, who is nobody, and who is gone hears nothing. */
static void s27_only_who_is_connected_hears_a_broadcast(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int early = far_open(&w, 7), there = connected(&w, 8), gone = connected(&w, 9);
    struct ws_reached reached;
    (void)close(gone); /* the server has not noticed yet */
    CHECK_INT(ws_registry_broadcast(w.registry, TEXT("1"), NULL, 0, &reached), ERR_OK);
    CHECK_INT(reached.users, 2);
    session_world_turn(&w);
    CHECK_TEXT(far_hear(early), "");
    CHECK_HAS(far_hear(there), "\"message\":{\"data\":1}");
    leave(&w, early);
    leave(&w, there);
    session_world_close(&w);
}

/* ---- S8 */

/* The manager of a user in a mode, held, so that the connect finds it. */
static struct ws_manager *made_as(struct session_world *w, const char *user, enum ws_mode mode)
{
    struct ws_manager *m = NULL;
    CHECK_INT(ws_manager_get(w->registry, text_of(user), mode, &m), ERR_OK);
    return m;
}

/* What one sees of each mode: whether a connect is taken, a row written, a send to nobody kept, a broadcast heard. */
static void s8_each_mode_is_seen_by_its_client(void)
{
    static const struct {
        enum ws_mode mode;
        bool connects, has_row, keeps, hears;
    } table[] = {
        {WS_MODE_UNIFIED, true, true, true, true},
        {WS_MODE_ISOLATED, true, true, true, false},
        {WS_MODE_DEGRADED, true, false, false, true},
        {WS_MODE_EMERGENCY, false, false, true, false},
    };
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct ws_manager *m = made_as(&w, "7", table[i].mode);
        CHECK_INT(send_and_wait(&w, m, "{}").outcome, table[i].keeps ? WS_QUEUED : WS_REFUSED);
        unsigned opened = w.opened, closed = w.closed;
        int fd = far_open(&w, 7);
        CHECK_HAS(far_ask(&w, fd, "{\"id\":1,\"connect\":{}}"),
                  table[i].connects ? "\"connect\":{\"client\"" : "close 3508");
        struct ws_reached reached;
        CHECK_INT(ws_registry_broadcast(w.registry, TEXT("1"), NULL, 0, &reached), ERR_OK);
        CHECK_INT(reached.users, table[i].hears);
        struct ws_sent sent = send_and_wait(&w, m, "{\"live\":1}");
        CHECK_INT(sent.connections, table[i].connects);
        CHECK_INT(sent.offset > 0, table[i].keeps);
        const char *heard = far_hear(fd);
        CHECK_INT(strstr(heard, "\"message\"") != NULL, table[i].hears);
        CHECK_INT(strstr(heard, "{\"live\":1}") != NULL, table[i].connects); /* live it always is */
        leave(&w, fd);
        CHECK_INT(w.opened - opened, table[i].has_row);
        CHECK_INT(w.closed - closed, table[i].has_row || !table[i].connects);
        ws_manager_unref(m);
        w.now_ms += 60001; /* so that the next one is made anew */
        session_world_turn(&w);
        CHECK_INT(ws_registry_sweep(w.registry), 1);
    }
    session_world_close(&w);
}

/* A level of emergency refuses the new connection for now, which may ask again; the old one is served, and its row is closed as
 * it was opened. */
static void s8_an_emergency_keeps_the_old_connections(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int old = connected(&w, 7);
    struct ws_manager *m = manager_of(w.registry, "7");
    w.level = WS_MODE_EMERGENCY;
    int late = far_open(&w, 7);
    CHECK_HAS(far_ask(&w, late, "{\"id\":1,\"connect\":{}}"), "\"code\":111,");
    CHECK_HAS(far_ask(&w, late, "{\"id\":2,\"connect\":{}}"), "\"temporary\":true");
    CHECK_INT(ws_manager_connections(m), 1);
    CHECK_HAS(far_ask(&w, old, "{\"id\":2,\"ping\":{}}"), "{\"id\":2,\"ping\":{}}");
    CHECK_INT(send_and_wait(&w, m, "{\"n\":1}").outcome, WS_DELIVERED);
    CHECK_HAS(far_hear(old), "\"pub\":{\"data\":{\"n\":1},\"offset\":1,");
    w.level = WS_MODE_DEGRADED; /* stores nothing more, but what was opened is closed */
    CHECK_INT(w.opened, 1);
    leave(&w, late);
    leave(&w, old);
    CHECK_INT(w.closed, 2); /* the refused one has its row too */
    CHECK_INT(w.last.user_id, 7);
    w.level = WS_MODE_EMERGENCY;
    late = far_open(&w, 7);
    CHECK_HAS(far_ask(&w, late, "{\"id\":1,\"connect\":{}}"), "\"code\":111,");
    w.level = WS_MODE_UNIFIED;
    CHECK_HAS(far_ask(&w, late, "{\"id\":2,\"connect\":{}}"), "\"connect\":{\"client\"");
    leave(&w, late);
    CHECK_INT(w.opened, 2);
    ws_manager_unref(m);
    session_world_close(&w);
}

/* ---- S35 */

static void note_record(void *owner, enum err e, const struct ws_connection_record *records,
                        size_t count)
{
    CHECK_INT(e, ERR_OK);
    CHECK_INT(count, 1);
    *(struct ws_connection_record *)owner = count ? records[0] : (struct ws_connection_record){0};
}

static struct ws_connection_record position_in(struct session_world *w, const char *channel)
    ON(role_reactor)
{
    struct ws_connection_record r = {0};
    CHECK_INT(sessions_list(w->sessions, 0, text_of(channel),
                            (struct connections_answer){&r, note_record}),
              ERR_OK);
    session_world_turn(w);
    return r;
}

/* What was sent is known at once; what was read, when a ping that went out behind it is answered. A message between ping
 * and pong is not acked by that pong, and nothing is ever acked above what was sent. */
static void s35_each_connection_has_a_sent_and_an_acked_offset(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7);
    CHECK_INT(position_in(&w, "room:1").follows, false);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":2,\"subscribe\":{\"channel\":\"room:1\"}}"), "\"offset\":4");
    struct ws_connection_record r = position_in(&w, "room:1");
    CHECK_INT(r.follows, true);
    CHECK_INT(r.sent_offset, 4); /* the position it was told */
    CHECK_INT(r.acked_offset, 0);
    hub_publish(w.hub, TEXT("room:1"), TEXT("5"), 5, 1);
    session_world_turn(&w);
    w.now_ms += 24990; /* the ping goes out */
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "{}");
    hub_publish(w.hub, TEXT("room:1"), TEXT("6"), 6, 1);
    session_world_turn(&w);
    r = position_in(&w, "room:1");
    CHECK_INT(r.sent_offset, 6);
    CHECK_INT(r.acked_offset, 0);
    (void)far_ask(&w, fd, "{}");
    r = position_in(&w, "room:1");
    CHECK_INT(r.sent_offset, 6);
    CHECK_INT(r.acked_offset, 5);
    (void)far_ask(&w, fd, "{}"); /* a pong that nobody asked for acks nothing */
    CHECK_INT(position_in(&w, "room:1").acked_offset, 5);
    w.now_ms += 25000;
    session_world_turn(&w);
    (void)far_ask(&w, fd, "{}");
    CHECK_INT(position_in(&w, "room:1").acked_offset, 6);
    CHECK_INT(position_in(&w, "user:7").follows, true);
    CHECK_INT(position_in(&w, "").follows, false);
    leave(&w, fd);
    session_world_close(&w);
}

/* ---- S22 */

struct called {
    unsigned calls;
    enum err err;
    size_t connections;
};

static void on_called(void *ctx, enum err e, struct ws_manager *m)
{
    struct called *c = ctx;
    c->calls++;
    c->err = e;
    c->connections = m ? ws_manager_connections(m) : 0;
    ws_manager_unref(m);
}

/* Who waits for a user is called in the turns of the user's connect, and not before: an upgraded socket is no connection
 * yet. */
static void s22_a_connect_over_a_socket_wakes_who_waits(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    struct called called = {0};
    struct ws_async_options options = {.timeout_ms = 10000, .done = on_called, .ctx = &called};
    struct ws_manager_future *f = NULL;
    CHECK_INT(ws_manager_connected_async(w.registry, TEXT("7"), &options, &f), ERR_OK);
    int fd = far_open(&w, 7);
    CHECK_INT(called.calls, 0);
    int64_t began_ns = env_nanoseconds();
    CHECK_HAS(far_ask(&w, fd, "{\"id\":1,\"connect\":{}}"), "\"connect\":{\"client\"");
    CHECK_INT(called.calls, 1);
    CHECK_INT(called.err, ERR_OK);
    CHECK_INT(called.connections, 1);
    (void)printf("\n    from the connect to the callback: %lld us at most\n",
                 (long long)(env_nanoseconds() - began_ns) / 1000);
    ws_manager_future_unref(f);
    leave(&w, fd);
    session_world_close(&w);
}

UNIT("session/manager", CASE(s26_what_is_queued_is_recovered_and_the_rest_delivered),
     CASE(s26_what_cannot_be_sent_is_refused),
     CASE(s26_a_hundred_thousand_come_in_order_past_a_stalled_peer),
     CASE(s27_a_broadcast_is_encoded_once_for_everybody),
     CASE(s27_only_who_is_connected_hears_a_broadcast), CASE(s8_each_mode_is_seen_by_its_client),
     CASE(s8_an_emergency_keeps_the_old_connections),
     CASE(s35_each_connection_has_a_sent_and_an_acked_offset),
     CASE(s22_a_connect_over_a_socket_wakes_who_waits))
