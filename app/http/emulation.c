#include "http/emulation.h"

#include "wire/json.h"

#include <stdio.h>

#define DEPTH_MAX 16
#define MEMBERS 3

static const char *const names[MEMBERS] = {"session", "node", "data"};

void emulation_init(struct emulation *m, size_t data_max_bytes)
{
    *m = (struct emulation){0};
    buf_init(&m->session, EMULATION_NAME_MAX);
    buf_init(&m->node, EMULATION_NAME_MAX);
    buf_init(&m->data, data_max_bytes);
}

void emulation_fini(struct emulation *m)
{
    buf_fini(&m->session);
    buf_fini(&m->node);
    buf_fini(&m->data);
}

static struct buf *member(struct emulation *m, unsigned i)
{
    return i == 0 ? &m->session : i == 1 ? &m->node : &m->data;
}

static void say(struct emulation *m, unsigned i, const char *what)
{
    (void)snprintf(m->words, sizeof m->words, "%s %s.", names[i], what);
}

static enum err take(struct emulation *m, const struct json_member *given, bool seen[MEMBERS])
{
    unsigned i = 0;
    while (i < MEMBERS && strcmp(given->key, names[i]) != 0)
        i++;
    if (i == MEMBERS)
        return ERR_OK;
    if (seen[i] || json_kind(given->value) != JSON_STRING) {
        say(m, i, seen[i] ? "comes twice" : "must be a string");
        return ERR_BAD_REQUEST;
    }
    seen[i] = true;
    json_string(given->value, member(m, i));
    if (member(m, i)->err == ERR_LIMIT)
        say(m, i, "is too long");
    return member(m, i)->err;
}

enum err emulation_read(struct text body, struct emulation *m)
{
    body = json_skip_space(body);
    if (!json_valid(body, DEPTH_MAX) || json_kind(body) != JSON_OBJECT) {
        (void)snprintf(m->words, sizeof m->words,
                       "The body must be a JSON object with session, node and data.");
        return ERR_BAD_REQUEST;
    }
    struct json_member given;
    bool seen[MEMBERS] = {false};
    enum err e = ERR_OK;
    while (e == ERR_OK && json_member(&body, &given))
        e = take(m, &given, seen);
    for (unsigned i = 0; e == ERR_OK && i < MEMBERS; i++) {
        if (member(m, i)->len > 0)
            continue;
        say(m, i, "is missing");
        e = ERR_BAD_REQUEST;
    }
    return e;
}
