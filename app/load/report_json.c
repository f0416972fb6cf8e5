#include "load/report_json.h"

#include "wire/json.h"

#include <stdio.h>

#define REPORT_MAX 65536

static void begin_line(struct json_writer *w, struct buf *out, const char *phase,
                       const struct load_options *o, const struct figures *f)
{
    buf_init(out, REPORT_MAX);
    json_begin(w, out);
    json_open(w, NULL, '{');
    json_add_text(w, "phase", text_of(phase));
    json_add_text(w, "workload", text_of(o->workload->name));
    json_add_text(w, "dialect", o->plain ? TEXT("plain") : TEXT("centrifuge"));
    json_add_text(w, "url", text_of(o->url));
    json_add_bool(w, "tls", o->target.tls);
    json_add_bool(w, "deflate", o->deflate);
    json_add_int(w, "size", o->size);
    json_add_int(w, "rate", o->rate);
    json_add_int(w, "in_flight", o->in_flight);
    json_add_int(w, "rooms", o->rooms);
    json_add_int(w, "connections", (int64_t)f->connections);
    json_add_double(w, "connect_s", figures_s(f->connect_ns));
}

static void end_line(struct json_writer *w, struct buf *out)
{
    json_close(w, '}');
    if (out->err == ERR_OK)
        (void)printf("%.*s\n", TEXT_ARG(buf_text(out)));
    (void)fflush(stdout); /* whoever reads acts on it now */
    buf_fini(out);
}

static void add_counts(struct json_writer *w, const struct figures *f)
{
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"sent", f->sent},
        {"expected", f->expected},
        {"received", f->received},
        {"lost", f->lost},
        {"doubled", f->doubled},
        {"out_of_order", f->out_of_order},
        {"stray", f->stray},
        {"refused", f->refused},
        {"unsent", f->unsent},
        {"retried", f->retried},
        {"failed", f->failed},
        {"closed", f->closed},
        {"frames", f->frames},
        {"compressed", f->compressed},
        {"bytes_in", f->bytes_in},
        {"bytes_out", f->bytes_out},
        {"p50_us", (uint64_t)histogram_at(&f->latency, 500) / 1000},
        {"p90_us", (uint64_t)histogram_at(&f->latency, 900) / 1000},
        {"p99_us", (uint64_t)histogram_at(&f->latency, 990) / 1000},
        {"max_us", (uint64_t)f->latency.max_ns / 1000},
        {"late_max_us", (uint64_t)f->late_max_ns / 1000},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        json_add_int(w, counts[i].name, (int64_t)counts[i].value);
}

static void add_looks(struct json_writer *w, const struct figures *f)
{
    for (enum look_name i = 0; i < LOOK_COUNT && f->looked; i++) {
        char name[64];
        int64_t value = look_change(&f->before, &f->after, i);
        (void)snprintf(name, sizeof name, "server_%s", look_label(i));
        if (value >= 0)
            json_add_int(w, name, value);
    }
}

void report_json_done(const struct load_options *o, const struct figures *f, bool ok,
                      const char *why)
{
    struct buf out;
    struct json_writer w;
    begin_line(&w, &out, "done", o, f);
    json_add_bool(&w, "ok", ok);
    json_add_text(&w, "why", text_of(why));
    json_add_double(&w, "seconds", figures_s(f->round_ns));
    add_counts(&w, f);
    json_add_double(&w, "sent_per_s", figures_per_s(f->sent, f->round_ns));
    json_add_double(&w, "received_per_s", figures_per_s(f->received, f->round_ns));
    json_add_double(&w, "messages_per_frame", figures_per_frame(f));
    json_add_double(&w, "cpu_s", figures_s(f->cpu_ns));
    add_looks(&w, f);
    json_add_bool(&w, "interrupted", f->interrupted);
    json_open(&w, "trouble", '[');
    for (size_t i = 0; i < f->trouble.kinds_count; i++) {
        json_open(&w, NULL, '{');
        json_add_text(&w, "what", text_of(f->trouble.kinds[i].what));
        json_add_int(&w, "count", (int64_t)f->trouble.kinds[i].count);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    end_line(&w, &out);
}

void report_json_up(const struct load_options *o, const struct figures *f)
{
    struct buf out;
    struct json_writer w;
    begin_line(&w, &out, "up", o, f);
    end_line(&w, &out);
}
