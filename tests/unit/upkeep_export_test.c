/* The lines of an export name the files of each message; their bytes come to a folder beside it, once, whole, and only if they are
 * those that were sent. */
#include "file_calls.h"
#include "placed_files.h"
#include "unit.h"
#include "upkeep/export.h"

struct world {
    struct tmpdb t;
    char files[288], to[288];
    char lines[8192], said[1024], error[256];
    int64_t done, total;
    struct exported n;
};

/* Three messages in general: with files 2 and 1, with file 3, which has the bytes of 1, and with none. */
static struct world world_make(void)
{
    struct world w = {.t = tmpdb_make()};
    struct store_options o = test_store_options(w.t.path);
    (void)snprintf(w.files, sizeof w.files, "%s/files", w.t.folder);
    (void)snprintf(w.to, sizeof w.to, "%s/out", w.t.folder);
    store_close(test_store_open(&o));
    test_change(w.t.path,
                "INSERT INTO message (id, room_id, offset, author_id, text, created_ms, key, files)"
                " VALUES (1, 1, 1, 1, '', 1, 'k1', '[{\"id\":\"2\"},{\"id\":\"1\"}]'),"
                " (2, 1, 2, 1, 'two', 1, 'k2', '[{\"id\":\"3\"}]'), (3, 1, 3, 1, 'x', 1, 'k3', '');"
                "UPDATE room SET top = 3 WHERE id = 1");
    for (int n = 1; n <= 3; n++) {
        placed_put_row(w.t.path, n, n == 3 ? 2 : 1);
        placed_put_bytes(w.files, n);
    }
    char path[BLOB_PATH_SIZE];
    size_t len;
    char *bytes = placed_bytes(1, &len);
    placed_write(placed_path(w.files, 3, path), bytes, len);
    free(bytes);
    test_change(w.t.path, "UPDATE file SET (sha256, size) = (SELECT sha256, size FROM file WHERE "
                          "id = 1) WHERE id = 3;"
                          "UPDATE file SET type = 'image/png', width = 3, height = 4 WHERE id = 2");
    return w;
}

static void keep_sentence(void *ctx, const char *sentence)
{
    struct world *w = ctx;
    size_t at = strlen(w->said);
    (void)snprintf(w->said + at, sizeof w->said - at, "%s%s", at ? " " : "", sentence);
}

static void keep_progress(void *ctx, int64_t done, int64_t total)
{
    struct world *w = ctx;
    CU_ASSERT_TRUE(done >= w->done);
    w->done = done;
    w->total = total;
}

static enum err export_to(struct world *w, const char *to)
{
    FILE *out = fmemopen(w->lines, sizeof w->lines, "w");
    const struct export_order order = {.out = out,
                                       .now_ms = 1,
                                       .files = w->files,
                                       .to = to,
                                       .told = keep_progress,
                                       .said = keep_sentence,
                                       .ctx = w};
    must(out);
    w->said[0] = 0;
    w->done = 0;
    memset(w->lines, 0, sizeof w->lines);
    (void)snprintf(w->error, sizeof w->error, "?");
    enum err e = upkeep_export(w->t.path, &order, &w->n, w->error);
    (void)fclose(out);
    return e;
}

/* Where the bytes of file n are beside the export. */
static const char *exported_path(const struct world *w, int n, char out[BLOB_PATH_SIZE])
{
    char hash[65];
    placed_sha256(n, hash);
    (void)snprintf(out, BLOB_PATH_SIZE, "%s/%.2s/%s", w->to, hash, hash);
    return out;
}

static bool is_exported(const struct world *w, int n)
{
    char path[BLOB_PATH_SIZE];
    size_t len;
    char *bytes = placed_bytes(n, &len), *there = malloc(len + 1);
    FILE *f = fopen(exported_path(w, n, path), "re");
    must(there);
    bool is = f && fread(there, 1, len + 1, f) == len && memcmp(there, bytes, len) == 0;
    if (f)
        (void)fclose(f);
    free(there);
    free(bytes);
    return is;
}

static void lines_name_the_files_in_their_order(void)
{
    struct world w = world_make();
    char wanted[1024], one[65], two[65];
    CHECK_INT(export_to(&w, NULL), ERR_OK);
    placed_sha256(1, one);
    placed_sha256(2, two);
    (void)snprintf(wanted, sizeof wanted,
                   "\"key\":\"k1\",\"files\":[{\"name\":\"file "
                   "2.log\",\"type\":\"image/png\",\"size\":100002,"
                   "\"sha256\":\"%s\",\"width\":3,\"height\":4},{\"name\":\"file "
                   "1.log\",\"type\":\"text/plain\","
                   "\"size\":100001,\"sha256\":\"%s\"}]}\n",
                   two, one);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.lines, wanted));
    if (!strstr(w.lines, wanted))
        (void)fprintf(stderr, "%s\nhas no\n%s\n", w.lines, wanted);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.lines, "\"key\":\"k3\"}\n")); /* nothing of none */
    CU_ASSERT_PTR_NOT_NULL(strstr(w.lines, "\"steps\":0,\"files\":3}\n"));
    CHECK_INT(w.n.files, 3);
    CHECK_INT(w.n.file_bytes, 300004);
    CHECK_INT(w.n.absent, 0); /* nobody asked for them */
    tmpdb_remove(&w.t);
}

static void the_same_bytes_are_written_once_and_stay(void)
{
    struct world w = world_make();
    char path[BLOB_PATH_SIZE];
    struct stat first, again;
    for (int i = 0; i < 2; i++) {
        CHECK_INT(export_to(&w, w.to), ERR_OK);
        CHECK_INT(placed_count(w.to), 2);
        CU_ASSERT_TRUE(is_exported(&w, 1) && is_exported(&w, 2));
        CHECK_INT(w.n.absent, 0);
        CU_ASSERT_TRUE(w.done <= w.total && w.total == 3 + 300004 / 4096);
        must(stat(exported_path(&w, 1, path), i == 0 ? &first : &again) == 0);
        CHECK_INT(first.st_nlink, 1); /* it is the operator's own */
    }
    CHECK_INT(first.st_ino, again.st_ino);
    placed_write(path, "cut", 3);
    CHECK_INT(export_to(&w, w.to), ERR_OK);
    CU_ASSERT_TRUE(is_exported(&w, 1));
    tmpdb_remove(&w.t);
}

static void bytes_that_are_not_there_are_told_and_it_goes_on(void)
{
    struct world w = world_make();
    char path[BLOB_PATH_SIZE];
    must(unlink(placed_path(w.files, 1, path)) == 0);
    FILE *f = fopen(placed_path(w.files, 2, path), "r+e");
    must(f && fputc('!', f) == '!' && fclose(f) == 0);
    test_change(w.t.path, "UPDATE file SET name = 'a' || char(10) || 'b' WHERE id = 1");
    CHECK_INT(export_to(&w, w.to), ERR_OK);
    CHECK_TEXT(w.said, "file 2.log: its bytes are not those that were sent.");
    CHECK_INT(w.n.absent, 1);
    CHECK_INT(w.n.files, 3);
    CU_ASSERT_TRUE(is_exported(&w, 1)); /* another file has the same */
    CHECK_INT(placed_count(w.to), 1);   /* and no part of another lies about */
    (void)snprintf(w.to, sizeof w.to, "%s/again", w.t.folder);
    must(unlink(placed_path(w.files, 3, path)) == 0);
    CHECK_INT(export_to(&w, w.to), ERR_OK);
    CHECK_TEXT(w.said, "file 2.log: its bytes are not those that were sent."
                       " a b: its bytes are not there. file 3.log: its bytes are not there.");
    CHECK_INT(w.n.absent, 3);
    CHECK_INT(placed_count(w.to), 0);
    tmpdb_remove(&w.t);
}

static void clear_folder(const struct world *w)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else walks folders */
    (void)nftw(w->to, tmpdb_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Each ends with a sentence, and the next try has all. */
static void whatever_call_fails_is_told(void)
{
    struct world w = world_make();
    unsigned failures = CU_get_number_of_failures();
    static const enum file_call calls[] = {FILE_RENAME, FILE_UNLINK, FILE_FSYNC, FILE_MKDIR,
                                           FILE_WRITE};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        bool came = true;
        int rounds = 0;
        for (int n = 1; came && CU_get_number_of_failures() == failures; n++) {
            clear_folder(&w);
            file_fault_at(calls[i], n, calls[i] == FILE_WRITE ? ENOSPC : EIO);
            enum err e = export_to(&w, w.to);
            came = file_fault_end();
            rounds += came;
            CU_ASSERT_TRUE(e == ERR_OK ||
                           (came && w.error[0] != '?' && w.error[0] &&
                            e == (calls[i] == FILE_WRITE ? ERR_UNAVAILABLE : ERR_IO)));
            CU_ASSERT_TRUE(e == ERR_OK || !strstr(w.lines, "\"type\":\"end\""));
            CHECK_INT(export_to(&w, w.to), ERR_OK);
            CU_ASSERT_TRUE(is_exported(&w, 1) && is_exported(&w, 2));
            CHECK_INT(placed_count(w.to), 2);
        }
        (void)printf("%s: %d calls ... ", file_calls[calls[i]], rounds);
        CU_ASSERT_TRUE(rounds > 0);
    }
    tmpdb_remove(&w.t);
}

UNIT("upkeep/export", CASE(lines_name_the_files_in_their_order),
     CASE(the_same_bytes_are_written_once_and_stay),
     CASE(bytes_that_are_not_there_are_told_and_it_goes_on), CASE(whatever_call_fails_is_told))
