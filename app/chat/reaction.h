/* reaction: what stands below a message, inside somebody else's writer's job (an import, an erasure). */
#ifndef SNUG_CHAT_REACTION_H
#define SNUG_CHAT_REACTION_H

#include "base/err.h"
#include "base/text.h"

struct db;

#define REACTIONS_MAX 20 /* different ones at a message */

/* A row, if it is not there yet. The message does not tell of it before reactions_tell. */
MUST_USE enum err reaction_put(struct db *db, int64_t message_id, struct text emoji,
                               int64_t user_id, int64_t time_ms, bool *out_changed);

/* The message tells its rows from now on. errors: ERR_LIMIT more than REACTIONS_MAX different ones, or over 32 KiB of JSON */
MUST_USE enum err reactions_tell(struct db *db, int64_t message_id);

#endif
