/* The registry: one manager a user, found by the full bytes of the id, freed when idle (S1, S4-S7, S10, S12-S15). */
#include "manager/ws_manager.h"

#include "base/buf.h"
#include "base/metrics.h"
#include "fault.h"
#include "unit.h"
#include "ws_world.h"

#include <stdlib.h>

static struct ws_registry_options options_with(struct fake_clock *clock)
{
    fake_clock_init(clock);
    return (struct ws_registry_options){
        .env = &clock->env, .connections_max = 10, .idle_ms = 60000};
}

/* S1: the second get of a user gives the same manager, and each get a reference. */
static void s1_a_user_gets_the_same_manager_again(void)
{
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    struct ws_registry *r = registry_new(&options);
    struct ws_manager *first = manager_of(r, "42"), *again = manager_of(r, "42");
    CU_ASSERT_PTR_EQUAL(first, again);
    CU_ASSERT_PTR_NULL(ws_manager_find(r, TEXT("43")));
    struct ws_manager *found = ws_manager_find(r, TEXT("42"));
    CU_ASSERT_PTR_EQUAL(found, first);
    CHECK_INT(ws_registry_status(r).created, 1);
    ws_manager_unref(found);
    ws_manager_unref(again);
    ws_manager_unref(first);
    CU_ASSERT_PTR_NULL(ws_manager_unref(NULL));
    ws_registry_free(r);
}

/* S1, S5: what is no user and no mode is refused, and nothing is made in its place. */
static void s5_refuses_an_empty_user_and_an_unknown_mode(void)
{
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    struct ws_registry *r = registry_new(&options);
    struct ws_manager *m = NULL;
    char longest[WS_USER_BYTES_MAX + 1];
    memset(longest, 'u', sizeof longest);
    CHECK_INT(ws_manager_get(r, TEXT_NONE, WS_MODE_UNIFIED, &m), ERR_NO_USER);
    CHECK_INT(ws_manager_get(r, text_of(NULL), WS_MODE_UNIFIED, &m), ERR_NO_USER);
    CHECK_INT(ws_manager_get(r, TEXT("42"), (enum ws_mode)4, &m), ERR_MODE);
    CHECK_INT(ws_manager_get(r, TEXT("42"), (enum ws_mode) - 1, &m), ERR_MODE);
    CHECK_INT(ws_manager_get(r, (struct text){longest, sizeof longest}, WS_MODE_UNIFIED, &m),
              ERR_LIMIT);
    CU_ASSERT_PTR_NULL(m);
    CU_ASSERT_PTR_NULL(ws_manager_find(r, TEXT_NONE));
    CHECK_INT(ws_registry_status(r).count, 0);
    CHECK_INT(ws_registry_status(r).created, 0);

    CHECK_INT(ws_manager_get(r, (struct text){longest, WS_USER_BYTES_MAX}, WS_MODE_UNIFIED, &m),
              ERR_OK);
    CHECK_INT(ws_manager_user(m).len, WS_USER_BYTES_MAX);
    ws_manager_unref(m);
    ws_registry_free(r);
}

/* S10: a manager says who it is for, since when, and its id says nothing about the user: the same whenever it is asked for,
 * another one's for each that is made, also in the same millisecond and for the same user. */
static void s10_attributes_are_those_of_the_creation(void)
{
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    struct ws_registry *r = registry_new(&options);
    struct ws_manager *a = manager_of(r, "abcdef");
    fake_clock_move(&clock, 5);
    struct ws_manager *b = manager_of(r, "2");
    CU_ASSERT_TRUE(text_is(ws_manager_user(a), TEXT("abcdef")));
    CHECK_INT(ws_manager_created_at(a), 1700000000000);
    CHECK_INT(ws_manager_created_at(b), 1700000000005);
    struct ws_manager *c = manager_of(r, "3");
    char id_a[WS_MANAGER_ID_SIZE], id_b[WS_MANAGER_ID_SIZE], id_c[WS_MANAGER_ID_SIZE];
    ws_manager_id(a, id_a);
    ws_manager_id(b, id_b);
    ws_manager_id(c, id_c);
    CHECK_INT(strlen(id_a), UUID_SIZE - 1);
    CHECK_INT(id_a[14], '4'); /* a UUID's version */
    CU_ASSERT_STRING_NOT_EQUAL(id_a, id_b);
    CU_ASSERT_STRING_NOT_EQUAL(id_b, id_c);
    ws_manager_unref(c);
    while (ws_registry_sweep(r) == 0)
        fake_clock_move(&clock, 1000);
    c = manager_of(r, "3"); /* again */
    ws_manager_id(c, id_b);
    CU_ASSERT_STRING_NOT_EQUAL(id_b, id_c);
    ws_manager_id(c, id_c);
    CU_ASSERT_STRING_EQUAL(id_b, id_c);
    ws_manager_unref(c);
    CU_ASSERT_PTR_NULL(strstr(id_a, "abcdef"));
    CHECK_INT(ws_manager_connections(a), 0);
    CHECK_INT(ws_registry_status(r).oldest_ms, 1700000000000);
    ws_manager_unref(a);
    ws_manager_unref(b);
    ws_registry_free(r);
}

/* S5: ids that look alike are different users: quotes, spaces, prefixes, case, bytes after a NUL, UTF-8. */
static void s5_ids_that_look_alike_are_different_users(void)
{
    static const struct text ids[] = {
        {"1", 1},
        {"01", 2},
        {"1 ", 2},
        {" 1", 2},
        {"1\n", 2},
        {"a\0b", 3},
        {"a\0c", 3},
        {"a", 1},
        {"A", 1},
        {"a\0", 2},
        {"\"a\"", 3},
        {"'a'", 3},
        {"a/b", 3},
        {"user:1", 6},
        {"user:user:1", 11},
        {"\xc3\xa4", 2},
        {"a\xcc\x88", 3},
        {"\xff", 1},
        {"null", 4},
        {"0", 1},
        {"-1", 2},
        {"1.0", 3},
        {"default", 7},
        {"aaaaaaaaaaaaaaaa", 16},
        {"aaaaaaaaaaaaaaab", 16},
    };
    enum { COUNT = sizeof ids / sizeof ids[0] };
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    struct ws_registry *r = registry_new(&options);
    struct ws_manager *managers[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_INT(ws_manager_get(r, ids[i], WS_MODE_UNIFIED, &managers[i]), ERR_OK);
        CU_ASSERT_TRUE(text_is(ws_manager_user(managers[i]), ids[i]));
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_PTR_NOT_EQUAL(managers[i], managers[j]);
    }
    CHECK_INT(ws_registry_status(r).count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        ws_manager_unref(managers[i]);
    ws_registry_free(r);
}

/* S5: a million users come and go; no two share a manager, and the count returns to 0. */
static void s5_a_million_users_share_nothing(void)
{
    static const char *const shapes[] = {
        "%u",   "a b %u", "\"%u\"", "'%u", "aaaaaaaaaaaaaaaaaaaaaaaa%u", "\xc3\xbcn\xc3\xaf%u",
        "%u\n", "user:%u"};
    enum { SHAPES = sizeof shapes / sizeof shapes[0], GROUP = 10000 };
    unsigned total = SANITIZED ? 40000 : 1000000;
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    options.idle_ms = 0;
    struct ws_registry *r = registry_new(&options);
    struct ws_manager **group = calloc(GROUP, sizeof *group);
    for (unsigned done = 0; group && done < total; done += GROUP) {
        unsigned wrong = 0;
        for (unsigned i = 0; i < GROUP; i++) {
            char id[64];
            int len = snprintf(id, sizeof id, shapes[i % SHAPES], done + i);
            struct text user = {id, (size_t)len};
            wrong += ws_manager_get(r, user, WS_MODE_UNIFIED, &group[i]) != ERR_OK ||
                     !text_is(ws_manager_user(group[i]), user);
        }
        CHECK_INT(wrong, 0);
        CHECK_INT(ws_registry_status(r).count, GROUP);
        CHECK_INT(ws_registry_status(r).created,
                  done + GROUP); /* each get made one: none was shared */
        for (unsigned i = 0; i < GROUP; i++)
            ws_manager_unref(group[i]);
        while (ws_registry_sweep(r) > 0) {
        }
    }
    CHECK_INT(ws_registry_status(r).count, 0);
    CHECK_INT(ws_registry_status(r).freed, total);
    free(group);
    ws_registry_free(r);
}

/* S5, S50: a manager lives for the idle time after its last reference, to the millisecond, and not while it has one. */
static void s5_an_idle_manager_is_freed_after_the_idle_time(void)
{
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    struct ws_registry *r = registry_new(&options);
    struct ws_manager *held = manager_of(r, "held");
    ws_manager_unref(manager_of(r, "idle"));
    fake_clock_move(&clock, 59999);
    CHECK_INT(ws_registry_sweep(r), 0);
    ws_manager_unref(manager_of(r, "idle")); /* used again: the time starts anew */
    fake_clock_move(&clock, 59999);
    CHECK_INT(ws_registry_sweep(r), 0);
    fake_clock_move(&clock, 1);
    CHECK_INT(ws_registry_sweep(r), 1);
    CU_ASSERT_PTR_NULL(ws_manager_find(r, TEXT("idle")));
    CHECK_INT(ws_registry_status(r).count, 1);
    CHECK_INT(ws_registry_status(r).freed, 1);

    struct ws_manager *second = ws_manager_ref(held);
    ws_manager_unref(held);
    fake_clock_move(&clock, 600000);
    CHECK_INT(ws_registry_sweep(r), 0); /* one reference is left */
    ws_manager_unref(second);
    fake_clock_move(&clock, 60000);
    CHECK_INT(ws_registry_sweep(r), 1);
    CHECK_INT(ws_registry_status(r).count, 0);
    CHECK_INT(ws_registry_status(r).oldest_ms, 0);
    ws_registry_free(r);
}

/* One sweep is bounded; the next goes on where the first stopped. */
static void a_sweep_frees_a_bounded_number(void)
{
    enum { USERS = WS_SWEEP_MAX + 500 };
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    options.idle_ms = 0;
    struct ws_registry *r = registry_new(&options);
    for (unsigned i = 0; i < USERS; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", i);
        ws_manager_unref(manager_of(r, id));
    }
    size_t first = ws_registry_sweep(r);
    CU_ASSERT_TRUE(first >= WS_SWEEP_MAX && first < USERS);
    CHECK_INT(ws_registry_sweep(r), USERS - first);
    CHECK_INT(ws_registry_sweep(r), 0);
    ws_registry_free(r);
}

/* S14: a registry is an object: what is in one is not in the other. The metrics count both. */
static void s14_two_registries_do_not_see_each_other(void)
{
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    int64_t created = metric_get(METRIC_managers_created), now = metric_get(METRIC_managers);
    int64_t freed = metric_get(METRIC_managers_freed);
    struct ws_registry *a = registry_new(&options), *b = registry_new(&options);
    struct ws_manager *in_a = manager_of(a, "42"), *in_b = manager_of(b, "42");
    CU_ASSERT_PTR_NOT_EQUAL(in_a, in_b);
    CHECK_INT(metric_get(METRIC_managers_created) - created, 2);
    CHECK_INT(metric_get(METRIC_managers) - now, 2);
    ws_manager_unref(in_a);
    ws_registry_free(a);
    CHECK_INT(ws_registry_status(b).count, 1);
    CU_ASSERT_TRUE(text_is(ws_manager_user(in_b), TEXT("42")));
    ws_manager_unref(in_b);
    ws_registry_free(b);
    CHECK_INT(metric_get(METRIC_managers) - now, 0);
    CHECK_INT(metric_get(METRIC_managers_freed) - freed, 2);
    CU_ASSERT_PTR_NULL(ws_registry_free(NULL));
}

/* S15: whichever allocation fails, also while the table grows: a code, nothing registered, and the next call works. */
static void s15_a_creation_without_memory_leaves_nothing(void)
{
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    options.idle_ms = 0;
    struct ws_registry *r = NULL;
    fault_at(1);
    CHECK_INT(ws_registry_new(&options, &r), ERR_NOMEM);
    CU_ASSERT_TRUE(fault_end());
    CU_ASSERT_PTR_NULL(r);

    r = registry_new(&options);
    unsigned failed = 0, users = SANITIZED ? 4000 : 16000; /* buckets grow */
    for (unsigned i = 0; i < users; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", i);
        struct ws_manager *m = NULL;
        for (unsigned n = 1;; n++) {
            fault_at(n);
            enum err e = ws_manager_get(r, text_of(id), WS_MODE_UNIFIED, &m);
            bool fired = fault_end(), there = e == ERR_OK;
            CU_ASSERT_TRUE(there || (fired && e == ERR_NOMEM)); /* more buckets can wait */
            CHECK_INT(ws_registry_status(r).count, there ? i + 1 : i);
            if (there)
                break;
            CU_ASSERT_PTR_NULL(m);
            failed++;
        }
        ws_manager_unref(m);
    }
    CHECK_INT(failed, users); /* the manager each time */
    for (unsigned i = 0; i < users; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", i);
        struct ws_manager *m = ws_manager_find(r, text_of(id));
        must(m);
        ws_manager_unref(m);
    }
    CHECK_INT(ws_registry_status(r).created, users);
    ws_registry_free(r);
}

/* ---- S13: pages */

struct seen {
    struct buf text;
};

static void see(void *ctx, const struct ws_manager_row *row)
{
    struct seen *s = ctx;
    buf_add_text(&s->text, row->user);
    buf_add_format(&s->text, ":%s:%zu ", ws_mode_name(row->mode), row->connections);
}

static void check_page(struct ws_registry *r, const char *after, size_t limit, const char *rows,
                       bool more)
{
    struct seen seen;
    buf_init(&seen.text, 4096);
    bool said = !more;
    size_t count = ws_registry_list(r, text_of(after), limit, see, &seen, &said);
    buf_add_char(&seen.text, 0);
    CHECK_TEXT(buf_text(&seen.text).data, rows);
    CHECK_INT(said, more);
    size_t spaces = 0;
    for (const char *c = rows; *c; c++)
        spaces += *c == ' ';
    CHECK_INT(count, spaces);
    buf_fini(&seen.text);
}

/* S13: users in numeric order, page by page, without one twice and without one missing. */
static void s13_lists_users_in_order_page_by_page(void)
{
    static const char *const ids[] = {"10", "9", "2", "100", "11", "b", "a"};
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    struct ws_registry *r = registry_new(&options);
    check_page(r, "", 3, "", false);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        ws_manager_unref(manager_of(r, ids[i]));
    check_page(r, "", 3, "2:unified:0 9:unified:0 a:unified:0 ", true);
    check_page(r, "a", 3, "b:unified:0 10:unified:0 11:unified:0 ", true);
    check_page(r, "11", 3, "100:unified:0 ", false);
    check_page(r, "", 7,
               "2:unified:0 9:unified:0 a:unified:0 b:unified:0 10:unified:0 11:unified:0 "
               "100:unified:0 ",
               false);
    check_page(r, "", 0, "", true);
    check_page(r, "999", 3, "", false);
    for (unsigned n = 1; n <= 2; n++) {
        fault_at(n);
        check_page(r, "", 3, "", true); /* no memory: nothing, and there is more */
        CU_ASSERT_TRUE(fault_end());
    }
    ws_registry_free(r);
}

/* ---- S1, S4, S7: threads */

/* S1: while the database is held the synchronous way answers all the same. */
static void s1_get_returns_while_the_database_is_locked(void)
{
    struct database db;
    database_init(&db);
    database_hold(&db, true);
    struct task_queue *tasks = tasks_new(1, 8);
    struct ws_registry_options options = {.env = &env_real,
                                          .tasks = tasks,
                                          .available = database_available,
                                          .available_ctx = &db,
                                          .deadline_ms = 10000};
    struct ws_registry *r = registry_new(&options);
    struct ws_manager_future *f = NULL;
    CHECK_INT(ws_manager_get_async(r, TEXT("slow"), WS_MODE_UNIFIED, NULL, &f), ERR_OK);
    database_await_checks(&db, 1);
    int64_t began_ns = env_nanoseconds();
    struct ws_manager *other = manager_of(r, "quick"), *same = manager_of(r, "slow");
    int64_t took_us = (env_nanoseconds() - began_ns) / 1000;
    CU_ASSERT_TRUE(database_is_held(&db)); /* it returned, and the database was locked */
    (void)printf("\n    two managers with the database locked: %lld us (bar: 1,000 each)\n",
                 (long long)took_us);
    database_hold(&db, false);
    struct ws_manager *waited = NULL;
    CHECK_INT(ws_manager_future_wait(f, 10000, &waited), ERR_OK);
    CU_ASSERT_PTR_EQUAL(waited, same);
    ws_manager_unref(waited);
    ws_manager_unref(same);
    ws_manager_unref(other);
    ws_manager_future_unref(f);
    ws_registry_free(r);
    task_queue_free(tasks);
    database_fini(&db);
}

struct race {
    struct ws_registry *registry;
    pthread_barrier_t round;
    unsigned rounds;
    struct ws_manager *got[16];
    atomic_uint wrong;
};

static enum err get_either_way(struct ws_registry *r, struct text user, bool async,
                               struct ws_manager **out_manager)
{
    if (!async)
        return ws_manager_get(r, user, WS_MODE_UNIFIED, out_manager);
    struct ws_manager_future *f;
    enum err e = ws_manager_get_async(r, user, WS_MODE_UNIFIED, NULL, &f);
    if (e != ERR_OK)
        return e;
    e = ws_manager_future_wait(f, 10000, out_manager);
    ws_manager_future_unref(f);
    return e;
}

static void race_for_one_user(void *ctx, unsigned number)
{
    struct race *race = ctx;
    for (unsigned i = 0; i < race->rounds; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", i);
        (void)pthread_barrier_wait(&race->round);
        race->got[number] = NULL;
        if (get_either_way(race->registry, text_of(id), number % 2, &race->got[number]) != ERR_OK)
            atomic_fetch_add(&race->wrong, 1);
        (void)pthread_barrier_wait(&race->round);
        if (!race->got[number] || race->got[number] != race->got[0])
            atomic_fetch_add(&race->wrong, 1);
        (void)pthread_barrier_wait(&race->round);
        ws_manager_unref(race->got[number]);
    }
}

/* S4: 8 threads by the synchronous and 8 by the asynchronous way at once: one manager, created once, every round. */
static void s4_both_ways_at_once_give_one_manager(void)
{
    struct database db;
    database_init(&db);
    struct task_queue *tasks = tasks_new(2, 64);
    struct ws_registry_options options = {.env = &env_real,
                                          .idle_ms = 60000,
                                          .tasks = tasks,
                                          .available = database_available,
                                          .available_ctx = &db};
    struct race race = {.registry = registry_new(&options), .rounds = SANITIZED ? 40 : 1000};
    must(pthread_barrier_init(&race.round, NULL, 16) == 0);
    crowd_run(16, race_for_one_user, &race);
    CHECK_INT(atomic_load(&race.wrong), 0);
    CHECK_INT(ws_registry_status(race.registry).created, race.rounds);
    CHECK_INT(ws_registry_status(race.registry).count, race.rounds);
    (void)pthread_barrier_destroy(&race.round);
    ws_registry_free(race.registry);
    task_queue_free(tasks);
    database_fini(&db);
}

struct churn {
    struct ws_registry *registry;
    unsigned rounds;
    atomic_uint wrong;
};

static void come_and_go(void *ctx, unsigned number)
{
    struct churn *churn = ctx;
    for (unsigned i = 0; i < churn->rounds; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%u", (number * 7 + i) % 40);
        struct ws_manager *m = NULL;
        bool ok = ws_manager_get(churn->registry, text_of(id), WS_MODE_UNIFIED, &m) == ERR_OK &&
                  text_is(ws_manager_user(m), text_of(id));
        if (!ok)
            atomic_fetch_add(&churn->wrong, 1);
        ws_manager_unref(ws_manager_find(churn->registry, text_of(id)));
        ws_manager_unref(ok ? ws_manager_ref(m) : NULL);
        ws_manager_unref(m);
        if (i % 8 == 0)
            (void)ws_registry_sweep(churn->registry);
        if (i % 16 == 0)
            (void)ws_registry_status(churn->registry);
    }
}

/* S7: 64 threads make, find, release and sweep the same 40 users; created and freed balance in the end. */
static void s7_threads_make_release_and_sweep_the_same_users(void)
{
    struct fake_clock clock;
    struct ws_registry_options options = options_with(&clock);
    options.idle_ms = 0; /* every release may be followed by a free */
    struct churn churn = {.registry = registry_new(&options), .rounds = SANITIZED ? 40 : 400};
    crowd_run(64, come_and_go, &churn);
    CHECK_INT(atomic_load(&churn.wrong), 0);
    (void)ws_registry_sweep(churn.registry);
    struct ws_registry_status status = ws_registry_status(churn.registry);
    CHECK_INT(status.count, 0);
    CHECK_INT(status.created, status.freed);
    CU_ASSERT_TRUE(status.created >= 40);
    ws_registry_free(churn.registry);
}

UNIT("manager/registry", CASE(s1_a_user_gets_the_same_manager_again),
     CASE(s5_refuses_an_empty_user_and_an_unknown_mode),
     CASE(s10_attributes_are_those_of_the_creation),
     CASE(s5_ids_that_look_alike_are_different_users), CASE(s5_a_million_users_share_nothing),
     CASE(s5_an_idle_manager_is_freed_after_the_idle_time), CASE(a_sweep_frees_a_bounded_number),
     CASE(s14_two_registries_do_not_see_each_other),
     CASE(s15_a_creation_without_memory_leaves_nothing),
     CASE(s13_lists_users_in_order_page_by_page), CASE(s1_get_returns_while_the_database_is_locked),
     CASE(s4_both_ways_at_once_give_one_manager),
     CASE(s7_threads_make_release_and_sweep_the_same_users))
