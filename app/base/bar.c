#include "base/bar.h"

#include "base/env.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 30
#define REDRAW_MS 100

/* "1.5 MB", or the number alone. */
static void write_amount(enum bar_unit unit, int64_t n, char out[32])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    if (unit != BAR_BYTES) {
        (void)snprintf(out, 32, "%lld", (long long)n);
        return;
    }
    double value = (double)n;
    unsigned i = 0;
    while (value >= 1000 && i + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        i++;
    }
    (void)snprintf(out, 32, i == 0 ? "%.0f %s" : "%.1f %s", value, units[i]);
}

/* In all of them `done` may be a little over `total`: both grow while they are read. */
static void draw(const struct bar *p, int64_t done, int64_t total)
{
    char is[32], of[32], drawn[WIDTH + 1];
    write_amount(p->unit, done, is);
    write_amount(p->unit, total, of);
    double share = total > 0 ? (double)done / (double)total : 0;
    share = share > 1 ? 1 : share < 0 ? 0 : share;
    for (int i = 0; i < WIDTH; i++)
        drawn[i] = i < (int)(share * WIDTH) ? '#' : '.';
    drawn[WIDTH] = 0;
    (void)fprintf(stderr, "\r\x1b[K%s", p->word);
    if (total > 0)
        (void)fprintf(stderr, " [%s] %3d %%", drawn, (int)(share * 100));
    if (p->unit != BAR_SHARE)
        (void)(total > 0 ? fprintf(stderr, ", %s of %s", is, of) : fprintf(stderr, ": %s", is));
    (void)fflush(stderr);
}

void bar_show_at(struct bar *p, int64_t now_ms, int64_t done, int64_t total)
{
    if (p->shown_ms > 0 && now_ms - p->shown_ms < REDRAW_MS)
        return;
    p->shown_ms = now_ms;
    if (!isatty(STDERR_FILENO))
        return;
    draw(p, done, total);
    p->drawn = true;
}

void bar_show(void *bar, int64_t done, int64_t total)
{
    bar_show_at(bar, env_monotonic_ms(&env_real), done, total);
}

void bar_end(struct bar *p)
{
    if (p->drawn)
        (void)fprintf(stderr, "\r\x1b[K");
    p->drawn = false;
    p->shown_ms = 0;
}
