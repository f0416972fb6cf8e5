/* The power goes at any moment: what was acknowledged is there, once; no job is half there, and it opens by itself. */
#include "fault_vfs.h"
#include "store/migrate.h"
#include "test_store.h"
#include "unit.h"

#include <sys/stat.h>

#define SESSIONS 12
#define PICTURES_MAX 30 /* a session */
#define JOBS 60         /* a session */

/* ---- pictures: what a power loss would leave, each in a folder of its own, with what had been promised by then */

struct pictures {
    const char *folder;
    unsigned chance;
    int countdown; /* calls to the next one */
    int apart;     /* at most so many calls lie between two */
    int count;
    int promised[PICTURES_MAX];
};
static struct pictures pictures; /* under vfs_lock while threads run */
static atomic_int acknowledged;  /* jobs 1..n have been told ERR_OK */

static void folder_of(int picture, char out[300])
{
    (void)snprintf(out, 300, "%s/loss%d", pictures.folder, picture);
}

static void take_picture(void)
{
    if (--pictures.countdown > 0 || pictures.count == PICTURES_MAX)
        return;
    pictures.countdown = 1 + (int)vfs_chance(&pictures.chance, (unsigned)pictures.apart);
    char folder[300];
    folder_of(pictures.count, folder);
    must(mkdir(folder, 0700) == 0);
    pictures.promised[pictures.count] = atomic_load(&acknowledged);
    vfs_power_loss(folder, (enum loss)(pictures.count % LOSS_KINDS), &pictures.chance);
    pictures.count++;
}

static void start_pictures(const char *folder, unsigned seed, int apart)
{
    pictures = (struct pictures){
        .folder = folder, .chance = seed, .apart = apart, .countdown = 1 + (int)(seed % 7)};
    vfs_watch(take_picture);
}

/* ---- the work: job n puts two rows and counts itself; every fifth time one that fails comes before it */

struct work {
    int number;
    bool fails;
};

static enum err work_run(struct db *db, void *data)
{
    const struct work *w = data;
    char name[32];
    char value[128];
    (void)snprintf(value, sizeof value, "%0100d", w->number);
    (void)snprintf(name, sizeof name, "%s %06d", w->fails ? "bad" : "a", w->number);
    enum err e = put_setting(db, name, value);
    if (e == ERR_OK)
        e = connection_exec(db, "INSERT INTO setting VALUES ('count', '1') ON CONFLICT (name)"
                                " DO UPDATE SET value = CAST(value AS INTEGER) + 1");
    (void)snprintf(name, sizeof name, "b %06d", w->number);
    if (e == ERR_OK && !w->fails)
        e = put_setting(db, name, value);
    return e == ERR_OK && w->fails ? ERR_DENIED : e;
}

static void work_done(void *data, enum err e)
{
    struct work *w = data;
    must(e == (w->fails ? ERR_DENIED : ERR_OK));
    if (!w->fails)
        atomic_store(&acknowledged, w->number);
    free(w);
}

static void submit(struct store *s, int number, bool fails)
{
    struct work *w = malloc(sizeof *w);
    must(w);
    *w = (struct work){number, fails};
    must(writer_submit(s, (struct job){.run = work_run, .done = work_done, .data = w}) == ERR_OK);
}

#define AUDIT                                                                                      \
    "SELECT (SELECT count(*) FROM setting WHERE name GLOB 'a *')"                                  \
    " || ' ' || (SELECT coalesce(max(CAST(substr(name, 3) AS INTEGER)), 0)"                        \
    " FROM setting WHERE name GLOB 'a *')"                                                         \
    " || ' ' || (SELECT count(*) FROM setting WHERE name GLOB 'b *')"                              \
    " || ' ' || (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM setting WHERE name = "       \
    "'count')"                                                                                     \
    " || ' ' || (SELECT count(*) FROM setting WHERE name GLOB 'bad *')"

struct audit {
    char found[64];
};

static enum err audit_run(struct db *db, void *data)
{
    struct audit *a = data;
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, AUDIT, -1, &stmt, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW)
        (void)snprintf(a->found, sizeof a->found, "%s", (const char *)sqlite3_column_text(stmt, 0));
    (void)sqlite3_finalize(stmt);
    return connection_err(db, code);
}

/* In one snapshot: jobs 1..n, both rows of each, each counted once, none of those that failed. n; -1: it is not so. */
static int audit(struct store *s)
{
    struct audit a = {""};
    char expected[64];
    CHECK_INT(test_call(reader_submit, s, audit_run, &a), ERR_OK);
    int n = (int)strtol(a.found, NULL, 10);
    (void)snprintf(expected, sizeof expected, "%d %d %d %d 0", n, n, n, n);
    CHECK_TEXT(a.found, expected);
    return strcmp(a.found, expected) == 0 ? n : -1;
}

static struct store_options small_log(const char *path)
{
    struct store_options o = test_store_options(path);
    o.checkpoint_bytes = 32 << 10; /* so that it is copied often */
    o.batch_max = 8;
    return o;
}

/* Opens the database, works on it from job `first` on, and closes it. Readers look while it works. */
static void work_on(const char *path, int first, unsigned seed)
{
    struct store_options o = small_log(path);
    struct store *s = test_store_open(&o);
    for (int i = 0; i < JOBS; i++) {
        if (i % 5 == 0)
            submit(s, first + i, true);
        submit(s, first + i, false);
        if (vfs_chance(&seed, 6) == 0)
            CHECK_INT(store_probe(s, PATIENCE_MS), ERR_OK); /* a group ends here */
        if (vfs_chance(&seed, 10) == 0)
            (void)audit(s);
    }
    store_close(s);
}

/* Opens what a power loss has left: whole, with all that was promised. How many jobs are in it. */
static int open_what_is_left(const char *folder, int promised)
{
    char path[320];
    char error[256] = "";
    (void)snprintf(path, sizeof path, "%s/snug.db", folder);
    struct store_options o = small_log(path);
    o.readers = 1;
    struct store *s = test_store_open(&o);
    CHECK_INT(store_check(s, error), ERR_OK);
    CHECK_TEXT(error, "");
    int there = audit(s);
    CU_ASSERT_TRUE(there >= promised);
    store_close(s);
    return there;
}

/* Each session begins with what a loss of the one before left, and ends in new losses, from the first start on. */
static void what_is_acknowledged_survives_a_power_loss(void)
{
    struct tmpdb t = tmpdb_make();
    int looked_at = 0;
    int there = 0; /* jobs in the database that a session begins with */
    char path[320];
    (void)snprintf(path, sizeof path, "%s", t.path);
    fault_vfs_install();
    for (unsigned session = 0; session < SESSIONS; session++) {
        struct tmpdb losses = tmpdb_make();
        char folder[300];
        atomic_store(&acknowledged, there);
        start_pictures(losses.folder, 20261129 + session, session == 0 ? 3 : 6);
        work_on(path, there + 1, session);
        vfs_unwatch();
        CHECK_INT(atomic_load(&acknowledged), there + JOBS);
        for (int i = 0; i < pictures.count; i++) {
            folder_of(i, folder);
            there = open_what_is_left(folder, pictures.promised[i]);
            looked_at++;
        }
        tmpdb_remove(&t);
        t = losses;
        CU_ASSERT_TRUE_FATAL(pictures.count > 0);
        (void)snprintf(path, sizeof path, "%s/snug.db", folder);
    }
    tmpdb_remove(&t);
    CU_ASSERT_TRUE(looked_at >= SESSIONS * PICTURES_MAX / 2);
    CU_ASSERT_TRUE(there > JOBS);
}

/* ---- the same without syncs: the disk above really forgets, or the test above proves nothing */

static enum err remember_db(struct db *db, void *data)
{
    *(struct db **)data = db;
    return ERR_OK;
}

static void sync_no_more(void *data, enum err e)
{
    must(e == ERR_OK);
    struct db **db = data;
    must(connection_exec(*db, "PRAGMA synchronous = OFF") ==
         ERR_OK); /* no transaction is open here */
}

static void without_syncs_a_power_loss_takes_what_was_acknowledged(void)
{
    struct tmpdb t = tmpdb_make();
    struct tmpdb losses = tmpdb_make();
    fault_vfs_install();
    start_pictures(losses.folder, 7, 3);
    struct store_options o = test_store_options(t.path);
    struct store *s = test_store_open(&o);
    struct db *db = NULL;
    CHECK_INT(writer_submit(s, (struct job){.run = remember_db, .done = sync_no_more, .data = &db}),
              ERR_OK);
    atomic_store(&acknowledged, 0);
    for (int i = 1; i <= JOBS; i++) {
        submit(s, i, false);
        CHECK_INT(store_probe(s, PATIENCE_MS), ERR_OK);
    }
    char folder[300];
    (void)snprintf(folder, sizeof folder, "%s/last", losses.folder);
    must(mkdir(folder, 0700) == 0);
    vfs_power_loss(folder, LOSS_OF_ALL, &pictures.chance);
    store_close(s);
    vfs_unwatch();
    char path[320];
    (void)snprintf(path, sizeof path, "%s/snug.db", folder);
    s = NULL;
    o = test_store_options(path);
    s = test_store_open(&o);
    CU_ASSERT_TRUE(audit(s) < JOBS); /* whole, but older */
    store_close(s);
    tmpdb_remove(&losses);
    tmpdb_remove(&t);
}

/* ---- migrations */

static const struct embedded_migration steps[] = {
    {1, "first",
     "CREATE TABLE a (x TEXT); PRAGMA application_id = 1399747943; PRAGMA user_version = 1;"},
    {2, "second",
     "CREATE TABLE b (x TEXT);"
     "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
     " INSERT INTO b SELECT hex(zeroblob(100)) FROM n;"
     "PRAGMA user_version = 2;"},
    {3, "third",
     "ALTER TABLE b ADD COLUMN y TEXT NOT NULL DEFAULT ''; UPDATE b SET y = x; DROP TABLE a;"
     "PRAGMA user_version = 3;"},
};

static void migrate_file(const char *path, size_t count)
{
    struct db *db = NULL;
    char error[256] = "";
    enum err e = connection_open(path, CONNECTION_WRITER, test_now_ms() + PATIENCE_MS, &db, error);
    if (e == ERR_OK)
        e = migrate(db, steps, count, error);
    CHECK_TEXT(e == ERR_OK ? "" : error, "");
    db_close(db);
}

/* The version, and that what it brought is there whole and nothing of the next. */
static int version_of(const char *path)
{
    char version[64];
    char out[64];
    if (access(path, F_OK) != 0)
        return 0; /* not even its name */
    CU_ASSERT_TRUE(test_look(path, "PRAGMA user_version", version));
    CU_ASSERT_TRUE(test_look(
        path,
        "SELECT coalesce(group_concat(name), '') FROM (SELECT name FROM sqlite_schema ORDER BY 1)",
        out));
    static const char *const tables[] = {"", "a", "a,b", "b"};
    int v = (int)strtol(version, NULL, 10);
    CU_ASSERT_TRUE_FATAL(v >= 0 && v <= 3);
    CHECK_TEXT(out, tables[v]);
    if (v >= 2) {
        CU_ASSERT_TRUE(test_look(
            path, v == 2 ? "SELECT count(*) FROM b" : "SELECT count(*) FROM b WHERE y = x", out));
        CHECK_TEXT(out, "500");
    }
    return v;
}

static void a_migration_that_is_cut_is_there_whole_or_not_and_goes_on(void)
{
    struct tmpdb t = tmpdb_make();
    int seen[4] = {0};
    fault_vfs_install();
    for (unsigned seed = 1; seed <= 8; seed++) {
        struct tmpdb losses = tmpdb_make();
        char path[320];
        (void)snprintf(path, sizeof path, "%s/run.db", losses.folder);
        start_pictures(losses.folder, seed, 9);
        migrate_file(path, 3);
        vfs_unwatch();
        for (int i = 0; i < pictures.count; i++) {
            folder_of(i, path);
            (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/run.db");
            seen[version_of(path)]++;
            migrate_file(path, 3); /* the next start */
            CHECK_INT(version_of(path), 3);
        }
        tmpdb_remove(&losses);
    }
    tmpdb_remove(&t);
    CU_ASSERT_TRUE(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
}

UNIT("store/power", CASE(what_is_acknowledged_survives_a_power_loss),
     CASE(without_syncs_a_power_loss_takes_what_was_acknowledged),
     CASE(a_migration_that_is_cut_is_there_whole_or_not_and_goes_on))
