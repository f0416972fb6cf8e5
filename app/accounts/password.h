/* password: argon2id through libsodium, with 19 MiB and two passes (OWASP's first choice for small machines).
 *
 * Some 30 ms of one core, and the memory is given back afterwards: on task threads only. */
#ifndef SNUG_ACCOUNTS_PASSWORD_H
#define SNUG_ACCOUNTS_PASSWORD_H

#include "base/err.h"
#include "base/text.h"

#define PASSWORD_SIZE 128 /* of the stored text, with NUL */
#define PASSWORD_MIN 12   /* characters */
#define PASSWORD_MAX 200
#define PASSWORD_MAX_BYTES 800

/* errors: ERR_NOMEM */
MUST_USE enum err password_hash(struct text password, char out[PASSWORD_SIZE]);

/* True if it is the password of that stored text. An empty stored text takes as long and is false: who asks cannot
 * tell an unknown name from a wrong password. */
bool password_is(const char *stored, struct text password);

#endif
