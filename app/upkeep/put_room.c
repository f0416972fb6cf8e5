/* Rooms and who is in them. */
#include "store/db.h"
#include "upkeep/put_inside.h"

#include <stdio.h>

#define ROOM_NAME_MAX 80
#define TOPIC_MAX 250
#define NOOK_ID 1

enum err put_need_room(struct db *db, struct put *p, int64_t *out_id)
{
    char setting[PUT_NAME_BYTES];
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_ROOM);
    query_text(q, 1, put_setting(p, "room", put_text(p, ITEM_OF_ROOM), setting));
    enum err e = query_number(q, out_id);
    return e == ERR_OK && !*out_id ? put_bad(p, "its room %.100s is not among the rooms.",
                                             put_text(p, ITEM_OF_ROOM).data)
                                   : e;
}

static enum err maker_of(struct db *db, const struct put *p, int64_t *out_id)
{
    struct person maker;
    enum err e = put_find_person(db, p, put_text(p, ITEM_OF_USER), &maker);
    *out_id = e == ERR_OK ? maker.id : NOOK_ID;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err insert_room(struct db *db, struct put *p, struct text name, int64_t maker,
                            int64_t *out_id)
{
    unsigned char random[8];
    char epoch[17];
    env_random(p->env, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(epoch + 2 * i, 3, "%02x", random[i]);
    struct query *q = db_query(db, QUERY_CHAT_ROOM_INSERT);
    query_text(q, 1, name);
    query_text(q, 2, put_characters(put_text(p, ITEM_WORDS), TOPIC_MAX));
    query_int(q, 3, p->item.private_room);
    query_int(q, 4, put_time(p));
    query_int(q, 5, maker);
    query_text(q, 6, text_of(epoch));
    enum err e = query_run(q);
    *out_id = db_last_id(db);
    /* The agent of the place is in every room. */
    return e == ERR_OK ? put_add_member(db, *out_id, NOOK_ID, TEXT("member"), put_time(p)) : e;
}

static enum err take_room(struct db *db, struct put *p, int64_t id, int64_t maker)
{
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_ROOM_TAKE);
    query_int(q, 1, id);
    query_text(q, 2, put_characters(put_text(p, ITEM_WORDS), TOPIC_MAX));
    query_int(q, 3, put_time(p));
    query_int(q, 4, maker);
    return query_run(q);
}

enum err put_room(struct db *db, struct put *p)
{
    char setting[PUT_NAME_BYTES], all[PUT_NAME_BYTES];
    int64_t id = 0, maker = 0;
    struct text name = put_characters(put_text(p, ITEM_NAME), ROOM_NAME_MAX);
    if (name.len == 0)
        return put_bad(p, "the room has no name.");
    struct text own = put_setting(p, "room", put_text(p, ITEM_OF_ROOM), setting);
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_ROOM);
    query_text(q, 1, own);
    enum err e = query_number(q, &id);
    if (e != ERR_OK || id)
        return e;
    q = db_query(db, QUERY_UPKEEP_IMPORT_ROOM_FIND);
    query_text(q, 1, p->item.apart ? TEXT_NONE : name); /* none has no name */
    query_int(q, 2, p->item.private_room);
    query_text(q, 3, put_setting(p, "room", TEXT_NONE, all));
    bool used = false;
    if (query_row(q)) {
        id = col_int(q, 0);
        used = col_int(q, 1) != 0;
    }
    e = query_end(q);
    if (e != ERR_OK)
        return e;
    if (used && !p->merge) {
        (void)put_bad(
            p,
            "There is a room %.80s with messages already: with --merge what is imported goes "
            "into it, after them.",
            put_text(p, ITEM_NAME).data);
        return ERR_CONFLICT;
    }
    e = maker_of(db, p, &maker);
    p->fresh = id == 0;
    if (e == ERR_OK)
        e = id ? take_room(db, p, id, maker) : insert_room(db, p, name, maker, &id);
    return e == ERR_OK ? put_remember(db, own, id) : e;
}

/* ---- who is in them */

enum err put_add_member(struct db *db, int64_t room_id, int64_t user_id, struct text role,
                        int64_t since_ms)
{
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_MEMBER);
    query_int(q, 1, room_id);
    query_int(q, 2, user_id);
    query_text(q, 3, role);
    query_int(q, 4, since_ms);
    return query_run(q);
}

enum err put_member(struct db *db, struct put *p)
{
    struct person who = {0};
    int64_t room_id = 0;
    struct text role = put_text(p, ITEM_ROLE);
    if (!text_is(role, TEXT("owner")) && !text_is(role, TEXT("member")))
        return put_bad(p, "the role must be owner or member.");
    enum err e = put_need_room(db, p, &room_id);
    if (e == ERR_OK)
        e = put_need_person(db, p, ITEM_OF_USER, "the member", &who);
    return e == ERR_OK ? put_add_member(db, room_id, who.id, role, put_time(p)) : e;
}
