/* file_calls: the system calls around files, of which the n-th fails, taken by the linker before the C library's; and links that a
 * disk does not make. Included by one file of a test program. Counts all threads. */
#ifndef SNUG_TESTS_FILE_CALLS_H
#define SNUG_TESTS_FILE_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum file_call {
    FILE_LINK,
    FILE_RENAME,
    FILE_UNLINK,
    FILE_FSYNC,
    FILE_MKDIR,
    FILE_WRITE,
    FILE_CALLS
};
static const char *const file_calls[FILE_CALLS] = {"link",  "rename", "unlink",
                                                   "fsync", "mkdir",  "write"};

static _Atomic(enum file_call) file_fault = FILE_CALLS;      /* none */
static atomic_int file_countdown, file_errno, file_no_links; /* file_no_links: an errno, or 0 */
static atomic_bool file_fired;
static void (*file_at_link)(const char *from); /* before each; NULL: nothing */

static inline bool file_fails(enum file_call call)
{
    if (atomic_load(&file_fault) != call || atomic_fetch_sub(&file_countdown, 1) != 1)
        return false;
    errno = atomic_load(&file_errno);
    atomic_store(&file_fired, true);
    return true;
}

int link(const char *from, const char *to)
{
    if (file_at_link)
        file_at_link(from);
    if (atomic_load(&file_no_links)) {
        errno = atomic_load(&file_no_links);
        return -1;
    }
    return file_fails(FILE_LINK) ? -1 : linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int rename(const char *from, const char *to)
{
    return file_fails(FILE_RENAME) ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
    return file_fails(FILE_UNLINK) ? -1 : unlinkat(AT_FDCWD, path, 0);
}

int fsync(int fd)
{
    return file_fails(FILE_FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int mkdir(const char *path, mode_t mode)
{
    return file_fails(FILE_MKDIR) ? -1 : mkdirat(AT_FDCWD, path, mode);
}

ssize_t write(int fd, const void *data, size_t len)
{
    return file_fails(FILE_WRITE) ? -1 : (ssize_t)syscall(SYS_write, fd, data, len);
}

static inline void file_fault_at(enum file_call call, int n, int with)
{
    atomic_store(&file_errno, with);
    atomic_store(&file_countdown, n);
    atomic_store(&file_fired, false);
    atomic_store(&file_fault, call);
}

static inline bool file_fault_end(void)
{
    atomic_store(&file_fault, FILE_CALLS);
    return atomic_load(&file_fired);
}

#endif
