#include "agents/agents.h"

#include "agents/inside.h"
#include "chat/chat.h"

#include <stdlib.h>

enum err agents_new(const struct agents_options *options, struct agents **out_agents)
{
    struct agents *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_NOMEM;
    a->options = *options;
    a->hub = options->hub;
    mutex_init(&a->lock, LOCK_agents);
    *out_agents = a;
    return ERR_OK;
}

struct agents *agents_free(struct agents *a)
{
    if (!a)
        return NULL;
    live_fini(a);
    mutex_fini(&a->lock);
    free(a);
    return NULL;
}

void agents_set_hub(struct agents *a, struct hub *hub)
{
    a->hub = hub;
}

enum err agents_start(struct agents *a)
{
    chat_observe(a->options.chat, mention_seen, a);
    look(a); /* if it does not get through now: with a tick */
    return ERR_OK;
}

void agents_tick(struct agents *a)
{
    live_deadlines(a, env_monotonic_ms(a->options.env));
    if (atomic_load(&a->look_due))
        look(a);
    live_pump(a, 0);
}

void agents_stop(struct agents *a)
{
    mutex_lock(&a->lock);
    a->stopping = true;
    mutex_unlock(&a->lock);
}
