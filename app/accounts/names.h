/* names: the log-in name, [a-z0-9][a-z0-9._-]{0,31}, checked, and made from what a person is called. */
#ifndef SNUG_ACCOUNTS_NAMES_H
#define SNUG_ACCOUNTS_NAMES_H

#include "accounts/accounts.h"

struct db;

bool name_is_good(struct text name);

/* A character that names may have (in any case), for who looks for @name in a text. */
bool name_has_char(char c);

/* The first word of `display`, lower case, accents off, other characters left out; "user" if nothing is left. */
void name_from_display(struct text display, char out[NAME_SIZE]);

/* The same with digits after it until it is free. In a writer's job. errors: ERR_CONFLICT none was free; ERR_IO */
MUST_USE enum err name_free(struct db *db, const struct env *env, struct text display,
                            char out[NAME_SIZE]);

#endif
