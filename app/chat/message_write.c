#include "chat/inside.h"
#include "store/db.h"

void message_write(struct json_writer *w, const char *key, const struct message *m,
                   struct text marks)
{
    json_open(w, key, '{');
    json_add_id(w, "id", m->id);
    json_add_id(w, "room", m->room_id);
    json_add_int(w, "offset", m->offset);
    byline_write(w, "author", &m->author);
    json_add_text(w, "text", m->text);
    json_add_int(w, "time", m->time_ms);
    json_add_text(w, "key", m->key);
    json_add_id(w, "reply_to", m->reply_to);
    if (m->run_id.len)
        json_add_text(w, "run_id", m->run_id);
    if (m->edited_ms > 0)
        json_add_int(w, "edited", m->edited_ms);
    if (m->deleted_by.len)
        json_add_text(w, "deleted", m->deleted_by);
    if (m->reactions.len)
        json_add_raw(w, "reactions", m->reactions);
    if (m->files.len)
        json_add_raw(w, "files", m->files);
    if (marks.len)
        json_add_raw(w, "marks", marks);
    json_close(w, '}');
}

struct message message_columns(struct query *q)
{
    return (struct message){
        .id = col_int(q, 0),
        .room_id = col_int(q, 1),
        .offset = col_int(q, 2),
        .author = byline_columns(q, 8),
        .text = col_text(q, 3),
        .time_ms = col_int(q, 4),
        .key = col_text(q, 5),
        .reply_to = col_int(q, 6),
        .run_id = col_text(q, 7),
        .edited_ms = col_int(q, 13),
        .deleted_by = col_text(q, 12),
        .reactions = col_text(q, 14),
        .files = col_text(q, 15),
    };
}

void message_event_write(const char *type, const struct message *m, struct buf *out)
{
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", text_of(type));
    message_write(&w, "message", m, TEXT_NONE);
    json_close(&w, '}');
}

enum err message_event_read(struct db *db, const char *type, int64_t room_id, int64_t id,
                            struct buf *out)
{
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_BY_ID);
    query_int(q, 1, id);
    query_int(q, 2, room_id);
    bool found = query_row(q);
    if (found) {
        struct message m = message_columns(q);
        message_event_write(type, &m, out);
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
    enum err e = message_event_read(db, type, room_id, id, &data);
    if (e == ERR_OK)
        e = room_event_replace(db, room_id, offset, buf_text(&data));
    buf_fini(&data);
    return e;
}
