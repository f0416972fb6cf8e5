/* What may lie in the folder at a start, and what is answered: db/README.md, "What happens when ...". */
#include "test_store.h"
#include "unit.h"

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PAGE 4096

/* ---- files */

struct bytes {
    char *data;
    size_t len;
};

static void path_of(const char *path, const char *ending, char out[320])
{
    (void)snprintf(out, 320, "%s%s", path, ending);
}

static struct bytes read_file(const char *path, const char *ending)
{
    struct bytes b = {NULL, 0};
    struct stat st;
    char name[320];
    path_of(path, ending, name);
    FILE *f = fopen(name, "re");
    must(f && fstat(fileno(f), &st) == 0);
    b.data = malloc((size_t)st.st_size + 1);
    must(b.data);
    b.len = fread(b.data, 1, (size_t)st.st_size, f);
    (void)fclose(f);
    return b;
}

static void write_file(const char *path, const char *ending, struct bytes b)
{
    char name[320];
    path_of(path, ending, name);
    FILE *f = fopen(name, "we");
    must(f && fwrite(b.data, 1, b.len, f) == b.len && fclose(f) == 0);
}

static void expect_setting(struct store *s, const char *path, const char *name,
                           const char *expected)
{
    char out[64];
    char error[256] = "";
    CHECK_TEXT(test_setting(path, name, out), expected);
    CHECK_INT(store_check(s, error), ERR_OK);
    CHECK_TEXT(error, "");
}

static void an_empty_file_becomes_a_new_database(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    write_file(t.path, "", (struct bytes){"", 0});
    struct store *s = test_store_open(&o);
    expect_setting(s, t.path, "place", "Snug");
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_OK);
    store_close(s);
    tmpdb_remove(&t);
}

/* The files of a server that was killed, moved into a folder of their own: with the log everything is there, without it
 * what had been copied into the database by then. A log of something else counts as none. */
static void without_its_log_a_database_is_whole_and_older(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "copied", "yes"), ERR_OK);
    store_close(s);
    s = test_store_open(&o);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "in the log", "yes"), ERR_OK);
    struct bytes database = read_file(t.path, "");
    struct bytes log = read_file(t.path, "-wal");
    store_close(s);

    struct bytes junk = {malloc(log.len), log.len};
    must(junk.data);
    memset(junk.data, 'x', junk.len);
    const struct {
        struct bytes log;
        const char *expected;
    } cases[] = {{log, "yes"}, {{NULL, 0}, ""}, {junk, ""}, {{log.data, 100}, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tmpdb left = tmpdb_make();
        write_file(left.path, "", database);
        if (cases[i].log.data)
            write_file(left.path, "-wal", cases[i].log);
        write_file(left.path, "-shm", junk); /* is made anew */
        o = test_store_options(left.path);
        s = test_store_open(&o);
        expect_setting(s, left.path, "copied", "yes");
        expect_setting(s, left.path, "in the log", cases[i].expected);
        CHECK_INT(test_put_and_wait(s, PUT_GOOD, "a", "1"), ERR_OK);
        store_close(s);
        tmpdb_remove(&left);
    }
    free(database.data);
    free(log.data);
    free(junk.data);
    tmpdb_remove(&t);
}

/* ---- rights: a child opens, without root's right to pass over them if the test is root's: no file is read-only then */

static bool give_up_rights(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    return geteuid() != 0 || syscall(SYS_capset, &header, none) == 0;
}

static void open_without_rights(const char *path, enum err expected, const char *words)
{
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        struct store_options o = test_store_options(path);
        struct store *s = NULL;
        char error[256] = "";
        if (!give_up_rights())
            _exit(3);
        enum err e = store_open(&o, &s, error);
        if (e != expected || !strstr(error, words))
            (void)fprintf(stderr, "wanted \"%s\", got %s: %s\n", words, err_name(e), error);
        _exit(e != expected ? 1 : strstr(error, words) ? 0 : 2);
    }
    int status = -1;
    must(waitpid(child, &status, 0) == child);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

static void what_may_not_be_written_is_refused_with_its_name(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    char lock[320];
    path_of(t.path, ".lock", lock);
    must(chmod(t.folder, 0555) == 0);
    open_without_rights(t.path, ERR_IO, "/snug.db.lock cannot be opened: Permission denied.");

    must(chmod(t.folder, 0700) == 0);
    store_close(test_store_open(&o));
    must(unlink(lock) == 0); /* it would be the test's own */
    must(chmod(t.path, 0444) == 0);
    open_without_rights(t.path, ERR_UNAVAILABLE, "/snug.db may only be read.");
    must(unlink(lock) == 0 && chmod(t.path, 0000) == 0);
    open_without_rights(t.path, ERR_IO, "/snug.db cannot be opened: unable to open database file.");

    must(unlink(lock) == 0 && chmod(t.path, 0600) == 0);
    struct store *s = test_store_open(&o); /* none of them has touched it */
    expect_setting(s, t.path, "place", "Snug");
    store_close(s);
    tmpdb_remove(&t);
}

/* ---- damage */

/* 2,000 rows, and junk over the page that has row `number`. False: it was not found. */
static bool damage_row(const char *path, int number)
{
    char value[64];
    (void)snprintf(value, sizeof value, "value of %06d", number);
    struct bytes b = read_file(path, "");
    char *at = memmem(b.data, b.len, value, strlen(value));
    bool found = at && (size_t)(at - b.data) >= PAGE;
    if (found) {
        memset(b.data + (size_t)(at - b.data) / PAGE * PAGE, 0x5a, PAGE);
        write_file(path, "", b);
    }
    free(b.data);
    return found;
}

#define FILL                                                                                       \
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"              \
    " INSERT INTO setting SELECT printf('n%06d', i), printf('value of %06d', i) FROM n"

static enum err get_run(struct db *db, void *data)
{
    struct query *q = db_query(db, QUERY_STORE_SETTING_GET);
    query_text(q, 1, text_of(data));
    (void)query_row(q);
    return query_end(q);
}

static enum err get(struct store *s, const char *name)
{
    char copy[32];
    (void)snprintf(copy, sizeof copy, "%s", name);
    return test_call(reader_submit, s, get_run, copy);
}

static void a_damaged_page_is_named_and_the_others_go_on(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_sql(s, FILL), ERR_OK);
    store_close(s);
    CU_ASSERT_TRUE_FATAL(damage_row(t.path, 1000));

    s = test_store_open(&o); /* nobody reads everything at a start */
    char error[256] = "";
    CHECK_INT(get(s, "n001000"), ERR_DAMAGED);
    CHECK_INT(get(s, "n000001"), ERR_OK);
    CHECK_INT(get(s, "n002000"), ERR_OK);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "n001000", "x"), ERR_DAMAGED);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "n000001", "x"), ERR_OK);

    /* SQLite commits no transaction that has met damage: who is in it is told the same, and tries again. */
    struct future *good = NULL;
    struct future *bad = NULL;
    struct gate g;
    gate_close(&g, writer_submit, s);
    CHECK_INT(test_put(s, PUT_GOOD, "n001000", "x", &bad), ERR_OK);
    CHECK_INT(test_put(s, PUT_GOOD, "n000001", "x", &good), ERR_OK);
    gate_open(&g);
    gate_fini(&g);
    CHECK_INT(test_wait(bad), ERR_DAMAGED);
    CHECK_INT(test_wait(good), ERR_DAMAGED);
    CHECK_INT(test_put_and_wait(s, PUT_GOOD, "n000001", "y"), ERR_OK);
    CU_ASSERT_TRUE(store_status(s).writable);

    CHECK_INT(store_check(s, error), ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "The database is damaged: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "Page ")); /* and its number */
    store_close(s);
    tmpdb_remove(&t);
}

/* The list of tables itself: nothing can be read, so nothing is started. */
static void a_damaged_first_page_stops_the_start(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    store_close(test_store_open(&o));
    struct bytes b = read_file(t.path, "");
    memset(b.data + 100, 0x5a, PAGE - 100); /* the header says a database still */
    write_file(t.path, "", b);
    struct store *s = NULL;
    char error[256] = "";
    CHECK_INT(store_open(&o, &s, error), ERR_DAMAGED);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(error, "/snug.db cannot be opened: database disk image is malformed."));
    free(b.data);
    tmpdb_remove(&t);
}

static void a_database_that_was_cut_is_said_to_be_damaged(void)
{
    struct tmpdb t = tmpdb_make();
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    CHECK_INT(test_sql(s, FILL), ERR_OK);
    store_close(s);
    struct bytes b = read_file(t.path, "");
    b.len = b.len / 2 / PAGE * PAGE;
    write_file(t.path, "", b);
    free(b.data);
    char error[256] = "";
    s = NULL;
    CHECK_INT(store_open(&o, &s, error), ERR_DAMAGED);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(error, "/snug.db cannot be opened: database disk image is malformed."));
    tmpdb_remove(&t);
}

UNIT("store/open", CASE(an_empty_file_becomes_a_new_database),
     CASE(without_its_log_a_database_is_whole_and_older),
     CASE(what_may_not_be_written_is_refused_with_its_name),
     CASE(a_damaged_page_is_named_and_the_others_go_on), CASE(a_damaged_first_page_stops_the_start),
     CASE(a_database_that_was_cut_is_said_to_be_damaged))
