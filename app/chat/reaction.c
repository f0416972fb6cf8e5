/* reaction: reaction.add and reaction.remove. One of its own a person and emoji; events of the room tell of each.
 *
 * Invariant: message.reactions says what the rows of `reaction` say, as it is told; both are written in the same transaction. */
#include "chat/reaction.h"

#include "chat/inside.h"
#include "store/db.h"
#include "store/store.h"
#include "wire/emoji.h"

#define TOLD_MAX_BYTES ((size_t)32 * 1024) /* some thousand people */

/* ---- what a message tells of its reactions */

struct group {
    char emoji[EMOJI_MAX_BYTES + 1];
    struct buf users; /* ["2","7" */
};

struct groups {
    struct group all[REACTIONS_MAX];
    size_t count;
};

static enum err add_user(struct groups *g, struct text emoji, int64_t user_id)
{
    size_t i = 0;
    while (i < g->count && !text_is(emoji, text_of(g->all[i].emoji)))
        i++;
    if (i == REACTIONS_MAX)
        return ERR_LIMIT;
    struct group *at = &g->all[i];
    if (i == g->count) {
        g->count++;
        text_copy(at->emoji, sizeof at->emoji, emoji);
        buf_init(&at->users, TOLD_MAX_BYTES);
    }
    buf_add_text(&at->users, at->users.len ? TEXT(",\"") : TEXT("[\""));
    buf_add_int(&at->users, user_id);
    buf_add_char(&at->users, '"');
    return at->users.err;
}

static enum err read_groups(struct db *db, int64_t message_id, struct groups *out)
{
    struct query *q = db_query(db, QUERY_CHAT_REACTION_LIST);
    query_int(q, 1, message_id);
    enum err e = ERR_OK;
    while (e == ERR_OK && query_row(q))
        e = add_user(out, col_text(q, 0), col_int(q, 1));
    enum err ended = query_end(q);
    return e != ERR_OK ? e : ended;
}

static void write_groups(struct groups *g, struct buf *out)
{
    struct json_writer w;
    if (g->count == 0)
        return;
    json_begin(&w, out);
    json_open(&w, NULL, '[');
    for (size_t i = 0; i < g->count; i++) {
        json_open(&w, NULL, '{');
        json_add_text(&w, "emoji", text_of(g->all[i].emoji));
        buf_add_char(&g->all[i].users, ']');
        json_add_raw(&w, "users", buf_text(&g->all[i].users));
        json_close(&w, '}');
    }
    json_close(&w, ']');
}

enum err reactions_tell(struct db *db, int64_t message_id)
{
    struct buf told;
    struct groups g = {0};
    buf_init(&told, TOLD_MAX_BYTES);
    enum err e = read_groups(db, message_id, &g);
    if (e == ERR_OK) {
        write_groups(&g, &told);
        e = told.err;
    }
    if (e == ERR_OK) {
        struct query *q = db_query(db, QUERY_CHAT_REACTION_TELL);
        query_int(q, 1, message_id);
        query_text(q, 2, buf_text(&told));
        e = query_run(q);
    }
    for (size_t i = 0; i < g.count; i++)
        buf_fini(&g.all[i].users);
    buf_fini(&told);
    return e;
}

enum err reaction_put(struct db *db, int64_t message_id, struct text emoji, int64_t user_id,
                      int64_t time_ms, bool *out_changed)
{
    struct query *q = db_query(db, QUERY_CHAT_REACTION_INSERT);
    query_int(q, 1, message_id);
    query_text(q, 2, emoji);
    query_int(q, 3, user_id);
    query_int(q, 4, time_ms);
    enum err e = query_run(q);
    *out_changed = e == ERR_OK && db_changes(db) > 0;
    return e;
}

/* ---- the methods */

struct react {
    struct answer answer;
    struct chat *c;
    int64_t room_id, message_id, offset;
    struct text emoji; /* kept */
    bool adds, changed;
    struct room_event event;
};

static void react_drop(void *data)
{
    struct react *job = data;
    if (job->changed)
        room_event_fini(&job->event);
}

static enum err find(struct db *db, struct react *job)
{
    struct query *q = db_query(db, QUERY_CHAT_MESSAGE_BY_ID);
    query_int(q, 1, job->message_id);
    query_int(q, 2, job->room_id);
    bool found = query_row(q), gone = false;
    if (found) {
        struct message m = message_columns(q);
        job->offset = m.offset;
        gone = m.deleted_by.len > 0;
    }
    enum err e = query_end(q);
    if (e != ERR_OK)
        return e;
    if (!found)
        return answer_fault(&job->answer, ERR_NOT_FOUND, "id",
                            "id must be a message of that room.");
    if (gone)
        return answer_fault(&job->answer, ERR_CONFLICT, "id", "id is a message that was deleted.");
    return ERR_OK;
}

static enum err change_row(struct db *db, const struct react *job, int64_t now_ms,
                           bool *out_changed)
{
    int64_t user_id = job->answer.actor.user_id;
    if (job->adds)
        return reaction_put(db, job->message_id, job->emoji, user_id, now_ms, out_changed);
    struct query *q = db_query(db, QUERY_CHAT_REACTION_DELETE);
    query_int(q, 1, job->message_id);
    query_text(q, 2, job->emoji);
    query_int(q, 3, user_id);
    enum err e = query_run(q);
    *out_changed = e == ERR_OK && db_changes(db) > 0;
    return e;
}

static enum err write_event(struct db *db, struct react *job, const struct person *by)
{
    struct json_writer w;
    json_begin(&w, &job->event.data);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", job->adds ? TEXT("reaction_added") : TEXT("reaction_removed"));
    json_open(&w, "message", '{');
    json_add_id(&w, "id", job->message_id);
    json_add_id(&w, "room", job->room_id);
    json_add_int(&w, "offset", job->offset);
    json_close(&w, '}');
    json_add_text(&w, "emoji", job->emoji);
    person_write(&w, "user", by);
    json_close(&w, '}');
    return room_event_put(db, &job->event);
}

static enum err tell(struct db *db, struct react *job, int64_t now_ms)
{
    struct person by;
    enum err e = reactions_tell(db, job->message_id);
    if (e == ERR_LIMIT)
        return answer_fault(
            &job->answer, e, "emoji",
            "A message has at most 20 different emojis, and some thousand reactions.");
    if (e == ERR_OK)
        e = person_acting(db, job->answer.actor.user_id, &by);
    if (e == ERR_OK)
        e = room_event_begin(db, job->room_id, now_ms, &job->event);
    if (e != ERR_OK)
        return e;
    job->changed = true;
    return write_event(db, job, &by);
}

static enum err react_run(struct db *db, void *data)
{
    struct react *job = data;
    int64_t now_ms = env_wall_ms(job->c->env);
    bool changed = false;
    enum err e = room_require(db, job->room_id, &job->answer.actor, ROOM_MEMBER);
    if (e == ERR_OK)
        e = find(db, job);
    if (e == ERR_OK)
        e = change_row(db, job, now_ms, &changed);
    return e == ERR_OK && changed ? tell(db, job, now_ms) : e;
}

static void react_done(void *data, enum err e)
{
    struct react *job = data;
    if (e == ERR_OK && job->changed)
        room_event_publish(atomic_load(&job->c->hub), &job->event);
    answer_end(job, e);
}

static void react(struct chat *c, const struct actor *actor, const struct args *args, bool adds,
                  struct reply reply)
{
    struct text emoji = args_text(args, "emoji");
    if (!emoji_is_one(emoji)) {
        reply_fault(reply, ERR_BAD_REQUEST, "emoji", "emoji must be one emoji.");
        return;
    }
    struct react *job = answer_new(sizeof *job, emoji.len + 1, actor, reply);
    if (!job)
        return;
    job->c = c;
    job->room_id = args_int(args, "room");
    job->message_id = args_int(args, "id");
    job->emoji = answer_keep(&job->answer, emoji);
    job->adds = adds;
    job->answer.drop = react_drop;
    answer_write(job, c->store, react_run, react_done);
}

void reaction_add(void *ctx, const struct actor *actor, const struct args *args, struct reply reply)
{
    react(ctx, actor, args, true, reply);
}

void reaction_remove(void *ctx, const struct actor *actor, const struct args *args,
                     struct reply reply)
{
    react(ctx, actor, args, false, reply);
}
