/* direct: what the row of a conversation of two has for a name. Nobody is shown it but who reads the log or a check. */
#ifndef SNUG_CHAT_DIRECT_H
#define SNUG_CHAT_DIRECT_H

#include "base/text.h"

#define DIRECT_NAME_SIZE 64

/* "direct 2 7" into out, of the ids of the two. */
struct text direct_name(int64_t smaller, int64_t larger, char out[DIRECT_NAME_SIZE]);

#endif
