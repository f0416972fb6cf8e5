/* A backup is one moment of a database that others write to; a check finds what is damaged; the log stays short. */
#include "fault_disk.h"
#include "test_store.h"
#include "unit.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>

static int64_t size_of(const char *path, const char *ending)
{
    char name[320];
    struct stat s;
    (void)snprintf(name, sizeof name, "%s%s", path, ending);
    return stat(name, &s) == 0 ? (int64_t)s.st_size : -1;
}

/* Writes one row after the other, each from the completion of the last, until told to stop. */
struct stream {
    struct store *store;
    atomic_int written;
    atomic_bool stop;
    struct future *ended;
};

static enum err stream_run(struct db *db, void *data)
{
    struct stream *w = data;
    char name[32];
    (void)snprintf(name, sizeof name, "row %06d", atomic_load(&w->written) + 1);
    return put_setting(db, name,
                       "0123456789012345678901234567890123456789012345678901234567890123456789");
}

static void stream_done(void *data, enum err e)
{
    struct stream *w = data;
    if (e == ERR_OK)
        atomic_fetch_add(&w->written, 1);
    if (e != ERR_OK || atomic_load(&w->stop) ||
        writer_submit(w->store, (struct job){.run = stream_run, .done = stream_done, .data = w}) !=
            ERR_OK)
        (void)future_fulfil(w->ended, e, NULL);
}

static void stream_start(struct stream *w, struct store *s)
{
    *w = (struct stream){.store = s, .ended = future_new(NULL)};
    must(w->ended);
    must(writer_submit(s, (struct job){.run = stream_run, .done = stream_done, .data = w}) ==
         ERR_OK);
}

static void stream_reach(struct stream *w, int rows)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (atomic_load(&w->written) < rows && test_now_ms() < until_ms)
        (void)sched_yield();
    CU_ASSERT_TRUE(atomic_load(&w->written) >= rows);
}

static void stream_stop(struct stream *w)
{
    atomic_store(&w->stop, true);
    CHECK_INT(test_wait(w->ended), ERR_OK);
}

#define ROWS_AND_TOP                                                                               \
    "SELECT count(*) || ' ' || coalesce(max(CAST(substr(name, 5) AS INTEGER)), 0) FROM setting "   \
    "WHERE name GLOB 'row *'"

static void a_backup_is_whole_while_others_write(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct stream w;
    char to[320];
    char error[256] = "";
    char out[64];
    (void)snprintf(to, sizeof to, "%s/monday.db", t.folder);
    stream_start(&w, s);
    for (int i = 1; i <= 3; i++) { /* the second and third replace the one before */
        stream_reach(&w, 50 * i);
        int before = atomic_load(&w.written);
        CHECK_INT(store_backup(s, to, NULL, error), ERR_OK);
        CHECK_TEXT(error, "");
        int after = atomic_load(&w.written) + 1; /* one may be on disk and not yet told */
        int count = 0;
        int top = 0;
        CU_ASSERT_TRUE(test_look(to, ROWS_AND_TOP, out));
        CU_ASSERT_TRUE(test_two_numbers(out, &count, &top));
        CHECK_INT(count, top);
        CU_ASSERT_TRUE(count >= before && count <= after);
    }
    stream_stop(&w);
    store_close(s);

    o = test_store_options(to); /* and it is a database like any other */
    s = test_store_open(&o);
    CHECK_INT(store_check(s, error), ERR_OK);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_OK);
    store_close(s);
    CHECK_INT(size_of(to, ".part"), -1);
    tmpdb_remove(&t);
}

/* Puts a row whenever the copying thread is about to write a piece of its copy. */
static struct store *meanwhile_store;
static int meanwhile_rows;

/* Once, before a store has threads: a second time would make the replacement call itself. */
static void replace_writes(void)
{
    static bool installed;
    if (!installed)
        disk_fault_install();
    installed = true;
}

static void put_meanwhile(void)
{
    char name[32];
    if (meanwhile_rows == 50)
        return; /* a copy that begins again at each change must end, to be seen */
    (void)snprintf(name, sizeof name, "meanwhile %d", ++meanwhile_rows);
    CHECK_INT(test_put_and_wait(meanwhile_store, PUT_GOOD, name, "1"), ERR_OK);
}

/* 4 MB are copied in several steps, with commits in the middle of each: none of them is in the copy. */
static void a_backup_is_of_the_moment_it_began(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    replace_writes();
    struct store *s = test_store_open(&o);
    char to[320];
    char error[256] = "";
    char out[64];
    (void)snprintf(to, sizeof to, "%s/monday.db", t.folder);
    CHECK_INT(test_sql(s, "INSERT INTO setting SELECT 'big', hex(zeroblob(2000000))"), ERR_OK);
    meanwhile_store = s;
    disk_before_write = put_meanwhile;
    CHECK_INT(store_backup(s, to, NULL, error), ERR_OK);
    disk_before_write = NULL;
    CHECK_TEXT(error, "");
    CU_ASSERT_TRUE(meanwhile_rows > 10); /* or the test proves nothing */
    CU_ASSERT_TRUE(
        test_look(to, "SELECT count(*) FROM setting WHERE name GLOB 'meanwhile *'", out));
    CHECK_TEXT(out, "0");
    CU_ASSERT_TRUE(test_look(to, "SELECT length(value) FROM setting WHERE name = 'big'", out));
    CHECK_TEXT(out, "4000000");
    store_close(s);
    tmpdb_remove(&t);
}

static void a_backup_that_fails_keeps_what_was_there(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    char to[320];
    char error[256] = "";
    (void)snprintf(to, sizeof to, "%s/nowhere/monday.db", t.folder);
    CHECK_INT(store_backup(s, to, NULL, error), ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(error, "nowhere/monday.db.part cannot be opened: unable to open database file."));

    (void)snprintf(to, sizeof to, "%s/monday.db", t.folder);
    CHECK_INT(store_backup(s, to, NULL, error), ERR_OK);
    CHECK_INT(store_backup(s, t.path, NULL, error), ERR_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "is the database itself."));
    int64_t size = size_of(to, "");
    char part[328];
    (void)snprintf(part, sizeof part, "%s.part", to);
    must(mkdir(part, 0700) == 0); /* in the way */
    CHECK_INT(store_backup(s, to, NULL, error), ERR_IO);
    CHECK_INT(size_of(to, ""), size);
    store_close(s);
    tmpdb_remove(&t);
}

/* In the middle of a copy: how far it is can be asked, and a second one is refused. */
static void look_meanwhile(void)
{
    static bool looked;
    int64_t done;
    int64_t total;
    char error[256] = "";
    if (looked || !store_copied(meanwhile_store, &done, &total) || done == 0)
        return;
    looked = true;
    CU_ASSERT_TRUE(done <= total && total >= 4000000);
    CHECK_INT(store_backup(meanwhile_store, "elsewhere.db", NULL, error), ERR_BUSY);
    CHECK_TEXT(error, "Another backup is being made.");
    store_copy_stop(meanwhile_store);
}

static void a_backup_can_be_asked_and_stopped(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    replace_writes();
    struct store *s = test_store_open(&o);
    char to[320];
    char error[256] = "";
    int64_t done;
    int64_t total;
    (void)snprintf(to, sizeof to, "%s/monday.db", t.folder);
    CHECK_INT(test_sql(s, "INSERT INTO setting SELECT 'big', hex(zeroblob(2000000))"), ERR_OK);
    CU_ASSERT_FALSE(store_copied(s, &done, &total));
    meanwhile_store = s;
    disk_before_write = look_meanwhile;
    CHECK_INT(store_backup(s, to, NULL, error), ERR_CANCELLED);
    disk_before_write = NULL;
    CHECK_TEXT(error, "The copy was stopped.");
    CU_ASSERT_FALSE(store_copied(s, &done, &total));
    CHECK_INT(size_of(to, ""), -1);
    CHECK_INT(size_of(to, ".part"), -1);
    CHECK_INT(store_backup(s, to, NULL, error), ERR_CANCELLED); /* for good: the server ends */
    store_close(s);
    tmpdb_remove(&t);
}

/* 4 MB at 8 MiB/s take at least half a second, whatever the disk can do. */
static void a_backup_keeps_its_pace(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    o.copy_bytes_per_s = 8 << 20;
    struct store *s = test_store_open(&o);
    char to[320];
    char error[256] = "";
    (void)snprintf(to, sizeof to, "%s/monday.db", t.folder);
    CHECK_INT(test_sql(s, "INSERT INTO setting SELECT 'big', hex(zeroblob(2200000))"), ERR_OK);
    int64_t began_ms = test_now_ms();
    CHECK_INT(store_backup(s, to, NULL, error), ERR_OK);
    CU_ASSERT_TRUE(test_now_ms() - began_ms >= 490); /* the last step does not wait */
    store_close(s);
    tmpdb_remove(&t);
}

/* Overwrites the tenth page from the end with what is no page. */
static void damage(const char *path)
{
    int64_t size = size_of(path, "");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    static const char junk[4096] = "not a page";
    must(fd >= 0 && pwrite(fd, junk, sizeof junk, size - (off_t)10 * 4096) == (ssize_t)sizeof junk);
    (void)close(fd);
}

static void fill(struct store *s)
{
    CHECK_INT(
        test_sql(s,
                 "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                 " INSERT INTO setting SELECT 'n' || i, hex(randomblob(40)) FROM n"),
        ERR_OK);
}

/* The good copy of yesterday is not replaced by one of a damaged database. */
static void a_backup_of_a_damaged_database_keeps_what_was_there(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    char to[320];
    char error[256] = "";
    char out[64];
    (void)snprintf(to, sizeof to, "%s/monday.db", t.folder);
    fill(s);
    CHECK_INT(store_backup(s, to, NULL, error), ERR_OK);
    CHECK_INT(test_sql(s, "INSERT INTO setting VALUES ('later', '1')"), ERR_OK);
    store_close(s);
    damage(t.path);
    s = test_store_open(&o);
    CHECK_INT(store_backup(s, to, NULL, error), ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "damaged"));
    CHECK_TEXT(test_setting(to, "later", out), "");
    CHECK_INT(size_of(to, ".part"), -1);
    store_close(s);
    tmpdb_remove(&t);
}

static void a_check_names_a_row_that_refers_to_nothing(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    char error[256] = "";
    CHECK_INT(store_check(s, error), ERR_OK);
    sqlite3 *other = NULL; /* foreign keys are off here */
    must(sqlite3_open(t.path, &other) == SQLITE_OK);
    CHECK_INT(sqlite3_exec(other, "INSERT INTO invite VALUES (7, zeroblob(32), 1, 0, 99, 0, 0)",
                           NULL, NULL, NULL),
              SQLITE_OK);
    (void)sqlite3_close(other);
    CHECK_INT(store_check(s, error), ERR_IO);
    CHECK_TEXT(error, "Row 7 of invite refers to nothing in user.");
    store_close(s);
    tmpdb_remove(&t);
}

static void a_check_finds_a_damaged_page(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    char error[256] = "";
    fill(s);
    store_close(s);
    damage(t.path);
    s = test_store_open(&o);
    CHECK_INT(store_check(s, error), ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "damaged"));
    store_close(s);
    tmpdb_remove(&t);
}

/* How often the log was begun again from its start: a number in its header, sqlite.org/fileformat2.html#walformat. */
static unsigned restarts_of(const char *path)
{
    char name[320];
    unsigned char n[4] = {0};
    (void)snprintf(name, sizeof name, "%s-wal", path);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    must(fd >= 0 && pread(fd, n, sizeof n, 12) == (ssize_t)sizeof n);
    (void)close(fd);
    return (unsigned)n[0] << 24 | (unsigned)n[1] << 16 | (unsigned)n[2] << 8 | n[3];
}

/* The writer never pauses, and still its log is copied and begun again, not once but again and again. */
static void the_log_is_copied_beside_the_writer_and_begun_again(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    o.checkpoint_bytes = 64 << 10;
    struct store *s = test_store_open(&o);
    struct stream w;
    stream_start(&w, s);
    stream_reach(&w, 1);
    unsigned first = restarts_of(t.path);
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (restarts_of(t.path) - first < 5 && test_now_ms() < until_ms)
        (void)sched_yield();
    CU_ASSERT_TRUE(restarts_of(t.path) - first >= 5);
    stream_stop(&w);
    store_close(s);
    CHECK_INT(size_of(t.path, "-wal"), -1); /* a closed database is one file */
    tmpdb_remove(&t);
}

/* A read that lasts keeps the log from being emptied, but neither waits for the other. */
static void a_long_read_delays_the_copy_and_nobody(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    o.checkpoint_bytes = 16 << 10;
    o.look_ms = 10;
    struct store *s = test_store_open(&o);
    struct stream w;
    struct gate g;
    gate_close(&g, reader_submit, s);
    stream_start(&w, s);
    stream_reach(&w, 200);
    stream_stop(&w);
    gate_open(&g);
    gate_fini(&g);
    int64_t rows_bytes = (int64_t)200 * 70; /* in the database once the log is copied */
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    char out[64];
    while (size_of(t.path, "") < rows_bytes && test_now_ms() < until_ms)
        (void)sched_yield();
    CU_ASSERT_TRUE(size_of(t.path, "") >= rows_bytes);
    CU_ASSERT_TRUE(test_look(t.path, ROWS_AND_TOP, out));
    store_close(s);
    tmpdb_remove(&t);
}

UNIT("store/backup", CASE(a_backup_is_whole_while_others_write),
     CASE(a_backup_is_of_the_moment_it_began), CASE(a_backup_that_fails_keeps_what_was_there),
     CASE(a_backup_can_be_asked_and_stopped), CASE(a_backup_keeps_its_pace),
     CASE(a_backup_of_a_damaged_database_keeps_what_was_there),
     CASE(a_check_names_a_row_that_refers_to_nothing), CASE(a_check_finds_a_damaged_page),
     CASE(the_log_is_copied_beside_the_writer_and_begun_again),
     CASE(a_long_read_delays_the_copy_and_nobody))
