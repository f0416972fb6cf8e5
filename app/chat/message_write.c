#include "chat/inside.h"
#include "store/db.h"

void message_write(struct json_writer *w, const char *key, struct query *q, struct text marks)
{
    json_open(w, key, '{');
    json_add_id(w, "id", col_int(q, 0));
    json_add_id(w, "room", col_int(q, 1));
    json_add_int(w, "offset", col_int(q, 2));
    person_write_columns(w, "author", q, 8);
    json_add_text(w, "text", col_text(q, 3));
    json_add_int(w, "time", col_int(q, 4));
    json_add_text(w, "key", col_text(q, 5));
    json_add_id(w, "reply_to", col_int(q, 6));
    struct text run_id = col_text(q, 7);
    if (run_id.len)
        json_add_text(w, "run_id", run_id);
    if (col_int(q, 13) > 0)
        json_add_int(w, "edited", col_int(q, 13));
    struct text deleted_by = col_text(q, 12);
    if (deleted_by.len)
        json_add_text(w, "deleted", deleted_by);
    if (marks.len)
        json_add_raw(w, "marks", marks);
    json_close(w, '}');
}

enum err message_event_write(struct db *db, const char *type, int64_t room_id, int64_t id,
                             struct buf *out)
{
    struct json_writer w;
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_BY_ID);
    query_int(q, 1, id);
    query_int(q, 2, room_id);
    bool found = query_row(q);
    if (found) {
        json_begin(&w, out);
        json_open(&w, NULL, '{');
        json_add_text(&w, "type", text_of(type));
        message_write(&w, "message", q, TEXT_NONE);
        json_close(&w, '}');
    }
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    return found ? out->err : ERR_NOT_FOUND;
}

enum err message_event_replace(struct db *db, const char *type, int64_t room_id, int64_t id,
                               int64_t offset)
{
    struct buf data;
    buf_init(&data, ANSWER_MAX_BYTES);
    enum err e = message_event_write(db, type, room_id, id, &data);
    if (e == ERR_OK)
        e = room_event_replace(db, room_id, offset, buf_text(&data));
    buf_fini(&data);
    return e;
}
