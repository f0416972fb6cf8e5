/* announce: what an admin tells everybody who is connected, now: a message push, of no room, kept nowhere. */
#include "manager/ws_connection.h"
#include "ops/inside.h"

#include <stdlib.h>

#define NOTICE_MAX_BYTES 8192 /* of one: 1,000 characters as JSON, and who says it */

struct announcement {
    struct answer answer;
    struct ops *ops;
    struct text text;
    struct text *except;
    size_t except_count;
};

static void announcement_drop(void *data)
{
    struct announcement *job = data;
    free(job->except);
}

/* errors: those of the database; ERR_LIMIT cannot be: the parameters have their bounds */
static enum err write_notice(struct db *db, const struct announcement *job, struct buf *out)
{
    struct json_writer w;
    enum err e = ERR_OK;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("announcement"));
    json_add_text(&w, "text", job->text);
    if (job->answer.actor.user_id > 0) /* else it is the command line's */
        e = author_write(db, &w, "by", job->answer.actor.user_id);
    json_add_int(&w, "time", env_wall_ms(job->ops->env));
    json_close(&w, '}');
    return e == ERR_OK ? out->err : e;
}

/* On a reader's thread, because it looks at everybody's manager. */
static enum err announce_run(struct db *db, void *data)
{
    struct announcement *job = data;
    struct ws_reached reached;
    struct buf notice;
    buf_init(&notice, NOTICE_MAX_BYTES);
    enum err e = write_notice(db, job, &notice);
    if (e == ERR_OK)
        e = ws_registry_broadcast(job->ops->registry, buf_text(&notice), job->except,
                                  job->except_count, &reached);
    buf_fini(&notice);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_int(w, "users", (int64_t)reached.users);
    json_add_int(w, "connections", (int64_t)reached.connections);
    json_close(w, '}');
    return ERR_OK;
}

void place_announce(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    struct ops *o = ctx;
    const struct arg *except = args_get(args, "except");
    struct text text = args_text(args, "text");
    size_t bytes = text.len + 1;
    for (size_t i = 0; i < except->count; i++)
        bytes += except->items[i].len + 1;
    struct announcement *job = answer_new(sizeof *job, bytes, actor, reply);
    if (!job)
        return;
    job->ops = o;
    job->answer.drop = announcement_drop;
    job->text = answer_keep(&job->answer, text);
    job->except = calloc(except->count + 1, sizeof *job->except);
    if (!job->except) {
        answer_end(job, ERR_NOMEM);
        return;
    }
    for (size_t i = 0; i < except->count; i++)
        job->except[job->except_count++] = answer_keep(&job->answer, except->items[i]);
    answer_read(job, o->store, announce_run, NULL);
}
