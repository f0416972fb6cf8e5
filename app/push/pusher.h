/* pusher: notifications for who is not here, through the push service of their browser (RFC 8030).
 *
 * A browser that was told to subscribes with an address at its push service and two keys of its own. When a message names
 * somebody who has no connection, or is said to them in a conversation of two, each of their browsers gets a few words of it,
 * encrypted so that the service cannot read them. A subscription lasts as long as the session that made it, and as long as this
 * server's key.
 *
 * Nothing here holds up anybody: the writer hands over two numbers, and sending has threads of its own. At most
 * PUSH_QUEUE_MAX wait, over it they are dropped and counted. What waits is in memory alone: it ends with the process.
 * An address is a secret and stands in no log. thread: any */
#ifndef SNUG_PUSH_PUSHER_H
#define SNUG_PUSH_PUSHER_H

#include "base/env.h"
#include "base/method.h"
#include "wire/web_push.h"

struct chat;
struct pusher;
struct store;

#define PUSH_SUBSCRIPTIONS_MAX 10 /* of a person; who has been silent longest goes */
#define PUSH_QUEUE_MAX 1000
#define PUSH_DEADLINE_MS 10000 /* for a push service to answer */
#define PUSH_ENDPOINT_MAX 2000 /* bytes */

struct pusher_options {
    const struct env *env;
    struct store *store;
    struct chat *chat;
    struct web_push_pair pair; /* of this server; copied */
    const char
        *contact;  /* mailto: or https: of who runs it, for push services; NULL: none. Copied */
    bool enabled;  /* false: the methods answer 108, nothing is sent */
    bool anywhere; /* push services may be in this network, and without TLS */
};

/* out: a sentence in error if an option is wrong. errors: ERR_BAD_REQUEST an option; ERR_NOMEM */
MUST_USE enum err pusher_new(const struct pusher_options *options, struct pusher **out_pusher,
                             char error[256]);

/* Listens to chat from here on, and drops the subscriptions that were made for another key. Once, before others
 * call. errors: ERR_NOMEM; ERR_IO no thread; those of writer_submit */
MUST_USE enum err pusher_start(struct pusher *p);

/* "https://chat.example": what push services are told if there is no contact. Of http nothing is said. Once, after pusher_start,
 * also while others call. */
void pusher_set_url(struct pusher *p, struct text url);

/* What is to be tried again; called about every 100 ms. thread: task */
void pusher_tick(struct pusher *p);

/* Nothing is sent any more; returns when what was under way has ended, after about a second. Before the store closes. NULL is
 * welcome. */
void pusher_stop(struct pusher *p);

/* After pusher_stop and store_close: its jobs hold `p`. NULL is welcome. Returns NULL. */
struct pusher *pusher_free(struct pusher *p);
struct method_set pusher_methods(struct pusher *p);

/* When a push service took the notification of that message for a browser of theirs (ms since 1970); 0: none did, or it is long
 * ago: the last PUSH_TOLD_MAX are known. */
#define PUSH_TOLD_MAX 1000
int64_t pusher_told(struct pusher *p, int64_t user_id, int64_t room_id, int64_t offset);

#endif
