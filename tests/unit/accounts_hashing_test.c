/* Many log-ins at once: few are hashed at a time, so that the task threads stay free for others, and none is forgotten. */
#include "product.h"
#include "unit.h"

#define PASSWORD "correct horse battery"
#define FLOOD 40

struct flood {
    atomic_uint good, refused, closed, other, answered;
    _Atomic int64_t retry_ms;
    struct future *all;
};

static void flood_done(struct reply r, const struct outcome *o)
{
    struct flood *f = r.owner;
    atomic_fetch_add(o->err == ERR_OK       ? &f->good
                     : o->err == ERR_BUSY   ? &f->refused
                     : o->err == ERR_CLOSED ? &f->closed
                                            : &f->other,
                     1);
    if (o->err == ERR_BUSY)
        atomic_store(&f->retry_ms, o->retry_ms);
    if (atomic_fetch_add(&f->answered, 1) + 1 == FLOOD)
        (void)future_fulfil(f->all, ERR_OK, NULL);
}

static void log_in_many(struct product *p, struct flood *f)
{
    struct actor nobody = actor_nobody();
    for (unsigned i = 0; i < FLOOD; i++)
        method_call(&p->table, TEXT("session.login"),
                    TEXT("{\"name\":\"mira\",\"password\":\"" PASSWORD "\"}"), &nobody,
                    (struct reply){.owner = f, .done = flood_done});
}

static struct product *with_mira(void)
{
    struct product *p = product_new();
    struct actor local = actor_local();
    must(product_call(p, &local, "user.add", "{\"name\":\"mira\",\"password\":\"" PASSWORD "\"}")
             ->err == ERR_OK);
    return p;
}

struct bystander {
    struct flood *flood;
    unsigned good_before;
    struct future *came;
};

static void bystander_run(void *thread, void *data)
{
    (void)thread;
    struct bystander *b = data;
    b->good_before = atomic_load(&b->flood->good);
    (void)future_fulfil(b->came, ERR_OK, NULL);
}

static void a_flood_of_log_ins_does_not_keep_other_tasks_waiting(void)
{
    struct product *p = with_mira();
    struct flood f = {.all = future_new(NULL)};
    log_in_many(p, &f);
    struct actor nobody = actor_nobody();
    for (unsigned i = 0; i < 2; i++) /* behind them in the queue of the readers */
        CHECK_INT(product_call(p, &nobody, "place.get", "{}")->err, ERR_OK);
    struct bystander b = {.flood = &f, .came = future_new(NULL)};
    must(task_queue_push(p->tasks, (struct task){bystander_run, &b}) == ERR_OK);
    must(test_wait(future_ref(b.came)) == ERR_OK);
    (void)future_unref(b.came);
    CHECK_INT(b.good_before < FLOOD / 4, true); /* behind two hashes, not behind all */
    must(test_wait(future_ref(f.all)) == ERR_OK);
    CHECK_INT(atomic_load(&f.answered), FLOOD);
    CHECK_INT(atomic_load(&f.good) + atomic_load(&f.refused), FLOOD);
    CHECK_INT(atomic_load(&f.good) >= 34, true); /* two at work and 32 that wait */
    if (atomic_load(&f.refused))
        CHECK_INT(atomic_load(&f.retry_ms) > 0, true);
    (void)future_unref(f.all);
    product_free(p);
}

static void log_ins_that_wait_are_answered_when_the_server_stops(void)
{
    struct product *p = with_mira();
    struct flood f = {.all = future_new(NULL)};
    log_in_many(p, &f);
    accounts_stop(p->accounts);
    p->tasks = task_queue_free(p->tasks);
    p->store = store_close(p->store);
    CHECK_INT(atomic_load(&f.answered), FLOOD);
    CHECK_INT(atomic_load(&f.closed) > 0, true);
    CHECK_INT(atomic_load(&f.other), 0);
    p->accounts = accounts_free(p->accounts);
    (void)future_unref(f.all);
    product_free(p);
}

UNIT("accounts/hashing", CASE(a_flood_of_log_ins_does_not_keep_other_tasks_waiting),
     CASE(log_ins_that_wait_are_answered_when_the_server_stops))
