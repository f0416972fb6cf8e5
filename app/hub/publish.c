/* publish: events of streams on disk and passing ones, from any thread. Those of channels in memory: memory_publish.c. */
#include "base/metrics.h"
#include "hub/hub_inside.h"

/* Encodes nothing for a channel that nobody listens to. */
bool nobody_listens(struct hub *hub, uint32_t hash)
{
    return atomic_load(&hub->interest[bucket_of(hash)]) == 0;
}

void publish_lost(struct hub *hub, uint32_t hash)
{
    for (unsigned i = 0; i < hub->options.reactors_count; i++)
        shard_mark_behind(&hub->shards[i], bucket_of(hash));
}

void publish_event(struct hub *hub, struct named channel, const struct publication *p,
                   struct event_place place)
{
    metric_add(METRIC_publications, 1);
    if (nobody_listens(hub, channel.hash))
        return;
    struct push *push = push_event(channel, p, PUSH_EVENT, place);
    if (push)
        push_post(hub, push);
    else
        publish_lost(hub, channel.hash);
    push_unref(push);
}

void hub_publish(struct hub *hub, struct text channel, struct text data, uint64_t offset,
                 int64_t time_ms)
{
    struct publication p = {.data = data, .offset = offset, .time_ms = time_ms};
    publish_event(hub, channel_named(hub, channel), &p, (struct event_place){.sequence = offset});
}

void hub_publish_passing(struct hub *hub, struct text channel, struct text data)
{
    struct named named = channel_named(hub, channel);
    if (nobody_listens(hub, named.hash))
        return;
    struct publication p = {.data = data, .time_ms = env_wall_ms(hub->options.env)};
    struct push *push = push_event(named, &p, PUSH_PASSING, (struct event_place){0});
    if (push)
        push_post(hub, push);
    push_unref(push);
}
