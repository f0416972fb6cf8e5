/* connections: who is connected now. The sessions know; the reader's job adds who they are. */
#include "accounts/people.h"
#include "ops/inside.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the open connections, for several methods */

static void live_drop(void *data)
{
    struct live *job = data;
    free(job->records);
}

void *live_new(struct ops *o, size_t size, size_t texts_bytes, const struct actor *actor,
               const struct args *args, struct reply reply)
{
    bool all = actor->right >= RIGHT_ADMIN;
    int64_t user_id = args_given(args, "user") ? args_int(args, "user") : all ? 0 : actor->user_id;
    if (!all && user_id != actor->user_id) {
        reply_error(reply, ERR_DENIED);
        return NULL;
    }
    struct live *job = answer_new(size, texts_bytes, actor, reply);
    if (!job)
        return NULL;
    job->ops = o;
    job->user_id = user_id;
    job->answer.drop = live_drop;
    return job;
}

/* On a reactor. */
static void live_gathered(void *owner, enum err e, const struct ws_connection_record *records,
                          size_t count)
{
    struct live *job = owner;
    if (e == ERR_OK && count > 0) {
        job->records = malloc(count * sizeof *records);
        if (job->records) {
            memcpy(job->records, records, count * sizeof *records);
            job->count = count;
        } else {
            e = ERR_NOMEM;
        }
    }
    if (e != ERR_OK && job->needed)
        answer_end(job, e);
    else
        answer_read(job, job->ops->store, job->run, NULL);
}

void live_read(void *data, answer_run *run, bool needed)
{
    struct live *job = data;
    const struct ops_options *options = &job->ops->options;
    job->run = run;
    job->needed = needed;
    enum err e = ERR_UNAVAILABLE;
    char channel[32] = "";
    if (job->room_id)
        (void)snprintf(channel, sizeof channel, "room:%lld", (long long)job->room_id);
    if (options->connections)
        e = options->connections(options->ctx, job->user_id, text_of(channel), job, live_gathered);
    if (e != ERR_OK)
        live_gathered(job, e, NULL, 0);
}

void connection_write(struct json_writer *w, const struct ws_connection_record *r)
{
    json_add_text(w, "client", text_of(r->client));
    json_add_text(w, "address", text_of(r->address));
    json_add_text(w, "transport", text_of(r->transport));
    json_add_int(w, "since", r->connected_ms);
    json_add_int(w, "rtt_ms", r->rtt_ms);
    json_add_int(w, "bytes_in", (int64_t)r->bytes_in);
    json_add_int(w, "bytes_out", (int64_t)r->bytes_out);
    json_add_int(w, "frames_in", (int64_t)r->frames_in);
    json_add_int(w, "frames_out", (int64_t)r->frames_out);
    json_add_int(w, "queue_peak_bytes", (int64_t)r->queue_peak_bytes);
}

enum err author_write(struct db *db, struct json_writer *w, const char *key, int64_t id)
{
    struct person p;
    enum err e = person_by_id(db, id, &p);
    if (e == ERR_NOT_FOUND) {
        p = (struct person){.id = id, .role = "member"};
        e = ERR_OK;
    }
    if (e == ERR_OK)
        person_write(w, key, &p);
    return e;
}

/* ---- connection.list */

struct list {
    struct live live;
    int64_t limit;
    struct text after; /* a connection's id; empty: from the start */
};

/* The newest first. */
static int by_age(const void *a, const void *b)
{
    const struct ws_connection_record *x = a, *y = b;
    if (x->connected_ms != y->connected_ms)
        return x->connected_ms < y->connected_ms ? 1 : -1;
    return strcmp(x->id, y->id);
}

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Where the page begins. A connection that is gone meanwhile still has its place: its row says since when it was, unless
 * thousands have ended after it. errors: ERR_BAD_REQUEST there was none lately */
static enum err first_after(struct db *db, struct list *job, size_t *out_first)
{
    struct ws_connection_record at = {.connected_ms = 0};
    size_t first = 0;
    *out_first = 0;
    if (job->after.len == 0)
        return ERR_OK;
    text_copy(at.id, sizeof at.id, job->after);
    for (size_t i = 0; i < job->live.count && !at.connected_ms; i++)
        if (strcmp(job->live.records[i].id, at.id) == 0)
            at.connected_ms = job->live.records[i].connected_ms;
    if (!at.connected_ms) {
        int64_t user_id = job->live.user_id;
        struct query *q =
            db_query(db, user_id ? QUERY_OPS_CONNECTION_SINCE_OF_USER : QUERY_OPS_CONNECTION_SINCE);
        query_text(q, 1, job->after);
        if (user_id)
            query_int(q, 2, user_id);
        if (query_row(q))
            at.connected_ms = col_int(q, 0);
        enum err e = query_end(q);
        if (e != ERR_OK)
            return e;
    }
    if (!at.connected_ms)
        return answer_fault(&job->live.answer, ERR_BAD_REQUEST, "after",
                            "after must be the id of a connection.");
    while (first < job->live.count && by_age(&job->live.records[first], &at) <= 0)
        first++;
    *out_first = first;
    return ERR_OK;
}

/* How many different people and agents there are. */
static enum err count_users(struct db *db, const struct live *live, int64_t *out_people,
                            int64_t *out_agents)
{
    *out_people = *out_agents = 0;
    if (live->count == 0)
        return ERR_OK;
    int64_t *ids = malloc(live->count * sizeof *ids);
    if (!ids)
        return ERR_NOMEM;
    for (size_t i = 0; i < live->count; i++)
        ids[i] = live->records[i].user_id;
    qsort(ids, live->count, sizeof *ids, by_number);
    enum err e = ERR_OK;
    for (size_t i = 0; i < live->count && e == ERR_OK; i++) {
        if (ids[i] == 0 || (i > 0 && ids[i] == ids[i - 1]))
            continue;
        struct person p;
        e = person_by_id(db, ids[i], &p);
        *out_people += e == ERR_OK && strcmp(p.role, "agent") != 0;
        *out_agents += e == ERR_OK && strcmp(p.role, "agent") == 0;
        if (e == ERR_NOT_FOUND)
            e = ERR_OK;
    }
    free(ids);
    return e;
}

static enum err write_open(struct db *db, struct list *job, const struct ws_connection_record *r)
{
    struct json_writer *w = &job->live.answer.out;
    json_open(w, NULL, '{');
    json_add_text(w, "id", text_of(r->id));
    enum err e = author_write(db, w, "user", r->user_id);
    connection_write(w, r);
    json_add_int(w, "rooms", r->rooms);
    if (r->follows) {
        json_add_int(w, "sent", (int64_t)r->sent_offset);
        json_add_int(w, "acked", (int64_t)r->acked_offset);
    }
    json_add_bool(w, "this", strcmp(r->id, job->live.answer.actor.connection) == 0);
    json_close(w, '}');
    return e;
}

static enum err list_run(struct db *db, void *data)
{
    struct list *job = data;
    struct live *live = &job->live;
    struct json_writer *w = &live->answer.out;
    int64_t people, agents;
    size_t first;
    if (live->count > 0)
        qsort(live->records, live->count, sizeof *live->records, by_age);
    enum err e = first_after(db, job, &first);
    if (e == ERR_OK)
        e = count_users(db, live, &people, &agents);
    if (e != ERR_OK)
        return e;
    size_t end =
        first + (size_t)job->limit < live->count ? first + (size_t)job->limit : live->count;
    json_open(w, NULL, '{');
    json_open(w, "connections", '[');
    for (size_t i = first; i < end && e == ERR_OK; i++)
        e = write_open(db, job, &live->records[i]);
    json_close(w, ']');
    json_add_int(w, "total", (int64_t)live->count);
    json_add_int(w, "people", people);
    json_add_int(w, "agents", agents);
    json_add_bool(w, "more", end < live->count);
    json_close(w, '}');
    return e;
}

void connection_list(void *ctx, const struct actor *actor, const struct args *args,
                     struct reply reply)
{
    struct text after = args_text(args, "after");
    struct list *job = live_new(ctx, sizeof *job, after.len + 1, actor, args, reply);
    if (!job)
        return;
    job->limit = args_int(args, "limit");
    job->live.room_id = args_given(args, "room") ? args_int(args, "room") : 0;
    job->after = answer_keep(&job->live.answer, after);
    live_read(job, list_run, true);
}
