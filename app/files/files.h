/* files: the bytes of files, beside the database. A file is begun (file.begin: a row, which has its name and how long it will be),
 * comes in pieces (upload.h), is whole when all of it is on disk, and is somebody's message's from then on when that is sent
 * (file.h). What is not sent in FILES_LOOSE_MS goes again.
 *
 * Bounds: options below; FILES_LOOSE_MAX of one person that are not sent. thread: any */
#ifndef SNUG_FILES_FILES_H
#define SNUG_FILES_FILES_H

#include "base/env.h"
#include "base/method.h"

struct files;
struct store;
struct task_queue;

#define FILES_LOOSE_MAX 20
#define FILES_LOOSE_MS (INT64_C(24) * 3600 * 1000)

struct files_options {
    const struct env *env;
    struct store *store;
    struct task_queue *tasks; /* where bytes are taken from the disk */
    const char *folder;       /* copied; made if it is not there, for its owner alone */
    int64_t size_limit;       /* bytes of one */
    int64_t total_limit;      /* of all; 0: any */
    int64_t free_min_bytes;   /* what files leave of the disk: the database needs it */
};

/* errors: ERR_IO the folder cannot be made, ERR_LIMIT its path is too long: a sentence in error; ERR_NOMEM */
MUST_USE enum err files_new(const struct files_options *options, struct files **out_files,
                            char error[256]);
/* From here on nothing is given to the task queue any more. Call it before that is freed; NULL is welcome. */
void files_stop(struct files *f);
/* After store_close and the task queue's end: their jobs hold `f`. NULL is welcome. Returns NULL. */
struct files *files_free(struct files *f);
/* file.begin, file.drop */
struct method_set files_methods(struct files *f);

/* Takes from the disk what no row has any more, and the rows of what was never sent: looks every FILES_SWEEP_MS. thread: the
 * ticker's */
#define FILES_SWEEP_MS 2000
void files_tick(struct files *f);
/* True until what the last tick began has ended, for who waits for that. */
bool files_sweeping(struct files *f);

#endif
