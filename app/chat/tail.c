#include "chat/tail.h"

#include "store/db.h"

enum err tail_get(struct db *db, struct tail *out)
{
    enum err e = query_number(db_query(db, QUERY_CHAT_WATERMARK_GET), &out->watermark);
    if (e == ERR_OK)
        e = query_number(db_query(db, QUERY_CHAT_MESSAGE_TOP), &out->top);
    out->above = out->watermark;
    if (out->above < out->top - TAIL_ROWS)
        out->above = out->top - TAIL_ROWS;
    return e;
}
