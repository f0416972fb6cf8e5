/* secret: random words that open something, and what the database keeps of them. */
#ifndef SNUG_ACCOUNTS_SECRET_H
#define SNUG_ACCOUNTS_SECRET_H

#include "base/env.h"
#include "base/text.h"

#define SECRET_SIZE 44 /* 32 random bytes in base64url without padding, with NUL */
#define CODE_SIZE                                                                                  \
    23 /* 22 letters and digits (about 131 bits), with NUL: fit for a link and for reading aloud */
#define SECRET_HASH_SIZE 32

/* A session's secret. */
void secret_make(const struct env *env, char out[SECRET_SIZE]);

/* The code of an invite or of set-up. */
void code_make(const struct env *env, char out[CODE_SIZE]);

/* A code as people write it, without its `-`; false: not 22 letters and digits. */
bool code_read(struct text t, char out[CODE_SIZE]);

/* SHA-256: what is stored in place of the secret. 256 and 131 random bits need no slow hash. */
void secret_hash(struct text secret, unsigned char out[SECRET_HASH_SIZE]);

/* True if equal; takes the same time wherever they differ. */
bool secret_is(struct text a, struct text b);

#endif
