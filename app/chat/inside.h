/* inside: what the files of this room share. Nobody else includes it. */
#ifndef SNUG_CHAT_INSIDE_H
#define SNUG_CHAT_INSIDE_H

#include "accounts/answer.h"
#include "accounts/people.h"
#include "base/mutex.h"
#include "chat/chat.h"
#include "chat/facts.h"
#include "chat/mention.h"
#include "chat/post.h"
#include "chat/stream.h"

#include <stdatomic.h>

struct db;
struct query;
struct keep_plan;
struct typist;
struct waiting_room;

#define OBSERVERS_MAX 4

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
    struct keep_plan *keep_plan GUARDED_BY(lock); /* keep.c; NULL: its job runs */
    _Atomic int64_t keep_next_ms;
    atomic_bool keep_anew;  /* the bounds have changed: what is planned is not to be done */
    atomic_bool purge_runs; /* purge.c */
    _Atomic int64_t purge_next_ms;
    bool purge_begun;                      /* of its job */
    atomic_bool erasure_due, erasure_runs; /* erasure.c */
    _Atomic int64_t erasure_next_ms;
};

/* ---- user_event.c: what goes to user:<id>, and who is there (chat_user_is_here) */

/* Publishes a whole document to one user's own channel. */
void user_event(struct chat *c, int64_t user_id, struct text data);
/* Tells everybody who is connected a whole document. Who is not told asks at their next start. */
MUST_USE enum err everybody_event(struct chat *c, struct text data);
/* True if the user has a manager: is here, or was a moment ago and may be back. */
bool user_is_known(struct chat *c, int64_t user_id);
/* Tells everybody who is connected what that person is called now: accounts_hooks. */
void person_called(void *chat, const struct person *p);

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

/* The same of one who goes: their row, an heir if the last owner went, the member_left event. */
MUST_USE enum err member_remove(struct chat *c, struct db *db, int64_t room_id,
                                const struct person *who, bool owner, struct room_event *out_event);

/* ---- a change of a room: one event in its stream, one notice to some users */

struct change {
    struct answer answer;
    struct chat *c;
    int64_t room_id;
    struct text name, topic, who;            /* kept */
    int64_t private, keep_ms, keep_messages; /* -1: not given */
    bool joinable;
    struct person person; /* whom it is about */
    bool changed;         /* something is to be published */
    bool left;            /* that person is no member any more */
    struct room_event event;
    bool has_event;
    struct buf notice; /* for user:<id> of everybody in `to` */
    struct buf own;    /* for that of who asked, if it is another one */
    int64_t *to;
    size_t to_count;
};

/* A job with room for these texts; NULL: the reply has been given. */
struct change *change_new(struct chat *c, const struct actor *actor, struct reply reply,
                          size_t texts_bytes);
/* `done` of it: publishes, tells, replies. */
void change_done(void *job, enum err e);
/* job->person from job->who. errors: ERR_NOT_FOUND, answered, nobody is called so who is still here */
MUST_USE enum err change_find(struct db *db, struct change *job);
/* One user to tell. errors: ERR_NOMEM */
MUST_USE enum err change_tell(struct change *job, int64_t user_id);

/* ---- room.c, direct.c */

struct pair {
    int64_t smaller, larger; /* user ids */
};

/* In a writer's job: a room as the job says, with Nook; direct: NULL, or the two it is a conversation of. out: job->room_id */
MUST_USE enum err room_make(struct db *db, struct change *job, const struct pair *direct);
/* A member from the beginning, who has read nothing. */
MUST_USE enum err room_make_member(struct chat *c, struct db *db, int64_t room_id, int64_t user_id,
                                   const char *role);
/* The room_added notice of the job's room, as that member sees it. */
MUST_USE enum err room_added_write(struct db *db, const struct change *job, int64_t user_id,
                                   struct buf *out);
/* The answer {id, room} to who asked. */
MUST_USE enum err room_made_write(struct db *db, struct change *job);
/* errors: ERR_CONFLICT, answered, if the job's room is a conversation of two: who is in it and what it is called stays */
MUST_USE enum err room_not_direct(struct db *db, struct change *job);

/* ---- message_write.c */

struct message {
    int64_t id, room_id, offset;
    struct byline author;
    struct text text, key, run_id, deleted_by; /* borrowed; run_id, deleted_by may be empty */
    struct text reactions, files;              /* JSON, or empty */
    int64_t time_ms, reply_to, edited_ms;      /* 0: to none, never */
};
/* From a row of message_before, _after, _by_id, search_*; borrowed as its columns are. */
struct message message_columns(struct query *q);
/* The message object of SHAPES.md; `marks`: raw JSON for a search, or empty. */
void message_write(struct json_writer *w, const char *key, const struct message *m,
                   struct text marks);

/* {"type": type, "message": the object}. Errors are in `out`. */
void message_event_write(const char *type, const struct message *m, struct buf *out);
/* The same of a message of that room, as its row says now. errors: ERR_NOT_FOUND; those of query_end and of `out` */
MUST_USE enum err message_event_read(struct db *db, const char *type, int64_t room_id, int64_t id,
                                     struct buf *out);

/* In a writer's job: the event of that type and offset, of that message, says from now on what its row says. */
MUST_USE enum err message_event_replace(struct db *db, const char *type, int64_t room_id,
                                        int64_t id, int64_t offset);

/* ---- edit.c */

/* Before a message's text changes or goes, in a writer's job: what else has it loses it, the event of its last edit and the
 * run that it asked for. */
MUST_USE enum err message_copies_forget(struct db *db, int64_t message_id);

/* ---- erase.c: what is left of a message without its text */

struct gone {
    int64_t room_id, id, offset;
    const char *by; /* "author", "owner" */
};
/* In a writer's job: takes its words out of row, index, mentions and the run that it asked for. */
MUST_USE enum err message_forget(struct chat *c, struct db *db, const struct gone *m);
/* The message_deleted event; the caller publishes it after the commit, and finis it. */
MUST_USE enum err message_deleted_event(struct chat *c, struct db *db, const struct gone *m,
                                        struct room_event *out_event);

/* ---- mention.c: the names in a text */

#define MENTIONS_MAX 50
/* In a writer's job: rows for the members that are named, the author excepted. */
MUST_USE enum err mentions_insert(struct db *db, const struct post *p, uint64_t offset);
/* The same after the text of the message at `offset` has changed: who is named first is told at `told_offset`, that of the
 * edit, as of a new message; who is not named any more is forgotten; all others stay where they were told. */
MUST_USE enum err mentions_change(struct db *db, const struct post *p, int64_t offset,
                                  uint64_t told_offset);

/* ---- unread.c, typing.c, index.c, keep.c, purge.c, erasure.c: parts of chat_tick, and what wakes them */

void unread_changed(struct chat *c, int64_t room_id);
/* A read mark moved: counts that are being made for this room may be old. */
void unread_again(struct chat *c, int64_t room_id);
void unread_tick(struct chat *c, int64_t now_ms);
void unread_fini(struct chat *c);

void typing_ended(struct chat *c, int64_t room_id, int64_t user_id);
void typing_tick(struct chat *c, int64_t now_ms);
void typing_fini(struct chat *c);

void index_tick(struct chat *c, int64_t now_ms);
/* Takes a message out of the index, if it is in; in the transaction that changes or deletes its row, and before that. Its words
 * stay in the file until SQLite merges that part of the index. A row that stays is not indexed again by itself. */
MUST_USE enum err index_forget(struct db *db, int64_t message_id);
/* Puts a message with its new text back, if the index has come so far; else it comes to it with the others. */
MUST_USE enum err index_learn(struct db *db, int64_t message_id);
/* A step of some milliseconds: makes fewer and larger parts of the index's; all: begins to write all of them anew.
 * out: there is more to do */
MUST_USE enum err index_merge(struct db *db, bool all, bool *out_more);

/* In a writer's job: words of what was forgotten leave the file in a while. */
MUST_USE enum err purge_want(struct chat *c, struct db *db);
void purge_tick(struct chat *c, int64_t now_ms);

/* erasure.c: what people who were erased have left. wake: there may be one more (the hook of accounts) */
void erasure_tick(struct chat *c, int64_t now_ms);
void erasure_wake(void *chat);

MUST_USE enum err keep_init(struct chat *c);
void keep_tick(struct chat *c, int64_t now_ms);
/* The place's bounds have changed, committed: nothing goes by the old ones any more, and the next tick plans. */
void keep_anew(struct chat *c);
void keep_fini(struct chat *c);

/* ---- the handlers */
method_handler room_list, room_create, room_direct, room_update, room_join, room_leave,
    room_members, room_invite;
method_handler message_send, message_edit, message_list, message_search, message_delete;
method_handler reaction_add, reaction_remove;
method_handler file_list;
method_handler read_mark, typing_start, room_prefer;
method_handler place_update, place_preview;

/* place.c: what place.get says about how long messages are kept (the hook of accounts). */
MUST_USE enum err place_told(void *chat, struct db *db, struct json_writer *w);

/* 107 and false unless a message can have that text: its bytes as JSON. Its characters are the table's. */
bool message_fits(struct text t, struct reply reply);
/* 107 and false unless it is one line. */
bool one_line(struct text t, const char *field, const char *message, struct reply reply);

#endif
