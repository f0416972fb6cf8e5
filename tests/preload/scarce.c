/* scarce: a disk with as little room as a test says.
 *
 * Loaded into the server with LD_PRELOAD. The file SNUG_SCARCE names holds a number: the free bytes of every file system;
 * without the file, or with nothing in it, the system is asked. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

static const char *at; /* the file; NULL: nothing is scarce */

__attribute__((constructor)) static void read_environment(void)
{
    at = getenv("SNUG_SCARCE"); /* NOLINT(concurrency-mt-unsafe): there is one thread yet */
}

/* -1: nothing is said. */
static long long said(void)
{
    char line[32] = "";
    char *end = line;
    FILE *f = at ? fopen(at, "re") : NULL;
    if (!f)
        return -1;
    long long bytes = fgets(line, sizeof line, f) ? strtoll(line, &end, 10) : -1;
    (void)fclose(f);
    return end == line ? -1 : bytes;
}

typedef int statvfs_fn(const char *path, struct statvfs *out);

int statvfs(const char *restrict path, struct statvfs *restrict out)
{
    statvfs_fn *real;
    *(void **)&real = dlsym(RTLD_NEXT, "statvfs"); /* POSIX: dlsym, on functions */
    int result = real(path, out);
    long long bytes = said();
    if (result == 0 && bytes >= 0)
        out->f_bavail = (fsblkcnt_t)bytes / out->f_frsize;
    return result;
}
