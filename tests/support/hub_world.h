/* hub_world: a hub on one reactor without a thread, a stream source that answers when told, and clients that write down
 * what reaches them. */
#ifndef SNUG_TESTS_HUB_WORLD_H
#define SNUG_TESTS_HUB_WORLD_H

#include "base/metrics.h"
#include "hub/hub.h"
#include "net/reactor.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENTS_MAX 4096
#define WAITING_MAX 64

/* One stream: what is on "disk", and the questions that wait for their answer. */
struct world {
    struct reactor *reactor;
    struct hub *hub;
    uint64_t top;     /* events 1..top exist */
    uint64_t trimmed; /* events 1..trimmed are gone */
    enum err refuse;  /* what the source answers */
    bool hold_answers;
    struct stream_asker waiting[WAITING_MAX];
    struct stream_query queries[WAITING_MAX];
    unsigned waiting_count;
};

struct test_client {
    struct hub_client hub_client; /* first */
    struct subscriber *subscriber;
    uint64_t seen[EVENTS_MAX];
    unsigned count, passing, joins, ended, pushes;
    unsigned ended_code;
    struct subscribe_result result; /* of the last answer; publications are not kept */
    unsigned answers;
    char epoch[EPOCH_SIZE];
    char user[24], id[UUID_SIZE];
    char last_push[512];
};

/* "news:" keeps 5 events and gives everything; "live:" keeps nothing; "ask:" gives a position to who asks; all others
 * follow `without`, which allows nothing. */
static const struct channel_namespace world_list[] = {
    {.name = "news",
     .history_size = 5,
     .history_ttl = 60000,
     .force_recovery = true,
     .presence = true,
     .join_leave = true,
     .allowed_delta_types = true,
     .allow_tags_filter = true},
    {.name = "live", .allowed_delta_types = true, .delta_publish = true},
    {.name = "ask", .history_size = 5, .history_ttl = 60000, .allow_history_for_subscriber = true},
};
static const struct channel_namespaces world_namespaces = {.list = world_list, .count = 3};

static inline bool world_serves(void *ctx, struct text channel)
{
    (void)ctx;
    return text_starts(channel, TEXT("room:"));
}

/* What the stream is at this moment: a snapshot, as a read transaction has it. */
static inline void world_answer(struct world *w, const struct stream_query *q,
                                struct stream_asker asker)
{
    struct stream_page page = {
        .err = w->refuse,
        .options = {.recover = true, .position = true, .presence = true, .join_leave = true},
        .top = w->top};
    text_copy(page.epoch, sizeof page.epoch, TEXT("e1"));
    buf_init(&page.publications, 1 << 20);
    page.complete = q->since >= w->trimmed && (!q->epoch[0] || strcmp(q->epoch, "e1") == 0);
    for (uint64_t o = q->since + 1; q->limit != 0 && page.complete && o <= w->top; o++) {
        buf_add_format(&page.publications, "%s{\"offset\":%llu}", page.count++ ? "," : "",
                       (unsigned long long)o);
        page.last = o;
    }
    asker.answer(asker, &page);
}

static inline enum err world_ask(void *ctx, const struct stream_query *q, struct stream_asker asker)
{
    struct world *w = ctx;
    if (!w->hold_answers) {
        world_answer(w, q, asker);
        return ERR_OK;
    }
    if (w->waiting_count == WAITING_MAX)
        return ERR_BUSY;
    w->waiting[w->waiting_count] = asker;
    w->queries[w->waiting_count++] = *q;
    return ERR_OK;
}

/* Answers the oldest question. */
static inline void world_answer_one(struct world *w)
{
    struct stream_asker asker = w->waiting[0];
    struct stream_query q = w->queries[0];
    w->waiting_count--;
    memmove(w->waiting, w->waiting + 1, w->waiting_count * sizeof w->waiting[0]);
    memmove(w->queries, w->queries + 1, w->waiting_count * sizeof w->queries[0]);
    world_answer(w, &q, asker);
}

static inline void world_turn(struct world *w) ON(role_reactor)
{
    for (int i = 0; i < 4; i++) /* a memory channel's way has up to four posts */
        reactor_turn(w->reactor, 0);
}

static inline void world_open_delayed(struct world *w, const struct env *env, size_t mailbox,
                                      int64_t write_delay_ms)
    CLANG(acquire_capability(role_reactor))
{
    *w = (struct world){0};
    CHECK_INT(reactor_new(&(struct reactor_options){env, 0, mailbox}, &w->reactor), ERR_OK);
    struct hub_options o = {.env = env,
                            .reactors = &w->reactor,
                            .reactors_count = 1,
                            .source = {w, world_serves, world_ask},
                            .memory_events = 10,
                            .memory_ttl_ms = 300000,
                            .write_delay_ms = write_delay_ms,
                            .namespaces = &world_namespaces,
                            .publication_max = 1 << 20};
    CHECK_INT(hub_new(&o, &w->hub), ERR_OK);
    CHECK_INT(hub_start(w->hub), ERR_OK);
    reactor_enter(w->reactor);
    world_turn(w);
}

static inline void world_open(struct world *w, const struct env *env, size_t mailbox)
    CLANG(acquire_capability(role_reactor))
{
    world_open_delayed(w, env, mailbox, 0);
}

static inline void world_close(struct world *w) CLANG(release_capability(role_reactor))
{
    world_turn(w); /* what is on its way arrives */
    reactor_leave(w->reactor);
    reactor_free(w->reactor);
    hub_free(w->hub);
}

/* The next event: on "disk" first, then published. */
static inline void world_publish(struct world *w)
{
    char data[64];
    int n = snprintf(data, sizeof data, "{\"n\":%llu}", (unsigned long long)++w->top);
    hub_publish(w->hub, TEXT("room:1"), (struct text){data, (size_t)n}, w->top, 1);
}

/* ---- clients */

static inline void client_note(struct test_client *c, uint64_t offset)
{
    if (c->count < EVENTS_MAX)
        c->seen[c->count++] = offset;
}

static inline uint64_t offset_in(const char *json)
{
    const char *at = strstr(json, "\"offset\":");
    return at ? strtoull(at + 9, NULL, 10) : 0;
}

static inline void client_subscribed(struct hub_client *client, struct subscriber *s,
                                     const struct subscribe_result *r)
{
    struct test_client *c = (struct test_client *)client;
    CU_ASSERT_PTR_EQUAL(c->subscriber, s);
    c->answers++;
    c->result = *r;
    text_copy(c->epoch, sizeof c->epoch, text_of(r->epoch));
    if (r->err != ERR_OK)
        c->subscriber = NULL;
    char *list = text_dup(r->publications);
    for (char *at = list; at && (at = strstr(at, "\"offset\":")); at += 9)
        client_note(c, offset_in(at));
    free(list);
    c->result.publications = TEXT_NONE;
}

static inline void client_deliver(struct hub_client *client, struct frame *f, bool passing)
{
    struct test_client *c = (struct test_client *)client;
    struct text bytes = frame_bytes(f);
    struct text json = text_after(bytes, (unsigned char)bytes.data[1] < 126 ? 2 : 4);
    text_copy(c->last_push, sizeof c->last_push, json);
    c->pushes++;
    if (strstr(c->last_push, "\"join\"") || strstr(c->last_push, "\"leave\""))
        c->joins++;
    else if (passing)
        c->passing++;
    else
        client_note(c, offset_in(c->last_push));
}

static inline void client_ended(struct hub_client *client, struct subscriber *s, unsigned code,
                                struct text reason)
{
    (void)reason;
    struct test_client *c = (struct test_client *)client;
    CU_ASSERT_PTR_EQUAL(c->subscriber, s);
    c->subscriber = NULL;
    c->ended++;
    c->ended_code = code;
}

static inline void client_is_actor(struct hub_client *client, struct actor *out)
{
    const struct test_client *c = (const struct test_client *)client;
    *out = (struct actor){.user_id = c->hub_client.user_id};
    text_copy(out->connection, sizeof out->connection, text_of(c->id));
}

static inline struct client_info client_tells(struct hub_client *client, char id[UUID_SIZE])
{
    const struct test_client *c = (const struct test_client *)client;
    text_copy(id, UUID_SIZE, text_of(c->id));
    return (struct client_info){
        .user = text_of(c->user), .client = text_of(id), .conn_info = TEXT("{}")};
}

static const struct subscriber_events test_client_events = {
    client_subscribed, client_deliver, client_ended, client_is_actor, client_tells};

static inline void test_client_init(struct test_client *c, int64_t user_id)
{
    *c = (struct test_client){0};
    c->hub_client.events = &test_client_events;
    c->hub_client.user_id = user_id;
    (void)snprintf(c->id, sizeof c->id, "client-%lld", (long long)user_id);
    (void)snprintf(c->user, sizeof c->user, "%lld", (long long)user_id);
}

static inline enum err test_subscribe(struct world *w, struct test_client *c, struct text channel,
                                      bool recover) ON(role_reactor)
{
    struct subscribe_request r = {.channel = channel,
                                  .recover = recover,
                                  .offset = c->count ? c->seen[c->count - 1] : c->result.top,
                                  .epoch = text_of(c->epoch),
                                  .join_leave = true};
    return hub_subscribe(w->hub, &c->hub_client, &r, &c->subscriber);
}

#endif
