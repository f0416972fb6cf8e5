#include "accounts/people.h"

#include "store/db.h"

void person_read(struct query *q, struct person *out)
{
    *out = (struct person){
        .id = col_int(q, 0),
        .active = col_int(q, 4) != 0,
        .created_ms = col_int(q, 5),
        .seen_ms = col_int(q, 6),
    };
    text_copy(out->name, sizeof out->name, col_text(q, 1));
    text_copy(out->display, sizeof out->display, col_text(q, 2));
    text_copy(out->role, sizeof out->role, col_text(q, 3));
}

static enum err one_person(struct query *q, struct person *out)
{
    bool found = query_row(q);
    if (found)
        person_read(q, out);
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_NOT_FOUND;
}

enum err person_by_id(struct db *db, int64_t id, struct person *out)
{
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_BY_ID);
    query_int(q, 1, id);
    return one_person(q, out);
}

enum err person_by_name(struct db *db, struct text name, struct person *out)
{
    char small[NAME_SIZE];
    if (name.len == 0 || name.len >= sizeof small)
        return ERR_NOT_FOUND;
    text_copy(small, sizeof small, name);
    for (size_t i = 0; i < name.len; i++)
        if (small[i] >= 'A' && small[i] <= 'Z')
            small[i] = (char)(small[i] + ('a' - 'A'));
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_BY_NAME);
    query_text(q, 1, text_of(small));
    return one_person(q, out);
}

enum err person_acting(struct db *db, int64_t id, struct person *out)
{
    enum err e = person_by_id(db, id, out);
    return e == ERR_NOT_FOUND || (e == ERR_OK && !out->active) ? ERR_UNAUTHORIZED : e;
}

enum err admin_acting(struct db *db, const struct actor *actor)
{
    struct person by;
    if (actor->right == RIGHT_LOCAL)
        return ERR_OK;
    enum err e = person_acting(db, actor->user_id, &by);
    return e == ERR_OK && strcmp(by.role, "admin") != 0 ? ERR_DENIED : e;
}

bool person_is_erased(const struct person *p)
{
    return p->name[0] == '-';
}

enum err person_find(struct db *db, struct text id_or_name, struct person *out)
{
    int64_t id = text_id(id_or_name);
    enum err e = id ? person_by_id(db, id, out) : ERR_NOT_FOUND;
    return e == ERR_NOT_FOUND ? person_by_name(db, id_or_name, out) : e;
}

static void byline_members(struct json_writer *w, const struct byline *by)
{
    json_add_id(w, "id", by->id);
    json_add_text(w, "name", by->name);
    json_add_text(w, "display", by->display);
    json_add_text(w, "role", by->role);
}

void byline_write(struct json_writer *w, const char *key, const struct byline *by)
{
    json_open(w, key, '{');
    byline_members(w, by);
    json_close(w, '}');
}

struct byline person_byline(const struct person *p)
{
    return (struct byline){p->id, text_of(p->name), text_of(p->display), text_of(p->role)};
}

void person_write(struct json_writer *w, const char *key, const struct person *p)
{
    struct byline by = person_byline(p);
    byline_write(w, key, &by);
}

struct byline byline_columns(struct query *q, int at)
{
    return (struct byline){col_int(q, at), col_text(q, at + 1), col_text(q, at + 2),
                           col_text(q, at + 3)};
}

void person_write_columns(struct json_writer *w, const char *key, struct query *q, int at)
{
    struct byline by = byline_columns(q, at);
    byline_write(w, key, &by);
}

void user_write_members(struct json_writer *w, const struct person *p)
{
    struct byline by = person_byline(p);
    byline_members(w, &by);
    json_add_bool(w, "active", p->active);
    json_add_int(w, "created", p->created_ms);
}

void user_write(struct json_writer *w, const char *key, const struct person *p)
{
    json_open(w, key, '{');
    user_write_members(w, p);
    json_close(w, '}');
}

enum err person_seen(struct db *db, int64_t id, int64_t now_ms)
{
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_SEEN);
    query_int(q, 1, id);
    query_int(q, 2, now_ms);
    return query_run(q);
}
