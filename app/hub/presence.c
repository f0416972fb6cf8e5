/* presence: who is in a channel, gathered reactor by reactor, and the join and leave pushes. */
#include "base/buf.h"
#include "hub/hub_inside.h"
#include "wire/json.h"

#include <stdlib.h>

#define PRESENCE_MAX_BYTES (768u << 10) /* fits into a client's queue */

struct client_info subscriber_info(const struct subscriber *s, char id[UUID_SIZE])
{
    struct hub_client *client = subscriber_client(s);
    struct client_info info = client->events->info(client, id);
    if (s->has_extras)
        info.chan_info = text_of(s->extras->chan_info);
    return info;
}

void presence_changed(struct subscriber *sub, const char *kind)
{
    struct hub *hub = sub->channel->shard->hub;
    struct buf b;
    buf_init(&b, 4096);
    buf_add_text(&b, TEXT("{\"info\":"));
    char id[UUID_SIZE];
    struct client_info info = subscriber_info(sub, id);
    client_info_write(&b, &info);
    buf_add_char(&b, '}');
    struct push *p = NULL;
    if (b.err == ERR_OK)
        p = push_presence((struct named){subscriber_channel(sub), sub->channel->by_name.hash}, kind,
                          buf_text(&b));
    if (p)
        push_post(hub, p);
    push_unref(p);
    buf_fini(&b);
}

struct presence_walk {
    struct walk walk; /* first */
    struct hub_asker asker;
    bool count_only;
    unsigned clients;
    struct buf json;
    struct buf users; /* each ended by a NUL */
    size_t channel_len;
    char channel[CHANNEL_MAX + 1];
};

static void presence_free(struct presence_walk *w)
{
    buf_fini(&w->json);
    buf_fini(&w->users);
    free(w);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* errors: ERR_NOMEM */
static enum err count_users(const struct presence_walk *w, unsigned *out_count)
{
    const char **users = malloc((w->clients ? w->clients : 1) * sizeof *users);
    if (!users)
        return ERR_NOMEM;
    const char *at = w->users.data;
    for (unsigned i = 0; i < w->clients; i++, at += strlen(at) + 1)
        users[i] = at;
    qsort(users, w->clients, sizeof *users, by_text);
    *out_count = 0;
    for (unsigned i = 0; i < w->clients; i++)
        *out_count += i == 0 || strcmp(users[i], users[i - 1]) != 0;
    free(users);
    return ERR_OK;
}

static void end(struct walk *walk)
{
    struct presence_walk *w = (struct presence_walk *)walk;
    enum err e = walk->err == ERR_OK ? w->json.err : walk->err;
    struct presence_result r = {.err = e == ERR_OK ? w->users.err : e};
    if (r.err == ERR_OK) {
        r.clients = buf_text(&w->json);
        r.num_clients = w->clients;
        r.err = count_users(w, &r.num_users);
    }
    w->asker.presence(&w->asker, &r);
    presence_free(w);
}

static void drop(struct walk *walk)
{
    presence_free((struct presence_walk *)walk);
}

static void add_clients(struct walk *walk, struct shard *s)
{
    role_assert(&role_reactor);
    struct presence_walk *w = (struct presence_walk *)walk;
    struct channel *c =
        channel_find(s, channel_named(s->hub, (struct text){w->channel, w->channel_len}));
    for (struct subscriber *sub = c ? c->first : NULL; sub; sub = sub->next) {
        if (!sub->live)
            continue;
        if (w->clients++ && !w->count_only)
            buf_add_char(&w->json, ',');
        char id[UUID_SIZE];
        struct client_info info = subscriber_info(sub, id);
        if (!w->count_only) {
            json_quote(&w->json, info.client);
            buf_add_char(&w->json, ':');
            client_info_write(&w->json, &info);
        }
        buf_add_text(&w->users, info.user);
        buf_add_char(&w->users, '\0');
    }
}

static void allowed(struct stream_asker asker, struct stream_page *page)
{
    struct walk *w = asker.owner;
    w->err = page->err;
    if (w->err == ERR_OK && !page->options.presence)
        w->err = ERR_UNAVAILABLE;
    buf_fini(&page->publications);
    walk_on(w);
}

enum err hub_presence(struct hub *hub, const struct stream_query *query,
                      const struct hub_asker *asker)
{
    struct presence_walk *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_NOMEM;
    w->walk = (struct walk){
        .hub = hub, .home = reactor_current(), .step = add_clients, .end = end, .drop = drop};
    w->asker = *asker;
    w->count_only = query->limit == 0;
    buf_init(&w->json, PRESENCE_MAX_BYTES);
    buf_init(&w->users, PRESENCE_MAX_BYTES);
    w->channel_len = text_copy(w->channel, sizeof w->channel, text_of(query->channel));
    enum err e = hub_ask(hub, query, (struct stream_asker){&w->walk, 0, allowed});
    if (e != ERR_OK)
        presence_free(w);
    return e;
}
