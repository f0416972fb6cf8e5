/* Conversations of two: who they are, which room is theirs here, and who may be in it. A place has one for each two. */
#include "store/db.h"
#include "upkeep/put_inside.h"

#include <stdio.h>

enum err put_find_two(struct db *db, struct put *p, struct put_two *out)
{
    struct person one = {0}, other = {0};
    bool given = put_text(p, ITEM_ONE).len > 0;
    bool may_be_like_others = p->item.apart;
    *out = (struct put_two){0};
    if (!given)
        return ERR_OK;
    enum err e = put_need_person(db, p, ITEM_ONE, "one of the two,", &one);
    if (e == ERR_OK)
        e = put_need_person(db, p, ITEM_OTHER, "one of the two,", &other);
    if (e == ERR_OK && one.id == other.id)
        e = put_bad(p, "a conversation is of two different people.");
    if (e == ERR_OK)
        *out = one.id < other.id ? (struct put_two){one, other} : (struct put_two){other, one};
    if (e != ERR_BAD_REQUEST || !may_be_like_others)
        return e;
    p->why[0] = 0;
    return ERR_OK;
}

enum err put_find_direct(struct db *db, const struct put_two *two, int64_t *out_id, bool *out_used)
{
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_DIRECT_FIND);
    query_int(q, 1, two->smaller.id);
    query_int(q, 2, two->larger.id);
    if (query_row(q)) {
        *out_id = col_int(q, 0);
        *out_used = col_int(q, 1) != 0;
    }
    return query_end(q);
}

/* Of who was erased nothing is left there. */
static enum err add(struct db *db, const struct put *p, int64_t room_id, const struct person *who)
{
    return person_is_erased(who)
               ? ERR_OK
               : put_add_member(
                     db, &(struct membership){room_id, who->id, .since_ms = env_wall_ms(p->env)});
}

enum err put_add_two(struct db *db, const struct put *p, int64_t room_id, const struct put_two *two)
{
    enum err e = add(db, p, room_id, &two->smaller);
    return e == ERR_OK ? add(db, p, room_id, &two->larger) : e;
}

enum err put_may_be_in(struct db *db, struct put *p, int64_t room_id, const struct person *who,
                       bool *out_direct)
{
    int64_t smaller = 0, larger = 0;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_DIRECT);
    query_int(q, 1, room_id);
    if (query_row(q)) {
        smaller = col_int(q, 0);
        larger = col_int(q, 1);
    }
    enum err e = query_end(q);
    *out_direct = larger > 0;
    if (e != ERR_OK || larger == 0 || who->id == smaller || who->id == larger || who->id == NOOK_ID)
        return e;
    return put_bad(p, "%.100s is none of the two of this conversation.",
                   put_text(p, ITEM_OF_USER).data);
}
