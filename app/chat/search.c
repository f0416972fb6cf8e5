#include "chat/inside.h"
#include "chat/words.h"
#include "store/db.h"
#include "store/store.h"

struct search {
    struct answer answer;
    struct chat *c;
    struct words *words;
    int64_t room_id; /* 0: all of the asker's */
    int64_t before;  /* offset in that room */
    int64_t limit, count;
    struct buf marks;
    bool more;
};

static void search_drop(void *data)
{
    struct search *job = data;
    job->words = words_free(job->words);
    buf_fini(&job->marks);
}

/* Adds a row unless the page is full. False: it was. */
static bool add_hit(struct search *job, struct query *q)
{
    struct buf *json = &job->answer.json;
    bool full =
        job->count > 0 && json->len + col_text(q, 3).len + 2048 > job->c->options.reply_max_bytes;
    if (job->count == job->limit || full) {
        job->more = true;
        return false;
    }
    message_write(&job->answer.out, NULL, q, buf_text(&job->marks));
    job->count++;
    return true;
}

/* The rows that the index does not have yet: above the watermark in the same snapshot. */
static enum err search_tail(struct db *db, struct search *job, int64_t watermark)
{
    struct query *q = db_query(db, QUERY_CHAT_SEARCH_TAIL);
    query_int(q, 1, watermark);
    query_int(q, 2, job->answer.actor.user_id);
    query_int(q, 3, job->room_id);
    query_int(q, 4, job->before);
    bool room = true;
    while (room && query_row(q)) {
        buf_clear(&job->marks);
        if (words_find(job->words, col_text(q, 3), &job->marks))
            room = add_hit(job, q);
    }
    enum err e = query_end(q);
    return e != ERR_OK ? e : words_err(job->words);
}

static enum err search_index(struct db *db, struct search *job, int64_t watermark)
{
    struct query *q = db_query(db, QUERY_CHAT_SEARCH_INDEX);
    query_text(q, 1, words_fts(job->words));
    query_int(q, 2, job->answer.actor.user_id);
    query_int(q, 3, watermark);
    query_int(q, 4, job->room_id);
    query_int(q, 5, job->before);
    query_int(q, 6, job->limit - job->count + 1);
    bool room = true;
    while (room && query_row(q)) {
        buf_clear(&job->marks);
        (void)words_find(job->words, col_text(q, 3), &job->marks); /* only for the marks */
        room = add_hit(job, q);
    }
    enum err e = query_end(q);
    return e != ERR_OK ? e : words_err(job->words);
}

static enum err search_run(struct db *db, void *data)
{
    struct search *job = data;
    enum err e = ERR_OK;
    int64_t watermark = 0;
    if (job->room_id)
        e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_open(w, "messages", '[');
    if (words_any(job->words)) {
        struct query *q = db_query(db, QUERY_CHAT_WATERMARK_GET);
        if (query_row(q))
            watermark = col_int(q, 0);
        e = query_end(q);
        if (e == ERR_OK)
            e = search_tail(db, job, watermark);
        if (e == ERR_OK && !job->more)
            e = search_index(db, job, watermark);
    }
    json_close(w, ']');
    json_add_bool(w, "more", job->more);
    json_close(w, '}');
    return e != ERR_OK ? e : job->marks.err;
}

void message_search(void *ctx, const struct actor *actor, const struct args *args,
                    struct reply reply)
{
    struct chat *c = ctx;
    if (args_given(args, "before") && !args_given(args, "room")) {
        reply_fault(reply, ERR_BAD_REQUEST, "before",
                    "before is an offset of a room: give room too.");
        return;
    }
    struct search *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->room_id = args_given(args, "room") ? args_int(args, "room") : 0;
    job->before = args_given(args, "before") ? args_int(args, "before") : INT64_MAX;
    job->limit = args_int(args, "limit");
    job->answer.drop = search_drop;
    buf_init(&job->marks, (size_t)64 * 1024);
    job->words = words_new(args_text(args, "query"));
    if (!job->words)
        answer_end(job, ERR_NOMEM);
    else
        answer_read(job, c->store, search_run, NULL);
}
