/* ready: whether the server can do its work, and why not; what it is like now. */
#include "ops/inside.h"
#include "store/store.h"

#define STALL_MS 5000

bool ops_ready(struct ops *o, struct buf *why)
{
    struct store_status s = store_status(o->store);
    int64_t now_ms =
        env_monotonic_ms(&env_real); /* the store's clock may be another than a test's */
    bool fine = true;
    if (s.read_only) {
        buf_add_format(why, "disk full: %lld bytes free, messages can be read but not sent\n",
                       (long long)s.disk_free_bytes);
        fine = false;
    } else if (!s.writable) {
        buf_add_text(why, TEXT("database cannot be written\n"));
        fine = false;
    }
    if (s.writer_busy_since && now_ms - s.writer_busy_since >= STALL_MS) {
        buf_add_format(why, "database has been busy with one transaction for %lld s\n",
                       (long long)((now_ms - s.writer_busy_since) / 1000));
        fine = false;
    }
    int64_t ticked_ms = atomic_load(&o->ticked_ms);
    if (ticked_ms && env_monotonic_ms(o->env) - ticked_ms >= STALL_MS) {
        buf_add_text(why, TEXT("ticker has not ticked for 5 s\n"));
        fine = false;
    }
    if (o->options.alive && !o->options.alive(o->options.ctx, why))
        fine = false;
    return fine;
}

const char *ops_level(struct ops *o)
{
    return store_status(o->store).read_only ? "readonly" : "normal";
}

void ops_now(struct ops *o, struct buf *out)
{
    double values[FIGURES_COUNT];
    sampler_now(o, values);
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    for (unsigned i = 0; i < FIGURES_COUNT; i++)
        json_add_double(&w, figures[i].name, values[i]);
    json_close(&w, '}');
}
