/* mention: where a text names somebody: "@name" from word start to word end. Pure. */
#ifndef SNUG_CHAT_MENTION_H
#define SNUG_CHAT_MENTION_H

#include "accounts/accounts.h"

/* Takes the next @name off *rest, as it may be meant: at most NAME_SIZE - 1 characters, small letters. False: no more. */
bool mention_next(struct text text, size_t *at, char out[NAME_SIZE]);

#endif
