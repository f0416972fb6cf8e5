/* snug_wait: a method for who starts a bot, or has something to tell one person alone (S22):
 *
 *   connection.wait {user, timeout_ms}   {"connected": true, "connections": 1}: as soon as that user has a connection, at once
 *   if there is one already; {"connected": false}: not in that time
 *
 * Nothing waits on a thread: a reactor asks the user's manager, which wakes it with the first connection. */
#include "snug_inside.h"
#include "wire/json.h"

#include <stdlib.h>

#define WAIT_MAX_MS 20000 /* less than any door's own deadline */

struct wait {
    struct reply reply;
    int64_t timeout_ms;
    size_t user_len;
    char user[];
};

static void write_result(struct reply reply, struct ws_manager *m)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 100);
    json_begin(&w, &b);
    json_open(&w, NULL, '{');
    json_add_bool(&w, "connected", m != NULL);
    if (m)
        json_add_int(&w, "connections", (int64_t)ws_manager_connections(m));
    json_close(&w, '}');
    reply_buf(reply, &b);
}

static void on_connected(void *ctx, enum err e, struct ws_manager *m)
{
    struct wait *job = ctx;
    if (e == ERR_OK || e == ERR_TIMEOUT)
        write_result(job->reply, m);
    else
        reply_error(job->reply, e);
    ws_manager_unref(m);
    free(job);
}

static void on_ask(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    struct snug *s = subject;
    struct wait *job = object;
    struct ws_async_options options = {job->timeout_ms, on_connected, job};
    struct ws_manager_future *f = NULL;
    enum err e = ws_manager_connected_async(s->registry, (struct text){job->user, job->user_len},
                                            &options, &f);
    ws_manager_future_unref(f); /* the callback comes all the same */
    if (e == ERR_OK)
        return;
    reply_error(job->reply, e);
    free(job);
}

static void connection_wait(void *ctx, const struct actor *actor, const struct args *args,
                            struct reply reply)
{
    (void)actor;
    struct snug *s = ctx;
    struct text user = args_text(args, "user");
    struct wait *job = malloc(sizeof *job + user.len);
    if (!job) {
        reply_error(reply, ERR_NOMEM);
        return;
    }
    *job = (struct wait){
        .reply = reply, .timeout_ms = args_int(args, "timeout_ms"), .user_len = user.len};
    memcpy(job->user, user.data, user.len);
    enum err e = reactor_post(s->reactors[0], on_ask, s, job, 0);
    if (e == ERR_OK)
        return;
    reply_error(reply, e);
    free(job);
}

static const struct param params[] = {
    {"user", PARAM_TEXT, true, 1, WS_USER_BYTES_MAX, 0},
    {"timeout_ms", PARAM_INT, false, 1, WAIT_MAX_MS, WAIT_MAX_MS},
};

static const struct method methods[] = {
    {"connection.wait", RIGHT_ADMIN, 0, params, sizeof params / sizeof params[0], connection_wait},
};

struct method_set wait_methods(struct snug *s)
{
    return (struct method_set){methods, 1, s};
}
