/* accounts: people and agents, their sessions, invites and tokens. Who somebody is; not what they may do in a room.
 *
 * Passwords are argon2id (libsodium), on task threads; secrets of sessions, invites and set-up exist only in the answer
 * that gives them away, the database has SHA-256 of them. thread: any */
#ifndef SNUG_ACCOUNTS_ACCOUNTS_H
#define SNUG_ACCOUNTS_ACCOUNTS_H

#include "base/env.h"
#include "base/method.h"

struct accounts;
struct store;
struct task_queue;
struct ws_registry;

struct accounts_options {
    const struct env *env;
    struct store *store;
    struct task_queue *tasks; /* argon2id: two of its threads at most */
    struct text token_secret; /* HS256, copied */
    const char *base_url;     /* for invite links, copied; NULL: see accounts_set_base_url */
    const char *version;      /* of Snug, for place.get */
    unsigned connections_max, text_max; /* for place.get's limits */
    double logins_burst, logins_per_s;  /* failures an account and address; burst 0: no limit */
    /* Closes the sockets of a session (or, session_id 0, of the user): 3503 within a second. May be NULL. */
    void (*close_session)(void *ctx, int64_t user_id, int64_t session_id);
    void *close_ctx;
};

/* Loads what it keeps in memory (whether an admin exists) and makes the set-up secret of this start if none does.
 * errors: ERR_NOMEM, ERR_IO */
MUST_USE enum err accounts_new(const struct accounts_options *options,
                               struct accounts **out_accounts);
/* From here on nothing is given to the task queue any more: log-ins that are under way answer 108. Call it before the task
 * queue is freed; NULL is welcome. */
void accounts_stop(struct accounts *a);

/* After store_close and the task queue's end: their jobs hold `a`. NULL is welcome. Returns NULL. */
struct accounts *accounts_free(struct accounts *a);
struct method_set accounts_methods(struct accounts *a);

/* Called inside the writer's job that makes a person (place.setup, place.join, user.add), then again after the commit:
 * the product above adds the memberships everybody has, and publishes them. Set once, before threads call. */
struct db;
struct accounts_hooks {
    void *ctx;
    enum err (*person_made)(void *ctx, struct db *db, int64_t user_id, void **out_later);
    void (*person_committed)(void *ctx, int64_t user_id, void *later, enum err e); /* frees later */
};
void accounts_set_hooks(struct accounts *a, const struct accounts_hooks *hooks);

/* "http://127.0.0.1:8080", known once the listener is there. Once, also while others call; before it and without it invite
 * links are relative. */
void accounts_set_base_url(struct accounts *a, struct text url);

/* The set-up secret, or NULL once an admin exists. Borrowed for the life of `a`. */
const char *accounts_setup_secret(struct accounts *a);

#define NAME_SIZE 33     /* log-in name, with NUL */
#define DISPLAY_SIZE 321 /* 80 characters of UTF-8 */

/* Who a cookie or a token is for. */
struct identity {
    int64_t user_id;
    int64_t session_id;
    int64_t expires_ms; /* of the session or token; 0: never */
    int64_t created_ms; /* of the person */
    enum right right;   /* RIGHT_USER or RIGHT_ADMIN */
    char name[NAME_SIZE];
    char display[DISPLAY_SIZE];
    char role[8];
};

struct identity_asker {
    void *owner;
    uint64_t number;
    void (*answer)(struct identity_asker asker, enum err e, const struct identity *who);
};

/* The session of a cookie's secret; notes that it was used (moves the end of a session without `stay`).
 * answers once, on any thread. errors (answered): ERR_UNAUTHORIZED unknown or revoked; ERR_EXPIRED
 * errors (returned, no answer comes): ERR_BUSY, ERR_CLOSED */
MUST_USE enum err accounts_cookie(struct accounts *a, struct text secret,
                                  struct identity_asker asker);

/* The same for a session by its id, for a connection that lasts as long as it: being connected is a use. */
MUST_USE enum err accounts_session(struct accounts *a, int64_t session_id,
                                   struct identity_asker asker);

/* A JWT (SHAPES.md, Connect): signature and time first, then user and session in the database.
 * errors (answered): ERR_BAD_TOKEN; ERR_TOKEN_EXPIRED; ERR_UNAUTHORIZED session revoked or person inactive */
MUST_USE enum err accounts_token(struct accounts *a, struct text token,
                                 struct identity_asker asker);

#endif
