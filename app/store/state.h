/* state: what the threads of one store tell each other and everybody. Each field stands alone; nothing is read in pairs
 * but wal_resets before wal_pages. */
#ifndef SNUG_STORE_STATE_H
#define SNUG_STORE_STATE_H

#include "base/env.h"

#include <stdatomic.h>
#include <stdbool.h>

#define WAL_PAGE_BYTES (4096 + 24) /* a page and its header in the log */

struct store_state {
    const struct env *env;
    atomic_bool commit_works; /* the last transaction was committed. Set by the writer */
    atomic_bool disk_full;    /* the last one was refused for want of room. Set by the writer */
    atomic_bool disk_low;     /* less than disk_free_min_bytes. Set by the checkpointer */
    _Atomic int64_t writer_busy_since;
    _Atomic int64_t checkpointer_turn_ms; /* env_real's monotonic. Set by the checkpointer */
    _Atomic int64_t disk_free_bytes;
    _Atomic int64_t used_bytes;
    atomic_int wal_pages;   /* in the write-ahead log after the last commit. Set by the writer */
    atomic_uint wal_resets; /* how often it began again from its start */
};

static inline bool state_read_only(struct store_state *s)
{
    return atomic_load(&s->disk_low) || atomic_load(&s->disk_full);
}

#endif
