#include "wire/tag_filter.h"

#include "wire/decimal.h"
#include "wire/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* In the order of the tables below. */
enum kind { EQ, NEQ, IN, NIN, EX, NEX, SW, EW, CT, LT, LTE, GT, GTE, AND, OR, NOT };

enum wants { NOTHING, VAL, VALS };

static const struct comparison {
    const char *name;
    enum wants wants;
} comparisons[] = {
    [EQ] = {"eq", VAL},     [NEQ] = {"neq", VAL},     [IN] = {"in", VALS},  [NIN] = {"nin", VALS},
    [EX] = {"ex", NOTHING}, [NEX] = {"nex", NOTHING}, [SW] = {"sw", VAL},   [EW] = {"ew", VAL},
    [CT] = {"ct", VAL},     [LT] = {"lt", VAL},       [LTE] = {"lte", VAL}, [GT] = {"gt", VAL},
    [GTE] = {"gte", VAL},
};

static const char *const operators[] = {"and", "or", "not"}; /* from AND on */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A text of the filter: where it is in `texts`. */
struct piece {
    uint16_t at, len;
};

/* Nodes stand in preorder: the first child of i is i + 1, the next one is where that one ends. */
struct node {
    enum kind kind;
    uint16_t end; /* the index behind its last descendant */
    struct piece key;
    uint16_t first_value, value_count; /* in `values` */
};

struct tag_filter { /* and behind it, in the same allocation: */
    const struct node *nodes;
    const struct piece *values;
    const char *texts;
};

/* ---- parsing */

struct parser {
    struct node nodes[TAG_FILTER_NODES_MAX];
    uint16_t node_count;
    struct buf values; /* struct piece */
    struct buf texts;
    enum err err;
    char *error;
};

/* The first fault is the one that is told. */
static __attribute__((format(printf, 2, 3))) void fault(struct parser *p, const char *format, ...)
{
    if (p->err != ERR_OK)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(p->error, TAG_FILTER_ERROR_SIZE, format, args);
    va_end(args);
    p->err = ERR_BAD_REQUEST;
}

static void fault_bytes(struct parser *p)
{
    fault(p, "tf: all key, val and vals together must have at most %d bytes.",
          TAG_FILTER_BYTES_MAX);
}

/* A JSON string, decoded behind the other texts; the empty piece after a fault. */
static struct piece decode(struct parser *p, struct text quoted)
{
    size_t at = p->texts.len;
    json_string(quoted, &p->texts);
    if (p->texts.err == ERR_LIMIT)
        fault_bytes(p);
    else if (p->texts.err != ERR_OK)
        p->err = p->texts.err;
    if (p->err != ERR_OK)
        return (struct piece){0, 0};
    return (struct piece){(uint16_t)at, (uint16_t)(p->texts.len - at)};
}

static struct piece add_text(struct parser *p, struct text quoted)
{
    struct piece text = decode(p, quoted);
    if (p->texts.len > TAG_FILTER_BYTES_MAX)
        fault_bytes(p);
    return text;
}

/* A word that is looked at and not kept: its bytes are there until the next text is decoded. */
static struct text peek_text(struct parser *p, struct text quoted)
{
    struct piece word = decode(p, quoted);
    p->texts.len -= word.len;
    return (struct text){word.len ? p->texts.data + word.at : "", word.len};
}

static void add_value(struct parser *p, struct node *n, struct text quoted)
{
    struct piece value = add_text(p, quoted);
    buf_add(&p->values, &value, sizeof value);
    if (p->values.err != ERR_OK)
        p->err = p->values.err;
    n->value_count++;
}

/* The members of a node as raw JSON; empty: absent. */
struct members {
    struct text op, key, cmp, val; /* strings */
    struct text vals, nodes;       /* arrays */
};

static const struct member {
    const char *name;
    size_t at; /* in struct members */
    enum json_kind kind;
} known[] = {
    {"op", offsetof(struct members, op), JSON_STRING},
    {"key", offsetof(struct members, key), JSON_STRING},
    {"cmp", offsetof(struct members, cmp), JSON_STRING},
    {"val", offsetof(struct members, val), JSON_STRING},
    {"vals", offsetof(struct members, vals), JSON_ARRAY},
    {"nodes", offsetof(struct members, nodes), JSON_ARRAY},
};

/* "" or []. */
static bool is_empty(struct text value)
{
    struct text rest = value, element;
    return json_kind(value) == JSON_STRING ? value.len == 2 : !json_element(&rest, &element);
}

static struct members read_members(struct parser *p, struct text object)
{
    struct members found = {.op = TEXT_NONE};
    unsigned seen = 0;
    struct json_member m;
    while (p->err == ERR_OK && json_member(&object, &m))
        for (size_t i = 0; i < COUNT(known); i++) {
            if (strcmp(known[i].name, m.key) != 0)
                continue;
            if (seen & 1U << i)
                fault(p, "tf: %s is given twice.", m.key);
            seen |= 1U << i;
            if (json_kind(m.value) == JSON_NULL)
                continue;
            if (json_kind(m.value) != known[i].kind)
                fault(p, "tf: %s must be a %s.", m.key,
                      known[i].kind == JSON_STRING ? "text" : "list");
            else if (!is_empty(m.value))
                *(struct text *)((char *)&found + known[i].at) = m.value;
        }
    return found;
}

static bool read_comparison(struct parser *p, struct text cmp, struct node *n)
{
    if (cmp.len == 0) {
        fault(p, "tf: cmp is missing.");
        return false;
    }
    struct text name = peek_text(p, cmp);
    for (size_t i = 0; i < COUNT(comparisons); i++)
        if (text_is(name, text_of(comparisons[i].name))) {
            n->kind = (enum kind)i;
            return true;
        }
    fault(p, "tf: cmp must be eq, neq, in, nin, ex, nex, sw, ew, ct, lt, lte, gt or gte.");
    return false;
}

static void read_vals(struct parser *p, struct node *n, struct text list)
{
    struct text element;
    while (p->err == ERR_OK && json_element(&list, &element)) {
        if (json_kind(element) != JSON_STRING)
            fault(p, "tf: vals must be a list of texts.");
        else if (n->value_count == TAG_FILTER_VALS_MAX)
            fault(p, "tf: vals must have at most %d entries.", TAG_FILTER_VALS_MAX);
        else
            add_value(p, n, element);
    }
}

static void read_leaf(struct parser *p, const struct members *m, struct node *n)
{
    if (m->nodes.len > 0)
        fault(p, "tf: op is missing beside nodes.");
    if (!read_comparison(p, m->cmp, n))
        return;
    const struct comparison *c = &comparisons[n->kind];
    if (m->key.len == 0)
        fault(p, "tf: key is missing, or empty.");
    if (c->wants == VAL && m->val.len == 0)
        fault(p, "tf: val is missing, or empty; %s needs it.", c->name);
    if (c->wants == VALS && m->vals.len == 0)
        fault(p, "tf: vals is missing, or empty; %s needs it.", c->name);
    if (c->wants != VAL && m->val.len > 0)
        fault(p, "tf: val has no meaning for %s.", c->name);
    if (c->wants != VALS && m->vals.len > 0)
        fault(p, "tf: vals has no meaning for %s.", c->name);
    if (p->err != ERR_OK)
        return;
    n->key = add_text(p, m->key);
    n->first_value = (uint16_t)(p->values.len / sizeof(struct piece));
    if (c->wants == VAL)
        add_value(p, n, m->val);
    else if (c->wants == VALS)
        read_vals(p, n, m->vals);
}

static bool read_operator(struct parser *p, struct text op, struct node *n)
{
    struct text name = peek_text(p, op);
    for (size_t i = 0; i < COUNT(operators); i++)
        if (text_is(name, text_of(operators[i]))) {
            n->kind = (enum kind)(AND + i);
            return true;
        }
    fault(p, "tf: op must be and, or or not.");
    return false;
}

static void read_node(struct parser *p, struct text object, unsigned depth);

static void read_inner(struct parser *p, const struct members *m, struct node *n, unsigned depth)
{
    if (!read_operator(p, m->op, n))
        return;
    if (m->key.len > 0 || m->cmp.len > 0 || m->val.len > 0 || m->vals.len > 0)
        fault(p, "tf: op goes with nodes only, not with key, cmp, val or vals.");
    size_t count = 0;
    struct text rest = m->nodes, element;
    while (p->err == ERR_OK && json_element(&rest, &element)) {
        if (json_kind(element) != JSON_OBJECT)
            fault(p, "tf: nodes must be a list of objects.");
        else
            read_node(p, element, depth + 1);
        count++;
    }
    if (count == 0)
        fault(p, "tf: nodes is missing, or empty; %s needs it.", operators[n->kind - AND]);
    if (n->kind == NOT && count > 1)
        fault(p, "tf: nodes must have exactly one entry for not.");
}

static void read_node(struct parser *p, struct text object, unsigned depth)
{
    if (depth > TAG_FILTER_DEPTH_MAX)
        fault(p, "tf: nodes must be at most %d levels deep.", TAG_FILTER_DEPTH_MAX);
    else if (p->node_count == TAG_FILTER_NODES_MAX)
        fault(p, "tf: there must be at most %d nodes.", TAG_FILTER_NODES_MAX);
    struct members m = read_members(p, object);
    if (p->err != ERR_OK)
        return;
    struct node *n = &p->nodes[p->node_count++];
    *n = (struct node){.value_count = 0};
    if (m.op.len > 0)
        read_inner(p, &m, n, depth);
    else
        read_leaf(p, &m, n);
    n->end = p->node_count;
}

/* Everything that was read, in one piece. */
static struct tag_filter *pack(const struct parser *p)
{
    size_t nodes_size = p->node_count * sizeof(struct node);
    struct tag_filter *f = malloc(sizeof *f + nodes_size + p->values.len + p->texts.len);
    if (!f)
        return NULL;
    char *nodes = (char *)(f + 1), *values = nodes + nodes_size, *texts = values + p->values.len;
    memcpy(nodes, p->nodes, nodes_size);
    if (p->values.len > 0)
        memcpy(values, p->values.data, p->values.len);
    if (p->texts.len > 0)
        memcpy(texts, p->texts.data, p->texts.len);
    f->nodes = (const struct node *)(f + 1);
    f->values = (const struct piece *)values;
    f->texts = texts;
    return f;
}

enum err tag_filter_parse(struct text json, struct tag_filter **out_filter,
                          char error[TAG_FILTER_ERROR_SIZE])
{
    struct parser p = {.err = ERR_OK, .error = error};
    buf_init(&p.values, sizeof(struct piece) * TAG_FILTER_NODES_MAX * TAG_FILTER_VALS_MAX);
    buf_init(&p.texts, (size_t)2 * TAG_FILTER_BYTES_MAX); /* a peeked word fits behind all */
    json = json_skip_space(json);
    if (json.len == 0 || json_kind(json) != JSON_OBJECT)
        fault(&p, "tf must be an object.");
    else
        read_node(&p, json, 1);
    struct tag_filter *f = p.err == ERR_OK ? pack(&p) : NULL;
    buf_fini(&p.values);
    buf_fini(&p.texts);
    if (p.err != ERR_OK)
        return p.err;
    if (!f)
        return ERR_NOMEM;
    *out_filter = f;
    return ERR_OK;
}

struct tag_filter *tag_filter_free(struct tag_filter *f)
{
    free(f);
    return NULL;
}

/* ---- matching */

static bool ends_with(struct text t, struct text end)
{
    return t.len >= end.len && text_is(text_after(t, t.len - end.len), end);
}

static bool compare_numbers(enum kind kind, struct text tag, struct text val)
{
    struct decimal a, b;
    if (!decimal_parse(tag, &a) || !decimal_parse(val, &b))
        return false;
    int order = decimal_compare(&a, &b);
    if (order == 0)
        return kind == LTE || kind == GTE;
    return order < 0 ? kind == LT || kind == LTE : kind == GT || kind == GTE;
}

static struct text text_at(const struct tag_filter *f, struct piece at)
{
    return (struct text){f->texts + at.at, at.len};
}

static bool is_one_of(const struct tag_filter *f, const struct node *n, struct text tag)
{
    for (size_t i = 0; i < n->value_count; i++)
        if (text_is(tag, text_at(f, f->values[n->first_value + i])))
            return true;
    return false;
}

static bool match_leaf(const struct tag_filter *f, const struct node *n, const struct tags *tags)
{
    const struct tag *tag = tags_find(tags, text_at(f, n->key));
    if (!tag)
        return n->kind == NEQ || n->kind == NIN || n->kind == NEX;
    struct text val = n->value_count > 0 ? text_at(f, f->values[n->first_value]) : TEXT_NONE;
    switch (n->kind) {
    case EQ:
    case IN:
        return is_one_of(f, n, tag->value);
    case NEQ:
    case NIN:
        return !is_one_of(f, n, tag->value);
    case EX:
        return true;
    case NEX:
        return false;
    case CT:
        return memmem(tag->value.data, tag->value.len, val.data, val.len) != NULL;
    case SW:
        return text_starts(tag->value, val);
    case EW:
        return ends_with(tag->value, val);
    default:
        return compare_numbers(n->kind, tag->value, val);
    }
}

static bool match_node(const struct tag_filter *f, size_t i, const struct tags *tags)
{
    const struct node *n = &f->nodes[i];
    if (n->kind < AND)
        return match_leaf(f, n, tags);
    if (n->kind == NOT)
        return !match_node(f, i + 1, tags);
    bool enough = n->kind == OR; /* the first answer that is this one is the answer of all */
    for (size_t child = i + 1; child < n->end; child = f->nodes[child].end)
        if (match_node(f, child, tags) == enough)
            return enough;
    return !enough;
}

bool tag_filter_match(const struct tag_filter *f, const struct tags *tags)
{
    return match_node(f, 0, tags);
}
