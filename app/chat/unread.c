/* unread: rooms that have new messages, and the counts that their members are told, at most once a room and 250 ms.
 *
 * Counts are made by a reader, read marks by the writer: a mark that moves while a room is being counted makes it due once
 * more, so that the last counts a user is told are never older than their last mark. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define EVERY_MS 250
#define SHARE                                                                                      \
    4 /* a room whose counting takes long keeps a reader busy for one part in so many of the time */
#define ROOMS_MAX 4096 /* that wait; more of them are told with their next message */

/* In one array, looked through from its start: there are as many as had a message in the last quarter of a second. */
struct waiting_room {
    int64_t room_id;
    int64_t last_ms; /* counting began then */
    int64_t rest_ms; /* not again before so long after it */
    bool due;
    bool counting;
};

struct count_job {
    struct chat *c;
    int64_t room_id;
    int64_t began_ms;
    struct told_list list;
};

static struct waiting_room *find(struct chat *c, int64_t room_id)
    CLANG(requires_capability(c->lock))
{
    for (size_t i = 0; i < c->waiting_count; i++)
        if (c->waiting[i].room_id == room_id)
            return &c->waiting[i];
    return NULL;
}

/* NULL: too many, or no memory. */
static struct waiting_room *add(struct chat *c, int64_t room_id) CLANG(requires_capability(c->lock))
{
    if (c->waiting_count == c->waiting_room && c->waiting_room < ROOMS_MAX) {
        size_t room = c->waiting_room ? c->waiting_room * 2 : 16;
        struct waiting_room *grown = realloc(c->waiting, room * sizeof *grown);
        if (grown) {
            c->waiting = grown;
            c->waiting_room = room;
        }
    }
    if (c->waiting_count == c->waiting_room)
        return NULL;
    struct waiting_room *w = &c->waiting[c->waiting_count++];
    *w = (struct waiting_room){.room_id = room_id, .last_ms = INT64_MIN / 2, .rest_ms = EVERY_MS};
    return w;
}

void unread_changed(struct chat *c, int64_t room_id)
{
    mutex_lock(&c->lock);
    struct waiting_room *w = find(c, room_id);
    if (!w)
        w = add(c, room_id);
    if (w)
        w->due = true;
    mutex_unlock(&c->lock);
}

void unread_again(struct chat *c, int64_t room_id)
{
    mutex_lock(&c->lock);
    struct waiting_room *w = find(c, room_id);
    if (w && w->counting)
        w->due = true;
    mutex_unlock(&c->lock);
}

/* ---- counting, on a reader */

static enum err count_run(struct db *db, void *data)
{
    struct count_job *job = data;
    return count_room(job->c, db, job->room_id, &job->list);
}

static void tell(struct chat *c, int64_t room_id, const struct told *told)
{
    struct buf event;
    struct json_writer w;
    buf_init(&event, 4096);
    json_begin(&w, &event);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("unread"));
    json_add_id(&w, "room", room_id);
    json_add_int(&w, "unread", told->counts.unread);
    json_add_int(&w, "mentions", told->counts.mentions);
    json_add_int(&w, "last_time", told->counts.last_ms);
    json_add_int(&w, "offset", told->counts.top);
    json_close(&w, '}');
    if (event.err == ERR_OK)
        user_event(c, told->user_id, buf_text(&event));
    buf_fini(&event);
}

/* Not being counted any more; due once more after an error. */
static void counted(struct chat *c, int64_t room_id, int64_t took_ms, enum err e)
{
    mutex_lock(&c->lock);
    struct waiting_room *w = find(c, room_id);
    if (w) {
        w->counting = false;
        w->rest_ms = took_ms * SHARE > EVERY_MS ? took_ms * SHARE : EVERY_MS;
        w->due = w->due || e != ERR_OK;
    }
    mutex_unlock(&c->lock);
}

static void count_done(void *data, enum err e)
{
    struct count_job *job = data;
    for (size_t i = 0; e == ERR_OK && i < job->list.count; i++)
        tell(job->c, job->room_id, &job->list.told[i]);
    counted(job->c, job->room_id, env_monotonic_ms(job->c->env) - job->began_ms, e);
    free(job->list.told);
    free(job);
}

static void count_start(struct chat *c, int64_t room_id)
{
    struct count_job *job = calloc(1, sizeof *job);
    if (!job) {
        counted(c, room_id, 0, ERR_NOMEM);
        return;
    }
    job->c = c;
    job->room_id = room_id;
    job->began_ms = env_monotonic_ms(c->env);
    enum err e = reader_submit(c->store, (struct job){count_run, count_done, job});
    if (e != ERR_OK)
        count_done(job, e);
}

/* ---- time */

#define STARTS_MAX 64 /* rooms counted in one tick; the others in the next */

/* Picks rooms that are due, drops those that have been quiet. */
static size_t pick(struct chat *c, int64_t now_ms, int64_t rooms[STARTS_MAX])
{
    size_t count = 0, kept = 0;
    mutex_lock(&c->lock);
    for (size_t i = 0; i < c->waiting_count; i++) {
        struct waiting_room w = c->waiting[i];
        bool rests = !w.counting && now_ms - w.last_ms >= w.rest_ms;
        if (rests && !w.due)
            continue;
        if (rests && count < STARTS_MAX) {
            w.due = false;
            w.counting = true;
            w.last_ms = now_ms;
            rooms[count++] = w.room_id;
        }
        c->waiting[kept++] = w;
    }
    c->waiting_count = kept;
    mutex_unlock(&c->lock);
    return count;
}

void unread_tick(struct chat *c, int64_t now_ms)
{
    int64_t rooms[STARTS_MAX];
    size_t count = pick(c, now_ms, rooms);
    for (size_t i = 0; i < count; i++)
        count_start(c, rooms[i]);
}

NO_THREAD_CHECK void unread_fini(struct chat *c)
{
    free(c->waiting);
}
