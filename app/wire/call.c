#include "wire/call.h"

#include "base/must.h"
#include "wire/json.h"
#include "wire/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PARAMS_DEPTH_MAX 16
#define PARAMS_RAW_DEPTH_MAX 65 /* payloads of 64 levels in them */

struct call {
    const struct method *method;
    bool null_is_absent;
    struct args args;
    struct buf texts; /* decoded parameters; never moves: made as large as all of them at once */
    /* what is wrong: */
    enum err err;
    const char *field;
    char message[160];
};

/* The first fault is the one that is told. */
static __attribute__((format(printf, 3, 4))) void fault(struct call *c, const char *field,
                                                        const char *format, ...)
{
    if (c->err != ERR_OK)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(c->message, sizeof c->message, format, args);
    va_end(args);
    c->err = ERR_BAD_REQUEST;
    c->field = field;
}

static enum err check_right(enum right wanted, const struct actor *actor)
{
    if (wanted == RIGHT_ANY || actor->right == RIGHT_LOCAL)
        return ERR_OK;
    if (wanted == RIGHT_LOCAL)
        return ERR_NO_METHOD;
    if (actor->user_id == 0)
        return ERR_UNAUTHORIZED;
    return wanted == RIGHT_ADMIN && actor->right < RIGHT_ADMIN ? ERR_DENIED : ERR_OK;
}

/* ---- texts */

/* Line ends become \n. It only gets shorter, so it is done in place. */
static struct text unify_line_ends(char *data, size_t len)
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_return = data[i] == '\r';
        if (is_return && i + 1 < len && data[i + 1] == '\n')
            continue;
        data[out] = data[i];
        if (is_return)
            data[out] = '\n';
        out++;
    }
    return (struct text){data, out};
}

static struct text decode(struct call *c, struct text value)
{
    size_t before = c->texts.len;
    json_string(value, &c->texts);
    must(c->texts.err == ERR_OK && c->texts.data);
    return (struct text){c->texts.data + before, c->texts.len - before};
}

static struct text decode_clean(struct call *c, const char *name, struct text value)
{
    struct text t = decode(c, value);
    if (t.len > 0 && memchr(t.data, 0, t.len))
        fault(c, name, "%s must not contain U+0000.", name);
    return text_trim(unify_line_ends(c->texts.data + (t.data - c->texts.data), t.len));
}

static void check_bounds(struct call *c, const struct param *p, size_t n, const char *unit)
{
    if ((int64_t)n >= p->min && (int64_t)n <= p->max)
        return;
    if (p->min > 0)
        fault(c, p->name, "%s must have %lld to %lld %s.", p->name, (long long)p->min,
              (long long)p->max, unit);
    else
        fault(c, p->name, "%s must have at most %lld %s.", p->name, (long long)p->max, unit);
}

/* U+0000-001F, U+007F and U+0080-009F (C2 80-9F in UTF-8). */
static bool has_control(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char b = (unsigned char)t.data[i];
        if (b < ' ' || b == 0x7f)
            return true;
        if (b == 0xc2 && i + 1 < t.len && (unsigned char)t.data[i + 1] < 0xa0)
            return true;
    }
    return false;
}

static void read_text(struct call *c, const struct param *p, struct text value, struct arg *out)
{
    if (json_kind(value) != JSON_STRING) {
        fault(c, p->name, "%s must be a text.", p->name);
    } else if (p->type == PARAM_TEXT) {
        out->text = decode_clean(c, p->name, value);
        check_bounds(c, p, utf8_length(out->text), "characters");
    } else {
        out->text = decode(c, value);
        if (has_control(out->text))
            fault(c, p->name, "%s must not contain control characters.", p->name);
        check_bounds(c, p, out->text.len, "bytes");
    }
}

static void read_list(struct call *c, const struct param *p, struct text value, struct arg *out)
{
    if (json_kind(value) != JSON_ARRAY) {
        fault(c, p->name, "%s must be a list of texts.", p->name);
        return;
    }
    size_t count = 0;
    struct text rest = value, element;
    while (json_element(&rest, &element))
        count++;
    check_bounds(c, p, count, "entries");
    if (c->err != ERR_OK || count == 0)
        return;
    out->items = calloc(count, sizeof *out->items);
    if (!out->items) {
        c->err = ERR_NOMEM;
        return;
    }
    for (rest = value; json_element(&rest, &element); out->count++) {
        if (json_kind(element) == JSON_STRING)
            out->items[out->count] = decode_clean(c, p->name, element);
        if (out->items[out->count].len == 0)
            fault(c, p->name, "%s must be a list of texts that are not empty.", p->name);
    }
}

/* ---- everything else */

static void read_id(struct call *c, const struct param *p, struct text value, struct arg *out)
{
    if (json_kind(value) == JSON_STRING) {
        struct text digits = decode(c, value);
        if (digits.len == 0 && !p->required) {
            out->given = false;
            return;
        }
        out->number = text_id(digits);
    } else if (!json_int(value, 1, INT64_MAX, &out->number)) {
        out->number = 0;
    }
    if (out->number == 0)
        fault(c, p->name, "%s must be an id.", p->name);
}

static void read_members(struct call *c, const char *prefix, struct text object);

static void read_raw(struct call *c, const struct param *p, struct text value, struct arg *out)
{
    out->text = value;
    check_bounds(c, p, value.len, "bytes");
    if (p->type == PARAM_JSON)
        return;
    if (json_kind(value) != JSON_OBJECT)
        fault(c, p->name, "%s must be an object.", p->name);
    else
        read_members(c, p->name, value);
}

static void read_param(struct call *c, const struct param *p, struct text value, struct arg *out)
{
    if (c->null_is_absent && p->type != PARAM_JSON && json_kind(value) == JSON_NULL)
        return;
    if (out->given) {
        fault(c, p->name, "%s is given twice.", p->name);
        return;
    }
    out->given = true;
    switch (p->type) {
    case PARAM_TEXT:
    case PARAM_RAW:
        read_text(c, p, value, out);
        break;
    case PARAM_ID:
        read_id(c, p, value, out);
        break;
    case PARAM_INT:
        if (!json_int(value, p->min, p->max, &out->number))
            fault(c, p->name, "%s must be a whole number from %lld to %lld.", p->name,
                  (long long)p->min, (long long)p->max);
        break;
    case PARAM_BOOL:
        out->number = value.data[0] == 't';
        if (json_kind(value) != JSON_BOOL)
            fault(c, p->name, "%s must be true or false.", p->name);
        break;
    case PARAM_TEXTS:
        read_list(c, p, value, out);
        break;
    case PARAM_JSON:
    case PARAM_OBJECT:
        read_raw(c, p, value, out);
        break;
    }
}

/* Whether `name` is that of `key` in the object `prefix` ("" is the outermost). */
static bool is_member(const char *name, const char *prefix, const char *key)
{
    size_t len = strlen(prefix);
    if (len > 0 && (strncmp(name, prefix, len) != 0 || name[len++] != '.'))
        return false;
    return !strchr(key, '.') && strcmp(name + len, key) == 0;
}

static void read_members(struct call *c, const char *prefix, struct text object)
{
    const struct method *m = c->method;
    struct json_member member;
    while (c->err == ERR_OK && json_member(&object, &member))
        for (size_t i = 0; i < m->params_count; i++)
            if (is_member(m->params[i].name, prefix, member.key))
                read_param(c, &m->params[i], member.value, &c->args.at[i]);
}

/* A member of an object is missed only where its object is given. */
static bool is_missed(const struct call *c, size_t at)
{
    const struct method *m = c->method;
    const char *name = m->params[at].name, *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < at; i++)
        if (strncmp(m->params[i].name, name, (size_t)(dot - name)) == 0 &&
            m->params[i].name[dot - name] == 0)
            return c->args.at[i].given;
    return true;
}

static unsigned depth_of(const struct method *m)
{
    for (size_t i = 0; i < m->params_count; i++)
        if (m->params[i].type == PARAM_JSON || m->params[i].type == PARAM_OBJECT)
            return PARAMS_RAW_DEPTH_MAX;
    return PARAMS_DEPTH_MAX;
}

static void read_params(struct call *c, struct text params)
{
    const struct method *m = c->method;
    must(m->params_count <= ARGS_MAX);
    if (!json_valid(params, depth_of(m)) || json_kind(json_skip_space(params)) != JSON_OBJECT) {
        fault(c, NULL, "The parameters must be a JSON object.");
        return;
    }
    if (!buf_space(&c->texts, params.len)) {
        c->err = ERR_NOMEM;
        return;
    }
    read_members(c, "", params);
    for (size_t i = 0; i < m->params_count; i++) {
        const struct param *p = &m->params[i];
        if (c->args.at[i].given)
            continue;
        if (p->required && is_missed(c, i))
            fault(c, p->name, "%s is missing.", p->name);
        if (p->type == PARAM_INT || p->type == PARAM_BOOL)
            c->args.at[i].number = p->fallback;
    }
}

void method_call(const struct method_table *t, struct text name, struct text params,
                 const struct actor *actor, struct reply reply)
{
    void *ctx = NULL;
    const struct method *m = method_find(t, name, &ctx);
    enum err e = m ? check_right(m->right, actor) : ERR_NO_METHOD;
    if (e != ERR_OK) {
        reply_error(reply, e);
        return;
    }
    if (params.len == 0)
        params = TEXT("{}");
    struct call c = {.method = m, .null_is_absent = t->null_is_absent, .args = {.method = m}};
    for (size_t i = 0; i < ARGS_MAX; i++)
        c.args.at[i].text = TEXT_NONE;
    buf_init(&c.texts, params.len);
    read_params(&c, params);
    int64_t retry_ms = 0;
    if (c.err != ERR_OK)
        reply_fault(reply, c.err, c.field, c.message);
    else if (t->may_spend && !t->may_spend(t->spend_ctx, actor, m->cost, &retry_ms))
        reply_send(reply, &(struct outcome){.err = ERR_BUSY, .retry_ms = retry_ms});
    else
        m->handler(ctx, actor, &c.args, reply);
    for (size_t i = 0; i < m->params_count; i++)
        free(c.args.at[i].items);
    buf_fini(&c.texts);
}
