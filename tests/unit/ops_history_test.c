/* The history of connections: S18, S25. Rows are written in batches, in order, and never in the way of a reactor. */
#include "fault_disk.h"
#include "ops_place.h"
#include "store/embedded.h"
#include "unit.h"

static void a_row_is_there_after_the_tick_and_says_how_it_ended(void)
{
    struct post *w = post_new();
    struct ws_connection_record r = post_record(w, "c-1", w->ana, "tab-1");
    ops_connection_opened(w->ops, &r);
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM connection"), "0"); /* not before the tick */
    post_tick(w, 100);
    CHECK_TEXT(post_look(w, "SELECT user_id || ' ' || closed_ms || ' ' || tab FROM connection"),
               "3 0 tab-1");

    product_advance(w->p, 4900);
    r.rtt_ms = 12, r.bytes_in = 100, r.bytes_out = 200, r.frames_in = 3, r.frames_out = 4;
    r.queue_peak_bytes = 5000;
    post_ends(w, &r, 3008, "slow", "server");
    post_tick(w, 100);
    struct answer_got *got = CALL_AS(w, root, "connection.history", "{}");
    CHECK_INT(got_count(got, "closed"), 1);
    CHECK_TEXT(got_text(got, "closed.0.id"), "c-1");
    CHECK_TEXT(got_text(got, "closed.0.user.name"), "ana");
    CHECK_TEXT(got_text(got, "closed.0.client"), "Test, Linux");
    CHECK_TEXT(got_text(got, "closed.0.address"), "127.0.0.1");
    CHECK_TEXT(got_text(got, "closed.0.transport"), "websocket");
    CHECK_INT(got_int(got, "closed.0.since"), r.connected_ms);
    CHECK_INT(got_int(got, "closed.0.closed"), r.connected_ms + 5000);
    CHECK_INT(got_int(got, "closed.0.lasted_ms"), 5000);
    CHECK_INT(got_int(got, "closed.0.rtt_ms"), 12);
    CHECK_INT(got_int(got, "closed.0.bytes_in"), 100);
    CHECK_INT(got_int(got, "closed.0.bytes_out"), 200);
    CHECK_INT(got_int(got, "closed.0.frames_in"), 3);
    CHECK_INT(got_int(got, "closed.0.frames_out"), 4);
    CHECK_INT(got_int(got, "closed.0.queue_peak_bytes"), 5000);
    CHECK_INT(got_int(got, "closed.0.code"), 3008);
    CHECK_TEXT(got_text(got, "closed.0.reason"), "slow");
    CHECK_TEXT(got_text(got, "closed.0.by"), "server");
    CHECK_TEXT(got_text(got, "closed.0.back_ms"), "(absent)");
    CHECK_TEXT(got_text(got, "closed.0.recovered"), "(absent)");
    CHECK_TEXT(got_text(got, "closed.0.rooms"), "(absent)");
    CHECK_TEXT(got_text(got, "by_code.3008"), "1");
    post_free(w);
}

static void who_was_refused_has_a_row_without_a_user(void)
{
    struct post *w = post_new();
    struct ws_connection_record r = post_record(w, "c-1", 0, "");
    post_ends(w, &r, 3500, "invalid token", "server");
    struct ws_connection_record gone = post_record(w, "c-2", 999, ""); /* no such user any more */
    post_ends(w, &gone, 1006, "", "network");
    post_tick(w, 100);
    struct answer_got *got = CALL_AS(w, root, "connection.history", "{}");
    CHECK_INT(got_count(got, "closed"), 2);
    CHECK_TEXT(got_text(got, "closed.0.user"), "(absent)");
    CHECK_TEXT(got_text(got, "closed.1.user"), "(absent)");
    post_free(w);
}

/* 512 rows that wait are written at once: a tick may be far. */
static void many_rows_do_not_wait_for_the_tick(void)
{
    struct post *w = post_new();
    for (int i = 0; i < 512; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "c-%d", i);
        struct ws_connection_record r = post_record(w, id, w->ana, "");
        if (i == 511)
            CHECK_TEXT(post_look(w, "SELECT count(*) FROM connection"), "0");
        ops_connection_opened(w->ops, &r);
    }
    post_settle(w);
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM connection"), "512");
    post_free(w);
}

/* A writer that is held keeps nobody waiting; afterwards everything is there, each row with its end. */
static void rows_that_waited_for_the_writer_keep_their_order(void)
{
    struct post *w = post_new();
    struct gate gate;
    gate_close(&gate, writer_submit, w->p->store);
    for (int i = 0; i < 700; i++) { /* 1,400 notes: more than two batches of 512 */
        char id[24];
        (void)snprintf(id, sizeof id, "c-%d", i);
        struct ws_connection_record r = post_record(w, id, w->ana, "");
        ops_connection_opened(w->ops, &r);
        product_advance(w->p, 1);
        post_ends(w, &r, 1000, "", "client");
    }
    gate_open(&gate);
    gate_fini(&gate);
    post_wait(w, "SELECT count(*) FROM connection WHERE closed_ms = since_ms + 1", "700");
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM connection"), "700");
    CHECK_TEXT(post_look(w, "SELECT count(*) FROM connection WHERE closed_ms = since_ms + 1"),
               "700");
    post_free(w);
}

/* The list is bounded at 16,384; opened rows stop at half, because a closed one holds all that they do. */
static void a_full_list_gives_up_opened_rows_first_and_counts_them(void)
{
    struct post *w = post_new();
    struct gate gate;
    gate_close(&gate, writer_submit, w->p->store);
    ops_tick(w->ops); /* the sample's job is in the queue, and nothing of ours */
    int64_t dropped = metric_get(METRIC_history_dropped);
    struct ws_connection_record r = post_record(w, "c", w->ana, "");
    /* 512 are taken as a batch, which the gate holds; 8,192 wait behind them */
    for (int i = 0; i < 512 + 8192; i++)
        ops_connection_opened(w->ops, &r);
    CHECK_INT(metric_get(METRIC_history_dropped) - dropped, 0);
    ops_connection_opened(w->ops, &r);
    CHECK_INT(metric_get(METRIC_history_dropped) - dropped, 1);
    for (int i = 0; i < 8192; i++)
        ops_connection_closed(w->ops, &r);
    CHECK_INT(metric_get(METRIC_history_dropped) - dropped, 1);
    ops_connection_closed(w->ops, &r);
    CHECK_INT(metric_get(METRIC_history_dropped) - dropped, 2);
    gate_open(&gate);
    gate_fini(&gate);
    post_free(w);
}

/* S25: a crash leaves rows open; the next start closes them. A stop in order writes what waits first. */
static void the_next_start_closes_what_a_crash_left_open(void)
{
    struct post *w = post_new();
    struct ws_connection_record open = post_record(w, "open", w->ana, "tab-1");
    struct ws_connection_record ended = post_record(w, "ended", w->ben, "tab-2");
    ops_connection_opened(w->ops, &open);
    ops_connection_opened(w->ops, &ended);
    post_ends(w, &ended, 1001, "", "client");
    post_tick(w, 100);
    post_crash(w);
    product_advance(w->p, 60000);
    post_start(w);
    struct answer_got *got = CALL_AS(w, root, "connection.history", "{}");
    CHECK_INT(got_count(got, "closed"), 2);
    CHECK_TEXT(got_text(got, "closed.0.id"), "open");
    CHECK_INT(got_int(got, "closed.0.code"), 3001);
    CHECK_TEXT(got_text(got, "closed.0.reason"), "server stopped");
    CHECK_TEXT(got_text(got, "closed.0.by"), "server");
    CHECK_INT(got_int(got, "closed.0.closed"), post_now(w));
    CHECK_INT(got_int(got, "closed.1.code"), 1001); /* as it was */

    struct ws_connection_record last = post_record(w, "last", w->ana, "");
    ops_connection_opened(w->ops, &last);
    post_ends(w, &last, 3001, "shutdown", "server");
    post_stop(w); /* without a tick */
    CHECK_TEXT(post_look(w, "SELECT code || reason FROM connection WHERE id = 'last'"),
               "3001shutdown");
    CHECK_TEXT(post_look(w, "SELECT group_concat(text) FROM mark"),
               "Server started,Server started,Server stopped");
    post_free(w);
}

static void a_tab_that_is_back_is_noted_on_the_row_of_its_break(void)
{
    struct post *w = post_new();
    struct ws_connection_record first = post_record(w, "first", w->ana, "tab-1");
    struct ws_connection_record other =
        post_record(w, "other", w->ben, "tab-1"); /* another's tab */
    struct ws_connection_record program = post_record(w, "program", w->ana, "");
    ops_connection_opened(w->ops, &first);
    ops_connection_opened(w->ops, &other);
    product_advance(w->p, 1000);
    post_ends(w, &other, 1001, "", "client");
    post_ends(w, &program, 1001, "", "client");
    product_advance(w->p, 1000);
    post_ends(w, &first, 1006, "", "network");
    product_advance(w->p, 1500);
    struct ws_connection_record second = post_record(w, "second", w->ana, "tab-1");
    ops_connection_opened(w->ops, &second);
    post_tick(w, 100);

    /* as long as it is open it tells itself whether it was recovered */
    struct answer_got *got = CALL_AS(w, root, "connection.history", "{}");
    CHECK_TEXT(got_text(got, "closed.0.id"), "first");
    CHECK_INT(got_int(got, "closed.0.back_ms"), 1500);
    CHECK_TEXT(got_text(got, "closed.0.recovered"), "(absent)");
    CHECK_TEXT(got_text(got, "closed.1.back_ms"), "(absent)");
    CHECK_TEXT(got_text(got, "closed.2.back_ms"), "(absent)");
    second.recovered = 0;
    w->live[w->live_count++] = second;
    CHECK_TEXT(got_text(CALL_AS(w, ana, "connection.history", "{}"), "closed.0.recovered"),
               "false");
    w->live[0].recovered = second.recovered = 1;
    got = CALL_AS(w, root, "connection.history", "{}");
    CHECK_TEXT(got_text(got, "closed.0.recovered"), "true");
    CHECK_TEXT(got_text(got, "closed.1.recovered"), "(absent)");

    /* afterwards its row has told the row of the break; its own end is another story */
    w->live_count = 0;
    w->live_err = ERR_BUSY; /* a history without the sessions' help is still one */
    post_ends(w, &second, 1001, "", "client");
    post_tick(w, 100);
    got = CALL_AS(w, root, "connection.history", "{}");
    CHECK_TEXT(got_text(got, "closed.0.id"), "second");
    CHECK_TEXT(got_text(got, "closed.0.recovered"), "(absent)");
    CHECK_TEXT(got_text(got, "closed.1.id"), "first");
    CHECK_TEXT(got_text(got, "closed.1.recovered"), "true");
    CHECK_INT(got_int(got, "closed.1.back_ms"), 1500);
    post_free(w);
}

/* A dead line may be noticed after its tab has a new one: it was back at once. */
static void a_line_that_ends_after_its_tab_is_back_was_away_for_a_moment(void)
{
    struct post *w = post_new();
    struct ws_connection_record dead = post_record(w, "dead", w->ana, "tab-1");
    ops_connection_opened(w->ops, &dead);
    product_advance(w->p, 30000);
    struct ws_connection_record next = post_record(w, "next", w->ana, "tab-1");
    ops_connection_opened(w->ops, &next);
    product_advance(w->p, 3000);
    post_ends(w, &dead, 3012, "no pong", "server");
    post_tick(w, 100);
    CHECK_TEXT(post_look(w, "SELECT back_ms FROM connection WHERE id = 'dead'"), "1");
    next.recovered = 1;
    post_ends(w, &next, 1001, "", "client");
    post_tick(w, 100);
    CHECK_TEXT(post_look(w, "SELECT recovered FROM connection WHERE id = 'dead'"), "1");
    CHECK_TEXT(post_look(w, "SELECT recovered FROM connection WHERE id = 'next'"), "-1");
    post_free(w);
}

static void being_connected_is_being_seen(void)
{
    struct post *w = post_new();
    struct ws_connection_record r = post_record(w, "c", w->ana, "");
    ops_connection_opened(w->ops, &r);
    post_tick(w, 100);
    CHECK_TEXT(post_look(w, "SELECT seen_ms FROM user WHERE name = 'ana'"), "1700000000000");
    product_advance(w->p, 900);
    post_ends(w, &r, 1001, "", "client");
    post_tick(w, 0);
    CHECK_TEXT(post_look(w, "SELECT seen_ms FROM user WHERE name = 'ana'"), "1700000001000");
    post_free(w);
}

/* What a full disk refused is written when there is room again; the level says so meanwhile, and marks do afterwards. */
static void tick_with_level(struct post *w, enum level wanted)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS, now_ms = 0; /* it is kept for 2 s */
    do {
        ops_tick(w->ops);
        level_report(&w->level, REASON_disk_full, store_status(w->p->store).read_only, now_ms);
        now_ms += 2000;
    } while (level_now(&w->level) != wanted && test_now_ms() < until_ms);
    CHECK_INT(level_now(&w->level), wanted);
}

static void a_full_disk_delays_rows_and_loses_none(void)
{
    struct post *w = post_new();
    struct buf why;
    buf_init(&why, 4096);
    post_tick(w, 100);
    CU_ASSERT_TRUE(ops_ready(w->ops, &why));
    int64_t dropped = metric_get(METRIC_history_dropped);

    disk_fault_at(DISK_NO_ROOM, 0);
    struct ws_connection_record r = post_record(w, "c", w->ana, "");
    post_ends(w, &r, 1001, "", "client");
    tick_with_level(w, LEVEL_READONLY);
    CU_ASSERT_FALSE(ops_ready(w->ops, &why));
    CU_ASSERT_TRUE(text_starts(buf_text(&why), TEXT("readonly: The disk is nearly full")));
    ops_mark(w->ops, "Disk full, read only");

    disk_fault_at(DISK_FINE, 0);
    post_wait(w, "SELECT count(*) FROM connection", "1");
    post_wait(w, "SELECT count(*) FROM mark", "2");
    CHECK_TEXT(post_look(w, "SELECT code FROM connection"), "1001");
    CHECK_TEXT(post_look(w, "SELECT group_concat(text) FROM mark"),
               "Server started,Disk full, read only");
    tick_with_level(w, LEVEL_NORMAL);
    CHECK_INT(metric_get(METRIC_history_dropped), dropped);
    buf_fini(&why);
    post_free(w);
}

/* Does what SQLite says of a query, in that column, name this? */
static bool explained_with(sqlite3 *db, const char *explain, enum query_id query, int column,
                           const char *what)
{
    char *sql = sqlite3_mprintf("%s %s", explain, queries[query].sql);
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        found |= strstr((const char *)sqlite3_column_text(stmt, column), what) != NULL;
    (void)sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return found;
}

/* Rows come by the hundred thousand, of one user too, and nobody walks through them for one: neither the writer at every
 * connection nor a reader at every page. */
static void each_row_is_found_by_an_index(void)
{
    static const struct {
        enum query_id query;
        const char *by;
    } looks[] = {
        {QUERY_OPS_CONNECTION_CLOSE, "connection_open (id=?)"},
        {QUERY_OPS_CONNECTION_BACK, "(user_id=? AND tab=?"},
        {QUERY_OPS_CONNECTION_NEXT, "(user_id=? AND tab=?"},
        {QUERY_OPS_CONNECTION_RECOVERED, "(user_id=? AND tab=?"},
        {QUERY_OPS_CLOSED_OF_USER, "connection_user (user_id=? AND closed_ms>?"},
        {QUERY_OPS_CLOSED_CODES_OF_USER, "COVERING INDEX connection_user (user_id=?"},
        {QUERY_OPS_CONNECTION_SINCE, "connection_open (id=?)"},
        {QUERY_OPS_CONNECTION_SINCE, "connection_closed (closed_ms>?)"},
        {QUERY_OPS_CONNECTION_SINCE_OF_USER, "connection_user (user_id=? AND closed_ms>?)"},
        {QUERY_OPS_KEY_STEP, "PRIMARY KEY ((author_id,key)>(?,?))"},
        {QUERY_OPS_KEY_PRUNE, "PRIMARY KEY ((author_id,key)>(?,?)"},
    };
    struct post *w = post_new();
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(w->p->folder.path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        CHECK_INT(explained_with(db, "EXPLAIN QUERY PLAN", looks[i].query, 3, looks[i].by), true);
    (void)sqlite3_close(db);
    post_free(w);
}

/* An INSERT that reads its own table makes a temporary one first: ten times the work of the row. */
static void a_row_needs_no_temporary_table(void)
{
    static const enum query_id written[] = {QUERY_OPS_CONNECTION_OPEN, QUERY_OPS_CONNECTION_CLOSE,
                                            QUERY_OPS_CONNECTION_ENDED};
    struct post *w = post_new();
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(w->p->folder.path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        CHECK_INT(explained_with(db, "EXPLAIN", written[i], 1, "OpenWrite"), true);
        CHECK_INT(explained_with(db, "EXPLAIN", written[i], 1, "OpenEphemeral"), false);
        CHECK_INT(explained_with(db, "EXPLAIN", written[i], 1, "OpenRead"), false);
    }
    (void)sqlite3_close(db);
    post_free(w);
}

int main(int argc, char **argv)
{
    static const struct unit_case cases[] = {
        CASE(a_row_is_there_after_the_tick_and_says_how_it_ended),
        CASE(who_was_refused_has_a_row_without_a_user),
        CASE(many_rows_do_not_wait_for_the_tick),
        CASE(rows_that_waited_for_the_writer_keep_their_order),
        CASE(a_full_list_gives_up_opened_rows_first_and_counts_them),
        CASE(the_next_start_closes_what_a_crash_left_open),
        CASE(a_tab_that_is_back_is_noted_on_the_row_of_its_break),
        CASE(a_line_that_ends_after_its_tab_is_back_was_away_for_a_moment),
        CASE(being_connected_is_being_seen),
        CASE(a_full_disk_delays_rows_and_loses_none),
        CASE(each_row_is_found_by_an_index),
        CASE(a_row_needs_no_temporary_table),
    };
    disk_fault_install();
    return unit_main("ops/history", cases, sizeof cases / sizeof cases[0], argc > 1 ? argv[1] : "");
}
