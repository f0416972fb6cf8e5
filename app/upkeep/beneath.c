#include "upkeep/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_step(struct text part)
{
    return part.len > 0 && part.len <= NAME_MAX && !memchr(part.data, 0, part.len) &&
           !text_is(part, TEXT(".")) && !text_is(part, TEXT(".."));
}

/* The next folder, or a file. */
static int step_into(int at, struct text part, bool file)
{
    char name[NAME_MAX + 1];
    struct stat st;
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (file ? O_NONBLOCK : O_DIRECTORY);
    if (!is_step(part)) {
        errno = EINVAL;
        return -1;
    }
    text_copy(name, sizeof name, part);
    int fd = openat(at, name, flags);
    if (fd < 0 || !file || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    (void)close(fd);
    errno = EINVAL;
    return -1;
}

static int walk(int folder, struct text path, bool file)
{
    struct text rest = path, part;
    int at = folder;
    if (path.len > BENEATH_PATH_MAX || !text_split(&rest, '/', &part)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (;;) {
        struct text next;
        bool last = !text_split(&rest, '/', &next);
        int fd = step_into(at, part, last && file);
        int why = errno;
        if (at != folder)
            (void)close(at);
        errno = why;
        if (fd < 0 || last)
            return fd;
        at = fd;
        part = next;
    }
}

int beneath_open(int folder, struct text path)
{
    return walk(folder, path, true);
}

int beneath_folder(int folder, struct text path)
{
    return walk(folder, path, false);
}
