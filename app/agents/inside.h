/* inside: what the files of this room share. Nobody else includes it. */
#ifndef SNUG_AGENTS_INSIDE_H
#define SNUG_AGENTS_INSIDE_H

#include "accounts/people.h"
#include "agents/agents.h"
#include "agents/happening.h"
#include "agents/live.h"
#include "agents/plan.h"
#include "agents/run_row.h"
#include "base/mutex.h"

#include <stdatomic.h>

#define RUNS_MAX 1024     /* open runs of all rooms; more are refused like a full room */
#define MENTIONS_BATCH 64 /* messages without their run that are looked at in one go */

struct agents {
    struct agents_options options;
    struct hub *hub;
    struct mutex lock;
    struct live *live GUARDED_BY(lock); /* the open runs, oldest first */
    unsigned live_count GUARDED_BY(lock);
    bool stopping GUARDED_BY(lock);
    atomic_bool
        look_due; /* something on disk may be missing here: open runs, mentions without a run */
    atomic_bool looking;
};

/* True for errors after which the same job may succeed a little later. */
bool worth_another_try(enum err e);

/* ---- creation.c: new runs */

struct creation {
    struct agents *a;
    struct run run;    /* room, agent, starter, reply_to: set by the caller */
    struct text text;  /* the caller's, for the life of the job */
    bool keep_refusal; /* a full room: a failed run is stored and ERR_OK returned; else ERR_BUSY */
    struct happening events[2];
    int64_t ahead;
};

/* In a writer's job: the row and its first event. errors: ERR_BUSY; those of happen */
MUST_USE enum err creation_run(struct creation *c, struct db *db);
/* After it: publishes, and lets the run go on. */
void creation_done(struct creation *c, enum err e);

/* ---- ending.c: runs that end before their answer */

/* Ends it as failed with that reason ("time", or a sentence). */
void run_fail(struct agents *a, struct text run_id, enum err why, const char *reason);

/* ---- mention.c */
struct chat_message_event;
void mention_seen(void *agents, const struct chat_message_event *event);

/* A run for a message, unless it has one; a writer's job. */
struct mention {
    int64_t message_id, room_id, author_id;
    struct text question; /* copied */
};
void mention_start(struct agents *a, const struct mention *m);

/* ---- look.c: what is on disk and not yet here: the open runs of the last start, mentions whose run is missing */
void look(struct agents *a);

/* ---- step.c: the next step of a run; on a task thread, or where the step before it ended */
void step_task(void *thread, void *live);

/* ---- tool.c */

/* Runs the tool of a plan in a reader's job and writes its result, one JSON object. */
MUST_USE enum err tool_read(struct agents *a, struct db *db, const struct run *run,
                            const struct plan *plan, struct json_writer *w);
/* The arguments that are shown: the members of an open object. */
void tool_arguments(const struct run *run, const struct plan *plan, struct json_writer *w);

MUST_USE enum err tool_search(struct db *db, const struct run *run, struct text words,
                              struct json_writer *w);
MUST_USE enum err tool_unread(struct db *db, const struct run *run, struct json_writer *w);
MUST_USE enum err tool_members(struct agents *a, struct db *db, const struct run *run,
                               struct json_writer *w);
void tool_server(struct agents *a, struct json_writer *w);

/* A line of a message: white space folded, at most EXCERPT_MAX characters. */
#define EXCERPT_MAX 160
void excerpt_write(struct json_writer *w, const char *key, struct text t);

/* ---- methods.c */
method_handler run_start, run_stop, run_list;

#endif
