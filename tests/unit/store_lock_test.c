/* One store at a time, and a lock that another process holds is waited for to a deadline, not longer. */
#include "base/metrics.h"
#include "test_store.h"
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

/* Another process that has the database, told what to do through pipes. It is forked before any thread runs. */
struct holder {
    pid_t pid;
    int go[2];   /* closed by the test: let go */
    int held[2]; /* one byte: the lock is held */
};

enum hold { HOLD_UNTIL_TOLD, HOLD_UNTIL_OPENED };

/* True once somebody has the store's own lock, looked at until the pipe ends. */
static bool is_somebody_opening(const char *path)
{
    char name[320];
    (void)snprintf(name, sizeof name, "%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool seen = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd >= 0)
        (void)close(fd);
    return seen;
}

/* Holds path as sql says. HOLD_UNTIL_OPENED: lets go by itself once a store has begun to open it. */
static void hold_in_child(struct holder *h, const char *path, const char *sql, enum hold how)
{
    sqlite3 *db = NULL;
    (void)close(h->go[1]);
    bool ok = sqlite3_open(path, &db) == SQLITE_OK &&
              sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
    struct pollfd go = {.fd = h->go[0], .events = POLLIN};
    if (ok && write(h->held[1], "h", 1) == 1) {
        int wait_ms = how == HOLD_UNTIL_TOLD ? -1 : 5;
        while (poll(&go, 1, wait_ms) == 0 && !is_somebody_opening(path))
            ;
        ok = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    }
    (void)sqlite3_close(db);
    _exit(ok ? 0 : 1);
}

static struct holder hold(const char *path, const char *sql, enum hold how)
{
    struct holder h;
    must(pipe2(h.go, O_CLOEXEC) == 0 && pipe2(h.held, O_CLOEXEC) == 0);
    h.pid = fork();
    must(h.pid >= 0);
    if (h.pid == 0)
        hold_in_child(&h, path, sql, how);
    (void)close(h.go[0]);
    (void)close(h.held[1]);
    char byte;
    must(read(h.held[0], &byte, 1) == 1);
    return h;
}

static void let_go(struct holder *h)
{
    int status = -1;
    (void)close(h->go[1]);
    (void)close(h->held[0]);
    CHECK_INT(waitpid(h->pid, &status, 0), h->pid);
    CHECK_INT(status, 0);
}

static void make_database(const char *path)
{
    struct store_options o = test_store_options(path);
    store_close(test_store_open(&o));
}

#define EXCLUSIVE                                                                                  \
    "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE setting SET value = value"
#define DEADLINE_MS 100
#define LATE_MS 1000 /* S55: at the deadline, give or take a second */

static void expect_a_timeout(const char *path, const char *sql)
{
    struct store_options o = test_store_options(path);
    o.open_deadline_ms = DEADLINE_MS; /* 25 s, scaled */
    struct holder h = hold(path, sql, HOLD_UNTIL_TOLD);
    struct store *s = NULL;
    char error[256] = "";
    char expected[64];
    int64_t before = test_now_ms();
    CHECK_INT(store_open(&o, &s, error), ERR_TIMEOUT);
    int64_t took_ms = test_now_ms() - before;
    CU_ASSERT_PTR_NULL(s);
    CU_ASSERT_TRUE(took_ms >= DEADLINE_MS && took_ms < DEADLINE_MS + LATE_MS);
    (void)snprintf(expected, sizeof expected, ", process %d); gave up after 0.1 s.", (int)h.pid);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "The database is locked by another program ("));
    CU_ASSERT_PTR_NOT_NULL(strstr(error, expected)); /* who */
    let_go(&h);
}

/* S66, S55: whatever way the other process holds it. */
static void test_database_deadline_is_kept(void)
{
    struct tmpdb t = tmpdb_make();
    make_database(t.path);
    expect_a_timeout(t.path, EXCLUSIVE);
    expect_a_timeout(t.path, "BEGIN IMMEDIATE"); /* reading would work; writing would not */
    make_database(t.path);                       /* free again: opens */

    struct tmpdb fresh = tmpdb_make(); /* not even WAL yet */
    expect_a_timeout(fresh.path, "BEGIN EXCLUSIVE");
    make_database(fresh.path);
    tmpdb_remove(&fresh);
    tmpdb_remove(&t);
}

/* The holder lets go when it sees that a store is opening: the store starts, long before its deadline. */
static void a_lock_that_is_freed_in_time_only_delays_the_start(void)
{
    struct tmpdb t = tmpdb_make();
    make_database(t.path);
    struct store_options o = test_store_options(t.path);
    struct holder h = hold(t.path, EXCLUSIVE, HOLD_UNTIL_OPENED);
    int64_t before = test_now_ms();
    struct store *s = test_store_open(&o);
    CU_ASSERT_TRUE(test_now_ms() - before < PATIENCE_MS / 2);
    let_go(&h);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_OK);
    store_close(s);
    tmpdb_remove(&t);
}

static void a_second_store_is_refused_at_once(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct store *second = NULL;
    char error[256] = "";
    int64_t before = test_now_ms();
    CHECK_INT(store_open(&o, &second, error), ERR_CONFLICT);
    CU_ASSERT_TRUE(test_now_ms() - before < LATE_MS);
    CHECK_TEXT(error, "Another Snug uses this folder.");
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_OK); /* the first one is unharmed */
    store_close(s);
    s = test_store_open(&o); /* and the folder is free after it */
    store_close(s);
    tmpdb_remove(&t);
}

/* The lock goes with the process: nothing is left to clean up after kill -9. */
static void a_killed_process_leaves_no_lock(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    int held[2];
    must(pipe2(held, O_CLOEXEC) == 0);
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        (void)test_store_open(&o);
        (void)!write(held[1], "h", 1);
        for (;;)
            (void)pause();
    }
    char byte;
    (void)close(held[1]);
    must(read(held[0], &byte, 1) == 1);
    struct store *s = NULL;
    char error[256];
    CHECK_INT(store_open(&o, &s, error), ERR_CONFLICT);
    (void)kill(child, SIGKILL);
    CHECK_INT(waitpid(child, NULL, 0), child);
    store_close(test_store_open(&o));
    (void)close(held[0]);
    tmpdb_remove(&t);
}

static enum err read_one(struct db *db, void *data)
{
    return connection_int(db, "SELECT count(*) FROM room", data);
}

static enum err wait_less(struct db *db, void *data)
{
    (void)data;
    db->busy_ms = 100; /* the second of a writer, scaled */
    return ERR_OK;
}

/* While another process holds the write lock: the probe says so in its time, a write fails after the writer's second,
 * reading goes on; afterwards all is well by itself. */
static void a_probe_times_out_while_another_process_holds_the_lock(void)
{
    struct tmpdb t = tmpdb_make();
    make_database(t.path);
    struct store_options o = test_store_options(t.path);
    int begin[2];
    must(pipe2(begin, O_CLOEXEC) == 0);
    struct holder h = {.pid = -1};
    must(pipe2(h.go, O_CLOEXEC) == 0 && pipe2(h.held, O_CLOEXEC) == 0);
    h.pid = fork(); /* before the threads; it takes the lock when told */
    must(h.pid >= 0);
    if (h.pid == 0) {
        char byte;
        (void)close(begin[1]);
        (void)!read(begin[0], &byte, 1);
        hold_in_child(&h, t.path, "BEGIN IMMEDIATE", HOLD_UNTIL_TOLD);
    }
    (void)close(h.go[0]);
    (void)close(h.held[1]);
    struct store *s = test_store_open(&o);
    CHECK_INT(store_probe(s, PATIENCE_MS), ERR_OK);
    CHECK_INT(test_call(writer_submit, s, wait_less, NULL), ERR_OK);
    (void)close(begin[1]);
    (void)close(begin[0]);
    char byte;
    must(read(h.held[0], &byte, 1) == 1);

    int64_t before = test_now_ms();
    CHECK_INT(store_probe(s, 50), ERR_TIMEOUT);
    CU_ASSERT_TRUE(test_now_ms() - before < LATE_MS);
    int64_t rooms = 0;
    CHECK_INT(test_call(reader_submit, s, read_one, &rooms), ERR_OK);
    CHECK_INT(rooms, 1);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_TIMEOUT);
    CU_ASSERT_FALSE(store_status(s).writable);
    CU_ASSERT_FALSE(store_status(s).read_only); /* it may be tried */
    let_go(&h);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "2"), ERR_OK);
    CU_ASSERT_TRUE(store_status(s).writable);
    store_close(s);
    tmpdb_remove(&t);
}

UNIT("store/lock", CASE(test_database_deadline_is_kept),
     CASE(a_lock_that_is_freed_in_time_only_delays_the_start),
     CASE(a_second_store_is_refused_at_once), CASE(a_killed_process_leaves_no_lock),
     CASE(a_probe_times_out_while_another_process_holds_the_lock))
