/* err: one list of everything that can go wrong, with what a client and a person are told.
 *
 * Rooms return an err; the doors (session, http, cli) turn it into a code, a status and a sentence, once. */
#ifndef SNUG_BASE_ERR_H
#define SNUG_BASE_ERR_H

#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))

enum err {
#define ERR(name, code, status, temporary, sentence) ERR_##name,
#include "base/err.def"
#undef ERR
    ERR_COUNT
};

/* The code of the client protocol; 0 for ERR_OK. */
int err_code(enum err e);

/* The HTTP status. */
int err_status(enum err e);

/* True if the same call may succeed a little later. */
bool err_temporary(enum err e);

/* The name without ERR_, for logs ("NO_USER"). Static. */
const char *err_name(enum err e);

/* The sentence for people. Static. */
const char *err_text(enum err e);

#endif
