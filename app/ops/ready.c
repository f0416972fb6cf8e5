/* ready: whether the server can do its work, and why not; what it is like now. */
#include "ops/inside.h"
#include "store/store.h"

bool ops_ready(struct ops *o, struct buf *why)
{
    struct store_status s = store_status(o->store);
    bool fine = true;
    if (level_now(o->options.level) != LEVEL_NORMAL) {
        level_write(o->options.level, why);
        fine = false;
    }
    if (!s.writable && !s.read_only) {
        buf_add_text(why, TEXT("database cannot be written\n"));
        fine = false;
    }
    if (o->options.alive && !o->options.alive(o->options.ctx, why))
        fine = false;
    return fine;
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
