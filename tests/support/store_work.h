/* store_work: jobs that show what was lost: job n puts "a n" and "b n" and counts itself, and an audit compares what is there
 * with what each was told. One round of them is at most WORK_JOBS, numbered from 0. */
#ifndef SNUG_TESTS_STORE_WORK_H
#define SNUG_TESTS_STORE_WORK_H

#include "test_store.h"
#include "unit.h"

#define WORK_JOBS 12

struct work {
    int number;
    enum err *result; /* written by the writer; read once `ended` is done */
    struct future *ended;
};

static inline enum err work_run(struct db *db, void *data)
{
    const struct work *w = data;
    char name[32];
    char value[600];
    (void)snprintf(value, sizeof value, "%0500d", w->number); /* a page holds few */
    (void)snprintf(name, sizeof name, "a %d", w->number);
    enum err e = put_setting(db, name, value);
    (void)snprintf(name, sizeof name, "b %d", w->number);
    if (e == ERR_OK)
        e = put_setting(db, name, value);
    if (e == ERR_OK)
        e = connection_exec(db, "INSERT INTO setting VALUES ('count', '1') ON CONFLICT (name)"
                                " DO UPDATE SET value = CAST(value AS INTEGER) + 1");
    return e;
}

static inline void work_done(void *data, enum err e)
{
    struct work *w = data;
    *w->result = e;
    (void)future_fulfil(w->ended, ERR_OK, NULL);
    future_unref(w->ended);
    free(w);
}

/* The job's own answer, or at once the refusal; `out_ended` NULL then. */
static inline void work_submit(struct store *s, int number, enum err *result,
                               struct future **out_ended)
{
    struct work *w = malloc(sizeof *w);
    must(w);
    *w = (struct work){number, result, future_new(NULL)};
    must(w->ended);
    *out_ended = future_ref(w->ended);
    enum err e = writer_submit(s, (struct job){.run = work_run, .done = work_done, .data = w});
    if (e == ERR_OK)
        return; /* the result is the writer's now */
    *result = e;
    future_unref(*out_ended);
    future_unref(w->ended);
    free(w);
    *out_ended = NULL;
}

/* ---- the audit */

struct work_found {
    bool a[WORK_JOBS], b[WORK_JOBS];
    int count; /* what the jobs counted */
};

static inline enum err work_look(struct db *db, void *data)
{
    struct work_found *f = data;
    sqlite3_stmt *stmt = NULL;
    *f = (struct work_found){0};
    int code = sqlite3_prepare_v2(db->sqlite, "SELECT name, value FROM setting", -1, &stmt, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        int number = name && name[0] && name[1] == ' ' ? (int)strtol(name + 2, NULL, 10) : -1;
        if (name && strcmp(name, "count") == 0)
            f->count = sqlite3_column_int(stmt, 1);
        if (number >= 0 && number < WORK_JOBS)
            (name[0] == 'a' ? f->a : f->b)[number] = true;
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(stmt);
    return connection_err(db, code);
}

/* What was acknowledged is there; what was not is there whole or not at all; nothing is counted twice. */
static inline void work_audit(struct store *s, const enum err results[WORK_JOBS])
{
    struct work_found f;
    int there = 0;
    CHECK_INT(test_call(reader_submit, s, work_look, &f), ERR_OK);
    for (int i = 0; i < WORK_JOBS; i++) {
        CHECK_INT(f.a[i], f.b[i]);
        CU_ASSERT_TRUE(f.a[i] || results[i] != ERR_OK);
        there += f.a[i];
    }
    CHECK_INT(f.count, there);
}

/* The next round's audit begins with nothing. */
static inline enum err work_clear(struct store *s)
{
    return test_sql(s, "DELETE FROM setting WHERE name = 'count' OR name GLOB '? *'");
}

/* Nobody has to do anything: it takes writes again, a moment later. */
static inline void work_expect_again(struct store *s)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;
    enum err e;
    do
        e = test_sql(s, "INSERT OR REPLACE INTO setting VALUES ('again', hex(randomblob(8)))");
    while (e != ERR_OK && test_now_ms() < until_ms);
    CHECK_INT(e, ERR_OK);
}

/* A store that goes to its disk often. */
static inline struct store_options work_options(const char *path)
{
    struct store_options o = test_store_options(path);
    o.readers = 1;
    o.batch_max = 2;
    o.checkpoint_bytes = 8 << 10; /* every group is copied */
    o.look_ms = 5;
    return o;
}

#endif
