/* Guards: every command is answered once by its id, every violation closes with its code, nothing is handled before the
 * client is known (S23), and the history's record says what the client did (S18). */
#include "base/must.h"
#include "session_world.h"

static int connected(struct session_world *w, int64_t user_id) ON(role_reactor)
{
    int fd = far_open(w, user_id);
    CHECK_HAS(far_ask(w, fd, "{\"id\":1,\"connect\":{}}"), "{\"id\":1,\"connect\":{\"client\":\"");
    return fd;
}

static void a_cookie_connects_and_the_welcome_says_who_and_how(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 7);
    const char *reply =
        far_ask(&w, fd, "{\"id\":1,\"connect\":{\"data\":{\"tab\":\"t1\"},\"name\":\"js\"}}");
    CHECK_HAS(reply, "\"data\":{\"user\":{\"id\":\"7\"}}");
    CHECK_HAS(reply, "\"subs\":{\"user:7\":{\"recoverable\":true,\"epoch\":\"");
    CHECK_HAS(reply, "\"ping\":25,\"pong\":true}}");
    CHECK_INT(w.opened, 1);
    CHECK_TEXT(w.last.tab, "t1");
    CHECK_TEXT(w.last.client, "js");
    CHECK_INT(w.last.user_id, 7);
    struct ws_manager *m = ws_manager_find(w.registry, TEXT("7"));
    CHECK_INT(ws_manager_connections(m), 1);
    ws_manager_unref(m);
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(w.closed, 1);
    CHECK_INT(w.last.code, 1006);
    CHECK_TEXT(w.last.closed_by, "network");
    CU_ASSERT_TRUE(w.last.bytes_in > 50 && w.last.bytes_out > 100);
    session_world_close(&w);
}

static void a_token_connects_frees_its_place_and_wins_over_a_cookie(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 0);
    CHECK_INT(w.admitted, 0);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":5,\"connect\":{\"token\":\"user-9\"}}"),
              "\"user\":{\"id\":\"9\"}");
    CHECK_INT(w.admitted, 1);
    int other = far_open(&w, 7);
    CHECK_HAS(far_ask(&w, other, "{\"id\":1,\"connect\":{\"token\":\"user-9\"}}"), "\"user:9\"");
    CU_ASSERT_PTR_NULL(ws_manager_find(w.registry, TEXT("7")));
    (void)close(fd);
    (void)close(other);
    session_world_turn(&w);
    session_world_close(&w);
}

static void who_is_not_known_is_told_and_gets_nothing(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 0);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":1,\"connect\":{}}"), "{\"id\":1,\"error\":{\"code\":101,");
    CHECK_HAS(far_ask(&w, fd, "{\"id\":2,\"connect\":{\"token\":\"expired\"}}"), "\"code\":109");
    CHECK_HAS(far_ask(&w, fd, "{\"id\":3,\"connect\":{\"token\":\"busy\"}}"), "\"temporary\":true");
    CHECK_HAS(far_ask(&w, fd, "{\"id\":4,\"connect\":{\"token\":\"wrong\"}}"), "close 3500");
    CHECK_INT(w.opened, 0);
    CHECK_INT(w.admitted, 0);
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(w.admitted, 1); /* its place is free when it is gone */
    CHECK_INT(w.closed, 1);
    CHECK_INT(w.last.user_id, 0);
    CHECK_INT(w.last.code, 3500);
    session_world_close(&w);
}

static void nothing_is_handled_before_connect(void)
{
    static const char *const first[] = {
        "{\"id\":1,\"rpc\":{\"method\":\"test.echo\",\"data\":{\"text\":\"x\"}}}",
        "{\"id\":1,\"subscribe\":{\"channel\":\"room:1\"}}",
        "{}",
        "{\"send\":{\"data\":1}}",
        "{\"id\":1,\"connect\":{\"token\":5}}",
        "{\"id\":0,\"connect\":{}}",
        "nonsense",
        "[]",
        "",
    };
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    for (size_t i = 0; i + 1 < sizeof first / sizeof first[0]; i++) {
        int fd = far_open(&w, 7);
        CHECK_HAS(far_ask(&w, fd, first[i]), "close 3501");
        (void)close(fd);
        session_world_turn(&w);
    }
    CHECK_INT(w.opened, 0);
    session_world_close(&w);
}

static void commands_behind_connect_in_the_same_message_wait_for_it(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 7);
    const char *heard =
        far_ask(&w, fd,
                "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"ping\":{}}\n"
                "{\"id\":3,\"rpc\":{\"method\":\"test.echo\",\"data\":{\"text\":\"hi\"}}}\n");
    const char *welcome = strstr(heard, "{\"id\":1,\"connect\""),
               *ping = strstr(heard, "{\"id\":2,\"ping\":{}}");
    CU_ASSERT_TRUE(welcome && ping && welcome < ping);
    CHECK_HAS(heard, "{\"id\":3,\"rpc\":{\"data\":{\"user\":\"7\",\"text\":\"hi\"}}}");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void each_command_has_its_answer_or_its_error(void)
{
    static const struct {
        const char *say, *hear;
    } table[] = {
        {"{\"id\":2,\"subscribe\":{\"channel\":\"room:1\"}}",
         "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"e1\",\"offset\":4,"
         "\"positioned\":true}}"},
        {"{\"id\":3,\"subscribe\":{\"channel\":\"room:1\"}}", "\"code\":105"},
        {"{\"id\":4,\"subscribe\":{\"channel\":\"room:2\"}}", "{\"id\":4,\"error\":{\"code\":103,"},
        {"{\"id\":5,\"subscribe\":{\"channel\":\"user:8\"}}", "\"code\":103"},
        {"{\"id\":6,\"subscribe\":{\"channel\":\"user:7\"}}", "\"code\":105"},
        {"{\"id\":7,\"subscribe\":{\"channel\":\"news:1\"}}", "\"code\":102"},
        {"{\"id\":8,\"subscribe\":{}}", "channel must have"},
        {"{\"id\":9,\"subscribe\":{\"channel\":5}}",
         "{\"id\":9,\"error\":{\"code\":107,\"message\":\"channel "},
        {"{\"id\":10,\"history\":{\"channel\":\"room:1\",\"limit\":10,\"since\":{\"offset\":3,"
         "\"epoch\":\"e1\"}}}",
         "{\"id\":10,\"history\":{\"publications\":[{\"data\":{\"n\":4},\"offset\":4}],\"epoch\":"
         "\"e1\",\"offset\":4}}"},
        {"{\"id\":11,\"history\":{\"channel\":\"room:2\"}}", "\"code\":103"},
        {"{\"id\":12,\"presence\":{\"channel\":\"room:1\"}}",
         "\"conn_info\":{\"name\":\"u7\"}}}}}"},
        {"{\"id\":13,\"presence_stats\":{\"channel\":\"room:1\"}}",
         "{\"id\":13,\"presence_stats\":{\"num_clients\":1,\"num_users\":1}}"},
        {"{\"id\":14,\"publish\":{\"channel\":\"room:1\",\"data\":{}}}", "\"code\":103"},
        {"{\"id\":15,\"publish\":{\"channel\":\"news:1\",\"data\":{}}}", "\"code\":102"},
        {"{\"id\":16,\"rpc\":{\"method\":\"none\"}}", "{\"id\":16,\"error\":{\"code\":104,"},
        {"{\"id\":17,\"rpc\":{\"method\":\"test.echo\",\"data\":{\"text\":7}}}", "text"},
        {"{\"id\":18,\"rpc\":{\"method\":\"test.echo\",\"data\":{\"text\":\"\"}}}", "\"code\":107"},
        {"{\"id\":19,\"frobnicate\":{}}", "{\"id\":19,\"error\":{\"code\":104,"},
        {"{\"id\":20,\"refresh\":{}}", "token is missing"},
        {"{\"id\":26,\"refresh\":{\"token\":\"expired\"}}", "{\"id\":26,\"error\":{\"code\":109,"},
        {"{\"id\":27,\"refresh\":{\"token\":\"user-7\"}}", "{\"id\":27,\"refresh\":{\"client\":\""},
        {"{\"id\":28,\"sub_refresh\":{\"channel\":\"room:1\",\"token\":\"x\"}}", "\"code\":103"},
        {"{\"id\":21,\"ping\":{}}", "{\"id\":21,\"ping\":{}}"},
        {"{\"id\":22,\"unsubscribe\":{\"channel\":\"room:1\"}}", "{\"id\":22,\"unsubscribe\":{}}"},
        {"{\"id\":23,\"unsubscribe\":{\"channel\":\"room:1\"}}", "{\"id\":23,\"unsubscribe\":{}}"},
        {"{\"id\":24,\"unsubscribe\":{\"channel\":\"user:7\"}}", "\"code\":103"},
        {"{\"id\":25,\"subscribe\":{\"channel\":\"room:1\",\"recover\":true,\"epoch\":\"e1\","
         "\"offset\":3}}",
         "\"publications\":[{\"data\":{\"n\":4},\"offset\":4}],\"recovered\":true,\"offset\":3,"
         "\"positioned\":true,"
         "\"was_recovering\":true"},
    };
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        CHECK_HAS(far_ask(&w, fd, table[i].say), table[i].hear);
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(w.last.recovered, 1);
    session_world_close(&w);
}

static void a_refresh_with_another_users_token_closes(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":2,\"refresh\":{\"token\":\"user-8\"}}"), "close 3500");
    (void)close(fd);
    session_world_turn(&w);
    fd = connected(&w, 7);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":2,\"refresh\":{\"token\":\"wrong\"}}"), "close 3500");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void a_refresh_whose_answer_was_lost_does_not_block_for_ever(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7);
    CHECK_TEXT(far_ask(&w, fd, "{\"id\":2,\"refresh\":{\"token\":\"never\"}}"), "");
    w.now_ms += 20000;
    CHECK_HAS(far_ask(&w, fd, "{\"id\":3,\"refresh\":{\"token\":\"user-7\"}}"), "\"code\":111");
    far_say(&w, fd, "{}");
    w.now_ms += 10000;
    far_say(&w, fd, "{}");
    (void)far_hear(fd);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":4,\"refresh\":{\"token\":\"user-7\"}}"),
              "{\"id\":4,\"refresh\":");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void a_late_answer_finds_its_client_or_nobody(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7);
    far_say(&w, fd, "{\"id\":2,\"rpc\":{\"method\":\"test.late\"}}");
    CHECK_TEXT(far_hear(fd), "");
    reply_json(w.late, TEXT("{\"a\":1}"));
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "{\"id\":2,\"rpc\":{\"data\":{\"a\":1}}}");
    far_say(&w, fd, "{\"id\":3,\"rpc\":{\"method\":\"test.late\"}}");
    (void)close(fd);
    session_world_turn(&w);
    int next = connected(&w, 7); /* takes the same slot */
    int64_t before = metric_get(METRIC_replies_dropped);
    reply_json(w.late, TEXT("{\"b\":1}"));
    session_world_turn(&w);
    CHECK_TEXT(far_hear(next), "");
    CHECK_INT(metric_get(METRIC_replies_dropped), before + 1);
    (void)close(next);
    session_world_turn(&w);
    session_world_close(&w);
}

static void the_limits_answer_111_3504_and_106(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 5);
    int a = connected(&w, 7), b = connected(&w, 7);
    int c = far_open(&w, 7);
    CHECK_HAS(far_ask(&w, c, "{\"id\":1,\"connect\":{}}"), "close 3504");
    (void)close(c);
    for (int i = 0; i < 4; i++)
        CHECK_HAS(far_ask(&w, a, "{\"id\":2,\"ping\":{}}"), "\"ping\":{}");
    CHECK_HAS(far_ask(&w, a, "{\"id\":3,\"ping\":{}}"), "\"code\":111");
    const char *heard = "";
    for (int i = 0; i < 998; i++)
        heard = far_ask(&w, a, "{\"id\":4,\"ping\":{}}");
    CHECK_HAS(heard, "\"code\":111");
    CHECK_HAS(far_ask(&w, a, "{\"id\":5,\"ping\":{}}"), "close 3013");
    (void)close(a);
    (void)close(b);
    session_world_turn(&w);

    int fd = far_open(&w, 8);
    (void)far_ask(&w, fd, "{\"id\":1,\"connect\":{}}");
    CHECK_HAS(far_ask(&w, fd, "{\"id\":2,\"subscribe\":{\"channel\":\"room:1\"}}"),
              "\"subscribe\"");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

/* begins_ms: of the clock, when both come. */
static void be_silent(int64_t begins_ms)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    w.now_ms = begins_ms;
    session_world_turn(&w);
    int mute = far_open(&w, 0), fd = connected(&w, 7);
    w.now_ms += 15000;
    session_world_turn(&w);
    CHECK_HAS(far_hear(mute), "close 3502"); /* never said connect */
    (void)close(mute);
    w.now_ms += 10000;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "{}");
    w.now_ms += 3;
    CHECK_TEXT(far_ask(&w, fd, "{}"), ""); /* a pong has no answer */
    w.now_ms += 25000;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "{}");
    w.now_ms += 7999;
    session_world_turn(&w);
    CHECK_TEXT(far_hear(fd), "");
    w.now_ms += 1;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "close 3012");
    (void)close(fd);
    session_world_turn(&w);
    CHECK_INT(w.last.code, 3012);
    CHECK_TEXT(w.last.closed_by, "server");
    session_world_close(&w);
}

/* A client keeps the lower 32 bits of when its next ping is due: 49.7 days after the machine's start they turn over, here
 * in each of the times that are waited for. */
static void silence_is_pinged_and_then_closed(void)
{
    static const int64_t turns_ms = INT64_C(1) << 32;
    be_silent(1000000);
    be_silent(turns_ms - 14999);
    be_silent(turns_ms - 20000);
    be_silent(turns_ms - 49000);
    be_silent(turns_ms - 55000);
    be_silent(turns_ms / 2 - 20000);
}

/* More cannot be told apart by the lower half of the clock: with 100 days as they are the first ping would be due at once. */
static void pings_are_twenty_days_apart_at_most(void)
{
    static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
    struct session_world w;
    world_limits.ping_interval_ms = 100 * day_ms;
    session_world_open(&w, 1 << 20, 100);
    world_limits.ping_interval_ms = 25000;
    int fd = far_open(&w, 7);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":1,\"connect\":{}}"), "\"ping\":1728000,");
    w.now_ms += 3599000; /* its session has an hour */
    session_world_turn(&w);
    CHECK_TEXT(far_hear(fd), "");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void a_client_that_does_not_read_is_closed_with_3008_and_others_lose_nothing(void)
{
    struct session_world w;
    session_world_open(&w, 300000, 100);
    int slow = connected(&w, 7), good = connected(&w, 8);
    (void)far_ask(&w, slow, "{\"id\":2,\"subscribe\":{\"channel\":\"room:1\"}}");
    (void)far_ask(&w, good, "{\"id\":2,\"subscribe\":{\"channel\":\"room:1\"}}");
    static char data[10000];
    memset(data, '1', sizeof data - 1);
    int64_t before = metric_get(METRIC_closes_slow);
    unsigned got = 0;
    for (uint64_t offset = 5; offset < 105; offset++) {
        hub_publish(w.hub, TEXT("room:1"), text_of(data), offset, 1);
        session_world_turn(&w);
        got += strstr(far_hear(good), "\"pub\"") != NULL;
    }
    CHECK_INT(got, 100);
    CHECK_INT(metric_get(METRIC_closes_slow), before + 1);
    static unsigned char
        rest[1 << 20]; /* what the kernel held, then a whole frame's end, then the close frame */
    size_t n = 0;
    for (ssize_t more; (more = read(slow, rest + n, sizeof rest - n)) > 0; n += (size_t)more)
        session_world_turn(&w);
    CU_ASSERT_TRUE(n > 8 && memcmp(rest + n - 8, "\x88\x06\x0b\xc0slow", 8) == 0);
    (void)close(slow);
    (void)close(good);
    session_world_turn(&w);
    session_world_close(&w);
}

static void sessions_and_the_whole_server_can_be_closed_from_outside(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int a = connected(&w, 7), b = connected(&w, 8);
    sessions_close(w.sessions, 7, 70, CLOSE_force_disconnect);
    session_world_turn(&w);
    CHECK_HAS(far_hear(a), "close 3503");
    CHECK_TEXT(far_hear(b), "");
    sessions_shutdown(w.sessions, 100);
    session_world_turn(&w);
    CHECK_TEXT(far_hear(b), ""); /* spread over the 100 ms, by place */
    w.now_ms += 100;
    session_world_turn(&w);
    CHECK_HAS(far_hear(b), "close 3001");
    (void)close(a);
    (void)close(b);
    session_world_turn(&w);
    session_world_close(&w);
}

static void a_session_that_ended_before_connect_is_closed_with_3503(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int waits = far_open(&w, 7), other = far_open(&w, 8);
    sessions_close(w.sessions, 7, 70, CLOSE_force_disconnect);
    session_world_turn(&w);
    CHECK_HAS(far_hear(waits), "close 3503"); /* a good cookie, and no connect yet */
    CHECK_TEXT(far_hear(other), "");
    w.renewed =
        ERR_UNAUTHORIZED; /* it ended while the cookie was looked up: found after the connect */
    CHECK_HAS(far_ask(&w, other, "{\"id\":1,\"connect\":{}}"), "close 3503");
    (void)close(waits);
    (void)close(other);
    session_world_turn(&w);
    session_world_close(&w);
}

static void a_close_that_did_not_fit_the_mailbox_is_made_up_with_the_next_ping(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7);
    CHECK_INT(w.asked_sessions, 1);
    for (int i = 0; i < 1024; i++)
        sessions_close(w.sessions, 9, 90, CLOSE_force_disconnect);
    sessions_close(w.sessions, 7, 70, CLOSE_force_disconnect); /* the 1025th post */
    session_world_turn(&w);
    CHECK_TEXT(far_hear(fd), "");
    w.renewed = ERR_UNAUTHORIZED;
    w.now_ms += 25000;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "close 3503");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void a_session_does_not_move_the_end_of_a_token(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 0);
    CHECK_HAS(far_ask(&w, fd, "{\"id\":1,\"connect\":{\"token\":\"short-7\"}}"),
              "\"expires\":true,\"ttl\":600,");
    const char *heard = "";
    for (int i = 0; i < 25 && !strstr(heard, "close"); i++) {
        w.now_ms += 24000;
        session_world_turn(&w);
        heard = far_hear(fd);
        if (strstr(heard, "{}"))
            far_say(&w, fd, "{}");
    }
    CHECK_HAS(heard, "close 3005");
    CHECK_INT(w.now_ms, 1000000 + 600000);
    CU_ASSERT_TRUE(w.asked_sessions > 1); /* the session, which is good for an hour, was asked */
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void commands_behind_a_connect_that_failed_do_not_wait_for_the_next(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 0);
    const char *heard =
        far_ask(&w, fd, "{\"id\":1,\"connect\":{\"token\":\"expired\"}}\n{\"id\":2,\"ping\":{}}");
    CHECK_HAS(heard, "\"code\":109");
    CHECK_HAS(heard, "close 3501");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void a_connect_that_nobody_answers_may_be_tried_again(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = far_open(&w, 0);
    CHECK_TEXT(far_ask(&w, fd, "{\"id\":1,\"connect\":{\"token\":\"never\"}}"), "");
    w.now_ms += 15000;
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "close 3004"); /* 3502 would keep it away */
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void an_answer_that_is_too_long_is_an_error(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 100);
    int fd = connected(&w, 7);
    far_say(&w, fd, "{\"id\":2,\"rpc\":{\"method\":\"test.late\"}}");
    size_t len = (size_t)5 << 20;
    char *json = malloc(len);
    must(json);
    memset(json, '1', len);
    reply_json(w.late, (struct text){json, len});
    free(json);
    session_world_turn(&w);
    CHECK_HAS(far_hear(fd), "{\"id\":2,\"error\":{\"code\":106,");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

static void pongs_that_nobody_asked_for_are_counted(void)
{
    struct session_world w;
    session_world_open(&w, 1 << 20, 5);
    int fd = connected(&w, 7);
    char many[3 * 900 + 1] = "";
    for (size_t i = 0; i + 1 < sizeof many; i += 3)
        memcpy(many + i, "{}\n", 4);
    CHECK_TEXT(far_ask(&w, fd, many), "");
    CHECK_HAS(far_ask(&w, fd, many), "close 3013");
    (void)close(fd);
    session_world_turn(&w);
    session_world_close(&w);
}

UNIT("session/protocol", CASE(a_cookie_connects_and_the_welcome_says_who_and_how),
     CASE(a_token_connects_frees_its_place_and_wins_over_a_cookie),
     CASE(who_is_not_known_is_told_and_gets_nothing), CASE(nothing_is_handled_before_connect),
     CASE(commands_behind_connect_in_the_same_message_wait_for_it),
     CASE(each_command_has_its_answer_or_its_error),
     CASE(a_refresh_with_another_users_token_closes),
     CASE(a_refresh_whose_answer_was_lost_does_not_block_for_ever),
     CASE(a_late_answer_finds_its_client_or_nobody), CASE(the_limits_answer_111_3504_and_106),
     CASE(silence_is_pinged_and_then_closed), CASE(pings_are_twenty_days_apart_at_most),
     CASE(a_client_that_does_not_read_is_closed_with_3008_and_others_lose_nothing),
     CASE(sessions_and_the_whole_server_can_be_closed_from_outside),
     CASE(a_session_that_ended_before_connect_is_closed_with_3503),
     CASE(a_close_that_did_not_fit_the_mailbox_is_made_up_with_the_next_ping),
     CASE(a_session_does_not_move_the_end_of_a_token),
     CASE(commands_behind_a_connect_that_failed_do_not_wait_for_the_next),
     CASE(a_connect_that_nobody_answers_may_be_tried_again),
     CASE(an_answer_that_is_too_long_is_an_error), CASE(pongs_that_nobody_asked_for_are_counted))
