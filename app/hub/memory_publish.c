/* memory_publish: publications into channels in memory: numbered and kept at the channel's home, told to its subscribers,
 * answered. The same key within a while has the same answer and is published once. */
#include "hub/hub_inside.h"

#include <stdlib.h>

#define PUBLISHED_MS (5 * INT64_C(60000))
#define PUBLICATION_AROUND 1024 /* bytes of channel, numbers and names around a publication */
#define PUBLISHED_MAX 10000     /* keys of one reactor; the oldest goes first */

struct memory_publication {
    struct hub_publisher to; /* .published NULL: nobody waits */
    uint32_t hash;           /* of the channel */
    struct hub_publication p;
    bool delta;
    char bytes[]; /* all of its texts */
};

static void tell(const struct hub_publisher *to, enum err e, uint64_t offset, const char *epoch)
{
    if (to && to->published)
        to->published(to, e, offset, epoch);
}

/* ---- keys */

static void published_drop(struct shard *s, struct published *one) ON(role_reactor)
{
    HASH_DELETE(by_key, s->published, one);
    free(one);
}

/* channel, NUL, key: neither has a NUL. */
static size_t key_write(const struct hub_publication *p, char *out)
{
    memcpy(out, p->channel.data, p->channel.len);
    out[p->channel.len] = '\0';
    memcpy(out + p->channel.len + 1, p->key.data, p->key.len);
    return p->channel.len + 1 + p->key.len;
}

static uint32_t key_hash(const struct shard *s, const char *key, size_t len)
{
    return (uint32_t)hash_of(&s->hub->key, (struct text){key, len});
}

static struct published *published_find(struct shard *s, const struct hub_publication *p)
    ON(role_reactor)
{
    char key[CHANNEL_MAX + 1 + PUBLISH_KEY_MAX];
    struct published *one = NULL;
    size_t len = key_write(p, key);
    HASH_FIND_BYHASHVALUE(by_key, s->published, key, len, key_hash(s, key, len), one);
    if (one && one->until_ms <= reactor_now_ms(s->reactor)) {
        published_drop(s, one);
        one = NULL;
    }
    return one;
}

/* Without memory for it the same key may be published again: that is said nowhere, so no answer is given at all. */
static struct published *published_add(struct shard *s, const struct hub_publication *p)
    ON(role_reactor)
{
    struct published *one = calloc(1, sizeof *one + p->channel.len + 1 + p->key.len);
    if (!one)
        return NULL;
    if (HASH_CNT(by_key, s->published) >= PUBLISHED_MAX)
        published_drop(s, s->published);
    one->key_len = key_write(p, one->key);
    one->until_ms = reactor_now_ms(s->reactor) + PUBLISHED_MS;
    HASH_ADD_KEYPTR_BYHASHVALUE(by_key, s->published, one->key, one->key_len,
                                key_hash(s, one->key, one->key_len), one);
    if (one->by_key.tbl)
        return one;
    free(one);
    return NULL;
}

void published_sweep(struct shard *s)
{
    int64_t now_ms = reactor_now_ms(s->reactor);
    while (s->published && s->published->until_ms <= now_ms) /* in the order they were added */
        published_drop(s, s->published);
}

NO_THREAD_CHECK void published_free(struct shard *s)
{
    while (s->published)
        published_drop(s, s->published);
}

/* ---- at home */

static void publish_at_home(struct shard *s, const struct memory_publication *mp) ON(role_reactor)
{
    const struct hub_publication *p = &mp->p;
    struct named channel = {p->channel, mp->hash};
    struct memory_channel *m = memory_get(s, channel);
    struct published *key = m && p->key.len ? published_add(s, p) : NULL;
    struct publication event = {.data = p->data,
                                .info = p->info,
                                .tags = p->tags,
                                .time_ms = env_wall_ms(s->hub->options.env)};
    bool kept = m && m->rules->history_size > 0 && !p->skip_history;
    if (kept && (key || p->key.len == 0))
        event.offset = memory_keep(s, m, &event);
    if (!m || (p->key.len && !key) || (kept && event.offset == 0)) {
        if (key)
            published_drop(s, key);
        tell(&mp->to, ERR_NOMEM, 0, "");
        return;
    }
    char epoch[EPOCH_SIZE] = "";
    if (kept)
        memory_epoch(s, m->era, epoch);
    if (key) {
        key->offset = event.offset;
        text_copy(key->epoch, sizeof key->epoch, text_of(epoch));
    }
    publish_event(s->hub, channel, &event, (struct event_place){++m->sequence, mp->delta});
    tell(&mp->to, ERR_OK, event.offset, epoch);
}

static void on_publish(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct shard *s = subject;
    struct memory_publication *mp = object;
    struct published *before = mp->p.key.len ? published_find(s, &mp->p) : NULL;
    if (before)
        tell(&mp->to, ERR_OK, before->offset, before->epoch);
    else
        publish_at_home(s, mp);
    free(mp);
}

/* ---- from anywhere */

static enum err send_home(struct hub *hub, const struct hub_publication *p,
                          const struct hub_publisher *to, bool delta)
{
    size_t bytes = p->channel.len + p->data.len + p->info.len + p->tags.len + p->key.len;
    struct memory_publication *mp = malloc(sizeof *mp + bytes);
    if (!mp)
        return ERR_NOMEM;
    char *at = mp->bytes;
    mp->to = to ? *to : (struct hub_publisher){0};
    mp->delta = delta;
    mp->p = *p;
    mp->p.channel = text_keep(&at, p->channel);
    mp->p.data = text_keep(&at, p->data);
    mp->p.info = text_keep(&at, p->info);
    mp->p.tags = text_keep(&at, p->tags);
    mp->p.key = text_keep(&at, p->key);
    mp->hash = channel_named(hub, p->channel).hash;
    struct shard *s = memory_home(hub, mp->hash);
    enum err e = reactor_post(s->reactor, on_publish, s, mp, 0);
    if (e != ERR_OK)
        free(mp);
    return e;
}

/* A subscriber must be able to take it: as a text, quotes and line ends take two bytes. */
static bool fits(const struct hub *hub, const struct hub_publication *p,
                 const struct channel_namespace *rules)
{
    size_t data = (rules->allowed_delta_types ? 2 : 1) * p->data.len;
    return data + p->info.len + p->tags.len + PUBLICATION_AROUND <= hub->options.publication_max;
}

enum err hub_publish_asked(struct hub *hub, const struct hub_publication *p,
                           const struct hub_publisher *to)
{
    const struct channel_namespace *rules = hub_namespace(hub, p->channel);
    if (!rules || !channel_is_name(p->channel))
        return ERR_UNKNOWN_CHANNEL;
    if (p->key.len > PUBLISH_KEY_MAX || !fits(hub, p, rules))
        return ERR_LIMIT;
    bool delta = rules->allowed_delta_types && (p->delta || rules->delta_publish);
    if (rules->history_size > 0 || rules->allowed_delta_types || p->key.len > 0)
        return send_home(hub, p, to, delta);
    struct publication event = {.data = p->data,
                                .info = p->info,
                                .tags = p->tags,
                                .time_ms = env_wall_ms(hub->options.env)};
    publish_event(hub, channel_named(hub, p->channel), &event,
                  (struct event_place){0}); /* nothing is numbered: no need to go home */
    tell(to, ERR_OK, 0, "");
    return ERR_OK;
}

void hub_publish_to(struct hub *hub, const struct hub_publication *p,
                    const struct hub_publisher *to)
{
    enum err e = hub_publish_asked(hub, p, to);
    if (e != ERR_OK)
        tell(to, e, 0, "");
}

void hub_publish_memory(struct hub *hub, struct text channel, struct text data)
{
    hub_publish_to(hub, &(struct hub_publication){.channel = channel, .data = data}, NULL);
}
