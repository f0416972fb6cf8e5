/* A restore puts a checked copy in the place of the database, keeps what was there, and is whole at every moment. */
#include "fault_disk.h"
#include "test_store.h"
#include "unit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WHEN_MS INT64_C(1700000000000) /* 2023-11-14 22:13:20 UTC */

struct world {
    struct tmpdb t;
    char backup[320];
};

/* A database in which `state` is 'new', and a backup of it from when that was 'old'. */
static struct world world_make(void)
{
    struct world w = {.t = tmpdb_make()};
    char error[256];
    (void)snprintf(w.backup, sizeof w.backup, "%s/monday#1 ?%%.db", w.t.folder);
    struct store_options o = test_store_options(w.t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "state", "old"), ERR_OK);
    CHECK_INT(store_backup(s, w.backup, NULL, error), ERR_OK);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "state", "new"), ERR_OK);
    store_close(s);
    return w;
}

static enum err settle(struct db *copy)
{
    return put_setting(copy, "settled", "yes");
}

static enum err run(struct world *w, const char *from, char **out_kept, char error[256])
{
    const struct restore r = {.from = from, .path = w->t.path, .now_ms = WHEN_MS, .settle = settle};
    return store_restore(&r, out_kept, error);
}

/* How many files of the folder have this in their names. */
static int count_files(const struct world *w, const char *part)
{
    int count = 0;
    DIR *folder = opendir(w->t.folder);
    must(folder);
    const struct dirent *entry;
    while ((entry = readdir(folder))) /* NOLINT(concurrency-mt-unsafe): one thread reads it */
        count += strstr(entry->d_name, part) != NULL;
    (void)closedir(folder);
    return count;
}

static void a_backup_takes_the_place_of_what_is_kept(void)
{
    struct world w = world_make();
    char error[256] = "?";
    char out[64];
    char *first = NULL;
    char *second = NULL;
    CHECK_INT(run(&w, w.backup, &first, error), ERR_OK);
    CHECK_TEXT(error, "");
    must(first);
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "/snug.db.before-restore-20231114T221320Z"));
    CHECK_TEXT(test_setting(w.t.path, "state", out), "old");
    CHECK_TEXT(test_setting(w.t.path, "settled", out), "yes");
    CHECK_TEXT(test_setting(first, "state", out), "new");
    CHECK_TEXT(test_setting(w.backup, "settled", out), ""); /* as it was */

    CHECK_INT(run(&w, w.backup, &second, error), ERR_OK); /* within the same second */
    must(second);
    CU_ASSERT_STRING_NOT_EQUAL(first, second);
    CHECK_TEXT(test_setting(first, "state", out), "new");
    free(second);

    CHECK_INT(run(&w, first, &second, error), ERR_OK); /* and back */
    CHECK_TEXT(test_setting(w.t.path, "state", out), "new");
    free(first);
    free(second);

    struct store_options o = test_store_options(w.t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(store_check(s, error), ERR_OK);
    store_close(s);
    CHECK_INT(count_files(&w, ".restore-"), 0);
    tmpdb_remove(&w.t);
}

/* Two slashes are one, and no name of a machine. */
static void a_path_may_have_two_slashes(void)
{
    struct world w = world_make();
    char error[256];
    char out[64];
    char from[330];
    char *kept = NULL;
    (void)snprintf(from, sizeof from, "/%s", w.backup);
    CHECK_INT(run(&w, from, &kept, error), ERR_OK);
    CHECK_TEXT(error, "");
    CHECK_TEXT(test_setting(w.t.path, "state", out), "old");
    free(kept);
    tmpdb_remove(&w.t);
}

static void an_empty_folder_gets_the_backup(void)
{
    struct world w = world_make();
    struct tmpdb other = tmpdb_make();
    char error[256];
    char out[64];
    char *kept = NULL;
    const struct restore r = {.from = w.backup, .path = other.path, .now_ms = WHEN_MS};
    CHECK_INT(store_restore(&r, &kept, error), ERR_OK);
    CU_ASSERT_PTR_NULL(kept);
    CHECK_TEXT(test_setting(other.path, "state", out), "old");
    tmpdb_remove(&other);
    tmpdb_remove(&w.t);
}

/* The log of a server that was killed has what is not in the database yet: it is kept with it. */
static void what_a_killed_server_had_in_its_log_is_kept(void)
{
    struct world w = world_make();
    char error[256];
    char out[64];
    char *kept = NULL;
    pid_t child = fork();
    if (child == 0) {
        struct store_options o = test_store_options(w.t.path);
        struct store *s = test_store_open(&o);
        must(test_put_and_wait(s, PUT_GOOD, "state", "newest") == ERR_OK);
        (void)kill(getpid(), SIGKILL);
    }
    must(waitpid(child, NULL, 0) == child);
    CHECK_INT(count_files(&w, "snug.db-wal"), 1);
    CHECK_INT(run(&w, w.backup, &kept, error), ERR_OK);
    CHECK_INT(count_files(&w, "snug.db-"), 0);
    must(kept);
    CHECK_TEXT(test_setting(kept, "state", out), "newest");
    CHECK_TEXT(test_setting(w.t.path, "state", out), "old");
    free(kept);
    tmpdb_remove(&w.t);
}

/* A database that cannot even be read is no obstacle, and is kept as it is, with its log. */
static void a_ruined_database_is_replaced(void)
{
    struct world w = world_make();
    char error[256];
    char out[64];
    char *kept = NULL;
    static const char junk[] = "this is no database, but somebody may want it";
    char log[320];
    (void)snprintf(log, sizeof log, "%s-wal", w.t.path);
    const char *const files[] = {w.t.path, log};
    for (int i = 0; i < 2; i++) {
        int fd = open(files[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        must(fd >= 0 && write(fd, junk, sizeof junk) == (ssize_t)sizeof junk && close(fd) == 0);
    }
    CHECK_INT(run(&w, w.backup, &kept, error), ERR_OK);
    CHECK_TEXT(test_setting(w.t.path, "state", out), "old");
    must(kept);
    struct stat s;
    CU_ASSERT_TRUE(stat(kept, &s) == 0 && s.st_size == (off_t)sizeof junk);
    CHECK_INT(count_files(&w, "Z-wal"), 1);
    free(kept);
    tmpdb_remove(&w.t);
}

static void check_refused(struct world *w, const char *from, enum err e, const char *words)
{
    char error[256] = "";
    char out[64];
    char *kept = NULL;
    CHECK_INT(run(w, from, &kept, error), e);
    if (!strstr(error, words))
        (void)fprintf(stderr, "said: %s\n", error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, words));
    CHECK_TEXT(test_setting(w->t.path, "state", out), "new");
    CHECK_INT(count_files(w, "restore"), 0); /* nothing was begun, nothing is left */
}

static void what_is_no_good_backup_is_refused(void)
{
    struct world w = world_make();
    char other[320];
    (void)snprintf(other, sizeof other, "%s/other.db", w.t.folder);
    check_refused(&w, other, ERR_IO, "No such file");
    check_refused(&w, w.t.folder, ERR_IO, "is no file");
    check_refused(&w, w.t.path, ERR_UNAVAILABLE, "the folder's own database");
    test_change(other, "CREATE TABLE a (b)");
    check_refused(&w, other, ERR_UNAVAILABLE, "not one of Snug's");
    int fd = open(other, O_WRONLY | O_TRUNC | O_CLOEXEC);
    must(fd >= 0);
    check_refused(&w, other, ERR_UNAVAILABLE, "empty");
    must(write(fd, "no database", 11) == 11 && close(fd) == 0);
    check_refused(&w, other, ERR_IO, "cannot be ");
    test_change(w.backup, "PRAGMA user_version = 9999");
    check_refused(&w, w.backup, ERR_UNAVAILABLE, "A newer Snug wrote this database");
    test_change(
        w.backup,
        "PRAGMA user_version = 1; INSERT INTO invite VALUES (7, zeroblob(32), 1, 0, 99, 0, 0)");
    check_refused(&w, w.backup, ERR_IO, "Row 7 of invite refers to nothing in user.");
    tmpdb_remove(&w.t);
}

static void a_folder_that_a_store_uses_is_left_alone(void)
{
    struct world w = world_make();
    struct store_options o = test_store_options(w.t.path);
    struct store *s = test_store_open(&o);
    check_refused(&w, w.backup, ERR_CONFLICT, "Another Snug uses this folder.");
    store_close(s);
    tmpdb_remove(&w.t);
}

/* Killed at each of its writes and syncs: the database is the old one or the new one, the next try goes through, and the
 * old one is kept. */
static void killed_at_any_moment_it_is_the_old_or_the_new_one(void)
{
    struct world w = world_make();
    char error[256];
    char out[64];
    int status = 0;
    int kills = 0;
    disk_fault_install();
    for (int n = 1;; n += 1 + n / 8) {
        pid_t child = fork();
        if (child == 0) {
            char *kept = NULL;
            disk_fault_at(n % 2 ? DISK_KILL : DISK_KILL_TORN, n);
            _exit(run(&w, w.backup, &kept, error) == ERR_OK ? 0 : 1);
        }
        must(waitpid(child, &status, 0) == child);
        if (!WIFSIGNALED(status))
            break;
        kills++;
        CHECK_TEXT(test_setting(w.t.path, "state", out), "new"); /* the last writes come before */
    }
    CHECK_INT(WEXITSTATUS(status), 0);
    CU_ASSERT_TRUE(kills > 10); /* or the test proves nothing */
    CHECK_TEXT(test_setting(w.t.path, "state", out), "old");
    CHECK_INT(count_files(&w, "before-restore"), 1);
    CHECK_INT(count_files(&w, "db.restore"), 0);
    struct store_options o = test_store_options(w.t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(store_check(s, error), ERR_OK);
    store_close(s);
    tmpdb_remove(&w.t);
}

UNIT("store/restore", CASE(a_backup_takes_the_place_of_what_is_kept),
     CASE(a_path_may_have_two_slashes), CASE(an_empty_folder_gets_the_backup),
     CASE(what_a_killed_server_had_in_its_log_is_kept), CASE(a_ruined_database_is_replaced),
     CASE(what_is_no_good_backup_is_refused), CASE(a_folder_that_a_store_uses_is_left_alone),
     CASE(killed_at_any_moment_it_is_the_old_or_the_new_one))
