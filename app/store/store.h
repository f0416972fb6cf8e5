/* store: SQLite behind two doors: one writer that commits in groups, and a few readers.
 *
 * The promise: a job's `done` with ERR_OK means its changes are on disk (WAL, synchronous=FULL), and `done` is called in
 * the order of submission. A reader sees only what is committed, in one snapshot a job, and never waits for a write.
 * The store knows jobs and completions, no subject: rooms bring their SQL (db/queries/<room>) and their functions. */
#ifndef SNUG_STORE_STORE_H
#define SNUG_STORE_STORE_H

#include "base/env.h"
#include "base/err.h"
#include "base/text.h"
#include "base/thread_role.h"

#include <stddef.h>

struct store;
struct db; /* one connection on its thread, see store/db.h */

struct store_options {
    const struct env *env;
    const char *path;            /* of the database file; its folder must exist */
    unsigned readers;            /* >= 1 */
    size_t batch_max;            /* jobs a transaction */
    size_t queue_max;            /* jobs that may wait for the writer; the same for the readers */
    int64_t open_deadline_ms;    /* to open and migrate, a lock held elsewhere included: 25,000 */
    int64_t disk_free_min_bytes; /* below it the store is read-only; back to normal by itself */
    int64_t checkpoint_bytes;    /* the checkpointer runs when the WAL is longer */
    int64_t look_ms;             /* between two looks at the disk; 0: 1,000 */
    int64_t copy_bytes_per_s;    /* a backup copies so much at most; 0: any number */
};

/* Opens, migrates, prepares every embedded query, starts writer, readers and checkpointer.
 * One store at a time uses a file, told by a lock on <path>.lock that the kernel drops with the process.
 * out: a sentence for people in error (256 bytes) on failure: who holds the lock, which query is bad, too new a database
 * errors: ERR_CONFLICT another store uses it, in this process or another; ERR_TIMEOUT another process held a lock to the
 * deadline, or a migration took longer; ERR_UNAVAILABLE a newer version's file, not one of ours, or the disk is full;
 * ERR_INTERNAL a query or a migration is bad; ERR_IO; ERR_DAMAGED; ERR_NOMEM */
MUST_USE enum err store_open(const struct store_options *options, struct store **out_store,
                             char error[256]);

/* Finishes what waits, checkpoints, closes; from its beginning on a submit answers ERR_CLOSED. What a completion submits
 * to the readers meanwhile still runs. NULL is welcome. Returns NULL. Not from one of the store's threads. */
struct store *store_close(struct store *s);

/* A piece of work by value; data is owned by the job until `done`, which frees it. */
struct job {
    enum err (*run)(
        struct db *db,
        void *data); /* role: writer (inside a savepoint) or reader (inside a read transaction) */
    void (*done)(void *data, enum err e); /* same thread; the writer's after the commit */
    void *data;
};

/* A job's own error comes back in its `done` and undoes only that job. What the transaction comes to is everybody's in it:
 * ERR_UNAVAILABLE disk full, ERR_TIMEOUT another process held the write lock for a second, ERR_IO. The writer tries
 * once; a sender tries again with the same key. A statement that runs for 5 s is stopped (ERR_TIMEOUT).
 * thread: any. errors: ERR_BUSY queue full; ERR_CLOSED; ERR_UNAVAILABLE read-only (disk full). The caller keeps data. */
MUST_USE enum err writer_submit(struct store *s, struct job job);
/* For a job whose every answer but ERR_OK comes before its first change. It has no savepoint: an error after a change is a
 * failure (no memory), not an answer, and loses the transaction for all in it. For what comes thousands of times a second. */
MUST_USE enum err writer_submit_asking_first(struct store *s, struct job job);
/* For work that can wait (the search index, retention, erasure), a step a job. One after the other, each begins a transaction, which
 * whoever comes while it runs shares; while others write, a pause of WRITER_LATER_PAUSE times what it took follows: all of
 * it gets a tenth of the writer's time. At most WRITER_LATER_MAX wait.
 * errors: as writer_submit. */
#define WRITER_LATER_MAX 8
#define WRITER_LATER_PAUSE 9
MUST_USE enum err writer_submit_later(struct store *s, struct job job);
/* thread: any. errors: ERR_BUSY, ERR_CLOSED, ERR_NOMEM. The caller keeps data. */
MUST_USE enum err reader_submit(struct store *s, struct job job);

/* ---- what is true of the store now; lock-free. thread: any */
struct store_status {
    bool writable;                /* the last commit worked and the disk has room */
    bool read_only;               /* disk full: history yes, posting no */
    int64_t writer_busy_since;    /* monotonic ms of the transaction that runs; 0: idle */
    int64_t reader_busy_ms;       /* how long the slowest reader has been at one job */
    int64_t checkpointer_turn_ms; /* when it last looked up (env_real's monotonic) */
    size_t queue_length;
    size_t later_length; /* jobs of writer_submit_later that are not done */
    int64_t disk_free_bytes, used_bytes;
};
struct store_status store_status(struct store *s);

/* Runs an empty write transaction through the writer and waits for it. thread: task, http (may block)
 * errors: ERR_TIMEOUT; those of writer_submit and of a commit */
MUST_USE enum err store_probe(struct store *s, int64_t timeout_ms);

/* What belongs to a copy of a database and is none of it: bytes that its rows name. Called on the thread that copies; `copy`
 * is read only, and nobody else has it. */
struct copying;
struct beside {
    int64_t bytes; /* how many there will be, as far as that is known before */
    /* The copy is whole and on disk, and does not count yet: now comes what it names. An error ends all, with a sentence. */
    enum err (*bring)(struct db *copy, struct copying *c, void *ctx, char error[256]);
    /* The copy is in its place for good, so what it does not name may go; of a backup alone. NULL: nothing */
    void (*settled)(struct db *copy, void *ctx);
    void *ctx;
};

/* So many bytes come beside the copy, in all. */
void copying_expect(struct copying *c, int64_t bytes);

/* So many of them have come; `paced`: they were copied, and count for copy_bytes_per_s, which is waited for.
 * errors: ERR_CANCELLED by store_copy_stop */
MUST_USE enum err copying_came(struct copying *c, int64_t bytes, bool paced);

/* Copies the database as it is at this moment while others write, at copy_bytes_per_s, looks whether the copy is whole
 * (as store_check does), has brought what belongs to it (beside; NULL: nothing), then renames it to to_path: what was there
 * stays until the new one is whole and on disk.
 * thread: any that may block
 * errors: ERR_BUSY another one is being made; ERR_CANCELLED by store_copy_stop; ERR_IO, also a damaged database, or it is
 * in place and a power cut might take it away (the sentence says so); ERR_DAMAGED so much that it cannot be read;
 * ERR_UNAVAILABLE no room; ERR_NOMEM; those of `beside`; with a sentence in error */
MUST_USE enum err store_backup(struct store *s, const char *to_path, const struct beside *beside,
                               char error[256]);

/* How far the backup is, in bytes; false: none is being made. thread: any */
bool store_copied(struct store *s, int64_t *out_done, int64_t *out_total);

/* Ends the backup that is being made, the looks (store_look), and those to come: for who stops the server. thread: any */
void store_copy_stop(struct store *s);

/* True from then on: for a look that does more than ask the database. thread: any */
bool store_copy_stopped(struct store *s);

/* Runs `look` on this thread, on a connection of its own that cannot write: for what reads so long that a reader's job must
 * not. Each query sees its own moment. thread: any that may block
 * errors: those of `look`; ERR_CANCELLED by store_copy_stop; ERR_IO, ERR_NOMEM; with a sentence in error */
MUST_USE enum err store_look(struct store *s, enum err (*look)(struct db *db, void *data),
                             void *data, char error[256]);

/* The same of a database whose store may be another process's, and all of it sees one moment: the log grows until it
 * ends. errors: also ERR_UNAVAILABLE its version is not this program's */
MUST_USE enum err store_look_at(const char *path, enum err (*look)(struct db *db, void *data),
                                void *data, char error[256]);

struct restore {
    const char *from; /* a backup: any database of ours, whole and not newer */
    const char *path; /* the database that it replaces, or that it makes; its folder must exist */
    int64_t now_ms;   /* for the name of what is kept */
    enum err (*settle)(struct db *copy); /* changes the copy before it counts; NULL: nothing */
    const struct beside *beside; /* NULL: nothing. Its bytes are there before the copy counts */
    void (*told)(void *ctx, int64_t done,
                 int64_t total); /* how far it is, in bytes; NULL: nobody */
    void *ctx;
};

/* Puts a checked copy of `from` in the place of the database at path, at once, also over a power cut. What was there stays
 * beside it as <path>.before-restore-<time> (and with -wal, if its log could not be put into it). After an error it is as it
 * was, unless the sentence says that the new one is in place. Again is fine.
 * out: the path of what was kept (free), or NULL: nothing was there. thread: any that may block
 * errors: ERR_CONFLICT a store uses it; ERR_TIMEOUT another program does; ERR_UNAVAILABLE not ours, newer, the database
 * itself, or no room; ERR_IO, also a damaged one; ERR_LIMIT the path; ERR_NOMEM; with a sentence in error */
MUST_USE enum err store_restore(const struct restore *restore, char **out_kept, char error[256]);

/* PRAGMA integrity_check and foreign_key_check; the first finding in error, else "". thread: any that may block
 * errors: ERR_IO a finding, or unreadable; ERR_DAMAGED so much that it cannot look */
MUST_USE enum err store_check(struct store *s, char error[256]);

#endif
