/* key_source: the set of keys (JWKS) that a URL of the configuration serves. Fetched on a task thread, with a deadline:
 * first at the start, then each hour, and when a token names a key that is not in it, at most once in ten seconds.
 *
 * Keys that were fetched stay good while the URL does not answer. Who cannot go on without waits here, bounded; nobody's
 * thread does. thread: any */
#ifndef SNUG_ACCOUNTS_KEY_SOURCE_H
#define SNUG_ACCOUNTS_KEY_SOURCE_H

#include "base/env.h"
#include "wire/jwt.h"

struct key_source;
struct task_queue;

#define KEY_WAITERS_MAX 256
#define KEYS_AGAIN_MS 10000                /* from one fetch to the next, at least */
#define KEYS_FRESH_MS INT64_C(3600000)     /* then they are fetched again */
#define KEYS_DEADLINE_MS 5000              /* of one fetch */
#define KEYS_MAX_BYTES ((size_t)256 << 10) /* of a document */

struct key_source_options {
    const struct env *env;
    struct task_queue *tasks;
    const char *url;    /* copied */
    const char *option; /* its name, for the log; lives as long as the source */
};

/* errors: ERR_BAD_REQUEST no http or https URL; ERR_NOMEM */
MUST_USE enum err key_source_new(const struct key_source_options *options,
                                 struct key_source **out_source);
/* No fetch begins any more, one under way ends soon; who waits goes on. Before the task queue is freed. NULL is welcome. */
void key_source_stop(struct key_source *s);
/* After the task queue's end. NULL is welcome. Returns NULL. */
struct key_source *key_source_free(struct key_source *s);

/* Fetches what was never fetched or is an hour old. Called about once a second. */
void key_source_tick(struct key_source *s);

/* The keys; one reference, owned by the caller. NULL: none came yet. */
struct jwt_keys *key_source_keys(struct key_source *s);

/* What becomes of a token whose key was not in `seen` (compared, not used; may be NULL). Begins a fetch if it may.
 * errors, never ERR_OK: ERR_BUSY other keys are there or on their way: key_source_wait, then look again; ERR_BAD_TOKEN
 * there is no such key; ERR_UNAVAILABLE that is not known, the URL does not answer; ERR_CLOSED */
MUST_USE enum err key_source_miss(struct key_source *s, const struct jwt_keys *seen);

/* Runs once when the fetch under way is over; at once, on this thread, if none is.
 * errors: ERR_BUSY KEY_WAITERS_MAX wait already; it does not run */
struct key_waiter {
    void (*run)(void *data);
    void *data;
};
MUST_USE enum err key_source_wait(struct key_source *s, struct key_waiter waiter);

#endif
