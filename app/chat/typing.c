/* typing: who is writing where, for some seconds. Passing events: at most one in two seconds for each person and room, and
 * one that says when it has ended. The table is bounded; over the bound typing is simply not shown. */
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>
#include <uthash.h>

#define EVERY_MS 2000
#define TYPISTS_MAX 1024

struct typist_key {
    int64_t room_id, user_id;
};

struct typist {
    struct typist_key key;
    int64_t published_ms, until_ms; /* monotonic */
    struct person person;
    UT_hash_handle hh;
    struct typist *next_ended;
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

/* Notes that it is shown from now on; false: it was less than two seconds ago, or the table is full. */
static bool note(struct chat *c, const struct typing_job *job, int64_t now_ms)
{
    struct typist *t = NULL;
    bool show = false;
    mutex_lock(&c->lock);
    HASH_FIND(hh, c->typists, &job->key, sizeof job->key, t);
    if (!t && HASH_COUNT(c->typists) < TYPISTS_MAX && (t = calloc(1, sizeof *t))) {
        t->key = job->key;
        t->person = job->person;
        t->published_ms = now_ms - EVERY_MS;
        HASH_ADD(hh, c->typists, key, sizeof t->key, t);
    }
    if (t && now_ms - t->published_ms >= EVERY_MS) {
        t->published_ms = now_ms;
        t->until_ms = now_ms + c->options.typing_ms;
        show = true;
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
    struct typist_key key = {room_id, user_id};
    struct typist *t = NULL;
    mutex_lock(&c->lock);
    HASH_FIND(hh, c->typists, &key, sizeof key, t);
    if (t)
        HASH_DEL(c->typists, t);
    mutex_unlock(&c->lock);
    if (t)
        publish(c, room_id, &t->person, 0);
    free(t);
}

void typing_tick(struct chat *c, int64_t now_ms)
{
    struct typist *t, *next, *ended = NULL;
    mutex_lock(&c->lock);
    HASH_ITER(hh, c->typists, t, next)
    {
        if (t->until_ms > now_ms)
            continue;
        HASH_DEL(c->typists, t);
        t->next_ended = ended;
        ended = t;
    }
    mutex_unlock(&c->lock);
    for (; ended; ended = next) {
        next = ended->next_ended;
        publish(c, ended->key.room_id, &ended->person, 0);
        free(ended);
    }
}

NO_THREAD_CHECK void typing_fini(struct chat *c)
{
    struct typist *t, *next;
    HASH_ITER(hh, c->typists, t, next)
    {
        HASH_DEL(c->typists, t);
        free(t);
    }
}
