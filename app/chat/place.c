/* place: how long the place keeps messages, as its admins set it (chat/bounds.h has the rules). place.update sets it and tells
 * everybody who is connected, place.preview says how many messages that would delete, place.get (accounts) says what is in force.
 *
 * A preview reads as long as what it counts is: it has PREVIEW_MS, and says `more` if that was not enough. */
#include "base/log.h"
#include "chat/bounds.h"
#include "chat/inside.h"
#include "store/db.h"

#include <stdio.h>

#define NOTICE_MAX_BYTES 1024
#define PREVIEW_MS 1000
#define LOOK_EVERY 256 /* messages between two looks at the clock */
#define MESSAGE_BYTES                                                                              \
    600 /* that a message frees besides its text, which is there twice: row, event, indexes */

struct place_job {
    struct answer answer;
    struct chat *c;
    struct bounds asked; /* -1: not given */
    struct bounds set;
    bool changed;
    struct buf notice;
};

static void place_drop(void *data)
{
    struct place_job *job = data;
    buf_fini(&job->notice);
}

/* ---- the parameters: no wider than the configuration, no database of nothing */

/* most 0: any */
static bool is_within(int64_t value, int64_t most, const char *field, struct reply reply)
{
    char message[160];
    if (most == 0 || value <= most)
        return true;
    (void)snprintf(message, sizeof message,
                   "%s must be a whole number from 0 to %lld: the server's configuration keeps no "
                   "more.",
                   field, (long long)most);
    reply_fault(reply, ERR_BAD_REQUEST, field, message);
    return false;
}

/* A bound of less than a day leaves no whole one. */
static bool days_are_within(int64_t days, int64_t most_ms, struct reply reply)
{
    if (most_ms == 0 || days * DAY_MS <= most_ms)
        return true;
    if (most_ms >= DAY_MS)
        return is_within(days, most_ms / DAY_MS, "keep_days", reply);
    reply_fault(reply, ERR_BAD_REQUEST, "keep_days",
                "keep_days must be 0: the server's configuration keeps messages for less than a "
                "day.");
    return false;
}

static bool is_a_database(int64_t bytes, struct reply reply)
{
    if (bytes == 0 || bytes >= KEEP_BYTES_MIN)
        return true;
    reply_fault(reply, ERR_BAD_REQUEST, "keep_bytes",
                "keep_bytes must be 0, or at least 1048576, which is 1 MiB.");
    return false;
}

static int64_t given(const struct args *args, const char *name)
{
    return args_given(args, name) ? args_int(args, name) : -1;
}

/* The job of a call; NULL: the reply has been given. */
static struct place_job *place_job_new(struct chat *c, const struct actor *actor,
                                       const struct args *args, struct reply reply)
{
    struct bounds most = bounds_most(c);
    int64_t days = given(args, "keep_days");
    struct bounds asked = {
        .ms = days < 0 ? days : days * DAY_MS,
        .messages = given(args, "keep_messages"),
        .bytes = given(args, "keep_bytes"),
    };
    if (!days_are_within(days, most.ms, reply) ||
        !is_within(asked.messages, most.messages, "keep_messages", reply) ||
        !is_within(asked.bytes, most.bytes, "keep_bytes", reply) ||
        (asked.bytes > 0 && !is_a_database(asked.bytes, reply)))
        return NULL;
    struct place_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return NULL;
    job->c = c;
    job->asked = asked;
    job->answer.drop = place_drop;
    buf_init(&job->notice, NOTICE_MAX_BYTES);
    return job;
}

/* What would be set after this call, into job->set. */
static enum err look(struct db *db, struct place_job *job)
{
    enum err e = admin_acting(db, &job->answer.actor);
    struct bounds before = {0};
    if (e == ERR_OK)
        e = bounds_set(db, &before);
    job->set = before;
    if (job->asked.ms >= 0)
        job->set.ms = job->asked.ms;
    if (job->asked.messages >= 0)
        job->set.messages = job->asked.messages;
    if (job->asked.bytes >= 0)
        job->set.bytes = job->asked.bytes;
    job->changed = job->set.ms != before.ms || job->set.messages != before.messages ||
                   job->set.bytes != before.bytes;
    return e;
}

/* ---- place.update */

static enum err write_notice(struct place_job *job)
{
    struct json_writer w;
    json_begin(&w, &job->notice);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("place_changed"));
    bounds_write(&w, "keep", job->set, bounds_most(job->c));
    json_close(&w, '}');
    return job->notice.err;
}

static enum err update_run(struct db *db, void *data)
{
    struct place_job *job = data;
    enum err e = look(db, job);
    if (e == ERR_OK && job->changed)
        e = bounds_put(db, job->set);
    if (e == ERR_OK && job->changed)
        e = write_notice(job);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    bounds_write(w, "keep", job->set, bounds_most(job->c));
    json_close(w, '}');
    return ERR_OK;
}

/* Who is not told sees it when their page asks the next time. */
static void tell_everybody(const struct place_job *job)
{
    enum err e = everybody_event(job->c, buf_text(&job->notice));
    log_event(LOG_INFO, "place_keep_changed", KV_INT("by", job->answer.actor.user_id),
              KV_INT("age_ms", job->set.ms), KV_INT("messages", job->set.messages),
              KV_INT("size_bytes", job->set.bytes), KV_STR("told", err_name(e)));
}

/* On the writer, so that two changes are told in their order; it is rare enough to look at everybody's connections here. */
static void update_done(void *data, enum err e)
{
    struct place_job *job = data;
    if (e == ERR_OK && job->changed) {
        keep_anew(job->c);
        tell_everybody(job);
    }
    answer_end(job, e);
}

void place_update(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct place_job *job = place_job_new(c, actor, args, reply);
    if (job)
        answer_write(job, c->store, update_run, update_done);
}

/* ---- place.preview: the messages that chat/keep.c would take */

struct tally {
    const struct chat *c;
    int64_t now_ms; /* since 1970 */
    int64_t end_ms; /* monotonic */
    int64_t messages;
    bool more; /* time was up */
};

static bool time_is_up(struct tally *t)
{
    t->more = t->more || env_monotonic_ms(t->c->env) >= t->end_ms;
    return t->more;
}

static void tally_one(struct tally *t)
{
    if (++t->messages % LOOK_EVERY == 0)
        (void)time_is_up(t);
}

/* The first ones of the room: those that are too old up to one that is not, and those that are too many. */
static enum err tally_room(struct db *db, struct tally *t, int64_t room_id, struct bounds b)
{
    int64_t over = 0;
    enum err e = b.messages > 0 ? bounds_over(db, room_id, b.messages, &over) : ERR_OK;
    if (e != ERR_OK || (b.ms == 0 && over == 0))
        return e;
    bool old = b.ms > 0;
    struct query *q = db_query(db, QUERY_CHAT_KEEP_OLD);
    query_int(q, 1, room_id);
    query_int(q, 2, INT64_MAX);
    while (!t->more && query_row(q)) {
        old = old && col_int(q, 1) < t->now_ms - b.ms;
        if (!old && col_int(q, 0) > over)
            break;
        tally_one(t);
    }
    return query_end(q);
}

static enum err tally_rooms(struct db *db, struct tally *t, struct bounds place)
{
    struct bounded_rooms rooms = {0};
    do {
        enum err e = bounds_rooms(db, rooms.after, &rooms);
        for (size_t i = 0; i < rooms.count && e == ERR_OK && !time_is_up(t); i++)
            e = tally_room(db, t, rooms.at[i].id, bounds_closer(place, rooms.at[i].own));
        if (e != ERR_OK)
            return e;
    } while (rooms.after > 0 && !t->more);
    return ERR_OK;
}

/* The oldest of all rooms until enough is free, as many as a plan takes at once; what a message frees is a guess. */
static enum err tally_oldest(struct db *db, struct tally *t, int64_t most_bytes)
{
    int64_t used = 0, freed = 0;
    enum err e = most_bytes > 0 ? bounds_used(db, &used) : ERR_OK;
    if (e != ERR_OK || most_bytes == 0 || used <= most_bytes)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_KEEP_LENGTHS);
    while ((freed < used - most_bytes || t->messages % BOUNDS_AHEAD != 0) && !t->more &&
           query_row(q)) {
        freed += 2 * col_int(q, 0) + MESSAGE_BYTES + col_int(q, 1);
        tally_one(t);
    }
    return query_end(q);
}

static enum err preview_run(struct db *db, void *data)
{
    struct place_job *job = data;
    struct tally own = {
        .c = job->c,
        .now_ms = env_wall_ms(job->c->env),
        .end_ms = env_monotonic_ms(job->c->env) + PREVIEW_MS,
    };
    struct tally all = own;
    enum err e = look(db, job);
    struct bounds place = bounds_closer(bounds_most(job->c), job->set);
    if (e == ERR_OK)
        e = tally_oldest(db, &all, place.bytes);
    if (e == ERR_OK)
        e = tally_rooms(db, &own, place);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_int(w, "messages", own.messages > all.messages ? own.messages : all.messages);
    json_add_bool(w, "about", all.messages > 0);
    json_add_bool(w, "more", own.more || all.more);
    json_close(w, '}');
    return ERR_OK;
}

void place_preview(void *ctx, const struct actor *actor, const struct args *args,
                   struct reply reply)
{
    struct chat *c = ctx;
    struct place_job *job = place_job_new(c, actor, args, reply);
    if (job)
        answer_read(job, c->store, preview_run, NULL);
}

/* ---- what place.get says of it */

enum err place_told(void *ctx, struct db *db, struct json_writer *w)
{
    struct bounds set;
    enum err e = bounds_set(db, &set);
    if (e == ERR_OK)
        bounds_write(w, "keep", set, bounds_most(ctx));
    return e;
}
