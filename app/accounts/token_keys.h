/* token_keys: what one kind of token (of connections, of subscriptions) is believed by: the keys of the configuration,
 * audience and issuer. It also signs with the secret, for persons of this place.
 *
 * Invariant: nothing changes after token_keys_new. thread: any */
#ifndef SNUG_ACCOUNTS_TOKEN_KEYS_H
#define SNUG_ACCOUNTS_TOKEN_KEYS_H

#include "accounts/accounts.h"
#include "wire/jwt.h"

struct token_keys;

struct token_keys_options {
    const struct env *env;
    const struct token_options *token; /* borrowed until token_keys_new returns */
    const char *group;                 /* of the options, for sentences: "client.token" */
};

/* out: a sentence that names the option, in error, if one is wrong
 * errors: ERR_BAD_REQUEST a key cannot be read; ERR_NOMEM */
MUST_USE enum err token_keys_new(const struct token_keys_options *options,
                                 struct token_keys **out_keys, char error[256]);
/* NULL is welcome. Returns NULL. */
struct token_keys *token_keys_free(struct token_keys *keys);

/* True if no token can be believed. */
bool token_keys_none(const struct token_keys *keys);

/* out: owned by the caller (jwt_claims_fini)
 * errors: of jwt_verify */
MUST_USE enum err token_keys_verify(struct token_keys *keys, struct text token,
                                    struct jwt_claims *out);

/* Appends a token that these keys believe. errors: of jwt_sign */
MUST_USE enum err token_keys_sign(struct token_keys *keys, const struct jwt_claims *claims,
                                  struct buf *out);

#endif
