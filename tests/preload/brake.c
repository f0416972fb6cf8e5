/* brake: a disk on which a test says when each commit is done.
 *
 * Loaded into the server with LD_PRELOAD. Before SQLite's write-ahead log is synced, the calling thread connects to
 * the socket SNUG_BRAKE names and waits until the other end closes it; nobody there: it goes on. What waits has been
 * written and is not yet committed: readers do not see it, and nothing that comes after it is written. A byte before the
 * end says that this disk fails: the sync returns EIO. */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *at; /* the socket; NULL: no brake */

__attribute__((constructor)) static void read_environment(void)
{
    at = getenv("SNUG_BRAKE"); /* NOLINT(concurrency-mt-unsafe): there is one thread yet */
}

static bool is_log(int fd)
{
    char link[64];
    char path[4096];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 4)
        return false;
    path[len] = '\0';
    return strcmp(path + len - 4, "-wal") == 0;
}

/* False: the disk fails. */
static bool wait_for_leave(int fd)
{
    if (!at || !is_log(fd))
        return true;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", at);
    int line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line < 0)
        return true;
    char byte;
    bool fine = true;
    if (connect(line, (struct sockaddr *)&to, sizeof to) == 0)
        while (read(line, &byte, 1) > 0)
            fine = false;
    close(line);
    return fine;
}

typedef int sync_fn(int fd);

static int sync_by(const char *name, int fd)
{
    sync_fn *real;
    if (!wait_for_leave(fd)) {
        errno = EIO;
        return -1;
    }
    *(void **)&real = dlsym(RTLD_NEXT, name); /* POSIX: dlsym, on functions */
    return real(fd);
}

int fdatasync(int fd)
{
    return sync_by("fdatasync", fd);
}

int fsync(int fd)
{
    return sync_by("fsync", fd);
}
