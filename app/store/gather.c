#include "store/gather.h"

#include <string.h>

static struct gather *gather_of(sqlite3_file *f)
{
    const char *methods = (const char *)f->pMethods;
    return (struct gather *)(void *)(methods - offsetof(struct gather, methods));
}

static int give(struct gather *g, sqlite3_file *f)
{
    size_t count = g->count;
    g->count = 0;
    return count == 0 ? SQLITE_OK : g->base->xWrite(f, g->bytes, (int)count, g->at);
}

static int gathered_write(sqlite3_file *f, const void *bytes, int size, sqlite3_int64 at)
{
    struct gather *g = gather_of(f);
    int code = SQLITE_OK;
    if (at != g->at + (sqlite3_int64)g->count || (size_t)size > GATHER_BYTES - g->count)
        code = give(g, f);
    if (code != SQLITE_OK)
        return code;
    if ((size_t)size > GATHER_BYTES)
        return g->base->xWrite(f, bytes, size, at);
    if (g->count == 0)
        g->at = at;
    memcpy(g->bytes + g->count, bytes, (size_t)size);
    g->count += (size_t)size;
    return SQLITE_OK;
}

static int gathered_sync(sqlite3_file *f, int flags)
{
    struct gather *g = gather_of(f);
    int code = give(g, f);
    return code == SQLITE_OK ? g->base->xSync(f, flags) : code;
}

static int gathered_read(sqlite3_file *f, void *bytes, int size, sqlite3_int64 at)
{
    struct gather *g = gather_of(f);
    int code = give(g, f);
    return code == SQLITE_OK ? g->base->xRead(f, bytes, size, at) : code;
}

static int gathered_size(sqlite3_file *f, sqlite3_int64 *out_size)
{
    struct gather *g = gather_of(f);
    int code = give(g, f);
    return code == SQLITE_OK ? g->base->xFileSize(f, out_size) : code;
}

static int gathered_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct gather *g = gather_of(f);
    int code = give(g, f);
    return code == SQLITE_OK ? g->base->xTruncate(f, size) : code;
}

void gather_log(struct gather *g, sqlite3 *db)
{
    sqlite3_file *f = NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f) != SQLITE_OK || !f ||
        !f->pMethods)
        return;
    g->base = f->pMethods;
    g->methods = *f->pMethods;
    g->methods.xWrite = gathered_write;
    g->methods.xSync = gathered_sync;
    g->methods.xRead = gathered_read;
    g->methods.xFileSize = gathered_size;
    g->methods.xTruncate = gathered_truncate;
    f->pMethods = &g->methods;
}
