/* S24, S34. Guards: who sends nothing, is old, or takes nothing of what waits for it is closed at the second promised, with a
 * code after which it comes again; and who does not is left alone. */
#include "hub/publish.h"
#include "manager/ws_connection.h"
#include "session_world.h"

static int connected(struct session_world *w, int64_t user_id) ON(role_reactor)
{
    int fd = far_open(w, user_id);
    CHECK_HAS(far_ask(w, fd, "{\"id\":1,\"connect\":{}}"), "\"connect\":{");
    return fd;
}

/* So many ms pass, second by second; a client that is not 0 answers its pings. What both have heard stays unread. */
static void pass(struct session_world *w, int64_t ms, int fd) ON(role_reactor)
{
    while (ms > 0) {
        int64_t step = ms < 1000 ? ms : 1000;
        w->now_ms += step;
        ms -= step;
        session_world_turn(w);
        char in[256];
        if (fd && recv(fd, in, sizeof in, MSG_PEEK) > 0 && strstr(far_hear(fd), "{}"))
            far_say(w, fd, "{}");
    }
}

static void ends(struct session_world *w, int fd) CLANG(release_capability(role_reactor))
{
    (void)close(fd);
    session_world_turn(w);
    session_world_close(w);
    world_limits.idle_timeout_ms = world_limits.max_age_ms = 0;
    world_limits.queue_total_bytes = 0;
}

static void a_client_without_a_command_is_closed_at_the_second_promised(void)
{
    struct session_world w;
    world_limits.idle_timeout_ms = 60000;
    session_world_open(&w, 1 << 20, 1000);
    int fd = connected(&w, 1);
    pass(&w, 59000, fd);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":2,\"ping\":{}}"), "{\"id\":2,\"ping\":{}}");
    pass(&w, 59999, fd); /* pings it answers are not its own doing */
    CHECK_INT(w.closed, 0);
    w.now_ms += 1;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "close 3011");
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(w.last.code, 3011);
    CHECK_TEXT(w.last.reason, "idle");
    ends(&w, connected(&w, 1)); /* it comes again */
}

static void a_connection_that_is_old_is_closed_at_the_second_promised(void)
{
    struct session_world w;
    world_limits.max_age_ms = 100000;
    session_world_open(&w, 1 << 20, 1000);
    int fd = connected(&w, 1);
    for (int i = 0; i < 9; i++) {
        pass(&w, 11000, fd);
        CHECK_HAS(far_ask(&w, fd, "{\"id\":2,\"ping\":{}}"), "ping"); /* busy as it is */
    }
    pass(&w, 999, fd);
    CHECK_INT(w.closed, 0);
    w.now_ms += 1;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "close 3011");
    (void)close(fd);
    session_world_turn(&w);
    CHECK_TEXT(w.last.reason, "max age");
    ends(&w, connected(&w, 1));
}

static void without_the_settings_a_client_may_listen_for_ever(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 1000);
    int fd = connected(&w, 1);
    pass(&w, 3600000, fd);
    CHECK_INT(w.closed, 0);
    ends(&w, fd);
}

/* More than its socket holds and less than its queue: it waits. */
static void tell_much(struct session_world *w) ON(role_reactor)
{
    static char data[30000];
    static uint64_t number;
    memset(data, '1', sizeof data);
    for (int i = 0; i < 20; i++)
        CHECK_INT(sessions_tell(w->sessions, ++number, (struct text){data, sizeof data}), ERR_OK);
    session_world_turn(w);
}

/* Below the bound, without another push, and whatever it answers: what waits was not read for the pong timeout. */
static void a_client_that_stops_reading_is_slow_though_it_answers(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 1000);
    int fd = connected(&w, 1);
    int64_t slow_before = metric_get(METRIC_closes_slow);
    tell_much(&w);
    for (int i = 0; i < 7; i++) {
        w.now_ms += 1000;
        far_say(&w, fd, "{}"); /* without having read a thing */
    }
    w.now_ms += 999;
    session_world_turn(&w);
    CHECK_INT(metric_get(METRIC_closes_slow) - slow_before, 0);
    w.now_ms += 1;
    session_world_turn(&w);
    CHECK_INT(metric_get(METRIC_closes_slow) - slow_before, 1);
    w.now_ms += 5000; /* it had time to read on */
    session_world_turn(&w);
    CHECK_INT(w.closed, 1);
    CHECK_INT(w.last.code, 3008);
    CHECK_TEXT(w.last.closed_by, "server");
    ends(&w, fd);
}

static void a_client_that_reads_late_is_not_slow(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 1000);
    int fd = connected(&w, 1);
    int64_t slow_before = metric_get(METRIC_closes_slow);
    tell_much(&w);
    w.now_ms += 7000;
    session_world_turn(&w);
    static char in[1 << 16];
    while (read(fd, in, sizeof in) > 0)
        session_world_turn(&w);
    w.now_ms += 8000;
    session_world_turn(&w);
    CHECK_INT(metric_get(METRIC_closes_slow) - slow_before, 0);
    CHECK_INT(w.closed, 0);
    ends(&w, fd);
}

/* ---- the order of sacrifice, with a queue of 100,000 bytes: passing things from a quarter on; then the line */

#define QUEUE_BYTES 100000
#define EVENT_BYTES 5000

static size_t queue_bytes(struct session_world *w) ON(role_reactor)
{
    int64_t most = metric_get(METRIC_outbox_max_bytes);
    session_world_turn(w);
    return (size_t)most;
}

static void publish_event(struct session_world *w, uint64_t offset) ON(role_reactor)
{
    static char data[EVENT_BYTES];
    memset(data, '1', sizeof data);
    hub_publish(w->hub, TEXT("room:1"), (struct text){data, sizeof data}, offset, 1);
    session_world_turn(w);
}

static void typing_goes_first_then_the_line_and_the_bound_holds(void)
{
    struct session_world w;
    session_world_open(&w, QUEUE_BYTES, 1000);
    int fd = connected(&w, 1);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":2,\"subscribe\":{\"channel\":\"room:1\"}}"),
              "\"subscribe\":{");
    int64_t drops = metric_get(METRIC_drops_passing), slow_before = metric_get(METRIC_closes_slow);
    metric_set(METRIC_outbox_max_bytes, 0);
    uint64_t offset = 4;
    while (queue_bytes(&w) < EVENT_BYTES + 500) /* until the socket takes no more */
        publish_event(&w, ++offset);
    hub_publish_passing(w.hub, TEXT("room:1"), TEXT("{\"type\":\"typing\"}"));
    session_world_turn(&w);
    CHECK_INT(metric_get(METRIC_drops_passing) - drops, 0); /* below a quarter it still goes */
    while (queue_bytes(&w) <= QUEUE_BYTES / 4)
        publish_event(&w, ++offset);
    for (int i = 0; i < 10; i++)
        hub_publish_passing(w.hub, TEXT("room:1"), TEXT("{\"type\":\"typing\"}"));
    session_world_turn(&w);
    CHECK_INT(metric_get(METRIC_drops_passing) - drops, 10);
    CHECK_INT(metric_get(METRIC_closes_slow) - slow_before, 0);
    for (int i = 0; i < 30 && metric_get(METRIC_closes_slow) == slow_before; i++)
        publish_event(&w, ++offset); /* an event is never dropped: the line is */
    CHECK_INT(metric_get(METRIC_closes_slow) - slow_before, 1);
    CU_ASSERT(metric_get(METRIC_outbox_max_bytes) <= QUEUE_BYTES);
    CU_ASSERT(metric_get(METRIC_outbox_max_bytes) > QUEUE_BYTES - EVENT_BYTES - 500);
    w.now_ms += 5000;
    session_world_turn(&w);
    CHECK_INT(w.last.code, 3008);
    CU_ASSERT(w.last.queue_peak_bytes <= QUEUE_BYTES);
    ends(&w, fd);
}

/* ---- all queues together */

/* Waits for that user's client: more than its socket takes. */
static void give(struct session_world *w, int64_t user_id, size_t bytes) ON(role_reactor)
{
    static char json[400000];
    char id[24];
    memset(json, '1', sizeof json);
    (void)snprintf(id, sizeof id, "%lld", (long long)user_id);
    struct ws_manager *m = ws_manager_find(w->registry, text_of(id));
    struct ws_sent sent = ws_manager_send(m, (struct text){json, bytes}, NULL);
    CHECK_INT(sent.err, ERR_OK);
    ws_manager_unref(m);
    session_world_turn(w);
}

static void the_largest_queues_go_first_and_the_bound_of_all_holds(void)
{
    struct session_world w;
    world_limits.queue_total_bytes = 700000;
    session_world_open(&w, 1 << 20, 1000);
    int small = connected(&w, 1), large = connected(&w, 2), middle = connected(&w, 3);
    int64_t crowded = metric_get(METRIC_closes_crowded), waits = metric_get(METRIC_queued_bytes);
    int64_t slow_before = metric_get(METRIC_closes_slow);
    give(&w, 1, 300000); /* some 200,000 of each are the socket's */
    give(&w, 3, 400000);
    give(&w, 2, 400000);
    CU_ASSERT(metric_get(METRIC_queued_bytes) - waits < 700000);
    CHECK_INT(metric_get(METRIC_closes_crowded) - crowded, 0);
    give(&w, 2, 400000); /* over it */
    w.now_ms += 1;
    session_world_turn(&w);
    CHECK_INT(metric_get(METRIC_closes_crowded) - crowded, 1);
    CHECK_INT(metric_get(METRIC_closes_slow) - slow_before, 1);
    CU_ASSERT(metric_get(METRIC_queued_bytes) - waits <= 525000);
    w.now_ms += 5000;
    session_world_turn(&w);
    CHECK_INT(w.closed, 1);
    CHECK_INT(w.last.code, 3008);
    CHECK_INT(w.last.user_id, 2); /* who had most: the others are still here, and lose nothing */
    (void)close(small);
    (void)close(middle);
    session_world_turn(&w);
    CHECK_INT(w.closed, 3);
    CHECK_INT(metric_get(METRIC_queued_bytes), waits);
    ends(&w, large);
}

/* What leaves at the end of the turn is no crowd, however much it is. */
static void a_burst_that_everybody_takes_closes_nobody(void)
{
    struct session_world w;
    world_limits.queue_total_bytes = 50000;
    session_world_open(&w, 1 << 20, 1000);
    int fds[8];
    for (int i = 0; i < 8; i++)
        fds[i] = connected(&w, 1 + i);
    static char data[20000], in[1 << 16];
    memset(data, '1', sizeof data);
    int64_t crowded = metric_get(METRIC_closes_crowded);
    for (uint64_t n = 1; n <= 4; n++) {
        CHECK_INT(sessions_tell(w.sessions, n, (struct text){data, sizeof data}), ERR_OK);
        w.now_ms += 1;
        session_world_turn(&w);
    }
    CHECK_INT(metric_get(METRIC_closes_crowded) - crowded, 0);
    for (int i = 0; i < 8; i++)
        CU_ASSERT(read(fds[i], in, sizeof in) > 0);
    for (int i = 1; i < 8; i++)
        (void)close(fds[i]);
    ends(&w, fds[0]);
}

UNIT("session/ends", CASE(a_client_without_a_command_is_closed_at_the_second_promised),
     CASE(a_connection_that_is_old_is_closed_at_the_second_promised),
     CASE(without_the_settings_a_client_may_listen_for_ever),
     CASE(a_client_that_stops_reading_is_slow_though_it_answers),
     CASE(a_client_that_reads_late_is_not_slow),
     CASE(typing_goes_first_then_the_line_and_the_bound_holds),
     CASE(the_largest_queues_go_first_and_the_bound_of_all_holds),
     CASE(a_burst_that_everybody_takes_closes_nobody))
