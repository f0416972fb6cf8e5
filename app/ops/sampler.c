/* sampler: every 10 s one sample of every figure, folded into the steps of 60 and 3,600 s as it is stored: each step has a
 * row that holds what was sampled in [time, time + step) so far. */
#include "base/must.h"
#include "ops/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_MS 10000

#define DAY_MS (24 * INT64_C(3600000))

const struct step steps[STEPS_COUNT] = {{10, DAY_MS}, {60, 30 * DAY_MS}, {3600, 730 * DAY_MS}};

struct sample {
    struct ops *ops;
    int64_t time_ms;
    bool has[FIGURES_COUNT];
    double values[FIGURES_COUNT];
};

/* ---- /proc */

static void measure_rss(void)
{
    char line[64];
    long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return;
    const char *second = fgets(line, sizeof line, f) ? strchr(line, ' ') : NULL;
    if (second)
        pages = strtoll(second, NULL, 10);
    (void)fclose(f);
    if (pages > 0)
        metric_set(METRIC_rss_bytes, pages * sysconf(_SC_PAGESIZE));
}

/* Its length is their number, from Linux 6.2 on; before, they are counted. */
static void measure_fds(void)
{
    struct stat s;
    if (stat("/proc/self/fd", &s) == 0 && s.st_size > 0) {
        metric_set(METRIC_fds, s.st_size);
        return;
    }
    DIR *d = opendir("/proc/self/fd");
    if (!d)
        return;
    int64_t count = -3; /* ".", ".." and this one */
    while (readdir(d))  /* NOLINT(concurrency-mt-unsafe): a stream of our own */
        count++;
    (void)closedir(d);
    metric_set(METRIC_fds, count);
}

void sampler_measure(void)
{
    measure_rss();
    measure_fds();
}

/* ---- what is now */

NO_THREAD_CHECK void sampler_init(struct ops *o)
{
    struct sampler *s = &o->sampler;
    s->step = -1;
    for (unsigned i = 0; i < FIGURES_COUNT; i++)
        if (figures[i].fold == FOLD_SUM)
            s->base[i] = s->counted[i] = metric_get(figures[i].metric);
    for (unsigned t = 0; t < TIMER_COUNT; t++)
        s->seen[t] = timer_metric_get((enum timer_metric)t);
}

void sampler_now(struct ops *o, double out[FIGURES_COUNT])
{
    struct sampler *s = &o->sampler;
    mutex_lock(&o->lock);
    for (unsigned i = 0; i < FIGURES_COUNT; i++) {
        const struct figure *f = &figures[i];
        if (f->fold == FOLD_LAST) {
            out[i] = (double)metric_get(f->metric);
        } else if (f->fold == FOLD_SUM) {
            out[i] = (double)(metric_get(f->metric) - s->base[i]);
        } else {
            struct timer_snapshot now = timer_metric_get(f->timer);
            bool any = now.count > s->seen[f->timer].count;
            out[i] = any ? timer_quantile_ms(&s->seen[f->timer], &now, f->quantile) : s->last[i];
        }
    }
    mutex_unlock(&o->lock);
}

/* ---- a sample */

static void take(struct ops *o, struct sample *sample)
{
    struct sampler *s = &o->sampler;
    struct timer_snapshot now[TIMER_COUNT];
    for (unsigned t = 0; t < TIMER_COUNT; t++)
        now[t] = timer_metric_get((enum timer_metric)t);
    mutex_lock(&o->lock);
    for (unsigned i = 0; i < FIGURES_COUNT; i++) {
        const struct figure *f = &figures[i];
        sample->has[i] = true;
        if (f->fold == FOLD_LAST) {
            sample->values[i] = (double)metric_get(f->metric);
        } else if (f->fold == FOLD_SUM) {
            int64_t value = metric_get(f->metric);
            sample->values[i] = (double)(value - s->counted[i]) + s->carry[i];
            s->counted[i] = value;
            s->carry[i] = 0;
        } else if (now[f->timer].count > s->seen[f->timer].count) {
            s->last[i] = timer_quantile_ms(&s->seen[f->timer], &now[f->timer], f->quantile);
            sample->values[i] = s->last[i];
        } else {
            sample->has[i] = false; /* nothing was measured: no value is the truth, 0 ms is not */
        }
    }
    for (unsigned t = 0; t < TIMER_COUNT; t++)
        s->seen[t] = now[t];
    mutex_unlock(&o->lock);
    metric_set(METRIC_outbox_max_bytes, 0); /* the largest since the last sample */
    metric_set(METRIC_loop_lag_ms, 0);
}

static enum err sample_run(struct db *db, void *data)
{
    struct sample *sample = data;
    enum err e = ERR_OK;
    for (unsigned s = 0; s < STEPS_COUNT; s++)
        for (unsigned i = 0; i < FIGURES_COUNT && e == ERR_OK; i++) {
            if (!sample->has[i])
                continue;
            int64_t step_ms = steps[s].s * 1000;
            struct query *q = db_query(db, QUERY_OPS_SAMPLE_FOLD);
            query_int(q, 1, steps[s].s);
            query_text(q, 2, text_of(figures[i].name));
            query_int(q, 3, sample->time_ms / step_ms * step_ms);
            query_double(q, 4, sample->values[i]);
            query_int(q, 5, figures[i].fold);
            e = query_run(q);
        }
    return e;
}

/* What could not be stored of the counters is in the next sample. */
static void sample_done(void *data, enum err e)
{
    struct sample *sample = data;
    struct ops *o = sample->ops;
    mutex_lock(&o->lock);
    for (unsigned i = 0; e != ERR_OK && i < FIGURES_COUNT; i++)
        if (figures[i].fold == FOLD_SUM)
            o->sampler.carry[i] += sample->values[i];
    mutex_unlock(&o->lock);
    free(sample);
}

void sampler_tick(struct ops *o, int64_t wall_ms)
{
    if (wall_ms / SAMPLE_MS == o->sampler.step)
        return;
    struct sample *sample = calloc(1, sizeof *sample);
    if (!sample)
        return; /* the next tick tries again */
    o->sampler.step = wall_ms / SAMPLE_MS;
    sample->ops = o;
    sample->time_ms = o->sampler.step * SAMPLE_MS;
    take(o, sample);
    enum err e = writer_submit(o->store, (struct job){sample_run, sample_done, sample});
    if (e != ERR_OK)
        sample_done(sample, e);
}
