/* The asynchronous way under load: ten thousand callbacks on a reactor that runs, each exactly once (S2). */
#include "manager/ws_manager.h"

#include "unit.h"
#include "ws_future_world.h"

#include <stdlib.h>

enum { CALLS = SANITIZED ? 2000 : 10000, CALLS_A_TURN = 250 };

struct storm {
    struct world *world;
    struct call {
        struct storm *storm;
        bool accepted, returned;
        unsigned times;
        enum err err;
    } calls[CALLS];
    unsigned next;
    atomic_uint asked, answered, early, wrong_thread;
};

static void storm_answer(void *ctx, enum err e, struct ws_manager *m)
{
    struct call *c = ctx;
    struct storm *s = c->storm;
    if (!c->returned)
        atomic_fetch_add(&s->early, 1);
    if (reactor_current() != s->world->reactor)
        atomic_fetch_add(&s->wrong_thread, 1);
    c->times++;
    c->err = e;
    ws_manager_unref(m);
    atomic_fetch_add(&s->answered, 1);
}

/* One of four: waits for its outcome, is cancelled at once, has 1 ms, or is given away at once. */
static void storm_call(struct storm *s, unsigned i)
{
    struct call *c = &s->calls[i];
    c->storm = s;
    char id[16];
    (void)snprintf(id, sizeof id, "%u", i % 500);
    struct ws_async_options options = {
        .timeout_ms = i % 4 == 2 ? 1 : 0, .done = storm_answer, .ctx = c};
    struct ws_manager_future *f = NULL;
    enum err e =
        ws_manager_get_async(s->world->registry, text_of(id), WS_MODE_UNIFIED, &options, &f);
    c->returned = true;
    c->accepted = e == ERR_OK;
    if (i % 4 == 1 && c->accepted)
        (void)ws_manager_future_cancel(f);
    ws_manager_future_unref(f);
}

static void storm_turn(void *subject, void *object, uint64_t number)
{
    struct storm *s = subject;
    (void)object;
    (void)number;
    unsigned accepted = 0;
    for (unsigned i = 0; i < CALLS_A_TURN && s->next < CALLS; i++) {
        storm_call(s, s->next);
        accepted += s->calls[s->next++].accepted;
    }
    atomic_fetch_add(&s->asked, accepted);
}

/* S2: 10,000 calls with cancels, deadlines and a mailbox that is too small: each callback comes exactly once, and the
 * reactor answers pings while the database is locked. */
static void s2_ten_thousand_callbacks_come_exactly_once(void)
{
    struct world w = {0};
    database_init(&w.database);
    w.tasks = tasks_new(2, CALLS);
    w.registry = registry_new(&(struct ws_registry_options){.env = &env_real,
                                                            .tasks = w.tasks,
                                                            .available = database_available,
                                                            .available_ctx = &w.database,
                                                            .deadline_ms = 20000});
    struct reactor_options options = {.env = &env_real, .mailbox_capacity = 64};
    CHECK_INT(reactor_new(&options, &w.reactor), ERR_OK);
    CHECK_INT(reactor_start(w.reactor), ERR_OK);
    struct storm *s = calloc(1, sizeof *s);
    must(s);
    s->world = &w;

    database_hold(&w.database, true);
    atomic_uint pong = 0;
    for (unsigned i = 0; i < CALLS; i += CALLS_A_TURN) {
        while (reactor_post(w.reactor, storm_turn, s, NULL, 0) == ERR_BUSY)
            (void)sched_yield();
        if (i == CALLS / 2) { /* a ping in the middle, the database still locked */
            while (reactor_post(w.reactor, say_posted, &pong, NULL, 1) == ERR_BUSY)
                (void)sched_yield();
            CU_ASSERT_TRUE(reached(w.reactor, &pong, 1));
            CU_ASSERT_TRUE(database_is_held(&w.database));
            database_hold(&w.database, false);
        }
    }
    atomic_uint end = 0;
    while (reactor_post(w.reactor, say_posted, &end, NULL, 1) == ERR_BUSY)
        (void)sched_yield();
    CU_ASSERT_TRUE(reached(w.reactor, &end, 1)); /* all turns have been taken */
    CU_ASSERT_TRUE(reached(w.reactor, &s->answered, atomic_load(&s->asked)));
    reactor_stop(w.reactor);
    w.registry = ws_registry_free(w.registry);

    unsigned outcomes[ERR_COUNT] = {0}, wrong = 0, accepted = 0;
    for (unsigned i = 0; i < CALLS; i++) {
        wrong += s->calls[i].times != (s->calls[i].accepted ? 1u : 0u);
        accepted += s->calls[i].accepted;
        if (s->calls[i].accepted)
            outcomes[s->calls[i].err]++;
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(atomic_load(&s->answered), accepted);
    CHECK_INT(atomic_load(&s->early), 0);
    CHECK_INT(atomic_load(&s->wrong_thread), 0);
    unsigned late =
        outcomes[ERR_TIMEOUT] + outcomes[ERR_UNAVAILABLE]; /* the timer or the check saw it first */
    CHECK_INT(outcomes[ERR_OK] + outcomes[ERR_CANCELLED] + late, accepted);
    CU_ASSERT_TRUE(outcomes[ERR_OK] > 0 && outcomes[ERR_CANCELLED] > 0 && late > 0);
    (void)printf("\n    %u accepted: %u managers, %u cancelled, %u too late\n", accepted,
                 outcomes[ERR_OK], outcomes[ERR_CANCELLED], late);
    free(s);
    world_end(&w);
}

UNIT("manager/storm", CASE(s2_ten_thousand_callbacks_come_exactly_once))
