/* Whatever call to the disk fails, and whenever: each job has its documented answer, the store comes back by itself, and
 * nothing that was acknowledged is lost. A sync that takes long delays acknowledgements and nothing else. */
#include "fault_plans.h"
#include "store_work.h"

#include <sched.h>

#define GROUP 3  /* jobs that are waited for together */
#define EACH 20  /* so many first calls fail one by one (the store opens), then every third */
#define LATER 40 /* groups that wait behind a slow sync */

/* ---- one round with a fault in it */

static bool is_documented(const struct fault_plan *p, enum err e)
{
    return e == ERR_OK || e == p->answer;
}

/* Jobs in groups, with a read between them. */
static void work_with_faults(struct store *s, const struct fault_plan *p,
                             enum err results[WORK_JOBS])
{
    struct future *ended[GROUP];
    struct work_found f;
    for (int i = 0; i < WORK_JOBS; i += GROUP) {
        for (int k = 0; k < GROUP; k++)
            work_submit(s, i + k, &results[i + k], &ended[k]);
        for (int k = 0; k < GROUP; k++) {
            if (ended[k])
                CHECK_INT(test_wait(ended[k]), ERR_OK);
            CU_ASSERT_TRUE(is_documented(p, results[i + k]));
        }
        CU_ASSERT_TRUE(is_documented(p, test_call(reader_submit, s, work_look, &f)));
    }
}

/* True if the fault came. */
static bool one_round(const char *path, const struct fault_plan *p, int n)
{
    struct store_options o = work_options(path);
    enum err results[WORK_JOBS];
    struct store *s = NULL;
    char error[256] = "";
    for (int i = 0; i < WORK_JOBS; i++)
        results[i] = ERR_CLOSED;
    fault_begin(p, n);
    enum err e = store_open(&o, &s, error);
    CU_ASSERT_TRUE(is_documented(p, e));
    CU_ASSERT_TRUE(e == ERR_OK ? s && !error[0] : !s && error[0]);
    if (s)
        work_with_faults(s, p, results);
    if (s && atomic_load(&vfs_fault.fired)) {
        (void)vfs_fault_end();
        work_expect_again(s);
        work_audit(s, results);
        atomic_store(&vfs_fault.fired, true);
    }
    store_close(s); /* perhaps this is where it comes */
    bool came = vfs_fault_end();

    s = test_store_open(&o);
    work_audit(s, results);
    CHECK_INT(store_check(s, error), ERR_OK);
    CHECK_INT(work_clear(s), ERR_OK);
    store_close(s);
    return came;
}

static void any_call_may_fail(const struct fault_plan *p)
{
    struct tmpdb t = tmpdb_make();
    fault_vfs_install();
    struct store_options o = work_options(t.path);
    store_close(test_store_open(&o)); /* the first start is store/power's */
    int n = 1, rounds = 0;
    unsigned failures = CU_get_number_of_failures();
    /* The threads meet differently each time: the end is reached when some rounds have not needed so many calls. */
    for (int beyond = 0; beyond < 3 && CU_get_number_of_failures() == failures;
         n += n < EACH ? 1 : 3) {
        bool came = one_round(t.path, p, n);
        beyond = came ? 0 : beyond + 1;
        rounds += came;
    }
    (void)printf("%s: %d calls ... ", p->what, rounds);
    CU_ASSERT_TRUE(rounds > 0); /* or the test proves nothing */
    tmpdb_remove(&t);
}

static void what_a_disk_does_at_any_call_is_an_answer(void)
{
    for (size_t i = 0; i < FAULT_PLANS; i++)
        any_call_may_fail(&fault_plans[i]);
}

/* ---- time */

static int sync_gate[2]; /* a pipe: its end lets syncs go */
static atomic_int syncs_that_wait;

static void wait_at_the_gate(void)
{
    char byte;
    atomic_fetch_add(&syncs_that_wait, 1);
    (void)!read(sync_gate[0], &byte, 1);
}

/* A disk that takes its time: who waits for a commit waits, and nobody else. The queue has its end, and says so. */
static void a_slow_sync_delays_acknowledgements_and_nothing_else(void)
{
    struct tmpdb t = tmpdb_make();
    fault_vfs_install();
    struct store_options o = test_store_options(t.path);
    o.queue_max = LATER;
    struct store *s = test_store_open(&o);
    enum err first = ERR_CLOSED;
    enum err results[LATER];
    struct future *first_ended;
    struct future *ended[LATER];
    struct work_found f;
    must(pipe2(sync_gate, O_CLOEXEC) == 0);
    atomic_store(&vfs_before_sync, wait_at_the_gate);
    work_submit(s, 0, &first, &first_ended);
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (atomic_load(&syncs_that_wait) == 0 && test_now_ms() < until_ms)
        (void)sched_yield();
    CHECK_INT(atomic_load(&syncs_that_wait), 1);

    for (int i = 0; i < LATER; i++)
        work_submit(s, i % WORK_JOBS, &results[i], &ended[i]);
    enum err over;
    struct future *none;
    work_submit(s, 0, &over, &none);
    CHECK_INT(over, ERR_BUSY);                                     /* at once */
    CHECK_INT(test_call(reader_submit, s, work_look, &f), ERR_OK); /* reading goes on */
    CHECK_INT(f.count, 0); /* and does not see what is not on disk */
    CU_ASSERT_TRUE(store_status(s).writer_busy_since > 0);
    CHECK_INT(store_status(s).queue_length, LATER); /* nobody was told anything */
    void *nothing;
    CHECK_INT(future_take(first_ended, test_now_ms(), &nothing), ERR_TIMEOUT);

    atomic_store(&vfs_before_sync, NULL);
    (void)close(sync_gate[1]);
    CHECK_INT(test_wait(first_ended), ERR_OK);
    CHECK_INT(first, ERR_OK);
    for (int i = 0; i < LATER; i++) {
        CHECK_INT(test_wait(ended[i]), ERR_OK);
        CHECK_INT(results[i], ERR_OK);
    }
    CHECK_INT(test_call(reader_submit, s, work_look, &f), ERR_OK);
    CHECK_INT(f.count, LATER + 1);
    store_close(s);
    (void)close(sync_gate[0]);
    tmpdb_remove(&t);
}

UNIT("store/fault", CASE(what_a_disk_does_at_any_call_is_an_answer),
     CASE(a_slow_sync_delays_acknowledgements_and_nothing_else))
