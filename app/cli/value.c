#include "cli/value.h"

#define TEN_YEARS_MS (INT64_C(3660) * 24 * 3600 * 1000)

bool value_count(struct text t, int64_t max, int64_t *out)
{
    int64_t n = text_number(t);
    if (n < 0)
        return false;
    *out = n;
    return n <= max;
}

/* Takes digits off the front. */
static struct text take_digits(struct text *t)
{
    size_t n = 0;
    while (n < t->len && t->data[n] >= '0' && t->data[n] <= '9')
        n++;
    struct text digits = {t->data, n};
    *t = text_after(*t, n);
    return digits;
}

static int64_t take_unit_ms(struct text *t)
{
    static const struct {
        struct text name;
        int64_t ms;
    } units[] = {
        {{"ms", 2}, 1},      {{"s", 1}, 1000},     {{"m", 1}, 60000},
        {{"h", 1}, 3600000}, {{"d", 1}, 86400000},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (text_starts(*t, units[i].name)) {
            *t = text_after(*t, units[i].name.len);
            return units[i].ms;
        }
    }
    return 0;
}

bool value_duration(struct text t, int64_t *out_ms)
{
    int64_t sum_ms = 0;
    if (text_is(t, TEXT("0"))) {
        *out_ms = 0;
        return true;
    }
    if (t.len == 0)
        return false;
    while (t.len > 0) {
        int64_t n;
        if (!value_count(take_digits(&t), TEN_YEARS_MS, &n))
            return false;
        int64_t unit_ms = take_unit_ms(&t);
        if (unit_ms == 0 || n > TEN_YEARS_MS / unit_ms)
            return false;
        sum_ms += n * unit_ms;
        if (sum_ms > TEN_YEARS_MS)
            return false;
    }
    *out_ms = sum_ms;
    return true;
}

bool value_rate(struct text t, double *out)
{
    int64_t whole, part = 0;
    struct text digits = take_digits(&t);
    double scale = 1;
    if (!value_count(digits, 1000000000, &whole))
        return false;
    if (t.len > 0) {
        if (t.data[0] != '.')
            return false;
        t = text_after(t, 1);
        digits = take_digits(&t);
        if (t.len > 0 || digits.len > 9 || !value_count(digits, 999999999, &part))
            return false;
        for (size_t i = 0; i < digits.len; i++)
            scale *= 10;
    }
    *out = (double)whole + (double)part / scale;
    return true;
}

bool value_switch(struct text t, bool *out)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_is_nocase(t, text_of(words[i]))) {
            *out = i % 2 == 1;
            return true;
        }
    }
    return false;
}

#define DISTANCE_LEN 64

unsigned value_distance(struct text a, struct text b)
{
    unsigned row[DISTANCE_LEN + 1];
    if (a.len > DISTANCE_LEN || b.len > DISTANCE_LEN)
        return 99;
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned change = diagonal + (a.data[i - 1] != b.data[j - 1]);
            unsigned put = row[j - 1] + 1, take = row[j] + 1;
            diagonal = row[j];
            row[j] = change < put ? change : put;
            row[j] = take < row[j] ? take : row[j];
        }
    }
    return row[b.len];
}
