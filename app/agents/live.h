/* live: the runs that are open, in memory: which one goes on, which one waits for its room, when it must end.
 *
 * The rows are the truth; a live run only says who works on it. Invariant: at most one job or task of a live run is under
 * way (in_flight), and only that one touches `run`. One run at a time in a room; the others wait in the order they came. */
#ifndef SNUG_AGENTS_LIVE_H
#define SNUG_AGENTS_LIVE_H

#include "agents/run_row.h"

struct agents;

struct live {
    struct live *prev, *next;
    struct agents *a;
    struct run run; /* as last committed; the one in flight's */
    char *text;     /* owned */
    size_t text_len;
    int64_t room_id; /* of the run: does not change */
    char id[RUN_ID_SIZE];
    int64_t tool_began_ms; /* monotonic; the one in flight's */
    /* ---- behind the lock of agents */
    bool running; /* else it waits for its room */
    bool in_flight, over, ending;
    int64_t until_ms; /* monotonic; 0: not running yet */
};

/* Takes a run in that is on disk, unless it is there already. False: no memory. */
bool live_add(struct agents *a, const struct run *run, struct text text);

/* Its job or task ended; `run` is as it is on disk now. Goes on at once with its next step if `go_on`, else with a tick. */
void live_land(struct live *l, bool go_on);

/* Its end is on disk, or somebody else's word for it: it goes no further and its room is free. */
void live_over(struct agents *a, struct text run_id);

/* Begins the next step of every run that may go on. room_id: only there; 0: everywhere */
void live_pump(struct agents *a, int64_t room_id);

/* Ends the runs whose time is over. now_ms: monotonic */
void live_deadlines(struct agents *a, int64_t now_ms);

/* Its end is on the way to the disk: no step is begun. False: it did not get there, all goes on. */
void live_ending(struct agents *a, struct text run_id, bool ending);

/* True if there are so many that no new one may be made. */
bool live_full(struct agents *a);
void live_fini(struct agents *a);

#endif
