/* newcomer: the three ways in: place.setup, place.join, user.add. Checks first, then the password on a task thread, then
 * one writer's job: the person, the memberships everybody has (a hook), the session, the answer. */
#include "accounts/inside.h"
#include "accounts/names.h"
#include "store/db.h"
#include "store/store.h"

#include <sodium.h>

enum way { BY_SETUP, BY_INVITE, BY_HAND };

struct newcomer {
    struct answer answer;
    struct accounts *a;
    enum way way;
    const char *role;
    struct text name, display, password, place; /* kept; name may be empty */
    char stored[PASSWORD_SIZE];
    unsigned char invite[SECRET_HASH_SIZE];
    char code[CODE_SIZE]; /* of the first invite, made by set-up */
    struct entry entry;
    void *later; /* of the hook */
    bool known;  /* was there already, and has a password now */
};

static void newcomer_drop(void *data)
{
    struct newcomer *job = data;
    sodium_memzero((char *)job->password.data, job->password.len);
    sodium_memzero(&job->entry, sizeof job->entry);
    sodium_memzero(job->code, sizeof job->code);
}

/* ---- the writer's job */

static enum err still_possible(struct db *db, struct newcomer *job)
{
    enum err e = ERR_OK;
    if (job->way == BY_SETUP) {
        struct query *q = db_query(db, QUERY_ACCOUNTS_ADMIN_EXISTS);
        bool exists = query_row(q) && col_int(q, 0);
        e = query_end(q);
        if (e == ERR_OK && exists)
            e = answer_fault(&job->answer, ERR_CONFLICT, "secret",
                             "This place has been set up already.");
    } else if (job->way == BY_INVITE) {
        struct query *q = db_query(db, QUERY_ACCOUNTS_INVITE_USE);
        query_blob(q, 1, (struct text){(const char *)job->invite, sizeof job->invite});
        query_int(q, 2, env_wall_ms(job->a->env));
        e = query_run(q);
        if (e == ERR_OK && db_changes(db) == 0)
            e = answer_fault(&job->answer, ERR_CONFLICT, "code",
                             "This invite has been used up or has ended.");
    }
    return e;
}

/* The command line gives somebody who was imported, or added without a password, the first one. out: false: there is one */
static enum err give_password(struct db *db, struct newcomer *job, int64_t id, bool *out_given)
{
    *out_given = false;
    if (job->way != BY_HAND || job->password.len == 0)
        return ERR_OK;
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_FIRST_PASSWORD);
    query_int(q, 1, id);
    query_text(q, 2, text_of(job->stored));
    query_text(q, 3, text_of(job->role));
    enum err e = query_run(q);
    *out_given = job->known = e == ERR_OK && db_changes(db) > 0;
    return *out_given ? person_by_id(db, id, &job->entry.person) : e;
}

/* out: the name, or empty: the person is there already, and has a password now */
static enum err choose_name(struct db *db, struct newcomer *job, char out[NAME_SIZE])
{
    if (job->name.len == 0)
        return name_free(db, job->a->env, job->display, out);
    struct person taken;
    bool given = false;
    text_copy(out, NAME_SIZE, job->name);
    enum err e = person_by_name(db, job->name, &taken);
    if (e == ERR_OK)
        e = give_password(db, job, taken.id, &given);
    if (given)
        out[0] = 0;
    else if (e == ERR_OK)
        return answer_fault(&job->answer, ERR_CONFLICT, "name", "That name is taken.");
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err insert_person(struct db *db, struct newcomer *job)
{
    char name[NAME_SIZE];
    enum err e = choose_name(db, job, name);
    if (e != ERR_OK || !name[0])
        return e;
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_INSERT);
    query_text(q, 1, text_of(name));
    query_text(q, 2, job->display);
    query_text(q, 3, text_of(job->role));
    query_text(q, 4, text_of(job->stored));
    query_int(q, 5, env_wall_ms(job->a->env));
    e = query_run(q);
    if (e == ERR_OK)
        e = person_by_id(db, db_last_id(db), &job->entry.person);
    const struct accounts_hooks *hooks = &job->a->hooks;
    if (e == ERR_OK && hooks->person_made)
        e = hooks->person_made(hooks->ctx, db, job->entry.person.id, &job->later);
    return e;
}

static enum err set_up(struct db *db, struct newcomer *job)
{
    struct query *q = db_query(db, QUERY_ACCOUNTS_SETTING_SET);
    query_text(q, 1, TEXT("place"));
    query_text(q, 2, job->place);
    enum err e = query_run(q);
    if (e != ERR_OK)
        return e;
    code_make(job->a->env, job->code);
    return invite_make(job->a, db, job->entry.person.id, INVITE_USES, INVITE_TTL_S, job->code);
}

static void newcomer_write(struct json_writer *w, const struct newcomer *job)
{
    user_write(w, "user", &job->entry.person);
    json_add_bool(w, "known", job->known);
}

static enum err newcomer_run(struct db *db, void *data)
{
    struct newcomer *job = data;
    struct json_writer *w = &job->answer.out;
    enum err e = still_possible(db, job);
    if (e == ERR_OK)
        e = insert_person(db, job);
    if (e == ERR_OK && job->way == BY_SETUP)
        e = set_up(db, job);
    int64_t id = job->entry.person.id;
    if (e == ERR_OK && job->way != BY_HAND)
        e = entry_make(job->a, db, &job->answer.actor, id, &job->entry);
    if (e != ERR_OK)
        return e;
    json_open(w, NULL, '{');
    if (job->way == BY_HAND)
        newcomer_write(w, job);
    else
        e = entry_write(job->a, &job->entry, &job->answer);
    if (job->way == BY_SETUP)
        invite_write_url(job->a, w, "invite_url", job->code);
    json_close(w, '}');
    return e;
}

static void newcomer_done(void *data, enum err e)
{
    struct newcomer *job = data;
    struct accounts *a = job->a;
    if (e == ERR_OK && text_is(text_of(job->role), TEXT("admin")))
        atomic_store(&a->has_admin, true);
    if (job->later && a->hooks.person_committed)
        a->hooks.person_committed(a->hooks.ctx, job->entry.person.id, job->later, e);
    answer_end(job, e);
}

/* ---- before it */

static void hash_task(void *thread, void *data)
{
    (void)thread;
    struct newcomer *job = data;
    enum err e = job->password.len ? password_hash(job->password, job->stored) : ERR_OK;
    hash_ended(job->a);
    if (e != ERR_OK)
        answer_end(job, e);
    else
        answer_write(job, job->a->store, newcomer_run, newcomer_done);
}

static void hash_then_write(struct newcomer *job)
{
    enum err e = hash_push(job->a, (struct task){hash_task, job});
    if (e != ERR_OK)
        answer_end(job, e);
}

/* What is wrong with the parameters that all three ways have; NULL: nothing. */
static const char *bad_param(const struct args *args, bool password_needed, const char **out_field)
{
    struct text name = args_text(args, "name"), password = args_text(args, "password");
    const char *message = NULL;
    *out_field = "name";
    if (name.len && !name_is_good(name))
        return "name must be small letters, digits, dots, dashes or underscores, with a letter or "
               "digit first.";
    *out_field = "display";
    if (!text_is_one_line(args_text(args, "display")))
        return "display must be one line.";
    *out_field = "password";
    if ((password_needed || password.len) && password_check(password, &message) != ERR_OK)
        return message;
    return NULL;
}

/* NULL: the reply has been given. */
static struct newcomer *newcomer_new(struct accounts *a, enum way way, const struct actor *actor,
                                     const struct args *args, struct reply reply)
{
    const char *field = NULL;
    const char *message = bad_param(args, way != BY_HAND, &field);
    if (message) {
        reply_fault(reply, ERR_BAD_REQUEST, field, message);
        return NULL;
    }
    struct text name = args_text(args, "name"), display = args_text(args, "display");
    struct text password = args_text(args, "password");
    struct text place = way == BY_SETUP ? args_text(args, "place") : TEXT_NONE;
    if (display.len == 0)
        display = name;
    struct newcomer *job = answer_new(
        sizeof *job, name.len + display.len + password.len + place.len + 4, actor, reply);
    if (!job)
        return NULL;
    job->a = a;
    job->way = way;
    job->role = way == BY_SETUP ? "admin" : "member";
    job->name = answer_keep(&job->answer, name);
    job->display = answer_keep(&job->answer, display);
    job->password = answer_keep(&job->answer, password);
    job->place = answer_keep(&job->answer, place);
    job->answer.drop = newcomer_drop;
    return job;
}

void place_setup(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct accounts *a = ctx;
    if (atomic_load(&a->has_admin)) {
        reply_fault(reply, ERR_CONFLICT, "secret", "This place has been set up already.");
        return;
    }
    if (!try_allowed(a, actor, TEXT_NONE, reply))
        return;
    if (!secret_is(args_text(args, "secret"), text_of(a->setup_secret))) {
        try_failed(a, actor, TEXT_NONE);
        reply_fault(reply, ERR_DENIED, "secret",
                    "That is not the set-up link of this start of the server.");
        return;
    }
    if (!text_is_one_line(args_text(args, "place"))) {
        reply_fault(reply, ERR_BAD_REQUEST, "place", "place must be one line.");
        return;
    }
    struct newcomer *job = newcomer_new(a, BY_SETUP, actor, args, reply);
    if (job)
        hash_then_write(job);
}

void user_add(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct newcomer *job = newcomer_new(ctx, BY_HAND, actor, args, reply);
    if (!job)
        return;
    if (args_int(args, "admin"))
        job->role = "admin";
    hash_then_write(job);
}

/* ---- place.join: the code is looked at before the costly hash, and taken in the writer's job */

static enum err invite_look(struct db *db, void *data)
{
    struct newcomer *job = data;
    struct query *q = db_query(db, QUERY_ACCOUNTS_INVITE_VALID);
    query_blob(q, 1, (struct text){(const char *)job->invite, sizeof job->invite});
    query_int(q, 2, env_wall_ms(job->a->env));
    bool valid = query_row(q);
    enum err e = query_end(q);
    if (e == ERR_OK && !valid)
        e = answer_fault(&job->answer, ERR_CONFLICT, "code",
                         "This invite has been used up or has ended.");
    return e;
}

static void invite_looked(void *data, enum err e)
{
    struct newcomer *job = data;
    if (e == ERR_CONFLICT)
        try_failed(job->a, &job->answer.actor, TEXT_NONE);
    if (e != ERR_OK)
        answer_end(job, e);
    else
        hash_then_write(job);
}

void place_join(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct accounts *a = ctx;
    char code[CODE_SIZE];
    if (!try_allowed(a, actor, TEXT_NONE, reply))
        return;
    if (!code_read(args_text(args, "code"), code)) {
        reply_fault(reply, ERR_CONFLICT, "code",
                    "That is not the code of an invite: 22 letters and digits.");
        return;
    }
    struct newcomer *job = newcomer_new(a, BY_INVITE, actor, args, reply);
    if (!job)
        return;
    secret_hash(text_of(code), job->invite);
    answer_read(job, a->store, invite_look, invite_looked);
}
