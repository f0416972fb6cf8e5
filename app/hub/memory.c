/* memory: channels that no source serves (user:<id>): a ring of recent events on the channel's home reactor.
 *
 * One home gives one order: publications and questions all pass through it. The epoch is made with the channel and goes
 * with it, so that a numbering that was forgotten is never mistaken for its successor. */
#include "base/buf.h"
#include "base/metrics.h"
#include "hub/hub_inside.h"

#include <stdlib.h>

#define PAGE_MAX_BYTES (512u << 10)

static struct shard *home_of(struct hub *hub, struct text channel)
{
    return &hub->shards[channel_bucket(channel) % hub->options.reactors_count];
}

static struct memory_channel *memory_get(struct shard *s, struct text name) ON(role_reactor)
{
    struct memory_channel *m;
    HASH_FIND(by_name, s->memory, name.data, name.len, m);
    if (!m) {
        m = calloc(1, sizeof *m + name.len + 1);
        if (!m)
            return NULL;
        m->name_len = text_copy(m->name, name.len + 1, name);
        char id[RUN_ID_SIZE];
        env_run_id(s->hub->options.env, id);
        text_copy(m->epoch, 17, text_of(id));
        HASH_ADD_KEYPTR(by_name, s->memory, m->name, m->name_len, m);
    }
    m->used_ms = reactor_now_ms(s->reactor);
    return m;
}

static struct memory_event *event_at(struct hub *hub, struct memory_channel *m, unsigned i)
{
    return &m->events[(m->first + i) % hub->options.memory_events];
}

static void forget_first(struct hub *hub, struct memory_channel *m)
{
    free(event_at(hub, m, 0)->data);
    m->first = (m->first + 1) % hub->options.memory_events;
    m->count--;
}

static void forget_old(struct hub *hub, struct memory_channel *m)
{
    int64_t oldest = env_wall_ms(hub->options.env) - hub->options.memory_ttl_ms;
    while (m->count && event_at(hub, m, 0)->time_ms < oldest)
        forget_first(hub, m);
}

static void memory_channel_free(struct shard *s, struct memory_channel *m) ON(role_reactor)
{
    while (m->count)
        forget_first(s->hub, m);
    HASH_DELETE(by_name, s->memory, m);
    free(m->events);
    free(m);
}

/* ---- publishing */

struct memory_publication {
    size_t channel_len, data_len;
    char bytes[]; /* channel, data */
};

/* True if the event is kept: nobody is told of what could not be recovered. */
static bool keep(struct hub *hub, struct memory_channel *m, struct text data, int64_t time_ms)
{
    if (!m->events)
        m->events = calloc(hub->options.memory_events, sizeof *m->events);
    char *copy = m->events ? text_dup(data) : NULL;
    if (!copy)
        return false;
    if (m->count == hub->options.memory_events)
        forget_first(hub, m);
    *event_at(hub, m, m->count++) = (struct memory_event){++m->top, time_ms, copy, data.len};
    return true;
}

static void on_publish(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct shard *s = subject;
    struct memory_publication *p = object;
    struct text channel = {p->bytes, p->channel_len};
    struct text data = {p->bytes + p->channel_len, p->data_len};
    struct memory_channel *m = memory_get(s, channel);
    int64_t now_ms = env_wall_ms(s->hub->options.env);
    if (m && keep(s->hub, m, data, now_ms))
        hub_publish(s->hub, channel, data, m->top, now_ms);
    free(p);
}

void hub_publish_memory(struct hub *hub, struct text channel, struct text data)
{
    struct shard *s = home_of(hub, channel);
    struct memory_publication *p = malloc(sizeof *p + channel.len + data.len);
    if (!p)
        return;
    p->channel_len = channel.len;
    p->data_len = data.len;
    memcpy(p->bytes, channel.data, channel.len);
    memcpy(p->bytes + channel.len, data.data, data.len);
    if (reactor_post(s->reactor, on_publish, s, p, 0) != ERR_OK)
        free(p); /* memory channels are hints; what must last is a row (SHAPES.md) */
}

/* ---- questions */

struct memory_question {
    struct stream_query query;
    struct stream_asker asker;
};

static void add_event(struct stream_page *page, const struct memory_event *e)
{
    if (page->count)
        buf_add_char(&page->publications, ',');
    publication_write(&page->publications, (struct text){e->data, e->len}, e->offset, e->time_ms);
    page->count++;
    page->last = e->offset;
}

static bool wanted(const struct stream_query *q, const struct memory_event *e)
{
    if (!q->has_since)
        return true;
    return q->reverse ? e->offset < q->since : e->offset > q->since;
}

static void fill(struct hub *hub, struct memory_channel *m, const struct stream_query *q,
                 struct stream_page *page)
{
    uint64_t since = q->has_since ? q->since : 0;
    uint64_t oldest = m->count ? event_at(hub, m, 0)->offset : m->top + 1;
    page->last = since;
    page->complete = since <= m->top && since + 1 >= oldest;
    if (q->epoch[0] && strcmp(q->epoch, m->epoch) != 0) {
        page->complete = false;
        if (q->purpose == STREAM_HISTORY)
            page->err = ERR_UNRECOVERABLE;
        return;
    }
    for (unsigned i = 0; i < m->count && q->limit != 0; i++) {
        struct memory_event *e = event_at(hub, m, q->reverse ? m->count - 1 - i : i);
        if (!wanted(q, e))
            continue;
        if (q->limit > 0 && page->count == q->limit) {
            page->complete = false;
            break;
        }
        add_event(page, e);
    }
    if (page->publications.err != ERR_OK) {
        buf_clear(&page->publications);
        page->count = 0;
        page->complete = false;
    }
}

static void on_question(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct shard *s = subject;
    struct memory_question *question = object;
    const struct stream_query *q = &question->query;
    struct stream_page page = {.err = ERR_NOMEM, .options = {true, true, true, true}};
    buf_init(&page.publications, PAGE_MAX_BYTES);
    struct memory_channel *m = memory_get(s, text_of(q->channel));
    if (m) {
        page.err = ERR_OK;
        page.top = m->top;
        text_copy(page.epoch, sizeof page.epoch, text_of(m->epoch));
        forget_old(s->hub, m);
        fill(s->hub, m, q, &page);
    }
    question->asker.answer(question->asker, &page);
    free(question);
}

enum err memory_ask(struct hub *hub, const struct stream_query *query, struct stream_asker asker)
{
    struct memory_question *question = malloc(sizeof *question);
    if (!question)
        return ERR_NOMEM;
    *question = (struct memory_question){*query, asker};
    struct shard *s = home_of(hub, text_of(query->channel));
    enum err e = reactor_post(s->reactor, on_question, s, question, 0);
    if (e != ERR_OK)
        free(question);
    return e;
}

/* ---- life */

void memory_sweep(struct shard *s)
{
    int64_t oldest = reactor_now_ms(s->reactor) - s->hub->options.memory_ttl_ms;
    struct memory_channel *m, *next;
    HASH_ITER(by_name, s->memory, m, next)
    {
        struct text name = {m->name, m->name_len};
        if (atomic_load(&s->hub->interest[channel_bucket(name)]) != 0)
            m->used_ms = reactor_now_ms(s->reactor); /* somebody follows it (or its neighbour) */
        else if (m->used_ms < oldest)
            memory_channel_free(s, m);
    }
}

NO_THREAD_CHECK void memory_free(struct shard *s)
{
    struct memory_channel *m, *next;
    HASH_ITER(by_name, s->memory, m, next)
    memory_channel_free(s, m);
}
