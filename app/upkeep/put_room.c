/* Rooms and who is in them. */
#include "chat/direct.h"
#include "store/db.h"
#include "upkeep/put_inside.h"

#include <stdio.h>

#define ROOM_NAME_MAX 80
#define TOPIC_MAX 250

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

/* What the item becomes. */
struct target {
    struct text name, topic;
    struct put_two two; /* none: a room like others */
    int64_t maker_id;
    int64_t id; /* of the room that it goes into; 0: a new one */
    bool used;  /* there are messages in it */
};

static bool is_direct(const struct target *t)
{
    return t->two.larger.id > 0;
}

static enum err insert_room(struct db *db, struct put *p, struct target *t)
{
    unsigned char random[8];
    char epoch[17];
    env_random(p->env, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(epoch + 2 * i, 3, "%02x", random[i]);
    struct query *q = db_query(db, QUERY_CHAT_ROOM_INSERT);
    query_text(q, 1, t->name);
    query_text(q, 2, t->topic);
    query_int(q, 3, p->item.private_room);
    query_int(q, 4, put_time(p));
    query_int(q, 5, t->maker_id);
    query_text(q, 6, text_of(epoch));
    if (is_direct(t)) {
        query_int(q, 7, t->two.smaller.id);
        query_int(q, 8, t->two.larger.id);
    }
    enum err e = query_run(q);
    t->id = db_last_id(db);
    p->fresh = true;
    /* The agent of the place is in every room; since when its line may say. */
    if (e == ERR_OK)
        e = put_add_member(db,
                           &(struct membership){t->id, NOOK_ID, .since_ms = env_wall_ms(p->env)});
    return e == ERR_OK && is_direct(t) ? put_add_two(db, p, t->id, &t->two) : e;
}

static enum err take_room(struct db *db, const struct put *p, const struct target *t)
{
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_ROOM_TAKE);
    query_int(q, 1, t->id);
    query_text(q, 2, t->topic);
    query_int(q, 3, put_time(p));
    query_int(q, 4, t->maker_id);
    return query_run(q);
}

static enum err find_named(struct db *db, const struct put *p, struct target *t)
{
    char all[PUT_NAME_BYTES];
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_ROOM_FIND);
    query_text(q, 1, p->item.apart ? TEXT_NONE : t->name); /* none has no name */
    query_int(q, 2, p->item.private_room);
    query_text(q, 3, put_setting(p, "room", TEXT_NONE, all));
    if (query_row(q)) {
        t->id = col_int(q, 0);
        t->used = col_int(q, 1) != 0;
    }
    return query_end(q);
}

/* The room that is here already; direct: `name` has room for what a new one is called. */
static enum err find_room(struct db *db, struct put *p, struct target *t,
                          char name[DIRECT_NAME_SIZE])
{
    if (!is_direct(t))
        return t->name.len ? find_named(db, p, t) : put_bad(p, "the room has no name.");
    t->name = direct_name(t->two.smaller.id, t->two.larger.id, name);
    t->topic = TEXT("");
    p->item.private_room = true;
    return put_find_direct(db, &t->two, &t->id, &t->used);
}

static enum err refuse(struct put *p, const struct target *t)
{
    static const char how[] = "with messages already: with --merge what is imported goes into it, "
                              "after them.";
    if (is_direct(t))
        (void)put_bad(p, "There is a conversation of %s and %s %s", t->two.smaller.name,
                      t->two.larger.name, how);
    else
        (void)put_bad(p, "There is a room %.80s %s", put_text(p, ITEM_NAME).data, how);
    return ERR_CONFLICT;
}

enum err put_room(struct db *db, struct put *p)
{
    char setting[PUT_NAME_BYTES], name[DIRECT_NAME_SIZE];
    int64_t known = 0;
    struct target t = {.name = put_characters(put_text(p, ITEM_NAME), ROOM_NAME_MAX),
                       .topic = put_characters(put_text(p, ITEM_WORDS), TOPIC_MAX)};
    struct text own = put_setting(p, "room", put_text(p, ITEM_OF_ROOM), setting);
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_ROOM);
    query_text(q, 1, own);
    enum err e = query_number(q, &known);
    if (e != ERR_OK || known)
        return e;
    e = put_find_two(db, p, &t.two);
    if (e == ERR_OK)
        e = find_room(db, p, &t, name);
    if (e == ERR_OK && t.used && !p->merge)
        return refuse(p, &t);
    if (e == ERR_OK)
        e = maker_of(db, p, &t.maker_id);
    if (e == ERR_OK)
        e = t.id ? take_room(db, p, &t) : insert_room(db, p, &t);
    return e == ERR_OK ? put_remember(db, own, t.id) : e;
}

/* ---- who is in them */

enum err put_add_member(struct db *db, const struct membership *m)
{
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_MEMBER);
    query_int(q, 1, m->room_id);
    query_int(q, 2, m->user_id);
    query_text(q, 3, m->owner ? TEXT("owner") : TEXT("member"));
    query_int(q, 4, m->since_ms);
    query_int(q, 5, m->muted);
    query_int(q, 6, m->favourite);
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
    bool direct = false; /* nobody owns it */
    if (e == ERR_OK)
        e = put_may_be_in(db, p, room_id, &who, &direct);
    const struct membership m = {
        .room_id = room_id,
        .user_id = who.id,
        .since_ms = put_time(p),
        .owner = !direct && text_is(role, TEXT("owner")),
        .muted = p->item.muted,
        .favourite = p->item.favourite,
    };
    return e == ERR_OK ? put_add_member(db, &m) : e;
}
