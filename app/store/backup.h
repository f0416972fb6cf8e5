/* backup: copies and checks a database on connections of its own, while the store works. store.h has the promises. */
#ifndef SNUG_STORE_BACKUP_H
#define SNUG_STORE_BACKUP_H

#include "store/connection.h"

#include <stdatomic.h>

/* One copy: how far it is, and whether it is to end. Zero is a good one. */
struct copying {
    atomic_bool stop;                    /* set by anybody: it ends soon with ERR_CANCELLED */
    _Atomic int64_t done, total;         /* bytes; total 0: not begun */
    int64_t bytes_per_s;                 /* at most; 0: any number */
    enum err (*settle)(struct db *copy); /* the last change before it counts; NULL: none */
    void (*told)(void *ctx, int64_t done, int64_t total); /* after each piece; NULL: nobody */
    void *ctx;
};

/* Copies one moment of the database at path to the new file `part`, looks whether the copy is whole, and syncs it. What is
 * left of it after a failure is removed. `immutable`: nobody writes to it, and nothing is written beside it. */
MUST_USE enum err copy_database(const char *path, bool immutable, const char *part,
                                struct copying *c, char error[ERROR_SIZE]);

/* The same to to_path + ".part", which is then renamed to to_path. */
MUST_USE enum err backup(const char *path, const char *to_path, struct copying *c,
                         char error[ERROR_SIZE]);

/* A connection that reads the database, as copy_database has it. */
MUST_USE enum err open_source(const char *path, bool immutable, struct db **out_from,
                              char error[ERROR_SIZE]);

/* store_look; stop: NULL, or it ends soon after it is set. */
MUST_USE enum err look_alone(const char *path, enum err (*look)(struct db *db, void *data),
                             void *data, atomic_bool *stop, char error[ERROR_SIZE]);

MUST_USE enum err check(const char *path, char error[ERROR_SIZE]);

#endif
