/* Which format it is, and the sum of it. */
#include "upkeep/import.h"

#include "upkeep/intake.h"
#include "wire/json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES 4096 /* of the first line, to tell what it is */

static const char none_of_them[] =
    "This is no export of Snug, of Slack (a folder, unpacked) or of Mattermost (JSON lines).";

typedef enum err read_file(struct intake *in, FILE *file);

/* The first line says it. */
static read_file *reader_of(FILE *file, struct imported *out)
{
    char head[HEAD_BYTES];
    struct text type = TEXT_NONE, rest;
    struct buf scratch;
    read_file *reader = NULL;
    size_t len = fread(head, 1, sizeof head, file);
    const char *end = memchr(head, '\n', len);
    struct text line = text_trim((struct text){head, end ? (size_t)(end - head) : len});
    buf_init(&scratch, (size_t)4 * HEAD_BYTES);
    const struct field field = {"type", FIELD_TEXT, true, &type};
    const char *wrong;
    if (json_next(line, IMPORT_DEPTH_MAX, &line, &rest) && json_kind(line) == JSON_OBJECT &&
        scratch_for(&scratch, line) == ERR_OK && fields_read(line, &field, 1, &scratch, &wrong)) {
        bool snug = text_is(type, TEXT("snug"));
        if (snug || text_is(type, TEXT("version"))) {
            reader = snug ? read_snug : read_mattermost;
            out->format = snug ? "Snug" : "Mattermost";
        }
    }
    buf_fini(&scratch);
    rewind(file);
    return reader;
}

static enum err fail(struct intake *in, const char *path)
{
    char words[128];
    (void)snprintf(in->error, 256, "Cannot read %.120s: %s.", path,
                   strerror_r(errno, words, sizeof words));
    return ERR_IO;
}

/* Where the bytes of files are: the folder that was given, else that of the source. */
static enum err open_bytes(struct intake *in, const char *beside)
{
    const char *path = in->order->files ? in->order->files : beside;
    if (!path)
        return ERR_OK;
    in->filed.from = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    in->filed.closes = in->filed.from >= 0;
    return in->filed.closes ? ERR_OK : fail(in, path);
}

static enum err open_bytes_beside(struct intake *in, const char *file)
{
    char folder[4096];
    const char *slash = strrchr(file, '/');
    if (!slash)
        return open_bytes(in, ".");
    int len = (int)(slash - file);
    return snprintf(folder, sizeof folder, "%.*s", len ? len : 1, file) < (int)sizeof folder
               ? open_bytes(in, folder)
               : ERR_LIMIT;
}

/* What cannot be read twice (a pipe) is refused: the first line says which format it is, and is read again. */
static enum err import_file(struct intake *in, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        (void)snprintf(in->error, 256, "%.200s is no file.", path);
        return ERR_BAD_REQUEST;
    }
    FILE *file = fopen(path, "re");
    if (!file || fstat(fileno(file), &st) != 0) {
        enum err e = fail(in, path);
        if (file)
            (void)fclose(file);
        return e;
    }
    in->total = st.st_size;
    read_file *reader = reader_of(file, in->count);
    enum err e = ERR_BAD_REQUEST;
    if (reader)
        e = reader == read_mattermost ? open_bytes_beside(in, path) : open_bytes(in, NULL);
    if (reader && e == ERR_OK)
        e = reader(in, file);
    else if (!reader)
        (void)snprintf(in->error, 256, "%s", none_of_them);
    (void)fclose(file);
    return e;
}

static enum err import_folder(struct intake *in, const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return fail(in, path);
    enum err e = ERR_BAD_REQUEST;
    if (faccessat(folder, "users.json", R_OK, 0) == 0 ||
        faccessat(folder, "org_users.json", R_OK, 0) == 0) {
        in->count->format = "Slack";
        e = open_bytes(in, path);
        if (e == ERR_OK)
            e = read_slack(in, folder);
    } else {
        (void)snprintf(in->error, 256, "%s", none_of_them);
    }
    (void)close(folder);
    return e;
}

enum err upkeep_import(struct store *s, const struct import_order *order, struct imported *out,
                       char error[256])
{
    struct intake in;
    struct stat st;
    *out = (struct imported){.format = ""};
    error[0] = 0;
    enum err e = intake_init(&in, s, order, out, error);
    const char *slash = strrchr(order->path, '/');
    if (e == ERR_OK)
        intake_begin(&in, slash && slash[1] ? slash + 1 : order->path);
    if (e == ERR_OK && stat(order->path, &st) != 0)
        e = fail(&in, order->path);
    else if (e == ERR_OK)
        e = S_ISDIR(st.st_mode) ? import_folder(&in, order->path) : import_file(&in, order->path);
    if (e == ERR_OK)
        e = intake_settle(&in);
    intake_fini(&in);
    if (e != ERR_OK && !error[0])
        (void)snprintf(error, 256, "%s", err_text(e));
    return e;
}
