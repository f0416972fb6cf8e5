/* fault_plans: what a disk may do to SQLite, and what the store says then. For the tests that try each call in turn. */
#ifndef SNUG_TESTS_FAULT_PLANS_H
#define SNUG_TESTS_FAULT_PLANS_H

#include "base/err.h"
#include "fault_vfs.h"

struct fault_plan {
    const char *what;
    enum err answer; /* what may be said instead of ERR_OK */
    enum vfs_call call;
    int code, why;
    bool stays; /* from the n-th call on, not at it alone */
};

static const struct fault_plan fault_plans[] = {
    {"open", ERR_IO, VFS_OPEN, SQLITE_CANTOPEN, EIO, false},
    {"read", ERR_IO, VFS_READ, SQLITE_IOERR_READ, EIO, false},
    {"write", ERR_IO, VFS_WRITE, SQLITE_IOERR_WRITE, EIO, false},
    {"sync", ERR_IO, VFS_SYNC, SQLITE_IOERR_FSYNC, EIO, false},
    {"truncate", ERR_IO, VFS_TRUNCATE, SQLITE_IOERR_TRUNCATE, EIO, false},
    {"size", ERR_IO, VFS_SIZE, SQLITE_IOERR_FSTAT, EIO, false},
    {"delete", ERR_IO, VFS_DELETE, SQLITE_IOERR_DELETE, EIO, false},
    {"lock", ERR_IO, VFS_LOCK, SQLITE_IOERR_LOCK, EIO, false},
    {"map", ERR_IO, VFS_SHM_MAP, SQLITE_IOERR_SHMMAP, EIO, false},
    {"shared lock", ERR_IO, VFS_SHM_LOCK, SQLITE_IOERR_SHMLOCK, EIO, false},
    {"full", ERR_UNAVAILABLE, VFS_WRITE, SQLITE_FULL, ENOSPC, true},
    {"read-only", ERR_UNAVAILABLE, VFS_WRITE, SQLITE_IOERR_WRITE, EROFS,
     true}, /* as ext4 does it after an error of the device */
};

#define FAULT_PLANS (sizeof fault_plans / sizeof fault_plans[0])

static inline void fault_begin(const struct fault_plan *p, int n)
{
    (p->stays ? vfs_fault_from : vfs_fault_at)(p->call, n, p->code, p->why);
}

#endif
