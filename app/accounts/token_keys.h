/* token_keys: what one kind of token (of connections, of subscriptions) is believed by: the keys of the configuration and
 * those a URL serves, audience and issuer. It also signs with the secret, for persons of this place. thread: any */
#ifndef SNUG_ACCOUNTS_TOKEN_KEYS_H
#define SNUG_ACCOUNTS_TOKEN_KEYS_H

#include "accounts/accounts.h"
#include "accounts/key_source.h"
#include "wire/jwt.h"

struct token_keys;

struct token_keys_options {
    const struct env *env;
    struct task_queue *tasks;          /* fetches */
    const struct token_options *token; /* borrowed until token_keys_new returns */
    const char *group;                 /* of the options, for sentences: "client.token" */
};

/* out: a sentence that names the option, in error, if one is wrong
 * errors: ERR_BAD_REQUEST a key cannot be read, a URL is none; ERR_NOMEM */
MUST_USE enum err token_keys_new(const struct token_keys_options *options,
                                 struct token_keys **out_keys, char error[256]);
/* As key_source_stop and key_source_tick. NULL is welcome. */
void token_keys_stop(struct token_keys *keys);
void token_keys_tick(struct token_keys *keys);
/* After the task queue's end. NULL is welcome. Returns NULL. */
struct token_keys *token_keys_free(struct token_keys *keys);

/* True if no token can be believed. */
bool token_keys_none(const struct token_keys *keys);

/* out: owned by the caller (jwt_claims_fini)
 * errors: of jwt_verify but ERR_NOT_FOUND; of key_source_miss: ERR_BUSY its key is being fetched, token_keys_wait says when
 * to try again */
MUST_USE enum err token_keys_verify(struct token_keys *keys, struct text token,
                                    struct jwt_claims *out);

/* As key_source_wait, after an ERR_BUSY of token_keys_verify. */
MUST_USE enum err token_keys_wait(struct token_keys *keys, struct key_waiter waiter);

/* Appends a token that these keys believe. errors: of jwt_sign */
MUST_USE enum err token_keys_sign(struct token_keys *keys, const struct jwt_claims *claims,
                                  struct buf *out);

#endif
