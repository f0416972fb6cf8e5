/* chat: rooms, members, messages, read marks, typing, search. What is allowed in a room and what follows.
 *
 * A change is one writer's job: rights inside the transaction, the change, its event in the room's stream; after the commit
 * the event is published, then the call is answered. thread: any; completions on the writer */
#ifndef SNUG_CHAT_CHAT_H
#define SNUG_CHAT_CHAT_H

#include "base/env.h"
#include "base/method.h"
#include "hub/stream.h"

struct accounts;
struct accounts_hooks;
struct chat;
struct db;
struct hub;
struct store;
struct ws_registry;

struct chat_options {
    const struct env *env;
    struct store *store;
    struct hub *hub;
    struct ws_registry *registry; /* who is here */
    unsigned text_max;            /* characters: 16,000 */
    int64_t typing_ms;            /* 5,000 */
    unsigned recovery_max;        /* publications a recovery: 1,000 */
    unsigned history_max;         /* publications a history page: 1,000 */
    size_t reply_max_bytes;       /* of publications or messages in one reply: 512 KiB */
    int64_t keep_ms;              /* messages go when they are older; 0: never. keep.c */
    int64_t keep_messages;        /* messages of one room; 0: any number */
    int64_t keep_bytes; /* of the database; over it the oldest messages of all go; 0: any */
};

MUST_USE enum err chat_new(const struct chat_options *options, struct chat **out_chat);
/* After store_close: its jobs hold `c`. NULL is welcome. Returns NULL. */
struct chat *chat_free(struct chat *c);
struct method_set chat_methods(struct chat *c);

/* The source of room:<id> for the hub. */
struct stream_source chat_stream_source(struct chat *c);

/* The hub is made after chat (it needs chat's source); set once before threads call. */
void chat_set_hub(struct chat *c, struct hub *hub);

/* Puts new people into `general` (accounts calls it in its jobs). */
struct accounts_hooks chat_accounts_hooks(struct chat *c);

/* Work that time asks for: typing that ends, unread counts that wait (at most one a room and 250 ms), the search index,
 * messages that are over a bound, what people who were erased have left.
 * Called by the server's ticker about every 100 ms. thread: task */
void chat_tick(struct chat *c);

/* The part of it that erases, for who waits for that where no ticker runs. thread: any */
void chat_go_on_erasing(struct chat *c);

/* True if somebody with that id has a connection. thread: any */
bool chat_user_is_here(struct chat *c, int64_t user_id);

/* In a writer's job: the run that this message asked for has ended. If the message was deleted or edited while it went, what
 * the run was asked goes from its row and its events. errors: those of query_end */
MUST_USE enum err message_run_ended(struct db *db, int64_t message_id);

/* ---- who else wants to know: after the commit, on the writer, in offset order. Must be quick and not block. */
struct chat_message_event {
    int64_t id, room_id, author_id;
    uint64_t offset;
    int64_t time_ms;
    struct text text;   /* borrowed */
    struct text run_id; /* not empty: an agent's answer */
    bool direct;        /* said in a conversation of two */
    bool to_agent;      /* of which the other one is Nook */
};
void chat_observe(struct chat *c, void (*fn)(void *ctx, const struct chat_message_event *event),
                  void *ctx);

#endif
