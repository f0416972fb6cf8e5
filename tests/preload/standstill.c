/* standstill: a thread that stands still for as long as a test says.
 *
 * Loaded into the server with LD_PRELOAD. While the file SNUG_STANDSTILL names holds "time NAME" or "sync NAME", a thread whose name
 * begins so stops when it asks for the time, which every thread does, or when it syncs a file. The first time it may still
 * see what the time is, so that it has begun what it is about to do. */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static const char *at; /* the file; NULL: nobody stands still */

__attribute__((constructor)) static void read_environment(void)
{
    at = getenv("SNUG_STANDSTILL"); /* NOLINT(concurrency-mt-unsafe): there is one thread yet */
}

/* how: "time " or "sync ". Without malloc: a sanitizer asks for the time before it has one. */
static bool is_meant(const char *how)
{
    char wanted[40] = "", name[17] = "";
    int fd = at ? open(at, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    bool said = read(fd, wanted, sizeof wanted - 1) > 0;
    (void)close(fd);
    wanted[strcspn(wanted, "\n")] = 0;
    size_t skip = strlen(how);
    return said && strncmp(wanted, how, skip) == 0 && prctl(PR_GET_NAME, name) == 0 &&
           strncmp(name, wanted + skip, strlen(wanted + skip)) == 0;
}

static void rest(void)
{
    (void)poll(NULL, 0, 10);
}

typedef int clock_fn(clockid_t clock, struct timespec *out);

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static _Thread_local bool was_meant;
    static clock_fn *real;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime"); /* POSIX: dlsym, on functions */
    bool again = was_meant;
    was_meant = at && is_meant("time ");
    while (again && was_meant) {
        rest();
        was_meant = is_meant("time ");
    }
    return real(clock, out);
}

typedef int sync_fn(int fd);

static int sync_by(const char *name, int fd)
{
    while (is_meant("sync "))
        rest();
    sync_fn *real;
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
