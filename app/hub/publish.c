/* publish: encode once, then one reference to each reactor that has subscribers. */
#include "base/buf.h"
#include "base/metrics.h"
#include "base/must.h"
#include "hub/hub_inside.h"
#include "wire/json.h"
#include "wire/ws_frame.h"

#include <stdlib.h>

#define PUSH_MAX_BYTES (1u << 20)

unsigned channel_bucket(struct text channel)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < channel.len; i++)
        h = (h ^ (unsigned char)channel.data[i]) * 16777619u;
    return (h ^ h >> 16) % INTEREST_BUCKETS;
}

static struct frame *push_frame(struct text channel, const char *kind, struct text json)
{
    struct buf b;
    buf_init(&b, PUSH_MAX_BYTES);
    push_write(&b, channel, kind, json);
    struct frame *f = b.err == ERR_OK ? ws_frame(WS_TEXT, buf_text(&b)) : NULL;
    buf_fini(&b);
    return f;
}

struct push *push_new(struct text channel, const char *kind, struct text json, enum push_kind what,
                      uint64_t offset)
{
    struct push *p = malloc(sizeof *p + channel.len + 1);
    if (!p)
        return NULL;
    atomic_init(&p->refs, 1);
    p->kind = what;
    p->offset = offset;
    p->channel_len = text_copy(p->channel, channel.len + 1, channel);
    p->frame = push_frame(channel, kind, json);
    if (!p->frame) {
        free(p);
        return NULL;
    }
    return p;
}

void push_unref(struct push *p)
{
    if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1) {
        frame_unref(p->frame);
        free(p);
    }
}

/* Gives back a share that a caller with one of its own had taken for somebody else. */
static void push_unshare(struct push *p)
{
    unsigned before = atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel);
    must(before > 1);
}

static void deliver_post(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    shard_deliver(subject, object);
    push_unref(object);
}

/* The reactor could not be told: its subscribers of this channel must recover. It looks at its next turn or second. */
void shard_mark_behind(struct shard *s, unsigned bucket)
{
    atomic_fetch_or(&s->behind_buckets[bucket / 64], (uint64_t)1 << (bucket % 64));
    atomic_store(&s->behind, true);
}

void push_post(struct hub *hub, struct push *p)
{
    unsigned bucket = channel_bucket((struct text){p->channel, p->channel_len});
    uint64_t bits = atomic_load(&hub->interest[bucket]);
    for (unsigned i = 0; bits; i++, bits >>= 1) {
        if (!(bits & 1))
            continue;
        atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
        enum err e = reactor_post(hub->shards[i].reactor, deliver_post, &hub->shards[i], p, 0);
        if (e == ERR_OK)
            continue;
        if (e == ERR_BUSY && p->kind == PUSH_EVENT)
            shard_mark_behind(&hub->shards[i], bucket);
        push_unshare(p);
    }
}

/* Encodes nothing for a channel that nobody listens to. */
static bool nobody_listens(struct hub *hub, struct text channel)
{
    return atomic_load(&hub->interest[channel_bucket(channel)]) == 0;
}

/* No memory for one push: everybody who would have had it recovers from the stream. */
static void lose(struct hub *hub, struct text channel)
{
    unsigned bucket = channel_bucket(channel);
    for (unsigned i = 0; i < hub->options.reactors_count; i++)
        shard_mark_behind(&hub->shards[i], bucket);
}

void hub_publish(struct hub *hub, struct text channel, struct text data, uint64_t offset,
                 int64_t time_ms)
{
    metric_add(METRIC_publications, 1);
    if (nobody_listens(hub, channel))
        return;
    struct buf b;
    buf_init(&b, PUSH_MAX_BYTES);
    publication_write(&b, data, offset, time_ms);
    struct push *p = NULL;
    if (b.err == ERR_OK)
        p = push_new(channel, "pub", buf_text(&b), PUSH_EVENT, offset);
    if (p)
        push_post(hub, p);
    else
        lose(hub, channel);
    push_unref(p);
    buf_fini(&b);
}

void hub_publish_passing(struct hub *hub, struct text channel, struct text data)
{
    if (nobody_listens(hub, channel))
        return;
    struct buf b;
    buf_init(&b, PUSH_MAX_BYTES);
    publication_write(&b, data, 0, env_wall_ms(hub->options.env));
    struct push *p = NULL;
    if (b.err == ERR_OK)
        p = push_new(channel, "pub", buf_text(&b), PUSH_PASSING, 0);
    if (p)
        push_post(hub, p);
    push_unref(p);
    buf_fini(&b);
}
