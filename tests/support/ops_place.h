/* ops_place: a place with ops in it, a real registry, and open connections that the test makes up.
 *
 * Included by one file of a program. */
#ifndef SNUG_TESTS_OPS_PLACE_H
#define SNUG_TESTS_OPS_PLACE_H

#include "base/level.h"
#include "base/metrics.h"
#include "manager/ws_manager.h"
#include "ops/ops.h"
#include "product.h"

#define LIVE_MAX 8

struct post {
    struct product *p;
    struct ws_registry *registry;
    struct ops *ops;
    struct ws_connection_record *live; /* what the sessions would say; room for LIVE_MAX */
    size_t live_count;
    enum err live_err;
    bool alive;
    int64_t pushed_ms; /* when a push service took whatever is asked for */
    struct level_state level;
    int64_t root, ana, ben;
    struct actor as_root, as_ana, as_ben;
};

static inline enum err post_connections(
    void *ctx, int64_t user_id, struct text channel, void *owner,
    void (*done)(void *owner, enum err e, const struct ws_connection_record *records, size_t count))
{
    struct post *w = ctx;
    (void)channel; /* it is in the records of the test already */
    struct ws_connection_record *some = calloc(LIVE_MAX, sizeof *some);
    must(some);
    size_t count = 0;
    for (size_t i = 0; i < w->live_count; i++)
        if (!user_id || w->live[i].user_id == user_id)
            some[count++] = w->live[i];
    if (w->live_err == ERR_OK)
        done(owner, ERR_OK, some, count);
    free(some);
    return w->live_err;
}

static inline bool post_alive(void *ctx, struct buf *why)
{
    struct post *w = ctx;
    if (!w->alive)
        buf_add_text(why, TEXT("reactor 0 has not turned for 5 s\n"));
    return w->alive;
}

static inline int64_t post_pushed(void *ctx, int64_t user_id, int64_t room_id, int64_t offset)
{
    const struct post *w = ctx;
    must(user_id && room_id && offset);
    return w->pushed_ms;
}

static inline void post_open_ops(struct post *w)
{
    struct ws_registry_options registry = {.env = &w->p->env, .idle_ms = 1000};
    must(ws_registry_new(&registry, &w->registry) == ERR_OK);
    struct ops_options options = {
        .env = &w->p->env,
        .store = w->p->store,
        .registry = w->registry,
        .level = &w->level,
        .history_keep_ms = INT64_C(30) * 24 * 3600 * 1000,
        .key_keep_ms = INT64_C(30) * 24 * 3600 * 1000,
        .connections = post_connections,
        .pushed = post_pushed,
        .alive = post_alive,
        .ctx = w,
    };
    must(ops_new(&options, &w->ops) == ERR_OK);
    method_table_add(&w->p->table, ops_methods(w->ops));
}

static inline struct post *post_new(void)
{
    struct post *w = calloc(1, sizeof *w);
    must(w);
    w->live = calloc(LIVE_MAX, sizeof *w->live);
    must(w->live);
    w->p = product_new();
    w->alive = true;
    w->root = product_admin(w->p, "root");
    w->ana = product_person(w->p, "ana");
    w->ben = product_person(w->p, "ben");
    w->as_root = actor_admin(w->root);
    w->as_ana = actor_user(w->ana);
    w->as_ben = actor_user(w->ben);
    post_open_ops(w);
    return w;
}

/* As after SIGKILL: what only memory knew is lost. */
static inline void post_crash(struct post *w)
{
    product_stop(w->p);
    w->ops = ops_free(w->ops);
    w->registry = ws_registry_free(w->registry);
    w->p->accounts = accounts_free(w->p->accounts);
}

static inline void post_stop(struct post *w)
{
    ops_stop(w->ops);
    post_crash(w);
}

static inline void post_start(struct post *w)
{
    product_open(w->p);
    post_open_ops(w);
}

static inline void post_free(struct post *w)
{
    if (w->ops)
        post_stop(w);
    product_free(w->p);
    free(w->live);
    free(w);
}

static inline enum err post_nothing(struct db *db, void *data)
{
    (void)db;
    (void)data;
    return ERR_OK;
}

/* Jobs that were submitted so far are done. */
static inline void post_settle(struct post *w)
{
    must(test_call(writer_submit, w->p->store, post_nothing, NULL) == ERR_OK);
}

/* Time passes, the ticker runs, its jobs are waited for. */
static inline void post_tick(struct post *w, int64_t ms)
{
    product_advance(w->p, ms);
    ops_tick(w->ops);
    post_settle(w);
    test_later_done(w->p->store);
}

static inline int64_t post_now(struct post *w)
{
    return atomic_load(&w->p->clock.wall_ms);
}

/* A connection that began now. */
static inline struct ws_connection_record post_record(struct post *w, const char *id,
                                                      int64_t user_id, const char *tab)
{
    struct ws_connection_record r = {
        .user_id = user_id, .connected_ms = post_now(w), .recovered = -1};
    (void)snprintf(r.id, sizeof r.id, "%s", id);
    (void)snprintf(r.tab, sizeof r.tab, "%s", tab);
    (void)snprintf(r.client, sizeof r.client, "Test, Linux");
    (void)snprintf(r.address, sizeof r.address, "127.0.0.1");
    (void)snprintf(r.transport, sizeof r.transport, "websocket");
    return r;
}

static inline void post_ends(struct post *w, struct ws_connection_record *r, unsigned code,
                             const char *reason, const char *by)
{
    r->closed_ms = post_now(w);
    r->code = code;
    (void)snprintf(r->reason, sizeof r->reason, "%s", reason);
    (void)snprintf(r->closed_by, sizeof r->closed_by, "%s", by);
    ops_connection_closed(w->ops, r);
}

/* What is in the file, as text. */
static inline const char *post_look(struct post *w, const char *sql)
{
    static _Thread_local char out[64];
    return test_look(w->p->folder.path, sql, out) ? out : "(refused)";
}

/* Waits, at most PATIENCE_MS, until the file says so; the ticker runs meanwhile. */
static inline void post_wait(struct post *w, const char *sql, const char *wanted)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (strcmp(post_look(w, sql), wanted) != 0 && test_now_ms() < until_ms)
        ops_tick(w->ops);
}

#define CALL_AS(w, who, method, ...) product_call((w)->p, &(w)->as_##who, method, __VA_ARGS__)

#endif
