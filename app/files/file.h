/* file: what the database knows of one file, and what others ask about files inside their own jobs: a message that brings some, one
 * that goes.
 *
 * Invariant: message.files says what the rows of `file` with that message say, as it is told; both are written in the same
 * transaction. Where a row is deleted its name on disk is put into file_gone in the same transaction; files_tick does the rest. */
#ifndef SNUG_FILES_FILE_H
#define SNUG_FILES_FILE_H

#include "files/blob.h"
#include "wire/json.h"

struct db;
struct query;

#define FILE_NAME_CHARS 200
#define FILE_NAME_SIZE (4 * FILE_NAME_CHARS + 1)
#define FILE_TYPE_SIZE 80
#define FILE_HASH_SIZE 65
#define FILES_OF_MESSAGE_MAX 10
#define FILES_JSON_MAX_BYTES ((size_t)16 * 1024) /* of so many, with the longest names */

struct file {
    int64_t id, author_id, size;
    int64_t width, height;       /* of a picture as it is to be shown; 0: it is none */
    int64_t message_id, room_id; /* 0: not sent yet */
    int64_t created_ms;
    char blob[BLOB_NAME_SIZE];
    char name[FILE_NAME_SIZE];
    char type[FILE_TYPE_SIZE];
    char sha256[FILE_HASH_SIZE]; /* "": not all of it has come */
};

bool file_is_whole(const struct file *f);

/* From a row of id, author_id, blob, name, size, type, width, height, sha256, created_ms, room_id, message_id. */
void file_columns(struct query *q, struct file *out);

/* The file object of SHAPES.md: {id, name, type, size, width?, height?}; of one that is whole. key NULL inside arrays. */
void file_write(struct json_writer *w, const char *key, const struct file *f);
/* Its members, into an open object. */
void file_write_members(struct json_writer *w, const struct file *f);

/* In a reader's or writer's job. errors: ERR_NOT_FOUND; those of query_end */
MUST_USE enum err file_by_id(struct db *db, int64_t id, struct file *out);

/* A new row, of which no bytes have come: author_id, blob, name, size and created_ms of `f`, and the author's own key. In a writer's
 * job. out: f->id. errors: ERR_CONFLICT the key or the blob is another's; those of query_end */
MUST_USE enum err file_insert(struct db *db, struct file *f, struct text key);
/* All of its bytes are on disk: type, width, height and sha256 of `f`. errors: ERR_NOT_FOUND its row has gone; those of query_end */
MUST_USE enum err file_set_whole(struct db *db, const struct file *f);

/* ---- a message brings files, in the writer's job that sends it */

struct brought {
    const int64_t *ids; /* borrowed; at most FILES_OF_MESSAGE_MAX */
    size_t count;
};

/* Before the first change: appends the list for message.files to `out`, whose cap is FILES_JSON_MAX_BYTES.
 * errors: ERR_BAD_REQUEST one is not the author's, not whole, sent, there twice, or not there: a static sentence in *out_fault */
MUST_USE enum err files_look(struct db *db, int64_t author_id, struct brought b, struct buf *out,
                             const char **out_fault);
/* After files_look in the same job: they are that message's. */
MUST_USE enum err files_send(struct db *db, struct brought b, int64_t room_id, int64_t message_id);

/* A message goes, or its text: its files go with it. Call it before the message's row is deleted. */
MUST_USE enum err files_forget(struct db *db, int64_t message_id);

/* Bytes of all files, also of those that still come. */
MUST_USE enum err files_bytes(struct db *db, int64_t *out_bytes);

#endif
