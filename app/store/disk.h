/* disk: what the file system says about a database: the room that is left, its size, and who else holds it. */
#ifndef SNUG_STORE_DISK_H
#define SNUG_STORE_DISK_H

#include "store/connection.h"

/* The room left for us on the disk of path, in bytes; -1: the system does not say. */
int64_t disk_free_bytes(const char *path);

/* True for an errno that says that the disk takes no more: it is full, a quota is used up, or it has become read-only. */
bool disk_refuses(int why);

/* The database and its log, in bytes; a file that is not there counts 0. */
int64_t disk_used_bytes(const char *path);

/* The log alone. */
int64_t disk_wal_bytes(const char *path);

/* Takes the lock on <path>.lock that keeps a second store away. The kernel drops it with the process, so that nothing is
 * left to clean up after a crash; the empty file stays (removing it would let two in at once).
 * out: the descriptor, for disk_unlock
 * errors: ERR_CONFLICT another store has it; ERR_IO; with a sentence in error */
MUST_USE enum err disk_lock(const char *path, int *out_fd, char error[ERROR_SIZE]);

/* -1 is welcome. Returns -1. */
int disk_unlock(int fd);

/* Makes what was renamed in the folder last over a power cut; the second: in the folder of path.
 * errors: ERR_NOMEM; ERR_IO, errno says why */
MUST_USE enum err disk_sync_names(const char *folder);
MUST_USE enum err disk_sync_folder(const char *path);

/* Names the process that holds SQLite's locks on path, "NAME, process 4711"; false: none found.
 * Must not be called while this process has the database open: closing a file drops a process's own locks on it. */
bool disk_lock_holder(const char *path, char *out_name, size_t size);

#endif
