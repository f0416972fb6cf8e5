/* session_world: sessions on one reactor without a thread, with rules that are a few lines, and the far end of a socket
 * pair as a client that speaks WebSocket by hand. */
#ifndef SNUG_TESTS_SESSION_WORLD_H
#define SNUG_TESTS_SESSION_WORLD_H

#include "base/buckets.h"
#include "base/metrics.h"
#include "hub/hub.h"
#include "manager/ws_manager.h"
#include "net/reactor.h"
#include "session/session.h"
#include "unit.h"
#include "wire/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct session_world {
    struct env env;
    int64_t now_ms;
    struct reactor *reactor;
    struct hub *hub;
    struct ws_registry *registry;
    struct sessions *sessions;
    struct method_table methods;
    struct reply late;           /* of test.late */
    struct stream_asker slow[4]; /* of room:slow, until session_world_answer */
    unsigned slow_count;
    unsigned opened, closed, admitted, asked_sessions;
    enum err renewed;   /* what a renewal answers */
    enum ws_mode level; /* of the server */
    struct ws_connection_record last;
    struct buckets *connects, *publishes, *address_commands;
};

/* For sessions that open from now on; zero: none. Where clients come from. */
static struct {
    struct bucket_limit connects, publishes, address_commands;
    int64_t idle_timeout_ms, max_age_ms;
    size_t queue_total_bytes;
    const char *address;
    int64_t ping_interval_ms;
} world_limits = {.address = "127.0.0.1", .ping_interval_ms = 25000};

/* "mine:" is there, and opened by nobody but the server; into "open:" everybody publishes. */
static const struct channel_namespace session_world_list[] = {
    {.name = "mine"}, {.name = "open", .allow_publish_for_client = true}};
static const struct channel_namespaces session_world_namespaces = {.list = session_world_list,
                                                                   .count = 2};

static inline int64_t world_ms(void *ctx)
{
    return ((struct session_world *)ctx)->now_ms;
}

static inline void world_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    if (len == 1)
        *(unsigned char *)out = 255; /* the first ping as late as it can be: after 24.95 s */
    else
        env_real.random(NULL, out, len);
}

static inline enum ws_mode world_level(void *ctx)
{
    return ((struct session_world *)ctx)->level;
}

/* ---- rules: token "user-N" is user N, "short-N" the same for ten minutes; "expired", "busy", and "never", which nobody
 * answers; methods test.echo, test.late */

static inline void world_identity(int64_t user_id, struct client_identity *out)
{
    *out = (struct client_identity){
        .user_id = user_id, .session_id = user_id * 10, .right = RIGHT_USER};
    (void)snprintf(out->user, sizeof out->user, "%lld", (long long)user_id);
    (void)snprintf(out->user_json, sizeof out->user_json, "{\"id\":\"%lld\"}", (long long)user_id);
    (void)snprintf(out->info_json, sizeof out->info_json, "{\"name\":\"u%lld\"}",
                   (long long)user_id);
}

static inline enum err world_identify(void *ctx, struct text token, struct identity_answer answer)
{
    struct session_world *w = ctx;
    struct client_identity who;
    if (text_is(token, TEXT("busy")))
        return ERR_BUSY;
    if (text_is(token, TEXT("never")))
        return ERR_OK;
    bool brief = text_starts(token, TEXT("short-"));
    if (brief || text_starts(token, TEXT("user-"))) {
        world_identity(text_id(text_after(token, brief ? 6 : 5)), &who);
        who.expiry_told = true;
        who.expires_ms = brief ? w->now_ms + 600000 : 0;
        answer.done(answer, ERR_OK, &who);
    } else {
        answer.done(answer, text_is(token, TEXT("expired")) ? ERR_TOKEN_EXPIRED : ERR_BAD_TOKEN,
                    NULL);
    }
    return ERR_OK;
}

static inline enum err world_renew(void *ctx, int64_t session_id, struct identity_answer answer)
{
    struct session_world *w = ctx;
    struct client_identity who;
    world_identity(session_id / 10, &who);
    who.expires_ms = w->now_ms + 3600000;
    w->asked_sessions++;
    answer.done(answer, w->renewed, &who);
    return ERR_OK;
}

static inline void world_welcome(void *ctx, struct text user_json, int64_t expires_ms,
                                 struct json_writer *w)
{
    (void)ctx;
    (void)expires_ms;
    json_add_raw(w, "user", user_json);
}

static inline bool session_world_serves(void *ctx, struct text channel)
{
    (void)ctx;
    return text_starts(channel, TEXT("room:"));
}

static inline enum err session_world_ask(void *ctx, const struct stream_query *q,
                                         struct stream_asker asker)
{
    struct session_world *w = ctx;
    if (text_is(text_of(q->channel), TEXT("room:slow"))) {
        CU_ASSERT_FATAL(w->slow_count < 4);
        w->slow[w->slow_count++] = asker;
        return ERR_OK;
    }
    struct stream_page page = {
        .err = ERR_OK,
        .options = {.recover = true, .position = true, .presence = true, .join_leave = true},
        .top = 4,
        .complete = true};
    if (!text_is(text_of(q->channel), TEXT("room:1")))
        page.err = ERR_DENIED;
    text_copy(page.epoch, sizeof page.epoch, TEXT("e1"));
    buf_init(&page.publications, 1024);
    if (q->has_since && q->since == 3) {
        buf_add_text(&page.publications, TEXT("{\"data\":{\"n\":4},\"offset\":4}"));
        page.count = 1;
    }
    asker.answer(asker, &page);
    return ERR_OK;
}

static inline void world_opened(void *ctx, const struct ws_connection_record *r)
{
    struct session_world *w = ctx;
    w->opened++;
    w->last = *r;
}

static inline void world_closed(void *ctx, const struct ws_connection_record *r)
{
    struct session_world *w = ctx;
    w->closed++;
    w->last = *r;
}

static inline void world_admitted(void *ctx, void *pending)
{
    CU_ASSERT_PTR_EQUAL(ctx, pending);
    ((struct session_world *)ctx)->admitted++;
}

static inline void test_echo(void *ctx, const struct actor *a, const struct args *args,
                             struct reply reply)
{
    (void)ctx;
    struct buf b;
    struct json_writer w;
    buf_init(&b, 4096);
    json_begin(&w, &b);
    json_open(&w, NULL, '{');
    json_add_id(&w, "user", a->user_id);
    json_add_text(&w, "text", args_text(args, "text"));
    json_close(&w, '}');
    reply_json(reply, buf_text(&b));
    buf_fini(&b);
}

static inline void test_late(void *ctx, const struct actor *a, const struct args *args,
                             struct reply reply)
{
    (void)a;
    (void)args;
    ((struct session_world *)ctx)->late = reply;
}

static const struct param test_echo_params[] = {
    {.name = "text", .type = PARAM_TEXT, .required = true, .min = 1, .max = 20},
};

static const struct method test_methods[] = {
    {.name = "test.echo",
     .right = RIGHT_USER,
     .params = test_echo_params,
     .params_count = 1,
     .handler = test_echo},
    {.name = "test.late", .right = RIGHT_USER, .handler = test_late},
};

/* ---- life */

static inline void session_world_open(struct session_world *w, size_t queue_max_bytes,
                                      double commands_burst) CLANG(acquire_capability(role_reactor))
{
    *w = (struct session_world){.now_ms = 1000000};
    w->env = (struct env){w, world_ms, world_ms, world_random};
    CHECK_INT(reactor_new(&(struct reactor_options){&w->env, 0, 1024}, &w->reactor), ERR_OK);
    struct hub_options ho = {.env = &w->env,
                             .reactors = &w->reactor,
                             .reactors_count = 1,
                             .source = {w, session_world_serves, session_world_ask},
                             .memory_events = 100,
                             .memory_ttl_ms = 300000,
                             .namespaces = &session_world_namespaces,
                             .publication_max = 1 << 20};
    CHECK_INT(hub_new(&ho, &w->hub), ERR_OK);
    struct ws_registry_options ro = {.env = &w->env,
                                     .hub = w->hub,
                                     .connections_max = 2,
                                     .idle_ms = 60000,
                                     .level = world_level,
                                     .level_ctx = w};
    CHECK_INT(ws_registry_new(&ro, &w->registry), ERR_OK);
    method_table_add(&w->methods, (struct method_set){test_methods, 2, w});
    w->connects = buckets_new(&w->env, world_limits.connects);
    w->publishes = buckets_new(&w->env, world_limits.publishes);
    w->address_commands = buckets_new(&w->env, world_limits.address_commands);
    struct session_options so = {
        .env = &w->env,
        .hub = w->hub,
        .registry = w->registry,
        .reactors = &w->reactor,
        .reactors_count = 1,
        .rules = {.ctx = w,
                  .methods = &w->methods,
                  .identify = world_identify,
                  .renew = world_renew,
                  .welcome = world_welcome,
                  .serves = session_world_serves,
                  .opened = world_opened,
                  .closed = world_closed,
                  .admitted = world_admitted},
        .version = "test",
        .node = "node-1",
        .ping_interval_ms = world_limits.ping_interval_ms,
        .pong_timeout_ms = 8000,
        .stale_close_delay_ms = 15000,
        .idle_timeout_ms = world_limits.idle_timeout_ms,
        .max_age_ms = world_limits.max_age_ms,
        .queue_max_bytes = queue_max_bytes,
        .queue_total_bytes = world_limits.queue_total_bytes,
        .message_max_bytes = 65536,
        .channel_limit = 3,
        .commands = {commands_burst, 0.001},
        .connects = w->connects,
        .publishes = w->publishes,
        .address_commands = w->address_commands,
    };
    CHECK_INT(sessions_new(&so, &w->sessions), ERR_OK);
    CHECK_INT(hub_start(w->hub), ERR_OK);
    reactor_enter(w->reactor);
}

static inline void session_world_turn(struct session_world *w) ON(role_reactor)
{
    for (int i = 0; i < 12; i++)
        reactor_turn(w->reactor, 0);
}

/* The source answers the oldest question about room:slow. */
static inline void session_world_answer(struct session_world *w, enum err e) ON(role_reactor)
{
    struct stream_page page = {.err = e, .complete = true};
    struct stream_asker asker = w->slow[0];
    CU_ASSERT_FATAL(w->slow_count > 0);
    memmove(w->slow, w->slow + 1, --w->slow_count * sizeof w->slow[0]);
    buf_init(&page.publications, 16);
    asker.answer(asker, &page);
    session_world_turn(w);
}

static inline void session_world_close(struct session_world *w)
    CLANG(release_capability(role_reactor))
{
    reactor_leave(w->reactor);
    CHECK_INT(sessions_count(w->sessions), 0);
    ws_registry_free(w->registry);
    sessions_free(w->sessions);
    reactor_free(w->reactor);
    hub_free(w->hub);
    buckets_free(w->connects);
    buckets_free(w->publishes);
    buckets_free(w->address_commands);
}

/* ---- the far end */

/* A socket that was just upgraded; user_id > 0: with a good cookie. Returns the client's descriptor. */
static inline int far_open(struct session_world *w, int64_t user_id) ON(role_reactor)
{
    int fds[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    struct client_identity who;
    struct session_socket s = {.fd = fds[0], .pending = user_id ? NULL : w};
    text_copy(s.address, sizeof s.address, text_of(world_limits.address));
    if (user_id) {
        world_identity(user_id, &who);
        s.identity = &who;
    }
    CHECK_INT(sessions_adopt(w->sessions, &s), ERR_OK);
    session_world_turn(w);
    return fds[1];
}

/* One masked text frame (mask 0: the bytes stay readable). */
static inline void far_say(struct session_world *w, int fd, const char *text) ON(role_reactor)
{
    size_t len = strlen(text);
    unsigned char head[8] = {0x81, (unsigned char)(0x80 | (len < 126 ? len : 126))};
    size_t n = 2;
    if (len >= 126) {
        head[n++] = (unsigned char)(len >> 8);
        head[n++] = (unsigned char)len;
    }
    n += 4;
    CHECK_INT(write(fd, head, n), n);
    CHECK_INT(write(fd, text, len), len);
    session_world_turn(w);
}

/* What has come since the last call: payloads of text frames joined by line ends; "close N" for a close frame; "end". */
static inline const char *far_hear(int fd)
{
    static char heard[1 << 16];
    static unsigned char in[1 << 16];
    size_t n = 0;
    heard[0] = 0;
    ssize_t got = 0;
    while (n < sizeof in && (got = read(fd, in + n, sizeof in - n)) > 0)
        n += (size_t)got;
    size_t out = 0;
    for (size_t at = 0; at + 2 <= n;) {
        unsigned opcode = in[at] & 15;
        size_t len = in[at + 1], head = 2;
        if (len == 126) {
            len = (size_t)in[at + 2] << 8 | in[at + 3];
            head = 4;
        }
        const unsigned char *body = in + at + head;
        if (opcode == 8)
            out += (size_t)snprintf(heard + out, sizeof heard - out, "close %d\n",
                                    body[0] << 8 | body[1]);
        else
            out += (size_t)snprintf(heard + out, sizeof heard - out, "%.*s\n", (int)len, body);
        at += head + len;
    }
    if (got == 0)
        (void)snprintf(heard + out, sizeof heard - out, "end");
    return heard;
}

static inline const char *far_ask(struct session_world *w, int fd, const char *text)
    ON(role_reactor)
{
    far_say(w, fd, text);
    return far_hear(fd);
}

#define CHECK_HAS(actual, part)                                                                    \
    do {                                                                                           \
        const char *check_text = (actual);                                                         \
        if (!strstr(check_text, part))                                                             \
            (void)printf("    has: %s\n", check_text);                                             \
        CU_ASSERT_PTR_NOT_NULL(strstr(check_text, part));                                          \
    } while (0)

#endif
