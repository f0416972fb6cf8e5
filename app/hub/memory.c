/* memory: channels that no source serves: a ring of recent events on the channel's home reactor.
 *
 * One home gives one order: publications and questions all pass through it. A channel is here from its first publication
 * on; who asks before is told its position 0 in the epoch that it will have. That is the one of its bucket's era, and an
 * era ends when a numbering of that bucket is forgotten, so that it is never mistaken for its successor. */
#include "base/buf.h"
#include "base/metrics.h"
#include "base/must.h"
#include "hub/hub_inside.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_MAX_BYTES (512u << 10) /* of an answer; one publication may be longer */
#define PAGE_LAST_BYTES (2u << 20)  /* room for that one */
#define CHANNELS_HERE_MAX 65536 /* of one reactor; over it one that nobody follows is forgotten */
#define EVENTS_HERE_BYTES_MAX ((size_t)256 << 20)
#define ROOM_FIRST 8
#define PUBLICATION_MORE_BYTES 160 /* what stands around data, info and tags */

struct shard *memory_home(struct hub *hub, uint32_t hash)
{
    return &hub->shards[bucket_of(hash) % hub->options.reactors_count];
}

/* ---- the ring */

static struct memory_event **event_at(const struct memory_channel *m, unsigned i)
{
    must(m->room > 0);
    return &m->events[(m->first + i) % m->room];
}

static size_t size_of(const struct memory_event *e)
{
    return sizeof *e + e->data_len + e->info_len + e->tags_len;
}

static void forget_first(struct shard *s, struct memory_channel *m) ON(role_reactor)
{
    struct memory_event *e = *event_at(m, 0);
    s->memory_bytes -= size_of(e);
    free(e);
    m->first = (m->first + 1) % m->room;
    m->count--;
}

static void forget_old(struct shard *s, struct memory_channel *m) ON(role_reactor)
{
    int64_t oldest = env_wall_ms(s->hub->options.env) - m->rules->history_ttl;
    while (m->count && (*event_at(m, 0))->time_ms < oldest)
        forget_first(s, m);
}

void memory_epoch(const struct shard *s, uint64_t era, char out[EPOCH_SIZE])
{
    static const char hex[] = "0123456789ABCDEF";
    char digits[16], *at = digits + sizeof digits;
    do
        *--at = hex[era & 15];
    while (era >>= 4);
    char *end = stpcpy(out, s->epoch);
    size_t len = (size_t)(digits + sizeof digits - at);
    memcpy(end, at, len);
    end[len] = '\0';
}

static void memory_channel_free(struct shard *s, struct memory_channel *m) ON(role_reactor)
{
    while (m->count)
        forget_first(s, m);
    if (m->top > 0)
        s->eras[bucket_of(m->by_name.hashv)] = ++s->last_era;
    HASH_DELETE(by_name, s->memory, m);
    free(m->events);
    free(m);
}

static bool is_followed(const struct shard *s, const struct memory_channel *m)
{
    return atomic_load(&s->hub->interest[bucket_of(m->by_name.hashv)]) !=
           0; /* or its neighbour is */
}

/* Of the oldest channels the first that nobody follows makes room for others: who comes back is told by its epoch. */
static bool forget_one(struct shard *s, const struct memory_channel *but) ON(role_reactor)
{
    struct memory_channel *m = s->memory;
    for (unsigned looks = 0; m && looks < 64; m = m->by_name.next, looks++)
        if (m != but && !is_followed(s, m)) {
            memory_channel_free(s, m);
            return true;
        }
    return false;
}

static struct memory_channel *add(struct shard *s, struct named channel) ON(role_reactor)
{
    if (HASH_CNT(by_name, s->memory) >= CHANNELS_HERE_MAX && !forget_one(s, NULL))
        return NULL;
    struct text name = channel.name;
    struct memory_channel *m = calloc(1, sizeof *m + name.len + 1);
    if (!m)
        return NULL;
    m->name_len = text_copy(m->name, name.len + 1, name);
    m->rules = hub_namespace(s->hub, name);
    m->era = s->eras[bucket_of(channel.hash)];
    HASH_ADD_KEYPTR_BYHASHVALUE(by_name, s->memory, m->name, m->name_len, channel.hash, m);
    if (m->by_name.tbl)
        return m;
    free(m);
    return NULL;
}

/* NULL: nothing was published to it. */
static struct memory_channel *find(struct shard *s, struct named channel) ON(role_reactor)
{
    struct memory_channel *m;
    HASH_FIND_BYHASHVALUE(by_name, s->memory, channel.name.data, channel.name.len, channel.hash, m);
    if (m)
        m->used_ms = reactor_now_ms(s->reactor);
    return m;
}

struct memory_channel *memory_get(struct shard *s, struct named channel)
{
    struct memory_channel *m = find(s, channel);
    if (m)
        return m;
    m = add(s, channel);
    if (m)
        m->used_ms = reactor_now_ms(s->reactor);
    return m;
}

/* Room for one more event, by forgetting the first or by growing. */
static bool make_room(struct shard *s, struct memory_channel *m) ON(role_reactor)
{
    unsigned most = m->rules->history_size;
    if (m->count < m->room)
        return true;
    if (m->count == most) {
        forget_first(s, m);
        return true;
    }
    unsigned room = m->room ? m->room * 2 : ROOM_FIRST;
    room = room < most ? room : most;
    struct memory_event **events = calloc(room, sizeof(struct memory_event *));
    if (!events)
        return false;
    for (unsigned i = 0; i < m->count; i++)
        events[i] = *event_at(m, i);
    free(m->events);
    m->events = events;
    m->room = room;
    m->first = 0;
    return true;
}

uint64_t memory_keep(struct shard *s, struct memory_channel *m, const struct publication *p)
{
    size_t size = sizeof(struct memory_event) + p->data.len + p->info.len + p->tags.len;
    if (m->rules->history_size == 0)
        return 0;
    forget_old(s, m);
    while (s->memory_bytes + size > EVENTS_HERE_BYTES_MAX)
        if (!forget_one(s, m))
            return 0;
    struct memory_event *e = malloc(size);
    if (!e || !make_room(s, m)) {
        free(e);
        return 0;
    }
    *e = (struct memory_event){.offset = ++m->top,
                               .time_ms = p->time_ms,
                               .data_len = p->data.len,
                               .info_len = p->info.len,
                               .tags_len = p->tags.len};
    char *at = e->bytes;
    const struct text parts[] = {p->data, p->info, p->tags};
    for (unsigned i = 0; i < 3; at += parts[i].len, i++)
        if (parts[i].len > 0)
            memcpy(at, parts[i].data, parts[i].len);
    *event_at(m, m->count++) = e;
    s->memory_bytes += size;
    return e->offset;
}

/* ---- questions */

struct memory_question {
    struct stream_query query;
    struct stream_asker asker;
};

static void add_event(struct stream_page *page, const struct memory_event *e, bool as_text)
{
    if (page->count)
        buf_add_char(&page->publications, ',');
    const char *info = e->bytes + e->data_len, *tags = info + e->info_len;
    publication_write(&page->publications, &(struct publication){.data = {e->bytes, e->data_len},
                                                                 .info = {info, e->info_len},
                                                                 .tags = {tags, e->tags_len},
                                                                 .offset = e->offset,
                                                                 .time_ms = e->time_ms,
                                                                 .as_text = as_text});
    page->count++;
    page->last = e->offset;
}

/* At most how long it is in an answer: as a text, quotes and line ends take two bytes. */
static size_t length_of(const struct memory_event *e, bool as_text)
{
    return (as_text ? 2 : 1) * e->data_len + e->info_len + e->tags_len + PUBLICATION_MORE_BYTES;
}

static bool wanted(const struct stream_query *q, const struct memory_event *e)
{
    if (!q->has_since)
        return true;
    return q->reverse ? e->offset < q->since : e->offset > q->since;
}

static void add_events(const struct memory_channel *m, const struct stream_query *q,
                       struct stream_page *page)
{
    bool as_text = q->as_text && m->rules->allowed_delta_types;
    for (unsigned i = 0; i < m->count && q->limit != 0; i++) {
        const struct memory_event *e = *event_at(m, q->reverse ? m->count - 1 - i : i);
        if (!wanted(q, e))
            continue;
        bool full = page->publications.len + length_of(e, as_text) > PAGE_MAX_BYTES;
        if ((q->limit > 0 && page->count == q->limit) || (page->count > 0 && full)) {
            page->complete = false;
            break;
        }
        add_event(page, e, as_text);
    }
    if (page->publications.err != ERR_OK) {
        buf_clear(&page->publications);
        page->count = 0;
        page->complete = false;
    }
}

/* m: NULL: nothing was published. The page has its position already. */
static void fill(const struct memory_channel *m, const struct stream_query *q,
                 struct stream_page *page)
{
    uint64_t since = q->has_since ? q->since : 0;
    uint64_t oldest = m && m->count ? (*event_at(m, 0))->offset : page->top + 1;
    page->last = since;
    page->complete = since <= page->top && since + 1 >= oldest;
    if (q->epoch[0] && strcmp(q->epoch, page->epoch) != 0) {
        page->complete = false;
        if (q->purpose == STREAM_HISTORY)
            page->err = ERR_UNRECOVERABLE;
    } else if (m) {
        add_events(m, q, page);
    }
}

static struct channel_options options_of(const struct channel_namespace *rules)
{
    bool history = rules->history_size > 0;
    return (struct channel_options){
        .recover = history && rules->force_recovery,
        .position = history && (rules->force_positioning || rules->force_recovery),
        .may_recover = history && rules->allow_history_for_subscriber,
        .presence = rules->presence,
        .join_leave = rules->join_leave || rules->force_push_join_leave,
        .push_join_leave = rules->force_push_join_leave,
        .delta = rules->allowed_delta_types,
        .tags = rules->allow_tags_filter,
    };
}

static void look_up(struct shard *s, const struct stream_query *q, struct stream_page *page)
    ON(role_reactor)
{
    struct named channel = channel_named(s->hub, text_of(q->channel));
    const struct channel_namespace *rules = hub_namespace(s->hub, channel.name);
    if (!rules) {
        page->err = ERR_UNKNOWN_CHANNEL;
        return;
    }
    page->options = options_of(rules);
    if (rules->history_size == 0) { /* nothing is remembered of it */
        page->complete = true;
        if (q->purpose == STREAM_HISTORY)
            page->err = ERR_UNAVAILABLE;
        return;
    }
    struct memory_channel *m = find(s, channel);
    if (m)
        forget_old(s, m);
    page->top = m ? m->top : 0;
    memory_epoch(s, m ? m->era : s->eras[bucket_of(channel.hash)], page->epoch);
    fill(m, q, page);
}

static void on_question(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct memory_question *question = object;
    struct stream_page page = {.err = ERR_OK};
    buf_init(&page.publications, PAGE_MAX_BYTES + PAGE_LAST_BYTES);
    look_up(subject, &question->query, &page);
    question->asker.answer(question->asker, &page);
    free(question);
}

enum err memory_ask(struct hub *hub, const struct stream_query *query, struct stream_asker asker)
{
    struct memory_question *question = malloc(sizeof *question);
    if (!question)
        return ERR_NOMEM;
    *question = (struct memory_question){*query, asker};
    struct shard *s = memory_home(hub, channel_named(hub, text_of(query->channel)).hash);
    enum err e = reactor_post(s->reactor, on_question, s, question, 0);
    if (e != ERR_OK)
        free(question);
    return e;
}

/* ---- forgetting */

struct memory_removal {
    struct hub_asker asker;
    uint32_t hash; /* of the channel */
    size_t channel_len;
    char channel[CHANNEL_MAX];
};

static void on_removal(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct shard *s = subject;
    struct memory_removal *removal = object;
    struct memory_channel *m;
    HASH_FIND_BYHASHVALUE(by_name, s->memory, removal->channel, removal->channel_len, removal->hash,
                          m);
    while (m && m->count)
        forget_first(s, m);
    removal->asker.removed(&removal->asker, ERR_OK);
    free(removal);
}

static enum err may_remove(struct hub *hub, struct text channel)
{
    const struct stream_source *source = &hub->options.source;
    if (source->serves && source->serves(source->ctx, channel))
        return ERR_DENIED;
    const struct channel_namespace *rules = hub_namespace(hub, channel);
    if (!rules || channel.len > CHANNEL_MAX)
        return ERR_UNKNOWN_CHANNEL;
    return rules->history_size > 0 ? ERR_OK : ERR_UNAVAILABLE;
}

enum err hub_history_remove(struct hub *hub, struct text channel, const struct hub_asker *asker)
{
    enum err e = may_remove(hub, channel);
    if (e != ERR_OK)
        return e;
    struct memory_removal *removal = malloc(sizeof *removal);
    if (!removal)
        return ERR_NOMEM;
    removal->asker = *asker;
    removal->channel_len = channel.len;
    memcpy(removal->channel, channel.data, channel.len);
    removal->hash = channel_named(hub, channel).hash;
    struct shard *s = memory_home(hub, removal->hash);
    e = reactor_post(s->reactor, on_removal, s, removal, 0);
    if (e != ERR_OK)
        free(removal);
    return e;
}

/* ---- life */

void memory_sweep(struct shard *s)
{
    int64_t now_ms = reactor_now_ms(s->reactor);
    struct memory_channel *m, *next;
    HASH_ITER(by_name, s->memory, m, next)
    {
        if (is_followed(s, m))
            m->used_ms = now_ms;
        else if (m->used_ms < now_ms - m->rules->history_ttl)
            memory_channel_free(s, m);
    }
}

NO_THREAD_CHECK void memory_free(struct shard *s)
{
    struct memory_channel *m, *next;
    HASH_ITER(by_name, s->memory, m, next)
    memory_channel_free(s, m);
}
