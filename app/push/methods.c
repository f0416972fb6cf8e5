/* methods: push.get, push.subscribe, push.unsubscribe: the browsers of one person. */
#include "accounts/answer.h"
#include "accounts/people.h"
#include "net/fetch.h"
#include "push/inside.h"
#include "store/db.h"
#include "store/store.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct subscription {
    struct answer answer;
    struct pusher *p;
    struct text endpoint; /* kept */
    struct web_push_receiver to;
};

bool pusher_is_on(const struct pusher *p, struct reply reply)
{
    if (!p->enabled)
        reply_fault(reply, ERR_UNAVAILABLE, NULL,
                    "Notifications while the page is closed are switched off on this server.");
    return p->enabled;
}

/* NULL: the reply has been given. */
static struct subscription *begin(struct pusher *p, const struct actor *actor, struct text endpoint,
                                  struct reply reply)
{
    struct subscription *job =
        pusher_is_on(p, reply) ? answer_new(sizeof *job, endpoint.len + 1, actor, reply) : NULL;
    if (!job)
        return NULL;
    job->p = p;
    job->endpoint = answer_keep(&job->answer, endpoint);
    return job;
}

/* ---- push.get */

static void write_one(struct json_writer *w, struct query *q, int64_t session_id)
{
    char endpoint[PUSH_ENDPOINT_MAX + 1];
    struct fetch_place service;
    text_copy(endpoint, sizeof endpoint, col_text(q, 0));
    if (fetch_place_of(endpoint, &service) != ERR_OK)
        service.origin[0] = 0; /* the rest of it is a secret, also from who looks over a shoulder */
    json_open(w, NULL, '{');
    json_add_text(w, "service", text_of(service.origin));
    json_add_text(w, "client", col_text(q, 1));
    json_add_int(w, "created", col_int(q, 2));
    json_add_int(w, "told", col_int(q, 3));
    json_add_int(w, "sent", col_int(q, 4));
    json_add_int(w, "failed", col_int(q, 5));
    json_add_bool(w, "this", col_int(q, 6) == session_id);
    json_close(w, '}');
}

static enum err get_run(struct db *db, void *data)
{
    struct subscription *job = data;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_text(w, "key", text_of(job->p->point));
    json_open(w, "subscriptions", '[');
    struct query *q = db_query(db, QUERY_PUSH_LIST);
    query_int(q, 1, job->answer.actor.user_id);
    query_int(q, 2, env_wall_ms(job->p->env));
    while (query_row(q))
        write_one(w, q, job->answer.actor.session_id);
    json_close(w, ']');
    json_close(w, '}');
    return query_end(q);
}

void push_get(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct pusher *p = ctx;
    (void)args;
    struct subscription *job = begin(p, actor, TEXT_NONE, reply);
    if (job)
        answer_read(job, p->store, get_run, NULL);
}

/* ---- push.subscribe */

static enum err subscribe_run(struct db *db, void *data)
{
    struct subscription *job = data;
    const struct actor *actor = &job->answer.actor;
    struct person by;
    enum err e = person_acting(db, actor->user_id, &by);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_PUSH_SUBSCRIBE);
    query_int(q, 1, actor->user_id);
    query_int(q, 2, actor->session_id);
    query_text(q, 3, job->endpoint);
    query_blob(q, 4, (struct text){(const char *)job->to.point, sizeof job->to.point});
    query_blob(q, 5, (struct text){(const char *)job->to.auth, sizeof job->to.auth});
    query_int(q, 6, env_wall_ms(job->p->env));
    e = query_run(q);
    if (e != ERR_OK)
        return e == ERR_CONFLICT ? ERR_UNAUTHORIZED : e; /* the session ended meanwhile */
    q = db_query(db, QUERY_PUSH_PRUNE);
    query_int(q, 1, actor->user_id);
    query_int(q, 2, PUSH_SUBSCRIPTIONS_MAX);
    return query_run(q);
}

static void changed(void *data, enum err e)
{
    struct subscription *job = data;
    struct pusher *p = job->p;
    answer_end(job, e);
    if (e == ERR_OK)
        rows_count(p);
}

/* On the writer, before the answer: who is told that they are subscribed is looked for from the next message on. */
static void subscribed(void *data, enum err e)
{
    struct subscription *job = data;
    if (e == ERR_OK) {
        atomic_fetch_add(&job->p->subscribed, 1);
        atomic_store(&job->p->any, true);
    }
    changed(job, e);
}

/* False: the reply has been given. */
static bool check(const struct pusher *p, const struct args *args, struct web_push_receiver *out,
                  struct reply reply)
{
    char endpoint[PUSH_ENDPOINT_MAX + 1];
    struct fetch_place service;
    const char *field = "endpoint";
    text_copy(endpoint, sizeof endpoint, args_text(args, "endpoint"));
    enum err e = fetch_place_of(endpoint, &service);
    if (e == ERR_BAD_REQUEST || (e == ERR_OK && !service.secure && !p->anywhere)) {
        reply_fault(reply, ERR_BAD_REQUEST, field, "endpoint must be an https URL.");
        return false;
    }
    if (e == ERR_OK)
        e = web_push_receiver_of(args_text(args, "p256dh"), args_text(args, "auth"), out, &field);
    if (e == ERR_BAD_REQUEST)
        reply_fault(reply, e, field,
                    strcmp(field, "auth") == 0
                        ? "auth must be 16 bytes as base64url."
                        : "p256dh must be a point of P-256, 65 bytes, as base64url.");
    else if (e != ERR_OK)
        reply_error(reply, e);
    return e == ERR_OK;
}

void push_subscribe(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    struct pusher *p = ctx;
    struct web_push_receiver to;
    if (!pusher_is_on(p, reply) || !check(p, args, &to, reply))
        return;
    if (actor->session_id == 0) {
        reply_fault(reply, ERR_DENIED, NULL,
                    "Only who has logged in can be told: a subscription ends with the session.");
        return;
    }
    struct subscription *job = begin(p, actor, args_text(args, "endpoint"), reply);
    if (!job)
        return;
    job->to = to;
    answer_write(job, p->store, subscribe_run, subscribed);
}

/* ---- push.unsubscribe */

static enum err unsubscribe_run(struct db *db, void *data)
{
    struct subscription *job = data;
    struct query *q = db_query(db, QUERY_PUSH_UNSUBSCRIBE);
    query_text(q, 1, job->endpoint);
    query_int(q, 2, job->answer.actor.user_id);
    return query_run(q);
}

void push_unsubscribe(void *ctx, const struct actor *actor, const struct args *args,
                      struct reply reply)
{
    struct pusher *p = ctx;
    struct subscription *job = begin(p, actor, args_text(args, "endpoint"), reply);
    if (job)
        answer_write(job, p->store, unsubscribe_run, changed);
}

/* ---- the table */

static const struct param subscribe_params[] = {
    {"endpoint", PARAM_RAW, true, 1, PUSH_ENDPOINT_MAX, 0},
    {"p256dh", PARAM_RAW, true, 1, 200, 0},
    {"auth", PARAM_RAW, true, 1, 100, 0},
};
static const struct param endpoint_params[] = {
    {"endpoint", PARAM_RAW, true, 1, PUSH_ENDPOINT_MAX, 0}};

static const struct method methods[] = {
    {"push.get", RIGHT_USER, 0, NULL, 0, push_get},
    {"push.subscribe", RIGHT_USER, 1, subscribe_params, COUNT(subscribe_params), push_subscribe},
    {"push.unsubscribe", RIGHT_USER, 1, endpoint_params, COUNT(endpoint_params), push_unsubscribe},
    {"push.test", RIGHT_USER, 1, endpoint_params, COUNT(endpoint_params), push_test},
};

struct method_set pusher_methods(struct pusher *p)
{
    return (struct method_set){methods, COUNT(methods), p};
}
