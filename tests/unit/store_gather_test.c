/* The log is written with few calls, and nothing of it is lost, stale or told too early. */
#include "fault_vfs.h"
#include "store/gather.h"
#include "test_store.h"
#include "unit.h"

#define BLOB_BYTES (1 << 20)
/* Of a group: its pages and their heads by GATHER_BYTES, and some that do not follow on what was before. */
#define WRITES_MAX (BLOB_BYTES / GATHER_BYTES + 8)

struct log {
    struct tmpdb t;
    struct store *s;
};

static struct log log_open(void)
{
    struct log l = {.t = tmpdb_make()};
    fault_vfs_install();
    struct store_options o = test_store_options(l.t.path);
    o.checkpoint_bytes = INT64_C(1) << 30; /* never: the log alone is looked at */
    l.s = test_store_open(&o);
    CHECK_INT(test_sql(l.s, "CREATE TABLE b (id INTEGER PRIMARY KEY, x BLOB)"), ERR_OK);
    return l;
}

static void log_close(struct log *l)
{
    char out[64];
    store_close(l->s);
    CU_ASSERT_TRUE(test_look(l->t.path, "PRAGMA integrity_check", out));
    CHECK_TEXT(out, "ok");
    tmpdb_remove(&l->t);
}

static void check_look(struct log *l, const char *sql, const char *want)
{
    char out[64];
    CU_ASSERT_TRUE(test_look(l->t.path, sql, out));
    CHECK_TEXT(out, want);
}

static void a_group_is_written_with_few_calls(void)
{
    struct log l = log_open();
    char insert[96];
    (void)snprintf(insert, sizeof insert, "INSERT INTO b (x) VALUES (randomblob(%d))", BLOB_BYTES);
    int before = atomic_load(&vfs_made[VFS_WRITE]);
    CHECK_INT(test_sql(l.s, insert), ERR_OK);
    int made = atomic_load(&vfs_made[VFS_WRITE]) - before;
    CU_ASSERT_TRUE(made >= BLOB_BYTES / GATHER_BYTES);
    CU_ASSERT_TRUE(made <= WRITES_MAX);
    check_look(&l, "SELECT length(x) FROM b", "1048576");
    log_close(&l);
}

/* Once it was told of, who reads the log from elsewhere finds it. */
static void what_is_committed_is_in_the_file(void)
{
    struct log l = log_open();
    char want[64];
    for (int i = 1; i <= 50; i++) {
        CHECK_INT(test_sql(l.s, "INSERT INTO b (x) VALUES (zeroblob(7000))"), ERR_OK);
        (void)snprintf(want, sizeof want, "%d", i);
        check_look(&l, "SELECT count(*) FROM b WHERE length(x) = 7000", want);
    }
    log_close(&l);
}

/* ---- the file itself */

static int64_t bytes_on_disk(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* What was kept is in the file once somebody could miss it: before a read, a look at the size, a cut and a sync. */
static void what_is_kept_is_given_before_it_could_be_missed(void)
{
    struct tmpdb t = tmpdb_make();
    struct gather *g = calloc(1, sizeof *g);
    must(g);
    sqlite3 *db = NULL;
    sqlite3_file *f = NULL;
    sqlite3_int64 size = 0;
    char log[300], back[8];
    (void)snprintf(log, sizeof log, "%s-wal", t.path);
    CHECK_INT(sqlite3_open(t.path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE t (x)", NULL, NULL, NULL),
              SQLITE_OK);
    gather_log(g, db);
    CHECK_INT(sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f), SQLITE_OK);
    int64_t end = bytes_on_disk(log);
    const sqlite3_io_methods *m = f->pMethods;

    CHECK_INT(m->xWrite(f, "abcd", 4, end), SQLITE_OK);
    CHECK_INT(m->xWrite(f, "efgh", 4, end + 4), SQLITE_OK);
    CHECK_INT(bytes_on_disk(log), end);
    CHECK_INT(m->xRead(f, back, 8, end), SQLITE_OK);
    CHECK_INT(memcmp(back, "abcdefgh", 8), 0);

    CHECK_INT(m->xWrite(f, "ijkl", 4, end + 8), SQLITE_OK);
    CHECK_INT(m->xFileSize(f, &size), SQLITE_OK);
    CHECK_INT(size, end + 12);

    CHECK_INT(m->xWrite(f, "mnop", 4, end + 12), SQLITE_OK);
    CHECK_INT(m->xTruncate(f, end + 14), SQLITE_OK);
    CHECK_INT(bytes_on_disk(log), end + 14);
    CU_ASSERT_TRUE(tmpdb_has(log, "ijklmn"));

    CHECK_INT(m->xWrite(f, "qr", 2, end + 14), SQLITE_OK);
    CHECK_INT(m->xWrite(f, "B", 1, end + 1), SQLITE_OK); /* elsewhere: what was kept goes first */
    CHECK_INT(bytes_on_disk(log), end + 16);
    CHECK_INT(m->xSync(f, SQLITE_SYNC_NORMAL), SQLITE_OK);
    CHECK_INT(m->xRead(f, back, 8, end), SQLITE_OK);
    CHECK_INT(memcmp(back, "aBcdefgh", 8), 0);

    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    free(g);
    tmpdb_remove(&t);
}

/* A change too large for the page cache goes to the log before its commit, and is read from there again. */
static void a_large_change_reads_its_own_pages_back(void)
{
    struct log l = log_open();
    CHECK_INT(test_sql(l.s, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
                            " i < 2000) INSERT INTO b SELECT i, printf('%03500d', i) FROM n;"
                            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
                            " i < 20000) REPLACE INTO b SELECT"
                            " i * i * 7919 % 2003, printf('%03500d', i) FROM n"),
              ERR_OK);
    check_look(&l, "SELECT count(*) FROM b WHERE id = x * x * 7919 % 2003", "1002");
    log_close(&l);
}

/* What a transaction that was rolled back had put there already is not taken for the next one's. */
static void what_was_rolled_back_does_not_come_back(void)
{
    struct log l = log_open();
    for (int i = 0; i < 5; i++) {
        CHECK_INT(test_sql(l.s, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                                " WHERE i < 2000) INSERT INTO b (x) SELECT zeroblob(3000) FROM n;"
                                "INSERT INTO nothing VALUES (1)"),
                  ERR_INTERNAL);
        CHECK_INT(test_sql(l.s, "INSERT INTO b (x) VALUES (zeroblob(10))"), ERR_OK);
    }
    check_look(&l, "SELECT count(*) || ',' || sum(length(x)) FROM b", "5,50");
    log_close(&l);
}

/* Each write of a group in turn fails: the group says so, and all others are whole. */
static void a_write_that_fails_is_told_by_the_commit(void)
{
    struct log l = log_open();
    char want[64];
    int good = 0;
    bool fired = true;
    for (int n = 1; fired; n++) {
        vfs_fault_at(VFS_WRITE, n, SQLITE_IOERR_WRITE, EIO);
        enum err e = test_sql(l.s, "INSERT INTO b (x) VALUES (zeroblob(200000))");
        fired = vfs_fault_end();
        CHECK_INT(e, fired ? ERR_IO : ERR_OK);
        good += e == ERR_OK;
        CHECK_INT(test_sql(l.s, "INSERT INTO b (x) VALUES (zeroblob(200000))"), ERR_OK);
        good++;
        (void)snprintf(want, sizeof want, "%d", good);
        check_look(&l, "SELECT count(*) FROM b WHERE length(x) = 200000", want);
        CU_ASSERT_TRUE(n < 20);
    }
    CU_ASSERT_TRUE(good >= 4); /* that is, at least two writes a group */
    log_close(&l);
}

UNIT("store/gather", CASE(a_group_is_written_with_few_calls),
     CASE(what_is_committed_is_in_the_file), CASE(what_is_kept_is_given_before_it_could_be_missed),
     CASE(a_large_change_reads_its_own_pages_back), CASE(what_was_rolled_back_does_not_come_back),
     CASE(a_write_that_fails_is_told_by_the_commit))
