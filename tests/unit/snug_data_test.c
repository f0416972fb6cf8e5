/* The data folder: what is new in it is on the disk before it is used, so that a power cut takes none of it back. */
#include "snug_inside.h"
#include "tmpdb.h"
#include "unit.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The program's own, instead of the C library's: notes what was synced, in order. */
static char synced[16][320];
static size_t synced_count;

int fsync(int fd)
{
    char name[32];
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, synced[synced_count % 16], sizeof synced[0] - 1);
    synced[synced_count++ % 16][n > 0 ? n : 0] = 0;
    return (int)syscall(SYS_fsync, fd);
}

/* Opens data/ in the folder as a start does; the caller has looked at `synced` before the next. */
static void open_data(const struct tmpdb *t, const char *ending, char secret[SECRET_MAX + 1])
{
    static struct snug s; /* large */
    char data[300];
    char error[256] = "";
    (void)snprintf(data, sizeof data, "%s/data%s", t->folder, ending);
    s = (struct snug){.options = {.data = data}};
    synced_count = 0;
    CHECK_INT(data_open(&s, error), ERR_OK);
    CHECK_TEXT(error, "");
    (void)snprintf(secret, SECRET_MAX + 1, "%s", s.token_secret);
    data_close(&s);
}

static void a_new_folder_and_its_secrets_are_synced_with_their_names(void)
{
    static const char *const expected[] = {
        "",      "/data/token_secret.new", "/data", "/data/api_key.new",
        "/data", "/data/push_key.new",     "/data"};
    static char first[SECRET_MAX + 1];
    static char again[SECRET_MAX + 1];
    struct tmpdb t = tmpdb_make();
    open_data(&t, "///", first);
    CHECK_INT(synced_count, 7);
    for (size_t i = 0; i < 7; i++) {
        char path[320];
        (void)snprintf(path, sizeof path, "%s%s", t.folder, expected[i]);
        CHECK_TEXT(synced[i], path);
    }
    open_data(&t, "", again);
    CHECK_INT(synced_count, 0); /* nothing is new */
    CHECK_TEXT(again, first);
    tmpdb_remove(&t);
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

/* The key that push services know: for its owner alone, the same at each start, and refused if it is none. */
static void the_push_key_is_kept_and_looked_at(void)
{
    static const char *const bad[] = {
        "", "00", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    static struct snug s; /* large */
    static char secret[SECRET_MAX + 1];
    struct tmpdb t = tmpdb_make();
    struct stat st;
    unsigned char point[PUSH_POINT_BYTES];
    char data[300], path[320], error[256] = "";
    open_data(&t, "", secret);
    (void)snprintf(data, sizeof data, "%s/data", t.folder);
    (void)snprintf(path, sizeof path, "%s/push_key", data);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    for (int i = 0; i < 2; i++) {
        s = (struct snug){.options = {.data = data}};
        CHECK_INT(data_open(&s, error), ERR_OK);
        if (i == 1)
            CHECK_INT(memcmp(point, s.push_pair.point, sizeof point), 0);
        memcpy(point, s.push_pair.point, sizeof point);
        data_close(&s);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put(path, bad[i]);
        s = (struct snug){.options = {.data = data}};
        CHECK_INT(data_open(&s, error), ERR_IO);
        CU_ASSERT_PTR_NOT_NULL(strstr(error, "push_key is damaged"));
        data_close(&s);
    }
    tmpdb_remove(&t);
}

UNIT("snug/data", CASE(a_new_folder_and_its_secrets_are_synced_with_their_names),
     CASE(the_push_key_is_kept_and_looked_at))
