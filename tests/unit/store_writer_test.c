/* What the writer promises: acknowledged means on disk, in order, and a job that fails undoes only itself. */
#include "base/metrics.h"
#include "test_store.h"
#include "unit.h"

static void acknowledged_means_committed(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    char out[64];
    for (int i = 0; i < 20; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", value), ERR_OK);
        CHECK_TEXT(test_setting(t.path, "a", out), value); /* another connection sees it at once */
    }
    store_close(s);
    tmpdb_remove(&t);
}

/* Numbers its completion by the order in which it came. */
struct numbered {
    struct put put;
    int *next;
    int came;
};

static void numbered_done(void *data, enum err e)
{
    struct numbered *n = data;
    n->came = (*n->next)++;
    (void)future_fulfil(n->put.outcome, e, NULL);
}

/* 100 jobs behind a closed gate, every tenth fails: two groups of at most 64, completions in the order of submission. */
static void completions_come_in_the_order_of_submission(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct numbered jobs[100];
    struct gate g;
    int next = 0;
    gate_close(&g, writer_submit, s);
    int64_t commits = metric_get(METRIC_commits);
    uint64_t syncs = timer_metric_get(TIMER_sync).count;
    int64_t done = metric_get(METRIC_writer_jobs);
    for (int i = 0; i < 100; i++) {
        jobs[i] = (struct numbered){.next = &next, .put = {.outcome = future_new(NULL)}};
        jobs[i].put.kind = i % 10 == 0 ? PUT_FAILS_AFTER_WRITING : PUT_GOOD;
        (void)snprintf(jobs[i].put.name, sizeof jobs[i].put.name, "n%d", i);
        CHECK_INT(
            writer_submit(s, (struct job){.run = put_run, .done = numbered_done, .data = &jobs[i]}),
            ERR_OK);
    }
    CHECK_INT(store_status(s).queue_length, 100);
    CU_ASSERT_TRUE(store_status(s).writer_busy_since > 0);
    gate_open(&g);
    gate_fini(&g);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(test_wait(jobs[i].put.outcome), i % 10 == 0 ? ERR_DENIED : ERR_OK);
        CHECK_INT(jobs[i].came, i);
    }
    char out[64];
    CU_ASSERT_TRUE(
        test_look(t.path, "SELECT count(*) FROM setting WHERE name GLOB 'n[0-9]*'", out));
    CHECK_TEXT(out, "90");
    store_close(s);
    CHECK_INT(metric_get(METRIC_commits) - commits, 3); /* the gate's, 64, 36 */
    CHECK_INT(metric_get(METRIC_writer_jobs) - done, 1 + 90);
    CHECK_INT(timer_metric_get(TIMER_sync).count - syncs, 3);
    tmpdb_remove(&t);
}

static void a_failing_job_does_not_disturb_its_group(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct future *first = NULL;
    struct future *rule = NULL;
    struct future *bad = NULL;
    struct future *last = NULL;
    struct gate g;
    gate_close(&g, writer_submit, s);
    CHECK_INT(test_put(s, PUT_GOOD, "a", "first", &first), ERR_OK);
    CHECK_INT(test_put(s, PUT_FAILS_AFTER_WRITING, "a", "bad", &bad), ERR_OK);
    CHECK_INT(test_put(s, PUT_BREAKS_A_RULE, "a", "", &rule), ERR_OK);
    CHECK_INT(test_put(s, PUT_GOOD, "b", "last", &last), ERR_OK);
    gate_open(&g);
    gate_fini(&g);
    CHECK_INT(test_wait(first), ERR_OK);
    CHECK_INT(test_wait(bad), ERR_DENIED);
    CHECK_INT(test_wait(rule), ERR_CONFLICT);
    CHECK_INT(test_wait(last), ERR_OK);
    char out[64];
    CHECK_TEXT(test_setting(t.path, "a", out), "first"); /* what the bad one wrote is gone */
    CHECK_TEXT(test_setting(t.path, "b", out), "last");
    store_close(s);
    tmpdb_remove(&t);
}

static enum err lose_transaction(struct db *db, void *data)
{
    (void)data;
    return connection_exec(db, "ROLLBACK") == ERR_OK
               ? ERR_IO
               : ERR_INTERNAL; /* as SQLite does on an I/O error */
}

/* When the transaction itself is lost, nobody in it is told OK. */
static void a_lost_transaction_fails_the_whole_group(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct future *before = NULL;
    struct future *after = NULL;
    struct call lost = {.run = lose_transaction, .ended = future_new(NULL)};
    struct gate g;
    int64_t failures = metric_get(METRIC_commit_failures);
    gate_close(&g, writer_submit, s);
    CHECK_INT(test_put(s, PUT_GOOD, "a", "1", &before), ERR_OK);
    CHECK_INT(writer_submit(s, (struct job){.run = call_run, .done = call_done, .data = &lost}),
              ERR_OK);
    CHECK_INT(test_put(s, PUT_GOOD, "b", "1", &after), ERR_OK);
    gate_open(&g);
    gate_fini(&g);
    CHECK_INT(test_wait(before), ERR_IO);
    CHECK_INT(test_wait(lost.ended), ERR_OK);
    CHECK_INT(lost.result, ERR_IO);
    CHECK_INT(test_wait(after), ERR_IO);
    CHECK_INT(metric_get(METRIC_commit_failures) - failures, 1);
    char out[64];
    CHECK_TEXT(test_setting(t.path, "a", out), "");
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "2"), ERR_OK); /* and it goes on */
    CHECK_TEXT(test_setting(t.path, "a", out), "2");
    store_close(s);
    tmpdb_remove(&t);
}

/* What has no savepoint: a refusal before the first change is its own, a failure after it is everybody's. */
static void a_job_that_asks_first_refuses_alone_and_fails_with_all(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct future *results[4] = {NULL};
    struct gate g;
    char out[64];
    gate_close(&g, writer_submit, s);
    CHECK_INT(test_put(s, PUT_GOOD, "a", "1", &results[0]), ERR_OK);
    CHECK_INT(test_put_job(s, true, PUT_REFUSES, "b", "1", &results[1]), ERR_OK);
    CHECK_INT(test_put_job(s, true, PUT_GOOD, "c", "1", &results[2]), ERR_OK);
    CHECK_INT(test_put(s, PUT_FAILS_AFTER_WRITING, "c", "bad", &results[3]), ERR_OK);
    gate_open(&g);
    gate_fini(&g);
    static const enum err alone[] = {ERR_OK, ERR_DENIED, ERR_OK, ERR_DENIED};
    for (int i = 0; i < 4; i++)
        CHECK_INT(test_wait(results[i]), alone[i]);
    CHECK_TEXT(test_setting(t.path, "a", out), "1");
    CHECK_TEXT(test_setting(t.path, "c", out), "1");

    int64_t failures = metric_get(METRIC_commit_failures);
    gate_close(&g, writer_submit, s);
    CHECK_INT(test_put(s, PUT_GOOD, "a", "2", &results[0]), ERR_OK);
    CHECK_INT(test_put_job(s, true, PUT_REFUSES, "b", "2", &results[1]), ERR_OK);
    CHECK_INT(test_put_job(s, true, PUT_FAILS_AFTER_WRITING, "c", "2", &results[2]), ERR_OK);
    CHECK_INT(test_put(s, PUT_GOOD, "d", "2", &results[3]), ERR_OK);
    gate_open(&g);
    gate_fini(&g);
    for (int i = 0; i < 4; i++)
        CHECK_INT(test_wait(results[i]), ERR_DENIED); /* what broke it */
    CHECK_INT(metric_get(METRIC_commit_failures) - failures, 1);
    CHECK_TEXT(test_setting(t.path, "a", out), "1");
    CHECK_TEXT(test_setting(t.path, "c", out), "1");
    CHECK_TEXT(test_setting(t.path, "d", out), "");
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "d", "3"), ERR_OK); /* and it goes on */
    store_close(s);
    tmpdb_remove(&t);
}

static void a_full_queue_answers_busy_at_once(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    o.queue_max = 3;
    struct store *s = test_store_open(&o);
    struct future *waiting[3] = {NULL};
    struct future *none = NULL;
    struct gate g;
    int64_t refused = metric_get(METRIC_writer_refused);
    gate_close(&g, writer_submit, s);
    for (int i = 0; i < 3; i++)
        CHECK_INT(test_put(s, PUT_GOOD, "a", "1", &waiting[i]), ERR_OK);
    CHECK_INT(test_put(s, PUT_GOOD, "a", "2", &none), ERR_BUSY);
    CHECK_INT(metric_get(METRIC_writer_refused) - refused, 1);
    gate_open(&g);
    gate_fini(&g);
    for (int i = 0; i < 3; i++)
        CHECK_INT(test_wait(waiting[i]), ERR_OK);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "3"), ERR_OK);
    store_close(s);
    tmpdb_remove(&t);
}

/* Submits again from its own completion, which is how the end of a store is met. */
struct chain {
    struct store *store;
    struct future *begun;
    int64_t rounds;
    enum err last;
};

static enum err chain_run(struct db *db, void *data)
{
    (void)data;
    return put_setting(db, "chain", "x");
}

static void chain_done(void *data, enum err e)
{
    struct chain *c = data;
    (void)e;
    if (c->rounds++ == 0)
        (void)future_fulfil(c->begun, ERR_OK, NULL);
    c->last =
        writer_submit(c->store, (struct job){.run = chain_run, .done = chain_done, .data = c});
}

static void closing_finishes_what_waits_and_refuses_the_rest(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct chain c = {.store = s, .begun = future_new(NULL)};
    CHECK_INT(writer_submit(s, (struct job){.run = chain_run, .done = chain_done, .data = &c}),
              ERR_OK);
    CHECK_INT(test_wait(future_ref(c.begun)), ERR_OK);
    struct future *waiting[50];
    for (int i = 0; i < 50; i++)
        CHECK_INT(test_put(s, PUT_GOOD, i == 49 ? "last" : "a", "1", &waiting[i]), ERR_OK);
    store_close(s);
    CHECK_INT(c.last, ERR_CLOSED);
    for (int i = 0; i < 50; i++)
        CHECK_INT(test_wait(waiting[i]), ERR_OK);
    future_unref(c.begun);
    char out[64];
    CHECK_TEXT(test_setting(t.path, "last", out), "1");
    tmpdb_remove(&t);
}

static enum err count_settings(struct db *db, void *data)
{
    return connection_int(db, "SELECT count(*) FROM setting WHERE name = 'seen'", data);
}

static enum err put_seen(struct db *db, void *data)
{
    (void)data;
    return put_setting(db, "seen", "1");
}

/* Reads twice in one job, and lets the test commit in between. */
struct two_looks {
    struct gate gate;
    int64_t before, after;
};

static enum err look_twice(struct db *db, void *data)
{
    struct two_looks *l = data;
    enum err e = count_settings(db, &l->before);
    (void)gate_run(db, &l->gate);
    return e == ERR_OK ? count_settings(db, &l->after) : e;
}

static void look_done(void *data, enum err e)
{
    struct two_looks *l = data;
    gate_done(&l->gate, e);
}

/* Writes, and holds its transaction open. */
struct written {
    struct gate gate;
};

static enum err write_and_wait(struct db *db, void *data)
{
    struct written *w = data;
    enum err e = put_seen(db, NULL);
    (void)gate_run(db, &w->gate);
    return e;
}

static void written_done(void *data, enum err e)
{
    struct written *w = data;
    gate_done(&w->gate, e);
}

/* A reader's job sees one moment: neither a running transaction nor one that commits while it reads. */
static void readers_see_only_what_is_committed_in_one_moment(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct two_looks l = {.before = -1, .after = -1};
    l.gate = (struct gate){.entered = future_new(NULL), .left = future_new(NULL)};
    must(pipe2(l.gate.opened, O_CLOEXEC) == 0);
    CHECK_INT(reader_submit(s, (struct job){.run = look_twice, .done = look_done, .data = &l}),
              ERR_OK);
    CHECK_INT(test_wait(future_ref(l.gate.entered)), ERR_OK);

    struct written w = {.gate = {.entered = future_new(NULL), .left = future_new(NULL)}};
    must(pipe2(w.gate.opened, O_CLOEXEC) == 0);
    CHECK_INT(
        writer_submit(s, (struct job){.run = write_and_wait, .done = written_done, .data = &w}),
        ERR_OK);
    CHECK_INT(test_wait(future_ref(w.gate.entered)), ERR_OK);
    int64_t n = -1;
    CHECK_INT(test_call(reader_submit, s, count_settings, &n),
              ERR_OK); /* the writer's transaction is open */
    CHECK_INT(n, 0);
    gate_open(&w.gate);
    gate_fini(&w.gate);
    CHECK_INT(test_call(reader_submit, s, count_settings, &n), ERR_OK);
    CHECK_INT(n, 1);
    gate_open(&l.gate);
    gate_fini(&l.gate);
    CHECK_INT(l.before, 0);
    CHECK_INT(l.after, 0);
    CHECK_INT(test_call(reader_submit, s, put_seen, NULL), ERR_UNAVAILABLE); /* and cannot write */
    store_close(s);
    tmpdb_remove(&t);
}

static enum err run_forever(struct db *db, void *data)
{
    int64_t n;
    (void)data;
    db->deadline_ms = test_now_ms() + 20; /* the 5 s of a job, scaled */
    return connection_int(
        db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        &n);
}

static void a_statement_without_end_is_stopped(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_call(reader_submit, s, run_forever, NULL), ERR_TIMEOUT);
    CHECK_INT(test_call(writer_submit, s, run_forever, NULL), ERR_TIMEOUT);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_OK);
    store_close(s);
    tmpdb_remove(&t);
}

UNIT("store/writer", CASE(acknowledged_means_committed),
     CASE(completions_come_in_the_order_of_submission),
     CASE(a_failing_job_does_not_disturb_its_group), CASE(a_lost_transaction_fails_the_whole_group),
     CASE(a_job_that_asks_first_refuses_alone_and_fails_with_all),
     CASE(a_full_queue_answers_busy_at_once),
     CASE(closing_finishes_what_waits_and_refuses_the_rest),
     CASE(readers_see_only_what_is_committed_in_one_moment),
     CASE(a_statement_without_end_is_stopped))
