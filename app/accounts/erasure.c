/* erasure: user.erase. In one transaction the person is nobody any more: no name, no password, no session, no open invite, no file
 * that was not sent; and a row says what is to follow. What they have left in rooms goes after it, step by step, also after a
 * restart (chat/erasure.c). The row stays, without a name: it says that it was done.
 *
 * Their name is free again: to keep it from others it would have to be kept. */
#include "accounts/inside.h"
#include "base/log.h"
#include "store/db.h"
#include "store/store.h"

struct erasing {
    struct answer answer;
    struct accounts *a;
    struct text who, messages; /* kept */
    struct person person;
    bool begun;
};

/* What is known of it. found: it was asked for before */
struct known {
    bool found, deletes;
};

/* By id or name; somebody whose erasure goes on also by the name that they had. */
static enum err find(struct db *db, struct erasing *job)
{
    enum err e = person_find(db, job->who, &job->person);
    if (e != ERR_NOT_FOUND)
        return e;
    int64_t id = 0;
    struct query *q = db_query(db, QUERY_ACCOUNTS_ERASURE_BY_NAME);
    query_text(q, 1, job->who);
    e = query_number(q, &id);
    if (e == ERR_OK && id != 0)
        return person_by_id(db, id, &job->person);
    return e != ERR_OK ? e
                       : answer_fault(&job->answer, ERR_NOT_FOUND, "user", "user is nobody here.");
}

static enum err look(struct db *db, const struct erasing *job, struct known *out)
{
    *out = (struct known){false, false};
    struct query *q = db_query(db, QUERY_ACCOUNTS_ERASURE_GET);
    query_int(q, 1, job->person.id);
    if (query_row(q))
        *out = (struct known){true, text_is(col_text(q, 0), TEXT("delete"))};
    return query_end(q);
}

/* An agent is no person, and without an admin nobody could let people in. */
static enum err check_person(struct db *db, struct erasing *job)
{
    int64_t other = 0;
    if (strcmp(job->person.role, "agent") == 0)
        return answer_fault(&job->answer, ERR_BAD_REQUEST, "user",
                            "user must be a person, not an agent.");
    if (strcmp(job->person.role, "admin") != 0)
        return ERR_OK;
    struct query *q = db_query(db, QUERY_ACCOUNTS_ADMIN_OTHER);
    query_int(q, 1, job->person.id);
    enum err e = query_number(q, &other);
    return e == ERR_OK && !other ? answer_fault(&job->answer, ERR_CONFLICT, "user",
                                                "user is the last admin: make another one first.")
                                 : e;
}

static enum err begin(struct db *db, struct erasing *job)
{
    struct query *q = db_query(db, QUERY_ACCOUNTS_ERASURE_BEGIN);
    query_int(q, 1, job->person.id);
    query_text(q, 2, job->messages);
    query_text(q, 3, text_of(job->person.name));
    query_text(q, 4, text_of(job->person.display));
    query_int(q, 5, job->answer.actor.user_id);
    query_int(q, 6, env_wall_ms(job->a->env));
    enum err e = query_run(q);
    if (e == ERR_OK)
        e = query_run_for(db, QUERY_ACCOUNTS_FORMER_DELETE, job->person.id);
    if (e == ERR_OK)
        e = query_run_for(db, QUERY_ACCOUNTS_SESSION_DELETE_ALL, job->person.id);
    if (e == ERR_OK)
        e = query_run_for(db, QUERY_ACCOUNTS_INVITE_DELETE_ALL, job->person.id);
    if (e == ERR_OK)
        e = query_run_for(db, QUERY_ACCOUNTS_ERASURE_FILES_GONE, job->person.id);
    if (e == ERR_OK)
        e = query_run_for(db, QUERY_ACCOUNTS_ERASURE_FILES, job->person.id);
    if (e != ERR_OK)
        return e;
    q = db_query(db, QUERY_ACCOUNTS_USER_ERASE);
    query_int(q, 1, job->person.id);
    query_text(q, 2, TEXT(ERASED_DISPLAY));
    job->begun = true;
    return query_run(q);
}

static enum err write_state(struct db *db, struct erasing *job)
{
    struct json_writer *w = &job->answer.out;
    struct query *q = db_query(db, QUERY_ACCOUNTS_ERASURE_GET);
    query_int(q, 1, job->person.id);
    if (query_row(q)) {
        json_open(w, NULL, '{');
        json_add_id(w, "user", job->person.id);
        json_add_text(w, "messages", col_text(q, 0));
        json_add_int(w, "asked", col_int(q, 1));
        json_add_int(w, "ended", col_int(q, 2));
        json_add_int(w, "done", col_int(q, 3));
        json_add_int(w, "total", col_int(q, 4));
        json_close(w, '}');
    }
    return query_end(q);
}

static enum err erase_run(struct db *db, void *data)
{
    struct erasing *job = data;
    struct known known;
    enum err e = admin_acting(db, &job->answer.actor);
    if (e == ERR_OK)
        e = find(db, job);
    if (e == ERR_OK)
        e = look(db, job, &known);
    if (e != ERR_OK)
        return e;
    bool deletes = text_is(job->messages, TEXT("delete"));
    if (known.found && known.deletes && !deletes)
        return answer_fault(&job->answer, ERR_CONFLICT, "messages",
                            "messages are being deleted already, or are.");
    if (!known.found)
        e = check_person(db, job);
    if (e == ERR_OK && (!known.found || known.deletes != deletes))
        e = begin(db, job);
    return e == ERR_OK ? write_state(db, job) : e;
}

static void erase_done(void *data, enum err e)
{
    struct erasing *job = data;
    struct accounts *a = job->a;
    if (e == ERR_OK && job->begun) {
        log_event(LOG_INFO, "erasure_asked", KV_INT("user", job->person.id),
                  KV_STR("messages", job->messages.data), KV_INT("by", job->answer.actor.user_id));
        if (a->close_session)
            a->close_session(a->close_ctx, job->person.id, 0);
        if (a->hooks.person_erased)
            a->hooks.person_erased(a->hooks.ctx);
    }
    answer_end(job, e);
}

void user_erase(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct accounts *a = ctx;
    struct text who = args_text(args, "user"), messages = args_text(args, "messages");
    if (!text_is(messages, TEXT("keep")) && !text_is(messages, TEXT("delete"))) {
        reply_fault(reply, ERR_BAD_REQUEST, "messages", "messages must be keep or delete.");
        return;
    }
    struct erasing *job = answer_new(sizeof *job, who.len + messages.len + 2, actor, reply);
    if (!job)
        return;
    job->a = a;
    job->who = answer_keep(&job->answer, who);
    job->messages = answer_keep(&job->answer, messages);
    answer_write(job, a->store, erase_run, erase_done);
}
