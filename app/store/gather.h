/* gather: the log's frames go to the system together.
 *
 * SQLite writes a frame of the log as two pieces, its head of 24 bytes and its page, each with a call of its own, so that each
 * page of the file is touched by three of them. What follows on what was written before is kept here and given to the system
 * with one call: when GATHER_BYTES are together, and before the file is synced, read, measured or cut.
 *
 * Who else reads the log reads what is committed, and a commit syncs it (synchronous = FULL), before the index of the log tells
 * of it: so nobody misses what is kept here. A write that fails is told by the call that gave it to the system, at the latest by
 * the sync; what was kept is dropped then, as the transaction is. source: sqlite.org/walformat.html, 2.2 and 4.1 */
#ifndef SNUG_STORE_GATHER_H
#define SNUG_STORE_GATHER_H

#include <sqlite3.h>
#include <stddef.h>

#define GATHER_BYTES (64 << 10)

/* How the log of one connection is written; it outlasts the connection. */
struct gather {
    const sqlite3_io_methods *base;
    sqlite3_io_methods methods;
    sqlite3_int64 at; /* where bytes belongs */
    size_t count;
    unsigned char bytes[GATHER_BYTES];
};

/* From here on the connection writes its log so. Without one (in memory, not in WAL mode) nothing changes.
 * thread: the connection's, between transactions */
void gather_log(struct gather *g, sqlite3 *db);

#endif
