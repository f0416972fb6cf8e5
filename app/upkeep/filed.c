#include "upkeep/filed.h"

#include "store/db.h"
#include "upkeep/intake.h"
#include "wire/utf8.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_BYTES 120 /* of a name, in a sentence */

enum err filed_init(struct filed_list *l, const char *files)
{
    *l = (struct filed_list){.shelf.path = files, .from = -1};
    buf_init(&l->lines, FILED_LINES_BYTES);
    buf_init(&l->words, FILED_WORDS_BYTES);
    l->begin = files ? malloc(KIND_BYTES) : NULL;
    return l->begin || !files ? ERR_OK : ERR_NOMEM;
}

void filed_fini(struct filed_list *l)
{
    if (l->closes)
        (void)close(l->from);
    free(l->begin);
    buf_fini(&l->lines);
    buf_fini(&l->words);
    *l = (struct filed_list){.from = -1};
}

/* ---- names */

/* A character that a name has not: a control character, a line end of Unicode's, what separates folders. */
static bool is_bad(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '/' || c == '\\' || c == 0x2028 ||
           c == 0x2029;
}

/* Any text as a name here: without the folders in it, in one line, not too long, never empty. */
static struct text mend_name(struct text name, char out[FILE_NAME_SIZE])
{
    struct text rest = name;
    size_t len = 0, count = 0;
    uint32_t c;
    for (size_t i = 0; i < name.len; i++)
        if ((name.data[i] == '/' || name.data[i] == '\\') && i + 1 < name.len)
            rest = text_after(name, i + 1);
    while (count < FILE_NAME_CHARS && utf8_take(&rest, &c)) {
        len += utf8_encode(is_bad(c) ? ' ' : c, out + len);
        count++;
    }
    struct text mended = text_trim((struct text){out, len});
    return mended.len ? mended : TEXT("file");
}

static void tell(struct intake *in, struct text name, const char *why)
{
    char sentence[SHOWN_BYTES + 160];
    char shown[SHOWN_BYTES + 1];
    size_t len = text_copy(shown, sizeof shown, name);
    while (len > 0 && !utf8_valid((struct text){shown, len})) /* it was cut in a character */
        shown[--len] = 0;
    (void)snprintf(sentence, sizeof sentence, "%s: %s", shown, why);
    intake_bad(in, sentence);
}

/* ---- words */

/* Nothing in it that would end a link, and no secret: what stands behind "?" may be a token for all files. */
static bool is_link(struct text url)
{
    bool good = url.len <= FILED_URL_BYTES &&
                (text_starts(url, TEXT("https://")) || text_starts(url, TEXT("http://")));
    for (size_t i = 0; good && i < url.len; i++)
        good = (unsigned char)url.data[i] > ' ' && !strchr("()<>[]\\\"\x7f", url.data[i]);
    return good;
}

static void add_name(struct filed_list *l, struct text name, struct text url)
{
    if (++l->named > FILED_NAMED_MAX)
        return;
    if (l->words.len)
        buf_add_char(&l->words, '\n');
    buf_add_text(&l->words, TEXT("File: "));
    if (!is_link(url)) {
        buf_add_text(&l->words, name);
        return;
    }
    buf_add_char(&l->words, '[');
    for (size_t i = 0; i < name.len; i++)
        if (!strchr("[]", name.data[i]))
            buf_add_char(&l->words, name.data[i]);
    buf_add_text(&l->words, TEXT("]("));
    buf_add_text(&l->words, url);
    buf_add_char(&l->words, ')');
}

/* ---- bytes */

static enum err came(void *ctx, int64_t bytes, bool copied)
{
    struct intake *in = ctx;
    (void)copied;
    in->total += bytes; /* nobody has counted them before */
    intake_progress(in, bytes);
    return ERR_OK;
}

static void saw(void *ctx, const char *bytes, size_t len)
{
    struct intake *in = ctx;
    struct filed_list *l = &in->filed;
    size_t room = KIND_BYTES - l->begin_len;
    memcpy(l->begin + l->begin_len, bytes, len < room ? len : room);
    l->begin_len += len < room ? len : room;
    plain_feed(&l->plain, (struct text){bytes, len});
}

/* What the bytes are called here: always the same. */
static void name_blob(const struct filed_list *l, const char *sha256, char out[BLOB_NAME_SIZE])
{
    crypto_generichash_state h;
    unsigned char hash[(BLOB_NAME_SIZE - 1) / 2];
    char place[32];
    (void)snprintf(place, sizeof place, "%zu", l->count);
    const struct text parts[] = {l->source, l->id, text_of(place), text_of(sha256)};
    (void)crypto_generichash_init(&h, NULL, 0, sizeof hash);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint64_t len = parts[i].len; /* so that no two lists of texts are the same bytes */
        (void)crypto_generichash_update(&h, (const unsigned char *)&len, sizeof len);
        (void)crypto_generichash_update(&h, (const unsigned char *)parts[i].data, parts[i].len);
    }
    (void)crypto_generichash_final(&h, hash, sizeof hash);
    (void)sodium_bin2hex(out, BLOB_NAME_SIZE, hash, sizeof hash);
}

static void add_line(struct filed_list *l, const char *blob, const struct shelf_copied *copied,
                     struct text name)
{
    struct kind kind = kind_of((struct text){l->begin, l->begin_len}, plain_is(&l->plain));
    buf_add_format(&l->lines, "%s\t%s\t%lld\t%s\t%u\t%u\t", blob, copied->sha256,
                   (long long)copied->size, kind.type, kind.width, kind.height);
    buf_add_text(&l->lines, name);
    buf_add_char(&l->lines, '\n');
    l->count++;
}

/* Copies them to a name of no file, for what they are called follows from what they are. *out_why: a sentence if they do not come, which is no
 * error. */
static enum err copy_bytes(struct intake *in, const struct filed_wish *wish, int fd,
                           struct text name, const char **out_why)
{
    struct filed_list *l = &in->filed;
    char part[SHELF_PATH_SIZE], blob[BLOB_NAME_SIZE];
    struct shelf_copied copied = {.hashes = true};
    const struct shelf_flow flow = {.came = came, .saw = saw, .ctx = in};
    struct stat st;
    bool large = fstat(fd, &st) != 0 || st.st_size > IMPORT_BYTES_MAX;
    l->begin_len = 0;
    l->plain = (struct plain){0};
    if (store_status(in->store).read_only) { /* the database needs what is left */
        (void)snprintf(in->error, 256, "The disk is nearly full.");
        return ERR_UNAVAILABLE;
    }
    enum err e = large ? ERR_LIMIT : shelf_part(&l->shelf, part, in->error);
    if (e == ERR_OK)
        e = shelf_copy(fd, part, IMPORT_BYTES_MAX, &flow, &copied, in->error);
    if (e == ERR_LIMIT)
        *out_why = "it is larger than 1 GiB, and is named.";
    else if (e == ERR_DAMAGED)
        *out_why = "it cannot be read, and is named.";
    else if (e == ERR_OK && ((wish->size >= 0 && copied.size != wish->size) ||
                             (wish->sha256.len && !text_is(wish->sha256, text_of(copied.sha256)))))
        *out_why = "its bytes are not those that were exported, and it is named.";
    if (*out_why) {
        in->error[0] = 0;
        if (!large)
            (void)unlink(part);
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    name_blob(l, copied.sha256, blob);
    e = shelf_move(&l->shelf, part, blob, in->error);
    if (e == ERR_OK)
        add_line(l, blob, &copied, name);
    return e;
}

/* ---- one message */

enum err filed_begin(struct intake *in, const struct item *item)
{
    struct filed_list *l = &in->filed;
    buf_clear(&l->lines);
    buf_clear(&l->words);
    buf_add_text(&l->words, item->texts[ITEM_WORDS]);
    l->count = l->named = 0;
    l->id = item->texts[ITEM_ID];
    l->source = text_of(item->source);
    return intake_is_there(in, item, &l->there);
}

enum err filed_take(struct intake *in, const struct filed_wish *wish, int fd)
{
    struct filed_list *l = &in->filed;
    char mended[FILE_NAME_SIZE];
    struct text name = mend_name(wish->name, mended);
    const char *why = NULL;
    size_t before = l->count;
    enum err e = ERR_OK;
    if (fd >= 0 && l->begin && l->count < FILES_OF_MESSAGE_MAX && !l->there)
        e = copy_bytes(in, wish, fd, name, &why);
    if (fd >= 0)
        (void)close(fd);
    if (e != ERR_OK || l->there || l->count > before)
        return e;
    if (why)
        tell(in, name, why);
    in->count->named++;
    add_name(l, name, wish->url);
    return l->words.err == ERR_NOMEM ? ERR_NOMEM : ERR_OK;
}

enum err filed_end(struct intake *in, struct item *item)
{
    struct filed_list *l = &in->filed;
    if (l->lines.err != ERR_OK)
        return l->lines.err; /* it has room for all of them */
    if (l->words.err == ERR_NOMEM)
        return ERR_NOMEM;
    if (l->words.err == ERR_OK && l->named)
        item->texts[ITEM_WORDS] = buf_text(&l->words);
    else if (l->words.err != ERR_OK)
        intake_bad(in, "its text is too long for the names of its files.");
    item->texts[ITEM_FILES] = buf_text(&l->lines);
    /* Its row comes after it, also when the power goes. */
    return l->count ? shelf_sync(&l->shelf, in->error) : ERR_OK;
}

/* ---- what came in vain */

struct dropping {
    struct text lines;
    bool named[FILES_OF_MESSAGE_MAX];
};

static enum err look_up(struct db *db, void *data)
{
    struct dropping *d = data;
    struct text rest = d->lines;
    struct filed f;
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < FILES_OF_MESSAGE_MAX && filed_next(&rest, &f); i++) {
        struct query *q = db_query(db, QUERY_UPKEEP_FILE_OF_BLOB);
        query_text(q, 1, f.blob);
        d->named[i] = query_row(q);
        e = query_end(q);
    }
    return e;
}

void filed_drop(struct intake *in, struct text lines)
{
    struct dropping d = {.lines = lines};
    struct filed f;
    char blob[BLOB_NAME_SIZE], where[BLOB_NAME_SIZE + 3];
    if (intake_ask(in, look_up, &d) != ERR_OK)
        return; /* a check tells of them */
    for (size_t i = 0; i < FILES_OF_MESSAGE_MAX && filed_next(&lines, &f); i++) {
        text_copy(blob, sizeof blob, f.blob);
        (void)snprintf(where, sizeof where, "%.2s/%s", blob, blob);
        if (!d.named[i])
            shelf_remove(&in->filed.shelf, where);
    }
}

bool filed_next(struct text *rest, struct filed *out)
{
    struct text line, size, width, height;
    if (rest->len == 0 || !text_split(rest, '\n', &line) || line.len == 0)
        return false;
    *out = (struct filed){0};
    (void)text_split(&line, '\t', &out->blob);
    (void)text_split(&line, '\t', &out->sha256);
    (void)text_split(&line, '\t', &size);
    (void)text_split(&line, '\t', &out->type);
    (void)text_split(&line, '\t', &width);
    (void)text_split(&line, '\t', &height);
    out->size = text_id(size); /* 0 is none, and 0 */
    out->width = text_id(width);
    out->height = text_id(height);
    out->name = line;
    return true;
}
