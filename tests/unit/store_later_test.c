/* Work that can wait: it pauses while others write, one step a transaction, bounded, and is done before the store closes. */
#include "base/metrics.h"
#include "test_store.h"
#include "unit.h"

#include <stdatomic.h>

/* Writes without a pause: each completion submits the next. */
struct stream_of_writes {
    struct store *store;
    struct future *ended;
    atomic_bool stop;
    atomic_int groups;
};

static enum err write_one(struct db *db, void *data)
{
    (void)data;
    return connection_exec(db, "INSERT OR REPLACE INTO setting (name, value) VALUES ('busy', '1')");
}

static void write_next(void *data, enum err e)
{
    struct stream_of_writes *b = data;
    atomic_fetch_add(&b->groups, 1);
    if (e != ERR_OK || atomic_load(&b->stop) ||
        writer_submit(b->store, (struct job){write_one, write_next, b}) != ERR_OK)
        (void)future_fulfil(b->ended, e, NULL);
}

/* A step of at least 2 ms that notes when it ran, and asks for the next. */
#define STEPS 6
struct step {
    struct store *store;
    struct future *ended;
    const struct stream_of_writes *beside; /* NULL: nobody writes */
    int64_t began_ns[STEPS], ended_ns[STEPS];
    int groups[STEPS]; /* of the others, so far */
    int count;
};

static enum err step_run(struct db *db, void *data)
{
    struct step *s = data;
    s->began_ns[s->count] = env_nanoseconds();
    s->groups[s->count] = s->beside ? atomic_load(&s->beside->groups) : 0;
    while (env_nanoseconds() - s->began_ns[s->count] < 2000000)
        continue;
    enum err e = write_one(db, NULL);
    s->ended_ns[s->count++] = env_nanoseconds();
    return e;
}

static void step_done(void *data, enum err e)
{
    struct step *s = data;
    if (e != ERR_OK || s->count == STEPS ||
        writer_submit_later(s->store, (struct job){step_run, step_done, s}) != ERR_OK)
        (void)future_fulfil(s->ended, e, NULL);
}

static void take_steps(struct step *s)
{
    CHECK_INT(writer_submit_later(s->store, (struct job){step_run, step_done, s}), ERR_OK);
    CHECK_INT(test_wait(s->ended), ERR_OK);
    CHECK_INT(s->count, STEPS);
}

static void while_others_write_it_pauses_after_each_step(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct stream_of_writes b = {.store = s, .ended = future_new(NULL)};
    struct step steps = {.store = s, .ended = future_new(NULL), .beside = &b};
    CHECK_INT(writer_submit(s, (struct job){write_one, write_next, &b}), ERR_OK);
    take_steps(&steps);
    for (int i = 1; i < STEPS; i++) {
        int64_t took_ns = steps.ended_ns[i - 1] - steps.began_ns[i - 1];
        int64_t pause_ns = steps.began_ns[i] - steps.ended_ns[i - 1];
        CU_ASSERT_TRUE(pause_ns >= WRITER_LATER_PAUSE * took_ns);
        CU_ASSERT_TRUE(steps.groups[i] > steps.groups[i - 1]);
    }
    atomic_store(&b.stop, true);
    CHECK_INT(test_wait(b.ended), ERR_OK);
    store_close(s);
    tmpdb_remove(&t);
}

static void while_nobody_writes_it_goes_on(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct step steps = {.store = s, .ended = future_new(NULL)};
    take_steps(&steps);
    store_close(s);
    tmpdb_remove(&t);
}

/* One job of many. */
struct counted {
    struct future *outcome;
    int *turn, came; /* its place among all */
    bool fails;
};

static enum err counted_run(struct db *db, void *data)
{
    struct counted *c = data;
    c->came = (*c->turn)++;
    enum err e = write_one(db, NULL);
    return e == ERR_OK && c->fails ? ERR_CONFLICT : e;
}

static void counted_done(void *data, enum err e)
{
    struct counted *c = data;
    (void)future_fulfil(c->outcome, e, NULL);
}

/* Behind a gate, what can wait first and others after it: these go first, a failure undoes itself alone, one too many is
 * told at once, and what is left when the store closes is done. */
static void it_waits_for_all_others_up_to_a_bound_and_is_done_at_the_end(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct counted later[WRITER_LATER_MAX + 1], others[3];
    int turn = 0;
    struct gate g;
    gate_close(&g, writer_submit, s);
    for (int i = 0; i <= WRITER_LATER_MAX; i++) {
        later[i] = (struct counted){.turn = &turn, .outcome = future_new(NULL), .fails = i == 2};
        CHECK_INT(writer_submit_later(s, (struct job){counted_run, counted_done, &later[i]}),
                  i < WRITER_LATER_MAX ? ERR_OK : ERR_BUSY);
    }
    for (int i = 0; i < 3; i++) {
        others[i] = (struct counted){.turn = &turn, .outcome = future_new(NULL)};
        CHECK_INT(writer_submit(s, (struct job){counted_run, counted_done, &others[i]}), ERR_OK);
    }
    gate_open(&g);
    gate_fini(&g);
    store_close(s);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(test_wait(others[i].outcome), ERR_OK);
        CHECK_INT(others[i].came, i);
    }
    for (int i = 0; i < WRITER_LATER_MAX; i++) {
        CHECK_INT(test_wait(later[i].outcome), i == 2 ? ERR_CONFLICT : ERR_OK);
        CHECK_INT(later[i].came, 3 + i);
    }
    future_unref(later[WRITER_LATER_MAX].outcome);
    tmpdb_remove(&t);
}

/* One that has somebody else write while it runs. */
struct host {
    struct store *store;
    struct counted self, guest;
};

static enum err host_run(struct db *db, void *data)
{
    struct host *h = data;
    must(writer_submit(h->store, (struct job){counted_run, counted_done, &h->guest}) == ERR_OK);
    return counted_run(db, &h->self);
}

static void host_done(void *data, enum err e)
{
    counted_done(&((struct host *)data)->self, e);
}

/* Nobody waits for its commit and then for another one; and its failure is its own. */
static void who_comes_while_it_runs_shares_its_commit(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    for (int fails = 0; fails < 2; fails++) {
        int turn = 0;
        struct host h = {.store = s,
                         .self = {.turn = &turn, .outcome = future_new(NULL), .fails = fails},
                         .guest = {.turn = &turn, .outcome = future_new(NULL)}};
        int64_t before = metric_get(METRIC_commits);
        CHECK_INT(writer_submit_later(s, (struct job){host_run, host_done, &h}), ERR_OK);
        CHECK_INT(test_wait(h.self.outcome), fails ? ERR_CONFLICT : ERR_OK);
        CHECK_INT(test_wait(h.guest.outcome), ERR_OK);
        CHECK_INT(h.guest.came, 1);
        CHECK_INT(metric_get(METRIC_commits) - before, 1);
    }
    store_close(s);
    tmpdb_remove(&t);
}

UNIT("store/later", CASE(who_comes_while_it_runs_shares_its_commit),
     CASE(while_others_write_it_pauses_after_each_step), CASE(while_nobody_writes_it_goes_on),
     CASE(it_waits_for_all_others_up_to_a_bound_and_is_done_at_the_end))
