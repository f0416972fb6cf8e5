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
    if (marks.len)
        json_add_raw(w, "marks", marks);
    json_close(w, '}');
}
