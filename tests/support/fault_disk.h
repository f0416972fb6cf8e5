/* fault_disk: makes the disk under SQLite fail, or the process die, at the n-th write or sync.
 *
 * Writes are SQLite's own system calls, replaced through its VFS; fdatasync is this file's, taken by the linker before the
 * C library's. Included by one file of a test program. Counts all threads. */
#ifndef SNUG_TESTS_FAULT_DISK_H
#define SNUG_TESTS_FAULT_DISK_H

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

enum disk_fault {
    DISK_FINE,
    DISK_NO_ROOM,   /* every write: ENOSPC */
    DISK_NO_QUOTA,  /* every write: EDQUOT */
    DISK_READ_ONLY, /* every write: EROFS */
    DISK_NO_SYNC,   /* every sync: EIO */
    DISK_KILL,      /* the n-th write or sync: SIGKILL before it */
    DISK_KILL_TORN, /* the n-th write or sync: SIGKILL after half of it */
};

static _Atomic(enum disk_fault) disk_fault;
static atomic_int disk_fault_countdown;
static atomic_int disk_syncs; /* that succeeded */
static ssize_t (*disk_real_pwrite)(int fd, const void *data, size_t len, off_t at);

static _Thread_local void (*disk_before_write)(void); /* of this thread's writes; NULL: nothing */

static inline int disk_is_the_one(void)
{
    enum disk_fault f = atomic_load(&disk_fault);
    return (f == DISK_KILL || f == DISK_KILL_TORN) &&
           atomic_fetch_sub(&disk_fault_countdown, 1) == 1;
}

static inline ssize_t disk_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (disk_before_write)
        disk_before_write();
    enum disk_fault fault = atomic_load(&disk_fault);
    if (fault == DISK_NO_ROOM || fault == DISK_NO_QUOTA || fault == DISK_READ_ONLY) {
        errno = fault == DISK_NO_ROOM ? ENOSPC : fault == DISK_NO_QUOTA ? EDQUOT : EROFS;
        return -1;
    }
    if (disk_is_the_one()) {
        if (atomic_load(&disk_fault) == DISK_KILL_TORN)
            (void)!disk_real_pwrite(fd, data, len / 2, at);
        (void)kill(getpid(), SIGKILL);
    }
    return disk_real_pwrite(fd, data, len, at);
}

int fdatasync(int fd)
{
    if (atomic_load(&disk_fault) == DISK_NO_SYNC) {
        errno = EIO;
        return -1;
    }
    if (disk_is_the_one())
        (void)kill(getpid(), SIGKILL);
    int result = (int)syscall(SYS_fdatasync, fd);
    atomic_fetch_add(&disk_syncs, result == 0);
    return result;
}

/* Once, before the first connection. */
static inline void disk_fault_install(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    static const char *const names[] = {"pwrite64", "pwrite"};
    for (int i = 0; i < 2; i++) {
        sqlite3_syscall_ptr real = vfs->xGetSystemCall(vfs, names[i]);
        if (real)
            disk_real_pwrite = (ssize_t(*)(int, const void *, size_t, off_t))real;
        (void)vfs->xSetSystemCall(vfs, names[i], (sqlite3_syscall_ptr)disk_pwrite);
    }
}

static inline void disk_fault_at(enum disk_fault fault, int n)
{
    atomic_store(&disk_fault_countdown, n);
    atomic_store(&disk_fault, fault);
}

#endif
