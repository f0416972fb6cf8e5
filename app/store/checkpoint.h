/* checkpoint: copies the write-ahead log into the database, beside the writer, and watches the disk.
 *
 * About once a second, and at once when the writer says that the log has grown, it looks: a log longer than
 * checkpoint_bytes is copied without making anybody wait (PASSIVE), and what was written meanwhile with the writer held
 * (FULL), which is short then. The writer itself begins the log again from its start once it has been copied whole, and
 * writes over what is there: a sync costs half of what it costs while the file grows. So the log is as long as need be to
 * begin seldom, and is never cut while the server is busy.
 * It never begins to copy a log that is already copied whole: that is when SQLite before 3.51.3 could lose the pages
 * of a writer that begins the log again in the same moment (sqlite.org/wal.html, the WAL-reset bug).
 *
 * Disk low or a failed commit make the store read-only, and it comes back by itself: after a failed commit this thread
 * asks the writer once a second to write one page. */
#ifndef SNUG_STORE_CHECKPOINT_H
#define SNUG_STORE_CHECKPOINT_H

#include "base/queue.h"
#include "store/connection.h"
#include "store/state.h"

struct checkpointer;
struct writer;

/* When to copy: what is known of the log from the last try. */
struct checkpoint_plan {
    int64_t checkpoint_bytes;
    unsigned resets; /* the log that the two below are about */
    int copied;      /* its pages that are in the database */
    int tried;       /* its length at the last try */
};

/* True if the log, begun again `resets` times and `pages` long, is to be copied: it is longer than checkpoint_bytes, not
 * copied whole, and longer by a quarter of checkpoint_bytes than at the last try, or `tick`, a moment later (a log
 * that a long read keeps from being copied is not tried at every commit). */
bool checkpoint_is_due(struct checkpoint_plan *p, unsigned resets, int pages, bool tick);

struct checkpointer_options {
    const char *path; /* copied */
    struct store_state *state;
    struct queue *wake;    /* borrowed; closing it ends the thread */
    struct writer *writer; /* borrowed; may be stopped, not freed */
    int64_t checkpoint_bytes;
    int64_t disk_free_min_bytes;
    int64_t look_ms; /* between two looks at the disk */
};

/* Looks at the disk once, then starts the thread. errors: ERR_IO; ERR_NOMEM; with a sentence in error */
MUST_USE enum err checkpointer_new(const struct checkpointer_options *options,
                                   struct checkpointer **out_checkpointer, char error[ERROR_SIZE]);

/* After the writer and the readers have ended and the wake queue is closed: copies the log whole, empties it, ends.
 * NULL is welcome. Returns NULL. */
struct checkpointer *checkpointer_free(struct checkpointer *c);

#endif
