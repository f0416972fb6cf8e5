/* Reads of messages for a run. A run's answer stands in its room for all its members, so it tells of that room and of open
 * rooms that its starter is in, never of another private room, although the starter may read it. */
#include "agents/inside.h"
#include "chat/facts.h"
#include "chat/tail.h"
#include "chat/words.h"
#include "files/file.h"
#include "store/db.h"

#include <stdio.h>

#define FOUND_MAX 5
#define ROOMS_MAX 8 /* that are named */
#define NEWEST 3    /* messages of a room that are quoted */

/* ---- search_messages */

struct found {
    struct words *words;
    struct json_writer *w;
    int64_t count;
    bool more;
    struct buf names; /* of the files of one message */
};

/* Who asked for these words is not who said something about them. */
static bool is_question(struct query *q)
{
    struct text question;
    return plan_asked(col_text(q, 5), col_int(q, 6) == NOOK_ID, &question);
}

/* What it says; of one that only brings files their names. */
static void write_said(struct json_writer *w, struct text text, struct text files,
                       struct buf *names)
{
    excerpt_write(w, "text", text.len > 0 ? text : facts_names(files, names));
}

/* From a row of search_index or search_tail. */
static void write_found(struct found *f, struct query *q)
{
    if (f->count == FOUND_MAX) {
        f->more = true;
        return;
    }
    f->count++;
    json_open(f->w, NULL, '{');
    json_add_id(f->w, "id", col_int(q, 0));
    json_add_id(f->w, "room", col_int(q, 1));
    json_add_text(f->w, "room_name", col_text(q, 2));
    json_add_int(f->w, "offset", col_int(q, 3));
    json_add_text(f->w, "author", col_text(q, 4));
    write_said(f->w, col_text(q, 5), col_text(q, 7), &f->names);
    json_close(f->w, '}');
}

static enum err read_tail(struct db *db, const struct run *run, struct found *f, int64_t above)
{
    struct query *q = db_query(db, QUERY_AGENTS_SEARCH_TAIL);
    query_int(q, 1, above);
    query_int(q, 2, run->started_by);
    query_int(q, 3, run->room_id);
    while (!f->more && query_row(q))
        if (!is_question(q) &&
            words_find(f->words, col_text(q, 5), facts_names(col_text(q, 7), &f->names), NULL))
            write_found(f, q);
    enum err e = query_end(q);
    if (e == ERR_OK)
        e = words_err(f->words);
    return e != ERR_OK ? e : f->names.err;
}

static enum err read_index(struct db *db, const struct run *run, struct found *f, int64_t watermark)
{
    struct query *q = db_query(db, QUERY_AGENTS_SEARCH_INDEX);
    query_text(q, 1, words_fts(f->words));
    query_int(q, 2, watermark);
    query_int(q, 3, run->started_by);
    query_int(q, 4, run->room_id);
    while (!f->more && query_row(q))
        if (!is_question(q))
            write_found(f, q);
    return query_end(q);
}

static enum err read_both(struct db *db, const struct run *run, struct found *f)
{
    struct tail t;
    enum err e = tail_get(db, &t);
    if (e == ERR_OK)
        e = read_tail(db, run, f, t.above);
    if (e == ERR_OK && !f->more)
        e = read_index(db, run, f, t.watermark);
    return e;
}

/* At most as long as a query may be. */
static struct text query_text_of(struct text words)
{
    size_t count = 0;
    for (size_t i = 0; i < words.len; i++)
        if (((unsigned char)words.data[i] & 0xc0) != 0x80 && count++ == QUERY_CHARS_MAX)
            return (struct text){words.data, i};
    return words;
}

enum err tool_search(struct db *db, const struct run *run, struct text words, struct json_writer *w)
{
    struct found f = {.words = words_new(query_text_of(words)), .w = w};
    if (!f.words)
        return ERR_NOMEM;
    enum err e = ERR_OK;
    buf_init(&f.names, FILES_JSON_MAX_BYTES);
    json_open(w, "messages", '[');
    if (words_any(f.words))
        e = read_both(db, run, &f);
    json_close(w, ']');
    json_add_int(w, "found", f.count);
    json_add_bool(w, "more", f.more);
    char summary[64];
    (void)snprintf(summary, sizeof summary, "%s%lld message%s", f.more ? "More than " : "",
                   (long long)f.count, f.count == 1 ? "" : "s");
    json_add_text(w, "summary", f.count ? text_of(summary) : TEXT("No message"));
    words_free(f.words);
    buf_fini(&f.names);
    return e;
}

/* ---- unread_messages */

struct unread {
    int64_t messages, rooms;
};

static enum err write_newest(struct db *db, const struct run *run, int64_t room_id, int64_t mark,
                             struct json_writer *w, int64_t *out_offset)
{
    struct query *q = db_query(db, QUERY_AGENTS_UNREAD_MESSAGES);
    query_int(q, 1, room_id);
    query_int(q, 2, mark);
    query_int(q, 3, run->started_by);
    query_int(q, 4, NEWEST);
    struct buf names;
    buf_init(&names, FILES_JSON_MAX_BYTES);
    *out_offset = 0;
    json_open(w, "messages", '[');
    while (query_row(q)) {
        if (*out_offset == 0)
            *out_offset = col_int(q, 1);
        json_open(w, NULL, '{');
        json_add_id(w, "id", col_int(q, 0));
        json_add_int(w, "offset", col_int(q, 1));
        json_add_text(w, "author", col_text(q, 3));
        write_said(w, col_text(q, 2), col_text(q, 4), &names);
        json_close(w, '}');
    }
    json_close(w, ']');
    enum err e = query_end(q);
    if (e == ERR_OK)
        e = names.err;
    buf_fini(&names);
    return e;
}

/* From a row of unread_rooms. */
static enum err write_room(struct db *db, const struct run *run, struct query *q,
                           struct json_writer *w, struct unread *sum)
{
    int64_t unread = col_int(q, 3);
    if (unread == 0)
        return ERR_OK;
    sum->messages += unread;
    if (sum->rooms++ >= ROOMS_MAX)
        return ERR_OK;
    int64_t offset;
    json_open(w, NULL, '{');
    json_add_id(w, "room", col_int(q, 0));
    json_add_text(w, "room_name", col_text(q, 1));
    json_add_int(w, "unread", unread);
    enum err e = write_newest(db, run, col_int(q, 0), col_int(q, 2), w, &offset);
    json_add_int(w, "offset", offset); /* the newest: from there one reads up */
    json_close(w, '}');
    return e;
}

enum err tool_unread(struct db *db, const struct run *run, struct json_writer *w)
{
    struct unread sum = {0, 0};
    struct query *q = db_query(db, QUERY_AGENTS_UNREAD_ROOMS);
    query_int(q, 1, run->started_by);
    query_int(q, 2, run->room_id);
    json_open(w, "rooms", '[');
    enum err e = ERR_OK;
    while (e == ERR_OK && query_row(q))
        e = write_room(db, run, q, w, &sum);
    enum err end = query_end(q);
    json_close(w, ']');
    json_add_int(w, "unread", sum.messages);
    char summary[96];
    (void)snprintf(summary, sizeof summary, "%lld message%s in %lld room%s",
                   (long long)sum.messages, sum.messages == 1 ? "" : "s", (long long)sum.rooms,
                   sum.rooms == 1 ? "" : "s");
    json_add_text(w, "summary", sum.messages ? text_of(summary) : TEXT("Nothing new"));
    return end != ERR_OK ? end : e;
}
