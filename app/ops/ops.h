/* ops: what the server knows of itself: connection history, metrics samples, readiness. thread: any */
#ifndef SNUG_OPS_OPS_H
#define SNUG_OPS_OPS_H

#include "base/buf.h"
#include "base/env.h"
#include "base/method.h"
#include "manager/ws_connection.h"

struct level_state;
struct ops;
struct store;
struct ws_registry;

struct ops_options {
    const struct env *env;
    struct store *store;
    struct ws_registry *registry;
    const struct level_state *level; /* borrowed; NULL: always normal */
    int64_t history_keep_ms;         /* of ended connections: 30 days */
    int64_t key_keep_ms;             /* of idempotency keys: 30 days */
    /* The open connections (session knows them): answers once, on a reactor, where `done` must not block.
     * user_id 0: everybody's. channel: how far each is in it is told too; empty: none. errors: no answer comes */
    enum err (*connections)(void *ctx, int64_t user_id, struct text channel, void *owner,
                            void (*done)(void *owner, enum err e,
                                         const struct ws_connection_record *records, size_t count));
    /* When a push service took the notification of that message for them (ms since 1970); 0: none did. NULL: nobody knows */
    int64_t (*pushed)(void *ctx, int64_t user_id, int64_t room_id, int64_t offset);
    /* False with the reasons, one a line: threads that stand still. NULL: nothing to say */
    bool (*alive)(void *ctx, struct buf *why);
    void *ctx;
};

/* Closes the rows that a crash left open (3001, "server stopped"), notes the start; on a full disk that waits for the next
 * start. Blocks for one commit. errors: ERR_NOMEM, ERR_IO */
MUST_USE enum err ops_new(const struct ops_options *options, struct ops **out_ops);
struct ops *ops_free(struct ops *o);
struct method_set ops_methods(struct ops *o);

/* ---- the history's sink: from reactors, never blocks; rows go to the writer in batches. What the disk refuses waits, at
 * most 16,384 rows; over it they are dropped and counted (history_dropped), opened ones from half of it on. A connection
 * of nobody (user_id 0) gets its row when it ends. Each end is told once */
void ops_connection_opened(struct ops *o, const struct ws_connection_record *record);
void ops_connection_closed(struct ops *o, const struct ws_connection_record *record);

/* Samples every 10 s, folds, keeps the bounds of age in small steps. Called about every 100 ms. thread: task */
void ops_tick(struct ops *o);

/* For /readyz: the level is normal, the store writable, no thread stands still. Reasons one a line. thread: any */
bool ops_ready(struct ops *o, struct buf *why);

/* A line in the charts: at this moment that happened. text: static */
void ops_mark(struct ops *o, const char *text);

/* {"connections": 4, ...}: the values now, as metrics.query's `now`. */
void ops_now(struct ops *o, struct buf *out);

/* The last rows are written, the stop is noted; before the store closes. Blocks 2 s at most, if the disk refuses. */
void ops_stop(struct ops *o);

#endif
