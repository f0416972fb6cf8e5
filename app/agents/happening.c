#include "agents/happening.h"

#include "accounts/people.h"
#include "agents/inside.h"
#include "base/log.h"
#include "base/metrics.h"
#include "chat/chat.h"

#define PIECE_MAX_BYTES (64 * (size_t)1024)

static void open_event(struct json_writer *w, struct buf *out, const char *type,
                       const struct run *run, const struct person *agent, int64_t now_ms)
{
    json_begin(w, out);
    json_open(w, NULL, '{');
    json_add_text(w, "type", text_of(type));
    json_add_text(w, "run_id", text_of(run->id));
    person_write(w, "agent", agent);
    json_add_id(w, "room", run->room_id);
    json_add_int(w, "time", now_ms);
    json_open(w, "data", '{');
}

static void close_event(struct json_writer *w)
{
    json_close(w, '}');
    json_close(w, '}');
}

/* What the event changes in the run, besides its state. */
static void note(struct run *run, const struct happening *h)
{
    int64_t offset = (int64_t)h->stored.offset;
    if (run->first_offset == 0)
        run->first_offset = offset;
    run->last_offset = offset;
    run->step = h->step;
    if (h->event == EVENT_STARTED)
        run->started_ms = h->stored.time_ms;
    if (run_is_over(run->at.state))
        run->ended_ms = h->stored.time_ms;
}

enum err happen(struct agents *a, struct db *db, struct run *run, bool is_new, struct happening *h)
{
    const char *reason;
    struct run next = *run; /* changed only if all goes well */
    enum err e = run_move(&next.at, h->event, h->execution_id, &reason);
    if (e != ERR_OK) {
        log_event(LOG_DEBUG, "run_event_refused", KV_STR("run", run->id),
                  KV_STR("event", run_event_type(h->event)), KV_STR("why", reason));
        return e;
    }
    struct person agent;
    e = person_by_id(db, run->agent_id, &agent);
    if (e == ERR_OK)
        e = room_event_begin(db, run->room_id, env_wall_ms(a->options.env), &h->stored);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_DENIED : e;
    h->begun = true;
    note(&next, h);
    struct json_writer w;
    open_event(&w, &h->stored.data, run_event_type(h->event), &next, &agent, h->stored.time_ms);
    if (h->fields)
        e = h->fields(h->ctx, db, &next, &w);
    close_event(&w);
    if (e == ERR_OK)
        e = room_event_put(db, &h->stored);
    if (e == ERR_OK && !is_new)
        e = run_update(db, &next);
    if (e == ERR_OK && !is_new && run_is_over(next.at.state) && next.reply_to > 0)
        e = message_run_ended(db, next.reply_to);
    if (e == ERR_OK)
        *run = next;
    return e;
}

void happened(struct agents *a, struct happening *h, enum err e)
{
    if (!h->begun)
        return;
    if (e == ERR_OK) {
        room_event_publish(a->hub, &h->stored);
        metric_add(METRIC_runs_started, h->event == EVENT_STARTED);
        metric_add(METRIC_runs_failed, h->event == EVENT_FAILED);
    }
    room_event_fini(&h->stored);
    h->begun = false;
}

void happening_write_piece(struct agents *a, const struct run *run, const struct person *agent,
                           size_t position, struct text piece)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, PIECE_MAX_BYTES);
    open_event(&w, &out, "agent_writing", run, agent, env_wall_ms(a->options.env));
    json_add_int(&w, "position", (int64_t)position);
    json_add_text(&w, "text", piece);
    close_event(&w);
    if (out.err == ERR_OK)
        room_passing(a->hub, run->room_id, buf_text(&out));
    buf_fini(&out);
}

enum err happening_starter(struct db *db, const struct run *run, struct json_writer *w)
{
    struct person starter;
    enum err e = person_by_id(db, run->started_by, &starter);
    if (e == ERR_OK)
        person_write(w, "started_by", &starter);
    return e;
}

void happening_error(struct json_writer *w, enum err e, struct text words)
{
    json_open(w, "error", '{');
    json_add_int(w, "code", err_code(e));
    json_add_text(w, "text", words);
    json_close(w, '}');
}
