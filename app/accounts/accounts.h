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

/* What one kind of token is believed by. NULL: none of that; audience and issuer: any. */
struct token_options {
    const char *hmac_secret_key;      /* HS256, HS384, HS512 */
    const char *rsa_public_key;       /* PEM: RS256, RS384, RS512 */
    const char *ecdsa_public_key;     /* PEM: ES256, ES384 or ES512, by its curve */
    const char *jwks_public_endpoint; /* URL of keys by kid, fetched when needed: accounts_tick */
    const char *audience, *issuer;
    bool
        people; /* keys other than the secret vouch for people of this place too, by their numbers */
};

struct accounts_options {
    const struct env *env;
    struct store *store;
    struct task_queue *tasks; /* argon2id: two of its threads at most */
    struct token_options
        token; /* of connections; hmac_secret_key is needed, it also signs. Copied */
    const struct token_options *subscription_token; /* NULL: the same as of connections. Copied */
    const char *base_url; /* for invite links, copied; NULL: see accounts_set_base_url */
    const char *version;  /* of Snug, for place.get */
    unsigned connections_max, text_max; /* for place.get's limits */
    int64_t upload_bytes;               /* the same: of one file */
    double logins_burst, logins_per_s;  /* failures an account and address; burst 0: no limit */
    /* Closes the sockets of a session within a second: 3503; or, session_id 0, of a user who may not come in any more: 3507.
     * May be NULL. */
    void (*close_session)(void *ctx, int64_t user_id, int64_t session_id);
    void *close_ctx;
};

/* Loads what it keeps in memory (whether an admin exists) and makes the set-up secret of this start if none does.
 * out: a sentence in error if an option is wrong. errors: ERR_BAD_REQUEST an option; ERR_NOMEM, ERR_IO */
MUST_USE enum err accounts_new(const struct accounts_options *options,
                               struct accounts **out_accounts, char error[256]);
/* What time asks for, about once a second: keys that a URL serves. */
void accounts_tick(struct accounts *a);

/* From here on nothing is given to the task queue any more: log-ins and tokens that are under way answer 108. Call it before the task
 * queue is freed; NULL is welcome. */
void accounts_stop(struct accounts *a);

/* After store_close and the task queue's end: their jobs hold `a`. NULL is welcome. Returns NULL. */
struct accounts *accounts_free(struct accounts *a);
struct method_set accounts_methods(struct accounts *a);

/* Called inside the writer's job that makes a person (place.setup, place.join, user.add), then again after the commit:
 * the product above adds the memberships everybody has, and publishes them. person_erased: after the commit of user.erase;
 * the product above takes what they have left. person_called: after the commit of user.update; it tells everybody. place_told: in the reader's job of place.get, for people of the place; the
 * product above adds its members to the open object. Set once, before threads call. */
struct db;
struct json_writer;
struct person;
struct accounts_hooks {
    void *ctx;
    enum err (*person_made)(void *ctx, struct db *db, int64_t user_id, void **out_later);
    void (*person_committed)(void *ctx, int64_t user_id, void *later, enum err e); /* frees later */
    void (*person_erased)(void *ctx);
    void (*person_called)(void *ctx, const struct person *p);
    enum err (*place_told)(void *ctx, struct db *db, struct json_writer *w);
};
void accounts_set_hooks(struct accounts *a, const struct accounts_hooks *hooks);

/* "http://127.0.0.1:8080", known once the listener is there. Once, also while others call; before it and without it invite
 * links are relative. */
void accounts_set_base_url(struct accounts *a, struct text url);

/* The set-up secret, or NULL once an admin exists. Borrowed for the life of `a`. */
const char *accounts_setup_secret(struct accounts *a);

#define NAME_SIZE 33     /* log-in name, with NUL */
#define DISPLAY_SIZE 321 /* 80 characters of UTF-8 */

/* Who a cookie or a token is for. A person of this place; or an outside user: an application's own, who is nobody here
 * (user_id 0, RIGHT_ANY, no name). */
struct identity {
    int64_t user_id;
    int64_t session_id;
    int64_t expires_ms; /* of the session or token; 0: never */
    int64_t created_ms; /* of the person */
    enum right right;   /* RIGHT_USER or RIGHT_ADMIN; RIGHT_ANY of an outside user */
    char name[NAME_SIZE];
    char display[DISPLAY_SIZE];
    char role[8];
    /* What the token says; "": nothing. JSON is on one line. */
    char user[256];      /* sub: a person's id as text too; "": anonymous */
    char info[1024];     /* any JSON, for conn_info */
    char channels[2048]; /* an array of texts */
    char subs[4096];     /* an object */
};

struct identity_asker {
    void *owner;
    uint64_t number;
    bool impatient; /* a token whose key has to be fetched is answered with ERR_BUSY at once */
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

/* A JWT (SHAPES.md, Connect): signature and time first, then user and session in the database. A token whose sub is no
 * decimal id and that has no session is an outside user's and answered at once.
 * errors (answered): ERR_BAD_TOKEN, also over a bound of struct identity and for a subscription's token;
 * ERR_TOKEN_EXPIRED; ERR_EXPIRED its expire_at has passed; ERR_UNAUTHORIZED session revoked or person inactive;
 * ERR_UNAVAILABLE its key could not be fetched within KEYS_DEADLINE_MS; ERR_CLOSED
 * errors (returned, no answer comes): ERR_BUSY, ERR_CLOSED */
MUST_USE enum err accounts_token(struct accounts *a, struct text token,
                                 struct identity_asker asker);

struct subscription_claims {
    int64_t expires_s; /* of the subscription, seconds since 1970; 0: never */
    char info[1024];   /* JSON on one line, for chan_info; "": none */
};

/* A subscription's JWT: for that user (sub; "": anonymous) and that channel. Waits for nothing. thread: any
 * errors: ERR_BAD_TOKEN; ERR_TOKEN_EXPIRED; ERR_DENIED for another user or channel; ERR_BUSY its key is being fetched, it may
 * be tried again; ERR_UNAVAILABLE it could not be; ERR_CLOSED; ERR_NOMEM */
MUST_USE enum err accounts_subscription_token(struct accounts *a, struct text token,
                                              struct text user, struct text channel,
                                              struct subscription_claims *out);

#endif
