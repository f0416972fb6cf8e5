/* reader: a few threads that read, each on a connection of its own that cannot write.
 *
 * A job sees one moment of what is committed, and never waits for a write nor makes one wait. */
#ifndef SNUG_STORE_READER_H
#define SNUG_STORE_READER_H

#include "store/connection.h"
#include "store/store.h"

struct reader;

/* Starts `threads` readers of the database at path, with at most queue_max jobs waiting for all of them.
 * errors: ERR_IO a connection or a thread failed; ERR_NOMEM */
MUST_USE enum err reader_new(const char *path, unsigned threads, size_t queue_max,
                             struct reader **out_reader);

/* errors: ERR_BUSY, ERR_CLOSED, ERR_NOMEM. thread: any */
MUST_USE enum err reader_push(struct reader *r, struct job job);

/* How long the reader that has been longest at one job has been, in ms; 0: all wait. now_ms: env_real's. thread: any */
int64_t reader_busy_ms(struct reader *r, int64_t now_ms);

/* Finishes what waits and closes. NULL is welcome. Returns NULL. */
struct reader *reader_free(struct reader *r);

#endif
