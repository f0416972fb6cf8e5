/* keep: messages go when they are over a bound (chat/bounds.h): of age, of number in their room, of the size of all. With a
 * message goes all that is before it in its room's stream, so that what is left has no holes; room.trimmed says up to where,
 * and a recovery from there or before says that it cannot.
 *
 * Once a minute a reader plans: up to which offset each of the next rooms is to be trimmed. The writer then takes that off in
 * steps of some milliseconds, which wait for what others write (writer_submit_later). A step is whole: rows, index,
 * mentions and room.trimmed in one transaction (send keys stay their own time); a crash between two steps leaves a shorter room.
 *
 * Invariant: one plan at a time; it belongs to the job that runs. */
#include "base/metrics.h"
#include "chat/bounds.h"
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define CHUNK 20  /* events between two looks at the clock */
#define STEP_MS 8 /* of the writer */
#define PLAN_EVERY_MS 60000

struct target {
    int64_t room_id, offset;
};

struct keep_plan {
    struct chat *c;
    int64_t now_ms;     /* since 1970 */
    int64_t after_room; /* of the next plan; 0: all rooms have been looked at */
    struct target targets[BOUNDS_ROOMS_MAX];
    size_t count;
    int64_t messages; /* deleted by this step */
    bool over;        /* a bound of this plan was not all there is to do */
};

/* ---- what is to go, on a reader */

static void aim(struct keep_plan *p, int64_t room_id, int64_t offset)
{
    size_t i = 0;
    while (i < p->count && p->targets[i].room_id != room_id)
        i++;
    if (i == BOUNDS_ROOMS_MAX)
        return; /* another plan follows */
    if (i == p->count)
        p->targets[p->count++] = (struct target){room_id, 0};
    if (p->targets[i].offset < offset)
        p->targets[i].offset = offset;
}

static enum err plan_age(struct db *db, struct keep_plan *p, int64_t room_id, int64_t keep_ms)
{
    struct query *q = db_query(db, QUERY_CHAT_KEEP_OLD);
    query_int(q, 1, room_id);
    query_int(q, 2, BOUNDS_AHEAD);
    int64_t last = 0, seen = 0;
    while (query_row(q) && col_int(q, 1) < p->now_ms - keep_ms) {
        last = col_int(q, 0);
        seen++;
    }
    p->over |= seen == BOUNDS_AHEAD;
    if (last > 0)
        aim(p, room_id, last);
    return query_end(q);
}

static enum err plan_count(struct db *db, struct keep_plan *p, int64_t room_id, int64_t most)
{
    int64_t offset;
    enum err e = bounds_over(db, room_id, most, &offset);
    if (e == ERR_OK && offset > 0)
        aim(p, room_id, offset);
    return e;
}

static enum err plan_size(struct db *db, struct keep_plan *p, int64_t most)
{
    int64_t used;
    enum err e = bounds_used(db, &used);
    if (e != ERR_OK || used <= most)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_KEEP_FIRST);
    query_int(q, 1, BOUNDS_AHEAD);
    while (query_row(q))
        aim(p, col_int(q, 0), col_int(q, 1));
    p->over = true;
    return query_end(q);
}

static enum err plan_run(struct db *db, void *data)
{
    struct keep_plan *p = data;
    struct bounds set;
    struct bounded_rooms rooms;
    enum err e = bounds_set(db, &set);
    if (e == ERR_OK)
        e = bounds_rooms(db, p->after_room, &rooms);
    if (e != ERR_OK)
        return e;
    struct bounds place = bounds_closer(bounds_most(p->c), set);
    p->after_room = rooms.after;
    for (size_t i = 0; i < rooms.count && e == ERR_OK; i++) {
        struct bounds b = bounds_closer(place, rooms.at[i].own);
        if (b.ms > 0)
            e = plan_age(db, p, rooms.at[i].id, b.ms);
        if (e == ERR_OK && b.messages > 0)
            e = plan_count(db, p, rooms.at[i].id, b.messages);
    }
    return e == ERR_OK && place.bytes > 0 ? plan_size(db, p, place.bytes) : e;
}

/* ---- a step, on the writer */

static enum err delete_messages(struct db *db, struct keep_plan *p, const struct target *t)
{
    for (;;) {
        struct query *q = db_query(db, QUERY_CHAT_KEEP_MESSAGE);
        query_int(q, 1, t->room_id);
        query_int(q, 2, t->offset);
        bool found = query_row(q);
        int64_t id = found ? col_int(q, 0) : 0;
        bool has_files = found && col_int(q, 1) != 0;
        enum err e = query_end(q);
        if (e != ERR_OK || id == 0)
            return e;
        e = index_forget(db, id);
        if (e == ERR_OK && has_files)
            e = files_forget(db, id);
        if (e == ERR_OK)
            e = message_copies_forget(db, id); /* it may be further up than what goes */
        if (e != ERR_OK)
            return e;
        q = db_query(db, QUERY_CHAT_KEEP_MESSAGE_DELETE);
        query_int(q, 1, id);
        e = query_run(q);
        if (e != ERR_OK)
            return e;
        p->messages++;
    }
}

static enum err delete_up_to(struct db *db, struct keep_plan *p, const struct target *t)
{
    static const enum query_id all[] = {
        QUERY_CHAT_KEEP_MENTION_DELETE,
        QUERY_CHAT_KEEP_STREAM_DELETE,
        QUERY_CHAT_KEEP_RUN_DELETE,
        QUERY_CHAT_KEEP_TRIMMED,
    };
    enum err e = delete_messages(db, p, t);
    for (size_t i = 0; i < sizeof all / sizeof all[0] && e == ERR_OK; i++) {
        struct query *q = db_query(db, all[i]);
        query_int(q, 1, t->room_id);
        query_int(q, 2, t->offset);
        e = query_run(q);
    }
    return e;
}

/* Takes the first events off; *out_done: nothing of the target is left. */
static enum err trim_chunk(struct db *db, struct keep_plan *p, const struct target *t,
                           bool *out_done)
{
    struct query *q = db_query(db, QUERY_CHAT_KEEP_CHUNK);
    query_int(q, 1, t->room_id);
    query_int(q, 2, t->offset);
    query_int(q, 3, CHUNK);
    int64_t end;
    enum err e = query_number(q, &end);
    *out_done = end == 0;
    return e == ERR_OK && end > 0 ? delete_up_to(db, p, &(struct target){t->room_id, end}) : e;
}

static enum err trim_run(struct db *db, void *data)
{
    struct keep_plan *p = data;
    int64_t end_ms = env_monotonic_ms(&env_real) + STEP_MS;
    p->messages = 0;
    if (atomic_load(&p->c->keep_anew))
        p->count = 0; /* planned by bounds that are no more */
    enum err wanted = p->count > 0 ? purge_want(p->c, db) : ERR_OK;
    if (wanted != ERR_OK)
        return wanted;
    while (p->count > 0 && env_monotonic_ms(&env_real) < end_ms) {
        bool done;
        enum err e = trim_chunk(db, p, &p->targets[p->count - 1], &done);
        if (e != ERR_OK)
            return e;
        p->count -= done;
    }
    return ERR_OK;
}

/* ---- one after the other */

static void keep_end(struct keep_plan *p, int64_t pause_ms)
{
    struct chat *c = p->c;
    atomic_store(&c->keep_next_ms, env_monotonic_ms(c->env) + pause_ms);
    mutex_lock(&c->lock);
    c->keep_plan = p; /* goes on with the next tick */
    mutex_unlock(&c->lock);
}

static enum err trim(struct keep_plan *p);

static void trim_done(void *data, enum err e)
{
    struct keep_plan *p = data;
    if (e == ERR_OK)
        metric_add(METRIC_messages_expired, p->messages);
    else
        p->count = 0; /* the next plan finds it again */
    if (p->count > 0 && trim(p) == ERR_OK)
        return;
    bool more = e == ERR_OK && (p->count > 0 || p->over || p->after_room > 0);
    keep_end(p, more ? 0 : PLAN_EVERY_MS);
}

static enum err trim(struct keep_plan *p)
{
    return writer_submit_later(p->c->store, (struct job){trim_run, trim_done, p});
}

static void plan_done(void *data, enum err e)
{
    struct keep_plan *p = data;
    if (e != ERR_OK)
        p->count = 0;
    keep_end(p, e != ERR_OK || (p->count == 0 && p->after_room == 0) ? PLAN_EVERY_MS : 0);
}

void keep_tick(struct chat *c, int64_t now_ms)
{
    if (now_ms < atomic_load(&c->keep_next_ms) && !atomic_load(&c->keep_anew))
        return;
    mutex_lock(&c->lock);
    struct keep_plan *p = c->keep_plan;
    c->keep_plan = NULL;
    mutex_unlock(&c->lock);
    if (!p)
        return;                                /* a job runs */
    if (atomic_exchange(&c->keep_anew, false)) /* before the plan reads the bounds */
        p->count = p->after_room = 0;
    enum err e;
    if (p->count > 0) {
        e = trim(p);
    } else {
        p->over = false;
        p->now_ms = env_wall_ms(c->env);
        e = reader_submit(c->store, (struct job){plan_run, plan_done, p});
    }
    if (e != ERR_OK)
        keep_end(p, 0); /* busy: with the next tick */
}

void keep_anew(struct chat *c)
{
    atomic_store(&c->keep_anew, true);
}

enum err keep_init(struct chat *c)
{
    struct keep_plan *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_NOMEM;
    p->c = c;
    mutex_lock(&c->lock);
    c->keep_plan = p;
    mutex_unlock(&c->lock);
    return ERR_OK;
}

NO_THREAD_CHECK void keep_fini(struct chat *c)
{
    free(c->keep_plan);
}
