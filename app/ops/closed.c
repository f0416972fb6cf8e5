/* closed: connections that ended, the newest first. Whether a tab that is back was recovered is known by its new connection:
 * by its row once that has ended too, until then by the connection itself. */
#include "accounts/people.h"
#include "ops/inside.h"
#include "store/db.h"

#include <stdio.h>

/* Pages are told apart by their closing times, so rows of one millisecond stay on one page: it ends before them, or, if they
 * are all there is on it, is longer, up to so many. */
#define PAGE_ROWS_MAX 1000

struct history {
    struct live live;
    int64_t since_ms, until_ms, before_ms;
    int64_t code; /* 0: any */
    int64_t limit, count, total;
    bool more;
    struct {
        int64_t closed_ms;
        size_t json_len; /* the answer's length before its first row, */
        int64_t count;   /* and the rows before it */
    } oldest;            /* the rows of the oldest millisecond on the page */
};

/* Columns of ops/closed_all and ops/closed_of_user. */
static void read_row(struct query *q, struct ws_connection_record *r)
{
    *r = (struct ws_connection_record){
        .user_id = col_int(q, 1),
        .connected_ms = col_int(q, 5),
        .closed_ms = col_int(q, 6),
        .rtt_ms = col_int(q, 7),
        .bytes_in = (uint64_t)col_int(q, 8),
        .bytes_out = (uint64_t)col_int(q, 9),
        .frames_in = (uint64_t)col_int(q, 10),
        .frames_out = (uint64_t)col_int(q, 11),
        .queue_peak_bytes = (uint64_t)col_int(q, 12),
        .code = (unsigned)col_int(q, 13),
        .recovered = (int)col_int(q, 17),
    };
    text_copy(r->id, sizeof r->id, col_text(q, 0));
    text_copy(r->client, sizeof r->client, col_text(q, 2));
    text_copy(r->address, sizeof r->address, col_text(q, 3));
    text_copy(r->transport, sizeof r->transport, col_text(q, 4));
    text_copy(r->reason, sizeof r->reason, col_text(q, 14));
    text_copy(r->closed_by, sizeof r->closed_by, col_text(q, 15));
    text_copy(r->tab, sizeof r->tab, col_text(q, 18));
}

/* What the connection that followed says, if it is open: 1, 0, or -1 it has nothing to say. */
static int recovered_now(const struct live *live, const struct ws_connection_record *r,
                         int64_t back_ms)
{
    for (size_t i = 0; i < live->count && r->tab[0]; i++) {
        const struct ws_connection_record *n = &live->records[i];
        if (n->user_id == r->user_id && n->connected_ms >= r->connected_ms &&
            n->connected_ms <= r->closed_ms + back_ms && strcmp(n->tab, r->tab) == 0)
            return n->recovered;
    }
    return -1;
}

static void write_closed(struct history *job, struct query *q)
{
    struct json_writer *w = &job->live.answer.out;
    struct ws_connection_record r;
    int64_t back_ms = col_int(q, 16);
    read_row(q, &r);
    if (back_ms > 0 && r.recovered < 0)
        r.recovered = recovered_now(&job->live, &r, back_ms);
    json_open(w, NULL, '{');
    json_add_text(w, "id", text_of(r.id));
    if (!col_null(q, 19))
        person_write_columns(w, "user", q, 19);
    connection_write(w, &r);
    json_add_int(w, "closed", r.closed_ms);
    json_add_int(w, "lasted_ms", r.closed_ms - r.connected_ms);
    json_add_int(w, "code", r.code);
    json_add_text(w, "reason", text_of(r.reason));
    json_add_text(w, "by", text_of(r.closed_by));
    if (back_ms > 0)
        json_add_int(w, "back_ms", back_ms);
    if (back_ms > 0 && r.recovered >= 0)
        json_add_bool(w, "recovered", r.recovered > 0);
    json_close(w, '}');
}

/* Adds a row unless the page is full. False: it was. */
static bool add_row(struct history *job, struct query *q)
{
    int64_t closed_ms = col_int(q, 6);
    bool same = job->count > 0 && closed_ms == job->oldest.closed_ms;
    if (job->count >= job->limit && (!same || job->count >= PAGE_ROWS_MAX)) {
        job->more = true;
        return false;
    }
    if (job->count >= job->limit && job->oldest.count > 0) { /* they begin the next page */
        job->live.answer.json.len = job->oldest.json_len;
        job->count = job->oldest.count;
        job->more = true;
        return false;
    }
    if (!same) {
        job->oldest.closed_ms = closed_ms;
        job->oldest.json_len = job->live.answer.json.len;
        job->oldest.count = job->count;
    }
    write_closed(job, q);
    job->count++;
    return true;
}

static enum err write_page(struct db *db, struct history *job)
{
    int64_t user_id = job->live.user_id;
    int64_t until_ms = job->before_ms <= job->until_ms ? job->before_ms - 1 : job->until_ms;
    struct query *q = db_query(db, user_id ? QUERY_OPS_CLOSED_OF_USER : QUERY_OPS_CLOSED_ALL);
    query_int(q, 1, job->since_ms);
    query_int(q, 2, until_ms);
    query_int(q, 3, job->code);
    query_int(q, 4, PAGE_ROWS_MAX + 1);
    if (user_id)
        query_int(q, 5, user_id);
    while (query_row(q) && add_row(job, q)) {
    }
    return query_end(q);
}

/* All codes, also with a code asked for: who looks at one still sees that there are others. */
static enum err write_codes(struct db *db, struct history *job)
{
    struct json_writer *w = &job->live.answer.out;
    int64_t user_id = job->live.user_id;
    struct query *q =
        db_query(db, user_id ? QUERY_OPS_CLOSED_CODES_OF_USER : QUERY_OPS_CLOSED_CODES_ALL);
    query_int(q, 1, job->since_ms);
    query_int(q, 2, job->until_ms);
    if (user_id)
        query_int(q, 3, user_id);
    json_open(w, "by_code", '{');
    while (query_row(q)) {
        char code[24];
        (void)snprintf(code, sizeof code, "%lld", (long long)col_int(q, 0));
        json_add_int(w, code, col_int(q, 1));
        if (job->code == 0 || job->code == col_int(q, 0))
            job->total += col_int(q, 1);
    }
    json_close(w, '}');
    return query_end(q);
}

static enum err history_run(struct db *db, void *data)
{
    struct history *job = data;
    struct json_writer *w = &job->live.answer.out;
    json_open(w, NULL, '{');
    json_open(w, "closed", '[');
    enum err e = write_page(db, job);
    json_close(w, ']');
    if (e == ERR_OK)
        e = write_codes(db, job);
    json_add_int(w, "total", job->total);
    json_add_bool(w, "more", job->more);
    json_close(w, '}');
    return e;
}

void connection_history(void *ctx, const struct actor *actor, const struct args *args,
                        struct reply reply)
{
    struct history *job = live_new(ctx, sizeof *job, 0, actor, args, reply);
    if (!job)
        return;
    job->since_ms = args_int(args, "since") > 0 ? args_int(args, "since") : 1; /* 0: still open */
    job->until_ms = args_given(args, "until") ? args_int(args, "until") : INT64_MAX;
    job->before_ms = args_given(args, "before") ? args_int(args, "before") : INT64_MAX;
    job->code = args_int(args, "code");
    job->limit = args_int(args, "limit");
    live_read(job, history_run, false);
}
