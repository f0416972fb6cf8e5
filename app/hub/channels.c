/* channels: which channels have subscribers, and how many, gathered reactor by reactor.
 *
 * A channel may be on several reactors: what they say is put in order by name and added up at the end. */
#include "base/buf.h"
#include "hub/hub_inside.h"
#include "wire/json.h"

#include <stdlib.h>

#define CHANNELS_JSON_MAX_BYTES (16u << 20)
#define CHANNELS_NAMES_MAX_BYTES (32u << 20) /* of all reactors together */
#define CHANNELS_COUNTED_MAX (4u << 20)

/* What one reactor has of one channel. */
struct part {
    uint64_t name; /* where it is among the names; of a count: its hash */
    unsigned clients;
};

struct channels_walk {
    struct walk walk; /* first */
    struct hub_asker asker;
    bool count_only;
    struct buf parts, names; /* names: each ended by a NUL */
    size_t pattern_len;
    char pattern[CHANNEL_MAX + 1];
};

static void channels_free(struct channels_walk *w)
{
    buf_fini(&w->parts);
    buf_fini(&w->names);
    free(w);
}

/* ---- patterns */

static size_t character_len(struct text t, size_t at)
{
    size_t len = 1;
    while (at + len < t.len && ((unsigned char)t.data[at + len] & 0xc0) == 0x80)
        len++;
    return len;
}

/* The last star takes one character more each time that what follows it does not fit. */
bool channel_matches(struct text pattern, struct text name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, resume = 0;
    while (n < name.len) {
        bool more = p < pattern.len;
        if (more && pattern.data[p] == '*') {
            star = ++p;
            resume = n;
        } else if (more && pattern.data[p] == '?') {
            p++;
            n += character_len(name, n);
        } else if (more && pattern.data[p] == name.data[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star;
            n = resume += character_len(name, resume);
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*')
        p++;
    return p == pattern.len;
}

/* ---- on each reactor */

static unsigned live_clients(const struct channel *c) ON(role_reactor)
{
    unsigned n = 0;
    for (const struct subscriber *s = c->first; s; s = s->next)
        n += s->live;
    return n;
}

static void step(struct walk *walk, struct shard *s)
{
    role_assert(&role_reactor);
    struct channels_walk *w = (struct channels_walk *)walk;
    struct text pattern = {w->pattern, w->pattern_len};
    unsigned count = 0;
    for (struct channel *c = channel_after(s, NULL); c; c = channel_after(s, c)) {
        struct text name = channel_name(c);
        struct part part = {w->count_only ? hash_of(&s->hub->key, name) : w->names.len,
                            live_clients(c)};
        if (part.clients == 0 || (pattern.len > 0 && !channel_matches(pattern, name)))
            continue;
        if (!w->count_only && count++ == CHANNELS_MAX) {
            walk->err = ERR_LIMIT;
            return;
        }
        buf_add(&w->parts, &part, sizeof part);
        if (w->count_only)
            continue;
        buf_add_text(&w->names, name);
        buf_add_char(&w->names, 0);
    }
}

/* ---- the answer */

static int by_hash(const void *a, const void *b)
{
    uint64_t x = ((const struct part *)a)->name, y = ((const struct part *)b)->name;
    return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b, void *names)
{
    const char *x = (const char *)names + ((const struct part *)a)->name;
    const char *y = (const char *)names + ((const struct part *)b)->name;
    return strcmp(x, y);
}

static void write_channels(const struct channels_walk *w, struct part *parts, size_t count,
                           struct buf *json, struct channels_result *out)
{
    const char *names = w->names.data;
    qsort_r(parts, count, sizeof *parts, by_name, w->names.data);
    for (size_t i = 0, next; i < count && out->err == ERR_OK; i = next) {
        const char *name = names + parts[i].name;
        unsigned clients = 0;
        for (next = i; next < count && strcmp(names + parts[next].name, name) == 0; next++)
            clients += parts[next].clients;
        if (out->num_channels++ == CHANNELS_MAX)
            out->err = ERR_LIMIT;
        if (i > 0)
            buf_add_char(json, ',');
        json_quote(json, text_of(name));
        buf_add_format(json, ":{\"num_clients\":%u}", clients);
    }
    if (out->err == ERR_OK)
        out->err = json->err;
    out->channels = buf_text(json);
}

static void end(struct walk *walk)
{
    struct channels_walk *w = (struct channels_walk *)walk;
    struct part *parts = (struct part *)w->parts.data; /* malloc'ed: aligned */
    size_t count = w->parts.len / sizeof *parts;
    struct channels_result r = {.err = walk->err, .channels = TEXT_NONE};
    struct buf json;
    buf_init(&json, CHANNELS_JSON_MAX_BYTES);
    if (r.err == ERR_OK)
        r.err = w->parts.err == ERR_OK ? w->names.err : w->parts.err;
    if (r.err == ERR_OK && count > 0 && w->count_only) {
        qsort(parts, count, sizeof *parts, by_hash);
        for (size_t i = 0; i < count; i++)
            r.num_channels += i == 0 || parts[i].name != parts[i - 1].name;
    } else if (r.err == ERR_OK && count > 0) {
        write_channels(w, parts, count, &json, &r);
    }
    w->asker.channels(&w->asker, &r);
    buf_fini(&json);
    channels_free(w);
}

static void drop(struct walk *walk)
{
    channels_free((struct channels_walk *)walk);
}

enum err hub_channels(struct hub *hub, struct text pattern, bool count_only,
                      const struct hub_asker *asker)
{
    if (pattern.len > CHANNEL_MAX)
        return ERR_LIMIT;
    struct channels_walk *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    w->walk = (struct walk){
        .hub = hub, .home = reactor_current(), .step = step, .end = end, .drop = drop};
    w->asker = *asker;
    w->count_only = count_only;
    buf_init(&w->parts, CHANNELS_COUNTED_MAX * sizeof(struct part));
    buf_init(&w->names, CHANNELS_NAMES_MAX_BYTES);
    w->pattern_len = text_copy(w->pattern, sizeof w->pattern, pattern);
    walk_on(&w->walk);
    return ERR_OK;
}
