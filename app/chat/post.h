/* post: a message into a room as part of somebody else's job (an agent's answer with its agent_completed event). */
#ifndef SNUG_CHAT_POST_H
#define SNUG_CHAT_POST_H

#include "chat/chat.h"
#include "chat/stream.h"
#include "files/file.h"

struct db;

struct post {
    int64_t room_id, author_id;
    struct text text, key; /* borrowed for the call */
    int64_t reply_to;      /* message id or 0 */
    struct text run_id;    /* or empty */
    int64_t edited_ms;     /* 0; of one that was said elsewhere: when it was edited there */
    struct brought files;  /* of its author, whole, not sent yet */
};

struct posted {
    int64_t message_id;
    int64_t time_ms;
    bool direct;               /* in a conversation of two */
    bool to_agent;             /* with Nook */
    bool repeated;             /* the key was used before: ids of the first result, no event */
    struct room_event event;   /* message_created; publish and fini it after the commit */
    const char *field, *fault; /* of ERR_BAD_REQUEST; static */
};

/* Checks membership, the key, reply_to, files; inserts message, key, mentions, stream row, and the files are its own.
 * errors: ERR_DENIED not a member; ERR_BAD_REQUEST reply_to is not in this room, or a file cannot be sent: see `fault` */
MUST_USE enum err post_insert(struct chat *c, struct db *db, const struct post *p,
                              struct posted *out);

/* Inserts a message that was said elsewhere at time_ms: its author may have left the room, and no key is looked for or kept.
 * The event is written as if it had been said here. In a writer's job. out: event is the caller's to fini, also on errors
 * errors: ERR_BAD_REQUEST a file cannot be sent */
MUST_USE enum err post_place(struct db *db, const struct post *p, int64_t time_ms,
                             struct posted *out);

/* After the commit: publishes, counts, tells observers and unread counts. Also frees on errors. */
void post_committed(struct chat *c, const struct post *p, struct posted *posted, enum err e);

/* ---- rights, inside a reader's or writer's job */
enum room_role { ROOM_STRANGER, ROOM_MEMBER, ROOM_OWNER };
/* errors: ERR_DENIED if the role is below `least` (an admin counts as OWNER of rooms they are in); ERR_IO */
MUST_USE enum err room_require(struct db *db, int64_t room_id, const struct actor *actor,
                               enum room_role least);

#endif
