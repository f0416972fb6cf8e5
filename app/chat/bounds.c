#include "chat/bounds.h"

#include "chat/inside.h"
#include "store/db.h"

static int64_t closer(int64_t a, int64_t b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

struct bounds bounds_closer(struct bounds a, struct bounds b)
{
    return (struct bounds){
        .ms = closer(a.ms, b.ms),
        .messages = closer(a.messages, b.messages),
        .bytes = closer(a.bytes, b.bytes),
    };
}

struct bounds bounds_most(const struct chat *c)
{
    return (struct bounds){
        .ms = c->options.keep_ms,
        .messages = c->options.keep_messages,
        .bytes = c->options.keep_bytes,
    };
}

/* ---- what an admin has set: three rows of the table setting */

#define SETTINGS 3
static const char *const settings[SETTINGS] = {"keep_ms", "keep_messages", "keep_bytes"};

enum err bounds_set(struct db *db, struct bounds *out)
{
    int64_t numbers[SETTINGS];
    enum err e = ERR_OK;
    for (size_t i = 0; i < SETTINGS && e == ERR_OK; i++) {
        struct query *q = db_query(db, QUERY_CHAT_KEEP_GET);
        query_text(q, 1, text_of(settings[i]));
        e = query_number(q, &numbers[i]);
    }
    if (e == ERR_OK)
        *out = (struct bounds){numbers[0], numbers[1], numbers[2]};
    return e;
}

enum err bounds_put(struct db *db, struct bounds set)
{
    const int64_t numbers[SETTINGS] = {set.ms, set.messages, set.bytes};
    enum err e = ERR_OK;
    for (size_t i = 0; i < SETTINGS && e == ERR_OK; i++) {
        struct query *q = db_query(db, QUERY_CHAT_KEEP_PUT);
        query_text(q, 1, text_of(settings[i]));
        query_int(q, 2, numbers[i]);
        e = query_run(q);
    }
    return e;
}

static void write_one(struct json_writer *w, const char *key, struct bounds b)
{
    json_open(w, key, '{');
    json_add_int(w, "age_ms", b.ms);
    json_add_int(w, "messages", b.messages);
    json_add_int(w, "size_bytes", b.bytes);
    json_close(w, '}');
}

void bounds_write(struct json_writer *w, const char *key, struct bounds set, struct bounds most)
{
    json_open(w, key, '{');
    write_one(w, "now", bounds_closer(most, set));
    write_one(w, "set", set);
    write_one(w, "most", most);
    json_close(w, '}');
}

/* ---- rooms */

enum err bounds_rooms(struct db *db, int64_t after, struct bounded_rooms *out)
{
    *out = (struct bounded_rooms){0};
    struct query *q = db_query(db, QUERY_CHAT_KEEP_ROOMS);
    query_int(q, 1, after);
    query_int(q, 2, BOUNDS_ROOMS_MAX);
    while (query_row(q))
        out->at[out->count++] = (struct bounded_room){
            .id = col_int(q, 0),
            .own = {.ms = col_int(q, 1), .messages = col_int(q, 2)},
        };
    if (out->count == BOUNDS_ROOMS_MAX)
        out->after = out->at[out->count - 1].id;
    return query_end(q);
}

enum err bounds_over(struct db *db, int64_t room_id, int64_t most, int64_t *out_offset)
{
    struct query *q = db_query(db, QUERY_CHAT_KEEP_OVER);
    query_int(q, 1, room_id);
    query_int(q, 2, most);
    return query_number(q, out_offset);
}

enum err bounds_used(struct db *db, int64_t *out_bytes)
{
    return query_number(db_query(db, QUERY_CHAT_KEEP_SIZE), out_bytes);
}
