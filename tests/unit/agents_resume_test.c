/* A run goes on after a stop or crash from the step that is on disk, with nothing twice. Each step is one commit, so what a
 * crash leaves is what is on disk after so many of them: the test takes a whole run back to each. */
#include "agents_place.h"
#include "unit.h"

/* Undoes what came after a run's step: events, answer, row. */
static void take_back(struct house *h, int step)
{
    char sql[256];
    if (step < 5) {
        house_sql(h, "DELETE FROM send_key; DELETE FROM message WHERE run_id <> '';"
                     "DELETE FROM stream WHERE data LIKE '{\"type\":\"agent_completed\"%';"
                     "DELETE FROM stream WHERE data LIKE '%\"run_id\":\"%' AND data LIKE "
                     "'{\"type\":\"message_created\"%';");
        house_sql(h, "UPDATE run SET state = 'running', ended_ms = 0, message_id = 0");
    }
    if (step < 4)
        house_sql(h, "DELETE FROM stream WHERE data LIKE '{\"type\":\"tool_completed\"%'");
    if (step == 3) /* the tool was executing: its id is in the row */
        house_sql(h, "UPDATE run SET execution_id = (SELECT data ->> '$.data.execution_id' FROM "
                     "stream WHERE data LIKE '{\"type\":\"tool_executing\"%')");
    if (step < 3)
        house_sql(h, "DELETE FROM stream WHERE data LIKE '{\"type\":\"tool_executing\"%'");
    if (step < 2)
        house_sql(h, "DELETE FROM stream WHERE data LIKE '{\"type\":\"agent_thinking\"%'");
    if (step < 1)
        house_sql(h, "DELETE FROM stream WHERE data LIKE '{\"type\":\"agent_started\"%';"
                     "UPDATE run SET state = 'queued', started_ms = 0");
    (void)snprintf(sql, sizeof sql, "UPDATE run SET step = %d", step);
    house_sql(h, sql);
    house_sql(h, "UPDATE room SET top = (SELECT max(offset) FROM stream WHERE room_id = 1)");
    house_sql(h, "UPDATE run SET last_offset = (SELECT max(offset) FROM stream)");
}

/* The whole stream's types, from the question on. */
static const char *stream_types(struct house *h, char out[512])
{
    out[0] = 0;
    for (int i = 0; i < 20; i++) {
        char sql[160], one[64];
        (void)snprintf(sql, sizeof sql,
                       "SELECT data ->> '$.type' FROM stream WHERE room_id = 1 AND offset > 4 "
                       "ORDER BY offset LIMIT 1 OFFSET %d",
                       i);
        must(test_look(h->w.p->folder.path, sql, one));
        size_t len = strlen(out);
        if (*one)
            (void)snprintf(out + len, 512 - len, "%s%s", len ? " " : "", one);
    }
    return out;
}

static void a_run_goes_on_from_each_of_its_steps(void)
{
    char types[512];
    for (int step = 0; step <= 4; step++) {
        struct house h = house_new();
        place_send(&h.w, &h.w.as_mira, 1, "hello deploy");
        place_send(&h.w, &h.w.as_ana, 1, "@nook find deploy");
        house_wait(&h, "SELECT state FROM run", "completed");
        char run_id[RUN_ID_SIZE], execution[RUN_ID_SIZE];
        const char *select_execution = "SELECT group_concat(DISTINCT data ->> "
                                       "'$.data.execution_id') FROM stream WHERE data LIKE "
                                       "'{\"type\":\"tool_%'";
        (void)snprintf(run_id, sizeof run_id, "%s", house_look(&h, "SELECT id FROM run"));
        (void)snprintf(execution, sizeof execution, "%s", house_look(&h, select_execution));
        CHECK_INT(strlen(execution), 26);

        house_reopen_quiet(&h);
        take_back(&h, step);
        house_reopen(&h);
        house_wait(&h, "SELECT state FROM run", "completed");
        place_settle(&h.w);
        CHECK_TEXT(stream_types(&h, types), "message_created message_created " WHOLE_RUN);
        CHECK_TEXT(house_look(&h, "SELECT id FROM run"), run_id);
        CHECK_TEXT(house_look(&h, "SELECT count(*) FROM message WHERE run_id <> ''"), "1");
        CHECK_TEXT(house_look(&h, "SELECT message_id = (SELECT max(id) FROM message) FROM run"),
                   "1");
        CHECK_TEXT(house_look(&h, "SELECT count(*) = max(offset) FROM stream"), "1"); /* no hole */
        if (step >= 3)
            CHECK_TEXT(house_look(&h, select_execution), execution); /* the same tool call */
        house_free(&h);
    }
}

static void a_run_that_is_over_is_left_alone(void)
{
    struct house h = house_new();
    place_send(&h.w, &h.w.as_mira, 1, "@nook find deploy");
    house_wait(&h, "SELECT state FROM run", "completed");
    char events[64];
    (void)snprintf(events, sizeof events, "%s", house_look(&h, "SELECT count(*) FROM stream"));
    house_reopen(&h);
    agents_tick(h.agents);
    place_tick(&h.w, 1000);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run"), "1");
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM stream"), events);
    house_free(&h);
}

static void a_question_whose_run_was_lost_in_a_crash_gets_it_at_the_next_start(void)
{
    struct house h = house_new();
    house_reopen_quiet(
        &h); /* the agents do not listen: as if the crash came right after the message */
    for (int i = 0; i < 70; i++) /* more than are looked at in one go */
        place_send(&h.w, &h.w.as_mira, 1, "@nookie is somebody else");
    int64_t asked = place_send(&h.w, &h.w.as_mira, 1, "@nook who is here");
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run"), "0");
    must(agents_start(h.agents) == ERR_OK);
    house_wait(&h, "SELECT count(*) FROM run WHERE state = 'completed'", "1");
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM run WHERE reply_to = %lld",
                   (long long)asked);
    CHECK_TEXT(house_look(&h, sql), "1");
    for (int i = 0; i < 2; i++) { /* and only once */
        house_reopen(&h);
        place_tick(&h.w, 1000);
        place_settle(&h.w);
        CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run"), "1");
    }
    house_free(&h);
}

static void so_does_one_that_was_said_to_it_alone(void)
{
    struct house h = house_new();
    int64_t room = got_int(CALL_AS(&h.w, mira, "room.direct", "{\"user\":\"nook\"}"), "id");
    int64_t two = got_int(CALL_AS(&h.w, mira, "room.direct", "{\"user\":\"ben\"}"), "id");
    house_reopen_quiet(&h);
    place_send(&h.w, &h.w.as_mira, room, "who is here");
    place_send(&h.w, &h.w.as_mira, two, "who is here");
    must(agents_start(h.agents) == ERR_OK);
    house_wait(&h, "SELECT count(*) FROM run WHERE state = 'completed'", "1");
    for (int i = 0; i < 2; i++) { /* and only once, and its answer asks nothing */
        house_reopen(&h);
        place_tick(&h.w, 1000);
        place_settle(&h.w);
        CHECK_TEXT(house_look(&h, "SELECT count(*) || text FROM run"), "1who is here");
    }
    house_free(&h);
}

static void queued_runs_go_on_in_their_order_after_a_restart(void)
{
    struct house h = house_new();
    struct standstill still;
    house_hold(&h, &still);
    enum err e;
    for (int i = 0; i < 3; i++)
        (void)house_start(&h, &h.w.as_mira, 1, "who is here", &e);
    house_wait(&h, "SELECT max(step) FROM run", "3");
    agents_stop(h.agents); /* what the held tool gives is not followed any more */
    house_release(&still);
    house_reopen(&h);
    house_wait_all(&h);
    CHECK_TEXT(house_look(&h, "SELECT count(*) FROM run WHERE state = 'completed'"), "3");
    CHECK_TEXT(house_look(&h, "SELECT group_concat(rowid) FROM (SELECT rowid FROM run ORDER BY "
                              "last_offset)"),
               "1,2,3");
    house_free(&h);
}

/* The deadline counts while a server runs: an answer that was due while it was off still comes. */
static void the_time_a_server_was_off_does_not_count(void)
{
    struct house h = house_new();
    struct standstill still;
    house_hold(&h, &still);
    enum err e;
    (void)house_start(&h, &h.w.as_mira, 1, "who is here", &e);
    house_wait(&h, "SELECT step FROM run", "3");
    agents_stop(h.agents);
    house_release(&still);
    house_close(&h);
    product_advance(h.w.p, 10 * DEADLINE_MS);
    product_open(h.w.p);
    place_open_chat(&h.w);
    house_agents(&h);
    must(agents_start(h.agents) == ERR_OK);
    house_wait(&h, "SELECT state FROM run", "completed");
    house_free(&h);
}

UNIT("agents/resume", CASE(a_run_goes_on_from_each_of_its_steps),
     CASE(a_run_that_is_over_is_left_alone),
     CASE(a_question_whose_run_was_lost_in_a_crash_gets_it_at_the_next_start),
     CASE(so_does_one_that_was_said_to_it_alone),
     CASE(queued_runs_go_on_in_their_order_after_a_restart),
     CASE(the_time_a_server_was_off_does_not_count))
