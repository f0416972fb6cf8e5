#include "http/outcome.h"

#include "base/metrics.h"
#include "wire/json.h"

#include <stdlib.h>

struct future *outcome_future(void)
{
    return future_new(free);
}

/* The outcome and its texts behind it, in one piece. */
static struct outcome *copy_outcome(const struct outcome *o)
{
    size_t texts = o->json.len + o->message.len + o->field.len + o->cookie.len;
    struct outcome *copy = malloc(sizeof *copy + texts);
    if (!copy)
        return NULL;
    char *at = (char *)(copy + 1);
    *copy = *o;
    copy->json = text_keep(&at, o->json);
    copy->message = text_keep(&at, o->message);
    copy->field = text_keep(&at, o->field);
    copy->cookie = text_keep(&at, o->cookie);
    return copy;
}

static void on_reply(struct reply r, const struct outcome *o)
{
    struct future *f = r.owner;
    struct outcome *copy = copy_outcome(o);
    if (!future_fulfil(f, copy ? ERR_OK : ERR_NOMEM, copy)) {
        free(copy);
        metric_add(METRIC_replies_dropped, 1);
    }
    future_unref(f);
}

struct reply outcome_reply(struct future *f)
{
    return (struct reply){.owner = future_ref(f), .done = on_reply};
}

static void write_error(struct buf *out, const struct outcome *o)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_open(&w, "error", '{');
    json_add_int(&w, "code", err_code(o->err));
    json_add_text(&w, "message", o->message.len ? o->message : text_of(err_text(o->err)));
    if (o->field.len)
        json_add_text(&w, "field", o->field);
    if (o->retry_ms > 0)
        json_add_int(&w, "retry_ms", o->retry_ms);
    json_close(&w, '}');
    json_close(&w, '}');
}

void outcome_write(struct buf *out, const struct outcome *o)
{
    if (o->err != ERR_OK) {
        write_error(out, o);
        return;
    }
    buf_add_text(out, TEXT("{\"result\":"));
    buf_add_text(out, o->json.len ? o->json : TEXT("{}"));
    buf_add_char(out, '}');
}
