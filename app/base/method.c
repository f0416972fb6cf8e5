#include "base/method.h"

#include "base/buf.h"
#include "base/must.h"

const struct arg *args_get(const struct args *a, const char *name)
{
    for (size_t i = 0; i < a->method->params_count; i++)
        if (strcmp(a->method->params[i].name, name) == 0)
            return &a->at[i];
    must_failed("a handler asks for a declared parameter", name, 0);
}

void reply_json(struct reply r, struct text json)
{
    reply_send(r, &(struct outcome){.err = ERR_OK, .json = json});
}

void reply_buf(struct reply r, struct buf *json)
{
    if (json->err == ERR_OK)
        reply_json(r, buf_text(json));
    else
        reply_error(r, json->err);
    buf_fini(json);
}

void reply_error(struct reply r, enum err e)
{
    reply_send(r, &(struct outcome){.err = e});
}

void reply_fault(struct reply r, enum err e, const char *field, const char *message)
{
    reply_send(r,
               &(struct outcome){.err = e, .field = text_of(field), .message = text_of(message)});
}

void method_table_add(struct method_table *t, struct method_set set)
{
    must(t->count < METHOD_SETS_MAX);
    t->sets[t->count++] = set;
}

const struct method *method_find(const struct method_table *t, struct text name, void **out_ctx)
{
    for (size_t s = 0; s < t->count; s++)
        for (size_t m = 0; m < t->sets[s].count; m++)
            if (text_is(name, text_of(t->sets[s].methods[m].name))) {
                *out_ctx = t->sets[s].ctx;
                return &t->sets[s].methods[m];
            }
    return NULL;
}
