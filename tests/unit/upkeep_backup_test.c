/* A backup has the bytes of what it names, as links where the disk makes them; a restore brings back what is lacking. Whenever
 * either ends, what was whole before is whole. */
#include "file_calls.h"
#include "placed_files.h"
#include "unit.h"
#include "upkeep/shelf.h"
#include "upkeep/upkeep.h"

#define FILES "SELECT group_concat(id) FROM (SELECT id FROM file ORDER BY id)"
#define WHEN_MS INT64_C(1700000000000)

struct world {
    struct tmpdb t;
    char files[288], backup[288], copies[296]; /* data/files; monday.db; monday.db.files */
    struct store *store;
    struct backed_up n;
    char error[256];
};

/* Three files, two of them in one subfolder. */
static struct world world_make(bool filled)
{
    struct world w = {.t = tmpdb_make()};
    struct store_options o = test_store_options(w.t.path);
    (void)snprintf(w.files, sizeof w.files, "%s/files", w.t.folder);
    (void)snprintf(w.backup, sizeof w.backup, "%s/monday.db", w.t.folder);
    (void)snprintf(w.copies, sizeof w.copies, "%s.files", w.backup);
    w.store = test_store_open(&o);
    static const int numbers[] = {1, 2, 257};
    for (size_t i = 0; filled && i < 3; i++) {
        placed_put_row(w.t.path, numbers[i], 0);
        placed_put_bytes(w.files, numbers[i]);
    }
    return w;
}

static void world_end(struct world *w)
{
    w->store = store_close(w->store);
    tmpdb_remove(&w->t);
}

static enum err backup(struct world *w)
{
    (void)snprintf(w->error, sizeof w->error, "?");
    enum err e = upkeep_backup(w->store, w->files, w->backup, &w->n, w->error);
    CU_ASSERT_TRUE(e == ERR_OK ? !w->error[0] : w->error[0] && w->error[0] != '?');
    return e;
}

static void drop_file(struct world *w, int n)
{
    char sql[64], path[BLOB_PATH_SIZE];
    (void)snprintf(sql, sizeof sql, "DELETE FROM file WHERE id = %d", n);
    test_change(w->t.path, sql);
    must(unlink(placed_path(w->files, n, path)) == 0);
}

/* ---- backups */

static void all_bytes_that_it_names_are_beside_it(void)
{
    struct world w = world_make(true);
    placed_put_row(w.t.path, 9, 0); /* of which not all has come: it has no hash */
    test_change(w.t.path, "UPDATE file SET sha256 = '' WHERE id = 9");
    placed_put_bytes(w.files, 9);
    CHECK_INT(backup(&w), ERR_OK);
    CHECK_INT(w.n.files, 3);
    CHECK_INT(w.n.bytes, 3 * PLACED_SIZE + 1 + 2 + 257);
    CHECK_INT(w.n.deleted + w.n.lost, 0);
    CHECK_INT(placed_count(w.copies), 3);
    CHECK_INT(placed_inode(w.copies, 257), placed_inode(w.files, 257)); /* it costs no room */
    CU_ASSERT_TRUE(placed_is_whole(w.copies, 1) && placed_is_whole(w.copies, 2));
    world_end(&w);
}

static void without_files_there_is_no_folder(void)
{
    struct world w = world_make(false);
    struct stat st;
    CHECK_INT(backup(&w), ERR_OK);
    CHECK_INT(w.n.files, 0);
    CU_ASSERT_TRUE(stat(w.copies, &st) != 0 && stat(w.backup, &st) == 0);
    world_end(&w);
}

/* Copied, so that what stays is told from what is made anew. */
static void the_next_one_costs_what_is_new(void)
{
    struct world w = world_make(true);
    struct stat st;
    char path[BLOB_PATH_SIZE];
    file_no_links = EPERM;
    CHECK_INT(backup(&w), ERR_OK);
    ino_t kept = placed_inode(w.copies, 2);
    drop_file(&w, 1);
    placed_put_row(w.t.path, 3, 0);
    placed_put_bytes(w.files, 3);
    placed_write(placed_path(w.copies, 257, path), "cut",
                 3); /* of another size than it is to have */
    (void)snprintf(path, sizeof path, "%s/01/01%030d.part", w.copies, 5);
    placed_write(path, "left by a kill", 14);
    (void)snprintf(path, sizeof path, "%s/01/notes.txt", w.copies);
    placed_write(path, "mine", 4);
    CHECK_INT(backup(&w), ERR_OK);
    CHECK_INT(placed_inode(w.copies, 2), kept);
    CU_ASSERT_TRUE(placed_is_whole(w.copies, 3) && placed_is_whole(w.copies, 257));
    CU_ASSERT_FALSE(placed_is_there(w.copies, 1));
    CHECK_INT(placed_count(w.copies), 4); /* with the notes, which are somebody's */
    must(unlink(path) == 0);
    drop_file(&w, 2);
    drop_file(&w, 3);
    drop_file(&w, 257);
    CHECK_INT(backup(&w), ERR_OK);
    CU_ASSERT_TRUE(stat(w.copies, &st) != 0);
    file_no_links = 0;
    world_end(&w);
}

static void where_no_link_can_be_made_it_is_copied(void)
{
    static const int refusals[] = {EXDEV, EPERM, EMLINK, EOPNOTSUPP, EACCES};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct world w = world_make(true);
        file_no_links = refusals[i];
        CHECK_INT(backup(&w), ERR_OK);
        file_no_links = 0;
        CHECK_INT(w.n.files, 3);
        CU_ASSERT_TRUE(placed_is_whole(w.copies, 257));
        CU_ASSERT_TRUE(placed_inode(w.copies, 257) != placed_inode(w.files, 257));
        world_end(&w);
    }
}

/* A kill between a link to "....part" and its rename, by whoever made it: it is the data's own bytes. */
static void what_lies_in_the_way_is_not_written_to(void)
{
    struct world w = world_make(true);
    char path[BLOB_PATH_SIZE], part[BLOB_PATH_SIZE + 8];
    (void)snprintf(part, sizeof part, "%s.part", placed_path(w.copies, 2, path));
    must(link(placed_path(w.files, 1, path), part) == 0);
    file_no_links = EXDEV;
    CHECK_INT(backup(&w), ERR_OK);
    file_no_links = 0;
    CU_ASSERT_TRUE(placed_is_whole(w.files, 1) && placed_is_whole(w.copies, 2));
    world_end(&w);
}

static struct world *linked; /* by the next two */

static void delete_another(const char *from)
{
    file_at_link = NULL;
    drop_file(linked, strstr(from, "/02") ? 257 : 2);
}

static void a_file_that_is_deleted_meanwhile_is_told(void)
{
    struct world w = world_make(true);
    char path[BLOB_PATH_SIZE];
    CHECK_INT(backup(&w), ERR_OK);
    must(unlink(placed_path(w.copies, 2, path)) == 0 &&
         unlink(placed_path(w.copies, 257, path)) == 0);
    drop_file(&w, 1);
    linked = &w;
    file_at_link = delete_another;
    CHECK_INT(backup(&w), ERR_OK);
    CHECK_INT(w.n.deleted, 1);
    CHECK_INT(w.n.lost, 0);
    CHECK_INT(w.n.files, 1);
    CU_ASSERT_TRUE(placed_is_whole(w.copies, 1)); /* nothing was removed */
    CHECK_INT(backup(&w), ERR_OK);
    CHECK_INT(w.n.deleted, 0);
    CU_ASSERT_FALSE(placed_is_there(w.copies, 1));
    world_end(&w);
}

static void bytes_that_the_place_has_lost_are_told(void)
{
    struct world w = world_make(true);
    char path[BLOB_PATH_SIZE];
    must(unlink(placed_path(w.files, 1, path)) == 0);
    placed_write(placed_path(w.files, 2, path), "cut", 3);
    CHECK_INT(backup(&w), ERR_OK);
    CHECK_INT(w.n.lost, 2);
    CHECK_INT(w.n.deleted, 0);
    CHECK_INT(w.n.files, 1);
    placed_put_bytes(w.copies, 1); /* the one of yesterday still has them */
    CHECK_INT(backup(&w), ERR_OK);
    CHECK_INT(w.n.lost, 1);
    CHECK_INT(w.n.files, 2);
    world_end(&w);
}

static void it_says_how_far_it_is_and_keeps_its_pace(void)
{
    struct world w = world_make(true);
    int64_t done, total;
    w.store = store_close(w.store);
    struct store_options o = test_store_options(w.t.path);
    o.copy_bytes_per_s = 1 << 20; /* 300 kB of files and some 200 kB of a database */
    w.store = test_store_open(&o);
    file_no_links = EXDEV;
    int64_t began_ms = test_now_ms();
    CHECK_INT(backup(&w), ERR_OK);
    file_no_links = 0;
    CU_ASSERT_TRUE(test_now_ms() - began_ms >= w.n.bytes * 1000 / (1 << 20));
    CU_ASSERT_FALSE(store_copied(w.store, &done, &total)); /* it has ended */
    CHECK_INT(done, total);
    CU_ASSERT_TRUE(total > w.n.bytes);
    world_end(&w);
}

static void stop_at_link(const char *from)
{
    (void)from;
    store_copy_stop(linked->store);
}

static void a_server_that_stops_leaves_the_one_of_before(void)
{
    struct world w = world_make(true);
    CHECK_INT(backup(&w), ERR_OK);
    drop_file(&w, 1);
    placed_put_row(w.t.path, 3, 0);
    placed_put_bytes(w.files, 3);
    linked = &w;
    file_at_link = stop_at_link;
    CHECK_INT(backup(&w), ERR_CANCELLED);
    file_at_link = NULL;
    CU_ASSERT_TRUE(placed_is_whole(w.copies, 1));
    char out[64];
    CU_ASSERT_TRUE(test_look(w.backup, FILES, out));
    CHECK_TEXT(out, "1,2,257");
    world_end(&w);
}

/* ---- whatever call fails */

/* The backup's database is one of the two, and has all bytes that it names. */
static void backup_is_whole(struct world *w, bool is_new)
{
    char out[64];
    CU_ASSERT_TRUE(test_look(w->backup, FILES, out));
    CHECK_TEXT(out, is_new ? "2,3,257" : "1,2,257");
    CU_ASSERT_TRUE(placed_is_whole(w->copies, 2) && placed_is_whole(w->copies, 257));
    CU_ASSERT_TRUE(placed_is_whole(w->copies, is_new ? 3 : 1));
    CU_ASSERT_TRUE(placed_is_whole(w->files, 2) && placed_is_whole(w->files, 3));
}

static bool says_it_is_there(const char *error)
{
    return strstr(error, "is in place, but") != NULL;
}

/* From a backup of 1, 2 and 257 to one of 2, 3 and 257. True if the fault came. */
static bool one_fault(enum file_call call, int n, int with)
{
    struct world w = world_make(true);
    enum err answer = with == ENOSPC ? ERR_UNAVAILABLE : ERR_IO;
    CHECK_INT(backup(&w), ERR_OK);
    drop_file(&w, 1);
    placed_put_row(w.t.path, 3, 0);
    placed_put_bytes(w.files, 3);
    file_no_links = call == FILE_LINK ? 0 : EXDEV;
    file_fault_at(call, n, with);
    enum err e = backup(&w);
    bool came = file_fault_end();
    CU_ASSERT_TRUE(e == ERR_OK || (came && (e == answer || e == ERR_IO)));
    backup_is_whole(&w, e == ERR_OK || says_it_is_there(w.error));
    CHECK_INT(backup(&w), ERR_OK); /* the next try */
    file_no_links = 0;
    backup_is_whole(&w, true);
    CHECK_INT(placed_count(w.copies), 3);
    world_end(&w);
    return came;
}

static void whatever_call_fails_one_of_the_two_is_whole(void)
{
    static const int errors[] = {EIO, ENOSPC};
    unsigned failures = CU_get_number_of_failures();
    for (enum file_call call = 0; call < FILE_CALLS; call++)
        for (size_t i = 0; i < 2; i++) {
            int rounds = 0;
            for (int n = 1;
                 CU_get_number_of_failures() == failures && one_fault(call, n, errors[i]);
                 n += 1 + n / 3)
                rounds++;
            (void)printf("%s: %d calls ... ", file_calls[call], rounds);
            CU_ASSERT_TRUE(rounds > 0); /* or the test proves nothing */
        }
}

/* ---- restores */

static enum err restore(struct world *w, struct restored *r)
{
    const struct restore order = {.from = w->backup, .path = w->t.path, .now_ms = WHEN_MS};
    (void)snprintf(w->error, sizeof w->error, "?");
    enum err e = upkeep_restore(order, w->files, r, w->error);
    free(r->kept);
    return e;
}

static void what_the_data_lacks_comes_back(void)
{
    struct world w = world_make(true);
    struct restored r;
    char path[BLOB_PATH_SIZE];
    CHECK_INT(backup(&w), ERR_OK);
    drop_file(&w, 1);
    must(unlink(placed_path(w.files, 2, path)) == 0);
    placed_write(path, "cut", 3);
    placed_put_row(w.t.path, 3, 0);
    placed_put_bytes(w.files, 3);
    w.store = store_close(w.store);
    for (int i = 0; i < 2; i++) { /* again is fine */
        CHECK_INT(restore(&w, &r), ERR_OK);
        CHECK_TEXT(w.error, "");
        CHECK_INT(r.files, i == 0 ? 2 : 0);
        CHECK_INT(r.missing, 0);
        CU_ASSERT_TRUE(placed_is_whole(w.files, 1) && placed_is_whole(w.files, 2));
        CU_ASSERT_TRUE(placed_is_whole(w.files, 3)); /* what is kept of before names it */
        CU_ASSERT_TRUE(placed_is_whole(w.copies, 1) && placed_is_whole(w.copies, 2));
    }
    world_end(&w);
}

static void what_is_nowhere_is_named_and_the_rest_comes(void)
{
    struct world w = world_make(true);
    struct restored r;
    char path[BLOB_PATH_SIZE], out[64];
    test_change(w.t.path, "UPDATE file SET name = 'a' || char(27) || '[2J' WHERE id = 1");
    CHECK_INT(backup(&w), ERR_OK);
    for (int n = 1; n <= 2; n++) {
        drop_file(&w, n);
        must(unlink(placed_path(w.copies, n, path)) == 0);
    }
    drop_file(&w, 257);
    w.store = store_close(w.store);
    CHECK_INT(restore(&w, &r), ERR_OK);
    CHECK_INT(r.files, 1);
    CHECK_INT(r.missing, 2);
    CHECK_TEXT(r.names[0], "a [2J");
    CHECK_TEXT(r.names[1], "file 2.log");
    CU_ASSERT_TRUE(placed_is_whole(w.files, 257));
    CU_ASSERT_TRUE(test_look(w.t.path, FILES, out));
    CHECK_TEXT(out, "1,2,257");
    world_end(&w);
}

static void names_that_lead_elsewhere_are_nothing(void)
{
    struct world w = world_make(true);
    struct restored r;
    CHECK_INT(backup(&w), ERR_OK);
    test_change(w.backup, "UPDATE file SET blob = '../../../../../../../../etc/pass' WHERE id = 1");
    w.store = store_close(w.store);
    CHECK_INT(restore(&w, &r), ERR_OK);
    CHECK_INT(r.missing, 1);
    CHECK_INT(placed_count(w.files), 3);
    world_end(&w);
}

static void a_backup_of_before_files_is_restored_as_ever(void)
{
    struct world w = world_make(false);
    struct restored r;
    CHECK_INT(backup(&w), ERR_OK);
    test_change(w.backup, "DROP TABLE file; PRAGMA user_version = 12");
    w.store = store_close(w.store);
    CHECK_INT(restore(&w, &r), ERR_OK);
    CHECK_INT(r.files + r.missing, 0);
    world_end(&w);
}

/* True if the fault came. */
static bool one_restore_fault(enum file_call call, int n, int with)
{
    struct world w = world_make(true);
    struct restored r;
    char out[64];
    CHECK_INT(backup(&w), ERR_OK);
    drop_file(&w, 1);
    drop_file(&w, 257);
    w.store = store_close(w.store);
    file_no_links = call == FILE_LINK ? 0 : EXDEV;
    file_fault_at(call, n, with);
    enum err e = restore(&w, &r);
    bool came = file_fault_end();
    CU_ASSERT_TRUE(e == ERR_OK || (came && (e == ERR_IO || e == ERR_UNAVAILABLE)));
    bool is_new = e == ERR_OK || says_it_is_there(w.error);
    CU_ASSERT_TRUE(test_look(w.t.path, FILES, out));
    CHECK_TEXT(out, is_new ? "1,2,257" : "2");
    CU_ASSERT_TRUE(placed_is_whole(w.files, 2));
    CU_ASSERT_TRUE(!is_new || (placed_is_whole(w.files, 1) && placed_is_whole(w.files, 257)));
    CHECK_INT(restore(&w, &r), ERR_OK);
    file_no_links = 0;
    CU_ASSERT_TRUE(placed_is_whole(w.files, 1) && placed_is_whole(w.files, 257));
    CHECK_INT(placed_count(w.files), 3);
    world_end(&w);
    return came;
}

static void whatever_call_fails_in_a_restore_the_next_try_succeeds(void)
{
    unsigned failures = CU_get_number_of_failures();
    for (enum file_call call = 0; call < FILE_CALLS; call++) {
        int rounds = 0;
        for (int n = 1; CU_get_number_of_failures() == failures &&
                        one_restore_fault(call, n, call == FILE_WRITE ? ENOSPC : EIO);
             n += 1 + n / 3)
            rounds++;
        (void)printf("%s: %d calls ... ", file_calls[call], rounds);
        CU_ASSERT_TRUE(rounds > 0);
    }
}

UNIT("upkeep/backup", CASE(all_bytes_that_it_names_are_beside_it),
     CASE(without_files_there_is_no_folder), CASE(the_next_one_costs_what_is_new),
     CASE(where_no_link_can_be_made_it_is_copied), CASE(what_lies_in_the_way_is_not_written_to),
     CASE(a_file_that_is_deleted_meanwhile_is_told), CASE(bytes_that_the_place_has_lost_are_told),
     CASE(it_says_how_far_it_is_and_keeps_its_pace),
     CASE(a_server_that_stops_leaves_the_one_of_before),
     CASE(whatever_call_fails_one_of_the_two_is_whole), CASE(what_the_data_lacks_comes_back),
     CASE(what_is_nowhere_is_named_and_the_rest_comes), CASE(names_that_lead_elsewhere_are_nothing),
     CASE(a_backup_of_before_files_is_restored_as_ever),
     CASE(whatever_call_fails_in_a_restore_the_next_try_succeeds))
