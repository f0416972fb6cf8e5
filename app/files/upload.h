/* upload: the bytes of a file come, piece by piece, and are read again. On a thread that may block: the disk is worked on here, the
 * database is asked through its threads and waited for as the caller says.
 *
 * A piece is written at its place of <blob>.part: the same one again, after a cut line, changes nothing. How many bytes are there
 * is that file's length. After a power cut it may be shorter than was answered; the next piece is told so (ERR_CONFLICT). With the
 * last one the file is hashed, looked at (kind.h), synced, renamed, and then its row says that it is whole. A crash in
 * between leaves a row that is not, and bytes that are: an empty piece at the end makes the row true. */
#ifndef SNUG_FILES_UPLOAD_H
#define SNUG_FILES_UPLOAD_H

#include "base/future.h"
#include "files/file.h"

struct files;

/* How the caller waits: future_take with a deadline. */
struct patience {
    enum err (*wait)(void *ctx, struct future *f, void **out_value);
    void *ctx;
};

struct piece {
    int64_t file_id, user_id, offset;
    struct text bytes; /* may be empty: asks whether all is there */
};

struct taken {
    int64_t offset, size; /* of the file: bytes that are there, bytes that it will have */
    struct file file;     /* file_is_whole: all of it is on disk */
};

/* errors: ERR_NOT_FOUND no file of theirs; ERR_BUSY another piece of it is being written; ERR_CONFLICT bytes before it are not
 * there, *out says from where to go on; ERR_LIMIT it is longer than what is missing, *out is good; ERR_UNAVAILABLE the disk is
 * full, what came before is there; ERR_IO, ERR_NOMEM; those of waiting and of the store */
MUST_USE enum err upload_piece(struct files *f, const struct piece *p,
                               const struct patience *patience, struct taken *out);

/* Opens a whole file for somebody who may see it: its author until it is sent, then the members of its room.
 * out_fd: owned by the caller. errors: ERR_NOT_FOUND, also without the right; as above */
MUST_USE enum err upload_open(struct files *f, int64_t file_id, int64_t user_id,
                              const struct patience *patience, struct file *out, int *out_fd);

#endif
