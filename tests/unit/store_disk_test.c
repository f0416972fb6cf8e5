/* A full or failing disk is an answer: nothing is acknowledged, reading goes on, and it comes back by itself. */
#include "fault_disk.h"
#include "test_store.h"
#include "unit.h"

#include <sched.h>
#include <sys/statvfs.h>

#define MIB ((int64_t)1 << 20)

/* The program's own, instead of the C library's: how much room there is. */
static _Atomic int64_t room_bytes = 100 * MIB;

int statvfs(const char *restrict path, struct statvfs *restrict out)
{
    (void)path;
    *out = (struct statvfs){.f_frsize = 4096,
                            .f_bavail = (fsblkcnt_t)(atomic_load(&room_bytes) / 4096)};
    return 0;
}

static struct store *open_looking(const char *path)
{
    struct store_options o = test_store_options(path);
    o.look_ms = 10; /* a second, scaled */
    o.disk_free_min_bytes = 10 * MIB;
    return test_store_open(&o);
}

static bool becomes(struct store *s, bool writable, bool read_only)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    for (;;) {
        struct store_status now = store_status(s);
        if (now.writable == writable && now.read_only == read_only)
            return true;
        if (test_now_ms() > until_ms)
            return false;
        (void)sched_yield();
    }
}

static enum err read_rooms(struct db *db, void *data)
{
    return connection_int(db, "SELECT count(*) FROM room", data);
}

static void expect_reading_works(struct store *s)
{
    int64_t rooms = 0;
    CHECK_INT(test_call(reader_submit, s, read_rooms, &rooms), ERR_OK);
    CHECK_INT(rooms, 1);
}

static void little_room_makes_it_read_only_until_there_is_room(void)
{
    struct tmpdb t = tmpdb_make();
    struct store *s = open_looking(t.path);
    CHECK_INT(store_status(s).disk_free_bytes, 100 * MIB);
    CU_ASSERT_TRUE(store_status(s).used_bytes > 0);
    CU_ASSERT_TRUE(store_status(s).writable);

    atomic_store(&room_bytes, 10 * MIB - 4096); /* a page under the limit */
    CU_ASSERT_TRUE(becomes(s, false, true));
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_UNAVAILABLE);
    CHECK_INT(store_probe(s, PATIENCE_MS), ERR_UNAVAILABLE);
    expect_reading_works(s);

    atomic_store(&room_bytes, 10 * MIB); /* at it */
    CU_ASSERT_TRUE(becomes(s, true, false));
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "2"), ERR_OK);
    store_close(s);
    tmpdb_remove(&t);
}

static void a_start_with_little_room_is_read_only_from_the_first(void)
{
    struct tmpdb t = tmpdb_make();
    atomic_store(&room_bytes, MIB);
    struct store *s = open_looking(t.path);
    CU_ASSERT_TRUE(store_status(s).read_only);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_UNAVAILABLE);
    atomic_store(&room_bytes, 100 * MIB);
    store_close(s);
    tmpdb_remove(&t);
}

/* The commit itself fails: every job of the group is told so, and nothing of it is there. */
static void expect_a_failed_commit(enum disk_fault fault, enum err expected, bool read_only)
{
    struct tmpdb t = tmpdb_make();
    struct store *s = open_looking(t.path);
    struct future *a = NULL;
    struct future *bad = NULL;
    struct future *b = NULL;
    struct gate g;
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "before"), ERR_OK);
    gate_close(&g, writer_submit, s);
    CHECK_INT(test_put(s, PUT_GOOD, "a", "1", &a), ERR_OK);
    CHECK_INT(test_put(s, PUT_FAILS_AFTER_WRITING, "b", "1", &bad), ERR_OK);
    CHECK_INT(test_put(s, PUT_GOOD, "b", "1", &b), ERR_OK);
    disk_fault_at(fault, 0);
    gate_open(&g);
    gate_fini(&g);
    CHECK_INT(test_wait(a), expected);
    CHECK_INT(test_wait(bad), ERR_DENIED); /* its own answer */
    CHECK_INT(test_wait(b), expected);
    CU_ASSERT_TRUE(becomes(s, false, read_only));
    if (read_only)
        CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "2"), ERR_UNAVAILABLE);
    expect_reading_works(s);
    char out[64];
    CHECK_TEXT(test_setting(t.path, "a", out), "before");
    CHECK_TEXT(test_setting(t.path, "b", out), "");

    disk_fault_at(DISK_FINE, 0);
    CU_ASSERT_TRUE(becomes(s, true, false)); /* nobody wrote: it tried by itself */
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "after"), ERR_OK);
    char error[256];
    CHECK_INT(store_check(s, error), ERR_OK);
    store_close(s);
    tmpdb_remove(&t);
}

static void a_full_disk_fails_the_group_and_comes_back(void)
{
    expect_a_failed_commit(DISK_NO_ROOM, ERR_UNAVAILABLE, true);
}

static void a_used_up_quota_is_a_full_disk(void)
{
    expect_a_failed_commit(DISK_NO_QUOTA, ERR_UNAVAILABLE, true);
}

static void a_disk_that_becomes_read_only_is_a_full_disk(void)
{
    expect_a_failed_commit(DISK_READ_ONLY, ERR_UNAVAILABLE, true);
}

static void a_failed_sync_acknowledges_nothing(void)
{
    expect_a_failed_commit(DISK_NO_SYNC, ERR_IO, false);
}

/* What another connection sees and what survives kill -9 may still be only in the system's memory: a power cut would take
 * it. So each acknowledgement has a sync of its own before it. The values differ, because SQLite writes nothing, and
 * so syncs nothing, when a row is replaced by the same bytes. */
static void an_acknowledgement_comes_after_a_sync(void)
{
    struct tmpdb t = tmpdb_make();
    struct store *s = open_looking(t.path);
    for (int i = 0; i < 20; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        int before = atomic_load(&disk_syncs);
        CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", value), ERR_OK);
        CU_ASSERT_TRUE(atomic_load(&disk_syncs) > before);
    }
    store_close(s);
    tmpdb_remove(&t);
}

/* SQLite's own limit of pages: a job that does not fit fails alone or with its group, and is never half there. */
static void a_database_at_its_page_limit_refuses_and_stays_whole(void)
{
    struct tmpdb t = tmpdb_make();
    struct store *s = open_looking(t.path);
    CHECK_INT(test_sql(s, "PRAGMA max_page_count = 1"),
              ERR_OK); /* the present size, it never goes below */
    CHECK_INT(test_sql(s, "INSERT INTO setting SELECT 'big', hex(zeroblob(500000))"),
              ERR_UNAVAILABLE);
    CHECK_INT(test_sql(s, "PRAGMA max_page_count = 1000000"), ERR_OK);
    CU_ASSERT_TRUE(becomes(s, true, false));
    char out[64];
    CHECK_TEXT(test_setting(t.path, "big", out), "");
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_OK);
    store_close(s);
    tmpdb_remove(&t);
}

static void a_start_on_a_full_disk_says_so(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = NULL;
    char error[256] = "";
    disk_fault_at(DISK_NO_ROOM, 0);
    CHECK_INT(store_open(&o, &s, error), ERR_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "database or disk is full"));
    disk_fault_at(DISK_FINE, 0);
    store_close(test_store_open(&o));
    tmpdb_remove(&t);
}

/* The first case: before any connection. */
static void install(void)
{
    disk_fault_install();
    CU_ASSERT_PTR_NOT_NULL(disk_real_pwrite);
}

UNIT("store/disk", CASE(install), CASE(little_room_makes_it_read_only_until_there_is_room),
     CASE(a_start_with_little_room_is_read_only_from_the_first),
     CASE(a_full_disk_fails_the_group_and_comes_back), CASE(a_used_up_quota_is_a_full_disk),
     CASE(a_disk_that_becomes_read_only_is_a_full_disk), CASE(a_failed_sync_acknowledges_nothing),
     CASE(an_acknowledgement_comes_after_a_sync),
     CASE(a_database_at_its_page_limit_refuses_and_stays_whole),
     CASE(a_start_on_a_full_disk_says_so))
