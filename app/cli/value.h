/* value: the values of options, as people write them. */
#ifndef SNUG_CLI_VALUE_H
#define SNUG_CLI_VALUE_H

#include "base/text.h"

/* "25s", "1m30s", "500ms", "24h", "30d", "0": milliseconds. False: no duration, or more than ten years. */
bool value_duration(struct text t, int64_t *out_ms);

/* Digits, up to max. */
bool value_count(struct text t, int64_t max, int64_t *out);

/* "0.2", "500": not negative, at most a billion. */
bool value_rate(struct text t, double *out);

/* true, false, yes, no, on, off, 1, 0. */
bool value_switch(struct text t, bool *out);

/* How many letters must be put in, taken out or changed to make one of the other; at most 99. */
unsigned value_distance(struct text a, struct text b);

#endif
