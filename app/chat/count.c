/* count: what is unread in a room, for all who are known, in one walk over its newest messages: from the top down to the
 * lowest mark, however many people there are. */
#include "chat/inside.h"
#include "store/db.h"

#include <stdlib.h>

static enum err add(struct told_list *l, int64_t user_id, int64_t read)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 16;
        struct told *grown = realloc(l->told, room * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        l->told = grown;
        l->room = room;
    }
    l->told[l->count++] = (struct told){.user_id = user_id, .counts.read = read};
    return ERR_OK;
}

static enum err add_known(struct chat *c, struct db *db, int64_t room_id, struct told_list *l)
{
    struct query *q = db_query(db, QUERY_CHAT_MEMBER_MARKS);
    query_int(q, 1, room_id);
    enum err added = ERR_OK;
    while (added == ERR_OK && query_row(q))
        if (user_is_known(c, col_int(q, 0)))
            added = add(l, col_int(q, 0), col_int(q, 1));
    enum err e = query_end(q);
    return e != ERR_OK ? e : added;
}

static int by_user(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    return x->user_id < y->user_id ? -1 : x->user_id > y->user_id;
}

static int by_read(const void *a, const void *b)
{
    const struct told *const *x = a, *const *y = b;
    int64_t p = (*x)->counts.read, q = (*y)->counts.read;
    return p > q ? -1 : p < q;
}

/* order: the highest mark first. Who is reached by the walk has what lies above the mark, less their own. */
static enum err walk(struct db *db, int64_t room_id, struct told_list *l, struct told **order)
{
    int64_t total = 0;
    size_t reached = 0;
    struct query *q = db_query(db, QUERY_CHAT_UNREAD_WALK);
    query_int(q, 1, room_id);
    query_int(q, 2, order[l->count - 1]->counts.read);
    while (query_row(q)) {
        for (; reached < l->count && order[reached]->counts.read >= col_int(q, 0); reached++)
            order[reached]->counts.unread = total - order[reached]->own;
        struct told author = {.user_id = col_int(q, 1)};
        struct told *own = bsearch(&author, l->told, l->count, sizeof author, by_user);
        if (own)
            own->own++;
        total++;
    }
    for (; reached < l->count; reached++)
        order[reached]->counts.unread = total - order[reached]->own;
    return query_end(q);
}

static enum err count_unread(struct db *db, int64_t room_id, struct told_list *l)
{
    struct told **order = malloc(l->count * sizeof(struct told *));
    if (!order)
        return ERR_NOMEM;
    qsort(l->told, l->count, sizeof l->told[0], by_user);
    for (size_t i = 0; i < l->count; i++)
        order[i] = &l->told[i];
    qsort(order, l->count, sizeof(struct told *), by_read);
    enum err e = walk(db, room_id, l, order);
    free(order);
    return e;
}

/* Few rows each: only those above the mark are looked at. */
static enum err count_mentions(struct db *db, int64_t room_id, struct told_list *l)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < l->count && e == ERR_OK; i++) {
        struct told *t = &l->told[i];
        struct query *q = db_query(db, QUERY_CHAT_MENTION_COUNT);
        query_int(q, 1, t->user_id);
        query_int(q, 2, room_id);
        query_int(q, 3, t->counts.read);
        if (query_row(q))
            t->counts.mentions = col_int(q, 0);
        e = query_end(q);
    }
    return e;
}

static enum err read_newest(struct db *db, int64_t room_id, struct told_list *l)
{
    struct query *q = db_query(db, QUERY_CHAT_ROOM_NEWEST);
    query_int(q, 1, room_id);
    if (query_row(q))
        for (size_t i = 0; i < l->count; i++) {
            l->told[i].counts.last_ms = col_int(q, 0);
            l->told[i].counts.top = col_int(q, 1);
        }
    return query_end(q);
}

enum err count_room(struct chat *c, struct db *db, int64_t room_id, struct told_list *out)
{
    enum err e = add_known(c, db, room_id, out);
    if (e != ERR_OK || out->count == 0)
        return e;
    e = count_unread(db, room_id, out);
    if (e == ERR_OK)
        e = count_mentions(db, room_id, out);
    return e == ERR_OK ? read_newest(db, room_id, out) : e;
}
