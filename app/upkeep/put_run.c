/* Runs, what they did, and read marks: only our own exports have them. */
#include "agents/order.h"
#include "chat/stream.h"
#include "store/db.h"
#include "upkeep/put_inside.h"
#include "wire/json.h"

#define CAME 1                            /* the offset of a run's own name: any but 0 */
#define STEP_DATA_MAX ((size_t)192 << 10) /* an event has 256 KiB */
#define STEP_MEMBER_MAX 64                /* of a member in a name, as JSON */

static enum err insert_run(struct db *db, struct put *p, int64_t room_id, int64_t agent_id,
                           int64_t starter_id)
{
    struct put_found asked = {0}, answer = {0};
    enum err e = put_find(db, p, put_text(p, ITEM_REPLY), &asked);
    if (e == ERR_OK)
        e = put_find(db, p, put_text(p, ITEM_ID), &answer);
    if (e != ERR_OK)
        return e;
    enum run_state state = run_state_of(put_text(p, ITEM_ROLE));
    if (!run_is_over(state))
        state = RUN_STOPPED; /* it went on in the other place */
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_RUN);
    query_text(q, 1, put_text(p, ITEM_RUN_ID));
    query_int(q, 2, room_id);
    query_int(q, 3, agent_id);
    query_int(q, 4, starter_id);
    query_text(q, 5, put_text(p, ITEM_WORDS));
    query_int(q, 6, asked.id);
    query_text(q, 7, text_of(run_state_name(state)));
    query_int(q, 8, put_time(p));
    query_int(q, 9, p->item.started_ms);
    query_int(q, 10, p->item.ended_ms);
    query_int(q, 11, answer.id);
    e = query_run(q);
    p->fresh = e == ERR_OK && db_changes(db) > 0;
    return p->fresh ? put_name(db, p, put_text(p, ITEM_RUN_ID), 0, CAME) : e;
}

enum err put_run(struct db *db, struct put *p)
{
    struct person agent = {0}, starter = {0};
    int64_t room_id = 0;
    if (put_text(p, ITEM_RUN_ID).len != RUN_ID_SIZE - 1 ||
        run_state_of(put_text(p, ITEM_ROLE)) == RUN_NONE)
        return put_bad(p, "the run has a wrong id or state.");
    enum err e = put_need_room(db, p, &room_id);
    if (e == ERR_OK)
        e = put_need_person(db, p, ITEM_NAME, "its agent", &agent);
    if (e == ERR_OK)
        e = put_need_person(db, p, ITEM_OF_USER, "who started it,", &starter);
    return e == ERR_OK ? insert_run(db, p, room_id, agent.id, starter.id) : e;
}

/* ---- what a run did */

/* Who is named in what an event says; NULL: nobody. */
static const char *const person_keys[EVENT_COUNT] = {
    [EVENT_QUEUED] = "started_by",
    [EVENT_STARTED] = "started_by",
    [EVENT_STOPPED] = "by",
};

/* What has other ids here, and is written anew. */
static bool is_translated(struct text key)
{
    static const char *const keys[] = {"started_by", "by", "message_id"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (text_is(key, text_of(keys[i])))
            return true;
    return false;
}

/* Adds the members of an object to the one that is open in `w`. */
static enum err add_others(struct json_writer *w, struct text object)
{
    struct text key, value;
    struct buf name;
    buf_init(&name, STEP_DATA_MAX);
    while (json_entry(&object, &key, &value)) {
        buf_clear(&name);
        json_string(key, &name);
        if (is_translated(buf_text(&name)))
            continue;
        json_add_key(w, buf_text(&name));
        json_add_raw(w, NULL, value);
    }
    enum err e = name.err;
    buf_fini(&name);
    return e;
}

/* Appends the value of that member of `data`, if it is short. */
static void add_member(struct buf *name, struct text data, const char *key)
{
    struct json_member m;
    while (json_member(&data, &m))
        if (strcmp(m.key, key) == 0 && m.value.len <= STEP_MEMBER_MAX)
            buf_add_text(name, m.value);
}

/* What the event is called in every export: no run does the same twice within a millisecond. */
static void name_step(const struct put *p, struct buf *out)
{
    struct text run = put_text(p, ITEM_RUN_ID), event = put_text(p, ITEM_NAME);
    buf_add_text(out, run);
    buf_add_format(out, ".%.*s.%lld.", (int)event.len, event.data, (long long)p->item.time_ms);
    add_member(out, put_text(p, ITEM_WORDS), "execution_id");
    add_member(out, put_text(p, ITEM_WORDS), "step");
}

struct step_run {
    int64_t room_id, agent_id;
};

/* The event as it would have been written here. */
static enum err write_step(struct db *db, const struct put *p, const struct step_run *run,
                           const struct person *by, struct buf *out)
{
    struct person agent;
    struct put_found answer = {0};
    enum run_event event = run_event_of(put_text(p, ITEM_NAME));
    enum err e = person_by_id(db, run->agent_id, &agent);
    if (e == ERR_OK)
        e = put_find(db, p, put_text(p, ITEM_ID), &answer);
    if (e != ERR_OK)
        return e;
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", put_text(p, ITEM_NAME));
    json_add_text(&w, "run_id", put_text(p, ITEM_RUN_ID));
    person_write(&w, "agent", &agent);
    json_add_id(&w, "room", run->room_id);
    json_add_int(&w, "time", p->item.time_ms);
    json_open(&w, "data", '{');
    if (person_keys[event] && by->id)
        person_write(&w, person_keys[event], by);
    if (event == EVENT_COMPLETED)
        json_add_id(&w, "message_id", answer.id);
    e = add_others(&w, put_text(p, ITEM_WORDS));
    json_close(&w, '}');
    json_close(&w, '}');
    return e != ERR_OK ? e : out->err;
}

static enum err append_step(struct db *db, struct put *p, const struct step_run *run,
                            const struct person *by, struct text name)
{
    struct room_event event;
    enum err e = room_event_begin(db, run->room_id, p->item.time_ms, &event);
    if (e != ERR_OK)
        return e;
    e = write_step(db, p, run, by, &event.data);
    if (e == ERR_OK)
        e = room_event_put(db, &event);
    room_event_fini(&event);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_RUN_STEP);
    query_text(q, 1, put_text(p, ITEM_RUN_ID));
    query_int(q, 2, (int64_t)event.offset);
    e = query_run(q);
    p->fresh = e == ERR_OK;
    return e == ERR_OK ? put_name(db, p, name, 0, (int64_t)event.offset) : e;
}

/* The run of the item, if it came with an import: one that is at home here has all that it did. */
static enum err find_run(struct db *db, struct put *p, struct step_run *out, bool *out_came)
{
    struct put_found came = {0};
    int64_t room_id = 0;
    enum err e = put_need_room(db, p, &room_id);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_RUN_FIND);
    query_text(q, 1, put_text(p, ITEM_RUN_ID));
    bool found = query_row(q);
    if (found)
        *out = (struct step_run){col_int(q, 0), col_int(q, 1)};
    e = query_end(q);
    if (e == ERR_OK && found)
        e = put_find(db, p, put_text(p, ITEM_RUN_ID), &came);
    *out_came = came.offset != 0;
    if (e == ERR_OK && (!found || (*out_came && out->room_id != room_id)))
        return put_bad(p, "its run %.40s is not among the room's.", put_text(p, ITEM_RUN_ID).data);
    return e;
}

enum err put_step(struct db *db, struct put *p)
{
    struct person by = {0};
    struct step_run run = {0};
    struct put_found there = {0};
    struct buf name;
    bool came = false;
    if (run_event_of(put_text(p, ITEM_NAME)) == EVENT_COUNT)
        return put_bad(p, "it is no event of a run.");
    if (json_kind(put_text(p, ITEM_WORDS)) != JSON_OBJECT)
        return put_bad(p, "data is no object.");
    if (put_text(p, ITEM_WORDS).len > STEP_DATA_MAX)
        return put_bad(p, "data is longer than %d KiB.", (int)(STEP_DATA_MAX >> 10));
    enum err e = find_run(db, p, &run, &came);
    if (e == ERR_OK)
        e = put_find_person(db, p, put_text(p, ITEM_OF_USER), &by);
    if ((e != ERR_OK && e != ERR_NOT_FOUND) ||
        !came) /* an admin from outside may have stopped it */
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    buf_init(&name, PUT_NAME_BYTES);
    name_step(p, &name);
    e = name.err != ERR_OK ? name.err : put_find(db, p, buf_text(&name), &there);
    if (e == ERR_OK && !there.offset)
        e = append_step(db, p, &run, &by, buf_text(&name));
    buf_fini(&name);
    return e;
}

/* ---- read marks */

enum err put_read(struct db *db, struct put *p)
{
    struct person who = {0};
    struct put_found last = {0};
    int64_t room_id = 0;
    enum err e = put_need_room(db, p, &room_id);
    if (e == ERR_OK)
        e = put_need_person(db, p, ITEM_OF_USER, "the reader", &who);
    if (e == ERR_OK)
        e = put_find(db, p, put_text(p, ITEM_ID), &last);
    if (e != ERR_OK || last.room_id != room_id)
        return e;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_READ);
    query_int(q, 1, room_id);
    query_int(q, 2, who.id);
    query_int(q, 3, last.offset);
    return query_run(q);
}
