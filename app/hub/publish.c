/* publish: events of streams on disk and passing ones, from any thread. Those of channels in memory: memory_publish.c. */
#include "base/metrics.h"
#include "hub/hub_inside.h"

unsigned channel_bucket(struct text channel)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < channel.len; i++)
        h = (h ^ (unsigned char)channel.data[i]) * 16777619u;
    return (h ^ h >> 16) % INTEREST_BUCKETS;
}

/* Encodes nothing for a channel that nobody listens to. */
bool nobody_listens(struct hub *hub, struct text channel)
{
    return atomic_load(&hub->interest[channel_bucket(channel)]) == 0;
}

void publish_lost(struct hub *hub, struct text channel)
{
    unsigned bucket = channel_bucket(channel);
    for (unsigned i = 0; i < hub->options.reactors_count; i++)
        shard_mark_behind(&hub->shards[i], bucket);
}

void publish_event(struct hub *hub, struct text channel, const struct publication *p,
                   struct event_place place)
{
    metric_add(METRIC_publications, 1);
    if (nobody_listens(hub, channel))
        return;
    struct push *push = push_event(channel, p, PUSH_EVENT, place);
    if (push)
        push_post(hub, push);
    else
        publish_lost(hub, channel);
    push_unref(push);
}

void hub_publish(struct hub *hub, struct text channel, struct text data, uint64_t offset,
                 int64_t time_ms)
{
    struct publication p = {.data = data, .offset = offset, .time_ms = time_ms};
    publish_event(hub, channel, &p, (struct event_place){.sequence = offset});
}

void hub_publish_passing(struct hub *hub, struct text channel, struct text data)
{
    if (nobody_listens(hub, channel))
        return;
    struct publication p = {.data = data, .time_ms = env_wall_ms(hub->options.env)};
    struct push *push = push_event(channel, &p, PUSH_PASSING, (struct event_place){0});
    if (push)
        push_post(hub, push);
    push_unref(push);
}
