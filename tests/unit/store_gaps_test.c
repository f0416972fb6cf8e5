/* What is deleted is not in the file any more, also where SQLite moved it from page to page before. */
#include "fault_vfs.h"
#include "store/gaps.h"
#include "test_store.h"
#include "unit.h"

/* ---- what a page is */

static void only_pages_with_cells_have_gaps(void)
{
    static const struct {
        unsigned char type, cells, start; /* start: of the first cell, in units of 256 */
        bool first, has;
        size_t from;
    } rows[] = {
        {13, 3, 2, false, true, 8 + 6},
        {10, 0, 4, false, true, 8},
        {5, 3, 2, false, true, 12 + 6},
        {2, 3, 2, false, true, 12 + 6},
        {13, 3, 2, true, true, 100 + 14},
        {13, 255, 2, false, false, 0}, /* its cells before its list */
        {13, 3, 5, false, false, 0},   /* its cells behind its end */
        {0, 3, 2, false, false, 0},
        {1, 3, 2, false, false, 0},
        {3, 3, 2, false, false, 0},
        {14, 3, 2, false, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char page[1024] = {0};
        size_t at = rows[i].first ? 100 : 0, from = 0, to = 0;
        page[at] = rows[i].type;
        page[at + 4] = rows[i].cells;
        page[at + 5] = rows[i].start;
        CHECK_INT(gaps_find(page, sizeof page, rows[i].first, &from, &to), rows[i].has);
        if (rows[i].has) {
            CHECK_INT(from, rows[i].from);
            CHECK_INT(to, rows[i].start * 256);
        }
        CU_ASSERT_FALSE(gaps_find(page, 256, false, &from, &to));
    }
}

/* ---- what is in the file */

/* Rows in the middle of others make pages full, so that SQLite moves what is there to new ones. */
static const char *const fill[] = {
    "CREATE TABLE t (a INTEGER, b INTEGER, x TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
    " INSERT INTO t SELECT i % 7, i, 'qzxjkvbw and ' || hex(zeroblob(i % 97)) FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    " INSERT INTO t SELECT i % 7, 1000 + i, 'others ' || hex(zeroblob(i % 89)) FROM n",
};

static void what_was_moved_is_not_left_behind(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    for (size_t i = 0; i < sizeof fill / sizeof fill[0]; i++)
        CHECK_INT(test_sql(s, fill[i]), ERR_OK);
    store_close(s);
    CU_ASSERT_TRUE(tmpdb_has(t.path, "qzxjkvbw"));
    s = test_store_open(&o);
    CHECK_INT(test_sql(s, "UPDATE t SET x = '' WHERE x LIKE 'qzxjkvbw%'"), ERR_OK);
    store_close(s);
    CU_ASSERT_FALSE(tmpdb_has(t.path, "qzxjkvbw"));
    char out[64];
    CU_ASSERT_TRUE(test_look(t.path, "PRAGMA integrity_check", out));
    CHECK_TEXT(out, "ok");
    CU_ASSERT_TRUE(test_look(t.path, "SELECT count(*) FROM t WHERE x LIKE 'others%'", out));
    CHECK_TEXT(out, "2000");
    tmpdb_remove(&t);
}

/* ---- when it is synced */

#define WRITTEN_BYTES (8 * GAPS_SYNC_BYTES)

/* A log of so much, and a database that has nothing of it yet. */
static struct store *store_with_log(const struct store_options *o)
{
    char insert[64];
    struct store *s = test_store_open(o);
    (void)snprintf(insert, sizeof insert, "INSERT INTO b VALUES (randomblob(%d))", WRITTEN_BYTES);
    CHECK_INT(test_sql(s, "CREATE TABLE b (x BLOB)"), ERR_OK);
    CHECK_INT(test_sql(s, insert), ERR_OK);
    return s;
}

static void a_checkpoint_is_synced_as_it_is_written(void)
{
    struct tmpdb t = tmpdb_make();
    fault_vfs_install();
    struct store_options o = test_store_options(t.path);
    struct store *s = store_with_log(&o);
    int before = atomic_load(&vfs_made[VFS_SYNC]);
    store_close(s);
    CU_ASSERT_TRUE(atomic_load(&vfs_made[VFS_SYNC]) - before >= WRITTEN_BYTES / GAPS_SYNC_BYTES);
    tmpdb_remove(&t);
}

/* What a sync on the way could not put on the disk is not held for copied: the log keeps it. */
static void a_sync_on_the_way_that_fails_leaves_the_log(void)
{
    struct tmpdb t = tmpdb_make();
    char out[64], want[64], log[300];
    fault_vfs_install();
    struct store_options o = test_store_options(t.path);
    (void)snprintf(log, sizeof log, "%s-wal", t.path);
    (void)snprintf(want, sizeof want, "%d", WRITTEN_BYTES);
    struct store *s = store_with_log(&o);
    vfs_fault_from(VFS_SYNC, 3, SQLITE_IOERR_FSYNC, EIO);
    store_close(s);
    CU_ASSERT_TRUE(vfs_fault_end());
    CHECK_INT(access(log, F_OK), 0);
    s = test_store_open(&o);
    CU_ASSERT_TRUE(test_look(t.path, "SELECT sum(length(x)) FROM b", out));
    CHECK_TEXT(out, want);
    store_close(s);
    CHECK_INT(access(log, F_OK), -1);
    tmpdb_remove(&t);
}

UNIT("store/gaps", CASE(only_pages_with_cells_have_gaps), CASE(what_was_moved_is_not_left_behind),
     CASE(a_checkpoint_is_synced_as_it_is_written),
     CASE(a_sync_on_the_way_that_fails_leaves_the_log))
