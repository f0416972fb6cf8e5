#include "agents/inside.h"
#include "store/store.h"

#include <stdlib.h>

struct failing {
    struct agents *a;
    char run_id[RUN_ID_SIZE];
    enum err why;
    char reason[96];
    struct happening failed;
};

static enum err failed_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct failing *f = ctx;
    (void)db;
    (void)run;
    json_add_text(w, "reason", text_of(f->reason));
    happening_error(w, f->why, text_of(err_text(f->why)));
    return ERR_OK;
}

static enum err failing_run(struct db *db, void *data)
{
    struct failing *f = data;
    struct run run;
    enum err e = run_find(db, text_of(f->run_id), &run);
    if (e == ERR_OK)
        e = happen(f->a, db, &run, false, &f->failed);
    return e;
}

static void failing_done(void *data, enum err e)
{
    struct failing *f = data;
    happened(f->a, &f->failed, e);
    if (worth_another_try(e) || e == ERR_CLOSED)
        live_ending(f->a, text_of(f->run_id), false);
    else
        live_over(f->a, text_of(f->run_id)); /* done, or over before, or its room is gone */
    free(f);
}

void run_fail(struct agents *a, struct text run_id, enum err why, const char *reason)
{
    struct failing *f = calloc(1, sizeof *f);
    if (!f) {
        live_ending(a, run_id, false);
        return;
    }
    live_ending(a, run_id, true);
    f->a = a;
    f->why = why;
    f->failed = (struct happening){
        .event = EVENT_FAILED, .step = STEP_ANSWERED, .fields = failed_fields, .ctx = f};
    text_copy(f->run_id, sizeof f->run_id, run_id);
    text_copy(f->reason, sizeof f->reason, text_of(reason));
    if (writer_submit(a->options.store, (struct job){failing_run, failing_done, f}) == ERR_OK)
        return;
    live_ending(a, run_id, false);
    free(f);
}
