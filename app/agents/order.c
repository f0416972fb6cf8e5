#include "agents/order.h"

#define NOT_YET "The run has not started."
#define ALREADY "The run has started already."
#define IS_OVER "The run is over."

struct step {
    enum run_state next; /* RUN_NONE: not allowed */
    const char *reason;
};

/* clang-format off */
static const struct step steps[RUN_STATES][EVENT_COUNT] = {
    [RUN_NONE] = {
        [EVENT_QUEUED] = {RUN_QUEUED, NULL},
        [EVENT_STARTED] = {RUN_RUNNING, NULL},
        [EVENT_THINKING] = {RUN_NONE, NOT_YET},
        [EVENT_TOOL_EXECUTING] = {RUN_NONE, NOT_YET},
        [EVENT_TOOL_COMPLETED] = {RUN_NONE, NOT_YET},
        [EVENT_COMPLETED] = {RUN_NONE, NOT_YET},
        [EVENT_FAILED] = {RUN_NONE, NOT_YET},
        [EVENT_STOPPED] = {RUN_NONE, NOT_YET},
    },
    [RUN_QUEUED] = {
        [EVENT_QUEUED] = {RUN_NONE, "The run waits already."},
        [EVENT_STARTED] = {RUN_RUNNING, NULL},
        [EVENT_THINKING] = {RUN_NONE, NOT_YET},
        [EVENT_TOOL_EXECUTING] = {RUN_NONE, NOT_YET},
        [EVENT_TOOL_COMPLETED] = {RUN_NONE, NOT_YET},
        [EVENT_COMPLETED] = {RUN_NONE, NOT_YET},
        [EVENT_FAILED] = {RUN_FAILED, NULL},
        [EVENT_STOPPED] = {RUN_STOPPED, NULL},
    },
    [RUN_RUNNING] = {
        [EVENT_QUEUED] = {RUN_NONE, ALREADY},
        [EVENT_STARTED] = {RUN_NONE, ALREADY},
        [EVENT_THINKING] = {RUN_RUNNING, NULL},
        [EVENT_TOOL_EXECUTING] = {RUN_RUNNING, NULL},
        [EVENT_TOOL_COMPLETED] = {RUN_RUNNING, NULL},
        [EVENT_COMPLETED] = {RUN_COMPLETED, NULL},
        [EVENT_FAILED] = {RUN_FAILED, NULL},
        [EVENT_STOPPED] = {RUN_STOPPED, NULL},
    },
};
/* clang-format on */

/* The table says which states follow; here, what a tool's events need besides. NULL: nothing is missing. */
static const char *tool_reason(const struct run_position *p, enum run_event event,
                               struct text execution_id)
{
    struct text open = text_of(p->execution_id);
    switch (event) {
    case EVENT_TOOL_EXECUTING:
        if (execution_id.len == 0 || execution_id.len >= sizeof p->execution_id)
            return "A tool needs an execution_id.";
        return open.len ? "Another tool is still executing." : NULL;
    case EVENT_TOOL_COMPLETED:
        return open.len && text_is(open, execution_id)
                   ? NULL
                   : "No tool of that execution_id is executing.";
    case EVENT_COMPLETED:
        return open.len ? "A tool is still executing." : NULL;
    default:
        return NULL;
    }
}

enum err run_move(struct run_position *p, enum run_event event, struct text execution_id,
                  const char **out_reason)
{
    const struct step *s = &steps[p->state][event];
    *out_reason = s->reason ? s->reason : IS_OVER;
    if (s->next == RUN_NONE)
        return ERR_CONFLICT;
    *out_reason = tool_reason(p, event, execution_id);
    if (*out_reason)
        return ERR_CONFLICT;
    p->state = s->next;
    if (event == EVENT_TOOL_EXECUTING)
        text_copy(p->execution_id, sizeof p->execution_id, execution_id);
    else if (event == EVENT_TOOL_COMPLETED || run_is_over(p->state))
        p->execution_id[0] = 0;
    return ERR_OK;
}

bool run_is_over(enum run_state state)
{
    return state == RUN_COMPLETED || state == RUN_FAILED || state == RUN_STOPPED;
}

static const char *const state_names[RUN_STATES] = {
    [RUN_NONE] = "",           [RUN_QUEUED] = "queued",
    [RUN_RUNNING] = "running", [RUN_COMPLETED] = "completed",
    [RUN_FAILED] = "failed",   [RUN_STOPPED] = "stopped",
};

const char *run_state_name(enum run_state state)
{
    return state_names[state];
}

enum run_state run_state_of(struct text name)
{
    for (enum run_state s = RUN_QUEUED; s < RUN_STATES; s++)
        if (text_is(name, text_of(state_names[s])))
            return s;
    return RUN_NONE;
}

static const char *const event_types[EVENT_COUNT] = {
    [EVENT_QUEUED] = "agent_queued",           [EVENT_STARTED] = "agent_started",
    [EVENT_THINKING] = "agent_thinking",       [EVENT_TOOL_EXECUTING] = "tool_executing",
    [EVENT_TOOL_COMPLETED] = "tool_completed", [EVENT_COMPLETED] = "agent_completed",
    [EVENT_FAILED] = "agent_failed",           [EVENT_STOPPED] = "agent_stopped",
};

const char *run_event_type(enum run_event event)
{
    return event_types[event];
}

enum run_event run_event_of(struct text type)
{
    enum run_event event = 0;
    while (event < EVENT_COUNT && !text_is(type, text_of(event_types[event])))
        event++;
    return event;
}
