#include "upkeep/export.h"

#include "store/db.h"
#include "store/store.h"
#include "upkeep/export_bytes.h"
#include "wire/emoji.h"
#include "wire/json.h"

#include <errno.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)1 << 20) /* a text of 48,000 bytes as JSON, some thousand names */
#define TELL_EVERY 1000                  /* messages */

struct export
{
    const struct export_order *order;
    struct exported *count;
    char *error;
    struct db *db;
    struct buf line;
    struct json_writer w;
    int64_t room_id; /* 0: all */
    int64_t done, total;
    struct export_bytes bytes;
};

/* ---- lines */

static void begin(struct export *x, const char *type)
{
    buf_clear(&x->line);
    json_begin(&x->w, &x->line);
    json_open(&x->w, NULL, '{');
    json_add_text(&x->w, "type", text_of(type));
}

static enum err end(struct export *x)
{
    json_close(&x->w, '}');
    buf_add_char(&x->line, '\n');
    if (x->line.err != ERR_OK)
        return x->line.err;
    if (fwrite(x->line.data, 1, x->line.len, x->order->out) == x->line.len)
        return ERR_OK;
    char words[128];
    (void)snprintf(x->error, 256, "The export cannot be written: %s.",
                   strerror_r(errno, words, sizeof words));
    return ERR_IO;
}

/* "12.1700000000000" from two columns: what a line is called in every export. */
static void add_name(struct export *x, const char *key, struct query *q, int at)
{
    char name[48];
    int len = snprintf(name, sizeof name, "%lld.%lld", (long long)col_int(q, at),
                       (long long)col_int(q, at + 1));
    json_add_text(&x->w, key, (struct text){name, (size_t)len});
}

struct room {
    int64_t id, created_ms, top;
};

static void add_room(struct export *x, const struct room *r)
{
    char name[48];
    int len = snprintf(name, sizeof name, "%lld.%lld", (long long)r->id, (long long)r->created_ms);
    json_add_text(&x->w, "room", (struct text){name, (size_t)len});
}

/* Runs a query of one parameter; `row` writes one line. */
static enum err each(struct export *x, enum query_id which, int64_t parameter,
                     const struct room *room,
                     enum err (*row)(struct export *x, struct query *q, const struct room *room))
{
    struct query *q = db_query(x->db, which);
    query_int(q, 1, parameter);
    enum err e = ERR_OK;
    while (e == ERR_OK && query_row(q))
        e = row(x, q, room);
    enum err ended = query_end(q);
    return e != ERR_OK ? e : ended;
}

static enum err write_user(struct export *x, struct query *q, const struct room *room)
{
    (void)room;
    begin(x, "user");
    json_add_text(&x->w, "name", col_text(q, 0));
    json_add_text(&x->w, "display", col_text(q, 1));
    json_add_text(&x->w, "role", col_text(q, 2));
    json_add_bool(&x->w, "active", col_int(q, 3) != 0);
    json_add_int(&x->w, "created", col_int(q, 4));
    json_add_int(&x->w, "seen", col_int(q, 5));
    if (col_int(q, 6))
        json_add_bool(&x->w, "erased", true);
    x->count->users++;
    return end(x);
}

static enum err write_member(struct export *x, struct query *q, const struct room *room)
{
    begin(x, "member");
    add_room(x, room);
    json_add_text(&x->w, "user", col_text(q, 0));
    json_add_text(&x->w, "role", col_text(q, 1));
    json_add_int(&x->w, "since", col_int(q, 2));
    if (col_int(q, 3) != 0)
        json_add_bool(&x->w, "muted", true);
    if (col_int(q, 4) != 0)
        json_add_bool(&x->w, "favourite", true);
    return end(x);
}

/* [{"emoji", "users"}]; nothing, if nobody's are left. */
static enum err add_reactions(struct export *x, int64_t message_id)
{
    char emoji[EMOJI_MAX_BYTES + 1] = "";
    struct query *q = db_query(x->db, QUERY_UPKEEP_EXPORT_REACTIONS);
    query_int(q, 1, message_id);
    for (bool first = true; query_row(q); first = false) {
        if (first)
            json_open(&x->w, "reactions", '[');
        if (!text_is(col_text(q, 0), text_of(emoji))) {
            if (!first) {
                json_close(&x->w, ']');
                json_close(&x->w, '}');
            }
            text_copy(emoji, sizeof emoji, col_text(q, 0));
            json_open(&x->w, NULL, '{');
            json_add_text(&x->w, "emoji", text_of(emoji));
            json_open(&x->w, "users", '[');
        }
        json_add_text(&x->w, NULL, col_text(q, 1));
    }
    if (emoji[0]) {
        json_close(&x->w, ']');
        json_close(&x->w, '}');
        json_close(&x->w, ']');
    }
    return query_end(q);
}

static enum err add_files(struct export *x, int64_t message_id)
{
    struct query *q = db_query(x->db, QUERY_UPKEEP_EXPORT_FILES);
    query_int(q, 1, message_id);
    bool any = false;
    enum err e = ERR_OK;
    for (; e == ERR_OK && query_row(q); any = true) {
        if (!any)
            json_open(&x->w, "files", '[');
        json_open(&x->w, NULL, '{');
        json_add_text(&x->w, "name", col_text(q, 0));
        json_add_text(&x->w, "type", col_text(q, 1));
        json_add_int(&x->w, "size", col_int(q, 2));
        json_add_text(&x->w, "sha256", col_text(q, 3));
        if (col_int(q, 4) > 0 && col_int(q, 5) > 0) {
            json_add_int(&x->w, "width", col_int(q, 4));
            json_add_int(&x->w, "height", col_int(q, 5));
        }
        json_close(&x->w, '}');
        x->count->files++;
        x->count->file_bytes += col_int(q, 2);
        const struct export_file f = {.name = col_text(q, 0),
                                      .blob = col_text(q, 6),
                                      .sha256 = col_text(q, 3),
                                      .size = col_int(q, 2)};
        if (x->order->to)
            e = export_bytes_of(&x->bytes, &f);
    }
    if (any)
        json_close(&x->w, ']');
    enum err ended = query_end(q);
    return e != ERR_OK ? e : ended;
}

static enum err write_message(struct export *x, struct query *q, const struct room *room)
{
    begin(x, "message");
    add_name(x, "id", q, 1);
    add_room(x, room);
    json_add_text(&x->w, "author", col_text(q, 3));
    json_add_text(&x->w, "text", col_text(q, 4));
    json_add_int(&x->w, "time", col_int(q, 2));
    json_add_text(&x->w, "key", col_text(q, 5));
    if (!col_null(q, 7))
        add_name(x, "reply_to", q, 7);
    if (col_text(q, 6).len > 0)
        json_add_text(&x->w, "run_id", col_text(q, 6));
    if (col_int(q, 9) > 0)
        json_add_int(&x->w, "edited", col_int(q, 9));
    enum err e = col_int(q, 10) ? add_reactions(x, col_int(q, 1)) : ERR_OK;
    if (e == ERR_OK && col_int(q, 11))
        e = add_files(x, col_int(q, 1));
    if (e != ERR_OK)
        return e;
    if (++x->count->messages % TELL_EVERY == 0 && x->order->told)
        x->order->told(x->order->ctx, x->done + x->bytes.steps + col_int(q, 0), x->total);
    return end(x);
}

static enum err write_run(struct export *x, struct query *q, const struct room *room)
{
    begin(x, "run");
    json_add_text(&x->w, "id", col_text(q, 1));
    add_room(x, room);
    json_add_text(&x->w, "agent", col_text(q, 2));
    json_add_text(&x->w, "started_by", col_text(q, 3));
    json_add_text(&x->w, "text", col_text(q, 4));
    json_add_text(&x->w, "state", col_text(q, 5));
    json_add_int(&x->w, "created", col_int(q, 6));
    json_add_int(&x->w, "started", col_int(q, 7));
    json_add_int(&x->w, "ended", col_int(q, 8));
    if (!col_null(q, 9))
        add_name(x, "reply_to", q, 9);
    if (!col_null(q, 11))
        add_name(x, "message", q, 11);
    x->count->runs++;
    return end(x);
}

static enum err write_step(struct export *x, struct query *q, const struct room *room)
{
    begin(x, "step");
    json_add_text(&x->w, "run", col_text(q, 1));
    add_room(x, room);
    json_add_text(&x->w, "event", col_text(q, 2));
    json_add_int(&x->w, "time", col_int(q, 3));
    if (!col_null(q, 5))
        json_add_text(&x->w, "by", col_text(q, 5));
    if (!col_null(q, 6))
        add_name(x, "message", q, 6);
    json_add_raw(&x->w, "data", col_text(q, 4));
    x->count->steps++;
    return end(x);
}

static enum err write_read(struct export *x, struct query *q, const struct room *room)
{
    begin(x, "read");
    add_room(x, room);
    json_add_text(&x->w, "user", col_text(q, 0));
    add_name(x, "message", q, 1);
    return end(x);
}

/* ---- the parts */

static enum err write_head(struct export *x)
{
    begin(x, "snug");
    json_add_int(&x->w, "version", EXPORT_VERSION);
    struct query *q = db_query(x->db, QUERY_UPKEEP_EXPORT_PLACE);
    json_add_text(&x->w, "place", query_row(q) ? col_text(q, 0) : TEXT_NONE);
    enum err e = query_end(q);
    json_add_int(&x->w, "time", x->order->now_ms);
    return e != ERR_OK ? e : end(x);
}

static enum err write_room(struct export *x, struct room *r, struct query *q)
{
    begin(x, "room");
    add_room(x, r);
    if (col_null(q, 7)) {
        json_add_text(&x->w, "name", col_text(q, 2));
    } else {
        json_open(&x->w, "direct", '[');
        json_add_text(&x->w, NULL, col_text(q, 7));
        json_add_text(&x->w, NULL, col_text(q, 8));
        json_close(&x->w, ']');
    }
    json_add_text(&x->w, "topic", col_text(q, 3));
    json_add_bool(&x->w, "private", col_int(q, 4) != 0);
    json_add_int(&x->w, "created", col_int(q, 1));
    json_add_text(&x->w, "created_by", col_text(q, 5));
    return end(x);
}

/* The room after the one in *r; heads: its line is written. False: there is none, or an error. */
static bool next_room(struct export *x, struct room *r, bool heads, enum err *out_err)
{
    struct query *q = db_query(x->db, QUERY_UPKEEP_EXPORT_ROOMS);
    query_int(q, 1, x->room_id);
    query_int(q, 2, r->id);
    bool found = query_row(q);
    enum err e = ERR_OK;
    if (found) {
        *r = (struct room){col_int(q, 0), col_int(q, 1), col_int(q, 6)};
        if (heads)
            e = write_room(x, r, q);
    }
    enum err ended = query_end(q);
    *out_err = e != ERR_OK ? e : ended;
    return found && *out_err == ERR_OK;
}

static enum err write_rooms(struct export *x)
{
    enum err e;
    for (struct room r = {0}; next_room(x, &r, true, &e); x->count->rooms++) {
        e = each(x, QUERY_UPKEEP_EXPORT_MEMBERS, r.id, &r, write_member);
        if (e != ERR_OK)
            return e;
    }
    return e;
}

/* What stands in a room's stream, each kind in its order: their first columns say where. Of two at one place the one that
 * stands first here comes first. */
static const struct {
    enum query_id query;
    enum err (*write)(struct export *x, struct query *q, const struct room *room);
} kinds[] = {
    {QUERY_UPKEEP_EXPORT_RUNS, write_run},
    {QUERY_UPKEEP_EXPORT_MESSAGES, write_message},
    {QUERY_UPKEEP_EXPORT_STEPS, write_step},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static enum err write_stream(struct export *x, const struct room *room)
{
    struct query *q[KINDS];
    bool more[KINDS];
    enum err e = ERR_OK;
    for (size_t i = 0; i < KINDS; i++) {
        q[i] = db_query(x->db, kinds[i].query);
        query_int(q[i], 1, room->id);
        more[i] = query_row(q[i]);
    }
    for (;;) {
        size_t next = KINDS;
        for (size_t i = 0; i < KINDS; i++)
            if (more[i] && (next == KINDS || col_int(q[i], 0) < col_int(q[next], 0)))
                next = i;
        if (next == KINDS || e != ERR_OK)
            break;
        e = kinds[next].write(x, q[next], room);
        more[next] = query_row(q[next]);
    }
    for (size_t i = 0; i < KINDS; i++) {
        enum err ended = query_end(q[i]);
        e = e != ERR_OK ? e : ended;
    }
    return e;
}

static enum err write_contents(struct export *x)
{
    enum err e;
    for (struct room r = {0}; next_room(x, &r, false, &e); x->done += r.top) {
        e = write_stream(x, &r);
        if (e == ERR_OK)
            e = each(x, QUERY_UPKEEP_EXPORT_READS, r.id, &r, write_read);
        if (e != ERR_OK)
            return e;
    }
    return e;
}

static enum err write_end(struct export *x)
{
    begin(x, "end");
    json_add_int(&x->w, "users", x->count->users);
    json_add_int(&x->w, "rooms", x->count->rooms);
    json_add_int(&x->w, "messages", x->count->messages);
    json_add_int(&x->w, "runs", x->count->runs);
    json_add_int(&x->w, "steps", x->count->steps);
    json_add_int(&x->w, "files", x->count->files);
    enum err e =
        shelf_sync(&x->bytes.to, x->error); /* what the lines name is there before they end */
    if (e == ERR_OK)
        e = end(x);
    if (e == ERR_OK && fflush(x->order->out) != 0) {
        (void)snprintf(x->error, 256, "The export cannot be written to its end.");
        e = ERR_IO;
    }
    return e;
}

/* The room that was asked for. */
static enum err find_room(struct export *x)
{
    const char *asked = x->order->room;
    if (!asked)
        return ERR_OK;
    struct query *q = db_query(x->db, QUERY_UPKEEP_EXPORT_ROOM_FIND);
    query_int(q, 1, text_id(text_of(asked)));
    query_text(q, 2, text_of(asked));
    bool found = query_row(q);
    if (found)
        x->room_id = col_int(q, 0);
    bool several = found && query_row(q);
    enum err e = query_end(q);
    if (e != ERR_OK || (found && !several))
        return e;
    (void)snprintf(x->error, 256,
                   several ? "There are several rooms named %.80s: use the number in the room's "
                             "address."
                           : "There is no room %.80s.",
                   asked);
    return several ? ERR_CONFLICT : ERR_NOT_FOUND;
}

static enum err measure(struct export *x)
{
    struct query *q = db_query(x->db, QUERY_UPKEEP_EXPORT_SIZE);
    query_int(q, 1, x->room_id);
    if (query_row(q))
        x->total = col_int(q, 0);
    enum err e = query_end(q);
    int64_t bytes = 0;
    if (e != ERR_OK || !x->order->to)
        return e;
    q = db_query(x->db, QUERY_UPKEEP_EXPORT_FILES_SIZE);
    query_int(q, 1, x->room_id);
    e = query_number(q, &bytes);
    x->total += bytes / EXPORT_EVENT_BYTES;
    return e;
}

static enum err export_all(struct db *db, void *data)
{
    struct export *x = data;
    x->db = db;
    enum err e = write_head(x);
    if (e == ERR_OK)
        e = each(x, QUERY_UPKEEP_EXPORT_USERS, x->room_id, NULL, write_user);
    if (e == ERR_OK)
        e = write_rooms(x);
    if (e == ERR_OK)
        e = write_contents(x);
    return e == ERR_OK ? write_end(x) : e;
}

static enum err prepare(struct db *db, void *data)
{
    struct export *x = data;
    x->db = db;
    enum err e = find_room(x);
    return e == ERR_OK ? measure(x) : e;
}

enum err upkeep_export(const char *path, const struct export_order *order, struct exported *out,
                       char error[256])
{
    struct export x = {.order = order, .count = out, .error = error};
    *out = (struct exported){0};
    error[0] = 0;
    buf_init(&x.line, LINE_MAX_BYTES);
    x.bytes = (struct export_bytes){.order = order,
                                    .count = out,
                                    .error = error,
                                    .from.path = order->files,
                                    .to.path = order->to};
    enum err e = store_look_at(path, prepare, &x, error);
    x.bytes.room_id = x.room_id;
    x.bytes.total = x.total;
    if (e == ERR_OK && order->to)
        e = export_bytes_before(&x.bytes, path);
    if (e == ERR_OK)
        e = store_look_at(path, export_all, &x, error);
    buf_fini(&x.line);
    return e;
}
