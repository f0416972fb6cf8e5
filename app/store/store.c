#include "store/store.h"

#include "base/future.h"
#include "base/metrics.h"
#include "base/must.h"
#include "store/backup.h"
#include "store/checkpoint.h"
#include "store/db.h"
#include "store/disk.h"
#include "store/embedded.h"
#include "store/migrate.h"
#include "store/reader.h"
#include "store/writer.h"

#include <stdlib.h>

struct store {
    struct store_options options;
    struct store_state state;
    char *path;
    int lock_fd;
    struct db *db; /* the writer's, until it has one */
    struct queue *wake;
    struct writer *writer;
    struct reader *reader;
    struct checkpointer *checkpointer;
    struct copying copying;
    atomic_bool copies; /* a backup is being made: one at a time */
};

/* The write connection, migrated and checked, within the deadline. */
static enum err open_db(struct store *s, char error[ERROR_SIZE])
{
    int64_t limit_ms = s->options.open_deadline_ms;
    int64_t deadline_ms = env_monotonic_ms(&env_real) + limit_ms;
    enum err e = connection_open(s->path, CONNECTION_WRITER, deadline_ms, &s->db, error);
    if (e == ERR_OK)
        e = migrate(s->db, migrations, migrations_count, error);
    if (e == ERR_OK)
        e = connection_check_queries(s->db, queries, QUERY_COUNT, error);
    if (e == ERR_OK) {
        s->db->deadline_ms = INT64_MAX;
        return ERR_OK;
    }
    s->db = db_close(s->db); /* before the next line looks, see disk.h */
    char name[64];
    if (e == ERR_TIMEOUT && disk_lock_holder(s->path, name, sizeof name))
        say(error, "The database is locked by another program (%s); gave up after %g s.", name,
            (double)limit_ms / 1000);
    return e;
}

/* Bounds the log on disk: when it begins again from its start it is cut to this. */
static enum err limit_log(struct store *s)
{
    char sql[80];
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA journal_size_limit = %lld",
                           4 * (long long)s->options.checkpoint_bytes);
    return connection_exec(s->db, sql);
}

static enum err start_threads(struct store *s, char error[ERROR_SIZE])
{
    const struct store_options *o = &s->options;
    say(error, "The system gives no memory or no thread for the database.");
    s->wake = queue_new(1, 1);
    enum err e = s->wake ? limit_log(s) : ERR_NOMEM;
    if (e != ERR_OK)
        return e;
    const struct writer_options writer = {.db = s->db,
                                          .state = &s->state,
                                          .wake = s->wake,
                                          .batch_max = o->batch_max,
                                          .queue_max = o->queue_max,
                                          .checkpoint_bytes = o->checkpoint_bytes};
    e = writer_new(&writer, &s->writer);
    if (e != ERR_OK)
        return e;
    s->db = NULL; /* the writer's now */
    const struct checkpointer_options checkpointer = {.path = s->path,
                                                      .state = &s->state,
                                                      .wake = s->wake,
                                                      .writer = s->writer,
                                                      .checkpoint_bytes = o->checkpoint_bytes,
                                                      .disk_free_min_bytes = o->disk_free_min_bytes,
                                                      .look_ms = o->look_ms ? o->look_ms : 1000};
    e = checkpointer_new(&checkpointer, &s->checkpointer, error);
    if (e != ERR_OK)
        return e;
    say(error, "The system gives no memory or no thread for reading the database.");
    return reader_new(s->path, o->readers, o->queue_max, &s->reader);
}

enum err store_open(const struct store_options *options, struct store **out_store, char error[256])
{
    must(options->env && options->path && options->readers >= 1 && options->batch_max >= 1 &&
         options->queue_max >= 1);
    say(error, "The server is out of memory.");
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->options = *options;
    s->lock_fd = -1;
    s->copying.bytes_per_s = options->copy_bytes_per_s;
    s->state.env = options->env;
    atomic_store(&s->state.commit_works, true); /* migrate has just shown it */
    s->path = text_dup(text_of(options->path));
    enum err e = s->path ? disk_lock(s->path, &s->lock_fd, error) : ERR_NOMEM;
    if (e == ERR_OK)
        e = open_db(s, error);
    if (e == ERR_OK) {
        atomic_store(&s->state.wal_pages,
                     (int)(disk_wal_bytes(s->path) / WAL_PAGE_BYTES)); /* left by a crash */
        e = start_threads(s, error);
    }
    if (e == ERR_OK) {
        error[0] = 0;
        *out_store = s;
    } else {
        store_close(s);
    }
    return e;
}

struct store *store_close(struct store *s)
{
    if (!s)
        return NULL;
    /* The writer first: its completions may still ask the readers. A reader's completion that asks the writer is told
     * ERR_CLOSED, so the writer is freed last. */
    if (s->writer)
        writer_stop(s->writer);
    s->reader = reader_free(s->reader);
    if (s->wake)
        queue_close(s->wake);
    s->checkpointer = checkpointer_free(s->checkpointer);
    s->writer = writer_free(s->writer);
    queue_free(s->wake);
    db_close(s->db);
    disk_unlock(s->lock_fd);
    free(s->path);
    free(s);
    return NULL;
}

static enum err submit(struct store *s, struct writer_job job)
{
    return state_read_only(&s->state) ? ERR_UNAVAILABLE : writer_push(s->writer, job);
}

enum err writer_submit(struct store *s, struct job job)
{
    return submit(s, (struct writer_job){.job = job});
}

enum err writer_submit_asking_first(struct store *s, struct job job)
{
    return submit(s, (struct writer_job){.job = job, .asks_first = true});
}

enum err writer_submit_later(struct store *s, struct job job)
{
    return submit(s, (struct writer_job){.job = job, .can_wait = true});
}

enum err reader_submit(struct store *s, struct job job)
{
    return reader_push(s->reader, job);
}

struct store_status store_status(struct store *s)
{
    bool read_only = state_read_only(&s->state);
    return (struct store_status){
        .writable = atomic_load(&s->state.commit_works) && !read_only,
        .read_only = read_only,
        .writer_busy_since = atomic_load(&s->state.writer_busy_since),
        .reader_busy_ms = reader_busy_ms(s->reader, env_monotonic_ms(&env_real)),
        .checkpointer_turn_ms = atomic_load(&s->state.checkpointer_turn_ms),
        .queue_length = writer_queue_length(s->writer),
        .later_length = writer_later_length(s->writer),
        .disk_free_bytes = atomic_load(&s->state.disk_free_bytes),
        .used_bytes = atomic_load(&s->state.used_bytes),
    };
}

static enum err probe_run(struct db *db, void *data)
{
    (void)db;
    (void)data;
    return ERR_OK; /* the writer's BEGIN IMMEDIATE and COMMIT around it are the probe */
}

static void probe_done(void *data, enum err e)
{
    (void)future_fulfil(data, e, NULL);
    future_unref(data);
}

enum err store_probe(struct store *s, int64_t timeout_ms)
{
    struct future *f = future_new(NULL);
    if (!f)
        return ERR_NOMEM;
    int64_t until_ms = env_monotonic_ms(&env_real) + timeout_ms;
    void *nothing = NULL;
    enum err e =
        writer_submit(s, (struct job){.run = probe_run, .done = probe_done, .data = future_ref(f)});
    if (e == ERR_OK)
        e = future_take(f, until_ms, &nothing);
    else
        future_unref(f); /* the job's */
    future_unref(f);
    return e;
}

enum err store_backup(struct store *s, const char *to_path, const struct beside *beside,
                      char error[256])
{
    if (atomic_exchange(&s->copies, true)) {
        say(error, "Another backup is being made.");
        return ERR_BUSY;
    }
    atomic_store(&s->copying.total, 0);
    enum err e = backup(s->path, to_path, beside, &s->copying, error);
    atomic_store(&s->copies, false);
    return e;
}

bool store_copied(struct store *s, int64_t *out_done, int64_t *out_total)
{
    *out_done = atomic_load(&s->copying.done);
    *out_total = atomic_load(&s->copying.total);
    return atomic_load(&s->copies) && *out_total > 0;
}

void store_copy_stop(struct store *s)
{
    atomic_store(&s->copying.stop, true);
}

bool store_copy_stopped(struct store *s)
{
    return atomic_load(&s->copying.stop);
}

enum err store_look(struct store *s, enum err (*look)(struct db *db, void *data), void *data,
                    char error[256])
{
    return look_alone(s->path, look, data, &s->copying.stop, error);
}

struct moment {
    enum err (*look)(struct db *db, void *data);
    void *data;
    char *error;
};

static enum err look_at_moment(struct db *db, void *data)
{
    struct moment *m = data;
    int64_t version = 0;
    enum err e = connection_control(db, CONTROL_BEGIN);
    if (e == ERR_OK)
        e = migrate_judge(db, migrations_count, &version, m->error);
    if (e == ERR_OK && version != (int64_t)migrations_count) {
        say(m->error, "The database has version %lld, and this Snug writes %zu: start it once.",
            (long long)version, migrations_count);
        e = ERR_UNAVAILABLE;
    }
    return e == ERR_OK ? m->look(db, m->data) : e;
}

enum err store_look_at(const char *path, enum err (*look)(struct db *db, void *data), void *data,
                       char error[256])
{
    struct moment m = {look, data, error};
    return look_alone(path, look_at_moment, &m, NULL, error);
}

enum err store_check(struct store *s, char error[256])
{
    return check(s->path, error);
}
