/* managers: whose WebSocket managers are in memory. The registry knows; the reader's job adds who they are. */
#include "manager/ws_manager.h"
#include "ops/inside.h"

#include <stdio.h>
#include <stdlib.h>

struct line {
    int64_t user_id, created_ms;
    size_t connections;
    enum ws_mode mode;
};

struct list {
    struct answer answer;
    struct ws_registry_status status;
    bool more;
    size_t count;
    struct line *lines;
};

static void add_line(void *ctx, const struct ws_manager_row *row)
{
    struct list *job = ctx;
    job->lines[job->count++] =
        (struct line){text_id(row->user), row->created_at, row->connections, row->mode};
}

static void list_drop(void *data)
{
    struct list *job = data;
    free(job->lines);
}

static enum err list_run(struct db *db, void *data)
{
    struct list *job = data;
    struct json_writer *w = &job->answer.out;
    enum err e = ERR_OK;
    json_open(w, NULL, '{');
    json_add_int(w, "count", (int64_t)job->status.count);
    json_add_int(w, "created", (int64_t)job->status.created);
    json_add_int(w, "freed", (int64_t)job->status.freed);
    json_add_int(w, "oldest", job->status.oldest_ms);
    json_open(w, "managers", '[');
    for (size_t i = 0; i < job->count && e == ERR_OK; i++) {
        json_open(w, NULL, '{');
        e = author_write(db, w, "user", job->lines[i].user_id);
        json_add_int(w, "created", job->lines[i].created_ms);
        json_add_int(w, "connections", (int64_t)job->lines[i].connections);
        json_add_text(w, "mode", text_of(ws_mode_name(job->lines[i].mode)));
        json_close(w, '}');
    }
    json_close(w, ']');
    json_add_bool(w, "more", job->more);
    json_close(w, '}');
    return e;
}

void manager_list(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct ops *o = ctx;
    struct list *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    size_t limit = (size_t)args_int(args, "limit");
    job->answer.drop = list_drop;
    job->lines = calloc(limit, sizeof *job->lines);
    if (!job->lines) {
        answer_end(job, ERR_NOMEM);
        return;
    }
    char after[24] = "";
    if (args_given(args, "after"))
        (void)snprintf(after, sizeof after, "%lld", (long long)args_int(args, "after"));
    size_t got = ws_registry_list(o->registry, text_of(after), limit, add_line, job, &job->more);
    job->status = ws_registry_status(o->registry);
    if (got == 0 && job->more)
        answer_end(job, ERR_NOMEM);
    else
        answer_read(job, o->store, list_run, NULL);
}
