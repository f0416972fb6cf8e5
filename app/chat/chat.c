#include "chat/chat.h"

#include "base/must.h"
#include "chat/inside.h"

#include <stdlib.h>

enum err chat_new(const struct chat_options *options, struct chat **out_chat)
{
    struct chat *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    c->env = options->env;
    c->store = options->store;
    c->registry = options->registry;
    c->options = *options;
    atomic_store(&c->hub, options->hub);
    atomic_store(&c->index_due, true); /* what the last process left */
    atomic_store(&c->erasure_due, true);
    mutex_init(&c->lock, LOCK_chat);
    enum err e = keep_init(c);
    if (e == ERR_OK)
        *out_chat = c;
    else
        chat_free(c);
    return e;
}

struct chat *chat_free(struct chat *c)
{
    if (!c)
        return NULL;
    typing_fini(c);
    unread_fini(c);
    keep_fini(c);
    mutex_fini(&c->lock);
    free(c);
    return NULL;
}

void chat_set_hub(struct chat *c, struct hub *hub)
{
    atomic_store(&c->hub, hub);
}

void chat_observe(struct chat *c, void (*fn)(void *ctx, const struct chat_message_event *event),
                  void *ctx)
{
    must(c->observers_count < OBSERVERS_MAX);
    c->observers[c->observers_count++] = (struct observer){fn, ctx};
}

void chat_tick(struct chat *c)
{
    int64_t now = env_monotonic_ms(c->env);
    typing_tick(c, now);
    unread_tick(c, now);
    index_tick(c, now);
    keep_tick(c, now);
    purge_tick(c, now);
    erasure_tick(c, now);
}

bool one_line(struct text t, const char *field, const char *message, struct reply reply)
{
    if (text_is_one_line(t))
        return true;
    reply_fault(reply, ERR_BAD_REQUEST, field, message);
    return false;
}

#define OBJECT_MAX_BYTES 4096 /* a room, or a member, with the longest texts */

bool answer_has_room(const struct chat *c, const struct answer *a)
{
    return a->json.len + OBJECT_MAX_BYTES <= c->options.reply_max_bytes;
}
