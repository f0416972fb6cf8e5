/* snug_erase: for the command line alone:
 *
 *   server.erase {user, messages}   user.erase, answered when it has ended: its last state
 *
 * Where no ticker runs, because the command line opened the folder itself, its steps are begun from here. */
#include "http/outcome.h"
#include "snug_inside.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOK_MS 50
#define ANSWER_MS 60000
#define WHO_BYTES 400 /* 80 characters */

struct erase_errand {
    struct snug *snug;
    struct reply reply;
    char who[WHO_BYTES], messages[16];
};

/* Asks for it, which is the same as asking how far it is. *out_outcome: owned by the caller, NULL on errors */
static enum err ask(struct erase_errand *errand, struct outcome **out_outcome)
{
    struct buf params;
    struct json_writer w;
    void *got = NULL;
    buf_init(&params, 4096);
    json_begin(&w, &params);
    json_open(&w, NULL, '{');
    json_add_text(&w, "user", text_of(errand->who));
    json_add_text(&w, "messages", text_of(errand->messages));
    json_close(&w, '}');
    enum err e = params.err;
    struct future *f = e == ERR_OK ? outcome_future() : NULL;
    if (f) {
        snug_call(errand->snug, TEXT("user.erase"), buf_text(&params), outcome_reply(f));
        e = future_take(f, env_monotonic_ms(&env_real) + ANSWER_MS, &got);
    } else if (e == ERR_OK) {
        e = ERR_NOMEM;
    }
    future_unref(f);
    buf_fini(&params);
    *out_outcome = got;
    return e;
}

/* True if it has ended. Notes how far it is; the next question is by number: the name is gone. */
static bool has_ended(struct erase_errand *errand, struct text state)
{
    int64_t done = 0, total = 0, ended = 0;
    struct json_member m;
    while (json_member(&state, &m)) {
        if (strcmp(m.key, "done") == 0)
            (void)json_int(m.value, 0, INT64_MAX, &done);
        else if (strcmp(m.key, "total") == 0)
            (void)json_int(m.value, 0, INT64_MAX, &total);
        else if (strcmp(m.key, "ended") == 0)
            (void)json_int(m.value, 0, INT64_MAX, &ended);
        else if (strcmp(m.key, "user") == 0 && m.value.len > 2)
            text_copy(errand->who, sizeof errand->who,
                      (struct text){m.value.data + 1, m.value.len - 2});
    }
    atomic_store(&errand->snug->erase_done, done);
    atomic_store(&errand->snug->erase_total, ended ? 0 : total);
    return ended > 0;
}

/* False: the server stops. */
static bool wait_a_moment(struct snug *s)
{
    struct mutex lock;
    struct condition never;
    mutex_init(&lock, LOCK_ticker);
    condition_init(&never);
    mutex_lock(&lock);
    condition_wait(&never, &lock, env_monotonic_ms(&env_real) + LOOK_MS);
    mutex_unlock(&lock);
    condition_fini(&never);
    mutex_fini(&lock);
    return !atomic_load(&s->stopping);
}

static void erase_task(void *thread, void *data)
{
    (void)thread;
    struct erase_errand *errand = data;
    struct snug *s = errand->snug;
    for (;;) {
        struct outcome *got = NULL;
        enum err e = ask(errand, &got);
        bool over = e != ERR_OK || got->err != ERR_OK || has_ended(errand, got->json);
        if (over && e == ERR_OK)
            reply_send(errand->reply, got);
        free(got);
        if (!over && !wait_a_moment(s)) {
            e = ERR_CLOSED;
            over = true;
        }
        if (over && e != ERR_OK)
            reply_error(errand->reply, e);
        if (over)
            break;
        chat_go_on_erasing(s->chat);
    }
    atomic_store(&s->erase_total, 0);
    free(errand);
}

static void do_erase(void *ctx, const struct actor *actor, const struct args *args,
                     struct reply reply)
{
    struct snug *s = ctx;
    struct erase_errand *errand = calloc(1, sizeof *errand);
    (void)actor;
    if (!errand) {
        reply_error(reply, ERR_NOMEM);
        return;
    }
    errand->snug = s;
    errand->reply = reply;
    text_copy(errand->who, sizeof errand->who, args_text(args, "user"));
    text_copy(errand->messages, sizeof errand->messages, args_text(args, "messages"));
    enum err e = task_queue_push(s->tasks, (struct task){erase_task, errand});
    if (e != ERR_OK) {
        free(errand);
        reply_error(reply, e);
    }
}

static const struct param params[] = {
    {"user", PARAM_TEXT, true, 1, 80, 0},
    {"messages", PARAM_TEXT, true, 1, 8, 0},
};

static const struct method methods[] = {
    {"server.erase", RIGHT_LOCAL, 0, params, sizeof params / sizeof params[0], do_erase},
};

struct method_set erase_methods(struct snug *s)
{
    return (struct method_set){methods, sizeof methods / sizeof methods[0], s};
}
