/* upkeep: what an operator does with the data of a place: look whether it is whole, restore it from a backup;
 * export.h and import.h take it elsewhere and bring it here. */
#ifndef SNUG_UPKEEP_UPKEEP_H
#define SNUG_UPKEEP_UPKEEP_H

#include "base/buf.h"
#include "store/store.h"

#include <stdatomic.h>

/* store_restore of a place: every room gets a new epoch, because its numbering goes back to the backup's. Who comes back with
 * a position of before is told "not recovered" and loads anew. in: settle is set here
 * out, errors: as store_restore. thread: any that may block */
MUST_USE enum err upkeep_restore(struct restore restore, char **out_kept, char error[256]);

#define FINDINGS_MAX 100 /* are told of; all are counted */

struct findings {
    struct buf json; /* [{"what": a sentence, "do": what to do about it}, ...] */
    int64_t count;
    _Atomic int64_t done, total; /* questions; total 0: none is being asked. thread: any */
};
void findings_init(struct findings *f);
void findings_fini(struct findings *f);

/* Looks whether the data is whole: SQLite's own checks and references, holes in the rooms' streams, messages and their
 * events, numberings, read marks, rows of what is gone, the search index. The writer is not held, and no log grows
 * for longer than one question takes. thread: any that may block
 * errors: ERR_CANCELLED the server stops; those of store_look: it could not look. What it found is no error */
MUST_USE enum err upkeep_check(struct store *s, struct findings *out, char error[256]);

#endif
