/* Runs and people who were erased: what agents found out and said of them goes, and nothing new is said of them. */
#include "accounts/people.h"
#include "agents_place.h"
#include "unit.h"

#include <sched.h>

#define DISPLAY "Zora Quillfeather"

struct world {
    struct house h;
    int64_t zora;
    struct actor as_zora;
};

static struct world world_new(void)
{
    struct world v = {.h = house_new()};
    struct actor local = actor_local();
    struct answer_got *got = product_call(v.h.w.p, &local, "user.add",
                                          "{\"name\":\"zora\",\"display\":\"" DISPLAY "\"}");
    must(got->err == ERR_OK);
    v.zora = got_int(got, "user.id");
    v.as_zora = actor_user(v.zora);
    return v;
}

static void ask(struct world *v, const struct actor *who, const char *text)
{
    enum err e;
    (void)house_start(&v->h, who, 1, text, &e);
    CHECK_INT(e, ERR_OK);
    house_wait_all(&v->h);
}

static void begin(struct world *v, const char *messages)
{
    CHECK_INT(CALL_AS(&v->h.w, root, "user.erase", "{\"user\":\"%lld\",\"messages\":\"%s\"}",
                      (long long)v->zora, messages)
                  ->err,
              ERR_OK);
}

static void finish(struct world *v)
{
    for (int i = 0; i < 200 && strcmp(house_look(&v->h, "SELECT count(*) FROM erasure WHERE "
                                                        "ended_ms = 0"),
                                      "0") != 0;
         i++)
        place_tick(&v->h.w, 200);
    CHECK_TEXT(house_look(&v->h, "SELECT count(*) FROM erasure WHERE ended_ms = 0"), "0");
}

static const char *traces(struct world *v, const char *of)
{
    static char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "SELECT (SELECT count(*) FROM stream WHERE data LIKE '%%%s%%') || ' ' || "
                   "(SELECT count(*) FROM message WHERE text LIKE '%%%s%%') || ' ' || "
                   "(SELECT count(*) FROM run WHERE text LIKE '%%%s%%')",
                   of, of, of);
    return house_look(&v->h, sql);
}

static void an_answer_that_names_them_goes_and_others_stay(void)
{
    struct world v = world_new();
    ask(&v, &v.h.w.as_mira, "who is here");       /* lists Zora */
    ask(&v, &v.h.w.as_mira, "how is the server"); /* does not */
    ask(&v, &v.as_zora, "find something");        /* was asked by her */
    pub_clear();
    begin(&v, "keep");
    finish(&v);
    CHECK_TEXT(traces(&v, "Quillfeather"), "0 0 0");
    CHECK_TEXT(house_look(&v.h, "SELECT group_concat(deleted_by, ',') FROM (SELECT deleted_by FROM "
                                "message WHERE run_id <> '' ORDER BY id)"),
               "owner,,");
    CHECK_INT(pub_of(PUB_STREAM, "room:1", "message_deleted"), 1);
    CHECK_TEXT(house_look(&v.h, "SELECT count(*) FROM stream WHERE data LIKE "
                                "'{\"type\":\"agent_completed\"%\"summary\":\"\"%'"),
               "1");
    struct answer_got *got = CALL_AS(&v.h.w, mira, "run.list", "{\"room\":\"1\"}");
    CHECK_TEXT(got_text(got, "runs.0.started_by.display"), ERASED_DISPLAY);
    CHECK_TEXT(got_text(got, "runs.0.text"), "find something"); /* a text of hers: kept */
    CHECK_TEXT(house_look(&v.h, "SELECT max(offset) - count(*) FROM stream WHERE room_id = 1"),
               "0");
    house_free(&v.h);
}

static void with_delete_what_was_asked_and_quoted_goes(void)
{
    struct world v = world_new();
    place_send(&v.h.w, &v.as_zora, 1, "granite blocks");
    ask(&v, &v.h.w.as_mira, "find blocks"); /* quotes her */
    place_send(&v.h.w, &v.as_zora, 1, "@nook find basalt");
    house_wait_all(&v.h);
    ask(&v, &v.as_zora, "find limestone");
    begin(&v, "delete");
    finish(&v);
    CHECK_TEXT(traces(&v, "granite"), "0 0 0");
    CHECK_TEXT(traces(&v, "basalt"), "0 0 0");
    CHECK_TEXT(traces(&v, "limestone"), "0 0 0");
    CHECK_TEXT(traces(&v, "Quillfeather"), "0 0 0");
    CHECK_TEXT(house_look(&v.h, "SELECT count(*) FROM run WHERE text = 'find blocks'"), "1");
    house_free(&v.h);
}

/* Nothing starts a run for them any more, and one that goes on fails with its next step. */
static void a_run_of_theirs_goes_no_further(void)
{
    struct world v = world_new();
    struct standstill s;
    enum err e;
    house_hold(&v.h, &s);
    (void)house_start(&v.h, &v.as_zora, 1, "who is here", &e);
    CHECK_INT(e, ERR_OK);
    house_wait(&v.h, "SELECT step FROM run", "3"); /* its tool is to read */
    begin(&v, "keep");
    house_release(&s);
    house_wait_all(&v.h);
    finish(&v);
    CHECK_TEXT(house_look(&v.h, "SELECT state FROM run"), "failed");
    CHECK_TEXT(json_look(pub_last(PUB_STREAM, "room:1", "agent_failed").data, "data.reason"),
               "Who asked is not here any more.");
    CHECK_TEXT(traces(&v, "Quillfeather"), "0 0 0");
    (void)house_start(&v.h, &v.as_zora, 1, "who is here", &e);
    CHECK_INT(e, ERR_DENIED);
    house_free(&v.h);
}

/* Also without an erasure: the run of a message that is deleted or edited does not keep what it said. */
static void a_run_forgets_what_its_message_said(void)
{
    struct world v = world_new();
    int64_t gone = place_send(&v.h.w, &v.h.w.as_mira, 1, "@nook is there basalt, or what");
    house_wait_all(&v.h);
    int64_t changed = place_send(&v.h.w, &v.h.w.as_mira, 1, "@nook is there gneiss, or what");
    house_wait_all(&v.h);
    CHECK_TEXT(house_look(&v.h, "SELECT count(*) FROM stream WHERE data LIKE "
                                "'{\"type\":\"agent_started\"%\"task\":\"%, or what\"%'"),
               "2");
    CHECK_INT(
        CALL_AS(&v.h.w, mira, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}", (long long)gone)
            ->err,
        ERR_OK);
    CHECK_INT(CALL_AS(&v.h.w, mira, "message.edit",
                      "{\"room\":\"1\",\"id\":\"%lld\",\"text\":\"never mind\"}",
                      (long long)changed)
                  ->err,
              ERR_OK);
    CHECK_TEXT(house_look(&v.h, "SELECT count(*) FROM stream WHERE data LIKE "
                                "'{\"type\":\"agent_started\"%\"task\":\"\"%'"),
               "2");
    CHECK_TEXT(traces(&v, "or what"), "0 0 0");
    house_free(&v.h);
}

/* A run that works or waits when its message goes or changes keeps what it needs until it ends. */
static void a_run_that_goes_on_forgets_at_its_end(void)
{
    struct world v = world_new();
    struct standstill s;
    house_hold(&v.h, &s);
    int64_t gone = place_send(&v.h.w, &v.h.w.as_mira, 1, "@nook find basalt, or what");
    int64_t changed = place_send(&v.h.w, &v.h.w.as_mira, 1, "@nook find gneiss, or what");
    house_wait(&v.h, "SELECT count(*) FROM stream WHERE data LIKE '{\"type\":\"tool_executing\"%'",
               "1");
    CHECK_TEXT(house_look(&v.h, "SELECT group_concat(state) FROM run"), "running,queued");
    CHECK_INT(
        CALL_AS(&v.h.w, mira, "message.delete", "{\"room\":\"1\",\"id\":\"%lld\"}", (long long)gone)
            ->err,
        ERR_OK);
    CHECK_INT(CALL_AS(&v.h.w, mira, "message.edit",
                      "{\"room\":\"1\",\"id\":\"%lld\",\"text\":\"never mind\"}",
                      (long long)changed)
                  ->err,
              ERR_OK);
    CHECK_TEXT(traces(&v, "or what"), "0 0 2");
    house_release(&s);
    house_wait_all(&v.h);
    CHECK_TEXT(traces(&v, "or what"), "0 0 0");
    house_free(&v.h);
}

static void a_mention_of_theirs_starts_nothing_any_more(void)
{
    struct world v = world_new();
    place_send(&v.h.w, &v.as_zora, 1, "@nook who is here");
    house_wait_all(&v.h);
    house_sql(&v.h, "DELETE FROM run"); /* as if a stop had come between the message and its run */
    begin(&v, "keep");
    finish(&v);
    house_reopen(&v.h);
    for (int i = 0; i < 5; i++) {
        agents_tick(v.h.agents);
        place_tick(&v.h.w, 200);
    }
    CHECK_TEXT(house_look(&v.h, "SELECT count(*) FROM run"), "0");
    house_free(&v.h);
}

static void nothing_done(void *data, enum err e)
{
    (void)data;
    CHECK_INT(e, ERR_OK);
}

/* The tool has read who is here, with Zora; before its result is written she is erased: it reads again. */
static void what_was_read_before_is_read_again(void)
{
    static char sql[] = "UPDATE user SET name = '-6', display = 'Erased person', active = 0 WHERE "
                        "id = 6; INSERT INTO erasure (user_id, messages, name, display, asked_by, "
                        "asked_ms, ended_ms, stage) VALUES (6, 'keep', '', '', 0, 1, 1, 7)";
    struct world v = world_new();
    struct standstill s;
    struct gate writer;
    enum err e;
    CHECK_INT(v.zora, 6);
    house_hold(&v.h, &s);
    (void)house_start(&v.h, &v.h.w.as_mira, 1, "who is here", &e);
    house_wait(&v.h, "SELECT step FROM run", "3");
    gate_close(&writer, writer_submit, v.h.w.p->store);
    CHECK_INT(writer_submit(v.h.w.p->store, (struct job){test_sql_run, nothing_done, sql}), ERR_OK);
    house_release(&s); /* it reads, and its result waits behind the erasure */
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (store_status(v.h.w.p->store).queue_length < 2 && test_now_ms() < until_ms)
        (void)sched_yield();
    CHECK_INT(store_status(v.h.w.p->store).queue_length, 2);
    gate_open(&writer);
    gate_fini(&writer);
    house_wait_all(&v.h);
    CHECK_TEXT(house_look(&v.h, "SELECT state FROM run"), "completed");
    CHECK_TEXT(house_look(&v.h, "SELECT count(*) FROM stream WHERE data LIKE '%Quillfeather%' AND "
                                "data LIKE '{\"type\":\"tool%'"),
               "0");
    CHECK_TEXT(house_look(&v.h, "SELECT count(*) FROM message WHERE text LIKE '%Quillfeather%'"),
               "0");
    house_free(&v.h);
}

UNIT("agents/erasure", CASE(an_answer_that_names_them_goes_and_others_stay),
     CASE(with_delete_what_was_asked_and_quoted_goes), CASE(a_run_of_theirs_goes_no_further),
     CASE(a_run_forgets_what_its_message_said), CASE(a_run_that_goes_on_forgets_at_its_end),
     CASE(a_mention_of_theirs_starts_nothing_any_more), CASE(what_was_read_before_is_read_again))
