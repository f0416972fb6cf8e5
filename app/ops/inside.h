/* inside: what the files of this room share. Nobody else includes it.
 *
 * One lock (LOCK_ops), held for a few lines, never over a submit, a callback or a look at /proc. */
#ifndef SNUG_OPS_INSIDE_H
#define SNUG_OPS_INSIDE_H

#include "accounts/answer.h"
#include "base/level.h"
#include "base/mutex.h"
#include "ops/figures.h"
#include "ops/ops.h"

#include <stdatomic.h>

struct db;

/* ---- history.c: what waits to be written, oldest first. Opened rows are refused from NOTES_MAX / 2 on, so that the
 * closes, which carry the whole row, keep the other half. */

#define NOTES_MAX 16384
#define NOTES_FLUSH 512 /* so many are written at once, and without waiting for the tick */

enum note_kind { NOTE_OPENED, NOTE_CLOSED, NOTE_MARK };

struct note {
    struct note *next;
    enum note_kind kind;
    int64_t mark_ms;  /* of a mark */
    const char *mark; /* static */
    struct ws_connection_record record;
};

/* Where in the order of the keys. */
struct key_place {
    int64_t author_id; /* 0: at the start. Imports have keys of author 0, and theirs stay */
    char key[128];     /* a message's has at most 64 bytes */
};

struct ops {
    const struct env *env;
    struct store *store;
    struct ws_registry *registry;
    struct ops_options options;
    int64_t started_ms;
    struct mutex lock;
    struct note *notes GUARDED_BY(lock);
    struct note **notes_end GUARDED_BY(lock);
    size_t notes_count GUARDED_BY(lock);
    struct note *spare GUARDED_BY(lock);  /* to be used again, */
    size_t spare_count GUARDED_BY(lock);  /* at most NOTES_FLUSH */
    bool writing GUARDED_BY(lock);        /* one batch at a time: rows keep their order */
    struct condition written;             /* `writing` became false */
    struct sampler sampler;               /* sampler.c */
    _Atomic int64_t measure_ms, prune_ms; /* when next */
    struct key_place keys;                /* of the job that prunes */
};

/* Never blocks; over the bound the note is dropped and counted. mark: static; with the next tick */
void history_note(struct ops *o, enum note_kind kind, const struct ws_connection_record *record);
void history_mark(struct ops *o, const char *mark);
/* Hands what waits to the writer, at most `max` notes, unless a batch is on its way. */
void history_flush(struct ops *o, size_t max);
/* Blocks until all is written or it cannot be, at most to until_ms (monotonic, real clock). */
void history_drain(struct ops *o, int64_t until_ms);
void history_fini(struct ops *o);

/* ---- rows.c: in a writer's job */

/* What a crash left open is closed at now_ms. */
MUST_USE enum err rows_close_open(struct db *db, int64_t now_ms);
MUST_USE enum err row_opened(struct db *db, const struct ws_connection_record *r);
MUST_USE enum err row_closed(struct db *db, const struct ws_connection_record *r);
MUST_USE enum err row_mark(struct db *db, int64_t time_ms, const char *text);

/* ---- prune.c: what is older than it is kept goes, a few rows at a time */
void prune_tick(struct ops *o, int64_t now_ms);

/* ---- sampler.c */

/* The steps that samples are folded into, the finest first, and how long they are kept. */
#define STEPS_COUNT 3
struct step {
    int64_t s, keep_ms;
};
extern const struct step steps[STEPS_COUNT];

void sampler_init(struct ops *o);
void sampler_tick(struct ops *o, int64_t wall_ms);
/* The value of each figure now. */
void sampler_now(struct ops *o, double out[FIGURES_COUNT]);
/* Looks at /proc for the gauges that nobody else keeps. thread: one that may read files */
void sampler_measure(void);

/* ---- the open connections, gathered before a reader's job: the first member of such a job */
struct live {
    struct answer answer;
    struct ops *ops;
    int64_t user_id; /* whose; 0: everybody's */
    int64_t room_id; /* how far each is there is asked too; 0: nowhere */
    struct ws_connection_record *records;
    size_t count;
    answer_run *run;
    bool needed; /* the call fails without them */
};

/* A job of `size` bytes; NULL: the reply has been given. Whom the actor may see is checked here: 103. */
void *live_new(struct ops *o, size_t size, size_t texts_bytes, const struct actor *actor,
               const struct args *args, struct reply reply);
/* Gathers, then hands the job to a reader. */
void live_read(void *job, answer_run *run, bool needed);

/* The members that open and closed connections share. */
void connection_write(struct json_writer *w, const struct ws_connection_record *r);
/* The author object of an id; of nobody known it has no name. */
MUST_USE enum err author_write(struct db *db, struct json_writer *w, const char *key, int64_t id);

/* ---- the handlers */
method_handler connection_list, connection_history, manager_list, metrics_query, place_announce,
    message_why;

#endif
