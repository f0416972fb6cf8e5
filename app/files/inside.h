/* inside: what the files of this room share. Nobody else includes it. */
#ifndef SNUG_FILES_INSIDE_H
#define SNUG_FILES_INSIDE_H

#include "base/mutex.h"
#include "files/file.h"
#include "files/files.h"
#include "files/kind.h"

#include <stdatomic.h>

#define CLAIMS_MAX 256 /* as many workers as there may be */

/* A file of which bytes are being written. The sweep leaves it alone, and as long as a claim does not say which it is, all. */
struct claim {
    int64_t file_id; /* 0: free */
    char blob[BLOB_NAME_SIZE];
};

struct files {
    const struct env *env;
    struct store *store;
    struct task_queue *tasks;
    char *folder;
    int64_t size_limit, total_limit, free_min_bytes;
    struct mutex lock;
    struct claim claims[CLAIMS_MAX] GUARDED_BY(lock);
    bool stopped GUARDED_BY(lock);
    atomic_bool sweeps;
    _Atomic int64_t sweep_next_ms, count_next_ms;
};

/* ---- files.c: claims */

/* NULL: somebody has it, or all are taken. */
struct claim *claim_take(struct files *f, int64_t file_id);
/* From now on the others can go. */
void claim_name(struct files *f, struct claim *c, const char *blob);
void claim_leave(struct files *f, struct claim *c);
/* True if nobody writes to it, nor may begin to: its row is gone. */
bool claim_is_none(struct files *f, const char *blob);

/* ---- disk.c: what is on disk of one file; any thread that may block */

/* How many bytes of it are there, and whether they have their last name already. errors: ERR_IO, ERR_LIMIT */
MUST_USE enum err disk_length(struct files *f, const char *blob, int64_t *out_bytes,
                              bool *out_named);
/* errors: ERR_UNAVAILABLE no room, or less than free_min_bytes would be left; ERR_IO */
MUST_USE enum err disk_put(struct files *f, const char *blob, int64_t offset, struct text bytes);
/* Looks at all of it, syncs it and gives it its last name. out: type, width, height, sha256. errors: ERR_UNAVAILABLE, ERR_IO: it has to
 * come again; ERR_NOMEM */
MUST_USE enum err disk_finish(struct files *f, struct file *file);
/* errors: ERR_NOT_FOUND, ERR_IO */
MUST_USE enum err disk_open(struct files *f, const char *blob, int *out_fd);
/* Both names. errors: ERR_IO */
MUST_USE enum err disk_delete(struct files *f, const char *blob);
/* After the last of a folder: they are gone for good. */
MUST_USE enum err disk_deleted(struct files *f, const char *blob);

/* ---- the handlers */
method_handler file_begin, file_drop;

#endif
