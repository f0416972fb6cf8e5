/* Guards: files/upload.h: bytes come in pieces, again after a cut, and after a crash at any place; a file is whole when all of it is on
 * disk, and not before; a full disk, a failing one and no memory are said, and the next try goes on. */
#include "base/metrics.h"
#include "fault.h"
#include "files_place.h"
#include "unit.h"

#include <errno.h>
#include <sodium.h>
#include <sys/syscall.h>

/* ---- a disk that fails: calls of this thread alone, which are those of the upload */

static _Thread_local size_t room_left; /* bytes that may be written before the disk is full */
static _Thread_local bool has_room_bound;
static _Thread_local int sync_fails; /* errno of the next sync; 0: it works */
static _Thread_local int rename_fails;

ssize_t pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (has_room_bound && room_left == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (has_room_bound && len > room_left)
        len = room_left;
    ssize_t n = syscall(SYS_pwrite64, fd, data, len, at);
    if (has_room_bound && n > 0)
        room_left -= (size_t)n;
    return n;
}

int fsync(int fd);
int fsync(int fd)
{
    if (sync_fails) {
        errno = sync_fails;
        sync_fails = 0;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to);
int rename(const char *from, const char *to)
{
    if (rename_fails) {
        errno = rename_fails;
        rename_fails = 0;
        return -1;
    }
    return (int)syscall(SYS_rename, from, to);
}

/* ---- bytes */

static char noise[3 * MIB];

static struct text part(size_t from, size_t to)
{
    return (struct text){noise + from, to - from};
}

static void make_noise(void)
{
    env_random(&env_real, noise, sizeof noise);
    noise[0] = 0; /* no signature, no text */
}

static bool has_bytes(struct files_place *w, int64_t user, int64_t id, struct text bytes)
{
    static char read_back[sizeof noise + 1];
    struct file f;
    int fd;
    if (files_open(w, user, id, &f, &fd) != ERR_OK)
        return false;
    ssize_t n = read(fd, read_back, sizeof read_back);
    (void)close(fd);
    return n >= 0 && (size_t)n == bytes.len && memcmp(read_back, bytes.data, bytes.len) == 0;
}

/* What file.begin says with that key again. */
static int64_t offset_of(struct files_place *w, size_t size, const char *key)
{
    struct answer_got *got = files_begin(w, &w->as_ada, "noise", size, key);
    CHECK_INT(got->err, ERR_OK);
    return got_int(got, "offset");
}

static int64_t begun(struct files_place *w, size_t size, const char *key)
{
    struct answer_got *got = files_begin(w, &w->as_ada, "noise", size, key);
    CHECK_INT(got->err, ERR_OK);
    CHECK_TEXT(got_text(got, "file"), "(absent)");
    return got_int(got, "id");
}

/* ---- tests */

static void pieces_become_a_whole_file(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[FILE_HASH_SIZE];
    int64_t id = begun(&w, sizeof noise, "k"), received = metric_get(METRIC_files_received);
    for (size_t at = 0; at < sizeof noise; at += MIB) {
        CHECK_INT(files_put(&w, w.ada, id, (int64_t)at, part(at, at + MIB), &t), ERR_OK);
        CHECK_INT(t.offset, at + MIB);
        CHECK_INT(t.size, sizeof noise);
        CHECK_INT(file_is_whole(&t.file), at + MIB == sizeof noise);
    }
    CHECK_TEXT(t.file.type, "application/octet-stream");
    (void)crypto_hash_sha256(digest, (const unsigned char *)noise, sizeof noise);
    (void)sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    CHECK_TEXT(t.file.sha256, hex);
    CHECK_INT(metric_get(METRIC_files_received) - received, 1);
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, sizeof noise)));
    CHECK_INT(files_on_disk(&w, ""), 1);
    CHECK_INT(files_modes, 0700); /* 0600 and folders 0700: nobody else */
    CHECK_INT(files_on_disk(&w, ".part"), 0);
    struct answer_got *got = files_begin(&w, &w.as_ada, "noise", sizeof noise, "k");
    CHECK_INT(got_int(got, "offset"), sizeof noise);
    CHECK_TEXT(got_text(got, "file.name"), "noise");
    CHECK_TEXT(got_text(got, "file.width"), "(absent)");
    files_place_free(&w);
}

static void the_same_piece_again_changes_nothing(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    int64_t id = begun(&w, 100, "k");
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 60), &t), ERR_OK);
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 60), &t), ERR_OK);
    CHECK_INT(t.offset, 60);
    CHECK_INT(files_put(&w, w.ada, id, 20, part(20, 30), &t), ERR_OK);
    CHECK_INT(t.offset, 60);
    CHECK_INT(files_put(&w, w.ada, id, 50, part(50, 100), &t), ERR_OK); /* over the end of it */
    CU_ASSERT_TRUE(file_is_whole(&t.file));
    CHECK_INT(files_put(&w, w.ada, id, 50, part(50, 100), &t), ERR_OK);
    CU_ASSERT_TRUE(file_is_whole(&t.file));
    CHECK_INT(t.offset, 100);
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    CHECK_INT(files_put(&w, w.ada, id, 0, part(500, 600), &t), ERR_OK); /* whole is whole */
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    files_place_free(&w);
}

static void what_does_not_follow_is_refused(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    int64_t id = begun(&w, 100, "k");
    CHECK_INT(files_put(&w, w.ada, id, 1, part(1, 2), &t), ERR_CONFLICT);
    CHECK_INT(t.offset, 0);
    CHECK_INT(t.size, 100);
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 10), &t), ERR_OK);
    CHECK_INT(files_put(&w, w.ada, id, 11, part(11, 12), &t), ERR_CONFLICT);
    CHECK_INT(t.offset, 10);
    CHECK_INT(files_put(&w, w.ada, id, 10, part(10, 101), &t), ERR_LIMIT);
    CHECK_INT(files_put(&w, w.ada, id, INT64_MAX, part(0, 1), &t), ERR_CONFLICT);
    CHECK_INT(files_put(&w, w.bob, id, 10, part(10, 20), &t), ERR_NOT_FOUND);
    CHECK_INT(files_put(&w, w.ada, id + 1, 0, part(0, 1), &t), ERR_NOT_FOUND);
    CHECK_INT(offset_of(&w, 100, "k"), 10);
    files_place_free(&w);
}

static void nobody_else_sees_what_is_not_sent(void)
{
    struct files_place w = files_place_new();
    struct file f;
    int fd;
    int64_t id = begun(&w, 10, "k");
    struct taken t;
    CHECK_INT(files_open(&w, w.ada, id, &f, &fd), ERR_NOT_FOUND); /* not whole */
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 10), &t), ERR_OK);
    CHECK_INT(files_open(&w, w.bob, id, &f, &fd), ERR_NOT_FOUND);
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 10)));
    files_place_free(&w);
}

static void a_file_may_be_empty(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    int64_t id = begun(&w, 0, "k");
    CHECK_INT(files_put(&w, w.ada, id, 0, TEXT_NONE, &t), ERR_OK);
    CU_ASSERT_TRUE(file_is_whole(&t.file));
    CHECK_TEXT(t.file.type, "text/plain");
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 0)));
    files_place_free(&w);
}

/* ---- two at once: the second comes while the first waits for the database */

struct meanwhile {
    struct files_place *w;
    int64_t id;
    int waits, at; /* on the at-th wait `act` happens */
    void (*act)(struct meanwhile *m);
    enum err got;
};

static enum err wait_and_act(void *ctx, struct future *f, void **out_value)
{
    struct meanwhile *m = ctx;
    if (++m->waits == m->at)
        m->act(m);
    return files_wait(NULL, f, out_value);
}

static enum err put_meanwhile(struct meanwhile *m, struct text bytes, struct taken *t)
{
    const struct patience patience = {wait_and_act, m};
    const struct piece piece = {m->id, m->w->ada, 0, bytes};
    return upload_piece(m->w->files, &piece, &patience, t);
}

static void put_too(struct meanwhile *m)
{
    struct taken t;
    m->got = files_put(m->w, m->w->ada, m->id, 0, part(0, 5), &t);
}

static void two_pieces_at_once_do_not_mix(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    for (int at = 1; at <= 2; at++) { /* while it asks, and while its row is written */
        struct meanwhile m = {.w = &w, .at = at, .act = put_too};
        m.id = begun(&w, 10, at == 1 ? "k1" : "k2");
        CHECK_INT(put_meanwhile(&m, part(0, 10), &t), ERR_OK);
        CHECK_INT(m.waits, 2);
        CHECK_INT(m.got, ERR_BUSY);
        CU_ASSERT_TRUE(has_bytes(&w, w.ada, m.id, part(0, 10)));
    }
    files_place_free(&w);
}

static void drop_too(struct meanwhile *m)
{
    struct answer_got *got =
        product_call(m->w->p, &m->w->as_ada, "file.drop", "{\"id\":\"%lld\"}", (long long)m->id);
    m->got = got->err;
    files_swept(m->w, FILES_SWEEP_MS); /* leaves alone what is being written */
}

/* The bytes may be there when the row is not any more: they go with the next sweep. */
static void what_is_dropped_meanwhile_leaves_nothing(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    struct meanwhile m = {.w = &w, .at = 2, .act = drop_too};
    m.id = begun(&w, 10, "k");
    enum err e =
        put_meanwhile(&m, part(0, 10), &t); /* the row was written first: the drop was behind it */
    CHECK_INT(e, ERR_OK);
    CHECK_INT(m.got, ERR_OK);
    CHECK_INT(files_on_disk(&w, ""), 1);
    files_swept(&w, FILES_SWEEP_MS);
    CHECK_INT(files_on_disk(&w, ""), 0);
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file_gone"), 0);
    m = (struct meanwhile){.w = &w, .at = 1, .act = drop_too};
    m.id = begun(&w, 10, "k");
    e = put_meanwhile(&m, part(0, 10), &t);
    CU_ASSERT_TRUE(e == ERR_NOT_FOUND || e == ERR_OK); /* which of the two threads is first */
    CU_ASSERT_TRUE(e == ERR_OK || !file_is_whole(&t.file));
    files_swept(&w, FILES_SWEEP_MS);
    CHECK_INT(files_on_disk(&w, ""), 0);
    CHECK_INT(files_look_int(&w, "SELECT count(*) FROM file_gone"), 0);
    files_place_free(&w);
}

/* ---- a crash */

static void after_a_restart_it_goes_on(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    int64_t id = begun(&w, 100, "k");
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 60), &t), ERR_OK);
    files_place_reopen(&w);
    CHECK_INT(offset_of(&w, 100, "k"), 60);
    CHECK_INT(files_put(&w, w.ada, id, 60, part(60, 100), &t), ERR_OK);
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    files_place_free(&w);
}

/* Between the last name and the row: the bytes are there, the row does not say so. */
static void a_crash_before_the_row_is_told_of_is_repaired_by_an_empty_piece(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    int64_t id = begun(&w, 100, "k");
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 100), &t), ERR_OK);
    test_change(w.p->folder.path, "UPDATE file SET sha256 = '', type = ''");
    files_place_reopen(&w);
    CHECK_INT(begun(&w, 100, "k"), id);
    CHECK_INT(offset_of(&w, 100, "k"), 100);
    CHECK_INT(files_put(&w, w.ada, id, 100, TEXT_NONE, &t), ERR_OK);
    CU_ASSERT_TRUE(file_is_whole(&t.file));
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    files_place_free(&w);
}

/* After a power cut less may be there than was answered. */
static void bytes_that_are_gone_are_asked_for_again(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    char blob[64], path[1024];
    int64_t id = begun(&w, 100, "k");
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 60), &t), ERR_OK);
    must(test_look(w.p->folder.path, "SELECT blob FROM file", blob));
    (void)snprintf(path, sizeof path, "%s/%.2s/%s.part", w.folder, blob, blob);
    must(truncate(path, 40) == 0);
    CHECK_INT(files_put(&w, w.ada, id, 60, part(60, 100), &t), ERR_CONFLICT);
    CHECK_INT(t.offset, 40);
    CHECK_INT(files_put(&w, w.ada, id, 40, part(40, 100), &t), ERR_OK);
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    files_place_free(&w);
}

/* ---- failures */

static void a_full_disk_is_said_and_what_came_stays(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    int64_t id = begun(&w, 100, "k");
    has_room_bound = true;
    room_left = 30;
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 60), &t), ERR_UNAVAILABLE);
    CHECK_INT(files_put(&w, w.ada, id, 30, part(30, 60), &t), ERR_UNAVAILABLE);
    has_room_bound = false;
    CHECK_INT(offset_of(&w, 100, "k"), 30);
    CHECK_INT(files_put(&w, w.ada, id, 30, part(30, 100), &t), ERR_OK);
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    files_place_free(&w);
}

/* The database needs what is left: files are refused before it comes to that. */
static void files_leave_room_on_the_disk(void)
{
    place_free_min = INT64_MAX / 2;
    struct files_place w = files_place_new();
    struct taken t;
    int64_t id = begun(&w, 10, "k");
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 10), &t), ERR_UNAVAILABLE);
    CHECK_INT(files_on_disk(&w, ""), 0);
    place_free_min = 1;
    files_place_reopen(&w);
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 10), &t), ERR_OK);
    place_free_min = 0;
    files_place_free(&w);
}

/* What could not be synced may be read, and be lost all the same: it comes again. */
static void what_could_not_be_synced_is_not_believed(void)
{
    static const int faults[] = {EIO, ENOSPC};
    struct files_place w = files_place_new();
    struct taken t;
    int64_t first = begun(&w, 1, "folder"); /* any first file of a folder syncs that */
    CHECK_INT(files_put(&w, w.ada, first, 0, part(0, 1), &t), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        const char *key = i ? "k1" : "k0";
        int64_t id = begun(&w, 100, key);
        CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 99), &t), ERR_OK);
        sync_fails = faults[i];
        CHECK_INT(files_put(&w, w.ada, id, 99, part(99, 100), &t), i ? ERR_UNAVAILABLE : ERR_IO);
        CU_ASSERT_FALSE(file_is_whole(&t.file));
        CHECK_INT(offset_of(&w, 100, key), 0);
        CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 100), &t), ERR_OK);
        CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    }
    files_place_free(&w);
}

static void without_its_name_it_is_not_whole(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    struct file f;
    int fd;
    int64_t id = begun(&w, 100, "k");
    rename_fails = EIO;
    CHECK_INT(files_put(&w, w.ada, id, 0, part(0, 100), &t), ERR_IO);
    CU_ASSERT_FALSE(file_is_whole(&t.file));
    CHECK_INT(files_open(&w, w.ada, id, &f, &fd), ERR_NOT_FOUND);
    CHECK_INT(files_put(&w, w.ada, id, 100, TEXT_NONE, &t), ERR_OK);
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    files_place_free(&w);
}

static void without_memory_it_is_said(void)
{
    struct files_place w = files_place_new();
    struct taken t;
    int64_t id = begun(&w, 100, "k");
    unsigned n = 1;
    for (;; n++) {
        fault_at(n);
        enum err e = files_put(&w, w.ada, id, 0, part(0, 100), &t);
        if (!fault_end())
            break;
        CU_ASSERT_TRUE(e == ERR_NOMEM || e == ERR_IO || e == ERR_OK);
        CU_ASSERT_TRUE(e != ERR_OK || file_is_whole(&t.file));
    }
    CU_ASSERT_TRUE(n > 3);
    CU_ASSERT_TRUE(has_bytes(&w, w.ada, id, part(0, 100)));
    files_place_free(&w);
}

int main(int argc, char **argv)
{
    static const struct unit_case cases[] = {
        CASE(pieces_become_a_whole_file),
        CASE(the_same_piece_again_changes_nothing),
        CASE(what_does_not_follow_is_refused),
        CASE(nobody_else_sees_what_is_not_sent),
        CASE(a_file_may_be_empty),
        CASE(two_pieces_at_once_do_not_mix),
        CASE(what_is_dropped_meanwhile_leaves_nothing),
        CASE(after_a_restart_it_goes_on),
        CASE(a_crash_before_the_row_is_told_of_is_repaired_by_an_empty_piece),
        CASE(bytes_that_are_gone_are_asked_for_again),
        CASE(a_full_disk_is_said_and_what_came_stays),
        CASE(files_leave_room_on_the_disk),
        CASE(what_could_not_be_synced_is_not_believed),
        CASE(without_its_name_it_is_not_whole),
        CASE(without_memory_it_is_said),
    };
    make_noise();
    return unit_main("files/upload", cases, sizeof cases / sizeof cases[0],
                     argc > 1 ? argv[1] : "");
}
