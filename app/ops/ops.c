#include "ops/ops.h"

#include "base/future.h"
#include "ops/inside.h"
#include "store/store.h"

#include <stdlib.h>

#define START_DEADLINE_MS 25000
#define STOP_DEADLINE_MS 2000
#define MEASURE_EVERY_MS 500

struct start {
    struct ops *ops;
    struct future *ended;
};

static enum err start_run(struct db *db, void *data)
{
    struct start *s = data;
    enum err e = rows_close_open(db, s->ops->started_ms);
    return e != ERR_OK ? e : row_mark(db, s->ops->started_ms, "Server started");
}

static void start_done(void *data, enum err e)
{
    struct start *s = data;
    (void)future_fulfil(s->ended, e, NULL);
    future_unref(s->ended);
    free(s);
}

/* What the last process left is put in order before anything is added. A full disk is no reason not to start: the
 * store is read-only then, and the rows wait for the next start. */
static enum err start(struct ops *o)
{
    struct start *s = calloc(1, sizeof *s);
    struct future *ended = future_new(NULL);
    if (!s || !ended) {
        free(s);
        future_unref(ended);
        return ERR_NOMEM;
    }
    *s = (struct start){o, future_ref(ended)};
    enum err e = writer_submit(o->store, (struct job){start_run, start_done, s});
    if (e != ERR_OK)
        start_done(s, e);
    void *nothing;
    e = future_take(ended, env_monotonic_ms(&env_real) + START_DEADLINE_MS, &nothing);
    future_unref(ended);
    return e == ERR_UNAVAILABLE ? ERR_OK : e;
}

enum err ops_new(const struct ops_options *options, struct ops **out_ops)
{
    struct ops *o = calloc(1, sizeof *o);
    if (!o)
        return ERR_NOMEM;
    o->env = options->env;
    o->store = options->store;
    o->registry = options->registry;
    o->options = *options;
    o->started_ms = env_wall_ms(o->env);
    mutex_init(&o->lock, LOCK_ops);
    condition_init(&o->written);
    o->notes_end = &o->notes;
    sampler_init(o);
    sampler_measure();
    enum err e = start(o);
    if (e != ERR_OK) {
        ops_free(o);
        return e == ERR_NOMEM ? e : ERR_IO;
    }
    *out_ops = o;
    return ERR_OK;
}

struct ops *ops_free(struct ops *o)
{
    if (!o)
        return NULL;
    history_fini(o);
    condition_fini(&o->written);
    mutex_fini(&o->lock);
    free(o);
    return NULL;
}

void ops_connection_opened(struct ops *o, const struct ws_connection_record *record)
{
    if (record->user_id)
        history_note(o, NOTE_OPENED, record);
}

void ops_connection_closed(struct ops *o, const struct ws_connection_record *record)
{
    history_note(o, NOTE_CLOSED, record);
}

void ops_mark(struct ops *o, const char *text)
{
    history_mark(o, text);
}

void ops_tick(struct ops *o)
{
    int64_t now_ms = env_monotonic_ms(o->env);
    history_flush(o, NOTES_FLUSH);
    if (now_ms >= atomic_load(&o->measure_ms)) {
        atomic_store(&o->measure_ms, now_ms + MEASURE_EVERY_MS);
        sampler_measure();
    }
    sampler_tick(o, env_wall_ms(o->env));
    prune_tick(o, now_ms);
}

void ops_stop(struct ops *o)
{
    history_mark(o, "Server stopped");
    history_drain(o, env_monotonic_ms(&env_real) + STOP_DEADLINE_MS);
}
