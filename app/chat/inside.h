/* inside: what the files of this room share. Nobody else includes it. */
#ifndef SNUG_CHAT_INSIDE_H
#define SNUG_CHAT_INSIDE_H

#include "accounts/answer.h"
#include "accounts/people.h"
#include "base/mutex.h"
#include "chat/chat.h"
#include "chat/mention.h"
#include "chat/post.h"
#include "chat/stream.h"

#include <stdatomic.h>

struct db;
struct query;
struct typist;
struct waiting_room;

#define OBSERVERS_MAX 4
#define KEY_MAX 64

struct observer {
    void (*fn)(void *ctx, const struct chat_message_event *event);
    void *ctx;
};

struct chat {
    const struct env *env;
    struct store *store;
    _Atomic(struct hub *) hub;
    struct ws_registry *registry;
    struct chat_options options;
    struct observer observers[OBSERVERS_MAX];
    size_t observers_count;
    struct mutex lock;
    struct typist *typists GUARDED_BY(lock);       /* typing.c */
    struct waiting_room *waiting GUARDED_BY(lock); /* unread.c */
    size_t typists_count GUARDED_BY(lock), waiting_count GUARDED_BY(lock);
    size_t waiting_room GUARDED_BY(lock); /* places in `waiting` */
    atomic_bool index_due, index_runs;    /* index.c */
    _Atomic int64_t index_next_ms;
};

/* ---- user_event.c: what goes to user:<id>, and who is there */

/* Publishes a whole document to one user's own channel. */
void user_event(struct chat *c, int64_t user_id, struct text data);
/* True if somebody with that id has a connection. */
bool user_is_here(struct chat *c, int64_t user_id);
/* True if the user has a manager: is here, or was a moment ago and may be back. */
bool user_is_known(struct chat *c, int64_t user_id);

/* True if one more object of a list still fits: a reply over reply_max_bytes would close a client whose queue is small, each
 * time it asks. Lists without a `more` end there. */
bool answer_has_room(const struct chat *c, const struct answer *a);

/* ---- room_write.c */

/* The room object from a row of room_list_own, room_list_open or room_view. */
void room_write(struct json_writer *w, const char *key, struct query *q);
/* The same of one room as its member sees it. errors: ERR_DENIED not a member */
MUST_USE enum err room_write_view(struct db *db, struct json_writer *w, const char *key,
                                  int64_t room_id, int64_t user_id);

struct counts {
    int64_t read, unread, mentions, last_ms, top;
};
/* errors: ERR_DENIED not a member */
MUST_USE enum err counts_get(struct db *db, int64_t room_id, int64_t user_id, struct counts *out);

/* ---- count.c */

struct told {
    int64_t user_id;
    struct counts counts;
    int64_t own; /* messages of theirs */
};

struct told_list {
    struct told *told; /* owned by the caller */
    size_t count, room;
};

/* In a reader's job: the counts of all members who are known (user_is_known), out being empty. */
MUST_USE enum err count_room(struct chat *c, struct db *db, int64_t room_id, struct told_list *out);

/* ---- member.c */

/* In a writer's job: a new member, who has read everything up to the member_joined event that is begun here.
 * The event is written; publish and fini it after the commit. */
MUST_USE enum err member_add(struct chat *c, struct db *db, int64_t room_id,
                             const struct person *who, const struct person *by,
                             struct room_event *out_event);

/* ---- a change of a room: one event in its stream, one notice to some users */

struct change {
    struct answer answer;
    struct chat *c;
    int64_t room_id;
    struct text name, topic, who; /* kept */
    int64_t private;              /* -1: not given */
    bool joinable;
    struct person person; /* whom it is about */
    bool changed;         /* something is to be published */
    bool left;            /* that person is no member any more */
    struct room_event event;
    bool has_event;
    struct buf notice; /* for user:<id> of everybody in `to` */
    int64_t *to;
    size_t to_count;
};

/* A job with room for these texts; NULL: the reply has been given. */
struct change *change_new(struct chat *c, const struct actor *actor, struct reply reply,
                          size_t texts_bytes);
/* `done` of it: publishes, tells, replies. */
void change_done(void *job, enum err e);
/* One user to tell. errors: ERR_NOMEM */
MUST_USE enum err change_tell(struct change *job, int64_t user_id);

/* ---- message_write.c */

/* A message object from a row of message_before, _after, search_*; `marks`: raw JSON for a search, or empty. */
void message_write(struct json_writer *w, const char *key, struct query *q, struct text marks);

/* ---- mention.c: the names in a text */

#define MENTIONS_MAX 50
/* In a writer's job: rows for the members that are named, the author excepted. */
MUST_USE enum err mentions_insert(struct db *db, const struct post *p, uint64_t offset);

/* ---- unread.c, typing.c, index.c: parts of chat_tick, and what wakes them */

void unread_changed(struct chat *c, int64_t room_id);
/* A read mark moved: counts that are being made for this room may be old. */
void unread_again(struct chat *c, int64_t room_id);
void unread_tick(struct chat *c, int64_t now_ms);
void unread_fini(struct chat *c);

void typing_ended(struct chat *c, int64_t room_id, int64_t user_id);
void typing_tick(struct chat *c, int64_t now_ms);
void typing_fini(struct chat *c);

void index_tick(struct chat *c, int64_t now_ms);

/* ---- the handlers */
method_handler room_list, room_create, room_update, room_join, room_leave, room_members,
    room_invite;
method_handler message_send, message_list, message_search;
method_handler read_mark, typing_start;

/* 107 and false unless it is one line. */
bool one_line(struct text t, const char *field, const char *message, struct reply reply);

#endif
