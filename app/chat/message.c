#include "base/metrics.h"
#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"

#include <stdlib.h>

#define TEXT_JSON_MAX_BYTES 48000

/* ---- message.send */

struct send {
    struct answer answer;
    struct chat *c;
    struct post post; /* its texts are kept */
    struct posted posted;
    int64_t began_ns;
    int64_t files[FILES_OF_MESSAGE_MAX];
};

/* How long the text is as a JSON string, without its quotes. */
static size_t json_bytes(struct text t)
{
    size_t n = t.len;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c == '"' || c == '\\' || c == '\n' || c == '\t' || c == '\r' || c == '\b' || c == '\f')
            n += 1;
        else if (c < 0x20)
            n += 5;
    }
    return n;
}

bool message_fits(struct text t, struct reply reply)
{
    bool surely = t.len <= TEXT_JSON_MAX_BYTES / 6; /* no byte becomes more than six */
    if (surely || json_bytes(t) <= TEXT_JSON_MAX_BYTES)
        return true;
    reply_fault(reply, ERR_BAD_REQUEST, "text", "text must have at most 48000 bytes as JSON.");
    return false;
}

static enum err send_run(struct db *db, void *data)
{
    struct send *job = data;
    enum err e = post_insert(job->c, db, &job->post, &job->posted);
    if (e == ERR_BAD_REQUEST)
        return answer_fault(&job->answer, e, job->posted.field, job->posted.fault);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    json_add_id(w, "id", job->posted.message_id);
    json_add_int(w, "offset", (int64_t)job->posted.event.offset);
    json_add_int(w, "time", job->posted.time_ms);
    json_close(w, '}');
    return ERR_OK;
}

static void send_done(void *data, enum err e)
{
    struct send *job = data;
    int64_t began_ns = job->began_ns;
    post_committed(job->c, &job->post, &job->posted, e);
    answer_end(job, e);
    timer_metric_add(TIMER_ack, (env_nanoseconds() - began_ns) / 1000);
}

/* The numbers of the files, into `out`; false, and answered: one is no number. */
static bool read_files(const struct arg *files, int64_t out[FILES_OF_MESSAGE_MAX],
                       struct reply reply)
{
    for (size_t i = 0; i < files->count; i++)
        if ((out[i] = text_id(files->items[i])) == 0) {
            reply_fault(reply, ERR_BAD_REQUEST, "files", "files must be a list of ids.");
            return false;
        }
    return true;
}

/* A message says something or brings something. */
static bool has_something(const struct arg *text, const struct arg *files, struct reply reply)
{
    if (text->text.len > 0 || files->count > 0)
        return true;
    reply_fault(reply, ERR_BAD_REQUEST, "text",
                text->given ? "text must have 1 to 16000 characters." : "text is missing.");
    return false;
}

void message_send(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    int64_t began_ns = env_nanoseconds();
    const struct arg *said = args_get(args, "text"), *files = args_get(args, "files");
    struct text text = said->text, key = args_text(args, "key");
    int64_t ids[FILES_OF_MESSAGE_MAX] = {0};
    if (!has_something(said, files, reply) || !message_fits(text, reply) ||
        !read_files(files, ids, reply))
        return;
    struct send *job = answer_new(sizeof *job, text.len + key.len + 2, actor, reply);
    if (!job)
        return;
    job->c = c;
    memcpy(job->files, ids, sizeof ids);
    job->began_ns = began_ns;
    job->post = (struct post){
        .room_id = args_int(args, "room"),
        .author_id = actor->user_id,
        .text = answer_keep(&job->answer, text),
        .key = answer_keep(&job->answer, key),
        .reply_to = args_given(args, "reply_to") ? args_int(args, "reply_to") : 0,
        .run_id = TEXT_NONE,
        .files = {job->files, files->count},
    };
    enum err e = writer_submit_asking_first(c->store, (struct job){send_run, send_done, job});
    if (e != ERR_OK)
        answer_end(job, e);
}

/* ---- message.list */

#define LIST_MAX 200

struct list {
    struct answer answer;
    struct chat *c;
    int64_t room_id, limit;
    int64_t before, after, around; /* -1: not given */
    /* messages as they come, newest or oldest first; `starts` finds them again */
    struct buf rows;
    size_t starts[LIST_MAX + 1];
    size_t count;
    bool more;
};

static void list_drop(void *data)
{
    buf_fini(&((struct list *)data)->rows);
}

/* Reads up to `limit` more rows; true: there are further ones (or no more room for them). */
static enum err read_rows(struct db *db, struct list *job, enum query_id which, int64_t from,
                          size_t limit, bool *out_more)
{
    struct query *q = db_query(db, which);
    query_int(q, 1, job->room_id);
    query_int(q, 2, from);
    query_int(q, 3, (int64_t)limit + 1);
    *out_more = false;
    size_t end = job->count + limit;
    while (query_row(q)) {
        struct message m = message_columns(q);
        size_t bytes = m.text.len + m.reactions.len + m.files.len + 1024;
        bool full = job->count > 0 && job->rows.len + bytes > job->c->options.reply_max_bytes;
        if (job->count == end || full) {
            *out_more = true;
            break;
        }
        struct json_writer w;
        json_begin(&w, &job->rows);
        job->starts[job->count++] = job->rows.len;
        message_write(&w, NULL, &m, TEXT_NONE);
    }
    enum err e = query_end(q);
    return e != ERR_OK ? e : job->rows.err;
}

static void add_row(struct list *job, size_t at)
{
    size_t from = job->starts[at];
    size_t to = at + 1 < job->count ? job->starts[at + 1] : job->rows.len;
    json_add_raw(&job->answer.out, NULL, (struct text){job->rows.data + from, to - from});
}

/* Rows 0..older-1 came newest first, the rest oldest first. */
static void add_rows(struct list *job, size_t older)
{
    json_open(&job->answer.out, "messages", '[');
    for (size_t i = older; i > 0; i--)
        add_row(job, i - 1);
    for (size_t i = older; i < job->count; i++)
        add_row(job, i);
    json_close(&job->answer.out, ']');
}

static enum err read_page(struct db *db, struct list *job, size_t *out_older)
{
    size_t limit = (size_t)job->limit;
    bool newer;
    *out_older = 0;
    if (job->after >= 0)
        return read_rows(db, job, QUERY_CHAT_MESSAGE_AFTER, job->after, limit, &job->more);
    int64_t below = job->before >= 0 ? job->before : INT64_MAX;
    size_t most = limit;
    if (job->around >= 0) { /* the one at that offset is among the older half */
        below = job->around == INT64_MAX ? INT64_MAX : job->around + 1;
        most = limit - limit / 2;
    }
    enum err e = read_rows(db, job, QUERY_CHAT_MESSAGE_BEFORE, below, most, &job->more);
    *out_older = job->count;
    if (e == ERR_OK && job->around >= 0 && limit > most)
        e = read_rows(db, job, QUERY_CHAT_MESSAGE_AFTER, below - 1, limit - most, &newer);
    return e;
}

static enum err list_run(struct db *db, void *data)
{
    struct list *job = data;
    size_t older;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e == ERR_OK)
        e = read_page(db, job, &older);
    if (e != ERR_OK)
        return e;
    struct json_writer *w = &job->answer.out;
    json_open(w, NULL, '{');
    add_rows(job, older);
    struct query *q = db_query(db, QUERY_CHAT_ROOM_EXISTS);
    query_int(q, 1, job->room_id);
    if (query_row(q)) {
        json_add_int(w, "offset", col_int(q, 1));
        json_add_text(w, "epoch", col_text(q, 2));
        if (!job->more && job->after < 0 &&
            col_int(q, 3) > 0) /* there were some before the first one */
            json_add_int(w, "trimmed", col_int(q, 3));
    }
    json_add_bool(w, "more", job->more);
    json_close(w, '}');
    return query_end(q);
}

void message_list(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    static const char *const ways[] = {"before", "after", "around"};
    struct chat *c = ctx;
    const char *given = NULL;
    int64_t at[3];
    for (size_t i = 0; i < 3; i++) {
        at[i] = args_given(args, ways[i]) ? args_int(args, ways[i]) : -1;
        if (at[i] >= 0 && given) {
            reply_fault(reply, ERR_BAD_REQUEST, ways[i],
                        "Only one of before, after and around can be given.");
            return;
        }
        given = at[i] >= 0 ? ways[i] : given;
    }
    struct list *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->room_id = args_int(args, "room");
    job->limit = args_int(args, "limit");
    job->before = at[0];
    job->after = at[1];
    job->around = at[2];
    job->answer.drop = list_drop;
    buf_init(&job->rows, ANSWER_MAX_BYTES);
    answer_read(job, c->store, list_run, NULL);
}
