#include "store/gaps.h"

#include <stdint.h>
#include <string.h>

#define PAGE_MAX 65536
#define FILE_HEADER 100 /* bytes before the first page's own header */

#define LARGEST_ROOT_AT 52 /* in the file's header: 0 where it does not vacuum itself */

/* Other pages begin with a page's number: up to here its first byte is no type of a page with cells. */
#define PAGES_MAX ((sqlite3_int64)1 << 24)

enum { INNER_INDEX = 2, INNER_TABLE = 5, LEAF_INDEX = 10, LEAF_TABLE = 13 };

static size_t two_bytes(const unsigned char *at)
{
    return (size_t)at[0] << 8 | at[1];
}

bool gaps_find(const unsigned char *page, size_t size, bool first, size_t *out_from, size_t *out_to)
{
    size_t at = first ? FILE_HEADER : 0;
    if (size < 512)
        return false;
    unsigned type = page[at];
    bool leaf = type == LEAF_INDEX || type == LEAF_TABLE;
    if (!leaf && type != INNER_INDEX && type != INNER_TABLE)
        return false;
    size_t cells = two_bytes(page + at + 3), start = two_bytes(page + at + 5);
    if (start == 0)
        start = PAGE_MAX;
    *out_from = at + (leaf ? 8 : 12) + 2 * cells;
    *out_to = start;
    return *out_from <= start && start <= size;
}

static struct gaps *gaps_of(sqlite3_file *f)
{
    const char *methods = (const char *)f->pMethods;
    return (struct gaps *)(void *)(methods - offsetof(struct gaps, methods));
}

static const sqlite3_io_methods *base_of(sqlite3_file *f)
{
    return gaps_of(f)->base;
}

/* True if pages can be told apart by their first byte: the file is not huge, and has no pages of pointers, which one that
 * vacuums itself has (ours does not; the first page says so). */
static bool is_plain(sqlite3_file *f, int page_size)
{
    sqlite3_int64 size = 0;
    unsigned char root[4];
    return base_of(f)->xFileSize(f, &size) == SQLITE_OK && size / page_size < PAGES_MAX &&
           base_of(f)->xRead(f, root, sizeof root, LARGEST_ROOT_AT) == SQLITE_OK &&
           memcmp(root, (const unsigned char[4]){0}, sizeof root) == 0;
}

static int write_clear(sqlite3_file *f, const void *bytes, int size, sqlite3_int64 at)
{
    unsigned char copy[PAGE_MAX];
    size_t from, to;
    bool whole = size >= 512 && size <= PAGE_MAX && (size & (size - 1)) == 0 && at % size == 0;
    if (!whole || !gaps_find(bytes, (size_t)size, at == 0, &from, &to) || from == to ||
        !gaps_of(f)->plain)
        return base_of(f)->xWrite(f, bytes, size, at);
    memcpy(copy, bytes, (size_t)size);
    memset(copy + from, 0, to - from);
    return base_of(f)->xWrite(f, copy, size, at);
}

static int write_page(sqlite3_file *f, const void *bytes, int size, sqlite3_int64 at)
{
    struct gaps *g = gaps_of(f);
    if (g->unsynced == 0 || !g->plain)
        g->plain = is_plain(f, size);
    int code = write_clear(f, bytes, size, at);
    g->unsynced += size;
    if (code != SQLITE_OK || g->unsynced < GAPS_SYNC_BYTES)
        return code;
    g->unsynced = 0;
    return g->base->xSync(f, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

void gaps_clear(struct gaps *g, sqlite3 *db)
{
    sqlite3_file *f = NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &f) != SQLITE_OK || !f ||
        !f->pMethods)
        return; /* in memory */
    g->base = f->pMethods;
    g->methods = *f->pMethods;
    g->methods.xWrite = write_page;
    f->pMethods = &g->methods;
}
