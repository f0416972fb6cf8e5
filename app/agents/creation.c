#include "accounts/people.h"
#include "agents/inside.h"

static enum err task_and_starter(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct creation *c = ctx;
    json_add_text(w, "task", c->text);
    return happening_starter(db, run, w);
}

static enum err queued_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct creation *c = ctx;
    json_add_int(w, "ahead", c->ahead);
    return task_and_starter(ctx, db, run, w);
}

static enum err refused_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    (void)ctx;
    (void)db;
    (void)run;
    struct text words = TEXT("Too many runs wait in this room already.");
    json_add_text(w, "reason", words);
    happening_error(w, ERR_BUSY, words);
    return ERR_OK;
}

/* A place among those that wait is not there: the run is told of, and over at once. */
static enum err refuse(struct creation *c, struct db *db)
{
    if (!c->keep_refusal)
        return ERR_BUSY;
    enum err e = happen(c->a, db, &c->run, true, &c->events[0]);
    if (e != ERR_OK)
        return e;
    c->events[1] = (struct happening){
        .event = EVENT_FAILED, .step = STEP_ANSWERED, .fields = refused_fields, .ctx = c};
    return happen(c->a, db, &c->run, true, &c->events[1]);
}

enum err creation_run(struct creation *c, struct db *db)
{
    struct agents *a = c->a;
    int64_t running, waiting;
    enum err e = run_count_open(db, c->run.room_id, &running, &waiting);
    if (e != ERR_OK)
        return e;
    c->run.at = (struct run_position){RUN_NONE, ""};
    c->run.created_ms = env_wall_ms(a->options.env);
    env_run_id(a->options.env, c->run.id);
    c->ahead = running + waiting;
    c->events[0] = (struct happening){
        .event = EVENT_STARTED, .step = STEP_STARTED, .fields = task_and_starter, .ctx = c};
    if (waiting >= a->options.queue_max || live_full(a)) {
        e = refuse(c, db);
    } else {
        if (c->ahead) {
            c->events[0].event = EVENT_QUEUED;
            c->events[0].step = STEP_WAITING;
            c->events[0].fields = queued_fields;
        }
        e = happen(a, db, &c->run, true, &c->events[0]);
    }
    return e == ERR_OK ? run_insert(db, &c->run, c->text) : e;
}

void creation_done(struct creation *c, enum err e)
{
    struct agents *a = c->a;
    happened(a, &c->events[0], e);
    happened(a, &c->events[1], e);
    if (e != ERR_OK || run_is_over(c->run.at.state))
        return;
    if (!live_add(a, &c->run, c->text))
        atomic_store(&a->look_due, true);
    live_pump(a, c->run.room_id);
}
