#include "chat/facts.h"

#include "base/must.h"
#include "wire/json.h"

#include <strings.h>

static bool has_scheme(struct text text, struct text scheme)
{
    for (; text.len > scheme.len; text = text_after(text, 1))
        if (strncasecmp(text.data, scheme.data, scheme.len) == 0)
            return true;
    return false;
}

unsigned facts_of(struct text text, struct text files)
{
    unsigned facts = files.len > 0 ? FACT_FILE : 0;
    if (has_scheme(text, TEXT("http://")) || has_scheme(text, TEXT("https://")))
        facts |= FACT_LINK;
    const char *first = text.len ? memchr(text.data, '`', text.len) : NULL;
    const char *last = text.len ? memrchr(text.data, '`', text.len) : NULL;
    if (last - first > 1)
        facts |= FACT_CODE;
    return facts;
}

struct text facts_names(struct text files, struct buf *out)
{
    struct text file;
    buf_clear(out);
    while (files.len > 0 && json_element(&files, &file)) {
        if (out->len > 0)
            buf_add_char(out, '\n');
        struct text name = json_find(file, "name");
        if (name.len > 0)
            json_string(name, out);
    }
    return buf_text(out);
}

/* ---- days */

struct date {
    int year, month, day; /* month and day from 1 */
};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static int year_days(int year)
{
    return is_leap(year) ? 366 : 365;
}

static struct date date_of(int64_t day)
{
    struct date d = {.year = 1970, .month = 1};
    for (; day >= year_days(d.year); d.year++)
        day -= year_days(d.year);
    for (; day >= month_days(d.year, d.month); d.month++)
        day -= month_days(d.year, d.month);
    d.day = (int)day + 1;
    return d;
}

static bool digits(struct text t, size_t at, size_t n, int *out)
{
    *out = 0;
    for (size_t i = at; i < at + n; i++) {
        if (t.data[i] < '0' || t.data[i] > '9')
            return false;
        *out = *out * 10 + (t.data[i] - '0');
    }
    return true;
}

int64_t day_read(struct text t)
{
    struct date d;
    if (t.len != 10 || t.data[4] != '-' || t.data[7] != '-' || !digits(t, 0, 4, &d.year) ||
        !digits(t, 5, 2, &d.month) || !digits(t, 8, 2, &d.day))
        return -1;
    if (d.year < 1970 || d.year > 2100 || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > month_days(d.year, d.month))
        return -1;
    int64_t day = d.day - 1;
    for (int year = 1970; year < d.year; year++)
        day += year_days(year);
    for (int month = 1; month < d.month; month++)
        day += month_days(d.year, month);
    return day;
}

static int64_t day_of(int64_t ms)
{
    int64_t day = ms < 0 ? 0 : ms / DAY_MS;
    return day < DAYS_END ? day : DAYS_END - 1;
}

/* The largest of year, month and day that begins with `day` and ends before `end`. Returns its days. */
static int64_t add_period(struct buf *out, int64_t day, int64_t end)
{
    struct date d = date_of(day);
    if (d.day == 1 && d.month == 1 && day + year_days(d.year) <= end) {
        buf_add_format(out, "y%04d", d.year);
        return year_days(d.year);
    }
    if (d.day == 1 && day + month_days(d.year, d.month) <= end) {
        buf_add_format(out, "m%04d%02d", d.year, d.month);
        return month_days(d.year, d.month);
    }
    buf_add_format(out, "d%04d%02d%02d", d.year, d.month, d.day);
    return 1;
}

void facts_add_days(struct buf *out, int64_t since_ms, int64_t until_ms)
{
    must(since_ms < until_ms);
    int64_t end = day_of(until_ms - 1) + 1;
    buf_add_text(out, TEXT("facts : ("));
    for (int64_t day = day_of(since_ms), first = day; day < end;) {
        if (day > first)
            buf_add_text(out, TEXT(" OR "));
        day += add_period(out, day, end);
    }
    buf_add_char(out, ')');
}
