/* backup: copies and checks a database on connections of its own, while the store works. store.h has the promises. */
#ifndef SNUG_STORE_BACKUP_H
#define SNUG_STORE_BACKUP_H

#include "store/connection.h"

MUST_USE enum err backup(const char *path, const char *to_path, char error[ERROR_SIZE]);
MUST_USE enum err check(const char *path, char error[ERROR_SIZE]);

#endif
