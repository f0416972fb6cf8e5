#include "load/report.h"

#include "load/report_json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define SLOW_NS 100000000 /* p99 that people feel */
#define LATE_NS 20000000

/* ---- the verdict */

static __attribute__((format(printf, 2, 3))) void add(char *why, const char *format, ...)
{
    size_t len = strlen(why);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why + len, REPORT_WHY_SIZE - len, format, args);
    va_end(args);
}

static void add_count(char *why, uint64_t n, const char *what)
{
    if (n > 0)
        add(why, "%s%" PRIu64 " %s", why[0] ? ", " : "", n, what);
}

bool report_judge(const struct load_options *o, const struct figures *f, char why[REPORT_WHY_SIZE])
{
    bool idle = o->workload->kind == LOAD_IDLE;
    why[0] = 0;
    add_count(why, f->failed, "connections could not be made");
    add_count(why, f->closed, "connections ended by themselves");
    add_count(why, f->lost, o->workload->kind == LOAD_STORM ? "log-ins did not end well" : "lost");
    add_count(why, f->doubled, "doubled");
    add_count(why, f->out_of_order, "out of order");
    add_count(why, f->stray, "that were for somebody else");
    add_count(why, f->refused, "refused");
    add_count(why, f->unsent, "could not be sent: the server does not read");
    if (why[0] == 0 && !idle && f->received == 0)
        add(why, "nothing came");
    if (why[0] == 0 && !idle && f->received != f->expected)
        add(why, "%" PRIu64 " came instead of %" PRIu64, f->received, f->expected);
    if (why[0] == 0 && f->trouble.total > 0)
        add(why, "%s", f->trouble.kinds[0].what);
    if (why[0] == 0)
        return true;
    add(why, ".");
    return false;
}

/* ---- for people */

/* 1234567 as "1,234,567". */
static const char *grouped(uint64_t n, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *at = out;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = 0;
    return out;
}

static void row(const char *name, uint64_t n, const char *after)
{
    char text[32];
    (void)printf("  %-16s %12s%s\n", name, grouped(n, text), after);
}

static void row_rate(const char *name, uint64_t n, int64_t ns)
{
    char rate[32], after[64];
    (void)snprintf(after, sizeof after, "  %s/s", grouped((uint64_t)figures_per_s(n, ns), rate));
    row(name, n, after);
}

static void print_latency(const struct load_options *o, const struct figures *f)
{
    const char *what = o->workload->kind == LOAD_STORM   ? "log-in, ms"
                       : o->workload->kind == LOAD_POSTS ? "stored, ms"
                                                         : "on the way, ms";
    if (f->latency.total > 0)
        (void)printf("  %-16s p50 %.2f  p90 %.2f  p99 %.2f  max %.2f\n", what,
                     (double)histogram_at(&f->latency, 500) / 1e6,
                     (double)histogram_at(&f->latency, 900) / 1e6,
                     (double)histogram_at(&f->latency, 990) / 1e6, (double)f->latency.max_ns / 1e6);
}

static void print_table(const struct load_options *o, const struct figures *f)
{
    char after[64];
    enum load_kind kind = o->workload->kind;
    if (kind != LOAD_STORM) {
        (void)snprintf(after, sizeof after, "  in %.2f s", figures_s(f->connect_ns));
        row("connections", f->connections, after);
    }
    if (kind == LOAD_TRAFFIC) {
        if (o->rooms > 1)
            row("rooms", (uint64_t)o->rooms, "");
        row_rate("sent", f->sent, f->round_ns);
        row("expected", f->expected, "");
    }
    if (kind == LOAD_IDLE)
        (void)printf("  %-16s %12.1f s\n", "stayed", figures_s(f->round_ns));
    else
        row_rate(kind == LOAD_STORM   ? "log-ins"
                 : kind == LOAD_POSTS ? "stored"
                                      : "received",
                 f->received, f->round_ns);
    if (kind == LOAD_TRAFFIC || kind == LOAD_POSTS) {
        row("lost", f->lost, "");
        row("doubled", f->doubled, "");
        row("out of order", f->out_of_order, "");
    }
    print_latency(o, f);
    if (kind == LOAD_TRAFFIC)
        (void)printf("  %-16s %12.2f\n", "messages a frame", figures_per_frame(f));
    (void)printf("  %-16s %12.2f s of CPU here (%.0f %%)\n\n", "generator", figures_s(f->cpu_ns),
                 f->round_ns > 0 ? 100 * (double)f->cpu_ns / (double)f->round_ns : 0);
}

static void print_looks(const struct figures *f)
{
    char text[32];
    for (enum look_name i = 0; i < LOOK_COUNT && f->looked; i++) {
        int64_t value = look_change(&f->before, &f->after, i);
        if (value > 0)
            (void)printf("  The server says: %s %s.\n", grouped((uint64_t)value, text),
                         look_words(i));
    }
}

static const char *advice(const char *what)
{
    static const struct {
        const char *part, *advice;
    } rows[] = {
#define ADVICE(part, advice) {part, advice},
#include "load/advice.def"
#undef ADVICE
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strstr(what, rows[i].part))
            return rows[i].advice;
    return NULL;
}

/* What looks wrong, and what may be done about it. */
static void print_notes(const struct load_options *o, const struct figures *f)
{
    char text[32];
    for (size_t i = 0; i < f->trouble.kinds_count; i++) {
        const char *what = f->trouble.kinds[i].what, *help = advice(what);
        (void)printf("  %s times: %s%s%s.\n", grouped(f->trouble.kinds[i].count, text), what,
                     help ? ": " : "", help ? help : "");
    }
    if (f->retried > 0)
        (void)printf(
            "  %s times the server wanted to be asked again a moment later (limits.sends?).\n",
            grouped(f->retried, text));
    if (histogram_at(&f->latency, 990) > SLOW_NS)
        (void)printf("  Slow: one in a hundred took more than %.0f ms.\n",
                     (double)histogram_at(&f->latency, 990) / 1e6);
    if (f->round_ns > 0 && f->cpu_ns * 10 > f->round_ns * 9)
        (void)printf("  This program had no CPU left: the server may be faster than it looks.\n");
    if (f->late_max_ns > LATE_NS)
        (void)printf("  This program was up to %.0f ms late with what it sent: the times are "
                     "those of a machine that is busy.\n",
                     (double)f->late_max_ns / 1e6);
    if (o->deflate && f->frames > 0 && f->compressed == 0)
        (void)printf("  The server compressed nothing.\n");
    if (f->interrupted)
        (void)printf("  It was ended early by a signal.\n");
}

/* ---- */

void report_up(const struct load_options *o, const struct figures *f)
{
    char text[32];
    if (o->json) {
        report_json_up(o, f);
    } else if (o->workload->kind == LOAD_IDLE) {
        (void)printf("up: %s connections\n", grouped(f->connections, text));
        (void)fflush(stdout);
    }
}

int report_done(const struct load_options *o, const struct figures *f, const char *error)
{
    char why[REPORT_WHY_SIZE];
    bool ok = report_judge(o, f, why) && error[0] == 0;
    if (error[0])
        (void)snprintf(why, sizeof why, "%s", error);
    if (o->json) {
        report_json_done(o, f, ok, why);
        return ok ? 0 : 1;
    }
    (void)printf("%s: %s\n\n", o->workload->name, o->workload->sentence);
    if (f->round_ns > 0)
        print_table(o, f);
    print_looks(f);
    print_notes(o, f);
    if (!ok)
        (void)printf("This round does not count: %s\n", why);
    else if (o->workload->kind == LOAD_TRAFFIC)
        (void)printf("Every message came to everybody once and in order.\n");
    else if (o->workload->kind == LOAD_STORM)
        (void)printf("Every log-in went well.\n");
    else if (o->workload->kind == LOAD_IDLE)
        (void)printf("All connections stayed.\n");
    else
        (void)printf("Every acknowledged message is there, once.\n");
    (void)fflush(stdout);
    return ok ? 0 : 1;
}
