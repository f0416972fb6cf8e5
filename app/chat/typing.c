/* typing: who is writing where, for some seconds. Passing events: at most one in two seconds for each person and room, and
 * one that says when it has ended. The table is bounded; over the bound typing is simply not shown. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define EVERY_MS 2000
#define TYPISTS_MAX 1024

struct typist_key {
    int64_t room_id, user_id;
};

/* In one array, looked through from its start: small rows, and few of them. */
struct typist {
    struct typist_key key;
    int64_t published_ms, until_ms; /* monotonic */
    struct person *who;             /* owned */
};

static void publish(struct chat *c, int64_t room_id, const struct person *who, int64_t until)
{
    struct buf event;
    struct json_writer w;
    buf_init(&event, 8192);
    json_begin(&w, &event);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("typing"));
    person_write(&w, "user", who);
    json_add_int(&w, "until", until);
    json_close(&w, '}');
    if (event.err == ERR_OK)
        room_passing(atomic_load(&c->hub), room_id, buf_text(&event));
    buf_fini(&event);
}

/* ---- typing.start */

struct typing_job {
    struct answer answer;
    struct chat *c;
    struct typist_key key;
    struct person person;
};

static enum err start_run(struct db *db, void *data)
{
    struct typing_job *job = data;
    enum err e = room_require(db, job->key.room_id, &job->answer.actor, ROOM_MEMBER);
    return e != ERR_OK ? e : person_by_id(db, job->key.user_id, &job->person);
}

static struct typist *find(struct chat *c, struct typist_key key)
    CLANG(requires_capability(c->lock))
{
    for (size_t i = 0; i < c->typists_count; i++)
        if (c->typists[i].key.room_id == key.room_id && c->typists[i].key.user_id == key.user_id)
            return &c->typists[i];
    return NULL;
}

/* NULL: the table is full, or no memory. */
static struct typist *add(struct chat *c, const struct typing_job *job, int64_t now_ms)
    CLANG(requires_capability(c->lock))
{
    if (!c->typists)
        c->typists = calloc(TYPISTS_MAX, sizeof *c->typists);
    struct person *who = c->typists && c->typists_count < TYPISTS_MAX ? malloc(sizeof *who) : NULL;
    if (!who)
        return NULL;
    *who = job->person;
    struct typist *t = &c->typists[c->typists_count++];
    *t = (struct typist){.key = job->key, .published_ms = now_ms - EVERY_MS, .who = who};
    return t;
}

/* Who it was, owned by the caller; the last one takes the place. */
static struct person *take_out(struct chat *c, struct typist *t) CLANG(requires_capability(c->lock))
{
    struct person *who = t->who;
    *t = c->typists[--c->typists_count];
    return who;
}

/* Notes that it is shown from now on; false: it was less than two seconds ago, or it cannot be kept. */
static bool note(struct chat *c, const struct typing_job *job, int64_t now_ms)
{
    mutex_lock(&c->lock);
    struct typist *t = find(c, job->key);
    if (!t)
        t = add(c, job, now_ms);
    bool show = t && now_ms - t->published_ms >= EVERY_MS;
    if (show) {
        t->published_ms = now_ms;
        t->until_ms = now_ms + c->options.typing_ms;
    }
    mutex_unlock(&c->lock);
    return show;
}

static void start_done(void *data, enum err e)
{
    struct typing_job *job = data;
    struct chat *c = job->c;
    if (e == ERR_OK && note(c, job, env_monotonic_ms(c->env)))
        publish(c, job->key.room_id, &job->person, env_wall_ms(c->env) + c->options.typing_ms);
    answer_end(job, e);
}

void typing_start(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct typing_job *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->key = (struct typist_key){args_int(args, "room"), actor->user_id};
    answer_read(job, c->store, start_run, start_done);
}

/* ---- the end of it */

void typing_ended(struct chat *c, int64_t room_id, int64_t user_id)
{
    struct person *who = NULL;
    mutex_lock(&c->lock);
    struct typist *t = find(c, (struct typist_key){room_id, user_id});
    if (t)
        who = take_out(c, t);
    mutex_unlock(&c->lock);
    if (who)
        publish(c, room_id, who, 0);
    free(who);
}

/* Takes out one whose time is over: who it was, owned by the caller. NULL: nobody. */
static struct person *take_over(struct chat *c, int64_t now_ms, int64_t *out_room_id)
{
    struct person *who = NULL;
    mutex_lock(&c->lock);
    for (size_t i = 0; i < c->typists_count && !who; i++)
        if (c->typists[i].until_ms <= now_ms) {
            *out_room_id = c->typists[i].key.room_id;
            who = take_out(c, &c->typists[i]);
        }
    mutex_unlock(&c->lock);
    return who;
}

#define ENDS_MAX 64 /* in one tick; the others in the next */

void typing_tick(struct chat *c, int64_t now_ms)
{
    int64_t room_id;
    for (unsigned i = 0; i < ENDS_MAX; i++) {
        struct person *who = take_over(c, now_ms, &room_id);
        if (!who)
            break;
        publish(c, room_id, who, 0);
        free(who);
    }
}

NO_THREAD_CHECK void typing_fini(struct chat *c)
{
    for (size_t i = 0; i < c->typists_count; i++)
        free(c->typists[i].who);
    free(c->typists);
}
