/* migrate: brings a database to the newest schema, one numbered step after the other, forward only.
 *
 * Each step is one transaction with its own check of the foreign keys: it is there whole or not at all. user_version is
 * the number of the last one; application_id says that the file is ours. A step takes as long as it takes: a deadline is for what
 * one waits for. */
#ifndef SNUG_STORE_MIGRATE_H
#define SNUG_STORE_MIGRATE_H

#include "store/connection.h"
#include "store/embedded.h"

/* "Snug" as a number, in the header of every database of ours. */
#define APPLICATION_ID 0x536e7567

/* Looks whether it is ours and not newer; an empty file is version 0.
 * errors: ERR_UNAVAILABLE with a sentence in error; those of query_end */
MUST_USE enum err migrate_judge(struct db *db, size_t count, int64_t *out_version,
                                char error[ERROR_SIZE]);

/* Takes the write lock at least once, also with nothing to do: afterwards it is known that one can write.
 * out: a sentence in error on failure
 * errors: ERR_UNAVAILABLE a newer version's file, or not ours; ERR_TIMEOUT the connection's deadline; ERR_INTERNAL a
 * step is bad; those of query_end */
MUST_USE enum err migrate(struct db *db, const struct embedded_migration *list, size_t count,
                          char error[ERROR_SIZE]);

#endif
