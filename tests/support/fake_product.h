/* fake_product: accounts and methods that a test of the door knows by heart. Include it once in a test of room http.
 *
 * Cookies and tokens: "good" is user 7, "admin" an admin, "old" an expired session, "slow" is never answered. */
#ifndef SNUG_TESTS_FAKE_PRODUCT_H
#define SNUG_TESTS_FAKE_PRODUCT_H

#include "accounts/accounts.h"
#include "base/level.h"
#include "base/metrics.h"
#include "base/must.h"
#include "base/queue.h"
#include "base/task_queue.h"
#include "http/http.h"
#include "manager/ws_manager.h"
#include "unit.h"

#include <stdlib.h>

static enum err fake_identity(struct text secret, struct identity_asker asker)
{
    struct identity who = {.user_id = 7, .session_id = 70, .right = RIGHT_USER, .name = "ada"};
    if (text_is(secret, TEXT("slow")))
        return ERR_BUSY;
    enum err e = text_is(secret, TEXT("good"))    ? ERR_OK
                 : text_is(secret, TEXT("admin")) ? ERR_OK
                 : text_is(secret, TEXT("old"))   ? ERR_EXPIRED
                                                  : ERR_UNAUTHORIZED;
    if (text_is(secret, TEXT("admin")))
        who.right = RIGHT_ADMIN;
    asker.answer(asker, e, e == ERR_OK ? &who : NULL);
    return ERR_OK;
}

enum err accounts_cookie(struct accounts *a, struct text secret, struct identity_asker asker)
{
    (void)a;
    return fake_identity(secret, asker);
}

enum err accounts_token(struct accounts *a, struct text token, struct identity_asker asker)
{
    (void)a;
    return fake_identity(token, asker);
}

/* ---- methods */

static struct reply held; /* of test.hold */

static void fake_echo(void *ctx, const struct actor *actor, const struct args *args,
                      struct reply reply)
{
    (void)ctx;
    (void)actor;
    char json[256];
    int len = snprintf(json, sizeof json, "{\"bytes\":%zu}", args_text(args, "text").len);
    reply_json(reply, (struct text){json, (size_t)len});
}

static void fake_who(void *ctx, const struct actor *actor, const struct args *args,
                     struct reply reply)
{
    (void)ctx;
    (void)args;
    char json[256];
    int len = snprintf(json, sizeof json, "{\"user\":%lld,\"address\":\"%s\",\"client\":\"%s\"}",
                       (long long)actor->user_id, actor->address, actor->client);
    reply_json(reply, (struct text){json, (size_t)len});
}

static void fake_cookie(void *ctx, const struct actor *actor, const struct args *args,
                        struct reply reply)
{
    (void)ctx;
    (void)actor;
    struct outcome o = {.json = TEXT("{}"), .cookie_age_s = args_int(args, "age")};
    if (o.cookie_age_s >= 0)
        o.cookie = TEXT("secret");
    reply_send(reply, &o);
}

static void fake_busy(void *ctx, const struct actor *actor, const struct args *args,
                      struct reply reply)
{
    (void)ctx;
    (void)actor;
    (void)args;
    struct outcome o = {.err = ERR_BUSY, .retry_ms = 4001, .field = TEXT("text")};
    reply_send(reply, &o);
}

static void fake_hold(void *ctx, const struct actor *actor, const struct args *args,
                      struct reply reply)
{
    (void)actor;
    (void)args;
    held = reply;
    must(queue_push(ctx, &(int){1}) == ERR_OK); /* the test knows that it has begun */
}

static const struct param fake_text[] = {{"text", PARAM_TEXT, true, 0, 2000000, 0}};
static const struct param fake_age[] = {{"age", PARAM_INT, false, -1, 10000000, 0}};
static const struct method fake_methods[] = {
    {"test.echo", RIGHT_ANY, 0, fake_text, 1, fake_echo},
    {"test.who", RIGHT_USER, 0, NULL, 0, fake_who},
    {"test.cookie", RIGHT_ANY, 0, fake_age, 1, fake_cookie},
    {"test.busy", RIGHT_ANY, 0, NULL, 0, fake_busy},
    {"test.hold", RIGHT_ANY, 0, NULL, 0, fake_hold},
};

/* ---- the door with all this behind it */

static struct fake {
    struct method_table methods;
    struct queue *begun;    /* an int for each test.hold */
    struct queue *upgrades; /* struct http_upgrade, its early bytes copied */
    struct task_queue *tasks;
    struct ws_registry *registry;
    struct http *http;
    int port;
    bool not_ready;
} fake;

static void fake_hand_over(void *ctx, const struct http_upgrade *u)
{
    struct http_upgrade copy = *u;
    char *early = text_dup(u->early);
    copy.early.data = early;
    must(early && queue_push(ctx, &copy) == ERR_OK);
}

/* What POST /emulation brought last; "full" as a session finds the mailbox full. */
static struct {
    char session[300], commands[4096];
    unsigned calls;
} fake_commands;

static enum err fake_command(void *ctx, struct text session, struct text commands)
{
    (void)ctx;
    text_copy(fake_commands.session, sizeof fake_commands.session, session);
    text_copy(fake_commands.commands, sizeof fake_commands.commands, commands);
    fake_commands.calls++;
    return text_is(session, TEXT("full"))     ? ERR_BUSY
           : text_is(session, TEXT("closed")) ? ERR_CLOSED
           : text_is(session, TEXT("wrong"))  ? ERR_BAD_REQUEST
                                              : ERR_OK;
}

static bool fake_ready(void *ctx, struct buf *why)
{
    (void)ctx;
    if (fake.not_ready)
        buf_add_text(why, TEXT("the disk is full\n"));
    return !fake.not_ready;
}

static struct http_options fake_options(void)
{
    static const char *const listen[] = {"127.0.0.1:0"};
    return (struct http_options){
        .env = &env_real,
        .listen = listen,
        .listen_count = 1,
        .workers = 4,
        .methods = &fake.methods,
        .registry = fake.registry,
        .allowed_origins = TEXT("https://*.friend.example"),
        .api_key = TEXT("the-api-key"),
        .deflate = {15, 15, false},
        .pending_max = 3,
        .call_deadline_ms = 300,
        .http_stream = true,
        .sse = true,
        .message_max_bytes = 2048,
        .node = "node-1",
        .command = fake_command,
        .hand_over = fake_hand_over,
        .ready = fake_ready,
        .ctx = fake.upgrades,
    };
}

static struct http *fake_open(const struct http_options *options)
{
    char error[256];
    struct http *h = NULL;
    enum err e = http_start(options, &h, error);
    if (e != ERR_OK)
        (void)printf("\n    http_start: %s\n", error);
    must(e == ERR_OK);
    return h;
}

static void fake_start(void)
{
    fake.begun = queue_new(16, sizeof(int));
    fake.upgrades = queue_new(1024, sizeof(struct http_upgrade));
    method_table_add(&fake.methods,
                     (struct method_set){fake_methods, sizeof fake_methods / sizeof fake_methods[0],
                                         fake.begun});
    struct task_queue_options to = {
        .threads = 1, .capacity = 64, .name = "task", .role = &role_task};
    must(task_queue_new(&to, &fake.tasks) == ERR_OK);
    struct ws_registry_options ro = {
        .env = &env_real, .tasks = fake.tasks, .idle_ms = 1000, .deadline_ms = 5000};
    must(ws_registry_new(&ro, &fake.registry) == ERR_OK);
    struct http_options options = fake_options();
    fake.http = fake_open(&options);
    fake.port = http_port(fake.http, 0);
}

static void fake_stop(void)
{
    fake.http = http_stop(fake.http);
    fake.registry = ws_registry_free(fake.registry);
    fake.tasks = task_queue_free(fake.tasks);
    fake.upgrades = queue_free(fake.upgrades);
    fake.begun = queue_free(fake.begun);
}

#endif
