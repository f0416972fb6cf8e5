/* Files come with their message from each of the three formats; what leads out of the source's folder, is another one, is too large or
 * is not there is named; whatever fails, no bytes are left that nothing names, and again adds nothing. */
#include "fault.h"
#include "file_calls.h"
#include "import_place.h"
#include "placed_files.h"
#include "upkeep/beneath.h"
#include "upkeep/export.h"
#include "upkeep/filed.h"

/* Afterwards a check has nothing to say. */
static void import(struct import_place *w)
{
    (void)import_run(w);
    CU_ASSERT_TRUE(w->err != ERR_OK || w->findings == 0);
}

/* Of the newest message: its text, and its files' names, types and sizes. */
static void newest(const struct import_place *w, const char *text, const char *files)
{
    import_look(w, "SELECT substr(text, 1, 63) FROM message ORDER BY id DESC LIMIT 1", text);
    import_look(
        w,
        "SELECT coalesce(group_concat(x, ' '), '') FROM (SELECT f.name || ' ' || replace(f.type, "
        "'application/octet-stream', 'bytes') || ' ' || "
        "f.size AS x"
        " FROM file f WHERE f.message_id = (SELECT max(id) FROM message) ORDER BY f.id)",
        files);
}

static void write_bytes(const char *folder, const char *name, const char *bytes, size_t len)
{
    char path[BLOB_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    placed_write(path, bytes, len);
}

/* ---- ours */

#define PEOPLE                                                                                     \
    "{\"type\":\"snug\",\"version\":1}\n"                                                          \
    "{\"type\":\"user\",\"name\":\"ana\",\"display\":\"A\",\"role\":\"member\",\"created\":1}\n"   \
    "{\"type\":\"room\",\"room\":\"2.1\",\"name\":\"lab\",\"private\":false,\"created\":1}\n"
#define END "{\"type\":\"end\"}\n"

/* The message `n`, with what stands after its text. */
static void import_ours(struct import_place *w, int n, const char *text, const char *files)
{
    FILE *out = fopen(w->in, "we");
    must(out && fputs(PEOPLE, out) >= 0);
    (void)fprintf(
        out,
        "{\"type\":\"message\",\"id\":\"%d.1\",\"room\":\"2.1\",\"author\":\"ana\",\"time\":5,"
        "\"text\":\"%s\",\"files\":%s}\n" END,
        n, text, files);
    must(fclose(out) == 0);
    import(w);
}

/* What a line says of file n, and its bytes beside the export. */
static const char *ours(const struct import_place *w, int n, bool there, char out[256])
{
    char hash[65], name[80];
    size_t len;
    placed_sha256(n, hash);
    (void)mkdir(w->bytes, 0700);
    char *bytes = placed_bytes(n, &len);
    (void)snprintf(name, sizeof name, "%.2s/%s", hash, hash);
    if (there)
        write_bytes(w->bytes, name, bytes, len);
    free(bytes);
    (void)snprintf(out, 256,
                   "{\"name\":\"%d.bin\",\"type\":\"text/html\",\"size\":%zu,\"sha256\":\"%s\"}", n,
                   len, hash);
    return out;
}

static void of_ours_bytes_come_by_what_they_are(void)
{
    struct import_place w = import_place_make();
    char one[256], two[256], list[600];
    w.given = w.bytes;
    (void)snprintf(list, sizeof list, "[%s,%s]", ours(&w, 2, true, two), ours(&w, 1, true, one));
    for (int i = 0; i < 2; i++) { /* again adds nothing */
        import_ours(&w, 7, "hm", list);
        CHECK_INT(w.err, ERR_OK);
        CHECK_TEXT(w.said, "");
        CHECK_INT(w.n.files, i == 0 ? 2 : 0);
        CHECK_INT(w.n.already, i);
        CHECK_INT(w.n.named, 0);
        newest(&w, "hm", "2.bin bytes 100002 1.bin bytes 100001");
        CHECK_INT(placed_count(w.files), 2);
    }
    import_look(&w,
                "SELECT files FROM message WHERE files LIKE '[{\"id\":\"1\",\"name\":\"2.bin\",%'",
                "[{\"id\":\"1\",\"name\":\"2.bin\",\"type\":\"application/octet-stream\",\"si");
    import_look(&w,
                "SELECT count(*) FROM stream WHERE json_array_length(data, '$.message.files') = 2",
                "1");
    import_ours(&w, 8, "", list); /* a message of files alone; the same bytes have a second name */
    newest(&w, "", "2.bin bytes 100002 1.bin bytes 100001");
    CHECK_INT(placed_count(w.files), 4);
    import_look(&w, "SELECT count(*) FROM message", "2");
    import_place_remove(&w);
}

static void of_ours_what_is_not_at_hand_is_named(void)
{
    struct import_place w = import_place_make();
    char one[256], two[256], list[600];
    (void)snprintf(list, sizeof list, "[%s,%s]", ours(&w, 2, false, two), ours(&w, 1, true, one));
    import_ours(&w, 7, "hm", list); /* no --files */
    CHECK_TEXT(w.said, "");
    CHECK_INT(w.n.named, 2);
    newest(&w, "hm\nFile: 2.bin\nFile: 1.bin", "");
    w.given = w.bytes;
    import_ours(&w, 7, "hm", list); /* it keeps what it has */
    CHECK_INT(w.n.named, 0);
    newest(&w, "hm\nFile: 2.bin\nFile: 1.bin", "");
    import_ours(&w, 8, "", list);
    CHECK_TEXT(w.said, "");
    CHECK_INT(w.n.named, 1);
    newest(&w, "File: 2.bin", "1.bin bytes 100001");
    w.given = "/nowhere";
    import_ours(&w, 9, "hm", list);
    CHECK_INT(w.err, ERR_IO);
    CHECK_TEXT(w.error, "Cannot read /nowhere: No such file or directory.");
    import_place_remove(&w);
}

static void of_ours_bytes_that_are_others_are_told(void)
{
    struct import_place w = import_place_make();
    char one[256], list[300], hash[65], path[BLOB_PATH_SIZE];
    static const char others[] =
        "1.bin: its bytes are not those that were exported, and it is named.";
    w.given = w.bytes;
    (void)snprintf(list, sizeof list, "[%s]", ours(&w, 1, true, one));
    placed_sha256(1, hash);
    (void)snprintf(path, sizeof path, "%s/%.2s/%s", w.bytes, hash, hash);
    FILE *f = fopen(path, "r+e");
    must(f && fputc('!', f) == '!' && fclose(f) == 0);
    import_ours(&w, 7, "hm", list);
    CHECK_TEXT(w.said, others);
    newest(&w, "hm\nFile: 1.bin", "");
    placed_write(path, "cut", 3);
    import_ours(&w, 8, "hm", list);
    CHECK_TEXT(w.said, others);
    must(truncate(path, IMPORT_BYTES_MAX + 1) == 0);
    import_ours(&w, 9, "hm", list);
    CHECK_TEXT(w.said, "1.bin: it is larger than 1 GiB, and is named.");
    must(unlink(path) == 0 && symlink("/etc/hostname", path) == 0);
    import_ours(&w, 10, "hm", list);
    CHECK_TEXT(w.said, "");
    CHECK_INT(w.n.named, 1);
    must(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    import_ours(&w, 11, "hm", list); /* and does not wait */
    CHECK_INT(w.n.named, 1);
    CHECK_INT(placed_count(w.files), 0);
    import_place_remove(&w);
}

#define HASH "ab23456789abcdef0123456789abcdefab23456789abcdef0123456789abcdef"
#define WRONG "one of its files is wrong, and is left out."

static void of_ours_what_is_no_good_is_told(void)
{
    static const struct {
        const char *files, *said;
    } rows[] = {
        {"null", ""},
        {"[]", ""},
        {"7", "its files are no list, and are left out."},
        {"{}", "its files are no list, and are left out."},
        {"[7]", WRONG},
        {"[{}]", WRONG},
        {"[{\"name\":\"a\",\"size\":1}]", WRONG},
        {"[{\"name\":\"\",\"size\":1,\"sha256\":\"" HASH "\"}]", WRONG},
        {"[{\"name\":7,\"size\":1,\"sha256\":\"" HASH "\"}]", WRONG},
        {"[{\"name\":\"a\\u0000b\",\"size\":1,\"sha256\":\"" HASH "\"}]", WRONG},
        {"[{\"name\":\"a\",\"size\":-1,\"sha256\":\"" HASH "\"}]", WRONG},
        {"[{\"name\":\"a\",\"size\":1.5,\"sha256\":\"" HASH "\"}]", WRONG},
        {"[{\"name\":\"a\",\"size\":1,\"sha256\":\"" HASH "0\"}]", WRONG},
        {"[{\"name\":\"a\",\"size\":1,\"sha256\":"
         "\"../../789abcdef0123456789abcdefab23456789abcdef0123456789abcdef00\"}]",
         WRONG},
        {"[{\"name\":\"a\",\"size\":1,\"sha256\":"
         "\"AB23456789ABCDEF0123456789ABCDEFAB23456789ABCDEF0123456789ABCDEF\"}]",
         WRONG},
    };
    struct import_place w = import_place_make();
    w.given = w.bytes;
    must(mkdir(w.bytes, 0700) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        import_ours(&w, 7 + (int)i, "hm", rows[i].files);
        CHECK_INT(w.n.messages, 1); /* it comes whatever its files are */
        CHECK_TEXT(w.said, rows[i].said);
        CHECK_INT(w.n.bad, rows[i].said[0] != 0);
        newest(&w, "hm", "");
    }
    import_place_remove(&w);
}

/* Ten come, the others are named. */
static void of_many_files_the_first_ten_come(void)
{
    struct import_place w = import_place_make();
    char one[256], *list = malloc((size_t)12 * 256);
    must(list);
    w.given = w.bytes;
    (void)stpcpy(list, "[");
    for (int n = 1; n <= 12; n++)
        (void)snprintf(list + strlen(list), 256, "%s%s", n > 1 ? "," : "", ours(&w, n, true, one));
    (void)stpcpy(list + strlen(list), "]");
    import_ours(&w, 7, "hm", list);
    CHECK_INT(w.n.files, 10);
    CHECK_INT(w.n.named, 2);
    import_look(&w, "SELECT text FROM message", "hm\nFile: 11.bin\nFile: 12.bin");
    import_look(&w,
                "SELECT group_concat(name, ' ') FROM (SELECT name FROM file ORDER BY id LIMIT 3)",
                "1.bin 2.bin 3.bin");
    CHECK_INT(placed_count(w.files), 10);
    free(list);
    import_place_remove(&w);
}

/* What the place exported comes into another one, with its files, and back home it is known. */
static void an_export_comes_back_with_its_bytes(void)
{
    struct import_place w = import_place_make(), other = import_place_make();
    char one[256], two[256], list[600];
    w.given = w.bytes;
    (void)snprintf(list, sizeof list, "[%s,%s]", ours(&w, 2, true, two), ours(&w, 1, true, one));
    import_ours(&w, 7, "hm", list);
    FILE *out = fopen(other.in, "we");
    struct exported exported;
    char error[256];
    const struct export_order order = {
        .out = out, .now_ms = 1, .files = w.files, .to = other.bytes};
    must(out);
    CHECK_INT(upkeep_export(w.t.path, &order, &exported, error), ERR_OK);
    must(fclose(out) == 0);
    other.given = other.bytes;
    import(&other);
    CHECK_INT(other.n.files, 2);
    newest(&other, "hm", "2.bin bytes 100002 1.bin bytes 100001");
    (void)snprintf(w.in, sizeof w.in, "%s", other.in);
    import(&w);
    CHECK_INT(w.n.files + w.n.messages + w.n.named, 0);
    CHECK_INT(w.n.already, 1);
    CHECK_INT(placed_count(w.files), 2);
    import_place_remove(&w);
    import_place_remove(&other);
}

/* ---- what they are */

static void types_and_pixels_are_found_in_the_bytes(void)
{
    static const char png[] =
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x05\0\0\0\x07\x08\x06\0\0\0\0\0\0\0";
    struct import_place w = import_place_make();
    must(mkdir(w.bytes, 0700) == 0);
    write_bytes(w.bytes, "data/a/shot.txt", png, sizeof png - 1);
    write_bytes(w.bytes, "data/b/empty", "", 0);
    write_bytes(w.bytes, "data/c/log.png", "all of it is text\n", 18);
    (void)snprintf(w.in, sizeof w.in, "%s/import.jsonl", w.bytes);
    FILE *out = fopen(w.in, "we");
    must(out);
    (void)fputs(
        "{\"type\":\"version\",\"version\":1}\n{\"type\":\"user\",\"user\":{\"username\":\"ada\"}}"
        "\n"
        "{\"type\":\"channel\",\"channel\":{\"team\":\"t\",\"name\":\"c\",\"type\":\"O\"}}\n"
        "{\"type\":\"post\",\"post\":{\"team\":\"t\",\"channel\":\"c\",\"user\":\"ada\","
        "\"message\":\"\","
        "\"create_at\":5,\"attachments\":[{\"path\":\"a/shot.txt\"},{\"path\":\"b/empty\"},"
        "{\"path\":\"c/log.png\"}]}}\n",
        out);
    must(fclose(out) == 0);
    import(&w);
    CHECK_TEXT(w.said, "");
    CHECK_INT(w.n.files, 3);
    import_look(&w, "SELECT type || width || 'x' || height || name FROM file WHERE id = 1",
                "image/png5x7shot.txt");
    import_look(&w, "SELECT type || size FROM file WHERE id = 3", "text/plain18");
    import_look(&w, "SELECT size || sha256 FROM file WHERE name = 'empty'",
                "0e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8");
    import_place_remove(&w);
}

/* ---- Mattermost: paths that somebody else wrote */

/* One post with these attachments. */
static void import_mattermost(struct import_place *w, int n, const char *attachments)
{
    (void)mkdir(w->bytes, 0700);
    (void)snprintf(w->in, sizeof w->in, "%s/import.jsonl", w->bytes);
    FILE *out = fopen(w->in, "we");
    must(out);
    (void)fprintf(
        out,
        "{\"type\":\"version\",\"version\":1}\n{\"type\":\"user\",\"user\":{\"username\":\"ada\"}}"
        "\n"
        "{\"type\":\"channel\",\"channel\":{\"team\":\"t\",\"name\":\"c\",\"type\":\"O\"}}\n"
        "{\"type\":\"post\",\"post\":{\"team\":\"t\",\"channel\":\"c\",\"user\":\"ada\","
        "\"message\":\"hm\",\"create_at\":%d,\"attachments\":%s}}\n",
        n, attachments);
    must(fclose(out) == 0);
    import(w);
}

static void of_mattermost_no_path_leads_out(void)
{
    static const struct {
        const char *attachments, *text, *files, *said;
    } rows[] = {
        {"[{\"path\":\"20260101/t/a b.txt\"}]", "hm", "a b.txt text/plain 2", ""},
        {"[{\"path\":\"data/20260101/t/a b.txt\"}]", "hm", "a b.txt text/plain 2", ""},
        {"[{\"path\":\"../secret\"}]", "hm\nFile: secret", "", ""},
        {"[{\"path\":\"20260101/../../../secret\"}]", "hm\nFile: secret", "", ""},
        {"[{\"path\":\"/etc/hostname\"}]", "hm\nFile: hostname", "", ""},
        {"[{\"path\":\"./20260101/t/a b.txt\"}]", "hm\nFile: a b.txt", "", ""},
        {"[{\"path\":\"20260101//t/a b.txt\"}]", "hm\nFile: a b.txt", "", ""},
        {"[{\"path\":\"link\"}]", "hm\nFile: link", "", ""},
        {"[{\"path\":\"folder/secret\"}]", "hm\nFile: secret", "", ""},
        {"[{\"path\":\"20260101/t\"}]", "hm\nFile: t", "", ""},
        {"[{\"path\":\"20260101/t/\"}]", "hm\nFile: t", "", ""},
        {"[{\"path\":\"/\"}]", "hm\nFile: file", "", ""},
        {"[{\"path\":\"..\"}]", "hm\nFile: ..", "", ""},
        {"[{\"path\":\"x\\ny\\u202e\\u0007\\u0085z.txt\"}]", "hm\nFile: x y\u202e  z.txt", "", ""},
        {"[{\"path\":\"c:\\\\temp\\\\a.txt\"}]", "hm\nFile: a.txt", "", ""},
        {"[{\"path\":\"\"}]", "hm", "", WRONG},
        {"[{\"path\":\"a\\u0000/b\"}]", "hm", "", WRONG},
        {"[{\"path\":7}]", "hm", "", WRONG},
        {"[7]", "hm", "", WRONG},
        {"\"a\"", "hm", "", "its files are no list, and are left out."},
    };
    struct import_place w = import_place_make();
    char path[480];
    must(mkdir(w.bytes, 0700) == 0);
    write_bytes(w.bytes, "data/20260101/t/a b.txt", "ab", 2);
    write_bytes(w.t.folder, "secret", "nobody's business", 17);
    (void)snprintf(path, sizeof path, "%s/data/link", w.bytes);
    must(symlink("../../secret", path) == 0);
    (void)snprintf(path, sizeof path, "%s/data/folder", w.bytes);
    must(symlink("../..", path) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        import_mattermost(&w, 5 + (int)i, rows[i].attachments);
        CHECK_INT(w.n.messages, 1);
        CHECK_TEXT(w.said, rows[i].said);
        newest(&w, rows[i].text, rows[i].files);
    }
    import_place_remove(&w);
}

/* 10,000 letters become 200, and what is named so is one line. */
static void a_long_name_is_cut(void)
{
    struct import_place w = import_place_make();
    char *list = malloc(30100);
    must(list);
    char *at = stpcpy(list, "[{\"path\":\"");
    for (int i = 0; i < 10000; i++)
        at = stpcpy(at, "ü");
    (void)stpcpy(at, "\"}]");
    import_mattermost(&w, 5, list);
    CHECK_INT(w.n.named, 1);
    import_look(&w, "SELECT length(text) FROM message", "209"); /* "hm", a line end, "File: " */
    free(list);
    import_place_remove(&w);
}

static void nothing_is_opened_outside_of_a_folder(void)
{
    static const char *const wrong[] = {"",    ".",      "..",       "/",        "/a",   "a/",
                                        "./a", "b/../a", "b//c",     "b/link",   "up/a", "b/up/a",
                                        "b",   "pipe",   "b/c/none", "b/c/d/e/f"};
    struct import_place w = import_place_make();
    char path[480];
    write_bytes(w.t.folder, "top/a", "a", 1);
    write_bytes(w.t.folder, "top/b/c", "c", 1);
    (void)snprintf(path, sizeof path, "%s/top", w.t.folder);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(folder >= 0 && symlinkat("c", folder, "b/link") == 0 &&
         symlinkat("b", folder, "up") == 0 && symlinkat("..", folder, "b/up") == 0 &&
         mkfifoat(folder, "pipe", 0600) == 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int fd = beneath_open(folder, text_of(wrong[i]));
        if (fd >= 0)
            (void)printf("\n    %s\n", wrong[i]);
        CHECK_INT(fd, -1);
    }
    CHECK_INT(beneath_open(folder, (struct text){"a\0b", 3}), -1);
    for (int i = 0; i < 2; i++) {
        int fd = beneath_open(folder, i ? TEXT("b/c") : TEXT("a"));
        CU_ASSERT_TRUE(fd >= 0);
        (void)close(fd);
    }
    int fd = beneath_folder(folder, TEXT("b"));
    CU_ASSERT_TRUE(fd >= 0);
    (void)close(fd);
    CHECK_INT(beneath_folder(folder, TEXT("up")), -1);
    (void)close(folder);
    import_place_remove(&w);
}

/* ---- Slack */

static void import_slack(struct import_place *w, int n, const char *files)
{
    char days[512];
    (void)mkdir(w->in, 0700);
    write_bytes(w->in, "users.json", "[{\"id\":\"U1\",\"name\":\"ada\"}]", 26);
    write_bytes(w->in, "channels.json", "[{\"id\":\"C1\",\"name\":\"lab\"}]", 26);
    (void)snprintf(days, sizeof days, "%s/lab", w->in);
    (void)mkdir(days, 0700);
    (void)snprintf(days, sizeof days, "%s/lab/2011-03-13.json", w->in);
    FILE *out = fopen(days, "we");
    must(out);
    (void)fprintf(
        out,
        "[{\"type\":\"message\",\"user\":\"U1\",\"text\":\"hm\",\"ts\":\"13000000%02d.0\","
        "\"files\":%s}]",
        n, files);
    must(fclose(out) == 0);
    import(w);
}

static void of_slack_bytes_are_taken_where_tools_put_them(void)
{
    static const struct {
        const char *files, *text, *shown, *said;
    } rows[] = {
        {"[{\"id\":\"F1\",\"name\":\"a.txt\"}]", "hm", "a.txt text/plain 2", ""},
        {"[{\"id\":\"F2\",\"name\":\"b.txt\"}]", "hm", "b.txt text/plain 3", ""},
        {"[{\"id\":\"F3\",\"name\":\"c?.txt\"}]", "hm", "c?.txt text/plain 4",
         ""}, /* as its disk wanted it */
        {"[{\"id\":\"F4\",\"name\":\"d/../x.txt\"}]", "hm", "x.txt text/plain 5", ""},
        {"[{\"id\":\"F1\",\"name\":\"a.txt\",\"mode\":\"hosted\",\"size\":2}]", "hm",
         "a.txt text/plain 2", ""},
        {"[{\"id\":\"F1\",\"name\":\"a.txt\",\"mode\":\"hosted\",\"size\":3}]", "hm\nFile: a.txt",
         "", "a.txt: its bytes are not those that were exported, and it is named."},
        {"[{\"id\":\"F1\",\"name\":\"a.txt\",\"mode\":\"snippet\",\"size\":3}]", "hm",
         "a.txt text/plain 2", ""},
        {"[{\"id\":\"F1\",\"title\":\"A\"}]", "hm", "A text/plain 2", ""},
        {"[{\"id\":\"../F1\",\"name\":\"a.txt\"}]", "hm\nFile: a.txt", "", ""},
        {"[{\"id\":\"\",\"name\":\"a.txt\"}]", "hm\nFile: a.txt", "", ""},
        {"[{\"id\":\"F9\",\"name\":\"a.txt\"}]", "hm\nFile: a.txt", "", ""},
        {"[{\"id\":\"F8\",\"name\":\"secret\"}]", "hm\nFile: secret", "", ""},
        {"[{\"name\":\"a.txt\",\"url_private\":\"https://files.slack.com/a.txt?t=xoxe-1\"}]",
         "hm\nFile: [a.txt](https://files.slack.com/a.txt)", "", ""},
        {"[{\"name\":\"[a].txt\",\"mode\":\"external\",\"url_private\":\"https://x.example/"
         "?d=1\"}]",
         "hm\nFile: [a.txt](https://x.example/?d=1)", "", ""},
        {"[{\"name\":\"a\",\"url_private\":\"javascript:alert(1)\"}]", "hm\nFile: a", "", ""},
        {"[{\"name\":\"a\",\"url_private\":\"https://x.example/)(\"}]", "hm\nFile: a", "", ""},
        {"[{\"id\":\"F7\",\"mode\":\"tombstone\"}]", "hm", "", ""},
        {"[{\"id\":7}]", "hm", "", WRONG},
        {"{}", "hm", "", "its files are no list, and are left out."},
    };
    struct import_place w = import_place_make();
    char path[480];
    must(mkdir(w.in, 0700) == 0);
    write_bytes(w.in, "__uploads/F1/a.txt", "ab", 2);
    write_bytes(w.in, "lab/attachments/F2-b.txt", "abc", 3);
    write_bytes(w.in, "__uploads/F3/c_.txt", "abcd", 4);
    write_bytes(w.in, "lab/attachments/F4-x.txt", "abcde", 5);
    write_bytes(w.t.folder, "secret", "nobody's business", 17);
    (void)snprintf(path, sizeof path, "%s/__uploads/F8", w.in);
    must(symlink("../..", path) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        import_slack(&w, (int)i, rows[i].files);
        CHECK_INT(w.n.messages, 1);
        CHECK_TEXT(w.said, rows[i].said);
        newest(&w, rows[i].text, rows[i].shown);
        CHECK_INT(w.n.left_out, strstr(rows[i].files, "tombstone") != NULL);
    }
    import_place_remove(&w);
}

/* ---- when something fails */

/* A message that cannot be put leaves no bytes; nor does one that was there already under the same name, with others. */
static void what_came_in_vain_goes(void)
{
    struct import_place w = import_place_make();
    char one[256], two[256];
    w.given = w.bytes;
    (void)ours(&w, 1, true, one);
    (void)ours(&w, 2, true, two);
    FILE *out = fopen(w.in, "we");
    must(out);
    static const char *const authors[] = {"ana", "zoe", "ana", "ana"};
    (void)fputs(PEOPLE, out);
    for (int i = 0; i < 4; i++) /* one by nobody; one twice, the second time with others */
        (void)fprintf(
            out,
            "{\"type\":\"message\",\"id\":\"%d.1\",\"room\":\"2.1\",\"author\":\"%s\",\"time\":5,"
            "\"text\":\"\",\"files\":[%s]}\n",
            i == 3 ? 2 : i, authors[i], i == 3 ? two : one);
    (void)fputs(END, out);
    must(fclose(out) == 0);
    import(&w);
    CHECK_TEXT(w.said, "its author zoe is not among the people.");
    CHECK_INT(w.n.messages, 2);
    CHECK_INT(w.n.files, 2);
    CHECK_INT(placed_count(w.files), 2);
    import_place_remove(&w);
}

/* Ends with a sentence; the next try has all of it, once. */
static bool one_fault(enum file_call call, int n, int with)
{
    struct import_place w = import_place_make();
    char one[256], two[256], list[600];
    w.given = w.bytes;
    (void)snprintf(list, sizeof list, "[%s,%s]", ours(&w, 2, true, two), ours(&w, 1, true, one));
    FILE *out = fopen(w.in, "we");
    must(out);
    (void)fprintf(
        out,
        PEOPLE
        "{\"type\":\"message\",\"id\":\"7.1\",\"room\":\"2.1\",\"author\":\"ana\",\"time\":5,"
        "\"text\":\"hm\",\"files\":%s}\n" END,
        list);
    must(fclose(out) == 0);
    file_fault_at(call, n, with);
    import(&w);
    bool came = file_fault_end();
    CU_ASSERT_TRUE(w.err == ERR_OK ||
                   (came && w.error[0] && w.err == (with == ENOSPC ? ERR_UNAVAILABLE : ERR_IO)));
    import(&w);
    CHECK_INT(w.err, ERR_OK);
    newest(&w, "hm", "2.bin bytes 100002 1.bin bytes 100001");
    import_look(&w, "SELECT count(*) FROM message", "1");
    import_place_remove(&w);
    return came;
}

static void whatever_call_fails_the_next_try_has_all(void)
{
    static const enum file_call calls[] = {FILE_RENAME, FILE_FSYNC, FILE_MKDIR, FILE_WRITE};
    unsigned failures = CU_get_number_of_failures();
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        int rounds = 0;
        while (CU_get_number_of_failures() == failures &&
               one_fault(calls[i], rounds + 1, calls[i] == FILE_WRITE ? ENOSPC : EIO))
            rounds++;
        (void)printf("%s: %d calls ... ", file_calls[calls[i]], rounds);
        CU_ASSERT_TRUE(rounds > 0);
    }
}

static void without_memory_it_ends_with_that_word(void)
{
    struct import_place w = import_place_make();
    char one[256], list[300];
    unsigned n = 1;
    w.given = w.bytes;
    (void)snprintf(list, sizeof list, "[%s]", ours(&w, 1, true, one));
    import_ours(&w, 1, "hm", list);
    struct store_options o = test_store_options(w.t.path);
    struct store *s = test_store_open(&o);
    const struct import_order order = import_order_of(&w);
    for (;; n += 1 + n / 32) {
        FILE *out = fopen(w.in, "we"); /* another message each time */
        must(out);
        (void)fprintf(out,
                      PEOPLE
                      "{\"type\":\"message\",\"id\":\"%u.1\",\"room\":\"2.1\",\"author\":\"ana\","
                      "\"time\":5,\"text\":\"\",\"files\":%s}\n" END,
                      n + 1, list);
        must(fclose(out) == 0);
        w.said[0] = 0;
        fault_at(n);
        enum err e = upkeep_import(s, &order, &w.n, w.error);
        bool came = fault_end();
        CU_ASSERT_TRUE(e == ERR_OK || (came && w.error[0]));
        CHECK_TEXT(w.said, "");
        CHECK_INT(w.n.named, 0);
        if (!came || w.n.named || w.said[0])
            break;
    }
    (void)printf("up to %u allocations ... ", n - 1);
    CU_ASSERT_TRUE(n > 5);
    store_close(s);
    import_place_remove(&w);
}

UNIT("upkeep/files", CASE(of_ours_bytes_come_by_what_they_are),
     CASE(of_ours_what_is_not_at_hand_is_named), CASE(of_ours_bytes_that_are_others_are_told),
     CASE(of_ours_what_is_no_good_is_told), CASE(of_many_files_the_first_ten_come),
     CASE(an_export_comes_back_with_its_bytes), CASE(types_and_pixels_are_found_in_the_bytes),
     CASE(of_mattermost_no_path_leads_out), CASE(a_long_name_is_cut),
     CASE(nothing_is_opened_outside_of_a_folder),
     CASE(of_slack_bytes_are_taken_where_tools_put_them), CASE(what_came_in_vain_goes),
     CASE(whatever_call_fails_the_next_try_has_all), CASE(without_memory_it_ends_with_that_word))
