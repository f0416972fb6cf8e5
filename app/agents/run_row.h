/* run_row: one run as its row says it, and the row's way in and out of the database. In readers' and writers' jobs. */
#ifndef SNUG_AGENTS_RUN_ROW_H
#define SNUG_AGENTS_RUN_ROW_H

#include "agents/order.h"
#include "base/buf.h"

struct db;
struct json_writer;
struct query;

#define RUN_TEXT_MAX 4000                     /* characters */
#define RUN_TEXT_MAX_BYTES (RUN_TEXT_MAX * 4) /* as UTF-8 */

/* `step` of a row: the last one that is on disk. A run goes on after it. */
enum run_step {
    STEP_WAITING,  /* queued, or not begun */
    STEP_STARTED,  /* agent_started is written */
    STEP_THOUGHT,  /* agent_thinking is */
    STEP_TOOL,     /* tool_executing is; the tool runs, or is run again */
    STEP_RESULT,   /* tool_completed is, at last_offset */
    STEP_ANSWERED, /* over */
};

struct run {
    char id[RUN_ID_SIZE];
    int64_t room_id, agent_id, started_by;
    int64_t reply_to; /* the message that asked; 0: run.start */
    struct run_position at;
    int64_t step;
    int64_t created_ms, started_ms, ended_ms;
    int64_t first_offset, last_offset; /* of its events; 0: none yet */
    int64_t message_id;                /* the stored answer; 0: none */
};

/* From a row of run_by_id or run_open; its text is column RUN_TEXT_COLUMN. */
#define RUN_TEXT_COLUMN 14
void run_read(struct query *q, struct run *out);

/* errors: ERR_NOT_FOUND; those of query_end */
MUST_USE enum err run_find(struct db *db, struct text id, struct run *out);
MUST_USE enum err run_insert(struct db *db, const struct run *run, struct text text);
/* Writes what changes while it goes. */
MUST_USE enum err run_update(struct db *db, const struct run *run);

/* How many runs of a room are running, and wait. */
MUST_USE enum err run_count_open(struct db *db, int64_t room_id, int64_t *out_running,
                                 int64_t *out_waiting);

/* The run object of SHAPES.md from a row of run_list. */
void run_write(struct json_writer *w, struct query *q);

#endif
