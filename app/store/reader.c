#include "store/reader.h"

#include "base/env.h"
#include "base/log.h"
#include "base/must.h"
#include "base/task_queue.h"
#include "base/thread_role.h"
#include "store/db.h"

#include <stdlib.h>

#define JOB_DEADLINE_MS 5000 /* a statement that runs longer is stopped */

struct reader {
    struct task_queue *tasks;
    char *path;
};

static void *begin(void *ctx)
{
    struct reader *r = ctx;
    struct db *db = NULL;
    char error[ERROR_SIZE];
    if (connection_open(r->path, CONNECTION_READER, INT64_MAX, &db, error) != ERR_OK)
        log_event(LOG_ERROR, "reader_failed", KV_STR("why", error));
    else if (connection_prepare(db) != ERR_OK)
        db = db_close(db); /* the start says that there is no memory */
    return db;
}

static void end(void *ctx, void *thread)
{
    (void)ctx;
    db_close(thread);
}

static void run(void *thread, void *data)
{
    role_assert(&role_reader);
    struct db *db = thread;
    struct job *job = data;
    enum err e = connection_control(db, CONTROL_BEGIN);
    if (e == ERR_OK) {
        db->deadline_ms = env_monotonic_ms(&env_real) + JOB_DEADLINE_MS;
        e = job->run(db, job->data);
        db->deadline_ms = INT64_MAX;
        must(db->open_queries == 0); /* each db_query has its query_end */
    }
    if (!sqlite3_get_autocommit(db->sqlite)) {
        enum err ended = connection_control(
            db, CONTROL_COMMIT); /* nothing was written: it only lets go of the snapshot */
        e = e == ERR_OK ? ended : e;
    }
    job->done(job->data, e);
    free(job);
}

enum err reader_new(const char *path, unsigned threads, size_t queue_max,
                    struct reader **out_reader)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    r->path = text_dup(text_of(path));
    const struct task_queue_options options = {.threads = threads,
                                               .capacity = queue_max,
                                               .name = "reader",
                                               .role = &role_reader,
                                               .ctx = r,
                                               .begin = begin,
                                               .end = end};
    enum err e = r->path ? task_queue_new(&options, &r->tasks) : ERR_NOMEM;
    if (e == ERR_OK)
        *out_reader = r;
    else
        reader_free(r);
    return e;
}

enum err reader_push(struct reader *r, struct job job)
{
    struct job *copy = malloc(sizeof *copy);
    if (!copy)
        return ERR_NOMEM;
    *copy = job;
    enum err e = task_queue_push(r->tasks, (struct task){.run = run, .data = copy});
    if (e != ERR_OK)
        free(copy);
    return e;
}

int64_t reader_busy_ms(struct reader *r, int64_t now_ms)
{
    return task_queue_busy(r->tasks, now_ms).longest_ms;
}

struct reader *reader_free(struct reader *r)
{
    if (!r)
        return NULL;
    task_queue_free(r->tasks);
    free(r->path);
    free(r);
    return NULL;
}
