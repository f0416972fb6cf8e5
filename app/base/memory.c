#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

int64_t memory_of_group(const char *path)
{
    char line[32] = "";
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    const char *read = fgets(line, sizeof line, f);
    (void)fclose(f);
    return read && line[0] >= '0' && line[0] <= '9' ? strtoll(line, NULL, 10) : 0; /* "max": none */
}

/* The memory.max of the group that /proc/self/cgroup names, "0::/system.slice/snug.service". */
static int64_t own_group(void)
{
    char line[512], path[600];
    int64_t bytes = 0;
    FILE *f = fopen("/proc/self/cgroup", "re");
    if (!f)
        return 0;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "0::", 3) != 0)
            continue;
        (void)snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", line + 3);
        bytes = memory_of_group(path);
    }
    (void)fclose(f);
    return bytes;
}

int64_t memory_given_bytes(void)
{
    struct sysinfo machine;
    int64_t least =
        sysinfo(&machine) == 0 ? (int64_t)machine.totalram * (int64_t)machine.mem_unit : 0;
    const int64_t groups[] = {own_group(), memory_of_group("/sys/fs/cgroup/memory.max")};
    for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (groups[i] > 0 && (least == 0 || groups[i] < least))
            least = groups[i];
    return least;
}
