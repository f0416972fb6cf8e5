#include "store/disk.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* path and an ending, owned by the caller; NULL: no memory. */
static char *beside(const char *path, const char *ending)
{
    char *name = NULL;
    return asprintf(&name, "%s%s", path, ending) < 0 ? NULL : name;
}

/* The folder of path, owned by the caller; NULL: no memory. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return text_dup(TEXT("."));
    return text_dup((struct text){path, slash == path ? 1 : (size_t)(slash - path)});
}

int64_t disk_free_bytes(const char *path)
{
    char *folder = folder_of(path);
    struct statvfs s;
    int64_t bytes = -1;
    if (folder && statvfs(folder, &s) == 0)
        bytes = (int64_t)s.f_bavail * (int64_t)s.f_frsize;
    free(folder);
    return bytes;
}

bool disk_refuses(int why)
{
    return why == ENOSPC || why == EDQUOT || why == EROFS;
}

static int64_t size_of(const char *path, const char *ending)
{
    char *name = beside(path, ending);
    struct stat s;
    int64_t bytes = name && stat(name, &s) == 0 ? (int64_t)s.st_size : 0;
    free(name);
    return bytes;
}

int64_t disk_wal_bytes(const char *path)
{
    return size_of(path, "-wal");
}

int64_t disk_used_bytes(const char *path)
{
    return size_of(path, "") + disk_wal_bytes(path);
}

enum err disk_lock(const char *path, int *out_fd, char error[ERROR_SIZE])
{
    say(error, "The server is out of memory.");
    char *name = beside(path, ".lock");
    if (!name)
        return ERR_NOMEM;
    enum err e = ERR_OK;
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        say(error, "The file %s cannot be opened: %s.", name, strerrordesc_np(errno));
        e = ERR_IO;
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        e = errno == EWOULDBLOCK ? ERR_CONFLICT : ERR_IO;
        if (e == ERR_CONFLICT)
            say(error, "Another Snug uses this folder.");
        else
            say(error, "The file %s cannot be locked: %s.", name, strerrordesc_np(errno));
        (void)close(fd);
    } else {
        *out_fd = fd;
    }
    free(name);
    return e;
}

int disk_unlock(int fd)
{
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

enum err disk_sync_names(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    enum err e = fsync(fd) == 0 ? ERR_OK : ERR_IO;
    int why = errno;
    (void)close(fd);
    errno = why;
    return e;
}

enum err disk_sync_folder(const char *path)
{
    char *folder = folder_of(path);
    enum err e = folder ? disk_sync_names(folder) : ERR_NOMEM;
    free(folder);
    return e;
}

/* The process whose lock is in the way of one of `type` on these bytes; 0: none. */
static pid_t holder_of(const char *path, const char *ending, short type, off_t start, off_t len)
{
    char *name = beside(path, ending);
    int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    free(name);
    if (fd < 0)
        return 0;
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    bool held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0;
    (void)close(fd);
    return held ? lock.l_pid : 0;
}

bool disk_lock_holder(const char *path, char *out_name, size_t size)
{
    /* Where SQLite locks (its file format, "WAL-index" and the locking page): the log's writer, an exclusive lock on
     * the database, any lock on it. A reader is no obstacle, so it is asked about last. */
    pid_t pid = holder_of(path, "-shm", F_RDLCK, 120, 3);
    if (!pid)
        pid = holder_of(path, "", F_RDLCK, 0x40000000, 512);
    if (!pid)
        pid = holder_of(path, "", F_WRLCK, 0x40000000, 512);
    if (!pid)
        return false;

    char file[64];
    char name[32] = "?";
    (void)snprintf(file, sizeof file, "/proc/%d/comm", (int)pid);
    FILE *f = fopen(file, "re");
    if (f) {
        if (fgets(name, sizeof name, f))
            name[strcspn(name, "\n")] = 0;
        (void)fclose(f);
    }
    (void)snprintf(out_name, size, "%s, process %d", name, (int)pid);
    return true;
}
