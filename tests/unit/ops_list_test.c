/* connection.list, connection.history's filters and pages, manager.list: who may see what, and nothing twice. */
#include "ops_place.h"
#include "unit.h"

/* Three of ana (one her own asking line), one of ben, one of Nook; the newest first. */
static struct post *five_lines(void)
{
    struct post *w = post_new();
    const int64_t users[] = {w->ana, w->ben, w->ana, 1, w->ana};
    for (int i = 0; i < 5; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "line-%d", i);
        w->live[w->live_count++] = post_record(w, id, users[i], "");
        product_advance(w->p, 1000);
    }
    w->live[4].rooms = 4;
    w->live[4].rtt_ms = 11;
    (void)snprintf(w->as_ana.connection, sizeof w->as_ana.connection, "line-4");
    return w;
}

static void an_admin_sees_all_open_lines_and_their_people(void)
{
    struct post *w = five_lines();
    struct answer_got *got = CALL_AS(w, root, "connection.list", "{}");
    CHECK_INT(got_count(got, "connections"), 5);
    CHECK_INT(got_int(got, "total"), 5);
    CHECK_INT(got_int(got, "people"), 2);
    CHECK_INT(got_int(got, "agents"), 1);
    CHECK_TEXT(got_text(got, "more"), "false");
    CHECK_TEXT(got_text(got, "connections.0.id"), "line-4");
    CHECK_TEXT(got_text(got, "connections.0.user.name"), "ana");
    CHECK_INT(got_int(got, "connections.0.rooms"), 4);
    CHECK_INT(got_int(got, "connections.0.rtt_ms"), 11);
    CHECK_INT(got_int(got, "connections.0.since"), w->live[4].connected_ms);
    CHECK_TEXT(got_text(got, "connections.0.this"), "false");
    CHECK_TEXT(got_text(got, "connections.0.code"), "(absent)");
    CHECK_TEXT(got_text(got, "connections.1.user.role"), "agent");
    CHECK_TEXT(got_text(got, "connections.4.id"), "line-0");

    got = product_call(w->p, &w->as_root, "connection.list", "{\"user\":\"%lld\"}",
                       (long long)w->ben);
    CHECK_INT(got_count(got, "connections"), 1);
    CHECK_TEXT(got_text(got, "connections.0.user.name"), "ben");
    post_free(w);
}

static void a_member_sees_own_lines_only(void)
{
    struct post *w = five_lines();
    struct answer_got *got = CALL_AS(w, ana, "connection.list", "{}");
    CHECK_INT(got_count(got, "connections"), 3);
    CHECK_INT(got_int(got, "total"), 3);
    CHECK_INT(got_int(got, "people"), 1);
    CHECK_INT(got_int(got, "agents"), 0);
    CHECK_TEXT(got_text(got, "connections.0.this"), "true");
    CHECK_TEXT(got_text(got, "connections.1.this"), "false");
    const char *const methods[] = {"connection.list", "connection.history"};
    for (int i = 0; i < 2; i++) {
        got = product_call(w->p, &w->as_ana, methods[i], "{\"user\":\"%lld\"}", (long long)w->ana);
        CHECK_INT(got->err, ERR_OK);
        got = product_call(w->p, &w->as_ana, methods[i], "{\"user\":\"%lld\"}", (long long)w->ben);
        CHECK_INT(got->code, 103);
        struct actor nobody = actor_nobody();
        CHECK_INT(product_call(w->p, &nobody, methods[i], "{}")->code, 101);
    }
    CHECK_INT(CALL_AS(w, ana, "manager.list", "{}")->code, 103);
    CHECK_INT(CALL_AS(w, ana, "metrics.query", "{}")->code, 103);
    CHECK_INT(CALL_AS(w, ana, "place.announce", "{\"text\":\"x\"}")->code, 103);
    post_free(w);
}

/* A page goes on behind a line also when that line has ended meanwhile. */
static void pages_of_open_lines_go_on_behind_a_line_that_is_gone(void)
{
    struct post *w = five_lines();
    for (int i = 0; i < 5; i++)
        ops_connection_opened(w->ops, &w->live[i]);
    post_tick(w, 100);
    struct answer_got *got = CALL_AS(w, root, "connection.list", "{\"limit\":2}");
    CHECK_INT(got_count(got, "connections"), 2);
    CHECK_TEXT(got_text(got, "more"), "true");
    got = CALL_AS(w, root, "connection.list", "{\"limit\":2,\"after\":\"line-3\"}");
    CHECK_TEXT(got_text(got, "connections.0.id"), "line-2");
    CHECK_TEXT(got_text(got, "connections.1.id"), "line-1");
    CHECK_INT(got_int(got, "total"), 5);
    struct ws_connection_record gone = w->live[3];
    w->live[3] = w->live[4], w->live_count = 4; /* line-3 is gone */
    got = CALL_AS(w, root, "connection.list", "{\"limit\":3,\"after\":\"line-3\"}");
    CHECK_TEXT(got_text(got, "connections.0.id"), "line-2");
    CHECK_INT(got_count(got, "connections"), 3);
    CHECK_TEXT(got_text(got, "more"), "false");
    post_ends(w, &gone, 1001, "", "client");
    post_tick(w, 100); /* its row says so */
    got = CALL_AS(w, root, "connection.list", "{\"after\":\"line-3\"}");
    CHECK_INT(got_count(got, "connections"), 3);
    gone = w->live[2], w->live[2] = w->live[3], w->live_count = 3; /* ana's line-2 too */
    post_ends(w, &gone, 1001, "", "client");
    post_tick(w, 100);
    got = CALL_AS(w, ana, "connection.list", "{\"after\":\"line-2\"}");
    CHECK_INT(got_count(got, "connections"), 1);
    CHECK_TEXT(got_text(got, "connections.0.id"), "line-0");
    got = CALL_AS(w, root, "connection.list", "{\"after\":\"never\"}");
    CHECK_INT(got->code, 107);
    CHECK_TEXT(got->field, "after");
    got = CALL_AS(w, ben, "connection.list", "{\"after\":\"line-4\"}"); /* not one of ben's */
    CHECK_INT(got->code, 107);
    post_free(w);
}

static void without_the_sessions_there_is_an_error_and_not_an_empty_list(void)
{
    struct post *w = post_new();
    w->live_err = ERR_BUSY;
    CHECK_INT(CALL_AS(w, root, "connection.list", "{}")->code, 111);
    w->live_err = ERR_OK;
    struct answer_got *got = CALL_AS(w, root, "connection.list", "{}");
    CHECK_INT(got_count(got, "connections"), 0);
    CHECK_INT(got_int(got, "people"), 0);
    post_free(w);
}

/* Seven that ended a second apart, by turns of ana (1001) and ben (3008); c-6 is the newest. */
static struct post *seven_ends(void)
{
    struct post *w = post_new();
    for (int i = 0; i < 7; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "c-%d", i);
        struct ws_connection_record r = post_record(w, id, i % 2 ? w->ben : w->ana, "");
        product_advance(w->p, 1000);
        post_ends(w, &r, i % 2 ? 3008 : 1001, "", "client");
    }
    struct ws_connection_record open = post_record(w, "open", w->ana, "");
    ops_connection_opened(w->ops, &open);
    post_tick(w, 100);
    return w;
}

static void history_is_filtered_by_user_code_and_time(void)
{
    struct post *w = seven_ends();
    struct answer_got *got = CALL_AS(w, root, "connection.history", "{}");
    CHECK_INT(got_count(got, "closed"), 7);
    CHECK_INT(got_int(got, "total"), 7);
    CHECK_INT(got_int(got, "by_code.1001"), 4);
    CHECK_INT(got_int(got, "by_code.3008"), 3);
    CHECK_TEXT(got_text(got, "closed.0.id"), "c-6");

    got = CALL_AS(w, root, "connection.history", "{\"code\":3008}");
    CHECK_INT(got_count(got, "closed"), 3);
    CHECK_INT(got_int(got, "total"), 3);
    CHECK_INT(got_int(got, "by_code.1001"), 4); /* the others are still told */

    got = CALL_AS(w, ben, "connection.history", "{}");
    CHECK_INT(got_count(got, "closed"), 3);
    CHECK_TEXT(got_text(got, "by_code.1001"), "(absent)");
    got = product_call(w->p, &w->as_root, "connection.history", "{\"user\":\"%lld\",\"code\":3008}",
                       (long long)w->ana);
    CHECK_INT(got_count(got, "closed"), 0);

    long long t0 = 1700000000000; /* c-i ended at t0 + 1000 (i + 1) */
    got = product_call(w->p, &w->as_root, "connection.history", "{\"since\":%lld,\"until\":%lld}",
                       t0 + 2000, t0 + 4000);
    CHECK_INT(got_count(got, "closed"), 3);
    CHECK_INT(got_int(got, "total"), 3);
    CHECK_TEXT(got_text(got, "closed.0.id"), "c-3");
    CHECK_TEXT(got_text(got, "closed.2.id"), "c-1");
    CHECK_INT(CALL_AS(w, root, "connection.history", "{\"limit\":501}")->code, 107);
    post_free(w);
}

static void pages_of_history_go_back_without_gap_or_repetition(void)
{
    struct post *w = seven_ends();
    struct answer_got *got = CALL_AS(w, root, "connection.history", "{\"limit\":3}");
    CHECK_TEXT(got_text(got, "closed.2.id"), "c-4");
    CHECK_TEXT(got_text(got, "more"), "true");
    got = product_call(w->p, &w->as_root, "connection.history", "{\"limit\":3,\"before\":%lld}",
                       (long long)got_int(got, "closed.2.closed"));
    CHECK_TEXT(got_text(got, "closed.0.id"), "c-3");
    CHECK_TEXT(got_text(got, "closed.2.id"), "c-1");
    CHECK_INT(got_int(got, "total"), 7); /* of the span, not of the page */
    CHECK_TEXT(got_text(got, "more"), "true");
    got = product_call(w->p, &w->as_root, "connection.history", "{\"limit\":3,\"before\":%lld}",
                       (long long)got_int(got, "closed.2.closed"));
    CHECK_INT(got_count(got, "closed"), 1);
    CHECK_TEXT(got_text(got, "closed.0.id"), "c-0");
    CHECK_TEXT(got_text(got, "more"), "false");
    post_free(w);
}

/* `before` is a time: lines of one millisecond are never torn apart by the end of a page. */
static void lines_that_ended_together_stay_on_one_page(void)
{
    struct post *w = post_new();
    struct ws_connection_record r = post_record(w, "late", w->ana, "");
    product_advance(w->p, 2000);
    post_ends(w, &r, 1001, "", "client");
    product_advance(w->p, -1000);
    for (int i = 0; i < 4; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "together-%d", i);
        r = post_record(w, id, w->ana, "");
        post_ends(w, &r, 3001, "shutdown", "server");
    }
    post_tick(w, 1100);
    struct answer_got *got = CALL_AS(w, root, "connection.history", "{\"limit\":3}");
    CHECK_INT(got_count(got, "closed"), 1); /* the page ends before them */
    CHECK_TEXT(got_text(got, "more"), "true");
    got = product_call(w->p, &w->as_root, "connection.history", "{\"limit\":3,\"before\":%lld}",
                       (long long)got_int(got, "closed.0.closed"));
    CHECK_INT(got_count(got, "closed"), 4); /* there is no smaller page */
    CHECK_TEXT(got_text(got, "more"), "false");
    post_free(w);
}

/* S13: the values match an independent count. */
static void managers_are_listed_with_their_people_and_counts(void)
{
    struct post *w = post_new();
    struct ws_manager *ana = NULL, *ben = NULL, *nook = NULL;
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)w->ana);
    must(ws_manager_get(w->registry, text_of(id), WS_MODE_UNIFIED, &ana) == ERR_OK);
    product_advance(w->p, 5);
    (void)snprintf(id, sizeof id, "%lld", (long long)w->ben);
    must(ws_manager_get(w->registry, text_of(id), WS_MODE_ISOLATED, &ben) == ERR_OK);
    must(ws_manager_get(w->registry, TEXT("1"), WS_MODE_UNIFIED, &nook) == ERR_OK);
    struct ws_connection_handle handle = {0};
    struct ws_connection *connection = NULL;
    must(ws_connection_add(ben, "c-1", &handle, 1000, &connection) == ERR_OK);

    struct answer_got *got = CALL_AS(w, root, "manager.list", "{\"limit\":2}");
    CHECK_INT(got_int(got, "count"), 3);
    CHECK_INT(got_int(got, "created"), 3);
    CHECK_INT(got_int(got, "freed"), 0);
    CHECK_INT(got_int(got, "oldest"), post_now(w) - 5);
    CHECK_INT(got_count(got, "managers"), 2);
    CHECK_TEXT(got_text(got, "more"), "true");
    CHECK_TEXT(got_text(got, "managers.0.user.name"), "nook");
    CHECK_TEXT(got_text(got, "managers.1.user.name"), "ana");
    got =
        product_call(w->p, &w->as_root, "manager.list", "{\"after\":\"%lld\"}", (long long)w->ana);
    CHECK_INT(got_count(got, "managers"), 1);
    CHECK_TEXT(got_text(got, "managers.0.user.name"), "ben");
    CHECK_INT(got_int(got, "managers.0.created"), post_now(w));
    CHECK_INT(got_int(got, "managers.0.connections"), 1);
    CHECK_TEXT(got_text(got, "managers.0.mode"), ws_mode_name(WS_MODE_ISOLATED));
    CHECK_TEXT(got_text(got, "more"), "false");

    ws_connection_remove(connection);
    ws_manager_unref(ana);
    ws_manager_unref(ben);
    ws_manager_unref(nook);
    product_advance(w->p, 2000);
    while (ws_registry_sweep(w->registry) > 0) {
    }
    got = CALL_AS(w, root, "manager.list", "{}");
    CHECK_INT(got_int(got, "count"), 0);
    CHECK_INT(got_int(got, "freed"), 3);
    CHECK_INT(got_count(got, "managers"), 0);
    post_free(w);
}

UNIT("ops/list", CASE(an_admin_sees_all_open_lines_and_their_people),
     CASE(a_member_sees_own_lines_only), CASE(pages_of_open_lines_go_on_behind_a_line_that_is_gone),
     CASE(without_the_sessions_there_is_an_error_and_not_an_empty_list),
     CASE(history_is_filtered_by_user_code_and_time),
     CASE(pages_of_history_go_back_without_gap_or_repetition),
     CASE(lines_that_ended_together_stay_on_one_page),
     CASE(managers_are_listed_with_their_people_and_counts))
