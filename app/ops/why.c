/* why: "Why did I not get it?", for one message and one member: what is known, the strongest first, and what it is known from.
 *
 * A read mark, or an answer to a ping behind the message, proves that it arrived. Connections that ended after it was
 * written say why it may not have; what they were sent and had answered is not kept with them. */
#include "accounts/people.h"
#include "ops/inside.h"
#include "store/db.h"

#include <stdio.h>

#define ENDED_MAX 20
#define CODE_SLOW 3008

enum verdict {
#define WHY(name, words) WHY_##name,
#include "ops/verdicts.def"
#undef WHY
    WHY_COUNT
};

static const struct {
    const char *name, *words;
} verdicts[WHY_COUNT] = {
#define WHY(name, words) {#name, words},
#include "ops/verdicts.def"
#undef WHY
};

struct why {
    struct live live;
    int64_t offset;
    int64_t written_ms, author_id, trimmed;
    int64_t member_since_ms, read_offset; /* -1: not a member */
    int64_t pushed_ms;                    /* 0: not */
    bool recovered, slow, cut;            /* of connections that ended since */
};

static enum err read_message(struct db *db, struct why *job)
{
    struct query *q = db_query(db, QUERY_OPS_WHY_MESSAGE);
    query_int(q, 1, job->live.room_id);
    query_int(q, 2, job->offset);
    bool room = query_row(q), found = room && !col_null(q, 0);
    if (room) {
        job->written_ms = col_int(q, 0);
        job->author_id = col_int(q, 1);
        job->trimmed = col_int(q, 2);
    }
    enum err e = query_end(q);
    if (e != ERR_OK || found || job->offset <= job->trimmed)
        return e;
    return answer_fault(&job->live.answer, ERR_NOT_FOUND, "offset",
                        "offset must be that of a message of the room.");
}

static enum err read_member(struct db *db, struct why *job)
{
    struct query *q = db_query(db, QUERY_OPS_WHY_MEMBER);
    query_int(q, 1, job->live.room_id);
    query_int(q, 2, job->live.user_id);
    bool member = query_row(q);
    job->member_since_ms = member ? col_int(q, 0) : -1;
    job->read_offset = member ? col_int(q, 1) : -1;
    return query_end(q);
}

/* Their lines that ended since it was written. */
static enum err write_ended(struct db *db, struct why *job)
{
    struct json_writer *w = &job->live.answer.out;
    struct query *q = db_query(db, QUERY_OPS_WHY_CONNECTIONS);
    query_int(q, 1, job->live.user_id);
    query_int(q, 2, job->written_ms);
    query_int(q, 3, ENDED_MAX);
    json_open(w, "ended", '[');
    while (query_row(q)) {
        bool then = col_int(q, 2) <= job->written_ms;
        job->recovered |= then && col_int(q, 8) == 1;
        job->slow |= then && col_int(q, 4) == CODE_SLOW;
        job->cut |= then;
        json_open(w, NULL, '{');
        json_add_text(w, "id", col_text(q, 0));
        json_add_text(w, "client", col_text(q, 1));
        json_add_int(w, "since", col_int(q, 2));
        json_add_int(w, "closed", col_int(q, 3));
        json_add_int(w, "code", col_int(q, 4));
        json_add_text(w, "reason", col_text(q, 5));
        json_add_text(w, "closed_by", col_text(q, 6));
        json_add_int(w, "back_after", col_int(q, 7));
        if (col_int(q, 8) >= 0)
            json_add_bool(w, "recovered", col_int(q, 8) == 1);
        json_add_int(w, "queue_peak_bytes", col_int(q, 9));
        json_close(w, '}');
    }
    json_close(w, ']');
    return query_end(q);
}

static void write_open(struct why *job)
{
    struct json_writer *w = &job->live.answer.out;
    json_open(w, "open", '[');
    for (size_t i = 0; i < job->live.count; i++) {
        const struct ws_connection_record *r = &job->live.records[i];
        json_open(w, NULL, '{');
        json_add_text(w, "id", text_of(r->id));
        json_add_text(w, "client", text_of(r->client));
        json_add_int(w, "since", r->connected_ms);
        json_add_bool(w, "follows", r->follows);
        if (r->follows) {
            json_add_int(w, "sent", (int64_t)r->sent_offset);
            json_add_int(w, "acked", (int64_t)r->acked_offset);
        }
        json_close(w, '}');
    }
    json_close(w, ']');
}

static enum verdict judge(const struct why *job)
{
    bool sent = false, acked = false, since = false;
    for (size_t i = 0; i < job->live.count; i++) {
        const struct ws_connection_record *r = &job->live.records[i];
        bool behind = r->follows && (int64_t)r->sent_offset >= job->offset;
        bool then = r->connected_ms <= job->written_ms;
        sent |= behind && then;
        acked |= behind && then && (int64_t)r->acked_offset >= job->offset;
        since |= behind && !then;
    }
    const bool is[WHY_COUNT] = {
        [WHY_not_member] = job->member_since_ms<0, [WHY_gone] = job->offset <= job->trimmed,
                                                [WHY_joined_later] = job->member_since_ms>
                               job->written_ms,
        [WHY_read] = job->read_offset >= job->offset,
        [WHY_delivered] = acked,
        [WHY_sent] = sent,
        [WHY_recovered] = job->recovered,
        [WHY_since] = since,
        [WHY_open] = job->live.count > 0,
        [WHY_pushed] = job->pushed_ms > 0,
        [WHY_slow] = job->slow,
        [WHY_cut] = job->cut,
        [WHY_away] = true,
    };
    enum verdict v = 0;
    while (!is[v])
        v++;
    return v;
}

static int64_t find_pushed(const struct why *job)
{
    const struct ops_options *o = &job->live.ops->options;
    return o->pushed ? o->pushed(o->ctx, job->live.user_id, job->live.room_id, job->offset) : 0;
}

static enum err write_answer(struct db *db, struct why *job)
{
    struct json_writer *w = &job->live.answer.out;
    char words[DISPLAY_SIZE + 200];
    struct person p = {.display = "This person"};
    enum err e = person_by_id(db, job->live.user_id, &p);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    json_open(w, NULL, '{');
    e = author_write(db, w, "user", job->live.user_id);
    if (e != ERR_OK)
        return e;
    bool member = job->member_since_ms >= 0;
    if (member && job->written_ms > 0) {
        json_add_int(w, "written", job->written_ms);
        e = author_write(db, w, "author", job->author_id);
    }
    if (e == ERR_OK && member) {
        json_add_int(w, "member_since", job->member_since_ms);
        json_add_int(w, "read", job->read_offset);
        job->pushed_ms = find_pushed(job);
        if (job->pushed_ms > 0)
            json_add_int(w, "pushed", job->pushed_ms);
        write_open(job);
        e = write_ended(db, job);
    }
    if (e != ERR_OK)
        return e;
    enum verdict v = judge(job);
    (void)snprintf(words, sizeof words, "%s %s", p.display, verdicts[v].words);
    json_add_text(w, "verdict", text_of(verdicts[v].name));
    json_add_text(w, "words", text_of(words));
    json_close(w, '}');
    return ERR_OK;
}

/* Of who is not a member nothing is told, not even whether there is such a message. */
static enum err why_run(struct db *db, void *data)
{
    struct why *job = data;
    enum err e = read_member(db, job);
    if (e == ERR_OK && job->member_since_ms >= 0)
        e = read_message(db, job);
    return e == ERR_OK ? write_answer(db, job) : e;
}

void message_why(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct why *job = live_new(ctx, sizeof *job, 0, actor, args, reply);
    if (!job)
        return;
    if (job->live.user_id == 0) /* an admin who names nobody asks for themselves */
        job->live.user_id = actor->user_id;
    job->live.room_id = args_int(args, "room");
    job->offset = args_int(args, "offset");
    live_read(job, why_run, true);
}
