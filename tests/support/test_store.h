/* test_store: a store in a folder of its own, jobs that put and read settings, and a gate that holds a thread. */
#ifndef SNUG_TESTS_TEST_STORE_H
#define SNUG_TESTS_TEST_STORE_H

#include "base/env.h"
#include "base/future.h"
#include "base/must.h"
#include "store/connection.h"
#include "store/db.h"
#include "store/store.h"
#include "tmpdb.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 10000 /* more than anything here takes; a test that needs it all has failed */

static inline struct store_options test_store_options(const char *path)
{
    return (struct store_options){.env = &env_real,
                                  .path = path,
                                  .readers = 2,
                                  .batch_max = 64,
                                  .queue_max = 256,
                                  .open_deadline_ms = PATIENCE_MS,
                                  .disk_free_min_bytes = 0,
                                  .checkpoint_bytes = 4 << 20};
}

static inline int64_t test_now_ms(void)
{
    return env_monotonic_ms(&env_real);
}

/* An open store, or the end of the test. */
static inline struct store *test_store_open(const struct store_options *options)
{
    struct store *s = NULL;
    char error[256];
    if (store_open(options, &s, error) != ERR_OK)
        (void)fprintf(stderr, "store_open: %s\n", error);
    must(s);
    return s;
}

/* Waits until what can wait is done, with all that it asked for when it was done. */
static inline void test_later_done(struct store *s)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    while (store_status(s).later_length > 0 && test_now_ms() < until_ms)
        (void)sched_yield();
    must(store_status(s).later_length == 0);
}

/* ---- jobs ---- */

enum put_kind { PUT_GOOD, PUT_FAILS_AFTER_WRITING, PUT_BREAKS_A_RULE, PUT_REFUSES };

/* Puts a setting; what it came to is in `outcome`. */
struct put {
    char name[32];
    char value[64];
    enum put_kind kind;
    struct future *outcome;
};

static inline enum err put_setting(struct db *db, const char *name, const char *value)
{
    struct query *q = db_query(db, QUERY_STORE_SETTING_PUT);
    query_text(q, 1, text_of(name));
    if (value)
        query_text(q, 2, text_of(value));
    return query_run(q);
}

static inline enum err put_run(struct db *db, void *data)
{
    struct put *p = data;
    if (p->kind == PUT_REFUSES)
        return ERR_DENIED;
    enum err e = put_setting(
        db, p->name, p->kind == PUT_BREAKS_A_RULE ? NULL : p->value); /* value is NOT NULL */
    return p->kind == PUT_FAILS_AFTER_WRITING ? ERR_DENIED : e;
}

static inline void put_done(void *data, enum err e)
{
    struct put *p = data;
    (void)future_fulfil(p->outcome, e, NULL);
    future_unref(p->outcome);
    free(p);
}

static inline enum err test_put_job(struct store *s, bool asks_first, enum put_kind kind,
                                    const char *name, const char *value,
                                    struct future **out_outcome)
{
    struct put *p = calloc(1, sizeof *p);
    must(p);
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    (void)snprintf(p->value, sizeof p->value, "%s", value);
    p->kind = kind;
    p->outcome = future_new(NULL);
    must(p->outcome);
    struct future *mine = future_ref(p->outcome);
    struct job job = {put_run, put_done, p};
    enum err e = asks_first ? writer_submit_asking_first(s, job) : writer_submit(s, job);
    if (e == ERR_OK) {
        *out_outcome = mine;
        return e;
    }
    future_unref(mine);
    future_unref(p->outcome);
    free(p);
    return e;
}

/* Submits; out: a future for test_wait, only on ERR_OK. */
static inline enum err test_put(struct store *s, enum put_kind kind, const char *name,
                                const char *value, struct future **out_outcome)
{
    return test_put_job(s, false, kind, name, value, out_outcome);
}

/* What it came to; the future is used up. */
static inline enum err test_wait(struct future *outcome)
{
    void *nothing;
    enum err e = future_take(outcome, test_now_ms() + PATIENCE_MS, &nothing);
    future_unref(outcome);
    return e;
}

static inline enum err test_put_and_wait(struct store *s, enum put_kind kind, const char *name,
                                         const char *value)
{
    struct future *outcome = NULL;
    enum err e = test_put(s, kind, name, value, &outcome);
    return e == ERR_OK ? test_wait(outcome) : e;
}

/* Any function as a job, waited for. */
struct call {
    enum err (*run)(struct db *db, void *data);
    void *data;
    enum err result; /* once `ended` is done */
    struct future *ended;
};

static inline enum err call_run(struct db *db, void *data)
{
    struct call *c = data;
    return c->run(db, c->data);
}

static inline void call_done(void *data, enum err e)
{
    struct call *c = data;
    c->result = e;
    (void)future_fulfil(c->ended, ERR_OK, NULL);
}

static inline enum err test_call(enum err (*submit)(struct store *, struct job), struct store *s,
                                 enum err (*run)(struct db *db, void *data), void *data)
{
    struct call c = {.run = run, .data = data, .ended = future_new(NULL)};
    must(c.ended);
    enum err e = submit(s, (struct job){.run = call_run, .done = call_done, .data = &c});
    if (e == ERR_OK) {
        must(test_wait(future_ref(c.ended)) == ERR_OK); /* c is on this stack */
        e = c.result;
    }
    future_unref(c.ended);
    return e;
}

static inline enum err test_sql_run(struct db *db, void *data)
{
    return connection_exec(db, data);
}

/* Plain SQL on the writer. */
static inline enum err test_sql(struct store *s, const char *sql)
{
    char copy[512];
    (void)snprintf(copy, sizeof copy, "%s", sql);
    return test_call(writer_submit, s, test_sql_run, copy);
}

/* A job that holds its thread until the gate is opened. `entered` is fulfilled when it runs. */
struct gate {
    struct future *entered;
    int opened[2]; /* a pipe: the end of its writing side lets the job go */
    struct future *left;
};

static inline enum err gate_run(struct db *db, void *data)
{
    struct gate *g = data;
    (void)db;
    (void)future_fulfil(g->entered, ERR_OK, NULL);
    char byte;
    return read(g->opened[0], &byte, 1) == 0 ? ERR_OK : ERR_IO;
}

static inline void gate_done(void *data, enum err e)
{
    struct gate *g = data;
    (void)future_fulfil(g->left, e, NULL);
}

static inline void gate_close(struct gate *g, enum err (*submit)(struct store *, struct job),
                              struct store *s)
{
    *g = (struct gate){.entered = future_new(NULL), .left = future_new(NULL)};
    must(g->entered && g->left && pipe2(g->opened, O_CLOEXEC) == 0);
    must(submit(s, (struct job){.run = gate_run, .done = gate_done, .data = g}) == ERR_OK);
    must(test_wait(future_ref(g->entered)) == ERR_OK);
}

static inline void gate_open(struct gate *g)
{
    (void)close(g->opened[1]);
}

/* After gate_open; also after the store is closed. */
static inline void gate_fini(struct gate *g)
{
    must(test_wait(future_ref(g->left)) != ERR_TIMEOUT);
    future_unref(g->left);
    future_unref(g->entered);
    (void)close(g->opened[0]);
}

/* ---- what is really in the file: a connection that the store knows nothing of ---- */

/* The first column of the first row as text in out ("" if there is none). False: SQLite refused. */
static inline bool test_look(const char *path, const char *sql, char out[64])
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    out[0] = 0;
    bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA query_only = ON; PRAGMA busy_timeout = 1000", NULL, NULL,
                           NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK;
    if (ok) {
        int code = sqlite3_step(stmt);
        ok = code == SQLITE_ROW || code == SQLITE_DONE;
        if (code == SQLITE_ROW && sqlite3_column_text(stmt, 0))
            (void)snprintf(out, 64, "%s", (const char *)sqlite3_column_text(stmt, 0));
    }
    if (!ok)
        (void)fprintf(stderr, "test_look: %s\n", sqlite3_errmsg(db));
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    return ok;
}

/* Changes the file behind the store's back, when the store has just nothing to write; foreign keys are off. */
static inline void test_change(const char *path, const char *sql)
{
    sqlite3 *other = NULL;
    char *why = NULL;
    must(sqlite3_open(path, &other) == SQLITE_OK);
    must(sqlite3_busy_timeout(other, 5000) == SQLITE_OK);
    if (sqlite3_exec(other, sql, NULL, NULL, &why) != SQLITE_OK)
        (void)fprintf(stderr, "%s: %s\n", sql, why);
    must(!why);
    (void)sqlite3_close(other);
}

/* "12 34" as two numbers; false: it is anything else. */
static inline bool test_two_numbers(const char *out, int *a, int *b)
{
    char *rest = NULL;
    *a = (int)strtol(out, &rest, 10);
    if (rest == out || *rest != ' ')
        return false;
    const char *second = rest + 1;
    *b = (int)strtol(second, &rest, 10);
    return rest != second && *rest == 0;
}

static inline const char *test_setting(const char *path, const char *name, char out[64])
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT value FROM setting WHERE name = '%s'", name);
    return test_look(path, sql, out) ? out : "(refused)";
}

#endif
