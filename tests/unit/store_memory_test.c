/* Wherever memory runs out, once or from then on: each job has its documented answer, the store comes back by itself, and
 * nothing that was acknowledged is lost. */
#include "fault.h"
#include "fault_vfs.h"
#include "store_work.h"

/* There are thousands: each of the first, then ever fewer. */
static unsigned later(unsigned n)
{
    return n + 1 + n / 32;
}

/* Opening, with every allocation of the opening thread failing once, then all from the n-th on. */
static void no_memory_while_opening_is_an_answer(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = work_options(t.path);
    fault_vfs_install();
    store_close(test_store_open(&o));
    for (int stays = 0; stays < 2; stays++) {
        unsigned n = 1;
        for (bool came = true; came; n = later(n)) {
            struct store *s = NULL;
            char error[256] = "";
            (stays ? fault_from : fault_at)(n);
            enum err e = store_open(&o, &s, error);
            came = fault_end();
            CU_ASSERT_TRUE(e == ERR_OK || e == ERR_NOMEM || e == ERR_IO); /* IO: no thread */
            CU_ASSERT_TRUE(e == ERR_OK ? s && !error[0] : !s && error[0]);
            store_close(s);
        }
        CU_ASSERT_TRUE(n > 100);
    }
    store_close(test_store_open(&o));
    tmpdb_remove(&t);
}

/* A group of jobs, from the first one's beginning to the last one's end. */
struct scarce_group {
    unsigned n;
    bool stays;
    bool came;
};

static enum err scarce_run(struct db *db, void *data)
{
    const struct scarce_group *g = data;
    (void)db;
    (g->stays ? fault_from : fault_at)(g->n);
    return ERR_OK;
}

static void nothing_done(void *data, enum err e)
{
    (void)data;
    (void)e;
}

static enum err plenty_run(struct db *db, void *data)
{
    (void)db;
    (void)data;
    return ERR_OK;
}

static void plenty_done(void *data, enum err e)
{
    (void)e;
    struct scarce_group *g = data;
    g->came = fault_end();
}

/* True if it came. The store is opened anew, so that every statement is prepared under the fault. */
static bool scarce_round(const char *path, unsigned n, bool stays)
{
    struct store_options o = test_store_options(path);
    struct store *s = test_store_open(&o);
    struct scarce_group g = {.n = n, .stays = stays};
    enum err results[WORK_JOBS];
    struct future *ended[WORK_JOBS];
    struct gate gate;
    gate_close(&gate, writer_submit, s);
    must(writer_submit(s, (struct job){.run = scarce_run, .done = nothing_done, .data = &g}) ==
         ERR_OK);
    for (int i = 0; i < WORK_JOBS; i++)
        work_submit(s, i, &results[i], &ended[i]);
    must(writer_submit(s, (struct job){.run = plenty_run, .done = plenty_done, .data = &g}) ==
         ERR_OK);
    gate_open(&gate);
    gate_fini(&gate);
    for (int i = 0; i < WORK_JOBS; i++) {
        CHECK_INT(test_wait(ended[i]), ERR_OK);
        CU_ASSERT_TRUE(results[i] == ERR_OK || results[i] == ERR_NOMEM || results[i] == ERR_IO);
    }
    work_expect_again(s);
    work_audit(s, results);
    CHECK_INT(work_clear(s), ERR_OK);
    store_close(s);
    return g.came;
}

static void no_memory_in_the_writer_is_an_answer(void)
{
    struct tmpdb t = tmpdb_make();
    fault_vfs_install();
    for (int stays = 0; stays < 2; stays++) {
        unsigned n = 1;
        unsigned failures = CU_get_number_of_failures();
        while (scarce_round(t.path, n, stays) && CU_get_number_of_failures() == failures)
            n = later(n);
        (void)printf("%u allocations ... ", n);
        CU_ASSERT_TRUE(n > 20);
    }
    tmpdb_remove(&t);
}

/* A read under the fault, the end of its transaction too. */
struct scarce_read {
    unsigned n;
    bool stays;
    bool came;
    enum err result;
    struct work_found found;
    struct future *ended;
};

static enum err scarce_read_run(struct db *db, void *data)
{
    struct scarce_read *r = data;
    (r->stays ? fault_from : fault_at)(r->n);
    return work_look(db, &r->found);
}

static void scarce_read_done(void *data, enum err e)
{
    struct scarce_read *r = data;
    r->came = fault_end();
    r->result = e;
    (void)future_fulfil(r->ended, ERR_OK, NULL);
}

static void no_memory_in_a_reader_is_an_answer(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = work_options(t.path); /* one reader */
    fault_vfs_install();
    for (int stays = 0; stays < 2; stays++) {
        struct scarce_read r = {.stays = stays, .came = true};
        for (r.n = 1; r.came; r.n++) {
            struct store *s = test_store_open(&o); /* anew: its cache is empty */
            r.ended = future_new(NULL);
            must(r.ended);
            must(reader_submit(s, (struct job){.run = scarce_read_run,
                                               .done = scarce_read_done,
                                               .data = &r}) == ERR_OK);
            CHECK_INT(test_wait(r.ended), ERR_OK);
            CU_ASSERT_TRUE(r.result == ERR_OK || r.result == ERR_NOMEM || r.result == ERR_IO);
            CHECK_INT(test_call(reader_submit, s, work_look, &r.found), ERR_OK);
            store_close(s);
        }
        CU_ASSERT_TRUE(r.n > 10);
    }
    tmpdb_remove(&t);
}

UNIT("store/memory", CASE(no_memory_while_opening_is_an_answer),
     CASE(no_memory_in_the_writer_is_an_answer), CASE(no_memory_in_a_reader_is_an_answer))
