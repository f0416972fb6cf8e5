/* inside: what the files of this room share. Nobody else includes it. */
#ifndef SNUG_ACCOUNTS_INSIDE_H
#define SNUG_ACCOUNTS_INSIDE_H

#include "accounts/accounts.h"
#include "accounts/answer.h"
#include "accounts/password.h"
#include "accounts/people.h"
#include "accounts/secret.h"
#include "accounts/throttle.h"
#include "accounts/token_keys.h"
#include "base/mutex.h"
#include "base/task_queue.h"

#include <stdatomic.h>

struct db;

#define HASHES_WAITING_MAX 32

struct accounts {
    const struct env *env;
    struct store *store;
    struct task_queue *tasks;
    struct throttle *throttle;
    struct accounts_hooks hooks;
    struct token_keys *token_keys;
    bool token_people;                    /* public keys vouch for people too */
    struct token_keys *subscription_keys; /* NULL: token_keys */
    char *version;
    _Atomic(char *) base_url; /* owned; NULL: links are relative */
    unsigned connections_max, text_max;
    int64_t upload_bytes;
    void (*close_session)(void *ctx, int64_t user_id, int64_t session_id);
    void *close_ctx;
    struct mutex lock;
    bool stopped GUARDED_BY(lock);
    /* hashing.c: how many are on the task threads or in their queue, and a ring of those that wait for that */
    unsigned hashes GUARDED_BY(lock);
    struct task waiting[HASHES_WAITING_MAX] GUARDED_BY(lock);
    unsigned waiting_first GUARDED_BY(lock), waiting_count GUARDED_BY(lock);
    char setup_secret[CODE_SIZE];
    atomic_bool has_admin;
};

/* ---- entry.c: a new session, and what its owner is answered: {token, expires, user} and the cookie */

#define SESSION_IDLE_MS (INT64_C(12) * 3600 * 1000)      /* without stay, after its last use */
#define SESSION_STAY_MS (INT64_C(30) * 24 * 3600 * 1000) /* with stay, from log-in */
#define SESSIONS_MAX 100                                 /* of a person; the oldest go */

struct entry {
    char secret[SECRET_SIZE];
    bool stay;
    int64_t session_id, expires_ms;
    struct person person;
};

/* In a writer's job: the session's row. */
MUST_USE enum err entry_make(struct accounts *a, struct db *db, const struct actor *actor,
                             int64_t user_id, struct entry *entry);
/* Writes the three members into the open object of the answer and sets its cookie. */
MUST_USE enum err entry_write(struct accounts *a, const struct entry *entry, struct answer *out);

/* ---- invite.c */

#define INVITE_USES 25
#define INVITE_TTL_S (INT64_C(7) * 24 * 3600)

/* In a writer's job: a new invite with that code. */
MUST_USE enum err invite_make(struct accounts *a, struct db *db, int64_t by, int64_t uses,
                              int64_t ttl_s, const char code[CODE_SIZE]);
/* The link: base url, "/join#", code. */
void invite_write_url(struct accounts *a, struct json_writer *w, const char *key,
                      const char code[CODE_SIZE]);

/* ---- hashing.c: tasks that hash a password; their data is a job that begins with a struct answer */

/* Its turn comes on a task thread; it calls hash_ended once when it has hashed.
 * errors: ERR_BUSY too many wait; ERR_CLOSED accounts_stop was called. The caller keeps the job */
MUST_USE enum err hash_push(struct accounts *a, struct task task);
void hash_ended(struct accounts *a);
/* Takes no more; those that wait are answered ERR_CLOSED. */
void hashes_stop(struct accounts *a);

/* ---- shared checks */

/* 107 with a sentence unless the password has 12 to 200 characters. */
MUST_USE enum err password_check(struct text password, const char **out_message);

/* True if a try may be made from there (and on that account); else the reply has been given: 111 with retry_ms.
 * account: empty: only the address counts. */
bool try_allowed(struct accounts *a, const struct actor *actor, struct text account,
                 struct reply reply);
/* Whether that is the password, on a task thread; the account's name is the kept one. Looks whether a try may be made once more: those
 * who came at once all passed try_allowed. errors: ERR_UNAUTHORIZED it is not: noted; ERR_BUSY, with a sentence and retry_ms */
MUST_USE enum err try_password(struct accounts *a, struct answer *answer, struct text account,
                               const char *stored, struct text password);
/* Notes a failed try. */
void try_failed(struct accounts *a, const struct actor *actor, struct text account);

/* ---- the handlers */
method_handler place_get, place_setup, place_join, user_add, token_make;
method_handler invite_create, invite_list, invite_revoke;
method_handler session_login, session_logout, session_list, session_revoke;
method_handler user_me, user_list, user_update, user_erase, user_password, user_reset;

/* session.c: moves the end of a session that is used, at most once a minute. */
#define SESSION_TOUCH_MS 60000
void session_touch(struct accounts *a, int64_t session_id);

/* One session object from a row of id, client, address, created_ms, seen_ms, expires_ms. */
struct query;
void session_write(struct json_writer *w, const char *key, struct query *q, int64_t this_id);

#endif
