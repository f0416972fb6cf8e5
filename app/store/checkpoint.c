#include "store/checkpoint.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "store/db.h"
#include "store/disk.h"
#include "store/writer.h"

#include <stdlib.h>

#define PAUSE_MS 20 /* how long a FULL checkpoint waits for the writer to end its group */

struct checkpointer {
    struct checkpointer_options options;
    char *path;
    pthread_t thread;
    bool started;
    struct db *db OWNED_BY(role_checkpointer);
    struct checkpoint_plan plan OWNED_BY(role_checkpointer);
};

/* The one write of a store that nobody writes to: its own version number, again. */
static enum err rewrite_version(struct db *db, void *data)
{
    (void)data;
    int64_t version = 0;
    char sql[64];
    enum err e = connection_int(db, "PRAGMA user_version", &version);
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA user_version = %lld", (long long)version);
    return e == ERR_OK ? connection_exec(db, sql) : e;
}

static void ignore(void *data, enum err e)
{
    (void)data;
    (void)e; /* the writer has noted it in the state */
}

static void look_at_disk(const struct checkpointer_options *o, const char *path)
{
    struct store_state *state = o->state;
    int64_t free_bytes = disk_free_bytes(path);
    int64_t used_bytes = disk_used_bytes(path);
    atomic_store(&state->used_bytes, used_bytes);
    metric_set(METRIC_disk_used_bytes, used_bytes);
    if (free_bytes < 0)
        return; /* the system does not say: what was true stays true */
    atomic_store(&state->disk_free_bytes, free_bytes);
    metric_set(METRIC_disk_free_bytes, free_bytes);
    bool low = free_bytes < o->disk_free_min_bytes;
    if (atomic_exchange(&state->disk_low, low) != low)
        log_event(low ? LOG_WARN : LOG_INFO, low ? "disk_low" : "disk_ok",
                  KV_INT("free_bytes", free_bytes), KV_INT("min_bytes", o->disk_free_min_bytes));
}

bool checkpoint_is_due(struct checkpoint_plan *p, unsigned resets, int pages, bool tick)
{
    if (resets != p->resets) {
        p->resets = resets;
        p->copied = 0;
        p->tried = 0;
    }
    int64_t bytes = (int64_t)pages * WAL_PAGE_BYTES;
    if (bytes <= p->checkpoint_bytes || pages <= p->copied)
        return false; /* copied whole: must not be begun, see the header */
    int64_t grown = (int64_t)(pages - p->tried) * WAL_PAGE_BYTES;
    return tick || p->tried == 0 || grown >= p->checkpoint_bytes / 4;
}

static bool is_due(struct checkpointer *c, bool tick) ON(role_checkpointer)
{
    struct store_state *state = c->options.state;
    unsigned resets =
        atomic_load(&state->wal_resets); /* first: an old count of pages only makes us late */
    return checkpoint_is_due(&c->plan, resets, atomic_load(&state->wal_pages), tick);
}

static void copy_log(struct checkpointer *c, int mode) ON(role_checkpointer)
{
    int pages = 0;
    int copied = 0;
    int code = sqlite3_wal_checkpoint_v2(c->db->sqlite, NULL, mode, &pages, &copied);
    if (pages >= 0 && copied >= 0) {
        c->plan.tried = pages;
        c->plan.copied = copied;
    }
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
        log_event(LOG_ERROR, "checkpoint_failed", KV_STR("why", sqlite3_errmsg(c->db->sqlite)));
}

static void checkpoint(struct checkpointer *c, bool tick) ON(role_checkpointer)
{
    if (!is_due(c, tick))
        return;
    copy_log(c, SQLITE_CHECKPOINT_PASSIVE);
    bool read_on = c->plan.copied <
                   c->plan.tried; /* a long read is in the way: holding the writer would not help */
    if (!read_on && is_due(c, true)) {
        writer_hold(c->options.writer);
        copy_log(c, SQLITE_CHECKPOINT_FULL);
        writer_go_on(c->options.writer);
    }
}

static void serve(struct checkpointer *c) ON(role_checkpointer)
{
    const struct checkpointer_options *o = &c->options;
    int64_t look_ms = env_monotonic_ms(&env_real) + o->look_ms;
    char byte;
    while (!queue_done(o->wake)) {
        atomic_store(&o->state->checkpointer_turn_ms, env_monotonic_ms(&env_real));
        (void)queue_take(o->wake, &byte, 1, look_ms);
        bool tick = env_monotonic_ms(&env_real) >= look_ms;
        if (tick) {
            look_ms = env_monotonic_ms(&env_real) + o->look_ms;
            look_at_disk(o, c->path);
            if (!atomic_load(&o->state->commit_works) && writer_queue_length(o->writer) == 0)
                (void)!writer_push(o->writer,
                                   (struct writer_job){.job = {rewrite_version, ignore, NULL}});
        }
        checkpoint(c, tick);
    }
}

static void *checkpointer_main(void *arg)
{
    struct checkpointer *c = arg;
    role_enter(&role_checkpointer);
    connection_adopt(c->db);
    serve(c);
    copy_log(c, SQLITE_CHECKPOINT_TRUNCATE); /* alone now: writer and readers have ended */
    role_leave(&role_checkpointer);
    return NULL;
}

static NO_THREAD_CHECK enum err start(struct checkpointer *c, char error[ERROR_SIZE])
{
    enum err e = connection_open(c->path, CONNECTION_CHECKPOINTER, INT64_MAX, &c->db, error);
    if (e != ERR_OK)
        return e;
    c->db->busy_ms = PAUSE_MS;
    look_at_disk(&c->options, c->path);
    atomic_store(&c->options.state->checkpointer_turn_ms, env_monotonic_ms(&env_real));
    if (pthread_create(&c->thread, NULL, checkpointer_main, c) != 0) {
        say(error, "The system gives no thread for the checkpoints.");
        return ERR_IO;
    }
    (void)pthread_setname_np(c->thread, "checkpointer");
    c->started = true;
    return ERR_OK;
}

NO_THREAD_CHECK enum err checkpointer_new(const struct checkpointer_options *options,
                                          struct checkpointer **out_checkpointer,
                                          char error[ERROR_SIZE])
{
    must(options->look_ms > 0);
    say(error, "The server is out of memory.");
    struct checkpointer *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    c->options = *options;
    c->plan.checkpoint_bytes = options->checkpoint_bytes;
    c->path = text_dup(text_of(options->path));
    enum err e = c->path ? start(c, error) : ERR_NOMEM;
    if (e == ERR_OK)
        *out_checkpointer = c;
    else
        checkpointer_free(c);
    return e;
}

NO_THREAD_CHECK struct checkpointer *checkpointer_free(struct checkpointer *c)
{
    if (!c)
        return NULL;
    if (c->started)
        must(pthread_join(c->thread, NULL) == 0);
    db_close(c->db);
    free(c->path);
    free(c);
    return NULL;
}
