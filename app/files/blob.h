/* blob: where the bytes of a file are: <files>/<first two letters>/<name>, <files> being the folder "files" in the data folder
 * and <name> 32 hex letters made by chance, the column file.blob. Until all bytes have come ".part" stands behind the name; what
 * has none is whole, on disk, and never written to again. So a hard link is a copy. thread: any */
#ifndef SNUG_FILES_BLOB_H
#define SNUG_FILES_BLOB_H

#include "base/env.h"
#include "base/err.h"

#include <stdbool.h>

#define BLOB_NAME_SIZE 33
#define BLOB_PATH_SIZE 4096

/* A new name. */
void blob_name(const struct env *env, char out[BLOB_NAME_SIZE]);

/* True if it is one: 32 letters of 0-9 and a-f. What comes from a backup or a folder may be anything. */
bool blob_is_name(const char *name);

/* Reads what a file in the folder is called: a name, with ".part" behind it or not. False: it is none of ours, out_name holds its
 * beginning. */
bool blob_of_entry(const char *entry, char out_name[BLOB_NAME_SIZE], bool *out_part);

/* Its path below `files`. errors: ERR_LIMIT too long */
MUST_USE enum err blob_path(const char *files, const char *name, bool part,
                            char out[BLOB_PATH_SIZE]);

#endif
