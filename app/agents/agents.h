/* agents: runs of agents, durable: a run is a row with a state, its events are in the room's stream, each step is a
 * committed job, so that a reload, a second tab or a restart shows the same run and goes on where it was.
 *
 * The built-in agent, Nook, is user 1 and a member like any other; its tools are real reads over the store. One run at a time
 * in a room, a few wait. Steps run on task threads. thread: any */
#ifndef SNUG_AGENTS_AGENTS_H
#define SNUG_AGENTS_AGENTS_H

#include "base/env.h"
#include "base/method.h"

struct agents;
struct buf;
struct chat;
struct hub;
struct ops;
struct store;
struct task_queue;
struct ws_registry;

struct agents_options {
    const struct env *env;
    struct store *store;
    struct chat *chat;
    struct hub *hub; /* may be NULL at first: agents_set_hub */
    struct ws_registry *registry;
    struct task_queue *tasks;
    int64_t deadline_ms; /* of a run: 60,000; over it agent_failed "time" */
    unsigned queue_max;  /* runs that wait in a room: 8; then 111 */
    /* What "how is the server" reports: a JSON object of values now (ops knows them). In a task. */
    void (*server_now)(void *ctx, struct buf *out);
    void *server_ctx;
};

/* errors: ERR_NOMEM */
MUST_USE enum err agents_new(const struct agents_options *options, struct agents **out_agents);

/* Steps that run are finished (the task queue is freed before); what was not goes on at the next start. */
struct agents *agents_free(struct agents *a);
struct method_set agents_methods(struct agents *a);
void agents_set_hub(struct agents *a, struct hub *hub);

/* Listens to chat for "@nook ...", and for what is said to it alone, and goes on with the runs that a stop or crash left open.
 * After the hub exists. */
MUST_USE enum err agents_start(struct agents *a);

/* Deadlines; called about every 100 ms. thread: task */
void agents_tick(struct agents *a);

/* No new steps are begun; called before the task queue is freed. */
void agents_stop(struct agents *a);

#endif
