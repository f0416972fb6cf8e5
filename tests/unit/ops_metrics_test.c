/* Samples, their steps, metrics.query, what is kept how long, and readiness. */
#include "ops/figures.h"
#include "ops_place.h"
#include "unit.h"

#define T0                                                                                         \
    INT64_C(1700000000000) /* the clock at the start: 20 s into a minute, 800 s into an hour */

static void values_fold_by_their_kind(void)
{
    CHECK_INT(figure_fold(FOLD_LAST, 5, 3), 3);
    CHECK_INT(figure_fold(FOLD_SUM, 5, 3), 8);
    CHECK_INT(figure_fold(FOLD_MAX, 5, 3), 5);
    CHECK_INT(figure_fold(FOLD_MAX, 3, 5), 5);
    CHECK_INT(figures[figure_find(TEXT("connections"))].fold, FOLD_LAST);
    CHECK_INT(figures[figure_find(TEXT("messages"))].fold, FOLD_SUM);
    CHECK_INT(figures[figure_find(TEXT("ack_ms_p99"))].fold, FOLD_MAX);
    CHECK_INT(figure_find(TEXT("nothing")), FIGURES_COUNT);
    CHECK_INT(FIGURES_COUNT, 18); /* SHAPES.md's list */
}

/* Three samples 10 s apart: messages 4, 0, 5; managers 7, 9, 8; commits 20 ms, none, 1 ms. */
static struct post *three_samples(void)
{
    struct post *w = post_new();
    post_tick(w, 0); /* the first tick samples, too: 0 messages */
    timer_metric_add(TIMER_ack, 20000);
    metric_set(METRIC_managers, 7);
    metric_add(METRIC_messages, 4);
    post_tick(w, 10000);
    metric_set(METRIC_managers, 9);
    post_tick(w, 10000);
    timer_metric_add(TIMER_ack, 1000);
    metric_set(METRIC_managers, 8);
    metric_add(METRIC_messages, 5);
    post_tick(w, 10000);
    metric_set(METRIC_managers, 0);
    return w;
}

static void each_ten_seconds_have_one_sample_of_every_name(void)
{
    struct post *w = three_samples();
    ops_tick(w->ops); /* the same ten seconds: nothing more */
    post_settle(w);
    struct answer_got *got =
        CALL_AS(w, root, "metrics.query", "{\"step_s\":10,\"since\":%lld}", (long long)T0);
    CHECK_INT(got_int(got, "step_s"), 10);
    CHECK_INT(got_count(got, "times"), 4);
    CHECK_INT(got_int(got, "times.0"), T0);
    CHECK_INT(got_int(got, "times.3"), T0 + 30000);
    CHECK_TEXT(json_look(got->json, "series.messages"), "[0,4,0,5]");
    CHECK_TEXT(json_look(got->json, "series.managers"), "[0,7,9,8]");
    CHECK_TEXT(got_text(got, "series.ack_ms_p50.0"), "null"); /* nothing was acknowledged */
    CHECK_TEXT(got_text(got, "series.ack_ms_p50.2"), "null");
    double most = strtod(got_text(got, "series.ack_ms_p99.1"), NULL);
    CU_ASSERT_TRUE(most > 12 && most <= 25); /* 20 ms, within its bucket */
    for (unsigned i = 0; i < FIGURES_COUNT; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "series.%s", figures[i].name);
        CHECK_INT(got_count(got, path), 4);
        (void)snprintf(path, sizeof path, "now.%s", figures[i].name);
        CU_ASSERT_STRING_NOT_EQUAL(got_text(got, path), "(absent)");
    }
    CU_ASSERT_TRUE(got_int(got, "now.rss_bytes") > 1000000);
    CU_ASSERT_TRUE(got_int(got, "now.fds") > 3);
    CHECK_INT(got_int(got, "now.messages"), 9); /* since the start */
    CHECK_INT(got_int(got, "started"), T0);
    CHECK_TEXT(got_text(got, "level"), "normal");
    CHECK_INT(got_count(got, "marks"), 1);
    CHECK_INT(got_int(got, "marks.0.time"), T0);
    CHECK_TEXT(got_text(got, "marks.0.text"), "Server started");
    post_free(w);
}

/* T0 is 20 s into its minute: the samples at 20, 30, 40, 50 s are one step of 60, the next one begins another. */
static void samples_are_folded_into_longer_steps_as_they_come(void)
{
    struct post *w = three_samples();
    struct answer_got *got = CALL_AS(w, root, "metrics.query",
                                     "{\"step_s\":60,\"names\":[\"messages\",\"managers\","
                                     "\"ack_ms_p99\"]}");
    CHECK_TEXT(json_look(got->json, "series.messages"), "[9]");
    CHECK_TEXT(json_look(got->json, "series.managers"), "[8]");
    CU_ASSERT_TRUE(strtod(got_text(got, "series.ack_ms_p99.0"), NULL) > 12);
    CHECK_TEXT(got_text(got, "series.connections"), "(absent)"); /* not asked for */
    CHECK_TEXT(got_text(got, "now.connections"), "(absent)");
    CHECK_INT(got_int(got, "times.0"), T0 - 20000);

    metric_add(METRIC_messages, 2);
    post_tick(w, 10000);
    metric_add(METRIC_messages, 1);
    product_advance(w->p, 60000); /* a minute without a tick is a hole */
    post_tick(w, 0);
    got = CALL_AS(w, root, "metrics.query", "{\"step_s\":60,\"names\":[\"messages\"]}");
    CHECK_TEXT(json_look(got->json, "series.messages"), "[9,2,1]");
    got = CALL_AS(w, root, "metrics.query", "{\"step_s\":10,\"names\":[\"messages\"]}");
    CHECK_TEXT(json_look(got->json, "series.messages"), "[0,4,0,5,2,null,null,null,null,null,1]");
    got = CALL_AS(w, root, "metrics.query", "{\"step_s\":3600,\"names\":[\"messages\"]}");
    CHECK_TEXT(json_look(got->json, "series.messages"), "[12]");
    post_free(w);
}

/* A sample that could not be stored is not lost to the counters: the next one holds it. */
static void counters_survive_a_sample_that_was_not_stored(void)
{
    struct post *w = post_new();
    post_tick(w, 0);
    must(test_sql(w->p->store, "CREATE TRIGGER no BEFORE INSERT ON sample WHEN new.time_ms >= "
                               "1700000010000 AND new.step_s = 10 BEGIN SELECT RAISE(ABORT, 'no'); "
                               "END") == ERR_OK);
    metric_add(METRIC_messages, 4);
    post_tick(w, 10000);
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM sample WHERE time_ms >= 1700000010000"), "0");
    must(test_sql(w->p->store, "DROP TRIGGER no") == ERR_OK);
    metric_add(METRIC_messages, 3);
    post_tick(w, 10000);
    struct answer_got *got =
        CALL_AS(w, root, "metrics.query", "{\"step_s\":10,\"names\":[\"messages\"]}");
    CHECK_TEXT(json_look(got->json, "series.messages"), "[0,null,7]");
    post_free(w);
}

static void a_query_has_at_most_1500_points(void)
{
    struct post *w = post_new();
    post_tick(w, 0);
    long long now = (long long)post_now(w);
    /* 1,500 steps of 10 s, with both ends: now and 14,990 s before it */
    struct answer_got *got =
        CALL_AS(w, root, "metrics.query", "{\"step_s\":10,\"since\":%lld}", now - 14990000);
    CHECK_INT(got->err, ERR_OK);
    got = CALL_AS(w, root, "metrics.query", "{\"step_s\":10,\"since\":%lld}", now - 15000000);
    CHECK_INT(got->code, 106);
    CHECK_TEXT(got->field, "step_s");
    /* without step_s the finest that fits is taken */
    got = CALL_AS(w, root, "metrics.query", "{\"since\":%lld}", now - 15000000);
    CHECK_INT(got_int(got, "step_s"), 60);
    got = CALL_AS(w, root, "metrics.query", "{}");
    CHECK_INT(got_int(got, "step_s"), 10);
    CHECK_INT(CALL_AS(w, root, "metrics.query", "{\"since\":0}")->code, 106);
    CHECK_INT(CALL_AS(w, root, "metrics.query", "{\"step_s\":3600,\"since\":0}")->code, 106);
    post_free(w);
}

static void a_bad_query_names_its_field(void)
{
    struct post *w = post_new();
    const char *const bad[][2] = {
        {"{\"names\":[\"connections\",\"nothing\"]}", "names"},
        {"{\"names\":\"connections\"}", "names"},
        {"{\"step_s\":30}", "step_s"},
        {"{\"step_s\":\"10\"}", "step_s"},
        {"{\"since\":-1}", "since"},
        {"{\"since\":2000,\"until\":1000}", "since"},
        {"{\"until\":99999999999999999}", "until"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer_got *got =
            product_call_text(w->p, &w->as_root, "metrics.query", text_of(bad[i][0]));
        CHECK_INT(got->code, 107);
        CHECK_TEXT(got->field, bad[i][1]);
    }
    struct answer_got *got = CALL_AS(w, root, "metrics.query", "{\"since\":1000,\"until\":2000}");
    CHECK_INT(got_count(got, "times"), 0); /* long before the first sample */
    CHECK_TEXT(json_look(got->json, "series.fds"), "[]");
    post_free(w);
}

/* 24 h, 30 days, 2 years of samples; 30 days of ended connections and of send keys; open rows stay. What is named new is
 * exactly as old as it may be at the second tick. */
static void what_is_too_old_goes_a_few_rows_at_a_time(void)
{
    struct post *w = post_new();
    const char *const rows[] = {
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700) "
        "INSERT INTO sample SELECT 10, 'old', 1699000000000 + i, 1 FROM n",
        "INSERT INTO sample VALUES (10, 'new', 1700000000500 - 86400000, 1)",
        "INSERT INTO sample VALUES (60, 'old', 1699999999999 - 30 * 86400000, 1)",
        "INSERT INTO sample VALUES (60, 'new', 1700000000500 - 30 * 86400000, 1)",
        "INSERT INTO sample VALUES (3600, 'old', 1699999999999 - 730 * 86400000, 1)",
        "INSERT INTO sample VALUES (3600, 'new', 1700000000500 - 730 * 86400000, 1)",
        "INSERT INTO mark VALUES (1699999999999 - 730 * 86400000, 'old')",
        "INSERT INTO connection (id, client, address, transport, since_ms, closed_ms) "
        "VALUES ('old', '', '', '', 1, 1699999999999 - 30 * 86400000)",
        "INSERT INTO connection (id, client, address, transport, since_ms, closed_ms) "
        "VALUES ('new', '', '', '', 1, 1700000000500 - 30 * 86400000)",
        "INSERT INTO connection (id, client, address, transport, since_ms) "
        "VALUES ('open', '', '', '', 1)",
        "INSERT INTO message (id, room_id, offset, author_id, text, created_ms, key) "
        "VALUES (1, 1, 1, 1, 't', 1, 'k')",
        "INSERT INTO send_key VALUES (1, 'old', 1, 1, 1699999999999 - 30 * 86400000)",
        "INSERT INTO send_key VALUES (1, 'new', 1, 1, 1700000000500 - 30 * 86400000)",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        must(test_sql(w->p->store, rows[i]) == ERR_OK);
    post_tick(w, 0);
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM sample WHERE step_s = 10 AND name = 'old'"),
               "200"); /* 500 at a time, */
    post_tick(w, 500);
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM sample WHERE name = 'old'"), "0"); /* soon more */
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM sample WHERE name = 'new'"), "3");
    CHECK_TEXT(post_look(w, "SELECT group_concat(id) FROM (SELECT id FROM connection ORDER BY id)"),
               "new,open");
    CHECK_TEXT(post_look(w, "SELECT group_concat(key) FROM send_key"), "new");
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM mark WHERE text = 'old'"), "0");
    post_free(w);
}

/* 1,500 keys of one author, every second one old; keys of imports (author 0) stay, however old. */
static void old_keys_go_a_thousand_looks_at_a_time(void)
{
    struct post *w = post_new();
    const char *const rows[] = {
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
        "INSERT INTO send_key SELECT 1, printf('%04d', i), 1, 1, "
        "1700000000000 - (i % 2) * 31 * 86400000 FROM n",
        "INSERT INTO send_key VALUES (0, 'imported', 1, 1, 1)",
        "INSERT INTO send_key VALUES (2, 'old', 1, 1, 1699999999999 - 30 * 86400000)",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        must(test_sql(w->p->store, rows[i]) == ERR_OK);
    post_tick(w, 0);
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM send_key WHERE author_id = 1"), "1000");
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM send_key WHERE key = 'old'"), "1");
    post_tick(w, 500);
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM send_key WHERE author_id = 1"), "750");
    CHECK_TEXT(post_look(w, "SELECT group_concat(key) FROM send_key WHERE author_id <> 1"),
               "imported");
    must(test_sql(w->p->store, "UPDATE send_key SET created_ms = 5 WHERE key < '0100'") == ERR_OK);
    post_tick(w, 60000); /* and from the start again */
    CHECK_TEXT(post_look(w, "SELECT min(key) || ' ' || count(*) FROM send_key WHERE author_id = 1"),
               "0100 701");
    post_free(w);
}

static void readiness_names_what_is_wrong(void)
{
    struct post *w = post_new();
    struct buf why;
    buf_init(&why, 4096);
    CU_ASSERT_TRUE(ops_ready(w->ops, &why));
    CHECK_INT(why.len, 0);
    w->alive = false; /* a thread stands still */
    level_report(&w->level, REASON_memory, true, 0);
    CU_ASSERT_FALSE(ops_ready(w->ops, &why));
    CU_ASSERT_TRUE(text_starts(buf_text(&why), TEXT("shedding: Memory is short")));
    buf_add_char(&why, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.data, "\nreactor 0 has not turned for 5 s\n"));
    w->alive = true;
    level_report(&w->level, REASON_memory, false, 5000);
    buf_clear(&why);
    CU_ASSERT_TRUE(ops_ready(w->ops, &why)); /* and again without a restart */
    CHECK_INT(why.len, 0);
    buf_fini(&why);
    post_free(w);
}

static void now_is_a_json_object_of_all_figures(void)
{
    struct post *w = post_new();
    struct buf now;
    buf_init(&now, 4096);
    metric_add(METRIC_messages, 3);
    ops_now(w->ops, &now);
    CU_ASSERT_TRUE(json_valid(buf_text(&now), 4));
    struct text object = buf_text(&now);
    struct json_member m;
    unsigned count = 0;
    while (json_member(&object, &m))
        CHECK_TEXT(m.key, figures[count++].name);
    CHECK_INT(count, FIGURES_COUNT);
    buf_add_char(&now, 0);
    CHECK_TEXT(json_look(now.data, "messages"), "3");
    buf_fini(&now);
    post_free(w);
}

UNIT("ops/metrics", CASE(values_fold_by_their_kind),
     CASE(each_ten_seconds_have_one_sample_of_every_name),
     CASE(samples_are_folded_into_longer_steps_as_they_come),
     CASE(counters_survive_a_sample_that_was_not_stored), CASE(a_query_has_at_most_1500_points),
     CASE(a_bad_query_names_its_field), CASE(what_is_too_old_goes_a_few_rows_at_a_time),
     CASE(old_keys_go_a_thousand_looks_at_a_time), CASE(readiness_names_what_is_wrong),
     CASE(now_is_a_json_object_of_all_figures))
