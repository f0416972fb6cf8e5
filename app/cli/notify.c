#include "cli/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_say(const char *state)
{
    const char *path = secure_getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@')
        to.sun_path[0] = 0; /* a name that is no file */
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, len);
    (void)close(fd);
}

static int64_t number_of(const char *name)
{
    const char *value = secure_getenv(name);
    char *end = NULL;
    long long n = value ? strtoll(value, &end, 10) : 0;
    return value && *value && !*end && n > 0 ? n : 0;
}

int64_t notify_interval_ms(void)
{
    int64_t pid = number_of("WATCHDOG_PID"); /* another's, if it is not ours */
    int64_t ms = pid && pid != getpid() ? 0 : number_of("WATCHDOG_USEC") / 2000;
    return ms < INT32_MAX ? ms : INT32_MAX;
}
