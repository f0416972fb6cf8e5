/* Any bytes as parameters: a handler that is called gets only what its table promises, and there is one answer. */
#include "wire/call.h"

#include "base/must.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct param params[] = {
    {.name = "t", .type = PARAM_TEXT, .min = 1, .max = 10},
    {.name = "r", .type = PARAM_RAW, .min = 1, .max = 8},
    {.name = "i", .type = PARAM_ID},
    {.name = "n", .type = PARAM_INT, .min = -3, .max = 200},
    {.name = "b", .type = PARAM_BOOL},
    {.name = "l", .type = PARAM_TEXTS, .min = 1, .max = 3},
};

static unsigned answers;

static void answered(struct reply r, const struct outcome *o)
{
    (void)r;
    answers++;
    must(o->err == ERR_OK || (o->err == ERR_BAD_REQUEST && o->message.len > 0));
}

static void handler(void *ctx, const struct actor *actor, const struct args *a, struct reply reply)
{
    (void)ctx;
    (void)actor;
    struct text t = args_text(a, "t"), r = args_text(a, "r");
    must(!args_given(a, "t") || (utf8_length(t) >= 1 && utf8_length(t) <= 10));
    must(utf8_valid(t) && !memchr(t.data, 0, t.len) && !memchr(t.data, '\r', t.len));
    must(text_is(text_trim(t), t));
    must(!args_given(a, "r") || (r.len >= 1 && r.len <= 8));
    must(utf8_valid(r) && !memchr(r.data, '\n', r.len) && !memchr(r.data, 0, r.len));
    must(args_int(a, "i") > 0 || !args_given(a, "i"));
    must(args_int(a, "n") >= -3 && args_int(a, "n") <= 200);
    must(args_int(a, "b") == 0 || args_int(a, "b") == 1);
    const struct arg *l = args_get(a, "l");
    must(!l->given || (l->count >= 1 && l->count <= 3));
    for (size_t i = 0; i < l->count; i++)
        must(l->items[i].len > 0 && utf8_valid(l->items[i]));
    reply_json(reply, TEXT("{}"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct method method = {
        "m", RIGHT_ANY, 0, params, sizeof params / sizeof params[0], handler};
    static const struct method_table table = {.sets = {{&method, 1, NULL}}, .count = 1};
    struct actor nobody = {.user_id = 0};
    answers = 0;
    method_call(&table, TEXT("m"), (struct text){(const char *)data, size}, &nobody,
                (struct reply){.done = answered});
    must(answers == 1);
    return 0;
}
