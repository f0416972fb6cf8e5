/* called: user.update. What a person is called, by themselves or by an admin; the name for log-in and @ stays. Rows name people by
 * their number, so all that is listed from now on has the new one; events in rooms keep what was true when they came, and
 * everybody who is connected is told. What somebody was called before is kept until they are erased (erasure.c). */
#include "accounts/inside.h"
#include "base/log.h"
#include "store/db.h"
#include "store/store.h"

struct calling {
    struct answer answer;
    struct accounts *a;
    struct text who, display; /* kept; who: empty: oneself */
    struct person person;
    bool changed;
};

static enum err find(struct db *db, struct calling *job)
{
    const struct actor *actor = &job->answer.actor;
    if (job->who.len == 0)
        return person_acting(db, actor->user_id, &job->person);
    enum err e = admin_acting(db, actor);
    if (e == ERR_OK)
        e = person_find(db, job->who, &job->person);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !job->person.active))
        return answer_fault(&job->answer, ERR_NOT_FOUND, "user", "user is nobody here.");
    if (e == ERR_OK && strcmp(job->person.role, "agent") == 0)
        return answer_fault(&job->answer, ERR_BAD_REQUEST, "user",
                            "user must be a person, not an agent.");
    return e;
}

/* What they are called now becomes one of the names of before. */
static enum err remember(struct db *db, struct calling *job)
{
    int64_t others = 0;
    struct query *q = db_query(db, QUERY_ACCOUNTS_FORMER_OTHERS);
    query_int(q, 1, job->person.id);
    enum err e = query_number(q, &others);
    if (e == ERR_OK && others >= FORMER_DISPLAYS_MAX)
        return answer_fault(&job->answer, ERR_CONFLICT, "display",
                            "display was another one 20 times already: that is the most.");
    if (e != ERR_OK)
        return e;
    q = db_query(db, QUERY_ACCOUNTS_FORMER_ADD);
    query_int(q, 1, job->person.id);
    query_int(q, 2, env_wall_ms(job->a->env));
    return query_run(q);
}

static enum err call(struct db *db, struct calling *job)
{
    enum err e = remember(db, job);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_CALL);
    query_int(q, 1, job->person.id);
    query_text(q, 2, job->display);
    e = query_run(q);
    text_copy(job->person.display, sizeof job->person.display, job->display);
    job->changed = true;
    return e;
}

static enum err call_run(struct db *db, void *data)
{
    struct calling *job = data;
    enum err e = find(db, job);
    if (e == ERR_OK && !text_is(job->display, text_of(job->person.display)))
        e = call(db, job);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    user_write(w, "user", &job->person);
    json_close(w, '}');
    return ERR_OK;
}

static void call_done(void *data, enum err e)
{
    struct calling *job = data;
    struct accounts *a = job->a;
    if (e == ERR_OK && job->changed) {
        log_event(LOG_INFO, "person_called", KV_INT("user", job->person.id),
                  KV_INT("by", job->answer.actor.user_id));
        if (a->hooks.person_called)
            a->hooks.person_called(a->hooks.ctx, &job->person);
    }
    answer_end(job, e);
}

void user_update(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct accounts *a = ctx;
    struct text who = args_text(args, "user"), display = args_text(args, "display");
    if (!text_is_one_line(display)) {
        reply_fault(reply, ERR_BAD_REQUEST, "display", "display must be one line.");
        return;
    }
    struct calling *job = answer_new(sizeof *job, who.len + display.len + 2, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->who = answer_keep(&job->answer, who);
    job->display = answer_keep(&job->answer, display);
    answer_write(job, a->store, call_run, call_done);
}
