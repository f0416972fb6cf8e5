/* shelf: a folder of bytes, each in a subfolder of the first two letters of its name, which is hex: the data folder's own
 * (files/blob.h), what lies beside a backup, what an export writes. Bytes come to it whole or not at all: as a hard link, or
 * copied to a name with ".part" behind it, synced and renamed. What is there already with the right size stays.
 *
 * A link is never written through: what lies under a name is replaced, not opened for writing. thread: one at a time, any that
 * may block */
#ifndef SNUG_UPKEEP_SHELF_H
#define SNUG_UPKEEP_SHELF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHELF_PATH_SIZE 4096
#define SHELF_HASH_SIZE 65 /* SHA-256 as hex */

struct shelf {
    const char *path;  /* of the folder, which is made when the first bytes come */
    bool made;         /* it is new, and its name is not synced yet */
    bool settled;      /* the names of its subfolders are */
    bool changed[256]; /* subfolders with names that are not */
};

/* Who hears of each piece that came; what it answers but ERR_OK ends the copying. */
struct shelf_flow {
    enum err (*came)(void *ctx, int64_t bytes, bool copied); /* copied false: they cost nothing */
    void (*saw)(void *ctx, const char *bytes, size_t len);   /* what is copied; NULL: nobody */
    void *ctx;
};

struct shelf_wish {
    const char *from;   /* the path of a file that is whole */
    const char *name;   /* here: 2 hex letters at least */
    int64_t size;       /* that it has */
    bool link;          /* a hard link will do, where the disk makes one */
    const char *sha256; /* of the bytes, looked at when they are copied; NULL: not looked at */
};

enum shelf_got {
    SHELF_HAD,     /* it was here */
    SHELF_CAME,    /* it is now */
    SHELF_MISSING, /* there is none at `from` */
    SHELF_OTHER,   /* what is at `from` is not it: another size, other bytes, unreadable, no file */
};

/* Where a name is. errors: ERR_LIMIT the path is too long */
MUST_USE enum err shelf_find(const struct shelf *s, const char *name, char out[SHELF_PATH_SIZE]);

/* True if a file of that size is there. */
bool shelf_has(const struct shelf *s, const char *name, int64_t size);

/* Brings one. It counts once shelf_sync has said ERR_OK. out: only on ERR_OK
 * errors: ERR_IO, ERR_UNAVAILABLE the disk of one of the two, with a sentence; ERR_LIMIT, ERR_NOMEM; those of flow->came */
MUST_USE enum err shelf_bring(struct shelf *s, const struct shelf_wish *wish,
                              const struct shelf_flow *flow, enum shelf_got *out, char error[256]);

/* Where bytes may be copied to that have no name yet; the folder is made. One at a time. errors: as shelf_bring */
#define SHELF_PART "import.part"
MUST_USE enum err shelf_part(struct shelf *s, char out[SHELF_PATH_SIZE], char error[256]);

/* What was copied, for who names it afterwards. */
struct shelf_copied {
    bool hashes; /* in: sha256 is wanted; else it is "" */
    int64_t size;
    char sha256[SHELF_HASH_SIZE];
};

/* Copies what fd has from its beginning into the new file at `path`, at most size_max bytes, and syncs it; what was there under that
 * name is gone. errors: ERR_LIMIT it is longer; ERR_DAMAGED fd cannot be read; those of shelf_bring. After one nothing is left at
 * `path` */
MUST_USE enum err shelf_copy(int fd, const char *path, int64_t size_max,
                             const struct shelf_flow *flow, struct shelf_copied *out,
                             char error[256]);

/* Moves the synced file at `path`, on the same disk, to its name. errors: as shelf_bring */
MUST_USE enum err shelf_move(struct shelf *s, const char *path, const char *name, char error[256]);

/* What has come so far outlasts a power cut. errors: ERR_IO, with a sentence */
MUST_USE enum err shelf_sync(struct shelf *s, char error[256]);

/* Each thing in it, in no order: its name; where it is below the folder ("ab/abcd"); its size, -1: it is no file. False from `each`
 * ends the walk, and is no error. A folder that is not there is empty. errors: ERR_IO a folder cannot be read, with a sentence;
 * ERR_NOMEM */
MUST_USE enum err shelf_walk(const struct shelf *s,
                             bool (*each)(void *ctx, const char *name, const char *where,
                                          int64_t size),
                             void *ctx, char error[256]);

/* Removes what shelf_walk named, and folders that are empty then. */
void shelf_remove(const struct shelf *s, const char *where);

#endif
