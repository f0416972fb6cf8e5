#include "store/writer.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "base/wakes.h"
#include "store/db.h"
#include "store/gather.h"

#include <stdlib.h>
#include <string.h>

/* A statement that runs longer is stopped: everybody waits for the writer. */
#define JOB_DEADLINE_MS 5000
/* The longest pause for a checkpoint. */
#define HOLD_MS 50
/* Nobody has written for so long: what can wait does not wait. */
#define QUIET_NS 20000000
#define NS_PER_MS 1000000

struct writer {
    struct writer_options options;
    struct queue *queue;
    struct queue *go_on; /* one byte: the pause is over */
    atomic_bool hold;
    pthread_t thread;
    bool started;
    struct writer_job *jobs OWNED_BY(role_writer); /* the group, batch_max of them */
    enum err *results OWNED_BY(role_writer);
    int wal_pages OWNED_BY(role_writer);
    bool wrote OWNED_BY(role_writer); /* the transaction changed something */
    atomic_size_t later_length;       /* jobs that can wait and are not done, wherever they are */
    /* those of them that were set aside, the oldest first */
    struct writer_job later[WRITER_LATER_MAX] OWNED_BY(role_writer);
    size_t later_count OWNED_BY(role_writer);
    int64_t later_ns OWNED_BY(role_writer); /* no earlier while others write */
    int64_t
        later_ran_ns OWNED_BY(role_writer); /* how long the last of them did, without its commit */
    int64_t wrote_ns OWNED_BY(role_writer); /* when they did last */
    struct gather gather OWNED_BY(role_writer);
};

/* After each commit: how long the log is. It begins again from its start once it has been copied whole. */
static int note_wal(void *ctx, sqlite3 *sqlite, const char *name, int pages)
{
    (void)sqlite;
    (void)name;
    struct writer *w = ctx;
    role_assert(&role_writer);
    if (pages <= w->wal_pages)
        atomic_fetch_add(&w->options.state->wal_resets, 1);
    w->wal_pages = pages;
    w->wrote = true;
    atomic_store(&w->options.state->wal_pages, pages);
    if ((int64_t)pages * WAL_PAGE_BYTES > w->options.checkpoint_bytes)
        (void)!queue_push(w->options.wake, ""); /* full: it is awake already */
    return SQLITE_OK;
}

static enum err run_now(struct writer *w, size_t at) ON(role_writer)
{
    struct db *db = w->options.db;
    db->deadline_ms = env_monotonic_ms(&env_real) + JOB_DEADLINE_MS;
    enum err e = w->jobs[at].job.run(db, w->jobs[at].job.data);
    db->deadline_ms = INT64_MAX;
    must(db->open_queries == 0); /* each db_query has its query_end */
    return e;
}

/* False, here and below: the transaction is lost. SQLite may roll the whole of it back when the disk is full, on an I/O
 * error and when a statement is stopped. */
static bool run_in_savepoint(struct writer *w, size_t at) ON(role_writer)
{
    struct db *db = w->options.db;
    enum err e = connection_control(db, CONTROL_SAVEPOINT);
    if (e == ERR_OK)
        e = run_now(w, at);
    bool whole = !sqlite3_get_autocommit(db->sqlite);
    if (whole && e != ERR_OK)
        whole = connection_control(db, CONTROL_ROLLBACK_TO) == ERR_OK;
    if (whole) {
        enum err released = connection_control(db, CONTROL_RELEASE);
        whole = released == ERR_OK;
        e = e == ERR_OK ? released : e;
    }
    w->results[at] = e;
    return whole;
}

/* A savepoint keeps a copy of each page that the job changes first: a fifth of what it costs to store a message. */
static bool run_without(struct writer *w, size_t at) ON(role_writer)
{
    struct db *db = w->options.db;
    int64_t changes = sqlite3_total_changes64(db->sqlite);
    enum err e = w->results[at] = run_now(w, at);
    bool clean = e == ERR_OK || sqlite3_total_changes64(db->sqlite) == changes;
    return clean && !sqlite3_get_autocommit(db->sqlite);
}

/* What the transaction came to, for the world. */
static void note_outcome(struct writer *w, enum err e, size_t committed) ON(role_writer)
{
    struct store_state *state = w->options.state;
    if (e != ERR_OK || w->wrote) { /* an empty one proves nothing about the disk */
        atomic_store(&state->commit_works, e == ERR_OK);
        atomic_store(&state->disk_full, e == ERR_UNAVAILABLE);
    }
    if (e == ERR_OK) {
        metric_add(METRIC_commits, 1);
        metric_add(METRIC_writer_jobs, (int64_t)committed);
    } else {
        metric_add(METRIC_commit_failures, 1);
        log_event(LOG_ERROR, "commit_failed", KV_STR("err", err_name(e)),
                  KV_STR("why", sqlite3_errmsg(w->options.db->sqlite)));
    }
}

/* Takes what has been submitted into the group, which has count jobs. What can wait is set aside. Returns how many it has then. */
static size_t take(struct writer *w, size_t count, int64_t until_ms) ON(role_writer)
{
    size_t end = count;
    if (count < w->options.batch_max)
        end += queue_take(w->queue, w->jobs + count, w->options.batch_max - count, until_ms);
    for (size_t i = count; i < end; i++)
        if (w->jobs[i].can_wait)
            w->later[w->later_count++] = w->jobs[i];
        else
            w->jobs[count++] = w->jobs[i];
    return count;
}

static bool run_one(struct writer *w, size_t at) ON(role_writer)
{
    return w->jobs[at].asks_first ? run_without(w, at) : run_in_savepoint(w, at);
}

/* What can wait, alone so far: others that came meanwhile share its commit. Returns how many the group has then. */
static size_t run_waited(struct writer *w, bool *out_whole) ON(role_writer)
{
    int64_t began_ns = env_nanoseconds();
    *out_whole = run_one(w, 0);
    w->later_ran_ns = env_nanoseconds() - began_ns;
    return *out_whole ? take(w, 1, 0) : 1;
}

/* The jobs 0..count-1 as one transaction; results says how each went. Returns how many there were in the end. */
static size_t commit_group(struct writer *w, size_t count) ON(role_writer)
{
    struct db *db = w->options.db;
    size_t ran = 0;
    size_t good = 0;
    w->wrote = false;
    enum err e = connection_control(db, CONTROL_BEGIN_IMMEDIATE);
    bool whole = e == ERR_OK;
    while (whole && ran < count) {
        if (w->jobs[ran].can_wait)
            count = run_waited(w, &whole);
        else
            whole = run_one(w, ran);
        good += w->results[ran++] == ERR_OK;
    }
    if (whole) {
        int64_t began_ns = env_nanoseconds();
        e = connection_control(db, CONTROL_COMMIT);
        timer_metric_add(TIMER_sync, (env_nanoseconds() - began_ns) / 1000);
    } else if (e ==
               ERR_OK) /* lost under a job: what broke it broke all; a job may have swallowed it */
        e = w->results[ran - 1] == ERR_OK ? ERR_IO : w->results[ran - 1];
    size_metric_add(SIZE_writer_batch, count);
    note_outcome(w, e, good);
    if (!sqlite3_get_autocommit(db->sqlite))
        must(connection_control(db, CONTROL_ROLLBACK) == ERR_OK ||
             sqlite3_get_autocommit(db->sqlite));
    for (size_t i = 0; i < count && e != ERR_OK; i++)
        if (i >= ran || w->results[i] == ERR_OK)
            w->results[i] = e;
    return count;
}

/* The jobs 0..count-1, a transaction. Returns how many there were in the end. */
static size_t run_group(struct writer *w, size_t count) ON(role_writer)
{
    struct store_state *state = w->options.state;
    int64_t began_ns = env_nanoseconds();
    int64_t began_ms = env_monotonic_ms(state->env);
    atomic_store(&state->writer_busy_since, began_ms ? began_ms : 1); /* 0 says idle */
    count = commit_group(w, count);
    atomic_store(&state->writer_busy_since, 0);
    timer_metric_add(TIMER_commit, (env_nanoseconds() - began_ns) / 1000);
    wakes_hold(); /* of the reactors, which are told of each job */
    for (size_t i = 0; i < count; i++)
        w->jobs[i].job.done(w->jobs[i].job.data, w->results[i]);
    wakes_release();
    return count;
}

/* When the oldest that was set aside is to run, unless somebody writes until then. */
static int64_t later_due_ns(struct writer *w) ON(role_writer)
{
    int64_t quiet_ns = w->wrote_ns + QUIET_NS;
    return quiet_ns < w->later_ns ? quiet_ns : w->later_ns;
}

static void run_later(struct writer *w) ON(role_writer)
{
    int64_t began_ns = env_nanoseconds();
    w->jobs[0] = w->later[0];
    memmove(w->later, w->later + 1, --w->later_count * sizeof w->later[0]);
    bool alone = run_group(w, 1) == 1;
    atomic_fetch_sub(&w->later_length, 1); /* after what its completion submits */
    int64_t now_ns = env_nanoseconds();
    if (!alone)
        w->wrote_ns = now_ns;
    w->later_ns = now_ns + WRITER_LATER_PAUSE * (alone ? now_ns - began_ns : w->later_ran_ns);
}

static void serve(struct writer *w) ON(role_writer)
{
    while (!queue_done(w->queue) || w->later_count > 0) {
        int64_t until_ms = w->later_count == 0 ? INT64_MAX : later_due_ns(w) / NS_PER_MS + 1;
        size_t waited = w->later_count;
        size_t count = take(w, 0, until_ms);
        bool silence = count == 0 && w->later_count == waited;
        if (atomic_load(&w->hold))
            (void)queue_take(w->go_on, &(char){0}, 1, env_monotonic_ms(&env_real) + HOLD_MS);
        metric_set(METRIC_queue_writer, (int64_t)queue_length(w->queue));
        if (count > 0) {
            (void)run_group(w, count);
            w->wrote_ns = env_nanoseconds();
        }
        if (w->later_count > 0 && (silence || env_nanoseconds() >= w->later_ns))
            run_later(w);
    }
}

static void *writer_main(void *arg)
{
    struct writer *w = arg;
    role_enter(&role_writer);
    connection_adopt(w->options.db);
    (void)sqlite3_wal_hook(w->options.db->sqlite, note_wal, w);
    gather_log(&w->gather, w->options.db->sqlite);
    serve(w);
    role_leave(&role_writer);
    return NULL;
}

static NO_THREAD_CHECK enum err prepare(struct writer *w, const struct writer_options *options)
{
    w->options = *options;
    w->options.db = NULL; /* until it is ours */
    w->queue = queue_new(options->queue_max, sizeof(struct writer_job));
    w->go_on = queue_new(1, 1);
    w->jobs = calloc(options->batch_max, sizeof w->jobs[0]);
    w->results = calloc(options->batch_max, sizeof w->results[0]);
    bool whole = w->queue && w->go_on && w->jobs && w->results;
    return whole ? connection_prepare(options->db) : ERR_NOMEM;
}

enum err writer_new(const struct writer_options *options, struct writer **out_writer)
{
    must(options->batch_max >= 1);
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    enum err e = prepare(w, options);
    if (e != ERR_OK)
        goto done;
    e = ERR_IO;
    w->options.db = options->db;
    if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
        w->options.db = NULL; /* stays the caller's */
        goto done;
    }
    (void)pthread_setname_np(w->thread, "writer");
    w->started = true;
    *out_writer = w;
    w = NULL; /* handed over */
    e = ERR_OK;
done:
    writer_free(w);
    return e;
}

enum err writer_push(struct writer *w, struct writer_job job)
{
    bool too_many = job.can_wait && atomic_fetch_add(&w->later_length, 1) >= WRITER_LATER_MAX;
    enum err e = too_many ? ERR_BUSY : queue_push(w->queue, &job);
    if (e != ERR_OK && job.can_wait)
        atomic_fetch_sub(&w->later_length, 1);
    if (e == ERR_BUSY)
        metric_add(METRIC_writer_refused, 1);
    return e;
}

size_t writer_queue_length(struct writer *w)
{
    return queue_length(w->queue);
}

size_t writer_later_length(struct writer *w)
{
    return atomic_load(&w->later_length);
}

void writer_hold(struct writer *w)
{
    (void)queue_take(w->go_on, &(char){0}, 1, 0); /* of an earlier pause that nobody needed */
    atomic_store(&w->hold, true);
}

void writer_go_on(struct writer *w)
{
    atomic_store(&w->hold, false);
    (void)!queue_push(w->go_on, "");
}

void writer_stop(struct writer *w)
{
    if (!w->started)
        return;
    queue_close(w->queue);
    must(pthread_join(w->thread, NULL) == 0);
    w->started = false;
}

NO_THREAD_CHECK struct writer *writer_free(struct writer *w)
{
    if (!w)
        return NULL;
    must(!w->started);
    db_close(w->options.db);
    queue_free(w->queue);
    queue_free(w->go_on);
    free(w->jobs);
    free(w->results);
    free(w);
    return NULL;
}
