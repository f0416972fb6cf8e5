/* One step of a run is one commit: its event, its row, and with the last one the answer. Whatever is lost in a crash between
 * two of them is done again; what is on disk is not. */
#include "accounts/people.h"
#include "agents/inside.h"
#include "agents/wording.h"
#include "base/must.h"
#include "chat/post.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define RESULT_MAX_BYTES (64 * (size_t)1024)
#define MESSAGE_MAX_BYTES                                                                          \
    (40 * (size_t)1024) /* no answer has 16,000 characters; each may be of 3 bytes or 4 */
#define PIECES 6        /* of an answer while it is written */
#define GONE "Who asked is not here any more."

/* A step under way: a reader's job that prepares, where one is needed, then the writer's. */
struct step {
    struct agents *a;
    struct live *live;
    struct plan plan;
    struct run run; /* as the writer's job leaves it */
    struct happening happening;
    char execution_id[RUN_ID_SIZE];
    int64_t took_ms;
    enum err tool_err;
    struct buf result;  /* of the tool: one JSON object */
    struct buf stored;  /* the event that has it, as the answer was made from it */
    int64_t erasures;   /* how far they were when the tool read */
    struct buf answer;  /* Markdown */
    struct buf summary; /* of the result */
    struct person agent;
    struct post post;
    struct posted posted;
    bool has_post;
};

bool worth_another_try(enum err e)
{
    return e != ERR_OK && (err_temporary(e) || e == ERR_UNAVAILABLE);
}

static struct step *step_new(struct live *l)
{
    struct step *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->a = l->a;
    s->live = l;
    s->run = l->run;
    s->plan = plan_of((struct text){l->text, l->text_len});
    buf_init(&s->result, RESULT_MAX_BYTES);
    buf_init(&s->stored, 2 * RESULT_MAX_BYTES);
    buf_init(&s->answer, MESSAGE_MAX_BYTES);
    buf_init(&s->summary, MESSAGE_MAX_BYTES);
    return s;
}

static void step_free(struct step *s)
{
    buf_fini(&s->result);
    buf_fini(&s->stored);
    buf_fini(&s->answer);
    buf_fini(&s->summary);
    free(s);
}

/* The step came to nothing: again with a tick, or never. */
static void step_end(struct step *s, enum err e)
{
    struct live *l = s->live;
    struct agents *a = s->a;
    step_free(s);
    if (e == ERR_OK || worth_another_try(e) || e == ERR_CLOSED) {
        live_land(l, e == ERR_OK);
        return;
    }
    char id[RUN_ID_SIZE];
    memcpy(id, l->id, sizeof id);
    if (e == ERR_CONFLICT || e == ERR_NOT_FOUND)
        live_over(
            a,
            text_of(id)); /* ended by somebody else; its room is free, but the run is still ours */
    else if (e == ERR_UNAUTHORIZED)
        run_fail(a, text_of(id), ERR_DENIED, GONE);
    else
        run_fail(a, text_of(id), e, err_text(e));
    live_land(l, false);
}

/* ---- the writer's half */

static enum err count_erasures(struct db *db, int64_t *out)
{
    return query_number(db_query(db, QUERY_AGENTS_ERASURES), out);
}

/* What was read for this step is still so: it names nobody who was erased meanwhile (chat/erasure.c).
 * errors: ERR_BUSY it is not, the step is to be done again */
static enum err still_so(struct db *db, struct step *s)
{
    int64_t erasures = s->erasures;
    bool same = true;
    enum err e = ERR_OK;
    if (s->happening.event == EVENT_TOOL_COMPLETED && s->plan.intent != INTENT_SERVER)
        e = count_erasures(db, &erasures);
    if (s->happening.event == EVENT_COMPLETED) {
        struct query *q = db_query(db, QUERY_AGENTS_EVENT_DATA);
        query_int(q, 1, s->run.room_id);
        query_int(q, 2, s->run.last_offset);
        same = query_row(q) && text_is(col_text(q, 0), buf_text(&s->stored));
        e = query_end(q);
    }
    return e == ERR_OK && (erasures != s->erasures || !same) ? ERR_BUSY : e;
}

static enum err write_run(struct db *db, void *data)
{
    struct step *s = data;
    struct run now;
    enum err e = run_find(db, text_of(s->run.id), &now);
    if (e != ERR_OK)
        return e;
    if (now.step != s->run.step || now.at.state != s->run.at.state)
        return ERR_CONFLICT;
    struct person starter;
    e = person_acting(db, now.started_by, &starter);
    if (e == ERR_OK)
        e = still_so(db, s);
    if (e != ERR_OK)
        return e;
    if (now.at.state == RUN_QUEUED) {
        int64_t running, waiting;
        e = run_count_open(db, now.room_id, &running, &waiting);
        if (e == ERR_OK && running)
            e = ERR_BUSY; /* its end is a moment away */
        if (e != ERR_OK)
            return e;
    }
    s->run = now;
    return happen(s->a, db, &s->run, false, &s->happening);
}

static void write_done(void *data, enum err e)
{
    struct step *s = data;
    happened(s->a, &s->happening, e);
    if (s->has_post)
        post_committed(s->a->options.chat, &s->post, &s->posted, e);
    if (e == ERR_OK)
        s->live->run = s->run;
    step_end(s, e);
}

typedef enum err fields(void *ctx, struct db *db, struct run *run, struct json_writer *w);

static void write_step(struct step *s, enum run_event event, enum run_step step, fields *f)
{
    s->happening = (struct happening){.event = event, .step = step, .fields = f, .ctx = s};
    s->happening.execution_id = text_of(s->execution_id);
    enum err e = writer_submit(s->a->options.store, (struct job){write_run, write_done, s});
    if (e != ERR_OK)
        step_end(s, e);
}

/* ---- what each event says */

static fields started_fields, thinking_fields, executing_fields, result_fields, completed_fields;

static enum err started_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct step *s = ctx;
    json_add_text(w, "task", (struct text){s->live->text, s->live->text_len});
    return happening_starter(db, run, w);
}

static enum err thinking_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct step *s = ctx;
    (void)db;
    (void)run;
    json_add_text(w, "text", text_of(plan_thought(s->plan.intent)));
    json_add_int(w, "step", 1);
    return ERR_OK;
}

static enum err executing_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct step *s = ctx;
    (void)db;
    json_add_text(w, "execution_id", text_of(s->execution_id));
    json_add_text(w, "tool", text_of(plan_tool(s->plan.intent)));
    json_open(w, "arguments", '{');
    tool_arguments(run, &s->plan, w);
    json_close(w, '}');
    json_add_text(w, "purpose", text_of(plan_purpose(s->plan.intent)));
    return ERR_OK;
}

static enum err result_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct step *s = ctx;
    (void)db;
    (void)run;
    json_add_text(w, "execution_id", text_of(s->execution_id));
    json_add_text(w, "tool", text_of(plan_tool(s->plan.intent)));
    json_add_bool(w, "success", s->tool_err == ERR_OK);
    if (s->tool_err == ERR_OK)
        json_add_raw(w, "result", buf_text(&s->result));
    else
        happening_error(w, s->tool_err, text_of(err_text(s->tool_err)));
    json_add_int(w, "duration_ms", s->took_ms);
    return ERR_OK;
}

/* The answer is stored in the same job as the event that tells of it. */
static enum err completed_fields(void *ctx, struct db *db, struct run *run, struct json_writer *w)
{
    struct step *s = ctx;
    s->post = (struct post){.room_id = run->room_id,
                            .author_id = run->agent_id,
                            .text = buf_text(&s->answer),
                            .key = text_of(s->run.id),
                            .reply_to = run->reply_to,
                            .run_id = text_of(s->run.id)};
    s->has_post = true;
    enum err e = post_insert(s->a->options.chat, db, &s->post, &s->posted);
    if (e != ERR_OK)
        return e;
    run->message_id = s->posted.message_id;
    json_add_id(w, "message_id", s->posted.message_id);
    json_add_text(w, "summary", buf_text(&s->summary));
    int64_t took_ms = run->ended_ms - run->started_ms;
    json_add_int(w, "duration_ms", took_ms > 0 ? took_ms : 0);
    return ERR_OK;
}

/* ---- the tool: what it reads is read in a reader's job */

static void tool_ended(struct step *s, enum err e)
{
    if (e == ERR_OK)
        e = s->result.err;
    if (e == ERR_BUSY || e == ERR_CLOSED) { /* it was not asked */
        step_end(s, e);
        return;
    }
    s->tool_err = e;
    s->took_ms = env_monotonic_ms(s->a->options.env) - s->live->tool_began_ms;
    write_step(s, EVENT_TOOL_COMPLETED, STEP_RESULT, result_fields);
}

static enum err tool_job_run(struct db *db, void *data)
{
    struct step *s = data;
    struct json_writer w;
    json_begin(&w, &s->result);
    json_open(&w, NULL, '{');
    enum err e = count_erasures(db, &s->erasures);
    if (e == ERR_OK)
        e = tool_read(s->a, db, &s->run, &s->plan, &w);
    json_close(&w, '}');
    return e;
}

static void tool_job_done(void *data, enum err e)
{
    tool_ended(data, e);
}

static void use_tool(struct step *s)
{
    memcpy(s->execution_id, s->run.at.execution_id, sizeof s->execution_id);
    s->live->tool_began_ms = env_monotonic_ms(s->a->options.env);
    if (s->plan.intent == INTENT_SERVER) {
        struct json_writer w;
        json_begin(&w, &s->result);
        json_open(&w, NULL, '{');
        tool_server(s->a, &w);
        json_close(&w, '}');
        tool_ended(s, ERR_OK);
        return;
    }
    struct job job = {tool_job_run, tool_job_done, s};
    enum err e = reader_submit(s->a->options.store, job);
    if (e != ERR_OK)
        step_end(s, e);
}

/* ---- the answer: made from the result as it was stored, so that after a restart too it says what the card shows */

static enum err words_job_run(struct db *db, void *data)
{
    struct step *s = data;
    enum err e = person_by_id(db, s->run.agent_id, &s->agent);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_AGENTS_EVENT_DATA);
    query_int(q, 1, s->run.room_id);
    query_int(q, 2, s->run.last_offset);
    if (query_row(q)) {
        buf_add_text(&s->stored, col_text(q, 0));
        s->tool_err = wording_write(&s->plan, col_text(q, 0), &s->answer, &s->summary);
    } else {
        s->tool_err = ERR_NOT_FOUND;
    }
    e = query_end(q);
    if (e == ERR_OK)
        e = s->stored.err;
    return e == ERR_OK ? s->answer.err : e;
}

/* Passing pieces, so that the page sees it grow; whoever misses them has the message. */
static void show_pieces(struct step *s)
{
    struct text rest = buf_text(&s->answer);
    size_t least_bytes = rest.len / PIECES + 1;
    struct text piece;
    size_t position = 0;
    while (wording_piece(&rest, least_bytes, &piece)) {
        happening_write_piece(s->a, &s->run, &s->agent, position, piece);
        position += wording_characters(piece);
    }
}

static void words_job_done(void *data, enum err e)
{
    struct step *s = data;
    if (e != ERR_OK) {
        step_end(s, e);
        return;
    }
    if (s->tool_err != ERR_OK) {
        struct agents *a = s->a;
        struct live *l = s->live;
        run_fail(a, text_of(l->id), s->tool_err, "The tool did not work.");
        step_free(s);
        live_land(l, false);
        return;
    }
    show_pieces(s);
    write_step(s, EVENT_COMPLETED, STEP_ANSWERED, completed_fields);
}

static void give_answer(struct step *s)
{
    enum err e = reader_submit(s->a->options.store, (struct job){words_job_run, words_job_done, s});
    if (e != ERR_OK)
        step_end(s, e);
}

/* ---- which step is next */

void step_task(void *thread, void *live)
{
    struct live *l = live;
    struct step *s = step_new(l);
    (void)thread;
    if (!s) {
        live_land(l, false);
        return;
    }
    switch (l->run.step) {
    case STEP_WAITING:
        write_step(s, EVENT_STARTED, STEP_STARTED, started_fields);
        break;
    case STEP_STARTED:
        write_step(s, EVENT_THINKING, STEP_THOUGHT, thinking_fields);
        break;
    case STEP_THOUGHT:
        env_run_id(s->a->options.env, s->execution_id);
        write_step(s, EVENT_TOOL_EXECUTING, STEP_TOOL, executing_fields);
        break;
    case STEP_TOOL:
        use_tool(s);
        break;
    case STEP_RESULT:
        give_answer(s);
        break;
    default:
        step_end(s, ERR_CONFLICT);
    }
}
