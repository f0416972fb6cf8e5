/* A run from its question to its end: events, rows, queue, stop, deadline, rights. */
#include "agents_place.h"
#include "base/metrics.h"
#include "unit.h"

/* SHAPES.md and MANAGER.md: a mention starts a run, its events come in order with the envelope apart from the data, the
 * answer is one message that replies to the question. */
static void a_mention_becomes_a_run_and_its_answer_a_message(void)
{
    struct house h = house_new();
    int64_t started = metric_get(METRIC_runs_started);
    int64_t asked = place_send(&h.w, &h.w.as_mira, 1, "@nook who is here");
    house_wait(&h, "SELECT count(*) FROM run WHERE state = 'completed'", "1");
    place_settle(&h.w);

    struct answer_got *got = CALL_AS(&h.w, ana, "run.list", "{\"room\":\"1\"}");
    char run_id[RUN_ID_SIZE];
    (void)snprintf(run_id, sizeof run_id, "%s", got_text(got, "runs.0.id"));
    CHECK_INT(strlen(run_id), 26);
    CHECK_INT(got_count(got, "runs"), 1);
    CHECK_TEXT(got_text(got, "runs.0.room"), "1");
    CHECK_TEXT(got_text(got, "runs.0.agent.name"), "nook");
    CHECK_TEXT(got_text(got, "runs.0.started_by.name"), "mira");
    CHECK_TEXT(got_text(got, "runs.0.text"), "who is here");
    CHECK_TEXT(got_text(got, "runs.0.state"), "completed");
    CHECK_INT(got_int(got, "runs.0.started"), h.w.p->clock.wall_ms);
    CHECK_INT(got_int(got, "runs.0.ended"), h.w.p->clock.wall_ms);
    CHECK_TEXT(house_events(run_id), WHOLE_RUN);
    CHECK_INT(metric_get(METRIC_runs_started) - started, 1);

    struct heard p = pub_last(PUB_STREAM, "room:1", "agent_started");
    CHECK_INT(p.offset, got_int(got, "runs.0.first_offset"));
    CHECK_TEXT(json_look(p.data, "agent.id"), "1");
    CHECK_TEXT(json_look(p.data, "agent.role"), "agent");
    CHECK_TEXT(json_look(p.data, "room"), "1");
    CHECK_TEXT(json_look(p.data, "data.task"), "who is here");
    CHECK_TEXT(json_look(p.data, "data.started_by.name"), "mira");
    int64_t first = (int64_t)p.offset;

    p = pub_last(PUB_STREAM, "room:1", "tool_executing");
    CHECK_INT(p.offset, first + 2);
    CHECK_TEXT(json_look(p.data, "data.tool"), "room_members");
    CHECK_TEXT(json_look(p.data, "data.arguments.room"), "1");
    CHECK_TEXT(json_look(p.data, "data.purpose"), "Look who is here");
    char execution[32];
    (void)snprintf(execution, sizeof execution, "%s", json_look(p.data, "data.execution_id"));
    CHECK_INT(strlen(execution), 26);

    p = pub_last(PUB_STREAM, "room:1", "tool_completed");
    CHECK_TEXT(json_look(p.data, "data.execution_id"), execution);
    CHECK_TEXT(json_look(p.data, "data.success"), "true");
    CHECK_TEXT(json_look(p.data, "data.duration_ms"), "0");
    CHECK_TEXT(json_look(p.data, "data.result.summary"), "0 of 4 people are here");

    p = pub_last(PUB_STREAM, "room:1", "agent_completed");
    CHECK_INT(p.offset, first + 4);
    CHECK_INT(p.offset, got_int(got, "runs.0.last_offset"));
    CHECK_TEXT(json_look(p.data, "data.message_id"), got_text(got, "runs.0.message_id"));
    CHECK_TEXT(json_look(p.data, "data.duration_ms"), "0");

    p = pub_last(PUB_STREAM, "room:1", "message_created");
    CHECK_INT(p.offset, first + 5);
    CHECK_TEXT(json_look(p.data, "message.id"), got_text(got, "runs.0.message_id"));
    CHECK_TEXT(json_look(p.data, "message.author.name"), "nook");
    CHECK_TEXT(json_look(p.data, "message.run_id"), run_id);
    CHECK_INT(strtoll(json_look(p.data, "message.reply_to"), NULL, 10), asked);
    house_free(&h);
}

static void the_answer_is_shown_in_pieces_that_make_it_whole(void)
{
    struct house h = house_new();
    place_send(&h.w, &h.w.as_mira, 1, "@nook how is the server");
    house_wait(&h, "SELECT count(*) FROM run WHERE state = 'completed'", "1");
    place_settle(&h.w);
    char whole[4096] = "";
    size_t position = 0;
    int pieces = 0;
    for (size_t i = 0; i < pub_count; i++) {
        const struct heard *p = &pub_list[i];
        if (p->kind != PUB_PASSING || strcmp(json_look(p->data, "type"), "agent_writing") != 0)
            continue;
        CHECK_INT(strtoll(json_look(p->data, "data.position"), NULL, 10), position);
        const char *piece = json_look(p->data, "data.text");
        position += strlen(piece); /* ASCII: bytes are characters */
        (void)strncat(whole, piece, sizeof whole - strlen(whole) - 1);
        pieces++;
    }
    CU_ASSERT_TRUE(pieces >= 3);
    struct heard p = pub_last(PUB_STREAM, "room:1", "message_created");
    CHECK_TEXT(json_look(p.data, "message.text"), whole);
    house_free(&h);
}

static void run_start_asks_without_a_message(void)
{
    struct house h = house_new();
    enum err e;
    char run_id[RUN_ID_SIZE];
    (void)snprintf(run_id, sizeof run_id, "%s",
                   house_start(&h, &h.w.as_mira, 1, "what did I miss", &e));
    CHECK_INT(e, ERR_OK);
    house_wait_all(&h);
    CHECK_TEXT(house_events(run_id), WHOLE_RUN);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM message"), "1"); /* the answer alone */
    CHECK_TEXT(house_look(&h, "SELECT reply_to FROM message"), "0");
    CHECK_TEXT(house_look(&h, "SELECT key = run_id FROM message"), "1");
    house_free(&h);
}

static void agents_do_not_start_runs_by_writing(void)
{
    struct house h = house_new();
    struct actor nook = actor_user(NOOK);
    place_send(&h.w, &nook, 1, "@nook find myself");
    place_send(&h.w, &h.w.as_mira, 1, "write to me@nook find");
    place_send(&h.w, &h.w.as_mira, 1, "@nookie find");
    place_settle(&h.w);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run"), "0");
    house_free(&h);
}

/* One at a time in a room, QUEUE_MAX wait, the next is refused: 111 for the method, a failed run for a message. */
static void a_room_has_one_run_and_a_queue_with_a_bound(void)
{
    struct house h = house_new();
    int64_t other = place_room(&h.w, &h.w.as_mira, "other", false);
    struct standstill still;
    house_hold(&h, &still);
    char ids[1 + QUEUE_MAX][RUN_ID_SIZE];
    enum err e;
    for (int i = 0; i < 1 + QUEUE_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "%s",
                       house_start(&h, &h.w.as_mira, 1, "who is here", &e));
        CHECK_INT(e, ERR_OK);
        struct heard p = pub_last(PUB_STREAM, "room:1", "agent_queued");
        CHECK_TEXT(json_look(p.data, "data.ahead"), i == 0   ? "(absent)"
                                                    : i == 1 ? "1"
                                                    : i == 2 ? "2"
                                                             : "3");
    }
    struct heard queued = pub_last(PUB_STREAM, "room:1", "agent_queued");
    CHECK_TEXT(json_look(queued.data, "data.task"), "who is here");
    CHECK_TEXT(json_look(queued.data, "data.started_by.name"), "mira");

    struct answer_got *got =
        CALL_AS(&h.w, ana, "run.start", "{\"room\":\"1\",\"agent\":\"1\",\"text\":\"one more\"}");
    CHECK_INT(got->code, 111);
    CU_ASSERT_TRUE(got->retry_ms > 0);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run"), "4"); /* nothing was stored of it */

    place_send(&h.w, &h.w.as_ana, 1, "@nook one more");
    house_wait(&h, "SELECT state FROM run WHERE text = 'one more'", "failed");
    place_settle(&h.w);
    struct heard failed = pub_last(PUB_STREAM, "room:1", "agent_failed");
    CHECK_TEXT(house_events(json_look(failed.data, "run_id")), "agent_started agent_failed");
    CHECK_TEXT(json_look(failed.data, "data.reason"), "Too many runs wait in this room already.");
    CHECK_TEXT(json_look(failed.data, "data.error.code"), "111");

    (void)house_start(&h, &h.w.as_mira, other, "who is here", &e);
    CHECK_INT(e, ERR_OK); /* another room has its own line */
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run WHERE state = 'running'"), "2");

    house_release(&still);
    house_wait_all(&h);
    for (int i = 0; i < 1 + QUEUE_MAX; i++)
        CHECK_TEXT(house_events(ids[i]), i == 0 ? WHOLE_RUN : "agent_queued " WHOLE_RUN);
    CHECK_TEXT(house_look(&h,
                          "SELECT count(*) FROM run a JOIN run b ON a.room_id = b.room_id AND "
                          "a.rowid < b.rowid AND a.state = 'completed' AND b.state = 'completed'"
                          " AND a.last_offset > b.last_offset"),
               "0"); /* in the order they came */
    house_free(&h);
}

static void who_may_stop_a_run(void)
{
    struct house h = house_new();
    int64_t room = place_room(&h.w, &h.w.as_ana, "ours", false); /* ana is its owner */
    const struct actor *in[] = {&h.w.as_mira, &h.w.as_ben, &h.w.as_root};
    for (int i = 0; i < 3; i++)
        must(product_call(h.w.p, in[i], "room.join", "{\"room\":\"%lld\"}", (long long)room)->err ==
             ERR_OK);
    const struct {
        const struct actor *who;
        enum err err;
    } rows[] = {
        {&h.w.as_ben, ERR_DENIED}, /* a member like any other */
        {&h.w.as_mira, ERR_OK},    /* the starter */
        {&h.w.as_ana, ERR_OK},     /* an owner */
        {&h.w.as_root, ERR_OK},    /* an admin who is in it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct standstill still;
        house_hold(&h, &still);
        enum err e;
        char run_id[RUN_ID_SIZE];
        (void)snprintf(run_id, sizeof run_id, "%s",
                       house_start(&h, &h.w.as_mira, room, "who is here", &e));
        struct answer_got *got =
            product_call(h.w.p, rows[i].who, "run.stop", "{\"run_id\":\"%s\"}", run_id);
        CHECK_INT(got->err, rows[i].err);
        house_release(&still);
        house_wait_all(&h);
        struct heard p = pub_last(PUB_STREAM, "", "agent_stopped");
        if (rows[i].err == ERR_OK) {
            CHECK_TEXT(json_look(p.data, "run_id"), run_id);
            CHECK_INT(strtoll(json_look(p.data, "data.by.id"), NULL, 10), rows[i].who->user_id);
            CHECK_TEXT(json_look(p.data, "data.reason"), "Stopped.");
            CHECK_TEXT(json_look(p.data, "data.error.text"), "Stopped.");
        }
        got = product_call(h.w.p, &h.w.as_mira, "run.stop", "{\"run_id\":\"%s\"}", run_id);
        CHECK_INT(got->code, 400); /* over already, either way */
        CHECK_TEXT(got->field, "run_id");
        bool stopped = strstr(house_events(run_id), "agent_stopped") != NULL;
        CHECK_INT(stopped, rows[i].err == ERR_OK);
    }
    CHECK_INT(CALL_AS(&h.w, mira, "run.stop", "{\"run_id\":\"NOSUCHRUN\"}")->code, 103);
    house_free(&h);
}

static void a_stopped_run_that_waited_never_starts_and_the_next_does(void)
{
    struct house h = house_new();
    struct standstill still;
    house_hold(&h, &still);
    enum err e;
    char ids[3][RUN_ID_SIZE];
    for (int i = 0; i < 3; i++)
        (void)snprintf(ids[i], sizeof ids[i], "%s",
                       house_start(&h, &h.w.as_mira, 1, "who is here", &e));
    CHECK_INT(CALL_AS(&h.w, mira, "run.stop", "{\"run_id\":\"%s\"}", ids[1])->err, ERR_OK);
    CHECK_INT(CALL_AS(&h.w, mira, "run.stop", "{\"run_id\":\"%s\"}", ids[0])->err, ERR_OK);
    house_wait(&h, "SELECT count(*) FROM run WHERE state = 'running'", "1"); /* the third */
    house_release(&still);
    house_wait_all(&h);
    CHECK_TEXT(house_events(ids[1]), "agent_queued agent_stopped");
    CHECK_TEXT(house_events(ids[2]), "agent_queued " WHOLE_RUN);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM message"), "1");
    house_free(&h);
}

static void a_run_that_is_not_done_in_time_fails_once(void)
{
    struct house h = house_new();
    int64_t failed = metric_get(METRIC_runs_failed);
    struct standstill still;
    house_hold(&h, &still);
    enum err e;
    char run_id[RUN_ID_SIZE];
    (void)snprintf(run_id, sizeof run_id, "%s",
                   house_start(&h, &h.w.as_mira, 1, "who is here", &e));
    house_wait(&h, "SELECT step FROM run", "3"); /* the tool waits for a reader */
    product_advance(h.w.p, DEADLINE_MS - 1);
    agents_tick(h.agents);
    place_settle(&h.w);
    CHECK_TEXT(house_look(&h, "SELECT state FROM run"), "running");
    product_advance(h.w.p, 1);
    agents_tick(h.agents);
    house_wait(&h, "SELECT state FROM run", "failed");
    house_release(&still); /* the tool's result comes too late, and changes nothing */
    place_settle(&h.w);
    agents_tick(h.agents);
    place_settle(&h.w);
    CHECK_TEXT(house_events(run_id), "agent_started agent_thinking tool_executing agent_failed");
    struct heard p = pub_last(PUB_STREAM, "room:1", "agent_failed");
    CHECK_TEXT(json_look(p.data, "data.reason"), "time");
    CHECK_TEXT(json_look(p.data, "data.error.code"), "100");
    CHECK_INT(metric_get(METRIC_runs_failed) - failed, 1);
    (void)house_start(&h, &h.w.as_mira, 1, "who is here", &e);
    house_wait_all(&h); /* the room is free again */
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run WHERE state = 'completed'"), "1");
    house_free(&h);
}

static void bad_calls_are_refused_and_change_nothing(void)
{
    struct house h = house_new();
    int64_t room = place_room(&h.w, &h.w.as_ana, "private", true);
    const struct {
        const char *method, *params;
        int code;
        const char *field;
    } rows[] = {
        {"run.start", "{\"agent\":\"nook\",\"text\":\"x\"}", 107, "room"},
        {"run.start", "{\"room\":\"1\",\"text\":\"x\"}", 107, "agent"},
        {"run.start", "{\"room\":\"1\",\"agent\":\"nook\"}", 107, "text"},
        {"run.start", "{\"room\":\"1\",\"agent\":\"nook\",\"text\":\"  \"}", 107, "text"},
        {"run.start", "{\"room\":\"1\",\"agent\":\"ana\",\"text\":\"x\"}", 107, "agent"},
        {"run.start", "{\"room\":\"1\",\"agent\":\"nobody\",\"text\":\"x\"}", 103, "agent"},
        {"run.start", "{\"room\":\"99\",\"agent\":\"nook\",\"text\":\"x\"}", 103, ""},
        {"run.stop", "{}", 107, "run_id"},
        {"run.list", "{}", 107, "room"},
        {"run.list", "{\"room\":\"1\",\"limit\":201}", 107, "limit"},
        {"run.list", "{\"room\":\"99\"}", 103, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_got *got =
            product_call(h.w.p, &h.w.as_mira, rows[i].method, "%s", rows[i].params);
        CHECK_INT(got->code, rows[i].code);
        CHECK_TEXT(got->field, rows[i].field);
    }
    CHECK_INT(CALL_AS(&h.w, mira, "run.start",
                      "{\"room\":\"%lld\",\"agent\":\"nook\",\"text\":\"x\"}", (long long)room)
                  ->code,
              103);
    CHECK_INT(CALL_AS(&h.w, mira, "run.list", "{\"room\":\"%lld\"}", (long long)room)->code, 103);
    CHECK_INT(CALL_AS(&h.w, nobody, "run.list", "{\"room\":\"1\"}")->code, 101);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run"), "0");
    house_free(&h);
}

static void a_text_of_4000_characters_is_taken_and_one_more_is_not(void)
{
    struct house h = house_new();
    char params[4200];
    for (int extra = 0; extra < 2; extra++) {
        int n = snprintf(params, sizeof params,
                         "{\"room\":\"1\",\"agent\":\"nook\",\"text\":\"%0*d\"}", 4000 + extra, 7);
        struct answer_got *got =
            product_call_text(h.w.p, &h.w.as_mira, "run.start", (struct text){params, (size_t)n});
        CHECK_INT(got->code, extra ? 107 : 0);
    }
    house_wait_all(&h);
    CHECK_TEXT(house_look(&h, "SELECT state FROM run"), "completed");
    house_free(&h);
}

static void lists_are_newest_first_and_bounded(void)
{
    struct house h = house_new();
    enum err e;
    for (int i = 0; i < 3; i++) {
        (void)house_start(&h, &h.w.as_mira, 1, i == 2 ? "find newest" : "find older", &e);
        house_wait_all(&h);
    }
    struct answer_got *got = CALL_AS(&h.w, mira, "run.list", "{\"room\":\"1\",\"limit\":2}");
    CHECK_INT(got_count(got, "runs"), 2);
    CHECK_TEXT(got_text(got, "runs.0.text"), "find newest");
    CHECK_TEXT(got_text(got, "runs.1.text"), "find older");
    house_free(&h);
}

/* What is said to it alone is a question, with its name or without; its own answers are none. */
static void in_a_conversation_with_it_nothing_needs_its_name(void)
{
    struct house h = house_new();
    int64_t room = got_int(CALL_AS(&h.w, mira, "room.direct", "{\"user\":\"nook\"}"), "id");
    int64_t first = place_send(&h.w, &h.w.as_mira, room, "where is the lighthouse");
    house_wait(&h, "SELECT count(*) FROM run WHERE state = 'completed'", "1");
    place_send(&h.w, &h.w.as_mira, room, "@nook find lighthouse");
    house_wait(&h, "SELECT count(*) FROM run WHERE state = 'completed'", "2");
    place_settle(&h.w);
    CHECK_TEXT(house_look(&h, "SELECT group_concat(text, ' / ') FROM (SELECT text FROM run "
                              "ORDER BY created_ms, rowid)"),
               "where is the lighthouse / find lighthouse");
    struct answer_got *got =
        product_call(h.w.p, &h.w.as_mira, "message.list", "{\"room\":\"%lld\"}", (long long)room);
    CHECK_INT(got_count(got, "messages"), 4);
    CHECK_INT(got_int(got, "messages.1.reply_to"), first);
    CHECK_TEXT(got_text(got, "messages.3.author.name"), "nook");
    /* who asked for the word is not who said something about it */
    CHECK_TEXT(house_look(&h, "SELECT group_concat(json_extract(data, '$.data.result.found')) "
                              "FROM stream WHERE data LIKE '%\"tool_completed\"%'"),
               "0,0");
    int64_t two = got_int(CALL_AS(&h.w, mira, "room.direct", "{\"user\":\"ben\"}"), "id");
    place_send(&h.w, &h.w.as_mira, two, "who is here");
    place_settle(&h.w);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run"), "2"); /* not with somebody else */
    house_free(&h);
}

UNIT("agents/run", CASE(a_mention_becomes_a_run_and_its_answer_a_message),
     CASE(in_a_conversation_with_it_nothing_needs_its_name),
     CASE(the_answer_is_shown_in_pieces_that_make_it_whole), CASE(run_start_asks_without_a_message),
     CASE(agents_do_not_start_runs_by_writing), CASE(a_room_has_one_run_and_a_queue_with_a_bound),
     CASE(who_may_stop_a_run), CASE(a_stopped_run_that_waited_never_starts_and_the_next_does),
     CASE(a_run_that_is_not_done_in_time_fails_once),
     CASE(bad_calls_are_refused_and_change_nothing),
     CASE(a_text_of_4000_characters_is_taken_and_one_more_is_not),
     CASE(lists_are_newest_first_and_bounded))
