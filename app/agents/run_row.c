#include "agents/run_row.h"

#include "accounts/people.h"
#include "store/db.h"
#include "wire/json.h"

void run_read(struct query *q, struct run *out)
{
    *out = (struct run){
        .room_id = col_int(q, 1),
        .agent_id = col_int(q, 2),
        .started_by = col_int(q, 3),
        .reply_to = col_int(q, 4),
        .at.state = run_state_of(col_text(q, 5)),
        .step = col_int(q, 6),
        .created_ms = col_int(q, 8),
        .started_ms = col_int(q, 9),
        .ended_ms = col_int(q, 10),
        .first_offset = col_int(q, 11),
        .last_offset = col_int(q, 12),
        .message_id = col_int(q, 13),
    };
    text_copy(out->id, sizeof out->id, col_text(q, 0));
    text_copy(out->at.execution_id, sizeof out->at.execution_id, col_text(q, 7));
}

enum err run_find(struct db *db, struct text id, struct run *out)
{
    struct query *q = db_query(db, QUERY_AGENTS_RUN_BY_ID);
    query_text(q, 1, id);
    bool found = query_row(q);
    if (found)
        run_read(q, out);
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_NOT_FOUND;
}

enum err run_insert(struct db *db, const struct run *run, struct text text)
{
    struct query *q = db_query(db, QUERY_AGENTS_RUN_INSERT);
    query_text(q, 1, text_of(run->id));
    query_int(q, 2, run->room_id);
    query_int(q, 3, run->agent_id);
    query_int(q, 4, run->started_by);
    query_int(q, 5, run->reply_to);
    query_text(q, 6, text_of(run_state_name(run->at.state)));
    query_int(q, 7, run->step);
    query_text(q, 8, text_of(run->at.execution_id));
    query_int(q, 9, run->created_ms);
    query_int(q, 10, run->started_ms);
    query_int(q, 11, run->ended_ms);
    query_int(q, 12, run->first_offset);
    query_int(q, 13, run->last_offset);
    query_int(q, 14, run->message_id);
    query_text(q, 15, text);
    return query_run(q);
}

enum err run_update(struct db *db, const struct run *run)
{
    struct query *q = db_query(db, QUERY_AGENTS_RUN_UPDATE);
    query_text(q, 1, text_of(run->id));
    query_text(q, 2, text_of(run_state_name(run->at.state)));
    query_int(q, 3, run->step);
    query_text(q, 4, text_of(run->at.execution_id));
    query_int(q, 5, run->started_ms);
    query_int(q, 6, run->ended_ms);
    query_int(q, 7, run->first_offset);
    query_int(q, 8, run->last_offset);
    query_int(q, 9, run->message_id);
    return query_run(q);
}

enum err run_count_open(struct db *db, int64_t room_id, int64_t *out_running, int64_t *out_waiting)
{
    struct query *q = db_query(db, QUERY_AGENTS_RUN_OPEN_IN_ROOM);
    query_int(q, 1, room_id);
    *out_running = *out_waiting = 0;
    if (query_row(q)) {
        *out_running = col_int(q, 0);
        *out_waiting = col_int(q, 1);
    }
    return query_end(q);
}

void run_write(struct json_writer *w, struct query *q)
{
    json_open(w, NULL, '{');
    json_add_text(w, "id", col_text(q, 0));
    json_add_id(w, "room", col_int(q, 1));
    person_write_columns(w, "agent", q, 9);
    person_write_columns(w, "started_by", q, 13);
    json_add_text(w, "text", col_text(q, 2));
    json_add_text(w, "state", col_text(q, 3));
    json_add_int(w, "started", col_int(q, 4));
    json_add_int(w, "ended", col_int(q, 5));
    json_add_int(w, "first_offset", col_int(q, 6));
    json_add_int(w, "last_offset", col_int(q, 7));
    json_add_id(w, "message_id", col_int(q, 8));
    json_close(w, '}');
}
