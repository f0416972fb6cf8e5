/* search: the index up to its watermark, and the newest rows above it looked at one by one, in one snapshot. */
#include "chat/inside.h"
#include "chat/scope.h"
#include "chat/tail.h"
#include "store/db.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#define RANKED_MAX 10000
#define RANKED_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define MATCH_BYTES_MAX ((size_t)64 * 1024)
#define WIDE_FIRST 10000  /* hits in any room: some 15 ms */
#define WIDE_ALONE 100000 /* the same if it is all that is looked at */

struct ranked {
    int64_t id;
    double rank;
};

/* Where a page ended: by time below message `id`; by rank behind `done` of the hits up to message `id`. */
struct cursor {
    int64_t id, done;
};

struct search {
    struct answer answer;
    struct chat *c;
    struct asked asked;
    struct scope scope;
    int64_t room_id; /* 0: all of the asker's */
    bool by_rank;
    struct cursor from; /* id 0: the beginning */
    struct cursor to;   /* of this page, good if `more` */
    int64_t limit, count;
    struct ranked *ranked; /* RANKED_MAX, only by rank */
    size_t ranked_count, ranked_bytes;
    struct buf marks, match;
    bool more;
};

static void search_drop(void *data)
{
    struct search *job = data;
    scope_fini(&job->scope);
    asked_fini(&job->asked);
    free(job->ranked);
    buf_fini(&job->marks);
    buf_fini(&job->match);
}

/* ---- hits: false ends the walk */

/* Adds a row unless the page is full. */
static bool add_hit(struct search *job, struct query *q)
{
    struct buf *json = &job->answer.json;
    struct message m = message_columns(q);
    size_t bytes = m.text.len + m.reactions.len + m.files.len + 2048;
    bool full = job->count > 0 && json->len + bytes > job->c->options.reply_max_bytes;
    if (job->count == job->limit || full) {
        job->more = true;
        return false;
    }
    buf_clear(&job->marks);
    (void)words_find(job->asked.words, col_text(q, 3), scope_names(&job->scope, q),
                     &job->marks); /* only for the marks */
    message_write(&job->answer.out, NULL, &m, buf_text(&job->marks));
    job->to = (struct cursor){job->by_rank ? job->from.id : col_int(q, 0), job->to.done + 1};
    job->count++;
    return true;
}

static bool add_ranked(struct search *job, struct query *q)
{
    struct text text = col_text(q, 3), names = scope_names(&job->scope, q);
    job->ranked_bytes += text.len + names.len;
    if (job->ranked_count == RANKED_MAX || job->ranked_bytes > RANKED_BYTES_MAX)
        return false;
    job->ranked[job->ranked_count++] =
        (struct ranked){col_int(q, 0), words_rank(job->asked.words, text, names)};
    return true;
}

static bool take(struct search *job, struct query *q)
{
    return job->by_rank ? add_ranked(job, q) : add_hit(job, q);
}

/* ---- where they come from */

static enum err walk_tail(struct search *job, struct db *db, int64_t above, int64_t up_to, bool *on)
{
    struct query *q = db_query(db, QUERY_CHAT_SEARCH_TAIL);
    query_int(q, 1, above);
    query_int(q, 2, job->answer.actor.user_id);
    query_int(q, 3, up_to);
    while (*on && query_row(q))
        if (scope_finds(&job->scope, q))
            *on = take(job, q);
    return query_end(q);
}

static enum err walk_hits(struct search *job, struct query *q, int64_t up_to, bool *on)
{
    query_text(q, 1, buf_text(&job->match));
    query_int(q, 2, job->answer.actor.user_id);
    query_int(q, 3, up_to);
    while (*on && query_row(q))
        if (scope_has(&job->scope, q))
            *on = take(job, q);
    return query_end(q);
}

static enum err write_match(struct search *job, bool wide)
{
    buf_clear(&job->match);
    scope_fts(&job->scope, wide, &job->match);
    return job->match.err;
}

static enum err walk_narrow(struct search *job, struct db *db, int64_t up_to, bool *on)
{
    enum err e = write_match(job, false);
    return e == ERR_OK ? walk_hits(job, db_query(db, QUERY_CHAT_SEARCH_INDEX), up_to, on) : e;
}

/* Looks at the newest `most` that are found in any room, and leaves out what is in others'.
 * out: the id of the next one; 0: there is none */
static enum err walk_wide(struct search *job, struct db *db, int64_t up_to, int64_t most, bool *on,
                          int64_t *out_beyond)
{
    enum err e = write_match(job, true);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_SEARCH_WIDE);
    query_int(q, 4, most);
    e = walk_hits(job, q, up_to, on);
    *out_beyond = 0;
    if (e != ERR_OK || !*on)
        return e;
    q = db_query(db, QUERY_CHAT_SEARCH_BEYOND);
    query_text(q, 1, buf_text(&job->match));
    query_int(q, 2, up_to);
    query_int(q, 3, most);
    return query_number(q, out_beyond);
}

/* By time the next page begins there. */
static void stop_at(struct search *job, int64_t id)
{
    asked_note(&job->asked,
               "You are in so many rooms that only the newest messages were looked at.", TEXT_NONE,
               "");
    if (job->by_rank)
        return;
    job->more = true;
    job->to.id = id + 1;
}

/* With many rooms an expression that names them all costs more than most searches; but without it a word that everybody uses
 * is looked at in all that others wrote. So the newest hits are looked at first, whosever they are: that ends most searches,
 * those for rare words as those in rooms in which much is said. */
static enum err walk_index(struct search *job, struct db *db, int64_t up_to, bool *on)
{
    int64_t beyond = 0;
    size_t rooms = job->scope.rooms_count;
    if (rooms <= SCOPE_ROOMS_FEW)
        return walk_narrow(job, db, up_to, on);
    enum err e =
        walk_wide(job, db, up_to, rooms > SCOPE_ROOMS_MANY ? WIDE_ALONE : WIDE_FIRST, on, &beyond);
    if (e != ERR_OK || !beyond)
        return e;
    if (rooms <= SCOPE_ROOMS_MANY)
        return walk_narrow(job, db, beyond, on);
    stop_at(job, beyond);
    return ERR_OK;
}

static enum err walk(struct search *job, struct db *db)
{
    struct tail t;
    bool on = true;
    enum err e = tail_get(db, &t);
    if (e != ERR_OK)
        return e;
    if (t.above > t.watermark)
        asked_note(&job->asked, "Older messages are still being read into the index.", TEXT_NONE,
                   "");
    if (job->by_rank && job->from.id == 0)
        job->from.id = t.top;
    int64_t up_to = t.top;
    if (job->from.id > 0)
        up_to = job->by_rank ? job->from.id : job->from.id - 1;
    e = walk_tail(job, db, t.above, up_to, &on);
    if (e == ERR_OK && on)
        e = walk_index(job, db, up_to < t.watermark ? up_to : t.watermark, &on);
    return e;
}

/* ---- the best first */

static int best_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? 1 : -1;
    return (x->id < y->id) - (x->id > y->id);
}

static enum err write_ranked(struct search *job, struct db *db)
{
    enum err e = ERR_OK;
    bool on = true;
    qsort(job->ranked, job->ranked_count, sizeof job->ranked[0], best_first);
    job->to.done = job->from.done;
    for (size_t i = (size_t)job->from.done; e == ERR_OK && on && i < job->ranked_count; i++) {
        struct query *q = db_query(db, QUERY_CHAT_SEARCH_ONE);
        query_int(q, 1, job->ranked[i].id);
        query_int(q, 2, job->answer.actor.user_id);
        if (query_row(q))
            on = add_hit(job, q);
        e = query_end(q);
    }
    return e;
}

/* ---- the job */

static void write_end(struct search *job)
{
    struct json_writer *w = &job->answer.out;
    struct text rest = buf_text(&job->asked.notes), note;
    char cursor[48];
    int n = snprintf(cursor, sizeof cursor, job->by_rank ? "r%lld.%lld" : "t%lld",
                     (long long)job->to.id, (long long)job->to.done);
    json_add_bool(w, "more", job->more);
    if (job->more)
        json_add_text(w, "cursor", (struct text){cursor, (size_t)n});
    json_open(w, "notes", '[');
    while (rest.len && text_split(&rest, '\0', &note))
        json_add_text(w, NULL, note);
    json_close(w, ']');
}

static enum err search_run(struct db *db, void *data)
{
    struct search *job = data;
    struct asked *a = &job->asked;
    struct json_writer *w = &job->answer.out;
    enum err e = ERR_OK;
    if (job->room_id)
        e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e == ERR_OK)
        e = scope_read(&job->scope, db, a, job->answer.actor.user_id, job->room_id);
    if (e != ERR_OK)
        return e;
    json_open(w, NULL, '{');
    json_open(w, "messages", '[');
    if (!a->impossible && (words_any(a->words) || words_any_unwanted(a->words) || a->filtered)) {
        e = walk(job, db);
        if (e == ERR_OK && job->by_rank)
            e = write_ranked(job, db);
        if (e == ERR_OK)
            e = words_err(a->words);
        if (e == ERR_OK)
            e = job->scope.names.err;
    }
    json_close(w, ']');
    write_end(job);
    json_close(w, '}');
    return e != ERR_OK ? e : job->marks.err;
}

static bool read_cursor(struct text t, bool by_rank, struct cursor *out)
{
    struct text id;
    if (t.len < 2 || t.data[0] != (by_rank ? 'r' : 't'))
        return false;
    t = text_after(t, 1);
    if (by_rank && (!text_split(&t, '.', &id) || !t.data))
        return false;
    out->id = text_id(by_rank ? id : t);
    out->done = by_rank ? text_id(t) : 0;
    return out->id > 0 && (!by_rank || (out->done > 0 && out->done <= RANKED_MAX));
}

void message_search(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    struct chat *c = ctx;
    struct text order = args_given(args, "order") ? args_text(args, "order") : TEXT("time");
    struct text query = args_text(args, "query");
    struct cursor from = {0};
    bool by_rank = text_is(order, TEXT("rank"));
    if (!by_rank && !text_is(order, TEXT("time"))) {
        reply_fault(reply, ERR_BAD_REQUEST, "order", "order is \"time\" or \"rank\".");
        return;
    }
    if (args_given(args, "cursor") && !read_cursor(args_text(args, "cursor"), by_rank, &from)) {
        reply_fault(reply, ERR_BAD_REQUEST, "cursor",
                    "cursor is what the answer before gave, with the same order.");
        return;
    }
    struct search *job = answer_new(sizeof *job, query.len + 1, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->room_id = args_given(args, "room") ? args_int(args, "room") : 0;
    job->limit = args_int(args, "limit");
    job->by_rank = by_rank;
    job->from = from;
    job->answer.drop = search_drop;
    buf_init(&job->marks, (size_t)64 * 1024);
    buf_init(&job->match, MATCH_BYTES_MAX);
    enum err e = asked_read(&job->asked, answer_keep(&job->answer, query), args_int(args, "zone"));
    if (e == ERR_OK && by_rank) {
        job->ranked = calloc(RANKED_MAX, sizeof *job->ranked);
        if (!job->ranked)
            e = ERR_NOMEM;
    }
    if (e != ERR_OK)
        answer_end(job, e);
    else
        answer_read(job, c->store, search_run, NULL);
}
