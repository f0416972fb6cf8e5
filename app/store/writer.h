/* writer: the one thread that changes the database, a group of jobs a transaction.
 *
 * It wakes up, takes all jobs that wait (at most batch_max), runs each in a savepoint inside one BEGIN IMMEDIATE, commits
 * once with one sync, and then tells each job how it went, in the order of submission. It never checkpoints.
 * A job that fails is rolled back to its savepoint and the group goes on; when the transaction itself fails, every job
 * of the group that had succeeded gets that error, because nothing of it is on disk. A job that asks first
 * has no savepoint: if it fails after its first change, the transaction fails.
 * A job that can wait is set aside and begins a group: at once if nobody has written for 20 ms, else when WRITER_LATER_PAUSE times as
 * long as the last of them took has passed. Who comes while it runs is in its group, if it did not lose the transaction. So whoever
 * waits for an acknowledgement waits for one such step at most, seldom, and not for its sync. */
#ifndef SNUG_STORE_WRITER_H
#define SNUG_STORE_WRITER_H

#include "base/queue.h"
#include "store/connection.h"
#include "store/state.h"
#include "store/store.h"

struct writer;

struct writer_job {
    struct job job;
    bool asks_first; /* see writer_submit_asking_first */
    bool can_wait;   /* see writer_submit_later */
};

struct writer_options {
    struct db *db; /* shared with nobody; taken on success */
    struct store_state *state;
    struct queue
        *wake; /* of the checkpointer: one byte is pushed when the log has grown. Borrowed */
    size_t batch_max;
    size_t queue_max;
    int64_t checkpoint_bytes;
};

/* Starts the thread. errors: ERR_NOMEM; ERR_IO no thread; those of connection_err */
MUST_USE enum err writer_new(const struct writer_options *options, struct writer **out_writer);

/* errors: ERR_BUSY full, counted; ERR_CLOSED. thread: any */
MUST_USE enum err writer_push(struct writer *w, struct writer_job job);

size_t writer_queue_length(struct writer *w);

/* Of jobs that can wait: not done yet. */
size_t writer_later_length(struct writer *w);

/* Asks it to pause before its next group, until writer_go_on or for 50 ms, whichever is first: a checkpoint that must
 * copy the last of a long log needs a moment without writes. One caller at a time. thread: the checkpointer */
void writer_hold(struct writer *w);
void writer_go_on(struct writer *w);

/* Takes no more, finishes what waits, ends the thread. writer_push may still be called: ERR_CLOSED. */
void writer_stop(struct writer *w);

/* Closes the connection; after writer_stop. NULL is welcome. Returns NULL. */
struct writer *writer_free(struct writer *w);

#endif
