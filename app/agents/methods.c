#include "accounts/answer.h"
#include "accounts/people.h"
#include "agents/inside.h"
#include "chat/post.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define LIST_MAX_BYTES                                                                             \
    (ANSWER_MAX_BYTES / 2) /* then it ends: a client's queue is as long as an answer at most */
#define RETRY_MS 2000      /* a run takes a moment */

/* ---- run.start */

struct start_job {
    struct answer answer;
    struct text agent; /* kept: id or name */
    struct creation creation;
};

static enum err find_agent(struct db *db, struct start_job *job)
{
    struct person p;
    enum err e = person_find(db, job->agent, &p);
    if (e == ERR_NOT_FOUND)
        return answer_fault(&job->answer, ERR_DENIED, "agent", NULL);
    if (e != ERR_OK)
        return e;
    if (strcmp(p.role, "agent") != 0)
        return answer_fault(&job->answer, ERR_BAD_REQUEST, "agent",
                            "agent must be an agent, not a person.");
    if (p.id != NOOK_ID)
        return answer_fault(&job->answer, ERR_UNAVAILABLE, "agent", "That agent is not connected.");
    struct actor agent = {.user_id = p.id, .right = RIGHT_USER};
    job->creation.run.agent_id = p.id;
    return room_require(db, job->creation.run.room_id, &agent, ROOM_MEMBER);
}

static enum err start_run(struct db *db, void *data)
{
    struct start_job *job = data;
    struct creation *c = &job->creation;
    enum err e = room_require(db, c->run.room_id, &job->answer.actor, ROOM_MEMBER);
    if (e == ERR_OK)
        e = find_agent(db, job);
    if (e == ERR_OK)
        e = creation_run(c, db);
    if (e == ERR_BUSY) {
        job->answer.retry_ms = RETRY_MS;
        return answer_fault(&job->answer, e, NULL, "Too many runs wait in this room already.");
    }
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_text(w, "run_id", text_of(c->run.id));
    json_close(w, '}');
    return e;
}

static void start_done(void *data, enum err e)
{
    struct start_job *job = data;
    creation_done(&job->creation, e);
    answer_end(job, e);
}

void run_start(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct agents *a = ctx;
    struct text agent = args_text(args, "agent"), text = args_text(args, "text");
    struct start_job *job = answer_new(sizeof *job, agent.len + text.len + 2, actor, reply);
    if (!job)
        return;
    job->agent = answer_keep(&job->answer, agent);
    job->creation = (struct creation){
        .a = a,
        .run = {.room_id = args_int(args, "room"), .started_by = actor->user_id},
        .text = answer_keep(&job->answer, text),
    };
    answer_write(job, a->options.store, start_run, start_done);
}

/* ---- run.stop */

struct stop_job {
    struct answer answer;
    struct agents *a;
    struct text run_id; /* kept */
    struct happening stopped;
};

static enum err stopped_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct stop_job *job = ctx;
    struct person by;
    (void)run;
    json_add_text(w, "reason", TEXT("Stopped."));
    happening_error(w, ERR_CANCELLED, TEXT("Stopped."));
    enum err e = person_by_id(db, job->answer.actor.user_id, &by);
    if (e == ERR_OK)
        person_write(w, "by", &by);
    return e;
}

static enum err stop_run(struct db *db, void *data)
{
    struct stop_job *job = data;
    const struct actor *actor = &job->answer.actor;
    struct run run;
    enum err e = run_find(db, job->run_id, &run);
    if (e == ERR_OK)
        e = room_require(db, run.room_id, actor,
                         run.started_by == actor->user_id ? ROOM_MEMBER : ROOM_OWNER);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_DENIED : e;
    if (run_is_over(run.at.state))
        return answer_fault(&job->answer, ERR_CONFLICT, "run_id", "The run is over already.");
    return happen(job->a, db, &run, false, &job->stopped);
}

static void stop_done(void *data, enum err e)
{
    struct stop_job *job = data;
    happened(job->a, &job->stopped, e);
    if (e == ERR_OK)
        live_over(job->a, job->run_id);
    answer_end(job, e);
}

void run_stop(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct agents *a = ctx;
    struct text id = args_text(args, "run_id");
    struct stop_job *job = answer_new(sizeof *job, id.len + 1, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->run_id = answer_keep(&job->answer, id);
    job->stopped = (struct happening){
        .event = EVENT_STOPPED, .step = STEP_ANSWERED, .fields = stopped_fields, .ctx = job};
    answer_write(job, a->options.store, stop_run, stop_done);
}

/* ---- run.list */

struct list_job {
    struct answer answer;
    int64_t room_id, limit;
};

static enum err list_run(struct db *db, void *data)
{
    struct list_job *job = data;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    struct query *q = db_query(db, QUERY_AGENTS_RUN_LIST);
    query_int(q, 1, job->room_id);
    query_int(q, 2, job->limit);
    json_open(w, NULL, '{');
    json_open(w, "runs", '[');
    /* long texts make a shorter page, not a failed one */
    while (job->answer.json.len < LIST_MAX_BYTES && query_row(q))
        run_write(w, q);
    json_close(w, ']');
    json_close(w, '}');
    return query_end(q);
}

void run_list(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct agents *a = ctx;
    struct list_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->room_id = args_int(args, "room");
    job->limit = args_int(args, "limit");
    answer_read(job, a->options.store, list_run, NULL);
}

/* ---- the table */

static const struct param start_params[] = {
    {"room", PARAM_ID, true, 0, 0, 0},
    {"agent", PARAM_TEXT, true, 1, 80, 0},
    {"text", PARAM_TEXT, true, 1, RUN_TEXT_MAX, 0},
};
static const struct param stop_params[] = {{"run_id", PARAM_TEXT, true, 1, 64, 0}};
static const struct param list_params[] = {
    {"room", PARAM_ID, true, 0, 0, 0},
    {"limit", PARAM_INT, false, 1, 200, 50},
};

static const struct method methods[] = {
    {"run.start", RIGHT_MEMBER, 1, start_params, COUNT(start_params), run_start},
    {"run.stop", RIGHT_USER, 1, stop_params, COUNT(stop_params), run_stop},
    {"run.list", RIGHT_MEMBER, 0, list_params, COUNT(list_params), run_list},
};

struct method_set agents_methods(struct agents *a)
{
    return (struct method_set){methods, COUNT(methods), a};
}
