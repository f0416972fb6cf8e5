#include "chat/post.h"

#include "base/metrics.h"
#include "chat/inside.h"
#include "store/db.h"

/* The first result of the same author and key, whatever the rest says. out: repeated */
static enum err find_key(struct db *db, const struct post *p, struct posted *out)
{
    struct query *q = db_query(db, QUERY_CHAT_SEND_KEY_FIND);
    query_int(q, 1, p->author_id);
    query_text(q, 2, p->key);
    if (query_row(q)) {
        out->repeated = true;
        out->message_id = col_int(q, 0);
        out->event.room_id = p->room_id;
        out->event.offset = (uint64_t)col_int(q, 1);
        out->time_ms = col_int(q, 2);
    }
    return query_end(q);
}

static enum err check_reply_to(struct db *db, const struct post *p, struct posted *out)
{
    if (p->reply_to == 0)
        return ERR_OK;
    out->field = "reply_to";
    out->fault = "reply_to must be a message of the same room.";
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_IN_ROOM);
    query_int(q, 1, p->reply_to);
    query_int(q, 2, p->room_id);
    bool found = query_row(q);
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_BAD_REQUEST;
}

static enum err insert_message(struct db *db, const struct post *p, struct text files,
                               struct posted *out)
{
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_INSERT);
    query_int(q, 1, p->room_id);
    query_int(q, 2, (int64_t)out->event.offset);
    query_int(q, 3, p->author_id);
    query_text(q, 4, p->text);
    query_int(q, 5, out->time_ms);
    query_text(q, 6, p->key);
    query_int(q, 7, p->reply_to);
    query_text(q, 8, p->run_id);
    query_int(q, 9, p->edited_ms);
    query_text(q, 10, files);
    enum err e = query_run(q);
    if (e != ERR_OK)
        return e;
    out->message_id = db_last_id(db);
    return ERR_OK;
}

static enum err insert_key(struct db *db, const struct post *p, const struct posted *posted)
{
    struct query *q = db_query(db, QUERY_CHAT_SEND_KEY_INSERT);
    query_int(q, 1, p->author_id);
    query_text(q, 2, p->key);
    query_int(q, 3, posted->message_id);
    query_int(q, 4, (int64_t)posted->event.offset);
    query_int(q, 5, posted->time_ms);
    return query_run(q);
}

/* What a message needs to know of its room and its author, asked at once: each statement less is a tenth of a message. */
struct place {
    int64_t top;
    struct person author; /* what a byline has */
    bool may_say;         /* a member who was not erased */
    bool direct;          /* a conversation of two */
    bool to_agent;        /* with Nook */
};

static enum err find_place(struct db *db, const struct post *p, struct place *out)
{
    struct query *q = db_query(db, QUERY_CHAT_POST_PLACE);
    query_int(q, 1, p->room_id);
    query_int(q, 2, p->author_id);
    bool found = query_row(q);
    if (found) {
        struct byline by = byline_columns(q, 1);
        out->top = col_int(q, 0);
        out->author.id = by.id;
        text_copy(out->author.name, sizeof out->author.name, by.name);
        text_copy(out->author.display, sizeof out->author.display, by.display);
        text_copy(out->author.role, sizeof out->author.role, by.role);
        out->may_say = col_int(q, 5) != 0;
        out->direct = col_int(q, 6) != 0;
        out->to_agent = col_int(q, 6) == NOOK_ID;
    }
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_DENIED;
}

/* As its row would be read. */
static enum err write_event(const struct post *p, const struct place *place, struct text files,
                            struct posted *posted)
{
    struct message m = {
        .id = posted->message_id,
        .room_id = p->room_id,
        .offset = (int64_t)posted->event.offset,
        .author = person_byline(&place->author),
        .text = p->text,
        .key = p->key,
        .run_id = p->run_id,
        .time_ms = posted->time_ms,
        .reply_to = p->reply_to,
        .edited_ms = p->edited_ms,
        .files = files,
    };
    message_event_write("message_created", &m, &posted->event.data);
    return posted->event.data.err;
}

static enum err insert_at(struct db *db, const struct post *p, const struct place *place,
                          int64_t time_ms, struct text files, struct posted *out)
{
    *out =
        (struct posted){.time_ms = time_ms, .direct = place->direct, .to_agent = place->to_agent};
    enum err e = room_message_begin(db, p->room_id, place->top, time_ms, &out->event);
    if (e != ERR_OK)
        return e;
    e = insert_message(db, p, files, out);
    if (e == ERR_OK)
        e = files_send(db, p->files, p->room_id, out->message_id);
    if (e == ERR_OK)
        e = write_event(p, place, files, out);
    if (e == ERR_OK)
        e = room_event_put(db, &out->event);
    return e == ERR_OK ? mentions_insert(db, p, out->event.offset) : e;
}

/* What the message tells of its files; nothing is asked about none. */
static enum err look_at_files(struct db *db, const struct post *p, struct posted *out,
                              struct buf *files)
{
    out->field = "files";
    return p->files.count > 0 ? files_look(db, p->author_id, p->files, files, &out->fault) : ERR_OK;
}

enum err post_place(struct db *db, const struct post *p, int64_t time_ms, struct posted *out)
{
    struct place place;
    struct buf files;
    *out = (struct posted){0};
    buf_init(&files, FILES_JSON_MAX_BYTES);
    enum err e = find_place(db, p, &place);
    if (e == ERR_OK)
        e = look_at_files(db, p, out, &files);
    if (e == ERR_OK)
        e = insert_at(db, p, &place, time_ms, buf_text(&files), out);
    buf_fini(&files);
    return e;
}

static enum err insert_new(struct chat *c, struct db *db, const struct post *p, struct posted *out)
{
    struct place place;
    struct buf files;
    buf_init(&files, FILES_JSON_MAX_BYTES);
    enum err e = find_place(db, p, &place);
    if (e == ERR_OK && !place.may_say)
        e = ERR_DENIED;
    if (e == ERR_OK)
        e = check_reply_to(db, p, out);
    if (e == ERR_OK)
        e = look_at_files(db, p, out, &files);
    if (e == ERR_OK) {
        e = insert_at(db, p, &place, env_wall_ms(c->env), buf_text(&files), out);
        if (e == ERR_OK)
            e = insert_key(db, p, out);
        if (e != ERR_OK)
            room_event_fini(&out->event);
    }
    buf_fini(&files);
    return e;
}

enum err post_insert(struct chat *c, struct db *db, const struct post *p, struct posted *out)
{
    *out = (struct posted){0};
    enum err e = find_key(db, p, out);
    if (e != ERR_OK || out->repeated)
        return e;
    return insert_new(c, db, p, out);
}

void post_committed(struct chat *c, const struct post *p, struct posted *posted, enum err e)
{
    if (e == ERR_OK && !posted->repeated) {
        room_event_publish(atomic_load(&c->hub), &posted->event);
        metric_add(METRIC_messages, 1);
        typing_ended(c, p->room_id, p->author_id);
        unread_changed(c, p->room_id);
        atomic_store(&c->index_due, true);
        struct chat_message_event event = {
            .id = posted->message_id,
            .room_id = p->room_id,
            .author_id = p->author_id,
            .offset = posted->event.offset,
            .time_ms = posted->time_ms,
            .text = p->text,
            .run_id = p->run_id,
            .direct = posted->direct,
            .to_agent = posted->to_agent,
        };
        for (size_t i = 0; i < c->observers_count; i++)
            c->observers[i].fn(c->observers[i].ctx, &event);
    }
    room_event_fini(&posted->event);
}
