/* series: metrics.query. A grid of steps over the time that was asked for, cut to where there is anything. */
#include "ops/inside.h"
#include "store/db.h"

#include <math.h>
#include <stdlib.h>

#define POINTS_MAX 1500
#define SPAN_MS (3600 * INT64_C(1000)) /* without since */

struct series {
    struct answer answer;
    struct ops *ops;
    bool wanted[FIGURES_COUNT];
    int64_t step_s;
    int64_t first_ms; /* of the grid */
    int64_t until_ms;
    size_t points;
    size_t from, to; /* the points that have a value: [from, to) */
    double *values;  /* of figure i: values + i * points; NAN: none */
};

static void series_drop(void *data)
{
    struct series *job = data;
    free(job->values);
}

static enum err read_series(struct db *db, struct series *job, unsigned figure)
{
    double *values = job->values + figure * job->points;
    struct query *q = db_query(db, QUERY_OPS_SAMPLE_RANGE);
    query_int(q, 1, job->step_s);
    query_text(q, 2, text_of(figures[figure].name));
    query_int(q, 3, job->first_ms);
    query_int(q, 4, job->until_ms);
    while (query_row(q)) {
        size_t at = (size_t)((col_int(q, 0) - job->first_ms) / (job->step_s * 1000));
        values[at] = col_double(q, 1);
        if (at < job->from)
            job->from = at;
        if (at >= job->to)
            job->to = at + 1;
    }
    return query_end(q);
}

static void write_series(struct series *job)
{
    struct json_writer *w = &job->answer.out;
    json_open(w, "times", '[');
    for (size_t i = job->from; i < job->to; i++)
        json_add_int(w, NULL, job->first_ms + (int64_t)i * job->step_s * 1000);
    json_close(w, ']');
    json_open(w, "series", '{');
    for (unsigned f = 0; f < FIGURES_COUNT; f++) {
        if (!job->wanted[f])
            continue;
        json_open(w, figures[f].name, '[');
        for (size_t i = job->from; i < job->to; i++)
            json_add_double(w, NULL, job->values[f * job->points + i]);
        json_close(w, ']');
    }
    json_close(w, '}');
}

static void write_now(struct series *job)
{
    struct json_writer *w = &job->answer.out;
    double values[FIGURES_COUNT];
    sampler_now(job->ops, values);
    json_open(w, "now", '{');
    for (unsigned f = 0; f < FIGURES_COUNT; f++)
        if (job->wanted[f])
            json_add_double(w, figures[f].name, values[f]);
    json_close(w, '}');
    json_add_int(w, "started", job->ops->started_ms);
    json_add_text(w, "level", text_of(level_name(level_now(job->ops->options.level))));
}

static enum err write_marks(struct db *db, struct series *job)
{
    struct json_writer *w = &job->answer.out;
    struct query *q = db_query(db, QUERY_OPS_MARK_RANGE);
    query_int(q, 1, job->first_ms);
    query_int(q, 2, job->until_ms);
    json_open(w, "marks", '[');
    while (query_row(q)) {
        json_open(w, NULL, '{');
        json_add_int(w, "time", col_int(q, 0));
        json_add_text(w, "text", col_text(q, 1));
        json_close(w, '}');
    }
    json_close(w, ']');
    return query_end(q);
}

static enum err series_run(struct db *db, void *data)
{
    struct series *job = data;
    struct json_writer *w = &job->answer.out;
    enum err e = ERR_OK;
    for (unsigned f = 0; f < FIGURES_COUNT && e == ERR_OK; f++)
        if (job->wanted[f])
            e = read_series(db, job, f);
    if (e != ERR_OK)
        return e;
    json_open(w, NULL, '{');
    json_add_int(w, "step_s", job->step_s);
    write_series(job);
    write_now(job);
    e = write_marks(db, job);
    json_close(w, '}');
    return e;
}

/* ---- what is asked for */

static bool choose_names(struct series *job, const struct arg *names)
{
    bool all = !names->given || names->count == 0;
    for (unsigned f = 0; f < FIGURES_COUNT; f++)
        job->wanted[f] = all;
    for (size_t i = 0; i < names->count; i++) {
        enum figure_id f = figure_find(names->items[i]);
        if (f == FIGURES_COUNT)
            return false;
        job->wanted[f] = true;
    }
    return true;
}

static int64_t points_of(int64_t since_ms, int64_t until_ms, int64_t step_s)
{
    return until_ms / (step_s * 1000) - since_ms / (step_s * 1000) + 1;
}

/* The step asked for, or the finest that fits. False: there is no such step. */
static bool choose_step(struct series *job, const struct arg *step, int64_t since_ms)
{
    for (unsigned i = 0; i < STEPS_COUNT; i++) {
        job->step_s = steps[i].s;
        if (step->given ? steps[i].s == step->number
                        : points_of(since_ms, job->until_ms, steps[i].s) <= POINTS_MAX)
            return true;
    }
    return !step->given;
}

static enum err choose(struct series *job, const struct args *args)
{
    job->until_ms =
        args_given(args, "until") ? args_int(args, "until") : env_wall_ms(job->ops->env);
    int64_t since_ms = job->until_ms > SPAN_MS ? job->until_ms - SPAN_MS : 0;
    if (args_given(args, "since"))
        since_ms = args_int(args, "since");
    if (!choose_names(job, args_get(args, "names")))
        return answer_fault(&job->answer, ERR_BAD_REQUEST, "names",
                            "names must be figures that the server has.");
    if (since_ms > job->until_ms)
        return answer_fault(&job->answer, ERR_BAD_REQUEST, "since",
                            "since must not be later than until.");
    if (!choose_step(job, args_get(args, "step_s"), since_ms))
        return answer_fault(&job->answer, ERR_BAD_REQUEST, "step_s",
                            "step_s must be 10, 60 or 3600.");
    if (points_of(since_ms, job->until_ms, job->step_s) > POINTS_MAX)
        return answer_fault(
            &job->answer, ERR_LIMIT, "step_s",
            "That is more than 1500 points: take a longer step_s or a shorter time.");
    job->points = (size_t)points_of(since_ms, job->until_ms, job->step_s);
    job->first_ms = since_ms / (job->step_s * 1000) * job->step_s * 1000;
    job->from = job->points;
    job->values = malloc(FIGURES_COUNT * job->points * sizeof *job->values);
    if (!job->values)
        return ERR_NOMEM;
    for (size_t i = 0; i < FIGURES_COUNT * job->points; i++)
        job->values[i] = NAN;
    return ERR_OK;
}

void metrics_query(void *ctx, const struct actor *actor, const struct args *args,
                   struct reply reply)
{
    struct ops *o = ctx;
    struct series *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->ops = o;
    job->answer.drop = series_drop;
    enum err e = choose(job, args);
    if (e != ERR_OK)
        answer_end(job, e);
    else
        answer_read(job, o->store, series_run, NULL);
}
