/* upkeep: what an operator does with the data of a place: back it up, look whether it is whole, restore it from a backup;
 * export.h and import.h take it elsewhere and bring it here.
 *
 * A place is a database and, in the folder beside it, the bytes of the files that it names (files/blob.h). So is a backup: FILE,
 * and FILE.files with the same bytes under the same names, as hard links where the disk can make them. */
#ifndef SNUG_UPKEEP_UPKEEP_H
#define SNUG_UPKEEP_UPKEEP_H

#include "base/buf.h"
#include "store/store.h"

#include <stdatomic.h>

/* ---- a backup */

struct backed_up {
    int64_t files, bytes; /* that are beside it */
    int64_t deleted;      /* of files that somebody deleted while it was made: they are not */
    int64_t lost;         /* of files whose bytes the place itself does not have: they are not */
};

/* store_backup, and the bytes of all whole files that the copy names, from the folder `files` to to_path.files, before the copy
 * gets its name. What is there already stays; what the new backup does not name goes after it is in place, unless a file was
 * deleted or lost. So the one of before is whole with its bytes until the new one is, whenever it ends, and one to the same name
 * each night costs what is new. Without files there is no folder.
 * errors: as store_backup; ERR_LIMIT a path is too long. thread: any that may block */
MUST_USE enum err upkeep_backup(struct store *s, const char *files, const char *to_path,
                                struct backed_up *out, char error[256]);

/* ---- a restore */

#define RESTORED_NAMES_MAX 3 /* of files without bytes, that are named */

struct restored {
    char *kept;      /* the path of what was there before (free), or NULL: nothing was */
    int64_t files;   /* whose bytes came */
    int64_t missing; /* whose bytes are nowhere */
    char names[RESTORED_NAMES_MAX][256];
};

/* store_restore of a place. Bytes that the backup names and the folder `files` does not have come from restore.from.files first;
 * those that are not there either are counted, and it goes on. Nothing is taken out of `files`: what is kept of before still names
 * it. Every room gets a new epoch, because its numbering goes back to the backup's. Who comes back with a position of before is told
 * "not recovered" and loads anew. in: settle and beside are set here
 * errors: as store_restore. thread: any that may block */
MUST_USE enum err upkeep_restore(struct restore restore, const char *files, struct restored *out,
                                 char error[256]);

/* ---- a check */

#define FINDINGS_MAX 100 /* are told of; all are counted */

struct findings {
    const char *files; /* in: the folder of the bytes; NULL: they are not looked at */
    bool
        read_files; /* in: they are read and compared with what is known of them, not only measured */
    struct buf json; /* [{"what": a sentence, "do": what to do about it}, ...] */
    int64_t count;
    _Atomic int64_t done,
        total; /* questions, and MiB that are read; total 0: none is being asked. thread: any */
};
void findings_init(struct findings *f);
void findings_fini(struct findings *f);

/* Looks whether the data is whole: SQLite's own checks and references, holes in the rooms' streams, messages and their
 * events, numberings, read marks, rows of what is gone, files and what messages tell of them, their bytes, the search index. The
 * writer is not held, and no log grows for longer than one question takes. thread: any that may block
 * errors: ERR_CANCELLED the server stops; those of store_look: it could not look. What it found is no error */
MUST_USE enum err upkeep_check(struct store *s, struct findings *out, char error[256]);

#endif
