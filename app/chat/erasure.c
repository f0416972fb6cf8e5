/* erasure: what people who were erased have left in rooms. user.erase (accounts) has made them nobody and written a row; from
 * there on nothing new comes from them. Here the rest goes, stage by stage: memberships, rows that are only about them, their
 * messages, and what else of the rooms' streams names them.
 *
 * The writer does it in steps of some milliseconds, which wait for what others write (writer_submit_later). A step is whole:
 * what it changed and how far it is are one transaction, so a crash goes on where the last step ended. Offsets stay: events are
 * written anew at their places. Messages come before events in all rooms, so that no agent reads a text that is to go after the
 * events of its run were looked at (agents look at the stage, too).
 *
 * Invariant: one job at a time. */
#include "base/log.h"
#include "chat/inside.h"
#include "chat/reaction.h"
#include "chat/unsay.h"
#include "hub/hub.h"
#include "store/db.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#define STEP_MS 8   /* of the writer */
#define TURNS_MAX 8 /* of a step, when the disk is fast */
#define RETRY_MS 1000
#define ROWS 100    /* that are deleted between two looks at the clock */
#define CHUNK 20    /* messages or events, the same */
#define STRETCH 500 /* offsets that are looked through for them */
#define TOLD_MAX 64 /* events of a step */
#define WAS_SIZE ((FORMER_DISPLAYS_MAX + 1) * DISPLAY_SIZE)

struct told_event {
    struct room_event event;
    bool left; /* they were a member until now */
};

struct erasure_job {
    struct chat *c;
    struct person person; /* as they are called now */
    char was[WAS_SIZE];   /* what they were called, a line each */
    bool deletes;
    int64_t stage, room_id, offset, changed, done; /* as in the row */
    bool found, ended;
    struct told_event told[TOLD_MAX];
    size_t told_count;
};

/* ---- events */

static enum err tell_erased(struct db *db, struct erasure_job *job)
{
    struct room_event *event = &job->told[job->told_count].event;
    enum err e = room_event_begin(db, job->room_id, env_wall_ms(job->c->env), event);
    if (e != ERR_OK)
        return e;
    struct json_writer w;
    job->told_count++;
    json_begin(&w, &event->data);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("user_erased"));
    person_write(&w, "user", &job->person);
    json_add_text(&w, "messages", job->deletes ? TEXT("delete") : TEXT("keep"));
    json_close(&w, '}');
    return room_event_put(db, event);
}

/* ---- memberships */

static enum err leave_rooms(struct db *db, struct erasure_job *job, bool *out_over)
{
    int64_t room_id = 0;
    bool owner = false;
    struct query *q = db_query(db, QUERY_CHAT_ERASURE_MEMBER);
    query_int(q, 1, job->person.id);
    if (query_row(q)) {
        room_id = col_int(q, 0);
        owner = text_is(col_text(q, 1), TEXT("owner"));
    }
    enum err e = query_end(q);
    *out_over = room_id == 0;
    if (e != ERR_OK || room_id == 0)
        return e;
    struct told_event *told = &job->told[job->told_count];
    e = member_remove(job->c, db, room_id, &job->person, owner, &told->event);
    told->left = true;
    job->told_count += e == ERR_OK;
    return e;
}

/* ---- rows that are about them alone */

static enum err delete_rows(struct db *db, const struct erasure_job *job, enum query_id which,
                            bool *out_over)
{
    struct query *q = db_query(db, which);
    query_int(q, 1, job->person.id);
    query_int(q, 2, ROWS);
    enum err e = query_run(q);
    *out_over = e == ERR_OK && db_changes(db) < ROWS;
    return e;
}

/* ---- the walk through the rooms */

struct stretch {
    int64_t above, to;
    int64_t last; /* of what was found */
    size_t count;
};

typedef enum err walk(struct db *db, struct erasure_job *job, struct stretch *s);

static enum err end_room(struct db *db, struct erasure_job *job)
{
    enum err e = job->changed > 0 ? tell_erased(db, job) : ERR_OK;
    if (e == ERR_OK && job->deletes) {
        struct query *q = db_query(db, QUERY_CHAT_ERASURE_RUN_TEXT);
        query_int(q, 1, job->room_id);
        query_int(q, 2, job->person.id);
        e = query_run(q);
    }
    job->room_id++;
    job->offset = job->changed = 0;
    return e;
}

/* The next stretch of the room in work, or the end of it; over: no room is left. */
static enum err walk_on(struct db *db, struct erasure_job *job, walk *go, bool *out_over)
{
    int64_t top = 0, trimmed = 0, room_id = 0;
    struct query *q = db_query(db, QUERY_CHAT_ERASURE_ROOM);
    query_int(q, 1, job->room_id);
    if (query_row(q)) {
        room_id = col_int(q, 0);
        top = col_int(q, 1);
        trimmed = col_int(q, 2);
    }
    enum err e = query_end(q);
    *out_over = e == ERR_OK && room_id == 0;
    if (e != ERR_OK || room_id == 0)
        return e;
    if (room_id != job->room_id) { /* another is next */
        job->room_id = room_id;
        job->offset = job->changed = 0;
    }
    if (job->offset < trimmed) {
        job->done += trimmed - job->offset;
        job->offset = trimmed;
    }
    if (job->offset >= top)
        return end_room(db, job);
    struct stretch s = {.above = job->offset, .to = job->offset + STRETCH};
    if (s.to > top)
        s.to = top;
    e = go(db, job, &s);
    int64_t reached = s.count == CHUNK ? s.last : s.to;
    job->done += reached - job->offset;
    job->offset = reached;
    return e;
}

/* ---- messages */

struct their_message {
    int64_t id, offset, edit_offset; /* edit_offset: of its last edit's event; 0: none */
    bool gone;
};

static enum err erase_message(struct db *db, struct erasure_job *job, const struct their_message *m)
{
    const struct gone gone = {job->room_id, m->id, m->offset, "author"};
    job->changed++;
    if (job->deletes && !m->gone)
        return message_forget(job->c, db, &gone);
    enum err e = message_event_replace(db, "message_created", job->room_id, m->id, m->offset);
    if (e == ERR_OK && m->edit_offset > 0 && !m->gone)
        e = message_event_replace(db, "message_edited", job->room_id, m->id, m->edit_offset);
    return e;
}

static enum err walk_messages(struct db *db, struct erasure_job *job, struct stretch *s)
{
    struct their_message found[CHUNK];
    struct query *q = db_query(db, QUERY_CHAT_ERASURE_MESSAGES);
    query_int(q, 1, job->room_id);
    query_int(q, 2, s->above);
    query_int(q, 3, s->to);
    query_int(q, 4, job->person.id);
    query_int(q, 5, CHUNK);
    for (; s->count < CHUNK && query_row(q); s->count++) {
        found[s->count] = (struct their_message){
            .id = col_int(q, 0),
            .offset = col_int(q, 1),
            .edit_offset = col_int(q, 3),
            .gone = col_int(q, 2) != 0,
        };
        s->last = found[s->count].offset;
    }
    enum err e = query_end(q);
    for (size_t i = 0; i < s->count && e == ERR_OK; i++)
        e = erase_message(db, job, &found[i]);
    return e;
}

static enum err erase_messages(struct db *db, struct erasure_job *job, bool *out_over)
{
    return walk_on(db, job, walk_messages, out_over);
}

/* ---- other events */

struct run_of_event {
    int64_t started_by, answer_id, answer_offset;
    bool answer_there; /* with its text */
};

static enum err find_run(struct db *db, const struct erasure_job *job, struct text run_id,
                         struct run_of_event *out)
{
    *out = (struct run_of_event){0};
    if (run_id.len < 2)
        return ERR_OK;
    struct query *q = db_query(db, QUERY_CHAT_ERASURE_RUN);
    query_text(q, 1, (struct text){run_id.data + 1, run_id.len - 2}); /* letters and digits */
    query_int(q, 2, job->room_id);
    if (query_row(q))
        *out =
            (struct run_of_event){col_int(q, 0), col_int(q, 1), col_int(q, 2), col_int(q, 3) != 0};
    return query_end(q);
}

/* What an agent answered out of a result that told of them. */
static enum err delete_answer(struct db *db, struct erasure_job *job,
                              const struct run_of_event *run)
{
    const struct gone m = {job->room_id, run->answer_id, run->answer_offset, "owner"};
    enum err e = message_forget(job->c, db, &m);
    if (e == ERR_OK)
        e = message_deleted_event(job->c, db, &m, &job->told[job->told_count].event);
    job->told_count += e == ERR_OK;
    return e;
}

static enum err replace(struct db *db, struct erasure_job *job, int64_t offset, struct text data)
{
    job->changed++;
    return room_event_replace(db, job->room_id, offset, data);
}

static enum err erase_event(struct db *db, struct erasure_job *job, int64_t offset,
                            struct text event)
{
    struct run_of_event run;
    struct buf out;
    unsigned found = UNSAID_NOTHING;
    enum err e = find_run(db, job, json_find(event, "run_id"), &run);
    if (e != ERR_OK)
        return e;
    bool theirs = job->deletes && run.started_by == job->person.id;
    bool silenced = run.answer_id > 0 && !run.answer_there &&
                    text_is(json_find(event, "type"), TEXT("\"agent_completed\""));
    const struct unsay u = {.user_id = job->person.id,
                            .name = text_of(job->person.name),
                            .display = text_of(job->person.display),
                            .was = text_of(job->was[0] ? job->was : ERASED_DISPLAY),
                            .quotes = job->deletes,
                            .asked = theirs || silenced};
    buf_init(&out, ANSWER_MAX_BYTES);
    e = unsay(&u, event, &out, &found);
    if (e == ERR_OK && (found & UNSAID_CHANGED))
        e = replace(db, job, offset, buf_text(&out));
    buf_fini(&out);
    bool told_of = (found & UNSAID_RESULT) || theirs;
    return e == ERR_OK && told_of && run.answer_there ? delete_answer(db, job, &run) : e;
}

static enum err keep_copy(struct buf *copies, size_t ends[CHUNK], struct query *q, size_t at)
{
    buf_add_text(copies, col_text(q, 1));
    ends[at] = copies->len;
    return copies->err;
}

static enum err find_events(struct db *db, const struct erasure_job *job, struct stretch *s,
                            int64_t offsets[CHUNK], size_t ends[CHUNK], struct buf *copies)
{
    char id[32];
    int len = snprintf(id, sizeof id, "\"%lld\"", (long long)job->person.id);
    struct query *q = db_query(db, QUERY_CHAT_ERASURE_EVENTS);
    query_int(q, 1, job->room_id);
    query_int(q, 2, s->above);
    query_int(q, 3, s->to);
    query_int(q, 4, CHUNK);
    query_text(q, 5, (struct text){id, (size_t)len});
    enum err e = ERR_OK;
    for (; e == ERR_OK && s->count < CHUNK && query_row(q); s->count++) {
        offsets[s->count] = s->last = col_int(q, 0);
        e = keep_copy(copies, ends, q, s->count);
    }
    enum err ended = query_end(q);
    return e != ERR_OK ? e : ended;
}

#define COPIES_MAX ((size_t)CHUNK * 256 * 1024) /* an event is never larger */
#define EVENT_DEPTH 64

static enum err walk_events(struct db *db, struct erasure_job *job, struct stretch *s)
{
    int64_t offsets[CHUNK];
    size_t ends[CHUNK];
    struct buf copies;
    buf_init(&copies, COPIES_MAX);
    enum err e = find_events(db, job, s, offsets, ends, &copies);
    for (size_t i = 0; i < s->count && e == ERR_OK; i++) {
        size_t from = i > 0 ? ends[i - 1] : 0;
        struct text event = {copies.data + from, ends[i] - from};
        if (json_valid(event, EVENT_DEPTH) && json_kind(event) == JSON_OBJECT)
            e = erase_event(db, job, offsets[i], event);
    }
    buf_fini(&copies);
    return e;
}

static enum err erase_events(struct db *db, struct erasure_job *job, bool *out_over)
{
    return walk_on(db, job, walk_events, out_over);
}

/* ---- reactions, of which their messages tell */

static enum err erase_reactions(struct db *db, struct erasure_job *job, bool *out_over)
{
    for (unsigned i = 0; i < CHUNK; i++) {
        int64_t message_id = 0;
        struct query *q = db_query(db, QUERY_CHAT_ERASURE_REACTION);
        query_int(q, 1, job->person.id);
        enum err e = query_number(q, &message_id);
        *out_over = e == ERR_OK && message_id == 0;
        if (e != ERR_OK || *out_over)
            return e;
        q = db_query(db, QUERY_CHAT_ERASURE_REACTION_DELETE);
        query_int(q, 1, message_id);
        query_int(q, 2, job->person.id);
        e = query_run(q);
        if (e == ERR_OK)
            e = reactions_tell(db, message_id);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

/* ---- the stages, in their order; their numbers are in rows: another one goes to the end */

static const struct stage {
    enum err (*run)(struct db *db, struct erasure_job *job, bool *out_over);
    enum query_id rows; /* without `run`: what delete_rows deletes */
} stages[] = {
    {.run = leave_rooms},
    {.rows = QUERY_CHAT_ERASURE_MENTIONS},
    {.rows = QUERY_CHAT_ERASURE_KEYS},
    {.rows = QUERY_CHAT_ERASURE_CONNECTIONS},
    {.rows = QUERY_CHAT_ERASURE_SETTINGS},
    {.run = erase_messages},
    {.run = erase_events},
    {.run = erase_reactions},
};
#define STAGES_COUNT ((int64_t)(sizeof stages / sizeof stages[0]))

/* ---- a step */

static enum err load(struct db *db, struct erasure_job *job)
{
    struct query *q = db_query(db, QUERY_CHAT_ERASURE_NEXT);
    job->found = query_row(q);
    if (job->found) {
        job->person = (struct person){.id = col_int(q, 0)};
        job->deletes = text_is(col_text(q, 1), TEXT("delete"));
        text_copy(job->was, sizeof job->was, col_text(q, 2));
        job->stage = col_int(q, 3);
        job->room_id = col_int(q, 4);
        job->offset = col_int(q, 5);
        job->changed = col_int(q, 6);
        job->done = col_int(q, 7);
        text_copy(job->person.name, sizeof job->person.name, col_text(q, 8));
        text_copy(job->person.display, sizeof job->person.display, col_text(q, 9));
        text_copy(job->person.role, sizeof job->person.role, col_text(q, 10));
    }
    return query_end(q);
}

static enum err save(struct db *db, const struct erasure_job *job)
{
    struct query *q = db_query(db, QUERY_CHAT_ERASURE_SAVE);
    query_int(q, 1, job->person.id);
    query_int(q, 2, job->stage);
    query_int(q, 3, job->room_id);
    query_int(q, 4, job->offset);
    query_int(q, 5, job->changed);
    query_int(q, 6, job->done);
    enum err e = query_run(q);
    if (e != ERR_OK || !job->ended)
        return e;
    q = db_query(db, QUERY_CHAT_ERASURE_END);
    query_int(q, 1, job->person.id);
    query_int(q, 2, env_wall_ms(job->c->env));
    return query_run(q);
}

static enum err erasure_run(struct db *db, void *data)
{
    struct erasure_job *job = data;
    int64_t end_ms = env_monotonic_ms(&env_real) + STEP_MS;
    enum err e = load(db, job);
    if (e != ERR_OK || !job->found)
        return e;
    for (unsigned i = 0; i < TURNS_MAX && e == ERR_OK && job->stage < STAGES_COUNT &&
                         env_monotonic_ms(&env_real) < end_ms && job->told_count + CHUNK < TOLD_MAX;
         i++) {
        bool over = false;
        const struct stage *now = &stages[job->stage];
        e = now->run ? now->run(db, job, &over) : delete_rows(db, job, now->rows, &over);
        if (e == ERR_OK && over) {
            job->stage++;
            job->room_id = job->offset = job->changed = 0;
        }
    }
    job->ended = job->stage == STAGES_COUNT;
    return e == ERR_OK ? save(db, job) : e;
}

static void publish(struct erasure_job *job, const struct told_event *told)
{
    struct chat *c = job->c;
    struct hub *hub = atomic_load(&c->hub);
    room_event_publish(hub, &told->event);
    if (told->left && hub) {
        char channel[ROOM_CHANNEL_SIZE];
        hub_unsubscribe_user(hub, room_channel(told->event.room_id, channel), job->person.id, 2000,
                             TEXT("not a member any more"));
        typing_ended(c, told->event.room_id, job->person.id);
    }
    unread_changed(c, told->event.room_id);
}

static void erasure_done(void *data, enum err e)
{
    struct erasure_job *job = data;
    struct chat *c = job->c;
    for (size_t i = 0; i < job->told_count; i++) {
        if (e == ERR_OK)
            publish(job, &job->told[i]);
        room_event_fini(&job->told[i].event);
    }
    if (e == ERR_OK && job->ended)
        log_event(LOG_INFO, "erasure_ended", KV_INT("user", job->person.id));
    if (e == ERR_OK && !job->found)
        atomic_store(&c->erasure_due, false); /* accounts wakes on this thread, too */
    if (e != ERR_OK)
        atomic_store(&c->erasure_next_ms, env_monotonic_ms(c->env) + RETRY_MS);
    atomic_store(&c->erasure_runs, false);
    free(job);
    chat_go_on_erasing(c); /* with the next step, unless nothing is due */
}

void erasure_tick(struct chat *c, int64_t now_ms)
{
    if (!atomic_load(&c->erasure_due) || now_ms < atomic_load(&c->erasure_next_ms) ||
        atomic_exchange(&c->erasure_runs, true))
        return;
    struct erasure_job *job = calloc(1, sizeof *job);
    if (job)
        job->c = c;
    if (job &&
        writer_submit_later(c->store, (struct job){erasure_run, erasure_done, job}) == ERR_OK)
        return;
    atomic_store(&c->erasure_runs, false); /* the next tick tries again */
    free(job);
}

void chat_go_on_erasing(struct chat *c)
{
    erasure_tick(c, env_monotonic_ms(c->env));
}

void erasure_wake(void *chat)
{
    struct chat *c = chat;
    atomic_store(&c->erasure_due, true);
    atomic_store(&c->erasure_next_ms, 0);
}
