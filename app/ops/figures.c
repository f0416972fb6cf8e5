#include "ops/figures.h"

const struct figure figures[FIGURES_COUNT] = {
#define GAUGE(name) {#name, FOLD_LAST, METRIC_##name, TIMER_COUNT, 0},
#define COUNTER(name) {#name, FOLD_SUM, METRIC_##name, TIMER_COUNT, 0},
#define QUANTILE(name, timer, q) {#name, FOLD_MAX, METRIC_COUNT, TIMER_##timer, q},
#include "ops/figures.def"
#undef GAUGE
#undef COUNTER
#undef QUANTILE
};

enum figure_id figure_find(struct text name)
{
    unsigned i = 0;
    while (i < FIGURES_COUNT && !text_is(name, text_of(figures[i].name)))
        i++;
    return (enum figure_id)i;
}

double figure_fold(enum fold how, double earlier, double later)
{
    if (how == FOLD_SUM)
        return earlier + later;
    return how == FOLD_MAX && earlier > later ? earlier : later;
}
