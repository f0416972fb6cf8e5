/* backup: copies and checks a database on connections of its own, while the store works. store.h has the promises. */
#ifndef SNUG_STORE_BACKUP_H
#define SNUG_STORE_BACKUP_H

#include "store/connection.h"
#include "store/store.h"

#include <stdatomic.h>

/* One copy: how far it is, and whether it is to end. Zero is a good one. */
struct copying {
    atomic_bool stop;                    /* set by anybody: it ends soon with ERR_CANCELLED */
    _Atomic int64_t done, total;         /* bytes; total 0: not begun */
    int64_t bytes_per_s;                 /* at most; 0: any number */
    int64_t began_ms, paced;             /* since when, and how many bytes count for that */
    int64_t own, beside;                 /* bytes of the database, and of what comes beside it */
    enum err (*settle)(struct db *copy); /* the last change before it counts; NULL: none */
    void (*told)(void *ctx, int64_t done, int64_t total); /* after each piece; NULL: nobody */
    void *ctx;
};

/* Copies one moment of the database at path to the new file `part`, looks whether the copy is whole, and syncs it. What is
 * left of it after a failure is removed. `immutable`: nobody writes to it, and nothing is written beside it. */
MUST_USE enum err copy_database(const char *path, bool immutable, const char *part,
                                struct copying *c, char error[ERROR_SIZE]);

/* Has brought what belongs to the copy at `part`. out: the connection that read it, for beside->settled; NULL after an error */
MUST_USE enum err bring_beside(const char *part, const struct beside *beside, struct copying *c,
                               struct db **out_copy, char error[ERROR_SIZE]);

/* copy_database to to_path + ".part", and bring_beside unless `beside` is NULL; then it is renamed to to_path. */
MUST_USE enum err backup(const char *path, const char *to_path, const struct beside *beside,
                         struct copying *c, char error[ERROR_SIZE]);

/* A connection that reads the database, as copy_database has it. */
MUST_USE enum err open_source(const char *path, bool immutable, struct db **out_from,
                              char error[ERROR_SIZE]);

/* store_look; stop: NULL, or it ends soon after it is set. */
MUST_USE enum err look_alone(const char *path, enum err (*look)(struct db *db, void *data),
                             void *data, atomic_bool *stop, char error[ERROR_SIZE]);

MUST_USE enum err check(const char *path, char error[ERROR_SIZE]);

#endif
