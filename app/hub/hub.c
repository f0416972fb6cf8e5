#include "hub/hub.h"

#include "base/metrics.h"
#include "base/must.h"
#include "hub/hub_inside.h"

#include <stdlib.h>

NO_THREAD_CHECK enum err hub_new(const struct hub_options *options, struct hub **out_hub)
{
    must(options->reactors_count >= 1 && options->reactors_count <= 64);
    struct hub *hub = calloc(1, sizeof *hub + options->reactors_count * sizeof hub->shards[0]);
    if (!hub)
        return ERR_NOMEM;
    hub->options = *options;
    hash_key_init(&hub->key, options->env);
    hub->own = (struct channel_namespace){.history_size = options->memory_events,
                                          .history_ttl = options->memory_ttl_ms,
                                          .force_recovery = true,
                                          .presence = true}; /* nobody can ask for its joins */
    hub->open = hub->own;
    hub->open.join_leave = true;
    hub->open.allow_subscribe_for_client = hub->open.allow_subscribe_for_anonymous = true;
    hub->open.allow_publish_for_client = hub->open.allow_publish_for_anonymous = true;
    hub->open.allow_history_for_client = hub->open.allow_history_for_anonymous = true;
    hub->open.allow_presence_for_client = hub->open.allow_presence_for_anonymous = true;
    hub->open.allowed_delta_types = hub->open.allow_tags_filter = true;
    for (unsigned i = 0; i < options->reactors_count; i++) {
        struct shard *s = &hub->shards[i];
        s->hub = hub;
        s->reactor = options->reactors[i];
        s->index = i;
        must(reactor_index(s->reactor) == i);
        char id[RUN_ID_SIZE];
        env_run_id(options->env, id);
        text_copy(s->epoch, sizeof s->epoch, text_of(id));
        s->interest = calloc(INTEREST_BUCKETS, sizeof *s->interest);
        s->eras = calloc(INTEREST_BUCKETS, sizeof *s->eras);
        if (!s->interest || !s->eras) {
            hub_free(hub);
            return ERR_NOMEM;
        }
    }
    *out_hub = hub;
    return ERR_OK;
}

static void on_start(void *subject, void *object, uint64_t number)
{
    (void)object;
    (void)number;
    role_assert(&role_reactor);
    shard_start(subject);
}

enum err hub_start(struct hub *hub)
{
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && i < hub->options.reactors_count; i++)
        e = reactor_post(hub->shards[i].reactor, on_start, &hub->shards[i], NULL, 0);
    return e;
}

struct hub *hub_free(struct hub *hub)
{
    for (unsigned i = 0; hub && i < hub->options.reactors_count; i++)
        shard_free(&hub->shards[i]);
    free(hub);
    return NULL;
}

enum err hub_ask(struct hub *hub, const struct stream_query *query, struct stream_asker asker)
{
    const struct stream_source *source = &hub->options.source;
    if (source->serves && source->serves(source->ctx, text_of(query->channel)))
        return source->ask(source->ctx, query, asker);
    return memory_ask(hub, query, asker);
}

const struct channel_namespace *hub_namespace(const struct hub *hub, struct text channel)
{
    if (text_starts(channel, TEXT("user:")))
        return &hub->own;
    if (hub->options.open)
        return &hub->open;
    return hub->options.namespaces ? namespace_find(hub->options.namespaces, channel) : NULL;
}

/* ---- history: a question whose page goes home as it is, if the asker has one */

struct history_question {
    struct hub_asker asker;
    struct reactor *home;
    struct stream_page page;
};

static void tell_history(struct history_question *q)
{
    q->asker.history(&q->asker, &q->page);
    buf_fini(&q->page.publications);
    free(q);
}

static void on_history(void *subject, void *object, uint64_t number)
{
    (void)subject;
    (void)number;
    role_assert(&role_reactor);
    tell_history(object);
}

static void history_answered(struct stream_asker asker, struct stream_page *page)
{
    struct history_question *q = asker.owner;
    q->page = *page;
    if (!q->home) {
        tell_history(q);
        return;
    }
    if (reactor_post(q->home, on_history, NULL, q, 0) == ERR_OK)
        return;
    metric_add(METRIC_replies_dropped, 1);
    buf_fini(&page->publications);
    free(q);
}

enum err hub_history(struct hub *hub, const struct stream_query *query,
                     const struct hub_asker *asker)
{
    struct history_question *q = calloc(1, sizeof *q);
    if (!q)
        return ERR_NOMEM;
    q->asker = *asker;
    q->home = reactor_current();
    enum err e = hub_ask(hub, query, (struct stream_asker){q, 0, history_answered});
    if (e != ERR_OK)
        free(q);
    return e;
}
