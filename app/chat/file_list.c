/* file_list: file.list, what was sent in a room, newest first. */
#include "chat/inside.h"
#include "store/db.h"

struct file_page {
    struct answer answer;
    struct chat *c;
    int64_t room_id, below, limit;
};

static void write_one(struct json_writer *w, struct query *q)
{
    struct file f;
    file_columns(q, &f);
    struct byline author = byline_columns(q, 14);
    json_open(w, NULL, '{');
    file_write_members(w, &f);
    json_add_id(w, "message", f.message_id);
    json_add_int(w, "offset", col_int(q, 12));
    json_add_int(w, "time", col_int(q, 13));
    byline_write(w, "author", &author);
    json_close(w, '}');
}

static enum err list_run(struct db *db, void *data)
{
    struct file_page *job = data;
    struct json_writer *w = &job->answer.out;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_CHAT_FILE_LIST);
    query_int(q, 1, job->room_id);
    query_int(q, 2, job->below);
    query_int(q, 3, job->limit + 1);
    bool more = false;
    json_open(w, NULL, '{');
    json_open(w, "files", '[');
    for (int64_t count = 0; !more && query_row(q); count++) {
        more = count == job->limit || (count > 0 && !answer_has_room(job->c, &job->answer));
        if (!more)
            write_one(w, q);
    }
    json_close(w, ']');
    json_add_bool(w, "more", more);
    json_close(w, '}');
    return query_end(q);
}

void file_list(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    struct chat *c = ctx;
    struct file_page *job = answer_new(sizeof *job, 0, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->room_id = args_int(args, "room");
    job->below = args_given(args, "before") ? args_int(args, "before") : INT64_MAX;
    job->limit = args_int(args, "limit");
    answer_read(job, c->store, list_run, NULL);
}
