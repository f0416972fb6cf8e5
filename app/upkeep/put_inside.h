/* put_inside: what the parts of put share: put.c has people and messages, put_room.c rooms and who is in them,
 * put_direct.c what is different in conversations of two, put_run.c runs, what they did, and read marks. In a writer's job. */
#ifndef SNUG_UPKEEP_PUT_INSIDE_H
#define SNUG_UPKEEP_PUT_INSIDE_H

#include "accounts/people.h"
#include "files/file.h"
#include "upkeep/put.h"

#define PUT_NAME_BYTES 512 /* of a setting or a key */

/* The item is no good, in words. Returns ERR_BAD_REQUEST. */
enum err put_bad(struct put *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline struct text put_text(const struct put *p, enum item_text which)
{
    return p->item.texts[which];
}

/* The item's; now, if it has none. */
int64_t put_time(const struct put *p);

/* At most so many characters, without what is left of a cut one. */
struct text put_characters(struct text t, size_t max);

/* "import slack user U1": the setting that says what this name of the source stands for here, */
struct text put_setting(const struct put *p, const char *kind, struct text name,
                        char out[PUT_NAME_BYTES]);
/* and from now on it does. */
MUST_USE enum err put_remember(struct db *db, struct text setting, int64_t id);

/* The person of that name in the source. errors: ERR_NOT_FOUND; those of query_end */
MUST_USE enum err put_find_person(struct db *db, const struct put *p, struct text name,
                                  struct person *out);

/* The person that the item names, who must have come before it; `what` they are to it goes into the sentence.
 * errors: ERR_BAD_REQUEST; those of query_end */
MUST_USE enum err put_need_person(struct db *db, struct put *p, enum item_text which,
                                  const char *what, struct person *out);

/* Its room, the same way. */
MUST_USE enum err put_need_room(struct db *db, struct put *p, int64_t *out_id);

struct membership {
    int64_t room_id, user_id, since_ms;
    bool owner, muted, favourite;
};

/* A member; of one who is there already the earlier time counts. */
MUST_USE enum err put_add_member(struct db *db, const struct membership *m);

/* ---- put_direct.c */

struct put_two {
    struct person smaller, larger; /* by their ids; 0: none */
};

/* The two of the item; none if it names none, or if they are not two and the room may be one like others (item.apart).
 * errors: ERR_BAD_REQUEST; those of query_end */
MUST_USE enum err put_find_two(struct db *db, struct put *p, struct put_two *out);

/* Their conversation here, and whether there are messages in it; out: stays as it is when there is none. */
MUST_USE enum err put_find_direct(struct db *db, const struct put_two *two, int64_t *out_id,
                                  bool *out_used);

/* Both are in a new one from its beginning; since when their lines may say. */
MUST_USE enum err put_add_two(struct db *db, const struct put *p, int64_t room_id,
                              const struct put_two *two);

/* out: the room is a conversation of two. errors: ERR_BAD_REQUEST it is, and of others; those of query_end */
MUST_USE enum err put_may_be_in(struct db *db, struct put *p, int64_t room_id,
                                const struct person *who, bool *out_direct);

/* ---- */

/* What a name of the source stands for here: a message, or for names of runs and what they did an offset alone. */
struct put_found {
    int64_t id, room_id, offset; /* 0: not there; an offset outlasts its message */
};
MUST_USE enum err put_find(struct db *db, const struct put *p, struct text name,
                           struct put_found *out);

/* From now on the name stands for that, and never anything else. */
MUST_USE enum err put_name(struct db *db, const struct put *p, struct text name, int64_t message_id,
                           int64_t offset);

/* What stands below a message that has just been put. The item's `why` tells of what does not come; put_reactions.c */
MUST_USE enum err put_reactions(struct db *db, struct put *p, int64_t message_id);

/* The rows of a message's files, whose bytes are on disk: the author's, not sent yet. out: their ids, in their order.
 * errors: ERR_BAD_REQUEST; those of query_end; put_files.c */
MUST_USE enum err put_files(struct db *db, struct put *p, int64_t author_id,
                            int64_t out_ids[FILES_OF_MESSAGE_MAX], size_t *out_count);

/* ---- the items of put_room.c and put_run.c */
MUST_USE enum err put_room(struct db *db, struct put *p);
MUST_USE enum err put_member(struct db *db, struct put *p);
MUST_USE enum err put_run(struct db *db, struct put *p);
MUST_USE enum err put_step(struct db *db, struct put *p);
MUST_USE enum err put_read(struct db *db, struct put *p);

#endif
