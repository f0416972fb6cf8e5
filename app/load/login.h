/* login: the connection tokens of a run: none, one for everybody, or one signed for each user with the server's secret.
 *
 * Secrets come from a variable or a file, never from an argument, which other programs can see. */
#ifndef SNUG_LOAD_LOGIN_H
#define SNUG_LOAD_LOGIN_H

#include "base/buf.h"
#include "load/options.h"

#define LOGIN_TOKEN_MAX 16384

/* A value; zero has no tokens. */
struct login {
    struct buf token, secret, api_key; /* owned */
    int64_t now_s;
};

/* Reads what the options name; a file called "-" is the first line of stdin. login_fini must follow whatever comes.
 * out: a sentence in error, which names the flag. errors: ERR_BAD_REQUEST the variable or file is not there, empty or too
 * long; ERR_NOMEM */
MUST_USE enum err login_init(struct login *g, const struct load_options *o,
                             char *const *environment, char error[LOAD_ERROR_SIZE]);
void login_fini(struct login *g);

/* True if there are tokens. */
bool login_has(const struct login *g);

/* Appends the token of a user, letters that need no quoting. Signed ones are for "load-<user>" and a day.
 * errors: as jwt_sign */
MUST_USE enum err login_token(const struct login *g, uint32_t user, struct buf *out);

#endif
