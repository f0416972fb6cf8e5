/* order: which event of a run may follow which (S31): a table of states and allowed moves.
 *
 * queued and started come first; a tool's completed after its executing, told by its execution_id; exactly one of
 * completed, failed, stopped ends a run, and nothing follows it. */
#ifndef SNUG_AGENTS_ORDER_H
#define SNUG_AGENTS_ORDER_H

#include "base/env.h"
#include "base/err.h"
#include "base/text.h"

enum run_state {
    RUN_NONE, /* not there yet */
    RUN_QUEUED,
    RUN_RUNNING,
    RUN_COMPLETED,
    RUN_FAILED,
    RUN_STOPPED,
    RUN_STATES
};

enum run_event {
    EVENT_QUEUED,
    EVENT_STARTED,
    EVENT_THINKING,
    EVENT_TOOL_EXECUTING,
    EVENT_TOOL_COMPLETED,
    EVENT_COMPLETED,
    EVENT_FAILED,
    EVENT_STOPPED,
    EVENT_COUNT
};

/* Where a run is: a value. */
struct run_position {
    enum run_state state;
    char execution_id[RUN_ID_SIZE]; /* of the tool that is executing; "" none */
};

/* One event further. execution_id: of the two tool events, else empty.
 * errors: ERR_CONFLICT, with the reason in words; nothing has changed then */
MUST_USE enum err run_move(struct run_position *p, enum run_event event, struct text execution_id,
                           const char **out_reason);

bool run_is_over(enum run_state state);

const char *run_state_name(enum run_state state); /* "queued" */
enum run_state run_state_of(struct text name);    /* RUN_NONE: no such state */
const char *run_event_type(enum run_event event); /* "agent_queued" */
enum run_event run_event_of(struct text type);    /* EVENT_COUNT: no such event */

#endif
