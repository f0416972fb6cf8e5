/* gaps: the database file has nothing between the cells of its pages but zeros, and is synced as it is written.
 *
 * SQLite's secure_delete overwrites what is deleted. What it does not overwrite are the copies that stay behind when it moves
 * cells to another page because one is full or two are nearly empty: they lie in the space between the page's list of cells and
 * the first of them, unseen and read by nothing, until that space is used again. So a text could outlast its deletion. Each
 * page is given to the disk without them: a checkpoint, a backup and a restore write whole pages.
 *
 * A checkpoint that is synced at its end alone has the disk busy for so long that the writer's own syncs wait for it. So each
 * GAPS_SYNC_BYTES are.
 *
 * The log (-wal) has the pages as SQLite made them; it is overwritten or goes. source: sqlite.org/fileformat2.html, 1.6 */
#ifndef SNUG_STORE_GAPS_H
#define SNUG_STORE_GAPS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#define GAPS_SYNC_BYTES (256 << 10)

/* How the main file of one connection is written; it lasts as long as the connection. */
struct gaps {
    const sqlite3_io_methods *base;
    sqlite3_io_methods methods;
    int unsynced; /* bytes */
    /* pages can be told apart: is asked before the first of these bytes, and again until it is so */
    bool plain;
};

/* From here on the connection writes its main file so. */
void gaps_clear(struct gaps *g, sqlite3 *db);

/* The bounds of the space between list and cells of a page; false: it is none that has them, or makes no sense. */
bool gaps_find(const unsigned char *page, size_t size, bool first, size_t *out_from,
               size_t *out_to);

#endif
