/* A user's connections: in, out, limits, signs of life, and a send that reaches all of them (S17-S21). */
#include "manager/ws_connection.h"

#include "base/metrics.h"
#include "fault.h"
#include "hub/notice.h"
#include "unit.h"
#include "ws_world.h"

#include <stdlib.h>

struct world {
    struct fake_clock clock;
    struct ws_registry *registry;
};

static void world_begin(struct world *w, unsigned connections_max)
{
    fake_clock_init(&w->clock);
    w->registry = registry_new(&(struct ws_registry_options){
        .env = &w->clock.env, .connections_max = connections_max, .idle_ms = 0});
}

/* What a session would be: it writes down what reaches it. */
struct tab {
    struct ws_connection *connection;
    char got[256];
    unsigned messages, closed_with;
    uint64_t number;
};

static bool tab_deliver(void *ctx, const uint64_t *numbers, size_t count, struct notice *n)
{
    struct tab *t = ctx;
    CHECK_INT(count, 1);
    CHECK_INT(numbers[0], t->number);
    t->messages++;
    (void)text_copy(t->got, sizeof t->got, notice_json(n));
    return true;
}

static void tab_close(void *ctx, uint64_t number, unsigned code, struct text reason)
{
    struct tab *t = ctx;
    CHECK_INT(number, t->number);
    t->closed_with = code;
    (void)text_copy(t->got, sizeof t->got, reason);
}

static enum err tab_open(struct tab *t, struct ws_manager *m, const char *id, uint64_t number)
{
    *t = (struct tab){.number = number};
    static const struct ws_connection_ways ways = {tab_deliver, tab_close};
    struct ws_connection_handle handle = {t, number, &ways};
    return ws_connection_add(m, id, &handle, 33000, &t->connection);
}

/* S17: the 11th connection is refused and the first 10 are left alone; with one less there is room again. */
static void s17_the_connection_over_the_limit_is_refused(void)
{
    struct world w;
    world_begin(&w, 10);
    struct ws_manager *m = manager_of(w.registry, "42");
    struct tab tabs[10], late;
    for (unsigned i = 0; i < 10; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "c%u", i);
        CHECK_INT(tab_open(&tabs[i], m, id, i), ERR_OK);
    }
    CHECK_INT(tab_open(&late, m, "late", 99), ERR_LIMIT);
    CU_ASSERT_PTR_NULL(late.connection);
    CHECK_INT(ws_manager_connections(m), 10);
    CHECK_INT(ws_manager_send(m, TEXT("{}"), NULL).connections, 10);
    for (unsigned i = 0; i < 10; i++)
        CHECK_INT(tabs[i].messages, 1);
    tabs[3].connection = ws_connection_remove(tabs[3].connection);
    CU_ASSERT_PTR_NULL(ws_connection_remove(tabs[3].connection)); /* twice is harmless */
    CHECK_INT(tab_open(&late, m, "late", 99), ERR_OK);
    ws_connection_remove(late.connection);
    for (unsigned i = 0; i < 10; i++)
        ws_connection_remove(tabs[i].connection);
    CHECK_INT(ws_manager_connections(m), 0);
    ws_manager_unref(m);
    ws_registry_free(w.registry);
}

/* S17: 10,000 connections come and go and leave nothing; users are counted by their first and last. */
static void s17_ten_thousand_come_and_go(void)
{
    struct world w;
    world_begin(&w, 10);
    int64_t users = metric_get(METRIC_users);
    unsigned total = SANITIZED ? 2000 : 10000;
    for (unsigned i = 0; i < total; i++) {
        char user[16];
        (void)snprintf(user, sizeof user, "%u", i % 100);
        struct ws_manager *m = manager_of(w.registry, user);
        struct tab a, b;
        CHECK_INT(tab_open(&a, m, "a", 1), ERR_OK);
        CHECK_INT(tab_open(&b, m, "b", 2), ERR_OK);
        ws_manager_unref(m); /* the connections hold it now */
        struct ws_registry_status status = ws_registry_status(w.registry);
        CHECK_INT(status.connections, 2);
        CHECK_INT(status.users_connected, 1);
        CHECK_INT(metric_get(METRIC_users) - users, 1);
        CHECK_INT(ws_registry_sweep(w.registry), 0);
        ws_connection_remove(a.connection);
        CHECK_INT(ws_registry_status(w.registry).users_connected, 1);
        ws_connection_remove(b.connection);
        CHECK_INT(ws_registry_sweep(w.registry), 1);
    }
    struct ws_registry_status status = ws_registry_status(w.registry);
    CHECK_INT(status.connections, 0);
    CHECK_INT(status.users_connected, 0);
    CHECK_INT(status.count, 0);
    CHECK_INT(metric_get(METRIC_users), users);
    ws_registry_free(w.registry);
}

/* S15, S17: without memory a connection is refused and nothing is left of it. */
static void s15_a_connection_without_memory_leaves_nothing(void)
{
    struct world w;
    world_begin(&w, 0);
    struct ws_manager *m = manager_of(w.registry, "42");
    enum { TABS = 100 };
    struct tab tabs[TABS];
    unsigned failed = 0;
    for (unsigned i = 0; i < TABS; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "c%u", i);
        for (unsigned n = 1;; n++) {
            fault_at(n);
            enum err e = tab_open(&tabs[i], m, id, i);
            bool fired = fault_end(), there = e == ERR_OK;
            CU_ASSERT_TRUE(there || (fired && e == ERR_NOMEM)); /* more buckets can wait */
            CHECK_INT(ws_manager_connections(m), there ? i + 1 : i);
            if (there)
                break;
            failed++;
        }
    }
    CHECK_INT(failed, TABS); /* the connection each time */
    fault_at(1);
    CHECK_INT(ws_manager_send(m, TEXT("{}"), NULL).connections,
              0); /* no memory for the frame: nobody got it */
    CU_ASSERT_TRUE(fault_end());
    CHECK_INT(tabs[0].messages, 0);
    for (unsigned i = 0; i < TABS; i++)
        ws_connection_remove(tabs[i].connection);
    ws_manager_unref(m);
    ws_registry_free(w.registry);
}

/* S18, S19: a connection is found by its own id, within its user only; the same id twice is refused. */
static void s19_is_found_by_its_id_within_its_user(void)
{
    struct world w;
    world_begin(&w, 10);
    struct ws_manager *me = manager_of(w.registry, "me"), *you = manager_of(w.registry, "you");
    char id[UUID_SIZE];
    env_uuid(&w.clock.env, id);
    struct tab mine, yours, twin;
    CHECK_INT(tab_open(&mine, me, id, 1), ERR_OK);
    CHECK_INT(tab_open(&yours, you, "other", 2), ERR_OK);
    CHECK_INT(tab_open(&twin, me, id, 3), ERR_CONFLICT);
    CHECK_INT(ws_manager_connections(me), 1);

    CHECK_INT(ws_manager_close_one(you, text_of(id), 3503, TEXT("foreign")), false);
    CHECK_INT(mine.closed_with, 0); /* another user's manager cannot reach it */
    CHECK_INT(ws_manager_close_one(me, text_of("nobody"), 3503, TEXT("x")), false);
    CHECK_INT(ws_manager_close_one(me, text_of(id), 3503, TEXT("force disconnect")), true);
    CHECK_INT(mine.closed_with, 3503);
    CHECK_TEXT(mine.got, "force disconnect");
    CHECK_INT(yours.closed_with, 0);
    ws_connection_remove(mine.connection);
    ws_connection_remove(yours.connection);
    ws_manager_unref(me);
    ws_manager_unref(you);
    ws_registry_free(w.registry);
}

/* S6, S20: a send reaches all tabs of its user, in more than one portion too, and nobody else's. */
static void s20_a_send_reaches_all_tabs_of_the_user_only(void)
{
    enum { TABS = 50 };
    struct world w;
    world_begin(&w, 0);
    struct ws_manager *me = manager_of(w.registry, "me"), *you = manager_of(w.registry, "you");
    struct tab tabs[TABS], yours;
    for (unsigned i = 0; i < TABS; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "c%u", i);
        CHECK_INT(tab_open(&tabs[i], me, id, i), ERR_OK);
    }
    CHECK_INT(tab_open(&yours, you, "c0", 7), ERR_OK);
    CHECK_INT(ws_manager_send(me, TEXT("{\"n\":1}"), NULL).connections, TABS);
    CHECK_INT(ws_manager_send(you, TEXT("{\"n\":2}"), NULL).connections, 1);
    for (unsigned i = 0; i < TABS; i++) {
        CHECK_INT(tabs[i].messages, 1);
        CHECK_TEXT(tabs[i].got, "{\"n\":1}");
    }
    CHECK_TEXT(yours.got, "{\"n\":2}");
    CHECK_INT(ws_manager_close(me, 3001, TEXT("shutdown")), TABS);
    for (unsigned i = 0; i < TABS; i++) {
        CHECK_INT(tabs[i].closed_with, 3001);
        ws_connection_remove(tabs[i].connection);
    }
    CHECK_INT(yours.closed_with, 0);
    CHECK_INT(ws_manager_send(me, TEXT("{}"), NULL).connections, 0);
    CHECK_INT(ws_manager_close(me, 3001, TEXT("shutdown")), 0);
    ws_connection_remove(yours.connection);
    ws_manager_unref(me);
    ws_manager_unref(you);
    ws_registry_free(w.registry);
}

/* A callback that calls back: it closes its own connection and asks the registry, in the middle of a send. */
struct caller {
    struct ws_registry *registry;
    struct ws_manager *manager;
    struct ws_connection *connection;
    unsigned calls;
};

static bool deliver_and_call_back(void *ctx, const uint64_t *numbers, size_t count,
                                  struct notice *n)
{
    struct caller *c = ctx;
    (void)numbers;
    (void)count;
    (void)n;
    c->calls++;
    ws_manager_unref(manager_of(c->registry, "made inside"));
    CHECK_INT(ws_manager_connections(c->manager), 1);
    CHECK_INT(ws_registry_status(c->registry).count, 2);
    c->connection = ws_connection_remove(c->connection);
    return true;
}

static void caller_close(void *ctx, uint64_t number, unsigned code, struct text reason)
{
    (void)ctx;
    (void)number;
    (void)code;
    (void)reason;
}

/* S7: no lock is held over a callback. */
static void s7_a_callback_may_call_the_registry(void)
{
    struct world w;
    world_begin(&w, 10);
    struct caller c = {.registry = w.registry, .manager = manager_of(w.registry, "42")};
    static const struct ws_connection_ways ways = {deliver_and_call_back, caller_close};
    struct ws_connection_handle handle = {&c, 0, &ways};
    CHECK_INT(ws_connection_add(c.manager, "c", &handle, 1000, &c.connection), ERR_OK);
    CHECK_INT(ws_manager_send(c.manager, TEXT("{}"), NULL).connections, 1);
    CHECK_INT(c.calls, 1);
    CHECK_INT(ws_manager_connections(c.manager), 0);
    ws_manager_unref(c.manager);
    ws_registry_free(w.registry);
}

/* S21: active for exactly the promised time after the last sign of life of any of the tabs. */
static void s21_is_active_until_the_promised_time(void)
{
    struct world w;
    world_begin(&w, 10);
    struct ws_manager *m = manager_of(w.registry, "42");
    int64_t now_ms = env_monotonic_ms(&w.clock.env);
    CHECK_INT(ws_manager_active(m, now_ms), false);
    struct tab frozen, alive;
    CHECK_INT(tab_open(&frozen, m, "a", 1), ERR_OK); /* 33,000 ms */
    CHECK_INT(ws_manager_active(m, now_ms + 33000), true);
    CHECK_INT(ws_manager_active(m, now_ms + 33001), false);
    CHECK_INT(tab_open(&alive, m, "b", 2), ERR_OK);
    ws_connection_alive(alive.connection, now_ms + 20000);
    CHECK_INT(ws_manager_active(m, now_ms + 53000), true);
    CHECK_INT(ws_manager_active(m, now_ms + 53001), false);
    ws_connection_remove(alive.connection);
    CHECK_INT(ws_manager_active(m, now_ms + 33001), false);
    ws_connection_remove(frozen.connection);
    CHECK_INT(ws_manager_active(m, now_ms), false);
    ws_manager_unref(m);
    ws_registry_free(w.registry);
}

/* ---- S6, S7: users who send at the same time */

struct inbox {
    struct ws_manager *manager;
    char mark[16]; /* what this user's messages look like */
    atomic_uint right, wrong;
    unsigned rounds;
};

static bool inbox_deliver(void *ctx, const uint64_t *numbers, size_t count, struct notice *n)
{
    struct inbox *i = ctx;
    (void)numbers;
    (void)count;
    bool mine = text_is(notice_json(n), text_of(i->mark));
    atomic_fetch_add(mine ? &i->right : &i->wrong, 1);
    return true;
}

static void inbox_close(void *ctx, uint64_t number, unsigned code, struct text reason)
{
    (void)number;
    (void)code;
    (void)reason;
    (void)ctx;
}

static void send_and_reconnect(void *ctx, unsigned number)
{
    struct inbox *mine = (struct inbox *)ctx + number / 2; /* two threads a user */
    static const struct ws_connection_ways ways = {inbox_deliver, inbox_close};
    struct ws_connection_handle handle = {mine, 0, &ways};
    for (unsigned i = 0; i < mine->rounds; i++) {
        struct ws_connection *c = NULL;
        char id[UUID_SIZE];
        (void)snprintf(id, sizeof id, "%u-%u", number, i);
        CHECK_INT(ws_connection_add(mine->manager, id, &handle, 1000, &c), ERR_OK);
        CU_ASSERT_TRUE(ws_manager_send(mine->manager, text_of(mine->mark), NULL).connections >= 1);
        ws_connection_alive(c, i);
        (void)ws_manager_active(mine->manager, i);
        (void)ws_manager_close_one(mine->manager, text_of(id), 3001, TEXT_NONE);
        ws_connection_remove(c);
    }
}

/* S6: two tabs each of 8 users connect, send and leave from 16 threads: each sees its own messages only. */
static void s6_users_who_send_at_once_see_only_their_own(void)
{
    enum { USERS = 8 };
    struct world w;
    world_begin(&w, 10);
    struct inbox inboxes[USERS];
    for (unsigned u = 0; u < USERS; u++) {
        inboxes[u] = (struct inbox){.rounds = SANITIZED ? 60 : 1000};
        (void)snprintf(inboxes[u].mark, sizeof inboxes[u].mark, "%u", u);
        inboxes[u].manager = manager_of(w.registry, inboxes[u].mark);
    }
    crowd_run(2 * USERS, send_and_reconnect, inboxes);
    for (unsigned u = 0; u < USERS; u++) {
        CHECK_INT(atomic_load(&inboxes[u].wrong), 0);
        CU_ASSERT_TRUE(atomic_load(&inboxes[u].right) >= 2 * inboxes[u].rounds);
        CHECK_INT(ws_manager_connections(inboxes[u].manager), 0);
        ws_manager_unref(inboxes[u].manager);
    }
    CHECK_INT(ws_registry_status(w.registry).connections, 0);
    ws_registry_free(w.registry);
}

UNIT("manager/connection", CASE(s17_the_connection_over_the_limit_is_refused),
     CASE(s17_ten_thousand_come_and_go), CASE(s15_a_connection_without_memory_leaves_nothing),
     CASE(s19_is_found_by_its_id_within_its_user),
     CASE(s20_a_send_reaches_all_tabs_of_the_user_only), CASE(s7_a_callback_may_call_the_registry),
     CASE(s21_is_active_until_the_promised_time),
     CASE(s6_users_who_send_at_once_see_only_their_own))
