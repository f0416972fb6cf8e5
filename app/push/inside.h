/* inside: what the files of this room share. Nobody else includes it.
 *
 * One lock (LOCK_push), held for a few lines and for handing something to a thread of this room. */
#ifndef SNUG_PUSH_INSIDE_H
#define SNUG_PUSH_INSIDE_H

#include "base/mutex.h"
#include "base/thread_role.h"
#include "push/pusher.h"

#include <stdatomic.h>

struct db;
struct query;
struct task_queue;

#define SENDING_MAX 3 /* at once; a person has one of them at most */
#define TESTING_MAX 2

/* ---- a notification for one browser */

struct parcel {
    int64_t subscription_id, user_id, room_id, offset;
    int64_t sent_ms, failed_ms; /* of its row, as it was read */
    struct web_push_receiver to;
    const char *endpoint; /* behind this struct, as is */
    struct text payload;  /* JSON */
    int64_t due_ms;       /* monotonic */
    unsigned tries;
    bool sending;
    struct pusher *p;
    char bytes[];
};

/* NULL: no memory. The texts are copied. */
struct parcel *parcel_new(struct pusher *p, struct text endpoint, struct text payload);

struct told {
    int64_t user_id, room_id, offset, time_ms;
};

struct seen {
    int64_t room_id, offset;
};

struct pusher {
    const struct env *env;
    struct store *store;
    struct chat *chat;
    char *contact;            /* owned; NULL: the URL */
    _Atomic(char *) url;      /* owned; NULL: none */
    struct task_queue *tasks; /* of its own */
    _Atomic int64_t count_ms; /* when subscriptions are counted again */
    atomic_uint subscribed;   /* how many came: what was counted before one is old */
    atomic_bool any;          /* there may be one */
    atomic_bool stop;         /* what is under way gives up */
    bool enabled, anywhere;
    struct web_push_pair pair;
    char point[PUSH_POINT_TEXT_SIZE];
    struct mutex lock;
    struct seen seen[PUSH_QUEUE_MAX] GUARDED_BY(lock);       /* news.c: a ring, to be looked at */
    struct parcel *parcels[PUSH_QUEUE_MAX] GUARDED_BY(lock); /* delivery.c: the oldest first */
    struct told told[PUSH_TOLD_MAX] GUARDED_BY(lock);        /* a ring */
    unsigned seen_first GUARDED_BY(lock), seen_count GUARDED_BY(lock);
    unsigned parcels_count GUARDED_BY(lock), told_next GUARDED_BY(lock);
    unsigned sending GUARDED_BY(lock), testing GUARDED_BY(lock);
    bool stopped GUARDED_BY(lock), looking GUARDED_BY(lock);
};

/* ---- news.c: messages that somebody may want to be told of */
struct chat_message_event;
void news_seen(void *pusher, const struct chat_message_event *event);
/* Looks at what waits, if nobody does. */
void news_look(struct pusher *p);

/* ---- delivery.c */

/* Takes the parcel, also when there is no room for it: then it is counted. The same room's for the same browser that waits yet
 * is dropped. */
void delivery_give(struct pusher *p, struct parcel *parcel);
/* Sends what is due. */
void delivery_pump(struct pusher *p);
void delivery_drop_all(struct pusher *p);

/* ---- service.c: one request to a push service */

struct letter {
    const char *endpoint;
    const struct web_push_receiver *to;
    struct text payload;
    int64_t room_id; /* a later one replaces an earlier one that was not delivered; 0: none does */
};

/* out: the status, and Retry-After or 0. why: a sentence for people, without the address
 * errors: ERR_IO, ERR_TIMEOUT, ERR_DENIED it may not be sent there, ERR_CLOSED, ERR_NOMEM, ERR_LIMIT the payload */
MUST_USE enum err service_post(struct pusher *p, const struct letter *letter, unsigned *out_status,
                               int64_t *out_retry_ms, const char **out_why) ON(role_task);

/* ---- rows.c: what becomes of subscriptions, as jobs of their own that nobody waits for */
enum row_change { ROW_SENT, ROW_FAILED, ROW_GONE };
/* What a push service's answer makes of its row; status 0, none came, is ROW_FAILED. source: RFC 8030 5, 7.3 */
enum row_change row_change_of(unsigned status);
void row_change(struct pusher *p, enum row_change what, int64_t subscription_id);
/* Counts them, soon. */
void rows_count(struct pusher *p);
/* The keys of a row, in the columns `at` and behind it. False: they are damaged. */
bool row_receiver(struct query *q, int at, struct web_push_receiver *out);
/* Those of another key go; a writer's job. */
MUST_USE enum err rows_begin(struct pusher *p);

/* ---- methods.c, test.c */
method_handler push_get, push_subscribe, push_unsubscribe, push_test;
/* False: switched off, the reply has been given. */
bool pusher_is_on(const struct pusher *p, struct reply reply);

#endif
