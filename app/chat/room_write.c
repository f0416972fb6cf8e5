#include "chat/inside.h"
#include "store/db.h"

void room_write(struct json_writer *w, const char *key, struct query *q)
{
    json_open(w, key, '{');
    json_add_id(w, "id", col_int(q, 0));
    json_add_text(w, "name", col_text(q, 1));
    json_add_text(w, "topic", col_text(q, 2));
    json_add_bool(w, "private", col_int(q, 3) != 0);
    json_add_int(w, "created", col_int(q, 4));
    json_add_bool(w, "joined", col_int(q, 8) != 0);
    json_add_int(w, "members", col_int(q, 5));
    json_add_int(w, "offset", col_int(q, 6));
    json_add_text(w, "epoch", col_text(q, 7));
    json_add_int(w, "read", col_int(q, 9));
    json_add_int(w, "unread", col_int(q, 10));
    json_add_int(w, "mentions", col_int(q, 11));
    json_add_int(w, "last_time", col_int(q, 12));
    json_add_bool(w, "muted", col_int(q, 19) != 0);
    json_add_bool(w, "favourite", col_int(q, 20) != 0);
    if (col_int(q, 13) > 0)
        json_add_int(w, "keep_days", col_int(q, 13) / DAY_MS);
    if (col_int(q, 14) > 0)
        json_add_int(w, "keep_messages", col_int(q, 14));
    if (!col_null(q, 15))
        person_write_columns(w, "direct", q, 15);
    json_close(w, '}');
}

enum err room_write_view(struct db *db, struct json_writer *w, const char *key, int64_t room_id,
                         int64_t user_id)
{
    struct query *q = db_query(db, QUERY_CHAT_ROOM_VIEW);
    query_int(q, 1, user_id);
    query_int(q, 2, room_id);
    bool found = query_row(q);
    if (found)
        room_write(w, key, q);
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_DENIED;
}

enum err counts_get(struct db *db, int64_t room_id, int64_t user_id, struct counts *out)
{
    struct query *q = db_query(db, QUERY_CHAT_COUNTS);
    query_int(q, 1, room_id);
    query_int(q, 2, user_id);
    bool found = query_row(q);
    if (found)
        *out = (struct counts){
            .read = col_int(q, 0),
            .unread = col_int(q, 1),
            .mentions = col_int(q, 2),
            .last_ms = col_int(q, 3),
            .top = col_int(q, 4),
        };
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_DENIED;
}
