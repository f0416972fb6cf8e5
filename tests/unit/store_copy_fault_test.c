/* Whatever call to the disk fails, and whenever, while a database is copied: each answer is documented, the source is
 * unharmed, what was there stays or is replaced by a whole one, nothing lies about, and the next try succeeds. */
#include "fault_plans.h"
#include "file_calls.h"
#include "test_store.h"
#include "unit.h"

#include <dirent.h>
#include <sys/stat.h>

#define WHEN_MS INT64_C(1700000000000) /* 2023-11-14 22:13:20 UTC */

/* ---- a place with a database, `state` is 'new' in it, and a backup from when that was 'old' */

struct world {
    struct tmpdb t;
    char backup[320];
};

static void put_state(const char *path, const char *state)
{
    struct store_options o = test_store_options(path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "state", state), ERR_OK);
    store_close(s);
}

static struct world world_make(void)
{
    struct world w = {.t = tmpdb_make()};
    char error[256];
    fault_vfs_install();
    (void)snprintf(w.backup, sizeof w.backup, "%s/monday.db", w.t.folder);
    struct store_options o = test_store_options(w.t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "state", "old"), ERR_OK);
    CHECK_INT(store_backup(s, w.backup, NULL, error), ERR_OK);
    store_close(s);
    put_state(w.t.path, "new");
    return w;
}

static enum err settle(struct db *copy)
{
    return put_setting(copy, "settled", "yes");
}

static enum err restore(struct world *w, char **out_kept, char error[256])
{
    const struct restore r = {
        .from = w->backup, .path = w->t.path, .now_ms = WHEN_MS, .settle = settle};
    return store_restore(&r, out_kept, error);
}

/* How many files of the folder have this in their names; with `remove_them` none after it. */
static int count_files(const struct world *w, const char *part, bool remove_them)
{
    int count = 0;
    DIR *folder = opendir(w->t.folder);
    must(folder);
    const struct dirent *entry;
    while ((entry = readdir(folder))) { /* NOLINT(concurrency-mt-unsafe): one thread reads it */
        bool is_one = strstr(entry->d_name, part) != NULL;
        count += is_one;
        if (is_one && remove_them)
            must(unlinkat(dirfd(folder), entry->d_name, 0) == 0);
    }
    (void)closedir(folder);
    return count;
}

static void is_whole(const char *path)
{
    char out[64];
    CU_ASSERT_TRUE(test_look(path, "PRAGMA integrity_check", out));
    CHECK_TEXT(out, "ok");
}

/* ---- backups */

struct backup_round {
    struct world w;
    struct store *store; /* `state` is 'newer' in it */
};

/* The source answers and takes writes, a moment after the fault at the latest. */
static void source_is_unharmed(struct store *s)
{
    char error[256] = "";
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    enum err e;
    do
        e = test_put_and_wait(s, PUT_GOOD, "state", "newer");
    while (e != ERR_OK && test_now_ms() < until_ms);
    CHECK_INT(e, ERR_OK);
    CHECK_INT(store_check(s, error), ERR_OK);
}

/* True if the fault came. */
static bool one_backup(struct backup_round *r, const struct fault_plan *p, int n)
{
    char error[256] = "?";
    char out[64];
    fault_begin(p, n);
    enum err e = store_backup(r->store, r->w.backup, NULL, error);
    bool came = vfs_fault_end();
    if (e != ERR_OK && e != p->answer)
        (void)printf("\n    %s %d: %s\n", p->what, n, error);
    CU_ASSERT_TRUE(e == ERR_OK || (came && e == p->answer));
    CU_ASSERT_TRUE(e == ERR_OK ? !error[0] : error[0] && error[0] != '?');
    CHECK_TEXT(test_setting(r->w.backup, "state", out), e == ERR_OK ? "newer" : "old");
    is_whole(r->w.backup);
    CHECK_INT(count_files(&r->w, ".part", false), 0);
    source_is_unharmed(r->store);
    return came;
}

/* Try n has the same beginning as every other: the backup is of when `state` was 'old'. */
static void begin_backup(struct backup_round *r)
{
    char error[256];
    CHECK_INT(test_put_and_wait(r->store, PUT_GOOD, "state", "old"), ERR_OK);
    CHECK_INT(store_backup(r->store, r->w.backup, NULL, error),
              ERR_OK); /* the second try succeeds */
    CHECK_INT(test_put_and_wait(r->store, PUT_GOOD, "state", "newer"), ERR_OK);
}

static void a_backup_answers_whatever_call_fails(void)
{
    struct backup_round r = {.w = world_make()};
    struct store_options o = test_store_options(r.w.t.path);
    unsigned failures = CU_get_number_of_failures();
    r.store = test_store_open(&o);
    for (size_t i = 0; i < FAULT_PLANS; i++) {
        int rounds = 0;
        bool came = true;
        for (int n = 1; came && CU_get_number_of_failures() == failures; n += 1 + n / 2) {
            begin_backup(&r);
            came = one_backup(&r, &fault_plans[i], n);
            rounds += came;
        }
        (void)printf("%s: %d calls ... ", fault_plans[i].what, rounds);
        CU_ASSERT_TRUE(rounds > 0); /* or the test proves nothing */
    }
    begin_backup(&r);
    store_close(r.store);
    tmpdb_remove(&r.w.t);
}

/* ---- restores */

/* The state is the one before or the one after, whole, with all that belongs to it; an error leaves the one before. */
static void is_one_or_the_other(struct world *w, enum err e)
{
    char out[64];
    CHECK_TEXT(test_setting(w->t.path, "state", out), e == ERR_OK ? "old" : "new");
    CHECK_TEXT(test_setting(w->t.path, "settled", out), e == ERR_OK ? "yes" : "");
    CHECK_TEXT(test_setting(w->backup, "state", out), "old");
    CHECK_TEXT(test_setting(w->backup, "settled", out), "");
    is_whole(w->t.path);
    is_whole(w->backup);
}

static void kept_is_whole(const char *kept)
{
    char out[64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    CHECK_TEXT(test_setting(kept, "state", out), "new");
    is_whole(kept);
}

/* What failed is tried again and goes through; then the place is as it was. */
static void succeeds_next_time(struct world *w, enum err first)
{
    char error[256] = "";
    char *kept = NULL;
    if (first != ERR_OK) {
        CHECK_INT(restore(w, &kept, error), ERR_OK);
        CHECK_TEXT(error, "");
        is_one_or_the_other(w, ERR_OK);
        kept_is_whole(kept);
        free(kept);
    }
    (void)count_files(w, ".before-restore-", true);
    struct store_options o = test_store_options(w->t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_sql(s, "DELETE FROM setting WHERE name = 'settled'"), ERR_OK);
    store_close(s);
    put_state(w->t.path, "new");
}

static bool one_restore(struct world *w, const struct fault_plan *p, int n)
{
    char error[256] = "?";
    char *kept = NULL;
    fault_begin(p, n);
    enum err e = restore(w, &kept, error);
    bool came = vfs_fault_end();
    if (e != ERR_OK && e != p->answer)
        (void)printf("\n    %s %d: %s\n", p->what, n, error);
    CU_ASSERT_TRUE(e == ERR_OK || (came && e == p->answer));
    CU_ASSERT_TRUE(e == ERR_OK ? !error[0] : error[0] && error[0] != '?');
    is_one_or_the_other(w, e);
    CHECK_INT(count_files(w, ".restore", false), 0);
    CHECK_INT(count_files(w, ".before-restore-", false), e == ERR_OK);
    if (e == ERR_OK)
        kept_is_whole(kept);
    free(kept);
    succeeds_next_time(w, e);
    return came;
}

static void a_restore_answers_whatever_call_fails(void)
{
    struct world w = world_make();
    unsigned failures = CU_get_number_of_failures();
    for (size_t i = 0; i < FAULT_PLANS; i++) {
        int rounds = 0;
        bool came = true;
        for (int n = 1; came && CU_get_number_of_failures() == failures; n += 1 + n / 2) {
            came = one_restore(&w, &fault_plans[i], n);
            rounds += came;
        }
        (void)printf("%s: %d calls ... ", fault_plans[i].what, rounds);
        CU_ASSERT_TRUE(rounds > 0);
    }
    tmpdb_remove(&w.t);
}

/* ---- the calls around SQLite's */

/* An error leaves one moment at which the backup counts already: its name is there, and perhaps not yet on the disk. */
static bool says_it_is_there(const char *error)
{
    return strstr(error, "is in place, but") != NULL;
}

static void a_backup_answers_whatever_file_call_fails(void)
{
    struct backup_round r = {.w = world_make()};
    struct store_options o = test_store_options(r.w.t.path);
    unsigned failures = CU_get_number_of_failures();
    char error[256];
    char out[64];
    r.store = test_store_open(&o);
    for (enum file_call call = FILE_RENAME; call < FILE_MKDIR; call++) { /* it makes no links */
        bool came = true;
        int rounds = 0;
        for (int n = 1; came && CU_get_number_of_failures() == failures; n++) {
            begin_backup(&r);
            file_fault_at(call, n, EIO);
            enum err e = store_backup(r.store, r.w.backup, NULL, error);
            came = file_fault_end();
            rounds += came;
            CU_ASSERT_TRUE(e == ERR_OK || (came && e == ERR_IO && error[0]));
            bool is_new = e == ERR_OK || says_it_is_there(error);
            CHECK_TEXT(test_setting(r.w.backup, "state", out), is_new ? "newer" : "old");
            is_whole(r.w.backup);
            CHECK_INT(count_files(&r.w, ".part", false), 0);
        }
        (void)printf("%s: %d calls ... ", file_calls[call], rounds);
        CU_ASSERT_TRUE(rounds > 0);
    }
    store_close(r.store);
    tmpdb_remove(&r.w.t);
}

static void a_restore_answers_whatever_file_call_fails(void)
{
    struct world w = world_make();
    unsigned failures = CU_get_number_of_failures();
    for (enum file_call call = 0; call < FILE_MKDIR; call++) {
        bool came = true;
        int rounds = 0;
        for (int n = 1; came && CU_get_number_of_failures() == failures; n++) {
            char error[256] = "?";
            char *kept = NULL;
            file_fault_at(call, n, EIO);
            enum err e = restore(&w, &kept, error);
            came = file_fault_end();
            rounds += came;
            CU_ASSERT_TRUE(e == ERR_OK || (came && e == ERR_IO && error[0]));
            bool is_new = e == ERR_OK || says_it_is_there(error);
            is_one_or_the_other(&w, is_new ? ERR_OK : e);
            CHECK_INT(count_files(&w, ".restore", false), 0);
            CHECK_INT(count_files(&w, ".before-restore-", false), is_new);
            free(kept);
            succeeds_next_time(&w, is_new ? ERR_OK : e);
        }
        (void)printf("%s: %d calls ... ", file_calls[call], rounds);
        CU_ASSERT_TRUE(rounds > 0);
    }
    tmpdb_remove(&w.t);
}

static const char ruined[] = "this is no database, but somebody may want it";

static void ruin(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, ruined, sizeof ruined) == (ssize_t)sizeof ruined && close(fd) == 0);
}

static bool is_ruined(const char *path)
{
    char there[sizeof ruined] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && read(fd, there, sizeof there) == (ssize_t)sizeof there &&
              memcmp(there, ruined, sizeof ruined) == 0;
    if (fd >= 0)
        (void)close(fd);
    return is;
}

/* A log that cannot be put into its database belongs to it: an error leaves the two beside each other. */
static void a_log_stays_with_its_database_whatever_file_call_fails(void)
{
    struct world w = world_make();
    unsigned failures = CU_get_number_of_failures();
    char log[320];
    (void)snprintf(log, sizeof log, "%s-wal", w.t.path);
    for (enum file_call call = 0; call < FILE_MKDIR; call++) {
        bool came = true;
        for (int n = 1; came && CU_get_number_of_failures() == failures; n++) {
            char error[256] = "?";
            char *kept = NULL;
            ruin(w.t.path);
            ruin(log);
            file_fault_at(call, n, EIO);
            enum err e = restore(&w, &kept, error);
            came = file_fault_end();
            bool is_new = e == ERR_OK || says_it_is_there(error);
            CU_ASSERT_TRUE(is_new || (is_ruined(w.t.path) && is_ruined(log)));
            CHECK_INT(count_files(&w, ".before-restore-", true), is_new ? 2 : 0); /* the log too */
            CHECK_INT(count_files(&w, ".restore", false), 0);
            free(kept);
        }
    }
    tmpdb_remove(&w.t);
}

UNIT("store/copy_fault", CASE(a_backup_answers_whatever_call_fails),
     CASE(a_restore_answers_whatever_call_fails), CASE(a_backup_answers_whatever_file_call_fails),
     CASE(a_restore_answers_whatever_file_call_fails),
     CASE(a_log_stays_with_its_database_whatever_file_call_fails))
