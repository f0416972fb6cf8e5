/* figures: the one list of what metrics.query, the samples and an agent's look at the server tell. */
#ifndef SNUG_OPS_FIGURES_H
#define SNUG_OPS_FIGURES_H

#include "base/metrics.h"
#include "base/text.h"

enum figure_id {
#define GAUGE(name) FIGURE_##name,
#define COUNTER(name) FIGURE_##name,
#define QUANTILE(name, timer, q) FIGURE_##name,
#include "ops/figures.def"
#undef GAUGE
#undef COUNTER
#undef QUANTILE
    FIGURES_COUNT
};

/* How several samples become one: the last value, the sum, the largest. */
enum fold { FOLD_LAST, FOLD_SUM, FOLD_MAX };

struct figure {
    const char *name;
    enum fold fold;
    enum metric metric;      /* of FOLD_LAST and FOLD_SUM */
    enum timer_metric timer; /* of FOLD_MAX */
    double quantile;
};

extern const struct figure figures[FIGURES_COUNT];

/* The figure of that name, or FIGURES_COUNT. */
enum figure_id figure_find(struct text name);

/* Two values of one figure as one. */
double figure_fold(enum fold how, double earlier, double later);

struct sampler {
    int64_t counted[FIGURES_COUNT]; /* of each counter: up to here it is in a sample */
    int64_t base[FIGURES_COUNT];    /* of each counter: at the start */
    double carry[FIGURES_COUNT];    /* of each counter: sampled, but not stored */
    double last[FIGURES_COUNT];     /* of each quantile: the last one there was */
    struct timer_snapshot seen[TIMER_COUNT];
    int64_t step; /* number of the newest 10 seconds that are sampled */
};

#endif
