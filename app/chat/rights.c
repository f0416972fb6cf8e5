#include "chat/inside.h"
#include "store/db.h"

enum err room_require(struct db *db, int64_t room_id, const struct actor *actor,
                      enum room_role least)
{
    struct query *q = db_query(db, QUERY_CHAT_MEMBER_ROLE);
    query_int(q, 1, room_id);
    query_int(q, 2, actor->user_id);
    enum room_role role = ROOM_STRANGER;
    if (query_row(q))
        role = text_is(col_text(q, 0), TEXT("owner")) ? ROOM_OWNER : ROOM_MEMBER;
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    if (role == ROOM_MEMBER && actor->right >= RIGHT_ADMIN)
        role = ROOM_OWNER;
    return role >= least ? ERR_OK : ERR_DENIED;
}
