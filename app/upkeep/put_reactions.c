/* What stood below a message in its source, in the same job as the message. */
#include "store/db.h"
#include "upkeep/put_inside.h"
#include "upkeep/reacted.h"

/* Nobody is told of what an erased person did; whom the source does not have is told of, once a message. */
static enum err put_one(struct db *db, struct put *p, int64_t message_id, const struct reacted *r)
{
    struct person who;
    bool changed;
    enum err e = put_find_person(db, p, r->user, &who);
    if (e == ERR_NOT_FOUND) {
        if (!p->why[0])
            (void)put_bad(p, "a reaction of %.*s, who is not among the people, is left out.",
                          (int)(r->user.len > 100 ? 100 : r->user.len), r->user.data);
        return ERR_OK;
    }
    if (e != ERR_OK || person_is_erased(&who))
        return e;
    return reaction_put(db, message_id, r->emoji, who.id, r->time_ms ? r->time_ms : put_time(p),
                        &changed);
}

/* More than a message may tell of: it comes without them. */
static enum err take_back(struct db *db, struct put *p, int64_t message_id)
{
    struct query *q = db_query(db, QUERY_CHAT_REACTION_CLEAR);
    query_int(q, 1, message_id);
    (void)put_bad(p, "it has too many reactions, and comes without them.");
    return query_run(q);
}

enum err put_reactions(struct db *db, struct put *p, int64_t message_id)
{
    struct text rest = put_text(p, ITEM_REACTIONS);
    struct reacted r;
    if (rest.len == 0)
        return ERR_OK;
    enum err e = ERR_OK;
    while (e == ERR_OK && reacted_next(&rest, &r))
        e = put_one(db, p, message_id, &r);
    if (e == ERR_OK)
        e = reactions_tell(db, message_id);
    return e == ERR_LIMIT ? take_back(db, p, message_id) : e;
}
